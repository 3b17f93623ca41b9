"""Rows of the read model that follow from an event and not from its stream's state."""

import json

from domain import events as ev
from domain.envelope import LoggedEvent
from domain.event import decode
from domain.ids import kind_of
from domain.numbering import NumbersAdvanced
from domain.office import PersonLeft, PersonRecorded, RoleChanged, UnitRecorded
from eventlog.backend import Statement
from eventlog.stored_time import micros

_PUT_UNIT = (
    "INSERT INTO units (id, name, level, supervision, parent, aliases) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, level = excluded.level, "
    "supervision = excluded.supervision, parent = excluded.parent, aliases = excluded.aliases"
)
_PUT_PERSON = (
    "INSERT INTO people (id, name, unit, role, phone, email, secretary, title, left_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, unit = excluded.unit, role = excluded.role, "
    "phone = excluded.phone, email = excluded.email, secretary = excluded.secretary, title = excluded.title, "
    "left_at = NULL"
)
_PUT_RELATION = (
    "INSERT INTO relations (id, stream, kind, target, holds) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET holds = excluded.holds"
)
_PART_AGAIN = "UPDATE relations SET holds = 0 WHERE stream = ? AND kind = 'merged'"
_ADVANCE_NUMBER = (
    "INSERT INTO numbers (series, last) VALUES (?, ?) "
    "ON CONFLICT (series) DO UPDATE SET last = excluded.last WHERE numbers.last < excluded.last"
)
_BY_EVENT = frozenset({"directory", "numbers"})
RELATING = frozenset(
    kind.__name__ for kind in (ev.MatterMerged, ev.PredecessorSet, ev.PredecessorDropped, ev.InstructionRecorded)
)
_WRITING = RELATING | {
    kind.__name__
    for kind in (ev.MatterReopened, UnitRecorded, PersonRecorded, RoleChanged, PersonLeft, NumbersAdvanced)
}
"""Types of events that write rows of their own."""
_PUT_ROLE = "UPDATE people SET role = ? WHERE id = ?"
_PERSON_LEFT = "UPDATE people SET left_at = ? WHERE id = ?"


def read_model_of_event(event: LoggedEvent) -> list[Statement]:
    """Rows of the read model that follow from an event and not from its stream's state.

    The directory, numbers advanced, what one matter says of another; one by one, so that it does not matter how they
    were batched.
    """
    if event.type not in _WRITING:
        return []  # nearly all
    kind = kind_of(event.stream)
    if kind not in _BY_EVENT:
        return _relation(event) if kind == "matter" else []
    match decode(event):
        case UnitRecorded(unit=u):
            aliases = json.dumps(u.aliases, ensure_ascii=False)
            return [(_PUT_UNIT, [(u.id, u.name, u.level.value, u.supervision.value, u.parent, aliases)])]
        case PersonRecorded(person=p):
            row = (p.id, p.name, p.unit, p.role.value, p.phone, p.email, p.secretary, p.title)
            return [(_PUT_PERSON, [row])]
        case RoleChanged(person=person, role=role):
            return [(_PUT_ROLE, [(role.value, person)])]
        case PersonLeft(person=person):
            return [(_PERSON_LEFT, [(micros(event.recorded_at), person)])]
        case NumbersAdvanced(name=series, past=n):
            return [(_ADVANCE_NUMBER, [(series, n)])]
        case _:
            return []


def _relation(event: LoggedEvent) -> list[Statement]:
    """What a matter says of another, or of an instruction; a merge is undone when the matter is handled again."""

    def put(kind: str, other: str, holds: int) -> list[Statement]:
        row = (f"{event.stream} {kind} {other}", event.stream, kind, other, holds)
        return [(_PUT_RELATION, [row])]

    match decode(event):
        case ev.MatterMerged(into=into):
            return put("merged", into.stream, 1)
        case ev.PredecessorSet(earlier=earlier):
            return put("waits", earlier.stream, 1)
        case ev.PredecessorDropped(earlier=earlier):
            return put("waits", earlier.stream, 0)
        case ev.InstructionRecorded(paper=paper):
            return put("carries", paper.key, 1) if paper else []
        case ev.MatterReopened():
            return [(_PART_AGAIN, [(event.stream,)])]
        case _:
            return []
