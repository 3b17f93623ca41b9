"""The contract between the delivery workflow and its hands: two activities, and what they say."""

from datetime import UTC, datetime

from domain.base import Frozen
from domain.log import Witnessed

SPREAD = "spread_notices"
"""Look at what the log holds and nobody was told of yet; answers what waits on which channel."""
DELIVER = "deliver_notices"
"""Send what is due on one channel."""

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When a notice that reaches nobody any more is tried next."""


class Queue(Frozen):
    """What waits on a channel: how much, and from when on it may be tried."""

    channel: str
    waiting: int
    next_at: datetime


class DeliveryQueues(Frozen):
    """What waits, by channel, and when that was looked at."""

    queues: tuple[Queue, ...] = ()
    looked_at: datetime | None = None
    plain: bool = False
    """The home is a real one: the clock is the world's, whatever the delivery was started with."""
    witnessed: Witnessed | None = None
    """How far the log reached when it was looked at."""


class Turn(Frozen):
    """One turn of sending on a channel."""

    channel: str
    now: datetime
