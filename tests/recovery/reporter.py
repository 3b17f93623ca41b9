"""A client process: reads rounds from standard input, sends reports, and says which were acknowledged.

A round is one line of JSON: `{"streams": [...], "prefix": "…", "reports": n, "retries": true}`. With `retries`
a command that got no answer is repeated under its id until it has one, as a person told so would; without, it is given
up. With `pace` there is a pause of so many seconds after each answer.
"""

import asyncio
import json
import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.base import Refusal
from domain.commands import Order, SubmitFeedback
from eventlog.database import Database
from services.gateway import Gateway, Unreachable
from services.temporal_client import connect
from settings import Settings
from tests.support.office import LIAISON

AT_ONCE = 4
ANSWER_WITHIN = 9.0
"""As on the command line (`cli.main`)."""
LONGEST = 60.0


class Client:
    """Finds the server again after every kill, as a new command line would."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.database = Database(self.settings.database)
        self.gateway: Gateway | None = None
        self.slowest = 0.0
        """Seconds the slowest answer took, connecting included; a refusal and *no answer* are answers."""
        self.heard = time.monotonic()
        self.silence = 0.0
        """The longest time in which nothing of a round was acknowledged."""

    async def submit(self, order: Order) -> int:
        began = time.monotonic()
        try:
            return await self._submit(order, began + ANSWER_WITHIN)
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)

    async def _submit(self, order: Order, answer_by: float) -> int:
        if self.gateway is None:
            settings = Settings()
            if settings.address is None:
                raise Unreachable("nothing runs")
            client = await connect(settings, within=timedelta(seconds=2))
            self.gateway = Gateway(client, self.database, self.settings.task_queue, self.settings.door)
        gateway = self.gateway
        try:
            version = (await replace(gateway, answer_by=answer_by).submit(order)).version
        except Unreachable:
            if self.gateway is gateway:
                self.gateway = None
            raise
        now = time.monotonic()
        self.silence, self.heard = max(self.silence, now - self.heard), now
        return version


async def one_round(client: Client, told: dict[str, object]) -> dict[str, object]:
    streams = told["streams"]
    assert isinstance(streams, list)
    gate = asyncio.Semaphore(AT_ONCE)
    acknowledged: dict[str, int] = {}
    unknown: list[str] = []
    refused: dict[str, str] = {}
    client.slowest, client.silence, client.heard = 0.0, 0.0, time.monotonic()
    pace = told["pace"]
    assert isinstance(pace, int | float)

    async def report(n: int) -> None:
        command_id = f"{told['prefix']}-{n}"
        order = Order(
            command_id=command_id,
            stream=streams[n % len(streams)],
            actor=LIAISON,
            command=SubmitFeedback(text=f"第{n}次反馈", progress=n % 100),
            valid_until=datetime.now(UTC) + timedelta(minutes=15),
        )
        limit = asyncio.get_running_loop().time() + LONGEST
        async with gate:
            while True:
                try:
                    acknowledged[command_id] = await client.submit(order)
                except Refusal as e:
                    refused[command_id] = f"{e.code}: {e.message}"
                except Unreachable:
                    if told["retries"] and asyncio.get_running_loop().time() < limit:
                        await asyncio.sleep(0.3)
                        continue
                    unknown.append(command_id)
                break
            await asyncio.sleep(pace)

    reports = told["reports"]
    assert isinstance(reports, int)
    await asyncio.gather(*(report(n) for n in range(reports)))
    times = {"slowest": client.slowest, "silence": client.silence}
    return {"acknowledged": acknowledged, "unknown": unknown, "refused": refused, **times}


async def main() -> None:
    client = Client()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answer = await one_round(client, json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
    sys.stdout.flush()
    os._exit(0)
