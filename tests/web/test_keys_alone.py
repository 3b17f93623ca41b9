"""A matter is opened by somebody who touches no mouse: from 待办 by the keyboard alone, a refusal mended too."""

from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from eventlog import reading
from tests.support.browsing import Browsing
from tests.web.conftest import Served
from tests.web.test_acting import types

pytestmark = pytest.mark.slow
MOST_TABS = 80
FOCUSED = """() => {
  const one = document.activeElement;
  const label = one.labels && one.labels[0] ? one.labels[0] : one;
  const name = one.getAttribute("aria-label") || label.textContent;
  const seen = getComputedStyle(one).outlineStyle !== "none" && one.getBoundingClientRect().height > 0;
  return [name.trim(), one.tagName, one.id, seen];
}"""


async def reach(page: Page, name: str, tag: str, key: str = "Tab") -> None:
    """Go on by one key until what is called so has the focus, and shows it."""
    for _ in range(MOST_TABS):
        await page.keyboard.press(key)
        called, what, _, seen = await page.evaluate(FOCUSED)
        if what == tag and called.startswith(name):
            assert seen, f"{name}: nothing shows that it has the focus"
            return
    pytest.fail(f"no key leads to {name}")


async def choose(page: Page, name: str, option: str) -> None:
    await reach(page, name, "SELECT")
    for _ in range(MOST_TABS):
        if option in await page.evaluate("document.activeElement.selectedOptions[0].textContent"):
            return
        await page.keyboard.press("ArrowDown")
    pytest.fail(f"{name} has no {option}")


async def type_day(page: Page, year: str, month: str, day: str) -> None:
    """Into a date field, whose parts stand in the order of the browser's own language."""
    for order in ((year, "ArrowRight", month, day), (month, day, year)):
        for keys in order:
            await (page.keyboard.press(keys) if keys == "ArrowRight" else page.keyboard.type(keys))
        if await page.evaluate("document.activeElement.value") == f"{year}-{month}-{day}":
            return
        for _ in order:
            await page.keyboard.press("ArrowLeft")
    pytest.fail("no order of its parts gives the day")


async def test_a_matter_is_opened_by_keys_alone(browsing: Browsing, working: Served) -> None:
    title = f"推进主体施工{uuid4().hex[:6]}"
    page = await browsing.person("office")
    await page.goto("/")
    await reach(page, "事项", "A")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("事项")
    await page.keyboard.press("Tab")
    assert (await page.evaluate(FOCUSED))[0] == "跳到正文"
    await page.keyboard.press("Enter")
    await reach(page, "立项", "A")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("立项")
    await reach(page, "事项名称", "INPUT")
    await page.keyboard.insert_text(title)
    await choose(page, "依据种类", "任务清单")
    await reach(page, "依据", "INPUT")
    await page.keyboard.insert_text("2027年工作计划")
    await reach(page, "文号", "INPUT")
    await page.keyboard.insert_text("号" * 300)
    await choose(page, "批准人", "吴七")
    await reach(page, "办结时限", "INPUT")
    await type_day(page, "2027", "06", "30")
    await choose(page, "牵头单位", "区城市更新和土地整备局")
    await reach(page, "立项", "BUTTON")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("有300字，最多200字")
    assert (await page.evaluate(FOCUSED))[2] == "summary", "the focus is where the fault is told"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert (await page.evaluate("document.activeElement.name")) == "basis.no", "the fault leads to its field"
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text("香指办〔2027〕1号")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("已办：立项")
    (opened,) = reading.find_matters(working.log, title)
    assert types(working, opened.stream)[:2] == ["MatterOpened", "MatterAssigned"]
    await expect(page.get_by_role("main")).to_contain_text("2027-06-30")
