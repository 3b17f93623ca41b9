"""The read model: what an event changes in the tables that are read; append, rebuild and verify all compute it here."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, cast

from domain import events as ev
from domain.base import Frozen
from domain.duplicates import title_key
from domain.envelope import LoggedEvent, Recorded
from domain.event import UnknownEventError, decode
from domain.facts import InstructionRef, PartOf
from domain.ids import kind_of
from domain.meetings.meeting import Meeting
from domain.numbering import NumbersAdvanced, year_and_tail
from domain.office import PersonLeft, PersonRecorded, RoleChanged, UnitRecorded
from domain.streams import fold_of
from domain.terms import Stage
from eventlog.backend import Row, Statement
from eventlog.list_rows import STORED_COLUMNS
from eventlog.snapshots import is_due, snapshot_of
from eventlog.stored_time import micros

_PUT_STREAM = (
    "INSERT INTO streams (stream, kind, first, ended) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (stream) DO UPDATE SET kind = excluded.kind, first = excluded.first, ended = excluded.ended"
)
_END_STREAM = "UPDATE streams SET ended = ? WHERE stream = ?"
_PUT_MATTER = (
    "INSERT INTO matters (stream, number, title, stage, lead, due, title_key, parent, year, tail) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (stream) DO UPDATE SET number = excluded.number, title = excluded.title, stage = excluded.stage, "
    "lead = excluded.lead, due = excluded.due, title_key = excluded.title_key, parent = excluded.parent, "
    "year = excluded.year, tail = excluded.tail"
)
_PUT_MEETING = (
    "INSERT INTO meetings (stream, number, series, title, stage, starts, ordinal, version) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (stream) DO UPDATE SET number = excluded.number, series = excluded.series, title = excluded.title, "
    "stage = excluded.stage, starts = excluded.starts, ordinal = excluded.ordinal, version = excluded.version"
)
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
PUT_NUMBER = "INSERT INTO numbers (series, last) VALUES (?, ?) ON CONFLICT (series) DO UPDATE SET last = excluded.last"
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

READ_MODEL = {
    "streams": ("stream", "kind", "first", "ended"),
    "matters": ("stream", "number", "title", "stage", "lead", "due", "title_key", "parent", "year", "tail"),
    "matter_rows": STORED_COLUMNS,
    "meetings": ("stream", "number", "series", "title", "stage", "starts", "ordinal", "version"),
    "units": ("id", "name", "level", "supervision", "parent", "aliases"),
    "people": ("id", "name", "unit", "role", "phone", "email", "secretary", "title", "left_at"),
    "numbers": ("series", "last"),
    "relations": ("id", "stream", "kind", "target", "holds"),
}
"""The tables that follow from the events alone, with their columns, the key first; snapshots stand beside them."""


class Placed(Protocol):
    """What is asked of the event a row stands on."""

    @property
    def stream(self) -> str:
        """Whose it is."""

    @property
    def version(self) -> int:
        """Which of the stream's."""

    @property
    def position(self) -> int:
        """Which of the log's."""


class ListableMatter(Protocol):
    """What a state must tell to stand in the list of matters."""

    @property
    def number(self) -> str:
        """As people read it."""

    @property
    def title(self) -> str:
        """In words."""

    @property
    def stage(self) -> Stage:
        """办理阶段."""

    @property
    def lead(self) -> str | None:
        """牵头单位 by id."""

    @property
    def due(self) -> date | None:
        """办结时限."""

    @property
    def part_of(self) -> PartOf | None:
        """The matter it is a part of."""


class UnknownKindError(UnknownEventError):
    """No fold is known for this kind of stream."""


def fold_events(stream: str, state: Frozen | None, events: Iterable[LoggedEvent]) -> Frozen:
    """The state of a stream, for the read model, after these events, of which there is at least one.

    Raises:
        UnknownEventError: they do not fit it.
        UnknownKindError: for a kind of stream this build does not know.
    """
    known = fold_of(kind_of(stream))
    if known is None:
        raise UnknownKindError(stream)
    to_fold = iter(events)
    return cast("Frozen", known.after(state, next(to_fold), to_fold))


