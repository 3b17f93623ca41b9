"""Files over the network: handed in by who reports, given to who may read them, on record, nobody else's to name."""

import hashlib
import io
import json
import socketserver
import struct
import threading
import zlib
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx
import pytest
from openpyxl import Workbook
from playwright.async_api import expect

from domain import commands as c
from domain.access.terms import TokenScope
from domain.base import Refusal
from domain.facts import Attachment
from eventlog import reading
from eventlog.attachments import attachment_problems
from eventlog.sqlite import SqliteConnection
from eventlog.uploads import note_upload
from services import accounts, signing_in
from services.attaching import MOST_OF_DAY, check_own_files, sweep_uploads, take_in
from services.unreachable import Unreachable
from settings import Settings, WebPlaces
from tests.support.browsing import Browsing, accessible
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, opening
from tests.web.conftest import Served
from tests.web.test_commands import post, problem_of
from tests.web.test_remote import Run, remote
from tests.web.test_weekly_feedback import accepted, reports
from web.guards import MOST_FILES

__all__ = ["remote"]

PDF = b"%PDF-1.4 \xe9\xaa\x8c\xe6\x94\xb6"
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 400


def hand_in(client: httpx.Client, content: bytes, name: str) -> httpx.Response:
    said = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return client.post("/api/v1/files", content=content, headers=said)


def read_events(working: Served, kind: str = "FileRead") -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    record = reading.access_record(working.log, now - timedelta(days=1), now + timedelta(days=1))
    return [json.loads(e.payload) for e in record if e.type == kind]


def test_what_a_liaison_hands_in_the_auditor_fetches_and_no_other_unit(working: Served) -> None:
    no = accepted(working)
    liaison, auditor, other = working.client("li", TokenScope.REPORT), working.client("audit"), working.client("zhao")
    taken = hand_in(liaison, PDF, "../验收 单.pdf")
    assert (taken.status_code, taken.json()) == (
        201,
        {"name": "验收 单.pdf", "sha256": hashlib.sha256(PDF).hexdigest(), "size": len(PDF)},
    )
    body = {"text": "验收完毕", "progress": 90, "attachments": [taken.json()]}
    # Who only knows the digest, or calls the file otherwise, names nothing.
    for client, named in (
        (working.client("head"), taken.json()),
        (liaison, {**taken.json(), "name": "工具.exe"}),
        (liaison, {**taken.json(), "size": 1}),
    ):
        stolen = post(client, f"/matters/{no}/commands/report", {**body, "attachments": [named]})
        assert "不是您上传的" in problem_of(stolen, 422, "malformed")
    assert post(liaison, f"/matters/{no}/commands/report", body).status_code == 201
    listed = auditor.get(f"/api/v1/matters/{no}/files").json()["files"]
    assert [(f["no"], f["name"], f["label"]) for f in listed] == [(1, "验收 单.pdf", "反馈")]
    for got in [auditor.get(f"/api/v1/matters/{no}/files/1") for _ in range(2)]:
        assert (got.content, got.headers["content-type"]) == (PDF, "application/octet-stream")
        assert got.headers["content-disposition"].startswith("attachment;")
        assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert got.headers["x-content-type-options"] == "nosniff"
    for path in ("files", "files/1"):
        assert problem_of(other.get(f"/api/v1/matters/{no}/{path}"), 404, "not_found")
    assert problem_of(auditor.get(f"/api/v1/matters/{no}/files/2"), 404, "not_found")
    mine = [e for e in read_events(working) if e["matter"] == no]
    assert {(e["person"], e["name"]) for e in mine} == {("audit", "验收 单.pdf")}
    assert len(mine) <= 2, "once a minute"
    # Altered on disk: named, and not given out.
    (working.home / "files" / taken.json()["sha256"]).write_bytes(b"%PDF-1.4 altered")
    (found,) = reading.find_matters(working.log, no)
    problems = attachment_problems(working.log, working.home, found.stream)
    assert [p.token.value for p in problems] == ["attachment_altered"]
    assert "已被改动" in problem_of(auditor.get(f"/api/v1/matters/{no}/files/1"), 404, "not_found")
    assert hand_in(liaison, PDF, "验收单.pdf").status_code == 201, "handed in again it is whole again"


