"""Which matters are in the archives, and putting one there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from domain.archive import (
    ArchivedMatter,
    Retention,
    archive_matter,
    hold_archive,
    release_archive,
)
from domain.base import Frozen
from domain.calendar import local_date
from domain.envelope import Actor, Recorded
from domain.event import Event
from domain.ids import archive_stream
from domain.terms import ENDED
from eventlog import reading
from eventlog.database import Database
from services.bundle.export import matter_of
from services.office_records import record_decided

_ENDINGS = ("MatterClosed", "MatterCancelled", "MatterMerged")


def archived(database: Database, matter: str) -> ArchivedMatter | None:
    """A matter's place in the archives, by its stream; None when nothing was ever said of it there."""
    loaded = reading.load(database, archive_stream(matter))
    return loaded.state if loaded and isinstance(loaded.state, ArchivedMatter) else None


def all_archived(database: Database) -> tuple[ArchivedMatter, ...]:
    """Everything in the archives, by 档号."""
    states = (s.state for s in reading.states_of(database, "archive"))
    return tuple(sorted((a for a in states if isinstance(a, ArchivedMatter) and a.no), key=lambda a: a.no))


def ended_in(database: Database, year: int) -> tuple[str, ...]:
    """The streams of the matters that ended in a year, by number."""
    rows = sorted((row for row in reading.list_rows(database) if row.stage in ENDED), key=lambda row: row.number)
    return tuple(row.stream for row in rows if ending_day(reading.read_stream(database, row.stream)).year == year)


def ending_day(events: Sequence[Recorded]) -> date:
    """The day a matter last ended; that of its newest event for one that has not."""
    ends = [event for event in events if event.type in _ENDINGS] or [events[-1]]
    return local_date(ends[-1].occurred_at)


def archive(
    database: Database, stream: str, retention: Retention | None, *, actor: Actor, now: datetime
) -> ArchivedMatter:
    """Give an ended matter its 档号, unless it has one as it stands.

    Without a term it keeps the one it has; nobody shortens it by saying nothing.

    Raises:
        Refusal: it has not ended; the actor may not.
        LogError: the log cannot be written.
    """
    events = reading.read_stream(database, stream)
    matter, version = matter_of(events), events[-1].version

    def decide(state: Frozen | None) -> Iterable[Event]:
        known = state if isinstance(state, ArchivedMatter) else None
        return archive_matter(known, stream, matter, version, ending_day(events).year, retention)

    loaded, known = reading.load(database, archive_stream(stream)), archived(database, stream)
    if known is None or decide(known):
        term = retention.value if retention else None
        content = {"matter": stream, "version": version, "retention": term}
        # A term taken back and given again is another command.
        command_id = f"archive:{stream}:{version}:{term}:{loaded.version if loaded else 0}"
        record_decided(
            database,
            archive_stream(stream),
            decide,
            actor=actor,
            command_id=command_id,
            now=now,
            content=content,
        )
        known = archived(database, stream)
    assert known is not None  # noqa: S101  (just recorded)
    return known


def hold(database: Database, stream: str, reason: str, *, actor: Actor, now: datetime, command_id: str) -> None:
    """停止销毁 of a matter, archived or not.

    Raises:
        Refusal: a rule said no.
        LogError: the log cannot be written.
    """

    def decide(state: Frozen | None) -> Iterable[Event]:
        return (hold_archive(state if isinstance(state, ArchivedMatter) else None, reason),)

    _record(database, stream, decide, {"hold": reason}, actor, now, command_id)


def release(database: Database, stream: str, reason: str, *, actor: Actor, now: datetime, command_id: str) -> None:
    """解除停止销毁.

    Raises:
        Refusal: a rule said no.
        LogError: the log cannot be written.
    """

    def decide(state: Frozen | None) -> Iterable[Event]:
        return (release_archive(state if isinstance(state, ArchivedMatter) else None, reason),)

    _record(database, stream, decide, {"release": reason}, actor, now, command_id)


def _record(
    database: Database,
    stream: str,
    decide: Callable[[Frozen | None], Iterable[Event]],
    content: Mapping[str, object],
    actor: Actor,
    now: datetime,
    command_id: str,
) -> None:
    where = archive_stream(stream)
    record_decided(database, where, decide, actor=actor, command_id=command_id, now=now, content=content)
