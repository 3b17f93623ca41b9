"""催办、协调、升级、议定、批示: what each does to a matter."""

from domain import events as ev
from domain.calendar import local_date
from domain.envelope import LoggedEvent
from domain.evolve.change import Change, last_listing, limit, on
from domain.matter import (
    CardGiven,
    Climbed,
    Coordination,
    Interview,
    Listing,
    Matter,
)
from domain.meetings.terms import Outcome
from domain.terms import Role, Rung


@on(ev.UrgeIssued)
def _(m: Matter, e: ev.UrgeIssued, r: LoggedEvent) -> Change:
    counts = m.counts.model_copy(update={"urges": m.counts.urges + 1})
    claimed = tuple(sorted({*m.triggers, e.trigger})) if e.trigger else m.triggers
    return {
        "last_urge_at": r.recorded_at,
        "last_urge_no": e.no,
        "last_urge_colour": e.colour,
        "triggers": claimed,
        "counts": counts,
    }


@on(ev.CoordinationRequested)
def _(m: Matter, e: ev.CoordinationRequested, r: LoggedEvent) -> Change:
    asked = Coordination(
        no=e.no, unit=e.unit, text=e.text, asked_at=r.recorded_at, answer_due=e.answer_due, workdays=e.workdays
    )
    return {"coordinations": (*m.coordinations, asked)}


@on(ev.CoordinationAnswered)
def _(m: Matter, e: ev.CoordinationAnswered, r: LoggedEvent) -> Change:
    answer = {"answer": e.text, "answered_at": r.occurred_at}
    letters = (*m.letters, e.letter) if e.letter else m.letters
    answered = tuple(c.model_copy(update=answer) if c.no == e.no else c for c in m.coordinations)
    return {"coordinations": answered, "letters": letters}


@on(ev.MatterEscalated)
def _(m: Matter, e: ev.MatterEscalated, r: LoggedEvent) -> Change:
    counts = m.counts.model_copy(update={"escalations": m.counts.escalations + 1})
    reached = Climbed(rung=e.to_rung, on=local_date(r.occurred_at), reason=e.reason)
    climbing: Change = {"escalated_at": r.occurred_at, "climbed": (*m.climbed, reached)}
    return {**climbing, "rung": e.to_rung, "triggers": tuple(sorted({*m.triggers, e.trigger})), "counts": counts}


@on(ev.DecisionRecorded)
def _(m: Matter, e: ev.DecisionRecorded, r: LoggedEvent) -> Change:
    # A decision answers what was carried up, and pressure starts again from the handler; 缓议 answers nothing.
    # A meeting of the office alone does not answer what waits for a leader.
    on = local_date(r.occurred_at)
    decider = r.actor.on_behalf_of or r.actor
    above = decider.role is not Role.LEADER and m.rung in (Rung.LEADER, Rung.MEETING)
    stays = above or e.outcome is Outcome.DEFERRED
    relieved: Change = {} if stays else {"rung": Rung.HANDLER, "relieved_at": r.recorded_at}
    relieved |= {} if stays else {"escalated_at": None, "climbed": ()}
    moved = limit(e.due, r) if e.due and e.subject is None else {}
    chairs = (*(x for x in m.decided_by if x != decider.id), decider.id)
    return {**relieved, "pushed_on": on, "decided_on": on, "decided_by": chairs, **moved}


@on(ev.MatterListed)
def _(m: Matter, e: ev.MatterListed, r: LoggedEvent) -> Change:
    line = Listing(on=local_date(r.occurred_at), by=e.meeting, reason=e.reason, exit_when=e.exit_when)
    return {"listed": True, "listings": (*m.listings, line)}


@on(ev.MatterDelisted)
def _(m: Matter, e: ev.MatterDelisted, r: LoggedEvent) -> Change:
    left = {"left_on": local_date(r.occurred_at), "left_by": e.meeting, "left_reason": e.reason, "met": e.met}
    return {"listed": False, **last_listing(m, left)}


@on(ev.ListingTermsSet)
def _(m: Matter, e: ev.ListingTermsSet, r: LoggedEvent) -> Change:
    return last_listing(m, {"exit_when": e.exit_when})


@on(ev.InterviewHeld)
def _(m: Matter, e: ev.InterviewHeld, r: LoggedEvent) -> Change:
    held = Interview(on=local_date(r.occurred_at), unit=e.unit, people=e.people, interviewer=e.interviewer, text=e.text)
    return {"interviews": (*m.interviews, held)}


@on(ev.CardIssued)
def _(m: Matter, e: ev.CardIssued, r: LoggedEvent) -> Change:
    given = CardGiven(no=e.no, card=e.card, unit=e.unit, on=local_date(r.occurred_at), reason=e.reason, claim=e.claim)
    return {"cards": (*m.cards, given)}


@on(ev.CardWithdrawn)
def _(m: Matter, e: ev.CardWithdrawn, r: LoggedEvent) -> Change:
    back = {"withdrawn": e.reason}
    return {"cards": tuple(c.model_copy(update=back) if c.no == e.no else c for c in m.cards)}


@on(ev.InstructionRecorded)
def _(m: Matter, e: ev.InstructionRecorded, r: LoggedEvent) -> Change:
    leaders = (*(x for x in m.instructed_by if x != e.leader), e.leader)
    carried = (*m.carries, e.paper) if e.paper else m.carries
    change: Change = {"instructed_by": leaders, "pushed_on": local_date(r.occurred_at), "carries": carried}
    if m.closure is not None and e.leader in m.closure.marked:
        again = tuple(x for x in m.closure.marked if x != e.leader)
        change["closure"] = m.closure.model_copy(update={"marked": again})
    return change


@on(ev.UnitReminded)
def _(m: Matter, e: ev.UnitReminded, r: LoggedEvent) -> Change:
    return {"reminded_on": local_date(r.occurred_at)}
