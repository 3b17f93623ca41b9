"""The states of streams, now or at a moment: each is the newest snapshot by then and the few events behind it.

One way for both: a moment is a position of the log, and now is the last of them. So what is read of a past day costs
what is read of today, however much was recorded since.
"""

# ruff: noqa: S608  (SQL is put together from constants here, values are parameters)

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, cast

from pydantic import ValidationError

from domain.base import Frozen
from domain.envelope import LoggedEvent, Recorded
from domain.ids import OfficeStream, kind_of
from eventlog.backend import Params, Row
from eventlog.database import Database, Transaction
from eventlog.reading.events import (
    LAST_POSITION,
    WITHIN,
    Head,
    Moment,
    late_events_in,
    recorded_upto,
    within,
)
from eventlog.readmodel import fold_events, parse_state
from eventlog.remembered import MOST_LIVING, LivingState
from eventlog.rows import EVENT_COLUMNS, FOLDED_COLUMNS, StoredEvent, folded_event, stored_event
from eventlog.snapshots import COLUMNS, EVERY, is_sound

_STANDS_ON = (
    "SELECT e.hash FROM events e WHERE e.position = n.position AND e.stream = n.stream AND e.version = n.version"
)
_COLUMNS = EVENT_COLUMNS.split(", ")
_EVENT = ", ".join(f"e.{name}" for name in _COLUMNS)
_AS_EVENT = {
    **{"position": "n.position", "stream": "n.stream", "version": "n.version", "hash": "n.hash", "payload": "n.state"},
    **{"headquarters": "n.build", "event_id": "n.digest", "previous_hash": f"({_STANDS_ON})"},
}
"""A snapshot in the columns of an event: it has no type, and what stands in the log at its version."""
_UPTO = f"""
WITH base AS MATERIALIZED (
    SELECT s.stream, n.position, coalesce(n.version, 0) AS since FROM streams s
    LEFT JOIN snapshots n ON n.stream = s.stream AND n.position = (SELECT x.position FROM snapshots x
        WHERE x.stream = s.stream AND x.position <= ? ORDER BY x.position DESC LIMIT 1)
    WHERE {{which}} AND s.first <= ?)
SELECT {", ".join(_AS_EVENT.get(name, "NULL") for name in _COLUMNS)}
FROM base b JOIN snapshots n ON n.stream = b.stream AND n.position = b.position
UNION ALL
SELECT {_EVENT} FROM base b CROSS JOIN {{behind}}
"""
_BEHIND = f"e.stream = b.stream AND e.version > b.since AND e.version <= b.since + {EVERY} AND e.position <= ?"
_JOINED = {
    False: f"events e WHERE {_BEHIND}",
    # However many events there are, each stream's are looked up in the index.
    True: f"LATERAL (SELECT * FROM events e WHERE {_BEHIND} ORDER BY e.version LIMIT {EVERY}) e",
}
"""The few events behind a snapshot; one more than there can be says that a snapshot is missing."""
LIVING_AT = "s.kind = ? AND (s.ended = 0 OR s.ended > ?)"
"""Which streams of a kind may have lived at a position."""
_OF_KIND_MOVED = "s.kind = ? AND s.stream IN (SELECT stream FROM events WHERE position > ?)"
_STANDS = """
SELECT s.stream, (SELECT e.hash FROM events e WHERE e.stream = s.stream ORDER BY e.version DESC LIMIT 1),
    (SELECT n.digest FROM snapshots n WHERE n.stream = s.stream ORDER BY n.position DESC LIMIT 1)
FROM streams s WHERE {which}
"""
_FEW = 100
"""So many streams are asked for by name; where more moved, all that live are read."""
_STREAM, _VERSION, _TYPE, _TEXT, _STOOD_ON = map(
    _COLUMNS.index, ("stream", "version", "type", "payload", "previous_hash")
)
_SNAPSHOT = tuple(_COLUMNS.index(next(at for at, name in _AS_EVENT.items() if name == f"n.{told}")) for told in COLUMNS)
"""Where the columns of a snapshot stand among those of an event."""
_NOW = recorded_upto(None)
_LIFE = f"SELECT {FOLDED_COLUMNS} FROM events WHERE stream = ? AND position <= ? ORDER BY version"
_BETWEEN = f"SELECT {FOLDED_COLUMNS} FROM events WHERE position > ? AND {WITHIN} ORDER BY position"


