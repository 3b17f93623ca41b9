"""A matter replayed by steps: after each record what it changed, and how the matter stood."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.base import refuse
from domain.confidential import opened
from domain.matter import Matter
from domain.queries.telling import Rendering
from eventlog import reading
from views.explaining import states_after, told_event
from views.state_words import FIELDS, field_change, value_in_words
from views.viewer import Viewer

NOTHING = ("无", "否", "0")
"""What a field says when it says nothing."""


@dataclass(frozen=True)
class ReplayedStep:
    """One record of a matter."""

    number: str
    title: str
    step: int
    count: int
    event: dict[str, Any]
    changes: tuple[tuple[str, str], ...]
    """Field and what became of it."""
    state: Matter
    """As it stood then, opened for the reader."""


def replayed_step(viewer: Viewer, stream: str, step: int | None) -> ReplayedStep:
    """The record of that number, or the last.

    Raises:
        Refusal: `not_found`: he does not see all of the matter, or it has no such record.
    """
    viewer.rights.need(stream)
    events = reading.read_stream(viewer.database, stream, moment=viewer.shown)
    place = len(events) if step is None else step
    refuse(not 1 <= place <= len(events), f"没有第{step}条记录，共{len(events)}条", "not_found")
    states = states_after(events[:place])
    words = viewer.words_of(states[-1])
    reader = Rendering(name=viewer.units, open=words, person=viewer.persons)
    last = opened(states[-1], words)
    before = opened(states[-2], words) if len(states) > 1 else None
    return ReplayedStep(
        number=last.number,
        title=last.title,
        step=place,
        count=len(events),
        event=told_event(events[place - 1], reader),
        changes=tuple(_changes(before, last, reader)),
        state=last,
    )


def _changes(before: Matter | None, after: Matter, reader: Rendering) -> Iterator[tuple[str, str]]:
    for name, label in FIELDS.items():
        new = getattr(after, name)
        became = value_in_words(new, reader) if before is None else field_change(getattr(before, name), new, reader)
        if became is not None and became not in NOTHING:
            yield label, became