def test_what_is_not_taken_is_a_line_and_leaves_nothing(served: Served) -> None:
    liaison, before = served.client("li", TokenScope.REPORT), set(served.home.glob("files/*"))
    problem_of(hand_in(served.client(), PDF, "a.pdf"), 401, "unauthenticated")
    problem_of(hand_in(served.client("li", TokenScope.READ), PDF, "a.pdf"), 403, "scope")
    for content, name, said in (
        (b"MZ\x90", "工具.exe", "不是可附的种类"),
        (b"MZ\x90", "照片\u202egpj.exe", "不是可附的种类"),
        (b"MZ\x90", "方案.docx", "内容不是 docx"),
        (b"", "空.pdf", "空文件"),
        (PDF, "../", "没有文件名"),
        (PDF + bytes(50 * 1024 * 1024), "大.pdf", "超过 50 MB"),
    ):
        assert said in problem_of(hand_in(liaison, content, name), 422, "malformed"), name
    assert "不能缺" in problem_of(liaison.post("/api/v1/files", content=PDF), 422, "malformed")
    assert status_of_one_that_says_it_is_larger(served) == 413
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}):
        assert served.client().post("/files", content=PDF, headers=headers).status_code == 403
    assert served.client().post("/files", content=PDF, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 401
    assert set(served.home.glob("files/*")) == before


def status_of_one_that_says_it_is_larger(served: Served) -> int:
    """It is refused before any of it is sent."""
    connection = HTTPConnection(urlsplit(served.address).netloc, timeout=15)
    connection.putrequest("POST", "/api/v1/files")
    connection.putheader("Authorization", f"Bearer {served.token('li')}")
    connection.putheader("Content-Length", str(MOST_FILES + 1))
    connection.endheaders()
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def test_one_person_fills_no_disk(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    liaison = served.client("li", TokenScope.REPORT)
    assert MOST_OF_DAY > 50 * 1024 * 1024
    monkeypatch.setattr("services.attaching.MOST_OF_DAY", 2 * len(PHOTO))
    taken = [hand_in(liaison, PHOTO + bytes([n]), f"{n}.jpg").status_code for n in range(3)]
    assert taken == [201, 422, 422]


def test_what_was_handed_in_and_never_named_is_taken_away_after_thirty_days(served: Served) -> None:
    now = datetime.now(UTC)
    stream = f"matter/{uuid4().hex[:12]}"
    act(served.log, stream, opening("附件留存", (now + timedelta(days=60)).date()), OFFICE, now)
    act(served.log, stream, c.AcceptReceipt(), LIAISON, now)
    liaison = served.client("li", TokenScope.REPORT)
    kept = [Attachment.model_validate(hand_in(liaison, PHOTO + bytes([90 + n]), f"{n}.jpg").json()) for n in range(3)]
    named, again, never = kept
    act(served.log, stream, c.SubmitFeedback(text="见附件", progress=10, attachments=(named,)), LIAISON, now)
    folder, later = served.home / "files", now + timedelta(days=30, seconds=1)
    assert sweep_uploads(served.home, served.log, later) == 0, "what was named on the last day may be on its way"
    later += timedelta(days=1)
    note_upload(served.log, "zhao", again, now + timedelta(days=20))
    for n in range(40):
        note_upload(served.log, "zhao", Attachment(name="多", sha256=f"{n:064x}", size=1), now)
    with mock.patch.object(SqliteConnection, "query", autospec=True, side_effect=SqliteConnection.query) as asked:
        assert sweep_uploads(served.home, served.log, later) >= 1
    assert sum("FROM events" in call.args[1] for call in asked.call_args_list) < 5, "the log is read once, not per file"
    assert [(folder / one.sha256).exists() for one in kept] == [True, True, False], "the log's and a later one's stay"
    assert sweep_uploads(served.home, served.log, later) == 0, "once"
    command = c.SubmitFeedback(text="迟了", attachments=(never,))
    with pytest.raises(Refusal, match="已超过三十天"):
        check_own_files(served.log, "li", command, later)
    assert attachment_problems(served.log, served.home, stream) == ()


def test_the_command_line_elsewhere_hands_in_and_fetches(working: Served, remote: Run, tmp_path: Path) -> None:
    no = accepted(working)
    photo, out = tmp_path / "现场.jpg", tmp_path / "取出.jpg"
    photo.write_bytes(PHOTO)
    remote("li", "task", "report", no, "--text", "见照片", "--progress", "10", "--attach", str(photo))
    assert [f["name"] for f in remote("audit", "task", "file", no)["files"]] == ["现场.jpg"]
    remote("audit", "task", "file", no, "1", "-o", str(out))
    assert out.read_bytes() == PHOTO
    assert remote("zhao", "task", "file", no, code=4)["error"]["code"] == "not_found"
    photo.write_bytes(b"MZ")
    refused = remote("li", "task", "report", no, "--text", "再报", "--attach", str(photo), code=2)
    assert "内容不是 jpg" in refused["error"]["message"]


@pytest.mark.slow
async def test_files_chosen_in_a_report_are_kept_with_what_is_typed(
    browsing: Browsing, working: Served, tmp_path: Path
) -> None:
    no = accepted(working)
    photo, wrong = tmp_path / "现场照片.jpg", tmp_path / "方案.docx"
    photo.write_bytes(PHOTO)
    wrong.write_bytes(b"MZ\x90")
    page = await browsing.person("li")
    await page.goto(f"/feedback?matter={no}")
    chooser = page.get_by_label("附件")
    await chooser.set_input_files([photo, wrong])
    kept = page.get_by_label("现场照片.jpg")
    await expect(kept).to_be_checked()
    await expect(page.get_by_text("的内容不是 docx")).to_be_visible()
    await expect(page.locator(".saved")).to_contain_text("已自动保存")
    await page.reload()
    await expect(kept).to_be_checked()
    await page.locator(f'[name="{no}.t1"]').fill("支护完成 30%")
    await accessible(page, "反馈，有附件")
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("heading", name="附件（1）")).to_be_visible()
    (said,) = reports(working, no)
    assert [(a.name, a.size) for a in said.attachments] == [("现场照片.jpg", len(PHOTO))]


@pytest.mark.slow
async def test_without_script_files_come_with_the_form(browsing: Browsing, working: Served, tmp_path: Path) -> None:
    no = accepted(working)
    proof, wrong = tmp_path / "验收单.pdf", tmp_path / "工具.pdf"
    proof.write_bytes(PDF)
    wrong.write_bytes(b"MZ\x90")
    page = await browsing.person("head", "phone", script=False)
    await page.goto(f"/matters/{no}/do/close")
    await page.get_by_label("办结情况").fill("全部完成")
    await page.get_by_label("证明材料").set_input_files([proof, wrong])
    await page.get_by_role("button", name="申请办结").click()
    await expect(page.get_by_role("alert")).to_contain_text("工具.pdf”的内容不是 pdf")
    await expect(page.get_by_label("验收单.pdf")).to_be_checked()
    await expect(page.get_by_label("办结情况")).to_have_value("全部完成")
    await page.get_by_text("更多").click()
    await page.get_by_label("内容没有完成仍要办结的理由").fill("余下转日常")
    await page.get_by_role("button", name="申请办结").click()
    await page.get_by_role("link", name="验收单.pdf", exact=True).wait_for()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="验收单.pdf", exact=True).click()
    saved = tmp_path / "saved"
    await (await download.value).save_as(saved)
    assert saved.read_bytes() == PDF


