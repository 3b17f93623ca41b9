"""States this process has at hand, by the hash they stand on: what it folded itself it need not read again.

A hash names all that its stream says, so what is remembered under it is never out of date; whether the stream still
stands there, and on the same snapshot, the log is asked each time: somebody may have written over that, or mended it.
"""

from collections import OrderedDict
from typing import Generic, NamedTuple, TypeVar

from domain.base import Frozen
from domain.log import Rulebook
from eventlog.backend import Row

MOST_BYTES = 4 * 1024 * 1024
"""Of states as text; as objects they take about ten times as much."""

MOST_LIVING = 2048
"""States of a kind that are kept for readers; where more live, each reading reads them all."""
S = TypeVar("S")


class TheVery(Generic[S]):
    """These very objects as a key, told from others by that alone: of frozen ones it names all that follows from them.

    To compare what they say would cost as much as to work it out again.
    """

    def __init__(self, *objects: S) -> None:
        """Keep them, so that no other takes their place in memory."""
        self.objects = objects

    def __hash__(self) -> int:
        """Equal for the same objects."""
        return hash(tuple(map(id, self.objects)))

    def __eq__(self, other: object) -> bool:
        """Whether these are the same objects."""
        if not isinstance(other, TheVery) or len(self.objects) != len(other.objects):
            return False
        return all(mine is theirs for mine, theirs in zip(self.objects, other.objects, strict=True))


class LivingState(NamedTuple, Generic[S]):
    """A state as it was last read, and what it was read from."""

    hash: str
    """Of the stream's last event."""
    snapshot: str | None
    """Digest of the newest snapshot."""
    state: S


class RememberedState(NamedTuple):
    """A state, the hash it stands on, the digest of the snapshot before it, and about how many bytes it has as text."""

    hash: str
    snapshot: str | None
    state: Frozen
    size: int
    """No fewer than it has."""


class RememberedStates:
    """The states of the streams that were written last. Used by one thread at a time: who has the writer's turn."""

    def __init__(self) -> None:
        """None yet."""
        self._known: OrderedDict[str, RememberedState] = OrderedDict()
        self._size = 0
        self.rulebook: tuple[Row, Rulebook] | None = None
        """What was last in force, and what it stood on."""

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
