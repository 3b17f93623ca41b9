"""反馈: point by point, judged by the window it falls in, entered late only with the office's confirmation."""

from collections.abc import Iterator
from datetime import datetime

from domain import commands as c
from domain import events as ev
from domain.base import Refusal, refuse
from domain.calendar import local_date
from domain.facts import IndicatorReport
from domain.matter import Matter
from domain.rules.authority import acting_unit
from domain.rules.context import DatedEvent, DecisionContext, RuleEvent
from domain.rules.opening import existing_point
from domain.rules.pressure import letter_no
from domain.terms import Role, Stage
from domain.window_ledger import ReportWindow, WindowEnd
from domain.windows import window_label

_CALLED_MISSED = (WindowEnd.MISSED, WindowEnd.LATE)


def report(matter: Matter, command: c.SubmitFeedback, context: DecisionContext) -> Iterator[RuleEvent]:
    """反馈, judged by when it happened: it answers the window it falls in, or makes up for the one just missed.

    A window is answered by the unit it was asked of. Whatever else is reported, late, early or by another unit, is
    recorded and answers nothing.
    """
    _may_report_now(matter)
    for item in command.points:
        existing_point(matter, item.no)
    measured = tuple(_measured(matter, v) for v in command.indicators)
    letter = letter_no(matter, command.letter, command.via)
    command = command.model_copy(update={"indicators": measured, "letter": letter})
    moment = command.occurred_at or context.now
    refuse(moment > context.now, "反馈时间不能晚于现在", "malformed")
    opened_on = local_date(matter.opened_at)
    before = command.occurred_at is not None and local_date(moment) < opened_on
    refuse(before, f"反馈日期早于 {matter.number} 的立项日期 {opened_on}", "malformed")
    unit = acting_unit(matter, context, command.for_unit)
    asked = matter.windows.asked(unit, moment)
    if command.occurred_at and asked and asked.end in _CALLED_MISSED and context.is_(Role.OFFICE):
        yield from _received_in_time(command, unit, asked)
        return
    window, late_for = _answers(matter, unit, asked, moment, context)
    submitted = _submitted(command, unit, window=window, late_for=late_for)
    yield DatedEvent(submitted, moment) if command.occurred_at else submitted


def _answers(
    matter: Matter, unit: str, asked: ReportWindow | None, moment: datetime, context: DecisionContext
) -> tuple[str | None, str | None]:
    """The window a report answers, and the missed one it makes up for; at most one of the two.

    On the day the running window closes a report is that window's: who missed one day and reports every day after it
    has missed one day.
    """
    if unit != matter.lead:
        return None, None
    missed = matter.windows.row[-1] if matter.windows.row else None
    again = matter.window is not None and matter.window.returned and asked is matter.window
    own = asked is not None and asked is matter.window and local_date(moment) == local_date(asked.closes)
    if (
        not (again or own)
        and missed
        and local_date(moment) >= local_date(missed.opens)
        and _soon_after(missed, context)
    ):
        return None, missed.key
    running = matter.window
    if running is None or running.lead != unit or (asked is not running and moment <= running.closes):
        return None, None
    return running.key, None


def _measured(matter: Matter, reported: IndicatorReport) -> IndicatorReport:
    """The value in the indicator's own decimals."""
    known = next((i for i in matter.indicators if i.no == reported.no), None)
    if known is None:
        raise Refusal(f"{matter.number} 没有第{reported.no}项指标", "not_found")
    refuse(
        reported.decimals > known.decimals,
        f"指标“{known.name}”的值最多{known.decimals}位小数" if known.decimals else f"指标“{known.name}”的值须是整数",
        "malformed",
    )
    return IndicatorReport(
        no=reported.no, value=reported.value * 10 ** (known.decimals - reported.decimals), decimals=known.decimals
    )


def _may_report_now(matter: Matter) -> None:
    number = matter.number
    match matter.stage:
        case Stage.CLOSED | Stage.CANCELLED:
            refuse(True, f"{number} {matter.stage.label}，不能再反馈；如需继续请先重开", "ended")
        case Stage.SUSPENDED:
            refuse(True, f"{number} 暂缓中，恢复后再反馈")
        case Stage.CLOSING:
            refuse(True, f"{number} 办结审核中，退回后才能再反馈")
        case Stage.OPENED:
            refuse(True, f"{number} 尚未明确牵头单位，不能反馈")
        case Stage.ASSIGNED:
            refuse(True, f"{number} 尚未签收，请先签收再反馈")


def _received_in_time(command: c.SubmitFeedback, unit: str, missed: ReportWindow) -> Iterator[RuleEvent]:
    """A report that came in time and is entered late: only with evidence, and then the 漏报 is withdrawn."""
    label = window_label(missed.key)
    refuse(not command.attachments, f"补录{label}的反馈须附按时收到的凭据（--attach）")
    assert command.occurred_at is not None  # noqa: S101  (that is how the window was found)
    yield DatedEvent(_submitted(command, unit, window=missed.key, late_for=None), command.occurred_at)
    yield ev.MissWithdrawn(
        window=missed.key,
        evidence=command.attachments,
        reason=f"办公室确认{label}反馈已按时收到，补录",
    )


def _soon_after(missed: ReportWindow, context: DecisionContext) -> bool:
    """Within the first working days after a miss a report makes up for it (policy `late_report_workdays`)."""
    days = context.calendar.workdays_between(local_date(missed.closes), context.today)
    return days <= context.policy.late_report_workdays


def _submitted(
    command: c.SubmitFeedback, unit: str, *, window: str | None, late_for: str | None
) -> ev.FeedbackSubmitted:
    return ev.FeedbackSubmitted(
        unit=unit,
        text=command.text,
        progress=command.progress,
        points=command.points,
        indicators=command.indicators,
        problem=command.problem,
        next_step=command.next_step,
        coordination=command.coordination,
        attachments=command.attachments,
        via=command.via,
        letter=command.letter,
        window=window,
        late_for=late_for,
    )
