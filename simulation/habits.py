"""How units behave when nobody tells them: when they sign, report and ask to close, drawn from the seed.

Each draw has its own generator, named by what it decides, so that no draw depends on the order of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from domain.calendar import WorkCalendar, at_office, local_date, to_minute
from domain.commands import SubmitFeedback
from domain.facts import IndicatorReport, PointReport, Window, is_sealed
from domain.matter import DONE, Indicator, Matter, Point
from domain.terms import Rhythm
from simulation.grammar import Kind, ToldProblem, act, filled, grammar, problem_told, step
from simulation.scenario import Scenario

ALMOST = 95
ON_TIME_POINTS = 0.85
NEXT_STEP = 0.5
NEARLY = 0.9
"""A point that is almost done brings no new problem."""
STILL_OPEN = timedelta(days=45)
"""So long after the year's end the last point of what stays open will be done."""
HALF_HOUR = 30
NOTHING_LEFT = "报批收尾"
"""What a matter is about whose points are all done before it is closed."""


@dataclass(frozen=True)
class _Part:
    """Which of a matter's points of one kind it is: their figures are one, and so is the order of their work."""

    kind: Kind
    nth: int
    of: int

    def share(self, own: float) -> float:
        """How far the work of the kind is when so much of this point is done."""
        return (self.nth + own) / self.of


@dataclass(frozen=True)
class _Work:
    """How far a point is (or the whole), and the share of such work done when last reported and now."""

    point: Point | None
    kind: Kind
    before: float
    now: float
    progress: int


