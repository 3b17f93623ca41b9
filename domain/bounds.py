"""What may enter at all: the bounds of dates, numbers, ids and characters, in one place.

They hold for what is asked (commands, options, files), never for what is stored: an old log folds whatever it holds.
Characters nobody sees are dropped when an order is made; everything else out of bounds is refused in one line.
"""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from domain.base import refuse, refuse_always

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""Before the first there was no such office; beyond the last nobody means it, and spreadsheets give out."""
MOST_DIGITS = 15
"""Digits of a whole number. Python, the databases' text and Temporal's payloads carry more; two readers do not.

A number of canonical JSON (RFC 8785) is a double, exact to 2^53: whoever checks the log by another implementation would
hash and show a longer one as another, so that `canonical` refuses it. And a cell of a spreadsheet keeps fifteen digits,
in what comes in and in what is handed out. A number that is not the same everywhere is worse than a refusal.
"""
COMMAND_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@#+/=-]{7,127}(?:-[0-9]{1,6})?")
"""Eight to 128 plain characters; `-n` is added where one run sends several commands."""

_KEPT_CONTROLS = "\n\t"
_INVISIBLE = frozenset(
    {0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x2800, 0x3164, 0xFEFF, 0xFFA0}
    | {*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070)}
    | {*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)}
)
"""Zero-width, bidi, filler and tag characters. Variation selectors stay: rare surnames are written with them."""
_VISIBLE: dict[int, str | None] = {
    **dict.fromkeys(_INVISIBLE),
    **dict.fromkeys(n for n in (*range(0x20), *range(0x7F, 0xA0)) if chr(n) not in _KEPT_CONTROLS),
    **dict.fromkeys(map(ord, "\r\v\f\x85\u2028\u2029"), "\n"),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSEEN = re.compile(f"[{''.join(re.escape(chr(n)) for n in sorted(_VISIBLE))}]")
_UNSEEN_OR_HALF = re.compile(f"{_UNSEEN.pattern}|{_SURROGATE.pattern}")

T = TypeVar("T", bound=BaseModel)


def visible(text: str) -> str:
    """The text without characters nobody sees: zero-width, bidi and control characters; line breaks and tabs stay."""
    if _UNSEEN.search(text) is None:
        return text
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def unseen_escaped(document: str) -> str:
    """A JSON text with an escape for each such character, and for halves of one: it reads as the same document."""
    return _UNSEEN_OR_HALF.sub(lambda found: json.dumps(found[0])[1:-1], document)


def seen(text: str) -> str:
    """A text on one line, as it may be echoed to a terminal: whatever would move the cursor is gone."""
    return storable(" ".join(visible(text).split()))


def storable(text: str) -> str:
    """The text with a mark for each half of a character, which nothing can be encoded with."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def is_command_id(text: str) -> bool:
    """Whether a command may be called so."""
    return COMMAND_ID.fullmatch(text) is not None


def plausible(day: date) -> date:
    """The day, unless its year is out of bounds.

    Raises:
        Refusal: `malformed`.
    """
    plausible_year(day.year)
    return day


def plausible_year(year: int) -> int:
    """The year, unless it is out of bounds.

    Raises:
        Refusal: `malformed`.
    """
    refuse(not FIRST_YEAR <= year <= LAST_YEAR, f"年份{year}不在{FIRST_YEAR}–{LAST_YEAR}之间，请核对", "malformed")
    return year


def cleaned(value: T) -> T:
    """A command without characters nobody sees. A text of nothing else stays, for `within_bounds` to refuse."""
    changed = {
        name: clean
        for name in type(value).model_fields
        if (clean := _cleaned(before := getattr(value, name))) is not before
    }
    return value.model_copy(update=changed) if changed else value


def _cleaned(value: Any) -> Any:
    match value:
        case str() if type(value) is str:
            plain = visible(value)
            return value if plain == value or not plain.strip() else plain
        case BaseModel():
            return cleaned(value)
        case tuple():
            items = tuple(map(_cleaned, value))
            return value if all(a is b for a, b in zip(items, value, strict=True)) else items
        case Mapping():
            entries = {key: _cleaned(item) for key, item in value.items()}
            return value if all(entries[key] is value[key] for key in value) else entries
        case _:
            return value


def within_bounds(value: Any) -> None:
    """Refuse a command that holds a date, a number or a text out of bounds, wherever it stands in it.

    Raises:
        Refusal: `malformed`.
    """
    match value:
        case str():
            nothing = bool(value) and not visible(value).strip()
            refuse(nothing, "有一项文字只含看不见的字符，请重新填写", "malformed")
            refuse(_SURROGATE.search(value) is not None, "文字不是有效的 UTF-8，请重新填写", "malformed")
        case bool() | None:
            pass
        case int():
            refuse(abs(value) >= 10**MOST_DIGITS, f"数字超过{MOST_DIGITS}位，请核对", "malformed")
        case datetime():
            refuse(value.tzinfo is None, "时间没有写明时区，请写成 2022-03-31T09:30:00+08:00", "malformed")
            plausible(value)
        case date():
            plausible(value)
        case BaseModel():
            for name in type(value).model_fields:
                within_bounds(getattr(value, name))
        case tuple() | list():
            for item in value:
                within_bounds(item)
        case Mapping():
            for key, item in value.items():
                within_bounds(key)
                within_bounds(item)
        case _:
            pass


def named(command_id: str) -> str:
    """The id a person gave a command.

    Raises:
        Refusal: `malformed`: it is too short, too long, or not of the plain alphabet.
    """
    if not is_command_id(command_id):
        unusable = f"命令编号“{seen(command_id)[:40]}”不合用：须为 8 至 128 位英文字母、数字和 . _ : @ # + / = -"
        refuse_always(unusable, "malformed")
    return command_id


def no_truth_value(value: object) -> object:
    """For whole numbers of commands: a yes or no is not one."""
    if isinstance(value, bool):
        raise ValueError("须是数字，不能写 true 或 false")  # noqa: TRY004  (pydantic tells a ValueError)
    return value
