"""What follows from single events is written a block of them at a time, and read from them until their block is full.

One by one it would cost each append a page of the database more, and a third of its time.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from domain.envelope import Recorded
from eventlog.database import Transaction
from eventlog.stored_time import from_micros, micros

BLOCK = 64
"""Events in a block."""
_RECORDED = (
    "SELECT position, stream, type, schema, payload, occurred_at FROM events WHERE position > ? AND position <= ?"
)


class BlockEvent(NamedTuple):
    """Of an event what is written with its block."""

    position: int
    stream: str
    type: str
    schema_version: int
    payload: str
    occurred: int

    @property
    def said(self) -> tuple[int, str, str]:
        """What its words are made of."""
        return self.position, self.stream, self.payload

    @property
    def occurred_at(self) -> datetime:
        """When it was so (UTC)."""
        return from_micros(self.occurred)


def filled_until(position: int) -> int:
    """The last event of a full block, in a log that reaches so far."""
    return position // BLOCK * BLOCK


def filled_blocks(transaction: Transaction, before: int, events: Sequence[Recorded]) -> list[BlockEvent]:
    """All events of the blocks that are full with these, in a log that reached up to `before`; nearly always none."""
    since, until = filled_until(before), filled_until(events[-1].position)
    if until == since:
        return []
    added = [
        BlockEvent(e.position, e.stream, e.type, e.schema_version, e.payload, micros(e.occurred_at)) for e in events
    ]
    return [e for e in (*map(BlockEvent._make, transaction.all(_RECORDED, (since, before))), *added) if e[0] <= until]
