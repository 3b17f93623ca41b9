"""The rules of meetings: what becomes of a command to one."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from domain.base import Frozen, refuse, refuse_always
from domain.bounds import within_bounds
from domain.calendar import WorkCalendar, local_date
from domain.envelope import Actor, Draft
from domain.event import Event
from domain.facts import UnitRef, checked_title, is_sealed
from domain.log import Claims, SlotClaim, UnitClaim
from domain.meetings import commands as c
from domain.meetings import events as ev
from domain.meetings.agenda import arranged_agenda
from domain.meetings.deadlines import MeetingDeadlineKind, materials_due, minutes_due, next_meeting_deadline
from domain.meetings.meeting import MATTER, AgendaItem, DecisionPoint, Meeting, NewMatter
from domain.meetings.terms import AGREEING, NEEDS_MATTER, Delivery, MeetingStage, Outcome, Subject
from domain.queries.spoken import said_date
from domain.rules.authority import refuse_bystander
from domain.rules.context import DatedEvent, DecisionContext, drafted
from domain.rules.context import RuleEvent as Result
from domain.terms import IN_UNIT, Role, Supervision

BEFORE = (MeetingStage.SCHEDULED, MeetingStage.FROZEN)
ONLY_CLOCK: tuple[type[Frozen], ...] = (c.ExpireMeeting, c.ReprojectMeeting, c.NoteDelivery)
CLOCK: tuple[type[Frozen], ...] = (*ONLY_CLOCK, c.ConveneMeeting, c.FreezeAgenda)
"""What the clock does: convening by a series' rule and freezing the agenda a person may do as well."""
OF_UNITS = (c.ReplyToNotice, c.HandInMaterial)
"""What the units that are called to a meeting do themselves."""
Rule = Callable[[Meeting, Any, DecisionContext], Iterable[Result]]


def decide_meeting(meeting: Meeting | None, command: Frozen, context: DecisionContext) -> tuple[Draft, ...]:
    """The events a command leads to on a meeting at this moment; none when it changes nothing.

    Raises:
        Refusal: with one Chinese line, when a rule says no.
    """
    _authorise(command, context)
    if context.actor.role is not Role.SYSTEM:
        within_bounds((command, context.occurred_at))
    outcomes: Iterable[Result]
    if isinstance(command, c.ConveneMeeting):
        # The stream follows from the opener's key: meeting one there means it was convened before.
        outcomes = () if meeting else _convene(command, context)
    elif isinstance(command, c.RecordMeeting):
        outcomes = () if meeting else _record(command, context)
    elif meeting is None:
        refuse_always("没有这次会议", "not_found")
    else:
        outcomes = _RULES[type(command)](meeting, command, context)
    return tuple(drafted(outcome, context) for outcome in outcomes)


def meeting_claims(meeting: Meeting | None, command: Frozen, actor: Actor) -> Claims:
    """What a meeting's events claim of the directory: units a decision names, who chairs, and the slot it takes.

    The clock calls a meeting also where the chair of its series has left: who opens it names another.
    """
    named: tuple[UnitRef, ...] = ()
    slots: tuple[SlotClaim, ...] = ()
    people: tuple[str, ...] = ()
    if isinstance(command, c.ConveneMeeting | c.OpenMeeting) and command.chair and actor.role is not Role.SYSTEM:
        people = (command.chair,)
    match command:
        case c.DecideItem(lead=lead, assist=assist):
            named = (*((lead,) if lead else ()), *assist)
        case c.ConveneMeeting(series=series, starts=starts):
            slots = (SlotClaim(series=series.id, starts=starts),)
        case c.MoveMeeting(starts=starts) if meeting:
            slots = (SlotClaim(series=meeting.series, starts=starts),)
    units = tuple(UnitClaim(id=u.id, supervision=u.supervision) for u in named)
    return Claims(units=units, people=people, slots=slots)


