"""一览表 edited in the page: compared as the workbook is, looked at before anything is done, one command a change."""

import html
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openpyxl import Workbook, load_workbook
from playwright.async_api import Page, expect

from documents.table.rows import task_table
from documents.table.workbook import table_workbook
from eventlog import reading
from eventlog.autosaves import autosave_of
from sheets.table import SHEET
from tests.support.browsing import WIDTHS, Browsing, accessible, press
from tests.web.conftest import Served
from tests.web.test_acting import types
from tests.web.test_commands import OPENING, post
from tests.web.test_signing_in import HERE, cookie_of, enrolled, enter
from tests.web.test_weekly_feedback import accepted, reports
from web.pages.table_editing import FORM

pytestmark = pytest.mark.slow
LEADS = "区城市更新和土地整备局"
WHY = "主汛期停工"


@pytest.fixture(scope="module")
def office(working: Served) -> dict[str, str]:
    return cookie_of(enter(working, "office", enrolled(working, "office")))


def stream_of(working: Served, no: str) -> str:
    (found,) = reading.find_matters(working.log, no)
    return found.stream


def sent(working: Served, session: dict[str, str], path: str, **fields: str) -> str:
    """What a page says, without marks; `_` in a name stands for the point before a column."""
    answer = working.client().post(f"/table/{path}", data=fields, headers={**HERE, **session})
    assert answer.status_code in (200, 409, 422), answer.text
    return html.unescape(re.sub(r"<[^>]+>", "", answer.text))


def shown_at(working: Served) -> str:
    return str(reading.newest_event(working.log)[0])


def test_each_cell_is_looked_at_first_and_done_once(working: Served, office: dict[str, str]) -> None:
    no, at = accepted(working), shown_at(working)
    row = {
        f"{no}.at": at,
        f"{no}.due": "2027年8月31日",
        f"{no}.points": "1. 完成基坑支护和降水\n2. 完成桩基施工\n3. 完成地下室结构",
    }
    assert "须在“理由或依据”一列写明理由" in sent(working, office, "look", **row)
    whole = {**row, f"{no}.reason": WHY}
    told = sent(working, office, "look", **whole)
    assert "将办 2 处" in told
    assert "申请延期至 2027-08-31" in told
    assert types(working, stream_of(working, no)).count("ExtensionRequested") == 0, "looking does nothing"
    assert "已办理 2 处" in sent(working, office, "apply", **whole)
    before = types(working, stream_of(working, no))
    assert before.count("ExtensionRequested") == 1
    assert "已办理" not in sent(working, office, "apply", **whole), "pressed again"
    assert types(working, stream_of(working, no)) == before
    ids = {e.command_id for e in reading.read_stream(working.log, stream_of(working, no))}
    assert sum(str(i).startswith("table:") for i in ids) == 2, "named as the workbook names them"


def test_what_was_changed_meanwhile_is_said_with_who_and_when(working: Served, office: dict[str, str]) -> None:
    no, at = accepted(working), shown_at(working)
    other = {"no": 1, "text": "完成基坑支护（含监测）"}
    assert post(working.client("office"), f"/matters/{no}/commands/point_change", other).is_success
    row = {f"{no}.at": at, f"{no}.points": "1. 完成支护\r\n2. 完成桩基施工\r\n3. 完成地下室结构", f"{no}.reason": WHY}
    told = sent(working, office, "look", **row)
    assert "冲突 1 处" in told
    assert "1. 完成基坑支护（含监测）" in told
    assert re.search(r"（督办员 \d\d-\d\d \d\d:\d\d 改）", told), told
    assert "没有办理，填写的内容留在表中" in sent(working, office, "apply", **row)
    assert "将办" not in sent(working, office, "look", drop=f"{no}.points", **row)
    assert "将办 1 处" in sent(working, office, "look", keep=no, **row)
    mine = {**row, f"{no}.at": shown_at(working)}
    assert "已办理 1 处" in sent(working, office, "apply", **mine)


