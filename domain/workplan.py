"""A work plan's versions: 征求意见 → 印发 → 调整. Each is one event that holds what the plan said, row by row.

What the plan orders is opened by `plan import`; here stands which text was in force when, who approved it, and what one
version changed of the one before.
"""

from datetime import date
from typing import ClassVar

from domain.base import Frozen, Term, refuse
from domain.calendar import local_date
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.facts import Words
from domain.fold import Fold
from domain.rules.context import DecisionContext
from domain.terms import Role


class PlanStage(Term):
    """How far a version of the plan has got."""

    CIRCULATED = "circulated", "征求意见"
    ISSUED = "issued", "印发"
    ADJUSTED = "adjusted", "调整"


class PlanItem(Frozen):
    """One row of a plan as that version has it: `key` is the same in every version, `digest` is not."""

    key: str
    no: str
    title: str
    lead: str | None = None
    due: date | None = None
    """None for what has no end (长期)."""
    digest: str


class PlanText(Frozen):
    """A version of a plan, to be recorded."""

    plan: Words
    stage: PlanStage
    file: str
    sha256: str
    document_no: str | None = None
    reason: Words | None = None
    items: tuple[PlanItem, ...]


class PlanVersioned(Event):
    """One version of a plan. `no` counts from 1; `approver` is the leader who issued or adjusted it."""

    label: ClassVar[str] = "计划版本"
    no: int
    approver: str | None = None
    text: PlanText


class PlanVersion(Frozen):
    """What is kept of a version besides its rows."""

    no: int
    stage: PlanStage
    on: date
    file: str
    document_no: str | None
    approver: str | None
    reason: str | None
    rows: int


class WorkPlan(Frozen):
    """A plan: its versions, and the rows of the newest."""

    plan: str
    versions: tuple[PlanVersion, ...]
    items: tuple[PlanItem, ...]

    @property
    def stage(self) -> PlanStage:
        """How far it has got."""
        return self.versions[-1].stage


class PlanChanges(Frozen):
    """What a version changed of the one before."""

    added: tuple[PlanItem, ...]
    dropped: tuple[PlanItem, ...]
    changed: tuple[tuple[PlanItem, PlanItem], ...]


def next_version(plan: WorkPlan | None, text: PlanText, context: DecisionContext) -> PlanVersioned | None:
    """The event that records the text as the plan's next version; None when the plan says that already.

    Raises:
        Refusal: the stages go one way, and only a leader issues or adjusts (the office may enter it for him).
    """
    refuse(not text.items, "计划里没有一项任务", "malformed")
    refuse(not context.is_(Role.OFFICE, Role.LEADER), "计划由办公室或领导提出", "forbidden")
    if plan is not None and (plan.stage, plan.items) == (text.stage, text.items):
        return None
    issued = plan is not None and plan.stage is not PlanStage.CIRCULATED
    approver = None
    if text.stage is PlanStage.CIRCULATED:
        refuse(issued, f"“{text.plan}”已经印发，改动请用“调整”（--stage 调整）")
    else:
        refuse(not context.is_(Role.LEADER), f"{text.stage.label}须由领导批准，请用 --by 写明批准领导", "unsigned")
        approver = context.decider.id
    if text.stage is PlanStage.ISSUED:
        refuse(issued, f"“{text.plan}”已经印发，改动请用“调整”（--stage 调整）")
        refuse(text.document_no is None, "印发须写明文号（--no）", "malformed")
    if text.stage is PlanStage.ADJUSTED:
        refuse(not issued, f"“{text.plan}”还没有印发，不能调整")
        refuse(text.reason is None, "调整须说明理由（--reason）", "malformed")
    return PlanVersioned(no=len(plan.versions) + 1 if plan else 1, approver=approver, text=text)


def changes(before: tuple[PlanItem, ...], after: tuple[PlanItem, ...]) -> PlanChanges:
    """Row by row, in the order of the newer text; a row is the same one when its key is."""
    old, new = {i.key: i for i in before}, {i.key: i for i in after}
    return PlanChanges(
        added=tuple(i for i in after if i.key not in old),
        dropped=tuple(i for i in before if i.key not in new),
        changed=tuple((old[i.key], i) for i in after if i.key in old and old[i.key].digest != i.digest),
    )


def evolve_plan(state: WorkPlan | None, recorded: LoggedEvent) -> WorkPlan:
    """Fold one version."""
    event = decode(recorded)
    if not isinstance(event, PlanVersioned):
        raise TypeError(f"{type(event).__name__} does not belong to a plan")
    text = event.text
    version = PlanVersion(
        no=event.no,
        stage=text.stage,
        on=local_date(recorded.occurred_at),
        file=text.file,
        document_no=text.document_no,
        approver=event.approver,
        reason=text.reason,
        rows=len(text.items),
    )
    return WorkPlan(plan=text.plan, versions=(*(state.versions if state else ()), version), items=text.items)


FOLD = Fold(WorkPlan, evolve_plan)
