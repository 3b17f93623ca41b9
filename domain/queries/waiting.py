"""前置事项: whether what a matter waits for puts it in danger."""

from datetime import datetime

from domain.lights import light
from domain.log import Rulebook
from domain.matter import Matter
from domain.relations import withdrawn_how
from domain.terms import Light, Stage


def predecessor_danger(earlier: Matter, matter: Matter, rulebook: Rulebook, at: datetime) -> str | None:
    """Why an earlier matter endangers the one that waits for it (前置事项), in the office's words; None while not."""
    if matter.ended or earlier.stage is Stage.CLOSED:
        return None
    if earlier.merged_into is not None and earlier.merged_into.stream == matter.stream:
        return None  # what it waited for is done under its own number now
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
