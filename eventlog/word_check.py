"""Are the words an event is found by those it says?"""

# ruff: noqa: S608  (question marks)

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence

from eventlog.backend import Row
from eventlog.database import Transaction
from eventlog.findings import Token, VerifyFinding
from eventlog.rows import EVENT_COLUMNS
from eventlog.words import WORD_COLUMNS, words_of, words_until

_AT_ONCE = 500
_PAYLOAD = EVENT_COLUMNS.split(", ").index("payload")
_STORED = f"SELECT {', '.join(WORD_COLUMNS)} FROM event_words WHERE rowid IN "
_PAIRS = "SELECT rowid, pairs FROM event_words WHERE rowid > ? ORDER BY rowid LIMIT 2000"
_STRAY = (
    "SELECT rowid, stream FROM event_words WHERE rowid > ? OR rowid NOT IN (SELECT position FROM events) ORDER BY rowid"
)


def word_problems(transaction: Transaction, rows: Sequence[Row], newest: int) -> Iterator[VerifyFinding]:
    """What differs of these events, whose cells are of their columns' types, of a log that reaches so far."""
    until = words_until(newest)
    sound = [row for row in rows if row[0] <= until]
    for first in range(0, len(sound), _AT_ONCE):
        some = sound[first : first + _AT_ONCE]
        places = tuple(row[0] for row in some)
        stored = {row[0]: row for row in transaction.all(f"{_STORED}({', '.join('?' * len(places))})", places)}
        for row in some:
            if stored.get(row[0]) != words_of(row[0], row[2], row[_PAYLOAD]):
                yield _finding(row[0], row[2])


def stray_words(transaction: Transaction, newest: int) -> Iterator[VerifyFinding]:
    """Words of no event, or of one whose block is not full."""
    for position, stream in transaction.all(_STRAY, (words_until(newest),)):
        yield _finding(position, stream)


def index_problems(transaction: Transaction) -> Iterator[VerifyFinding]:
    """Whether SQLite's index has each word as often as the rows say it: what it lost is found no more, without a word.

    It is read, not checked by SQLite's own command, which would have to write.
    """
    if transaction.is_postgresql:
        return
    indexed: Counter[str] = Counter()
    after = -(2**62)
    while rows := transaction.all(_PAIRS, (after,)):
        for _, pairs in rows:
            indexed.update(set(str(pairs).replace("/", " ").split()))
        after = rows[-1][0]
    transaction.all("CREATE VIRTUAL TABLE temp.indexed_words USING fts5vocab(main, event_words, row)")
    try:
        kept: dict[str, int] = dict(transaction.all("SELECT term, doc FROM temp.indexed_words"))
    except sqlite3.DatabaseError:
        kept = {}
    transaction.all("DROP TABLE temp.indexed_words")
    if kept != indexed:
        token = Token.READ_MODEL_DIFFERS
        yield VerifyFinding(token=token, message=f"{token.label}：表 event_words 的索引与其内容不符，查找会有遗漏")


def _finding(position: int, stream: object) -> VerifyFinding:
    token = Token.READ_MODEL_DIFFERS
    named = stream if isinstance(stream, str) and stream.isprintable() else None
    return VerifyFinding(token=token, message=f"{token.label}：表 event_words 第 {position} 行的字词不符", stream=named)
