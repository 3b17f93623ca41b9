"""Pages of a thousand open matters, from request to answer, beside the same template over models that are ready.

Something is recorded before each request, so that no page is one that was made before.
"""

import asyncio
import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

from benchmarks import logs
from benchmarks.measure import Clock, Goal, Row, Side, percentile, turns
from benchmarks.scale import Scale
from domain.calendar import local_date
from eventlog import reading
from eventlog.database import Database
from services import accounts, signing_in
from settings import Settings
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE
from web.app import make_app
from web.pages import rendering
from web.service import WebService

QUICK_ENOUGH, SLOWEST = Goal(60, at_most=True, ratio=False), Goal(150, at_most=True, ratio=False)
MODELS_READY = Goal(2.5, at_most=True)
"""Of a page whose models are kept: what everything but its template may cost, as a ratio."""
PAST = timedelta(days=30)
"""So long before the day on which pages are asked for were the matters opened."""


Asked = Callable[[dict[str, Any], Callable[[], Any], Callable[[Any], Any]], Any]


@dataclass
class Desk:
    """The office before the pages of a log, in this process: neither a network nor a browser is measured."""

    log: Database
    app: Asked
    cookie: str
    loop: asyncio.AbstractEventLoop
    numbers: Iterator[int] = field(default_factory=count)
    shown: tuple[str, dict[str, Any]] = ("", {})

    def get(self, address: str) -> bytes:
        """Ask for a page."""
        return self.loop.run_until_complete(self._got(address))

    async def _got(self, address: str) -> bytes:
        path, _, query = address.partition("?")
        headers = [(b"host", b"127.0.0.1"), (b"cookie", f"{rendering.COOKIE}={self.cookie}".encode())]
        asked: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http"}
        asked |= {"path": path, "raw_path": quote(path).encode(), "query_string": quote(query, "=&").encode()}
        asked |= {
            "method": "GET",
            "root_path": "",
            "headers": headers,
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
        }
        answer: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            answer.append(message)

        await self.app(asked, receive, send)
        assert answer[0]["status"] == HTTPStatus.OK, (address, answer[0])
        return b"".join(message.get("body", b"") for message in answer)

    def again(self) -> None:
        """Fill the template of the last page once more with what it was filled with."""
        template, values = self.shown
        rendering.filled(template, values)

    def move(self, stream: str) -> None:
        """Record something: what was made of the log before is of another moment."""
        act(self.log, stream, logs.report(next(self.numbers)), LIAISON, datetime.now(UTC))


def run(scale: Scale, folder: Path) -> list[Row]:
    """Each page, and the sizes of those whose size is bounded."""
    began = datetime.now(UTC) - PAST
    home = folder / "home"
    with logs.made(home, lambda log: logs.reported(log, scale.listed, began), began - timedelta(days=1)) as log:
        (home / "xmh.toml").touch()
        with desk_before(home, log) as desk:
            return [*_timed(desk, scale), *_sized(desk)]


@contextmanager
def desk_before(home: Path, log: Database) -> Iterator[Desk]:
    """The office is signed in."""
    now = datetime.now(UTC)
    accounts.open_account(log, OFFICE.id, OFFICE, now)
    cookie = signing_in.begin(log, OFFICE.id, "127.0.0.1", now)
    with mock.patch.dict(os.environ, {"XMH_HOME": str(home)}):
        service = WebService(Settings())
    with asyncio.Runner() as runner:
        desk = Desk(log, make_app(service), cookie, runner.get_loop())

        def kept(template: str, values: dict[str, Any]) -> str:
            desk.shown = (template, values)
            return whole(template, values)

        whole = rendering.filled
        with mock.patch.object(rendering, "filled", kept):
            yield desk
    service.close()


def _timed(desk: Desk, scale: Scale) -> list[Row]:
    matter = reading.list_page(desk.log, 1, "")[0]
    day = local_date(datetime.now(UTC) - PAST / 2)
    rows: list[Row] = []
    for what, address, middle, slowest in (
        ("待办", "/", QUICK_ENOUGH, SLOWEST),
        ("事项", "/matters?order=light", QUICK_ENOUGH, SLOWEST),
        ("一件", f"/matters/{matter.number}", QUICK_ENOUGH, SLOWEST),
        ("审核", "/queue", QUICK_ENOUGH, SLOWEST),
        ("驾驶舱", "/figures", MODELS_READY, None),
        ("一览表", "/table?whole=1", Goal(800, at_most=True, ratio=False), None),
        ("事项，另一天", f"/matters?as_of={day}", QUICK_ENOUGH, None),
        ("查找", "/search?text=第17项", None, Goal(100, at_most=True, ratio=False)),
    ):
        rows += _compared(f"{what} of {scale.listed:,}", desk, matter.stream, address, (middle, slowest), scale)
    return rows


def _compared(
    name: str, desk: Desk, stream: str, address: str, goals: tuple[Goal | None, Goal | None], scale: Scale
) -> list[Row]:
    """The middle and the slowest of the whole answer, beside its template alone."""
    desk.get(address)
    middle, slowest = Row(name, "ms", goals[0]), Row(f"{name}, p95", "ms", goals[1])
    sides: dict[Side, Callable[[], object]] = {Side.XMH: lambda: desk.get(address), Side.BARE: desk.again}
    for pair in turns(scale.rounds):
        for side in pair:
            clock = Clock()
            for _ in range(scale.pages):
                desk.move(stream)
                clock.time(sides[side])
            middle.add(side, percentile(clock.spent, 50) * 1e3)
            slowest.add(side, percentile(clock.spent, 95) * 1e3)
    return [middle, slowest]


def _sized(desk: Desk) -> list[Row]:
    """What an answer weighs; packed, as a proxy in front would send it, on the bare side."""
    rows = []
    for what, address, most in (("待办", "/", 60), ("事项", "/matters", 100), ("一览表", "/table?whole=1", 400)):
        row, page = Row(f"{what}, size", "KB", Goal(most, at_most=True, ratio=False)), desk.get(address)
        row.add(Side.XMH, len(page) / 1024)
        row.add(Side.BARE, len(gzip.compress(page, 6)) / 1024)
        rows.append(row)
    return rows
