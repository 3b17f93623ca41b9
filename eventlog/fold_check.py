"""For `verify`: does every event fold, and is the read model what the events fold into?"""

# ruff: noqa: S608  (table and column names are constants)

from collections.abc import Collection, Iterator
from contextlib import suppress

from domain.base import Frozen
from domain.log import Rulebook
from eventlog.backend import Row
from eventlog.database import Transaction
from eventlog.event_cells import is_key
from eventlog.findings import Token, VerifyFinding, verify_finding
from eventlog.folding import NoRoomError, temporary_database
from eventlog.projections import Projection, stream_pages
from eventlog.reading.rules import rulebook_of
from eventlog.readmodel import READ_MODEL, fold_events
from eventlog.rows import StoredEvent, stored_event
from eventlog.sqlite import SqliteConnection
from eventlog.typed import cell_problems

_AT_ONCE = 500


class ReadModelFold:
    """Makes the read model again, beside the log, by the very statements `append` uses, and compares it row by row."""

    def __init__(self, streams: Collection[str] | None, transaction: Transaction) -> None:
        self._streams = streams
        self._projection = Projection(_rulebook_in(transaction) if streams is not None else None)
        self._unreadable: set[str] = set()
        self._made = SqliteConnection(temporary_database())
        for table, (key, *columns) in READ_MODEL.items():
            self._made.query(f"CREATE TABLE {table} ({key} PRIMARY KEY, {', '.join(columns)})")

    def take_up(self, first: Row, last: Row, state: Frozen) -> None:
        """Go on with a stream from a state that is not at rest, as it was after its event `last`."""
        self._projection.take_up(stored_event(first), stored_event(last), state)

    def skip(self, row: Row) -> None:
        """Its stream cannot be folded to the end."""
        if is_key(row[2]):
            self._unreadable.add(row[2])
            self._projection.forget(row[2])

    def problems(self, row: Row, event: StoredEvent | None = None) -> list[VerifyFinding]:
        """What is wrong with the next event, or with its number; `event` is what was read in its row, if that was."""
        if row[2] in self._unreadable:
            return []
        try:
            wrong_number = self._projection.take(event or stored_event(row))
        except NoRoomError:  # nothing is wrong with the event
            raise
        except Exception as error:
            self.skip(row)
            return [verify_finding(Token.UNDECODABLE, f"：{str(error).splitlines()[0] if str(error) else row[5]}", row)]
        if pending := self._projection.pending():
            self._made.run(pending, commit=False)
        if wrong_number is None or self._streams is not None:
            return []
        return [verify_finding(Token.NUMBER_GAP, f"：{wrong_number}", row)]

    def snapshots(self) -> list[Row]:
        """Snapshots that were due since the last call, as the fold gives them."""
        return self._projection.snapshots()

    def counted(self) -> list[tuple[int, Row | None]]:
        """Of each event since the last call that may count its position, and its row if it does."""
        return self._projection.counted()

    def differences(self, transaction: Transaction) -> Iterator[VerifyFinding]:
        """Where the tables are not what was folded, when every event has been; of single streams only their rows."""
        for statements in self._projection.rest():
            self._made.run(statements, commit=False)
        whole = self._streams is None and not self._unreadable
        for table, (key, *_) in READ_MODEL.items():
            if key == "stream" or self._streams is None:
                yield from self._compared(transaction, table, comparable=key == "stream" or whole)

    def _compared(self, transaction: Transaction, table: str, *, comparable: bool) -> Iterator[VerifyFinding]:
        """Row by row against those that were made, which are taken away: what is left of these in the end is missing.

        Of a table that is not `comparable` only the cells are looked at: events that should have written it cannot be
        read.
        """
        columns = READ_MODEL[table]
        sql = f"SELECT {', '.join(columns)} FROM {table}"
        for rows in self._pages(transaction, sql, columns[0]):
            odd = {n: problems for n, row in enumerate(rows) if (problems := list(cell_problems(table, columns, row)))}
            keys = tuple(row[0] for row in rows if is_key(row[0]))
            having = f"WHERE {columns[0]} IN ({', '.join('?' * len(keys))})"
            expected = {row[0]: row for row in self._made.query(f"{sql} {having}", keys)}
            for n, row in enumerate(rows):
                if n in odd:
                    yield from odd[n]
                elif comparable and row[0] not in self._unreadable and (made := expected.pop(row[0], None)) != row:
                    yield self._difference(table, row[0], made, row)
            self._made.query(f"DELETE FROM {table} {having}", keys)
        for row in self._made.query(f"{sql} ORDER BY {columns[0]}") if comparable else ():
            if row[0] not in self._unreadable:
                yield self._difference(table, row[0], row, None)

    def _pages(self, transaction: Transaction, sql: str, key: str) -> Iterator[list[Row]]:
        """The table's rows, some at a time. By their number: a key may be anything, in the file of who owns it."""
        if self._streams is None:
            at = 0
            while rows := transaction.all(f"{sql} ORDER BY {key} LIMIT {_AT_ONCE} OFFSET {at}"):
                yield rows
                at += _AT_ONCE
            return
        streams = sorted(self._streams)
        for first in range(0, len(streams), _AT_ONCE):
            some = tuple(streams[first : first + _AT_ONCE])
            yield transaction.all(f"{sql} WHERE stream IN ({', '.join('?' * len(some))})", some)

    def _difference(self, table: str, key: str, expected: Row | None, actual: Row | None) -> VerifyFinding:
        if expected is None or actual is None:
            detail = "多出" if expected is None else "缺少"
        else:
            columns = zip(READ_MODEL[table], expected, actual, strict=True)
            detail = "、".join(name for name, ours, theirs in columns if ours != theirs) + " 不符："
        stream = key if READ_MODEL[table][0] == "stream" else None
        return VerifyFinding(
            token=Token.READ_MODEL_DIFFERS,
            message=f"{Token.READ_MODEL_DIFFERS.label}：表 {table} {detail}{key}",
            stream=stream,
        )


def _rulebook_in(transaction: Transaction) -> Rulebook:
    """The rulebook folded from its events: the read model is what is on trial."""
    return rulebook_of(*(_folded(transaction, stream) for stream in transaction.rulebook))


def _folded(transaction: Transaction, stream: str) -> Frozen | None:
    """The state of a stream; None when there is no such stream, or it cannot be read, which a whole `verify` names."""
    for rows in stream_pages(transaction, stream):
        with suppress(Exception):
            return fold_events(stream, None, list(map(stored_event, rows)))
    return None
