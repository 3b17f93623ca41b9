"""How each event moves a matter's state. A fold: total, and nothing here decides anything."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from domain import events as ev
from domain.calendar import local_date
from domain.envelope import Actor, Recorded
from domain.event import Event, decode
from domain.matter import (
    DONE,
    Closed,
    Closure,
    Coordination,
    Extension,
    Feedback,
    Indicator,
    Matter,
    Missed,
    Objection,
    Point,
    Surge,
    Suspension,
)
from domain.meetings.terms import Outcome
from domain.policy import DueRule
from domain.terms import DayCount, Duty, Role, Rung, Stage

E = TypeVar("E", bound=Event)
Change = dict[str, Any]
JUDGED_KEPT = 40
"""A key can come back within a quarter at most; daily windows are never opened twice anyway."""
_APPLY: dict[type[Event], Callable[[Matter, Any, Recorded], Change]] = {}


def _on(event: type[E]) -> Callable[[Callable[[Matter, E, Recorded], Change]], None]:
    def register(change: Callable[[Matter, E, Recorded], Change]) -> None:
        _APPLY[event] = change

    return register


def evolve(matter: Matter | None, recorded: Recorded) -> Matter:
    """The state after one recorded event. Total: whatever the log holds can be folded."""
    event = decode(recorded)
    if matter is None:
        return _opened(event, recorded)
    change = _APPLY[type(event)](matter, event, recorded)
    return matter.model_copy(update={**change, "version": recorded.version, "hash": recorded.hash})


def _opened(event: Event, recorded: Recorded) -> Matter:
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
        points=tuple(
            Point(no=i, text=p.text, due=p.due, original_due=p.due) for i, p in enumerate(event.points, start=1)
        ),
        indicators=tuple(Indicator(no=i, **dict(x)) for i, x in enumerate(event.indicators, start=1)),
    )


# --- 立项、交办、签收


@_on(ev.MatterAssigned)
def _(m: Matter, e: ev.MatterAssigned, r: Recorded) -> Change:
    return {
        "stage": Stage.ASSIGNED,
        "lead": e.lead,
        "assist": e.assist,
        "person": e.person or m.person,
        "lead_named_by_leader": e.named_by_leader,
        "assigned_at": r.recorded_at,
        "receipt_due": e.receipt_due,
        "receipt_from": r.recorded_at,
        "accepted_at": None,
        **_put_away(m),
    }


@_on(ev.ReceiptSigned)
def _(m: Matter, e: ev.ReceiptSigned, r: Recorded) -> Change:
    return {"stage": Stage.IN_PROGRESS, "accepted_at": r.occurred_at, "receipt_due": None}


@_on(ev.ReceiptDeclined)
def _(m: Matter, e: ev.ReceiptDeclined, r: Recorded) -> Change:
    return {"stage": Stage.OPENED, "lead": None, "receipt_due": None, "declines": m.declines + 1}


# --- 要点、反馈


@_on(ev.PointAdded)
def _(m: Matter, e: ev.PointAdded, r: Recorded) -> Change:
    added = Point(no=e.no, text=e.point.text, due=e.point.due, original_due=e.point.due)
    return {"points": (*m.points, added)}


@_on(ev.PointChanged)
def _(m: Matter, e: ev.PointChanged, r: Recorded) -> Change:
    return _with_point(m, e.no, text=e.point.text, due=e.point.due)


@_on(ev.PointDropped)
def _(m: Matter, e: ev.PointDropped, r: Recorded) -> Change:
    return _with_point(m, e.no, dropped=True)


def _with_point(m: Matter, no: int, **change: object) -> Change:
    return {"points": tuple(p.model_copy(update=change) if p.no == no else p for p in m.points)}


@_on(ev.BasisAdded)
def _(m: Matter, e: ev.BasisAdded, r: Recorded) -> Change:
    return {"further": (*m.further, e.basis)}


@_on(ev.MatterCarriedOver)
def _(m: Matter, e: ev.MatterCarriedOver, r: Recorded) -> Change:
    known = e.basis in m.bases
    return {"carried": (*m.carried, e.year), "further": m.further if known else (*m.further, e.basis)}


@_on(ev.RhythmChanged)
def _(m: Matter, e: ev.RhythmChanged, r: Recorded) -> Change:
    # A surge goes on: the rhythm is what it will fall back to.
    return {"rhythm": e.rhythm, **({} if m.surge else _give_way(m))}


@_on(ev.SurgeStarted)
def _(m: Matter, e: ev.SurgeStarted, r: Recorded) -> Change:
    return {**_put_away(m), "surge": Surge(campaign=e.campaign, until=e.until, every_day=e.every_day)}


@_on(ev.SurgeMoved)
def _(m: Matter, e: ev.SurgeMoved, r: Recorded) -> Change:
    return {"surge": m.surge.model_copy(update={"until": e.until}) if m.surge else None}


@_on(ev.SurgeEnded)
def _(m: Matter, e: ev.SurgeEnded, r: Recorded) -> Change:
    return {**_give_way(m), "surge": None}


def _put_away(m: Matter) -> Change:
    """The running window ends at once; an answered one stays judged."""
    judged = _judged(m, m.window.key) if m.window and m.answered else m.judged
    return {"window": None, "answered": False, "covered_until": None, "judged": judged}


def _give_way(m: Matter) -> Change:
    """The running window gives way to that of another rhythm; an answered one is good until it closes."""
    good = m.window.closes if m.window and m.answered else m.covered_until
    return {**_put_away(m), "covered_until": good}


def _judged(m: Matter, key: str) -> tuple[str, ...]:
    return (*(k for k in m.judged if k != key), key)[-JUDGED_KEPT:]


@_on(ev.FeedbackWindowOpened)
def _(m: Matter, e: ev.FeedbackWindowOpened, r: Recorded) -> Change:
    return {**_give_way(m), "window": e.window}


@_on(ev.FeedbackSubmitted)
def _(m: Matter, e: ev.FeedbackSubmitted, r: Recorded) -> Change:
    current = m.window is not None and e.window == m.window.key
    counts = m.counts
    if e.late_for:
        counts = counts.model_copy(update={"late": counts.late + 1})
    elif e.window and not (current and m.answered):
        counts = counts.model_copy(update={"on_time": counts.on_time + 1})
    said = Feedback(
        at=r.occurred_at,
        unit=e.unit,
        text=e.text,
        problem=e.problem,
        next_step=e.next_step,
        coordination=e.coordination,
    )
    points = _reported(m, e, r)
    values = {i.no: i.value for i in e.indicators}
    return {
        "points": points,
        "indicators": tuple(i.model_copy(update={"value": values.get(i.no, i.value)}) for i in m.indicators),
        "progress": _progress(m, e, points),
        "last_feedback": said,
        "reporters": tuple(sorted({*m.reporters, *_authors(r.actor)})),
        "answered": m.answered or current,
        "missed_in_row": 0 if current or e.late_for else m.missed_in_row,
        "counts": counts,
    }


def _reported(m: Matter, e: ev.FeedbackSubmitted, r: Recorded) -> tuple[Point, ...]:
    reports = {p.no: p for p in e.points}
    done_on = local_date(r.occurred_at)
    return tuple(
        p.model_copy(
            update={
                "progress": reports[p.no].progress,
                "said": reports[p.no].text or p.said,
                "reported_at": r.occurred_at,
                "done_on": (p.done_on or done_on) if reports[p.no].progress == DONE else None,
            }
        )
        if p.no in reports
        else p
        for p in m.points
    )


def _progress(m: Matter, e: ev.FeedbackSubmitted, points: tuple[Point, ...]) -> int:
    """What was said of the whole; else, when points were reported, their mean."""
    if e.progress is not None:
        return e.progress
    counted = [p.progress for p in points if not p.dropped]
    return sum(counted) // len(counted) if e.points and counted else m.progress


def _authors(actor: Actor) -> tuple[str, ...]:
    return (actor.id, actor.on_behalf_of.id) if actor.on_behalf_of else (actor.id,)


@_on(ev.FeedbackMissed)
def _(m: Matter, e: ev.FeedbackMissed, r: Recorded) -> Change:
    return {
        "missed": (*m.missed, Missed(window=e.window)),
        "judged": _judged(m, e.window.key),
        "missed_in_row": m.missed_in_row + 1,
        "counts": m.counts.model_copy(update={"missed": m.counts.missed + 1}),
    }


@_on(ev.MissWithdrawn)
def _(m: Matter, e: ev.MissWithdrawn, r: Recorded) -> Change:
    missed = tuple(x.model_copy(update={"withdrawn": True}) if x.window.key == e.window else x for x in m.missed)
    counts = m.counts.model_copy(update={"missed": m.counts.missed - 1})
    return {"missed": missed, "counts": counts, "missed_in_row": max(m.missed_in_row - 1, 0)}


# --- 催办、协调、升级、议定


@_on(ev.UrgeIssued)
def _(m: Matter, e: ev.UrgeIssued, r: Recorded) -> Change:
    counts = m.counts.model_copy(update={"urges": m.counts.urges + 1})
    claimed = tuple(sorted({*m.triggers, e.trigger})) if e.trigger else m.triggers
    return {
        "last_urge_at": r.recorded_at,
        "last_urge_no": e.no,
        "last_urge_colour": e.colour,
        "triggers": claimed,
        "counts": counts,
    }


@_on(ev.CoordinationRequested)
def _(m: Matter, e: ev.CoordinationRequested, r: Recorded) -> Change:
    asked = Coordination(no=e.no, unit=e.unit, text=e.text, asked_at=r.recorded_at, answer_due=e.answer_due)
    return {"coordinations": (*m.coordinations, asked)}


@_on(ev.CoordinationAnswered)
def _(m: Matter, e: ev.CoordinationAnswered, r: Recorded) -> Change:
    answer = {"answer": e.text, "answered_at": r.occurred_at}
    return {"coordinations": tuple(c.model_copy(update=answer) if c.no == e.no else c for c in m.coordinations)}


@_on(ev.MatterEscalated)
def _(m: Matter, e: ev.MatterEscalated, r: Recorded) -> Change:
    counts = m.counts.model_copy(update={"escalations": m.counts.escalations + 1})
    return {"rung": e.to_rung, "triggers": tuple(sorted({*m.triggers, e.trigger})), "counts": counts}


@_on(ev.DecisionRecorded)
def _(m: Matter, e: ev.DecisionRecorded, r: Recorded) -> Change:
    # A decision answers what was carried up, and pressure starts again from the handler; 缓议 answers nothing.
    # A meeting of the office alone does not answer what waits for a leader.
    on = local_date(r.occurred_at)
    decider = r.actor.on_behalf_of or r.actor
    above = decider.role is not Role.LEADER and m.rung in (Rung.LEADER, Rung.MEETING)
    stays = above or e.outcome is Outcome.DEFERRED
    relieved: Change = {} if stays else {"rung": Rung.HANDLER, "relieved_at": r.recorded_at}
    moved = _limit(e.due, r) if e.due and e.subject is None else {}
    return {**relieved, "pushed_on": on, "decided_on": on, **moved}


@_on(ev.MatterListed)
def _(m: Matter, e: ev.MatterListed, r: Recorded) -> Change:
    return {"listed": True}


@_on(ev.MatterDelisted)
def _(m: Matter, e: ev.MatterDelisted, r: Recorded) -> Change:
    return {"listed": False}


@_on(ev.InstructionRecorded)
def _(m: Matter, e: ev.InstructionRecorded, r: Recorded) -> Change:
    leaders = (*(x for x in m.instructed_by if x != e.leader), e.leader)
    return {"instructed_by": leaders, "pushed_on": local_date(r.occurred_at)}


def _limit(due: date, r: Recorded) -> Change:
    return {
        "due": due,
        "due_set_by": r.actor,
        "due_set_version": r.version,
        "due_rule": None,
        "extension": None,
    }


# --- 时限、暂缓


@_on(ev.NearDueWarned)
def _(m: Matter, e: ev.NearDueWarned, r: Recorded) -> Change:
    return {"warned_for": e.due}


@_on(ev.DueLapsed)
def _(m: Matter, e: ev.DueLapsed, r: Recorded) -> Change:
    return {"lapsed_for": e.due}


@_on(ev.DeadlineMoved)
def _(m: Matter, e: ev.DeadlineMoved, r: Recorded) -> Change:
    kind, _, no = e.what.partition(":")
    if kind == "due" and not isinstance(e.after, datetime):
        return {"due": e.after}
    if kind == "window" and m.window and isinstance(e.after, datetime):
        return {"window": m.window.model_copy(update={"closes": e.after})}
    if kind == "receipt":
        return {"receipt_due": e.after}
    if kind == "coordination":
        moved = {"answer_due": e.after}
        return {"coordinations": tuple(c.model_copy(update=moved) if c.no == int(no) else c for c in m.coordinations)}
    return {}


@_on(ev.ExtensionRequested)
def _(m: Matter, e: ev.ExtensionRequested, r: Recorded) -> Change:
    return {"extension": Extension(to=e.to, reason=e.reason, asked_by=r.actor.id, point=e.point)}


@_on(ev.ExtensionGranted)
def _(m: Matter, e: ev.ExtensionGranted, r: Recorded) -> Change:
    if e.point is not None:
        return {"extension": None, **_with_point(m, e.point, due=e.to)}
    # The limit moved, but whoever set it still owns it.
    return {"due": e.to, "due_rule": None, "extension": None}


@_on(ev.ExtensionRefused)
def _(m: Matter, e: ev.ExtensionRefused, r: Recorded) -> Change:
    return {"extension": None}


@_on(ev.MatterSuspended)
def _(m: Matter, e: ev.MatterSuspended, r: Recorded) -> Change:
    line = Suspension(reason=e.reason, start=local_date(r.occurred_at), until=e.until)
    return {
        "stage": Stage.SUSPENDED,
        "suspended_from": m.stage,
        "suspensions": (*m.suspensions, line),
        **_put_away(m),
    }


@_on(ev.MatterResumed)
def _(m: Matter, e: ev.MatterResumed, r: Recorded) -> Change:
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
        "missed_in_row": 0,
    }


def _prolonged(m: Matter, e: ev.MatterResumed) -> DueRule | None:
    """A limit counted in working days stays computed, by the days given back longer; any other is a date now."""
    rule = m.due_rule
    if rule is None or m.due == e.due:
        return rule
    return rule.model_copy(update={"days": rule.days + e.workdays}) if rule.count is DayCount.WORKDAYS else None


# --- 办结、销号、重开、撤销、异议、更正


@_on(ev.ClosureRequested)
def _(m: Matter, e: ev.ClosureRequested, r: Recorded) -> Change:
    closure = Closure(
        at=r.recorded_at,
        authors=_authors(r.actor),
        text=e.text,
        evidence=e.evidence,
        over_open_children=e.over_open_children,
    )
    return {"stage": Stage.CLOSING, "closure": closure, **_put_away(m), "missed_in_row": 0}


@_on(ev.ClosureEndorsed)
def _(m: Matter, e: ev.ClosureEndorsed, r: Recorded) -> Change:
    if m.closure is None:
        return {}
    why = e.over_open_children or m.closure.over_open_children
    endorsed = {"endorsed": True, "endorsers": _authors(r.actor), "over_open_children": why}
    return {"closure": m.closure.model_copy(update=endorsed)}


@_on(ev.ClosureReturned)
def _(m: Matter, e: ev.ClosureReturned, r: Recorded) -> Change:
    counts = m.counts.model_copy(update={"returns": m.counts.returns + 1})
    return {"stage": Stage.IN_PROGRESS, "closure": None, "counts": counts, "returned_at": r.recorded_at}


@_on(ev.MatterClosed)
def _(m: Matter, e: ev.MatterClosed, r: Recorded) -> Change:
    wrote = (*m.closure.authors, *m.closure.endorsers) if m.closure else ()
    closed = Closed(
        on=local_date(r.occurred_at),
        authors=tuple(sorted({*wrote, *_authors(r.actor)})),
        overdue_workdays=e.overdue_workdays,
        overdue_workdays_original=e.overdue_workdays_original,
    )
    return {"stage": Stage.CLOSED, "closed": closed, "extension": None}


@_on(ev.MatterReopened)
def _(m: Matter, e: ev.MatterReopened, r: Recorded) -> Change:
    change: Change = {"stage": e.stage, "closure": None, "closed": None, "missed_in_row": 0}
    change |= {"objected": False, "objection": None}
    return change | (_limit(e.due, r) if e.due != m.due else {})


@_on(ev.MatterCancelled)
def _(m: Matter, e: ev.MatterCancelled, r: Recorded) -> Change:
    return {
        "stage": Stage.CANCELLED,
        "closed": Closed(on=local_date(r.occurred_at), authors=_authors(r.actor)),
        "window": None,
        "receipt_due": None,
        "extension": None,
    }


@_on(ev.ObjectionRaised)
def _(m: Matter, e: ev.ObjectionRaised, r: Recorded) -> Change:
    raised = Objection(unit=e.unit, text=e.text, raised_on=local_date(r.occurred_at), decide_by=e.decide_by)
    return {"objected": True, "objection": raised}


@_on(ev.ObjectionDecided)
def _(m: Matter, e: ev.ObjectionDecided, r: Recorded) -> Change:
    return {"objection": None}


@_on(ev.RecusalDeclared)
def _(m: Matter, e: ev.RecusalDeclared, r: Recorded) -> Change:
    return {"recused": tuple(sorted({*m.recused, e.person}))}


@_on(ev.DutyReassigned)
def _(m: Matter, e: ev.DutyReassigned, r: Recorded) -> Change:
    match e.duty:
        case Duty.PERSON:
            return {"person": e.to_person}
        case Duty.SUPERVISOR:
            return {"supervisor": e.to_person}
        case Duty.LEADER:
            leaders = dict.fromkeys(e.to_person if x == e.from_person else x for x in m.instructed_by)
            return {"instructed_by": tuple(leaders), "due_set_by": _succeeded(m.due_set_by, e)}


def _succeeded(setter: Actor, e: ev.DutyReassigned) -> Actor:
    """The limit now belongs to whoever holds the post."""
    if setter.on_behalf_of is not None:
        if setter.on_behalf_of.id != e.from_person:
            return setter
        return setter.model_copy(update={"on_behalf_of": setter.on_behalf_of.model_copy(update={"id": e.to_person})})
    return setter.model_copy(update={"id": e.to_person}) if setter.id == e.from_person else setter


@_on(ev.EventCorrected)
def _(m: Matter, e: ev.EventCorrected, r: Recorded) -> Change:
    change: Change = {k: v for k, v in e.fields.items() if k in {"title", "source", "person"}}
    basis = {k.removeprefix("basis_"): v for k, v in e.fields.items() if k in {"basis_no", "basis_text"}}
    if basis:
        change["basis"] = m.basis.model_copy(update=basis)
    if "progress" in e.fields:
        change["progress"] = int(e.fields["progress"])
    if "weight" in e.fields and m.part_of is not None:
        change["part_of"] = m.part_of.model_copy(update={"weight": int(e.fields["weight"])})
    return change
