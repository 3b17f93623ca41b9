"""延期、暂缓、恢复: time owed is a budget; the original limit is kept; who set a limit moves it."""

from collections.abc import Iterator
from datetime import date, datetime

from domain import commands as c
from domain import events as ev
from domain.base import refuse
from domain.calendar import local_date
from domain.deadlines import due_instant
from domain.matter import Coordination, Matter
from domain.periods import running_period
from domain.rules.context import DatedEvent, DecisionContext, RuleEvent
from domain.rules.opening import existing_point, receipt_due, receipt_hours, receipt_moved
from domain.rules.rhythm import open_window
from domain.terms import Role, Stage


def request_extension(matter: Matter, command: c.RequestExtension, context: DecisionContext) -> Iterator[RuleEvent]:
    """延期: asked before the limit, with a reason and an exact new date; the original limit is kept.

    Source: 电子督查规则 (the extension is asked in the system before the due date).
    """
    _running(matter)
    refuse(matter.extension is not None, f"{matter.number} 已有待批复的延期申请")
    if command.point is None:
        _has_limit(matter)
        late = context.now > due_instant(matter, context.calendar)
        refuse(late, "已过办结时限，不能申请延期；请先反馈并由会议议定")
        refuse(command.to <= matter.due, f"新时限须晚于原时限 {matter.due}")
    else:
        point = existing_point(matter, command.point)
        refuse(point.due is None, f"第{command.point}个要点没有单独的节点，请对事项申请延期")
        assert point.due is not None  # noqa: S101  (refuse raised otherwise)
        refuse(context.now > context.calendar.closes(point.due), f"第{command.point}个要点已过节点，不能申请延期")
        refuse(command.to <= point.due, f"新节点须晚于原节点 {point.due}")
        later = matter.period is None and command.to > matter.due
        refuse(later, f"要点节点 {command.to} 晚于办结时限 {matter.due}，请对事项申请延期")
    yield ev.ExtensionRequested(to=command.to, reason=command.reason, progress=matter.progress, point=command.point)


def answer_extension(
    matter: Matter, command: c.AnswerExtension, context: DecisionContext, *, by_meeting: bool = False
) -> Iterator[RuleEvent]:
    """批复延期: grant to an exact date or refuse with a reason; only whoever set the limit, or a meeting over him."""
    asked = matter.extension
    refuse(asked is None, f"{matter.number} 没有待批复的延期申请")
    assert asked is not None  # noqa: S101  (refuse raised otherwise)
    if not by_meeting:
        owns_limit(matter, context)
    if command.grant:
        to = command.to or asked.to
        current = matter.due if asked.point is None else existing_point(matter, asked.point).due or matter.due
        refuse(to <= current, f"批准的时限须晚于原时限 {current}")
        yield ev.ExtensionGranted(to=to, reason=command.reason, point=asked.point)
        if asked.point is None:
            yield from receipt_moved(matter, to, context)
    else:
        refuse(command.reason is None, "不同意延期须说明理由（--reason）", "malformed")
        yield ev.ExtensionRefused(reason=command.reason or "", point=asked.point)


def extend_limit(matter: Matter, command: c.ExtendLimit, context: DecisionContext) -> Iterator[RuleEvent]:
    """延期 without a request, on the terms of one: before the limit, by who set it, to a later day, with a reason."""
    _running(matter)
    _has_limit(matter)
    owns_limit(matter, context)
    refuse(matter.extension is not None, f"{matter.number} 已有待批复的延期申请，请先批复")
    late = context.now > due_instant(matter, context.calendar)
    refuse(late, "已过办结时限，不能延期；请由会议议定")
    refuse(command.to <= matter.due, f"新时限须晚于原时限 {matter.due}")
    yield ev.ExtensionGranted(to=command.to, reason=command.reason, point=None)
    yield from receipt_moved(matter, command.to, context)


