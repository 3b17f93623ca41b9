"""What a page may weigh: few bytes of script and style, few requests, all to the own host."""

import gzip
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import httpx
import pytest

from domain import commands as c
from eventlog import reading
from settings import Settings
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, opening, sqlite
from tests.web.conftest import Served
from tests.web.test_sight_of_pages import cookie
from tests.web.test_signing_in import cookie_of, enrolled, enter
from web.pages.listing import ON_A_PAGE
from web.service import WebService

STATIC = Path(__file__).parents[2] / "web" / "static"
MATTERS, EVENTS = 60, 200
MOST_MATTER, MOST_LIST = 120 * 1024, 100 * 1024
FRAME, MOST_MARKUP = 10 * 1024, 80
"""Bytes of 一览表 without its rows, and of a row beside what is written in it."""
MOST_SCRIPT, MOST_STYLE, MOST_REQUESTS, MOST_WORKLIST = 8 * 1024, 10 * 1024, 5, 60 * 1024


SCRIPTS = (
    ("desk.js", "live.js", "room.js", "keys.js"),
    ("desk.js", "table.js"),
    ("wall.js",),
    ("desk.js", "sparse.js"),
)
"""What a page may ask for at most: one that is told when the log moves, one whose cells are edited, a wall screen,
a long list."""


def packed(*names: str) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)


def test_script_and_style_are_small_and_nothing_else_is_fetched() -> None:
    assert {name for page in SCRIPTS for name in page} == {file.name for file in STATIC.glob("*.js")}
    assert all(0 < packed(*page) <= MOST_SCRIPT for page in SCRIPTS)
    assert 0 < packed(*(file.name for file in STATIC.glob("*.css"))) <= MOST_STYLE
    assert {file.suffix for file in STATIC.rglob("*") if file.is_file()} <= {".js", ".css"}, "no faces, no pictures"


def test_a_first_view_asks_little_and_only_the_own_host(served: Served) -> None:
    cookie = cookie_of(enter(served, "li", enrolled(served, "li")))
    page: httpx.Response = served.client().get("/", headers=cookie)
    asked = re.findall(r'(?:src|href)="([^"]+\.(?:js|css)[^"]*)"', page.text)
    assert 1 + len(asked) <= MOST_REQUESTS
    assert all(address.startswith("/static/") for address in asked)
    assert len(page.content) <= MOST_WORKLIST
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=|javascript:", page.text), "nothing in line"


@pytest.fixture
def service(founded_home: Path, tmp_path: Path) -> Iterator[WebService]:
    """A log of more matters than a page lists, one of them with two hundred records."""
    home = tmp_path / "home"
    shutil.copytree(founded_home, home)
    now = datetime.now(UTC) - timedelta(days=2)
    with open_log(sqlite(home)) as log:
        for n in range(MATTERS):
            stream = f"matter/size{n}"
            act(log, stream, opening(f"推进第{n}项", (now + timedelta(days=60)).date()), OFFICE, now)
        act(log, "matter/size0", c.AcceptReceipt(), LIAISON, now)
        for turn in range(EVENTS):
            text = f"已完成第{turn}层主体结构施工，安全文明措施同步落实，现场人员到岗率保持稳定；下步按倒排工期推进。"
            act(log, "matter/size0", c.SubmitFeedback(text=text, progress=turn * 99 // EVENTS), LIAISON, now)
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home)}):
        service = WebService(Settings())
    yield service
    service.close()


async def test_pages_of_many_rows_are_small(service: WebService, client: httpx.AsyncClient) -> None:
    """A matter with two hundred records, the list of fifty, 一览表 row by row."""
    office = cookie(service, "office")
    (longest,) = reading.find_matters(service.database, "推进第0项")
    whole = f"/matters/{longest.number}?all=1"
    for address, most in ((f"/matters/{longest.number}", MOST_MATTER), (whole, MOST_MATTER), ("/matters", MOST_LIST)):
        page = await client.get(address, headers=office)
        assert page.status_code == 200, page.text
        assert len(page.content) <= most, (address, len(page.content))
    listed = await client.get("/matters", headers=office)
    assert listed.text.count("<tr><td>XMH-") == ON_A_PAGE
    table = (await client.get("/table", headers=office)).content
    rows = re.findall(rb"<tr><td>(?:(?!<tr|</tbody>).)*", table, re.DOTALL)
    assert len(rows) == MATTERS
    assert len(table) - sum(map(len, rows)) <= FRAME
    markup = max(len(row) - len(re.sub(rb"<[^>]*>", b"", row)) for row in rows)
    assert markup <= MOST_MARKUP, markup
    assert table.count("工作日历".encode()) <= 1, "what is so of every row is said once"
