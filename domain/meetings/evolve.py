"""How each event moves a meeting's state. A fold: total, and nothing here decides anything."""

from collections.abc import Callable
from typing import Any, TypeVar

from domain.calendar import local_date
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.fold import Fold
from domain.meetings import events as ev
from domain.meetings.meeting import DecisionPoint, Material, Meeting, Minutes, NoticeReply
from domain.meetings.terms import Delivery, MeetingStage, Outcome

E = TypeVar("E", bound=Event)
Change = dict[str, Any]
_APPLY: dict[type[Event], Callable[[Meeting, Any, LoggedEvent], Change]] = {}


def _on(event: type[E]) -> Callable[[Callable[[Meeting, E, LoggedEvent], Change]], None]:
    def register(change: Callable[[Meeting, E, LoggedEvent], Change]) -> None:
        _APPLY[event] = change

    return register


def evolve_meeting(meeting: Meeting | None, recorded: LoggedEvent) -> Meeting:
    """The state of a meeting after one recorded event. Total: whatever the log holds can be folded."""
    event = decode(recorded)
    if meeting is None:
        return _begun(event, recorded)
    change = _APPLY[type(event)](meeting, event, recorded)
    return meeting.model_copy(update={**change, "version": recorded.version, "hash": recorded.hash})


def advance_meeting(meeting: Meeting, recorded: LoggedEvent) -> None:
    """Change a meeting in place by one more event, for who holds it alone: the states between are nobody's."""
    event = decode(recorded)
    change = _APPLY[type(event)](meeting, event, recorded)
    change["version"], change["hash"] = recorded.version, recorded.hash
    meeting.overwrite(change)


def _begun(event: Event, recorded: LoggedEvent) -> Meeting:
    if not isinstance(event, ev.MeetingConvened | ev.MeetingRecorded):
        raise TypeError(f"a meeting's stream begins with MeetingConvened or MeetingRecorded, not {recorded.type}")
    common: Change = {
        "stream": recorded.stream,
        "version": recorded.version,
        "hash": recorded.hash,
        "number": event.number,
        "series": event.series_id,
        "series_name": event.series_name,
        "title": event.title,
        "starts": event.starts,
        "place": event.place,
        "secretary": event.secretary,
    }
    if isinstance(event, ev.MeetingRecorded):
        return Meeting(**common, stage=MeetingStage.RECORDED, part=event.part, summary=event.summary)
    return Meeting(
        **common,
        stage=MeetingStage.SCHEDULED,
        chair=event.chair,
        period=event.period,
        notice_workdays=event.notice_workdays,
        agenda_workdays=event.agenda_workdays,
        minutes_workdays=event.minutes_workdays,
        called_because=event.reason,
        off_day=event.off_day,
        emergency=event.emergency,
        materials_by=event.materials_by,
    )


@_on(ev.MeetingMoved)
def _(m: Meeting, e: ev.MeetingMoved, r: LoggedEvent) -> Change:
    because: Change = {"called_because": e.reason} if e.off_day else {}
    # What was answered was answered for another day.
    return {"starts": e.starts, "lapsed": False, "notified": False, "off_day": e.off_day, "replies": (), **because}


@_on(ev.NoticeAnswered)
def _(m: Meeting, e: ev.NoticeAnswered, r: LoggedEvent) -> Change:
    others = (reply for reply in m.replies if reply.unit != e.unit)
    return {"replies": (*others, NoticeReply(unit=e.unit, coming=e.coming, leave=e.leave))}


@_on(ev.MaterialHandedIn)
def _(m: Meeting, e: ev.MaterialHandedIn, r: LoggedEvent) -> Change:
    handed = Material(key=e.key, unit=e.unit, at=r.occurred_at, late=e.late, attachments=e.attachments)
    return {"materials": (*m.materials, handed)}


@_on(ev.MeetingCancelled)
def _(m: Meeting, e: ev.MeetingCancelled, r: LoggedEvent) -> Change:
    return {"stage": MeetingStage.CANCELLED, "cancelled": e.reason}


@_on(ev.MeetingNotified)
def _(m: Meeting, e: ev.MeetingNotified, r: LoggedEvent) -> Change:
    return {"notified": True}


# --- 议题


@_on(ev.AgendaItemAdded)
def _(m: Meeting, e: ev.AgendaItemAdded, r: LoggedEvent) -> Change:
    if m.stage is MeetingStage.SCHEDULED:
        kept = {key: reason for key, reason in m.dropped.items() if key != e.item.key}
        return {"added": (*m.added, e.item), "dropped": kept}
    return {"items": (*m.items, e.item)}


@_on(ev.AgendaItemDropped)
def _(m: Meeting, e: ev.AgendaItemDropped, r: LoggedEvent) -> Change:
    if m.stage is MeetingStage.SCHEDULED:
        added = tuple(i for i in m.added if i.key != e.key)
        return {"added": added, "dropped": {**m.dropped, e.key: e.reason}}
    return {"items": tuple(i.model_copy(update={"dropped": e.reason}) if i.key == e.key else i for i in m.items)}


