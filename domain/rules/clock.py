"""What a passed deadline means, and what a moved calendar does to the open ones."""

from collections.abc import Iterator
from datetime import datetime

from domain import events as ev
from domain.base import refuse_always
from domain.calendar import local_date, to_minute
from domain.deadlines import Deadline, DeadlineKind, next_deadline, trigger
from domain.matter import Matter
from domain.rules.limits import resumed
from domain.rules.office import At, Office, Outcome
from domain.rules.opening import next_rung, open_window
from domain.terms import Rung, Stage
from domain.windows import closing_of, following_window, window_label


def expire(matter: Matter, office: Office) -> Iterator[Outcome]:
    """The earliest deadline that has passed. One at a time: each stands on what the one before recorded."""
    deadline = next_deadline(matter, office.rulebook, office.now)
    if deadline is None or deadline.at > office.now:
        refuse_always("没有到期的时限", "nothing_owed")
    match deadline.kind:
        case DeadlineKind.RECEIPT:
            yield At(ev.ReceiptSigned(unit=matter.lead or "", deemed=True), deadline.at)
            yield from open_window(matter, office, deadline.at)
        case DeadlineKind.WINDOW:
            yield from _close_window(matter, office)
        case DeadlineKind.NEAR_DUE:
            yield ev.NearDueWarned(due=matter.due)
        case DeadlineKind.DUE:
            yield At(ev.DueLapsed(due=matter.due), deadline.at)
        case DeadlineKind.URGE:
            yield ev.UrgeIssued(reason=f"漏报{window_label(deadline.key)}反馈，请立即补报", automatic=True)
        case DeadlineKind.RESUME:
            yield from resumed(matter, office, deadline.at, automatic=True)
        case _:
            yield _escalated(matter, deadline)


def _close_window(matter: Matter, office: Office) -> Iterator[Outcome]:
    """漏报 when nobody answered, dated at the closing; the next window opens at that same moment."""
    window = matter.window
    if window is None:
        return
    if not matter.answered:
        yield At(ev.FeedbackMissed(window=window), window.closes)
    following = following_window(window, matter.rhythm, office.calendar, office.policy.window_closes)
    if following:
        yield At(ev.FeedbackWindowOpened(window=following), window.closes)


def _escalated(matter: Matter, deadline: Deadline) -> ev.MatterEscalated:
    reason = {
        DeadlineKind.ESCALATE_MISSED: f"连续{matter.missed_in_row}次漏报",
        DeadlineKind.ESCALATE_OVERDUE: f"逾期未办结（时限 {matter.due}）",
        DeadlineKind.ESCALATE_COORDINATION: f"第{deadline.key}项协调请求逾期未答复",
    }[deadline.kind]
    to = matter.rung if matter.rung is Rung.MEETING else next_rung(matter.rung)
    return ev.MatterEscalated(
        from_rung=matter.rung, to_rung=to, reason=reason, trigger=trigger(deadline.kind, deadline.key)
    )


def reproject(matter: Matter, office: Office) -> Iterator[Outcome]:
    """Compute the open deadlines by today's calendar and policy; record each that moves, and why."""
    reason = "工作日历或督办规则已调整，按新的工作日重算"
    for what, before, after in _projected(matter, office):
        if before != after and after > office.now:
            yield ev.DeadlineMoved(what=what, before=before, after=after, reason=reason)


def _projected(matter: Matter, office: Office) -> Iterator[tuple[str, datetime, datetime]]:
    calendar, policy = office.calendar, office.policy
    if matter.window:
        after = closing_of(matter.window, matter.rhythm, calendar, policy.window_closes)
        yield "window", matter.window.closes, after
    if matter.stage is Stage.ASSIGNED and matter.receipt_due and matter.assigned_at and not matter.suspensions:
        limit = policy.receipt_limit(matter.urgency)
        yield "receipt", matter.receipt_due, calendar.add_working_time(to_minute(matter.assigned_at), limit)
    for asked in matter.open_coordinations:
        last_day = calendar.add_workdays(local_date(asked.asked_at), policy.coordination_workdays)
        yield f"coordination:{asked.no}", asked.answer_due, calendar.closes(last_day)
