"""The log as it stood at one position, folded: what every document is computed from.

A position and not a moment names the part of the log, because it is exact: the same position gives the same document.

Who wants to know how things stood earlier names those moments before the fold: states are immutable, so one pass from
the earliest of them on keeps the state each matter had then. The states come from snapshots, and events are read where
a document asks for them: what it costs does not grow with the log before the period it is of.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar, cast

from documents.formats.title_words import names_in
from domain.base import Frozen
from domain.bulletin import BulletinIssued, BulletinSeries, Issue, Publication
from domain.calendar import WorkCalendar
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.events import FeedbackSubmitted
from domain.ids import OfficeStream, bulletin_stream
from domain.incoming.paper import IncomingPaper
from domain.log import Rulebook
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.numbering import number_order
from domain.office import Directory
from domain.onsite.inspection import OnSite
from domain.queries.counted import CountedEvent
from domain.workplan import WorkPlan
from eventlog import reading
from eventlog.database import Database
from eventlog.reading import Moment, StatesOver
from eventlog.reading.counted import counted_events
from eventlog.rows import StoredEvent
from sheets.budget import nothing_thrown_away

OFFICE_UNIT = "office"
_NEWS = bulletin_stream(Publication.NEWS)
MATTER = "matter"
_KINDS = (
    MATTER,
    "meeting",
    "plan",
    "onsite",
    "incoming",
    "bulletin",
    *(kind.value for kind in (OfficeStream.DIRECTORY, OfficeStream.CALENDAR, OfficeStream.POLICY)),
)
S = TypeVar("S")


@dataclass(frozen=True)
class Told:
    """An event with its typed content."""

    recorded: Recorded
    event: Event


class Lives:
    """What happened to the matters of a part of the log, read when it is asked for."""

    def __init__(self, database: Database, until: Moment, *, from_events: bool = False) -> None:
        """Nothing is read yet.

        Args:
            database: where the log is.
            until: the part of it.
            from_events: whether the events alone are believed.
        """
        self._database = database
        self._until = until
        self._from_events = from_events
        self._counted: dict[int, tuple[CountedEvent, ...]] = {}
        self._known: dict[str, tuple[Told, ...]] = {}
        self._after: dict[int, Mapping[str, tuple[Told, ...]]] = {}
        self._reports: dict[int, Mapping[str, list[StoredEvent]]] = {}

    def of(self, stream: str) -> tuple[Told, ...]:
        """All that happened to a matter."""
        if stream not in self._known:
            self.read([stream])
        return self._known[stream]

    def read(self, streams: Iterable[str]) -> None:
        """Read of these matters at once what is not read yet."""
        for events in self._after.values():  # what began behind a position that was asked for is known from there
            self._known |= {s: happened for s, happened in events.items() if happened[0].recorded.version == 1}
        missing = sorted({stream for stream in streams if stream not in self._known})
        with nothing_thrown_away():
            read = reading.read_streams(self._database, missing, self._until) if missing else {}
            self._known |= {stream: _told(read.get(stream, ())) for stream in missing}

    def after(self, position: int) -> Mapping[str, tuple[Told, ...]]:
        """What was recorded after a position, by stream."""
        if position not in self._after:
            earlier = [known for known in self._after if known < position]
            if earlier:
                self._after[position] = _behind(self._after[max(earlier)], position)
            else:
                with nothing_thrown_away():
                    read = reading.streams_after(self._database, MATTER, position, self._until)
                    self._after[position] = {stream: _told(events) for stream, events in read.items()}
        return self._after[position]

    def reports_after(self, position: int) -> Mapping[str, list[StoredEvent]]:
        """反馈 recorded after a position, by stream: of thousands each is counted, and the last one is read."""
        if position not in self._reports:
            with nothing_thrown_away():
                self._reports[position] = reading.typed_after(
                    self._database, MATTER, FeedbackSubmitted.__name__, position, self._until
                )
        return self._reports[position]

    def counted(self, instant: datetime) -> tuple[CountedEvent, ...]:
        """What counts of all that happened after an instant, and all that was recorded before of the same windows."""
        position = reading.position_at(self._database, instant - CLOCKS_DIFFER)
        if position not in self._counted:
            self._counted[position] = counted_events(
                self._database, position, self._until, from_events=self._from_events
            )
        return self._counted[position]

    def since(self, instant: datetime) -> Mapping[str, tuple[Told, ...]]:
        """All that happened after an instant, and somewhat more, by stream: nothing is recorded before it happened."""
        return self.after(reading.position_at(self._database, instant - CLOCKS_DIFFER))


CLOCKS_DIFFER = timedelta(days=1)
"""By how much the clock of an earlier build may have gone back along its log."""


def _behind(by_stream: Mapping[str, tuple[Told, ...]], position: int) -> dict[str, tuple[Told, ...]]:
    cut = {stream: happened[bisect_right(happened, position, key=told_at) :] for stream, happened in by_stream.items()}
    return {stream: happened for stream, happened in cut.items() if happened}


def _told(events: Iterable[Recorded]) -> tuple[Told, ...]:
    return tuple(Told(recorded=e, event=decode(e)) for e in events)


@dataclass(frozen=True)
class MatterFile:
    """A matter as it stood, and everything that had happened to it."""

    matter: Matter
    lives: Lives
    known: int
    """The position up to which it is told."""
    thens: Mapping[int, Matter] = field(default_factory=dict)
    """Position of a moment looked at → the matter as it stood; none before it was opened."""

    @property
    def events(self) -> tuple[Told, ...]:
        """All that happened to it."""
        events = self.lives.of(self.matter.stream)
        return events[: bisect_right(events, self.known, key=told_at)]

    def after(self, position: int) -> tuple[Told, ...]:
        """What was recorded of it after a position."""
        events = self.lives.after(position).get(self.matter.stream, ())
        return events[: bisect_right(events, self.known, key=told_at)]

    def reports_after(self, position: int) -> Sequence[StoredEvent]:
        """The 反馈 recorded of it after a position, not decoded."""
        events = self.lives.reports_after(position).get(self.matter.stream, [])
        return events[: bisect_right(events, self.known, key=lambda event: event.position)]

    def at(self, position: int) -> "MatterFile | None":
        """The file as it was at one of the moments the ledger was asked to look at; None before it was opened."""
        matter = self.thens.get(position)
        return None if matter is None else MatterFile(matter, self.lives, position)


@dataclass(frozen=True)
class Ledger:
    """Everything known at `position`; lights are those of `as_of`."""

    position: int
    as_of: datetime
    rulebook: Rulebook
    directory: Directory
    matters: tuple[MatterFile, ...]
    lives: Lives
    meetings: tuple[Meeting, ...] = ()
    news: tuple[Issue, ...] = ()
    """工作动态 issued by then."""
    plans: tuple[WorkPlan, ...] = ()
    """Work plans in their newest version of then, by name."""
    inspections: tuple[OnSite, ...] = ()
    """On-site inspections as they stood then, by number."""
    incoming: tuple[IncomingPaper, ...] = ()
    """Incoming papers as they stood then, by 收文号."""
    rulebooks: Mapping[int, Rulebook] = field(default_factory=dict)
    """Position of a moment looked at → calendar and policy as known then."""
    convened: Mapping[int, tuple[Meeting, ...]] = field(default_factory=dict)
    """Position of a moment looked at → the meetings as they stood then."""

    def at(self, moment: Moment) -> "Ledger":
        """Matters and meetings as they stood at one of the moments that were asked for, in today's names."""
        files = (file.at(moment.position) for file in self.matters)
        return Ledger(
            position=moment.position,
            as_of=moment.as_of,
            rulebook=self.rulebooks[moment.position],
            directory=self.directory,
            matters=tuple(file for file in files if file is not None),
            lives=self.lives,
            meetings=self.convened[moment.position],
        )

    @property
    def calendar(self) -> WorkCalendar:
        """The working calendar as known then."""
        return self.rulebook.calendar

    def unit(self, unit_id: str | None) -> str:
        """A unit's full name, as a paper says it; its id when the directory does not know it."""
        if unit_id is None:
            return "待明确"
        unit = self.directory.units.get(unit_id)
        return unit.name if unit else unit_id

    def person(self, person_id: str) -> str:
        """A person's name; the id when the directory does not know it."""
        person = self.directory.people.get(person_id)
        return person.name if person else person_id

    def named(self, key: str) -> str:
        """The name of a unit or a person."""
        return self.unit(key) if key in self.directory.units else self.person(key)

    def names_in(self, title: str, *, of: Matter | None = None) -> tuple[str, ...]:
        """The names of the log in a paper's title: units, and what more than one matter is called by."""
        others = (f.matter.title for f in self.matters if of is None or f.matter.stream != of.stream)
        units = (unit.name for unit in self.directory.units.values())
        return names_in(title, "\n".join((*others, *units, *(m.series_name for m in self.meetings))))

    @property
    def office(self) -> str:
        """The office's full name."""
        unit = self.directory.units.get(OFFICE_UNIT)
        return unit.name if unit else "指挥部办公室"


