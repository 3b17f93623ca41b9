"""已读: that somebody opened what he was sent, a notice or what was issued, through the product and by himself.

Nobody is counted by how often he signs in; what is recorded is that he had this before him, once.
"""

from datetime import datetime
from typing import ClassVar

from domain.base import Frozen, Term
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.fold import Fold


class ReadKind(Term):
    """What may be read."""

    NOTICE = "notice", "通知"
    """By the position of the event it tells of: on several channels it is one."""
    PAPER = "paper", "公文"
    """简报, 纪要 and papers, by their number."""


class ItemRead(Event):
    """已读: this person opened it, the first time."""

    label: ClassVar[str] = "已读"
    kind: ReadKind
    key: str
    person: str


class ItemReading(Frozen):
    """Who read it, and when."""

    person: str
    at: datetime


class Readership(Frozen):
    """Who has read one thing."""

    kind: ReadKind
    key: str
    readings: tuple[ItemReading, ...] = ()


def evolve_readership(state: Readership | None, recorded: LoggedEvent) -> Readership:
    """Fold one event of what is read."""
    event = decode(recorded)
    if not isinstance(event, ItemRead):
        raise TypeError(f"{type(event).__name__} does not belong to what is read")
    known = state or Readership(kind=event.kind, key=event.key)
    reading = ItemReading(person=event.person, at=recorded.recorded_at)
    return known.model_copy(update={"readings": (*known.readings, reading)})


FOLD = Fold(Readership, evolve_readership)