def test_bad_cells_are_a_line_each_and_stay(working: Served, office: dict[str, str]) -> None:
    no, at = accepted(working), shown_at(working)
    li = cookie_of(enter(working, "li", enrolled(working, "li")))
    for column, typed, line in (
        ("lead", "没有的单位", "没有的单位"),
        ("due", "不久以后", "不久以后"),
        ("progress", "150%\n完成", "应在 0 到 100 之间"),
        ("title", "", "任务不能空"),
        ("assist", "区住房和建设局", "只能随改派牵头一并调整"),
        ("progress", "60%\n" + "长" * 25_000, "超过"),
    ):
        there = autosave_of(working.log, "office", FORM, datetime.now(UTC)).version
        fields = {"version": str(there), f"{no}.at": at, f"{no}.{column}": typed, f"{no}.reason": WHY}
        told = sent(working, office, "look", **fields)
        assert "不能 1 处" in told, (column, told)
        assert line in told, (column, told)
        kept = working.client().get("/table/edit", headers=office).text
        assert html.escape(typed, quote=False)[:40] in kept, column
    told = sent(working, office, "look", **{f"{no}.at": at, f"{no}.title": "另一个窗口写的"})
    assert "另一个窗口改过这份内容" in told, "an older page overwrites nothing, and is told so"
    for row in ({f"{no}.light": "绿"}, {f"{no}.at": at, f"{no}.light": "绿"}, {f"{no}.at": "x", f"{no}.due": "年底"}):
        assert "一行的内容不全" in sent(working, office, "look", **row)
    forged = {"XMH-2027-999.at": at, "XMH-2027-999.title": "<script>"}
    assert "没有编号为 XMH-2027-999 的事项" in sent(working, office, "look", **forged)
    assert "不能" in sent(working, li, "look", **{f"{no}.at": at, f"{no}.title": "改名", f"{no}.reason": WHY})
    assert sent(working, office, "look", who="li", **{f"{no}.at": at}).count("另一位用户") == 1
    assert set(types(working, stream_of(working, no))).isdisjoint({"EventCorrected", "FeedbackSubmitted"})


def test_a_workbook_comes_back_and_is_compared_like_the_page(working: Served, office: dict[str, str]) -> None:
    no, client = accepted(working), working.client()
    now = datetime.now(UTC)
    given_out = table_workbook(task_table(working.log, now, now.date() - timedelta(days=7)))
    book = load_workbook(io.BytesIO(given_out))
    sheet = book[SHEET]
    heads = {str(c.value): c.column_letter for row in sheet.iter_rows(min_row=2, max_row=8) for c in row if c.value}
    (row,) = (r[0].row for r in sheet.iter_rows() if any(c.value == no for c in r))
    sheet[f"{heads['时限']}{row}"] = "2027-09-30"
    sheet[f"{heads['理由或依据']}{row}"] = WHY
    title, last = f"新增的一件{uuid4().hex[:6]}", sheet.max_row + 1
    for head, text in (("任务", title), ("牵头", LEADS), ("时限", "2027-10-31"), ("理由或依据", WHY)):
        sheet[f"{heads[head]}{last}"] = text
    file = io.BytesIO()
    book.save(file)

    def brought(data: bytes, name: str) -> httpx.Response:
        return client.post("/table/workbook", files={"file": (name, data)}, headers={**HERE, **office})

    looked = brought(file.getvalue(), "一览表.xlsx")
    assert "申请延期至 2027-09-30" in looked.text, looked.text
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', looked.text))
    assert (fields[f"{no}.due"], fields[f"{no}.reason"]) == ("2027-09-30", WHY)
    assert f"{no}.points" not in fields, "what nobody edited is no edit"
    assert (title in looked.text, "将立项" in looked.text, "立项 1）" in looked.text) == (True, True, True), looked.text
    both = {n: v for n, v in fields.items() if n.startswith(no) or n == "book"}
    done = sent(working, office, "apply", **both)
    assert ("已办理 1 处" in done, "已立项 1 件" in done) == (True, True), done
    assert "已立项" not in sent(working, office, "apply", **both), "once, however often it is sent"
    assert [row.title for row in reading.list_rows(working.log)].count(title) == 1
    assert types(working, stream_of(working, no)).count("ExtensionRequested") == 1
    other = io.BytesIO()
    Workbook().save(other)
    for data, line in (
        (other.getvalue(), "这不是从“一览表”下载的 Excel"),
        (b"MZ", "一览表.xlsx"),
        (b"", "一览表.xlsx"),
    ):
        refused = brought(data, "一览表.xlsx")
        assert (refused.status_code, line in html.unescape(refused.text)) == (422, True), refused.text


