"""Bugs other people's clocks had, each as a test of ours. The name says the fact, the comment where it went wrong.

The issues are public; what is quoted is the fault, never a line of code.
"""

from datetime import date, datetime, time, timedelta

import pytest

from domain import commands as c
from domain import events as ev
from domain.calendar import DayOverride, PublishedYear, WorkCalendar, at_office, local_date
from domain.deadlines import DeadlineKind, owed
from domain.envelope import SYSTEM
from domain.log import Rulebook
from domain.policy import Policy
from domain.terms import Rung, SuspensionReason, Urgency
from intake.policy_file import READY, read_policy
from services.calendar_seed import seed_years
from tests.support.life import CALENDAR, Life, accepted, at, opened
from tests.support.office import ASSIST, FOR_LEADER, LIAISON, SECOND, opening

SAID = c.SubmitFeedback(text="进展", progress=30)


def stop(until: date) -> c.SuspendMatter:
    return c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=until)


def urges(life: Life) -> list[datetime]:
    return [r.recorded_at for r in life.recorded if r.type == "UrgeIssued"]


def adopt(life: Life, **changes: object) -> list[str]:
    """Another policy, and what the matter records when it hears of it."""
    policy = Policy.model_validate({"version": "新规则", **changes})
    life.rulebook = life.rulebook.model_copy(update={"version": life.rulebook.version + 1, "policy": policy})
    return life.do(c.Reproject(), SYSTEM)


SHORTER = {"receipt_hours": 7, "coordination_workdays": 2, "window_closes": time(12, 0)}


def test_a_policy_shortens_no_limit_of_what_was_handed_over_before_it_unless_it_says_so() -> None:
    waiting, asked = opened(), accepted()
    asked.do(c.RequestCoordination(unit=ASSIST, text="请提供资料"), LIAISON)
    before = (waiting.m.receipt_due, asked.m.coordinations, asked.m.window)
    assert adopt(waiting, **SHORTER) == adopt(asked, **SHORTER) == []
    assert (waiting.m.receipt_due, asked.m.coordinations, asked.m.window) == before
    assert adopt(waiting, **SHORTER, retroactive=True) == ["DeadlineMoved"]
    assert adopt(asked, **SHORTER, retroactive=True) == ["DeadlineMoved"] * 2
    assert waiting.m.receipt_due == at(3, 8, 10)
    assert asked.m.window is not None
    assert (asked.m.window.closes, asked.m.coordinations[0].answer_due) == (at(3, 11, 12), at(3, 9, 18))


def test_what_was_handed_over_before_the_hours_were_kept_is_not_shortened_either() -> None:
    waiting, asked = opened(), accepted()
    asked.do(c.RequestCoordination(unit=ASSIST, text="请提供资料"), LIAISON)
    waiting.matter = waiting.m.model_copy(update={"receipt_hours": None})
    known = tuple(x.model_copy(update={"workdays": None}) for x in asked.m.coordinations)
    asked.matter = asked.m.model_copy(update={"coordinations": known})
    assert adopt(waiting, **SHORTER) == adopt(asked, **SHORTER) == []
    assert override(waiting, date(2022, 3, 8), workday=False) == ["DeadlineMoved"], "a stop moves it as ever"
    assert waiting.m.receipt_due == at(3, 10, 10)
    assert adopt(waiting, receipt_hours=21) == ["DeadlineMoved"], "longer it may become"


def test_what_is_handed_over_under_the_shorter_policy_has_the_shorter_limit() -> None:
    life = Life()
    life.rulebook = life.rulebook.model_copy(update={"policy": Policy.model_validate({"version": "新", **SHORTER})})
    life.do(opening())
    assert life.m.receipt_due == at(3, 8, 10)
    life.do(c.AcceptReceipt(), LIAISON)
    assert life.m.window is not None
    assert life.m.window.closes == at(3, 11, 12)


def override(life: Life, day: date, *, workday: bool) -> list[str]:
    """One day decided otherwise, and what the matter records when it hears of it."""
    stopped = DayOverride(day=day, workday=workday, reason="台风停工")
    calendar = life.rulebook.calendar.model_copy(update={"overrides": (stopped,)})
    life.rulebook = Rulebook(version=life.rulebook.version + 1, calendar=calendar, because=f"{day}不上班（台风停工）")
    return life.do(c.Reproject(), SYSTEM)


def test_glpi_10594_a_pause_over_a_weekend_gives_back_working_days_only() -> None:
    # glpi-project/glpi#10594: pausing over a weekend was counted twice when the limit was in days.
    life = accepted(now=at(3, 11, 10), due=date(2022, 3, 31))
    life.do(stop(date(2022, 3, 14)), FOR_LEADER)
    life.wait_until(at(3, 14, 10))
    assert (life.m.suspensions[0].workdays, life.m.due) == (1, date(2022, 4, 1))


