"""待办 when nothing waits: it says what comes next, and when."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import httpx
import pytest

from domain import commands as c
from domain.terms import Rhythm
from eventlog import reading
from settings import Settings
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.office import ASSIST, OFFICE, OTHER, opening, sqlite
from tests.web.test_sight_of_pages import cookie
from web.service import WebService


@pytest.fixture
def service(founded_home: Path, tmp_path: Path) -> Iterator[WebService]:
    """One matter of one unit, in hand, of which nothing is owed yet."""
    home = Path(shutil.copytree(founded_home, tmp_path / "home"))
    now = datetime.now(UTC) - timedelta(days=1)
    with open_log(sqlite(home)) as log:
        wish = opening("完成年度总结", (now + timedelta(days=90)).date(), lead=ASSIST, rhythm=Rhythm.ONCE)
        act(log, "matter/later", wish, OFFICE, now)
        act(log, "matter/later", c.AcceptReceipt(), OTHER, now)
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home)}):
        service = WebService(Settings())
    yield service
    service.close()


async def test_who_has_nothing_to_do_is_told_what_comes_next(service: WebService, client: httpx.AsyncClient) -> None:
    (matter,) = reading.list_rows(service.database)
    for person, told in (("zhao", True), ("office", True), ("li", False), ("leader", False), ("audit", False)):
        page = (await client.get("/", headers=cookie(service, person))).text
        assert "现在没有等您办理的事项" in page, person
        assert ("接下来是" in page) == told, person
        line = page.partition("接下来是")[2].partition("</p>")[0]
        assert (f'<a href="/matters/{matter.number}">' in line) == told, person
