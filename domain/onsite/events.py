"""What can have happened to an on-site inspection, in the past tense, with the office's word for it."""

from datetime import date, datetime
from typing import ClassVar

from domain.base import Frozen
from domain.calendar import local_date
from domain.envelope import NumberSeries
from domain.event import Event
from domain.facts import Attachment, Basis, Line, MatterRef, OpenReason, SealedWords, Title, Words
from domain.terms import Finding, MatterKind, ReportChannel, Rung


class OnSitePlan(Frozen):
    """督查方案: who inspects whom, on what, and when (条例 art. 8, 11, 15). Of a 暗访 it is sealed until it is held."""

    title: Title
    basis: Basis
    kind: MatterKind
    leader: str
    """组长."""
    members: tuple[str, ...] = ()
    experts: tuple[Line, ...] = ()
    """Who is invited: 人大代表, 专家 (条例 art. 8); people outside the directory, by name."""
    recused: tuple[str, ...] = ()
    """Who must not take part (回避)."""
    units: tuple[str, ...]
    matters: tuple[MatterRef, ...] = ()
    on: date
    until: date
    over_frequency: OpenReason | None = None
    """Why a unit is inspected more often than the policy allows."""

    @property
    def team(self) -> tuple[str, ...]:
        """组长 and 成员."""
        return (self.leader, *self.members)


class OnSitePlanned(Event):
    """督查立项: a leader approved the plan. `plan` stands in the clear, or as `sealed_plan` until it is held (暗访)."""

    label: ClassVar[str] = "批准督查方案"
    number: str = ""
    covert: bool = False
    approver: str
    plan: OnSitePlan | None = None
    sealed_plan: SealedWords | None = None

    def series(self, at: datetime) -> NumberSeries:
        """督查〔2022〕3号: gapless per year."""
        year = local_date(at).year
        return NumberSeries(series=f"onsite/{year}", field="number", template=f"督查〔{year}〕{{n}}号")


class OnSiteReplanned(Event):
    """The plan was changed before it was held, by a leader's decision."""

    label: ClassVar[str] = "调整督查方案"
    approver: str
    reason: Words
    plan: OnSitePlan | None = None
    sealed_plan: SealedWords | None = None


class OnSiteCancelled(Event):
    """It will not be held; its number stays taken."""

    label: ClassVar[str] = "取消督查"
    reason: Words


class OnSiteHeld(Event):
    """It was held, by this plan: from now on a 暗访 is no secret."""

    label: ClassVar[str] = "开展督查"
    plan: OnSitePlan


class InspectorRecused(Event):
    """回避: a member of the team takes no further part."""

    label: ClassVar[str] = "督查人员回避"
    person: str
    reason: Words


class FindingRecorded(Event):
    """What was found at one unit, on one matter if it concerns one; a problem follows as `ProblemListed`."""

    label: ClassVar[str] = "督查发现"
    no: int
    unit: str
    text: Words
    matter: MatterRef | None = None
    finding: Finding | None = None
    """Of the matter: whether what was reported is so."""
    attachments: tuple[Attachment, ...] = ()


class ProblemListed(Event):
    """列入问题清单: the finding is to be put right (整改) by a day."""

    label: ClassVar[str] = "列入问题清单"
    no: int
    rectify_by: date


class RectificationExtended(Event):
    """整改延期, decided by the office; the first limit is kept."""

    label: ClassVar[str] = "整改延期"
    no: int
    to: date
    reason: Words


class RectificationEscalated(Event):
    """整改 is overdue and goes up one rung: by the policy's table, or by the office with its reason."""

    label: ClassVar[str] = "整改升级"
    no: int
    from_rung: Rung
    to_rung: Rung
    reason: Words


class RectificationReported(Event):
    """The unit says that it is put right."""

    label: ClassVar[str] = "反馈整改"
    no: int
    text: Words
    attachments: tuple[Attachment, ...] = ()
    via: ReportChannel | None = None


class RectificationChecked(Event):
    """核查: passed, or not yet; then it is to be put right by `rectify_by`."""

    label: ClassVar[str] = "核查整改"
    no: int
    passed: bool
    text: Words
    attachments: tuple[Attachment, ...] = ()
    rectify_by: date | None = None


class ProblemClosed(Event):
    """销号 of one problem, after it was checked."""

    label: ClassVar[str] = "问题销号"
    no: int


class OnSiteReported(Event):
    """督查报告: what the 组长 concludes (条例 art. 16); a later one replaces it."""

    label: ClassVar[str] = "督查报告"
    text: Words
    attachments: tuple[Attachment, ...] = ()


class OpinionGiven(Event):
    """反馈意见 to one unit: the conclusion must be fed back to whom it concerns (条例 art. 16)."""

    label: ClassVar[str] = "督查反馈意见"
    unit: str
    text: Words
