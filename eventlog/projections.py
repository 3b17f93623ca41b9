"""The read model from zero: all that is read follows from the events, so it can be thrown away and made again."""

from collections.abc import Callable, Iterator
from itertools import islice

from domain.base import Frozen
from domain.envelope import LoggedEvent
from domain.ids import OfficeStream, kind_of
from domain.log import Rulebook
from domain.matter import Matter
from domain.queries.counted import COUNTED_TYPES
from eventlog.backend import Row, Statement
from eventlog.blocks import filled_until
from eventlog.counted import counted_row, put_counted
from eventlog.database import Database, Transaction
from eventlog.event_rows import read_model_of_event
from eventlog.folding import EventPlace, Folding, folded_streams
from eventlog.list_rows import put_rows
from eventlog.numbers import SeriesCount
from eventlog.reading import events_page
from eventlog.reading.rules import rulebook_of
from eventlog.readmodel import (
    PUT_NUMBER,
    READ_MODEL,
    ended_since,
    fold_on,
    read_model_of_state,
    read_model_of_stream,
    state_text,
)
from eventlog.rows import EVENT_COLUMNS, stored_event
from eventlog.snapshots import is_due, put_snapshots, snapshot_of
from eventlog.typed import LARGEST
from eventlog.words import put_words

PAGE = 2000
_AT_ONCE = 50
_LOWEST = f"SELECT {EVENT_COLUMNS} FROM events WHERE position = ?"  # noqa: S608  (constants)
_STREAM = f"SELECT {EVENT_COLUMNS} FROM events WHERE stream = ? ORDER BY version, position"  # noqa: S608  (constants)
_BESIDE = ("snapshots", "event_words", "counted_events")
_RULING = (OfficeStream.CALENDAR, OfficeStream.POLICY)

Progress = Callable[[int, int], None]
"""Called with events done and events in all."""


class Projection:
    """The read model in the making: folds events in the order of `position` and hands out what they write."""

    def __init__(self, rulebook: Rulebook | None = None) -> None:
        """Start from nothing.

        Args:
            rulebook: that of the log, where only some of its streams are folded, which say nothing of the series of
                numbers; otherwise it follows from the events.
        """
        self._rulebook = rulebook
        self._streams = folded_streams()
        self._ruling: dict[str, str] = {}
        self._snapshots: list[Row] = []
        self._counted: list[tuple[int, Row | None]] = []
        self._numbers = SeriesCount()
        self._pending: list[Statement] = []

    def take(self, event: LoggedEvent) -> str | None:
        """Fold one event; what is wrong with the number it took, in Chinese, or None.

        Raises:
            UnknownEventError: this build cannot read the event.
        """
        one = self._streams.get(event.stream)
        state = fold_on(event.stream, one.state if one else None, event)
        if writing := read_model_of_event(event):
            self._pending.extend(writing)
        if one is None:
            one = Folding(EventPlace(event.stream, event.version, event.position), event, state, 0)
            self._streams[event.stream] = one
            if (kind := kind_of(event.stream)) in _RULING:
                self._ruling[kind] = event.stream
        one.last, one.state, one.ended = event, state, ended_since(state, one.ended, event.position)
        if is_due(event.version):
            self._snapshots.append(snapshot_of(event, state_text(state)))
        if event.type in COUNTED_TYPES:
            self._counted.append((event.position, counted_row(event)))
        return self._numbers.take(event) if self._rulebook is None else None

    def take_up(self, first: LoggedEvent, last: LoggedEvent, state: Frozen) -> None:
        """Go on with a stream from a state that is not at rest, after its event `last`."""
        self._streams[last.stream] = Folding(first, last, state, 0)

    def forget(self, stream: str) -> None:
        """Leave a stream out that cannot be read to its end."""
        self._streams.forget(stream)

    def pending(self) -> list[Statement]:
        """Directory rows since the last call."""
        pending, self._pending = self._pending, []
        return pending

    def snapshots(self) -> list[Row]:
        """Snapshots due since the last call."""
        snapshots, self._snapshots = self._snapshots, []
        return snapshots

    def counted(self) -> list[tuple[int, Row | None]]:
        """Of each event since the last call that may count its position, and its row if it does."""
        counted, self._counted = self._counted, []
        return counted

    def rest(self) -> Iterator[list[Statement]]:
        """The rows of streams and series in the end, as `append` would have left them, some at a time."""
        rulebook, streams = self._rulebook or self._rulebook_folded(), iter(self._streams)
        while some := list(islice(streams, _AT_ONCE)):
            rows: list[Statement] = []
            for one in some:
                rows.append(read_model_of_stream(one.first, one.ended))
                rows += read_model_of_state(one.last, one.state)
            matters = [(one.state, one.last.position) for one in some if isinstance(one.state, Matter)]
            yield [*rows, *put_rows(matters, rulebook)]
        if numbers := list(self._numbers.last.items()):
            yield [(PUT_NUMBER, numbers)]

    def _rulebook_folded(self) -> Rulebook:
        calendar, policy = (self._streams.get(self._ruling.get(kind, "")) for kind in _RULING)
        return rulebook_of(calendar.state if calendar else None, policy.state if policy else None)