def _authorise(command: Frozen, context: DecisionContext) -> None:
    """The office keeps meetings; a leader may chair and sign; only the system's clock says what fell due."""
    actor = context.actor
    if actor.role is Role.SYSTEM:
        refuse(not isinstance(command, CLOCK), "系统时钟不能替人办理会议", "forbidden")
        return
    refuse(isinstance(command, ONLY_CLOCK), "此操作只能由系统时钟发起", "forbidden")
    refuse_bystander(actor.role, "不能办理会议")
    refuse(
        actor.on_behalf_of is not None and actor.role is not Role.OFFICE, "只有办公室可以代录领导的决定", "forbidden"
    )
    if isinstance(command, OF_UNITS) and context.is_(*IN_UNIT):
        own = context.decider.unit == command.unit
        refuse(not own, "回执和汇报材料由本单位报送，不能代其他单位报送", "forbidden")
        return
    refuse(not context.is_(Role.OFFICE, Role.LEADER), "会议由办公室或领导办理，单位人员不能办理", "forbidden")


# --- 安排


def _convene(command: c.ConveneMeeting, context: DecisionContext) -> Iterator[Result]:
    """A meeting is on a working day and still to come; of one series there are not two at once (see `SlotClaim`)."""
    refuse(command.starts <= context.now, "开会时间已经过去；已开过的会议请用 xmh meeting record 登记", "malformed")
    off_day = _day_off(command.starts, context.calendar, stated=command.reason is not None)
    refuse(command.emergency and command.reason is None, "临时召开须说明理由（--reason）", "malformed")
    late = command.materials_by is not None and command.materials_by > command.starts
    refuse(late, "报送材料的时限晚于开会时间", "malformed")
    past = command.materials_by is not None and command.materials_by <= context.now
    refuse(past, "报送材料的时限已经过去", "malformed")
    series = command.series
    yield ev.MeetingConvened(
        series_id=series.id,
        series_name=series.name,
        title=command.title or series.name,
        starts=command.starts,
        place=command.place,
        chair=command.chair,
        secretary=command.secretary or context.actor.id,
        period=command.period,
        notice_workdays=0 if command.emergency else series.notice_workdays,
        agenda_workdays=0 if command.emergency else series.agenda_workdays,
        minutes_workdays=series.minutes_workdays,
        reason=command.reason,
        off_day=off_day,
        emergency=command.emergency,
        materials_by=command.materials_by,
    )


def _day_off(starts: datetime, calendar: WorkCalendar, *, stated: bool) -> bool:
    """Whether it is on a day off: on purpose only, and with the reason."""
    day = local_date(starts)
    if calendar.is_workday(day):
        return False
    after = calendar.first_workday_on_or_after(day)
    before = calendar.last_workday_on_or_before(day)
    refuse(
        not stated,
        f"{said_date(day)}不是工作日，不能安排会议；前后的工作日是 {said_date(before)}、{said_date(after)}；"
        "确须在休息日召开的，安排时写明理由（--reason），改期时加 --off-day",
        "not_a_workday",
    )
    return True


def _move(meeting: Meeting, command: c.MoveMeeting, context: DecisionContext) -> Iterator[Result]:
    """改期 before the meeting is opened."""
    refuse(meeting.stage not in BEFORE, f"{meeting.number} {meeting.stage.label}，不能改期")
    refuse(command.starts <= context.now, "改期后的时间已经过去", "malformed")
    refuse(command.starts == meeting.starts, "时间没有变化")
    off_day = _day_off(command.starts, context.calendar, stated=command.off_day)
    yield ev.MeetingMoved(starts=command.starts, reason=command.reason, off_day=off_day)


def _reply(meeting: Meeting, command: c.ReplyToNotice, context: DecisionContext) -> Iterator[Result]:
    """参会回执 before the meeting is opened: who comes; who does not, why, and who comes instead."""
    refuse(meeting.stage not in BEFORE, f"{meeting.number} {meeting.stage.label}，不再收回执；实到情况由办公室登记")
    away = [x.person for x in command.leave]
    instead = [x.substitute for x in command.leave if x.substitute]
    refuse(not command.coming and not away, "回执须写明参会人员或请假人员", "malformed")
    named = [*command.coming, *away, *instead]
    twice = sorted({p for p in named if named.count(p) > 1})
    refuse(bool(twice), f"{'、'.join(twice)} 在回执里写了两次；本人请假须由他人代会", "malformed")
    _concerned(meeting, command.unit, context)
    reply = ev.NoticeAnswered(unit=command.unit, coming=command.coming, leave=command.leave, via=command.via)
    known = meeting.reply_of(command.unit)
    if known is None or (known.coming, known.leave) != (reply.coming, reply.leave):
        yield reply


