"""What can be asked of a matter. A command is a wish; `rules/` decides what becomes of it."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from domain.base import Frozen
from domain.bounds import FIRST_YEAR, LAST_YEAR, cleaned
from domain.confidential import left_open
from domain.facts import (
    MOST_LINE,
    MOST_TITLE,
    AtMost,
    Attachment,
    Basis,
    Confidential,
    IndicatorReport,
    InstructionRef,
    LeadersWords,
    Line,
    MatterRef,
    NewIndicator,
    NewPoint,
    Origin,
    PartOf,
    Percent,
    PointReport,
    Reason,
    SecretValues,
    Title,
    UnitRef,
    Whole,
)
from domain.meetings.terms import Outcome, Subject
from domain.order import OrderBase
from domain.periods import PeriodLength, PeriodResult
from domain.terms import (
    Card,
    Duty,
    Finding,
    KeyFlag,
    LeaderMark,
    MatterClass,
    MatterKind,
    ObjectionOutcome,
    ReportChannel,
    ReturnReason,
    Rhythm,
    Satisfaction,
    SuspensionReason,
    Urgency,
)


class OpenMatter(Frozen):
    """立项, and 交办 at once when the lead is known."""

    do: Literal["open"] = "open"
    title: Title
    basis: Basis
    due: date | None = None
    """None: computed by the policy from basis, urgency and class."""
    kind: MatterKind = MatterKind.ROUTINE
    klass: MatterClass = MatterClass.ORDINARY
    flags: tuple[KeyFlag, ...] = ()
    urgency: Urgency = Urgency.NORMAL
    rhythm: Rhythm = Rhythm.WEEKLY
    source: Annotated[str, AtMost(MOST_TITLE)] | None = None
    section: Annotated[str, AtMost(MOST_TITLE)] | None = None
    """章节 of the plan it stands in."""
    leaders: tuple[str, ...] = ()
    """责任领导 and 分管领导, in order: the first answers for it."""
    lead: UnitRef | None = None
    assist: tuple[UnitRef, ...] = ()
    person: str | None = None
    supervisor: str | None = None
    points: tuple[NewPoint, ...] = ()
    indicators: tuple[NewIndicator, ...] = ()
    instruction: LeadersWords | None = None
    instructed_by: str | None = None
    instruction_on: InstructionRef | None = None
    """Where the instruction stands, when it came on an incoming paper."""
    duplicate_reason: Reason | None = None
    inherited: Title | None = None
    """存量: where it was supervised before it came here, e.g. 2021年督办台账第17号."""
    part_of: PartOf | None = None
    """任务分解: the matter it is a part of."""
    period: PeriodLength | None = None
    """长期、定期: judged by periods; it has no limit of its own."""
    origin: Origin | None = None
    """人大建议、群众诉求 …"""


class AssignMatter(Frozen):
    """交办 or 改派."""

    do: Literal["assign"] = "assign"
    lead: UnitRef
    assist: tuple[UnitRef, ...] | None = None
    person: str | None = None
    reason: Reason | None = None


class SetLeaders(Frozen):
    """责任领导 and 分管领导, in order; they replace those before."""

    do: Literal["leaders"] = "leaders"
    leaders: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)]
    reason: Reason | None = None


class AcceptReceipt(Frozen):
    """签收. The office may enter it for a unit (`via`)."""

    do: Literal["accept"] = "accept"
    via: ReportChannel | None = None


class DeclineReceipt(Frozen):
    """退签."""

    do: Literal["decline"] = "decline"
    reason: Reason


class SubmitFeedback(Frozen):
    """反馈. The office may enter it for a unit (`for_unit`, `via`)."""

    do: Literal["report"] = "report"
    text: Confidential
    progress: Percent | None = None
    points: tuple[PointReport, ...] = ()
    indicators: tuple[IndicatorReport, ...] = ()
    problem: Confidential | None = None
    next_step: Confidential | None = None
    coordination: Confidential | None = None
    attachments: tuple[Attachment, ...] = ()
    for_unit: str | None = None
    via: ReportChannel | None = None
    letter: Line | None = None
    """来函文号, when it came by one."""
    occurred_at: datetime | None = None


class AskBack(Frozen):
    """退回反馈: the lead's last report is asked for again, until an hour."""

    do: Literal["ask_back"] = "ask_back"
    reason: ReturnReason
    text: Confidential
    until: datetime | None = None


