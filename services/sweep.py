"""The sweep of a worker: every minute each open matter is compared with the log, and brought to it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from temporalio.service import RPCError

from domain.base import Refusal
from domain.ids import OfficeStream
from eventlog import reading
from eventlog.errors import LogError
from eventlog.watermark import Healed
from services.gateway import Gateway
from services.healing import Healing, Recovery
from services.log_guard import LogGuard
from services.verified import Verified

logger = structlog.get_logger()

SWEEP_EVERY = timedelta(minutes=1)


class Sweep:
    """Compares every open matter with the log: starts what is missing, wakes what differs, notes what was healed."""

    def __init__(self, gateway: Gateway, store: Callable[[], Path]) -> None:
        """What was filed in the store has numbers too, which no log that went back may give again."""
        self._gateway = gateway
        self._healing = Healing(gateway)
        self.guard = LogGuard(self._healing, store)
        self._verified = Verified()
        self._rhythm_told = (-1, -1)
        self._hurry = asyncio.Event()
        self.swept = asyncio.Event()
        """Set when everything was looked at once."""
        self.looked_at: datetime | None = None
        """When everything was last looked at."""
        self.found: Recovery | None = None
        """What was found then."""
        self.healed = 0
        """How many matters were brought to the log so far."""
        self.restored = 0
        """How often the log had gone back."""

    def hurry(self) -> None:
        """Look again now, at every matter: the server was away or the log went back, and any of them may differ."""
        self._verified.level.clear()
        self._hurry.set()

    async def _tell_rhythm(self) -> None:
        """Rules that changed while nobody could be told: the rhythm looks again."""
        database = self._gateway.database
        rulebook = await asyncio.to_thread(reading.rulebook_version, database)
        series = (await asyncio.to_thread(reading.stream_head, database, database.own(OfficeStream.SERIES))).version
        if (rulebook, series) != self._rhythm_told:
            await self._gateway.wake_rhythm()
            self._rhythm_told = (rulebook, series)

    async def once(self) -> Recovery | None:
        """One look at everything; None when a service did not answer."""
        try:
            if await self.guard.look():
                self.restored += 1
                self._verified.level.clear()
            await self._gateway.claim_queue()
            await self._gateway.keep_services()
            await self._tell_rhythm()
            recovery = await self._healing.recover(verified=self._verified)
        except (RPCError, LogError, Refusal, RuntimeError) as e:
            logger.warning("sweep_failed", error=str(e))
            return None
        self.looked_at, self.found = datetime.now(UTC), recovery
        if recovery.refused:
            logger.error("clock_refused", streams=recovery.refused)
        if recovery.missing or recovery.foreign or recovery.behind or recovery.silent or recovery.ahead:
            healed = Healed(
                at=datetime.now(UTC),
                missing=len(recovery.missing) + len(recovery.foreign),
                behind=len(recovery.behind) + len(recovery.silent),
                ahead=len(recovery.ahead),
            )
            self.healed += healed.missing + healed.behind + healed.ahead
            logger.warning("healed", open=recovery.open, **healed.model_dump(exclude={"at"}))
            await asyncio.to_thread(self._note, healed)
        return recovery

    def described(self) -> dict[str, str | int | None]:
        """What `status` says of this worker."""
        swept = self.looked_at.isoformat() if self.looked_at else None
        return {"swept_at": swept, "healed": self.healed, "restored": self.restored}

    def _note(self, healed: Healed) -> None:
        database = self._gateway.database
        if database.witness is not None:
            database.witness.note(database.log(), lambda mark: mark.with_healing(healed))

    async def for_ever(self) -> None:
        """At once, then every minute or when told to hurry."""
        while True:
            try:
                await self.once()
            except Exception:
                # Whatever it is, the next look may succeed; without sweeps a lost matter would stay lost in silence.
                logger.exception("sweep_broken")
            self.swept.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), SWEEP_EVERY.total_seconds())
            self._hurry.clear()
