"""What the clock owes a matter: which deadline comes next, and what it is.

Computed from the state and the rulebook alone, so a restarted workflow, a replay and `audit explain` agree.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from domain import ladder
from domain.base import Frozen, Term
from domain.calendar import WorkCalendar, to_minute
from domain.lights import near_due_moment
from domain.log import Rulebook
from domain.matter import Matter
from domain.policy import Step
from domain.terms import RUNGS, Stage, Trigger, Urgency


class DeadlineKind(Term):
    """What falls due."""

    RECEIPT = "receipt", "签收时限"
    WINDOW = "window", "反馈期限"
    NEAR_DUE = "near_due", "临期提醒"
    DUE = "due", "办结时限"
    PERIOD = "period", "本期截止"
    URGE = "urge", "自动催办"
    ESCALATE_MISSED = "escalate_missed", "连续漏报升级"
    ESCALATE_OVERDUE = "escalate_overdue", "逾期升级"
    ESCALATE_COORDINATION = "escalate_coordination", "协调未答复升级"
    ESCALATE_NEAR_DUE = "escalate_near_due", "临期升级"
    ESCALATE_BEHIND = "escalate_behind", "滞后升级"
    ESCALATE_RETURNED = "escalate_returned", "退回升级"
    COORDINATION = "coordination", "协调答复时限"
    RESUME = "resume", "暂缓期满"
    ESCALATE_UNMET = "escalate_unmet", "定期事项未完成升级"
    OBJECTION = "objection", "异议复核期限"


class Deadline(Frozen):
    """One thing owed: what, when, and of which window, date or request (`key`)."""

    kind: DeadlineKind
    at: datetime
    key: str
    step: Step | None = None
    """The row of the policy's table that owes it, when one does."""
    claim: str = ""
    """What carrying it out claims, so that it happens once."""


ESCALATIONS = {
    Trigger.NEAR_DUE: DeadlineKind.ESCALATE_NEAR_DUE,
    Trigger.BEHIND: DeadlineKind.ESCALATE_BEHIND,
    Trigger.MISSED: DeadlineKind.ESCALATE_MISSED,
    Trigger.RETURNED: DeadlineKind.ESCALATE_RETURNED,
    Trigger.OVERDUE: DeadlineKind.ESCALATE_OVERDUE,
    Trigger.UNANSWERED: DeadlineKind.ESCALATE_COORDINATION,
    Trigger.UNMET: DeadlineKind.ESCALATE_UNMET,
}
"""What each trigger is called when it carries a matter up."""


def due_instant(matter: Matter, calendar: WorkCalendar) -> datetime:
    """办结时限 as an instant: the office's closing time on the due date."""
    return calendar.closes(matter.due)


def near_due_instant(matter: Matter, rulebook: Rulebook) -> datetime:
    """When 临期 begins: the morning so many working days before the due date."""
    return near_due_moment(matter.due, rulebook)


def next_deadline(matter: Matter, rulebook: Rulebook, now: datetime) -> Deadline | None:
    """The earliest thing the clock owes; None when the matter waits for people only."""
    return min(owed(matter, rulebook, now), key=lambda d: (d.at, d.kind.value, d.key), default=None)


def owed(matter: Matter, rulebook: Rulebook, now: datetime) -> list[Deadline]:
    """Everything the clock owes the matter, each until the event it leads to is recorded.

    What was due is judged by its own instant; what the office *does* (催办, 升级) waits for office hours, and after
    downtime those are the next ones from `now`.
    """
    return owing(matter, rulebook).deadlines(rulebook.calendar, now)


