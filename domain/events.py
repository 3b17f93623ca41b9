"""Everything that can have happened to a matter, in the past tense, with the office's word for it.

Units and people are ids. Fields that hold a leader's own words hold ciphertext.
"""

from datetime import date, datetime
from typing import ClassVar

from domain.base import Frozen
from domain.calendar import local_date
from domain.envelope import NumberSeries
from domain.event import Event
from domain.facts import (
    Attachment,
    Basis,
    IndicatorReport,
    InstructionRef,
    MatterRef,
    NewIndicator,
    NewPoint,
    Origin,
    PartOf,
    Percent,
    PointReport,
    SealedWords,
    Window,
    Words,
)
from domain.meetings.terms import Outcome as MeetingOutcome
from domain.meetings.terms import Subject
from domain.periods import PeriodLength, PeriodResult
from domain.policy import DueRule
from domain.terms import (
    Card,
    Duty,
    Finding,
    KeyFlag,
    LeaderMark,
    MatterClass,
    MatterKind,
    ObjectionOutcome,
    OrderColour,
    ReportChannel,
    ReturnReason,
    Rhythm,
    Rung,
    Satisfaction,
    Stage,
    SuspensionReason,
    Urgency,
)

# --- 立项、交办、签收


class MatterOpened(Event):
    """立项. The number is allocated by the transaction that records this event."""

    label: ClassVar[str] = "立项"
    number: str = ""
    title: Words
    basis: Basis
    due: date
    kind: MatterKind
    klass: MatterClass
    flags: tuple[KeyFlag, ...] = ()
    urgency: Urgency
    rhythm: Rhythm
    source: str | None = None
    section: str | None = None
    """章节 of the plan it stands in."""
    leaders: tuple[str, ...] = ()
    """责任领导 and 分管领导, in order: the first answers for it."""
    assist: tuple[str, ...] = ()
    person: str | None = None
    supervisor: str
    points: tuple[NewPoint, ...] = ()
    indicators: tuple[NewIndicator, ...] = ()
    duplicate_reason: Words | None = None
    """Why it is not the open matter of the same title and lead."""
    due_rule: DueRule | None = None
    inherited: Words | None = None
    """存量: where it was supervised before."""
    part_of: PartOf | None = None
    """任务分解: the matter it is a part of."""
    period: PeriodLength | None = None
    """长期、定期: judged by periods; `due` is the end of the first one, whose key is `period_key`."""
    period_key: str | None = None
    origin: Origin | None = None

    def series(self, at: datetime) -> NumberSeries:
        """XMH-2022-007: gapless per headquarters and year."""
        year = local_date(at).year
        return NumberSeries(series=f"matter/{year}", field="number", template=f"{{headquarters}}-{year}-{{n:03d}}")


class MatterAssigned(Event):
    """交办, and 改派 when there was a lead before. `receipt_due` is the working-hours limit for 签收."""

    label: ClassVar[str] = "交办"
    lead: str
    assist: tuple[str, ...] = ()
    person: str | None = None
    named_by_leader: bool = False
    by_letter: bool = False
    """商请: the lead is no 督办对象 and is asked by 函. False in events of before this was kept."""
    receipt_due: datetime
    receipt_hours: int | None = None
    """The working hours it was counted by: a later policy does not shorten them unless it says so."""
    reason: Words | None = None
    rung: Rung | None = None
    """改派: where pressure begins for the new lead. None where it stays, and in events of before this was said."""


class LeadersSet(Event):
    """责任领导 and 分管领导 from now on, in order."""

    label: ClassVar[str] = "明确责任领导"
    leaders: tuple[str, ...]
    reason: Words | None = None


class ReceiptSigned(Event):
    """签收; `deemed` when silence past the limit counts as it (视同签收)."""

    label: ClassVar[str] = "签收"
    unit: str
    deemed: bool = False
    via: ReportChannel | None = None
    """How it reached the office, when the office typed it for the unit."""


class ReceiptDeclined(Event):
    """退签."""

    label: ClassVar[str] = "退签"
    unit: str
    reason: Words
    disputed: bool = False


# --- 要点、反馈


class PointAdded(Event):
    """One more 要点, under the next number of its matter."""

    label: ClassVar[str] = "增加要点"
    no: int
    point: NewPoint


class PointChanged(Event):
    """A point's text or date was changed."""

    label: ClassVar[str] = "调整要点"
    no: int
    point: NewPoint


class PointDropped(Event):
    """An 要点 no longer counts; its number stays taken."""

    label: ClassVar[str] = "取消要点"
    no: int
    reason: Words | None = None