@dataclass(frozen=True)
class Folded:
    """A state, and what is kept of the way there."""

    state: Frozen
    ended: int
    """Since which position it has been at rest; 0 when it is not."""
    snapshots: list[Row]


def fold_kept(stream: str, state: Frozen | None, ended: int, events: Sequence[Recorded]) -> Folded:
    """As `fold_events`, with the snapshots that are due on the way.

    Args:
        stream: whose events these are.
        state: before them, which stays as it is; None before the first.
        ended: since when that is at rest.
        events: at least one.

    Raises:
        UnknownKindError: for a kind of stream this build does not know.
    """
    known = fold_of(kind_of(stream))
    if known is None:
        raise UnknownKindError(stream)
    draft, snapshots = cast("Frozen", known.after(state, events[0])), []
    for event in events:
        if event is not events[0]:
            draft = known.moved(draft, event)
        ended = ended_since(draft, ended, event.position)
        if is_due(event.version):
            snapshots.append(snapshot_of(event, state_text(draft)))
    return Folded(draft, ended, snapshots)


def ended_since(state: Frozen, before: int, position: int) -> int:
    """Since which position a stream is at rest that was so since `before`, and now is in this state."""
    return (before or position) if getattr(state, "settled", False) else 0


def fold_on(stream: str, draft: Frozen | None, event: LoggedEvent) -> Frozen:
    """The state of a stream after one more event, for who holds `draft` alone: it may be changed in place.

    Raises:
        UnknownKindError: for a kind of stream this build does not know.
    """
    known = fold_of(kind_of(stream))
    if known is None:
        raise UnknownKindError(stream)
    return cast("Frozen", known.after(None, event) if draft is None else known.moved(draft, event))


def state_text(state: Frozen) -> str:
    """A state as the column `snapshots.state` holds it; `parse_state` reads it back."""
    return state.model_dump_json()


def parse_state(kind: str, text: str) -> Frozen:
    """The state in the column `snapshots.state`, which `state_text` wrote.

    Raises:
        UnknownKindError: for a kind of stream this build does not know.
    """
    known = fold_of(kind)
    if known is None:
        raise UnknownKindError(kind)
    return cast("Frozen", known.state.model_validate_json(text))


def read_model_of_stream(event: Placed, ended: int) -> Statement:
    """The row of a stream there is, which begins with this event, or goes on with it and ends or is taken up again."""
    if event.version > 1:
        return _END_STREAM, [(ended, event.stream)]
    return _PUT_STREAM, [(event.stream, kind_of(event.stream), event.position, ended)]


def read_model_of_state(last: Placed, state: Frozen) -> list[Statement]:
    """The rows of the read model by which a stream is found, as of its last event."""
    found_by = LISTED.get(kind_of(last.stream))
    return found_by(last, state) if found_by else []


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
            return put("carries", instruction_key(paper), 1) if paper else []
        case ev.MatterReopened():
            return [(_PART_AGAIN, [(event.stream,)])]
        case _:
            return []


def instruction_key(instruction: InstructionRef) -> str:
    """How the table `relations` names an instruction on an incoming paper."""
    return f"{instruction.stream}#{instruction.no}"


def _matter(last: Placed, state: Frozen) -> list[Statement]:
    matter = cast("ListableMatter", state)
    due = None if matter.due is None else matter.due.isoformat()
    listed = (last.stream, matter.number, matter.title, matter.stage.value, matter.lead, due)
    parent = matter.part_of.stream if matter.part_of else None
    return [(_PUT_MATTER, [(*listed, title_key(matter.title), parent, *year_and_tail(matter.number))])]


def _meeting(last: Placed, state: Frozen) -> list[Statement]:
    m = cast("Meeting", state)
    row = (last.stream, m.number, m.series, m.title, m.stage.value, micros(m.starts), m.ordinal, last.version)
    return [(_PUT_MEETING, [row])]


LISTED: dict[str, Callable[[Placed, Frozen], list[Statement]]] = {"matter": _matter, "meeting": _meeting}
"""Kind of stream → the row it is listed by."""
