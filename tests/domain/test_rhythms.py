"""The five rhythms on a matter: daily surges, 谋划 and 落实, a month's push, and windows that never overlap."""

from datetime import date, datetime, time, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain import commands as c
from domain import events as ev
from domain.base import Frozen, Refusal
from domain.calendar import DayOverride, PublishedYear, WorkCalendar, at_office, local_date
from domain.deadlines import next_deadline
from domain.envelope import SYSTEM, Recorded
from domain.event import Event, decode
from domain.evolve import evolve
from domain.facts import Pace, Window
from domain.log import Rulebook
from domain.matter import Matter
from domain.monthly import MonthlyOwed, monthly_owed
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from domain.terms import MatterClass, Rhythm, Stage, SuspensionReason
from domain.windows import next_window, window_label
from services.calendar_seed import seed_years
from tests.support import lives
from tests.support.life import CALENDAR, MONDAY, RULEBOOK, Life, accepted, at, fold, opened
from tests.support.office import FOR_LEADER, LIAISON, OFFICE, opening

SAID = c.SubmitFeedback(text="进展", progress=30)
CLOSES = time(17)
PLAN_AND_LAND = Pace(rhythm=Rhythm.PLAN_AND_LAND)


def windows(life: Life) -> list[Window]:
    return [e.window for e in life.events(ev.FeedbackWindowOpened) if isinstance(e, ev.FeedbackWindowOpened)]


def missed(life: Life) -> list[str]:
    return [e.window.key for e in life.events(ev.FeedbackMissed) if isinstance(e, ev.FeedbackMissed)]


def keys(pace: Pace, after: datetime, n: int, calendar: WorkCalendar = CALENDAR) -> list[tuple[str, date]]:
    """The next n windows: key and last day."""
    found: list[tuple[str, date]] = []
    for _ in range(n):
        window = next_window(pace, after, calendar, CLOSES, [k for k, _ in found])
        assert window is not None
        found.append((window.key, local_date(window.closes)))
        after = window.closes
    return found


# --- 一日一调度


def test_a_surge_asks_every_working_day_and_falls_back_by_itself() -> None:
    life = accepted()
    assert life.do(c.StartSurge(campaign="开工活动", until=date(2022, 3, 16))) == [
        "SurgeStarted",
        "FeedbackWindowOpened",
    ]
    life.wait_until(at(3, 17, 10))
    assert missed(life) == [f"2022-03-{d:02d}" for d in (7, 8, 9, 10, 11, 14, 15, 16)]
    ended = [r for r in life.recorded if r.type == "SurgeEnded"]
    assert [(r.occurred_at, r.actor.id) for r in ended] == [(at(3, 16, 17), "system")]
    assert life.m.surge is None
    assert windows(life)[-1] == Window(key="2022-W11", opens=at(3, 16, 17), closes=at(3, 18, 17))


def test_who_missed_one_day_of_a_surge_and_reports_on_the_next_has_missed_one_day() -> None:
    life = accepted()
    life.do(c.StartSurge(campaign="开工活动", until=date(2022, 3, 11)))
    life.wait_until(at(3, 8, 9))
    life.now = at(3, 8, 15)
    life.do(SAID, LIAISON)
    life.wait_until(at(3, 9, 9))
    life.now = at(3, 9, 18)
    life.wait_until(at(3, 9, 18))
    life.do(SAID, LIAISON)
    assert [w.key for w in life.m.windows.missed] == ["2022-03-07", "2022-03-09"]
    told = [(e.window, e.late_for) for e in life.events(ev.FeedbackSubmitted) if isinstance(e, ev.FeedbackSubmitted)]
    assert told == [("2022-03-08", None), (None, "2022-03-09")]


def test_a_surge_may_count_every_day_of_the_calendar() -> None:
    life = accepted()
    life.do(c.StartSurge(campaign="开工活动", until=date(2022, 3, 13), every_day=True))
    life.wait_until(at(3, 14, 10))
    assert missed(life)[-2:] == ["2022-03-12", "2022-03-13"], "Saturday and Sunday"
    assert windows(life)[-1].key == "2022-W11", "W10 was asked day by day"


