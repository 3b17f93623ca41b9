"""The time-skipping server's clock, stepped from one known instant to the next with a barrier after each step.

A skip can outrun the workers: a workflow task still in flight then times out in virtual time and the run hangs. So
after every step the log must hold whatever the clock owed, and every matter it concerned must have finished its task.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from temporalio.testing import WorkflowEnvironment

from domain.deadlines import next_deadline
from domain.log import Rulebook
from domain.matter import Matter
from eventlog import reading
from eventlog.database import Database
from gateway import Gateway
from workflows.matter import MatterWorkflow

PATIENCE = 60
"""Real seconds a step may take before something is wrong."""
AT_ONCE = 8


class Stalled(Exception):  # noqa: N818  (says what happened)
    """The office did not get done what the clock owed."""


class SimulatedClock:
    """Virtual time. `shift` turns Temporal's clock into the simulated office's."""

    def __init__(self, environment: WorkflowEnvironment, database: Database, gateway: Gateway) -> None:
        """Step this server, watching this log."""
        self._environment = environment
        self._database = database
        self._gateway = gateway
        self._rulebook = reading.rulebook(database)
        self._seen = 0
        self._matters: dict[str, Matter] = {}
        self._owed: dict[str, datetime | None] = {}

    def matters(self) -> list[Matter]:
        """Every matter as the log has it, by number; only what moved since the last look is read."""
        for found in reading.states_since(self._database, "matter", self._seen):
            assert isinstance(found.state, Matter)  # noqa: S101  (the kind says so)
            self._matters[found.stream] = found.state
            self._owed.pop(found.stream, None)
            self._seen = max(self._seen, found.position)
        return sorted(self._matters.values(), key=lambda m: m.number)

    def matter(self, stream: str) -> Matter | None:
        """The matter of a stream; None before it is opened."""
        self.matters()
        return self._matters.get(stream)

    def rulebook(self) -> Rulebook:
        """The rulebook in force."""
        return self._rulebook

    def look_at_rulebook(self) -> None:
        """Read the rulebook again, after it was changed."""
        self._rulebook = reading.rulebook(self._database)
        self._owed.clear()

    def owed(self) -> dict[str, datetime]:
        """When the clock next owes something, by stream."""
        for matter in self.matters():
            if matter.stream not in self._owed:
                deadline = next_deadline(matter, self._rulebook, matter.opened_at)
                self._owed[matter.stream] = deadline.at if deadline else None
        return {stream: at for stream, at in self._owed.items() if at is not None}

    async def now(self) -> datetime:
        """The office's moment."""
        return await self._environment.get_current_time() + self._gateway.clock_shift

    async def step_to(self, instant: datetime) -> None:
        """Let the clock stand at `instant` (or later, if it already does) and everything owed by then be recorded."""
        ahead = instant - await self.now()
        if ahead > timedelta(0):
            await self._environment.sleep(ahead)
        await self.settle(instant)

    async def settle(self, instant: datetime) -> None:
        """The barrier."""
        give_up = asyncio.get_running_loop().time() + PATIENCE
        concerned: set[str] = set()
        while behind := self._behind(instant):
            concerned |= behind
            if asyncio.get_running_loop().time() > give_up:
                raise Stalled(f"{instant:%Y-%m-%d %H:%M} 起 {PATIENCE} 秒内没有办完：{'、'.join(sorted(behind))}")
            await asyncio.sleep(0.01)
        await self.finished(concerned)

    def _behind(self, instant: datetime) -> set[str]:
        return {stream for stream, at in self.owed().items() if at <= instant}

    async def finished(self, streams: Iterable[str]) -> None:
        """A query waits for the workflow task before it: when it answers with the log's version, the task is done."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(stream: str) -> None:
            async with gate:
                handle = self._gateway.client.get_workflow_handle(stream)
                wanted = reading.head(self._database, stream).version
                while await handle.query(MatterWorkflow.version) < wanted:  # noqa: ASYNC110  (it is another process)
                    await asyncio.sleep(0.01)

        await asyncio.gather(*(one(stream) for stream in sorted(streams)))
