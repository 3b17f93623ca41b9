"""Events as they were recorded: of a stream, of a command, at a position, and how far the log goes."""

# ruff: noqa: S608  (SQL is put together from constants here, values are parameters)

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from domain.base import Frozen
from domain.envelope import Recorded
from domain.log import Witnessed
from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.rows import EVENT_COLUMNS, FOLDED_COLUMNS, StoredEvent, event_of_row, folded_event
from eventlog.stored_time import from_micros, micros

PAGE = 1000
LAST_POSITION = 2**62
"""Beyond any there is."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
LAST_VERSION = 2**31 - 1
_AT_ONCE = 500


class Head(Frozen):
    """Where a stream stands; version 0 and an empty hash when it has no event."""

    stream: str
    version: int = 0
    hash: str = ""


def read_stream(
    database: Database,
    stream: str,
    after: int = 0,
    upto_version: int | None = None,
    position: int | None = None,
    moment: "Moment | None" = None,
) -> tuple[Recorded, ...]:
    """Events of a stream in order: after a version, up to a version, a position of the log, or a moment."""
    sql = (
        f"SELECT {EVENT_COLUMNS} FROM events WHERE stream = ? AND version > ? AND version <= ? AND {WITHIN} "
        "ORDER BY version"
    )
    upto = LAST_VERSION if upto_version is None else upto_version
    with database.reading() as transaction:
        rows = transaction.all(sql, (stream, after, upto, *within(moment or recorded_upto(position))))
    return tuple(map(event_of_row, rows))


def events_at(database: Database, positions: Iterable[int]) -> dict[int, Recorded]:
    """The recorded events at these positions, by position; a position beyond the log is left out."""
    with database.reading() as transaction:
        rows = [transaction.one(f"SELECT {EVENT_COLUMNS} FROM events WHERE position = ?", (p,)) for p in positions]
    return {event.position: event for event in (event_of_row(row) for row in rows if row)}


def read_all(database: Database, after: int = 0, limit: int = PAGE) -> tuple[Recorded, ...]:
    """The next events of the whole log after a position. Positions appear in order: none is ever filled in later."""
    with database.reading() as transaction:
        return tuple(map(event_of_row, events_page(transaction, after, limit)))


class Moment(NamedTuple):
    """A part of the log, and the instant it is looked at from.

    With `later` it has two axes: what was recorded after `position`, up to `later`, belongs to it where it had happened
    by `as_of`. So a report of Monday that was typed in on Friday is seen as of Monday, and was not known on Monday.
    """

    position: int
    as_of: datetime
    later: int = 0


WITHIN = "(position <= ? OR (position <= ? AND occurred_at <= ?))"
"""Whether an event belongs to a moment, with `within` for its parameters."""


def recorded_upto(position: int | None) -> Moment:
    """What had been recorded up to a position, or at all."""
    return Moment(LAST_POSITION if position is None else position, _BEGINNING)


def within(moment: Moment) -> tuple[int, int, int]:
    """The parameters of `WITHIN`."""
    return moment.position, moment.later, micros(moment.as_of)


def position_at(database: Database, instant: datetime) -> int:
    """The position up to which the log had been recorded by an instant; 0 before its first event.

    What is asked of a moment is asked of this position, by every reader, so that their answers agree. Recording times
    do not go back along the log; in a log written before that held, what stands earlier in it was known earlier,
    whatever time a clock that was off gave it.
    """
    recorded = micros(instant)
    with database.reading() as transaction:
        row = transaction.one(_LAST_BY, (recorded, recorded))
        position = int(row[0] or 0) if row else 0
        ahead = transaction.one(_AHEAD, (position, position + _BACK, recorded))
    return int(ahead[0] or position) if ahead else position


def read_streams(
    database: Database, streams: Sequence[str], moment: Moment, kinds: Collection[str] = ()
) -> dict[str, list[Recorded]]:
    """The events of these streams that belong to a moment, by stream, in order; all, or those of these kinds."""
    wanted = f"AND type IN ({', '.join('?' * len(kinds))}) " if kinds else ""
    read: defaultdict[str, list[Recorded]] = defaultdict(list)
    with database.reading() as transaction:
        for first in range(0, len(streams), _AT_ONCE):
            some = streams[first : first + _AT_ONCE]
            sql = (
                f"SELECT {EVENT_COLUMNS} FROM events WHERE stream IN ({', '.join('?' * len(some))}) AND {WITHIN} "
                f"{wanted}ORDER BY stream, version"
            )
            for event in map(event_of_row, transaction.all(sql, (*some, *within(moment), *sorted(kinds)))):
                read[event.stream].append(event)
    return read


def streams_after(database: Database, kind: str, position: int, moment: Moment) -> dict[str, list[Recorded]]:
    """What belongs to a moment and was recorded after a position in streams of a kind, by stream, in order."""
    sql = f"SELECT {EVENT_COLUMNS} FROM events WHERE position > ? AND stream LIKE ? AND {WITHIN} ORDER BY position"
    read: defaultdict[str, list[Recorded]] = defaultdict(list)
    with database.reading() as transaction:
        for event in map(event_of_row, transaction.all(sql, (position, f"{kind}/%", *within(moment)))):
            read[event.stream].append(event)
    return read


def typed_after(
    database: Database, kind: str, event_type: str, position: int, moment: Moment
) -> dict[str, list[StoredEvent]]:
    """As `streams_after`, but events of one type only, as rows: for who counts them and decodes few."""
    sql = (
        f"SELECT {FOLDED_COLUMNS} FROM events WHERE position > ? AND stream LIKE ? AND type = ? AND {WITHIN} "
        "ORDER BY position"
    )
    read: defaultdict[str, list[StoredEvent]] = defaultdict(list)
    with database.reading() as transaction:
        for row in transaction.all(sql, (position, f"{kind}/%", event_type, *within(moment))):
            event = folded_event(row)
            read[event.stream].append(event)
    return read


def log_clocks(database: Database) -> tuple[datetime | None, datetime | None]:
    """When the log's newest event was recorded, and the time of the database's own clock, when it has one."""
    newest = "SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1"
    with database.reading() as transaction:
        row = transaction.one(f"SELECT ({newest}), {database.backend.clock_sql}")
    last, own = row if row else (None, None)
    return (None if last is None else from_micros(last)), (None if own is None else from_micros(own))


def moment_at(database: Database, instant: datetime) -> Moment:
    """What was known at an instant: whatever was recorded by then, and nothing that was recorded later."""
    return Moment(position_at(database, instant), instant)


def happened_by(database: Database, instant: datetime, known_at: datetime | None = None) -> Moment:
    """What had happened by an instant, as far as it is known now, or was known at another one."""
    known = newest_event(database)[0] if known_at is None else position_at(database, known_at)
    position = min(position_at(database, instant), known)
    # No further than the last that belongs: what is recorded afterwards of later days makes no other moment of it.
    sql = "SELECT max(position) FROM events WHERE position > ? AND position <= ? AND occurred_at <= ?"
    with database.reading() as transaction:
        row = transaction.one(sql, (position, known, micros(instant)))
    return Moment(position, instant, int(row[0]) if row and row[0] else 0)


def late_events(database: Database, moment: Moment) -> tuple[Recorded, ...]:
    """What belongs to a moment although it was recorded after its position."""
    with database.reading() as transaction:
        return late_events_in(transaction, moment)


def late_events_in(transaction: Transaction, moment: Moment) -> tuple[Recorded, ...]:
    """What belongs to a moment although it was recorded after its position, read in a transaction of the caller."""
    belongs = "position > ? AND position <= ? AND occurred_at <= ?"
    sql = f"SELECT {EVENT_COLUMNS} FROM events WHERE {belongs} ORDER BY position"
    return tuple(map(event_of_row, transaction.all(sql, within(moment))))


def events_page(transaction: Transaction, after: int, limit: int) -> list[Row]:
    """Rows of the table `events` after a position, one page of the whole log."""
    sql = f"SELECT {EVENT_COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?"
    return transaction.all(sql, (after, limit))


def stream_head(database: Database, stream: str) -> Head:
    """Version and hash of a stream's newest event, read by itself; 0 and empty when it has none."""
    sql = "SELECT version, hash FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1"
    with database.reading() as transaction:
        row = transaction.one(sql, (stream,))
    return Head(stream=stream, version=row[0], hash=row[1]) if row else Head(stream=stream)


