"""What a matter has to do with others, in lines for people."""

from collections.abc import Callable
from typing import Any

from domain.terms import Stage, progress_said


def relation_lines(shown: dict[str, Any], names: Callable[[str], str]) -> list[str]:
    """The relations of a matter (whole, parts, others) in lines for people."""
    lines = []
    whole, parts = shown["parent"], shown["children"]
    if whole:
        late = "，本事项时限已晚于上级事项" if shown["due"] > whole["due"] else ""
        lines.append(f"  上级：{whole['matter']} {whole['title']}（时限 {whole['due']}，权重{whole['weight']}{late}）")
    lines += [f"  并入本事项：{twin['matter']} {twin['title']}{_basis(twin)}" for twin in shown["merged"]]
    for earlier in shown["waits_for"]:
        danger = f"  注意：{earlier['endangers']}" if earlier["endangers"] else ""
        lines.append(f"  前置事项：{earlier['matter']} {earlier['title']}（时限 {earlier['due']}）{danger}")
    for later in shown["awaited_by"]:
        danger = "  注意：本事项影响它按期办结" if later["endangered"] else ""
        lines.append(f"  后置事项：{later['matter']} {later['title']}（时限 {later['due']}）{danger}")
    if parts:
        done = sum(part["stage"] == Stage.CLOSED.value for part in parts)
        rolled = "" if shown["rolled_up"] is None else f"，分解进度{shown['rolled_up']}%"
        lines.append(f"  分解：{len(parts)}件，办结{done}件{rolled}")
        lines += [_part_line(part, names) for part in parts]
    return lines


def _basis(twin: dict[str, Any]) -> str:
    return f"（依据：{twin['basis']}）" if twin["basis"] else ""


def _part_line(part: dict[str, Any], names: Callable[[str], str]) -> str:

    lead = names(part["lead"]) if part["lead"] else "待明确牵头"
    far = progress_said(part["stage"], part["progress"] if part["rolled_up"] is None else part["rolled_up"])
    return (
        f"    {part['matter']}  {part['title']}  {lead}  {part['due']}  权重{part['weight']}  {far}  "
        f"{part['light_reason']}"
    )
