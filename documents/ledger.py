"""The log as it stood at one position, folded: what every document is computed from.

A position and not a moment names the part of the log, because it is exact: the same position gives the same document.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from domain.bulletin import BulletinSeries, Issue, Publication, bulletin_stream
from domain.calendar import WorkCalendar
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.log import Rulebook
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.office import CALENDAR_STREAM, DIRECTORY_STREAM, POLICY_STREAM, Directory
from domain.policy import Policy
from domain.streams import FOLDS, kind_of
from eventlog import reading
from eventlog.database import Database

OFFICE_UNIT = "office"
_NEWS = bulletin_stream(Publication.NEWS)


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

    def position_at(self, instant: datetime) -> int:
        """Up to where the matters' events had been recorded by an earlier instant."""
        every = (told.recorded for file in self.matters for told in file.events)
        return max((e.position for e in every if e.recorded_at <= instant), default=0)

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

    @property
    def office(self) -> str:
        """The office's full name."""
        unit = self.directory.units.get(OFFICE_UNIT)
        return unit.name if unit else "指挥部办公室"


def read_ledger(database: Database, as_of: datetime, position: int | None = None) -> Ledger:
    """The log up to a position, or, without one, up to the last event known at `as_of`.

    Raises:
        LogUnreachable: the database is down.
        UnknownEventError: the log holds events of a newer build.
    """
    events = list(_everything(database))
    if position is None:
        position = max((e.position for e in events if e.recorded_at <= as_of), default=0)
    streams: defaultdict[str, list[Recorded]] = defaultdict(list)
    for event in events:
        if event.position <= position:
            streams[event.stream].append(event)
    files = [_matter(found) for stream, found in streams.items() if kind_of(stream) == "matter"]
    folded = [_folded(stream, found) for stream, found in streams.items() if kind_of(stream) == "meeting"]
    meetings = [m for m in folded if isinstance(m, Meeting)]
    calendar = cast("WorkCalendar | None", _folded(CALENDAR_STREAM, streams.get(CALENDAR_STREAM, ())))
    policy = cast("Policy | None", _folded(POLICY_STREAM, streams.get(POLICY_STREAM, ())))
    news = cast("BulletinSeries | None", _folded(_NEWS, streams.get(_NEWS, ())))
    directory = cast("Directory | None", _folded(DIRECTORY_STREAM, streams.get(DIRECTORY_STREAM, ())))
    return Ledger(
        position=position,
        as_of=as_of,
        rulebook=Rulebook(calendar=calendar or WorkCalendar(), policy=policy or Policy()),
        directory=directory or Directory(),
        matters=tuple(sorted(files, key=lambda f: f.matter.number)),
        news=news.issues if news else (),
        meetings=tuple(sorted(meetings, key=lambda m: (m.starts, m.number))),
    )


def _everything(database: Database) -> Iterator[Recorded]:
    after = 0
    while events := reading.read_all(database, after):
        yield from events
        after = events[-1].position


def _folded(stream: str, events: Iterable[Recorded]) -> object:
    state = None
    for event in events:
        state = FOLDS[kind_of(stream)].evolve(state, event)
    return state


def matter_then(file: MatterFile, position: int) -> Matter | None:
    """The matter as it stood at an earlier position; None before it was opened."""
    known = [told.recorded for told in file.events if told.recorded.position <= position]
    if len(known) == len(file.events):
        return file.matter
    return cast("Matter | None", _folded(file.matter.stream, known))


def _matter(events: list[Recorded]) -> MatterFile:
    matter = cast("Matter", _folded(events[0].stream, events))
    return MatterFile(matter=matter, events=tuple(Told(recorded=e, event=decode(e)) for e in events))