class BasisAdded(Event):
    """多头交办: a second decision on a matter already supervised. It stays one matter, with both."""

    label: ClassVar[str] = "增加依据"
    basis: Basis


class MatterCarriedOver(Event):
    """结转 into the list of another year: the number and the limit stay."""

    label: ClassVar[str] = "结转"
    year: int
    basis: Basis


class RhythmChanged(Event):
    """反馈周期 changed."""

    label: ClassVar[str] = "调整反馈周期"
    rhythm: Rhythm


class UrgencyChanged(Event):
    """紧急程度 changed."""

    label: ClassVar[str] = "调整紧急程度"
    urgency: Urgency
    receipt_hours: int
    """The working hours for 签收 from now on, should it be awaited."""


class SurgeStarted(Event):
    """一日一调度 began: a daily pace until a day, 周末 and holidays too if `every_day`."""

    label: ClassVar[str] = "转入一日一调度"
    campaign: Words
    until: date
    every_day: bool = False


class SurgeMoved(Event):
    """The end of the surge moved, e.g. with the ceremony it leads to."""

    label: ClassVar[str] = "一日一调度改期"
    campaign: Words
    until: date
    reason: Words | None = None


class SurgeEnded(Event):
    """The surge ended: by itself at its end, or by the office before; the former rhythm holds again."""

    label: ClassVar[str] = "结束一日一调度"
    campaign: Words
    automatic: bool = False
    reason: Words | None = None


class FeedbackWindowOpened(Event):
    """A 反馈 window opened."""

    label: ClassVar[str] = "开启反馈期"
    window: Window


class FeedbackSubmitted(Event):
    """反馈, point by point. `window` is the one it answers, `late_for` the missed one it makes up for."""

    label: ClassVar[str] = "反馈"
    unit: str
    text: Words
    progress: Percent | None = None
    points: tuple[PointReport, ...] = ()
    indicators: tuple[IndicatorReport, ...] = ()
    problem: Words | None = None
    next_step: Words | None = None
    coordination: Words | None = None
    attachments: tuple[Attachment, ...] = ()
    via: ReportChannel | None = None
    letter: str | None = None
    """来函文号, when it came by one."""
    window: str | None = None
    late_for: str | None = None


class ReportReturned(Event):
    """退回反馈: the report does not say what was asked; `window` is open again until then, the mark stays."""

    label: ClassVar[str] = "退回反馈"
    unit: str
    report: int
    """Version of the report."""
    window: str | None = None
    reason: ReturnReason
    text: Words
    until: datetime


class FeedbackMissed(Event):
    """漏报: the window closed without an answer. It happened when the window closed."""

    label: ClassVar[str] = "漏报"
    window: Window


class MissWithdrawn(Event):
    """A 漏报 was withdrawn: the report had come in time and the office confirmed it with evidence."""

    label: ClassVar[str] = "撤销漏报"
    window: str
    evidence: tuple[Attachment, ...]
    reason: Words


class SatisfactionGiven(Event):
    """Who raised the matter says how satisfied he is with the answer."""

    label: ClassVar[str] = "满意度评价"
    by: Words
    satisfaction: Satisfaction
    text: Words | None = None


class PeriodEnded(Event):
    """A period of a 长期 or 定期 matter ended: what was reported in it, and until when the next one runs."""

    label: ClassVar[str] = "周期评判"
    key: str
    result: PeriodResult
    next_key: str
    due: date


class PeriodJudged(Event):
    """The office judged an ended period otherwise."""

    label: ClassVar[str] = "改判周期"
    key: str
    result: PeriodResult
    reason: Words


class StageReviewed(Event):
    """审核 of one 阶段目标."""

    label: ClassVar[str] = "审核阶段目标"
    no: int
    approved: bool
    text: Words | None = None


# --- 催办、协调、升级、议定


class UnitReminded(Event):
    """提醒: a friendly word to the lead, without a number and counted nowhere."""

    label: ClassVar[str] = "提醒"
    text: Words


class UrgeIssued(Event):
    """催办. The note number is allocated by the recording transaction."""

    label: ClassVar[str] = "催办"
    no: str = ""
    reason: Words
    automatic: bool = False
    colour: OrderColour | None = None
    trigger: str | None = None

    def series(self, at: datetime) -> NumberSeries:
        """催办单 number: gapless per year."""
        year = local_date(at).year
        return NumberSeries(series=f"urge/{year}", field="no", template=f"催〔{year}〕{{n}}号")


