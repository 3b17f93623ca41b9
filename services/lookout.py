"""The look-out of a worker: every second it sees whether the log moved."""

import asyncio

import structlog
from temporalio.service import RPCError

from eventlog.errors import LogError
from eventlog.notices import newest_untold_position
from services.gateway import Gateway
from services.sweep import Sweep

logger = structlog.get_logger()

LOOK_OUT_EVERY = 1.0
"""Seconds between two looks: a question or two to an index."""


class Lookout:
    """Sees every second whether the log moved: forward, then the notices are told; back, then it is settled.

    A question a second to an index instead of a signal per append: no command waits for it, writers outside Temporal
    are seen too, and Temporal hears nothing while nothing happens.
    """

    def __init__(self, gateway: Gateway, sweep: Sweep) -> None:
        """Look at the gateway's log; the sweep looks at every matter when it went back."""
        self._gateway = gateway
        self._sweep = sweep
        self._told = -1

    async def once(self) -> None:
        """One look. The first one always tells: what waits may have become due while no worker ran."""
        if await self._sweep.guard.look():
            self._sweep.restored += 1
            self._sweep.hurry()
        newest = await asyncio.to_thread(newest_untold_position, self._gateway.database)
        if newest > self._told:
            await self._gateway.keep_notices(look=True)
            self._told = newest

    async def for_ever(self) -> None:
        """Look every second, whatever goes wrong: a fault is logged and the next look comes."""
        while True:
            try:
                await self.once()
            except (RPCError, LogError, RuntimeError) as e:
                logger.warning("lookout_failed", error=str(e))
            except Exception:
                logger.exception("lookout_broken")
            await asyncio.sleep(LOOK_OUT_EVERY)
