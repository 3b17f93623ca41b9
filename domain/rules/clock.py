"""What a passed deadline means, and what a moved calendar does to the open ones."""

from collections.abc import Iterator
from datetime import date, datetime

from domain import events as ev
from domain import ladder
from domain.base import refuse_always
from domain.calendar import SHANGHAI, at_office, local_date, to_minute
from domain.deadlines import Deadline, DeadlineKind, next_deadline
from domain.facts import Window
from domain.matter import Matter
from domain.periods import closing_day
from domain.policy import Step
from domain.rules.context import DatedEvent, DecisionContext, RuleEvent
from domain.rules.limits import answer_due, resumed
from domain.rules.opening import receipt_due, receipt_hours
from domain.rules.periods import judged
from domain.rules.rhythm import open_window
from domain.terms import RUNGS, OrderColour, Stage, Trigger
from domain.windows import closing_of


def expire(matter: Matter, context: DecisionContext) -> Iterator[RuleEvent]:
    """The earliest deadline that has passed. One at a time: each stands on what the one before recorded."""
    deadline = next_deadline(matter, context.rulebook, context.now)
    if deadline is None or deadline.at > context.now:
        refuse_always("没有到期的时限", "nothing_owed")
    match deadline.kind:
        case DeadlineKind.RECEIPT:
            yield DatedEvent(ev.ReceiptSigned(unit=matter.lead or "", deemed=True), deadline.at)
            yield from open_window(matter, context, deadline.at)
        case DeadlineKind.WINDOW:
            yield from _close_window(matter, context)
        case DeadlineKind.NEAR_DUE:
            yield ev.NearDueWarned(due=matter.due)
        case DeadlineKind.DUE:
            yield DatedEvent(ev.DueLapsed(due=matter.due), deadline.at)
        case DeadlineKind.PERIOD:
            yield judged(matter, context)
        case DeadlineKind.URGE:
            yield _urged(matter, deadline, context)
        case DeadlineKind.RESUME:
            yield from resumed(matter, context, deadline.at, automatic=True)
        case DeadlineKind.OBJECTION:
            yield ev.MatterEscalated(
                from_rung=matter.rung,
                to_rung=context.policy.rung_above(matter.rung),
                reason=f"异议未在规定期限（{deadline.key}）前复核",
                trigger=deadline.claim,
            )
        case _:
            yield _escalated(matter, deadline, context)


def _close_window(matter: Matter, context: DecisionContext) -> Iterator[RuleEvent]:
    """漏报 when nobody answered, dated at the closing; the next window opens at that same moment."""
    window = matter.window
    if window is None:
        return
    if not window.answered:
        missed = Window(key=window.key, opens=window.opens, closes=window.closes)
        yield DatedEvent(ev.FeedbackMissed(window=missed), window.closes)
    yield from open_window(matter, context, window.closes, done=window.key)


def _urged(matter: Matter, deadline: Deadline, context: DecisionContext) -> ev.UrgeIssued:
    """The 催办单: its colour is the gravest of all causes that hold, its words those of the row that owed it."""
    step = _row(deadline)
    colour = ladder.worst_colour(matter, context.rulebook, context.now)
    wanted = "请立即补报" if step.trigger is Trigger.MISSED else "请抓紧办理并反馈"
    if matter.by_letter:
        wanted = "商请补复" if step.trigger is Trigger.MISSED else "商请加快办理并函复"
    return ev.UrgeIssued(
        reason=f"{ladder.reason(deadline.key, step, matter)}，{wanted}",
        automatic=True,
        colour=None if colour is OrderColour.PLAIN or matter.by_letter else colour,
        trigger=deadline.claim or None,
    )


