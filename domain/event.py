"""What every event has in common: a name, a schema version, perhaps a number, and one way in and out of JSON."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from domain.base import Frozen
from domain.envelope import Draft, Encoded, NumberSeries
from domain.streams import load_every_kind

_TYPES: dict[str, type["Event"]] = {}
_JSON: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])

REMEMBERED = 128
"""So many events are at hand as they were decoded."""
Upcaster = Callable[[Mapping[str, Any]], dict[str, Any]]
UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(type, schema version) → the payload one version newer. Old payloads are lifted when read, never rewritten."""


class UnknownEventError(Exception):
    """The log holds an event this build cannot read: it was written by a newer one, or is spoilt."""


class Event(Frozen):
    """A fact in the past tense, known to the log by its class name; `label` is what the office calls it."""

    label: ClassVar[str]
    schema_version: ClassVar[int] = 1

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Register the type under its name."""
        _TYPES[cls.__name__] = cls

    def series(self, at: datetime) -> NumberSeries | None:
        """The number series this event takes its number from at that instant; None for most."""
        del at
        return None

    def draft(self, now: datetime, occurred_at: datetime | None = None) -> Draft:
        """The event ready for the log. `occurred_at` is given when it did not happen `now`."""
        return Draft(
            type=type(self).__name__,
            schema_version=self.schema_version,
            payload=self.model_dump(mode="json", exclude_none=True),
            occurred_at=occurred_at,
            number=self.series(occurred_at or now),
        )


def decode(recorded: Encoded) -> Event:
    """The typed event of a recorded one, lifted to today's schema.

    Raises:
        UnknownEventError: of a type or schema this build does not know, or the payload is none of its type's.
    """
    return _decoded(recorded.type, recorded.schema_version, recorded.payload)


# A worker that appended an event folds it in its workflow, tells it and answers with it: it is decoded once.
@lru_cache(maxsize=REMEMBERED)
def _decoded(kind: str, schema_version: int, payload: str) -> Event:
    cls = _type_of(kind, schema_version)
    try:
        if schema_version < cls.schema_version:
            lifted = _lifted(kind, schema_version, cls, _JSON.validate_json(payload))
            return cls.model_validate_json(_JSON.dump_json(lifted))
        event: Event = cls.__pydantic_validator__.validate_json(payload)  # `model_validate_json`, in fewer calls
    except ValidationError as error:  # what a log says is nobody's input
        raise UnknownEventError(str(error)) from error
    return event


def _type_of(kind: str, schema_version: int) -> type[Event]:
    cls = _TYPES.get(kind) or known_types().get(kind)
    if cls is None or schema_version not in range(1, cls.schema_version + 1):
        raise UnknownEventError(f"{kind} v{schema_version}")
    return cls


def _lifted(kind: str, schema_version: int, cls: type[Event], payload: dict[str, Any]) -> dict[str, Any]:
    for version in range(schema_version, cls.schema_version):
        payload = UPCASTERS[kind, version](payload)
    return payload


def event_of(draft: Draft) -> Event:
    """The typed event of a draft that is about to be recorded.

    Raises:
        UnknownEventError: it is of no type this build knows.
        ValidationError: it lacks what such an event holds.
    """
    cls = _type_of(draft.type, draft.schema_version)
    return cls.model_validate_json(_JSON.dump_json(_lifted(draft.type, draft.schema_version, cls, draft.payload)))


def label_of(event_type: str) -> str:
    """The office's word for an event type; the type itself when unknown."""
    cls = known_types().get(event_type)
    return cls.label if cls else event_type


def known_types() -> Mapping[str, type[Event]]:
    """All event types by name."""
    load_every_kind()
    return _TYPES
