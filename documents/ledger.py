"""The log as it stood at one position, folded: what every document is computed from.

A position and not a moment names the part of the log, because it is exact: the same position gives the same document.

Who wants to know how things stood earlier names those moments before the fold: states are immutable, so the one pass
through the log keeps the state each matter had then, and nothing is folded a second time.
"""

import gc
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any, TypeVar, cast

from documents.formats.title_words import names_in
from domain.bulletin import BulletinIssued, BulletinSeries, Issue, Publication
from domain.calendar import WorkCalendar
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.evolve import evolve_told
from domain.ids import OfficeStream, bulletin_stream, kind_of
from domain.incoming.paper import IncomingPaper
from domain.log import Rulebook
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.numbering import number_order
from domain.office import Directory
from domain.onsite.inspection import OnSite
from domain.policy import Policy
from domain.streams import FOLDS
from domain.workplan import WorkPlan
from eventlog import reading
from eventlog.database import Database
from eventlog.reading import Moment

OFFICE_UNIT = "office"
_NEWS = bulletin_stream(Publication.NEWS)
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True)
class Told:
    """An event with its typed content."""

    recorded: Recorded
    event: Event


@dataclass(frozen=True)
class MatterFile:
    """A matter as it stood, and everything that had happened to it."""

    matter: Matter
    events: tuple[Told, ...]
    thens: Mapping[int, Matter] = field(default_factory=dict)
    """Position of a moment looked at → the matter as it stood; none before it was opened."""

    def at(self, position: int) -> "MatterFile | None":
        """The file as it was at one of the moments the ledger was asked to look at; None before it was opened."""
        matter = self.thens.get(position)
        if matter is None:
            return None
        known = bisect_right(self.events, position, key=lambda happening: happening.recorded.position)
        return MatterFile(matter=matter, events=self.events[:known])


@dataclass(frozen=True)
class Ledger:
    """Everything known at `position`; lights are those of `as_of`."""

    position: int
    as_of: datetime
    rulebook: Rulebook
    directory: Directory
    matters: tuple[MatterFile, ...]
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


class KeptLog:
    """What one process has read of a log, with every state on the way, so that nothing is read or folded twice.

    Only for who alone writes the log and nobody can change under him: the simulation of a year, which prints a hundred
    documents out of it. Everybody else reads the log as it is (`keeping_the_log`).
    """

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._position = 0
        self._streams: defaultdict[str, list[Recorded]] = defaultdict(list)
        self._told: defaultdict[str, list[Told]] = defaultdict(list)
        self._states: defaultdict[str, list[Any]] = defaultdict(list)

    def upto(self, database: Database, position: int) -> dict[str, Sequence[Recorded]]:
        """The streams up to a position; only what is new is read."""
        for event in _upto(database, position, self._position):
            self._streams[event.stream].append(event)
        self._position = max(self._position, position)
        cut = {stream: events[: _known(events, position)] for stream, events in self._streams.items()}
        return {stream: events for stream, events in cut.items() if events}

    def told(self, stream: str, known: int) -> tuple[Told, ...]:
        """The first events of a stream with their content."""
        told, events = self._told[stream], self._streams[stream]
        told += [Told(recorded=e, event=decode(e)) for e in events[len(told) : known]]
        return tuple(told[:known])

    def folded(self, stream: str, known: int, looks: Sequence[int]) -> tuple[Any, dict[int, Any]]:
        """The state after the first events of a stream, and those at the positions looked at."""
        states, events = self._states[stream], self._streams[stream]
        evolve = FOLDS[kind_of(stream)].evolve
        told = self.told(stream, known) if kind_of(stream) == "matter" else ()
        for n in range(len(states), known):
            before = states[-1] if states else None
            states.append(_tell(before, told[n]) if told else evolve(before, events[n]))
        at = {look: _known(events, look) for look in looks}
        thens = {look: states[min(n, known) - 1] for look, n in at.items() if n}
        return states[known - 1] if known else None, thens


_KEPT: list[KeptLog] = []