class AddPoint(Frozen):
    """One more 要点, with a date of its own if it has one."""

    do: Literal["point_add"] = "point_add"
    point: NewPoint


class ChangePoint(Frozen):
    """Change a point's text or date; what is None stays."""

    do: Literal["point_change"] = "point_change"
    no: Whole
    text: Reason | None = None
    due: date | None = None


class DropPoint(Frozen):
    """Take a point off; its number is not given again."""

    do: Literal["point_drop"] = "point_drop"
    no: Whole
    reason: Reason | None = None


class AddBasis(Frozen):
    """多头交办: another decision stands behind the same matter."""

    do: Literal["basis_add"] = "basis_add"
    basis: Basis


class CarryOver(Frozen):
    """结转: the unfinished matter stands in the next year's list, under its number; `basis` is that year's plan."""

    do: Literal["carry_over"] = "carry_over"
    year: Annotated[Whole, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    basis: Basis


class ChangeRhythm(Frozen):
    """Change 反馈周期."""

    do: Literal["rhythm"] = "rhythm"
    rhythm: Rhythm


class ChangeUrgency(Frozen):
    """Change 紧急程度."""

    do: Literal["urgency"] = "urgency"
    urgency: Urgency


class StartSurge(Frozen):
    """转入一日一调度 until a day, for a campaign."""

    do: Literal["surge"] = "surge"
    campaign: Line
    until: date
    every_day: bool = False


class MoveSurge(Frozen):
    """Let the surge (一日一调度) last longer or shorter than it was ordered for."""

    do: Literal["surge_move"] = "surge_move"
    until: date
    reason: Reason | None = None


class EndSurge(Frozen):
    """Back to the usual rhythm before the surge's last day."""

    do: Literal["surge_end"] = "surge_end"
    reason: Reason | None = None


class RemindUnit(Frozen):
    """提醒 the lead: less than a 催办."""

    do: Literal["remind"] = "remind"
    text: Confidential | None = None


class IssueUrge(Frozen):
    """催办 by hand."""

    do: Literal["urge"] = "urge"
    reason: Reason | None = None


class RequestCoordination(Frozen):
    """请求协调 of a named unit."""

    do: Literal["coordinate"] = "coordinate"
    unit: UnitRef
    text: Confidential


class AnswerCoordination(Frozen):
    """Answer the open request addressed to the actor's unit (`no` when several are open)."""

    do: Literal["coordinate_answer"] = "coordinate_answer"
    text: Confidential
    no: Whole | None = None
    letter: Line | None = None
    """来函文号, when the answer came by one."""


class EscalateMatter(Frozen):
    """升级 one rung."""

    do: Literal["escalate"] = "escalate"
    reason: Reason


class RecordDecision(Frozen):
    """议定: what a meeting decided on the matter; `minutes` and `point` name the meeting's record, if there is one."""

    do: Literal["decision"] = "decision"
    meeting: Title
    text: Confidential
    due: date | None = None
    outcome: Outcome | None = None
    subject: Subject | None = None
    lead: UnitRef | None = None
    assist: tuple[UnitRef, ...] | None = None
    minutes: str | None = None
    point: Whole | None = None
    matter_point: Whole | None = None
    """The 要点 whose date moves; the matter's own limit stays."""


class RequestExtension(Frozen):
    """申请延期, of the matter or of one point."""

    do: Literal["extend"] = "extend"
    to: date
    reason: Reason
    point: Whole | None = None


class AnswerExtension(Frozen):
    """Grant (to the date asked, or another) or refuse the open request."""

    do: Literal["extension"] = "extension"
    grant: bool
    to: date | None = None
    reason: Reason | None = None


class ExtendLimit(Frozen):
    """延期 of the matter by who may grant it, of himself: nobody asked."""

    do: Literal["extend_limit"] = "extend_limit"
    to: date
    reason: Reason


class SuspendMatter(Frozen):
    """暂缓."""

    do: Literal["suspend"] = "suspend"
    reason: SuspensionReason
    note: Reason | None = None
    until: date


class ResumeMatter(Frozen):
    """恢复."""

    do: Literal["resume"] = "resume"


class RecordInstruction(Frozen):
    """领导批示, sealed by the client."""

    do: Literal["instruct"] = "instruct"
    leader: str
    text: LeadersWords
    paper: InstructionRef | None = None
    """Where it stands, when it came on an incoming paper."""


class RequestClosure(Frozen):
    """办结申请."""

    do: Literal["close"] = "close"
    text: Confidential
    evidence: tuple[Attachment, ...] = ()
    over_open_children: Reason | None = None
    """Why the whole ends although parts of it are open; here and below."""
    over_unfinished: Reason | None = None
    """Why it ends although something of it is unfinished; here and below."""


class ReviewClosure(Frozen):
    """The office's 审核."""

    do: Literal["review"] = "review"
    approve: bool
    text: Confidential | None = None
    over_open_children: Reason | None = None
    over_unfinished: Reason | None = None


class MarkClosure(Frozen):
    """The instructing leader's word on the closure."""

    do: Literal["mark"] = "mark"
    mark: LeaderMark
    text: LeadersWords | None = None
    over_open_children: Reason | None = None
    over_unfinished: Reason | None = None


class ReopenMatter(Frozen):
    """重开."""

    do: Literal["reopen"] = "reopen"
    reason: Reason
    due: date | None = None


class CancelMatter(Frozen):
    """撤销立项."""

    do: Literal["cancel"] = "cancel"
    reason: Reason
    over_open_children: Reason | None = None


class MergeMatter(Frozen):
    """合并: into its twin, which goes on; `into_due` is the twin's limit as the office saw it when it decided."""

    do: Literal["merge"] = "merge"
    into: MatterRef
    into_due: date
    reason: Reason


class SetPredecessor(Frozen):
    """前置事项: the matter waits for an earlier one."""

    do: Literal["predecessor_set"] = "predecessor_set"
    earlier: MatterRef


class DropPredecessor(Frozen):
    """The matter waits for it no more."""

    do: Literal["predecessor_drop"] = "predecessor_drop"
    earlier: MatterRef
    reason: Reason


class FollowMatter(Frozen):
    """关注, or no more: the actor himself."""

    do: Literal["follow"] = "follow"
    stop: bool = False


class RaiseObjection(Frozen):
    """提出异议."""

    do: Literal["object"] = "object"
    text: Confidential


class DecideObjection(Frozen):
    """复核 the open objection; upheld, the matter is handled again (`due` when its limit has passed)."""

    do: Literal["objection"] = "objection"
    outcome: ObjectionOutcome
    text: Confidential
    due: date | None = None


class InspectMatter(Frozen):
    """现场核查 or 验收, by the office or by somebody it names."""

    do: Literal["inspect"] = "inspect"
    text: Confidential
    finding: Finding | None = None
    inspector: Line | None = None
    """Who saw it, when it was not whoever records it: 第三方机构, a team."""
    attachments: tuple[Attachment, ...] = ()
    occurred_at: datetime | None = None


class ListMatter(Frozen):
    """挂牌督办 by a leader's decision; on a listed matter without 摘牌条件, sets it."""

    do: Literal["list"] = "list"
    reason: Reason | None = None
    exit_when: Reason | None = None


class DelistMatter(Frozen):
    """摘牌 by a leader's decision; `met`: 摘牌条件 is met."""

    do: Literal["delist"] = "delist"
    met: bool = False
    reason: Reason | None = None


class HoldInterview(Frozen):
    """约谈 of people of a unit that handles the matter."""

    do: Literal["interview"] = "interview"
    unit: str
    people: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)]
    text: Confidential
    attachments: tuple[Attachment, ...] = ()
    occurred_at: datetime | None = None


