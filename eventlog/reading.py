"""Reading the log and its read model. Imports neither Temporal nor SQLAlchemy: a read starts in a third of a second."""

# ruff: noqa: S608  (SQL is put together from constants here, values are parameters)

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple, cast

from domain.base import Frozen
from domain.bounds import visible
from domain.calendar import WorkCalendar, local_date
from domain.envelope import Recorded, from_micros, micros
from domain.ids import kind_of
from domain.log import Rulebook, Witnessed
from domain.meetings.series import SERIES_STREAM, SeriesBook
from domain.meetings.terms import MeetingStage
from domain.office import CALENDAR_STREAM, POLICY_STREAM, RULEBOOK_STREAMS, Person, Unit
from domain.policy import Policy
from domain.terms import Stage
from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.readmodel import fold, parse_state
from eventlog.rows import EVENT_COLUMNS, recorded

PAGE = 1000
_FOREVER = 2**62
_LAST_VERSION = 2**31 - 1
_STATES = "SELECT stream, kind, version, hash, position, state FROM states"
_MATTERS = "SELECT stream, number, title, stage, lead, due, version FROM matters"
_MEETINGS = "SELECT stream, number, series, title, stage, starts, ordinal, version FROM meetings"
_UNITS = "SELECT id, name, level, supervision, parent, aliases FROM units"
_PEOPLE = "SELECT id, name, unit, role, phone, email, secretary, left_at FROM people"


class Head(Frozen):
    """Where a stream stands; version 0 and an empty hash when it has no event."""

    stream: str
    version: int = 0
    hash: str = ""


class StreamState(Frozen):
    """The state of a stream as its fold gives it, and the version, hash and position it stands on."""

    stream: str
    kind: str
    version: int
    hash: str
    position: int
    state: Frozen


class ListedMatter(Frozen):
    """What a matter is found and listed by."""

    stream: str
    number: str
    title: str
    stage: Stage
    lead: str | None
    due: date | None
    version: int


class ListedMeeting(Frozen):
    """What a meeting is found and listed by."""

    stream: str
    number: str
    series: str
    title: str
    stage: MeetingStage
    starts: datetime
    ordinal: int | None
    version: int


class PersonOnRecord(Person):
    """A person of the directory, also one who left."""

    left_at: datetime | None = None


# --- the log ----------------------------------------------------------------------------------------------------------


def read_stream(
    database: Database,
    stream: str,
    after: int = 0,
    upto_version: int | None = None,
    position: int | None = None,
) -> tuple[Recorded, ...]:
    """The events of a stream in order, after a version, up to a version or up to a position of the log."""
    with database.reading() as transaction:
        return stream_events(transaction, stream, after=after, upto_version=upto_version, position=position)


def stream_events(
    transaction: Transaction,
    stream: str,
    *,
    after: int = 0,
    upto_version: int | None = None,
    position: int | None = None,
) -> tuple[Recorded, ...]:
    """`read_stream` within a transaction."""
    upto = _LAST_VERSION if upto_version is None else upto_version
    rows = transaction.all(
        f"SELECT {EVENT_COLUMNS} FROM events WHERE stream = ? AND version > ? AND version <= ? AND position <= ? "
        "ORDER BY version",
        (stream, after, upto, _FOREVER if position is None else position),
    )
    return tuple(map(recorded, rows))


def events_at(database: Database, positions: Iterable[int]) -> dict[int, Recorded]:
    """The events at these positions."""
    with database.reading() as transaction:
        rows = [transaction.one(f"SELECT {EVENT_COLUMNS} FROM events WHERE position = ?", (p,)) for p in positions]
    return {event.position: event for event in (recorded(row) for row in rows if row)}


def read_all(database: Database, after: int = 0, limit: int = PAGE) -> tuple[Recorded, ...]:
    """The next events of the whole log after a position. Positions appear in order: none is ever filled in later."""
    with database.reading() as transaction:
        return tuple(map(recorded, page(transaction, after, limit)))


class Moment(NamedTuple):
    """A part of the log, and the instant it is looked at from."""

    position: int
    as_of: datetime


