"""The delivery as a workflow on a real server: prompt when it must be, quiet when it may, nothing lost or doubled."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from temporalio.client import Client

from activities.channels.opening import open_channels
from activities.clock import OfficeClock
from activities.notices import NoticeActivities
from activities.webhooks import WebhookDelivery
from domain import commands as c
from domain.notices.routing import ChannelSettings, Routing
from domain.terms import Role, Urgency
from eventlog.database import Database
from services.doctor.examination import examine
from services.door_key import make_door_key
from services.gateway import Gateway
from services.lookout import Lookout
from services.running import running_worker
from services.sweep import Sweep
from settings import Settings
from tests.support.homes import at
from tests.support.office import DOOR, LIAISON, OFFICE, founded, opening, order, sqlite, until
from tests.support.postroom import PostRoom
from tests.support.receivers import STALL, http_receiver
from tests.support.temporal import DevServer

MONDAY = at("2022-03-07")


@pytest.fixture
async def client(dev_server: DevServer) -> Client:
    return await dev_server.client()


@asynccontextmanager
async def sending(
    client: Client,
    log: Database,
    home: Path,
    routing: Routing,
    moment: datetime,
    queue: str | None = None,
    renew_after: int | None = None,
    webhooks: WebhookDelivery | None = None,
) -> AsyncIterator[Gateway]:
    """A worker that sends, its lookout, and the office's clock set to a moment of 2022.

    The lookout may be the first to start the delivery, so what that is started with is said here.
    """
    queue = queue or f"notices-{uuid4().hex[:8]}"
    hands = NoticeActivities(log, open_channels(routing, home, {}), routing, OfficeClock(simulated=True), webhooks)
    gateway = Gateway(client, log, queue, DOOR, renew_after, moment - datetime.now(UTC))
    async with running_worker(client, log, task_queue=queue, door=DOOR, simulated=True, notices=hands):
        looking = asyncio.create_task(Lookout(gateway, Sweep(gateway, lambda: home)).for_ever())
        try:
            yield gateway
        finally:
            looking.cancel()


async def open_one(gateway: Gateway, moment: datetime, title: str, urgency: Urgency = Urgency.NORMAL) -> str:
    stream = f"matter/{uuid4().hex[:12]}"
    await gateway.submit(order(stream, opening(title, urgency=urgency), OFFICE, now=moment))
    return stream


def came(room: PostRoom, count: int) -> bool:
    return len(room.to("li")) == count


async def test_an_extra_urgent_notice_arrives_within_seconds(client: Client, tmp_path: Path) -> None:
    with founded(sqlite(tmp_path)) as log:
        room = PostRoom(log, tmp_path)
        async with sending(client, log, tmp_path, Routing(), MONDAY) as gateway:
            await open_one(gateway, MONDAY, "台风“暹芭”防御", Urgency.EXTRA)
            began = time.monotonic()
            await until(lambda: len(room.to("li")) == 1)
            assert time.monotonic() - began < 15, "a digest would wait for its hour"
            await open_one(gateway, MONDAY, "平件")
            await until(lambda: len(room.kept(pending=True)) == 2)
            assert len(room.to("li")) == 1, "what can wait waits for the morning"


async def test_the_delivery_is_quiet_when_nothing_is_due(client: Client, tmp_path: Path) -> None:
    with founded(sqlite(tmp_path)) as log:
        room = PostRoom(log, tmp_path)
        async with sending(client, log, tmp_path, Routing(), MONDAY) as gateway:
            await open_one(gateway, MONDAY, "平件")
            await until(lambda: len(room.kept(pending=True)) == 2)
            handle = client.get_workflow_handle(gateway.notices_id)

            async def still_for(seconds: float) -> bool:
                before = (await handle.describe()).history_length
                await asyncio.sleep(seconds)
                return (await handle.describe()).history_length == before

            # The notices are kept before the turn that kept them has ended in the history.
            async with asyncio.timeout(30):
                while not await still_for(1):
                    pass
            assert await still_for(3)


async def test_a_stalling_channel_keeps_neither_matters_nor_other_channels_waiting(
    client: Client, tmp_path: Path
) -> None:
    with founded(sqlite(tmp_path)) as log, http_receiver("stalls") as dead:
        slow = ChannelSettings(
            kind="http", url=f"http://127.0.0.1:{dead.port}/", fields={"t": "{text}"}, timeout=STALL - 1
        )
        routing = Routing(channels={"slow": slow}, roles={Role.LIAISON: ("slow", "file")})
        room = PostRoom(log, tmp_path, routing)
        async with sending(client, log, tmp_path, routing, MONDAY) as gateway:
            stream = await open_one(gateway, MONDAY, "特急件", Urgency.EXTRA)
            await until(lambda: len(dead.everything) == 1)
            began = time.monotonic()
            await gateway.submit(order(stream, c.AcceptReceipt(), LIAISON, now=MONDAY))
            await open_one(gateway, MONDAY, "又一特急件", Urgency.EXTRA)
            await until(lambda: len(room.to("li")) == 2)
            assert time.monotonic() - began < STALL - 1, "the dead channel's time-out was not waited for"
            await until(lambda: bool(room.kept(failed=True)))
            assert "没有答复" in str(room.kept(failed=True)[0].error)


async def test_it_is_started_again_when_somebody_ends_it_and_loses_nothing(client: Client, tmp_path: Path) -> None:
    with founded(sqlite(tmp_path)) as log:
        room = PostRoom(log, tmp_path)
        async with sending(client, log, tmp_path, Routing(), MONDAY) as gateway:
            await open_one(gateway, MONDAY, "一", Urgency.EXTRA)
            await until(lambda: len(room.to("li")) == 1)
            await client.get_workflow_handle(gateway.notices_id).terminate()
            assert not await gateway.notices_run()
            await open_one(gateway, MONDAY, "二", Urgency.EXTRA)
            await until(lambda: len(room.to("li")) == 2)
            assert await gateway.notices_run()
            assert len({line["id"] for line in room.lines}) == len(room.lines)


async def test_doctor_sees_that_it_does_not_run_and_the_sweep_starts_it(
    client: Client, dev_server: DevServer, tmp_path: Path
) -> None:
    with founded(sqlite(tmp_path)) as log:
        async with sending(client, log, tmp_path, Routing(), MONDAY) as gateway:
            make_door_key(tmp_path)
            settings = Settings(home=tmp_path, temporal_address=dev_server.address, task_queue=gateway.task_queue)

            async def found() -> set[str]:
                return {p.code for p in (await examine(settings)).problems}

            await until_running(gateway)
            assert "notices_stopped" not in await found()
            await client.get_workflow_handle(gateway.notices_id).terminate()
            assert "notices_stopped" in await found()
            assert await Sweep(gateway, lambda: tmp_path).once() is not None
            assert "notices_stopped" not in await found()


async def until_running(gateway: Gateway) -> None:
    for _ in range(100):
        if await gateway.notices_run():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the delivery never started")


async def test_it_continues_as_new_and_goes_on(client: Client, tmp_path: Path) -> None:
    with founded(sqlite(tmp_path)) as log:
        room = PostRoom(log, tmp_path)
        async with sending(client, log, tmp_path, Routing(), MONDAY, renew_after=20) as gateway:
            await gateway.keep_notices()
            first = (await client.get_workflow_handle(gateway.notices_id).describe()).run_id
            for n in range(6):
                await open_one(gateway, MONDAY, f"第{n}件", Urgency.EXTRA)
                await until(partial(came, room, n + 1))
            assert (await client.get_workflow_handle(gateway.notices_id).describe()).run_id != first
            assert len({line["id"] for line in room.lines}) == len(room.lines) == 12


async def test_a_worker_that_goes_away_in_the_middle_loses_and_doubles_nothing(client: Client, tmp_path: Path) -> None:
    """Workers come and go every moment while matters are opened; each notice is in the log once, and sent."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    queue = f"notices-{uuid4().hex[:8]}"
    with founded(sqlite(tmp_path)) as log:
        room = PostRoom(log, tmp_path)
        for n in range(5):
            async with sending(client, log, tmp_path, Routing(), MONDAY, queue) as gateway:
                for m in range(3):
                    await open_one(gateway, MONDAY, f"第{n}-{m}件", Urgency.EXTRA)
        async with sending(client, log, tmp_path, Routing(), MONDAY, queue):
            await until(lambda: len(room.kept()) == 30 and not room.kept(pending=True), 30)
        assert {line["id"] for line in room.lines} == {n.id for n in room.kept()}
        subjects = {n.subject for n in room.kept(person="li")}
        assert len(subjects) == 15
    structlog.reset_defaults()
