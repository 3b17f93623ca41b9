"""交办、签收、要点、依据、反馈: what each does to a matter."""

from datetime import datetime

from domain import events as ev
from domain.calendar import local_date
from domain.envelope import LoggedEvent
from domain.evolve.change import Change, authors, on, with_point
from domain.matter import (
    DONE,
    Feedback,
    Indicator,
    Matter,
    Point,
    ReturnedReport,
    Surge,
)
from domain.terms import Stage

# --- 交办、签收


@on(ev.MatterAssigned)
def _(m: Matter, e: ev.MatterAssigned, r: LoggedEvent) -> Change:
    return {
        "stage": Stage.ASSIGNED,
        "lead": e.lead,
        "assist": e.assist,
        "person": e.person or m.person,
        "person_from": r.version if e.person else m.person_from,
        "receipt_hours": e.receipt_hours,
        "lead_named_by_leader": e.named_by_leader,
        "by_letter": e.by_letter,
        "assigned_at": r.recorded_at,
        "receipt_due": e.receipt_due,
        "receipt_from": r.recorded_at,
        "accepted_at": None,
        "windows": m.windows.begin_anew(),
        "rung": e.rung or m.rung,
        "climbed": m.climbed if e.rung in (None, m.rung) else (),
        "escalated_at": m.escalated_at if e.rung in (None, m.rung) else None,
    }


@on(ev.LeadersSet)
def _(m: Matter, e: ev.LeadersSet, r: LoggedEvent) -> Change:
    return {"leaders": e.leaders}


@on(ev.ReceiptSigned)
def _(m: Matter, e: ev.ReceiptSigned, r: LoggedEvent) -> Change:
    return {"stage": Stage.IN_PROGRESS, "accepted_at": r.occurred_at, "receipt_due": None}


@on(ev.ReceiptDeclined)
def _(m: Matter, e: ev.ReceiptDeclined, r: LoggedEvent) -> Change:
    return {"stage": Stage.OPENED, "lead": None, "receipt_due": None, "declines": m.declines + 1}


# --- 要点、反馈


@on(ev.PointAdded)
def _(m: Matter, e: ev.PointAdded, r: LoggedEvent) -> Change:
    added = Point(no=e.no, text=e.point.text, due=e.point.due, original_due=e.point.due, stage=e.point.stage)
    return {"points": (*m.points, added)}


@on(ev.PointChanged)
def _(m: Matter, e: ev.PointChanged, r: LoggedEvent) -> Change:
    return with_point(m, e.no, text=e.point.text, due=e.point.due)


@on(ev.PointDropped)
def _(m: Matter, e: ev.PointDropped, r: LoggedEvent) -> Change:
    return with_point(m, e.no, dropped=True)


@on(ev.BasisAdded)
def _(m: Matter, e: ev.BasisAdded, r: LoggedEvent) -> Change:
    return {"further": (*m.further, e.basis)}


@on(ev.MatterCarriedOver)
def _(m: Matter, e: ev.MatterCarriedOver, r: LoggedEvent) -> Change:
    known = e.basis in m.bases
    return {"carried": (*m.carried, e.year), "further": m.further if known else (*m.further, e.basis)}


@on(ev.RhythmChanged)
def _(m: Matter, e: ev.RhythmChanged, r: LoggedEvent) -> Change:
    # A surge goes on: the rhythm is what it will fall back to.
    return {"rhythm": e.rhythm, **({} if m.surge else {"windows": m.windows.put_away()})}


@on(ev.UrgencyChanged)
def _(m: Matter, e: ev.UrgencyChanged, r: LoggedEvent) -> Change:
    return {"urgency": e.urgency, "receipt_hours": e.receipt_hours}


@on(ev.SurgeStarted)
def _(m: Matter, e: ev.SurgeStarted, r: LoggedEvent) -> Change:
    surge = Surge(campaign=e.campaign, until=e.until, every_day=e.every_day)
    return {"windows": m.windows.put_away(), "surge": surge}


@on(ev.SurgeMoved)
def _(m: Matter, e: ev.SurgeMoved, r: LoggedEvent) -> Change:
    return {"surge": m.surge.model_copy(update={"until": e.until}) if m.surge else None}


@on(ev.SurgeEnded)
def _(m: Matter, e: ev.SurgeEnded, r: LoggedEvent) -> Change:
    return {"windows": m.windows.put_away(), "surge": None}


@on(ev.FeedbackWindowOpened)
def _(m: Matter, e: ev.FeedbackWindowOpened, r: LoggedEvent) -> Change:
    return {"windows": m.windows.open(e.window, m.lead or "")}