def position_at(database: Database, instant: datetime) -> int:
    """Up to where the log had been recorded by an instant: the largest such position; 0 before its first event.

    What is asked of a moment is asked of this position, by every reader, so that their answers agree. Recording times
    do not go back along the log; in a log written before that held, what stands earlier in it was known earlier,
    whatever time a clock that was off gave it.
    """
    sql = "SELECT position FROM events WHERE recorded_at <= ? ORDER BY position DESC LIMIT 1"
    with database.reading() as transaction:
        row = transaction.one(sql, (micros(instant),))
    return int(row[0]) if row else 0


def clocks(database: Database) -> tuple[datetime | None, datetime | None]:
    """When the newest event was recorded, and the time of the database's own clock, when it has one."""
    newest = "SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1"
    with database.reading() as transaction:
        row = transaction.one(f"SELECT ({newest}), {database.backend.clock_sql}")
    last, own = row if row else (None, None)
    return (None if last is None else from_micros(last)), (None if own is None else from_micros(own))


def moment_at(database: Database, instant: datetime) -> Moment:
    """The instant with the part of the log known by then."""
    return Moment(position_at(database, instant), instant)


def page(transaction: Transaction, after: int, limit: int) -> list[Row]:
    """Rows of the whole log after a position."""
    sql = f"SELECT {EVENT_COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?"
    return transaction.all(sql, (after, limit))


def head(database: Database, stream: str) -> Head:
    """Where the stream stands."""
    sql = "SELECT version, hash FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1"
    with database.reading() as transaction:
        row = transaction.one(sql, (stream,))
    return Head(stream=stream, version=row[0], hash=row[1]) if row else Head(stream=stream)


def newest(database: Database) -> tuple[int, str]:
    """Position and hash of the newest event; 0 and empty when there is none."""
    with database.reading() as transaction:
        row = transaction.one("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1")
    return (row[0], row[1]) if row else (0, "")


def hash_at(database: Database, position: int) -> str:
    """The hash of the event at a position; empty when there is none."""
    with database.reading() as transaction:
        row = transaction.one("SELECT hash FROM events WHERE position = ?", (position,))
    return str(row[0]) if row else ""


def witnessed(database: Database) -> Witnessed | None:
    """How far the log reaches and which numbers were given from it; None when it is empty."""
    with database.reading(snapshot=True) as transaction:
        first = transaction.one("SELECT hash FROM events WHERE position = 1")
        last = transaction.one("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1")
        numbers: dict[str, int] = dict(transaction.all("SELECT series, last FROM numbers"))
    if first is None or last is None:
        return None
    return Witnessed(log=first[0], position=last[0], hash=last[1], numbers=numbers)


def rulebook_version(database: Database) -> int:
    """The version of the rulebook in force, without the rulebook."""
    with database.reading() as transaction:
        row = transaction.one("SELECT max(position) FROM states WHERE stream IN (?, ?)", RULEBOOK_STREAMS)
    return int(row[0] or 0) if row else 0


def find_command(database: Database, command_id: str) -> tuple[Recorded, ...] | None:
    """The events a command gave; None when it is not in the log."""
    with database.reading() as transaction:
        return command_events(transaction, command_id) or None


def command_events(transaction: Transaction, command_id: str) -> tuple[Recorded, ...]:
    """The events a command gave; none when it is not in the log."""
    rows = transaction.all(
        f"SELECT {', '.join(f'e.{c}' for c in EVENT_COLUMNS.split(', '))} FROM commands c "
        "JOIN events e ON e.stream = c.stream AND e.version BETWEEN c.first AND c.last "
        "WHERE c.command_id = ? ORDER BY e.version",
        (command_id,),
    )
    return tuple(map(recorded, rows))


def identity(database: Database) -> str:
    """What no other log has and this one never loses: the hash of its first event; empty while it has none."""
    with database.reading() as transaction:
        row = transaction.one("SELECT hash FROM events WHERE position = 1")
    return str(row[0]) if row else ""


# --- states -----------------------------------------------------------------------------------------------------------


def load(database: Database, stream: str) -> StreamState | None:
    """The current state of a stream; None when it has no event."""
    with database.reading() as transaction:
        row = transaction.one(f"{_STATES} WHERE stream = ?", (stream,))
    return _state(row) if row else None


def matter_states(database: Database, *, position: int | None = None) -> tuple[StreamState, ...]:
    """Every matter's state, now or at a position of the log."""
    return states_of(database, "matter", position=position)


