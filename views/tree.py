"""A matter among its whole and its parts."""

from collections.abc import Iterable, Set
from datetime import datetime
from typing import Any

from domain.lights import light
from domain.log import Rulebook
from domain.matter import Matter
from domain.queries.rollup import Branch, branch_of, matter_branches
from domain.queries.waiting import predecessor_danger
from domain.sight import Sight
from eventlog import reading
from eventlog.database import Database
from eventlog.reading import Moment
from views.viewer import Viewer


def walked_tree(matters: Iterable[Matter]) -> dict[str, tuple[int, Branch]]:
    """The tree of matters: stream → depth and branch, a part right after its whole."""
    return {b.matter.stream: (depth, b) for root in matter_branches(matters) for depth, b in root.walk()}


def place_in_tree(viewer: Viewer, depth: int, branch: Branch) -> dict[str, Any]:
    """Where a matter stands in the tree, and how far its parts are."""
    sights, everything = viewer.rights.sights, viewer.rights.scope.everything
    whole = branch.matter.part_of
    whole = whole if whole and (everything or whole.stream in sights) else None
    full = everything or sights.get(branch.matter.stream) is Sight.FULL
    return {
        "depth": depth,
        "parent": whole.number if whole else None,
        "weight": whole.weight if whole else None,
        "rolled_up": branch.progress if full else None,
    }


def rolled_up(viewer: Viewer, streams: Iterable[str], moment: Moment | None) -> dict[str, int]:
    """How far the parts of these matters are together, by stream; only of wholes the reader sees all of."""
    far = {}
    for stream in streams:
        family = reading.streams_with_parts(viewer.database, stream) if viewer.rights.sees(stream) else ()
        states = [m for one in family if (m := state_of(viewer.database, one, moment)) is not None]
        progress = branch_of(stream, states).progress if len(states) > 1 else None
        if progress is not None:
            far[stream] = progress
    return far


def matter_relations(
    viewer: Viewer, matter: Matter, rulebook: Rulebook, at: datetime, moment: Moment | None
) -> dict[str, Any]:
    """The whole of a matter, its parts, and how far these are, now or at a moment of the past."""
    streams = reading.streams_with_parts(viewer.database, matter.stream)
    family = [m for stream in streams if (m := state_of(viewer.database, stream, moment)) is not None]
    branch = branch_of(matter.stream, family)
    whole = _known(viewer, matter.part_of.stream, moment) if matter.part_of else None
    parts = [p for p in branch.parts if viewer.rights.sees(p.matter.stream, Sight.LISTED)]
    return {
        "parent": _whole(matter, whole) if whole else None,
        "rolled_up": branch.progress,
        # A part that was merged into its whole is named there once, as merged.
        "children": [_part(p, rulebook, at) for p in parts if not _merged_into(p.matter, {matter.stream})],
        **_others(viewer, matter, rulebook, at, moment),
    }


def _known(viewer: Viewer, stream: str, moment: Moment | None) -> Matter | None:
    """Another matter, if this reader may know of it."""
    return state_of(viewer.database, stream, moment) if viewer.rights.sees(stream, Sight.LISTED) else None


def _others(viewer: Viewer, matter: Matter, rulebook: Rulebook, at: datetime, moment: Moment | None) -> dict[str, Any]:
    """Twins merged into it and those it waits for, or that wait for it, with what endangers whom."""

    def known(stream: str) -> Matter | None:
        return _known(viewer, stream, moment)

    awaited = {p.stream for p in matter.predecessors}
    others = [m for stream in sorted(_related(viewer.database, matter.stream) | awaited) if (m := known(stream))]
    goes_on_for = {matter.stream}
    """What waits for a twin waits for this matter, also for a twin of a twin."""
    for _ in others:
        goes_on_for |= {m.stream for m in others if _merged_into(m, goes_on_for)}
    into = matter.merged_into
    behind = [m for m in others if goes_on_for & {p.stream for p in m.predecessors} and not m.ended]
    return {
        "merged_into": into.number if into and viewer.rights.sees(into.stream, Sight.LISTED) else None,
        "merged": [
            {**_other(viewer, m), "bases": _bases(viewer, m)} for m in others if _merged_into(m, {matter.stream})
        ],
        "waits_for": [
            {**_other(viewer, m), "endangers": predecessor_danger(m, matter, rulebook, at, known)}
            for m in others
            if m.stream in awaited
        ],
        "awaited_by": [
            {**_other(viewer, m), "endangered": predecessor_danger(matter, m, rulebook, at, known)}
            for m in behind
            if m.stream != matter.stream
        ],
    }


def _merged_into(matter: Matter, streams: Set[str]) -> bool:
    return matter.merged_into is not None and matter.merged_into.stream in streams


def _related(database: Database, stream: str) -> set[str]:
    """What speaks of a matter, or of a twin that was merged into it (however often), and of what these speak."""
    streams, twins = set[str](), {stream}
    while twins:
        states = [s.state for twin in twins for s in reading.related_matters(database, twin)]
        related = [m for m in states if isinstance(m, Matter)]
        twins = {m.stream for m in related if _merged_into(m, twins)} - streams
        streams |= {m.stream for m in related}
    return streams - {stream}


def _bases(viewer: Viewer, matter: Matter) -> list[dict[str, Any]]:
    return [b.model_dump(mode="json") for b in matter.bases] if viewer.rights.sees(matter.stream) else []


def _other(viewer: Viewer, matter: Matter) -> dict[str, Any]:
    return {
        "matter": matter.number,
        "title": matter.title,
        "stage": matter.stage.value,
        "due": matter.due.isoformat(),
        "basis": f"{matter.basis.kind.label} {matter.basis}" if viewer.rights.sees(matter.stream) else None,
    }


def state_of(database: Database, stream: str, moment: Moment | None) -> Matter | None:
    """A matter now, or at a moment of the past; None when there was none."""
    loaded = reading.load(database, stream, moment)
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
