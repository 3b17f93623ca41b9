"""简报 on pages: drafted from the log, edited in place, and signed by a leader himself, as commands would have it."""

import asyncio
import html
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import httpx
import pyotp
import pytest
import pytest_asyncio
from docx import Document
from playwright.async_api import expect

from documents.checking import pdf_reading
from domain.bulletin import BulletinEdited, BulletinIssued
from domain.event import decode
from eventlog import access, reading
from eventlog.secrets import seal_text
from eventlog.stored_time import micros
from services import accounts, signing_in
from settings import Settings
from tests.documents import quarter
from tests.support.browsing import Browsing, accessible
from tests.support.clock import open_log
from tests.support.command_line import CommandLine
from tests.support.office import OFFICE, sqlite
from tests.web.test_sight_of_pages import cookie
from web.service import WebService

STREAM = "bulletin/briefing"
OWN = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@pytest.fixture(scope="module")
def service(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebService]:
    home = tmp_path_factory.mktemp("bulletin") / "home"
    shutil.copytree(founded_home, home)
    with open_log(sqlite(home)) as log:
        quarter.play(log)
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home)}):
        service = WebService(Settings())
    yield service
    service.close()


@pytest_asyncio.fixture
async def office(service: WebService, client: httpx.AsyncClient) -> httpx.AsyncClient:
    client.headers.update({**OWN, **cookie(service, "office")})
    return client


async def drafted(office: httpx.AsyncClient) -> str:
    """The address of a new draft of the quarter."""
    begun = await office.post("/bulletins", data={"series": "briefing", "since": "2022-01-01", "until": "2022-03-31"})
    assert begun.status_code == 303, begun.text
    return begun.headers["location"]


def fields_of(page: str) -> dict[str, str]:
    """What stands in the fields of the editor."""
    form = page[page.index('data-draft="bulletin:') :]
    texts = re.findall(r'<textarea id="([\w.]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    lines = re.findall(r'<input (?:class="sub" )?id="([\w.]+)"[^>]* value="([^"]*)"', form)
    seen = re.findall(r'name="seen" value="(\d+)"', form)
    return {name: html.unescape(value) for name, value in (*texts, *lines)} | {"seen": seen[0]}


def edits(service: WebService) -> list[BulletinEdited]:
    events = map(decode, reading.read_stream(service.database, STREAM))
    return [e for e in events if isinstance(e, BulletinEdited)]


def paragraph(fields: dict[str, str]) -> str:
    """A field of running text without figures the log could be asked about."""
    return next(n for n, text in fields.items() if n.startswith("s") and len(text) > 30 and n != "seen")


async def test_a_draft_nobody_signed_is_taken_away(service: WebService, office: httpx.AsyncClient) -> None:
    where = await drafted(office)
    assert (await office.post(f"{where}/drop")).headers["location"] == "/bulletins"
    assert (await office.get(where)).status_code == 404
    assert where not in (await office.get("/bulletins")).text
    again = await office.post(f"{where}/drop")
    assert (again.status_code, "没有这份草稿" in again.text) == (404, True)