class IssueCard(Frozen):
    """红黄牌 as the policy says; `card` only to be sure which."""

    do: Literal["card"] = "card"
    card: Card | None = None


class WithdrawCard(Frozen):
    """Take a card back."""

    do: Literal["card_withdraw"] = "card_withdraw"
    no: Whole
    reason: Reason


class RateMatter(Frozen):
    """满意度 as somebody who raised the matter said it; recorded by the office."""

    do: Literal["rate"] = "rate"
    by: Annotated[Confidential, AtMost(MOST_LINE)]
    satisfaction: Satisfaction
    text: Confidential | None = None


class JudgePeriod(Frozen):
    """Judge an ended period otherwise; without a key the last one."""

    do: Literal["judge_period"] = "judge_period"
    key: str | None = None
    result: PeriodResult
    reason: Reason


class ReviewPoint(Frozen):
    """审核 of a 阶段目标 that is reported as reached."""

    do: Literal["review_point"] = "review_point"
    no: Whole
    approve: bool
    text: Confidential | None = None


class DeclareRecusal(Frozen):
    """回避: the decider will not review or decide on this matter."""

    do: Literal["recuse"] = "recuse"
    reason: Reason


class ReassignDuty(Frozen):
    """A duty goes to a successor: its holder was moved, or his post has another holder."""

    do: Literal["reassign_duty"] = "reassign_duty"
    duty: Duty
    from_person: str
    to_person: str
    reason: Reason


