"""任务分解: what a matter and its parts owe each other. The log asks here, under the writer's lock, with both in view.

A part carries the fact: its `MatterOpened` names the whole and its weight. So the parts of a matter follow from the log
alone, and none can be hung under another matter later; a circle cannot arise.
"""

from collections.abc import Sequence
from datetime import date

from domain import events as ev
from domain.base import Frozen, refuse
from domain.event import Event
from domain.facts import PartOf
from domain.matter import Matter
from domain.terms import ENDED, Stage

_NAMED = 5
ENDINGS = (ev.ClosureRequested, ev.ClosureEndorsed, ev.ClosureMarked, ev.MatterClosed, ev.MatterCancelled)
"""What does not happen over open parts without a reason; a merge does not at all (`domain/relations.py`)."""


class Kin(Frozen):
    """The whole of a part, or a part of a whole, as it stands now."""

    number: str
    title: str
    stage: Stage
    due: date


def may_be_part(part: Matter, whole: Kin | None, events: Sequence[Event]) -> None:
    """A part begins under a whole that goes on, and ends by the whole's limit.

    Only dates that somebody chooses are held against the limit: what the calendar or a pause moves is nobody's choice.
    An upheld objection (条例 art. 17) opens a part again whatever became of the whole.
    """
    if any(isinstance(event, ev.ObjectionDecided) for event in events):
        return
    claimed = part.part_of or PartOf(stream="", number="")
    for event in events:
        due = _chosen_limit(event)
        if due is None:
            continue
        refuse(whole is None or whole.number != claimed.number, f"没有上级事项 {claimed.number}", "not_found")
        assert whole is not None  # noqa: S101  (refuse raised otherwise)
        if isinstance(event, ev.MatterOpened | ev.MatterReopened):
            _goes_on(whole, event)
        refuse(
            due > whole.due,
            f"时限 {due} 晚于上级事项 {whole.number}“{whole.title}”的时限 {whole.due}，请提前，或先将上级事项延期",
            "beyond_parent",
        )


def may_end(number: str, parts: Sequence[Kin], events: Sequence[Event]) -> None:
    """A whole does not end over open parts, unless it says why; at every step towards the end, not only at the last."""
    ending = next((event for event in events if isinstance(event, ENDINGS)), None)
    left = [part for part in parts if part.stage not in ENDED]
    if ending is None or ending.over_open_children or not left:
        return
    named = "、".join(f"{part.number}“{part.title}”" for part in left[:_NAMED]) + ("等" if len(left) > _NAMED else "")
    refuse(
        True,
        f"{number} 分解的事项还有{len(left)}件没有办结：{named}；请先办结，确需先行的用 --over-open-children 说明理由",
        "open_children",
    )


def _goes_on(whole: Kin, event: Event) -> None:
    again = isinstance(event, ev.MatterReopened)
    wanted = "重开分解的事项" if again else "再分解"
    refuse(
        whole.stage in ENDED, f"上级事项 {whole.number} {whole.stage.label}，不能{wanted}；请先重开上级事项", "ended"
    )
    refuse(whole.stage is Stage.CLOSING, f"上级事项 {whole.number} 正在办结审核，不能{wanted}；如需继续请先退回")


def _chosen_limit(event: Event) -> date | None:
    """The limit an event gives its matter, or asks for, by somebody's choice."""
    match event:
        case ev.MatterOpened(due=due) | ev.MatterReopened(due=due):
            return due
        case ev.DecisionRecorded(due=due, subject=None):
            return due
        case ev.ExtensionRequested(to=due, point=None) | ev.ExtensionGranted(to=due, point=None):
            return due
    return None