async def test_what_is_typed_becomes_the_text_the_command_line_has(
    service: WebService, office: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    where = await drafted(office)
    no, before = where.rpartition("/")[2], len(edits(service))
    page = await office.get(where)
    assert (page.status_code, "frame-src 'self'" in page.headers["content-security-policy"]) == (200, True)
    fields = fields_of(page.text)
    assert (await office.post(where, data=fields)).status_code == 303
    assert len(edits(service)) == before, "what was not changed is no version"
    name = paragraph(fields)
    changed = {
        **fields,
        "title": "一季度督办情况",
        "foreword": "请各单位对照检查。",
        name: f"{fields[name]}\n另起一段。",
    }
    assert (await office.post(where, data=changed)).headers["location"] == where
    xmh = CommandLine(service.settings.home, capsys)
    shown = xmh.json("briefing", "show", no)
    assert all(word in shown["markdown"] for word in ("一季度督办情况", "请各单位对照检查。", "另起一段。"))
    after = (await office.get(where)).text
    assert f"改了 {len(shown['edited'])} 处" in after
    assert "<ins>另起一段。</ins>" in after
    headings = re.findall(r"<h2>([一二三四五六七八九]、.*?)</h2>", after)
    assert headings == re.findall(r"## ([一二三四五六七八九]、.*)", shown["markdown"]) != []
    # Out to Word and back: the same text is no new version; another is.
    word = tmp_path / "稿.docx"
    word.write_bytes((await office.get(f"{where}/draft.docx")).content)
    versions = len(edits(service))
    back = await office.post(f"{where}/word", files={"word": ("稿.docx", word.read_bytes())})
    assert (back.status_code, len(edits(service))) == (303, versions), back.text
    document = Document(str(word))
    next(p for p in document.paragraphs if p.text == "另起一段。").runs[0].text = "在 Word 里改的一段。"
    document.save(str(word))
    assert (await office.post(f"{where}/word", files={"word": ("稿.docx", word.read_bytes())})).status_code == 303
    assert "在 Word 里改的一段。" in xmh.json("briefing", "show", no)["markdown"]
    pdf = await office.get(f"{where}/draft.pdf")
    said = pdf_reading.words_of_pdf(pdf_reading.read_pdf(pdf.content), above=999)
    assert ("一季度督办情况" in said, quarter.WORDS in said) == (True, False)
    assert "frame-ancestors 'self'" in pdf.headers["content-security-policy"]


async def test_a_word_file_from_before_anothers_edit_is_not_taken_and_what_it_says_is_set_aside(
    service: WebService, office: httpx.AsyncClient, tmp_path: Path
) -> None:
    where = await drafted(office)
    word = tmp_path / "稿.docx"
    word.write_bytes((await office.get(f"{where}/draft.docx")).content)
    fields = fields_of((await office.get(where)).text)
    name = paragraph(fields)
    await office.post(where, data={**fields, name: "另一位写的一段。"}, headers=cookie(service, "office-2"))
    document, versions = Document(str(word)), len(edits(service))
    next(p for p in document.paragraphs if p.text == fields["title"]).runs[0].text = "我在 Word 里改的标题"
    document.save(str(word))
    late = await office.post(f"{where}/word", files={"word": ("稿.docx", word.read_bytes())})
    assert (late.status_code, len(edits(service))) == (409, versions)
    assert "读回会冲掉那时的1处修改（如“另一位写的一段。”）" in late.text
    shown = fields_of(late.text)
    assert (shown[name], shown["title"]) == ("另一位写的一段。", fields["title"])
    assert [text for name, text in shown.items() if name.startswith("mine.")] == ["我在 Word 里改的标题"]
    merged = {**shown, "title": "我在 Word 里改的标题"}
    assert (await office.post(where, data=merged)).status_code == 303
    after = fields_of((await office.get(where)).text)
    assert (after["title"], after[name]) == ("我在 Word 里改的标题", "另一位写的一段。")


async def test_what_an_editor_may_not_do_is_a_line_and_keeps_what_was_typed(
    service: WebService, office: httpx.AsyncClient
) -> None:
    where = await drafted(office)
    fields = fields_of((await office.get(where)).text)
    name, before = paragraph(fields), len(edits(service))
    for change, said in (
        ({"title": " "}, "请填写标题"),
        ({"title": "长" * 201}, "最多200字"),
        ({"foreword": "长" * 1001}, "最多1000字"),
        ({name: "长" * 20_001}, "一期最多20000字"),
        ({name: "一、另立一个标题"}, "标题和次序由模板定"),
        ({"seen": "x"}, "请重新打开草稿再改"),
        ({"seen": "99"}, "另一个人刚改过"),
    ):
        answer = await office.post(where, data={**fields, name: "写了一半的话", **change})
        assert (answer.status_code in (409, 422), said in answer.text) == (True, True), (change, answer.status_code)
        assert name in change or "写了一半的话" in answer.text, change
    for upload in (("x.exe", b"MZ"), ("x.docx", b"MZ"), ("x.docx", b"")):
        assert (await office.post(f"{where}/word", files={"word": upload})).status_code == 422, upload
    assert len(edits(service)) == before
    # A heading is nobody's to move: what the page has no field for is not taken.
    moved = await office.post(where, data={**fields, "s0.title": "另一个标题", "s9.b9": "多出来的"})
    assert (moved.status_code, len(edits(service))) == (303, before)
    # A figure the log knows otherwise is told, and is not sent to be signed.
    name = next(n for n, text in fields.items() if "共督办事项3件" in text)
    wrong = fields[name].replace("共督办事项3件", "共督办事项13件")
    assert (await office.post(where, data={**fields, name: wrong})).status_code == 303
    page = (await office.get(where)).text
    assert "处与日志不符" in page, wrong
    sent = await office.post(f"{where}/send", data={"leader": "leader"})
    assert "请先改正" in sent.text
    for leader in ("", "office", "nobody"):
        assert "请选择送哪位领导签发" in (await office.post(f"{where}/send", data={"leader": leader})).text


async def test_of_two_editors_the_slower_sees_the_newest_and_keeps_what_he_wrote(
    service: WebService, office: httpx.AsyncClient
) -> None:
    where = await drafted(office)
    fields = fields_of((await office.get(where)).text)
    name = paragraph(fields)
    mine = {**fields, name: "我写的一段。", "version": "0"}
    other = {**fields, name: f"另一位先写的一段。\n{fields[name]}"}
    assert (await office.post(where, data=other)).status_code == 303, "he himself, in another window"
    late = await office.post(where, data=mine)
    assert (late.status_code, "另一个人刚改过" in late.text) == (409, True)
    shown = fields_of(late.text)
    (aside,) = [n for n in shown if n.startswith("mine.")]
    assert (shown[aside], shown[name]) == ("我写的一段。", "另一位先写的一段。"), "each in its place"
    # What is kept of it is set aside in the same way when he comes again; nothing is sent to be signed over it.
    (version,) = re.findall(r'name="version" value="(\d+)" data-version', late.text)
    kept = {"version": int(version), "fields": {k: v for k, v in mine.items() if k != "version"}}
    assert (await office.put(f"/drafts/bulletin:{where.rpartition('/')[2]}", json=kept)).status_code == 200
    again = fields_of((await office.get(where)).text)
    assert {k: v for k, v in again.items() if k != "version"} == {k: v for k, v in shown.items() if k != "version"}
    assert "请先保存或放弃" in (await office.post(f"{where}/send", data={"leader": "leader"})).text
    merged = {**shown, name: f"{shown[name]}\n{shown[aside]}"}
    assert (await office.post(where, data=merged)).status_code == 303
    after = fields_of((await office.get(where)).text)
    assert {"另一位先写的一段。", "我写的一段。"} <= set(after.values())
    assert not any(n.startswith("mine.") for n in after)


async def test_drafts_are_the_offices_and_the_leaders(service: WebService, office: httpx.AsyncClient) -> None:
    where, again = await asyncio.gather(drafted(office), drafted(office))
    assert where == again, "a button pressed twice begins one draft"
    assert (await office.get("/bulletins")).text.count(f'href="{where}"') == 1
    for who in ("li", "head", "zhao", "audit"):
        headers = cookie(service, who)
        for path in ("/bulletins", where, f"{where}/draft.pdf", f"{where}/draft.docx", f"{where}/sign"):
            assert (await office.get(path, headers=headers)).status_code == 404, (who, path)
        for path in (where, f"{where}/send", f"{where}/sign", f"{where}/word", "/bulletins"):
            answer = await office.post(path, data={"leader": "leader"}, headers=headers)
            assert answer.status_code in (403, 404), (who, path, answer.status_code)
    for path in ("/bulletins/D20220101-9", "/bulletins/..%2Fx", f"{where}/draft.exe"):
        assert (await office.get(path)).status_code == 404, path
    assert "由领导本人登录签发" in (await office.get(f"{where}/sign")).text
    # A file that is damaged closes no list and no other draft.
    damaged = service.settings.home / "drafts" / "D20220101-9.json"
    damaged.write_text('{"id":')
    for path in ("/", "/papers", where):
        assert (await office.get(path)).status_code == 200, path
    listed = (await office.get("/bulletins")).text
    assert ("D20220101-9.json 已损坏" in listed, where in listed) == (True, True)
    assert "已损坏" in (await office.get("/bulletins/D20220101-9")).text
    damaged.unlink()


def half_an_hour_ago(service: WebService, who: str) -> tuple[dict[str, str], str]:
    """A session whose person showed his second factor half an hour ago, and the secret of his one-time codes."""
    now, secret = datetime.now(UTC), signing_in.new_totp_secret()
    link = accounts.open_account(service.database, who, OFFICE, now)
    sealed = seal_text(service.database, f"account/{who}", secret)
    access.use_link(service.database, link.secret, "x", sealed, 0, now)
    headers, past = cookie(service, who), micros(now - timedelta(minutes=30))
    with service.database.writing() as transaction:
        transaction.commit([("UPDATE sessions SET created_at = ? WHERE person = ?", [(past, who)])])
    return headers, secret


async def test_a_leader_signs_what_he_read_in_his_own_name(
    service: WebService, office: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    where = await drafted(office)
    assert "已送吴七签发" in (await office.post(f"{where}/send", data={"leader": "leader"})).text
    kept = (service.settings.home / "drafts").iterdir()
    assert {file.stat().st_mode & 0o77 for file in kept} == {0}, (
        "a draft is nobody else's on the machine, also once sent"
    )
    leader, secret = half_an_hour_ago(service, "leader")
    assert f'href="{where}/sign"' in (await office.get("/", headers=leader)).text
    other = cookie(service, "office-2")
    assert f"{where}/sign" not in (await office.get("/", headers=other)).text
    read = (await office.get(f"{where}/sign", headers=leader)).text
    (seen,) = re.findall(r'name="seen" value="(\w+)"', read)
    # Edited after he read it: he is shown it again, and nothing is issued.
    fields = fields_of((await office.get(where)).text)
    await office.post(where, data={**fields, "foreword": "补一句。"})
    late = await office.post(f"{where}/sign", data={"seen": seen}, headers=leader)
    assert (late.status_code, "又改过" in late.text, "补一句。" in late.text) == (409, True, True)
    (seen,) = re.findall(r'name="seen" value="(\w+)"', late.text)
    for given, said in (
        ({"seen": seen}, "须再次验证"),
        ({"seen": seen, "code": "000000"}, "动态口令不对"),
        ({"seen": seen, "copies": "0"}, "印数应是"),
    ):
        refused = await office.post(f"{where}/sign", data=given, headers=leader)
        assert (refused.status_code, said in refused.text) == (422, True), given
    code = pyotp.TOTP(secret).now()
    signed = await office.post(f"{where}/sign", data={"seen": seen, "code": code, "copies": "50"}, headers=leader)
    assert signed.status_code == 303, signed.text
    (issued,) = [e for e in reading.read_stream(service.database, STREAM) if e.type == "BulletinIssued"]
    event = decode(issued)
    assert isinstance(event, BulletinIssued)
    assert (event.signer, issued.actor.id, issued.actor.on_behalf_of, event.copies) == ("leader", "leader", None, 50)
    again = await office.post(f"{where}/sign", data={"seen": seen}, headers=cookie(service, "leader"))
    assert "已经签发" in again.text
    gone_on = await office.post("/bulletins", data={"series": "briefing", "until": "2022-03-31"})
    (fault,) = re.findall(r'class="fault"[^>]*>(.*?)<', gone_on.text)
    assert fault.endswith("要重写一段时间，请写明起止日期"), "a page names no option of a command"
    papers = await office.get(signed.headers["location"].replace("?", f"?year={event.year}&"))
    assert (f"已签发：{event.number}" in papers.text, event.foreword) == (True, "补一句。")
    xmh = CommandLine(service.settings.home, capsys)
    assert [b["signer"] for b in xmh.json("briefing", "list")["bulletins"]] == ["leader"]
    assert xmh.json("audit", "verify")["problems"] == []
    assert (await office.post(where, data={**fields, "title": "签发以后"})).status_code == 409
    assert (await office.post(f"{where}/drop")).status_code == 409
    dropped = xmh("briefing", "drop", where.rpartition("/")[2])
    assert (dropped.code, "已经签发" in dropped.error) == (3, True)


@pytest.mark.slow
async def test_an_issue_is_drafted_at_a_desk_and_signed_on_a_phone(browsing: Browsing) -> None:
    office = await browsing.person("office")
    await office.goto("/papers")
    await office.get_by_role("link", name="简报草稿").click()
    await office.get_by_role("button", name="由日志起草").click()
    await office.get_by_label("按语").fill("请抓紧收尾。")
    await expect(office.locator(".saved")).to_contain_text("已自动保存")
    await office.reload()
    await expect(office.get_by_label("按语")).to_have_value("请抓紧收尾。")
    await office.get_by_role("button", name="保存").click()
    await expect(office.get_by_text("改了 1 处")).to_be_visible()
    await accessible(office, "简报编辑")
    await office.get_by_label("送哪位领导").select_option("leader")
    await office.get_by_role("button", name="送签").click()
    await expect(office.get_by_role("status")).to_contain_text("签发")
    leader = await browsing.person("leader", "phone")
    await leader.goto("/")
    await leader.get_by_role("link", name="阅读并签发").click()
    await expect(leader.get_by_role("article")).to_contain_text("请抓紧收尾。")
    await accessible(leader, "签发")
    await leader.set_viewport_size({"width": 390, "height": 844})
    await leader.get_by_role("button", name="签发，编号不能收回").click()
    await expect(leader.get_by_role("status")).to_contain_text("已签发：简报-")
