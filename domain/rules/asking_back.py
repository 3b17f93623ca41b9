"""退回反馈: a report that does not say what was asked is asked for again, and the mark of it stays."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain import commands as c
from domain import events as ev
from domain.base import refuse
from domain.calendar import SHANGHAI
from domain.deadlines import due_instant
from domain.matter import Matter
from domain.rules.context import DecisionContext, RuleEvent
from domain.rules.rhythm import still_open
from domain.terms import Stage
from domain.window_ledger import ReportWindow, WindowEnd
from domain.windows import next_window


def ask_back(matter: Matter, command: c.AskBack, context: DecisionContext) -> Iterator[RuleEvent]:
    """The office returns the lead's last report with one line; the window it answered is open again until then.

    It gives time to say better what was done, not to do it: never past 办结时限 while that is still to come.
    """
    still_open(matter)
    refuse(matter.stage is Stage.CLOSING, f"{matter.number} 办结审核中，请用 xmh task review --return 退回办结申请")
    refuse(matter.stage is not Stage.IN_PROGRESS, f"{matter.number} 当前为“{matter.stage.label}”，没有反馈可退回")
    last = matter.last_feedback
    refuse(last is None or last.unit != matter.lead, f"{matter.number} 牵头单位还没有反馈，没有可退回的")
    assert last is not None  # noqa: S101  (refuse raised otherwise)
    refuse(
        any(mark.report == last.version for mark in matter.returned_reports),
        f"{matter.number} 最近一次反馈（第{last.version}条）已经退回，请待重新反馈",
    )
    usual = context.calendar.add_working_time(context.moment, timedelta(hours=context.policy.ask_back_hours))
    until = command.until or usual
    refuse(until <= context.now, "重新反馈的期限须晚于现在（--until）", "malformed")
    limit = due_instant(matter, context.calendar)
    if command.until is None and context.now < limit:
        until = min(until, limit)
    refuse(context.now < limit < until, f"重新反馈的期限不能晚于办结时限 {matter.due}；退回不延长时限", "malformed")
    window = _answered(matter, last.version)
    since = matter.windows.judged_after(window.key) if window is not None else ()
    refuse(bool(since), f"{matter.number} 此后的反馈期已经漏报，不再退回上一期；请用 xmh task urge 催办")
    if window is not None and until > usual:
        _within_the_next(window, until, matter, context)
    yield ev.ReportReturned(
        unit=last.unit,
        report=last.version,
        window=window.key if window else None,
        reason=command.reason,
        text=command.text,
        until=until,
    )


def _within_the_next(window: ReportWindow, until: datetime, matter: Matter, context: DecisionContext) -> None:
    """What runs meanwhile gives way, so a far hour would silence the matter: at most the next period is waited for.

    Raises:
        Refusal: `malformed`, the hour is later than the next window closes.
    """
    running = matter.windows.running
    after = max(window.closes, context.moment)
    following = next_window(matter.pace, after, context.calendar, context.policy.window_closes, matter.windows.judged)
    last = running if running is not None and running.key != window.key else following
    at = f"{last.closes.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if last else ""
    late = last is not None and until > last.closes
    refuse(late, f"重新反馈的期限不能晚于下一期反馈截止 {at}；退回不免去以后各期", "malformed")


def _answered(matter: Matter, report: int) -> ReportWindow | None:
    """The window to be open again; none for what made up for a 漏报, which stays one, or answered nothing."""
    ledger = matter.windows
    listed = (*ledger.behind, *([ledger.running] if ledger.running is not None else []))
    window = next((w for w in reversed(listed) if w.report == report), None)
    if window is None and matter.last_feedback is not None:
        window = ledger.asked(matter.last_feedback.unit, matter.last_feedback.at)
    return window if window is not None and window.answered and window.end in (None, WindowEnd.ANSWERED) else None
