"""What may enter at all: the bounds of dates, numbers, ids and characters, in one place.

They hold for what is asked (commands, options, files), never for what is stored: an old log folds whatever it holds.
Characters nobody sees are dropped when an order is made; everything else out of bounds is refused in one line.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, StringConstraints

from domain.base import FieldRefusal, refuse, refuse_always
from domain.facts import MOST_LINE, OF_THE_LOG, AtMost, is_sealed
from domain.field_names import field_name

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
_BESIDE_A_SEAL = 200
"""Characters: its form, the number of its key, nonce and tag."""
_UNSEEN = frozenset(map(chr, _VISIBLE))
_UNSEEN_OR_HALF = re.compile(f"[{''.join(map(re.escape, sorted(_UNSEEN)))}]|{_SURROGATE.pattern}")

T = TypeVar("T", bound=BaseModel)


def visible(text: str) -> str:
    """The text without characters nobody sees: zero-width, bidi and control characters; line breaks and tabs stay."""
    if _UNSEEN.isdisjoint(text):
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
    refuse(*_implausible(year), "malformed")
    return year


def _implausible(year: int) -> tuple[bool, str]:
    return not FIRST_YEAR <= year <= LAST_YEAR, f"年份{year}不在{FIRST_YEAR}–{LAST_YEAR}之间，请核对"


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


def within_bounds(value: Any, held: BaseModel | None = None) -> None:
    """Refuse a command that holds a date, a number or a text out of bounds, wherever it stands in it.

    What is sealed was measured before and is as long as what was measured may be; what repeats the log (`OF_THE_LOG`)
    is as long as it was recorded, and so is a text that stands in what is `held` already, recorded under other bounds.

    Raises:
        FieldRefusal: `malformed`, by the field of the command; a `Refusal` of what stands in none.
    """
    _check(value, _Place(held=held))


class _Place(NamedTuple):
    """Where a value stands: in which command, under which names, and how many characters it may have there."""

    model: str = ""
    path: tuple[str | int, ...] = ()
    most: int | None = None
    of_the_log: bool = False
    held: BaseModel | None = None

    def refuse(self, when: bool, message: str) -> None:
        """Refuse what stands here, by the office's name for it."""
        if when and self.path:
            field = ".".join(part for part in self.path if isinstance(part, str))
            raise FieldRefusal(field, f"{field_name(self.model, self.path)}：{message}")
        refuse(when, message, "malformed")

    def beneath(self, part: str | int, bound: "_Bound | None" = None) -> "_Place":
        """A field or an item of what stands here."""
        of_the_log = self.of_the_log or (bound is not None and bound.of_the_log)
        return _Place(self.model, (*self.path, part), bound.most if bound else self.most, of_the_log, self.held)


@dataclass(frozen=True)
class _Bound:
    """What the type of a field says of its texts."""

    most: int | None
    """None: only the 64 KiB of every text."""
    of_the_log: bool


@cache
def bounds_of(model: type[BaseModel]) -> dict[str, _Bound]:
    """How long the texts of each field may be: as the type says; a name or an id, of which it says nothing, a line."""
    bounds: dict[str, _Bound] = {}
    for name, field in model.model_fields.items():
        marks = list(_marks(field.annotation, field.metadata))
        most = next((mark.characters for mark in marks if isinstance(mark, AtMost)), None)
        is_words = any(isinstance(mark, StringConstraints) for mark in marks)
        bounds[name] = _Bound(most or (None if is_words else MOST_LINE), of_the_log=OF_THE_LOG in marks)
    return bounds


def _marks(annotation: Any, metadata: Sequence[Any]) -> Iterator[Any]:
    """What the type of a field is annotated with, at any depth of it."""
    yield from metadata
    inner = get_args(annotation)
    if get_origin(annotation) is Annotated:
        yield from inner[1:]
        inner = inner[:1]
    for one in inner:
        yield from _marks(one, ())


def _sealed_length(characters: int) -> int:
    """Characters of the longest ciphertext of so many: four bytes each, in base64, and what stands beside."""
    return _BESIDE_A_SEAL + characters * 4 * 4 // 3


def _check_text(text: str, at: _Place) -> None:
    at.refuse(bool(text) and not visible(text).strip(), "只含看不见的字符，请重新填写")
    at.refuse(_SURROGATE.search(text) is not None, "文字不是有效的 UTF-8，请重新填写")
    if at.most is not None and not at.of_the_log:
        most = _sealed_length(at.most) if is_sealed(text) else at.most
        at.refuse(len(text) > most and not _holds(at.held, text), f"有{len(text)}字，最多{at.most}字")


def _holds(held: Any, text: str) -> bool:
    """Whether a text stands in something, word for word."""
    match held:
        case str():
            return held == text
        case BaseModel():
            return any(_holds(getattr(held, name), text) for name in type(held).model_fields)
        case tuple():
            return any(_holds(item, text) for item in held)
        case _:
            return False


def _check(value: Any, at: _Place) -> None:
    match value:
        case str():
            _check_text(value, at)
        case bool() | None:
            pass
        case int():
            at.refuse(abs(value) >= 10**MOST_DIGITS, f"数字超过{MOST_DIGITS}位，请核对")
        case datetime():
            at.refuse(value.tzinfo is None, "时间没有写明时区，请写成 2022-03-31T09:30:00+08:00")
            at.refuse(*_implausible(value.year))
        case date():
            at.refuse(*_implausible(value.year))
        case BaseModel():
            place = at if at.model else at._replace(model=type(value).__name__)
            for name, bound in bounds_of(type(value)).items():
                _check(getattr(value, name), place.beneath(name, bound))
        case tuple() | list():
            for no, item in enumerate(value):
                _check(item, at.beneath(no) if at.model else at)
        case Mapping():
            for key, item in value.items():
                _check(key, at)
                _check(item, at.beneath(key) if at.model else at)
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
