"""The last day, the very instant, the other person: where a rule ends and the next one begins."""

from datetime import date, datetime, time, timedelta

import pytest

from domain import commands as c
from domain import events as ev
from domain.calendar import DayOverride
from domain.envelope import SYSTEM, OnBehalf
from domain.facts import Pace
from domain.log import Rulebook
from domain.policy import Policy
from domain.terms import BasisKind, DayCount, LeaderMark, Rhythm, Role, Rung, Stage, SuspensionReason
from domain.windows import next_window
from tests.support.life import CALENDAR, MONDAY, Life, accepted, at, opened
from tests.support.office import FOR_LEADER, LEADER, LIAISON, OFFICE, SECOND, opening

SAID = c.SubmitFeedback(text="进展", progress=30)
DONE = c.RequestClosure(text="完成")
AGREED = c.RecordDecision.model_validate(
    {"meeting": "月度会", "text": "同意", "outcome": "agreed", "subject": "closure", "minutes": "HY-1", "point": 1}
)
BY_DELEGATION = OnBehalf(id="office-2", role=Role.OFFICE, unit="office", delegation="授权〔2022〕1号")
STOPPED = c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 3, 28))


def overridden(life: Life, day: date, *, workday: bool) -> None:
    """The office learns that a day is worked, or is not."""
    change = DayOverride(day=day, workday=workday, reason="调整")
    life.rulebook = Rulebook(version=2, calendar=CALENDAR.model_copy(update={"overrides": (change,)}))


# --- whose word


def test_who_chairs_a_meeting_does_not_close_what_he_asked_to_close() -> None:
    life = accepted()
    life.do(DONE, OFFICE)
    life.refuses(AGREED, OFFICE, words="不能审核自己", code="forbidden")
    life.do(AGREED, SECOND)
    assert life.m.stage is Stage.CLOSED


def test_who_typed_a_closure_does_not_type_the_leaders_word_on_it() -> None:
    life = accepted()
    life.do(c.RecordInstruction(leader="leader", text="sealed:v1:k1:AAAA"), FOR_LEADER)
    life.do(DONE, OFFICE)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.refuses(c.MarkClosure(mark=LeaderMark.AGREED), FOR_LEADER, words="不能审核自己", code="forbidden")
    assert life.do(c.MarkClosure(mark=LeaderMark.AGREED), LEADER) == ["MatterClosed"]


def test_a_delegate_does_not_review_what_he_typed_himself() -> None:
    """授权代办: the word is his own as well as the giver's."""
    life = accepted()
    life.do(c.SubmitFeedback(text="电话报：已完成", progress=100, for_unit="gengxin"), OFFICE)
    life.do(DONE, LIAISON)
    for_second = OFFICE.model_copy(update={"on_behalf_of": BY_DELEGATION})
    life.refuses(c.ReviewClosure(approve=True), for_second, words="代录的最近一次反馈", code="forbidden")


# --- days a suspension gives back


def test_an_overdue_matter_gets_no_days_back() -> None:
    life = accepted(due=date(2022, 3, 11), points=[{"text": "图审", "due": "2022-03-10"}])
    life.now = at(3, 14)
    life.do(STOPPED, FOR_LEADER)
    life.wait_until(at(3, 28))
    assert life.m.suspensions[0].workdays == 10
    assert (life.m.due, life.m.points[0].due) == (date(2022, 3, 11), date(2022, 3, 10))
    assert [e.points for e in life.events(ev.MatterResumed) if isinstance(e, ev.MatterResumed)] == [()]


def test_what_is_due_on_the_day_of_the_suspension_gets_its_days_back() -> None:
    life = accepted(due=date(2022, 3, 14), points=[{"text": "图审", "due": "2022-03-14"}])
    life.now = at(3, 14)
    life.do(STOPPED, FOR_LEADER)
    life.wait_until(at(3, 28))
    assert (life.m.due, life.m.points[0].due) == (date(2022, 3, 28), date(2022, 3, 28))


# --- a changed calendar


def signed_by_monday() -> Life:
    """Opened on a Friday at four: eight working hours end on Monday."""
    life = opened(at(3, 11, 16))
    assert life.m.receipt_due is not None
    assert life.m.receipt_due.date() > date(2022, 3, 13)
    return life


