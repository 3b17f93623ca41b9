"""Orders in somebody's name that came past all entrances: the worker refuses them, and here they come on record."""

import asyncio
from datetime import UTC, datetime

import structlog

from domain.access.events import OrderRefused
from domain.access.terms import OrderFault
from domain.bounds import seen
from eventlog.database import Database
from eventlog.errors import LogError
from services.minute_counts import MinuteCount, MinuteCounts
from services.reading_record import record_reading

logger = structlog.get_logger()

EVERY = 20.0
MOST_NAMES = 20
"""So many names of one minute are kept apart: whoever invents a name for each order fills no log."""
OTHERS = "其他"
LONGEST = 60


class OrderRefusals:
    """What one worker refused, and has not put on record yet."""

    def __init__(self, database: Database) -> None:
        """Nothing was refused yet."""
        self._database = database
        self._counts = MinuteCounts[tuple[str, OrderFault]]()
        self.total = 0
        """How many since this worker began."""

    def note(self, fault: OrderFault, stream: str, claimed: str) -> None:
        """One order was refused."""
        self.total += 1
        now = datetime.now(UTC)
        key = (seen(claimed)[:LONGEST], fault)
        apart = self._counts.has(key, now) or self._counts.kinds(now) < MOST_NAMES
        self._counts.note(key if apart else (OTHERS, fault), seen(stream)[:LONGEST], now)

    def record(self, now: datetime | None) -> None:
        """Put on record the minutes that are over by now, or all.

        Raises:
            LogError: the log cannot be written; what is not in it is tried again.
        """
        self._counts.record(now, self._write)

    async def for_ever(self) -> None:
        """Every minute as it is over; all of it when told to stop."""
        try:
            while True:
                await asyncio.sleep(EVERY)
                await asyncio.to_thread(self._try, datetime.now(UTC))
        finally:
            self._try(None)

    def _try(self, now: datetime | None) -> None:
        try:
            self.record(now)
        except LogError as error:
            logger.warning("refusals_not_recorded", error=str(error))

    def _write(self, counted: MinuteCount[tuple[str, OrderFault]]) -> None:
        claimed, fault = counted.key
        minute, count = counted.minute, counted.count
        event = OrderRefused(claimed=claimed, fault=fault, minute=minute, count=count, stream=counted.first)
        record_reading(self._database, event, datetime.now(UTC))
