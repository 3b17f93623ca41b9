"""Numbers given to papers: which a matter holds, and which were skipped on purpose, the only gaps a series may have."""

import re
from typing import ClassVar

from domain.base import Frozen, Refusal
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.matter import Matter

_HELD = (("matter", re.compile(r"[A-Z][A-Z0-9]*-(\d{4})-(\d+)")), ("urge", re.compile(r"催〔(\d{4})〕(\d+)号")))
"""Kind of series, and how the events of that kind render their numbers."""


def numbers_held(matter: Matter) -> dict[str, int]:
    """Series → the newest number this matter was given: its own, and that of its last 催办单."""
    texts = {"matter": matter.number, "urge": matter.last_urge_no or ""}
    matches = ((kind, shape.fullmatch(texts[kind])) for kind, shape in _HELD)
    return {f"{kind}/{match[1]}": int(match[2]) for kind, match in matches if match}


_DASHED = re.compile(r"([A-Z][A-Z0-9]*|[\u4e00-\u9fff]+)-(\d{4})-(\d{1,6})")
_BRACKETED = re.compile(r"([\u4e00-\u9fffA-Za-z]+)〔(\d{4})〕(\d{1,6})号")
_DASHED_SERIES = {"HY": "meeting", "简报": "bulletin/briefing", "动态": "bulletin/news"}
_BRACKETED_SERIES = {"催": "urge", "香指纪": "minutes", "授权": "delegation", "收": "incoming", "督查": "onsite"}
"""What stands before the year → the kind of series; other dashed numbers are a matter's, other bracketed a paper's."""


def number_on_paper(words: str) -> tuple[str, int]:
    """Series and number of what is printed on a paper: XMH-2026-057, 催〔2026〕12号, 简报-2026-07.

    Raises:
        Refusal: `malformed`, it is no such number.
    """
    plain = words.strip()
    if match := _DASHED.fullmatch(plain):
        return f"{_DASHED_SERIES.get(match[1], 'matter')}/{match[2]}", int(match[3])
    match = _BRACKETED.fullmatch(plain)
    if match is None:
        raise Refusal(f"“{words}”不是编号，写成 XMH-2026-057、催〔2026〕12号、简报-2026-07 的样子", "malformed")
    return f"{_BRACKETED_SERIES.get(match[1], f'paper/{match[1]}')}/{match[2]}", int(match[3])


class NumbersAdvanced(Event):
    """A series was moved past numbers already seen outside: the log had been restored from an older copy."""

    label: ClassVar[str] = "跳过编号"
    name: str
    past: int
    reason: str


class NumberLedger(Frozen):
    """For each series that was ever moved, the number it was last moved past."""

    past: dict[str, int] = {}


def evolve_numbers(state: NumberLedger | None, recorded: Recorded) -> NumberLedger:
    """Fold one event of the numbers' stream."""
    ledger = state or NumberLedger()
    event = decode(recorded)
    if isinstance(event, NumbersAdvanced):
        return ledger.model_copy(update={"past": {**ledger.past, event.name: event.past}})
    raise TypeError(f"{type(event).__name__} does not belong to the numbers")


def year_and_tail(number: str) -> tuple[int, int | None]:
    """2022 and 7 of XMH-2022-007: what people mean by 7; 0 and None where a number has none."""
    year, tail = re.search(r"-(\d{4})-", number), re.search(r"(\d{1,15})\D*$", number)
    return int(year[1]) if year else 0, int(tail[1]) if tail else None
