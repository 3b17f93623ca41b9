"""合并 and 前置: what the other matter says to it. The log asks here, under the writer's lock, with both in view.

The matter that is merged, or waits, carries the fact; so what is merged into a matter, and what waits for it, follow
from the log alone. Two matters merged into each other at one moment: the second one meets a twin that has ended.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain.base import refuse
from domain.facts import MatterRef
from domain.matter import Matter
from domain.terms import Stage

if TYPE_CHECKING:
    from domain import events as ev


def may_be_merged(
    matter: Matter, merged: "ev.MatterMerged", twin: Matter | None, open_parts: Sequence[str], way: Sequence[str]
) -> None:
    """The twin goes on, answers to every leader who instructed on this one, and nothing hangs under this one.

    Nor does the twin wait for something that waits for this one (`way`): it would wait for itself. What it waits for
    directly is done under its own number from now on.

    Raises:
        Refusal: `not_found`, `ended`, `open_children`, `moved`, `circle`, `refused`.
    """
    twin = _known(twin, merged.into)
    refuse(twin.ended, f"{twin.number} {withdrawn_how(twin)}，不能并入；请并入仍在办理的事项", "ended")
    refuse(twin.stage is Stage.CLOSING, f"{twin.number} 正在办结审核，不能并入；请先审核或退回")
    refuse(
        bool(open_parts),
        f"{matter.number} 分解的事项还有{len(open_parts)}件没有办结：{'、'.join(open_parts)}；请先办结或撤销，再合并",
        "open_children",
    )
    refuse(twin.due != merged.due, f"{twin.number} 的时限刚改为 {twin.due}，请再看一次，用同一命令重试", "moved")
    refuse(
        bool(way),
        f"{twin.number} 经 {'→'.join(way[1:])} 在等 {matter.number}，并入后即成循环；请先解除前置（xmh task wait）",
        "circle",
    )
    uncarried = [c for c in matter.carries if c not in twin.carries]
    named = "、".join(f"{c.number}第{c.no}条" for c in uncarried)
    refuse(
        bool(uncarried),
        f"{matter.number} 承办的批示 {named} 还没有列入 {twin.number}；请先 xmh incoming assign --matter {twin.number}",
    )
    left_out = [leader for leader in matter.instructed_by if leader not in twin.instructed_by]
    refuse(
        bool(left_out),
        f"{matter.number} 有领导批示，并入后须报原批示领导；请先在 {twin.number} 录入同一批示（xmh task instruct）",
    )


def may_wait(named: "ev.PredecessorSet", earlier: Matter | None, number: str, waits_for_it: Sequence[str]) -> None:
    """What is waited for exists, was not withdrawn, and does not itself wait for this matter (`waits_for_it`: the way).

    Raises:
        Refusal: `not_found`, `ended`, `circle`.
    """
    earlier = _known(earlier, named.earlier)
    refuse(earlier.stage is Stage.CANCELLED, f"{earlier.number} {withdrawn_how(earlier)}，不能作为前置事项", "ended")
    way = "→".join([number, *waits_for_it])
    refuse(bool(waits_for_it), f"{earlier.number} 本身在等 {number}（{way}），不能互为前置", "circle")


def withdrawn_how(matter: Matter) -> str:
    """已撤销, or into which matter it was merged."""
    return f"已并入 {matter.merged_into.number}" if matter.merged_into else matter.stage.label


def _known(other: Matter | None, named: MatterRef) -> Matter:
    refuse(other is None or other.number != named.number, f"没有事项 {named.number}", "not_found")
    assert other is not None  # noqa: S101  (refuse raised otherwise)
    return other
