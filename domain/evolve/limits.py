"""时限、延期、暂缓: what each does to a matter."""

from datetime import datetime

from domain import events as ev
from domain.calendar import local_date
from domain.envelope import LoggedEvent
from domain.evolve.change import Change, on, period_of, with_point
from domain.matter import (
    Extension,
    Matter,
    Suspension,
)
from domain.policy import DueRule
from domain.terms import DayCount, Stage


@on(ev.NearDueWarned)
def _(m: Matter, e: ev.NearDueWarned, r: LoggedEvent) -> Change:
    return {"warned_for": e.due}


@on(ev.DueLapsed)
def _(m: Matter, e: ev.DueLapsed, r: LoggedEvent) -> Change:
    return {"lapsed_for": e.due}


@on(ev.DeadlineMoved)
def _(m: Matter, e: ev.DeadlineMoved, r: LoggedEvent) -> Change:
    kind, _, no = e.what.partition(":")
    if kind == "due" and not isinstance(e.after, datetime):
        running = m.running.model_copy(update={"due": e.after}) if m.running else None
        return {"due": e.after, "running": running}
    if kind == "window" and isinstance(e.after, datetime):
        return {"windows": m.windows.move(e.after)}
    if kind == "receipt":
        return {"receipt_due": e.after}
    if kind == "coordination":
        moved = {"answer_due": e.after}
        return {"coordinations": tuple(c.model_copy(update=moved) if c.no == int(no) else c for c in m.coordinations)}
    return {}


@on(ev.ExtensionRequested)
def _(m: Matter, e: ev.ExtensionRequested, r: LoggedEvent) -> Change:
    return {"extension": Extension(to=e.to, reason=e.reason, asked_by=r.actor.id, point=e.point)}


@on(ev.ExtensionGranted)
def _(m: Matter, e: ev.ExtensionGranted, r: LoggedEvent) -> Change:
    if e.point is not None:
        return {"extension": None, **with_point(m, e.point, due=e.to)}
    # The limit moved, but whoever set it still owns it.
    return {"due": e.to, "due_rule": None, "extension": None}


@on(ev.ExtensionRefused)
def _(m: Matter, e: ev.ExtensionRefused, r: LoggedEvent) -> Change:
    return {"extension": None}


@on(ev.MatterSuspended)
def _(m: Matter, e: ev.MatterSuspended, r: LoggedEvent) -> Change:
    line = Suspension(reason=e.reason, start=local_date(r.occurred_at), until=e.until)
    return {
        "stage": Stage.SUSPENDED,
        "suspended_from": m.stage,
        "suspensions": (*m.suspensions, line),
        "windows": m.windows.put_away(),
    }


@on(ev.MatterResumed)
def _(m: Matter, e: ev.MatterResumed, r: LoggedEvent) -> Change:
    line = m.suspensions[-1].model_copy(update={"resumed": local_date(r.occurred_at), "workdays": e.workdays})
    dues = {p.no: p.due for p in e.points}
    asked = tuple(
        c if c.answered_at else c.model_copy(update={"given_back": c.given_back + e.workdays}) for c in m.coordinations
    )
    return {
        "stage": m.suspended_from or Stage.IN_PROGRESS,
        "receipt_from": r.occurred_at,
        "coordinations": asked,
        "due_rule": _prolonged(m, e),
        "suspended_from": None,
        "suspensions": (*m.suspensions[:-1], line),
        "due": e.due,
        "points": tuple(p.model_copy(update={"due": dues[p.no]}) if p.no in dues else p for p in m.points),
        "windows": m.windows.begin_anew(),
        **(period_of(m, r, e.due) if e.due != m.due else {}),
    }


def _prolonged(m: Matter, e: ev.MatterResumed) -> DueRule | None:
    """A limit counted in working days stays computed, by the days given back longer; any other is a date now."""
    rule = m.due_rule
    if rule is None or m.due == e.due:
        return rule
    return rule.model_copy(update={"days": rule.days + e.workdays}) if rule.count is DayCount.WORKDAYS else None
