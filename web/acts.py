"""What may be done with a matter, as pages name it: a label for each command, and what its form asks, in order.

The fields are the command model's own; the rules say who may do it and what must be filled in. A test holds that every
command people may give stands here, and every field of it in its form or among those that are left out.
"""

from dataclasses import dataclass

from domain import commands as c
from domain.base import Frozen
from domain.field_names import field_name
from domain.rules.authority import DECISIONS


@dataclass(frozen=True)
class Act:
    """One command on a page."""

    kind: type[Frozen]
    label: str
    fields: tuple[str, ...] = ()
    """Names in the model; `point.text` is a field of a value within it."""
    help: str | None = None

    @property
    def do(self) -> str:
        """How orders name it."""
        return str(self.kind.model_fields["do"].default)

    @property
    def decides(self) -> bool:
        """Whether it is a decision, which the office may also type for a leader (代录)."""
        return self.kind in DECISIONS


_OVER = ("over_unfinished", "over_open_children")

ACTS: tuple[Act, ...] = (
    # What a unit does.
    Act(c.AcceptReceipt, "签收", ("via",)),
    Act(c.DeclineReceipt, "退签", ("reason",)),
    Act(c.SubmitFeedback, "反馈"),
    Act(c.RequestCoordination, "请求协调", ("unit", "text")),
    Act(c.AnswerCoordination, "答复协调请求", ("no", "text", "letter")),
    Act(c.RequestExtension, "申请延期", ("point", "to", "reason"), "须在办结时限以前提出。"),
    Act(c.RequestClosure, "申请办结", ("text", "evidence", *_OVER)),
    Act(c.RaiseObjection, "提出异议", ("text",)),
    Act(c.FollowMatter, "关注或不再关注"),
    # What is decided.
    Act(c.ReviewClosure, "审核办结申请", ("approve", "text", *_OVER)),
    Act(c.MarkClosure, "审阅办结（圈阅）", ("mark", "text", *_OVER)),
    Act(c.ReviewPoint, "审核阶段目标", ("no", "approve", "text")),
    Act(c.AnswerExtension, "批复延期申请", ("grant", "to", "reason"), "同意而不另写日期，即延至申请的日期。"),
    Act(c.DecideObjection, "复核异议", ("outcome", "text", "due")),
    Act(c.RecordInstruction, "批示", ("text",), "批示加密保存。"),
    Act(c.AskBack, "退回反馈", ("reason", "text", "until")),
    Act(c.ExtendLimit, "延期（主动）", ("to", "reason")),
    Act(c.SuspendMatter, "暂缓", ("reason", "note", "until")),
    Act(c.ResumeMatter, "恢复办理"),
    Act(c.RecordDecision, "记录议定", ("meeting", "text", "outcome", "subject", "due", "lead", "assist")),
    # What the office orders.
    Act(c.AssignMatter, "交办、改派", ("lead", "assist", "person", "reason")),
    Act(c.SetLeaders, "明确责任领导", ("leaders", "reason"), "按顺序写，第一位负总责。"),
    Act(c.RemindUnit, "提醒", ("text",)),
    Act(c.IssueUrge, "催办", ("reason",)),
    Act(c.EscalateMatter, "升级", ("reason",)),
    Act(c.InspectMatter, "现场核查", ("finding", "text", "attachments", "inspector")),
    Act(c.ListMatter, "挂牌督办", ("reason", "exit_when")),
    Act(c.DelistMatter, "摘牌", ("met", "reason")),
    Act(c.HoldInterview, "约谈", ("unit", "people", "text", "attachments")),
    Act(c.IssueCard, "发牌", ("card",)),
    Act(c.WithdrawCard, "收回发牌", ("no", "reason")),
    Act(c.AddPoint, "增加要点", ("point.text", "point.due", "point.stage")),
    Act(c.ChangePoint, "调整要点", ("no", "text", "due")),
    Act(c.DropPoint, "取消要点", ("no", "reason")),
    Act(c.AddBasis, "增加依据", ("basis.kind", "basis.text", "basis.no", "basis.approver")),
    Act(c.CarryOver, "结转下年", ("year", "basis.kind", "basis.text", "basis.no", "basis.approver")),
    Act(c.ChangeRhythm, "调整反馈周期", ("rhythm",)),
    Act(c.ChangeUrgency, "调整紧急程度", ("urgency",)),
    Act(c.StartSurge, "转入一日一调度", ("campaign", "until", "every_day")),
    Act(c.MoveSurge, "调整一日一调度的期限", ("until", "reason")),
    Act(c.EndSurge, "结束一日一调度", ("reason",)),
    Act(c.SetPredecessor, "设前置事项", ("earlier",)),
    Act(c.DropPredecessor, "取消前置事项", ("earlier", "reason")),
    Act(c.RateMatter, "记录满意度", ("by", "satisfaction", "text")),
    Act(c.JudgePeriod, "评定周期", ("result", "reason")),
    Act(c.DeclareRecusal, "声明回避", ("reason",)),
    Act(c.ReassignDuty, "职责交接", ("duty", "from_person", "to_person", "reason")),
    Act(c.CorrectEvent, "更正记录", ("version", "text")),
    Act(c.ReopenMatter, "重开", ("reason", "due")),
    Act(c.CancelMatter, "撤销立项", ("reason", "over_open_children")),
    Act(c.MergeMatter, "并入另一事项", ("into", "reason")),
)
OPENING = Act(
    c.OpenMatter,
    "立项",
    (
        "title",
        "basis.kind",
        "basis.text",
        "basis.no",
        "basis.approver",
        "lead",
        "assist",
        "due",
        "points",
        "person",
        "leaders",
        "klass",
        "urgency",
        "rhythm",
        "supervisor",
        "source",
        "section",
        "duplicate_reason",
    ),
    "时限不填则按督办规则计算；写明牵头单位的同时交办。",
)
OF_UNITS = frozenset(act.do for act in ACTS[:9])
"""What somebody of a unit may look for; the rest is never his."""
DECIDED = frozenset({"review", "review_point", "extension", "objection"})
"""What the office decides in 审核."""
PROVEN_ANEW: frozenset[type[Frozen]] = frozenset({c.RecordInstruction, c.MarkClosure, c.ReviewClosure, c.CancelMatter})
"""批示, 圈阅, 办结审核, 撤销: done by who has shown his second factor within the last quarter of an hour."""
LEFT_OUT: dict[type[Frozen], frozenset[str]] = {
    c.AnswerCoordination: frozenset(),
    c.InspectMatter: frozenset({"occurred_at"}),
    c.HoldInterview: frozenset({"occurred_at"}),
    c.RecordDecision: frozenset({"minutes", "point", "matter_point"}),
    c.RecordInstruction: frozenset({"leader", "paper"}),
    c.FollowMatter: frozenset({"stop"}),
    c.JudgePeriod: frozenset({"key"}),
    c.CorrectEvent: frozenset({"fields"}),
    c.MergeMatter: frozenset({"into_due"}),
    c.OpenMatter: frozenset(
        {
            "flags",
            "indicators",
            "inherited",
            "instructed_by",
            "instruction",
            "instruction_on",
            "kind",
            "origin",
            "part_of",
            "period",
        }
    ),
}
"""Fields no form asks: what a meeting knows the meeting says, the rest follows."""
LABELS: dict[str, str] = {
    "title": "事项名称",
    "points": "督办要点（一行一个，可写“完成支护；6月30日”，阶段目标再加“；阶段”）",
    "section": "列在计划的哪一章节",
    "open.due": "办结时限",
    "open.leaders": "责任领导、分管领导（多位用顿号隔开，第一位负总责）",
    "ask_back.text": "要补充或改正什么",
    "close.text": "办结情况",
    "coordinate.text": "请求协调什么",
    "coordinate_answer.text": "答复",
    "correct.text": "更正为",
    "decide.due": "时限（限期、新立项、同意延期到另一天；如 12月23日、下周五）",
    "decide.lead": "牵头单位（改派、新立项）",
    "decide.subject": "同意或不同意的是什么",
    "decide.text": "议定内容",
    "decision.text": "议定内容",
    "decline.reason": "退签理由",
    "inspect.text": "核查情况",
    "instruct.text": "批示内容",
    "interview.text": "约谈内容",
    "mark.text": "批语",
    "object.text": "异议和理由",
    "objection.text": "复核意见",
    "remind.text": "提醒什么",
    "review.text": "意见（退回须写理由）",
    "review_point.text": "意见（退回须写理由）",
    "chair": "主持人（安排时已写明的可不填）",
    "matter_point": "只改事项的第几个要点（限期用）",
    "over": "有议定事项会后已不能落实，仍照签的理由",
    "starts": "改到什么时间",
    "urgent": "紧急即办：不等纪要，立即生效",
    "attachments": "附件（照片、记录）",
    "assist": "配合单位（多个用顿号隔开）",
    "by": "哪位提出人",
    "card": "哪一种牌",
    "duty": "哪一项职责",
    "earlier": "前置事项的编号",
    "from_person": "原来由谁",
    "inspector": "核查人（不是本人时）",
    "into": "并入哪一件（编号）",
    "leaders": "责任领导（多位用顿号隔开）",
    "no": "哪一项",
    "new_title": "新立项的事项名称（不写则同内容）",
    "outcome": "议定结果",
    "people": "被约谈人（多位用顿号隔开）",
    "point": "哪一个要点（不选则为整件）",
    "point.stage": "是阶段目标（单独审核）",
    "subject": "议的是什么",
    "to_person": "现在由谁",
    "via": "怎样收到的",
    "year": "结转到哪一年",
}
"""What a form asks for otherwise than by the field's name (`domain/field_names.py`); in one act only: `close.text`."""
RARE = frozenset(
    {"over_unfinished", "over_open_children", "supervisor", "source", "section", "duplicate_reason", "rhythm"}
)
"""Fields that stand folded under the form."""


def label_of(act: Act, name: str) -> str:
    """What the form of an act calls a field."""
    asked = LABELS.get(f"{act.do}.{name}") or LABELS.get(name)
    return asked or field_name(act.kind.__name__, name.split("."))
