"""The terms of an on-site inspection."""

from domain.base import Term


class OnSiteStage(Term):
    """How far an inspection is."""

    PLANNED = "planned", "已批准"
    HELD = "held", "已开展"
    CANCELLED = "cancelled", "已取消"


class ProblemStage(Term):
    """How far one entry of the 问题清单 is."""

    RECTIFYING = "rectifying", "整改中"
    REPORTED = "reported", "待核查"
    CLOSED = "closed", "已销号"
