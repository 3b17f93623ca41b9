"""A notice: one event told to one person."""

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

from domain.base import Frozen
from domain.calendar import WorkCalendar
from domain.envelope import Recorded
from domain.facts import SEALS, is_sealed
from domain.notices.timing import notice_due_at
from domain.terms import Urgency

SEALED_WORDS = "（工作秘密，通知不载原文，请登录后用 xmh task show 查阅）"
LONGEST = 200
"""Characters of one notice's text: it says that something happened, the matter says the rest."""
_CIPHER = re.compile(rf"(?:{'|'.join(map(re.escape, SEALS))})\S*")


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


def notices_to(
    recorded: Recorded, people: Iterable[str], subject: str, text: str, urgency: Urgency, calendar: WorkCalendar
) -> tuple[Notice, ...]:
    """The notices of one event, one to each of these people."""
    due = notice_due_at(urgency, recorded.recorded_at, calendar)
    return tuple(
        Notice(
            position=recorded.position,
            person=person,
            stream=recorded.stream,
            subject=" ".join(subject.split()),
            text=text,
            urgency=urgency,
            recorded_at=recorded.recorded_at,
            due_at=due,
        )
        for person in people
    )


def notice_text(text: str, ask: str) -> str:
    """The text of a notice: what happened and what it asks, cut to length; no secret, even where one stands open."""
    text = _CIPHER.sub(SEALED_WORDS, text)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}……"
    return f"{text}。{ask}" if ask else text


def shown_in_notice(words: str) -> str:
    """A text as a notice may show it: nothing of a sealed one, not even the cipher."""
    return SEALED_WORDS if is_sealed(words) else words
