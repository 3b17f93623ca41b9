"""Are the words an event is found by those it says?"""

# ruff: noqa: S608  (question marks)

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from eventlog.backend import Row
from eventlog.blocks import filled_until
from eventlog.database import Transaction
from eventlog.findings import Token, VerifyFinding
from eventlog.rows import EVENT_COLUMNS
from eventlog.typed import LARGEST
from eventlog.words import WORD_COLUMNS, word_rows

_AT_ONCE = 500
_MOST_CHARACTERS = 2**20
_PAYLOAD = EVENT_COLUMNS.split(", ").index("payload")
_STORED = f"SELECT {', '.join(WORD_COLUMNS)} FROM event_words WHERE rowid"
_BETWEEN = f"{_STORED} > ? AND rowid <= ? ORDER BY rowid LIMIT {_AT_ONCE}"
_STRAY = (
    "SELECT rowid, stream FROM event_words WHERE rowid > ? OR rowid NOT IN (SELECT position FROM events) ORDER BY rowid"
)


def word_problems(transaction: Transaction, rows: Sequence[Row], newest: int) -> Iterator[VerifyFinding]:
    """What differs of these events, whose cells are of their columns' types, of a log that reaches so far."""
    until = filled_until(newest)
    for some in _parts([row for row in rows if row[0] <= until]):
        places = tuple(row[0] for row in some)
        stored = transaction.all(f"{_STORED} IN ({', '.join('?' * len(places))})", places)
        yield from _differing(some, {row[0]: row for row in stored})


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The events so many at a time that what they say is not much."""
    first = size = 0
    for n, row in enumerate(rows):
        size += len(row[_PAYLOAD])
        if n - first == _AT_ONCE or size > _MOST_CHARACTERS:
            if n > first:
                yield rows[first:n]
            first, size = n, len(row[_PAYLOAD])
    if rows:
        yield rows[first:]


def _differing(rows: Sequence[Row], stored: Mapping[object, Row]) -> Iterator[VerifyFinding]:
    """The events whose stored row is another than what they say gives."""
    expected = word_rows([(row[0], row[2], row[_PAYLOAD]) for row in rows])
    for row, words in zip(rows, expected, strict=True):
        if stored.get(row[0]) != words:
            yield _finding(row[0], row[2])


class WordsPassing:
    """Holds the table of words to the events as these pass by in the order of `position`, and its index to the table.

    What the rows say is counted on the way, so that none is read twice.
    """

    def __init__(self, newest: int) -> None:
        """Nothing has passed of a log that reaches so far."""
        self._until, self._at = filled_until(newest), -LARGEST
        self._said = Counter[str]()
        """Pair → how many rows of the table say it."""

    def problems(self, transaction: Transaction, rows: Sequence[Row]) -> Iterator[VerifyFinding]:
        """What differs of the next events, whose cells are of their columns' types."""
        for some in _parts(rows):
            places = {row[0] for row in some}
            stored = {row[0]: row for row in self._passed(transaction, some[-1][0]) if row[0] in places}
            yield from _differing([row for row in some if row[0] <= self._until], stored)

    def rest(self, transaction: Transaction) -> Iterator[VerifyFinding]:
        """Words of no event, or of one whose block is not full; and whether SQLite's index has what the table has."""
        for position, stream in transaction.all(_STRAY, (self._until,)):
            yield _finding(position, stream)
        for _ in self._passed(transaction, LARGEST - 1):
            pass  # they are counted
        if not transaction.is_postgresql:
            yield from self._index_problems(transaction)

    def _passed(self, transaction: Transaction, position: int) -> Iterator[Row]:
        """The rows up to a position behind those that passed, counted; some at a time: there may be any of no event."""
        while rows := transaction.all(_BETWEEN, (self._at, position)):
            self._at = rows[-1][0]
            if not transaction.is_postgresql:
                self._said.update(chain.from_iterable(set(str(row[-1]).replace("/", " ").split()) for row in rows))
            yield from rows
            if len(rows) < _AT_ONCE:
                break
        self._at = position

    def _index_problems(self, transaction: Transaction) -> Iterator[VerifyFinding]:
        """Whether the index has each word as often as the rows say it: what it lost is found no more, without a word.

        It is read, not checked by SQLite's own command, which would have to write.
        """
        transaction.all("CREATE VIRTUAL TABLE temp.indexed_words USING fts5vocab(main, event_words, row)")
        try:
            kept: dict[str, int] = dict(transaction.all("SELECT term, doc FROM temp.indexed_words"))
        except sqlite3.DatabaseError:
            kept = {}
        transaction.all("DROP TABLE temp.indexed_words")
        if kept != self._said:
            token = Token.READ_MODEL_DIFFERS
            yield VerifyFinding(token=token, message=f"{token.label}：表 event_words 的索引与其内容不符，查找会有遗漏")


def _finding(position: int, stream: object) -> VerifyFinding:
    token = Token.READ_MODEL_DIFFERS
    named = stream if isinstance(stream, str) and stream.isprintable() else None
    return VerifyFinding(token=token, message=f"{token.label}：表 event_words 第 {position} 行的字词不符", stream=named)
