"""一屏周反馈 in a browser: few keys beside the text, each matter with its own result, nothing typed lost."""

import sys
import time
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from domain.events import FeedbackSubmitted
from eventlog import reading
from tests.support.browsing import Browsing, accessible, counted
from tests.web.conftest import Served
from tests.web.test_commands import OPENING, post

pytestmark = pytest.mark.slow

POINTS = ("完成基坑支护", "完成桩基施工", "完成地下室结构")
MOST_KEYS, MOST_SECONDS = 12, 60


def accepted(working: Served, **more: Any) -> str:
    """A matter in hand, of which the week's report is owed."""
    given = {**OPENING, "title": f"推进主体施工{uuid4().hex[:6]}", "points": [{"text": p} for p in POINTS], **more}
    answer = post(working.client("office"), "/matters", given)
    assert answer.status_code == 201, answer.text
    no = str(answer.json()["matter"])
    assert post(working.client("li"), f"/matters/{no}/commands/accept", {}).status_code == 201
    return no


def reports(working: Served, no: str) -> list[FeedbackSubmitted]:
    (found,) = reading.find_matters(working.log, no)
    events = reading.read_stream(working.log, found.stream)
    return [FeedbackSubmitted.model_validate_json(e.payload) for e in events if e.type == "FeedbackSubmitted"]


async def field(page: Page, no: str, name: str) -> Any:
    return page.locator(f'[name="{no}.{name}"]')


async def test_three_points_of_three_matters_take_few_keys(
    browsing: Browsing, working: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = [accepted(working) for _ in range(3)]
    page = await browsing.person("li")
    began = time.monotonic()
    await page.goto("/feedback")
    press = counted(page)
    for row, (no, point) in enumerate((no, point) for no in numbers for point in (1, 2, 3)):
        await page.keyboard.insert_text(f"{no}第{point}项正在推进 {10 * point}%")
        if row < 8:
            await press("Enter")
    await press("Control+Enter")
    await expect(page.get_by_role("status")).to_contain_text("已提交 3 件")
    keys, seconds = press.count, time.monotonic() - began  # type: ignore[attr-defined]
    with capsys.disabled():
        sys.stdout.write(f"\nthree points of three matters: {keys} keys beside the text, {seconds:.1f} s\n")
    assert keys <= MOST_KEYS
    assert seconds <= MOST_SECONDS, "all but his thinking and typing"
    for no in numbers:
        (said,) = reports(working, no)
        assert [(p.no, p.progress, p.text) for p in said.points] == [
            (point, 10 * point, f"{no}第{point}项正在推进") for point in (1, 2, 3)
        ]
        assert said.text.startswith("要点1：10%，")
        assert said.window is not None, "it answers the week's window"
    # Next time: an empty field takes over what was said last, by Enter.
    await page.goto("/feedback?all=1")
    first = await field(page, numbers[0], "t1")
    await expect(first).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(first).to_have_value(f"{numbers[0]}第1项正在推进")
    await accessible(page, "周反馈")


async def test_what_one_matter_refuses_stays_and_the_others_are_reported(browsing: Browsing, working: Served) -> None:
    good, wrong, gone = accepted(working), accepted(working), accepted(working)
    page = await browsing.person("li", "phone", script=False)
    await page.goto("/feedback")
    for no in (good, wrong, gone):
        await (await field(page, no, "t2")).fill("桩机进场")
        await (await field(page, no, "p2")).fill("三成" if no == wrong else "30")
    taken = post(
        working.client("office"), f"/matters/{gone}/commands/assign", {"lead": "zhujian", "reason": "职能调整"}
    )
    assert taken.status_code == 201, taken.text
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("status")).to_contain_text(good)
    summary = page.get_by_role("alert")
    await expect(summary).to_contain_text("2 件没有提交")
    await expect(summary).to_contain_text("应是 0 至 100 的整数")
    await expect(summary).to_contain_text("不由")
    share = await field(page, wrong, "p2")
    await expect(share).to_have_value("三成")
    assert await share.get_attribute("aria-invalid") == "true"
    back = page.locator("section", has=page.get_by_role("heading", name=gone))
    await expect(back.get_by_role("term")).to_have_text(["要点2", "要点2　进度"])
    await expect(back.get_by_role("definition")).to_have_text(["桩机进场", "30"])
    await share.fill("30")
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("status")).to_contain_text(wrong)
    assert [len(reports(working, no)) for no in (good, wrong, gone)] == [1, 1, 0]


async def test_the_office_types_for_a_unit_and_secret_words_are_sealed(browsing: Browsing, working: Served) -> None:
    no = accepted(working)
    page = await browsing.person("office")
    await page.goto("/feedback")
    await page.get_by_role("link", name="区城市更新和土地整备局").click()
    await (await field(page, no, "t1")).fill("电话报：支护完成")
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("alert")).to_contain_text("代录须选明反馈是怎样收到的")
    await expect(page.get_by_role("alert")).to_be_focused()
    await accessible(page, "周反馈，有一件没有提交")
    await page.get_by_label("反馈是怎样收到的").select_option("电话")
    await page.locator(f'[id="{no}.block"] summary').click()
    await (await field(page, no, "problem")).fill("涉密管线")
    await (await field(page, no, "secret")).check()
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("status")).to_contain_text(no)
    (said,) = reports(working, no)
    assert (said.unit, said.via and said.via.label) == ("gengxin", "电话")
    assert said.problem
    assert said.problem.startswith("sealed:")
    leader = await browsing.person("leader")
    answer = await leader.goto("/feedback")
    assert answer
    assert answer.status == 403