def states_of(database: Database, kind: str, *, position: int | None = None) -> tuple[StreamState, ...]:
    """The states of all streams of a kind, now or at a position of the log."""
    if position is not None:
        return tuple(_states_at(database, kind, position))
    with database.reading() as transaction:
        rows = transaction.all(f"{_STATES} WHERE kind = ?", (kind,))
    return tuple(_state(row) for row in sorted(rows, key=lambda row: row[0]))


def family_streams(database: Database, stream: str) -> tuple[str, ...]:
    """The streams of a matter and of all its parts, theirs too; a part stays where it was opened."""
    with database.reading() as transaction:
        rows = transaction.all(
            "WITH RECURSIVE family (stream) AS (SELECT stream FROM matters WHERE stream = ? "
            "UNION SELECT m.stream FROM matters m JOIN family f ON m.parent = f.stream) SELECT stream FROM family",
            (stream,),
        )
    return tuple(sorted(row[0] for row in rows))


def states_since(database: Database, kind: str, position: int) -> tuple[StreamState, ...]:
    """The states of the streams of a kind that an event after `position` moved."""
    with database.reading() as transaction:
        rows = transaction.all(f"{_STATES} WHERE kind = ? AND position > ?", (kind, position))
    return tuple(_state(row) for row in sorted(rows, key=lambda row: row[0]))


def _states_at(database: Database, kind: str, position: int) -> Iterator[StreamState]:
    with database.reading(snapshot=True) as transaction:
        rows = transaction.all(
            f"SELECT {EVENT_COLUMNS} FROM events WHERE stream IN (SELECT stream FROM states WHERE kind = ?) "
            "AND position <= ? ORDER BY stream, version",
            (kind, position),
        )
    events = sorted(map(recorded, rows), key=lambda event: event.stream)
    for stream, group in groupby(events, key=lambda event: event.stream):
        yield folded(stream, list(group))


def folded(stream: str, events: list[Recorded]) -> StreamState:
    """The state after all events of a stream, from its first on."""
    last = events[-1]
    return StreamState(
        stream=stream,
        kind=kind_of(stream),
        version=last.version,
        hash=last.hash,
        position=last.position,
        state=fold(stream, None, events),
    )


def open_streams(database: Database, kind: str) -> tuple[Head, ...]:
    """Heads of the streams of a kind that still live: a closed or cancelled matter does not, unless objected to."""
    with database.reading() as transaction:
        rows = transaction.all(
            "SELECT stream, version, hash FROM states WHERE kind = ? AND ended = 0",
            (kind,),
        )
    return tuple(Head(stream=s, version=v, hash=h) for s, v, h in sorted(rows))


# --- rulebook ---------------------------------------------------------------------------------------------------------


def rulebook(database: Database, position: int | None = None) -> Rulebook:
    """The calendar and policy in force, now or at a position of the log."""
    if position is None:
        with database.reading() as transaction:
            return rulebook_in(transaction)
    with database.reading(snapshot=True) as transaction:
        found = {stream: stream_events(transaction, stream, position=position) for stream in RULEBOOK_STREAMS}
    states = {stream: folded(stream, list(events)) for stream, events in found.items() if events}
    return _rulebook(states)


def rulebook_in(transaction: Transaction) -> Rulebook:
    """`rulebook` within a transaction."""
    rows = transaction.all(f"{_STATES} WHERE stream IN (?, ?)", RULEBOOK_STREAMS)
    return _rulebook({row[0]: _state(row) for row in rows})


def _rulebook(states: dict[str, StreamState]) -> Rulebook:
    calendar, policy = states.get(CALENDAR_STREAM), states.get(POLICY_STREAM)
    newest = max(states.values(), key=lambda s: s.position, default=None)
    match newest.state if newest else None:
        case WorkCalendar(changed=said):
            because = said
        case Policy(version=version):
            because = f"采用督办规则“{version}”"
        case _:
            because = ""
    return Rulebook(
        version=newest.position if newest else 0,
        calendar=cast("WorkCalendar", calendar.state) if calendar else WorkCalendar(),
        policy=cast("Policy", policy.state) if policy else Policy(),
        because=because,
    )


# --- finding ----------------------------------------------------------------------------------------------------------


