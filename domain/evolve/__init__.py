"""How each event moves a matter's state. A fold: total, and nothing here decides anything."""

from domain import events as ev
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.evolve import ending, handling, limits, periods, pressing, relating
from domain.evolve.change import APPLY
from domain.fold import Fold
from domain.matter import Indicator, Matter, Point
from domain.periods import RunningPeriod
from domain.terms import Stage

__all__ = ["advance", "evolve", "evolve_told"]
FOLDS = (handling, pressing, limits, ending, relating, periods)
"""Imported so that each registers its events."""


def evolve(matter: Matter | None, recorded: LoggedEvent) -> Matter:
    """The state after one recorded event. Total: whatever the log holds can be folded."""
    return evolve_told(matter, decode(recorded), recorded)


def evolve_told(matter: Matter | None, event: Event, recorded: LoggedEvent) -> Matter:
    """The matter after an event its caller has decoded already: decoding costs as much as all the rest of a fold."""
    if matter is None:
        return _opened(event, recorded)
    change = APPLY[type(event)](matter, event, recorded)
    return matter.model_copy(update={**change, "version": recorded.version, "hash": recorded.hash})


def advance(matter: Matter, recorded: LoggedEvent) -> None:
    """Change a matter in place by one more event, for who holds it alone: the states between are nobody's."""
    event = decode(recorded)
    change = APPLY[type(event)](matter, event, recorded)
    change["version"], change["hash"] = recorded.version, recorded.hash
    matter.overwrite(change)


def _opened(event: Event, recorded: LoggedEvent) -> Matter:
    if not isinstance(event, ev.MatterOpened):
        raise TypeError(f"a matter's stream begins with MatterOpened, not {recorded.type}")
    return Matter(
        stream=recorded.stream,
        version=recorded.version,
        hash=recorded.hash,
        number=event.number,
        title=event.title,
        kind=event.kind,
        klass=event.klass,
        flags=event.flags,
        urgency=event.urgency,
        rhythm=event.rhythm,
        basis=event.basis,
        source=event.source,
        section=event.section,
        leaders=event.leaders,
        stage=Stage.OPENED,
        assist=event.assist,
        person=event.person,
        supervisor=event.supervisor,
        opened_at=recorded.occurred_at,
        due=event.due,
        original_due=event.due,
        due_set_by=recorded.actor,
        due_set_version=recorded.version,
        due_rule=event.due_rule,
        inherited=event.inherited,
        part_of=event.part_of,
        origin=event.origin,
        period=event.period,
        running=RunningPeriod(key=event.period_key, since=recorded.occurred_at, due=event.due)
        if event.period_key
        else None,
        points=tuple(
            Point(no=i, text=p.text, due=p.due, original_due=p.due, stage=p.stage)
            for i, p in enumerate(event.points, start=1)
        ),
        indicators=tuple(Indicator(no=i, **dict(x)) for i, x in enumerate(event.indicators, start=1)),
    )


FOLD = Fold(Matter, evolve, advance)