class Owing(NamedTuple):
    """What the clock owes a matter as long as nothing is recorded of it, whatever the time is: each at its instant."""

    fixed: tuple[Deadline, ...] = ()
    """What happens at its instant."""
    urges: tuple[Deadline, ...] = ()
    climbs: tuple[Deadline, ...] = ()
    """What the office does, 催办 and 升级: at its instant or, where that is out of hours, after it."""
    urgent: bool = False
    """特急: the office does it at any hour."""

    def deadlines(self, calendar: WorkCalendar, now: datetime) -> list[Deadline]:
        """Each when it falls due as seen from `now`."""
        return [*self.fixed, *self._first_urge(calendar, now), *self._highest(calendar, now)]

    def comes_by(self, now: datetime, instant: datetime) -> bool:
        """Whether one may fall due after `now` and by an instant; if not, none does. Quick, to pass many over."""
        if any(now < d.at <= instant for d in self.fixed):
            return True
        return any(d.at <= instant for some in (self.urges, self.climbs) for d in some)

    def _first_urge(self, calendar: WorkCalendar, now: datetime) -> list[Deadline]:
        """The next 催办, in working hours only; one for all that fell in downtime, and for all causes that hold."""
        due = [(self._in_hours(d, calendar, now), d) for d in self.urges]
        at, first = min(due, key=lambda one: one[0], default=(now, None))
        return [] if first is None else [first.model_copy(update={"at": at})]

    def _highest(self, calendar: WorkCalendar, now: datetime) -> list[Deadline]:
        """Rows of the table that carry the matter up, each claimed once; of several at one moment the highest rung."""
        highest: dict[datetime, Deadline] = {}
        for deadline in self.climbs:
            at = self._in_hours(deadline, calendar, now)
            if at not in highest or _height(deadline) > _height(highest[at]):
                highest[at] = deadline
        return [deadline.model_copy(update={"at": at}) for at, deadline in highest.items()]

    def _in_hours(self, deadline: Deadline, calendar: WorkCalendar, now: datetime) -> datetime:
        any_hour = self.urgent or (deadline.step is not None and deadline.step.any_hour)
        return in_hours(deadline.at, calendar, now, any_hour=any_hour)


def owing(matter: Matter, rulebook: Rulebook) -> Owing:
    """What the clock owes a matter as it stands under a rulebook."""
    match matter.stage:
        case Stage.CLOSED | Stage.CANCELLED:
            return Owing(_objection(matter, rulebook.calendar))
        case Stage.SUSPENDED:
            return Owing((_resume(matter, rulebook.calendar),))
        case Stage.CLOSING:
            # The office holds the matter now: the unit owes nothing until it is returned.
            return Owing()
    return Owing(
        (*_receipt(matter), *_window(matter), *_limit(matter, rulebook)),
        tuple(_urges(matter, rulebook)),
        tuple(_climbs(matter, rulebook)),
        matter.urgency is Urgency.EXTRA,
    )


def _resume(matter: Matter, calendar: WorkCalendar) -> Deadline:
    until = matter.suspensions[-1].until
    at = calendar.opens(calendar.first_workday_on_or_after(until))
    return Deadline(kind=DeadlineKind.RESUME, at=at, key=until.isoformat())


def _objection(matter: Matter, calendar: WorkCalendar) -> tuple[Deadline, ...]:
    """An objection is decided within thirty days (条例 art. 17); past them the matter goes up one rung, once."""
    if matter.objection is None:
        return ()
    key = matter.objection.decide_by.isoformat()
    claim = f"{DeadlineKind.OBJECTION.value}:{key}"
    if claim in matter.triggers:
        return ()
    at = calendar.closes(matter.objection.decide_by)
    return (Deadline(kind=DeadlineKind.OBJECTION, at=at, key=key, claim=claim),)


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
    kind = DeadlineKind.PERIOD if matter.period else DeadlineKind.DUE
    due = Deadline(kind=kind, at=due_instant(matter, rulebook.calendar), key=key)
    if matter.warned_for == matter.due:
        return [due]
    return [Deadline(kind=DeadlineKind.NEAR_DUE, at=near_due_instant(matter, rulebook), key=key), due]


def _urges(matter: Matter, rulebook: Rulebook) -> Iterator[Deadline]:
    """Every 催办 the rows of the table owe."""
    for cause in ladder.urging(matter, rulebook):
        claim = "" if cause.step.repeat_hours else ladder.order_claim(cause)
        yield Deadline(kind=DeadlineKind.URGE, at=cause.at, key=cause.key, step=cause.step, claim=claim)


def _climbs(matter: Matter, rulebook: Rulebook) -> Iterator[Deadline]:
    """Every 升级 the rows of the table owe."""
    for cause in ladder.climbing(matter, rulebook):
        kind = ESCALATIONS[cause.step.trigger]
        yield Deadline(kind=kind, at=cause.at, key=cause.key, step=cause.step, claim=cause.claim)


def _height(deadline: Deadline) -> int:
    rung = deadline.step.rung if deadline.step else None
    return -1 if rung is None else RUNGS.index(rung)


def in_hours(instant: datetime, calendar: WorkCalendar, now: datetime, *, any_hour: bool) -> datetime:
    """What runs at any hour runs at once; the rest in working hours, never before `now`.

    The closing moment still counts, to the minute: a timer never fires on the very instant.
    """
    moment = to_minute(now)
    if any_hour or (moment <= instant and _closing(instant, calendar)):
        return instant
    return calendar.next_working(max(instant, moment))


def _closing(instant: datetime, calendar: WorkCalendar) -> bool:
    """Whether the instant ends a span of office hours."""
    return calendar.is_working(instant - timedelta(minutes=1)) and not calendar.is_working(instant)