def test_postponing_the_ceremony_moves_the_end_and_ending_early_works() -> None:
    life = accepted()
    life.do(c.StartSurge(campaign="开工活动", until=date(2022, 3, 9)))
    life.refuses(c.StartSurge(campaign="另一场", until=date(2022, 3, 20)), words="已在一日一调度中（开工活动）")
    life.do(c.MoveSurge(until=date(2022, 3, 11), reason="活动延期"))
    life.wait_until(at(3, 11, 10))
    assert missed(life)[-1] == "2022-03-10"
    life.do(c.EndSurge(reason="活动取消"))
    assert windows(life)[-1] == Window(key="2022-W10", opens=at(3, 11, 10), closes=at(3, 11, 17))
    life.refuses(c.EndSurge(), words="不在一日一调度中")
    life.refuses(c.MoveSurge(until=date(2022, 3, 20)), words="不在一日一调度中")


def test_a_surge_needs_an_end_ahead_and_the_office() -> None:
    life = accepted()
    life.refuses(c.StartSurge(campaign="x", until=date(2022, 3, 6)), words="已经过去")
    life.refuses(c.StartSurge(campaign="x", until=date(2022, 3, 16)), LIAISON, code="forbidden")
    life.now = at(3, 11, 18)
    life.refuses(c.StartSurge(campaign="x", until=date(2022, 3, 13)), words="没有一天可以反馈")
    life.do(c.StartSurge(campaign="x", until=date(2022, 3, 13), every_day=True))
    life.refuses(c.MoveSurge(until=date(2022, 3, 11)), words="--end")
    life.refuses(c.MoveSurge(until=date(2022, 3, 10)), words="已经过去")


def test_a_surge_that_ran_out_during_a_suspension_is_over_on_resuming() -> None:
    life = accepted()
    life.do(c.StartSurge(campaign="开工活动", until=date(2022, 3, 11)))
    life.do(c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 3, 21)), FOR_LEADER)
    assert life.wait_until(at(3, 21, 10)) == ["MatterResumed", "SurgeEnded", "FeedbackWindowOpened"]
    assert windows(life)[-1].key == "2022-W12"


def test_a_surge_before_receipt_starts_with_the_receipt() -> None:
    life = opened()
    life.do(c.StartSurge(campaign="开工活动", until=date(2022, 3, 11)))
    life.do(c.AcceptReceipt(), LIAISON)
    assert windows(life)[-1].key == "2022-03-07"


def test_a_rhythm_changed_during_a_surge_is_what_it_falls_back_to() -> None:
    life = accepted()
    life.do(c.StartSurge(campaign="开工活动", until=date(2022, 3, 9)))
    assert life.do(c.ChangeRhythm(rhythm=Rhythm.MONTHLY)) == ["RhythmChanged"]
    life.wait_until(at(3, 10))
    assert windows(life)[-1].key == "2022-03"


def test_what_was_answered_this_week_is_not_asked_again_after_a_surge_or_a_pause() -> None:
    surged = accepted()
    surged.do(SAID, LIAISON)
    surged.do(c.StartSurge(campaign="开工活动", until=date(2022, 3, 9)))
    surged.wait_until(at(3, 10))
    assert windows(surged)[-1].key == "2022-W11"
    assert windows(surged)[-1].opens == at(3, 11, 17), "not before the answer of this week is no longer good"
    paused = accepted()
    paused.do(SAID, LIAISON)
    paused.do(c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 3, 9)), FOR_LEADER)
    paused.wait_until(at(3, 9, 10))
    assert windows(paused)[-1].key == "2022-W11"


# --- 一周一谋划·一周一落实


def test_a_plan_on_monday_and_a_landing_on_friday() -> None:
    assert keys(PLAN_AND_LAND, at(3, 4, 18), 4) == [
        ("2022-W10-plan", date(2022, 3, 7)),
        ("2022-W10-land", date(2022, 3, 11)),
        ("2022-W11-plan", date(2022, 3, 14)),
        ("2022-W11-land", date(2022, 3, 18)),
    ]
    assert window_label("2022-W10-plan") == "2022年第10周谋划"


def test_a_holiday_monday_gives_way_to_the_first_working_day() -> None:
    # 清明 2022: 04-03 to 04-05 off, Saturday 04-02 worked.
    assert keys(PLAN_AND_LAND, at(4, 2, 18), 2) == [
        ("2022-W14-plan", date(2022, 4, 6)),
        ("2022-W14-land", date(2022, 4, 8)),
    ]


