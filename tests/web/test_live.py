"""Live refresh: who looks is told what moved and no word of it; a cut is resumed, and what is typed stays."""

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect

from domain import commands as c
from domain.access.terms import TokenScope
from domain.facts import UnitRef
from domain.terms import Openness, Supervision
from eventlog import reading
from services import accounts, signing_in
from tests.cli.test_sight_matrix import open_to
from tests.support.browsing import Browsing, accessible
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, opening
from tests.web.conftest import Served
from tests.web.test_commands import post
from tests.web.test_weekly_feedback import accepted
from web.following import MOST_OF_ACCOUNT

WORDS = "涉及三家权利人"
SOON = 5.0
"""Seconds a test waits for what comes within one."""


def cookie(served: Served, person: str) -> dict[str, str]:
    now = datetime.now(UTC)
    if accounts.account_of(served.log, person) is None:
        accounts.open_account(served.log, person, OFFICE, now)
    return {"Cookie": f"__Host-xmh={signing_in.begin(served.log, person, '10.0.0.1', now)}"}


class Stream:
    """One page's stream as a browser gets it."""

    def __init__(self, response: httpx.Response) -> None:
        self.lines, self.said = response.iter_lines(), ""

    def next(self) -> tuple[int, dict[str, Any]]:
        """The next event: its id and what it says."""
        position = 0
        for line in self.lines:
            self.said += line
            if line.startswith("id: "):
                position = int(line[4:])
            if line.startswith("data: "):
                return position, json.loads(line[6:])
        raise AssertionError("the stream ended")

    def ends(self) -> bool:
        """Whether it ends without telling anything more."""
        return not any(line.startswith("data: ") for line in self.lines)


@contextmanager
def following(served: Served, headers: dict[str, str], what: str, **more: Any) -> Iterator[Stream]:
    with httpx.Client(base_url=served.address, timeout=SOON) as client:
        headers = {**headers, **({"Last-Event-ID": str(more.pop("last"))} if "last" in more else {})}
        with client.stream("GET", "/live", params={"for": what, **more}, headers=headers) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            stream = Stream(response)
            assert next(stream.lines).startswith("retry:"), "it listens by now"
            yield stream


def opened(served: Served, title: str, lead: str = "gengxin") -> tuple[str, str]:
    """A matter: its stream and number."""
    now, stream = datetime.now(UTC), f"matter/{uuid4().hex[:12]}"
    of = UnitRef(id=lead, supervision=Supervision.OBJECT)
    act(served.log, stream, opening(title, (now + timedelta(days=60)).date(), lead=of), OFFICE, now)
    return stream, reading.listed_matters(served.log, [stream])[0].number


def report(served: Served, stream: str) -> None:
    now = datetime.now(UTC)
    if reading.stream_head(served.log, stream).version < 3:
        act(served.log, stream, c.AcceptReceipt(), LIAISON, now)
    act(served.log, stream, c.SubmitFeedback(text=WORDS, progress=10), LIAISON, now)


def test_who_follows_is_told_that_it_moved_and_nothing_else(served: Served) -> None:
    stream, no = opened(served, "推进桥梁施工")
    office = cookie(served, "office")
    with following(served, office, f"matter:{no}") as matter, following(served, office, "work") as work:
        report(served, stream)
        (position, told), (_, listed) = matter.next(), work.next()
        head = reading.stream_head(served.log, stream)
        assert (told["matter"], listed["matter"], told["version"] <= head.version) == (no, no, True)
        assert all(word not in matter.said + work.said for word in (WORDS, "桥梁", "gengxin"))
    report(served, stream)
    with following(served, office, f"matter:{no}", last=position, after=0) as again:
        resumed, told = again.next()
        assert (resumed > position, told["version"]) == (True, reading.stream_head(served.log, stream).version)


def test_what_is_not_ones_own_is_not_followed(served: Served) -> None:
    _, no = opened(served, "他人的事项", "zhujian")
    client = httpx.Client(base_url=served.address, timeout=SOON)
    for headers, what, status in (
        ({}, f"matter:{no}", 401),
        (cookie(served, "office"), "matter:XMH-2026-999", 404),
        (cookie(served, "office"), "meeting:HY-2026-999", 404),
        (cookie(served, "office"), "everything", 404),
        (cookie(served, "office"), "", 404),
    ):
        assert client.get("/live", params={"for": what}, headers=headers).status_code == status, what
    open_to(served.home, Openness.OWN)
    other = cookie(served, "li")
    assert client.get("/live", params={"for": f"matter:{no}"}, headers=other).status_code == 404
    own, own_no = opened(served, "自己的事项")
    with following(served, other, "work") as work:
        opened(served, "又一件他人的", "zhujian")
        report(served, own)
        assert work.next()[1]["matter"] == own_no, "of others' matters nothing is told"
    open_to(served.home, Openness.TITLES)


