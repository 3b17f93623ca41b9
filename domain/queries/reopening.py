"""A matter that was opened before is not opened again; what the second 立项 says otherwise is told, not lost."""

from collections.abc import Callable, Sequence

from domain import commands as c
from domain import events as ev
from domain.event import Event
from domain.facts import Basis, NewPoint


def opening_differences(events: Sequence[Event], command: c.OpenMatter, name: Callable[[str], str]) -> tuple[str, ...]:
    """In which fields a 立项 differs from the one the stream began with; `name` turns a unit's id into its name.

    Compared is what was said at the beginning: what the office changed since is no difference.
    """
    opened = next((e for e in events if isinstance(e, ev.MatterOpened)), None)
    if opened is None:
        return ()
    first = next((e for e in events if isinstance(e, ev.MatterAssigned)), None)
    lead = name(first.lead) if first else "待明确"
    pairs = [
        ("事项名称", opened.title, " ".join(command.title.split())),
        ("时限", str(opened.due), str(command.due or opened.due)),
        ("牵头单位", lead, name(command.lead.id) if command.lead else lead),
        ("依据", _basis(opened.basis), _basis(command.basis)),
        ("要点", _points(opened.points), _points(command.points) if command.points else _points(opened.points)),
    ]
    if opened.part_of is not None and command.part_of is not None:
        pairs.append(("权重", str(opened.part_of.weight), str(command.part_of.weight)))
    return tuple(f"{label}立项时为{was}，这次写的是{now}" for label, was, now in pairs if was != now)


def _basis(basis: Basis) -> str:
    return f"{basis.kind.label}{basis}"


def _points(points: Sequence[NewPoint]) -> str:
    return "、".join(f"{p.text}{f'（{p.due}）' if p.due else ''}" for p in points) or "无"