def _hand_in(meeting: Meeting, command: c.HandInMaterial, context: DecisionContext) -> Iterator[Result]:
    """报送汇报材料, until the minutes are signed; after its limit as 迟报."""
    _not_signed(meeting)
    item = next((i for i in (*meeting.items, *meeting.added) if i.key == command.key and i.dropped is None), None)
    gone = item is None and (bool(meeting.items) or not command.key.startswith(MATTER))
    refuse(gone, f"{meeting.number} 的议题里没有“{command.title}”", "not_on_agenda")
    foreign = item is not None and item.lead != command.unit and context.is_(*IN_UNIT)
    refuse(foreign, f"“{command.title}”不由本单位汇报", "forbidden")
    known = {a.sha256 for m in meeting.materials_for(command.key) for a in m.attachments}
    fresh = tuple(a for a in command.attachments if a.sha256 not in known)
    if fresh:
        late = context.now > materials_due(meeting, context.calendar)
        yield ev.MaterialHandedIn(key=command.key, title=command.title, unit=command.unit, attachments=fresh, late=late)


def _concerned(meeting: Meeting, unit: str, context: DecisionContext) -> None:
    """A unit answers a notice that calls it: it has an item once the agenda is fixed."""
    called = meeting.reporting_units
    stranger = meeting.stage is MeetingStage.FROZEN and bool(called) and unit not in called
    refuse(stranger and context.is_(*IN_UNIT), f"{meeting.number} 没有本单位汇报的议题，无须回执", "forbidden")


def _cancel(meeting: Meeting, command: c.CancelMeeting, context: DecisionContext) -> Iterator[Result]:
    """取消 before the meeting is opened."""
    del context
    refuse(meeting.stage not in BEFORE, f"{meeting.number} {meeting.stage.label}，不能取消")
    yield ev.MeetingCancelled(reason=command.reason)


# --- 议题


def _add_item(meeting: Meeting, command: c.AddItem, context: DecisionContext) -> Iterator[Result]:
    """增列; once the agenda is frozen as a 临时议题 under the next number, up to the signing of the minutes."""
    del context
    _not_signed(meeting)
    taken = {i.key for i in (*meeting.added, *meeting.items) if i.dropped is None}
    refuse(command.item.key in taken, f"“{command.item.title}”已在议题中")
    no = 0 if meeting.stage is MeetingStage.SCHEDULED else len(meeting.items) + 1
    key = command.item.key if command.item.matter else f"own:{meeting.version + 1}"
    yield ev.AgendaItemAdded(item=command.item.model_copy(update={"no": no, "key": key}))


def _drop_item(meeting: Meeting, command: c.DropItem, context: DecisionContext) -> Iterator[Result]:
    """撤下, with a reason; not an item on which something was decided."""
    del context
    _not_signed(meeting)
    refuse(command.key in meeting.dropped, f"“{command.title}”已撤下")
    item = next((i for i in meeting.items if i.key == command.key), None)
    if item is not None:
        refuse(item.dropped is not None, f"“{command.title}”已撤下")
        decided = any(p.item == item.no for p in meeting.standing_points)
        refuse(decided, f"第{item.no}项已有议定事项，不能撤下；请先撤回议定")
    yield ev.AgendaItemDropped(key=command.key, title=command.title, reason=command.reason)


def _order_items(meeting: Meeting, command: c.OrderItems, context: DecisionContext) -> Iterator[Result]:
    """The order may change until the agenda is frozen."""
    del context
    refuse(meeting.stage is not MeetingStage.SCHEDULED, f"{meeting.number} 议题已定，不能再调整次序")
    yield ev.AgendaOrdered(order=command.order)