class Clamd(socketserver.BaseRequestHandler):
    """Speaks clamd's INSTREAM: finds whatever says EICAR."""

    def handle(self) -> None:
        stream = self.request.makefile("rb")
        assert stream.read(10) == b"zINSTREAM\0"
        data = b""
        while size := struct.unpack("!L", stream.read(4))[0]:
            data += stream.read(size)
        self.request.sendall(b"stream: Eicar-Test FOUND\0" if b"EICAR" in data else b"stream: OK\0")


def test_a_scanner_that_is_set_lets_through_what_it_looked_at(tmp_path: Path) -> None:
    from io import BytesIO

    with socketserver.TCPServer(("127.0.0.1", 0), Clamd) as clamd:
        threading.Thread(target=clamd.serve_forever, daemon=True).start()
        where = WebPlaces(scanner=f"127.0.0.1:{clamd.server_address[1]}")
        settings = Settings(home=tmp_path, web=where)
        assert take_in(settings, BytesIO(PHOTO * 20), "照片.jpg").size == len(PHOTO) * 20
        with pytest.raises(Refusal, match="查出病毒（Eicar-Test）"):
            take_in(settings, BytesIO(PDF + b"EICAR"), "毒.pdf")
        clamd.shutdown()
    with pytest.raises(Unreachable, match="没有收下"):
        take_in(settings, BytesIO(PDF), "再来.pdf")
    assert len(list((tmp_path / "files").iterdir())) == 1


