"""What a walk over the whole log knows of each stream: in memory of a few of them, however many there are."""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from domain.base import Frozen
from domain.ids import kind_of
from eventlog.errors import LogUnreachable
from eventlog.readmodel import Placed, parse_state, state_text

LIVE = 256
"""Streams that are in memory; the one that rested longest makes room for the next."""
_KEPT_OF = 32
"""Of so many that come back from their rest, one stands as one that went on; the others are the first to rest again."""
_PAGE = 50

T = TypeVar("T")


class NoRoomError(LogUnreachable):
    """What a walk puts aside finds no place on the disk; nothing is wrong with the log (exit 5)."""

    def __init__(self) -> None:
        """The line for the person."""
        super().__init__(
            "临时文件写不下，没有做完，日志没有变动；请清理 /var/tmp 所在的磁盘，"
            "或用环境变量 SQLITE_TMPDIR 指定别的目录，再用同一命令重试"
        )


class _Temporary(sqlite3.Connection):
    """Tells its own disk's troubles from those of the log's."""

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        try:
            return super().execute(sql, parameters)
        except sqlite3.OperationalError as error:
            raise NoRoomError from error

    def executemany(self, sql: str, parameters: Any) -> sqlite3.Cursor:
        try:
            return super().executemany(sql, parameters)
        except sqlite3.OperationalError as error:
            raise NoRoomError from error


def temporary_database() -> sqlite3.Connection:
    """An empty one, in a file nobody else can open, which SQLite deletes; little of it is in memory.

    It raises `NoRoomError` where there is none for it.
    """
    connection = sqlite3.connect("", isolation_level=None, factory=_Temporary)
    connection.execute("PRAGMA cache_size = -512")
    return connection


class Resting(Generic[T]):
    """Stream → what is known of it: of those that went on lately as values, of the others as rows on the disk."""

    def __init__(self, columns: int, row_of: Callable[[T], Sequence[Any]], of_row: Callable[[str, Sequence[Any]], T]):
        """Of no stream yet.

        Args:
            columns: how many a row has.
            row_of: a value as it rests.
            of_row: the value of a stream by its row.
        """
        self._row_of, self._of_row = row_of, of_row
        self._live: OrderedDict[str, T] = OrderedDict()
        self._latest, self._woken = "", 0
        self._disk = temporary_database()
        cells = ", ".join(f"c{n}" for n in range(columns))
        self._disk.execute(f"CREATE TABLE resting (stream TEXT PRIMARY KEY, {cells}) WITHOUT ROWID")
        self._put = f"INSERT INTO resting VALUES (?{', ?' * columns})"  # noqa: S608  (question marks)

    def get(self, stream: str) -> T | None:
        """What is known of a stream, which may be changed in place; None when nothing is.

        Where more go on in turns than there is room for, the one that rested longest is always the next to go on. So
        who wakes is the first to rest again, until he is asked for anew after another: most of the others stay awake.
        """
        again, self._latest = stream == self._latest, stream
        if stream in self._live:
            if not again:
                self._live.move_to_end(stream)
            return self._live[stream]
        row = self._disk.execute("SELECT * FROM resting WHERE stream = ?", (stream,)).fetchone()
        if row is None:
            return None
        self._disk.execute("DELETE FROM resting WHERE stream = ?", (stream,))
        self[stream] = value = self._of_row(stream, row[1:])
        self._woken += 1
        if self._woken % _KEPT_OF:
            self._live.move_to_end(stream, last=False)
        return value

    def __setitem__(self, stream: str, value: T) -> None:
        """Know this of a stream that was asked for before."""
        self._live[stream] = value
        if len(self._live) > LIVE:
            rested, before = self._live.popitem(last=False)
            self._disk.execute(self._put, (rested, *self._row_of(before)))

    def forget(self, stream: str) -> None:
        """Know nothing of a stream any more."""
        self._live.pop(stream, None)
        self._disk.execute("DELETE FROM resting WHERE stream = ?", (stream,))

    def __len__(self) -> int:
        """Of how many streams something is known."""
        return len(self._live) + int(self._disk.execute("SELECT count(*) FROM resting").fetchone()[0])

    def __iter__(self) -> Iterator[T]:
        """What is known of each; who rests is read a page at a time, and rests on."""
        return chain(tuple(self._live.values()), self._at_rest())

    def _at_rest(self) -> Iterator[T]:
        after = ""
        while rows := self._disk.execute(
            "SELECT * FROM resting WHERE stream > ? ORDER BY stream LIMIT ?", (after, _PAGE)
        ).fetchall():
            yield from (self._of_row(row[0], row[1:]) for row in rows)
            after = rows[-1][0]


class EventPlace(NamedTuple):
    """Where an event stands that is not at hand any more."""

    stream: str
    version: int
    position: int


@dataclass(slots=True)
class Folding:
    """A stream on the way from its events to its state: its first event, its last, its state, since when it rests."""

    first: Placed
    last: Placed
    state: Frozen
    ended: int


def folded_streams() -> Resting[Folding]:
    """The streams of a log that is folded; a state rests as the text of its snapshot would be."""
    return Resting(6, _row_of, _of_row)


def _row_of(one: Folding) -> Sequence[Any]:
    first, last = one.first, one.last
    return (first.version, first.position, last.version, last.position, one.ended, state_text(one.state))


def _of_row(stream: str, row: Sequence[Any]) -> Folding:
    first_version, first_position, version, position, ended, text = row
    first, last = EventPlace(stream, first_version, first_position), EventPlace(stream, version, position)
    return Folding(first, last, parse_state(kind_of(stream), text), ended)
