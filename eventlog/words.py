"""The words of what is recorded, as pairs of characters, so that a database finds 权属 in 管线权属不清 by an index.

Chinese has no blanks between words, and both databases index words; so each character and the next are one word here.
Width, case, unseen characters and traditional forms do not matter. Sealed texts, ids, terms, days and hashes are no
words. `event_words` holds a row for each event that says something: on SQLite it is an FTS5 table, on PostgreSQL a
table with a GIN index; on both the pairs stand in the order they are said in, so that a row can be held to a phrase.
Rows are written a block of events at a time (`eventlog.blocks`); until then a search reads the events as they are.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import add
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from domain.bounds import visible
from domain.facts import is_sealed
from domain.ids import kind_of
from eventlog.backend import Row, Statement
from eventlog.blocks import filled_until
from eventlog.database import Transaction
from eventlog.readmodel import LISTED

if TYPE_CHECKING:
    from opencc import OpenCC

MOST_CHARACTERS = 50_000
"""So many of one event are found again: PostgreSQL indexes no more than a megabyte of one row."""
WORD_COLUMNS = ("rowid", "stream", "pairs")
_AT_ONCE = 2**19
"""Characters of payloads that are put together: what is made of them takes fifty times as many bytes for a moment."""
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
_UNIT, _DIGITS = 8, 5
"""Digits of a character in UTF-32, and those that are kept."""
_PAIR = 2 * _DIGITS + 1
"""Of two characters, with the blank behind them."""
_LINE_ENDS = re.compile("0000a 0000a[^ ]+")
"""In pairs: behind the last character of a line, and before the first of the next."""
_BETWEEN = "\uffff"
"""Stands between events whose texts are put together, and is no character; where one holds it, they are not."""
_PARTED = f" / {ord(_BETWEEN):0{_DIGITS}x} / "
_OF_THE_MACHINE = re.compile(
    r"[a-z0-9]+(?:[-_/:.][a-z0-9]+)*"  # ids, terms, hashes
    r"|\d{4}-(?:\d\d(?:-\d\d(?:T[\d:.+Z-]+)?)?|[WQ]\d+(?:-[a-z]+)?)"  # days, moments, periods
)
"""What a field holds that nobody wrote as words; who looks for 2022 does not mean every limit of that year."""


def put_words(events: Iterable[Row]) -> list[Statement]:
    """What makes these events (position, stream, payload), whose block is full, found by their words."""
    rows = [row for row in word_rows(list(events)) if row]
    return [(_PUT, rows)] if rows else []


def words_of(position: int, stream: str, payload: str) -> Row | None:
    """The row of an event; None when it says nothing."""
    lines = "\n".join(_runs(payload)) if kind_of(stream) in LISTED else ""
    return (position, stream, f" {_LINE_ENDS.sub(' /', _pairs(lines))} ") if lines else None


def word_rows(events: Sequence[Row]) -> list[Row | None]:
    """Of each event (position, stream, payload) what `words_of` gives, for many together at two thirds of the price."""
    if len(events) > 1 and sum(len(payload) for _, _, payload in events) > _AT_ONCE:
        middle = len(events) // 2
        return [*word_rows(events[:middle]), *word_rows(events[middle:])]
    raw = ["\n".join(_said(_parsed(payload), [])) if kind_of(stream) in LISTED else "" for _, stream, payload in events]
    texts = plain(_BETWEEN.join(raw)).split(_BETWEEN)
    if len(texts) != len(events) or max(map(len, texts)) > MOST_CHARACTERS:
        return [words_of(*event) for event in events]
    lines = ["\n".join(text.split()) for text in texts]
    pairs = iter(_LINE_ENDS.sub(" /", _pairs(f"\n{_BETWEEN}\n".join(filter(None, lines)))).split(_PARTED))
    return [
        (at, stream, f" {next(pairs)} ") if text else None for (at, stream, _), text in zip(events, lines, strict=True)
    ]


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
    pairs = _pairs(plain(word)).split()
    if not pairs:
        return [], []
    if len(pairs) == 1:  # one character: whatever follows it
        asked = f"{pairs[0]}:*" if transaction.is_postgresql else f"{pairs[0]}*"
    else:
        pairs.pop()  # the last character alone only ends a text
        asked = (" & " if transaction.is_postgresql else " ").join(dict.fromkeys(pairs))
    newest = transaction.one(_NEWEST)
    until = filled_until(newest[0] or 0) if newest else 0
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
    parsed = _parsed(payload)
    for run in plain("\n".join(_said(parsed, []))).split():
        if left <= 0:
            return
        yield run[:left]
        left -= len(run)


def _parsed(payload: str) -> Any:
    """The JSON of a payload; None where it is none: `verify` names who wrote into the log, and nobody is held up."""
    try:
        return from_json(payload)  # at a third of the price of `json`
    except (ValueError, TypeError):
        return None


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


def _pairs(text: str) -> str:
    """Each character with the next, and the last alone, by blanks; in hexadecimal, which no database takes apart.

    Put together digit by digit of all characters at once, and not character by character, in half the time.
    """
    digits = text.encode("utf-32-be", "surrogatepass").hex().encode()
    if digits[_UNIT - _DIGITS - 1 :: _UNIT].strip(b"0"):  # of planes no script is in: they have a digit more
        codes = [f"{ord(char):0{_DIGITS}x}" for char in text]
        return " ".join([*map(add, codes, codes[1:]), *codes[-1:]])
    pairs = bytearray(b" " * (_PAIR * len(text) - _DIGITS - 1))
    for n in range(_DIGITS):
        column = digits[_UNIT - _DIGITS + n :: _UNIT]
        pairs[n::_PAIR] = column
        pairs[_DIGITS + n :: _PAIR] = column[1:]
    return pairs.decode()


class _Plain(dict[int, str]):
    """Character → how it is compared, one by one: what a word becomes must not depend on what stands around it."""

    def __missing__(self, code: int) -> str:
        char = unicodedata.normalize("NFKC", visible(chr(code))).casefold()
        self[code] = char if all(map(_is_everyday, char)) else _to_simplified().convert(char)
        return self[code]


_PLAIN = _Plain({ord(_BETWEEN): _BETWEEN})
_SECOND_LEVEL = b"\xd8"


def _is_everyday(char: str) -> bool:
    """Of the first level of GB 2312, where only 乾 is traditional; saves loading the dictionary for most texts."""
    return char.isascii() or (b"" < char.encode("gb2312", "ignore") < _SECOND_LEVEL and char != "乾")


@lru_cache(maxsize=1)
def _to_simplified() -> "OpenCC":
    from opencc import OpenCC  # noqa: PLC0415  (50 ms, and few texts are traditional)

    return OpenCC("t2s")
