"""What a matter waits for: whose move it is, and whether a 前置事项 puts it in danger."""

from collections.abc import Callable
from datetime import datetime

from domain.lights import light
from domain.log import Rulebook
from domain.matter import Matter
from domain.queries.leading import marks_awaited
from domain.relations import withdrawn_how
from domain.terms import Light, Stage

Known = Callable[[str], Matter | None]
"""The matter of a stream."""


def predecessor_danger(
    earlier: Matter, matter: Matter, rulebook: Rulebook, at: datetime, known: Known = lambda _: None
) -> str | None:
    """Why an earlier matter endangers the one that waits for it (前置事项), in the office's words; None while not.

    What was merged is waited for under the number it goes on as, however often that was merged itself.
    """
    waited_for = earlier.number
    while earlier.merged_into is not None:
        if earlier.merged_into.stream == matter.stream:
            return None  # what it waited for is done under its own number now
        goes_on = known(earlier.merged_into.stream)
        if goes_on is None:
            break
        earlier = goes_on
    danger = _danger(earlier, matter, rulebook, at)
    moved = danger and earlier.number != waited_for
    return f"前置事项 {waited_for} 已并入 {earlier.number}：{danger}" if moved else danger


def _danger(earlier: Matter, matter: Matter, rulebook: Rulebook, at: datetime) -> str | None:
    if matter.ended or earlier.stage is Stage.CLOSED:
        return None
    if earlier.stage is Stage.CANCELLED:
        return f"前置事项 {earlier.number} {withdrawn_how(earlier)}"
    if earlier.stage is Stage.SUSPENDED:
        return f"前置事项 {earlier.number} 暂缓办理"
    if earlier.due > matter.due:
        return f"前置事项 {earlier.number} 的时限 {earlier.due} 晚于本事项时限 {matter.due}"
    lit = light(earlier, rulebook, at)
    if lit.light is Light.RED:
        return f"前置事项 {earlier.number} {lit.reason.partition(':')[2]}"
    return None


def whose_move(matter: Matter, lead: str) -> str:
    """Who has to do what next at a matter, in a document's words, so that nobody waits without knowing for whom."""
    match matter.stage:
        case Stage.OPENED:
            return "指挥部办公室明确牵头单位"
        case Stage.ASSIGNED:
            return f"{lead}签收"
        case Stage.CLOSING:
            endorsed = matter.closure is not None and matter.closure.endorsed
            return marks_awaited(matter) if endorsed else "指挥部办公室审核"
        case Stage.SUSPENDED:
            return "暂缓期满恢复"
    if matter.extension is not None:
        return "批复延期申请"
    return f"{lead}办理"
