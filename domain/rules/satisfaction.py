"""满意度: what whoever raised a matter says of its answer, and 再办 when he is not satisfied."""

from collections.abc import Iterator
from datetime import date, timedelta

from domain import commands as c
from domain import events as ev
from domain.base import refuse, refuse_always
from domain.matter import Matter
from domain.periods import running_period
from domain.policy import Policy, SourceKind
from domain.rules.context import DecisionContext, RuleEvent
from domain.rules.rhythm import open_window
from domain.terms import DayCount, Satisfaction, Stage

UNRATED = "提出人尚未评价满意度"


def unrated(matter: Matter, policy: Policy) -> tuple[str, ...]:
    """What stands against the end of a matter whose asker was to be heard and was not."""
    kind = policy.source_kind(matter.origin.kind) if matter.origin else None
    return (UNRATED,) if kind is not None and kind.satisfaction and not matter.rated else ()


def rate(matter: Matter, command: c.RateMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """满意 or 基本满意 stands; 不满意 is 再办 within the days of its kind: before 销号 a return, after it 重开.

    Only who raised the matter says it: a stranger's word is refused.
    """
    origin = matter.origin
    if origin is None or not origin.askers:
        refuse_always(f"{matter.number} 没有登记提出人，无从评价满意度", "no_asker")
    refuse(command.by not in origin.askers, f"评价人不是 {matter.number} 的提出人，不能代为评价", "stranger")
    refuse(matter.stage is Stage.CANCELLED, f"{matter.number} 已撤销，不再评价", "ended")
    answered = matter.stage in (Stage.CLOSING, Stage.CLOSED)
    refuse(not answered, f"{matter.number} 还没有办结答复（{matter.stage.label}），不能评价满意度")
    again = [r for r in matter.rated if r.by == command.by and r.satisfaction is command.satisfaction]
    refuse(bool(again), "提出人对这次答复已作同样的评价")
    unhappy = command.satisfaction is Satisfaction.DISSATISFIED
    refuse(unhappy and command.text is None, "不满意的须写明不满意在哪里（--text）", "malformed")
    yield ev.SatisfactionGiven(by=command.by, satisfaction=command.satisfaction, text=command.text)
    if unhappy:
        yield from _done_again(matter, command.text or "", context)


def _done_again(matter: Matter, words: str, context: DecisionContext) -> Iterator[RuleEvent]:
    kind = context.policy.source_kind(matter.origin.kind) if matter.origin else None
    due = _redo_by(kind, context) if kind else context.today + timedelta(days=30)
    if matter.period is not None:  # it has no limit but that of the period of today
        due = running_period(matter.period, context.today, context.moment, context.calendar).due
    if matter.stage is Stage.CLOSING:
        yield ev.ClosureReturned(text=words, due=max(due, matter.due))
        if due > matter.due:
            yield ev.DeadlineMoved(what="due", before=matter.due, after=due, reason="提出人不满意，再办")
    else:
        yield ev.MatterReopened(reason=words, due=due, stage=Stage.IN_PROGRESS)
    yield from open_window(matter, context, context.moment)


def _redo_by(kind: SourceKind, context: DecisionContext) -> date:
    if kind.count is DayCount.WORKDAYS:
        return context.calendar.add_workdays(context.today, kind.redo_days)
    return context.calendar.first_workday_on_or_after(context.today + timedelta(days=kind.redo_days))