def _freeze(meeting: Meeting, command: c.FreezeAgenda, context: DecisionContext) -> Iterator[Result]:
    """确定议题: what the log proposes, less what was dropped, with what was added."""
    del context
    refuse(meeting.stage is not MeetingStage.SCHEDULED, f"{meeting.number} 议题已定")
    yield ev.AgendaFrozen(items=arranged_agenda(meeting, command.proposed), position=command.position)


# --- 召开、议定


def _open(meeting: Meeting, command: c.OpenMeeting, context: DecisionContext) -> Iterator[Result]:
    """召开: on its day or after; the chair must be known."""
    refuse(meeting.stage is MeetingStage.SCHEDULED, f"{meeting.number} 议题尚未确定，请先 xmh meeting agenda --freeze")
    refuse(meeting.stage is not MeetingStage.FROZEN, f"{meeting.number} {meeting.stage.label}，不能再召开")
    day = local_date(meeting.starts)
    refuse(context.today < day, f"会议定于 {said_date(day)}，未到日期；提前召开请先改期")
    chair = command.chair or meeting.chair
    refuse(chair is None, "请写明主持人（--chair）", "malformed")
    yield ev.MeetingOpened(series_id=meeting.series, year=day.year, chair=chair)


def _attend(meeting: Meeting, command: c.RecordAttendance, context: DecisionContext) -> Iterator[Result]:
    """出席、列席、请假: from the freezing of the agenda to the signing of the minutes; each person in one place."""
    del context
    _not_signed(meeting)
    seen = [*command.attendance.present, *command.attendance.observers, *command.attendance.leave]
    twice = sorted({p for p in seen if seen.count(p) > 1})
    refuse(bool(twice), f"{'、'.join(twice)} 重复登记，出席、列席、请假只能居其一", "malformed")
    yield ev.AttendanceRecorded(attendance=command.attendance)


def _decide(meeting: Meeting, command: c.DecideItem, context: DecisionContext) -> Iterator[Result]:
    """议定, while the meeting is in session: on an item of the agenda, by the chair, with what the outcome needs."""
    refuse(meeting.stage in BEFORE, f"{meeting.number} 尚未召开，不能议定")
    refuse(meeting.stage is not MeetingStage.IN_SESSION, f"{meeting.number} {meeting.stage.label}，不能再议定")
    item = meeting.item(command.item)
    if item is None or item.dropped is not None:
        refuse_always(f"{meeting.number} 的议题里没有第{command.item}项，请先增列议题", "not_on_agenda")
    _by_the_chair(meeting, context)
    _complete(command, item, context)
    new = None
    if command.outcome is Outcome.NEW_MATTER and command.due:
        nameless = command.new_title is None and is_sealed(command.text)
        refuse(nameless, "议定内容属工作秘密，新立项须另拟不涉密的名称（--title）", "malformed")
        title = checked_title(command.new_title or command.text)
        new = NewMatter(title=title, due=command.due, lead=command.lead, assist=command.assist)
    yield ev.PointDecided(
        no=len(meeting.points) + 1,
        item=command.item,
        outcome=command.outcome,
        text=command.text,
        subject=command.subject,
        lead=command.lead,
        assist=command.assist,
        due=command.due,
        matter_point=command.matter_point,
        new=new,
        urgent=command.urgent,
    )


def _by_the_chair(meeting: Meeting, context: DecisionContext) -> None:
    refuse(
        context.decider.id != meeting.chair,
        f"议定须以主持人的名义记录（--by {meeting.chair}）",
        "forbidden",
    )


