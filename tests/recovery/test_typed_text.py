"""What somebody typed is on his page while the web server is killed and while the log is down; then it is sent once."""

import asyncio
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Error as PageError
from playwright.async_api import Page, expect

from domain import commands as c
from domain.events import FeedbackSubmitted
from eventlog import reading
from eventlog.database import Database
from tests.recovery.chaos import away_from_midnight
from tests.recovery.conftest import either
from tests.support.browsing import Browsing, running_chromium
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, opening
from tests.support.postgres import Server
from tests.support.served import Home, home_with_pages, kill

TYPED = ("涉及三家权利人，正在逐户商谈", "已签约两户，余一户下周上门")
SENDS = re.compile("提交反馈|再次提交")
"""The button of the form, and of the page that gives it back."""
WHOLE = 120_000
"""Milliseconds for what comes back: a busy machine is no fault of it."""


@pytest.mark.timeout(600)
@either(every_time="sqlite")
async def test_what_is_typed_outlives_a_killed_server_and_a_log_that_is_down(
    tmp_path: Path, database: Server | None
) -> None:
    away_from_midnight(600)
    env = {"XMH_DATABASE_URL": database.new_database()} if database else {}
    with home_with_pages(tmp_path, env) as (home, address), home.log() as log:
        matters = [in_hand(log, n) for n in (1, 2)]
        async with running_chromium() as browser:
            page = await Browsing(browser, log, address).person("li")
            no, stream = matters[0]
            await typed(page, no, TYPED[0])
            await expect(page.locator(".saved").first).to_contain_text("已自动保存")
            console = home.running.console
            assert console is not None
            await asyncio.to_thread(kill, console)
            await sent_in_vain(page, no, TYPED[0])
            await sent(page, no)
            assert texts_of(log, stream) == [TYPED[0]]

            no, stream = matters[1]
            await page.goto(f"/feedback?matter={no}")
            async with log_down(home, database):
                log.close()
                await typed_on(page, no, TYPED[1])
                await expect(page.locator(".saved").first).to_contain_text("没有自动保存上", timeout=WHOLE)
                await sent_in_vain(page, no, TYPED[1])
            await sent(page, no)
            with home.log() as again:
                assert texts_of(again, stream) == [TYPED[1]]


@asynccontextmanager
async def log_down(home: Home, database: Server | None) -> AsyncIterator[None]:
    """Nobody can record: PostgreSQL is dead, or another program holds SQLite's file."""
    if database is not None:
        await asyncio.to_thread(database.kill)
        try:
            yield
        finally:
            await asyncio.to_thread(database.start)
        return
    holder = sqlite3.connect(home.path / "events.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.close()


def in_hand(log: Database, n: int) -> tuple[str, str]:
    """A matter that waits for its report: number and stream."""
    now, stream = datetime.now(UTC) - timedelta(minutes=1), f"matter/typed-{n}"
    act(log, stream, opening(f"推进第{n}处拆迁", now.date() + timedelta(days=60)), OFFICE, now)
    act(log, stream, c.AcceptReceipt(), LIAISON, now)
    (number,) = (row.number for row in reading.list_rows(log) if row.stream == stream)
    return number, stream


async def typed(page: Page, no: str, text: str) -> None:
    await page.goto(f"/feedback?matter={no}")
    await typed_on(page, no, text)


async def typed_on(page: Page, no: str, text: str) -> None:
    await page.locator(f'[name="{no}.progress"]').fill("40")
    await page.locator(f'[name="{no}.text"]').fill(text)
    await page.locator(f'[name="{no}.progress"]').focus()  # leaving a field keeps it at once


async def sent_in_vain(page: Page, no: str, text: str) -> None:
    """Nothing is sent, a line says so, and the text stands."""
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("alert").first).to_contain_text("没有提交；内容还在本页", timeout=WHOLE)
    await expect(page.locator(f'[name="{no}.text"]')).to_have_value(text)


async def sent(page: Page, no: str) -> None:
    """He presses until it is taken, as the line on the page tells him."""
    until = time.monotonic() + WHOLE / 1000
    while f"/matters/{no}" not in page.url:
        assert time.monotonic() < until, await page.get_by_role("alert").all_inner_texts()
        with suppress(PageError):
            await page.get_by_role("button", name=SENDS).click(timeout=5000)
            await page.wait_for_url(f"**/matters/{no}*", timeout=10_000)


def texts_of(log: Database, stream: str) -> list[str]:
    """The reports in the log."""
    recorded = [e for e in reading.read_stream(log, stream) if e.type == FeedbackSubmitted.__name__]
    return [str(FeedbackSubmitted.model_validate_json(e.payload).text) for e in recorded]
