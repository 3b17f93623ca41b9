"""The figures of a period, each with what it is counted from. A count is the length of the list behind it."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple, TypeVar, cast

from documents.ledger import Ledger, MatterFile, Told, read_known, read_ledger, told_at
from domain import events as ev
from domain.bulletin import Publication
from domain.calendar import end_of_day, local_date
from domain.event import Event
from domain.lights import Lit, light
from domain.matter import Matter
from domain.queries.counted import owed_reports
from domain.terms import Light, MatterClass, Stage
from eventlog.database import Database
from eventlog.reading import Moment

E = TypeVar("E", bound=Event)
_FRIDAY, _WEEK = 4, 7


@dataclass(frozen=True)
class Entry:
    """A matter under supervision in the year, with its light."""

    file: MatterFile
    lit: Lit

    @property
    def matter(self) -> Matter:
        """The matter as it stood at the moment of the figures."""
        return self.file.matter


@dataclass(frozen=True)
class Rate:
    """A share: how many of how many, as a 率 is printed."""

    part: int
    whole: int


class MissedReport(NamedTuple):
    """漏报 of a matter: of which window, whether the report was made up for later, and the day the window closed."""

    matter: Matter
    window: str
    made_up: bool
    on: date


@dataclass(frozen=True)
class ReportingFigures:
    """Reports owed in the period: those that came in time, and the misses that stand."""

    answered: tuple[tuple[Matter, str], ...]
    """Matter and window."""
    missed: tuple[MissedReport, ...]

    @property
    def on_time(self) -> int:
        """按时反馈."""
        return len(self.answered)

    @property
    def owed(self) -> int:
        """应反馈: in time or missed."""
        return self.on_time + len(self.missed)

    @property
    def made_up(self) -> int:
        """已补报."""
        return sum(one.made_up for one in self.missed)


def _place(happening: Told, matter: Matter) -> tuple[int, str, int]:
    """Among what happened in one minute: the point of the minutes, the matter's number, the place in the log."""
    point = happening.event.point if isinstance(happening.event, ev.DecisionRecorded) else None
    return point or 0, matter.number, happening.recorded.position


