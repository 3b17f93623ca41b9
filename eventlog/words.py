"""The words of what is recorded, as pairs of characters, so that a database finds 权属 in 管线权属不清 by an index.

Chinese has no blanks between words, and both databases index words; so each character and the next are one word here.
Width, case, unseen characters and traditional forms do not matter. Sealed texts, ids, terms, days and hashes are no
words. `event_words` holds a row for each event that says something: on SQLite it is an FTS5 table, on PostgreSQL a
table with a GIN index; on both the pairs stand in the order they are said in, so that a row can be held to a phrase.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import add
from typing import TYPE_CHECKING, Any

from domain.bounds import visible
from domain.envelope import Recorded
from domain.facts import is_sealed
from domain.ids import kind_of
from eventlog.backend import Row, Statement
from eventlog.database import Transaction
from eventlog.readmodel import LISTED

if TYPE_CHECKING:
    from opencc import OpenCC

MOST_CHARACTERS = 50_000
"""So many of one event are found again: PostgreSQL indexes no more than a megabyte of one row."""
WORD_COLUMNS = ("rowid", "stream", "pairs")
BLOCK = 64
"""So many events are put into the table at once: one by one would cost each append a third more. Until then, and these
are fewer than a block, a search reads them as they are."""
_RECORDED = "SELECT position, stream, payload FROM events WHERE position > ? AND position <= ?"
_NEWEST = "SELECT max(position) FROM events"
_PUT = "INSERT INTO event_words (rowid, stream, pairs) VALUES (?, ?, ?)"
_WITH = {
    False: "event_words MATCH ?",
    True: "array_to_tsvector(string_to_array(btrim(pairs), ' ')) @@ CAST(? AS tsquery)",
}
_SAYING = "FROM event_words WHERE {} AND rowid <= ? AND pairs LIKE ?"
_STREAMS = f"SELECT DISTINCT stream {_SAYING}"
_POSITIONS = f"SELECT rowid, stream {_SAYING}"
_OF_THE_MACHINE = re.compile(
    r"[a-z0-9]+(?:[-_/:.][a-z0-9]+)*"  # ids, terms, hashes
    r"|\d{4}-(?:\d\d(?:-\d\d(?:T[\d:.+Z-]+)?)?|[WQ]\d+(?:-[a-z]+)?)"  # days, moments, periods
)
"""What a field holds that nobody wrote as words; who looks for 2022 does not mean every limit of that year."""


def words_until(position: int) -> int:
    """The last event whose words are in the table, in a log that reaches so far."""
    return position // BLOCK * BLOCK


def put_words(events: Iterable[Row], newest: int) -> list[Statement]:
    """What makes these events (position, stream, payload), of a log that reaches so far, found by their words."""
    until = words_until(newest)
    rows = [row for event in events if event[0] <= until and (row := words_of(*event))]
    return [(_PUT, rows)] if rows else []


def put_full_blocks(transaction: Transaction, before: int, events: Sequence[Recorded]) -> list[Statement]:
    """What an append writes: nothing, or the words of all events of the blocks that are full with it."""
    since, newest = words_until(before), events[-1].position
    if words_until(newest) == since:
        return []
    added = [(event.position, event.stream, event.payload) for event in events]
    return put_words([*transaction.all(_RECORDED, (since, before)), *added], newest)


def words_of(position: int, stream: str, payload: str) -> Row | None:
    """The row of an event; None when it says nothing."""
    if kind_of(stream) not in LISTED:
        return None
    pairs = " / ".join([" ".join(_pairs(run)) for run in _runs(payload)])
    return (position, stream, f" {pairs} ") if pairs else None


def streams_with(transaction: Transaction, word: str, position: int) -> frozenset[str]:
    """The streams that say a word, which has no blanks, up to a position of the log."""
    indexed, read = _saying(transaction, word, position, _STREAMS)
    return frozenset((*(stream for (stream,) in indexed), *(stream for _, stream in read)))


def events_with(transaction: Transaction, word: str, position: int) -> dict[int, str]:
    """The events that say a word up to a position of the log: position → stream."""
    indexed, read = _saying(transaction, word, position, _POSITIONS)
    return dict((*((row[0], row[1]) for row in indexed), *read))


def _saying(transaction: Transaction, word: str, position: int, query: str) -> tuple[list[Row], list[tuple[int, str]]]:
    """What a query finds in the table of words, and events that are not in it yet and say the word."""
    pairs = _pairs(plain(word))
    if not pairs:
        return [], []
    if len(pairs) == 1:  # one character: whatever follows it
        asked = f"{pairs[0]}:*" if transaction.is_postgresql else f"{pairs[0]}*"
    else:
        pairs.pop()  # the last character alone only ends a text
        asked = (" & " if transaction.is_postgresql else " ").join(dict.fromkeys(pairs))
    newest = transaction.one(_NEWEST)
    until = words_until(newest[0] or 0) if newest else 0
    sql = query.format(_WITH[transaction.is_postgresql])
    indexed = transaction.all(sql, (asked, min(until, position), f"% {' '.join(pairs)}%"))
    wanted, rest = plain(word), transaction.all(_RECORDED, (until, position))
    read = [(at, stream) for at, stream, payload in rest if any(wanted in run for run in _runs(payload))]
    return indexed, read


def plain(text: str) -> str:
    """The text as it is compared: width, case, unseen characters and traditional forms do not matter."""
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.translate(_PLAIN)


def _runs(payload: str) -> Iterator[str]:
    """What is said in an event, in pieces without blanks."""
    left = MOST_CHARACTERS
    try:
        parsed = json.loads(payload)
    except (ValueError, TypeError):  # somebody wrote into the log: `verify` names it, and nobody is held up
        return
    for run in plain("\n".join(_said(parsed, []))).split():
        if left <= 0:
            return
        yield run[:left]
        left -= len(run)


def _said(value: Any, texts: list[str], key: str = "") -> list[str]:
    """The words in what was parsed from JSON, put behind those found before."""
    kind = value.__class__
    if kind is str:
        if (key == "title" or not _OF_THE_MACHINE.fullmatch(value)) and not is_sealed(value):
            texts.append(value)
    elif kind is dict:
        for name, item in value.items():
            _said(item, texts, name)
    elif kind is list:
        for item in value:
            _said(item, texts)
    return texts


def _pairs(run: str) -> list[str]:
    """Each character with the next, and the last alone; in hexadecimal, which no database takes apart."""
    codes = list(map(_CODES.__getitem__, run))
    return [*map(add, codes, codes[1:]), *codes[-1:]]


class _Codes(dict[str, str]):
    """Character → its code point in five hexadecimal digits."""

    def __missing__(self, char: str) -> str:
        code = self[char] = f"{ord(char):05x}"
        return code


_CODES = _Codes()


class _Plain(dict[int, str]):
    """Character → how it is compared, one by one: what a word becomes must not depend on what stands around it."""

    def __missing__(self, code: int) -> str:
        char = unicodedata.normalize("NFKC", visible(chr(code))).casefold()
        self[code] = char if all(map(_is_everyday, char)) else _to_simplified().convert(char)
        return self[code]


_PLAIN = _Plain()
_SECOND_LEVEL = b"\xd8"


def _is_everyday(char: str) -> bool:
    """Of the first level of GB 2312, where only 乾 is traditional; saves loading the dictionary for most texts."""
    return char.isascii() or (b"" < char.encode("gb2312", "ignore") < _SECOND_LEVEL and char != "乾")


@lru_cache(maxsize=1)
def _to_simplified() -> "OpenCC":
    from opencc import OpenCC  # noqa: PLC0415  (50 ms, and few texts are traditional)

    return OpenCC("t2s")