def newest_event(database: Database) -> tuple[int, str]:
    """Position and hash of the log's newest event; 0 and empty when there is none."""
    with database.reading() as transaction:
        row = transaction.one("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1")
    return (row[0], row[1]) if row else (0, "")


class Movement(NamedTuple):
    """That a stream has an event more, and nothing of what it says."""

    position: int
    stream: str
    version: int


def movements_since(database: Database, after: int, limit: int) -> tuple[Movement, ...]:
    """Which streams have events after a position, in the order of the log."""
    sql = "SELECT position, stream, version FROM events WHERE position > ? ORDER BY position LIMIT ?"
    with database.reading() as transaction:
        return tuple(Movement(*row) for row in transaction.all(sql, (after, limit)))


def hash_at(database: Database, position: int) -> str:
    """The hash of the event at a position; empty when there is none."""
    with database.reading() as transaction:
        row = transaction.one("SELECT hash FROM events WHERE position = ?", (position,))
    return str(row[0]) if row else ""


def height_and_numbers(database: Database) -> Witnessed | None:
    """What a witness keeps of the log: its newest event and the last number of each series; None when it is empty."""
    with database.reading(snapshot=True) as transaction:
        first = transaction.one("SELECT hash FROM events WHERE position = 1")
        last = transaction.one("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1")
        numbers: dict[str, int] = dict(transaction.all("SELECT series, last FROM numbers"))
    if first is None or last is None:
        return None
    return Witnessed(log=first[0], position=last[0], hash=last[1], numbers=numbers)


