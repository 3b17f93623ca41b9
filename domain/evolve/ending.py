"""办结、销号、重开、撤销、异议、交接、更正: what each does to a matter."""

from domain import events as ev
from domain.calendar import local_date
from domain.envelope import Actor, LoggedEvent
from domain.evolve.change import Change, authors, limit, off_the_register, on, period_of
from domain.matter import (
    Closed,
    Closure,
    Inspection,
    Matter,
    Objection,
    Rating,
)
from domain.terms import Duty, Stage


@on(ev.ClosureRequested)
def _(m: Matter, e: ev.ClosureRequested, r: LoggedEvent) -> Change:
    closure = Closure(
        at=r.recorded_at,
        authors=authors(r.actor),
        text=e.text,
        evidence=e.evidence,
        over_open_children=e.over_open_children,
        unfinished=e.unfinished,
        over_unfinished=e.over_unfinished,
    )
    return {"stage": Stage.CLOSING, "closure": closure, "windows": m.windows.begin_anew()}


@on(ev.SatisfactionGiven)
def _(m: Matter, e: ev.SatisfactionGiven, r: LoggedEvent) -> Change:
    rating = Rating(by=e.by, satisfaction=e.satisfaction, on=local_date(r.occurred_at), text=e.text)
    return {"ratings": (*m.ratings, rating), "rated": (*(x for x in m.rated if x.by != e.by), rating)}


@on(ev.ClosureEndorsed)
def _(m: Matter, e: ev.ClosureEndorsed, r: LoggedEvent) -> Change:
    if m.closure is None:
        return {}
    why = e.over_open_children or m.closure.over_open_children
    unfinished = e.over_unfinished or m.closure.over_unfinished
    endorsed = {"endorsed": True, "endorsers": authors(r.actor), "over_open_children": why}
    endorsed |= {"unfinished": e.unfinished, "over_unfinished": unfinished}
    return {"closure": m.closure.model_copy(update=endorsed)}


@on(ev.ClosureMarked)
def _(m: Matter, e: ev.ClosureMarked, r: LoggedEvent) -> Change:
    if m.closure is None:
        return {}
    decider = (r.actor.on_behalf_of or r.actor).id
    change: Change = {"marked": (*m.closure.marked, decider), "endorsers": (*m.closure.endorsers, *authors(r.actor))}
    change |= {"over_open_children": e.over_open_children, "over_unfinished": e.over_unfinished}
    return {"closure": m.closure.model_copy(update=change | {"unfinished": e.unfinished})}


@on(ev.ClosureReturned)
def _(m: Matter, e: ev.ClosureReturned, r: LoggedEvent) -> Change:
    counts = m.counts.model_copy(update={"returns": m.counts.returns + 1})
    return {"stage": Stage.IN_PROGRESS, "closure": None, "counts": counts, "returned_at": r.recorded_at, "rated": ()}


@on(ev.MatterClosed)
def _(m: Matter, e: ev.MatterClosed, r: LoggedEvent) -> Change:
    wrote = (*m.closure.authors, *m.closure.endorsers) if m.closure else ()
    marked = m.closure.marked if m.closure else ()
    closed = Closed(
        on=local_date(r.occurred_at),
        authors=tuple(sorted({*wrote, *authors(r.actor)})),
        overdue_workdays=e.overdue_workdays,
        overdue_workdays_original=e.overdue_workdays_original,
        evidence=m.closure.evidence if m.closure else (),
        unfinished=e.unfinished,
        over_unfinished=e.over_unfinished,
        marked_by=(*marked, (r.actor.on_behalf_of or r.actor).id) if e.mark else (),
    )
    return {"stage": Stage.CLOSED, "closed": closed, "extension": None, **off_the_register(m, r, "销号")}


@on(ev.MatterReopened)
def _(m: Matter, e: ev.MatterReopened, r: LoggedEvent) -> Change:
    change: Change = {"stage": e.stage, "closure": None, "closed": None, "windows": m.windows.begin_anew()}
    change |= {"rated": (), "objected": False, "objection": None, "merged_into": None}
    if e.due != m.due:
        change |= limit(e.due, r) | period_of(m, r, e.due)
    return change


@on(ev.MatterCancelled)
def _(m: Matter, e: ev.MatterCancelled, r: LoggedEvent) -> Change:
    return _withdrawn(m, r)


