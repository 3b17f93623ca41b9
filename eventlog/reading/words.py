"""Words in what was recorded of matters: points, reports, problems, decisions, instructions' bases, whatever it is."""

import json
import re
from collections.abc import Iterator
from typing import Any

from domain.base import refuse
from domain.facts import is_sealed
from eventlog.database import Database

MOST_CHARACTERS = 200
_SAYING = (
    "SELECT stream, payload FROM events WHERE stream LIKE ? AND position <= ? AND LOWER(payload) LIKE ? ESCAPE '~'"
)

_OF_THE_MACHINE = re.compile(
    r"[a-z0-9]+(?:[-_/:.][a-z0-9]+)*"  # ids, terms, hashes
    r"|\d{4}-(?:\d\d(?:-\d\d(?:T[\d:.+Z-]+)?)?|[WQ]\d+(?:-[a-z]+)?)"  # days, moments, periods
)
"""What a field holds that nobody wrote as words; who looks for 2022 does not mean every limit of that year."""


def streams_saying(database: Database, words: str, position: int) -> frozenset[str]:
    """The matters whose recorded events, up to a position, say each of these words; sealed texts say nothing.

    Raises:
        Refusal: `malformed`, when the words are too long for a database to look for.
    """
    refuse(len(words) > MOST_CHARACTERS, f"要找的字词太长（{len(words)}字），最多{MOST_CHARACTERS}字", "malformed")
    wanted = [word.casefold() for word in words.split()]
    streams = [_saying(database, word, position) for word in wanted]
    return frozenset.intersection(*streams) if streams else frozenset()


def _saying(database: Database, word: str, position: int) -> frozenset[str]:
    """The database finds the rows, also by their keys or escapes; what is said in them decides."""
    escaped = json.dumps(word, ensure_ascii=False)[1:-1]
    for sign in "~%_":
        escaped = escaped.replace(sign, f"~{sign}")
    with database.reading() as transaction:
        rows = transaction.all(_SAYING, ("matter/%", position, f"%{escaped}%"))
    return frozenset(stream for stream, payload in rows if any(word in text for text in _said(json.loads(payload))))


def _said(value: Any) -> Iterator[str]:
    match value:
        case str():
            if not is_sealed(value) and not _OF_THE_MACHINE.fullmatch(value):
                yield value.casefold()
        case dict():
            for item in value.values():
                yield from _said(item)
        case list():
            for item in value:
                yield from _said(item)
