"""What the clock owes a matter: which deadline comes next, and what it is.

Computed from the state and the rulebook alone, so a restarted workflow, a replay and `audit explain` agree.
"""

from datetime import datetime, timedelta

from domain.base import Frozen, Term
from domain.calendar import WorkCalendar, to_minute
from domain.log import Rulebook
from domain.matter import Matter
from domain.terms import Stage, Urgency


class DeadlineKind(Term):
    """What falls due."""

    RECEIPT = "receipt", "签收时限"
    WINDOW = "window", "反馈期限"
    NEAR_DUE = "near_due", "临期提醒"
    DUE = "due", "办结时限"
    URGE = "urge", "自动催办"
    ESCALATE_MISSED = "escalate_missed", "连续漏报升级"
    ESCALATE_OVERDUE = "escalate_overdue", "逾期升级"
    ESCALATE_COORDINATION = "escalate_coordination", "协调未答复升级"
    COORDINATION = "coordination", "协调答复时限"
    RESUME = "resume", "暂缓期满"


class Deadline(Frozen):
    """One thing owed: what, when, and of which window, date or request (`key`)."""

    kind: DeadlineKind
    at: datetime
    key: str


def due_instant(matter: Matter, calendar: WorkCalendar) -> datetime:
    """办结时限 as an instant: the office's closing time on the due date."""
    return calendar.closes(matter.due)


def near_due_instant(matter: Matter, rulebook: Rulebook) -> datetime:
    """When 临期 begins: the morning so many working days before the due date."""
    calendar = rulebook.calendar
    return calendar.opens(calendar.add_workdays(matter.due, -rulebook.policy.near_due_workdays))


def next_deadline(matter: Matter, rulebook: Rulebook, now: datetime) -> Deadline | None:
    """The earliest thing the clock owes; None when the matter waits for people only."""
    return min(owed(matter, rulebook, now), key=lambda d: (d.at, d.kind.value, d.key), default=None)


def owed(matter: Matter, rulebook: Rulebook, now: datetime) -> list[Deadline]:
    """Everything the clock owes the matter, each until the event it leads to is recorded.

    What was due is judged by its own instant; what the office *does* (催办, 升级) waits for office hours, and after
    downtime those are the next ones from `now`.
    """
    match matter.stage:
        case Stage.CLOSED | Stage.CANCELLED:
            return []
        case Stage.SUSPENDED:
            return [_resume(matter, rulebook.calendar)]
        case Stage.CLOSING:
            # The office holds the matter now: the unit owes nothing until it is returned.
            return []
    return [
        *_receipt(matter),
        *_window(matter),
        *_limit(matter, rulebook),
        *_urge(matter, rulebook, now),
        *_escalations(matter, rulebook, now),
    ]


def _resume(matter: Matter, calendar: WorkCalendar) -> Deadline:
    until = matter.suspensions[-1].until
    at = calendar.opens(calendar.first_workday_on_or_after(until))
    return Deadline(kind=DeadlineKind.RESUME, at=at, key=until.isoformat())


def _receipt(matter: Matter) -> list[Deadline]:
    if matter.stage is not Stage.ASSIGNED or matter.receipt_due is None:
        return []
    return [Deadline(kind=DeadlineKind.RECEIPT, at=matter.receipt_due, key=matter.lead or "")]


def _window(matter: Matter) -> list[Deadline]:
    if matter.window is None:
        return []
    return [Deadline(kind=DeadlineKind.WINDOW, at=matter.window.closes, key=matter.window.key)]


def _limit(matter: Matter, rulebook: Rulebook) -> list[Deadline]:
    key = matter.due.isoformat()
    if matter.lapsed_for == matter.due:
        return []
    due = Deadline(kind=DeadlineKind.DUE, at=due_instant(matter, rulebook.calendar), key=key)
    if matter.warned_for == matter.due:
        return [due]
    return [Deadline(kind=DeadlineKind.NEAR_DUE, at=near_due_instant(matter, rulebook), key=key), due]


def _urge(matter: Matter, rulebook: Rulebook, now: datetime) -> list[Deadline]:
    """催办 follows a miss, again after each cool-down, in working hours only; one for all that fell in downtime."""
    if matter.missed_in_row == 0:
        return []
    last = matter.missed[-1].window
    at = last.closes
    if matter.last_urge_at is not None and matter.last_urge_at >= last.opens:
        rested = rulebook.calendar.add_working_time(to_minute(matter.last_urge_at), rulebook.policy.urge_cooldown)
        at = max(at, rested)
    return [Deadline(kind=DeadlineKind.URGE, at=in_hours(matter, at, rulebook.calendar, now), key=last.key)]


def _escalations(matter: Matter, rulebook: Rulebook, now: datetime) -> list[Deadline]:
    """One rung up for misses in a row, for a red light, for a coordination nobody answered; each claimed once."""
    found = []
    calendar = rulebook.calendar
    if matter.missed_in_row and matter.missed_in_row % rulebook.policy.missed_before_escalation == 0:
        last = matter.missed[-1].window
        found.append((DeadlineKind.ESCALATE_MISSED, last.closes, last.key))
    if matter.lapsed_for == matter.due:
        found.append((DeadlineKind.ESCALATE_OVERDUE, due_instant(matter, calendar), matter.due.isoformat()))
    found.extend((DeadlineKind.ESCALATE_COORDINATION, c.answer_due, str(c.no)) for c in matter.open_coordinations)
    return [
        Deadline(kind=kind, at=in_hours(matter, at, calendar, now), key=key)
        for kind, at, key in found
        if trigger(kind, key) not in matter.triggers
    ]


def trigger(kind: DeadlineKind, key: str) -> str:
    """What an automatic escalation claims, so that no second one claims it again."""
    return f"{kind.value}:{key}"


def in_hours(matter: Matter, instant: datetime, calendar: WorkCalendar, now: datetime) -> datetime:
    """特急 runs at once; the rest in working hours, never before `now`.

    The closing moment still counts, to the minute: a timer never fires on the very instant.
    """
    moment = to_minute(now)
    if matter.urgency is Urgency.EXTRA or (moment <= instant and _closing(instant, calendar)):
        return instant
    return calendar.next_working(max(instant, moment))


def _closing(instant: datetime, calendar: WorkCalendar) -> bool:
    """Whether the instant ends a span of office hours."""
    return calendar.is_working(instant - timedelta(minutes=1)) and not calendar.is_working(instant)
