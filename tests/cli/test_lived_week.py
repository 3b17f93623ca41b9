"""A week of the office, typed by its five kinds of people on a real server, from 收文 to the last 销号.

Each day's first look is `today`, as people do; what it says is owed is what they then do.
"""

from datetime import timedelta
from pathlib import Path

from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today

LEAD, ASSIST = "区城市更新和土地整备局", "区住房和建设局"
DAY = office_today()
SOON, LATER = (DAY + timedelta(days=n) for n in (10, 30))
WORDS = "请更新局抓紧打通断头路，每周报我"


def test_a_week_is_lived_from_an_incoming_paper_to_the_last_problem_struck_off(
    xmh: CommandLine, service: None, log: Database, tmp_path: Path
) -> None:
    del service
    log.close()
    paper = _monday_an_instruction_is_given_and_handed_over(xmh)
    one, plan = _tuesday_units_sign_and_report(xmh, paper)
    _wednesday_the_office_reads_presses_and_asks_back(xmh, one, plan)
    team = _thursday_a_team_goes_out(xmh, one, tmp_path)
    _friday_what_is_done_is_inspected_reviewed_and_closed(xmh, paper, one, plan, team)
    _the_auditor_finds_everything_answered(xmh, one, paper)


def owed(xmh: CommandLine, actor: str) -> str:
    """What `today` says, as read on the screen."""
    return xmh("today", actor=actor).out


def _monday_an_instruction_is_given_and_handed_over(xmh: CommandLine) -> str:
    """The secretary registers, proposes and submits; the leader instructs; the secretary hands over."""
    register = ("incoming", "register", "--from", "市规划和自然资源局", "--from-no", "深规〔2026〕12号")
    paper = str(xmh.json(*register, "--title", "关于打通侨香路断头路的函")["paper"])
    xmh.json("incoming", "propose", paper, "--text", "拟请更新局牵头、住建局配合")
    xmh.json("incoming", "submit", paper, "--to", "吴七")
    assert paper in owed(xmh, "leader")
    xmh.json("incoming", "instruct", paper, "--text", WORDS, "--due", LATER.isoformat(), actor="leader")
    assert paper in owed(xmh, "office"), "an instruction nobody has yet is the secretary's"
    xmh.json("incoming", "assign", paper, "--lead", LEAD, "--assist", ASSIST, "--rhythm", "每周")
    assert xmh("task", "list", "--leader", "吴七").code == 0
    return paper


def _tuesday_units_sign_and_report(xmh: CommandLine, paper: str) -> tuple[str, str]:
    """A matter of the plan is opened beside the instruction; both liaisons sign and report, one with a problem."""
    one = xmh.json("incoming", "show", paper)["given"][0]["matters"][0]["matter"]
    opening = (
        "task",
        "open",
        "--title",
        "完成香蜜湖体育公园方案",
        "--due",
        SOON.isoformat(),
        "--basis",
        "2026年工作计划",
    )
    plan = xmh.json(*opening, "--lead", ASSIST, "--point", "方案报批", "--point", "公示")["matter"]
    assert one in owed(xmh, "li")
    xmh.json("task", "accept", one, actor="li")
    xmh.json("task", "accept", plan, actor="zhao")
    problem = ("--problem", "两处管线未迁改", "--need", "请协调燃气公司", "--next", "下周交地")
    xmh.json("task", "report", one, "--text", "完成征地90%", "--progress", "40", *problem, actor="li")
    xmh.json("task", "report", plan, "--text", "正在推进", actor="zhao")
    assert "两处管线未迁改" in xmh("task", "show", one, actor="leader").out
    return one, plan