@dataclass(frozen=True)
class RecordedLog:
    """What had been recorded up to a moment, not folded yet."""

    database: Database
    until: Moment

    def moments(self, instants: Sequence[datetime]) -> tuple[Moment, ...]:
        """How much of it had been recorded by each of these instants."""
        known = self.until.position
        return tuple(Moment(min(reading.position_at(self.database, at), known), at) for at in instants)

    def issues(self, publication: Publication) -> tuple[BulletinIssued, ...]:
        """What had been issued of a publication, the oldest first."""
        events = reading.read_stream(self.database, bulletin_stream(publication), moment=self.until)
        return tuple(event for event in map(decode, events) if isinstance(event, BulletinIssued))

    def ledger(self, looks: Iterable[Moment] = ()) -> Ledger:
        """Everything folded, with the states at these earlier moments kept on the way.

        Raises:
            UnknownEventError: the log holds events of a newer build.
        """
        at = sorted({look.position for look in looks})
        with nothing_thrown_away():
            read = reading.states_over(self.database, _KINDS, at, self.until, from_events=_FROM_EVENTS.get())
        of_kind: defaultdict[str, list[StatesOver]] = defaultdict(list)
        for one in read:
            of_kind[one.kind].append(one)
        lives = Lives(self.database, self.until, from_events=_FROM_EVENTS.get())
        position = max(self.until.position, self.until.later)
        files = [
            MatterFile(cast("Matter", m.state), lives, position, cast("Mapping[int, Matter]", m.thens))
            for m in of_kind[MATTER]
        ]
        news = [cast("BulletinSeries", one.state) for one in of_kind["bulletin"] if one.stream == _NEWS]
        directory = [cast("Directory", one.state) for one in of_kind[OfficeStream.DIRECTORY]]
        rulebook, rulebooks = _rulebooks(of_kind, at)
        return Ledger(
            position=position,
            as_of=self.until.as_of,
            rulebook=rulebook,
            directory=directory[0] if directory else Directory(),
            matters=tuple(sorted(files, key=lambda f: number_order(f.matter.number))),
            lives=lives,
            meetings=_earliest_first(one.state for one in of_kind["meeting"]),
            news=news[0].issues if news else (),
            plans=tuple(sorted(_states(of_kind["plan"], WorkPlan), key=lambda p: p.plan)),
            inspections=tuple(sorted(_states(of_kind["onsite"], OnSite), key=lambda i: number_order(i.number))),
            incoming=tuple(sorted(_states(of_kind["incoming"], IncomingPaper), key=_registered)),
            rulebooks=rulebooks,
            convened={look: _earliest_first(one.thens.get(look) for one in of_kind["meeting"]) for look in at},
        )


