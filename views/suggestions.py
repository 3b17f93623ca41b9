"""意见建议 as their readers see them: a unit its own with the answers, the office, leaders and the auditor all."""

from typing import Any

from domain.base import Refusal
from domain.calendar import SHANGHAI
from domain.sight import Sight
from domain.suggestions import Suggestion
from eventlog import reading
from eventlog.database import Database
from views.viewer import Viewer


def suggestion_states(database: Database) -> list[tuple[str, Suggestion]]:
    """Every suggestion with its stream, in the order they were made."""
    states = [(s.state, s) for s in reading.states_of(database, "suggestion")]
    known = [(loaded.stream, state) for state, loaded in states if isinstance(state, Suggestion)]
    return sorted(known, key=lambda one: (one[1].made_at, one[1].number))


def seen_suggestions(viewer: Viewer, *, waiting: bool = False) -> list[dict[str, Any]]:
    """Those he may read, the newest first; `waiting`, only what has no answer."""
    mine = [one for _, one in suggestion_states(viewer.database) if may_read_suggestion(viewer, one)]
    return [suggestion_document(viewer, one) for one in reversed(mine) if one.waits or not waiting]


def the_suggestion(viewer: Viewer, number: str) -> Suggestion:
    """The one of that number.

    Raises:
        Refusal: `not_found`: there is none, or it is not his to read.
    """
    for _, one in suggestion_states(viewer.database):
        if one.number == number.strip() and may_read_suggestion(viewer, one):
            return one
    raise Refusal(f"没有编号为 {number[:40]} 的意见建议，请用 xmh suggestion list 查看", "not_found")


def may_read_suggestion(viewer: Viewer, suggestion: Suggestion) -> bool:
    """Whether he reads a suggestion: whoever reads all, and everybody of the unit that made it."""
    return viewer.rights.whole or suggestion.unit in viewer.rights.units


def suggestion_document(viewer: Viewer, one: Suggestion) -> dict[str, Any]:
    """A suggestion as scripts read it; a matter is named to who may know of it."""
    matter = one.matter if one.matter and viewer.rights.sees(one.matter.stream, Sight.LISTED) else None
    return {
        "suggestion": one.number,
        "kind": one.kind.value,
        "kind_label": one.kind.label,
        "text": one.text,
        "person": one.person,
        "person_name": viewer.persons(one.person),
        "unit": one.unit,
        "unit_name": viewer.units(one.unit),
        "matter": matter.number if matter else None,
        "made_at": one.made_at.astimezone(SHANGHAI).isoformat(),
        "answers": [
            {
                "outcome": r.outcome.value,
                "outcome_label": r.outcome.label,
                "text": r.text,
                "by": viewer.persons(r.by),
                "at": r.at.astimezone(SHANGHAI).isoformat(),
            }
            for r in one.replies
        ],
    }
