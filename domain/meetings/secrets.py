"""Secret words of a meeting: each is about one matter, and sealed under that matter's key.

So whoever may read the matter's secrets may read what a meeting said of it, and `audit forget` of the matter makes both
unreadable. What is about no matter has no key, and cannot be said in secret.
"""

from collections.abc import Callable
from functools import partial

from domain.base import Frozen
from domain.confidential import opened
from domain.meetings.commands import DecideItem, DropItem, WaiveOutcome, WithdrawPoint
from domain.meetings.meeting import MATTER, Meeting

Show = Callable[[str, str], str]
"""The stream of a matter and a ciphertext under its key → what its reader may see of it."""


def matter_concerned(meeting: Meeting, command: Frozen) -> str | None:
    """The stream of the matter that a meeting command's secret words are about; None when they are about none."""
    match command:
        case DecideItem(item=no):
            return _of_item(meeting, no)
        case WithdrawPoint(point=no) | WaiveOutcome(point=no):
            point = meeting.point(no)
            return _of_item(meeting, point.item) if point else None
        case DropItem(key=key):
            return key if key.startswith(MATTER) else None
        case _:
            return None


def readable_meeting(meeting: Meeting, show: Show) -> Meeting:
    """The meeting with every secret word in it as its reader may see it."""

    def of(matter: str | None) -> Callable[[str], str]:
        return partial(show, matter or "")

    return meeting.model_copy(
        update={
            "items": tuple(opened(item, of(item.matter)) for item in meeting.items),
            "points": tuple(opened(point, of(_of_item(meeting, point.item))) for point in meeting.points),
            "dropped": {key: opened(why, of(key)) for key, why in meeting.dropped.items()},
        }
    )


def _of_item(meeting: Meeting, no: int) -> str | None:
    item = meeting.item(no)
    return item.matter if item else None
