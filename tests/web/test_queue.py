"""审核队列 in a browser: one decision after another by keys, nothing sent by one key, several with a result each."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from eventlog import reading
from tests.support.browsing import Browsing, accessible, press
from tests.web.conftest import Served
from tests.web.test_acting import types
from tests.web.test_commands import OPENING, post

pytestmark = pytest.mark.slow
WHY = {"text": "已全部完成", "over_unfinished": "验收材料另行报送"}


def asked_to_close(working: Served, client: str = "li") -> str:
    """A matter whose 办结 was asked for."""
    office, liaison = working.client("office"), working.client(client)
    no = str(post(office, "/matters", {**OPENING, "title": f"主体施工{uuid4().hex[:6]}"}).json()["matter"])
    assert post(liaison, f"/matters/{no}/commands/accept", {"via": "phone"} if client == "office" else {}).is_success
    answer = post(liaison, f"/matters/{no}/commands/close", WHY)
    assert answer.status_code == 201, answer.text
    return no


def ended(working: Served, no: str) -> list[str]:
    (found,) = reading.find_matters(working.log, no)
    return [t for t in types(working, found.stream) if t.startswith(("Closure", "MatterClosed"))]


async def test_decisions_one_after_another_by_keys(browsing: Browsing, working: Served) -> None:
    first, second, third = (asked_to_close(working) for _ in range(3))
    page = await browsing.person("office")
    await page.goto("/queue")
    heading, bar = page.locator("h2#what"), page.locator(".bar")
    await expect(heading).to_be_focused()
    await expect(page.locator("section.block")).to_contain_text("已全部完成")
    await accessible(page, "审核")
    await press(page, "j")
    await expect(page.locator("section.block")).to_contain_text(second)
    await press(page, "k")
    await expect(page.locator("section.block")).to_contain_text(first)
    # One key chooses and sends nothing; Esc takes it back.
    await press(page, "1")
    await expect(bar).to_contain_text(f"同意：{first}")
    await press(page, "Escape")
    await expect(bar).to_be_hidden()
    assert ended(working, first) == ["ClosureRequested"]
    await press(page, "1")
    await press(page, "Enter")
    await expect(page.get_by_role("status").first).to_contain_text("已办：审核办结申请")
    await expect(heading).to_be_focused()
    await expect(page.locator("section.block")).to_contain_text(second)
    assert ended(working, first) == ["ClosureRequested", "MatterClosed"]
    # 退回 wants a reason, in which keys are letters again.
    await press(page, "2")
    await page.keyboard.type("缺j1k照片")
    await press(page, "Control+Enter")
    await expect(page.locator("section.block")).to_contain_text(third)
    assert ended(working, second) == ["ClosureRequested", "ClosureReturned"]
    await press(page, "2")
    await page.locator("button.main").click()
    await expect(page.get_by_label("意见（退回须写理由）")).to_be_visible()
    assert ended(working, third) == ["ClosureRequested"], "without a reason nothing is returned"


async def test_several_at_once_each_with_its_result(browsing: Browsing, working: Served) -> None:
    good, other, own = asked_to_close(working), asked_to_close(working), asked_to_close(working, "office")
    page = await browsing.person("office", script=False)
    await page.goto("/queue")
    for no in (good, other, own):
        await page.get_by_label(f"选 {no}").check()
    await page.get_by_role("button", name="一起同意所选").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("将同意以下 3 件")
    assert ended(working, good) == ["ClosureRequested"], "nothing is sent before it was looked at"
    await page.get_by_role("button", name="确认同意").click()
    rows = page.get_by_role("status").get_by_role("listitem")
    await expect(rows).to_have_count(3)
    for no, said in ((good, "已办"), (other, "已办"), (own, "没有办")):
        await expect(rows.filter(has_text=no)).to_contain_text(said)
    assert [ended(working, no)[-1] for no in (good, other, own)] == ["MatterClosed", "MatterClosed", "ClosureRequested"]


async def test_who_decides_nothing_has_no_queue(browsing: Browsing, working: Served) -> None:
    page = await browsing.person("li", "phone")
    answer = await page.goto("/queue")
    assert answer
    assert answer.status == 403
    leader = await browsing.person("leader", "phone")
    await leader.goto("/queue")
    await expect(leader.get_by_role("heading", level=1)).to_contain_text("审核（0）")
    await accessible(leader, "审核，没有事项")
