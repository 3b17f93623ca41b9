"""Numbers given to papers: which a matter holds, and which were skipped on purpose, the only gaps a series may have."""

import re
from typing import ClassVar

from domain.base import Frozen
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.fold import Fold
from domain.matter import Matter

_HELD = (("matter", re.compile(r"[A-Z][A-Z0-9-]*-(\d{4})-(\d+)")), ("urge", re.compile(r"催〔(\d{4})〕(\d+)号")))
"""Kind of series, and how the events of that kind render their numbers."""


_DIGITS = re.compile(r"\d+")


def number_order(number: str) -> tuple[int, ...]:
    """What the numbers of matters are sorted by: XMH-2022-1000 comes after XMH-2022-999."""
    return tuple(map(int, _DIGITS.findall(number)))


def numbers_held(matter: Matter) -> dict[str, int]:
    """Series → the newest number this matter was given: its own, and that of its last 催办单."""
    texts = {"matter": matter.number, "urge": matter.last_urge_no or ""}
    matches = ((kind, shape.fullmatch(texts[kind])) for kind, shape in _HELD)
    return {f"{kind}/{match[1]}": int(match[2]) for kind, match in matches if match}


class NumbersAdvanced(Event):
    """A series was moved past numbers already seen outside: the log had been restored from an older copy."""

    label: ClassVar[str] = "跳过编号"
    name: str
    past: int
    reason: str


class NumberLedger(Frozen):
    """For each series that was ever moved, the number it was last moved past."""

    past: dict[str, int] = {}


def evolve_numbers(state: NumberLedger | None, recorded: LoggedEvent) -> NumberLedger:
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


FOLD = Fold(NumberLedger, evolve_numbers)
