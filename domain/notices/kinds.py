"""Which kind of stream is told by which table."""

from collections.abc import Callable
from typing import Any

from domain.envelope import Recorded
from domain.notices import accounts, assessments, incoming, issues, meetings, onsite, suggestions, telling
from domain.notices.notice import Notice
from domain.notices.people import RecipientDirectory

Teller = Callable[[Recorded, Any, Any, RecipientDirectory], tuple[Notice, ...]]
"""An event, its stream's state before and after it, and the house → its notices."""

TELLERS: dict[str, Teller] = {
    "matter": telling.matter_notices,
    "meeting": meetings.meeting_notices,
    "bulletin": issues.issue_notices,
    "paper": issues.issue_notices,
    "onsite": onsite.onsite_notices,
    "assessment": assessments.assessment_notices,
    "incoming": incoming.incoming_notices,
    "suggestion": suggestions.suggestion_notices,
    "account": accounts.account_notices,
}
"""Kind of stream → its table. The office's other streams (calendar, policy, directory, plan) tell nobody."""

RETELLERS: dict[str, Callable[..., str]] = {
    "matter": telling.matter_notice_now,
    "meeting": meetings.meeting_notice_now,
    "onsite": onsite.onsite_notice_now,
}
"""Kind of stream → how a notice that waited is told by the state as it is now. What was issued stays as it was told."""
