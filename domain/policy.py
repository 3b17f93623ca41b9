"""Policy as data: every limit the office may set, with the default and where it comes from."""

from datetime import time, timedelta

from domain.base import Frozen
from domain.terms import Urgency


class Policy(Frozen):
    """The office's limits. Working hours and days are those of the `WorkCalendar`; 7 working hours make a day."""

    version: str = "default-2022"

    receipt_hours: int = 14
    """签收 or 退签 within this many working hours of 交办 (two working days); silence past it is 视同签收."""
    receipt_hours_extra_urgent: int = 4
    """The same for 特急."""
    declines_before_dispute: int = 2
    """The n-th 退签 is 牵头争议 and goes up one rung."""

    window_closes: time = time(17, 0)
    """反馈 windows close at this office time on their last working day."""

    late_report_workdays: int = 2
    """A report this soon after a missed window makes up for it; a later one answers the window then open."""

    near_due_workdays: int = 3
    """临期: a blue light and one warning this many working days before 办结时限 (市纪委 practice: 3 days)."""

    urge_cooldown_hours: int = 14
    """Automatic 催办 of the same matter at most once in this many working hours."""
    missed_before_escalation: int = 2
    """漏报 in a row before the matter goes up one rung."""
    coordination_workdays: int = 5
    """An unanswered 请求协调 goes up one rung after this many working days."""

    command_minutes: int = 15
    """How long a command stays valid when its sender does not say."""

    def receipt_limit(self, urgency: Urgency) -> timedelta:
        """Working time for 签收."""
        hours = self.receipt_hours_extra_urgent if urgency is Urgency.EXTRA else self.receipt_hours
        return timedelta(hours=hours)

    @property
    def urge_cooldown(self) -> timedelta:
        """Working time between two automatic 催办."""
        return timedelta(hours=self.urge_cooldown_hours)
