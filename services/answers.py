"""What a matter answered, as scripts read it: the same document from the command line and from the API."""

from typing import TYPE_CHECKING, Any

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
        events = reading.read_stream(database, reply.stream)
    except LogError:
        return []
    upto = [e for e in events if e.version <= reply.version]
    before = upto[: len(upto) - len(reply.events)]
    states = [reading.folded_state(reply.stream, part).state if part else None for part in (before, upto)]
    old, new = (state if isinstance(state, Matter) else None for state in states)
    return list(changed_by_command(old, new)) if new is not None else []