def suspend(matter: Matter, command: c.SuspendMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """暂缓 until a date, for a listed reason; the clock stops."""
    refuse(matter.stage is Stage.SUSPENDED, f"{matter.number} 已在暂缓中")
    refuse(matter.stage is Stage.CLOSING, f"{matter.number} 办结审核中，不能暂缓")
    _running(matter)
    refuse(command.until <= context.today, f"暂缓截止日 {command.until} 须晚于今天")
    yield ev.MatterSuspended(reason=command.reason, note=command.note, until=command.until)


def resume(matter: Matter, command: c.ResumeMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """恢复 by hand, before the date."""
    del command
    refuse(matter.stage is not Stage.SUSPENDED, f"{matter.number} 不在暂缓中")
    yield from resumed(matter, context, context.moment, automatic=False)


def resumed(matter: Matter, context: DecisionContext, at: datetime, *, automatic: bool) -> Iterator[RuleEvent]:
    """Give back the working days suspended to the limit and to the points, and start the clocks again."""
    start, day = matter.suspensions[-1].start, local_date(at)
    workdays = context.calendar.workdays_between(start, day)

    def later(due: date) -> date:
        return context.calendar.add_workdays(due, workdays) if due >= start and workdays else due

    event = ev.MatterResumed(
        automatic=automatic,
        workdays=workdays,
        due=_period_of(matter, day, at, context) or later(matter.due),
        points=tuple(
            ev.PointDue(no=p.no, due=later(p.due)) for p in matter.points if p.open and p.due and p.due >= start
        ),
    )
    yield DatedEvent(event, at) if automatic else event
    for asked in matter.open_coordinations:
        given_back = asked.model_copy(update={"given_back": asked.given_back + workdays})
        after = answer_due(given_back, context)
        if after != asked.answer_due:
            yield ev.DeadlineMoved(
                what=f"coordination:{asked.no}",
                before=asked.answer_due,
                after=after,
                reason=f"暂缓{workdays}个工作日，答复时限顺延",
            )
    if matter.suspended_from is Stage.IN_PROGRESS:
        yield from open_window(matter, context, at)
    elif matter.suspended_from is Stage.ASSIGNED and matter.receipt_due:
        yield ev.DeadlineMoved(
            what="receipt",
            before=matter.receipt_due,
            after=receipt_due(at, later(matter.due), receipt_hours(matter, context), context),
            reason="暂缓后恢复，签收时限重新计算",
        )


def _period_of(matter: Matter, day: date, at: datetime, context: DecisionContext) -> date | None:
    """Of a matter without an end the period of the day runs, and none of those that passed meanwhile is judged."""
    return running_period(matter.period, day, at, context.calendar).due if matter.period else None


def answer_due(asked: Coordination, context: DecisionContext) -> datetime:
    """When a 请求协调 is to be answered: the working days it was given, and those a suspension gave back."""
    policy, given = context.policy, asked.workdays
    if given is None:  # an event of before they were kept
        given = context.calendar.workdays_between(local_date(asked.asked_at), local_date(asked.answer_due))
        given -= asked.given_back
    days = policy.not_shorter(given, policy.coordination_workdays) + asked.given_back
    return context.calendar.closes(context.calendar.add_workdays(local_date(asked.asked_at), days))


def owns_limit(matter: Matter, context: DecisionContext) -> None:
    """Who set a limit moves it: a leader's limit is moved by that leader, the office's by office or leader."""
    setter = matter.due_set_by.on_behalf_of or matter.due_set_by
    if setter.role is Role.LEADER:
        refuse(
            context.decider.id != setter.id,
            "该时限由领导确定，须由该领导批准变更（--by 领导 --paper 文号）",
            "forbidden",
        )


def _has_limit(matter: Matter) -> None:
    """What is judged by periods has no limit that could be put off."""
    refuse(matter.period is not None, f"{matter.number} 是长期、定期事项，按期评判，没有办结时限可改", "without_end")


def _running(matter: Matter) -> None:
    refuse(matter.ended, f"{matter.number} {matter.stage.label}，不能再办理；如需继续请先重开", "ended")
    refuse(matter.stage is Stage.SUSPENDED, f"{matter.number} 暂缓中，恢复后再办理")
    refuse(matter.stage is Stage.CLOSING, f"{matter.number} 办结审核中")