def test_a_pause_across_a_holiday_gives_back_no_holiday() -> None:
    # The same fault over 劳动节: 04-30 to 05-04 are off, Saturday 05-07 is worked.
    life = accepted(now=at(4, 29, 10), due=date(2022, 6, 30))
    life.do(stop(date(2022, 5, 5)), FOR_LEADER)
    life.wait_until(at(5, 5, 10))
    assert (life.m.suspensions[0].workdays, life.m.due) == (1, date(2022, 7, 1))


def test_glpi_15605_a_pause_is_kept_when_the_class_of_limit_changes() -> None:
    # glpi-project/glpi#15605: the pause was lost when the SLA was changed afterwards.
    life = opened()
    life.do(stop(date(2022, 3, 21)), FOR_LEADER)
    life.wait_until(at(3, 21, 9))
    assert life.m.receipt_due == at(3, 22, 18), "14 hours from Monday 9:00 on"
    assert adopt(life, receipt_hours=21) == ["DeadlineMoved"]
    assert life.m.receipt_due == at(3, 23, 18), "21 hours from the resumption, not from the 交办 two weeks before"
    prolonged = accepted(due=date(2022, 3, 31))
    prolonged.do(stop(date(2022, 3, 14)), FOR_LEADER)
    prolonged.wait_until(at(3, 14, 10))
    prolonged.do(c.RequestExtension(to=date(2022, 4, 29), reason="慢"), LIAISON)
    prolonged.do(c.AnswerExtension(grant=True))
    assert (prolonged.m.suspensions[0].workdays, prolonged.m.due) == (5, date(2022, 4, 29))


def test_a_pause_is_kept_by_a_coordination_request_too() -> None:
    life = accepted(rhythm="once")
    life.do(c.RequestCoordination(unit=ASSIST, text="请提供资料"), LIAISON)
    asked = life.m.coordinations[0].answer_due
    life.do(stop(date(2022, 3, 21)), FOR_LEADER)
    life.wait_until(at(3, 21, 10))
    assert (asked, life.m.coordinations[0].answer_due) == (at(3, 14, 18), at(3, 28, 18))
    assert adopt(life, coordination_workdays=6) == ["DeadlineMoved"]
    assert life.m.coordinations[0].answer_due == at(3, 29, 18), "computing again keeps what the pause gave back"
    life.wait_until(at(3, 29, 17))
    assert life.m.rung is Rung.HANDLER, "no alarm for the days it was paused"


def test_glpi_22678_what_falls_due_in_days_acts_in_office_hours_and_not_at_midnight() -> None:
    # glpi-project/glpi PR 22678: escalation levels in days fired at 00:00.
    life = accepted(due=date(2022, 3, 31), rhythm="once")
    life.wait_until(at(5, 31))
    acted = [r.recorded_at for r in life.recorded if r.type in ("NearDueWarned", "MatterEscalated", "UrgeIssued")]
    assert acted
    assert all(CALENDAR.is_working(t) or CALENDAR.is_working(t - timedelta(minutes=1)) for t in acted)


def test_zammad_4432_no_reminder_at_night_or_on_a_weekend() -> None:
    # zammad/zammad#4432: reminder mails at midnight and on weekends.
    life = accepted()
    life.sleep_until(at(3, 12, 3))
    life.wait_until(at(6, 30))
    assert len(urges(life)) > 10
    assert all(CALENDAR.is_working(u) or CALENDAR.is_working(u - timedelta(minutes=1)) for u in urges(life))


def test_zammad_390_a_holiday_on_a_weekend_eats_no_working_day() -> None:
    # zammad/zammad#390: imported holidays took days away that were none.
    with pytest.raises(ValueError, match="本是周末，不必列为放假"):
        PublishedYear(year=2022, source="x", off=(date(2022, 1, 1),), work=())
    (year,) = seed_years(2022, 2022)
    twice = WorkCalendar(years=(year, year))
    assert twice.workdays_between(date(2021, 12, 31), date(2022, 12, 31)) == 249


def test_ruoyi_1018_the_reminder_is_armed_again_after_a_return() -> None:
    # YunaiV/ruoyi-vue-pro#1018: after 退回 no reminder came any more.
    life = accepted(due=date(2022, 3, 31))
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.wait_until(at(3, 14, 10))
    life.do(c.ReviewClosure(approve=False, text="材料不齐"), SECOND)
    came = life.wait_until(at(4, 1, 9))
    assert {"NearDueWarned", "FeedbackMissed", "UrgeIssued", "DueLapsed"} <= set(came)


