"""反馈: point by point, judged by the window it falls in, entered late only with the office's confirmation."""

from collections.abc import Iterator
from datetime import datetime

from domain import commands as c
from domain import events as ev
from domain.base import Refusal, refuse
from domain.calendar import local_date
from domain.facts import IndicatorReport
from domain.matter import Matter, Missed
from domain.rules.authority import acting_unit
from domain.rules.office import At, Office, Outcome
from domain.rules.opening import existing_point
from domain.terms import Role, Stage
from domain.windows import window_label


def report(matter: Matter, command: c.SubmitFeedback, office: Office) -> Iterator[Outcome]:
    """反馈. The lead's report answers the open window; soon after a miss it makes up for the missed one."""
    _may_report_now(matter)
    for item in command.points:
        existing_point(matter, item.no)
    command = command.model_copy(update={"indicators": tuple(_measured(matter, v) for v in command.indicators)})
    occurred = command.occurred_at
    refuse(occurred is not None and occurred > office.now, "反馈时间不能晚于现在", "malformed")
    unit = acting_unit(matter, office, command.for_unit)
    missed = _missed_at(matter, occurred) if occurred and unit == matter.lead else None
    if missed and office.is_(Role.OFFICE):
        yield from _received_in_time(command, unit, missed)
        return
    late_for = _makes_up_for(matter, office) if unit == matter.lead else None
    answers = matter.window.key if matter.window and unit == matter.lead and late_for is None else None
    submitted = _submitted(command, unit, window=answers, late_for=late_for)
    yield At(submitted, occurred) if occurred else submitted


def _measured(matter: Matter, said: IndicatorReport) -> IndicatorReport:
    """The value in the indicator's own decimals."""
    known = next((i for i in matter.indicators if i.no == said.no), None)
    if known is None:
        raise Refusal(f"{matter.number} 没有第{said.no}项指标", "not_found")
    refuse(
        said.decimals > known.decimals,
        f"指标“{known.name}”的值最多{known.decimals}位小数" if known.decimals else f"指标“{known.name}”的值须是整数",
        "malformed",
    )
    return IndicatorReport(
        no=said.no, value=said.value * 10 ** (known.decimals - said.decimals), decimals=known.decimals
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


def _missed_at(matter: Matter, occurred: datetime) -> Missed | None:
    return next((x for x in matter.missed if not x.withdrawn and x.window.opens <= occurred <= x.window.closes), None)


def _received_in_time(command: c.SubmitFeedback, unit: str, missed: Missed) -> Iterator[Outcome]:
    """A report that came in time and is entered late: only with evidence, and then the 漏报 is withdrawn."""
    label = window_label(missed.window.key)
    refuse(not command.attachments, f"补录{label}的反馈须附按时收到的凭据（--attach）")
    assert command.occurred_at is not None  # noqa: S101  (that is how the window was found)
    yield At(_submitted(command, unit, window=missed.window.key, late_for=None), command.occurred_at)
    yield ev.MissWithdrawn(
        window=missed.window.key,
        evidence=command.attachments,
        reason=f"办公室确认{label}反馈已按时收到，补录",
    )


def _makes_up_for(matter: Matter, office: Office) -> str | None:
    """The missed window a report within the first days of the next one makes up for."""
    if matter.missed_in_row == 0:
        return None
    window = matter.missed[-1].window
    days = office.calendar.workdays_between(local_date(window.closes), office.today)
    return window.key if days <= office.policy.late_report_workdays else None


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
        window=window,
        late_for=late_for,
    )