def test_a_week_with_one_working_day_has_one_window_and_one_without_none() -> None:
    off = [DayOverride(day=date(2022, 3, d), workday=False, reason="台风") for d in (7, 8, 9, 11)]
    calendar = CALENDAR.model_copy(update={"overrides": tuple(off)})
    assert keys(PLAN_AND_LAND, at(3, 4, 18), 2, calendar)[:2] == [
        ("2022-W10-land", date(2022, 3, 10)),
        ("2022-W11-plan", date(2022, 3, 14)),
    ]
    # 国庆 2022: 10-01 to 10-07 off, Saturday and Sunday 10-08 and 10-09 worked.
    assert [k for k, _ in keys(PLAN_AND_LAND, at(9, 30, 18), 2)] == ["2022-W40-plan", "2022-W40-land"]
    # 春节 2022: 01-31 to 02-06, a whole week.
    assert keys(PLAN_AND_LAND, at(1, 30, 18), 1)[0][0] == "2022-W06-plan"


# --- 一月一推动·一月一决策


def test_a_major_matter_owes_a_push_and_a_decision_each_month() -> None:
    life = accepted(klass=MatterClass.MAJOR)
    assert monthly_owed(life.m, date(2022, 3, 7)) == MonthlyOwed(push=True, decision=True)
    life.do(c.RecordInstruction(leader="leader", text="sealed:v1:k1:AAAA"), FOR_LEADER)
    assert monthly_owed(life.m, date(2022, 3, 8)) == MonthlyOwed(push=False, decision=True)
    life.do(c.RecordDecision(meeting="第三次工作会议", text="继续推进"), FOR_LEADER)
    assert monthly_owed(life.m, date(2022, 3, 31)) == MonthlyOwed(push=False, decision=False)
    assert monthly_owed(life.m, date(2022, 4, 1)) == MonthlyOwed(push=True, decision=True)
    assert monthly_owed(accepted().m, date(2022, 4, 1)) == MonthlyOwed(push=False, decision=False)


# --- any sequence of changes


class Paces(RuleBasedStateMachine):
    """Rhythms, pauses, surges, overrides and published years in any order, with a clock and reports between them."""

    @initialize(rhythm=st.sampled_from(list(Rhythm)))
    def begin(self, rhythm: Rhythm) -> None:
        self.life = Life(MONDAY, RULEBOOK)
        self.life.do(opening(due=date(2023, 12, 29), rhythm=rhythm))
        self.life.do(c.AcceptReceipt(), LIAISON)

    def attempt(self, command: Frozen, leader: bool = False) -> None:
        try:
            self.life.do(command, FOR_LEADER if leader else OFFICE)
        except Refusal:
            return

    def day(self, days: int) -> date:
        return local_date(self.life.now) + timedelta(days=days)

    @rule(minutes=st.integers(1, 60 * 24 * 12), punctual=st.booleans())
    def time_passes(self, minutes: int, punctual: bool) -> None:
        until = self.life.now + timedelta(minutes=minutes)
        (self.life.wait_until if punctual else self.life.sleep_until)(until)

    @precondition(lambda self: self.life.m.window is not None)
    @rule()
    def answer(self) -> None:
        self.life.do(SAID, LIAISON)

    @rule(rhythm=st.sampled_from(list(Rhythm)))
    def change(self, rhythm: Rhythm) -> None:
        self.attempt(c.ChangeRhythm(rhythm=rhythm))

    @rule(days=st.integers(0, 20), every_day=st.booleans())
    def surge(self, days: int, every_day: bool) -> None:
        self.attempt(c.StartSurge(campaign="开工", until=self.day(days), every_day=every_day))

    @rule(days=st.integers(0, 20))
    def move(self, days: int) -> None:
        self.attempt(c.MoveSurge(until=self.day(days)))

    @rule()
    def end(self) -> None:
        self.attempt(c.EndSurge())

    @rule(days=st.integers(1, 15))
    def suspend(self, days: int) -> None:
        self.attempt(c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=self.day(days)), leader=True)

    @rule()
    def resume(self) -> None:
        self.attempt(c.ResumeMatter(), leader=True)

    @rule(days=st.integers(-2, 15), workday=st.booleans())
    def override(self, days: int, workday: bool) -> None:
        day = DayOverride(day=self.day(days), workday=workday, reason="台风")
        calendar = self.life.rulebook.calendar
        self.publish(calendar.model_copy(update={"overrides": (*calendar.overrides, day)}))

    @rule(year=st.sampled_from([2022, 2023]), shift=st.integers(-3, 3))
    def publish_otherwise(self, year: int, shift: int) -> None:
        (real,) = seed_years(year, year)
        moved = [d + timedelta(days=shift) for d in real.off]
        off = tuple(d for d in moved if d.weekday() < 5 and d.year == year)
        calendar = self.life.rulebook.calendar
        kept = tuple(y for y in calendar.years if y.year != year)
        published = PublishedYear(year=year, source="重新公布", off=off, work=real.work)
        self.publish(calendar.model_copy(update={"years": (*kept, published)}))

    def publish(self, calendar: WorkCalendar) -> None:
        """The rulebook moves: as the workflow does, the matter computes its open deadlines again at once."""
        self.life.wait_until(self.life.now)
        version = self.life.rulebook.version + 1
        self.life.rulebook = Rulebook(version=version, calendar=calendar, because="重新公布")
        self.life.do(c.Reproject(), SYSTEM)

    @invariant()
    def windows_never_overlap_and_leave_no_gap(self) -> None:
        matter: Matter | None = None
        before: Event | None = None
        for recorded in self.life.recorded:
            event = decode(recorded)
            if isinstance(event, ev.FeedbackWindowOpened) and matter is not None:
                assert event.window.opens == _expected_opening(matter, before, recorded), recorded
            matter, before = evolve(matter, recorded), event

    @invariant()
    def in_progress_every_moment_lies_in_one_window(self) -> None:
        m, now = self.life.m, self.life.now
        asks = m.surge is not None or m.rhythm is not Rhythm.ONCE
        if m.stage is Stage.IN_PROGRESS and asks and not owes(self.life):
            assert m.window is not None
            assert now <= m.window.closes
            assert m.window.opens <= now or m.window.opens == m.windows.good_until
        if m.stage is Stage.SUSPENDED:
            assert m.window is None

    @invariant()
    def none_is_judged_twice(self) -> None:
        judged = _judged(self.life)
        assert len(judged) == len(set(judged)), judged

    @invariant()
    def computing_again_from_the_log_gives_the_deadlines_that_stand(self) -> None:
        matter = fold(self.life.recorded)
        assert matter == self.life.m
        context = DecisionContext(rulebook=self.life.rulebook, now=self.life.now, actor=SYSTEM)
        assert decide(matter, c.Reproject(), context) == ()


