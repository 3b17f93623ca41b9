"""The states of streams: now from the read model, or at a position from the events up to there."""

# ruff: noqa: S608  (SQL is put together from constants here, values are parameters)

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from domain.base import Frozen
from domain.envelope import Recorded
from domain.ids import kind_of
from eventlog.backend import Row
from eventlog.database import Database
from eventlog.reading.events import WITHIN, Head, Moment, recorded_upto, within
from eventlog.readmodel import fold_events, parse_state
from eventlog.rows import EVENT_COLUMNS, event_of_row

STATES = "SELECT stream, kind, version, hash, position, state FROM states"


class StreamState(Frozen):
    """The state of a stream as its fold gives it, and the version, hash and position it stands on."""

    stream: str
    kind: str
    version: int
    hash: str
    position: int
    state: Frozen


def load(database: Database, stream: str) -> StreamState | None:
    """The current state of a stream, from the read model; None when it has no event."""
    with database.reading() as transaction:
        row = transaction.one(f"{STATES} WHERE stream = ?", (stream,))
    return state_in_row(row) if row else None


def matter_states(
    database: Database, *, position: int | None = None, moment: Moment | None = None
) -> tuple[StreamState, ...]:
    """Every matter's state: now, at a position of the log, or at a moment."""
    if moment is not None:
        return tuple(_states_at(database, "matter", moment))
    return states_of(database, "matter", position=position)


def states_of(database: Database, kind: str, *, position: int | None = None) -> tuple[StreamState, ...]:
    """The states of all streams of a kind, now or at a position of the log."""
    if position is not None:
        return tuple(_states_at(database, kind, recorded_upto(position)))
    with database.reading() as transaction:
        rows = transaction.all(f"{STATES} WHERE kind = ?", (kind,))
    return tuple(state_in_row(row) for row in sorted(rows, key=lambda row: row[0]))


def open_states(database: Database, kind: str) -> tuple[StreamState, ...]:
    """The states of the streams of a kind that still live (see `open_streams`)."""
    with database.reading() as transaction:
        rows = transaction.all(f"{STATES} WHERE kind = ? AND ended = 0", (kind,))
    return tuple(state_in_row(row) for row in sorted(rows, key=lambda row: row[0]))


def series_states(database: Database, series: str) -> tuple[StreamState, ...]:
    """The states of the meetings of a series."""
    with database.reading() as transaction:
        rows = transaction.all(f"{STATES} WHERE stream IN (SELECT stream FROM meetings WHERE series = ?)", (series,))
    return tuple(state_in_row(row) for row in sorted(rows, key=lambda row: row[0]))


def related_matters(database: Database, stream: str) -> tuple[StreamState, ...]:
    """The states of matters that say something of this one, or of which it says something: merged, or waiting."""
    with database.reading() as transaction:
        rows = transaction.all(
            f"{STATES} WHERE stream IN (SELECT stream FROM relations WHERE target = ? AND holds = 1 "
            "UNION SELECT target FROM relations WHERE stream = ? AND holds = 1)",
            (stream, stream),
        )
    return tuple(state_in_row(row) for row in sorted(rows, key=lambda row: row[0]))


def states_since(database: Database, kind: str, position: int) -> tuple[StreamState, ...]:
    """The states of the streams of a kind that an event after `position` moved."""
    with database.reading() as transaction:
        rows = transaction.all(f"{STATES} WHERE kind = ? AND position > ?", (kind, position))
    return tuple(state_in_row(row) for row in sorted(rows, key=lambda row: row[0]))


def newest_of(database: Database, kinds: Sequence[str]) -> int:
    """The position of the newest event of these kinds of stream; 0 when there is none."""
    marks = ", ".join("?" * len(kinds))
    with database.reading() as transaction:
        row = transaction.one(f"SELECT max(position) FROM states WHERE kind IN ({marks})", tuple(kinds))
    return int(row[0] or 0) if row else 0


def _states_at(database: Database, kind: str, moment: Moment) -> Iterator[StreamState]:
    """The states at a moment, by stream: what no event moved since is as it is now, the rest is folded up to there."""
    with database.reading(snapshot=True) as transaction:
        resting = transaction.all(f"{STATES} WHERE kind = ? AND position <= ?", (kind, moment.position))
        moved = "SELECT stream FROM states WHERE kind = ? AND position > ?"
        rows = transaction.all(
            f"SELECT {EVENT_COLUMNS} FROM events WHERE stream IN ({moved}) AND {WITHIN} ORDER BY stream, version",
            (kind, moment.position, *within(moment)),
        )
    states = [state_in_row(row) for row in resting]
    for stream, group in groupby(map(event_of_row, rows), key=lambda event: event.stream):
        states.append(folded_state(stream, list(group)))
    yield from sorted(states, key=lambda state: state.stream)


def folded_state(stream: str, events: list[Recorded]) -> StreamState:
    """The state of a stream after all its events, folded from the first on."""
    last = events[-1]
    return StreamState(
        stream=stream,
        kind=kind_of(stream),
        version=last.version,
        hash=last.hash,
        position=last.position,
        state=fold_events(stream, None, events),
    )


def open_streams(database: Database, kind: str) -> tuple[Head, ...]:
    """Heads of the streams of a kind that still live: a closed or cancelled matter does not, unless objected to."""
    with database.reading() as transaction:
        rows = transaction.all(
            "SELECT stream, version, hash FROM states WHERE kind = ? AND ended = 0",
            (kind,),
        )
    return tuple(Head(stream=s, version=v, hash=h) for s, v, h in sorted(rows))


@lru_cache(maxsize=2048)
def _parsed(kind: str, text: str) -> Frozen:
    """The state a text says. A process that serves pages meets the same texts again and again; states are immutable."""
    return parse_state(kind, text)


def state_in_row(row: Row) -> StreamState:
    """The state a row of the table `states` holds."""
    stream, kind, version, digest, position, text = row
    state = _parsed(kind, text)
    return StreamState(stream=stream, kind=kind, version=version, hash=digest, position=position, state=state)
