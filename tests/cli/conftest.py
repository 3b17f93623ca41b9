"""A home with a founded log, the command line on it, and on demand a worker behind it."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import structlog
from openpyxl import Workbook

from tests.support.command_line import CommandLine
from tests.support.homes import founded_home, home, log
from tests.support.office import sqlite

if TYPE_CHECKING:
    from tests.support.temporal import DevServer

__all__ = ["founded_home", "home", "log", "service", "sheets", "xmh"]

Sheets = Callable[..., Path]


@pytest.fixture
def xmh(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """`xmh` on the home; what it leaves in the environment is forgotten."""
    monkeypatch.setenv("XMH_HOME", str(home))
    monkeypatch.setenv("XMH_ACTOR", "office")
    return CommandLine(home, capsys)


@pytest.fixture
def service(dev_server: "DevServer", home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker on the home's log and the real server, in a thread with a loop of its own."""
    from eventlog.database import Database
    from services.running import running_worker
    from services.temporal_client import connect
    from settings import Settings

    # The worker shares this process's stdout, where a command's one document goes.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    queue = f"cli-{uuid4().hex[:8]}"
    monkeypatch.setenv("XMH_TEMPORAL_ADDRESS", dev_server.address)
    monkeypatch.setenv("XMH_TASK_QUEUE", queue)
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        client = await connect(Settings(home=home, temporal_address=dev_server.address))
        with Database(sqlite(home)) as served:
            async with running_worker(client, served, task_queue=queue, door=Settings(home=home).door):
                ready.set()
                await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(20)
    yield
    done.set()
    thread.join(20)
    structlog.reset_defaults()


@pytest.fixture
def sheets(tmp_path: Path) -> Sheets:
    """Write an .xlsx with the given sheets, each a list of rows."""

    def write(content: dict[str, Sequence[Sequence[object]]], name: str = "来件.xlsx") -> Path:
        book = Workbook()
        book.remove(book.worksheets[0])
        for title, rows in content.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        path = tmp_path / name
        book.save(path)
        return path

    return write