def test_uflo_52_no_reminder_goes_on_after_the_end() -> None:
    # youseries/uflo#52: reminders went on after the task had expired or ended.
    life = accepted()
    life.wait_until(at(3, 14, 10))
    assert urges(life)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    assert life.wait_until(at(3, 20)) == [], "the office holds it now"
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert life.wait_until(at(12, 30)) == []
    warned = Life(rulebook=Rulebook(version=1, calendar=CALENDAR, policy=read_policy(READY / "宿迁.toml")))
    warned.do(c.OpenMatter.model_validate({**_opening(), "due": "2022-03-14", "rhythm": "once"}))
    warned.do(c.AcceptReceipt(), LIAISON)
    warned.sleep_until(at(3, 16, 10))
    colours = [e.colour for e in warned.events(ev.UrgeIssued) if isinstance(e, ev.UrgeIssued)]
    assert [x.label for x in colours if x] == ["红"], "no blue 临近 note once the limit has passed"


def test_steedos_601_time_limits_know_holidays() -> None:
    # steedos/steedos-platform#601: time-outs ran through holidays.
    life = opened(now=at(4, 29, 17))
    assert life.m.receipt_due == at(5, 6, 17), "1 hour on Friday, 7 on 05-05, 6 on 05-06"


def test_jmix_790_one_working_day_is_not_twenty_four_working_hours() -> None:
    # jmix-framework/jmix#790: P1D with a business calendar became 24 business hours.
    assert CALENDAR.add_working_time(at(3, 7, 10), CALENDAR.hours.a_day) == at(3, 8, 10)
    assert local_date(CALENDAR.add_working_time(at(3, 7, 10), timedelta(hours=24))) == date(2022, 3, 10)


@pytest.mark.parametrize(
    ("assigned", "due"),
    [
        (at(3, 7, 7, 30), at(3, 8, 18)),  # before the office opens
        (at(3, 7, 12, 30), at(3, 9, 12)),  # over lunch
        (at(3, 7, 17, 45), at(3, 9, 17, 45)),  # after half past five
        (at(3, 11, 20), at(3, 15, 18)),  # on a Friday evening
    ],
)
def test_jbpm_1342_and_1830_a_clock_started_outside_hours_counts_from_the_next_opening(
    assigned: datetime, due: datetime
) -> None:
    # kiegroup/jbpm#1342 and #1830: timers created before or after business hours were off by a stretch.
    assert opened(now=assigned).m.receipt_due == due


def test_a_make_up_saturday_counts_which_jbpm_s_calendar_does_not_know() -> None:
    # jBPM's BusinessCalendar has weekends and holidays, but no 调休.
    assert CALENDAR.add_workdays(date(2022, 4, 1), 1) == date(2022, 4, 2)
    life = accepted(now=at(3, 28, 10))
    assert life.m.window is not None
    assert life.m.window.closes == at(4, 2, 17), "the week ends on the Saturday worked"


def test_cam_12829_two_offices_have_two_calendars() -> None:
    # camunda CAM-12829: one business calendar for the whole engine.
    one, other = opened(now=at(4, 29, 17)), Life(at(4, 29, 17), Rulebook(version=1))
    other.do(c.OpenMatter.model_validate(_opening()))
    assert (one.m.receipt_due, other.m.receipt_due) == (at(5, 6, 17), at(5, 3, 17))


def _opening() -> dict[str, object]:
    lead = {"id": "gengxin", "supervision": "object"}
    return {"title": "x", "due": "2022-06-30", "basis": {"kind": "document", "text": "x"}, "lead": lead}


def test_dynamics_a_pause_that_begins_on_a_holiday_stops_the_clock_that_day() -> None:
    # Dynamics 365: a case put on hold on a holiday kept running, "by design".
    life = accepted(now=at(4, 29, 10), due=date(2022, 6, 30), rhythm="daily")
    life.do(SAID, LIAISON)
    life.now = at(5, 2, 10)
    life.do(stop(date(2022, 5, 9)), FOR_LEADER)
    assert life.m.window is None
    assert life.wait_until(at(5, 8, 12)) == []
    life.wait_until(at(5, 9, 10))
    assert life.m.suspensions[0].workdays == 4, "05-05, 05-06, Saturday 05-07 and 05-09"


def test_osticket_3034_and_objectstack_1310_no_alarm_while_paused() -> None:
    # osTicket#3034 (no pause by status), objectstack-ai#1310 (alarms while paused).
    life = accepted(due=date(2022, 3, 15))
    life.wait_until(at(3, 11, 18))
    life.do(stop(date(2022, 6, 1)), FOR_LEADER)
    assert life.wait_until(at(5, 31, 18)) == []
    assert life.light.reason.startswith("灰:暂缓至2022-06-01")