class CoordinationRequested(Event):
    """请求协调 of a named unit, to be answered by `answer_due`."""

    label: ClassVar[str] = "请求协调"
    no: int
    unit: str
    text: Words
    answer_due: datetime
    workdays: int | None = None
    """The working days it was counted by."""


class CoordinationAnswered(Event):
    """The named unit answered."""

    label: ClassVar[str] = "答复协调"
    no: int
    unit: str
    text: Words
    letter: str | None = None
    """来函文号, when the answer came by one."""


class MatterEscalated(Event):
    """升级 one rung. `trigger` is claimed once."""

    label: ClassVar[str] = "升级"
    from_rung: Rung
    to_rung: Rung
    reason: Words
    trigger: str


class DecisionRecorded(Event):
    """议定: a meeting decided on the matter; a new limit if it set one."""

    label: ClassVar[str] = "会议议定"
    meeting: Words
    text: Words
    due: date | None = None
    outcome: MeetingOutcome | None = None
    subject: Subject | None = None
    minutes: str | None = None
    """Number of the meeting in the office's records (HY-2022-031), and of the point: the way back to it."""
    point: int | None = None
    matter_point: int | None = None
    """The 要点 it moves, and not the whole matter."""


class MatterListed(Event):
    """挂牌督办, by a meeting or a leader's decision (`meeting` then says 领导决定)."""

    label: ClassVar[str] = "挂牌督办"
    meeting: Words
    reason: Words | None = None
    exit_when: Words | None = None
    """摘牌条件."""


class ListingTermsSet(Event):
    """What has to be so before the listed matter comes off."""

    label: ClassVar[str] = "明确摘牌条件"
    exit_when: Words


class MatterDelisted(Event):
    """摘牌."""

    label: ClassVar[str] = "摘牌"
    meeting: Words
    reason: Words | None = None
    met: bool | None = None
    """Whether 摘牌条件 was met."""


class InterviewHeld(Event):
    """约谈 of people of a unit that handles the matter (条例 art. 12)."""

    label: ClassVar[str] = "约谈"
    unit: str
    people: tuple[str, ...]
    interviewer: str
    text: Words
    attachments: tuple[Attachment, ...] = ()


class CardIssued(Event):
    """黄牌 or 红牌 to the lead, approved by a leader, for what the policy names."""

    label: ClassVar[str] = "红黄牌"
    no: int
    card: Card
    unit: str
    reason: Words
    claim: str


class CardWithdrawn(Event):
    """A card is taken back, by a leader."""

    label: ClassVar[str] = "撤回红黄牌"
    no: int
    reason: Words


class InstructionRecorded(Event):
    """领导批示. The words are ciphertext (批示属工作秘密)."""

    label: ClassVar[str] = "领导批示"
    leader: str
    text: SealedWords
    paper: InstructionRef | None = None
    """Where it stands, when it came on an incoming paper (交办); the append checks that it does."""


# --- 时限、暂缓


class NearDueWarned(Event):
    """临期提醒."""

    label: ClassVar[str] = "临期提醒"
    due: date


class DueLapsed(Event):
    """逾期: the limit passed. It happened at the limit."""

    label: ClassVar[str] = "逾期"
    due: date


class DeadlineMoved(Event):
    """The calendar or the policy moved an open deadline; why, from when to when."""

    label: ClassVar[str] = "时限重算"
    what: str
    before: datetime | date
    after: datetime | date
    reason: Words


class ExtensionRequested(Event):
    """申请延期."""

    label: ClassVar[str] = "申请延期"
    to: date
    reason: Words
    progress: Percent
    point: int | None = None


class ExtensionGranted(Event):
    """同意延期, to the exact date granted."""

    label: ClassVar[str] = "同意延期"
    to: date
    reason: Words | None = None
    point: int | None = None


class ExtensionRefused(Event):
    """不同意延期."""

    label: ClassVar[str] = "不同意延期"
    reason: Words
    point: int | None = None


class MatterSuspended(Event):
    """暂缓 until a date, for a listed reason."""

    label: ClassVar[str] = "暂缓"
    reason: SuspensionReason
    note: Words | None = None
    until: date


class PointDue(Frozen):
    """A point's date after a suspension."""

    no: int
    due: date


class MatterResumed(Event):
    """恢复: the days suspended are given back to the limit and to the points still open."""

    label: ClassVar[str] = "恢复"
    automatic: bool = False
    workdays: int
    due: date
    points: tuple[PointDue, ...] = ()


# --- 办结、销号、重开、撤销、异议、更正


