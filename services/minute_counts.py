"""What is refused, counted by the minute, so that a flood stands in the log once.

Counts of a process that is killed are lost for a minute.
"""

import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class MinuteCount(Generic[K]):
    """Of one kind, in one minute."""

    key: K
    minute: datetime
    count: int
    first: str
    """What the first of them was about."""


class MinuteCounts(Generic[K]):
    """Counts of the minutes that are not on record yet."""

    def __init__(self) -> None:
        """Nothing was counted yet."""
        self._lock = threading.Lock()
        self._counts: dict[tuple[K, datetime], tuple[int, str]] = {}

    def note(self, key: K, first: str, now: datetime) -> None:
        """One more."""
        self._add(MinuteCount(key, now.replace(second=0, microsecond=0), 1, first))

    def record(self, now: datetime | None, write: Callable[[MinuteCount[K]], None]) -> None:
        """Write the minutes that are over by now, or all; what `write` raises leaves the rest to be written later."""
        taken = list(self._taken(now))
        for no, counted in enumerate(taken):
            try:
                write(counted)
            except Exception:
                for other in taken[no:]:
                    self._add(other)
                raise

    def has(self, key: K, now: datetime) -> bool:
        """Whether this minute has it."""
        with self._lock:
            return (key, now.replace(second=0, microsecond=0)) in self._counts

    def kinds(self, now: datetime) -> int:
        """How many keys this minute has."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            return sum(at == minute for _, at in self._counts)

    def _taken(self, now: datetime | None) -> Iterable[MinuteCount[K]]:
        minute = now.replace(second=0, microsecond=0) if now else None
        with self._lock:
            over = {key: counted for key, counted in self._counts.items() if minute is None or key[1] < minute}
            self._counts = {key: counted for key, counted in self._counts.items() if key not in over}
        return [MinuteCount(key, at, count, first) for (key, at), (count, first) in over.items()]

    def _add(self, counted: MinuteCount[K]) -> None:
        key = (counted.key, counted.minute)
        with self._lock:
            count, first = self._counts.get(key, (0, counted.first))
            self._counts[key] = (count + counted.count, first)