def _escalated(matter: Matter, deadline: Deadline, context: DecisionContext) -> ev.MatterEscalated:
    """One rung, with its reason; the row is claimed when its own rung is reached (a policy of before goes straight)."""
    step = _row(deadline)
    to = ladder.next_rung(step, matter, context.policy)
    reached = step.rung is None or RUNGS.index(to) >= RUNGS.index(step.rung)
    asked = f"，提请{to.label}出面商请" if matter.by_letter else ""
    return ev.MatterEscalated(
        from_rung=matter.rung,
        to_rung=to,
        reason=f"{ladder.reason(deadline.key, step, matter)}{asked}",
        trigger=deadline.claim if reached else f"{deadline.claim}@{to.value}",
    )


def _row(deadline: Deadline) -> Step:
    assert deadline.step is not None  # noqa: S101  (only rows of the table urge and escalate)
    return deadline.step


def reproject(matter: Matter, context: DecisionContext) -> Iterator[RuleEvent]:
    """Compute the open deadlines by today's calendar and policy; record each that moves, and why. Closed never move.

    What has passed stays where it was; a limit somebody set as a date is that date, whatever the calendar says.
    """
    if matter.ended:
        return
    reason = f"{context.rulebook.because or '工作日历或督办规则已调整'}，按新的工作日重算"
    yield from _given_way(matter, context)
    for what, before, after in _projected(matter, context):
        if before != after and after > context.now:
            yield ev.DeadlineMoved(what=what, before=before, after=after, reason=reason)
    due = _limit(matter, context)
    if due != matter.due:
        rule = matter.due_rule.rule if matter.due_rule else "本期最后一个工作日"
        yield ev.DeadlineMoved(what="due", before=matter.due, after=due, reason=f"{reason}；{rule}")


def _given_way(matter: Matter, context: DecisionContext) -> Iterator[RuleEvent]:
    """A running window in whose period nobody works any more is not owed: the next one takes its place."""
    window = matter.window
    if window is not None and not window.answered and not window.returned and _closing(matter, window, context) is None:
        yield from open_window(matter, context, max(window.opens, context.moment))


def _closing(matter: Matter, window: Window, context: DecisionContext) -> datetime | None:
    closes = closing_of(window, matter.pace, context.calendar, context.policy.window_closes)
    if closes is None or context.policy.retroactive:
        return closes
    # A running window keeps the hour it was opened with where the policy now closes earlier in the day.
    hour = window.closes.astimezone(SHANGHAI).time()
    return max(closes, at_office(local_date(closes), hour))


def _limit(matter: Matter, context: DecisionContext) -> date:
    """办结时限 by today's calendar: a computed one moves, unless it would have passed; a date somebody set stays."""
    due = matter.due if matter.due_rule is None else matter.due_rule.due(context.calendar)
    if matter.period is not None and matter.running is not None:
        due = closing_day(matter.period, matter.running.key, context.calendar)
    return due if context.calendar.closes(due) > context.now else matter.due


def _projected(matter: Matter, context: DecisionContext) -> Iterator[tuple[str, datetime, datetime]]:
    if matter.window and not matter.window.returned:  # its hour the office set
        yield "window", matter.window.closes, _closes(matter, matter.window, context)
    if matter.stage is Stage.ASSIGNED and matter.receipt_due and matter.receipt_from:
        hours = receipt_hours(matter, context)
        again = receipt_due(to_minute(matter.receipt_from), _limit(matter, context), hours, context)
        yield "receipt", matter.receipt_due, again
    if matter.stage is not Stage.SUSPENDED:  # its clock stands; resuming computes it
        for asked in matter.open_coordinations:
            yield f"coordination:{asked.no}", asked.answer_due, answer_due(asked, context)


def _closes(matter: Matter, window: Window, context: DecisionContext) -> datetime:
    """When the open window closes by today's calendar.

    A stop announced on the last day itself would close it in the past: then it closes on the next working day.
    """
    closes = _closing(matter, window, context) or window.closes
    if closes > context.now or window.closes <= context.now:
        return closes
    day = local_date(window.closes)
    return at_office(context.calendar.first_workday_on_or_after(day), context.policy.window_closes)