def find_matters(database: Database, words: str) -> tuple[ListedMatter, ...]:
    """The matters meant by a number (`XMH-2022-007`), its tail (`7`), a stream, or words of the title.

    The first of these that fits anything decides; several matters come back when the words fit several.
    """
    with database.reading() as transaction:
        matters = sorted(map(_matter, transaction.all(_MATTERS)), key=lambda m: m.number)
    wanted = _plain(words)
    exact = tuple(m for m in matters if wanted in (_plain(m.number), _plain(m.stream)))
    if exact or not wanted:
        return exact
    if wanted.isdecimal():
        tail = tuple(m for m in matters if _tail(m.number) == int(wanted))
        if tail:
            return tail
    return tuple(m for m in matters if all(word in _plain(m.title) for word in wanted.split()))


def _plain(text: str) -> str:
    """Full width, case, blanks and characters nobody sees do not matter."""
    return unicodedata.normalize("NFKC", visible(text)).casefold().strip()


def _tail(number: str) -> int | None:
    found = re.search(r"(\d+)\D*$", number)
    return int(found[1]) if found else None


def meetings(database: Database, year: int | None = None) -> tuple[ListedMeeting, ...]:
    """All meetings, or those of a year, in the order they begin."""
    with database.reading() as transaction:
        rows = transaction.all(f"{_MEETINGS} ORDER BY starts, number")
    found = (_meeting(row) for row in rows)
    return tuple(m for m in found if year is None or local_date(m.starts).year == year)


def find_meetings(database: Database, words: str) -> tuple[ListedMeeting, ...]:
    """The meetings meant by a number (`HY-2022-031`), its tail (`31`, of the newest such year), or the title."""
    everything = meetings(database)
    wanted = _plain(words)
    exact = tuple(m for m in everything if wanted in (_plain(m.number), _plain(m.stream)))
    if exact or not wanted:
        return exact
    if wanted.isdecimal():
        tails = [m for m in everything if _tail(m.number) == int(wanted)]
        return tuple(tails[-1:])
    return tuple(m for m in everything if all(word in _plain(m.title) for word in wanted.split()))


def series_book(database: Database) -> SeriesBook:
    """The series of meetings."""
    found = load(database, SERIES_STREAM)
    return found.state if found and isinstance(found.state, SeriesBook) else SeriesBook()


# --- directory --------------------------------------------------------------------------------------------------------


def person(database: Database, person_id: str) -> PersonOnRecord | None:
    """A person by id, also one who left; None when never recorded."""
    with database.reading() as transaction:
        row = transaction.one(f"{_PEOPLE} WHERE id = ?", (person_id,))
    return _person(row) if row else None


def people(database: Database, *, former: bool = False) -> tuple[PersonOnRecord, ...]:
    """Everybody in the directory by id; with `former` also those who left."""
    with database.reading() as transaction:
        rows = transaction.all(_PEOPLE)
    return tuple(_person(row) for row in sorted(rows, key=lambda row: row[0]) if former or row[-1] is None)


def unit(database: Database, unit_id: str) -> Unit | None:
    """A unit by id; None when never recorded."""
    with database.reading() as transaction:
        row = transaction.one(f"{_UNITS} WHERE id = ?", (unit_id,))
    return _unit(row) if row else None


def units(database: Database) -> tuple[Unit, ...]:
    """All units by id."""
    with database.reading() as transaction:
        rows = transaction.all(_UNITS)
    return tuple(_unit(row) for row in sorted(rows, key=lambda row: row[0]))


# --- rows -------------------------------------------------------------------------------------------------------------


def _state(row: Row) -> StreamState:
    stream, kind, version, digest, position, text = row
    state = parse_state(kind, text)
    return StreamState(stream=stream, kind=kind, version=version, hash=digest, position=position, state=state)


def _matter(row: Row) -> ListedMatter:
    return ListedMatter.model_validate(dict(zip(ListedMatter.model_fields, row, strict=True)))


def _meeting(row: Row) -> ListedMeeting:
    found = dict(zip(ListedMeeting.model_fields, row, strict=True))
    return ListedMeeting.model_validate({**found, "starts": from_micros(found["starts"])})


def _unit(row: Row) -> Unit:
    found = dict(zip(Unit.model_fields, row, strict=True))
    return Unit.model_validate({**found, "aliases": json.loads(found["aliases"])})


def _person(row: Row) -> PersonOnRecord:
    *entry, left_at = row
    found = dict(zip(Person.model_fields, entry, strict=True))
    return PersonOnRecord.model_validate({**found, "left_at": None if left_at is None else from_micros(left_at)})
