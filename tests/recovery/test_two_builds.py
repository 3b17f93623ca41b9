"""Machines are changed one by one: an earlier build and this one serve the same matters, forward and back again."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eventlog.verify import verify
from services.embedded.supervise import free_port
from tests.recovery.chaos import (
    CLIENTS,
    AddressedDesk,
    away_from_midnight,
    clients_of,
    every_matter_goes_on,
    open_all_day,
    settled,
)
from tests.support.builds import first_of_these_tables, unpack
from tests.support.processes import end, spawn
from tests.support.served import ROOT, Home, home_in
from tests.support.temporal import DevServer

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

MATTERS = 6
REPORTS = 120


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The oldest landed build that works on the tables of this one, unpacked."""
    commit = first_of_these_tables()
    if commit is None:
        pytest.skip("no history of this repository is at hand: the earlier build is taken from it")
    folder = unpack(commit, tmp_path_factory.mktemp("earlier"))
    print(f"earlier build: {commit[:9]}")  # noqa: T201
    return folder


class Build:
    """A worker of one build, with a data directory of its own, on the log and the keys of the home."""

    def __init__(self, home: Home, tree: Path, name: str) -> None:
        self.tree = tree
        self.log = home.path.parent / f"{name}.log"
        keys = {f"XMH_{key}_KEY_FILE": str(home.path / f"{key.lower()}.key") for key in ("DOOR", "TEMPORAL")}
        own = {
            "XMH_HOME": str(home.path.parent / name),
            "XMH_DATABASE_URL": home.url,
            "XMH_HEALTH_PORT": str(free_port()),
        }
        self.environment = {**home.environment, **keys, **own, "PYTHONPATH": str(tree)}
        self.process: subprocess.Popen[bytes] | None = None

    def starts(self) -> None:
        """Run it; `ready` says when it serves."""
        self.log.unlink(missing_ok=True)
        self.process = spawn([sys.executable, self.tree / "worker.py"], self.log, env=self.environment, cwd=self.tree)

    @property
    def ready(self) -> bool:
        return "worker_ready" in self.log.read_text(encoding="utf-8")

    def ends(self) -> None:
        """In order: what it has begun is finished."""
        if self.process is not None:
            end(self.process, seconds=40)
            self.process = None


@contextmanager
def temporal(folder: Path) -> Iterator[str]:
    server = DevServer(folder, database=folder / "temporal.db")
    server.start()
    try:
        yield server.address
    finally:
        server.stop()


async def _ready(build: Build) -> None:
    for _ in range(400):
        if build.ready:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(build.log.read_text(encoding="utf-8")[-2000:])


async def test_an_earlier_build_and_this_one_work_side_by_side_forward_and_back(tmp_path: Path, earlier: Path) -> None:
    """The earlier alone, both, this alone, both again, the earlier alone; reports all the while, and none is lost."""
    away_from_midnight()
    with temporal(tmp_path) as address, home_in(tmp_path, {"XMH_TEMPORAL_ADDRESS": address}) as home, home.log() as log:
        open_all_day(log)
        old, new = Build(home, earlier, "old"), Build(home, ROOT, "new")
        desk = AddressedDesk(home, log)
        streams: list[str] = []
        try:
            old.starts()
            await _ready(old)
            matters = await desk.in_progress(MATTERS)
            with clients_of(home) as clients:
                for n, step in enumerate((new.starts, old.ends, old.starts, new.ends)):
                    reporting = asyncio.create_task(
                        asyncio.to_thread(clients.report, matters, f"step{n}", REPORTS // CLIENTS, 0.3)
                    )
                    await asyncio.sleep(1)
                    await asyncio.to_thread(step)
                    said = await reporting
                    await asyncio.gather(*(_ready(build) for build in (old, new) if build.process is not None))
                    await settled(desk, matters, said, REPORTS)
                    streams += matters
                    matters = await desk.in_progress(MATTERS)
            await every_matter_goes_on(desk, [*streams, *matters])
            assert verify(log).problems == ()
        finally:
            old.ends()
            new.ends()