def _registered(paper: IncomingPaper) -> tuple[date, int, str]:
    return paper.registered_on, paper.version, paper.number


def _states(read: Iterable[StatesOver], kind: type[S]) -> list[S]:
    return [one.state for one in read if isinstance(one.state, kind)]


def _rulebooks(read: Mapping[str, Sequence[StatesOver]], looks: Sequence[int]) -> tuple[Rulebook, dict[int, Rulebook]]:
    calendars, policies = read[OfficeStream.CALENDAR], read[OfficeStream.POLICY]

    def both(one: Frozen | None, other: Frozen | None) -> Rulebook:
        return reading.rulebook_of(one, other)

    now = both(calendars[0].state if calendars else None, policies[0].state if policies else None)
    return now, {
        at: both(calendars[0].thens.get(at) if calendars else None, policies[0].thens.get(at) if policies else None)
        for at in looks
    }


@contextmanager
def from_events_alone() -> Iterator[None]:
    """Within this no snapshot is believed: for who holds what was printed to the events."""
    before = _FROM_EVENTS.set(True)
    try:
        yield
    finally:
        _FROM_EVENTS.reset(before)


_FROM_EVENTS: ContextVar[bool] = ContextVar("from_events", default=False)


def read_ledger(database: Database, as_of: datetime, position: int | None = None) -> Ledger:
    """The ledger: the log folded up to a position, or, without one, up to the last event known at `as_of`.

    Raises:
        LogUnreachable: the database is down.
        UnknownEventError: the log holds events of a newer build.
    """
    return read_known(database, as_of, position).ledger()


def read_known(database: Database, as_of: datetime, position: int | None = None, *, later: int = 0) -> RecordedLog:
    """The log as `read_ledger` reads it, for who has to look into it before it is folded.

    What was recorded after the position, up to `later`, belongs to it where it had happened by `as_of`.

    Raises:
        LogUnreachable: the database is down.
    """
    if position is None:
        position = reading.position_at(database, as_of)
    return RecordedLog(database, Moment(position, as_of, later))


def _earliest_first(folded: Iterable[Frozen | None]) -> tuple[Meeting, ...]:
    """Those there were by then, by the hour they begin."""
    return tuple(sorted((m for m in folded if isinstance(m, Meeting)), key=lambda m: (m.starts, m.number)))


def told_at(happening: Told) -> int:
    """Where it stands in the log."""
    return happening.recorded.position