def owes(life: Life) -> bool:
    """Whether the clock owes something that nobody handled yet."""
    deadline = next_deadline(life.m, life.rulebook, life.now)
    return deadline is not None and deadline.at <= life.now


def _expected_opening(matter: Matter, before: Event | None, opened: Recorded) -> datetime:
    """The moment the one before closes; after a change at once, but not while an answer is still good.

    One in whose period nobody works any more is replaced before it closes; a surge asks at once, whatever was answered.
    """
    moment = opened.occurred_at.replace(second=0, microsecond=0)
    if isinstance(before, ev.FeedbackMissed):
        return before.window.closes
    if matter.window is not None:
        replaced = not matter.window.answered and opened.actor == SYSTEM
        return max(matter.window.opens, moment) if replaced else matter.window.closes
    if isinstance(before, ev.SurgeStarted | ev.MatterResumed):
        return moment
    return moment if matter.windows.good_until is None else max(moment, matter.windows.good_until)


def _judged(life: Life) -> list[str]:
    """Keys in the order they were judged: missed, or answered."""
    found: list[str] = []
    for recorded in life.recorded:
        match decode(recorded):
            case ev.FeedbackMissed(window=window):
                found.append(window.key)
            case ev.FeedbackSubmitted(window=str() as key, late_for=None) if found[-1:] != [key]:
                found.append(key)
    return found


TestPaces = lives.some(Paces)
TestPacesAtLength = lives.many(Paces)


def test_the_office_closes_windows_on_days_it_works() -> None:
    life = accepted()
    life.now = at(3, 11, 9)
    stop = DayOverride(day=date(2022, 3, 11), workday=False, reason="台风停工")
    life.rulebook = Rulebook(version=2, calendar=CALENDAR.model_copy(update={"overrides": (stop,)}), because="台风停工")
    assert life.do(c.Reproject(), SYSTEM) == ["DeadlineMoved"]
    assert life.m.window is not None
    assert life.m.window.closes == at_office(date(2022, 3, 14), CLOSES), "Thursday has passed: the next working day"
