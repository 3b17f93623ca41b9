"""What can be asked of an on-site inspection; `rules.py` decides what becomes of it."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.base import Frozen
from domain.facts import OF_THE_LOG, Attachment, Confidential, MatterRef, OpenReason, Reason, Whole, Words
from domain.onsite.events import OnSitePlan
from domain.terms import Finding, ReportChannel


class PlanOnSite(Frozen):
    """督查立项, approved by a leader. `sealed_plan` is the plan as ciphertext: then it is a 暗访."""

    do: Literal["plan"] = "plan"
    plan: OnSitePlan
    sealed_plan: Words | None = None


class ReplanOnSite(Frozen):
    """Change the plan before it is held."""

    do: Literal["replan"] = "replan"
    plan: OnSitePlan
    sealed_plan: Words | None = None
    reason: OpenReason


class CancelOnSite(Frozen):
    """取消: it will not be held."""

    do: Literal["cancel"] = "cancel"
    reason: OpenReason


class HoldOnSite(Frozen):
    """It is being held, or was: by this plan, which of a 暗访 was sealed until now."""

    do: Literal["hold"] = "hold"
    plan: Annotated[OnSitePlan, OF_THE_LOG]
    occurred_at: datetime | None = None


class RecuseInspector(Frozen):
    """回避 of a member."""

    do: Literal["recuse"] = "recuse"
    person: str
    reason: OpenReason


class RecordFinding(Frozen):
    """What was found; a problem when it is to be put right."""

    do: Literal["find"] = "find"
    unit: str
    text: Confidential
    matter: MatterRef | None = None
    finding: Finding | None = None
    attachments: tuple[Attachment, ...] = ()
    problem: bool = False
    rectify_by: date | None = None
    """None: as the policy says."""


class ExtendRectification(Frozen):
    """整改延期."""

    do: Literal["extend"] = "extend"
    no: Whole
    to: date
    reason: Reason


class EscalateRectification(Frozen):
    """升级 of an overdue 整改 by hand: one rung."""

    do: Literal["escalate"] = "escalate"
    no: Whole
    reason: Reason


class ReportRectification(Frozen):
    """The unit says that it is put right."""

    do: Literal["rectify"] = "rectify"
    no: Whole
    text: Confidential
    attachments: tuple[Attachment, ...] = ()
    via: ReportChannel | None = None


class CheckRectification(Frozen):
    """核查 of what was put right."""

    do: Literal["check"] = "check"
    no: Whole
    passed: bool
    text: Confidential
    attachments: tuple[Attachment, ...] = ()
    rectify_by: date | None = None


class ReportOnSite(Frozen):
    """督查报告."""

    do: Literal["report"] = "report"
    text: Confidential
    attachments: tuple[Attachment, ...] = ()


class GiveOpinion(Frozen):
    """反馈意见 to a unit."""

    do: Literal["opinion"] = "opinion"
    unit: str
    text: Confidential


OnSiteCommand = Annotated[
    PlanOnSite
    | ReplanOnSite
    | CancelOnSite
    | HoldOnSite
    | RecuseInspector
    | RecordFinding
    | ExtendRectification
    | EscalateRectification
    | ReportRectification
    | CheckRectification
    | ReportOnSite
    | GiveOpinion,
    Field(discriminator="do"),
]
