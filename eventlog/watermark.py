"""What is remembered of a log outside of it: the numbers given to papers, and what was noticed since anybody took note.

A hash chain cannot show that its newest events were cut off, and a log restored from an older copy is whole in itself.
Only a note kept elsewhere tells; and it alone remembers which numbers were already given. See `eventlog/witness.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from domain.base import Frozen
from eventlog.durable import write_durably

_KEPT = 20


class Restored(Frozen):
    """The log was found shorter than it had been, or with another history: it was restored from an older copy."""

    noticed_at: datetime
    had_position: int
    had_hash: str = ""
    found_position: int

    @property
    def how(self) -> str:
        """What was seen, in words: a log that is no shorter went another way, as when the newest is put back."""
        if self.found_position < self.had_position:
            return f"较旧的副本：本机见过 {self.had_position} 条，换上的只有 {self.found_position} 条"
        return f"另一份副本：换上的第 {self.had_position} 条与本机见过的不同"


class Healed(Frozen):
    """Temporal had lost matters, or fallen behind the log, and was brought up to it."""

    at: datetime
    missing: int
    behind: int
    ahead: int = 0


class Watermark(Frozen):
    """The numbers given from a log, and what was noticed of it."""

    model_config = {"extra": "ignore"}
    numbers: dict[str, int] = {}
    """Series → the highest number ever seen."""
    restored: tuple[Restored, ...] = ()
    healed: tuple[Healed, ...] = ()

    @classmethod
    def read(cls, file: Path) -> Self:
        """The mark kept in a file; an empty one when there is none."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            return cls()

    def write(self, file: Path) -> None:
        """Keep it, in one step and on the disk: of numbers a log has lost nothing else may know.

        Raises:
            OSError: it cannot be kept.
        """
        write_durably(file, f"{self.model_dump_json(indent=2)}\n".encode())

    def with_healing(self, healed: Healed) -> Self:
        """Remember what was healed."""
        return self.model_copy(update={"healed": (*self.healed, healed)[-_KEPT:]})

    def with_restored(self, restored: Restored) -> Self:
        """Remember that the log went back, once for each height it fell from."""
        had = {(r.had_position, r.had_hash) for r in self.restored}
        if (restored.had_position, restored.had_hash) in had:
            return self
        return self.model_copy(update={"restored": (*self.restored, restored)[-_KEPT:]})

    def noted(self) -> Self:
        """Somebody has read what was noticed."""
        return self.model_copy(update={"restored": (), "healed": ()})


def highest_numbers(*seen: Mapping[str, int]) -> dict[str, int]:
    """For each series the highest number that any of these records of given numbers has seen."""
    heights: dict[str, int] = {}
    for numbers in seen:
        for series, n in numbers.items():
            heights[series] = max(n, heights.get(series, 0))
    return heights