def rebuild_read_model(database: Database, progress: Progress | None = None) -> int:
    """Make the read model anew from the events, in one transaction; the number of events folded.

    Writers wait meanwhile; readers see the old read model until the new one is there.

    Raises:
        LogUnreachable: the database is down; nothing is changed.
        UnknownEventError: the log holds events of a newer build; nothing is changed.
    """
    with database.writing(long=True) as transaction:
        done = fold_read_model(transaction, progress)
        transaction.commit()
    return done


def fold_read_model(transaction: Transaction, progress: Progress | None = None) -> int:
    """Make the read model anew within a transaction somebody else commits; the number of events folded."""
    projection = Projection()
    transaction.run([(f"DELETE FROM {table}", [()]) for table in (*READ_MODEL, *_BESIDE)])  # noqa: S608  (constants)
    if not transaction.is_postgresql:  # what its index lost is still there after its rows are gone
        transaction.run([("INSERT INTO event_words (event_words) VALUES ('rebuild')", [()])])
    done, total = 0, newest_position(transaction)
    filled = filled_until(total)
    for rows in log_pages(transaction):
        events = [stored_event(row) for row in rows]
        for event in events:
            projection.take(event)
        words = put_words((e.position, e.stream, e.payload) for e in events if e.position <= filled)
        transaction.run([*projection.pending(), *put_snapshots(projection.snapshots()), *words])
        transaction.run(put_counted(row for position, row in projection.counted() if position <= filled))
        done += len(rows)
        if progress is not None:
            progress(done, total)
    for statements in projection.rest():
        transaction.run(statements)
    return done


def newest_position(transaction: Transaction) -> int:
    """The position of the log's newest event; 0 when the log is empty, or what stands there is no number."""
    row = transaction.one("SELECT max(position) FROM events")
    return row[0] if row and row[0].__class__ is int else 0


def log_pages(transaction: Transaction, after: int | None = None) -> Iterator[list[Row]]:
    """The events of the log behind a position, in order, a page at a time; all of them by default.

    All: whoever owns the database can put one at any number there is, and who reads its stream reads it.
    """
    if after is None:
        after = -LARGEST
        if lowest := transaction.all(_LOWEST, (after,)):
            yield lowest
    while rows := events_page(transaction, after, PAGE):
        yield rows
        after = rows[-1][0]


def stream_pages(transaction: Transaction, stream: str) -> Iterator[list[Row]]:
    """The events of a stream in order, as `log_pages` gives those of the log: all at once, if there are any."""
    rows = transaction.all(_STREAM, (stream,))
    if rows:
        yield rows
