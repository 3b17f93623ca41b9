"""A screen on the wall: figures from across the room, no name of anything, by a token that can do nothing else."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from domain import commands as c
from domain.access.terms import TokenScope
from eventlog.access import kept_tokens
from services.accounts import revoke_token
from tests.support.browsing import SCREENS, Browsing, accessible
from tests.support.history import act
from tests.support.office import ASSIST, LIAISON, OFFICE, opening
from tests.web.conftest import Served
from tests.web.test_acting import opened
from tests.web.test_reads import grant_account
from tests.web.test_signing_in import HERE

TITLE = "推进大屏看不见的工程"
WALL = "__Host-xmh-wall"


@pytest.fixture(scope="module")
def lit(served: Served) -> Served:
    """Three matters in hand, one of the other unit, one of them late."""
    now = datetime.now(UTC) - timedelta(days=9)
    for n, (lead, days) in enumerate(((None, 60), (None, 4), (ASSIST, 60))):
        more = {} if lead is None else {"lead": lead}
        act(
            served.log, f"matter/w{n}", opening(f"{TITLE}{n}", (now + timedelta(days=days)).date(), **more), OFFICE, now
        )
    act(served.log, "matter/w0", c.AcceptReceipt(), LIAISON, now)
    for person in ("office", "li"):
        grant_account(served, person)
    return served


def come_in(served: Served, token: str) -> httpx.Response:
    return served.client().post("/wall", data={"token": token}, headers=HERE)


def shown(served: Served, token: str) -> httpx.Response:
    return served.client().get("/wall", headers={"Cookie": f"{WALL}={token}"})


def test_a_screen_sees_numbers_by_a_token_that_opens_nothing_else(lit: Served) -> None:
    assert lit.client().get("/wall").status_code == 401
    token = lit.token("office", TokenScope.SCREEN)
    came = come_in(lit, f" {token} ")
    assert (came.status_code, came.headers["location"]) == (303, "/wall")
    kept = came.headers["set-cookie"]
    assert all(word in kept for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"))
    page = shown(lit, token)
    assert "在办 <strong>3</strong> 件" in page.text
    assert 'red">1</strong>' in page.text
    for name in (TITLE, "XMH-", "李三", "更新", "<a "):
        assert name not in page.text, name
    assert "在办 <strong>2</strong> 件" in shown(lit, lit.token("li", TokenScope.SCREEN)).text, "its unit's own"
    bearer = {"Authorization": f"Bearer {token}"}
    assert lit.client().get("/api/v1/matters", headers=bearer).status_code == 401
    other = {"Cookie": f"{WALL}={token}; __Host-xmh={token}"}
    for path in ("/", "/matters", "/figures", "/table"):
        assert lit.client().get(path, headers=other).status_code == 303, path
    for wrong in ("", "xmhp_" + "a" * 49, lit.token("office", TokenScope.HANDLE), "大屏"):
        assert (come_in(lit, wrong).status_code, "不是大屏令牌" in come_in(lit, wrong).text) == (422, True), wrong
    (held,) = [t for t in kept_tokens(lit.log) if t.scope is TokenScope.SCREEN and t.person == "office"]
    revoke_token(lit.log, "office", held.id, OFFICE, datetime.now(UTC))
    assert shown(lit, token).status_code == 401
    assert lit.client().get("/wall/live", headers={"Cookie": f"{WALL}={token}"}).status_code == 401


def test_each_token_shows_its_own_board_and_no_other(lit: Served) -> None:
    token = lit.token("office", TokenScope.SCREEN_LIGHTS)
    assert come_in(lit, token).status_code == 303
    page = shown(lit, token).text
    rows = page.count('<th scope="row">')
    assert f"亮灯 <strong>{rows}</strong> 件" in page
    assert (f"{TITLE}1" in page, "绿灯" in page) == (True, False), "the late one is lit"
    for name in ("李三", "XMH-", "<a ", "在办"):
        assert name not in page, name
    asked = lit.client().get("/wall?board=screen", headers={"Cookie": f"{WALL}={token}"}).text
    assert ("亮灯" in asked, "在办" in asked) == (True, False), "the token says what is shown"
    other = shown(lit, lit.token("li", TokenScope.SCREEN_CITY))
    assert (other.status_code, "只在市级指挥部" in other.text or "市级督办员" in other.text) == (403, True), other.text
    bearer = {"Authorization": f"Bearer {token}"}
    assert lit.client().get("/api/v1/matters", headers=bearer).status_code == 401


async def read_from_afar(page: Page, name: str) -> None:
    """At 1920 lines across nothing is small, and nothing below the screen's edge."""
    smallest = await page.evaluate(
        "Math.min(...[...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && e.innerText)"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize)))"
    )
    tall = await page.evaluate("document.documentElement.scrollHeight")
    assert (smallest >= 40, tall) == (True, 1080), (smallest, tall)
    if folder := os.environ.get(SCREENS):
        await page.screenshot(path=Path(folder) / f"{name} 1920.png")


@pytest.mark.slow
async def test_it_is_read_from_afar_follows_the_log_and_says_when_it_is_cut_off(
    browsing: Browsing, working: Served
) -> None:
    opened(working)
    page = await browsing.visitor()
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await page.goto("/wall")
    await accessible(page, "大屏令牌")
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await page.get_by_label("大屏令牌").fill(working.token("office", TokenScope.SCREEN))
    await page.get_by_role("button", name="打开大屏").click()
    number = page.locator("h1 strong")
    before = int(await number.inner_text())
    await read_from_afar(page, "大屏")
    away = asyncio.Event()

    async def cut(route: Route) -> None:
        await (route.abort("connectionrefused") if away.is_set() else route.continue_())

    await page.route("**/wall", cut)
    opened(working)
    await expect(number).to_have_text(str(before + 1))
    away.set()
    opened(working)
    await expect(page.get_by_role("alert")).to_contain_text("与服务器断开")
    await expect(number).to_have_text(str(before + 1))
    away.clear()
    await expect(number).to_have_text(str(before + 2))
    await expect(page.get_by_role("alert")).to_be_hidden()
    await accessible(page, "大屏")
    browsing.faults[:] = [f for f in browsing.faults if "net::ERR_CONNECTION_REFUSED" not in f]


@pytest.mark.slow
async def test_the_lit_matters_are_read_from_afar_too(browsing: Browsing, working: Served) -> None:
    now = datetime.now(UTC) - timedelta(days=9)
    for n in range(12):
        title = f"{TITLE}{n}，并把题目写得很长很长以致一行放不下，还要接着写下去直到屏幕的边上"
        act(working.log, f"matter/l{n}", opening(title, (now + timedelta(days=3)).date()), OFFICE, now)
    page = await browsing.person("office")
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await page.goto("/wall?board=screen_lights")
    await read_from_afar(page, "大屏亮灯事项")
    await expect(page.locator("tbody tr")).to_have_count(8)
    await accessible(page, "大屏亮灯事项")