@contextmanager
def keeping_the_log() -> Iterator[None]:
    """Within this, what was read of the log is kept and not read again; see `KeptLog` for who may."""
    _KEPT.append(KeptLog())
    try:
        yield
    finally:
        _KEPT.clear()


def _known(events: Sequence[Recorded], position: int) -> int:
    """How many of a stream's events had been recorded by a position."""
    return bisect_right(events, position, key=_position)


@dataclass(frozen=True)
class RecordedStreams:
    """What had been recorded up to a position, by stream: read once, not folded yet."""

    position: int
    as_of: datetime
    streams: Mapping[str, Sequence[Recorded]]
    kept: KeptLog | None = None

    def moments(self, instants: Sequence[datetime]) -> tuple[Moment, ...]:
        """How much of it had been recorded by each of these instants, which ascend."""
        newest = [0] * (len(instants) + 1)
        for events in self.streams.values():
            for event in events:
                slot = bisect_left(instants, event.recorded_at)
                newest[slot] = max(newest[slot], event.position)
        return tuple(map(Moment, accumulate(newest, max), instants))

    def issues(self, publication: Publication) -> tuple[BulletinIssued, ...]:
        """What had been issued of a publication, the oldest first."""
        events = map(decode, self.streams.get(bulletin_stream(publication), ()))
        return tuple(event for event in events if isinstance(event, BulletinIssued))

    def ledger(self, looks: Iterable[Moment] = ()) -> Ledger:
        """Everything folded, with the states at these earlier moments kept on the way.

        Raises:
            UnknownEventError: the log holds events of a newer build.
        """
        at = sorted({look.position for look in looks})
        with _nothing_thrown_away():
            return self._ledger(at)

    def _ledger(self, at: Sequence[int]) -> Ledger:
        files = [self._file(stream, at) for stream in self.streams if kind_of(stream) == "matter"]
        folded = [self._folded(stream, at) for stream in self.streams if kind_of(stream) == "meeting"]
        plans = [cast("WorkPlan", self._state(stream)) for stream in self.streams if kind_of(stream) == "plan"]
        onsite = [cast("OnSite", self._state(stream)) for stream in self.streams if kind_of(stream) == "onsite"]
        incoming = [cast("IncomingPaper", self._state(s)) for s in self.streams if kind_of(s) == "incoming"]
        news = cast("BulletinSeries | None", self._state(_NEWS))
        directory = cast("Directory | None", self._state(self._of_kind(OfficeStream.DIRECTORY)))
        rulebook, rulebooks = self._rulebooks(at)
        return Ledger(
            position=self.position,
            as_of=self.as_of,
            rulebook=rulebook,
            directory=directory or Directory(),
            matters=tuple(sorted(files, key=lambda f: number_order(f.matter.number))),
            meetings=_earliest_first(meeting for meeting, _ in folded),
            news=news.issues if news else (),
            plans=tuple(sorted(plans, key=lambda p: p.plan)),
            inspections=tuple(sorted(onsite, key=lambda i: number_order(i.number))),
            incoming=tuple(sorted(incoming, key=lambda p: (p.registered_on, p.version, p.number))),
            rulebooks=rulebooks,
            convened={look: _earliest_first(thens.get(look) for _, thens in folded) for look in at},
        )

    def _of_kind(self, kind: OfficeStream) -> str:
        """The one stream of this kind, whichever headquarters' log it is; one without events when there is none."""
        return next((stream for stream in self.streams if kind_of(stream) == kind.value), f"{kind.value}/")

    def _state(self, stream: str) -> object:
        return self._folded(stream, ())[0]

    def _file(self, stream: str, looks: Sequence[int]) -> MatterFile:
        if self.kept is None:
            return _matter(self.streams[stream], looks)
        known = len(self.streams[stream])
        matter, thens = self.kept.folded(stream, known, looks)
        return MatterFile(matter=matter, events=self.kept.told(stream, known), thens=thens)

    def _folded(self, stream: str, looks: Sequence[int]) -> tuple[Any, dict[int, Any]]:
        if self.kept is not None:
            return self.kept.folded(stream, len(self.streams.get(stream, ())), looks)
        return _fold(self.streams.get(stream, ()), FOLDS[kind_of(stream)].evolve, _position, looks)

    def _rulebooks(self, looks: Sequence[int]) -> tuple[Rulebook, dict[int, Rulebook]]:
        calendar, calendars = self._folded(self._of_kind(OfficeStream.CALENDAR), looks)
        policy, policies = self._folded(self._of_kind(OfficeStream.POLICY), looks)

        def both(one: WorkCalendar | None, other: Policy | None) -> Rulebook:
            return Rulebook(calendar=one or WorkCalendar(), policy=other or Policy())

        return both(calendar, policy), {at: both(calendars.get(at), policies.get(at)) for at in looks}


