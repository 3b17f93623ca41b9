"""The figures of a period, each with what it is counted from. A count is the length of the list behind it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from documents.ledger import Ledger, MatterFile, Told, read_ledger
from domain import events as ev
from domain.calendar import end_of_day, local_date
from domain.event import Event
from domain.lights import Lit, light
from domain.matter import Matter
from domain.terms import Light, MatterClass, Stage
from eventlog.database import Database

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Entry:
    """A matter under supervision in the year, with its light."""

    file: MatterFile
    lit: Lit

    @property
    def matter(self) -> Matter:
        """The matter."""
        return self.file.matter


@dataclass(frozen=True)
class Rate:
    """So many of so many."""

    part: int
    whole: int


@dataclass(frozen=True)
class Feedback:
    """Reports owed in the period: those that came in time, and the misses that stand."""

    on_time: int
    missed: tuple[tuple[Matter, str, bool], ...]
    """Matter, window, and whether the report was made up for later."""

    @property
    def owed(self) -> int:
        """应反馈: in time or missed."""
        return self.on_time + len(self.missed)

    @property
    def made_up(self) -> int:
        """已补报."""
        return sum(late for _, _, late in self.missed)


def _place(told: Told, matter: Matter) -> tuple[int, str, int]:
    """Among what happened in one minute: the point of the minutes, the matter's number, the place in the log."""
    point = told.event.point if isinstance(told.event, ev.DecisionRecorded) else None
    return point or 0, matter.number, told.recorded.position


@dataclass(frozen=True)
class Period:
    """A ledger read for one period. The year of `until` is 今年."""

    ledger: Ledger
    since: date
    until: date
    called: str = "本期"
    """How the text speaks of the period."""

    def entries(self) -> tuple[Entry, ...]:
        """今年督办事项: opened this year, or carried over and still alive when it began."""
        return tuple(
            Entry(file=f, lit=light(f.matter, self.ledger.rulebook, self.ledger.as_of))
            for f in self.ledger.matters
            if f.matter.closed is None or f.matter.closed.on.year >= self.until.year
        )

    def within(self, told: Told) -> bool:
        """Whether it happened in the period."""
        return self.since <= local_date(told.recorded.occurred_at) <= self.until

    def happened(self, kind: type[E]) -> list[tuple[Matter, E, date]]:
        """All events of a kind in the period, in the order they happened; of one minute, that of minutes and numbers.

        Outcomes of one meeting reach their matters within a moment of each other and in any order.
        """
        found = [
            (told.recorded.occurred_at, _place(told, file.matter), file.matter, told.event)
            for file in self.ledger.matters
            for told in file.events
            if isinstance(told.event, kind) and self.within(told)
        ]
        found.sort(key=lambda item: (item[0].replace(second=0, microsecond=0), item[1]))
        return [(matter, event, local_date(at)) for at, _, matter, event in found]

    # --- rates

    def on_time(self) -> Rate:
        """按期办结, extensions counted: of what is closed or past its limit, how much was closed in time."""
        return self._rate(lambda m: m.due, lambda m: m.closed.overdue_workdays if m.closed else 0)

    def on_time_originally(self) -> Rate:
        """The same by the limits as first set."""
        return self._rate(lambda m: m.original_due, lambda m: m.closed.overdue_workdays_original if m.closed else 0)

    def _rate(self, due: Callable[[Matter], date], late: Callable[[Matter], int]) -> Rate:
        part = whole = 0
        for entry in self.entries():
            matter = entry.matter
            if matter.stage is Stage.CLOSED:
                whole += 1
                part += late(matter) == 0
            elif not matter.ended:
                whole += self._passed(matter, due(matter))
        return Rate(part, whole)

    def _passed(self, matter: Matter, due: date) -> bool:
        """The limit passed without 办结申请; while a matter is suspended its clock stands."""
        if matter.stage is Stage.SUSPENDED:
            return False
        moment = matter.closure.at if matter.closure else self.ledger.as_of
        return moment > self.ledger.calendar.closes(due)

    def feedback(self) -> Feedback:
        """Windows answered in time and windows missed, each once."""
        on_time = 0
        missed: list[tuple[Matter, str, bool]] = []
        for file in self.ledger.matters:
            answered: set[str] = set()
            made_up = {t.event.late_for for t in file.events if isinstance(t.event, ev.FeedbackSubmitted)}
            withdrawn = {t.event.window for t in file.events if isinstance(t.event, ev.MissWithdrawn)}
            for told in file.events:
                event = told.event
                if isinstance(event, ev.FeedbackSubmitted) and event.window and event.window not in answered:
                    answered.add(event.window)
                    on_time += self.within(told)
                if isinstance(event, ev.FeedbackMissed) and self.within(told):
                    key = event.window.key
                    if key not in withdrawn:
                        missed.append((file.matter, key, key in made_up))
        return Feedback(on_time, tuple(missed))


def year_of(database: Database, year: int, now: datetime) -> Period:
    """A year, up to today when it has not ended; matters as they stood at its end.

    Raises:
        LogUnreachable: the database is down.
    """
    last = date(year, 12, 31)
    until = min(last, local_date(now))
    ledger = read_ledger(database, min(now, end_of_day(until)))
    return Period(ledger=ledger, since=date(year, 1, 1), until=until, called="全年" if until == last else "今年")


def by_stage(entries: Iterable[Entry]) -> Counter[Stage]:
    """How many stand where."""
    return Counter(e.matter.stage for e in entries)


def by_light(entries: Iterable[Entry], klass: MatterClass | None = None) -> Counter[Light]:
    """How many of what is alive show which light."""
    return Counter(e.lit.light for e in entries if not e.matter.ended and (klass is None or e.matter.klass is klass))