def test_a_picture_and_a_pdf_are_looked_at_in_a_page_of_ours_and_nothing_of_them_runs(working: Served) -> None:
    no = accepted(working)
    client, browser = working.client("li", TokenScope.REPORT), working.client()
    handed = [hand_in(client, data, name).json() for data, name in ((PDF, "验收<b>单.pdf"), (PHOTO, "现场.jpg"))]
    table = hand_in(client, minimal_xlsx(), "台账.xlsx").json()
    report = {"text": "桩基完成", "attachments": [*handed, table]}
    assert post(client, f"/matters/{no}/commands/report", report).status_code == 201
    sessions = {who: session_of(working, who) for who in ("li", "zhao")}
    page = browser.get(f"/matters/{no}", headers=sessions["li"]).text
    assert [f"files/{n}/view" in page for n in (1, 2, 3)] == [True, True, False]
    for place, data, media, tag in ((1, PDF, "application/pdf", "<iframe"), (2, PHOTO, "image/jpeg", "<img")):
        view = browser.get(f"/matters/{no}/files/{place}/view", headers=sessions["li"])
        assert (view.status_code, tag in view.text, "<b>单" in view.text) == (200, True, False)
        shown = browser.get(f"/matters/{no}/files/{place}/content", headers=sessions["li"])
        assert (shown.content, shown.headers["content-type"]) == (data, media)
        assert shown.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'self'"
        assert (shown.headers["x-content-type-options"], shown.headers["cache-control"]) == ("nosniff", "no-store")
        for way in ("view", "content"):
            other = browser.get(f"/matters/{no}/files/{place}/{way}", headers=sessions["zhao"])
            assert other.status_code == 404, (place, way)
    for way in ("view", "content"):
        assert browser.get(f"/matters/{no}/files/3/{way}", headers=sessions["li"]).status_code == 404, "downloaded only"


def session_of(working: Served, who: str) -> dict[str, str]:
    now = datetime.now(UTC)
    if accounts.account_of(working.log, who) is None:
        accounts.open_account(working.log, who, OFFICE, now)
    return {"Cookie": f"__Host-xmh={signing_in.begin(working.log, who, '127.0.0.1', now)}"}


def minimal_xlsx() -> bytes:
    file = io.BytesIO()
    Workbook().save(file)
    return file.getvalue()


async def test_a_picture_is_seen_and_read_is_on_record(browsing: Browsing, working: Served) -> None:
    no, client = accepted(working), working.client("li", TokenScope.REPORT)
    handed = [hand_in(client, data, name).json() for data, name in ((pixel(), "现场.png"), (PDF, "验收单.pdf"))]
    assert post(client, f"/matters/{no}/commands/report", {"text": "完成", "attachments": handed}).status_code == 201
    page = await browsing.person("li")
    await page.goto(f"/matters/{no}")
    await page.get_by_role("link", name="查看 现场.png").click()
    seen = page.get_by_role("img", name="现场.png")
    await expect(seen).to_be_visible()
    assert await seen.evaluate("(img) => img.naturalWidth") == 1
    assert [e["person"] for e in read_events(working) if (e["matter"], e["name"]) == (no, "现场.png")] == ["li"]
    await accessible(page, "查看附件")
    await page.goto(f"/matters/{no}/files/2/view")
    await expect(page.locator("iframe")).to_have_attribute("title", "验收单.pdf")


def pixel() -> bytes:
    """A PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack("!I", len(data)) + body + struct.pack("!I", zlib.crc32(body))

    head = struct.pack("!IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00\xff")) + chunk(b"IEND", b"")
    )