def read_ledger(database: Database, as_of: datetime, position: int | None = None) -> Ledger:
    """The ledger: the log folded up to a position, or, without one, up to the last event known at `as_of`.

    Raises:
        LogUnreachable: the database is down.
        UnknownEventError: the log holds events of a newer build.
    """
    return read_known(database, as_of, position).ledger()


def read_known(database: Database, as_of: datetime, position: int | None = None, *, later: int = 0) -> RecordedStreams:
    """The log as `read_ledger` reads it, for who has to look into it before it is folded.

    What was recorded after the position, up to `later`, belongs to it where it had happened by `as_of`.

    Raises:
        LogUnreachable: the database is down.
    """
    if position is None:
        position = reading.position_at(database, as_of)
    if _KEPT:
        return RecordedStreams(position, as_of, _KEPT[0].upto(database, position), _KEPT[0])
    streams: defaultdict[str, list[Recorded]] = defaultdict(list)
    with _nothing_thrown_away():
        for event in _upto(database, position):
            streams[event.stream].append(event)
    for event in reading.late_events(database, Moment(position, as_of, later)) if later else ():
        streams[event.stream].append(event)
        position = event.position
    return RecordedStreams(position=position, as_of=as_of, streams=streams)


@contextmanager
def _nothing_thrown_away() -> Iterator[None]:
    """Whatever is read is kept, so the collector would look through all of it, again and again, a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _upto(database: Database, position: int, after: int = 0) -> Iterator[Recorded]:
    """Positions have no gaps, so what is asked for is what comes."""
    while after < position and (events := reading.read_all(database, after, min(reading.PAGE, position - after))):
        yield from events
        after = events[-1].position


def _fold(
    events: Iterable[E], evolve: Callable[[S | None, E], S], position: Callable[[E], int], looks: Sequence[int]
) -> tuple[S | None, dict[int, S]]:
    """The state in the end, and those at the positions looked at, which ascend."""
    state: S | None = None
    thens: dict[int, S] = {}
    ahead = list(reversed(looks))
    for event in events:
        while ahead and ahead[-1] < position(event):
            _keep(thens, ahead.pop(), state)
        state = evolve(state, event)
    for look in ahead:
        _keep(thens, look, state)
    return state, thens


def _keep(thens: dict[int, S], look: int, state: S | None) -> None:
    if state is not None:
        thens[look] = state


def _earliest_first(folded: Iterable[Meeting | None]) -> tuple[Meeting, ...]:
    """Those there were by then, by the hour they begin."""
    return tuple(sorted((m for m in folded if m is not None), key=lambda m: (m.starts, m.number)))


def _position(recorded: Recorded) -> int:
    return recorded.position


def _told_at(happening: Told) -> int:
    return happening.recorded.position


def _tell(matter: Matter | None, happening: Told) -> Matter:
    return evolve_told(matter, happening.event, happening.recorded)


def _matter(events: Sequence[Recorded], looks: Sequence[int]) -> MatterFile:
    happenings = tuple(Told(recorded=e, event=decode(e)) for e in events)
    matter, thens = _fold(happenings, _tell, _told_at, looks)
    return MatterFile(matter=cast("Matter", matter), events=happenings, thens=thens)