def _complete(command: c.DecideItem, item: AgendaItem, context: DecisionContext) -> None:
    """What each outcome needs: a matter, a lead, a date."""
    outcome = command.outcome
    needs_matter = outcome in NEEDS_MATTER or command.subject is not None
    refuse(needs_matter and item.matter is None, f"第{item.no}项没有对应的督办事项，不能“{outcome.label}”")
    refuse(
        command.subject is not None and outcome not in (*AGREEING, Outcome.DISAGREED),
        f"“{outcome.label}”不能带 --of",
        "malformed",
    )
    refuse(outcome is Outcome.REASSIGNED and command.lead is None, "改派须写明牵头单位（--lead）", "malformed")
    wants_date = outcome in (Outcome.LIMITED, Outcome.NEW_MATTER)
    refuse(wants_date and command.due is None, f"“{outcome.label}”须写明时限（--due）", "malformed")
    refuse(command.due is not None and command.due < context.today, f"时限 {command.due} 已经过去")
    contact = command.lead is not None and command.lead.supervision is Supervision.CONTACT
    refuse(contact, "该单位不是督办对象（条例第五条），只能作为联系单位，不能牵头")
    one_point = command.matter_point is not None and outcome is not Outcome.LIMITED
    refuse(one_point, f"“{outcome.label}”不能只改一个要点；只改要点的时限请用“限期”（--point）", "malformed")
    granted = command.subject is Subject.EXTENSION and outcome in AGREEING
    moves = outcome in (Outcome.LIMITED, Outcome.NEW_MATTER) or granted
    refuse(command.due is not None and not moves, f"“{outcome.label}”不改时限；要定时限请用“限期”", "malformed")


def _withdraw(meeting: Meeting, command: c.WithdrawPoint, context: DecisionContext) -> Iterator[Result]:
    """撤回 before the point binds: an urgent one has gone out, the others wait for the minutes."""
    del context
    point = _point(meeting, command.point)
    free = meeting.stage is MeetingStage.IN_SESSION and point.delivery in (Delivery.WAITING, Delivery.NOTHING_TO_DO)
    refuse(not free, f"第{point.no}项议定已经生效，不能撤回；请另作议定")
    yield ev.PointWithdrawn(no=point.no, reason=command.reason)


def _sign(meeting: Meeting, command: c.SignMinutes, context: DecisionContext) -> Iterator[Result]:
    """签发纪要 by a leader or, of a meeting he chaired, by the chair: from now on the outcomes bind.

    The append asks each matter once more whether it allows what was decided (`trial.try_outcome`).
    """
    refuse(
        meeting.minutes is not None, f"{meeting.number} 的纪要已签发（{meeting.minutes.no if meeting.minutes else ''}）"
    )
    refuse(meeting.stage is not MeetingStage.IN_SESSION, f"{meeting.number} {meeting.stage.label}，没有可签发的纪要")
    chair = context.decider.id == meeting.chair
    refuse(not (context.is_(Role.LEADER) or chair), "纪要须由领导或主持人签发（--sign）", "unsigned")
    yield ev.MinutesIssued(signer=context.decider.id, over=command.over, despite=command.despite)


# --- 落实


def _note_delivery(meeting: Meeting, command: c.NoteDelivery, context: DecisionContext) -> Iterator[Result]:
    """What the matter said to an outcome. A word about an attempt that is over changes nothing."""
    del context
    point = _point(meeting, command.point)
    if point.delivery is not Delivery.PENDING or point.attempt != command.attempt:
        return
    answer = command.delivered
    if answer.refused is not None or answer.matter is None:
        yield ev.OutcomeRefused(point=point.no, attempt=point.attempt, reason=answer.refused or "事项没有答复")
    else:
        yield ev.OutcomeDelivered(
            point=point.no, attempt=point.attempt, stream=answer.stream, matter=answer.matter, version=answer.version
        )


def _send_again(meeting: Meeting, command: c.SendAgain, context: DecisionContext) -> Iterator[Result]:
    """再次落实 what a matter refused, after the reason was dealt with."""
    point = _refused(meeting, command.point)
    _by_the_chair(meeting, context)
    yield ev.OutcomeSentAgain(point=point.no)


def _waive(meeting: Meeting, command: c.WaiveOutcome, context: DecisionContext) -> Iterator[Result]:
    """不再落实, with a reason; never silently."""
    del context
    point = _refused(meeting, command.point)
    yield ev.OutcomeWaived(point=point.no, reason=command.reason)


