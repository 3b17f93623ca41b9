"""One matter on a real server, with the office's clock set to a moment of 2022."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle

from domain import commands as c
from domain.calendar import at_office
from domain.envelope import Actor
from domain.matter import Matter
from eventlog.database import Database
from services.gateway import Gateway
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, at_work, matter, opening, order, types
from tests.support.temporal import DevServer
from workflows.matter import MatterWorkflow

MONDAY = at_office(date(2022, 3, 7), time(10, 0))
FRIDAY_CLOSING = at_office(date(2022, 3, 11), time(17, 0))
"""When the first weekly window of a matter accepted on that Monday closes."""
REPORT = c.SubmitFeedback(text="主体施工至三层", progress=30)


@dataclass
class Desk:
    """A log, a worker on it, and the office's clock set to a moment of 2022."""

    client: Client
    log: Database
    gateway: Gateway
    stream: str

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.gateway.clock_shift

    @property
    def handle(self) -> WorkflowHandle[MatterWorkflow, None]:
        return self.client.get_workflow_handle_for(MatterWorkflow.run, self.stream)

    @property
    def types(self) -> list[str]:
        return types(self.log, self.stream)

    @property
    def matter(self) -> Matter:
        return matter(self.log, self.stream)

    async def do(self, command: c.MatterCommand, actor: Actor = OFFICE, command_id: str | None = None) -> int:
        """Submit; the version after it."""
        return (await self.gateway.submit(self.order(command, actor, command_id))).version

    def order(self, command: c.MatterCommand, actor: Actor = OFFICE, command_id: str | None = None) -> c.Order:
        return order(self.stream, command, actor, now=self.now, command_id=command_id)

    async def opened(self) -> None:
        await self.do(opening())

    async def accepted(self) -> None:
        await self.opened()
        await self.do(c.AcceptReceipt(), LIAISON)

    def past_the_workflow(self, command: c.MatterCommand, actor: Actor = LIAISON) -> None:
        act(self.log, self.stream, command, actor, self.now)

    async def awake(self) -> None:
        """The workflow has loaded its stream and armed its timer."""
        for _ in range(200):
            if await self.seen():
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the matter never loaded its stream")

    async def seen(self) -> int:
        """The version the workflow has seen."""
        return await self.handle.query(MatterWorkflow.version)

    async def listed(self, running: int) -> None:
        """Wait until Temporal lists so many running workflows of this matter: visibility follows a moment later."""
        query = f"WorkflowId = '{self.stream}' AND ExecutionStatus = 'Running'"
        for _ in range(100):
            if (await self.client.count_workflows(query)).count == running:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"never {running} running")


@asynccontextmanager
async def desk(
    server: DevServer, log: Database, moment: datetime = MONDAY, renew_after: int | None = None
) -> AsyncIterator[Desk]:
    client = await server.client()
    async with at_work(client, log, renew_after) as gateway:
        shifted = replace(gateway, clock_shift=moment - datetime.now(UTC))
        yield Desk(client, log, shifted, f"matter/{uuid4().hex[:12]}")


def copied(log: Path, to: Path) -> None:
    """The log as it is now, in another file; or back, under whoever has it open."""
    with closing(sqlite3.connect(log)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
