"""How the events of one kind of stream become its state."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

from domain.base import Frozen
from domain.envelope import LoggedEvent
from domain.event import UnknownEventError

S = TypeVar("S", bound=Frozen)
_UNFIT = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, AssertionError)
"""What a fold raises of an event that is none of its stream's, or lacks another before it."""


@dataclass(frozen=True)
class Fold(Generic[S]):
    """How the events of one kind of stream become its state."""

    state: type[S]
    evolve: Callable[[S | None, LoggedEvent], S]
    advance: Callable[[S, LoggedEvent], None] | None = None
    """As `evolve`, but changing the state in place, for the kinds whose streams are long."""

    def after(self, state: S | None, first: LoggedEvent, rest: Iterable[LoggedEvent] = ()) -> S:
        """The state after these events; the one given stays as it is.

        Raises:
            UnknownEventError: they do not fit: they were written by another build, or are spoilt.
        """
        try:
            draft = self.evolve(state, first)
            if self.advance is None:
                return reduce(self.evolve, rest, draft)
            for event in rest:
                self.advance(draft, event)
        except _UNFIT as error:
            raise _unfit(error) from error
        return draft

    def moved(self, draft: S, event: LoggedEvent) -> S:
        """A state nobody else holds, after one more event: the same one, changed, where the kind can.

        Raises:
            UnknownEventError: as `after`.
        """
        try:
            if self.advance is None:
                return self.evolve(draft, event)
            self.advance(draft, event)
        except _UNFIT as error:
            raise _unfit(error) from error
        return draft


def _unfit(error: Exception) -> UnknownEventError:
    return UnknownEventError(str(error) if isinstance(error, TypeError) else f"{type(error).__name__}: {error}")
