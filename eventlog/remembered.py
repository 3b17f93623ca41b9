"""States this process has at hand, by the hash they stand on: what it wrote itself it need not parse again.

A hash names all that its stream says, so what is remembered under it is never out of date; whether the stream still
stands there, and its row still says so, the log is asked each time: what somebody wrote into a row, or mended in it.
"""

from collections import OrderedDict
from typing import NamedTuple

from domain.base import Frozen

MOST_BYTES = 4 * 1024 * 1024
"""Of states as text; as objects they take about ten times as much."""


class RememberedState(NamedTuple):
    """A state, the hash it stands on, what it is as text, and how many bytes that has."""

    hash: str
    text: str
    state: Frozen
    size: int


class RememberedStates:
    """The states of the streams that were written last. Used by one thread at a time: who has the writer's turn."""

    def __init__(self) -> None:
        """None yet."""
        self._known: OrderedDict[str, RememberedState] = OrderedDict()
        self._size = 0

    def of(self, stream: str) -> RememberedState | None:
        """What is remembered of a stream."""
        known = self._known.get(stream)
        if known is not None:
            self._known.move_to_end(stream)
        return known

    def put(self, stream: str, known: RememberedState) -> None:
        """Remember a state nobody changes any more; what was not asked for longest makes room for it."""
        before = self._known.pop(stream, None)
        self._size += known.size - (before.size if before else 0)
        self._known[stream] = known
        while self._size > MOST_BYTES:
            _, dropped = self._known.popitem(last=False)
            self._size -= dropped.size
