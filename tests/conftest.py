"""Servers every test may ask for by name. Each pytest worker has its own, so tests never meet each other's data."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from tests.support.postgres import Server

if TYPE_CHECKING:
    from temporalio.testing import WorkflowEnvironment

    from tests.support.temporal import DevServer

# How long an example takes says how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("searching", settings.get_profile("patient"), derandomize=False)


MEMORY = Path("/dev/shm")  # noqa: S108  (pytest makes a folder of its owner's in it)
ROOM = 2 * 2**30
"""Bytes that have to be free there, and twice that of memory: a run leaves nothing of what passed."""


def pytest_configure(config: pytest.Config) -> None:
    """The same examples for every change: what fails is the change's own. `make long` draws new ones.

    Files lie in memory where there is room: thousands of small logs are flushed at every commit, and what a flush is
    for, `tests/plugs` looks at. Whoever names a TMPDIR has his files there.
    """
    if "TMPDIR" not in os.environ and MEMORY.is_dir():
        free = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available // 2)
        if free > ROOM:
            os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    settings.load_profile("searching" if config.option.markexpr == "chaos" else "patient")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the kill tests did, over all workers, and what repeats their choices."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    total = Counter[str]()
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == "tally":
                total.update(value)
    if total:
        terminalreporter.section("kills")
        terminalreporter.write_line(", ".join(f"{name} {count}" for name, count in total.items()))
        if "XMH_TEST_SEED" in os.environ:
            terminalreporter.write_line(f"with the same choices: XMH_TEST_SEED={os.environ['XMH_TEST_SEED']}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The dear ones first, dealt by files to all workers: what is small fills the gaps at the end.

    Each worker begins with a stretch of its own of the list (xdist's `load`); all the dear ones at the head of the list
    would be the first worker's alone.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    stretch = max(len(items) // workers // 4, 2)
    dear: dict[Path, list[pytest.Item]] = {}
    small: list[pytest.Item] = []
    for item in items:
        if item.get_closest_marker("slow") is None:
            small.append(item)
        else:
            dear.setdefault(item.path, []).append(item)
    hands: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for file in sorted(dear.values(), key=len, reverse=True):
        min(hands, key=len).extend(file)
    dealt: list[pytest.Item] = []
    for hand in hands:
        room = max(stretch - len(hand), 0)
        dealt += [*hand, *small[:room]]
        small = small[room:]
    items[:] = [*dealt, *small]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The PostgreSQL shared by the tests of this worker. A test that stops or kills its server takes `own_postgres`."""
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The address of an empty database made for this test."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def own_postgres() -> Iterator[Server]:
    """A running PostgreSQL of this test alone, to be stopped, killed and started again."""
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def dev_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator["DevServer"]:
    """The real Temporal development server, in memory, shared by this worker's tests; in `make cluster` the cluster."""
    if request.config.pluginmanager.hasplugin("tests.cluster.shape"):
        yield request.getfixturevalue("cluster").front_end
        return
    # Late: a run of domain tests alone need not import the Temporal client.
    from tests.support.temporal import DevServer

    server = DevServer(tmp_path_factory.mktemp("temporal"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def time_skipping_env() -> AsyncIterator["WorkflowEnvironment"]:
    """The time-skipping server shared by the tests of this worker; its clock only ever goes forward."""
    from tests.support.temporal import time_skipping

    async with time_skipping() as environment:
        yield environment
