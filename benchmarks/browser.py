"""What only a browser tells: the keys of a weekly report, shifts of layout, a long table, two hundred open pages.

The services and the browser are real, on this machine; Chromium is the tests'.
"""

import asyncio
import gzip
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
from playwright.async_api import Browser, Page, expect

from benchmarks import logs
from benchmarks.measure import ROOT, Goal, Row, Side
from benchmarks.scale import Scale
from domain import commands as c
from domain.calendar import SHANGHAI
from domain.envelope import SYSTEM
from domain.facts import NewPoint
from domain.ids import OfficeStream, matter_stream
from domain.office import Person, PersonRecorded
from domain.terms import Role
from eventlog.configured import open_log
from eventlog.database import Database
from services import accounts, signing_in
from services.gateway import Gateway
from services.office_records import record_office_events
from services.temporal_client import connect
from settings import Settings
from tests.support.browsing import Browsing, counted, running_chromium, shifted, watch_shifts
from tests.support.office import LIAISON, OFFICE, order
from tests.support.served import home_in
from web.following import MOST_OF_ACCOUNT, MOST_STREAMS
from web.pages.rendering import COOKIE
from web.serving import listening

MOST_KEYS, MOST_MEMORY, MOST_TABLE = 12, 250, 400
USABLE = Goal(1.5, at_most=True, ratio=False)
POINTS = ("完成基坑支护", "完成桩基施工", "完成地下室结构")
PAGES = ("/", "/matters", "/table", "/figures", "/meetings", "/queue", "/feedback", "/search", "/papers")
MOVING = "<p>文</p><script>setTimeout(() => document.body.prepend(document.createElement('hr')), 200)</script>"


def run(scale: Scale, folder: Path) -> list[Row]:
    """The week first, on services of its own; then what is looked at, on a log of many matters."""
    keys, seconds = _week(scale, folder / "week")
    return [keys, seconds, *_looked_at(scale, folder / "many")]


# --- 周反馈: three matters with three points each


def _week(scale: Scale, folder: Path) -> tuple[Row, Row]:
    folder.mkdir()
    keys = Row("周反馈, 3 × 3 points: key presses", "keys", Goal(MOST_KEYS, at_most=True, ratio=False))
    seconds = Row("周反馈, from the first key to the answer", "s")
    with home_in(folder) as home:
        home.web = True
        web = home.up().web
        assert web is not None
        settings = Settings(home=home.path)
        with open_log(settings) as log:
            asyncio.run(_reported(settings, log, web, scale, keys, seconds))
    return keys, seconds


async def _reported(settings: Settings, log: Database, web: str, scale: Scale, keys: Row, seconds: Row) -> None:
    gateway = Gateway(await connect(settings), log, settings.task_queue, settings.door)
    async with running_chromium() as browser:
        people = Browsing(browser, log, web)
        page, plain = await people.person("li"), await browser.new_page()
        await plain.set_content("<textarea autofocus></textarea>")
        for _ in range(scale.workflow_rounds):
            for _ in range(3):
                await _owed(gateway)
            await page.goto("/feedback")
            press = counted(page)
            began = time.perf_counter()
            await _typed(page, press)
            await press("Control+Enter")
            await expect(page.get_by_role("status")).to_contain_text("已提交 3 件")
            seconds.add(Side.XMH, time.perf_counter() - began)
            keys.add(Side.XMH, press.count)  # type: ignore[attr-defined]
            await _into_nothing(plain, keys, seconds)
        await people.close()


async def _owed(gateway: Gateway) -> None:
    """A matter with three points, received by its unit."""
    key, now = uuid4().hex, datetime.now(SHANGHAI)
    points = tuple(NewPoint(text=text) for text in POINTS)
    wish = logs.wish(100, now).model_copy(update={"title": f"推进主体施工{key}", "points": points})
    for command, actor in ((wish, OFFICE), (c.AcceptReceipt(), LIAISON)):
        await gateway.submit(order(matter_stream(key), command, actor, now=datetime.now(UTC)))


async def _typed(page: Page, press: "object") -> None:
    for row in range(9):
        await page.keyboard.insert_text(f"第{row}项正在推进 {10 * row}%")
        if row < 8:
            await press("Enter")  # type: ignore[operator]


async def _into_nothing(page: Page, keys: Row, seconds: Row) -> None:
    """The same text and keys into a field that does nothing."""
    press = counted(page)
    began = time.perf_counter()
    await page.locator("textarea").fill("")
    await _typed(page, press)
    await press("Control+Enter")
    seconds.add(Side.BARE, time.perf_counter() - began)
    keys.add(Side.BARE, press.count)  # type: ignore[attr-defined]


# --- a log of many matters


def _looked_at(scale: Scale, home: Path) -> list[Row]:
    began = datetime.now(UTC) - timedelta(days=30)
    with logs.made(home, lambda log: _filled(log, scale.rows, began), began - timedelta(days=1)) as log:
        (home / "xmh.toml").touch()
        with _served(home) as (web, process):
            return asyncio.run(_by_browser(log, web, process, scale))