def find_command(database: Database, command_id: str) -> tuple[Recorded, ...] | None:
    """The events the command of this id gave; None when it is not in the log."""
    with database.reading() as transaction:
        return command_events(transaction, command_id) or None


def command_events(transaction: Transaction, command_id: str) -> tuple[Recorded, ...]:
    """The events a command gave, read within a transaction; none when it is not in the log."""
    rows = transaction.all(
        f"SELECT {', '.join(f'e.{c}' for c in EVENT_COLUMNS.split(', '))} FROM commands c "
        "JOIN events e ON e.stream = c.stream AND e.version BETWEEN c.first AND c.last "
        "WHERE c.command_id = ? ORDER BY e.version",
        (command_id,),
    )
    return tuple(map(event_of_row, rows))


# Halving what is left: a log of ten million events is asked twenty-four times, within one question.
_MIDDLE = "(low + high + 1) / 2"
_BY_THEN = (
    f"coalesce((SELECT e.recorded_at FROM events e WHERE e.position <= {_MIDDLE} "
    "ORDER BY e.position DESC LIMIT 1), 0) <= ?"
)
_LAST_BY = f"""
WITH RECURSIVE halving (low, high) AS (
    SELECT CAST(0 AS BIGINT), CAST(coalesce((SELECT max(position) FROM events), 0) AS BIGINT)
    UNION ALL
    SELECT CASE WHEN {_BY_THEN} THEN {_MIDDLE} ELSE low END, CASE WHEN {_BY_THEN} THEN high ELSE {_MIDDLE} - 1 END
    FROM halving WHERE low < high
)
SELECT max(position) FROM events WHERE position <= (SELECT max(low) FROM halving)
"""
_AHEAD = "SELECT max(position) FROM events WHERE position > ? AND position <= ? AND recorded_at <= ?"
_BACK = 1000
"""So many events of a log of before may stand behind one of a clock that was ahead."""


def log_identity(database: Database) -> str:
    """What no other log has and this one never loses: the hash of its first event; empty while it has none."""
    with database.reading() as transaction:
        row = transaction.one("SELECT hash FROM events WHERE position = 1")
    return str(row[0]) if row else ""
