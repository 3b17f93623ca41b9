"""Who was to have the newest checkpoint and has not: kept in the home, so that he is asked again, by whichever process.

A witness that was away for an hour would otherwise be asked again with the next checkpoint only, and a mail nobody took
would be lost. Written before anybody is asked: who dies meanwhile leaves it to the next.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from domain.base import Frozen
from domain.notices.backoff import FAILING_AFTER, channel_pause
from eventlog.durable import flush_folder, write_durably

PENDING_FILE = "checkpoint.pending"
"""Inside the home."""
FAILING_FOR = timedelta(days=1)
_INTERRUPTED = "交付时中断"


class WaitingParty(Frozen):
    """One that is to have the checkpoint, and why he has not."""

    who: str
    why: str
    tries: int
    """In vain, of this checkpoint and those before that he did not get either."""
    since: datetime
    next_at: datetime

    def is_failing(self, now: datetime) -> bool:
        """Whether it is time that somebody looks."""
        return self.tries >= FAILING_AFTER or now - self.since >= FAILING_FOR


class PendingCheckpoint(Frozen):
    """The newest checkpoint, and who still waits for it."""

    note: str = ""
    """With the signatures it has so far."""
    parties: tuple[WaitingParty, ...] = ()

    @classmethod
    def read(cls, home: Path) -> Self:
        """What is kept in a home; nothing when nobody waits."""
        try:
            return cls.model_validate_json((home / PENDING_FILE).read_bytes())
        except (OSError, ValidationError):
            return cls()

    def write(self, home: Path) -> None:
        """Keep it, or remove it when nobody waits.

        Raises:
            OSError: it cannot be kept.
        """
        if self.parties:
            write_durably(home / PENDING_FILE, self.model_dump_json(indent=2).encode())
        else:
            (home / PENDING_FILE).unlink(missing_ok=True)
            flush_folder(home)

    def due(self, now: datetime) -> tuple[str, ...]:
        """Whom to ask again now."""
        return tuple(one.who for one in self.parties if one.next_at <= now)

    def asking(self, note: str, asked: Collection[str], now: datetime) -> Self:
        """These are about to be asked, the others wait on; of a newer note only these have to be."""
        known = {one.who: one for one in self.parties}
        stay = [one for one in self.parties if one.who not in asked] if note == self.note else []
        return self.model_copy(
            update={"note": note, "parties": (*stay, *(_tried(who, known.get(who), now) for who in asked))}
        )

    def answered(self, note: str, asked: Collection[str], why: Mapping[str, str]) -> Self:
        """What became of those who were asked: `why` names the ones that still wait."""
        parties = (
            one.model_copy(update={"why": why.get(one.who, one.why)})
            for one in self.parties
            if one.who in why or one.who not in asked
        )
        return self.model_copy(update={"note": note, "parties": tuple(parties)})


def _tried(who: str, known: WaitingParty | None, now: datetime) -> WaitingParty:
    tries = known.tries + 1 if known else 1
    return WaitingParty(
        who=who,
        why=known.why if known else _INTERRUPTED,
        tries=tries,
        since=known.since if known else now,
        next_at=now + channel_pause(tries),
    )
