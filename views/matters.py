"""The list of matters: rows with their lights, chosen by what a matter is, now or on an earlier day."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.base import refuse
from domain.lights import Lit
from domain.log import Rulebook
from domain.matter import Matter
from domain.queries.list_row import ListRow, list_row, lit_rows
from domain.queries.matter_filter import MatterFilter
from domain.sight import Sight
from eventlog import reading
from eventlog.database import Database
from eventlog.reading import Moment
from views.tree import place_in_tree, walked_tree
from views.viewer import Viewer


def known_matters(database: Database, moment: Moment | None, now: datetime) -> tuple[list[Matter], Rulebook, datetime]:
    """All matters and the rulebook as known at a moment, and the moment to light them at."""
    position = moment.position if moment else None
    states = reading.matter_states(database, moment=moment)
    matters = sorted((s.state for s in states if isinstance(s.state, Matter)), key=lambda m: m.number)
    return matters, reading.rulebook(database, position), moment.as_of if moment else now


def living_matters(database: Database) -> list[Matter]:
    """The matters of which something may still be owed, by number."""
    states = reading.open_states(database, "matter")
    return sorted((s.state for s in states if isinstance(s.state, Matter)), key=lambda m: m.number)


def matter_list(
    viewer: Viewer, wanted: MatterFilter, moment: Moment | None, *, tree: bool = False
) -> list[dict[str, Any]]:
    """The matters that are meant, of those he sees, by number or by whole and part, as `task list` gives them."""
    places: dict[str, dict[str, Any]] = {}
    if moment is None and not tree:
        known, rulebook, at = viewer.rights.rows(), viewer.rulebook, viewer.now
    else:
        matters, rulebook, at = known_matters(viewer.database, moment, viewer.now)
        branched = walked_tree(matters) if tree else {}
        ordered = viewer.rights.among([b.matter for _, b in branched.values()] if tree else matters, Sight.LISTED)
        known = tuple(list_row(m, rulebook) for m in ordered)
        places = {stream: place_in_tree(viewer, *place) for stream, place in branched.items()}
    fits = fitting(viewer, wanted, moment)
    return [
        {**listed_row(row, lit), **places.get(row.stream, {})}
        for row, lit in lit_rows(known, rulebook, at)
        if fits(row, lit)
    ]


def fitting(viewer: Viewer, wanted: MatterFilter, moment: Moment | None) -> Callable[[ListRow, Lit], bool]:
    """Whether this reader's choice means a matter, its words looked for up to a moment.

    Raises:
        Refusal: `malformed`: the words it is to say are none.
    """
    saying, readable = _saying(viewer.database, wanted, moment), viewer.rights.readable
    # Of what he sees as a list has it, a choice by anything else would tell him what he may not see.
    known = None if readable is None or not wanted.beyond_lists else readable

    def fits(row: ListRow, lit: Lit) -> bool:
        if known is not None and row.stream not in known:
            return False
        return wanted.fits(row, lit, viewer.actor) and (saying is None or row.stream in saying)

    return fits


def _saying(database: Database, wanted: MatterFilter, moment: Moment | None) -> frozenset[str] | None:
    """The streams that say the words of the choice; None when it has none."""
    if wanted.words is None:
        return None
    refuse(not wanted.words.strip(), "--text 没有写要找的字词", "malformed")
    last = reading.newest_event(database)[0] if moment is None else moment.position
    return reading.streams_saying(database, wanted.words, last)


def matter_row(matter: Matter, lit: Lit) -> dict[str, Any]:
    """One matter as `task list` gives it."""
    return {
        "matter": matter.number,
        "title": matter.title,
        "stage": matter.stage.value,
        "light": lit.light.value,
        "light_reason": lit.reason,
        "lead": matter.lead,
        "by_letter": matter.by_letter,
        "assist": list(matter.assist),
        "due": matter.due.isoformat(),
        "progress": matter.progress,
        "version": matter.version,
    }


def listed_row(row: ListRow, lit: Lit) -> dict[str, Any]:
    """A row as `task list` gives it, as `matter_row` does of a state."""
    return {
        "matter": row.number,
        "title": row.title,
        "stage": row.stage,
        "light": lit.light.value,
        "light_reason": lit.reason,
        "lead": row.lead,
        "by_letter": row.by_letter,
        "assist": list(row.assist),
        "due": row.due.isoformat(),
        "progress": row.progress,
        "version": row.version,
    }