def test_a_stream_ends_with_the_rights_it_was_opened_by(served: Served) -> None:
    stream, no = opened(served, "改派的事项")
    unit = cookie(served, "head")
    open_to(served.home, Openness.OWN)
    with following(served, unit, f"matter:{no}") as reassigned:
        away = UnitRef(id="zhujian", supervision=Supervision.OBJECT)
        act(served.log, stream, c.AssignMatter(lead=away, reason="职能调整"), OFFICE, datetime.now(UTC))
        assert reassigned.ends(), "the unit never reported: it sees nothing of it any more"
    with following(served, unit, "work") as locked:
        accounts.lock_account(served.log, "head", "手机丢失", OFFICE, datetime.now(UTC))
        assert locked.ends()
    accounts.unlock_account(served.log, "head", OFFICE, datetime.now(UTC))
    open_to(served.home, Openness.TITLES)


def test_an_account_has_so_many_streams_and_none_keeps_its_session_alive(served: Served) -> None:
    leader = cookie(served, "leader")
    streams = [following(served, leader, "work") for _ in range(MOST_OF_ACCOUNT)]
    for one in streams:
        one.__enter__()
    client = httpx.Client(base_url=served.address, timeout=SOON)
    assert client.get("/live", params={"for": "work"}, headers=leader).status_code == 429
    assert client.get("/healthz").status_code == 200
    for one in streams:
        one.__exit__(None, None, None)
    came, now = leader["Cookie"].partition("=")[2], datetime.now(UTC)
    for minutes in range(0, 31, 3):
        signing_in.signed_in(served.log, came, now + timedelta(minutes=minutes), used=False)
    assert signing_in.signed_in(served.log, came, now + timedelta(minutes=31)) is None, "what a page asks is no use"


async def said(page: Page) -> str:
    return await page.locator("main").inner_text()


@pytest.mark.slow
async def test_what_one_does_another_sees_and_what_is_typed_stays(browsing: Browsing, working: Served) -> None:
    no = accepted(working)
    liaison = working.client("li", TokenScope.REPORT)

    def reported(text: str) -> None:
        assert post(liaison, f"/matters/{no}/commands/report", {"text": text, "progress": 20}).status_code == 201

    office, leader = await browsing.person("office"), await browsing.person("leader", "phone")
    await office.goto(f"/matters/{no}")
    await leader.goto(f"/matters/{no}")
    day = office.get_by_role("textbox", name="看某一天")
    await day.fill("2026-11-02")
    await day.focus()
    folded = leader.locator("details.block summary").first
    await folded.click()
    took = []
    for n in range(10):
        began = time.perf_counter()
        reported(f"第{n}次报送")
        await expect(leader.get_by_text(f"第{n}次报送").first).to_be_visible()
        took.append(time.perf_counter() - began)
        await expect(office.get_by_text(f"第{n}次报送").first).to_be_visible()
    assert statistics.median(took) <= 5, took
    await expect(day).to_have_value("2026-11-02")
    await expect(day).to_be_focused()
    assert await leader.locator("details.block").first.get_attribute("open") is not None, "unfolded it stays"
    await expect(leader.get_by_text("自动更新")).to_be_visible()
    await accessible(office, "事项，自动更新")
    # A cut line: what happened meanwhile is there when it is back.
    await office.context.set_offline(True)
    reported("断网时报送的")
    await office.wait_for_timeout(500)
    assert "断网时报送的" not in await said(office)
    await office.context.set_offline(False)
    await expect(office.get_by_text("断网时报送的").first).to_be_visible()
    browsing.faults[:] = [f for f in browsing.faults if "ERR_INTERNET_DISCONNECTED" not in f]


@pytest.mark.slow
async def test_a_form_is_told_and_left_as_it_is(browsing: Browsing, working: Served) -> None:
    no = accepted(working)
    page = await browsing.person("office")
    await page.goto(f"/matters/{no}/do/remind")
    text = page.get_by_label("提醒什么")
    await text.fill("请抓紧")
    report = {"text": "完成一半", "progress": 50}
    assert post(working.client("li"), f"/matters/{no}/commands/report", report).status_code == 201
    await expect(page.get_by_text("刚有新的记录")).to_be_visible()
    await expect(text).to_have_value("请抓紧")
    await expect(text).to_be_focused()
    await page.get_by_role("link", name="查看最新情况").click()
    await expect(text).to_have_value("请抓紧")