def test_openregister_3272_a_changed_calendar_moves_an_open_limit_once_and_says_why() -> None:
    # ConductionNL/openregister#3272, #3350: an edited calendar moved limits silently, or twice.
    life = accepted()
    assert override(life, date(2022, 3, 11), workday=False) == ["DeadlineMoved"]
    moved = life.events(ev.DeadlineMoved)[0]
    assert isinstance(moved, ev.DeadlineMoved)
    assert (moved.what, moved.after) == ("window", at(3, 10, 17))
    assert moved.reason.startswith("2022-03-11不上班（台风停工）")
    assert life.do(c.Reproject(), SYSTEM) == [], "once"
    closed = accepted()
    closed.do(c.RequestClosure(text="完成"), LIAISON)
    closed.do(c.ReviewClosure(approve=True), SECOND)
    assert override(closed, date(2022, 3, 11), workday=False) == [], "closed ones never"


def test_openregister_3935_each_rung_is_claimed_once() -> None:
    # ConductionNL/openregister#3935: two workers claimed the same rung.
    life = accepted(due=date(2022, 3, 31), rhythm="once")
    life.wait_until(at(4, 1, 9))
    assert life.m.triggers == ("escalate_overdue:2022-03-31",)
    claims = [d.claim for d in owed(life.m, life.rulebook, life.now) if d.kind is DeadlineKind.ESCALATE_OVERDUE]
    assert claims == [f"escalate_overdue:2022-03-31+{n}" for n in (5, 10, 20)]
    assert life.wait_until(at(4, 8, 12)) == []
    life.do(c.RecordDecision(meeting="会", text="继续"), FOR_LEADER)
    life.wait_until(at(12, 30))
    reached = [e.trigger for e in life.events(ev.MatterEscalated) if isinstance(e, ev.MatterEscalated)]
    assert len(reached) == len(set(reached))


def test_open_bank_2926_a_fire_that_is_no_longer_owed_does_nothing() -> None:
    # JiRaska/open-bank#2926: a timer fired after the state had moved on.
    life = accepted()
    life.do(SAID, LIAISON)
    life.now = at(3, 11, 16, 59)
    life.refuses(c.ExpireDeadline(), SYSTEM, words="没有到期的时限", code="nothing_owed")


def test_a_duplicate_fire_after_a_crash_is_one_note() -> None:
    # kancloud and others: 催办 twice when the worker came back. The second finds nothing owed.
    life = accepted()
    life.wait_until(at(3, 11, 17))
    life.refuses(c.ExpireDeadline(), SYSTEM, code="nothing_owed")
    assert len(urges(life)) == 1


def test_extra_urgent_alone_is_urged_outside_hours() -> None:
    pressing, plain = accepted(urgency=Urgency.EXTRA), accepted()
    for life in (pressing, plain):
        life.sleep_until(at(3, 12, 11))
    assert (len(urges(pressing)), len(urges(plain))) == (1, 0)


def test_the_ground_breaking_of_2021_day_by_day() -> None:
    """The office's own oracle: limit of 8 working days set on 02-08, the first day not counted (民法典 art. 201)."""
    days = [date(2021, 2, 8) + timedelta(days=n) for n in range(17)]
    assert [d.day for d in days if CALENDAR.is_workday(d)] == [8, 9, 10, 18, 19, 20, 22, 23, 24]
    assert CALENDAR.is_workday(date(2021, 2, 20)), "a Saturday, worked for 春节"
    counted = [CALENDAR.add_workdays(date(2021, 2, 8), n).day for n in range(1, 9)]
    assert counted == [9, 10, 18, 19, 20, 22, 23, 24]
    typhoon = DayOverride(day=date(2021, 2, 22), workday=False, reason="台风停工")
    stopped = CALENDAR.model_copy(update={"overrides": (typhoon,)})
    assert [stopped.add_workdays(date(2021, 2, 8), n).day for n in range(1, 9)] == [9, 10, 18, 19, 20, 23, 24, 25]


def test_the_ground_breaking_limit_moves_by_a_day_with_the_typhoon() -> None:
    limit = {"basis": "document", "days": 8, "count": "workdays"}
    policy = Policy.model_validate({"version": "八日", "limits": [limit]})
    life = Life(at_office(date(2021, 2, 8), at(3, 7).time()), Rulebook(version=1, calendar=CALENDAR, policy=policy))
    life.do(c.OpenMatter.model_validate({**_opening(), "due": None}))
    assert life.m.due == date(2021, 2, 24)
    stopped = DayOverride(day=date(2021, 2, 22), workday=False, reason="台风停工")
    calendar = CALENDAR.model_copy(update={"overrides": (stopped,)})
    life.rulebook = Rulebook(version=2, calendar=calendar, policy=policy, because="2021-02-22不上班（台风停工）")
    life.do(c.Reproject(), SYSTEM)
    assert life.m.due == date(2021, 2, 25)
    assert life.m.original_due == date(2021, 2, 24)