@_on(ev.AgendaOrdered)
def _(m: Meeting, e: ev.AgendaOrdered, r: LoggedEvent) -> Change:
    return {"order": e.order}


@_on(ev.AgendaFrozen)
def _(m: Meeting, e: ev.AgendaFrozen, r: LoggedEvent) -> Change:
    return {"stage": MeetingStage.FROZEN, "items": e.items}


# --- 召开、议定、纪要


@_on(ev.MeetingOpened)
def _(m: Meeting, e: ev.MeetingOpened, r: LoggedEvent) -> Change:
    held = {"ordinal": int(e.ordinal), "chair": e.chair or m.chair, "opened_at": r.occurred_at}
    return held if m.stage is MeetingStage.RECORDED else {**held, "stage": MeetingStage.IN_SESSION}


@_on(ev.AttendanceRecorded)
def _(m: Meeting, e: ev.AttendanceRecorded, r: LoggedEvent) -> Change:
    return {"attendance": e.attendance}


@_on(ev.PointDecided)
def _(m: Meeting, e: ev.PointDecided, r: LoggedEvent) -> Change:
    # 新立项 concerns the matter it opens, not the one the item was about.
    about = m.item(e.item) if e.new is None else None
    point = DecisionPoint(
        no=e.no,
        version=r.version,
        item=e.item,
        outcome=e.outcome,
        text=e.text,
        subject=e.subject,
        matter=about.matter if about else None,
        number=about.number if about else None,
        lead=e.lead,
        assist=e.assist,
        due=e.due,
        matter_point=e.matter_point,
        new=e.new,
        urgent=e.urgent,
        decided_by=r.actor,
    )
    return {"points": (*m.points, point.model_copy(update={"delivery": _way(point, bound=e.urgent)}))}


def _way(point: DecisionPoint, *, bound: bool) -> Delivery:
    """Urgent outcomes bind at once, the others with the signed minutes; what concerns no matter goes nowhere."""
    if point.matter is None and point.outcome is not Outcome.NEW_MATTER:
        return Delivery.NOTHING_TO_DO
    return Delivery.PENDING if bound else Delivery.WAITING


@_on(ev.PointWithdrawn)
def _(m: Meeting, e: ev.PointWithdrawn, r: LoggedEvent) -> Change:
    return _with_point(m, e.no, withdrawn=e.reason)


@_on(ev.MinutesIssued)
def _(m: Meeting, e: ev.MinutesIssued, r: LoggedEvent) -> Change:
    points = tuple(
        p.model_copy(update={"delivery": Delivery.PENDING}) if p.delivery is Delivery.WAITING else p for p in m.points
    )
    minutes = Minutes(no=e.no, signer=e.signer, on=local_date(r.occurred_at), over=e.over)
    return {"stage": MeetingStage.SIGNED, "minutes": minutes, "points": points}


# --- 落实


@_on(ev.OutcomeDelivered)
def _(m: Meeting, e: ev.OutcomeDelivered, r: LoggedEvent) -> Change:
    return _with_point(m, e.point, delivery=Delivery.DELIVERED, matter=e.stream, number=e.matter, reason=None)


@_on(ev.OutcomeRefused)
def _(m: Meeting, e: ev.OutcomeRefused, r: LoggedEvent) -> Change:
    return _with_point(m, e.point, delivery=Delivery.REFUSED, reason=e.reason)


@_on(ev.OutcomeSentAgain)
def _(m: Meeting, e: ev.OutcomeSentAgain, r: LoggedEvent) -> Change:
    point = m.point(e.point)
    attempt = point.attempt + 1 if point else 0
    return _with_point(m, e.point, delivery=Delivery.PENDING, attempt=attempt, reason=None, decided_by=r.actor)


@_on(ev.OutcomeWaived)
def _(m: Meeting, e: ev.OutcomeWaived, r: LoggedEvent) -> Change:
    return _with_point(m, e.point, delivery=Delivery.WAIVED, reason=e.reason)


def _with_point(m: Meeting, no: int, **change: object) -> Change:
    return {"points": tuple(p.model_copy(update=change) if p.no == no else p for p in m.points)}


@_on(ev.MeetingLapsed)
def _(m: Meeting, e: ev.MeetingLapsed, r: LoggedEvent) -> Change:
    return {"lapsed": True}


@_on(ev.MinutesOverdue)
def _(m: Meeting, e: ev.MinutesOverdue, r: LoggedEvent) -> Change:
    return {"minutes_overdue": True}


@_on(ev.MeetingClosed)
def _(m: Meeting, e: ev.MeetingClosed, r: LoggedEvent) -> Change:
    return {"stage": MeetingStage.CLOSED}


FOLD = Fold(Meeting, evolve_meeting, advance_meeting)
