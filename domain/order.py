"""A command on its way: what every kind of stream's orders have in common."""

import hashlib

from pydantic import AwareDatetime

from domain.access.proof import OrderProof
from domain.base import Frozen
from domain.envelope import Actor, canonical


class OrderBase(Frozen):
    """Who sends a command, under which id, to which stream, and until when it is still meant.

    `occurred_at` is set when the thing happened earlier than it is entered. Each kind of stream adds its `command`.
    `proof` shows that it came through the gateway (`domain/door.py`), `signed` who proved himself to be the actor.
    """

    command_id: str
    stream: str
    actor: Actor
    valid_until: AwareDatetime
    occurred_at: AwareDatetime | None = None
    proof: str = ""
    signed: OrderProof | None = None

    def content_hash(self) -> str:
        """SHA-256 of what is asked and by whom: the same id with other content is refused."""
        body = self.model_dump(mode="json", include={"stream", "actor", "command", "occurred_at"})
        return hashlib.sha256(canonical(body).encode()).hexdigest()
