"""Between a row of `events` and a `Recorded`: the order of columns, and nothing re-serialised on the way."""

# ruff: noqa: S608  (column names are constants)

import json
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from domain.envelope import Actor, Provenance, Recorded, canonical
from domain.event import UnknownEventError
from eventlog.backend import Row
from eventlog.stored_time import from_micros, micros

EVENT_COLUMNS = (
    "position, headquarters, stream, version, event_id, type, schema, payload, actor, command_id, "
    "occurred_at, recorded_at, previous_hash, hash"
)
FOLDED_COLUMNS = "position, headquarters, stream, version, type, schema, payload, actor, occurred_at, recorded_at, hash"
"""What a fold goes by."""
PROVEN = "proven"
INSERT_EVENT = f"INSERT INTO events ({EVENT_COLUMNS}) VALUES ({', '.join('?' * 14)})"


@lru_cache(maxsize=1024)
def actor_text(actor: Actor, proven: Provenance | None = None) -> str:
    """The actor of an event as the column `events.actor` stores and hashes him, and how he had proven himself."""
    stored = actor.model_dump(mode="json", exclude_none=True)
    return canonical(stored if proven is None else {**stored, PROVEN: proven.model_dump(mode="json")})


@lru_cache(maxsize=1024)
def _actor_of(text: str) -> tuple[Actor, Provenance | None]:
    """The actor of the JSON in the column `events.actor`.

    Raises:
        UnknownEventError: it names none.
    """
    try:
        stored = json.loads(text)
        proven = stored.pop(PROVEN, None)
        return Actor.model_validate(stored), None if proven is None else Provenance.model_validate(proven)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:  # what a log says is nobody's input
        raise UnknownEventError(f"actor: {error}") from error


def _instant(value: int) -> datetime:
    """The instant of a column.

    Raises:
        UnknownEventError: there is none such.
    """
    try:
        return from_micros(value)
    except (TypeError, OverflowError) as error:
        raise UnknownEventError(f"time: {error}") from error


class StoredEvent(NamedTuple):
    """An event in its row, for who folds it and hands it on to nobody: its times are made when they are asked for."""

    position: int
    headquarters: str
    stream: str
    version: int
    type: str
    schema_version: int
    payload: str
    actor: Actor
    occurred: int
    recorded: int
    hash: str

    @property
    def occurred_at(self) -> datetime:
        """When it was so (UTC)."""
        return from_micros(self.occurred)

    @property
    def recorded_at(self) -> datetime:
        """When the log took it (UTC)."""
        return from_micros(self.recorded)


def folded_event(row: Row) -> StoredEvent:
    """The event of a row selected by `FOLDED_COLUMNS`, at a quarter of the price of a `Recorded`.

    Raises:
        UnknownEventError: its actor is none, or its times are; as of `event_of_row`.
    """
    position, headquarters, stream, version, kind, schema, payload, actor, occurred, recorded, digest = row
    if not (occurred.__class__ is recorded.__class__ is int and _FIRST <= occurred <= _LAST >= recorded >= _FIRST):
        _instant(occurred), _instant(recorded)
    who = _actor_of(actor)[0]
    fields = (position, headquarters, stream, version, kind, schema, payload, who, occurred, recorded, digest)
    return _stored(StoredEvent, fields)


def stored_event(row: Row) -> StoredEvent:
    """The same of a row selected by `EVENT_COLUMNS`."""
    return folded_event(_folded(row))


_folded = itemgetter(*(EVENT_COLUMNS.split(", ").index(name) for name in FOLDED_COLUMNS.split(", ")))
_stored = tuple.__new__
_FIRST, _LAST = micros(datetime(1, 1, 1, tzinfo=UTC)), micros(datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC))
"""There are no times beyond."""


def event_of_row(row: Row) -> Recorded:
    """The event (`Recorded`) of a row selected by `EVENT_COLUMNS`.

    Raises:
        UnknownEventError: its actor is none, or its times are.
    """
    (
        position,
        headquarters,
        stream,
        version,
        event_id,
        event_type,
        schema,
        payload,
        actor_json,
        command_id,
        occurred,
        recorded,
        previous_hash,
        digest,
    ) = row
    actor, proven = _actor_of(actor_json)
    noted = _instant(recorded)
    return Recorded.trusted(
        {
            "position": position,
            "headquarters": headquarters,
            "stream": stream,
            "version": version,
            "event_id": event_id,
            "type": event_type,
            "schema_version": schema,
            "payload": payload,
            "actor": actor,
            "proven": proven,
            "command_id": command_id,
            "occurred_at": noted if occurred == recorded else _instant(occurred),
            "recorded_at": noted,
            "previous_hash": previous_hash,
            "hash": digest,
        }
    )