@on(ev.MatterMerged)
def _(m: Matter, e: ev.MatterMerged, r: LoggedEvent) -> Change:
    return {**_withdrawn(m, r), "merged_into": e.into}


def _withdrawn(m: Matter, r: LoggedEvent) -> Change:
    """Supervised no more under its own number."""
    return {
        "stage": Stage.CANCELLED,
        "closed": Closed(on=local_date(r.occurred_at), authors=authors(r.actor)),
        "windows": m.windows.put_away(),
        "receipt_due": None,
        "extension": None,
        **off_the_register(m, r, "撤销"),
    }


@on(ev.ObjectionRaised)
def _(m: Matter, e: ev.ObjectionRaised, r: LoggedEvent) -> Change:
    raised = Objection(unit=e.unit, text=e.text, raised_on=local_date(r.occurred_at), decide_by=e.decide_by)
    return {"objected": True, "objection": raised}


@on(ev.ObjectionDecided)
def _(m: Matter, e: ev.ObjectionDecided, r: LoggedEvent) -> Change:
    return {"objection": None}


@on(ev.MatterInspected)
def _(m: Matter, e: ev.MatterInspected, r: LoggedEvent) -> Change:
    seen = Inspection(
        version=r.version,
        on=local_date(r.occurred_at),
        authors=authors(r.actor),
        inspector=e.inspector,
        unit=e.unit,
        finding=e.finding,
        text=e.text,
    )
    return {"inspections": tuple(sorted((*m.inspections, seen), key=lambda i: (i.on, i.version)))}


@on(ev.RecusalDeclared)
def _(m: Matter, e: ev.RecusalDeclared, r: LoggedEvent) -> Change:
    return {"recused": tuple(sorted({*m.recused, e.person}))}


@on(ev.DutyReassigned)
def _(m: Matter, e: ev.DutyReassigned, r: LoggedEvent) -> Change:
    match e.duty:
        case Duty.PERSON:
            return {"person": e.to_person, "person_from": r.version}
        case Duty.SUPERVISOR:
            return {"supervisor": e.to_person}
        case Duty.LEADER:
            return {
                "instructed_by": _moved(m.instructed_by, e),
                "due_set_by": _succeeded(m.due_set_by, e),
                "leaders": _moved(m.leaders, e),
                "closure": _marked_for(m, e),
            }


def _moved(people: tuple[str, ...], e: ev.DutyReassigned) -> tuple[str, ...]:
    """The successor in the place of who had the post."""
    return tuple(dict.fromkeys(e.to_person if x == e.from_person else x for x in people))


def _marked_for(m: Matter, e: ev.DutyReassigned) -> Closure | None:
    """A word given stays given; a successor who instructed himself says his own for both."""
    if m.closure is None:
        return None
    moved = _moved(m.closure.marked, e)
    for_both = {e.from_person, e.to_person} <= set(m.instructed_by)
    marked = tuple(x for x in moved if x != e.to_person) if for_both else moved
    return m.closure.model_copy(update={"marked": marked})


def _succeeded(setter: Actor, e: ev.DutyReassigned) -> Actor:
    """The limit now belongs to whoever holds the post."""
    if setter.on_behalf_of is not None:
        if setter.on_behalf_of.id != e.from_person:
            return setter
        return setter.model_copy(update={"on_behalf_of": setter.on_behalf_of.model_copy(update={"id": e.to_person})})
    return setter.model_copy(update={"id": e.to_person}) if setter.id == e.from_person else setter


@on(ev.EventCorrected)
def _(m: Matter, e: ev.EventCorrected, r: LoggedEvent) -> Change:
    fields = {k: v for k, v in e.fields.items() if k not in e.overtaken}
    change: Change = {k: v for k, v in fields.items() if k in {"title", "source", "person"}}
    basis = {k.removeprefix("basis_"): v for k, v in fields.items() if k in {"basis_no", "basis_text"}}
    if basis:
        change["basis"] = m.basis.model_copy(update=basis)
    if "progress" in fields:
        change["progress"] = int(fields["progress"])
    if "weight" in fields and m.part_of is not None:
        change["part_of"] = m.part_of.model_copy(update={"weight": int(fields["weight"])})
    return change
