"""Snapshots: the state of a stream at every eighth version, so that a state is never more than seven events away.

They follow from the events, as all that is read does: the append writes one when a stream comes by such a version, a
rebuild makes them again, `verify` holds them to a fold. Who reads trusts one only if its digest fits, this build made
it, and it stands on the event that is in the log there; otherwise he folds the events from the first on.
"""

from domain.envelope import LoggedEvent
from eventlog.backend import Row, Statement
from eventlog.evidence import snapshot_digest
from eventlog.schema import HEAD

EVERY = 8
"""Versions from one to the next: measured, see docs/decisions/111."""
COLUMNS = ("stream", "position", "version", "hash", "build", "state", "digest")
STATE = COLUMNS.index("state")
_PUT = (
    f"INSERT INTO snapshots ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "  # noqa: S608  (constants)
    "ON CONFLICT (stream, position) DO UPDATE SET version = excluded.version, hash = excluded.hash, "
    "build = excluded.build, state = excluded.state, digest = excluded.digest"
)
"""What somebody planted where one belongs holds nobody up."""


def is_due(version: int) -> bool:
    """Whether the state at this version is kept."""
    return version % EVERY == 0


def snapshot_of(event: LoggedEvent, text: str) -> Row:
    """The row of a stream's state after this event."""
    row = (event.stream, event.position, event.version, event.hash, HEAD, text)
    return (*row, snapshot_digest(row))


def put_snapshots(rows: list[Row]) -> list[Statement]:
    """What keeps these."""
    return [(_PUT, rows)] if rows else []


def is_sound(snapshot: Row, stands_on: str | None) -> bool:
    """Whether a snapshot (`COLUMNS`) may be built upon; `stands_on` is the hash of the event it says it stands on."""
    version, digest, build = snapshot[2:5]
    due = version.__class__ is int and is_due(version)
    return due and digest == stands_on and build == HEAD and bool(snapshot[-1] == snapshot_digest(snapshot[:-1]))