class StreamState(NamedTuple):
    """The state of a stream as its fold gives it, and the version, hash and position it stands on."""

    stream: str
    kind: str
    version: int
    hash: str
    position: int
    state: Frozen


def load(database: Database, stream: str, moment: Moment | None = None) -> StreamState | None:
    """The state of a stream, now or at a moment; None when it had no event by then."""
    return next(iter(_states(database, "s.stream = ?", (stream,), moment or _NOW)), None)


def state_of(transaction: Transaction, stream: str) -> StreamState | None:
    """The current state of a stream, read within a transaction; None when it has no event."""
    return next(iter(states_in(transaction, "s.stream = ?", (stream,))), None)


def matter_states(
    database: Database, *, position: int | None = None, moment: Moment | None = None
) -> tuple[StreamState, ...]:
    """Every matter's state: now, at a position of the log, or at a moment."""
    return _states(database, "s.kind = ?", ("matter",), moment or recorded_upto(position))


def states_of(
    database: Database, kind: str, *, position: int | None = None, moment: Moment | None = None
) -> tuple[StreamState, ...]:
    """The states of all streams of a kind, now, at a position of the log or at a moment."""
    return _states(database, "s.kind = ?", (kind,), moment or recorded_upto(position))


def open_states(database: Database, kind: str, moment: Moment | None = None) -> tuple[StreamState, ...]:
    """The states of the streams of a kind of which something may still be owed, now or at a moment."""
    if moment is None:
        return _living_now(database, kind)
    states = _states(database, LIVING_AT, (kind, moment.position), moment)
    # What ended by then, was taken up again and ended later is among what was asked for.
    return tuple(one for one in states if not _settled(one))


def _living_now(database: Database, kind: str) -> tuple[StreamState, ...]:
    """What lives now. A page follows a page: of what was read for the last one, what stands as it stood is kept.

    Which streams live, on which event and which snapshot, the log is asked each time: it may have been put back from
    a copy, and what is read of it written over, or mended.
    """
    known: Mapping[str, LivingState[StreamState]] = database.living.get(kind, {})
    living = (kind, LAST_POSITION)
    with database.reading(snapshot=True) as transaction:
        stand = _stand(transaction, LIVING_AT, living)
        kept = _still_standing(known, stand)
        moved = [stream for stream in stand if stream not in kept]
        if len(moved) > _FEW:
            read = states_in(transaction, LIVING_AT, living)
        else:
            read = states_in(transaction, _named(moved), moved) if moved else ()
    kept |= {one.stream: LivingState(*stand[one.stream], one) for one in read}
    database.living[kind] = kept if len(kept) <= MOST_LIVING else {}
    return tuple(kept[stream].state for stream in sorted(kept) if not _settled(kept[stream].state))


def office_states(database: Database, *kinds: OfficeStream) -> tuple[StreamState, ...]:
    """The states of these streams of the headquarters itself, as of one moment; none of what has no event yet.

    Nearly every reading asks for the directory or the rulebook, which move once in days: they are kept as what lives
    is, and where they stand as they stood nothing of them is read.
    """
    streams, known = sorted(map(database.own, kinds)), database.office
    which = _named(streams)
    if not known.keys().isdisjoint(streams):
        with database.reading() as transaction:
            stand = _stand(transaction, which, streams)
        kept = _still_standing({stream: known[stream] for stream in streams if stream in known}, stand)
        if kept.keys() == stand.keys():
            return tuple(one.state for one in kept.values())
    with database.reading(snapshot=True) as transaction:
        stand, read = _stand(transaction, which, streams), states_in(transaction, which, streams)
    known.update({one.stream: LivingState(*stand[one.stream], one) for one in read})
    return read


_Stand = tuple[str, str | None]
"""The hash of a stream's last event, and the digest of its newest snapshot."""


def _stand(transaction: Transaction, which: str, params: Params) -> dict[str, _Stand]:
    """What streams stand on now: stream → its stand."""
    return {stream: (on, snapshot) for stream, on, snapshot in transaction.all(_STANDS.format(which=which), params)}


def _still_standing(
    known: Mapping[str, LivingState[StreamState]], stand: Mapping[str, _Stand]
) -> dict[str, LivingState[StreamState]]:
    """What was read before and stands as it stood."""
    return {stream: one for stream, one in known.items() if one[:2] == stand.get(stream)}


