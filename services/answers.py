"""What a matter answered, as scripts read it: the same document from the command line and from the API."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from domain.envelope import Recorded
from domain.matter import Matter
from domain.queries.changed import changed_by_command
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogError

if TYPE_CHECKING:
    from workflows.contract import Reply


def answer_document(database: Database, reply: "Reply") -> dict[str, Any]:
    """A matter's answer; `changed` are numbers given, limits moved and rung reached, in words."""
    return {
        "matter": reply.matter,
        "stage": reply.stage.value,
        "version": reply.version,
        "light": reply.light.value,
        "light_reason": reply.light_reason,
        "changed": _changed(database, reply),
    }


def _changed(database: Database, reply: "Reply") -> list[str]:
    """What the command changed; nothing when the log cannot be read just now, for the command itself is recorded."""
    if not reply.events:
        return []
    try:
        before = reply.version - len(reply.events)
        events = reading.read_stream(database, reply.stream, after=before - 1, upto_version=reply.version)
        old, new = (_matter_after(database, reply.stream, events, version) for version in (before, reply.version))
    except LogError:
        return []
    return list(changed_by_command(old, new)) if new is not None else []


def _matter_after(database: Database, stream: str, events: Sequence[Recorded], version: int) -> Matter | None:
    position = next((event.position for event in events if event.version == version), 0)
    known = reading.load(database, stream, reading.recorded_upto(position)) if position else None
    return known.state if known is not None and isinstance(known.state, Matter) else None