@dataclass(frozen=True)
class Period:
    """A ledger read for one period. The year of `until` is 今年."""

    ledger: Ledger
    since: date
    until: date
    called: str = "本期"
    """How the text speaks of the period."""
    weeks: tuple[Moment, ...] = ()
    """The ends of its Fridays, when the ledger was asked to look at them."""
    before: "Period | None" = None
    """How things stood at the last issue, or, when there is none, when the period began."""
    first: bool = True
    """No issue came before."""
    decided_in_time: bool = False
    """As what was issued before counted: what has no limit and ended by decision counted as 按期."""

    @cached_property
    def _entries(self) -> tuple[Entry, ...]:
        return tuple(
            Entry(file=f, lit=light(f.matter, self.ledger.rulebook, self.ledger.as_of))
            for f in self.ledger.matters
            if f.matter.closed is None or f.matter.closed.on.year >= self.until.year
        )

    def entries(self) -> tuple[Entry, ...]:
        """今年督办事项: opened this year, or carried over and still alive when it began."""
        return self._entries

    @cached_property
    def _ends(self) -> tuple[datetime, datetime]:
        return end_of_day(self.since - timedelta(days=1)), end_of_day(self.until)

    def within(self, happening: Told) -> bool:
        """Whether it happened after the moment the period begins at and not after its end."""
        return self._in_it(happening.recorded.occurred_at)

    def _in_it(self, instant: datetime) -> bool:
        before, last = self._ends
        return before < instant <= last

    def _moved(self) -> Iterator[tuple[MatterFile, tuple[Told, ...]]]:
        """The matters of which something was recorded since the period began, with that: nothing else fell into it."""
        recent = self.ledger.lives.since(self._ends[0])
        for file in self.ledger.matters:
            if events := recent.get(file.matter.stream):
                yield file, events[: bisect_right(events, file.known, key=told_at)]

    @cached_property
    def newest_decisions(self) -> Mapping[str, Told]:
        """Matter → the newest decision of a meeting on it, of what was recorded since the period began."""
        return {
            file.matter.stream: happening
            for file, events in self._moved()
            for happening in events
            if isinstance(happening.event, ev.DecisionRecorded)
        }

    @cached_property
    def _happened(self) -> Mapping[type[Event], list[tuple[MatterFile, Told]]]:
        """A document asks for some twenty kinds of event: the log is gone through once."""
        happenings: defaultdict[type[Event], list[tuple[MatterFile, Told]]] = defaultdict(list)
        for file, events in self._moved():
            for happening in events:
                if self.within(happening):
                    happenings[type(happening.event)].append((file, happening))
        return happenings

    def happened(self, kind: type[E]) -> list[tuple[Matter, E, date]]:
        """All events of a kind in the period, in the order they happened; of one minute, that of minutes and numbers.

        Outcomes of one meeting reach their matters within a moment of each other and in any order.
        """
        happenings = [
            (
                happening.recorded.occurred_at.replace(second=0, microsecond=0),
                _place(happening, file.matter),
                file.matter,
                happening,
            )
            for file, happening in self._happened.get(kind, ())
        ]
        happenings.sort(key=lambda item: item[:2])
        return [
            (m, cast("E", happening.event), local_date(happening.recorded.occurred_at))
            for _, _, m, happening in happenings
        ]

    # --- rates

    def on_time(self, entries: Iterable[Entry] | None = None) -> Rate:
        """按期办结, extensions counted: of what is closed or past its limit, how much was closed in time.

        Of some of the entries: a unit's rate is counted as the whole is.
        """
        return _rate(self.judged(entries))

    def on_time_originally(self) -> Rate:
        """按时办结率 by the limits as first set."""
        return _rate(self.judged(originally=True))

    def judged(
        self, entries: Iterable[Entry] | None = None, *, originally: bool = False
    ) -> tuple[tuple[Entry, bool], ...]:
        """应办结: what a rate is counted from, each with whether it was ended in time."""
        judged = []
        for entry in self.entries() if entries is None else entries:
            matter = entry.matter
            if matter.period is not None and not self.decided_in_time:
                continue  # 长期、定期: judged by its periods, it has no limit to be ended by
            if matter.stage is Stage.CLOSED:
                judged.append((entry, _late(matter, originally=originally) == 0))
            elif not matter.ended and self._passed(matter, matter.original_due if originally else matter.due):
                judged.append((entry, False))
        return tuple(judged)

    def _passed(self, matter: Matter, due: date) -> bool:
        """The limit passed without 办结申请; while a matter is suspended its clock stands."""
        if matter.stage is Stage.SUSPENDED:
            return False
        moment = matter.closure.at if matter.closure else self.ledger.as_of
        return moment > self.ledger.calendar.closes(due)

    def feedback(self) -> ReportingFigures:
        """Windows answered in time and windows missed, each once."""
        return self._feedback

    @cached_property
    def _feedback(self) -> ReportingFigures:
        matters = {file.matter.stream: file.matter for file in self.ledger.matters}
        place = {stream: n for n, stream in enumerate(matters)}
        counted = (e for e in self.ledger.lives.counted(self._ends[0]) if e.position <= self.ledger.position)
        owed = [one for one in owed_reports(counted) if one.event.stream in place and self._in_it(one.event.at)]
        owed.sort(key=lambda one: place[one.event.stream])
        named = [(matters[one.event.stream], one.event.window or "", one) for one in owed]
        return ReportingFigures(
            answered=tuple((matter, window) for matter, window, one in named if not one.missed),
            missed=tuple(
                MissedReport(matter, window, one.made_up, local_date(one.event.at))
                for matter, window, one in named
                if one.missed
            ),
        )


def _late(matter: Matter, *, originally: bool) -> int:
    """By how many working days it was closed too late."""
    if matter.closed is None:
        return 0
    return matter.closed.overdue_workdays_original if originally else matter.closed.overdue_workdays


def in_time_and_late(entries: Iterable[Entry]) -> tuple[int, int]:
    """Of matters that were closed, how many in time and how many late; what ended by decision had no limit: neither."""
    closed = [e.matter.closed for e in entries if e.matter.stage is Stage.CLOSED and e.matter.period is None]
    late = sum(c is not None and c.overdue_workdays > 0 for c in closed)
    return len(closed) - late, late


