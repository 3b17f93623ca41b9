"""What the log holds at the moment an append looks, under the writer's lock, and whether the asker stands on that."""

# ruff: noqa: S608  (column names are constants)

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from domain.base import refuse
from domain.envelope import Recorded
from domain.ids import rulebook_streams
from domain.log import BEHIND_BYTES, BEHIND_EVENTS, Ahead, Already, AppendRequest, Behind, Rulebook
from eventlog.backend import Question, Row
from eventlog.claims import PERSON
from eventlog.database import Database, Transaction
from eventlog.list_rows import COLUMNS
from eventlog.proofs import DEMAND
from eventlog.reading import command_events, rulebook_in
from eventlog.rows import EVENT_COLUMNS, event_of_row
from eventlog.witness import Height

# One round trip for everything the answer depends on.
_LOOK = f"""
SELECT c.stream, c.request_hash, r.valid_until, h.version, h.hash, h.recorded_at, s.ended,
       (SELECT digest FROM snapshots WHERE stream = ? ORDER BY position DESC LIMIT 1),
       n.position, n.recorded_at, w.hash, {{clock}}, k.position, k.hash, o.position, o.hash,
       (SELECT digest FROM snapshots WHERE stream = ? ORDER BY position DESC LIMIT 1),
       (SELECT digest FROM snapshots WHERE stream = ? ORDER BY position DESC LIMIT 1),
       (SELECT 1 FROM commands WHERE command_id = '{DEMAND}'), p.name, p.role, p.unit, p.left_at,
       {", ".join(f"l.{name}" for name in COLUMNS)}
FROM (SELECT 1 AS one) one
LEFT JOIN commands c ON c.command_id = ?
LEFT JOIN refusals r ON r.command_id = ?
LEFT JOIN (SELECT version, hash, recorded_at FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1) h ON TRUE
LEFT JOIN streams s ON s.stream = ?
LEFT JOIN (SELECT position, hash FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1) k ON TRUE
LEFT JOIN (SELECT position, hash FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1) o ON TRUE
LEFT JOIN matter_rows l ON l.stream = ?
LEFT JOIN (SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1) n ON TRUE
LEFT JOIN events w ON w.position = ?
LEFT JOIN people p ON p.id = ?
"""
_BEHIND = f"SELECT {EVENT_COLUMNS} FROM events WHERE stream = ? AND version >= ? ORDER BY version LIMIT ?"


@dataclass(frozen=True)
class Standing:
    """What the log holds at this moment, under the writer's lock."""

    command_stream: str | None
    command_hash: str | None
    refused_until: int
    version: int
    hash: str
    recorded_at: int
    """The newest of the log, and of the stream: nothing is recorded before either."""
    ended: int | None
    """What its row says of the stream's end; None when there is none."""
    snapshot: str | None
    """The digest of its newest snapshot; None when there is none."""
    rulebook_version: int
    last_position: int
    seen: Height
    """How far this home has seen the log reach, and below what stands there now."""
    seen_hash: str
    clock: int | None
    """The database's own time, when it has a clock."""
    rules: Row
    """What the rulebook stands on: the newest events of calendar and policy, and the snapshots before them."""
    demanded: bool
    """Whether the log demands that whoever acts has proven himself."""
    listed: Row
    """The row it is listed by; of nothing but None when there is none."""


def question_of(database: Database, request: AppendRequest, seen: Height) -> Question:
    """All the answer to a request depends on, but for what few requests ask of others."""
    rules, stream, command_id = rulebook_streams(database.headquarters), request.stream, request.command_id
    place = (stream, *rules, command_id, command_id, stream, stream, *rules, stream, seen.position, request.actor.id)
    return _look(database.backend.clock_sql), place


@cache
def _look(clock: str) -> str:
    return _LOOK.format(clock=clock)


def standing_in(transaction: Transaction, request: AppendRequest, row: Row, seen: Height) -> Standing:
    """What the database answered to `question_of`; whom the actor is, the claims need not ask again."""
    command_stream, command_hash, refused, version, digest, recorded, ended, snapshot, *newest = row
    position, last, witnessed, own, *rest = newest
    rules, (demanded, *person), listed = rest[:6], rest[6:11], rest[11:]
    transaction.foresee(PERSON, (request.actor.id,), None if person[0] is None else tuple(person))
    return Standing(
        command_stream,
        command_hash,
        refused or 0,
        version or 0,
        digest or "",
        max(recorded or 0, last or 0),
        ended,
        snapshot,
        max(rules[0] or 0, rules[2] or 0),
        position or 0,
        seen,
        witnessed or "",
        own,
        tuple(rules),
        demanded is not None,
        tuple(listed),
    )


def already(transaction: Transaction, request: AppendRequest, standing: Standing) -> Already | None:
    """The command id is in the log: its events, if it is the same command."""
    if standing.command_stream is None:
        return None
    # Builds before this one recorded the office's own streams without a hash.
    same = standing.command_hash in ("", request.request_hash) and standing.command_stream == request.stream
    refuse(
        not same,
        f"命令编号 {request.command_id} 已用于另一条内容不同的命令，请换一个编号",
        "command_id_reused",
    )
    return Already(events=command_events(transaction, request.command_id))


def outdated(transaction: Transaction, request: AppendRequest, standing: Standing) -> Ahead | Behind | None:
    """Whether the asker stands on another history, or misses events or the newest rulebook."""
    expected, expected_hash = request.expected_version, request.expected_hash
    if standing.version < expected:
        return Ahead(version=standing.version)
    missing: tuple[Recorded, ...] = ()
    if standing.version == expected:
        same = standing.hash == expected_hash
    else:
        # From the last event the asker knows, to see that it is the same one.
        rows = transaction.all(_BEHIND, (request.stream, max(expected, 1), BEHIND_EVENTS + 1))
        events = [event_of_row(row) for row in rows]
        known_hash = events.pop(0).hash if expected else ""
        same = known_hash == expected_hash
        missing = _at_most(events)
    if not same:
        return Ahead(version=standing.version)
    moved = standing.rulebook_version != request.rulebook_version
    rulebook: Rulebook | None = rulebook_in(transaction) if moved else None
    return Behind(events=missing, rulebook=rulebook) if missing or moved else None


def _at_most(events: Sequence[Recorded]) -> tuple[Recorded, ...]:
    """As many as one answer may carry, and at least one."""
    size, count = 0, 0
    for event in events[:BEHIND_EVENTS]:
        size += len(event.model_dump_json().encode())
        if count and size > BEHIND_BYTES:
            break
        count += 1
    return tuple(events[:count])
