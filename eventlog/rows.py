"""Between a row of `events` and a `Recorded`: the order of columns, and nothing re-serialised on the way."""

# ruff: noqa: S608  (column names are constants)

import json
from functools import lru_cache

from domain.envelope import Actor, Provenance, Recorded, canonical
from eventlog.backend import Row
from eventlog.stored_time import from_micros

EVENT_COLUMNS = (
    "position, headquarters, stream, version, event_id, type, schema, payload, actor, command_id, "
    "occurred_at, recorded_at, previous_hash, hash"
)
PROVEN = "proven"
INSERT_EVENT = f"INSERT INTO events ({EVENT_COLUMNS}) VALUES ({', '.join('?' * 14)})"


@lru_cache(maxsize=1024)
def actor_text(actor: Actor, proven: Provenance | None = None) -> str:
    """The actor of an event as the column `events.actor` stores and hashes him, and how he had proven himself."""
    stored = actor.model_dump(mode="json", exclude_none=True)
    return canonical(stored if proven is None else {**stored, PROVEN: proven.model_dump(mode="json")})


@lru_cache(maxsize=1024)
def _actor_of(text: str) -> tuple[Actor, Provenance | None]:
    """The actor of the JSON in the column `events.actor`."""
    stored = json.loads(text)
    proven = stored.pop(PROVEN, None)
    return Actor.model_validate(stored), None if proven is None else Provenance.model_validate(proven)


def event_of_row(row: Row) -> Recorded:
    """The event (`Recorded`) of a row selected by `EVENT_COLUMNS`."""
    actor, proven = _actor_of(row[8])
    occurred, recorded = row[10], row[11]
    noted = from_micros(recorded)
    return Recorded.trusted(
        {
            "position": row[0],
            "headquarters": row[1],
            "stream": row[2],
            "version": row[3],
            "event_id": row[4],
            "type": row[5],
            "schema_version": row[6],
            "payload": row[7],
            "actor": actor,
            "proven": proven,
            "command_id": row[9],
            "occurred_at": noted if occurred == recorded else from_micros(occurred),
            "recorded_at": noted,
            "previous_hash": row[12],
            "hash": row[13],
        }
    )
