"""The record of accounts and of coming in, as it is shown."""

from typing import Any

from domain.calendar import SHANGHAI
from domain.envelope import Recorded
from domain.event import decode, label_of
from domain.terms import Role

MAY_READ_ACCESS = (Role.OFFICE, Role.AUDITOR)
"""Who reads the record of accounts: the office, and the auditor who checks it; not who keeps them (三员分立)."""


def access_row(recorded: Recorded) -> dict[str, Any]:
    """One event of the record; what an event does not say is null."""
    said = decode(recorded).model_dump(mode="json")
    keys = ("person", "address", "count", "reason", "scope", "id", "session", "factor", "until", "matter", "name")
    return {
        "position": recorded.position,
        "at": recorded.recorded_at.astimezone(SHANGHAI).isoformat(),
        "type": recorded.type,
        "label": label_of(recorded.type),
        **{key: said.get(key) for key in keys},
        "actor": recorded.actor.id,
    }
