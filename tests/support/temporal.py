"""Real Temporal servers for the tests, from the binaries in this environment; nothing is downloaded.

Two kinds, because each lacks something. The development server is the real one: listing, counting, search attributes,
crashes of the worker and of the server itself. The time-skipping server lets a year pass in seconds, but has one global
clock, no lists and no schedules.
"""

import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from services.embedded.supervise import free_port
from tests.support.processes import binary, end, spawn, wait_until


class DevServer:
    """A Temporal development server without its web pages, on a loopback port it keeps through restarts."""

    def __init__(self, folder: Path, database: Path | None = None, extra: Sequence[str] = ()) -> None:
        """`folder` takes the log, `database` (SQLite) makes it remember its workflows, `extra` are further options."""
        self.port = free_port()
        self.log = folder / f"temporal-{self.port}.log"
        self.database = database
        self.extra = extra
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """host:port of the front end."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Run the server and return when the default namespace answers; does nothing when it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        command: list[str | Path] = [binary("temporal"), "server", "start-dev", "--headless", "--log-level", "error"]
        command += ["--ip", "127.0.0.1", "--port", str(self.port), *self.extra]
        if self.database is not None:
            command += ["--db-filename", self.database, "--sqlite-pragma", "journal_mode=wal"]
        self.process = spawn(command, self.log)
        wait_until(self._answers, self.process, self.log)

    def _answers(self) -> bool:
        question: list[str | Path] = [binary("temporal"), "operator", "namespace", "describe", "-n", "default"]
        question += ["--address", self.address]
        return subprocess.run(question, capture_output=True, check=False).returncode == 0

    def stop(self) -> None:
        """End it in order."""
        if self.process is not None:
            end(self.process)
            self.process = None

    def kill(self) -> None:
        """Let it die as in a crash."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    async def client(self) -> Client:
        """A client that speaks as the product does (pydantic payloads)."""
        return await Client.connect(self.address, data_converter=pydantic_data_converter)


@asynccontextmanager
async def time_skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A time-skipping server with a clock of its own, for a test that must not share one."""
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter,
        test_server_existing_path=str(binary("temporal-test-server")),
    )
    async with environment:
        yield environment
