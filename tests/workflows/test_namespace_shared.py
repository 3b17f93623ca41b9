"""Two installations that were given one namespace and one task queue: each is told, before it looks like lost keys."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from structlog.testing import capture_logs

from activities.channels.opening import open_channels
from activities.clock import OfficeClock
from activities.notices import NoticeActivities
from domain.notices.routing import Routing
from services.doctor.examination import examine
from services.door_key import make_door_key
from services.gateway import Gateway
from services.healing import Healing
from services.log_guard import LogGuard
from services.running import running_worker
from services.temporal_client import connect
from settings import Settings
from tests.support.office import founded, sqlite
from tests.support.temporal import DevServer


def installed(home: Path, server: DevServer, queue: str) -> Settings:
    home.mkdir()
    make_door_key(home)
    return Settings(home=home, temporal_address=server.address, task_queue=queue)


async def codes(settings: Settings) -> set[str]:
    return {problem.code for problem in (await examine(settings)).problems}


async def test_who_comes_second_is_told_by_doctor_and_in_the_log(dev_server: DevServer, tmp_path: Path) -> None:
    queue, then = f"shared-{uuid4().hex[:8]}", datetime.now(UTC) - timedelta(days=1)
    first, second = (installed(tmp_path / name, dev_server, queue) for name in ("甲", "乙"))
    with founded(sqlite(first.home)) as log, founded(sqlite(second.home), then) as other:
        routing, client = Routing(), await connect(first)
        hands = NoticeActivities(log, open_channels(routing, first.home, {}), routing, OfficeClock())
        async with running_worker(client, log, task_queue=queue, door=first.door, notices=hands):
            gateway = Gateway(client, log, queue, first.door)
            await gateway.keep_services()
            for _ in range(200):
                if await gateway.witnessed() is not None:
                    break
                await asyncio.sleep(0.05)
            assert "namespace_shared" not in await codes(first)
            assert "namespace_shared" in await codes(second)
            guard = LogGuard(Healing(Gateway(await connect(second), other, queue, second.door)), lambda: second.home)
            with capture_logs() as lines:
                await guard.settle()
    (told,) = [line for line in lines if line["event"] == "namespace_shared"]
    assert (told["namespace"], told["task_queue"], told["other_log"] != "") == ("default", queue, True)
