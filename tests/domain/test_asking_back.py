"""退回反馈: the window is open again until an hour, the mark stays, and nothing is counted twice."""

from datetime import date, datetime

import pytest

from domain import commands as c
from domain.base import Frozen
from domain.deadlines import next_deadline
from domain.envelope import SYSTEM, Actor
from domain.log import Rulebook
from domain.policy import Policy
from domain.queries.burden import Ask, asked_in_matter
from domain.queries.score import score
from domain.terms import ReturnReason, ScoredOutcome, SuspensionReason
from domain.window_ledger import WindowEnd
from tests.support.life import CALENDAR, Life, accepted, at
from tests.support.office import ASSIST, FOR_LEADER, LIAISON, OFFICE, OTHER, SECOND

VAGUE = c.SubmitFeedback(text="正在推进", progress=30)
BETTER = c.SubmitFeedback(text="完成桩基12根，余8根于3月20日前完成", progress=35)
WEDNESDAY, FRIDAY = at(3, 9), at(3, 11, 17)


def asking(until: datetime | None = None, reason: ReturnReason = ReturnReason.UNCLEAR) -> c.AskBack:
    return c.AskBack(reason=reason, text="做了什么、还差什么", until=until)


def reported(when: datetime = WEDNESDAY) -> Life:
    life = accepted()
    life.now = when
    life.do(VAGUE, LIAISON)
    return life


def waits(life: Life) -> bool:
    return life.m.asked_back is not None


def test_within_its_window_a_returned_report_is_owed_again_until_the_hour() -> None:
    life = reported()
    life.do(asking(at(3, 10, 12)), OFFICE)
    assert life.m.window is not None
    assert (life.m.window.key, life.m.window.answered, life.m.window.closes) == ("2022-W10", False, at(3, 10, 12))
    assert waits(life)
    life.now = at(3, 10, 11)
    life.do(BETTER, LIAISON)
    assert life.m.window.answered
    assert not waits(life)
    life.wait_until(FRIDAY)
    assert (life.m.windows.on_time, life.m.windows.missed) == (1, ())
    assert [r.reason for r in life.m.returned_reports] == [ReturnReason.UNCLEAR], "the mark stays"


def test_after_its_window_closed_it_runs_again_and_the_next_one_comes_after_it() -> None:
    life = reported(at(3, 11, 16))
    life.wait_until(at(3, 14, 10))
    assert life.m.window is not None
    assert life.m.window.key == "2022-W11"
    life.do(asking(at(3, 15, 12)), OFFICE)
    assert (life.m.window.key, life.m.window.closes) == ("2022-W10", at(3, 15, 12))
    life.now = at(3, 15, 9)
    life.do(BETTER, LIAISON)
    life.wait_until(at(3, 15, 13))
    assert life.m.window is not None
    assert (life.m.window.key, life.m.window.closes) == ("2022-W11", at(3, 18, 17))
    ends = [(w.key, w.end) for w in life.m.windows.behind if w.end is not WindowEnd.NOT_OWED]
    assert ends == [("2022-W10", WindowEnd.ANSWERED)]


def test_what_is_not_given_again_is_a_miss_and_no_answer() -> None:
    life = reported(at(3, 11, 16))
    life.wait_until(at(3, 14, 10))
    life.do(asking(at(3, 15, 12)), OFFICE)
    assert life.wait_until(at(3, 15, 13))[0] == "FeedbackMissed"
    assert (life.m.windows.on_time, [w.key for w in life.m.windows.missed]) == (0, ["2022-W10"])
    owed = [a for a in asked_in_matter(life.recorded, life.m) if a.ask is Ask.WINDOW]
    assert [(a.text, a.on) for a in owed] == [("2022年第10周", date(2022, 3, 15))], "once"


