"""A first quarter of 2022 in the small office: three matters, one of each kind of trouble."""

from datetime import date

from domain import commands as c
from domain.facts import NewPoint
from domain.terms import MatterClass, Rhythm, SuspensionReason
from eventlog.database import Database
from eventlog.secrets import seal_text
from tests.support.history import act, tick
from tests.support.homes import at
from tests.support.office import ASSIST, FOR_LEADER, HEAD, LEADER, LIAISON, OFFICE, SECOND, opening

WORDS = "抓紧抓实，不得以任何理由拖延"
"""What the leader wrote: a secret, to be found nowhere."""
HALL, LAND, POWER = "matter/hall", "matter/land", "matter/power"


def play(log: Database) -> None:
    """Everything until the evening of 31 March.

    POWER is closed in time, by an extended limit. LAND is overdue and waits for another unit. HALL is on its way.
    """
    _open(log)
    _first_reports(log)
    act(log, POWER, c.RequestExtension(to=date(2022, 3, 18), reason="专家评审延后"), LIAISON, at("2022-03-01"))
    act(log, POWER, c.AnswerExtension(grant=True, reason="同意"), OFFICE, at("2022-03-01", "15:00"))
    act(log, HALL, c.RecordInstruction(leader="leader", text=seal_text(log, HALL, WORDS)), FOR_LEADER, at("2022-03-02"))
    decision = c.RecordDecision(meeting="第五次工作会议", text="加快主体施工，逐月报送形象进度")
    act(log, HALL, decision, LEADER, at("2022-03-04"))
    act(log, POWER, c.RequestClosure(text="成果已批复"), LIAISON, at("2022-03-10"))
    act(log, POWER, c.ReviewClosure(approve=True), SECOND, at("2022-03-11"))
    tick(log, at("2022-03-25", "17:30"))
    request = c.RequestCoordination(unit=ASSIST, text="尽快移交施工用地")
    act(log, LAND, request, LIAISON, at("2022-03-28"))
    problem = c.SubmitFeedback(
        text="主体施工至五层。", progress=45, problem="钢材供应紧张。", next_step="下一步组织材料进场"
    )
    act(log, HALL, problem, LIAISON, at("2022-03-30"))
    tick(log, at("2022-03-31", "17:30"))


def _open(log: Database) -> None:
    now = at("2022-02-14", "09:30")
    point = NewPoint(text="主体结构封顶", due=date(2022, 4, 15))
    hall = opening("推进国际交流中心一期主体施工", date(2022, 6, 30), klass=MatterClass.MAJOR, points=(point,))
    land = opening("协调二期用地收储", date(2022, 3, 25), klass=MatterClass.COORDINATION, rhythm=Rhythm.MONTHLY)
    power = opening("编制电力专项规划", date(2022, 3, 4), rhythm=Rhythm.ONCE)
    for stream, command in ((HALL, hall), (LAND, land), (POWER, power)):
        act(log, stream, command, OFFICE, now)
    for stream in (HALL, LAND, POWER):
        act(log, stream, c.AcceptReceipt(), HEAD, at("2022-02-14", "14:30"))


def _first_reports(log: Database) -> None:
    tick(log, at("2022-02-17"))
    act(log, HALL, c.SubmitFeedback(text="主体施工至三层", progress=30), LIAISON, at("2022-02-17"))
    act(log, LAND, c.SubmitFeedback(text="权属核查完成", progress=20), LIAISON, at("2022-02-24"))
    tick(log, at("2022-03-01", "09:00"))


def suspend(log: Database) -> None:
    """POWER's twin: a matter that is suspended."""
    act(log, "matter/water", opening("编制海绵城市专项规划", date(2022, 5, 31)), OFFICE, at("2022-03-31", "17:40"))
    act(log, "matter/water", c.AcceptReceipt(), LIAISON, at("2022-03-31", "17:41"))
    pause = c.SuspendMatter(reason=SuspensionReason.AWAITING_SUPERIOR, until=date(2022, 4, 29))
    act(log, "matter/water", pause, OFFICE, at("2022-03-31", "17:42"))


def crowd(log: Database, matters: int) -> None:
    """So many matters of the first quarter, each third one overdue by the end of March."""
    for n in range(matters):
        due = date(2022, 3, 1 + n % 20) if n % 3 == 0 else date(2022, 4 + n % 8, 15)
        command = opening(f"推进第{n}号地块配套工程建设", due, rhythm=Rhythm.ONCE)
        act(log, f"matter/crowd-{n}", command, OFFICE, at("2022-02-14", "09:30"))
        act(log, f"matter/crowd-{n}", c.AcceptReceipt(), HEAD, at("2022-02-14", "14:30"))