def _refused(meeting: Meeting, no: int) -> DecisionPoint:
    point = _point(meeting, no)
    refuse(point.delivery is not Delivery.REFUSED, f"第{no}项议定{point.delivery.label}，无须处理")
    return point


# --- 时钟


def _expire(meeting: Meeting, command: c.ExpireMeeting, context: DecisionContext) -> Iterator[Result]:
    """The earliest thing that has fallen due. The agenda is frozen by `FreezeAgenda`, with what the log proposes."""
    del command
    deadline = next_meeting_deadline(meeting, context.calendar)
    if deadline is None or deadline.at > context.now or deadline.kind is MeetingDeadlineKind.AGENDA:
        refuse_always("没有到期的事", "nothing_owed")
    match deadline.kind:
        case MeetingDeadlineKind.NOTICE:
            yield ev.MeetingNotified()
        case MeetingDeadlineKind.OPENING:
            yield DatedEvent(ev.MeetingLapsed(), deadline.at)
        case MeetingDeadlineKind.MINUTES:
            yield DatedEvent(ev.MinutesOverdue(due=local_date(minutes_due(meeting, context.calendar))), deadline.at)
        case MeetingDeadlineKind.CLOSING:
            yield ev.MeetingClosed()


def _reproject(meeting: Meeting, command: c.ReprojectMeeting, context: DecisionContext) -> Iterator[Result]:
    """A meeting whose day has become a day off moves to the next working day, at the same hour."""
    del command
    day = local_date(meeting.starts)
    on_purpose = meeting.off_day or meeting.emergency
    passed = meeting.stage not in BEFORE or meeting.starts <= context.now
    if passed or on_purpose or context.calendar.is_workday(day):
        return
    starts = meeting.starts + (context.calendar.first_workday_on_or_after(day) - day)
    reason = f"{said_date(day)}按工作日历不上班，顺延至下一工作日"
    yield ev.MeetingMoved(starts=starts, reason=reason, automatic=True)


# --- 台账


def _record(command: c.RecordMeeting, context: DecisionContext) -> Iterator[Result]:
    """登记 a meeting that was held: it takes its number and its ordinal, and nothing is owed for it."""
    refuse(command.starts > context.now, "登记的会议尚未召开；请用 xmh meeting schedule 安排", "malformed")
    series = command.series
    recorded: Event = ev.MeetingRecorded(
        series_id=series.id,
        series_name=series.name,
        title=command.title,
        starts=command.starts,
        part=command.part,
        place=command.place,
        secretary=context.actor.id,
        summary=command.summary,
    )
    yield DatedEvent(recorded, command.starts)
    held = ev.MeetingOpened(series_id=series.id, year=local_date(command.starts).year, chair=command.chair)
    yield DatedEvent(held, command.starts)


_RULES: dict[type[Frozen], Rule] = {
    c.MoveMeeting: _move,
    c.ReplyToNotice: _reply,
    c.HandInMaterial: _hand_in,
    c.CancelMeeting: _cancel,
    c.AddItem: _add_item,
    c.DropItem: _drop_item,
    c.OrderItems: _order_items,
    c.FreezeAgenda: _freeze,
    c.OpenMeeting: _open,
    c.RecordAttendance: _attend,
    c.DecideItem: _decide,
    c.WithdrawPoint: _withdraw,
    c.SignMinutes: _sign,
    c.NoteDelivery: _note_delivery,
    c.SendAgain: _send_again,
    c.WaiveOutcome: _waive,
    c.ExpireMeeting: _expire,
    c.ReprojectMeeting: _reproject,
}


def _point(meeting: Meeting, no: int) -> DecisionPoint:
    point = meeting.point(no)
    if point is None or point.withdrawn is not None:
        refuse_always(f"{meeting.number} 没有第{no}项议定", "not_found")
    return point


def _not_signed(meeting: Meeting) -> None:
    open_stages = (*BEFORE, MeetingStage.IN_SESSION)
    refuse(meeting.stage not in open_stages, f"{meeting.number} {meeting.stage.label}，不能再修改")