def test_without_an_hour_the_policy_gives_so_many_working_hours_and_never_past_the_limit() -> None:
    life = reported()
    life.do(asking(), OFFICE)
    assert life.m.returned_reports[-1].until == at(3, 10, 10)
    short = accepted(due=date(2022, 3, 9))
    short.now = at(3, 9, 16)
    short.do(VAGUE, LIAISON)
    short.refuses(asking(at(3, 10, 12)), OFFICE, words="不延长时限", code="malformed")
    short.do(asking(), OFFICE)
    assert short.m.returned_reports[-1].until == at(3, 9, 18)


@pytest.mark.parametrize("asked_on", [at(3, 9, 15), at(3, 14, 10)], ids=["window running", "the next one running"])
def test_a_far_hour_does_not_silence_the_matter_for_weeks(asked_on: datetime) -> None:
    life = reported(WEDNESDAY if asked_on < FRIDAY else at(3, 11, 16))
    life.wait_until(asked_on)
    life.refuses(asking(at(4, 8, 12)), OFFICE, words="不能晚于下一期反馈截止 2022-03-18 17:00", code="malformed")
    life.do(asking(at(3, 18, 17)), OFFICE)


def test_past_the_limit_a_returned_report_has_no_weeks_either() -> None:
    life = accepted(due=date(2022, 3, 9))
    life.now = at(3, 9, 16)
    life.do(VAGUE, LIAISON)
    life.wait_until(at(3, 14, 10))
    life.refuses(asking(at(5, 30, 12)), OFFICE, words="不能晚于下一期反馈截止", code="malformed")


def test_a_changed_calendar_or_policy_does_not_move_the_hour_the_office_set() -> None:
    life = reported(at(3, 11, 16))
    life.wait_until(at(3, 14, 10))
    life.do(asking(at(3, 15, 12)), OFFICE)
    life.rulebook = Rulebook(version=2, calendar=CALENDAR, policy=Policy(version="新", retroactive=True))
    assert life.do(c.Reproject(), SYSTEM) == []
    deadline = next_deadline(life.m, life.rulebook, life.now)
    assert deadline is not None
    assert deadline.at == at(3, 15, 12)


def test_a_mark_counts_by_policy_only_and_not_before_the_unit_has_seen_it() -> None:
    life = reported()
    life.do(asking(at(3, 10, 12)), OFFICE)
    costly = Policy(returned_report_times=1)
    assert score("gengxin", [life.m], date(2022, 3, 10), costly) == ()
    [line] = score("gengxin", [life.m], date(2022, 3, 11), costly)
    assert (line.outcome, line.total) == (ScoredOutcome.ASKED_BACK, -2)
    assert score("gengxin", [life.m], date(2022, 3, 11)) == (), "unless the policy says so it costs nothing"


STOP = c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 3, 28))


@pytest.mark.parametrize(
    ("before", "by", "command", "actor", "words"),
    [
        (None, OFFICE, asking(), LIAISON, "由办公室督办员办理"),
        (None, OFFICE, asking(at(3, 9, 9)), OFFICE, "须晚于现在"),
        (c.RequestClosure(text="完成", over_unfinished="移交"), LIAISON, asking(), OFFICE, "review --return"),
        (STOP, FOR_LEADER, asking(), OFFICE, "没有反馈可退回"),
        (c.CancelMatter(reason="政策调整"), FOR_LEADER, asking(), OFFICE, "不能再办理"),
        (asking(), SECOND, asking(), OFFICE, "已经退回"),
        (c.AssignMatter(lead=ASSIST, reason="调整"), OFFICE, asking(), OFFICE, "没有反馈可退回"),
    ],
)
def test_what_cannot_be_returned_is_said_in_one_line(
    before: Frozen | None, by: Actor, command: c.AskBack, actor: Actor, words: str
) -> None:
    life = reported()
    if before is not None:
        life.do(before, by)
    life.refuses(command, actor, words)


def test_only_the_leads_report_is_returned() -> None:
    life = accepted(assist=[ASSIST])
    life.do(c.SubmitFeedback(text="配合完成"), OTHER)
    life.refuses(asking(), OFFICE, "还没有反馈")
