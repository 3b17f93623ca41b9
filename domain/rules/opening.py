"""立项、交办、签收、退签、改派、要点."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from domain import commands as c
from domain import events as ev
from domain.base import Refusal, refuse
from domain.calendar import local_date, to_minute
from domain.facts import NewPoint, UnitRef, checked_title
from domain.ladder import rung_of_the_matter
from domain.matter import Matter, Point
from domain.periods import RunningPeriod, running_period
from domain.policy import DueRule, SourceKind
from domain.rules.authority import acting_unit
from domain.rules.context import DatedEvent, DecisionContext, RuleEvent
from domain.rules.rhythm import open_window, still_open
from domain.terms import BasisKind, Role, Rung, Stage, Supervision


def open_matter(command: c.OpenMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """立项 with its basis (条例 art. 11); 交办 at once when the lead is known."""
    due, rule = _limit(command, context)
    running = _first_period(command, context)
    due = running.due if running else due
    _check_due(due, context)
    for point in command.points:
        _check_point_due(point.due, None if command.period else due)
    _check_lead(command.lead, context)
    _check_origin(command, context)
    refuse(
        command.instruction is not None and command.instructed_by is None,
        "录入领导批示须写明批示领导（--by）",
        "malformed",
    )
    began = context.occurred_at
    refuse(began is not None and began > context.now, "立项日期还没有到，请填写实际立项的日期", "malformed")
    refuse(
        command.inherited is not None and began is None,
        "存量事项须写明原立项日期（--occurred）",
        "malformed",
    )
    opened = _opened(command, context, due, rule, running)
    yield DatedEvent(opened, began) if began else opened
    if command.instruction and command.instructed_by:
        yield ev.InstructionRecorded(
            leader=command.instructed_by, text=command.instruction, paper=command.instruction_on
        )
    if command.lead:
        yield _assigned(command, command.lead, due, context)


def _opened(
    command: c.OpenMatter,
    context: DecisionContext,
    due: date,
    rule: DueRule | None,
    running: RunningPeriod | None,
) -> ev.MatterOpened:
    """The matter as it begins; its first period, where it is one without an end."""
    return ev.MatterOpened(
        title=checked_title(command.title),
        basis=command.basis,
        due=due,
        kind=command.kind,
        klass=command.klass,
        flags=command.flags,
        urgency=command.urgency,
        rhythm=command.rhythm,
        source=command.source or (command.origin.kind if command.origin else None),
        section=command.section,
        leaders=tuple(dict.fromkeys(command.leaders)),
        assist=_ids(command.assist),
        person=command.person,
        supervisor=command.supervisor or context.actor.id,
        points=command.points,
        indicators=command.indicators,
        duplicate_reason=command.duplicate_reason,
        due_rule=rule,
        inherited=command.inherited,
        part_of=command.part_of,
        period=command.period,
        period_key=running.key if running else None,
        origin=command.origin,
    )


def _assigned(command: c.OpenMatter, lead: UnitRef, due: date, context: DecisionContext) -> ev.MatterAssigned:
    """交办 to the lead that is known at once."""
    # An instruction names the lead of the whole; who leads a part of it, the office says.
    instructed = command.basis.kind is BasisKind.INSTRUCTION and command.part_of is None
    hours = context.policy.hours_for_receipt(command.urgency)
    return ev.MatterAssigned(
        lead=lead.id,
        assist=_ids(command.assist),
        person=command.person,
        named_by_leader=context.is_(Role.LEADER) or instructed,
        by_letter=_by_letter(lead),
        receipt_due=receipt_due(context.moment, due, hours, context),
        receipt_hours=hours,
    )


def assign(matter: Matter, command: c.AssignMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """交办, and 改派 with a reason when a unit already leads."""
    still_open(matter)
    refuse(matter.stage in (Stage.CLOSING, Stage.SUSPENDED), f"{matter.number} {matter.stage.label}，不能改派")
    _check_lead(command.lead, context)
    refuse(command.lead.id == matter.lead, "牵头单位没有变化")
    refuse(matter.lead is not None and command.reason is None, "改派须说明理由（--reason）", "malformed")
    asked = matter.listed and _by_letter(command.lead)
    refuse(asked, f"{matter.number} 已挂牌督办，不能改由商请单位牵头；请先摘牌")
    kept = tuple(u for u in matter.assist if u != command.lead.id)
    yield ev.MatterAssigned(
        lead=command.lead.id,
        assist=kept if command.assist is None else _ids(command.assist),
        person=command.person,
        named_by_leader=context.is_(Role.LEADER),
        by_letter=_by_letter(command.lead),
        receipt_due=receipt_due(context.moment, matter.due, context.policy.hours_for_receipt(matter.urgency), context),
        receipt_hours=context.policy.hours_for_receipt(matter.urgency),
        reason=command.reason,
        rung=rung_of_the_matter(matter, context.rulebook) if matter.lead else None,
    )


def set_leaders(matter: Matter, command: c.SetLeaders, context: DecisionContext) -> Iterator[RuleEvent]:
    """明确责任领导: who answers for it among the leaders, in order; the first is told first what is carried up."""
    del context
    still_open(matter)
    leaders = tuple(dict.fromkeys(command.leaders))
    refuse(leaders == matter.leaders, "责任领导没有变化")
    yield ev.LeadersSet(leaders=leaders, reason=command.reason)


def accept(matter: Matter, command: c.AcceptReceipt, context: DecisionContext) -> Iterator[RuleEvent]:
    """签收 within the limit; the first 反馈 window opens."""
    _awaiting_receipt(matter)
    yield ev.ReceiptSigned(unit=acting_unit(matter, context), via=command.via)
    yield from open_window(matter, context, context.moment)


def decline(matter: Matter, command: c.DeclineReceipt, context: DecisionContext) -> Iterator[RuleEvent]:
    """退签. A lead named by a leader cannot; the second 退签 is 牵头争议 and goes up one rung."""
    _awaiting_receipt(matter)
    refuse(matter.lead_named_by_leader, "牵头单位由领导指定，不能退签；如有困难请申请协调")
    disputed = matter.declines + 1 >= context.policy.declines_before_dispute
    yield ev.ReceiptDeclined(unit=acting_unit(matter, context), reason=command.reason, disputed=disputed)
    if disputed and matter.rung is not Rung.MEETING:
        yield ev.MatterEscalated(
            from_rung=matter.rung,
            to_rung=context.policy.rung_above(matter.rung),
            reason=f"牵头争议：第{matter.declines + 1}次退签",
            trigger=f"dispute:{matter.declines + 1}",
        )


def receipt_hours(matter: Matter, context: DecisionContext) -> int:
    """The working hours for 签收 of what was handed over already: a later policy does not take any away.

    An event of before the hours were kept leaves them to be counted from the limit it set.
    """
    given, now = matter.receipt_hours, context.policy.hours_for_receipt(matter.urgency)
    if given is None and matter.receipt_due is not None and matter.receipt_from is not None:
        given = context.calendar.working_time(to_minute(matter.receipt_from), matter.receipt_due) // timedelta(hours=1)
    return context.policy.not_shorter(given, now)


def receipt_due(start: datetime, due: date, hours: int, context: DecisionContext) -> datetime:
    """签收时限: so many working hours from 交办 on, and never after 办结时限 while that is still to come."""
    limit = context.calendar.add_working_time(start, timedelta(hours=hours))
    last = context.calendar.closes(due)
    return min(limit, last) if last > start else limit


def change_urgency(matter: Matter, command: c.ChangeUrgency, context: DecisionContext) -> Iterator[RuleEvent]:
    """Change 紧急程度: while 签收 is awaited, its limit follows; limits that were set stay."""
    still_open(matter)
    refuse(command.urgency is matter.urgency, f"{matter.number} 本来就是{matter.urgency.label}")
    hours = context.policy.hours_for_receipt(command.urgency)
    yield ev.UrgencyChanged(urgency=command.urgency, receipt_hours=hours)
    if matter.stage is Stage.ASSIGNED and matter.receipt_due is not None and matter.receipt_from is not None:
        after = receipt_due(to_minute(matter.receipt_from), matter.due, hours, context)
        if after != matter.receipt_due and after > context.now:
            reason = f"紧急程度改为{command.urgency.label}"
            yield ev.DeadlineMoved(what="receipt", before=matter.receipt_due, after=after, reason=reason)


def receipt_moved(matter: Matter, due: date, context: DecisionContext) -> Iterator[RuleEvent]:
    """签收时限 follows a moved 办结时限, which it may not pass."""
    if matter.stage is not Stage.ASSIGNED or matter.receipt_due is None or matter.receipt_from is None:
        return
    after = receipt_due(to_minute(matter.receipt_from), due, receipt_hours(matter, context), context)
    if after != matter.receipt_due and after > context.now:
        reason = f"办结时限改为 {due}，签收时限不晚于办结时限"
        yield ev.DeadlineMoved(what="receipt", before=matter.receipt_due, after=after, reason=reason)


def add_point(matter: Matter, command: c.AddPoint, context: DecisionContext) -> Iterator[RuleEvent]:
    """Add a point within the matter's limit."""
    del context
    still_open(matter)
    _check_point_due(command.point.due, None if matter.period else matter.due)
    yield ev.PointAdded(no=max((p.no for p in matter.points), default=0) + 1, point=command.point)


