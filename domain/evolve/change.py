"""What the folds share: the register of them, and changes that several events make."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from domain.calendar import local_date
from domain.envelope import Actor, LoggedEvent
from domain.event import Event
from domain.matter import Matter
from domain.periods import RunningPeriod, period_key

E = TypeVar("E", bound=Event)
Change = dict[str, Any]
APPLY: dict[type[Event], Callable[[Matter, Any, LoggedEvent], Change]] = {}
"""Event → how it changes a matter; each module of this folder puts its own in."""


def on(event: type[E]) -> Callable[[Callable[[Matter, E, LoggedEvent], Change]], None]:
    """Register how an event changes a matter."""

    def register(change: Callable[[Matter, E, LoggedEvent], Change]) -> None:
        APPLY[event] = change

    return register


def with_point(m: Matter, no: int, **change: object) -> Change:
    """One point changed, the others as they are."""
    return {"points": tuple(p.model_copy(update=change) if p.no == no else p for p in m.points)}


def authors(actor: Actor) -> tuple[str, ...]:
    """Who did it, and for whom it was entered."""
    return (actor.id, actor.on_behalf_of.id) if actor.on_behalf_of else (actor.id,)


def period_of(m: Matter, r: LoggedEvent, due: date) -> Change:
    """Of a matter without an end: the period that runs from this event on."""
    if m.period is None:
        return {}
    return {"running": RunningPeriod(key=period_key(m.period, due), since=r.occurred_at, due=due), "progress": 0}


def last_listing(m: Matter, change: Change) -> Change:
    """The newest line of the 挂牌 register changed."""
    if not m.listings:
        return {}
    return {"listings": (*m.listings[:-1], m.listings[-1].model_copy(update=change))}


def off_the_register(m: Matter, r: LoggedEvent, how: str) -> Change:
    """What ends is not listed any more, whatever was said of 摘牌."""
    if not m.listed:
        return {}
    return {"listed": False, **last_listing(m, {"left_on": local_date(r.occurred_at), "left_by": how})}


def limit(due: date, r: LoggedEvent) -> Change:
    """Another limit, set by whoever this event is of."""
    return {
        "due": due,
        "due_set_by": r.actor,
        "due_set_version": r.version,
        "due_rule": None,
        "extension": None,
    }
