"""Whether a queued notice still says what is so: it waits for the morning, and by then the matter has gone on.

What asks for something that was done since is dropped; news that stands is told without what it no longer asks. A
notice that was tried already stays as it was or is dropped: a message never changes under its id.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain import events as ev
from domain.base import Frozen, Term
from domain.calendar import local_date
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.matter import Matter
from domain.meetings import events as mev
from domain.meetings.meeting import Meeting
from domain.meetings.rules import BEFORE
from domain.meetings.terms import Delivery, MeetingStage
from domain.onsite import events as onsite
from domain.onsite.inspection import OnSite
from domain.onsite.terms import ProblemStage
from domain.terms import Stage


class Since(Term):
    """What became of what a notice says."""

    STANDS = "stands", "仍然如此"
    ANSWERED = "answered", "所要求的已经办了"
    """The news stands, what it asks does not."""
    OVERTAKEN = "overtaken", "已被后来的情况取代，不再发送"


_Judge = Callable[[Any, Any, datetime], Since]


def what_became_of(recorded: Recorded, now: Frozen) -> Since:
    """What became of a queued notice's event, by the state its stream has now."""
    event = decode(recorded)
    judge = _JUDGES.get(type(event))
    return judge(event, now, recorded.occurred_at) if judge else Since.STANDS


def _if(overtaken: bool, becomes: Since = Since.OVERTAKEN) -> Since:
    return becomes if overtaken else Since.STANDS


def _assigned(e: ev.MatterAssigned, m: Matter, _: datetime) -> Since:
    if m.lead != e.lead:
        return Since.OVERTAKEN
    return _if(m.stage is not Stage.ASSIGNED, Since.ANSWERED)


def _reported_since(m: Matter, at: datetime) -> bool:
    return m.last_feedback is not None and m.last_feedback.at > at


def _near_due(e: ev.NearDueWarned | ev.DueLapsed, m: Matter, _: datetime) -> Since:
    """A limit that was moved, or a matter whose 办结 is asked for, is pressed no more."""
    return _if(m.due != e.due or m.ended or m.stage in (Stage.CLOSING, Stage.SUSPENDED))


def _moved(e: ev.DeadlineMoved, m: Matter, _: datetime) -> Since:
    """Of the matter's own limit only the one that stands is told."""
    return _if(m.ended or (e.what == "due" and m.due != e.after))


def _asked_for_extension(e: ev.ExtensionRequested, m: Matter, _: datetime) -> Since:
    return _if(m.extension is None or (m.extension.to, m.extension.point) != (e.to, e.point))


def _coordination(e: ev.CoordinationRequested, m: Matter, _: datetime) -> Since:
    return _if(m.ended or all(c.no != e.no for c in m.open_coordinations))


def _window(e: ev.FeedbackWindowOpened, m: Matter, _: datetime) -> Since:
    return _if(
        m.window is None or m.window.key != e.window.key or m.window.answered or m.stage is not Stage.IN_PROGRESS
    )


def _meeting(_: Event, m: Meeting, __: datetime) -> Since:
    """Its words are those of the meeting as it stands; one that is over or off invites nobody."""
    return _if(m.stage not in BEFORE)


def _outcome(e: mev.OutcomeRefused, m: Meeting, _: datetime) -> Since:
    return _if(all(p.no != e.point or p.delivery is not Delivery.REFUSED for p in m.points))


def _rectification(e: onsite.ProblemListed | onsite.RectificationExtended, o: OnSite, _: datetime) -> Since:
    """A limit is reminded of while it stands and nobody has said that the problem is put right."""
    finding = o.finding(e.no)
    limit = e.to if isinstance(e, onsite.RectificationExtended) else e.rectify_by
    problem = finding.problem if finding else None
    waits = problem is not None and problem.stage is ProblemStage.RECTIFYING and problem.rectify_by == limit
    return _if(not waits)


def _to_be_checked(e: onsite.RectificationReported, o: OnSite, _: datetime) -> Since:
    finding = o.finding(e.no)
    return _if(finding is None or finding.problem is None or finding.problem.stage is not ProblemStage.REPORTED)


def _still_overdue(e: onsite.RectificationEscalated, o: OnSite, at: datetime) -> Since:
    finding = o.finding(e.no)
    problem = finding.problem if finding else None
    return _if(problem is None or not problem.overdue(local_date(at)) or problem.rung is not e.to_rung)


_JUDGES: dict[type[Event], _Judge] = {
    ev.MatterAssigned: _assigned,
    ev.ReceiptDeclined: lambda _, m, __: _if(m.lead is not None and m.stage is not Stage.OPENED, Since.ANSWERED),
    ev.SurgeStarted: lambda e, m, _: _if(m.surge is None or m.surge.campaign != e.campaign, Since.ANSWERED),
    ev.FeedbackWindowOpened: _window,
    ev.ReportReturned: lambda _, m, at: _if(m.ended or _reported_since(m, at), Since.ANSWERED),
    ev.FeedbackMissed: lambda _, m, at: _if(m.ended or _reported_since(m, at), Since.ANSWERED),
    ev.UrgeIssued: lambda _, m, at: _if(m.ended or _reported_since(m, at)),
    ev.CoordinationRequested: _coordination,
    ev.NearDueWarned: _near_due,
    ev.DueLapsed: _near_due,
    ev.DeadlineMoved: _moved,
    ev.ExtensionRequested: _asked_for_extension,
    ev.ExtensionRefused: lambda _, m, __: _if(m.ended or m.extension is not None, Since.ANSWERED),
    ev.BasisAdded: lambda _, m, __: _if(m.ended, Since.ANSWERED),
    ev.DecisionRecorded: lambda _, m, __: _if(m.ended, Since.ANSWERED),
    ev.InstructionRecorded: lambda _, m, __: _if(m.ended, Since.ANSWERED),
    ev.MatterResumed: lambda _, m, __: _if(m.ended or m.stage is Stage.SUSPENDED, Since.ANSWERED),
    ev.MatterReopened: lambda _, m, __: _if(m.ended, Since.ANSWERED),
    ev.ClosureRequested: lambda _, m, __: _if(m.closure is None or m.closure.endorsed),
    ev.ClosureEndorsed: lambda _, m, __: _if(m.closure is None or bool(m.closure.marked), Since.ANSWERED),
    ev.ClosureMarked: lambda e, m, _: _if(m.closure is None or e.next_leader in m.closure.marked, Since.ANSWERED),
    ev.ClosureReturned: lambda _, m, __: _if(m.ended or m.stage is Stage.CLOSING, Since.ANSWERED),
    ev.MatterInspected: lambda _, m, at: _if(m.ended or _reported_since(m, at), Since.ANSWERED),
    ev.ObjectionRaised: lambda _, m, __: _if(m.objection is None),
    mev.MeetingNotified: _meeting,
    mev.MeetingMoved: _meeting,
    mev.AgendaFrozen: _meeting,
    mev.MeetingLapsed: _meeting,
    mev.MinutesOverdue: lambda _, m, __: _if(m.stage is not MeetingStage.IN_SESSION),
    mev.OutcomeRefused: _outcome,
    onsite.ProblemListed: _rectification,
    onsite.RectificationExtended: _rectification,
    onsite.RectificationEscalated: _still_overdue,
    onsite.RectificationReported: _to_be_checked,
}
"""Event → what became of it. What is not here is news that stays true."""