def _filled(log: Database, matters: int, now: datetime) -> None:
    """So many matters, and people enough to open as many pages as there may be."""
    for n in range(matters):
        logs.opened(log, n, now)
    people = [Person(id=f"desk{n}", name=f"督办{n}", unit="office", role=Role.OFFICE) for n in range(_accounts())]
    events = [PersonRecorded(person=p) for p in people]
    record_office_events(log, log.own(OfficeStream.DIRECTORY), events, actor=SYSTEM, command_id="bench:people", now=now)


def _accounts() -> int:
    return -(-MOST_STREAMS // MOST_OF_ACCOUNT)


@contextmanager
def _served(home: Path) -> Iterator[tuple[str, int]]:
    """`xmh web` on a home, in a process of its own: its address and process id."""
    with listening("127.0.0.1", 0) as found:
        port = found.getsockname()[1]
    environment = {"XMH_HOME": str(home), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen(
        [sys.executable, "-m", "web", str(port)], cwd=ROOT, env=environment, stderr=subprocess.PIPE
    )
    web = f"http://127.0.0.1:{port}"
    try:
        _answers(web)
        yield web, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _answers(web: str, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            httpx.get(f"{web}/healthz")
        except httpx.TransportError:
            assert time.monotonic() < until, "xmh web does not answer"
            time.sleep(0.1)
        else:
            return


async def _by_browser(log: Database, web: str, process: int, scale: Scale) -> list[Row]:
    memory = Row(f"memory, {scale.rows:,} matters, {MOST_STREAMS} live streams", "MB", Goal(MOST_MEMORY, True, False))
    size = Row(f"一览表 of {scale.rows:,}, size", "KB", Goal(MOST_TABLE, at_most=True, ratio=False))
    usable = Row(f"一览表 of {scale.rows:,}, from asking to loaded", "s", USABLE)
    shift = Row(f"layout shift, largest of {len(PAGES)} pages at two widths", "", Goal(0, at_most=True, ratio=False))
    async with running_chromium() as browser:
        people = Browsing(browser, log, web)
        page = await people.person(OFFICE.id)
        for _ in range(scale.rounds):
            await _loaded(page, people, usable, size)
        shift.add(Side.XMH, await _most_shifted(people))
        shift.add(Side.BARE, await _moved_on_purpose(browser))
        await people.close()
    memory.add(Side.BARE, _memory(process))
    async with _following(log, web):
        memory.add(Side.XMH, _memory(process))
    return [size, usable, shift, memory]


async def _loaded(page: Page, people: Browsing, usable: Row, size: Row) -> None:
    (cookie,) = await page.context.cookies()
    headers = {"Cookie": f"{COOKIE}={cookie['value']}"}
    async with httpx.AsyncClient(base_url=people.address, headers=headers, timeout=60) as client:
        began = time.perf_counter()
        answer = await client.get("/table?whole=1")
        usable.add(Side.BARE, time.perf_counter() - began)
    began = time.perf_counter()
    await page.goto("/table?whole=1")
    await page.locator("tbody a").last.is_visible()
    usable.add(Side.XMH, time.perf_counter() - began)
    size.add(Side.XMH, len(answer.content) / 1024)
    size.add(Side.BARE, len(gzip.compress(answer.content, 6)) / 1024)


async def _most_shifted(people: Browsing) -> float:
    """The largest shift of any page after it was first drawn, at a desk and on a phone."""
    most = 0.0
    for width in ("desk", "phone"):
        page = await people.person(OFFICE.id, width)
        await watch_shifts(page)
        for address in PAGES:
            await page.goto(address)
            most = max(most, await shifted(page))
    return most


async def _moved_on_purpose(browser: Browser) -> float:
    """What is measured of a page that does move: that nothing was found is not because nobody looked."""
    page = await browser.new_page()
    await watch_shifts(page)
    await page.goto(f"data:text/html;charset=utf-8,{MOVING}")
    return await shifted(page)


@asynccontextmanager
async def _following(log: Database, web: str) -> AsyncIterator[None]:
    """As many pages follow the log as there may be; something moves while they do."""
    now, cookie = datetime.now(UTC), ""
    async with AsyncExitStack() as stack:
        limits = httpx.Limits(max_connections=MOST_STREAMS + 1)
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=web, limits=limits, timeout=60))
        for n in range(MOST_STREAMS):
            person = f"desk{n // MOST_OF_ACCOUNT}"
            if n % MOST_OF_ACCOUNT == 0:
                accounts.open_account(log, person, OFFICE, now)
                cookie = signing_in.begin(log, person, "127.0.0.1", now)
            headers = {"Cookie": f"{COOKIE}={cookie}"}
            answer = await stack.enter_async_context(
                client.stream("GET", "/live", params={"for": "work"}, headers=headers)
            )
            assert answer.status_code == httpx.codes.OK, answer.status_code
        logs.opened(log, 10**6, now)
        await asyncio.sleep(2)
        yield


def _memory(process: int) -> float:
    """What a process holds now, in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024