def _named(streams: Sequence[str]) -> str:
    """The condition that a stream is one of so many."""
    return f"s.stream IN ({', '.join('?' * len(streams))})"


def _settled(one: StreamState) -> bool:
    return bool(getattr(one.state, "settled", False))


def series_states(database: Database, series: str) -> tuple[StreamState, ...]:
    """The states of the meetings of a series."""
    return _states(database, "s.stream IN (SELECT stream FROM meetings WHERE series = ?)", (series,))


def related_matters(database: Database, stream: str) -> tuple[StreamState, ...]:
    """The states of matters that say something of this one, or of which it says something: merged, or waiting."""
    which = (
        "s.stream IN (SELECT stream FROM relations WHERE target = ? AND holds = 1 "
        "UNION SELECT target FROM relations WHERE stream = ? AND holds = 1)"
    )
    return _states(database, which, (stream, stream))


def states_since(database: Database, kind: str, position: int) -> tuple[StreamState, ...]:
    """The states of the streams of a kind that an event after `position` moved."""
    return _states(database, _OF_KIND_MOVED, (kind, position))


class StatesOver(NamedTuple):
    """A stream at several moments: its state at the last, and at earlier positions those it had."""

    stream: str
    kind: str
    state: Frozen
    thens: dict[int, Frozen]


def states_over(
    database: Database, kinds: Sequence[str], looks: Sequence[int], until: Moment, *, from_events: bool = False
) -> tuple[StatesOver, ...]:
    """The streams of these kinds as of a moment, and as they stood at earlier positions, in one pass.

    Args:
        database: where the log is.
        kinds: of stream.
        looks: the earlier positions, which ascend.
        until: the moment.
        from_events: whether everything is folded from the first event on, and no snapshot believed.
    """
    first = 0 if from_events else min([until.position, *looks])
    marks = ", ".join("?" * len(kinds))
    with database.reading(snapshot=True) as transaction:
        read = states_in(transaction, f"s.kind IN ({marks})", kinds, recorded_upto(first))
        rows = transaction.all(_BETWEEN, (first, *within(until))) if first < max(until.position, until.later) else []
    before = {one.stream: one for one in read}
    later: defaultdict[str, list[StoredEvent]] = defaultdict(list)
    for event in map(folded_event, rows):
        if kind_of(event.stream) in kinds:
            later[event.stream].append(event)
    streams = sorted(before.keys() | later.keys())
    return tuple(_over(stream, before.get(stream), later.get(stream, []), looks) for stream in streams)


def _over(stream: str, known: StreamState | None, events: list[StoredEvent], looks: Sequence[int]) -> StatesOver:
    state, thens, done = known.state if known else None, dict[int, Frozen](), 0
    for look in looks:
        upto = bisect_right(events, look, lo=done, key=lambda event: event.position)
        if upto > done:
            state = fold_events(stream, state, events[done:upto])
        if state is not None:
            thens[look] = state
        done = upto
    if events[done:]:
        state = fold_events(stream, state, events[done:])
    return StatesOver(stream, kind_of(stream), cast("Frozen", state), thens)


def moved_since(database: Database, kinds: Sequence[str], position: int) -> bool:
    """Whether an event after `position` is of one of these kinds of stream."""
    marks = ", ".join("?" * len(kinds))
    sql = (
        "SELECT 1 FROM events e JOIN streams s ON s.stream = e.stream "
        f"WHERE e.position > ? AND s.kind IN ({marks}) LIMIT 1"
    )
    with database.reading() as transaction:
        return transaction.one(sql, (position, *kinds)) is not None


def _states(database: Database, which: str, params: Params, moment: Moment = _NOW) -> tuple[StreamState, ...]:
    with database.reading(snapshot=moment.later > 0) as transaction:
        return states_in(transaction, which, params, moment)


