"""Two installations that were given one namespace and one task queue: the second is refused, and both are told."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock
from uuid import uuid4

import pytest
import structlog
from structlog.testing import capture_logs

from activities.channels.opening import open_channels
from activities.clock import OfficeClock
from activities.notices import NoticeActivities
from domain.base import Refusal
from domain.notices.routing import Routing
from services.doctor.examination import examine
from services.door_key import make_door_key
from services.gateway import Gateway
from services.healing import Healing
from services.log_guard import LogGuard
from services.running import running_worker
from services.temporal_client import connect
from settings import Settings
from tests.support.command_line import CommandLine
from tests.support.office import founded, office_today, sqlite
from tests.support.temporal import DevServer
from web.service import WebService


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
            structlog.reset_defaults()  # a command that ran in this process has silenced it
            with capture_logs() as lines:
                await guard.settle()
    (told,) = [line for line in lines if line["event"] == "namespace_shared"]
    assert (told["namespace"], told["task_queue"], told["other_log"] != "") == ("default", queue, True)


async def test_the_second_is_refused_on_every_client_and_worker_until_it_takes_over(
    dev_server: DevServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue, then = f"claimed-{uuid4().hex[:8]}", datetime.now(UTC) - timedelta(days=1)
    first, second = (installed(tmp_path / name, dev_server, queue) for name in ("甲", "乙"))
    environment = {"XMH_TEMPORAL_ADDRESS": dev_server.address, "XMH_TASK_QUEUE": queue}
    due = (office_today() + timedelta(days=60)).isoformat()
    opening = (
        "task",
        "open",
        "--title",
        "整治一号地块",
        "--due",
        due,
        "--basis",
        "2026年工作计划",
        "--lead",
        "gengxin",
    )

    def typed(home: Path, *words: str) -> tuple[int, str]:
        with mock.patch.dict("os.environ", environment):
            said = CommandLine(home, capsys)(*words)
        return said.code, said.err

    with founded(sqlite(first.home)) as log, founded(sqlite(second.home), then) as other:
        assert log.log() != other.log()
        gateway = Gateway(await connect(first), log, queue, first.door)
        rival = Gateway(await connect(second), other, queue, second.door)
        await rival.check_queue()  # nobody has said anything yet
        await LogGuard(Healing(gateway), lambda: first.home).settle()
        with pytest.raises(Refusal, match=f"命名空间 default 的任务队列 {queue} 归另一套安装") as refused:
            await LogGuard(Healing(rival), lambda: second.home).settle()  # a worker waits so, and says why
        assert refused.value.code == "namespace_shared"
        web = WebService(second)
        with pytest.raises(Refusal, match="归另一套安装"):
            await web.gateway()
        web.close()
        code, line = await asyncio.to_thread(typed, second.home, *opening)
        assert (code, line.count("\n")) == (5, 1)
        assert "归另一套安装" in line
        assert (await asyncio.to_thread(typed, second.home, "recover"))[0] == 5
        assert "namespace_shared" in await codes(second)
        assert "namespace_shared" not in await codes(first)
        await gateway.check_queue()
        assert (await asyncio.to_thread(typed, second.home, "recover", "--take-over"))[0] == 0
        await rival.check_queue()
        with pytest.raises(Refusal, match="归另一套安装"):
            await gateway.claim_queue()


async def test_another_queue_of_the_same_namespace_is_nobodys(dev_server: DevServer, tmp_path: Path) -> None:
    queues = [f"apart-{uuid4().hex[:8]}" for _ in range(2)]
    homes = [installed(tmp_path / queue, dev_server, queue) for queue in queues]
    with founded(sqlite(homes[0].home)) as log, founded(sqlite(homes[1].home), datetime.now(UTC)) as other:
        for settings, one in zip(homes, (log, other), strict=True):
            await Gateway(await connect(settings), one, settings.task_queue, settings.door).claim_queue()
