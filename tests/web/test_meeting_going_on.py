"""What goes on with a meeting while its pages are open: minutes are signed and not filed, an item is dropped."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from documents.filing.cabinet import FOLDER, MINUTES
from domain.meetings.commands import DropItem, SignMinutes
from tests.documents import quarter
from tests.support.clock import open_log
from tests.support.history import meet
from tests.support.homes import at
from tests.support.office import LEADER, OFFICE, sqlite
from tests.web.test_meeting_pages import met, served
from tests.web.test_sight_of_pages import cookie
from tests.web.test_signing_in import HERE
from web.service import WebService

__all__ = ["met"]


@pytest.fixture
def service(met: Path, tmp_path: Path) -> Iterator[WebService]:
    """The office of those pages, to go on with."""
    yield from served(Path(shutil.copytree(met, tmp_path / "home")))


async def test_minutes_that_could_not_be_filed_say_so_until_they_are(
    service: WebService, client: httpx.AsyncClient
) -> None:
    home = service.settings.home
    with open_log(sqlite(home)) as log:
        meet(log, "meeting/april", SignMinutes(), LEADER, at("2022-04-29"))
    office, leader, auditor = cookie(service, "office"), cookie(service, "leader"), cookie(service, "audit")
    page, filing = "/meetings/HY-2022-001", "/meetings/HY-2022-001/file"
    assert "还没有成文归档" in (await client.get(page, headers=auditor)).text
    assert filing in (await client.get(page, headers=office)).text
    assert filing not in (await client.get(page, headers=auditor)).text
    assert (await client.post(filing, headers={**HERE, **auditor})).status_code == 403

    (home / FOLDER).mkdir(exist_ok=True)
    blocked = home / FOLDER / MINUTES
    blocked.write_text("no folder")
    refused = await client.post(filing, headers={**HERE, **office})
    assert (refused.status_code, "没有归档" in refused.text, "写入成文" in refused.text) == (503, True, True)
    assert "还没有成文归档" in (await client.get(page, headers=leader)).text
    blocked.unlink()

    for _ in range(2):
        assert (await client.post(filing, headers={**HERE, **leader})).status_code == 303
    assert "还没有成文归档" not in (await client.get(page, headers=office)).text
    (printed,) = blocked.glob("*.pdf")
    shown = await client.get(f"{page}/minutes.pdf", headers=office)
    assert shown.content == printed.read_bytes(), "as they were filed, byte for byte"


async def test_the_room_goes_on_from_the_item_it_shows_when_one_is_dropped(
    service: WebService, client: httpx.AsyncClient
) -> None:
    office, room = cookie(service, "leader"), "/meetings/HY-2022-001/room"
    before = (await client.get(f"{room}?item=1", headers=office)).text
    with open_log(sqlite(service.settings.home)) as log:
        dropped = DropItem(key=quarter.LAND, title="研究用地收储", reason="另行研究")
        meet(log, "meeting/april", dropped, OFFICE, at("2022-04-28"))
    again = (await client.get(f"{room}?item=3", headers=office)).text
    assert ("研究值班安排" in again, "第 2 项，共 2 项" in again) == (True, True), "the same item at its address"
    (onward,) = re.findall(r'rel="next" href="([^"]+)"', before)
    assert "研究值班安排" in (await client.get(onward, headers=office)).text, "the one after what is gone"
    left = (await client.get(f"{room}?item=99", headers=office)).text
    assert (f'href="{room}?item=3"' in left, "未议 1 项" in left) == (True, True)
