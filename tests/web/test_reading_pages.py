"""查找、一览表、公文简报、打印、附件、通知、通讯录: what is asked for is there, and only for whom it is."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import openpyxl
import pytest

from domain import commands as c
from domain.facts import Basis
from domain.papers import PaperKind
from domain.terms import BasisKind, ReturnReason
from eventlog import reading
from eventlog.attachments import keep_attachment
from services.issuing.bulletins import issue_briefing
from services.issuing.catalogue import readers_of_paper
from services.issuing.papers import issue_paper
from settings import Settings
from tests.documents import quarter
from tests.documents.test_issuing import EVENING, MARCH
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import FOR_LEADER, LEADER, LIAISON, OFFICE, sqlite
from tests.support.postroom import PostRoom
from tests.web.test_sight_of_pages import cookie, words_of_pdf
from views.papers import paper_ledger
from views.viewer import actor_of
from web.app import make_app
from web.service import WebService

HALL_NO, FILE = "XMH-2022-001", b"%PDF-1.4 photographs"


@pytest.fixture(scope="module")
def service(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebService]:
    """The quarter with an issue of 简报, and a report with a file attached."""
    home = tmp_path_factory.mktemp("reading") / "home"
    home.mkdir()
    for file in founded_home.iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    with open_log(sqlite(home)) as log:
        quarter.play(log)
        issue_briefing(log, home, since=MARCH[0], until=MARCH[1], signer=LEADER, now=EVENING)
        attached = keep_attachment(home, [FILE], "现场照片.pdf")
        report = c.SubmitFeedback(text="主体施工至六层", progress=50, attachments=(attached,))
        act(log, quarter.HALL, report, LIAISON, at("2022-04-06"))
        more = c.AddBasis(basis=Basis(kind=BasisKind.MINUTES, text="第七次工作会议纪要", approver="leader"))
        act(log, quarter.HALL, more, OFFICE, at("2022-04-06"))
        issue_paper(log, home, quarter.HALL, PaperKind.SUPERVISION, signer=FOR_LEADER, now=at("2022-04-06"))
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home)}):
        service = WebService(Settings())
    yield service
    service.close()


async def test_words_are_found_in_their_sentence_and_secrets_never(
    service: WebService, client: httpx.AsyncClient
) -> None:
    office, other = cookie(service, "office"), cookie(service, "zhao")
    found = await client.get("/search", params={"text": "钢材"}, headers=office)
    assert "记录（1）" in found.text
    assert "<mark>钢材</mark>供应紧张" in found.text
    assert f'href="/matters/{HALL_NO}"' in found.text
    both = await client.get("/search", params={"text": "主体 五层"}, headers=office)
    assert "记录（1）" in both.text, "each of the words in one record"
    assert "名称（1）" in (await client.get("/search", params={"text": "國際交流"}, headers=office)).text
    assert "记录（0）" in (await client.get("/search", params={"text": "抓紧抓实"}, headers=office)).text, "a secret"
    assert "记录（0）" in (await client.get("/search", params={"text": "钢材"}, headers=other)).text
    hostile = await client.get("/search", params={"text": "<script>x"}, headers=office)
    assert (hostile.status_code, "<script>x" in hostile.text) == (200, False)
    assert (await client.get("/search", params={"text": " "}, headers=office)).status_code == 200


async def test_the_table_is_read_on_any_day_and_leaves_as_the_workbook(
    service: WebService, client: httpx.AsyncClient
) -> None:
    office, other = cookie(service, "office"), cookie(service, "zhao")
    page = await client.get("/table", params={"as_of": "2022-03-31"}, headers=office)
    assert "3 件" in page.text
    links = [f'href="/matters/XMH-2022-00{n}?as_of=2022-03-31"' for n in (1, 2, 3)]
    assert [page.text.count(link) for link in links] == [1, 1, 1], "of that day, as the table"
    now = (await client.get("/table", headers=office)).text
    assert [now.count(f"href=/matters/XMH-2022-00{n}>") for n in (1, 2)] == [1, 1]
    assert "钢材供应紧张" not in page.text
    more = await client.get("/table", params={"as_of": "2022-03-31", "with": ["problem", "progress"]}, headers=office)
    assert "钢材供应紧张" in more.text
    file = await client.get("/table.xlsx", params={"as_of": "2022-03-31"}, headers=office)
    assert "attachment" in file.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(file.content)).worksheets[0]
    cells = {cell.value for row in sheet.iter_rows() for cell in row}
    assert {HALL_NO, "XMH-2022-002", "XMH-2022-003"} <= cells
    assert (await client.get("/table.docx", headers=office)).content.startswith(b"PK")
    assert (await client.get("/table.exe", headers=office)).status_code == 404
    own = await client.get("/table", params={"as_of": "2022-03-31"}, headers=other)
    assert f'href="/matters/{HALL_NO}"' not in own.text, "of others' matters a table says too much"


async def test_what_was_issued_is_read_by_whom_it_is_sent_to(service: WebService, client: httpx.AsyncClient) -> None:
    office, admin = cookie(service, "office"), cookie(service, "audit")
    listed = await client.get("/papers", params={"year": "2022"}, headers=office)
    assert "简报-2022-01" in listed.text
    pdf = await client.get("/papers/file", params={"number": "简报-2022-01"}, headers=admin)
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.headers["content-disposition"].startswith("inline")
    assert "推进国际交流中心" in words_of_pdf(pdf.content).decode()
    for asked in ({"number": "简报-2022-99"}, {"number": "简报-2022-01", "kind": "exe"}, {}):
        assert (await client.get("/papers/file", params=asked, headers=office)).status_code == 404, asked
    word = await client.get("/papers/file", params={"number": "简报-2022-01", "kind": "docx"}, headers=office)
    assert word.headers["content-disposition"].startswith("attachment")


async def test_a_matter_names_what_was_issued_about_it_and_all_it_rests_on(
    service: WebService, client: httpx.AsyncClient
) -> None:
    page = f"/matters/{HALL_NO}"
    for person in ("office", "li"):
        headers = cookie(service, person)
        text = (await client.get(page, headers=headers)).text
        assert ("成文（1）" in text, "第七次工作会议纪要" in text, "2022年工作计划" in text) == (True, True, True), (
            person
        )
        (href,) = re.findall(r'href="(/papers/file[^"]+)"', text)
        assert (await client.get(href, headers=headers)).headers["content-type"] == "application/pdf"
    assert "成文" not in (await client.get(page, headers=cookie(service, "zhao"))).text


async def test_a_matter_leaves_as_a_paper_and_its_files_as_they_came(
    service: WebService, client: httpx.AsyncClient
) -> None:
    office, other = cookie(service, "office"), cookie(service, "zhao")
    sheet = await client.get(f"/matters/{HALL_NO}/sheet.pdf", headers=office)
    words = words_of_pdf(sheet.content).decode()
    assert ("主体施工至六层" in words, quarter.WORDS in words) == (True, False)
    then = await client.get(f"/matters/{HALL_NO}/sheet.pdf", params={"as_of": "2022-03-31"}, headers=office)
    assert "主体施工至六层" not in words_of_pdf(then.content).decode()
    page = await client.get(f"/matters/{HALL_NO}", headers=office)
    assert f'href="/matters/{HALL_NO}/files/1">现场照片.pdf</a>' in page.text
    file = await client.get(f"/matters/{HALL_NO}/files/1", headers=office)
    assert (file.content, file.headers["content-type"]) == (FILE, "application/octet-stream")
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E7%8E%B0")
    for path in ("files/1", "files/2", "sheet.pdf"):
        assert (await client.get(f"/matters/{HALL_NO}/{path}", headers=other)).status_code == 404, path
    for path in ("files/2", "files/x", "files/-1"):
        assert (await client.get(f"/matters/{HALL_NO}/{path}", headers=office)).status_code == 404, path


async def test_a_number_in_the_directory_is_the_offices_and_ones_own(
    service: WebService, client: httpx.AsyncClient
) -> None:
    phones = [p.phone for p in reading.people(service.database) if p.phone]
    everybody = (await client.get("/directory", headers=cookie(service, "office"))).text
    assert all(phone in everybody for phone in phones)
    unit = (await client.get("/directory", headers=cookie(service, "zhao"))).text
    assert "李三" in unit
    assert not any(phone in unit for phone in phones)
    assert "还没有发给您的通知" in (await client.get("/notices", headers=cookie(service, "zhao"))).text


async def test_who_has_read_an_issue_is_told_to_the_office_only(service: WebService, client: httpx.AsyncClient) -> None:
    office = cookie(service, "office")
    await client.get("/papers/file", params={"number": "简报-2022-01"}, headers=cookie(service, "audit"))
    PostRoom(service.database, service.settings.home).spread(EVENING)
    readers = await client.get("/papers/readers", params={"number": "简报-2022-01"}, headers=office)
    assert [name in readers.text for name in ("周六", "督办员", "李三")] == [True, True, True], readers.text
    assert readers.text.count("未读") >= 1, "who was told and has not opened it"
    rows = {r["person"]: r for r in readers_of_paper_as(service, "office", "简报-2022-01")["readers"]}
    assert (rows["audit"]["read_at"] is None, rows["li"]["sent"], rows["li"]["read_at"]) == (False, True, None)
    li = cookie(service, "li")
    await client.get("/papers", params={"year": "2022"}, headers=li)
    assert readers_of_paper_as(service, "office", "简报-2022-01")["read"] == 0, "the list is not the paper"
    await client.get("/papers/file", params={"number": "简报-2022-01"}, headers=li)
    assert readers_of_paper_as(service, "office", "简报-2022-01")["read"] == 1
    other = await client.get("/papers/readers", params={"number": "简报-2022-01"}, headers=li)
    assert (other.status_code, "督办员" in other.text) == (404, False), "who has read what is not a unit's to ask"


def readers_of_paper_as(service: WebService, person: str, number: str) -> dict[str, Any]:
    known = reading.person(service.database, person)
    assert known is not None
    return readers_of_paper(service.viewer(actor_of(known)), service.settings.home, number)


async def test_the_receipt_of_a_supervision_paper_is_the_next_report_and_no_second_one(
    service: WebService, client: httpx.AsyncClient
) -> None:
    unit, office, other = (cookie(service, who) for who in ("li", "office", "zhao"))
    number = next(p.number for p in paper_ledger(service.database) if p.kind is PaperKind.SUPERVISION)

    async def page(address: str, headers: dict[str, str]) -> str:
        return (await client.get(address, headers=headers)).text

    matter = f"/matters/{HALL_NO}"
    assert "还没有填报" in await page(matter, office)
    asked = await page(matter, unit)
    assert ("还没有填报" in asked, f'href="/feedback?matter={HALL_NO}">填报回执' in asked) == (True, True)
    assert f"填报{number}督办单的办理情况回执" in await page("/", unit)
    assert f"填报{number}督办单的办理情况回执" in await page("/", office), "what the office waits for"
    assert number not in await page("/", other)
    form = await page(f"/feedback?matter={HALL_NO}", unit)
    assert f"这次反馈就是 {number} 督办单的办理情况回执" in form

    report = c.SubmitFeedback(text="主体施工至七层", progress=60)
    with open_log(sqlite(service.settings.home)) as log:
        act(log, quarter.HALL, report, LIAISON, at("2022-04-08"))
    given = await page(matter, unit)
    assert ("还没有填报" in given, "办理情况回执：2022-04-08" in given) == (False, True)
    assert "督办单的办理情况回执" not in await page("/", unit)
    assert "督办单的办理情况回执" not in await page(f"/feedback?matter={HALL_NO}", unit)

    with open_log(sqlite(service.settings.home)) as log:
        back = c.AskBack(reason=ReturnReason.UNCLEAR, text="没有写明进度")
        act(log, quarter.HALL, back, OFFICE, at("2022-04-08", "11:00"))
    assert "还没有填报" in await page(matter, unit), "what was returned is no receipt"
    assert f"这次反馈就是 {number} 督办单的办理情况回执" in await page(f"/feedback?matter={HALL_NO}", unit)


async def test_nothing_issued_later_stands_on_a_past_day(service: WebService, client: httpx.AsyncClient) -> None:
    office = cookie(service, "office")
    for day, stands in (("2022-04-05", False), ("2022-04-06", True)):
        page = await client.get(f"/matters/{HALL_NO}", params={"as_of": day}, headers=office)
        assert ("成文（1）" in page.text) is stands, day
    of_a_day = {"XMH_HOME": str(service.settings.home), "XMH_WEB": '{"day": "2022-04-05"}'}
    with mock.patch.dict("os.environ", of_a_day):
        shown = WebService(Settings())
    transport = httpx.ASGITransport(app=make_app(shown))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as before:
        papers = (await before.get("/papers?year=2022", headers=office)).text
    shown.close()
    assert ("简报-2022-01" in papers, "督办单" in papers) == (True, False)
