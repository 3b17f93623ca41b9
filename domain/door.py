"""The door's proof: what reaches a workflow shows that it came through the gateway, and not past it.

Temporal's development server has no authentication, so whoever reaches its port can start workflows and send updates.
A proof is an HMAC with a key that only the home and its workers can read. It begins with its kind, so that the proof of
a person can stand in the same field one day.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import TypeVar

from domain.envelope import canonical
from domain.order import OrderBase

KIND = "door:1:"
UNPROVEN = "命令没有经过本单位 xmh 的入口（凭证不符），未作任何改动；请确认两边版本和 door.key 相同"

O = TypeVar("O", bound=OrderBase)  # noqa: E741  (an order)


class Door:
    """Makes and checks proofs with one key."""

    def __init__(self, key: bytes) -> None:
        """`key` is the home's `door.key`, which gateway and worker share."""
        self._key = key

    def __repr__(self) -> str:
        """Without the key, which must never be printed."""
        return "Door()"

    def pass_order(self, order: O) -> O:
        """The same order with its proof."""
        proof = self.of_order(order.command_id, order.content_hash(), order.valid_until)
        return order.model_copy(update={"proof": proof})

    def of_order(self, command_id: str, content: str, valid_until: datetime) -> str:
        """The proof of an order: of its id, its content with stream and actor, and until when it is meant."""
        return self._proof(["order", command_id, content, valid_until.isoformat()])

    def of_start(self, stream: str, renew_after: int | None, clock_shift: timedelta) -> str:
        """The proof of what starts the workflow of a stream."""
        shift = clock_shift // timedelta(microseconds=1)
        return self._proof(["start", stream, str(renew_after), str(shift)])

    def of_challenge(self, text: str) -> str:
        """The proof of what a page of ours asked a security key to sign: its moment and a number used once."""
        return self._proof(["challenge", text])

    def _proof(self, fields: list[str]) -> str:
        return KIND + hmac.new(self._key, canonical({"proves": fields}).encode(), hashlib.sha256).hexdigest()


def same(proof: str, expected: str) -> bool:
    """Whether two proofs are equal, in a time that does not tell how far they are."""
    return hmac.compare_digest(proof.encode(), expected.encode())
