"""The highest mark the log was ever seen at, kept in a file beside it.

A hash chain cannot show that its newest events were cut off, and a log restored from an older copy is whole in itself.
Only a note kept elsewhere tells; and it alone remembers which numbers were already given to papers.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import ValidationError

from domain.base import Frozen
from eventlog.database import Database

WATERMARK_FILE = "watermark.json"
_HEALINGS_KEPT = 20


class Restored(Frozen):
    """The log was found shorter than it had been, or with another history: it was restored from an older copy."""

    noticed_at: datetime
    had_position: int
    found_position: int


class Healed(Frozen):
    """Temporal had lost matters, or fallen behind the log, and was brought up to it."""

    at: datetime
    missing: int
    behind: int
    ahead: int = 0


class Watermark(Frozen):
    """Where the log stood when last looked at, and what was noticed since anybody took note."""

    model_config = {"extra": "ignore"}
    log: str = ""
    """Which log: a digest of its address without the password."""
    position: int = 0
    hash: str = ""
    numbers: dict[str, int] = {}
    """Series → the highest number ever seen."""
    restored: tuple[Restored, ...] = ()
    healed: tuple[Healed, ...] = ()

    @classmethod
    def read(cls, home: Path) -> Self:
        """The mark kept in a home; an empty one when there is none."""
        try:
            return cls.model_validate_json((home / WATERMARK_FILE).read_bytes())
        except (OSError, ValidationError):
            return cls()

    def write(self, home: Path) -> None:
        """Keep it, in one step. A home that cannot be written to only loses a witness."""
        fresh = home / f"{WATERMARK_FILE}.new"
        with suppress(OSError):
            fresh.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
            fresh.replace(home / WATERMARK_FILE)

    @staticmethod
    def of(database: Database) -> str:
        """Which log a mark is of."""
        return _digest(database.url)

    def looked(self, database: Database, now: datetime) -> Self:
        """Compare with the log, note when it was restored, and take its present height as the new mark.

        Raises:
            LogError: the log cannot be read.
        """
        which = self.of(database)
        with database.reading(snapshot=True) as transaction:
            known = transaction.one("SELECT hash FROM events WHERE position = ?", (self.position,))
            last = transaction.one("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1") or (0, "")
            numbers: dict[str, int] = dict(transaction.all("SELECT series, last FROM numbers"))
        if self.log != which:
            return self.model_copy(update={"log": which, "position": last[0], "hash": last[1], "numbers": numbers})
        restored = self.restored
        if self.position and known != (self.hash,):
            found = Restored(noticed_at=now, had_position=self.position, found_position=last[0])
            restored = (*restored, found)
        return self.model_copy(
            update={
                "position": last[0],
                "hash": last[1],
                "numbers": highest(self.numbers, numbers),
                "restored": restored,
            }
        )

    def numbers_of(self, database: Database) -> dict[str, int]:
        """The highest numbers ever seen, if it is this log the mark is of."""
        return self.numbers if self.log == self.of(database) else {}

    def with_healing(self, healed: Healed) -> Self:
        """Remember what was healed."""
        return self.model_copy(update={"healed": (*self.healed, healed)[-_HEALINGS_KEPT:]})

    def noted(self) -> Self:
        """Somebody has read what was noticed."""
        return self.model_copy(update={"restored": (), "healed": ()})


def highest(*seen: Mapping[str, int]) -> dict[str, int]:
    """For each series the highest number anybody has seen."""
    found: dict[str, int] = {}
    for numbers in seen:
        for series, n in numbers.items():
            found[series] = max(n, found.get(series, 0))
    return found


def _digest(url: str) -> str:
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.hostname or ''}:{parts.port or ''}{parts.path}?{parts.query}"
    return hashlib.sha256(where.encode()).hexdigest()[:16]