def _wednesday_the_office_reads_presses_and_asks_back(xmh: CommandLine, one: str, plan: str) -> None:
    """The empty report goes back and comes again; the problem gets an answer; a batch is tried before it is sent."""
    xmh.json("task", "ask-back", plan, "--reason", "无依据", "--text", "请写明方案到哪一步")
    assert plan in owed(xmh, "zhao")
    xmh.json("task", "report", plan, "--text", "方案已报区规划委，待会议审议", "--progress", "60", actor="zhao")
    xmh.json("task", "coordinate", one, "--with", ASSIST, "--text", "请住建局约燃气公司现场对接")
    assert one in owed(xmh, "zhao")
    xmh.json("task", "coordinate", one, "--answer", "已约周四现场对接", actor="zhao")
    xmh("task", "list", "--lead", LEAD, "--save", "更新局在办")
    tried = xmh("task", "batch", "--remind", "--saved", "更新局在办", "--dry-run")
    assert (tried.code, one in tried.out) == (0, True)
    xmh.json("task", "urge", one, "--text", "请按期交地")


def _thursday_a_team_goes_out(xmh: CommandLine, one: str, folder: Path) -> str:
    """An approved team looks at the matter, lists a problem, and the unit puts it right."""
    picture = folder / "现场.jpg"
    picture.write_bytes(b"\xff\xd8\xff jpg")
    plan = ("inspection", "plan", "--title", "断头路现场督查", "--basis", "月度督查计划", "--leader", "office-2")
    team = str(
        xmh.json(*plan, "--on", DAY.isoformat(), "--matter", one, "--by", "leader", "--paper", "阅3号")["inspection"]
    )
    xmh.json("inspection", "hold", team, actor="office-2")
    found = ("--text", "围挡占用人行道", "--due", SOON.isoformat(), "--attach", picture)
    xmh.json("inspection", "find", team, "--matter", one, *found, actor="office-2")
    assert "围挡占用人行道" in owed(xmh, "li")
    xmh.json("inspection", "rectify", team, "1", "--text", "围挡已内移", actor="li")
    assert team in owed(xmh, "office")
    return team


def _friday_what_is_done_is_inspected_reviewed_and_closed(
    xmh: CommandLine, paper: str, one: str, plan: str, team: str
) -> None:
    """核查, 办结, 审核, 销号, 报结 and 归档: each by whom the rules let."""
    xmh.json("inspection", "check", team, "1", "--pass", "--text", "到位", actor="office-2")
    xmh.json("inspection", "report", team, "--text", "总体良好，问题一项已整改", actor="office-2")
    xmh.json("inspection", "opinion", team, "--unit", LEAD, "--text", "请保持")
    xmh.json("task", "report", one, "--text", "已通车", "--progress", "100", actor="li")
    points = ("--point", "1:100:已批复", "--point", "2:100:已公示")
    xmh.json("task", "report", plan, "--text", "方案已批复并公示", *points, actor="zhao")
    for number, who in ((one, "li"), (plan, "zhao")):
        xmh.json("task", "close", number, "--text", "完成", actor=who)
        own = xmh("task", "review", number, "--approve", actor=who)
        assert own.code == 3, "nobody reviews his own end"
        xmh.json("task", "inspect", number, "--finding", "属实", "--text", "现场已通车", actor="office-2")
        xmh.json("task", "review", number, "--approve")
    assert one in owed(xmh, "leader"), "he who instructed sees the end"
    xmh.json("task", "review", one, "--mark", "同意", actor="leader")
    xmh.json("incoming", "finish", paper, "--text", "断头路已打通")
    xmh.json("incoming", "archive", paper)


def _the_auditor_finds_everything_answered(xmh: CommandLine, one: str, paper: str) -> None:
    assert xmh.json("audit", "unanswered", actor="audit")["unexplained"] == 0
    assert xmh.json("audit", "verify", actor="audit")["ok"]
    shown = xmh("task", "show", one, actor="audit").out
    assert "已销号" in shown
    assert WORDS not in shown, "a leader's words are not the auditor's"
    assert xmh.json("incoming", "list", "--open", actor="audit")["papers"] == []
    assert paper in xmh("incoming", "list", actor="audit").out
    for number in ("办理中", "未签收"):
        assert number not in xmh("task", "list", actor="audit").out