def states_in(transaction: Transaction, which: str, params: Params, moment: Moment = _NOW) -> tuple[StreamState, ...]:
    """The states of streams as of a moment, by stream.

    Args:
        transaction: on the log.
        which: which streams, as a condition on the table `streams`, called `s`.
        params: of the condition.
        moment: of the log.
    """
    states = dict(_recorded_upto(transaction, which, params, moment.position))
    if moment.later:  # what was recorded later and had happened by then goes on top
        meant = {stream for (stream,) in transaction.all(f"SELECT s.stream FROM streams s WHERE {which}", params)}
        late: defaultdict[str, list[Recorded]] = defaultdict(list)
        for event in late_events_in(transaction, moment):
            late[event.stream].append(event)
        for stream in meant & late.keys():
            before = states.get(stream)
            states[stream] = _after(before.state if before else None, late[stream])
    return tuple(states[stream] for stream in sorted(states))


def _recorded_upto(
    transaction: Transaction, which: str, params: Params, position: int
) -> Iterator[tuple[str, StreamState]]:
    asked = _UPTO.format(which=which, behind=_JOINED[transaction.is_postgresql])
    read: defaultdict[str, list[Row]] = defaultdict(list)
    for row in transaction.all(asked, (position, *params, position, position)):
        read[row[_STREAM]].append(row)
    for stream, rows in read.items():
        known = _state_in(tuple(sorted(rows, key=_place)))
        if known is None:  # its snapshot is spoilt, or one is missing: the events are the truth
            known = folded_stream(transaction, stream, position=position)
        if known is not None:
            yield stream, known


def _place(row: Row) -> int:
    """The snapshot first, then the events."""
    return 0 if row[_TYPE] is None else int(row[_VERSION])


# A process that serves pages meets the same rows again and again; states are immutable.
@lru_cache(maxsize=2048)
def _state_in(rows: tuple[Row, ...]) -> StreamState | None:
    """The state of a stream from its snapshot and the events behind it; None when these cannot be trusted."""
    first, last = rows[0], rows[-1]
    if first[_TYPE] is not None:
        return None if last[_VERSION] >= EVERY else _after(None, list(map(stored_event, rows)))
    snapshot = tuple(first[at] for at in _SNAPSHOT)
    stream, position, version, digest = snapshot[:4]
    if not is_sound(snapshot, first[_STOOD_ON]) or last[_VERSION] >= version + EVERY:
        return None
    kind = kind_of(stream)
    try:
        state = _parsed(kind, first[_TEXT])
    except ValidationError:  # written by a build of the same tables whose states looked otherwise
        return None
    if first is last:
        return StreamState(stream, kind, version, digest, position, state)
    return _after(state, list(map(stored_event, rows[1:])))


@lru_cache(maxsize=2048)
def _parsed(kind: str, text: str) -> Frozen:
    return parse_state(kind, text)


def folded_state(stream: str, events: Sequence[LoggedEvent]) -> StreamState:
    """The state of a stream after all its events, folded from the first on."""
    last = events[-1]
    return StreamState(
        stream, kind_of(stream), last.version, last.hash, last.position, fold_events(stream, None, events)
    )


def folded_stream(transaction: Transaction, stream: str, *, position: int | None = None) -> StreamState | None:
    """The state of a stream folded from its first event on, whatever snapshots there are; None when it has no event.

    An event is let go as soon as it is folded: so a long stream leaves the garbage collector nothing to look through.
    """
    rows = transaction.all(_LIFE, (stream, LAST_POSITION if position is None else position))
    if not rows:
        return None
    state, last = fold_events(stream, None, map(folded_event, rows)), folded_event(rows[-1])
    return StreamState(stream, kind_of(stream), last.version, last.hash, last.position, state)


def _after(before: Frozen | None, events: Sequence[LoggedEvent]) -> StreamState:
    """The state after these events of a stream, and where it stands."""
    last = events[-1]
    state = fold_events(last.stream, before, events)
    return StreamState(last.stream, kind_of(last.stream), last.version, last.hash, last.position, state)


def open_streams(database: Database, kind: str) -> tuple[Head, ...]:
    """Heads of the streams of a kind that still live: a closed or cancelled matter does not, unless objected to."""
    sql = (
        "SELECT e.stream, e.version, e.hash FROM streams s JOIN events e ON e.stream = s.stream AND e.version = ("
        "SELECT x.version FROM events x WHERE x.stream = s.stream ORDER BY x.version DESC LIMIT 1) "
        "WHERE s.kind = ? AND s.ended = 0"
    )
    with database.reading() as transaction:
        rows = transaction.all(sql, (kind,))
    return tuple(Head(stream=s, version=v, hash=h) for s, v, h in sorted(rows))
