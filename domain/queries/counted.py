"""What the figures of a period count of single events, and how: windows owed, and how matters came and left.

An event that counts is told in a few plain values, so that a year of them is read without what they say.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from domain import events as ev
from domain.base import Term
from domain.envelope import Countable
from domain.event import Event, decode


class CountsAs(Term):
    """As what an event counts."""

    OPENED = "opened", "立项"
    CLOSED = "closed", "销号"
    CANCELLED = "cancelled", "撤销"
    MERGED = "merged", "并入"
    ANSWERED = "answered", "反馈"
    """A report in answer to the running window."""
    MADE_UP = "made_up", "补报"
    RETURNED = "returned", "退回反馈"
    MISSED = "missed", "漏报"
    WITHDRAWN = "withdrawn", "撤销漏报"


class CountedEvent(NamedTuple):
    """An event that counts."""

    position: int
    stream: str
    kind: CountsAs
    window: str | None
    """Key of the reporting window it is of."""
    detail: str | None
    """并入: the number of the matter that goes on; 销号: by how many working days it was late."""
    at: datetime
    """When it happened."""


class OwedReport(NamedTuple):
    """A window that a report was owed for: answered in time by this event, or missed."""

    event: CountedEvent
    made_up: bool = False
    """Of a missed one: a report came later."""

    @property
    def missed(self) -> bool:
        """漏报."""
        return self.event.kind is CountsAs.MISSED


COUNTED_TYPES = frozenset(
    kind.__name__
    for kind in (
        *(ev.MatterOpened, ev.MatterClosed, ev.MatterCancelled, ev.MatterMerged),
        *(ev.FeedbackSubmitted, ev.ReportReturned, ev.FeedbackMissed, ev.MissWithdrawn),
    )
)
"""The types of the events that may count."""


def counts_as(event: Event) -> tuple[CountsAs, str | None, str | None] | None:  # noqa: PLR0911  (a table)
    """As what an event counts, the window it is of, and the detail; None when it does not count."""
    match event:
        case ev.MatterOpened():
            return CountsAs.OPENED, None, None
        case ev.MatterClosed(overdue_workdays=late):
            return CountsAs.CLOSED, None, str(late)
        case ev.MatterCancelled():
            return CountsAs.CANCELLED, None, None
        case ev.MatterMerged(into=into):
            return CountsAs.MERGED, None, into.number
        case ev.FeedbackSubmitted(window=str() as window):
            return CountsAs.ANSWERED, window, None
        case ev.FeedbackSubmitted(late_for=str() as window):
            return CountsAs.MADE_UP, window, None
        case ev.ReportReturned(window=str() as window):
            return CountsAs.RETURNED, window, None
        case ev.FeedbackMissed(window=window):
            return CountsAs.MISSED, window.key, None
        case ev.MissWithdrawn(window=window):
            return CountsAs.WITHDRAWN, window, None
    return None


def counted_event(recorded: Countable) -> CountedEvent | None:
    """The event as it counts; None when it does not.

    Raises:
        UnknownEventError: this build cannot read it.
    """
    counts = counts_as(decode(recorded)) if recorded.type in COUNTED_TYPES else None
    return None if counts is None else CountedEvent(recorded.position, recorded.stream, *counts, recorded.occurred_at)


def owed_reports(events: Iterable[CountedEvent]) -> list[OwedReport]:
    """应反馈: each window once, answered by its first report, or missed.

    A report that was returned answers nothing: what answers the window then counts, or the miss. A miss that was
    withdrawn is none.

    Args:
        events: all that concern the windows that are asked about, in the order of the log.
    """
    answered: dict[tuple[str, str], CountedEvent] = {}
    missed: list[CountedEvent] = []
    withdrawn: set[tuple[str, str | None]] = set()
    made_up: set[tuple[str, str | None]] = set()
    for event in events:
        if event.window is None:
            continue
        kind, window = event.kind, (event.stream, event.window)
        if kind is CountsAs.ANSWERED:
            answered.setdefault(window, event)
        elif kind is CountsAs.RETURNED:
            answered.pop(window, None)
        elif kind is CountsAs.MISSED:
            missed.append(event)
        elif kind is CountsAs.WITHDRAWN:
            withdrawn.add(window)
        elif kind is CountsAs.MADE_UP:
            made_up.add(window)
    stands = [e for e in missed if (e.stream, e.window) not in withdrawn]
    return [
        *(OwedReport(event) for event in answered.values()),
        *(OwedReport(event, (event.stream, event.window) in made_up) for event in stands),
    ]
