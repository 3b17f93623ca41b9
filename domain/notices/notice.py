"""A notice: one event told to one person."""

from datetime import datetime
from urllib.parse import quote

from domain.base import Frozen
from domain.terms import Urgency


class Notice(Frozen):
    """One event told to one person, in plain words. Never holds a secret, sealed or not."""

    position: int
    """Of the event in the log."""
    person: str
    stream: str
    subject: str
    """Which matter: 编号 and name."""
    text: str
    """What happened, and what it asks of the person."""
    urgency: Urgency
    recorded_at: datetime
    due_at: datetime
    """It goes out from this instant on, not before."""

    def id_on(self, channel: str) -> str:
        """The idempotency id: the same however often the event is looked at and the notice sent. Plain ASCII."""
        return f"{self.position}-{quote(self.person, safe='')}-{channel}"
