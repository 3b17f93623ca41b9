"""倒排工期: from the day something must be finished, backward over the calendar, to the day each step must start.

Durations are working days, the first and the last day counted. A step begins on a working day after everything it
waits for has ended (前置), `lag` further working days later when something has to dry, be advertised or lie on a desk.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.base import Frozen, Refusal, refuse
from domain.calendar import WorkCalendar
from domain.facts import Words

LONGEST = 2500
"""Ten years of working days; more is a slip of the pen."""


class PlanNode(Frozen):
    """A step of a template: how many working days it takes, and after which steps."""

    id: Annotated[str, Field(min_length=1)]
    name: Words
    days: Annotated[int, Field(ge=1, le=LONGEST)]
    after: tuple[str, ...] = ()
    lag: Annotated[int, Field(ge=0, le=LONGEST)] = 0
    source: str = ""
    """Where the duration comes from: a rule, an estimate."""


class NodeTemplate(Frozen):
    """A chain of steps as it recurs, e.g. 一书两证; each stands after what it waits for."""

    name: Words
    about: str = ""
    nodes: tuple[PlanNode, ...]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        object.__setattr__(self, "nodes", _ordered(self.nodes))
        return self

    def find(self, words: str) -> PlanNode:
        """The step of that id or name.

        Raises:
            Refusal: `not_found`.
        """
        node = next((n for n in self.nodes if words in (n.id, n.name)), None)
        if node is None:
            named = "、".join(n.name for n in self.nodes)
            raise Refusal(f"模板“{self.name}”没有节点“{words}”，有：{named}", "not_found")
        return node


class Planned(Frozen):
    """When a step runs at the latest, and how much room there is if work starts on `today`.

    `slack` is in working days: 0 has none, negative is too late already, None is owed by no finish. `late`: its latest
    start has passed.
    """

    node: PlanNode
    start: date
    finish: date
    slack: int | None
    late: bool
    critical: bool
    provisional: bool
    """Some of its days lie in a year whose holidays nobody has published."""


class Schedule(Frozen):
    """A template worked backward from a finish."""

    template: str
    target: str
    finish: date
    today: date
    nodes: tuple[Planned, ...]

    @property
    def feasible(self) -> bool:
        """Whether nothing had to start before today."""
        return not self.missing

    @property
    def missing(self) -> int:
        """By how many working days it is too late; 0 when it is not."""
        return max(0, *(-n.slack for n in self.nodes if n.slack is not None))


def schedule(
    template: NodeTemplate, finish: date, calendar: WorkCalendar, today: date, target: str | None = None
) -> Schedule:
    """Work the template backward so that the target, by default the last step, ends by the finish.

    What is not needed for the target is laid out forward, as early as it can be.

    Raises:
        Refusal: `not_found`, when there is no such step.
    """
    aim = template.find(target) if target else template.nodes[-1]
    needed = _before(template, aim)
    latest = _backward(
        [n for n in template.nodes if n.id in needed], calendar.last_workday_on_or_before(finish), calendar
    )
    for node in template.nodes:
        if node.id not in needed:
            # Nothing is owed for it by the finish: it starts as soon as what it waits for allows.
            latest[node.id] = _soonest(node, {k: end for k, (_, end) in latest.items()}, calendar, today)
    earliest = _forward(template.nodes, calendar, today)
    slacks = {
        n.id: calendar.workdays_between(earliest[n.id], latest[n.id][0]) for n in template.nodes if n.id in needed
    }
    least = min(slacks.values())
    return Schedule(
        template=template.name,
        target=aim.id,
        finish=calendar.last_workday_on_or_before(finish),
        today=today,
        nodes=tuple(
            Planned(
                node=n,
                start=latest[n.id][0],
                finish=latest[n.id][1],
                slack=slacks.get(n.id),
                late=n.id in needed and latest[n.id][0] < today,
                critical=slacks.get(n.id) == least,
                provisional=calendar.is_provisional(latest[n.id][0]) or calendar.is_provisional(latest[n.id][1]),
            )
            for n in template.nodes
        ),
    )


def up_to(made: Schedule, words: str) -> Schedule:
    """The same plan as far as one of its steps: that step and all it waits for.

    Raises:
        Refusal: `not_found`, when there is no such step.
    """
    template = NodeTemplate(name=made.template, nodes=tuple(n.node for n in made.nodes))
    wanted = _before(template, template.find(words))
    return made.model_copy(update={"nodes": tuple(n for n in made.nodes if n.node.id in wanted)})


def _backward(nodes: list[PlanNode], finish: date, calendar: WorkCalendar) -> dict[str, tuple[date, date]]:
    """Latest start and finish of each: the working day before whatever waits for it must start, less that one's lag."""
    ends: dict[str, date] = {}
    latest: dict[str, tuple[date, date]] = {}
    for node in reversed(nodes):
        end = ends.get(node.id, finish)
        start = calendar.add_workdays(end, 1 - node.days)
        latest[node.id] = (start, end)
        for before in node.after:
            limit = calendar.add_workdays(start, -1 - node.lag)
            ends[before] = min(ends.get(before, limit), limit)
    return latest


def _forward(nodes: tuple[PlanNode, ...], calendar: WorkCalendar, today: date) -> dict[str, date]:
    """The earliest start of each if work begins today."""
    first = calendar.first_workday_on_or_after(today)
    ends: dict[str, date] = {}
    starts: dict[str, date] = {}
    for node in nodes:
        starts[node.id] = max((calendar.add_workdays(ends[b], 1 + node.lag) for b in node.after), default=first)
        ends[node.id] = calendar.add_workdays(starts[node.id], node.days - 1)
    return starts


def _soonest(node: PlanNode, ends: Mapping[str, date], calendar: WorkCalendar, today: date) -> tuple[date, date]:
    """A step after the target, or beside it."""
    first = calendar.first_workday_on_or_after(today)
    start = max((calendar.add_workdays(ends[b], 1 + node.lag) for b in node.after), default=first)
    return max(start, first), calendar.add_workdays(max(start, first), node.days - 1)


def _before(template: NodeTemplate, aim: PlanNode) -> set[str]:
    """The target and everything it waits for, directly or not."""
    needed = {aim.id}
    for node in reversed(template.nodes):
        if node.id in needed:
            needed.update(node.after)
    return needed


def _ordered(nodes: Iterable[PlanNode]) -> tuple[PlanNode, ...]:
    """Each after what it waits for, otherwise as given.

    Raises:
        Refusal: `malformed`: no steps, an id twice, a step nobody knows, a circle.
    """
    waiting = list(nodes)
    refuse(not waiting, "模板没有一个节点", "malformed")
    known: dict[str, PlanNode] = {}
    for node in waiting:
        refuse(node.id in known, f"节点编号“{node.id}”重复", "malformed")
        known[node.id] = node
    for node in waiting:
        strange = next((b for b in node.after if b not in known), None)
        refuse(strange is not None, f"节点“{node.name}”的前置“{strange}”不在模板中", "malformed")
    placed: list[PlanNode] = []
    done: set[str] = set()
    while waiting:
        ready = [n for n in waiting if done.issuperset(n.after)]
        refuse(not ready, f"节点互为前置，排不出先后：{'、'.join(n.name for n in waiting)}", "malformed")
        placed += ready[:1]
        done.add(ready[0].id)
        waiting.remove(ready[0])
    return tuple(placed)
