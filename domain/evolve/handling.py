"""交办、签收、要点、依据、反馈: what each does to a matter."""

from domain import events as ev
from domain.calendar import local_date
from domain.envelope import Recorded
from domain.evolve.change import Change, authors, judged, on, put_away, with_point
from domain.matter import (
    DONE,
    Feedback,
    Matter,
    Missed,
    Point,
    Surge,
)
from domain.terms import Stage

# --- 交办、签收


@on(ev.MatterAssigned)
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
        **put_away(m),
    }


@on(ev.ReceiptSigned)
def _(m: Matter, e: ev.ReceiptSigned, r: Recorded) -> Change:
    return {"stage": Stage.IN_PROGRESS, "accepted_at": r.occurred_at, "receipt_due": None}


@on(ev.ReceiptDeclined)
def _(m: Matter, e: ev.ReceiptDeclined, r: Recorded) -> Change:
    return {"stage": Stage.OPENED, "lead": None, "receipt_due": None, "declines": m.declines + 1}


# --- 要点、反馈


@on(ev.PointAdded)
def _(m: Matter, e: ev.PointAdded, r: Recorded) -> Change:
    added = Point(no=e.no, text=e.point.text, due=e.point.due, original_due=e.point.due)
    return {"points": (*m.points, added)}


@on(ev.PointChanged)
def _(m: Matter, e: ev.PointChanged, r: Recorded) -> Change:
    return with_point(m, e.no, text=e.point.text, due=e.point.due)


@on(ev.PointDropped)
def _(m: Matter, e: ev.PointDropped, r: Recorded) -> Change:
    return with_point(m, e.no, dropped=True)


@on(ev.BasisAdded)
def _(m: Matter, e: ev.BasisAdded, r: Recorded) -> Change:
    return {"further": (*m.further, e.basis)}


@on(ev.MatterCarriedOver)
def _(m: Matter, e: ev.MatterCarriedOver, r: Recorded) -> Change:
    known = e.basis in m.bases
    return {"carried": (*m.carried, e.year), "further": m.further if known else (*m.further, e.basis)}


@on(ev.RhythmChanged)
def _(m: Matter, e: ev.RhythmChanged, r: Recorded) -> Change:
    # A surge goes on: the rhythm is what it will fall back to.
    return {"rhythm": e.rhythm, **({} if m.surge else _give_way(m))}


@on(ev.SurgeStarted)
def _(m: Matter, e: ev.SurgeStarted, r: Recorded) -> Change:
    return {**put_away(m), "surge": Surge(campaign=e.campaign, until=e.until, every_day=e.every_day)}


@on(ev.SurgeMoved)
def _(m: Matter, e: ev.SurgeMoved, r: Recorded) -> Change:
    return {"surge": m.surge.model_copy(update={"until": e.until}) if m.surge else None}


@on(ev.SurgeEnded)
def _(m: Matter, e: ev.SurgeEnded, r: Recorded) -> Change:
    return {**_give_way(m), "surge": None}


def _give_way(m: Matter) -> Change:
    """The running window gives way to that of another rhythm; an answered one is good until it closes."""
    good = m.window.closes if m.window and m.answered else m.covered_until
    return {**put_away(m), "covered_until": good}


@on(ev.FeedbackWindowOpened)
def _(m: Matter, e: ev.FeedbackWindowOpened, r: Recorded) -> Change:
    return {**_give_way(m), "window": e.window}


@on(ev.FeedbackSubmitted)
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
        "reporters": tuple(sorted({*m.reporters, *authors(r.actor)})),
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


@on(ev.FeedbackMissed)
def _(m: Matter, e: ev.FeedbackMissed, r: Recorded) -> Change:
    return {
        "missed": (*m.missed, Missed(window=e.window)),
        "judged": judged(m, e.window.key),
        "missed_in_row": m.missed_in_row + 1,
        "counts": m.counts.model_copy(update={"missed": m.counts.missed + 1}),
    }


@on(ev.MissWithdrawn)
def _(m: Matter, e: ev.MissWithdrawn, r: Recorded) -> Change:
    missed = tuple(x.model_copy(update={"withdrawn": True}) if x.window.key == e.window else x for x in m.missed)
    counts = m.counts.model_copy(update={"missed": m.counts.missed - 1})
    return {"missed": missed, "counts": counts, "missed_in_row": max(m.missed_in_row - 1, 0)}