class CorrectEvent(Frozen):
    """更正 of an earlier event of this matter."""

    do: Literal["correct"] = "correct"
    version: Whole
    text: Confidential
    fields: Annotated[
        dict[str, str], AtMost(MOST_TITLE), SecretValues(frozenset({"source", "basis_text", "basis_no"}))
    ] = {}
    """Field → what it should have said. A title stands in every list, so that it is never secret."""


class ExpireDeadline(Frozen):
    """The clock: the earliest deadline that has passed. Only the system may ask."""

    do: Literal["expire"] = "expire"


class Reproject(Frozen):
    """The rulebook moved: compute the open deadlines again. Only the system may ask."""

    do: Literal["reproject"] = "reproject"


MatterCommand = Annotated[
    OpenMatter
    | AssignMatter
    | SetLeaders
    | AcceptReceipt
    | DeclineReceipt
    | SubmitFeedback
    | AskBack
    | AddPoint
    | ChangePoint
    | DropPoint
    | AddBasis
    | CarryOver
    | ChangeRhythm
    | ChangeUrgency
    | RemindUnit
    | StartSurge
    | MoveSurge
    | EndSurge
    | IssueUrge
    | RequestCoordination
    | AnswerCoordination
    | EscalateMatter
    | RecordDecision
    | RequestExtension
    | AnswerExtension
    | ExtendLimit
    | SuspendMatter
    | ResumeMatter
    | RecordInstruction
    | RequestClosure
    | ReviewClosure
    | MarkClosure
    | ReopenMatter
    | CancelMatter
    | MergeMatter
    | SetPredecessor
    | DropPredecessor
    | FollowMatter
    | RaiseObjection
    | DecideObjection
    | InspectMatter
    | RateMatter
    | ListMatter
    | DelistMatter
    | HoldInterview
    | IssueCard
    | WithdrawCard
    | JudgePeriod
    | ReviewPoint
    | DeclareRecusal
    | ReassignDuty
    | CorrectEvent
    | ExpireDeadline
    | Reproject,
    Field(discriminator="do"),
]


class Order(OrderBase):
    """A command to a matter on its way. A leader's words travel as ciphertext or not at all."""

    command: Annotated[MatterCommand, AfterValidator(cleaned)]

    @field_validator("command")
    @classmethod
    def _sealed(cls, command: MatterCommand) -> MatterCommand:
        if any(left_open(command)):
            raise ValueError("领导批示属工作秘密，须由客户端加密后提交")
        return command