class ClosureRequested(Event):
    """办结申请."""

    label: ClassVar[str] = "办结申请"
    unit: str
    text: Words
    evidence: tuple[Attachment, ...] = ()
    over_open_children: Words | None = None
    """Why the whole ends although parts of it are open; here and below."""
    unfinished: tuple[str, ...] = ()
    """What is not finished, in the office's words; here and below."""
    over_unfinished: Words | None = None
    """Why it ends all the same; here and below."""


class ClosureEndorsed(Event):
    """审核通过, on its way to the instructing leader (报原批示领导)."""

    label: ClassVar[str] = "审核通过"
    text: Words | None = None
    over_open_children: Words | None = None
    unfinished: tuple[str, ...] = ()
    over_unfinished: Words | None = None


class ClosureMarked(Event):
    """圈阅 or 同意 of one who instructed; others who did so are still to say their word, `next_leader` first."""

    label: ClassVar[str] = "批示领导已审阅"
    mark: LeaderMark
    text: Words | None = None
    next_leader: str
    over_open_children: Words | None = None
    unfinished: tuple[str, ...] = ()
    over_unfinished: Words | None = None


class ClosureReturned(Event):
    """退回重办, by the office's review or the leader's 继续办理."""

    label: ClassVar[str] = "退回重办"
    text: Words
    by_leader: bool = False
    due: date | None = None
    """The limit, which being returned does not move; None in events of before this was said."""


class MatterClosed(Event):
    """销号. `overdue_workdays` is counted from the limit to the closure request."""

    label: ClassVar[str] = "销号"
    text: Words | None = None
    mark: LeaderMark | None = None
    overdue_workdays: int
    overdue_workdays_original: int
    over_open_children: Words | None = None
    unfinished: tuple[str, ...] = ()
    over_unfinished: Words | None = None
    by_decision: bool = False
    """长期、定期: it had no limit to be in time for."""


class MatterReopened(Event):
    """重开, with a new limit if the old one has passed."""

    label: ClassVar[str] = "重开"
    reason: Words
    due: date
    stage: Stage


class MatterCancelled(Event):
    """撤销立项."""

    label: ClassVar[str] = "撤销"
    reason: Words
    over_open_children: Words | None = None


class MatterMerged(Event):
    """并入: the same thing is supervised under another matter, which goes on; this one keeps its number and history."""

    label: ClassVar[str] = "并入"
    into: MatterRef
    due: date
    """The limit by which the same thing is to be done from now on."""
    reason: Words


class PredecessorSet(Event):
    """设定前置事项: this matter waits for another one."""

    label: ClassVar[str] = "设定前置"
    earlier: MatterRef


class PredecessorDropped(Event):
    """It waits for it no more."""

    label: ClassVar[str] = "取消前置"
    earlier: MatterRef
    reason: Words


class FollowBegun(Event):
    """关注: a person keeps an eye on the matter."""

    label: ClassVar[str] = "关注"
    person: str


class FollowEnded(Event):
    """取消关注."""

    label: ClassVar[str] = "取消关注"
    person: str


class ObjectionRaised(Event):
    """异议 (条例 art. 17): within 30 days of the conclusion."""

    label: ClassVar[str] = "提出异议"
    unit: str
    text: Words
    decide_by: date


class ObjectionDecided(Event):
    """复核决定, by somebody who did not write the finding."""

    label: ClassVar[str] = "异议复核"
    outcome: ObjectionOutcome
    text: Words


class MatterInspected(Event):
    """现场核查: what was seen on the spot, and whether what `unit` reported is so."""

    label: ClassVar[str] = "现场核查"
    unit: str
    text: Words
    finding: Finding | None = None
    inspector: Words | None = None
    attachments: tuple[Attachment, ...] = ()


class RecusalDeclared(Event):
    """回避: this person neither reviews nor decides on the matter any more."""

    label: ClassVar[str] = "回避"
    person: str
    reason: Words


class DutyReassigned(Event):
    """A duty went to a successor."""

    label: ClassVar[str] = "职责交接"
    duty: Duty
    from_person: str
    to_person: str
    reason: Words


class EventCorrected(Event):
    """更正: names the event it corrects; the corrected one stays as it was."""

    label: ClassVar[str] = "更正"
    version: int
    text: Words
    fields: dict[str, str] = {}
    before: dict[str, str] = {}
    """What stood there until then, of the fields that are still so since the event corrected."""
    overtaken: tuple[str, ...] = ()
    """Fields that a later event has set since: the record is corrected, what is so now is not."""
