"""事事有回应、件件有落实: every line is explained by a fact, or marked."""

from datetime import date

from domain import commands as c
from domain.policy import Policy
from domain.queries.unanswered import Unanswered, Unfinished, unanswered_windows, why_unfinished
from domain.terms import SuspensionReason
from tests.support.life import CALENDAR, Life, accepted, at, opened
from tests.support.office import FOR_LEADER, LIAISON, SECOND

SAID = c.SubmitFeedback(text="进展", progress=30)
YEAR = (date(2022, 1, 1), date(2022, 12, 31))


def silent(life: Life) -> Unanswered | None:
    return unanswered_windows(life.m, life.recorded, *YEAR, CALENDAR)


def going_on(life: Life) -> Unfinished | None:
    return why_unfinished(life.m, life.recorded, life.rulebook, life.now)


def test_a_window_missed_is_explained_by_what_the_office_did_and_answered_late_it_is_gone() -> None:
    life = accepted()
    assert silent(life) is None
    life.wait_until(at(3, 14, 10))
    found = silent(life)
    assert found is not None
    assert found.windows == ("2022年第10周",)
    assert (found.explanation or "").startswith("已催办（")
    life.do(SAID, LIAISON)
    assert silent(life) is None, "made up for"


def test_a_window_nobody_did_anything_about_is_not_explained() -> None:
    life = accepted()
    life.rulebook = life.rulebook.model_copy(update={"policy": Policy(version="不催", steps=())})
    life.wait_until(at(3, 14, 10))
    assert silent(life) == Unanswered(windows=("2022年第10周",), explanation=None)
    assert unanswered_windows(life.m, life.recorded, date(2023, 1, 1), date(2023, 12, 31), CALENDAR) is None


def test_a_matter_without_an_end_says_why() -> None:
    life = accepted(due=date(2022, 3, 31), rhythm="once")
    assert going_on(life) == Unfinished(explanation="时限 2022-03-31 未到")
    life.do(c.RequestExtension(to=date(2022, 4, 15), reason="慢"), LIAISON)
    life.do(c.AnswerExtension(grant=True))
    version = life.m.version
    assert going_on(life) == Unfinished(explanation=f"时限 2022-04-15 未到（第{version}条：同意延期至 2022-04-15）")
    life.do(c.SuspendMatter(reason=SuspensionReason.LITIGATION, until=date(2022, 3, 21)), FOR_LEADER)
    assert going_on(life) == Unfinished(explanation="暂缓至 2022-03-21（涉诉涉访）")
    life.wait_until(at(5, 20))
    assert going_on(life) == Unfinished(explanation=None), "overdue and nothing said"
    life.do(c.RecordDecision(meeting="第四次工作会议", text="继续推进"), FOR_LEADER)
    assert going_on(life) == Unfinished(explanation=f"第{life.m.version}条：第四次工作会议议定")
    life.do(c.RequestClosure(text="完成"), LIAISON)
    assert going_on(life) == Unfinished(explanation="2022-05-20（星期五）申请办结，待审核")
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert going_on(life) is None


def test_waiting_for_the_meeting_explains_and_waiting_for_a_lead_does_not() -> None:
    life = accepted(due=date(2022, 3, 31), rhythm="once")
    life.wait_until(at(6, 30))
    assert going_on(life) == Unfinished(explanation="已升级至指挥部会议，待会议议定")
    assert going_on(opened(lead=None)) == Unfinished(explanation=None)


def test_what_lapses_in_the_evening_the_office_has_the_next_working_day_for() -> None:
    life = accepted(due=date(2022, 3, 11))
    life.rulebook = life.rulebook.model_copy(update={"policy": Policy(version="不催", steps=())})
    life.wait_until(at(3, 11, 23))
    friday = (date(2022, 1, 1), date(2022, 3, 11))
    silent_friday = unanswered_windows(life.m, life.recorded, *friday, CALENDAR)
    assert silent_friday is not None
    assert silent_friday.explanation == "2022-03-11（星期五）刚漏报，次日催办"
    assert going_on(life) == Unfinished(explanation="2022-03-11（星期五）刚到期，次日催办")
    life.wait_until(at(3, 14, 23))
    assert silent(life) == Unanswered(windows=("2022年第10周",), explanation=None)
    assert going_on(life) == Unfinished(explanation=None)
