"""A matter among its whole and its parts, as `task list --tree` and `task show` tell it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from cli.session import session
from domain.lights import light
from domain.log import Rulebook
from domain.matter import Matter
from domain.queries.rollup import Branch, branches
from domain.terms import Stage
from eventlog import reading


def walked(matters: Iterable[Matter]) -> dict[str, tuple[int, Branch]]:
    """Stream → depth and branch, a part right after its whole."""
    return {b.matter.stream: (depth, b) for root in branches(matters) for depth, b in root.walk()}


def placed(depth: int, branch: Branch) -> dict[str, Any]:
    """Where a matter stands in the tree, and how far its parts are."""
    whole = branch.matter.part_of
    return {
        "depth": depth,
        "parent": whole.number if whole else None,
        "weight": whole.weight if whole else None,
        "rolled_up": branch.progress,
    }


def relations(matter: Matter, rulebook: Rulebook, at: datetime, position: int | None) -> dict[str, Any]:
    """The whole of a matter, its parts, and how far these are, now or at a position of the log."""
    streams = reading.streams_with_parts(session.database, matter.stream)
    family = [m for stream in streams if (m := _state(stream, position)) is not None]
    [branch] = branches(family)
    whole = _state(matter.part_of.stream, position) if matter.part_of else None
    return {
        "parent": _whole(matter, whole) if whole else None,
        "rolled_up": branch.progress,
        "children": [_part(part, rulebook, at) for part in branch.parts],
    }


def _state(stream: str, position: int | None) -> Matter | None:
    if position is None:
        loaded = reading.load(session.database, stream)
    else:
        events = reading.read_stream(session.database, stream, position=position)
        loaded = reading.folded(stream, list(events)) if events else None
    return loaded.state if loaded and isinstance(loaded.state, Matter) else None


def _whole(matter: Matter, whole: Matter) -> dict[str, Any]:
    weight = matter.part_of.weight if matter.part_of else 1
    return {"matter": whole.number, "title": whole.title, "due": whole.due.isoformat(), "weight": weight}


def _part(part: Branch, rulebook: Rulebook, at: datetime) -> dict[str, Any]:
    matter, lit = part.matter, light(part.matter, rulebook, at)
    return {
        "matter": matter.number,
        "title": matter.title,
        "stage": matter.stage.value,
        "lead": matter.lead,
        "due": matter.due.isoformat(),
        "weight": part.weight,
        "progress": matter.progress,
        "rolled_up": part.progress,
        "light": lit.light.value,
        "light_reason": lit.reason,
    }


def relations_said(shown: dict[str, Any], names: Callable[[str], str]) -> list[str]:
    """The same in lines for people."""
    lines = []
    whole, parts = shown["parent"], shown["children"]
    if whole:
        late = "，本事项时限已晚于上级事项" if shown["due"] > whole["due"] else ""
        lines.append(f"  上级：{whole['matter']} {whole['title']}（时限 {whole['due']}，权重{whole['weight']}{late}）")
    if parts:
        done = sum(part["stage"] == Stage.CLOSED.value for part in parts)
        rolled = "" if shown["rolled_up"] is None else f"，分解进度{shown['rolled_up']}%"
        lines.append(f"  分解：{len(parts)}件，办结{done}件{rolled}")
        lines += [_part_line(part, names) for part in parts]
    return lines


def _part_line(part: dict[str, Any], names: Callable[[str], str]) -> str:
    from domain.queries.telling import progress_said

    lead = names(part["lead"]) if part["lead"] else "待明确牵头"
    far = progress_said(part["stage"], part["progress"] if part["rolled_up"] is None else part["rolled_up"])
    return (
        f"    {part['matter']}  {part['title']}  {lead}  {part['due']}  权重{part['weight']}  {far}  "
        f"{part['light_reason']}"
    )
