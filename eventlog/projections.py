"""The read model from zero: all that is read follows from the events, so it can be thrown away and made again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from domain.base import Frozen
from domain.envelope import Recorded
from domain.ids import OfficeStream, kind_of
from domain.log import Rulebook
from domain.matter import Matter
from eventlog.backend import Row, Statement
from eventlog.database import Database, Transaction
from eventlog.list_rows import put_rows
from eventlog.numbers import SeriesCount
from eventlog.reading import events_page
from eventlog.reading.rules import rulebook_of
from eventlog.readmodel import (
    PUT_NUMBER,
    READ_MODEL,
    ended_since,
    fold_on,
    read_model_of_event,
    read_model_of_state,
    read_model_of_stream,
    state_text,
)
from eventlog.rows import event_of_row
from eventlog.snapshots import is_due, put_snapshots, snapshot_of
from eventlog.words import put_words

PAGE = 2000

Progress = Callable[[int, int], None]
"""Called with events done and events in all."""


@dataclass(slots=True)
class _Folding:
    """A stream on the way: its first event, its last, its state, since when it is at rest."""

    first: Recorded
    last: Recorded
    state: Frozen
    ended: int


class Projection:
    """The read model in the making: folds events in the order of `position` and hands out what they write."""

    def __init__(self, rulebook: Rulebook | None = None) -> None:
        """Start from nothing.

        Args:
            rulebook: that of the log, where only some of its streams are folded, which say nothing of the series of
                numbers; otherwise it follows from the events.
        """
        self._rulebook = rulebook
        self._states: dict[str, _Folding] = {}
        self._snapshots: list[Row] = []
        self._numbers = SeriesCount()
        self._pending: list[Statement] = []

    def take(self, event: Recorded) -> str | None:
        """Fold one event; what is wrong with the number it took, in Chinese, or None.

        Raises:
            UnknownEventError, UnknownKindError, ValidationError, TypeError: this build cannot read the event.
        """
        one = self._states.get(event.stream)
        state = fold_on(event.stream, one.state if one else None, event)
        self._pending.extend(read_model_of_event(event))
        if one is None:
            one = self._states[event.stream] = _Folding(event, event, state, 0)
        one.last, one.state, one.ended = event, state, ended_since(state, one.ended, event.position)
        if is_due(event.version):
            self._snapshots.append(snapshot_of(event, state_text(state)))
        return self._numbers.take(event) if self._rulebook is None else None

    def take_up(self, first: Recorded, last: Recorded, state: Frozen) -> None:
        """Go on with a stream from a state that is not at rest, after its event `last`."""
        self._states[last.stream] = _Folding(first, last, state, 0)

    def forget(self, stream: str) -> None:
        """Leave a stream out that cannot be read to its end."""
        self._states.pop(stream, None)

    def pending(self) -> list[Statement]:
        """Directory rows since the last call."""
        pending, self._pending = self._pending, []
        return pending

    def snapshots(self) -> list[Row]:
        """Snapshots due since the last call."""
        snapshots, self._snapshots = self._snapshots, []
        return snapshots

    def rest(self) -> list[Statement]:
        """The rows of streams and series in the end, as `append` would have left them."""
        rows: list[Statement] = []
        for one in self._states.values():
            rows.append(read_model_of_stream(one.first, one.ended))
            rows += read_model_of_state(one.last, one.state)
        matters = [(one.state, one.last.position) for one in self._states.values() if isinstance(one.state, Matter)]
        rows += put_rows(matters, self._rulebook or self._rulebook_folded())
        numbers = list(self._numbers.last.items())
        return [*rows, (PUT_NUMBER, numbers)] if numbers else rows

    def _rulebook_folded(self) -> Rulebook:
        states = {kind_of(stream): one.state for stream, one in self._states.items()}
        return rulebook_of(states.get(OfficeStream.CALENDAR), states.get(OfficeStream.POLICY))


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
    transaction.run([(f"DELETE FROM {table}", [()]) for table in (*READ_MODEL, "snapshots", "event_words")])  # noqa: S608  (constants)
    if not transaction.is_postgresql:  # what its index lost is still there after its rows are gone
        transaction.run([("INSERT INTO event_words (event_words) VALUES ('rebuild')", [()])])
    done, total = 0, newest_position(transaction)
    for rows in log_pages(transaction):
        events = [event_of_row(row) for row in rows]
        for event in events:
            projection.take(event)
        words = put_words(((e.position, e.stream, e.payload) for e in events), total)
        transaction.run([*projection.pending(), *put_snapshots(projection.snapshots()), *words])
        done += len(rows)
        if progress is not None:
            progress(done, total)
    transaction.run(projection.rest())
    return done


def newest_position(transaction: Transaction) -> int:
    """The position of the log's newest event; 0 when the log is empty."""
    row = transaction.one("SELECT max(position) FROM events")
    return (row[0] or 0) if row else 0


def log_pages(transaction: Transaction, after: int = -(2**62)) -> Iterator[list[Row]]:
    """The events of the log behind a position, in order, a page at a time; all of them by default."""
    while rows := events_page(transaction, after, PAGE):
        yield rows
        after = rows[-1][0]
