"""A log put back from an older copy under running workers: none gives a number twice, and all of them say so."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from activities.channels.opening import open_channels
from activities.clock import OfficeClock
from activities.notices import NoticeActivities
from domain.base import Refusal
from domain.log import Witnessed
from domain.notices.routing import Routing
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogRestored
from eventlog.verify import verify
from eventlog.witness import Height, Witness
from services.doctor.examination import examine
from services.gateway import Gateway, Unreachable
from services.healing import Healing
from services.issuing.bulletins import issue_briefing
from services.log_guard import LogGuard, noticed_of_log
from services.lookout import Lookout
from services.running import running_worker
from services.status import service_status
from services.sweep import Sweep
from settings import Settings
from tests.support.clock import MASTER
from tests.support.office import DOOR, LEADER, founded, opening, order, sqlite, until
from tests.support.postgres import Server
from tests.support.temporal import DevServer

SHORT = timedelta(seconds=2)
Copy = Callable[[], Callable[[], None]]
"""Copies the log as it is; what that gives puts the copy back."""


class Place:
    """A log somewhere, and a way to put it back."""

    def __init__(self, url: str, copy: Copy) -> None:
        self.url, self.copy = url, copy

    def seen_by(self, home: Path) -> Database:
        home.mkdir(exist_ok=True)
        key = None if self.url.startswith("sqlite:") else MASTER
        return Database(self.url, master_key=key, witness=Witness(home))


def in_a_file(folder: Path) -> Place:
    def copy() -> Callable[[], None]:
        with closing(sqlite3.connect(folder / "events.db")) as source, closing(sqlite3.connect(folder / "old")) as to:
            source.backup(to)
        return back

    def back() -> None:
        with closing(sqlite3.connect(folder / "old")) as source, closing(sqlite3.connect(folder / "events.db")) as to:
            source.backup(to)

    return Place(sqlite(folder), copy)


def on_a_server(server: Server, url: str) -> Place:
    name = str(conninfo_to_dict(url)["dbname"])
    kept = f"{name}_old"

    def swapped(source: str, to: str) -> None:
        """What a restore does: everybody is sent away, and another database has the name."""
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {source} ALLOW_CONNECTIONS false")
            connection.execute(f"DROP DATABASE IF EXISTS {to} WITH (FORCE)")
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (source,))
            connection.execute(f"CREATE DATABASE {to} TEMPLATE {source}")
            connection.execute(f"ALTER DATABASE {source} ALLOW_CONNECTIONS true")

    def copy() -> Callable[[], None]:
        swapped(name, kept)
        return lambda: swapped(kept, name)

    return Place(url, copy)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A founded log on either database."""
    if request.param == "sqlite":
        found = in_a_file(tmp_path)
    else:
        found = on_a_server(request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_url"))
    with founded(found.url):
        pass
    yield found


@asynccontextmanager
async def serving(
    server: DevServer, log: Database, home: Path, queue: str, *, guarded: bool = True
) -> AsyncIterator[Gateway]:
    """A worker as it runs in production: with its guard, its sweep, its lookout and the delivery of notices."""
    client = await server.client()
    gateway = Gateway(client, log, queue, DOOR)
    sweep, routing = Sweep(gateway, lambda: home), Routing()
    hands = NoticeActivities(log, open_channels(routing, home, {}), routing, OfficeClock())
    await sweep.guard.settle()
    async with running_worker(client, log, task_queue=queue, door=DOOR, notices=hands):
        jobs = [Lookout(gateway, sweep).for_ever(), sweep.for_ever()] if guarded else []
        at_work = [asyncio.create_task(job) for job in jobs]
        try:
            yield gateway
        finally:
            for task in at_work:
                task.cancel()


async def opened(gateway: Gateway, title: str) -> str:
    stream = f"matter/{uuid4().hex[:12]}"
    command = opening(title, due=date(2098, 6, 30))
    for _ in range(3):
        with suppress(Unreachable):
            return (await gateway.submit(order(stream, command, now=datetime.now(UTC), command_id=stream[7:]))).matter
    raise AssertionError("no answer")


def bulletin(log: Database, home: Path, month: int = 1) -> str:
    """The number of a 简报 of that month, signed now."""
    now = datetime.now(UTC)
    since, last = date(now.year - 1, month, 1), date(now.year - 1, month, 28)
    return issue_briefing(log, home, since=since, until=last, signer=LEADER, now=now).number


@pytest.mark.timeout(120)
@pytest.mark.parametrize("shared", [True, False], ids=["one home", "two homes"])
async def test_two_workers_and_two_clients_give_no_number_twice(
    dev_server: DevServer, place: Place, tmp_path: Path, *, shared: bool
) -> None:
    """One home witnesses at once; what another home acknowledged is seen within a second."""
    home, far = tmp_path / "one", tmp_path / ("one" if shared else "two")
    queue = f"back-{uuid4().hex[:8]}"
    with place.seen_by(home) as near_log, place.seen_by(far) as far_log:
        async with (
            serving(dev_server, near_log, home, queue) as near,
            serving(dev_server, far_log, far, queue) as second,
        ):
            given = [await opened(near, "第一件")]
            back = await asyncio.to_thread(place.copy)
            given += [await opened(gateway, f"第{n}件") for n, gateway in enumerate((near, second, near), start=2)]
            bulletins = [bulletin(near_log, home, month=1), bulletin(near_log, home, month=3)]
            if not shared:
                await until(lambda: Witness(far).height(far_log.log()) == Height(*reading.newest_event(far_log)))
            await asyncio.to_thread(back)
            late = [opened(gateway, f"还原后{n}") for n, gateway in enumerate((near, second, near, second))]
            given += await asyncio.gather(*late)
            bulletins.append(bulletin(far_log, far, month=5))
            assert len(set(given)) == len(given)
            assert len(set(bulletins)) == len(bulletins)
            assert verify(near_log).problems == ()
            assert [len(noticed_of_log(log).restored) for log in (near_log, far_log)] == [1, 1]


def not_mounted() -> Path:
    raise Refusal("共用目录没有挂载", "store_missing")


@pytest.mark.timeout(60)
async def test_nothing_is_recorded_before_the_numbers_are_settled(
    dev_server: DevServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with founded(sqlite(tmp_path)):
        place = in_a_file(tmp_path)
    monkeypatch.setattr("services.gateway.ANSWER_WITHIN", SHORT)
    with place.seen_by(tmp_path) as log:
        async with serving(dev_server, log, tmp_path, f"back-{uuid4().hex[:8]}", guarded=False) as gateway:
            await opened(gateway, "第一件")
            back = place.copy()
            lost = await opened(gateway, "第二件")
            back()
            with pytest.raises(Unreachable):
                await gateway.submit(order("matter/late", opening(due=date(2098, 6, 30)), now=datetime.now(UTC)))
            with pytest.raises(LogRestored):
                bulletin(log, tmp_path)
            settings = Settings(home=tmp_path)
            assert service_status(settings)["log"]["restored"]["settled"] is False
            assert "log_restored" in {p.code for p in (await examine(settings)).problems}
            with pytest.raises(Refusal) as unmounted:  # the papers know numbers, too
                await LogGuard(Healing(gateway), not_mounted).settle()
            assert unmounted.value.code == "store_missing"
            assert await Sweep(gateway, not_mounted).once() is None
            assert service_status(settings)["log"]["restored"]["settled"] is False
            await LogGuard(Healing(gateway), lambda: tmp_path).settle()
            assert service_status(settings)["log"]["restored"]["settled"] is True
            await LogGuard(Healing(gateway), not_mounted).settle()  # a log that holds all numbers itself goes on
            assert "log_restored" in {p.code for p in (await examine(settings)).problems}
            assert int((await opened(gateway, "第三件"))[-3:]) > int(lost[-3:])
            assert "log_restored" not in {p.code for p in (await examine(settings, noted=True)).problems}


async def heard(gateway: Gateway, position: int) -> Witnessed:
    """What Temporal has seen, when it has seen so much."""
    for _ in range(100):
        seen = await gateway.witnessed()
        if seen is not None and seen.position >= position:
            return seen
        await asyncio.sleep(0.1)
    raise AssertionError("Temporal never heard of it")


@pytest.mark.timeout(60)
async def test_a_new_home_learns_from_temporal_what_was_given(dev_server: DevServer, tmp_path: Path) -> None:
    """The home and its witness are lost with the log: what the delivery of notices has seen is left."""
    with founded(sqlite(tmp_path)):
        place = in_a_file(tmp_path)
    queue, home = f"back-{uuid4().hex[:8]}", tmp_path / "home"
    with place.seen_by(home) as log:
        async with serving(dev_server, log, home, queue) as gateway:
            back = place.copy()
            lost = bulletin(log, home)
            seen = await heard(gateway, reading.newest_event(log)[0])
    back()
    with place.seen_by(tmp_path / "new") as log:
        gateway = Gateway(await dev_server.client(), log, queue, DOOR)
        await LogGuard(Healing(gateway), lambda: tmp_path / "new").settle()
        assert [r.had_position for r in noticed_of_log(log).restored] == [seen.position]
        assert bulletin(log, tmp_path / "new") != lost