@dataclass(frozen=True)
class Habits:
    """The scenario's people, drawing lots."""

    scenario: Scenario

    def lots(self, no: int, purpose: str) -> Random:
        """The generator for one decision about one matter."""
        return Random(f"{self.scenario.year.seed}/{no}/{purpose}")

    def signs_at(self, no: int, matter: Matter, calendar: WorkCalendar) -> datetime | None:
        """When the lead signs; None when it never does."""
        if no in self.scenario.receipt.silent or matter.assigned_at is None:
            return None
        hours = self.lots(no, f"receipt/{matter.lead}").uniform(*self.scenario.receipt.hours)
        start = calendar.next_working(to_minute(matter.assigned_at))
        return _on_the_half_hour(calendar.add_working_time(start, timedelta(hours=hours)), calendar)

    def reports_at(self, no: int, matter: Matter, window: Window, calendar: WorkCalendar) -> datetime | None:
        """When the lead answers a window: before it closes, after, or (None) never."""
        habits = self.scenario.habits(matter.lead or "")
        lots = self.lots(no, f"window/{window.key}")
        fate = lots.random()
        first, last = self.scenario.feedback.hour
        minutes = lots.randrange(_minutes(first), _minutes(last) + 1, HALF_HOUR)
        if fate < habits.on_time:
            at = at_office(local_date(window.closes), _clock(minutes))
            return max(at, window.opens)
        if fate < habits.on_time + habits.late:
            day = calendar.add_workdays(local_date(window.closes), lots.randint(*self.scenario.feedback.late))
            return at_office(day, _clock(minutes))
        return None

    def feedback(self, no: int, matter: Matter, day: date, calendar: WorkCalendar, key: str) -> SubmitFeedback:
        """What the lead reports: points along their dates, figures that moved, a problem that comes, stands or ends."""
        lots = self.lots(no, f"words/{key}/{day}")
        works = self._works(no, matter, day, calendar)
        told_of = sorted((w.point.no, w.progress) for w in works if w.point and not w.point.waits_for_review)
        reports = tuple(PointReport(no=point, progress=far) for point, far in told_of)
        counted = [r.progress for r in reports] + [DONE for p in matter.points if not p.open and not p.dropped]
        work = works[0] if works else self._whole(no, matter, day, calendar)
        progress = max(matter.progress, sum(counted) // len(counted) if counted else work.progress)
        finished = [w.point.text for w in works if w.point and w.progress == DONE and not w.point.waits_for_review]
        sentences = [f"要点“{'”“'.join(finished)}”已办结"] if finished else []
        rates = self._rates(no, matter, key)
        sentences += [f"本期{i.name}{i.shown(value)}" for i, value in rates]
        sentences += self._moved(no, matter, work, lots, day, calendar)
        problem, about = self._problem(no, matter, work, lots, day)
        text = "；".join(sentences) + "。" + about
        step = filled(lots.choice(work.kind.next), lots, work.kind, day)
        next_step = f"{step}。" if lots.random() < NEXT_STEP else None
        return SubmitFeedback(
            text=text,
            progress=progress,
            points=reports,
            indicators=tuple(IndicatorReport(no=i.no, value=value, decimals=i.decimals) for i, value in rates),
            problem=problem,
            next_step=next_step,
        )

    def _rates(self, no: int, matter: Matter, key: str) -> list[tuple[Indicator, int]]:
        """What is measured for every report, a range or a rate: within it, until the scenario tells otherwise."""
        lots = self.lots(no, f"rates/{key}")

        def low(i: Indicator) -> int:
            if i.low is not None:
                return i.low
            return i.target * 4 // 5 if i.at_most else i.target

        def value(i: Indicator) -> int:
            return i.value if i.out else lots.randint(low(i), max(i.target, low(i) * 21 // 20))

        return [(i, value(i)) for i in matter.indicators if i.always]

    def _works(self, no: int, matter: Matter, day: date, calendar: WorkCalendar) -> "list[_Work]":
        """How far each open point is, the one that is worked on first."""
        works: list[_Work] = []
        began = local_date(matter.running.since if matter.running else matter.opened_at)
        points = [p for p in matter.points if not p.dropped]
        kinds = [grammar().of(p.text, matter.title) for p in points]
        for n, (point, kind) in enumerate(zip(points, kinds, strict=True)):
            done_on = self._done_on(no, point, calendar) or (day if matter.period else matter.due)
            if n == len(points) - 1 and no in self.scenario.closing.open_at_year_end:
                done_on = max(done_on, self.scenario.year.ends + STILL_OPEN)
            if point.open:
                part = _Part(kind, nth=kinds[:n].count(kind), of=kinds.count(kind))
                works.append(self._work(no, matter, point, part, (began, done_on), day, calendar))
            if matter.period is None:  # what recurs is done side by side
                began = max(began, min(done_on, point.due or done_on))
        return sorted(works, key=lambda work: (work.progress == DONE, work.point.no if work.point else 0))

    def _whole(self, no: int, matter: Matter, day: date, calendar: WorkCalendar) -> "_Work":
        """How far a matter is whose points are all done, or that has none."""
        if any(not p.dropped for p in matter.points):
            kind = self._kind(matter) if matter.counts.returns else grammar().of(NOTHING_LEFT, "")
            return _Work(point=None, kind=kind, before=1, now=1, progress=DONE)
        part = _Part(grammar().of(matter.title, matter.title), nth=0, of=1)
        return self._work(no, matter, None, part, (local_date(matter.opened_at), matter.due), day, calendar)

    def _work(
        self,
        no: int,
        matter: Matter,
        point: Point | None,
        part: "_Part",
        span: tuple[date, date],
        day: date,
        calendar: WorkCalendar,
    ) -> "_Work":
        pace = self.lots(no, f"pace/{point.no if point else 0}").uniform(0.8, 1.2)

        def share(of: date) -> float:
            total = max(calendar.workdays_between(*span), 1)
            gone = min(max(calendar.workdays_between(span[0], of), 0) / total, 1.0) if of > span[0] else 0.0
            return float(gone**pace)

        last = matter.last_feedback
        since = local_date(last.at) if last is not None and last.unit == matter.lead else span[0]
        was = point.progress if point else matter.progress
        reported = (
            min((was + 1) / DONE, 1.0) if was else 0.0
        )  # at most so far was said; a limit put off takes nothing back
        now = max(share(day), reported)
        progress = DONE if point is not None and now >= 1 else max(was, min(ALMOST, int(now * DONE)))
        before = min(max(share(since), was / DONE), now) if share(day) > reported else now
        return _Work(point=point, kind=part.kind, before=part.share(before), now=part.share(now), progress=progress)

    def _done_on(self, no: int, point: Point, calendar: WorkCalendar) -> date | None:
        """The day the point will be done: mostly before its date."""
        if point.due is None:
            return None
        lots = self.lots(no, f"point/{point.no}")
        days = lots.randint(0, 6)
        return calendar.add_workdays(point.due, -days if lots.random() < ON_TIME_POINTS else days)

    def _moved(
        self, no: int, matter: Matter, work: "_Work", lots: Random, day: date, calendar: WorkCalendar
    ) -> list[str]:
        """The figure that moved, and what was done for it on some day of the period."""
        daily = matter.pace.rhythm is Rhythm.DAILY
        turn_of = f"/{matter.running.key}" if matter.running else ""  # what recurs counts anew each time
        turn = day.toordinal() // (1 if daily else 7)
        which = turn % len(work.kind.figure)
        total = self.lots(no, f"total/{work.kind.figure[which].text}{turn_of}")
        figure = work.kind.figure[which].said(total, work.before, work.now)
        back = lots.randint(0, 3)
        on = day if daily else calendar.add_workdays(day, -back)  # who reports every day tells of the day
        done = step(work.kind, lots, work.before, work.now, on) or act(work.kind, lots, work.now, on, turn)
        return [figure, done] if figure else [done]

    def _problem(self, no: int, matter: Matter, work: "_Work", lots: Random, day: date) -> tuple[str | None, str]:
        """The problem that stands after this report, and what the report says of one that is being solved.

        Each problem work of a kind can have comes to a matter once at most, when the work is so far.
        """
        last = matter.last_feedback
        open_one = last.problem if last is not None and last.unit == matter.lead else None
        if open_one is None or is_sealed(open_one):
            for one in self._possible(work, matter):
                fate = self.lots(no, f"problem/{one.what}")
                comes, when = fate.random() < self.scenario.feedback.problems, fate.uniform(0.02, NEARLY)
                if comes and work.before < when <= work.now:
                    return filled(one.what, lots, work.kind, day), ""
            return None, ""
        known = problem_told(grammar().kind, open_one)
        if known is None:
            return open_one, ""  # the scenario's own words: it says itself how that ends
        kind, problem, names = known
        if lots.random() < self.scenario.feedback.solved:
            return None, filled(problem.solved, lots, kind, day, names)
        stands = open_one.partition("目前")[0]
        as_told = self.lots(no, f"easing/{problem.what}")  # nobody counts otherwise from report to report
        return f"{stands}目前{filled(problem.easing, as_told, kind, day, names)}", ""

    @staticmethod
    def _possible(work: "_Work", matter: Matter) -> Sequence[ToldProblem]:
        """The problems such work can have; what recurs has another one each period, and every other period none."""
        problems = work.kind.problem
        if matter.period is None or not problems:
            return problems
        turn, none = divmod(len(matter.periods), 2)
        return () if none else (problems[turn % len(problems)],)

    def last_report(self, matter: Matter) -> SubmitFeedback:
        """What the lead reports before it asks to close: the whole, every point and every indicator are done."""
        done = "、".join(f"“{p.text}”" for p in matter.points if not p.dropped)
        kind = self._kind(matter)
        return SubmitFeedback(
            text=f"{done}全部完成。{_plain(kind.last, kind)}" if done else _plain(kind.last, kind),
            progress=DONE,
            points=tuple(PointReport(no=p.no, progress=DONE) for p in matter.points if p.open),
            indicators=tuple(
                IndicatorReport(no=i.no, value=i.target, decimals=i.decimals)
                for i in matter.indicators
                if not i.reached
            ),
        )

    def asks(self, matter: Matter) -> str:
        """The words of 办结申请."""
        kind = self._kind(matter)
        return _plain(kind.closing, kind)

    def checked(self, no: int, matter: Matter) -> str:
        """What the reviewer found."""
        kind = self._kind(matter)
        return f"{filled(kind.checked, self.lots(no, 'checked'), kind, matter.due)}，同意销号"

    def _kind(self, matter: Matter) -> Kind:
        last = next((p.text for p in reversed(matter.points) if not p.dropped), matter.title)
        return grammar().of(last, matter.title)

    def closes_on(self, no: int, matter: Matter, last_incident: date | None, calendar: WorkCalendar) -> date:
        """The day the lead asks to close, by today's limit."""
        lots = self.lots(no, "closing")
        closing = self.scenario.closing
        late = lots.random() < closing.late_share
        days = lots.randint(*closing.late) if late else -lots.randint(*closing.before_due)
        day = calendar.add_workdays(matter.due, days)
        return max(day, last_incident + timedelta(days=1)) if last_incident else day

    def reviews_after(self, no: int, day: date) -> int:
        """Working days the office takes to review."""
        return self.lots(no, f"review/{day}").randint(*self.scenario.closing.review)


def _plain(text: str, kind: Kind) -> str:
    """A closing sentence, of the first place there is."""
    return filled(text, Random(0), kind, date.min, {"where": kind.where[0]})


def _on_the_half_hour(instant: datetime, calendar: WorkCalendar) -> datetime:
    """The next half hour in office hours: people do not act to the second, and fewer instants make a faster year."""
    past = timedelta(minutes=instant.minute % HALF_HOUR, seconds=instant.second, microseconds=instant.microsecond)
    rounded = instant if not past else instant - past + timedelta(minutes=HALF_HOUR)
    return calendar.next_working(rounded)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
