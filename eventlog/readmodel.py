"""The read model: what an event changes in the tables that are read; append, rebuild and verify all compute it here."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, cast

from domain.base import Frozen
from domain.duplicates import title_key
from domain.envelope import LoggedEvent, Recorded
from domain.event import UnknownEventError
from domain.facts import PartOf
from domain.ids import kind_of
from domain.meetings.meeting import Meeting
from domain.numbering import year_and_tail
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
PUT_NUMBER = "INSERT INTO numbers (series, last) VALUES (?, ?) ON CONFLICT (series) DO UPDATE SET last = excluded.last"

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
