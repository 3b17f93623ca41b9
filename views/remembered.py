"""What was computed for a page and may be shown again: the last few of a kind, made once however many ask."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Remembered(Generic[V]):
    """Immutable values by what names all they were made of; nothing of a reader is in them but what the key says.

    While one is made whoever asks waits: many who open the same page at nine o'clock fold the log once.
    """

    def __init__(self, most: int) -> None:
        """So many are kept; the oldest goes."""
        self._most = most
        self._values: dict[Hashable, V] = {}
        self._guard = threading.Lock()

    def of(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of a key, made now if it is not known."""
        with self._guard:
            if key not in self._values:
                made = make()
                while len(self._values) >= self._most:
                    del self._values[next(iter(self._values))]
                self._values[key] = made
            return self._values[key]

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._values)
