"""How units behave when nobody tells them: when they sign, report and ask to close, drawn from the seed.

Each draw has its own generator, named by what it decides, so that no draw depends on the order of the others.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from domain.calendar import WorkCalendar, at_office, local_date, to_minute
from domain.commands import SubmitFeedback
from domain.facts import IndicatorReport, PointReport, Window
from domain.matter import DONE, Matter, Point
from simulation.scenario import Scenario

ALMOST = 95
ON_TIME_POINTS = 0.85
HALF_HOUR = 30


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
        """What the lead reports: progress along the time given, points done around their dates."""
        lots = self.lots(no, f"words/{key}/{day}")
        total = max(calendar.workdays_between(local_date(matter.opened_at), matter.due), 1)
        elapsed = calendar.workdays_between(local_date(matter.opened_at), day)
        along = max(matter.progress, min(ALMOST, elapsed * DONE // total))
        reports = tuple(self._point(no, p, day, along, calendar) for p in matter.points if p.open)
        current = next((p for p in matter.points if p.open), None)
        name = current.text if current else matter.title
        counted = [r.progress for r in reports] + [p.progress for p in matter.points if not p.open and not p.dropped]
        progress = max(matter.progress, sum(counted) // len(counted)) if counted else along
        words = self.scenario.feedback
        return SubmitFeedback(
            text=lots.choice(words.progress).format(point=name, progress=progress),
            progress=progress,
            points=reports,
            problem=lots.choice(words.problem).format(point=name) if lots.random() < 0.12 else None,  # noqa: PLR2004
            next_step=lots.choice(words.next).format(point=name) if lots.random() < 0.5 else None,  # noqa: PLR2004
        )

    def last_report(self, matter: Matter) -> SubmitFeedback:
        """What the lead reports before it asks to close: the whole, every point and every indicator are done."""
        return SubmitFeedback(
            text=self.scenario.feedback.last,
            progress=DONE,
            points=tuple(PointReport(no=p.no, progress=DONE) for p in matter.points if p.open),
            indicators=tuple(
                IndicatorReport(no=i.no, value=i.target, decimals=i.decimals)
                for i in matter.indicators
                if not i.reached
            ),
        )

    def _point(self, no: int, point: Point, day: date, along: int, calendar: WorkCalendar) -> PointReport:
        if point.due is None:
            return PointReport(no=point.no, progress=max(point.progress, along))
        lots = self.lots(no, f"point/{point.no}")
        days = lots.randint(0, 6)
        done_on = calendar.add_workdays(point.due, -days if lots.random() < ON_TIME_POINTS else days)
        left = calendar.workdays_between(day, done_on)
        progress = DONE if left <= 0 else max(point.progress, min(ALMOST, DONE - 3 * left))
        return PointReport(no=point.no, progress=max(point.progress, progress, 0))

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


def _on_the_half_hour(instant: datetime, calendar: WorkCalendar) -> datetime:
    """The next half hour in office hours: people do not act to the second, and fewer instants make a faster year."""
    past = timedelta(minutes=instant.minute % HALF_HOUR, seconds=instant.second, microseconds=instant.microsecond)
    rounded = instant if not past else instant - past + timedelta(minutes=HALF_HOUR)
    return calendar.next_working(rounded)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