def change_point(matter: Matter, command: c.ChangePoint, context: DecisionContext) -> Iterator[RuleEvent]:
    """Change a point's words or date; the original date is kept."""
    del context
    still_open(matter)
    point = existing_point(matter, command.no)
    _check_point_due(command.due, None if matter.period else matter.due)
    refuse(command.text is None and command.due is None, "没有要修改的内容", "malformed")
    changed = NewPoint(text=command.text or point.text, due=command.due or point.due, stage=point.stage)
    yield ev.PointChanged(no=command.no, point=changed)


def drop_point(matter: Matter, command: c.DropPoint, context: DecisionContext) -> Iterator[RuleEvent]:
    """Drop a point; it stays in the record."""
    del context
    still_open(matter)
    existing_point(matter, command.no)
    yield ev.PointDropped(no=command.no, reason=command.reason)


def existing_point(matter: Matter, no: int) -> Point:
    """The point, refused when there is none or it was dropped."""
    point = matter.point(no)
    refuse(point is None or point.dropped, f"{matter.number} 没有第{no}个要点", "not_found")
    assert point is not None  # noqa: S101  (refuse raised otherwise)
    return point


def _ids(units: tuple[UnitRef, ...]) -> tuple[str, ...]:
    return tuple(u.id for u in units)


