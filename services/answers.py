"""What a matter answered, as scripts read it: the same document from the command line and from the API."""

from typing import TYPE_CHECKING, Any

from domain.matter import Matter
from domain.queries.changed import changed_by_command
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogError
from eventlog.readmodel import fold_events

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
    before = reply.version - len(reply.events)
    if not reply.events or not before:  # of what was just opened all is new
        return []
    try:
        events = reading.read_stream(database, reply.stream, after=before - 1, upto_version=reply.version)
        last = events[0].position if len(events) > 1 else 0
        known = reading.load(database, reply.stream, reading.recorded_upto(last))
    except LogError:
        return []
    if known is None or not isinstance(known.state, Matter):
        return []
    after = fold_events(reply.stream, known.state, events[1:])
    return list(changed_by_command(known.state, after)) if isinstance(after, Matter) else []
