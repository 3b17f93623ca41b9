"""合并、前置、关注: what one matter may be to another. What that one says to it, `domain/relations.py` asks."""

from collections.abc import Iterator

from domain import commands as c
from domain import events as ev
from domain.base import refuse
from domain.matter import Matter
from domain.rules.context import DecisionContext, RuleEvent
from domain.rules.limits import owns_limit
from domain.rules.rhythm import still_open
from domain.terms import Role, Stage


def merge(matter: Matter, command: c.MergeMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """合并 of twins. Nobody's limit is put off by it but by who set the limit."""
    into = command.into
    refuse(into.stream == matter.stream, f"{matter.number} 不能并入自己，请写明并入哪个事项（--into）", "malformed")
    still_open(matter)
    refuse(matter.stage is Stage.CLOSING, f"{matter.number} 正在办结审核，请先审核或退回，再合并")
    if command.into_due > matter.due:
        owns_limit(matter, context)
    yield ev.MatterMerged(into=into, due=command.into_due, reason=command.reason)


def set_predecessor(matter: Matter, command: c.SetPredecessor, context: DecisionContext) -> Iterator[RuleEvent]:
    """前置事项: named once."""
    del context
    earlier = command.earlier
    refuse(earlier.stream == matter.stream, f"{matter.number} 不能是自己的前置事项", "malformed")
    still_open(matter)
    if earlier.stream not in {p.stream for p in matter.predecessors}:
        yield ev.PredecessorSet(earlier=earlier)


def drop_predecessor(matter: Matter, command: c.DropPredecessor, context: DecisionContext) -> Iterator[RuleEvent]:
    """取消前置, with a reason."""
    del context
    still_open(matter)
    known = {p.stream: p for p in matter.predecessors}
    earlier = known.get(command.earlier.stream)
    refuse(earlier is None, f"{command.earlier.number} 不是 {matter.number} 的前置事项", "not_found")
    assert earlier is not None  # noqa: S101  (refuse raised otherwise)
    yield ev.PredecessorDropped(earlier=earlier, reason=command.reason)


def follow(matter: Matter, command: c.FollowMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """关注 is each person's own: nobody follows for another. A unit's people follow what their unit handles."""
    person = context.actor.id
    if command.stop:
        if person in matter.followers:
            yield ev.FollowEnded(person=person)
        return
    outside = not context.is_(Role.OFFICE, Role.LEADER) and context.actor.unit not in matter.units
    refuse(outside, f"{matter.number} 不由您所在单位办理，不能关注", "forbidden")
    still_open(matter)
    if person not in matter.followers:
        yield ev.FollowBegun(person=person)
