"""Which kind of stream folds by which fold: the one table the log's read model and every replay go by.

A kind's rules and events are loaded when one of its streams is first met, or an event nobody loaded yet: a list needs
three kinds of the twenty-three, and defining the events of all takes longer than reading a thousand matters.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from domain.fold import Fold

FOLDS = {
    "matter": "domain.evolve:FOLD",
    "calendar": "domain.office:CALENDAR_FOLD",
    "policy": "domain.office:POLICY_FOLD",
    "directory": "domain.office:DIRECTORY_FOLD",
    "bulletin": "domain.bulletin:FOLD",
    "series": "domain.meetings.series:FOLD",
    "paper": "domain.papers:FOLD",
    "plan": "domain.workplan:FOLD",
    "meeting": "domain.meetings.evolve:FOLD",
    "minutes": "domain.meetings.filing:FOLD",
    "numbers": "domain.numbering:FOLD",
    "assessment": "domain.assessment.assessment:FOLD",
    "onsite": "domain.onsite.inspection:FOLD",
    "incoming": "domain.incoming.evolve:FOLD",
    "headquarters": "domain.founding:FOLD",
    "transfer": "domain.transfer:FOLD",
    "secrets": "domain.forgetting:FOLD",
    "operations": "domain.operations:FOLD",
    "account": "domain.access.account:ACCOUNT_FOLD",
    "access": "domain.access.account:ACCESS_FOLD",
    "suggestion": "domain.suggestions:FOLD",
    "read": "domain.readership:FOLD",
    "archive": "domain.archive:FOLD",
}
"""Kind of stream (what stands before the slash) → where its fold is written: `module:name`."""
WORKFLOW_OF = {"matter": "Matter", "meeting": "Meeting"}
"""Kind of stream → the type of its workflow; the others have none."""


def fold_of(kind: str) -> "Fold[Any] | None":
    """How a kind of stream is folded; None for one this build does not know."""
    return _fold_at(FOLDS[kind]) if kind in FOLDS else None


@cache
def _fold_at(place: str) -> "Fold[Any]":
    module, _, name = place.partition(":")
    return cast("Fold[Any]", getattr(import_module(module), name))


@cache
def load_every_kind() -> None:
    """Define the events of every kind of stream: who asks for all of them, or for one not met before, needs it."""
    for place in FOLDS.values():
        _fold_at(place)
