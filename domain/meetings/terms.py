"""The terms of meetings, each with the label the office uses."""

from domain.base import Term


class MeetingStage(Term):
    """Where a meeting stands."""

    SCHEDULED = "scheduled", "已安排"
    FROZEN = "frozen", "议题已定"
    IN_SESSION = "in_session", "已召开"
    SIGNED = "signed", "纪要已签发"
    CLOSED = "closed", "已办结"
    CANCELLED = "cancelled", "已取消"
    RECORDED = "recorded", "台账登记"


class Outcome(Term):
    """What a meeting says of an item (议定结果)."""

    AGREED = "agreed", "同意"
    AGREED_IN_PRINCIPLE = "agreed_in_principle", "原则同意"
    DISAGREED = "disagreed", "不同意"
    DEFERRED = "deferred", "缓议"
    REASSIGNED = "reassigned", "改派"
    LISTED = "listed", "挂牌督办"
    DELISTED = "delisted", "摘牌"
    LIMITED = "limited", "限期"
    CONTINUED = "continued", "继续推进"
    NEW_MATTER = "new_matter", "新立项"
    HEARD = "heard", "听取汇报"


class Subject(Term):
    """What was asked of the meeting, when it agrees or disagrees."""

    EXTENSION = "extension", "延期"
    CLOSURE = "closure", "办结"
    CANCELLATION = "cancellation", "撤销"


class AgendaReason(Term):
    """Why an item is on the agenda, in the order items are taken."""

    UNFINISHED = "unfinished", "上次议定未落实"
    ESCALATED = "escalated", "升级上会"
    COORDINATION = "coordination", "需协调事项"
    RED = "red", "红灯事项"
    EXTENSION = "extension", "延期申请须会议批复"
    MONTHLY_PUSH = "monthly_push", "重大事项一月一推动"
    ADDED = "added", "秘书增列"


class OfficePart(Term):
    """Whether the office convened a meeting or was asked to it."""

    ORGANISED = "organised", "组织"
    ATTENDED = "attended", "参加"


class Delivery(Term):
    """How far an outcome has come on its way to the matter."""

    WAITING = "waiting", "待纪要签发"
    PENDING = "pending", "正在落实"
    DELIVERED = "delivered", "已落实到事项"
    REFUSED = "refused", "事项未接受"
    WAIVED = "waived", "不再落实"
    NOTHING_TO_DO = "nothing_to_do", "无须落实到事项"


MEETING_ENDED = frozenset({MeetingStage.CLOSED, MeetingStage.CANCELLED, MeetingStage.RECORDED})
NEEDS_MATTER = frozenset({Outcome.REASSIGNED, Outcome.LISTED, Outcome.DELISTED, Outcome.LIMITED})
"""Outcomes that say something about a matter that exists."""
AGREEING = frozenset({Outcome.AGREED, Outcome.AGREED_IN_PRINCIPLE})
