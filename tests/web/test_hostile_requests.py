"""What no page of ours would send: numbers without end, forms made by hand, halves of characters. Each has one line."""

import errno
import html
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from domain import commands as c
from domain.calendar import local_date
from domain.event import UnknownEventError
from eventlog import reading
from settings import Settings
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, opening, sqlite
from tests.web.test_sight_of_pages import cookie
from views.following import Following, Watch
from views.rights import Rights
from views.viewer import actor_of
from web.app import make_app
from web.following import MOST_OF_ACCOUNT, LogFollower
from web.pages.queue import MOST_AT_ONCE
from web.problems import explained
from web.service import WebService

ENDLESS = "9" * 5000
"""More figures than Python reads as a number."""
SHOWN, OTHERS = "已全部完成，房屋移交完毕", "只完成一半，其余另行报送"
OWN = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@pytest.fixture(scope="module")
def service(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebService]:
    """Matters whose 办结 is asked for, and one that is worked on."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    home.mkdir()
    for file in founded_home.iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    now = datetime.now(UTC)
    with open_log(sqlite(home)) as log:
        for name in ("one", "two", "three", "four"):
            act(log, f"matter/{name}", opening(f"推进{name}号工程", (now + timedelta(days=60)).date()), OFFICE, now)
            act(log, f"matter/{name}", c.AcceptReceipt(), LIAISON, now)
        for name in ("one", "three", "four"):
            asked = c.RequestClosure(text=SHOWN, over_unfinished="验收材料另行报送")
            act(log, f"matter/{name}", asked, LIAISON, now)
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home)}):
        service = WebService(Settings())
    yield service
    service.close()


@pytest.fixture(scope="module")
def app(service: WebService) -> FastAPI:
    return make_app(service)


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=OWN) as client:
        yield client


def number(service: WebService, stream: str) -> str:
    return next(row.number for row in reading.list_rows(service.database) if row.stream == stream)


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
async def test_what_may_be_asked_instead_is_said(client: httpx.AsyncClient, accept: str) -> None:
    """RFC 9110 15.5.6: a 405 names the methods there are."""
    answer = await client.post("/healthz", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (f"/figures/rows?of=held-{ENDLESS}&year=2022", 404),
        (f"/meetings?year={ENDLESS}", 200),
        (f"/papers?year={ENDLESS}", 200),
        ("/matters/{no}/replay?step=" + ENDLESS, 404),
        ("/figures/" + ENDLESS, 422),
    ],
)
async def test_a_number_without_end_is_none(
    service: WebService, client: httpx.AsyncClient, page: str, status: int
) -> None:
    answer = await client.get(page.format(no=number(service, "matter/one")), headers=cookie(service, "office"))
    assert answer.status_code == status, answer.text


async def test_a_share_or_number_without_end_is_said_beside_its_field(
    service: WebService, client: httpx.AsyncClient
) -> None:
    no, office = number(service, "matter/two"), cookie(service, "office")
    report = {f"{no}.command": "report-00000001", f"{no}.text": "施工", f"{no}.progress": ENDLESS}
    answer = await client.post(f"/feedback?matter={no}", data=report, headers=cookie(service, "li"))
    assert (answer.status_code, "应是 0 至 100 的整数" in answer.text) == (422, True)
    corrected = {"command": "correct-0000001", "version": ENDLESS, "text": "更正"}
    answer = await client.post(f"/matters/{no}/do/correct", data=corrected, headers=office)
    assert (answer.status_code, "哪一条记录 填写有误：须是整数" in answer.text) == (422, True), answer.text


async def test_several_are_approved_by_what_the_second_look_sends_and_nothing_else(
    service: WebService, client: httpx.AsyncClient
) -> None:
    office, no = cookie(service, "office"), number(service, "matter/one")
    for key in ("x", f"{no}:nothing:", f"{no}:review", f"{no}:review::", f"{no}:cancel:"):
        answer = await client.post("/queue/approve", data={f"approve.{key}": "approve-0000001"}, headers=office)
        assert (answer.status_code, "请先勾选" in answer.text) == (422, True), (key, answer.text)
    answer = await client.post("/queue", data={"item": ["x"] * (MOST_AT_ONCE + 1)}, headers=office)
    assert (answer.status_code, "请先勾选" in answer.text) == (422, True)
    for path in ("/queue", "/queue/approve"):
        answer = await client.post(path, data={"item": f"{no}:review:"}, headers=cookie(service, "li"))
        assert (answer.status_code, "审核由办公室和领导办理" in answer.text) == (403, True), path


async def test_nobody_approves_what_was_asked_anew_since_he_looked(
    service: WebService, client: httpx.AsyncClient
) -> None:
    office, no = cookie(service, "office"), number(service, "matter/one")
    look = await client.post("/queue", data={"item": f"{no}:review:"}, headers=office)
    form = await client.get(f"/matters/{no}/do/review", headers=office)
    assert (SHOWN in look.text, SHOWN in form.text) == (True, True)
    hidden = hidden_fields(look.text)
    seen = hidden_fields(form.text)["seen"]
    now = datetime.now(UTC)
    act(service.database, "matter/one", c.ReviewClosure(approve=False, text="缺照片"), OFFICE, now)
    again = c.RequestClosure(text=OTHERS, over_unfinished="验收材料另行报送")
    act(service.database, "matter/one", again, LIAISON, now)
    answer = await client.post("/queue/approve", data=hidden, headers=office)
    assert ("没有办" in answer.text, "内容有了变化" in answer.text) == (True, True), answer.text
    decided = {"command": "review-00000001", "approve": "yes", "seen": seen}
    answer = await client.post(f"/matters/{no}/do/review", data=decided, headers=office)
    assert (answer.status_code, "内容有了变化" in answer.text, OTHERS in answer.text) == (409, True, True), answer.text
    fresh = hidden_fields(answer.text)["seen"]
    answer = await client.post(f"/matters/{no}/do/review", data={**decided, "seen": fresh}, headers=office)
    assert "督办服务没有运行" in answer.text, "what is seen now goes to the service, which is away"


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


async def test_half_a_character_is_kept_as_a_mark(service: WebService, client: httpx.AsyncClient) -> None:
    office = cookie(service, "office")
    typed = '{"version": 0, "fields": {"title": "\\ud83d"}}'
    answer = await client.put("/drafts/open:new", content=typed, headers={**office, "Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    assert "\N{REPLACEMENT CHARACTER}" in (await client.get("/open", headers=office)).text


async def test_a_page_names_no_command_line(service: WebService, client: httpx.AsyncClient) -> None:
    no, other = number(service, "matter/one"), cookie(service, "zhao")
    for page in ("why", "sheet.pdf", "replay"):
        answer = await client.get(f"/matters/{no}/{page}", headers=other)
        assert (answer.status_code, "只能看一览" in answer.text, "xmh " in answer.text) == (404, True, False), page


def test_what_is_readable_is_asked_once(service: WebService) -> None:
    person = reading.person(service.database, "zhao")
    assert person is not None
    rights: Rights = service.viewer(actor_of(person)).rights
    assert rights.readable is rights.readable, "a search asks it for every place the words stand"
    assert rights.visible is rights.visible


async def test_a_long_list_is_cut_where_it_says_so_and_all_of_it_is_one_step_away(
    service: WebService, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.rendering.MOST_ROWS", 3)
    office, today = cookie(service, "office"), local_date(datetime.now(UTC)).isoformat()
    now = quote(datetime.now(UTC).isoformat())
    for page in (f"/table?as_of={today}&with=progress", "/audit", f"/figures/rows?of=all&span=year&known_at={now}"):
        cut = (await client.get(page, headers=office)).text
        assert (len(numbered(cut)), "只列出前 3 行，共 4 行" in cut) == (3, True), cut
        (every,) = re.findall(r'<a href="([^"]+)">列出全部</a>', cut)
        whole = (await client.get(html.unescape(every), headers=office)).text
        assert (len(numbered(whole)), "只列出前" in whole, "with=progress" in every) == (4, False, "with=" in page)
    monkeypatch.setattr("web.pages.queue.AROUND", 1)
    queue = await client.get(f"/queue?at={number(service, 'matter/three')}:review:", headers=office)
    assert "审核（3）" in queue.text
    assert "共 3 件，这里列出第 1 至 2 件" in queue.text


def numbered(page: str) -> set[str]:
    """The matters a page leads to."""
    return set(re.findall(r'href="?/matters/(XMH-[^"?/>]+)', page))


async def test_of_streams_asked_for_at_once_none_takes_a_room_that_is_taken(service: WebService) -> None:
    follower = LogFollower(service)
    follower.streams["leader"] = MOST_OF_ACCOUNT
    lines = [line async for line in follower.events("leader", "", Watch(Following.WORK), 0)]
    assert (lines, follower.streams["leader"]) == ([], MOST_OF_ACCOUNT)


def test_a_full_disk_is_no_unexpected_error(service: WebService) -> None:
    for number in (errno.ENOSPC, errno.EDQUOT):
        told = explained(OSError(number, "no room"), service)
        assert (told.status, told.code, "磁盘已满" in told.message) == (503, "disk_full", True)
    assert explained(OSError(errno.EIO, "broken"), service).status == 500
    spoilt = explained(UnknownEventError("1 validation error"), service)
    assert (spoilt.status, spoilt.code, "xmh audit verify" in spoilt.message) == (503, "log_damaged", True)