def _limit(command: c.OpenMatter, context: DecisionContext) -> tuple[date, DueRule | None]:
    """The limit asked for, else the one the policy gives by source (公文 30 日, 会议纪要 20 日, 批示急件 1–5 日 …)."""
    if command.due is not None or command.period is not None:
        return command.due or context.today, None
    start = local_date(context.occurred_at) if context.occurred_at else context.today
    if command.origin is not None:
        return _limit_of_source(command.origin.kind, start, context)
    rule = context.policy.due_rule(command.basis.kind, command.urgency, command.klass, start)
    if rule is None:
        label = command.basis.kind.label
        raise Refusal(f"督办规则没有“{label}”的默认时限，请写明办结时限（--due）", "malformed")
    return rule.due(context.calendar), rule


def _limit_of_source(name: str, start: date, context: DecisionContext) -> tuple[date, DueRule]:
    """办理期限 of a kind of the policy (人大建议 three months, 12345 five working days)."""
    kind = _source_kind(name, context)
    rule = DueRule(rule=f"{kind.name}（{context.policy.version}）", start=start, days=kind.days, count=kind.count)
    return rule.due(context.calendar), rule


def _source_kind(name: str, context: DecisionContext) -> SourceKind:
    kind = context.policy.source_kind(name)
    if kind is None:
        known = "、".join(k.name for k in context.policy.sources) or "无"
        raise Refusal(f"督办规则没有“{name}”这种来源，现有：{known}", "malformed")
    return kind


def _check_origin(command: c.OpenMatter, context: DecisionContext) -> None:
    """Where its askers are to be heard before the end, somebody has to be named."""
    if command.origin is not None:
        kind = _source_kind(command.origin.kind, context)
        nobody = kind.satisfaction and not command.origin.askers
        refuse(nobody, f"{kind.name}须写明提出人（--asker），办结前征求其满意度", "malformed")


def _first_period(command: c.OpenMatter, context: DecisionContext) -> RunningPeriod | None:
    """长期、定期: the period of today runs first, whenever the matter began."""
    if command.period is None:
        return None
    refuse(command.due is not None, "长期、定期事项按期评判，没有办结时限；请去掉 --due", "malformed")
    refuse(command.part_of is not None, "长期、定期事项不能作为分解事项", "malformed")
    return running_period(command.period, context.today, context.moment, context.calendar)


def _check_due(due: date, context: DecisionContext) -> None:
    if context.occurred_at is None:
        refuse(due < context.today, f"办结时限 {due} 已经过去，请改为今天（{context.today}）或以后的日期")


def _check_point_due(due: date | None, limit: date | None) -> None:
    refuse(due is not None and limit is not None and due > limit, f"要点节点 {due} 晚于办结时限 {limit}")


def _check_lead(lead: UnitRef | None, context: DecisionContext) -> None:
    """Who is no 督办对象 does not lead; what the office takes upon itself it may (本办事项)."""
    own = lead is not None and context.actor.role is Role.OFFICE and lead.id == context.actor.unit
    refuse(
        lead is not None and lead.supervision is Supervision.CONTACT and not own,
        "该单位不是督办对象（条例第五条），只能作为联系单位，不能牵头",
    )


def _by_letter(lead: UnitRef) -> bool:
    """商请: whom the headquarters may not order, it asks."""
    return lead.supervision is Supervision.BY_LETTER


def _awaiting_receipt(matter: Matter) -> None:
    still_open(matter)
    refuse(matter.stage is not Stage.ASSIGNED, f"{matter.number} 当前为“{matter.stage.label}”，不在待签收状态")
