"""What is read, in real Chromium: the wall by the arrow keys, figures and table as axe sees them."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from domain.meetings.commands import ConveneMeeting, FreezeAgenda
from domain.meetings.meeting import AgendaItem
from tests.support.browsing import Browsing, accessible, press, shifted, watch_shifts
from tests.support.history import meet
from tests.support.meetings import MONTHLY
from tests.support.office import OFFICE, office_today
from tests.web.conftest import Served
from tests.web.test_acting import opened

pytestmark = pytest.mark.slow


async def test_figures_and_table_are_read_by_everybody_and_a_number_opens(browsing: Browsing, working: Served) -> None:
    opened(working)
    page = await browsing.person("office")
    await page.goto("/table")
    await accessible(page, "一览表")
    await page.goto(f"/table?as_of={office_today()}")
    rows = await page.locator("tbody tr:not(.chapter)").evaluate_all("rows => rows.map((r) => r.cells.length)")
    heads = await page.locator("thead th").count()
    assert set(rows) == {heads}, "each cell is one, though none is closed"
    await page.goto(f"/figures?as_of={office_today()}")
    await accessible(page, "驾驶舱")
    number = page.get_by_role("link", name="今年督办").first
    shown = await number.locator(".count").inner_text()
    assert int(shown) > 0
    await number.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"今年督办：{shown}件")
    await expect(page.locator("tbody tr")).to_have_count(int(shown))


async def test_the_wall_is_led_by_the_arrow_keys(browsing: Browsing, working: Served) -> None:
    now = datetime.now(UTC)
    convene = ConveneMeeting.model_validate(
        {"series": MONTHLY, "starts": now + timedelta(days=30), "chair": "leader", "reason": "试验"}
    )
    items = tuple(AgendaItem(key=title, title=title) for title in ("研究值班安排", "研究汛期准备"))
    meet(working.log, "meeting/wall", convene, OFFICE, now)
    meet(working.log, "meeting/wall", FreezeAgenda(proposed=items, position=1), OFFICE, now)
    page = await browsing.person("office")
    await page.goto("/meetings")
    await page.get_by_role("row").last.get_by_role("link").click()
    await page.get_by_role("link", name="会议模式").click()
    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_have_text("1．研究值班安排")
    await press(page, "ArrowRight")
    await expect(heading).to_have_text("2．研究汛期准备")
    await press(page, "ArrowRight")
    await expect(heading).to_have_text("已议 0 项，未议 2 项")
    await press(page, "ArrowLeft")
    await expect(heading).to_have_text("2．研究汛期准备")
    await press(page, "ArrowLeft")
    await expect(heading).to_have_text("1．研究值班安排")
    await accessible(page, "会议模式")


@pytest.mark.parametrize("width", ["desk", "phone"])
async def test_nothing_moves_once_a_page_is_drawn(browsing: Browsing, working: Served, width: str) -> None:
    no, _ = opened(working)
    page = await browsing.person("office", width)
    await watch_shifts(page)
    told = {}
    for address in (
        "/",
        "/matters",
        f"/matters/{no}",
        "/table",
        "/figures",
        "/meetings",
        "/queue",
        "/feedback",
        "/open",
    ):
        await page.goto(address)
        told[address] = await shifted(page)
    assert not any(told.values()), told
    plain = await browsing.visitor(width)
    await watch_shifts(plain)
    await plain.goto("/sign-in")
    await plain.evaluate("setTimeout(() => document.body.prepend(document.createElement('hr')), 100)")
    assert await shifted(plain) > 0, "it would have been seen"