async def cell(page: Page, no: str, label: str) -> Any:
    heads = await page.locator(".grid thead th").all_inner_texts()
    return page.locator(f'tr[data-no="{no}"] td').nth(heads.index(label))


async def pasted(page: Page, text: str) -> None:
    await page.evaluate(
        """(text) => { const data = new DataTransfer(); data.setData("text/plain", text);
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true})) }""",
        text,
    )


async def test_cells_are_edited_by_keys_pasted_kept_and_done(browsing: Browsing, working: Served) -> None:
    first, second = accepted(working), accepted(working)
    page = await browsing.person("office")
    await page.goto("/table")
    await page.get_by_role("link", name="在网页上修改").click()
    await page.wait_for_url("**/table/edit")
    due = await cell(page, first, "时限")
    await due.click()
    await press(page, "F2")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("2027-08-31")
    await page.keyboard.press("Escape")
    await expect(due).to_have_text("2027-06-30")
    await press(page, "Enter")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("2027-08-31")
    await page.keyboard.press("Enter")
    await expect(due).to_have_class("edited")
    # A block as Excel copies it: 进展 … 理由, a cell of two lines in quotes, one that cannot be changed.
    await (await cell(page, second, "进展")).click()
    await pasted(page, f'"60%\n桩基""已""完成"\t灰\t缺图纸\t催图审\t{second}\t会议记录\n')
    await expect(page.get_by_role("status").last).to_contain_text("粘贴改动 4 格；1 格")
    await expect(page.locator(".saved")).to_contain_text("已自动保存")
    await page.reload()
    await expect(page.get_by_text("未提交的内容")).to_be_visible()
    await expect(await cell(page, first, "时限")).to_have_text("2027-08-31")
    await accessible(page, "修改一览表")
    await page.set_viewport_size({"width": 1440, "height": 900})
    # The session ends while a reason is typed: nothing is lost.
    await (await cell(page, first, "理由或依据")).click()
    await page.keyboard.press("Enter")
    await page.keyboard.insert_text(WHY)
    await browsing.sign_out_everywhere(page)
    await page.get_by_role("button", name="核对修改").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", level=1)).to_have_text("登录已过期")
    await browsing.sign_in(page, "office")
    await page.get_by_role("button", name="再次提交").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("核对一览表的修改")
    await expect(page.get_by_role("main")).to_contain_text("将办")
    await accessible(page, "核对一览表的修改")
    told = await page.get_by_role("main").inner_text()
    assert "申请延期至 2027-08-31" in told, told
    await page.get_by_role("button", name=re.compile("确认办理")).click()
    await expect(page.get_by_role("status").first).to_contain_text("已办理")
    await accessible(page, "一览表修改结果")
    assert "ExtensionRequested" in types(working, stream_of(working, first))
    (said,) = reports(working, second)
    assert (said.progress, said.text, said.problem, said.next_step) == (60, '桩基"已"完成', "缺图纸", "催图审")


CELLS = """() => [...document.querySelectorAll(".sticky tbody tr:not(.chapter)")].map((row) => {
  const cells = [...row.cells], data = cells.filter((cell) => cell.tagName === "TD");
  return [
    cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
    data.filter((cell) => getComputedStyle(cell, "::before").content !== "none").length,
  ];
})"""
"""Of each row: the cells whose words run out, and how many have the mark of a light."""


async def test_no_words_run_out_of_their_cell_and_none_has_the_mark_of_a_light(
    browsing: Browsing, working: Served
) -> None:
    title = "推动改革开放展览馆建筑群开工，完成基坑支护、土石方和首批桩基础以及周边道路管线迁改工程"
    opened = post(working.client("office"), "/matters", {**OPENING, "title": title})
    assert opened.status_code == 201, opened.text
    page = await browsing.person("office")
    for width in WIDTHS.values():
        await page.set_viewport_size({"width": width[0], "height": width[1]})
        for address, marked in (("/table/edit", 0), ("/table?with=points&with=progress", 1)):
            await page.goto(address)
            told = await page.evaluate(CELLS)
            assert told or marked, "the table that is read is of up to five minutes ago"
            assert [row for row in told if row != [[], marked]] == [], (address, width)