@on(ev.FeedbackSubmitted)
def _(m: Matter, e: ev.FeedbackSubmitted, r: LoggedEvent) -> Change:
    windows = m.windows
    if e.late_for:
        windows = windows.make_up(e.late_for, r.version)
    elif e.window:
        windows = windows.answer(e.window, r.version)
    change: Change = {"windows": windows}
    if e.unit not in m.reported_by:
        change["reported_by"] = (*m.reported_by, e.unit)
    if e.letter is not None:
        change["letters"] = (*m.letters, e.letter)
    said_at = r.occurred_at
    if m.running is not None and said_at < m.running.since:
        return change  # of a period that was judged already; what it came to the office can judge anew
    if e.points:
        change["points"] = _points(m, e, r)
    if e.indicators:
        change["indicators"] = _indicators(m, e, r)
    if _is_last_word(m, e, said_at):
        change["last_feedback"] = Feedback(
            at=said_at,
            version=r.version,
            unit=e.unit,
            authors=authors(r.actor),
            text=e.text,
            progress=e.progress,
            problem=e.problem,
            next_step=e.next_step,
            coordination=e.coordination,
        )
        change["progress"] = _progress(m, e, change.get("points", ()))
        if e.progress is not None or e.points:
            change["progress_from"] = r.version
    return change


def _is_last_word(m: Matter, e: ev.FeedbackSubmitted, said_at: datetime) -> bool:
    """Whether it is the lead's, and nothing the lead said was so later."""
    if e.unit != m.lead:
        asked = m.windows.find(e.late_for or e.window)
        if asked is None or asked.lead != e.unit:
            return False
    return m.last_feedback is None or said_at >= m.last_feedback.at


def _points(m: Matter, e: ev.FeedbackSubmitted, r: LoggedEvent) -> tuple[Point, ...]:
    """Each point as it was last so; a report entered later of an earlier day does not turn it back."""
    reports = {p.no: p for p in e.points}
    done_on = local_date(r.occurred_at)
    return tuple(
        p.model_copy(
            update={
                "progress": reports[p.no].progress,
                "said": reports[p.no].text or p.said,
                "reported_at": r.occurred_at,
                "done_on": (p.done_on or done_on) if reports[p.no].progress == DONE else None,
                # What was approved stays so while it is still reported as reached.
                "approved": p.approved if p.approved and reports[p.no].progress == DONE else None,
                "authors": authors(r.actor) if p.stage else (),
            }
        )
        if p.no in reports and (p.reported_at is None or r.occurred_at >= p.reported_at)
        else p
        for p in m.points
    )


def _indicators(m: Matter, e: ev.FeedbackSubmitted, r: LoggedEvent) -> tuple[Indicator, ...]:
    """Each indicator as it was last so."""
    values = {i.no: i.value for i in e.indicators}
    return tuple(
        _measured(i, values[i.no], r)
        if i.no in values and (i.reported_at is None or r.occurred_at >= i.reported_at)
        else i
        for i in m.indicators
    )


def _measured(i: Indicator, value: int, r: LoggedEvent) -> Indicator:
    """The value now, and since when what is to hold at every report does not."""
    now = i.model_copy(update={"value": value, "reported_at": r.occurred_at})
    out = now.always and not now.reached
    return now.model_copy(update={"out_since": (i.out_since or local_date(r.occurred_at)) if out else None})


def _progress(m: Matter, e: ev.FeedbackSubmitted, points: tuple[Point, ...]) -> int:
    """What was said of the whole; else, when points were reported, their mean."""
    if e.progress is not None:
        return e.progress
    counted = [p.progress for p in points if not p.dropped]
    return sum(counted) // len(counted) if e.points and counted else m.progress


@on(ev.ReportReturned)
def _(m: Matter, e: ev.ReportReturned, r: LoggedEvent) -> Change:
    mark = ReturnedReport(
        report=e.report, unit=e.unit, reason=e.reason, text=e.text, on=local_date(r.occurred_at), until=e.until
    )
    windows = m.windows if e.window is None else m.windows.reopen(e.window, e.until)
    return {"returned_reports": (*m.returned_reports, mark), "windows": windows}


@on(ev.FeedbackMissed)
def _(m: Matter, e: ev.FeedbackMissed, r: LoggedEvent) -> Change:
    return {"windows": m.windows.miss(e.window, m.lead or "")}


@on(ev.MissWithdrawn)
def _(m: Matter, e: ev.MissWithdrawn, r: LoggedEvent) -> Change:
    return {"windows": m.windows.withdraw(e.window)}
