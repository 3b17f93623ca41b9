"""Four people type in browsers while web server, worker, Temporal and the log's database are killed, over and over.

Nothing that was acknowledged is lost or doubled; what somebody typed is on his page, or comes back to it, until it is
in the log.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from playwright.async_api import Error, Page

from eventlog.errors import LogError
from eventlog.verify import verify
from services.embedded.runfile import RunFile
from tests.recovery.chaos import away_from_midnight, seed_of
from tests.recovery.test_typed_text import SENDS, in_hand, texts_of
from tests.support.browsing import Browsing, running_chromium
from tests.support.postgres import Server
from tests.support.served import Home, home_with_pages, kill, wait_for

Record = Callable[[str, object], None]
TYPISTS = ("li", "head", "li", "head")
SECONDS = int(os.environ.get("XMH_TYPING_SECONDS", "600"))
"""So long on each database; every kind is killed at least once, however short it is."""
BETWEEN = (3.0, 9.0)
"""Seconds between two kills."""
PATIENCE = 180.0
"""Within this time of the last kill everything that was typed is in the log, however busy the machine is."""
HASTE = 4000
"""Milliseconds somebody waits for a page before he looks again; each time he waits longer."""
Recorded = Callable[[str, str], int]


@dataclass
class Storm:
    """Kills web server, worker, Temporal and, where the log has a server, that, one after another."""

    home: Home
    database: Server | None
    luck: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    ended: float | None = None
    """When the last one was killed, by the monotonic clock."""

    @property
    def over(self) -> bool:
        """Whether nothing more is killed."""
        return self.ended is not None

    @property
    def excuses(self) -> bool:
        """Whether who waits may still be made to: it goes on, or was a moment ago."""
        return self.ended is None or time.monotonic() < self.ended + PATIENCE

    async def rages(self) -> None:
        """Until time is over, and as long as one of them was spared."""
        until = time.monotonic() + SECONDS
        kinds, spared = ("web", "worker", "temporal", *(("database",) if self.database else ())), list[str]()
        while time.monotonic() < until or set(kinds) - set(self.kills):
            spared = spared or self.luck.sample(kinds, len(kinds))
            await asyncio.sleep(self.luck.uniform(*BETWEEN))
            if await self._kills(spared[-1]):
                self.kills[spared.pop()] += 1
            assert time.monotonic() < until + PATIENCE, f"not up again, to be killed: {spared}"
        self.ended = time.monotonic()

    async def _kills(self, what: str) -> bool:
        """Whether it was there to be killed."""
        if what == "database" and self.database is not None:
            await asyncio.to_thread(self.database.kill)
            await asyncio.sleep(self.luck.uniform(0, 2))
            await asyncio.to_thread(self.database.start)
            return True
        running = RunFile.read(self.home.path)
        if running is None or not running.ready:
            return False
        victim = {"web": running.console, "worker": running.worker, "temporal": running.server}[what]
        if victim is None:
            return False
        with suppress(AssertionError):  # it is slow to go
            await asyncio.to_thread(kill, victim)
        return True


@dataclass
class Typist:
    """Somebody at a browser who reports on one matter, text after text."""

    page: Page
    no: str
    stream: str
    luck: random.Random
    storm: Storm
    recorded: Recorded
    """How often a stream has a text; 0 while the log is away."""
    typed: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def box(self, name: str = "text") -> str:
        """The field of the form."""
        return f'[name="{self.no}.{name}"]'

    async def works(self) -> None:
        """Report until time is over; what is begun is brought to its end."""
        while not self.storm.over:
            text = f"{self.no} 第{len(self.typed) + 1}次：正在逐户商谈{self.luck.randrange(10**6)}"
            self.typed.append(text)
            await self._reports(text)

    async def _reports(self, text: str) -> None:
        await self._is_open(lambda: self._writes(text))
        kept = False
        while self.storm.excuses:
            kept = kept or await self._is_kept()
            if kept and self.luck.random() < 0.2:  # he closes the page, and opens it again
                self.seen["reloads"] += 1
                if await self._comes_back(text):
                    return
            if await self._sends(text):
                return
            if not await self._stands(text) and await self._comes_back(text):
                return
        raise AssertionError(f"never taken: {text}")

    async def _is_open(self, then: Callable[[], Awaitable[None]]) -> None:
        """The form is there, however often it has to be asked for."""
        for asked in count(1):
            with suppress(Error):
                await self.page.goto(f"/feedback?matter={self.no}", timeout=HASTE * min(asked, 8))
                if await self.page.locator(self.box()).count():
                    await then()
                    return
            assert self.storm.excuses, f"no form for {self.no}"
            self.seen["asked again"] += 1
            await asyncio.sleep(0.5)

    async def _writes(self, text: str) -> None:
        await self.page.locator(self.box("progress")).fill("40", timeout=HASTE)
        await self.page.locator(self.box()).fill("", timeout=HASTE)
        await self.page.locator(self.box()).press_sequentially(text, timeout=HASTE * 5, delay=5)

    async def _is_kept(self) -> bool:
        """Whether the page says that it kept what was typed."""
        with suppress(Error):
            await self.page.locator(self.box("progress")).focus(timeout=HASTE)
            line = self.page.locator(".saved").filter(has_text="已自动保存")
            await line.first.wait_for(timeout=HASTE)
            return True
        return False

    async def _sends(self, text: str) -> bool:
        """Whether sending it led to the matter, on whose page it is."""
        with suppress(Error):
            await self.page.get_by_role("button", name=SENDS).click(timeout=HASTE)
            await self.page.wait_for_url(f"**/matters/{self.no}*", timeout=HASTE * 3)
            return text in await self.page.content()
        self.seen["sent again"] += 1
        return False

    async def _stands(self, text: str) -> bool:
        """Whether the page still shows what he typed."""
        with suppress(Error):
            box = self.page.locator(self.box())
            return bool(await box.count()) and await box.input_value(timeout=HASTE) == text
        return False

    async def _comes_back(self, text: str) -> bool:
        """Opened anew the form has it, or it is in the log (True): at once, or when what was sent has come through."""

        async def nothing() -> None:
            pass

        while self.storm.excuses:
            await self._is_open(nothing)
            if await self._stands(text):
                return False
            if await asyncio.to_thread(self.recorded, self.stream, text):
                self.seen["found in the log"] += 1
                return True
            await asyncio.sleep(0.5)
        raise AssertionError(f"typed and gone: {text}")


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS * 2 + PATIENCE * 4)
async def test_nothing_typed_is_lost_whatever_is_killed(
    tmp_path: Path, database: Server | None, record_property: Record
) -> None:
    away_from_midnight(SECONDS * 2)
    luck = seed_of("typing")
    env = {"XMH_DATABASE_URL": database.new_database()} if database else {}
    with home_with_pages(tmp_path, env) as (home, address), home.log() as log:

        def recorded(stream: str, text: str) -> int:
            with suppress(LogError):
                return texts_of(log, stream).count(text)
            log.close()
            return 0

        async with running_chromium() as browser:
            people, storm = Browsing(browser, log, address), Storm(home, database, luck)
            typists = [await seated(people, n, who, storm, recorded) for n, who in enumerate(TYPISTS)]
            async with asyncio.TaskGroup() as group:  # where one fails the others stop
                for work in (storm.rages(), *(typist.works() for typist in typists)):
                    group.create_task(work)
            log.close()
            wait_for(lambda: home.running.ready, PATIENCE)
            for context in people.contexts:
                await context.close()
        seen = sum((typist.seen for typist in typists), Counter[str]())
        typed = [text for typist in typists for text in typist.typed]
        everything = [text for typist in typists for text in texts_of(log, typist.stream)]
        tally = {"kills": dict(storm.kills), "texts": len(typed), **seen, "restarts": home.running.restarts}
        print(tally)  # noqa: T201
        record_property("tally", {"kills": storm.kills.total(), "texts": len(typed), **seen})
        assert sorted(everything) == sorted(typed), "each once, and nothing else"
        assert verify(log).problems == ()


async def seated(people: Browsing, n: int, who: str, storm: Storm, recorded: Recorded) -> Typist:
    """Somebody with a matter of his own to report on."""
    number, stream = in_hand(people.log, n)
    luck = random.Random(storm.luck.randrange(10**9))
    return Typist(await people.person(who), number, stream, luck, storm, recorded)