def counted_as_before(period: Period) -> Period:
    """The period as what was issued before counted it."""
    before = replace(period.before, decided_in_time=True) if period.before else None
    return replace(period, before=before, decided_in_time=True)


def _rate(judged: tuple[tuple[Entry, bool], ...]) -> Rate:
    return Rate(sum(in_time for _, in_time in judged), len(judged))


def read_figures(
    database: Database, since: date, until: date, *, as_of: datetime, position: int | None = None
) -> Period:
    """The figures of a period and nothing of how it went: neither its weeks nor how things stood before.

    Raises:
        LogUnreachable: the database is down.
    """
    return Period(ledger=read_ledger(database, as_of, position), since=since, until=until)


def read_period(
    database: Database,
    since: date,
    until: date,
    *,
    as_of: datetime,
    position: int | None = None,
    charted: date | None = None,
) -> Period:
    """The figures of a period by weeks, and how things stood at the last 简报 before it, from one fold of the log.

    The weeks are those of the period, or those since another day (`charted`). Every event since the earliest of these
    moments is folded: who prints no weeks asks `read_figures`.

    Raises:
        LogUnreachable: the database is down.
    """
    known = read_known(database, as_of, position)
    weeks = known.moments([min(end_of_day(day), as_of) for day in _fridays(charted or since, until)])
    (began,) = known.moments([end_of_day(since - timedelta(days=1))])
    earlier = [i for i in known.issues(Publication.BRIEFING) if i.until < until]
    last = max(earlier, key=lambda i: (i.until, i.position), default=None)
    then = Moment(last.position, last.as_of) if last else began
    ledger = known.ledger([*weeks, then])
    before = Period(
        ledger=ledger.at(then),
        since=last.since if last else since,
        until=last.until if last else since,
    )
    return Period(ledger=ledger, since=since, until=until, weeks=weeks, before=before, first=last is None)


def _fridays(since: date, until: date) -> list[date]:
    """Every Friday of a period."""
    first = since + timedelta(days=(_FRIDAY - since.weekday()) % _WEEK)
    return [first + timedelta(days=n) for n in range(0, (until - first).days + 1, _WEEK)]


def read_year(database: Database, year: int, now: datetime, *, weekly: bool = True) -> Period:
    """The figures of a year, up to today when it has not ended; matters as they stood at its end.

    Args:
        database: where the log is.
        year: which.
        now: the moment.
        weekly: whether its weeks are told, which `read_figures` leaves out.

    Raises:
        LogUnreachable: the database is down.
    """
    last = date(year, 12, 31)
    until = min(last, local_date(now))
    read = read_period if weekly else read_figures
    period = read(database, date(year, 1, 1), until, as_of=min(now, end_of_day(until)))
    return replace(period, called="全年" if until == last else "今年")


def by_stage(entries: Iterable[Entry]) -> Mapping[Stage, list[Entry]]:
    """The matters at each stage."""
    groups: defaultdict[Stage, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.matter.stage].append(entry)
    return groups


def by_light(entries: Iterable[Entry], klass: MatterClass | None = None) -> Mapping[Light, list[Entry]]:
    """The live matters that show each light."""
    groups: defaultdict[Light, list[Entry]] = defaultdict(list)
    for entry in entries:
        if not entry.matter.ended and (klass is None or entry.matter.klass is klass):
            groups[entry.lit.light].append(entry)
    return groups


def count_by_stage(entries: Iterable[Entry]) -> Counter[Stage]:
    """How many matters stand at which stage."""
    return Counter({stage: len(group) for stage, group in by_stage(entries).items()})


def count_by_light(entries: Iterable[Entry], klass: MatterClass | None = None) -> Counter[Light]:
    """How many live matters show which light."""
    return Counter({light: len(group) for light, group in by_light(entries, klass).items()})


def working(entries: Iterable[Entry]) -> list[Entry]:
    """在办: neither ended nor suspended."""
    return [e for e in entries if not e.matter.ended and e.matter.stage is not Stage.SUSPENDED]


def newest_decision(period: Period, entry: Entry) -> Told | None:
    """The newest decision of a meeting on a matter, when it falls into the period."""
    newest = period.newest_decisions.get(entry.matter.stream)
    return newest if newest and period.within(newest) else None