def test_a_reprojection_moves_a_deadline_into_the_future_and_never_into_the_past() -> None:
    """On Friday it is made known that Saturday is worked: 签收 is due earlier. Made known on Monday, it is not."""
    told, late = signed_by_monday(), signed_by_monday()
    overridden(told, date(2022, 3, 12), workday=True)
    assert told.do(c.Reproject(), SYSTEM) == ["DeadlineMoved"]
    assert told.m.receipt_due is not None
    assert late.m.receipt_due is not None
    assert told.m.receipt_due < late.m.receipt_due
    before = late.m.receipt_due
    late.now = told.m.receipt_due
    overridden(late, date(2022, 3, 12), workday=True)
    assert late.do(c.Reproject(), SYSTEM) == [], "this very instant is no deadline any more"
    late.now += timedelta(minutes=1)
    assert late.do(c.Reproject(), SYSTEM) == []
    assert late.m.receipt_due == before


def test_a_computed_limit_moves_with_the_calendar_unless_it_would_have_passed() -> None:
    table = Policy().limits[0].model_copy(update={"days": 5, "count": DayCount.WORKDAYS})
    rules = Rulebook(version=1, calendar=CALENDAR, policy=Policy(version="工作日", limits=(table,)))
    told, late = Life(rulebook=rules), Life(rulebook=rules)
    for life, now in ((told, at(3, 11)), (late, at(3, 12, 18))):
        life.do(opening(due=None, basis={"kind": BasisKind.DOCUMENT, "text": "依据"}))
        life.do(c.AcceptReceipt(), LIAISON)
        assert life.m.due == date(2022, 3, 14)
        life.now = now
        change = DayOverride(day=date(2022, 3, 12), workday=True, reason="调整")
        life.rulebook = rules.model_copy(
            update={"version": 2, "calendar": CALENDAR.model_copy(update={"overrides": (change,)})}
        )
        life.do(c.Reproject(), SYSTEM)
    assert (told.m.due, late.m.due) == (date(2022, 3, 12), date(2022, 3, 14))


# --- instants


def test_a_decision_of_the_same_instant_answers_what_pressed() -> None:
    """The meeting decides at the closing hour of the last day: the limit has passed, and it is relieved."""
    life = accepted(due=date(2022, 3, 10))
    life.do(SAID, LIAISON)
    life.wait_until(at(3, 10, 17))
    life.now = CALENDAR.closes(date(2022, 3, 10))
    assert life.do(c.ExpireDeadline(), SYSTEM) == ["DueLapsed"]
    life.do(c.RecordDecision(meeting="月度会", text="抓紧"), FOR_LEADER)
    assert life.m.relieved_at == life.now
    life.wait_until(at(3, 11))
    assert "MatterEscalated" not in life.types
    assert life.m.rung is Rung.HANDLER


@pytest.mark.parametrize(
    ("pace", "last"),
    [
        (Pace(rhythm=Rhythm.WEEKLY), at(3, 11, 11, 30)),
        (Pace(rhythm=Rhythm.DAILY, every_day=True), at(3, 11, 13, 30)),
    ],
)
def test_half_a_day_is_enough_to_write_and_a_minute_less_is_not(pace: Pace, last: datetime) -> None:
    """In working time; where every day counts, by the clock."""
    closes = at(3, 11, 17)
    half = next_window(pace, last, CALENDAR, time(17))
    less = next_window(pace, last + timedelta(minutes=1), CALENDAR, time(17))
    assert half is not None
    assert less is not None
    assert half.closes == closes
    assert less.closes > closes


@pytest.mark.parametrize(("day", "made_up"), [(15, True), (16, False)])
def test_a_report_makes_up_for_a_miss_until_the_second_working_day(day: int, *, made_up: bool) -> None:
    life = accepted(MONDAY)
    life.wait_until(at(3, 11, 17))
    life.now = at(3, day, 16)
    life.do(SAID, LIAISON)
    assert (life.m.windows.late, life.m.windows.on_time) == ((1, 0) if made_up else (0, 1))


@pytest.mark.parametrize(("day", "made_up"), [(3, False), (4, True)])
def test_a_report_makes_up_only_for_a_window_that_was_open_when_it_was_made(day: int, *, made_up: bool) -> None:
    """补录 of what came in on the first day counts, whatever the hour; of a day before, it answers nothing."""
    life = accepted(at(3, 1))
    life.do(SAID, LIAISON)
    life.wait_until(at(3, 11, 17))
    assert [w.key for w in life.m.windows.missed] == ["2022-W10"]
    life.now = at(3, 14)
    life.do(SAID.model_copy(update={"occurred_at": at(3, day, 9)}), LIAISON)
    assert life.m.windows.late == int(made_up)
