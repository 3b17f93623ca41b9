"""A home served over HTTP: one founded log, a worker behind it, and the web server on a port, for a whole file."""

import asyncio
import logging
import shutil
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import structlog

from domain.access.terms import TokenScope
from eventlog.database import Database
from services.accounts import issue_token
from tests.support.clock import open_log
from tests.support.homes import founded_home
from tests.support.office import OFFICE, founded, sqlite

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.support.browsing import Browsing
    from tests.support.temporal import DevServer
    from web.service import WebService

__all__ = ["founded_home"]


NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Whom a client without TLS trusts: reading the world's authorities would take it longer than its questions."""


@dataclass(frozen=True)
class Served:
    """A home on the web."""

    home: Path
    log: Database
    address: str
    environment: Mapping[str, str]
    """How a command line finds the service behind it."""

    def token(self, person: str, scope: TokenScope = TokenScope.HANDLE) -> str:
        """A fresh token of a person."""
        return issue_token(self.log, person, scope, 1, OFFICE, datetime.now(UTC))[0]

    def client(self, person: str | None = None, scope: TokenScope = TokenScope.HANDLE) -> httpx.Client:
        """A program that carries a token of this person."""
        headers = {"Authorization": f"Bearer {self.token(person, scope)}"} if person else {}
        return httpx.Client(base_url=self.address, headers=headers, timeout=15, verify=NOBODY)


def served_home(founded: Path, folder: Path, ready: Callable[[str], Any], **environment: str) -> Iterator[Served]:
    """Serve a copy of a founded home in this process until the generator is closed; at the port of its own address."""
    from services.web_certificate import own_certificate
    from settings import Settings
    from web.serving import listening, serve_web

    home = folder / "home"
    shutil.copytree(founded, home)
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home), **environment}):
        settings = Settings()
    log_url = environment.get("XMH_DATABASE_URL", sqlite(home))
    own = urlsplit(settings.web.address or "")
    listener = listening("127.0.0.1", (own.port or 0) if own.hostname == "localhost" else 0)
    certificate = own_certificate(settings)
    address = f"{'https' if certificate else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    started, servers = threading.Event(), list[Any]()
    serve = threading.Thread(
        target=lambda: serve_web(settings, listener, started.set, servers.append, certificate), daemon=True, name="web"
    )
    serve.start()
    assert started.wait(20)
    ready(address)
    with open_log(log_url) as log:
        yield Served(home, log, address, environment)
    servers[0].should_exit = True
    serve.join(20)
    assert not serve.is_alive()


@pytest.fixture(scope="module")
def served(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home on the web with nobody behind the door."""
    yield from served_home(founded_home, tmp_path_factory.mktemp("web"), lambda _: None)


@pytest.fixture(scope="module")
def working(dev_server: "DevServer", founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home on the web with a worker on the real server behind the door."""
    yield from working_home(dev_server, founded_home, tmp_path_factory.mktemp("working"))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos)])
def working_on_each(
    request: pytest.FixtureRequest,
    dev_server: "DevServer",
    founded_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """The same on each database: a file in every run, PostgreSQL in the long form."""
    folder = tmp_path_factory.mktemp("each")
    if request.param == "sqlite":
        yield from working_home(dev_server, founded_home, folder)
        return
    server = request.getfixturevalue("postgres_server")
    url = server.new_database()
    founded(url).close()
    yield from working_home(dev_server, founded_home, folder, XMH_DATABASE_URL=url)
    server.drop_database(url)


def working_home(dev_server: "DevServer", founded: Path, folder: Path, **environment: str) -> Iterator[Served]:
    """Serve a copy of a founded home with a worker on the real server behind the door."""
    from services.running import running_worker
    from services.temporal_client import connect
    from settings import Settings

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    queue = f"web-{uuid4().hex[:8]}"
    ready, done = threading.Event(), threading.Event()

    async def work() -> None:
        home = folder / "home"
        client = await connect(Settings(home=home, temporal_address=dev_server.address))
        with open_log(environment.get("XMH_DATABASE_URL", sqlite(home))) as log:
            async with running_worker(client, log, task_queue=queue, door=Settings(home=home).door):
                ready.set()
                await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(work()), daemon=True)

    def begin(_: str) -> None:
        thread.start()
        assert ready.wait(20)

    where = {"XMH_TEMPORAL_ADDRESS": dev_server.address, "XMH_TASK_QUEUE": queue, **environment}
    yield from served_home(founded, folder, begin, **where)
    done.set()
    thread.join(20)
    structlog.reset_defaults()


@pytest_asyncio.fixture
async def client(service: "WebService") -> AsyncIterator[httpx.AsyncClient]:
    """Asks the pages of the file's own `service`, in this process."""
    from web.app import make_app

    transport = httpx.ASGITransport(app=make_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator["Browser"]:
    """The browser of this worker, shared by its tests."""
    from tests.support.browsing import running_chromium

    async with running_chromium() as browser:
        yield browser


@pytest_asyncio.fixture
async def browsing(chromium: "Browser", working: Served) -> AsyncIterator["Browsing"]:
    """Browsers of people before the home that has a worker; what a page does wrong fails the test."""
    from tests.support.browsing import Browsing

    people = Browsing(chromium, working.log, working.address)
    yield people
    await people.close()
