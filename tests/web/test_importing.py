"""立项 of a whole list in the page: handed in, looked at row by row, filled in, opened once."""

import asyncio
import html
import io
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from openpyxl import Workbook
from playwright.async_api import expect

from eventlog import reading
from eventlog.autosaves import autosave_of
from intake.task_list import APPROVER, BASIS, DUE, LEAD, NO, SHEET, TITLE
from tests.support.browsing import Browsing, accessible
from tests.web.conftest import Served
from tests.web.test_signing_in import HERE, cookie_of, enrolled, enter
from web.service import READERS

pytestmark = pytest.mark.slow
CONTACTS = Path(__file__).parents[2] / "examples" / "huanggang-2022" / "通讯录.xlsx"
CORPUS = Path(__file__).parents[1] / "intake" / "draft" / "corpus"
LEADS = "区城市更新和土地整备局"
BASES = "香指办〔2027〕3号"


@pytest.fixture(scope="module")
def office(working: Served) -> dict[str, str]:
    return cookie_of(enter(working, "office", enrolled(working, "office")))


def task_list(*rows: tuple[str, str, str, str]) -> bytes:
    """Rows of 任务, 牵头单位, 完成时限 and 依据."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    sheet.append([NO, TITLE, LEAD, DUE, BASIS])
    for no, row in enumerate(rows, 1):
        sheet.append([str(no), *row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_what_is_wrong_in_a_column_the_page_has_not_is_sent_back_to_the_file(
    working: Served, office: dict[str, str]
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    sheet.append([NO, TITLE, LEAD, DUE, BASIS, APPROVER])
    sheet.append(["1", "完成桥梁检测", LEADS, "2027-06-30", BASES, "没有此人"])
    sheet.append(["2", "完成管网检测", "没有的局", "2027-06-30", BASES, ""])
    file = io.BytesIO()
    book.save(file)
    where = handed(working, office, file.getvalue(), "批准人.xlsx").headers["location"]
    page = working.client().get(where, headers=office)
    first, second = (re.sub(r"<[^>]+>", "", html.unescape(part)) for part in page.text.split("<section")[1:3])
    assert ("没有此人" in first, "这一栏请在文件里改好" in first) == (True, True)
    assert ("没有的局" in second, "这一栏请在文件里改好" in second) == (True, False), "the page has a field for it"


def handed(working: Served, session: dict[str, str], data: bytes, name: str) -> httpx.Response:
    files = {"file": (name, data)}
    return working.client().post("/import", files=files, headers={**HERE, **session})


def words(page: httpx.Response) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.text))


def opened_titles(working: Served) -> list[str]:
    return [row.title for row in reading.list_rows(working.log)]


def test_a_list_is_looked_at_and_opened_once(working: Served, office: dict[str, str]) -> None:
    mark, client = uuid4().hex[:6], working.client()
    first, second, third = (f"{mark}{what}" for what in ("完成桥梁荷载试验", "公布停车泊位清单", "修订物业管理办法"))
    rows = ((first, LEADS, "2027年6月底", BASES), (second, "没有的局", "2027-08-31", BASES), (third, LEADS, "不久", ""))
    taken = handed(working, office, task_list(*rows), "任务清单.xlsx")
    assert taken.status_code == 303, taken.text
    where = taken.headers["location"]
    page = client.get(where, headers=office)
    assert "将立项 1 件，不能立项 2 件" in words(page), words(page)
    assert "没有的局" in page.text
    assert opened_titles(working).count(first) == 0, "looking opens nothing"
    filled = {"r3.lead": LEADS, "r4.due": "年底", "basis": "区党代会报告", "r4.out": "1"}
    again = client.post(where, data=filled, headers={**HERE, **office})
    assert "将立项 2 件，不立项 1 件" in words(again), words(again)
    assert 'value="年底"' in again.text, "what was filled in stays"
    opened, again = (client.post(f"{where}/open", data=filled, headers={**HERE, **office}) for _ in range(2))
    assert "已立项、并入 2 件" in words(opened), words(opened)
    assert "没有可以立项的行" in words(again), "pressed again"
    assert [opened_titles(working).count(t) for t in (first, second, third)] == [1, 1, 0]
    assert "已立项 2 件" in words(client.post(where, data=filled, headers={**HERE, **office}))
    li = cookie_of(enter(working, "li", enrolled(working, "li")))
    assert client.get(where, headers=li).status_code == 403
    assert client.get(f"{where}/list.xlsx", headers=li).status_code == 403
    assert handed(working, li, task_list(rows[0]), "任务清单.xlsx").status_code == 403
    leader = cookie_of(enter(working, "leader", enrolled(working, "leader")))
    assert client.get(where, headers=leader).status_code == 404, "another's upload is not there"


def test_who_hands_in_lists_keeps_nobody_from_his_page(working: Served, office: dict[str, str]) -> None:
    """Each look costs a process of its own some time; more of them at once than there are threads that read."""
    rows = ((f"推进第{n}项同时导入", LEADS, "2027-08-31", BASES) for n in range(500))
    where = handed(working, office, task_list(*rows), "清单.xlsx").headers["location"]
    headers, looked = {**HERE, **office}, list[int]()

    def look(no: int) -> None:
        sent = httpx.post(working.address + where, data={"approver": f"第{no}位"}, headers=headers, timeout=90)
        looked.append(sent.status_code)

    with ThreadPoolExecutor(READERS + 4) as many:
        looks = [many.submit(look, no) for no in range(READERS + 4)]
        time.sleep(0.5)
        assert working.client().get("/policy", headers=office).status_code == 200
        before = len(looked)
    assert all(one.exception() is None for one in looks)
    assert (set(looked), before < 3) == ({200}, True), before


def test_what_is_no_list_is_said_beside_the_field(working: Served, office: dict[str, str]) -> None:
    for data, name, line in (
        (b"MZ\x90\x00" + bytes(200), "计划.docx", "计划.docx"),
        (b"", "任务清单.xlsx", "任务清单.xlsx"),
        (task_list(), "../../清单\u202egpj.exe", ".exe"),
    ):
        told = handed(working, office, data, name)
        assert (told.status_code, 'id="summary"' in told.text) == (422, True), told.text
        assert line in words(told), words(told)
    assert "请先选择文件" in words(working.client().post("/import", data={}, headers={**HERE, **office}))
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["随便", "写写"])
    file = io.BytesIO()
    book.save(file)
    where = handed(working, office, file.getvalue(), "随便.xlsx").headers["location"]
    told = working.client().get(where, headers=office)
    assert (told.status_code, "没有认出表头" in words(told)) == (422, True), words(told)
    where = handed(working, office, CONTACTS.read_bytes(), "通讯录.xlsx").headers["location"]
    told = working.client().get(where, headers=office)
    assert (told.status_code, "这是通讯录" in words(told)) == (422, True), words(told)


async def test_a_text_is_drafted_filled_in_and_opened(browsing: Browsing, working: Served) -> None:
    page = await browsing.person("office")
    await page.goto("/open")
    await page.get_by_role("link", name=re.compile("从任务清单或文稿导入")).click()
    await accessible(page, "导入立项")
    await page.get_by_label("文件").set_input_files(CORPUS / "攻坚方案.docx")
    await expect(page.locator(".kept-files")).to_contain_text("攻坚方案.docx")
    await page.get_by_role("button", name="读出来核对").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("核对")
    await expect(page.get_by_role("main")).to_contain_text("不能立项 2 件")
    await expect(page.get_by_role("main")).to_contain_text("疑问：有2个时限")
    await accessible(page, "核对导入的清单")
    await page.get_by_label("依据").fill(BASES)
    await page.get_by_label("牵头单位").first.fill(LEADS)
    await page.get_by_label("配合单位").first.fill("")
    await page.get_by_label("这一行不立项").last.check()
    form = f"import:{page.url.rpartition('/')[2]}"
    for _ in range(200):  # two seconds after the last key, or more on a busy machine
        if "r3.out" in autosave_of(working.log, "office", form, datetime.now(UTC)).fields:
            break
        await asyncio.sleep(0.1)
    kept = autosave_of(working.log, "office", form, datetime.now(UTC)).fields
    assert (kept["r2.lead"], "r2.title" in kept, "r3.lead" in kept) == (LEADS, False, False), (
        "what the file says is not"
    )
    await page.reload()
    await expect(page.get_by_label("依据")).to_have_value(BASES)
    await page.get_by_label("完成时限").first.fill("2027年年底")
    await browsing.sign_out_everywhere(page)
    await page.get_by_role("button", name="再核对一遍").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", level=1)).to_have_text("登录已过期")
    await browsing.sign_in(page, "office")
    await page.get_by_role("button", name="再次提交").click()
    await expect(page.get_by_role("main")).to_contain_text("将立项 1 件，不立项 1 件")
    await page.get_by_role("button", name="立项（1）").click()
    await expect(page.get_by_role("status").first).to_contain_text("已立项、并入 1 件")
    await accessible(page, "导入结果")
    await page.get_by_role("status").get_by_role("link").click()
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("核对")
    await expect(page.get_by_role("main")).to_contain_text("已立项 1 件")
    assert opened_titles(working).count("打通断头路") == 1
