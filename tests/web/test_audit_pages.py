"""核验 in a browser: what has no answer, a matter step by step, the log verified, who came in, and for whom."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import httpx
import pytest

from settings import Settings
from tests.documents import quarter
from tests.support.clock import open_log
from tests.support.command_line import CommandLine
from tests.support.office import sqlite
from tests.web.test_sight_of_pages import cookie
from tests.web.test_signing_in import HERE
from web.service import WebService

HALL_NO = "XMH-2022-001"


@pytest.fixture(scope="module")
def service(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebService]:
    home = tmp_path_factory.mktemp("audit") / "home"
    home.mkdir()
    for file in founded_home.iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    with open_log(sqlite(home)) as log:
        quarter.play(log)
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home)}):
        service = WebService(Settings())
    yield service
    service.close()


async def test_a_matter_is_replayed_record_by_record(
    service: WebService, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    auditor = cookie(service, "audit")
    last = (await client.get(f"/matters/{HALL_NO}/replay", headers=auditor)).text
    count = int(re.findall(r"共 (\d+) 条", last)[0])
    steps = CommandLine(service.settings.home, capsys).json("audit", "replay", HALL_NO, "--step")["steps"]
    assert count == len(steps)
    for step in (1, 2, count):
        page = (await client.get(f"/matters/{HALL_NO}/replay", params={"step": step}, headers=auditor)).text
        assert steps[step - 1]["hash"] in page
        assert ("前一条" in page, "后一条" in page) == (step > 1, step < count)
        assert quarter.WORDS not in page
    first = (await client.get(f"/matters/{HALL_NO}/replay", params={"step": 1}, headers=auditor)).text
    assert "推进国际交流中心一期主体施工" in first
    for wrong in ("0", str(count + 1), "x", "-1", "9" * 30):
        answer = await client.get(f"/matters/{HALL_NO}/replay", params={"step": wrong}, headers=auditor)
        assert answer.status_code == 404, wrong
    assert (await client.get(f"/matters/{HALL_NO}/replay", headers=cookie(service, "zhao"))).status_code == 404


async def test_what_has_no_answer_is_listed_for_any_day(
    service: WebService, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    page = await client.get("/audit", params={"as_of": "2022-03-31"}, headers=cookie(service, "office"))
    said = CommandLine(service.settings.home, capsys).json("audit", "unanswered", "--as-of", "2022-03-31", code=1)
    assert page.text.count("没有说明</strong>") == said["unexplained"] > 0
    assert f"没有办结的（{len(said['unfinished'])}）" in page.text
    assert (await client.get("/audit", params={"as_of": "x"}, headers=cookie(service, "office"))).status_code == 422


async def test_who_came_in_and_whether_the_log_holds_is_told_to_who_checks(
    service: WebService, client: httpx.AsyncClient
) -> None:
    auditor, unit = cookie(service, "audit"), cookie(service, "li")
    record = await client.get("/audit/access", headers=auditor)
    assert ("登录" in record.text, "10.0.0.1" in record.text) == (True, True)
    for path in ("/audit/access", "/audit/verify"):
        assert (await client.get(path, headers=unit)).status_code == 403
    assert (await client.post("/audit/verify", headers={**unit, **HERE})).status_code == 403
    well = await client.post("/audit/verify", headers={**auditor, **HERE})
    assert "核验通过" in well.text
    with sqlite3.connect(service.settings.home / "events.db") as raw:
        (before,) = raw.execute("SELECT title FROM matters WHERE number = ?", (HALL_NO,)).fetchone()
        raw.execute("UPDATE matters SET title = '改了' WHERE number = ?", (HALL_NO,))
    bad = await client.post("/audit/verify", headers={**auditor, **HERE})
    assert "核验未通过" in bad.text
    with sqlite3.connect(service.settings.home / "events.db") as raw:
        raw.execute("UPDATE matters SET title = ? WHERE number = ?", (before, HALL_NO))
