"""One matter from 立项 to 销号 by people at their browsers: the events are those of the same life by commands."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from eventlog import reading
from tests.support.browsing import Browsing, accessible, press
from tests.support.served import Home
from tests.web.conftest import Served
from tests.web.test_leader_phone import act, sent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
NEVER_THE_SAME = re.compile(r"^\d{4}-\d\d-\d\dT|^sealed:|^XMH-")
"""Moments, ciphertexts and numbers: of two lives they differ."""


@pytest.fixture(scope="module")
def working(working_on_each: Served) -> Served:
    """On a file in every run, on PostgreSQL too in the long form."""
    return working_on_each


def life(working: Served, no: str) -> list[Any]:
    """What is in the log of a matter: who did what, with everything that two equal lives have in common."""
    (found,) = reading.find_matters(working.log, no)
    return [
        (e.type, e.actor.model_dump(), _alike(json.loads(e.payload)))
        for e in reading.read_stream(working.log, found.stream)
    ]


def _alike(value: Any) -> Any:
    match value:
        case dict():
            return {key: _alike(item) for key, item in value.items()}
        case list():
            return [_alike(item) for item in value]
        case str() if NEVER_THE_SAME.match(value):
            return NEVER_THE_SAME.match(value)[0][:3]  # type: ignore[index]
        case _:
            return value


async def by_browsers(browsing: Browsing, title: str) -> str:
    office, leader = await browsing.person("office"), await browsing.person("leader", "phone")
    li, head = await browsing.person("li"), await browsing.person("head", "phone")
    second = await browsing.person("office-2")

    await office.goto("/matters")
    await office.get_by_role("link", name="立项", exact=True).click()
    await accessible(office, "立项")
    for name, text in (
        ("title", title),
        ("basis.text", "2027年工作计划"),
        ("basis.no", "香指办〔2027〕1号"),
        ("due", "2027-06-30"),
        ("points", "完成桩基施工\n完成图审；2027-03-31"),
        ("leaders", "吴七"),
    ):
        await office.locator(f'[name="{name}"]').fill(text)
    await office.get_by_label("依据种类").select_option("任务清单")
    await office.get_by_label("牵头单位").select_option("区城市更新和土地整备局")
    await office.get_by_label("批准人").select_option("leader")
    await office.get_by_role("main").get_by_role("button", name="立项").click()
    await expect(office.get_by_role("status")).to_contain_text("已办：立项")
    no = (await office.get_by_role("heading", level=1).inner_text()).split()[0]

    await act(leader, no, "批示")
    await leader.get_by_label("批示内容").fill("倒排工期")
    await sent(leader, "批示")
    await li.goto(f"/matters/{no}")
    await li.get_by_role("button", name="签收").click()
    await li.goto("/feedback")
    await report(li, no, {"t1": "桩基完成 100%", "t2": "图审完成 100%", "progress": "100"})
    await act(head, no, "申请延期")
    await head.get_by_label("延至").fill("2027-07-30")
    await head.get_by_label("理由").fill("验收排期")
    await sent(head, "申请延期")
    await second.goto("/queue")
    await press(second, "1")
    await press(second, "Enter")
    await expect(second.get_by_role("status").first).to_contain_text("已办：批复延期申请")
    await act(li, no, "申请办结")
    await li.get_by_label("办结情况").fill("已全部完成")
    await sent(li, "申请办结")
    await second.goto("/queue")
    await press(second, "1")
    await press(second, "Enter")
    await expect(second.get_by_role("status").first).to_contain_text("已办：审核办结申请")
    await leader.goto("/queue")
    await leader.get_by_label("审阅意见").select_option("圈阅")
    await leader.get_by_role("button", name="审阅办结").click()
    await expect(leader.get_by_role("status").first).to_contain_text("已办：审阅办结")
    return no


async def report(page: Page, no: str, said: dict[str, str]) -> None:
    await page.locator(f'[id="{no}.block"] summary').click()
    for name, text in said.items():
        await page.locator(f'[name="{no}.{name}"]').fill(text)
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("status").first).to_contain_text(no)


def by_commands(home: Home, title: str) -> str:
    basis = ("--basis", "2027年工作计划", "--basis-kind", "任务清单", "--basis-no", "香指办〔2027〕1号")
    points = ("--point", "完成桩基施工", "--point", "完成图审;due=2027-03-31")
    led = ("--approver", "leader", "--lead", "gengxin", "--due", "2027-06-30", "--leader", "leader")
    no = str(home.ok("task", "open", "--title", title, *basis, *points, *led, "--as", "office")["matter"])
    progress = ("--point", "1:100:桩基完成", "--point", "2:100:图审完成", "--progress", "100")
    for words in (
        ("instruct", no, "--by", "leader", "--text", "倒排工期", "--as", "leader"),
        ("accept", no, "--as", "li"),
        ("report", no, *progress, "--as", "li"),
        ("extend", no, "--to", "2027-07-30", "--reason", "验收排期", "--as", "head"),
        ("extension", no, "--grant", "--as", "office-2"),
        ("close", no, "--text", "已全部完成", "--as", "li"),
        ("review", no, "--approve", "--as", "office-2"),
        ("review", no, "--mark", "圈阅", "--by", "leader", "--as", "leader"),
    ):
        home.ok("task", *words)
    return no


async def test_a_life_in_browsers_is_the_life_by_commands(browsing: Browsing, working: Served) -> None:
    home = Home(working.home, dict(working.environment))
    typed = life(working, by_commands(home, "推进甲地块主体施工"))
    no = await by_browsers(browsing, "推进甲地块主体施工（二）")
    clicked = life(working, no)
    assert [e[0] for e in clicked] == [e[0] for e in typed]
    assert clicked[-1][0] == "MatterClosed"
    same = json.dumps(clicked, ensure_ascii=False).replace("推进甲地块主体施工（二）", "推进甲地块主体施工")
    assert json.loads(same) == json.loads(json.dumps(typed, ensure_ascii=False))
    auditor = await browsing.person("audit", "phone")
    await auditor.goto(f"/matters/{no}")
    await expect(auditor.get_by_role("main")).to_contain_text("销号")
    await expect(auditor.get_by_role("main")).not_to_contain_text("倒排工期")
    await expect(auditor.locator(".acts a, details.block")).to_have_count(0)
