"""核验 in a browser: what has no answer, a matter step by step, the log verified, who came in, and for whom."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest

from eventlog import reading
from eventlog.errors import LogUnreachable
from eventlog.findings import Token
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


async def test_a_log_with_a_payload_nobody_can_read_is_told_on_the_page_too(
    service: WebService, client: httpx.AsyncClient
) -> None:
    """Its files cannot be looked up then: the page came as an error, on the day the auditor needs it."""
    with closing(sqlite3.connect(service.settings.home / "events.db", isolation_level=None)) as raw:
        raw.execute("BEGIN")
        (trigger,) = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'events_no_update'").fetchone()
        at, before = raw.execute("SELECT position, payload FROM events WHERE stream LIKE 'matter/%' LIMIT 1").fetchone()
        raw.execute("DROP TRIGGER events_no_update")
        raw.execute("UPDATE events SET payload = ? WHERE position = ?", ('{"sha256": ' + "[" * 100_000, at))
        raw.execute("COMMIT")
        try:
            page = await client.post("/audit/verify", headers={**cookie(service, "audit"), **HERE})
        finally:
            raw.execute("UPDATE events SET payload = ? WHERE position = ?", (before, at))
            raw.execute(trigger)
    assert page.status_code == 200
    assert "核验未通过" in page.text
    assert Token.FILES_UNREAD.label in page.text


def noted(service: WebService, kind: str) -> list[dict[str, Any]]:
    """What stands in the access record of one kind, as it was recorded."""
    now = datetime.now(UTC)
    record = reading.access_record(service.database, now - timedelta(days=1), now + timedelta(days=1))
    return [json.loads(e.payload) for e in record if e.type == kind]


async def test_who_was_shown_secret_words_is_on_record_once_a_day(
    service: WebService, client: httpx.AsyncClient
) -> None:
    office, other = cookie(service, "office"), cookie(service, "zhao")
    for _ in range(3):
        assert quarter.WORDS in (await client.get(f"/matters/{HALL_NO}?all=1", headers=office)).text
    await client.get("/matters?stage=all", headers=other)
    assert [(e["person"], e["matter"]) for e in noted(service, "WordsRead")] == [("office", HALL_NO)]
    # Where it cannot be put on record, nothing is shown.
    with mock.patch("web.service.record_words_read", side_effect=LogUnreachable("日志暂时写不进")):
        away = await client.get(f"/matters/{HALL_NO}?all=1", headers=cookie(service, "leader"))
    assert (away.status_code, quarter.WORDS in away.text) == (503, False)


async def test_an_auditor_reads_words_that_a_leader_opened_to_him(
    service: WebService, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    xmh, auditor = CommandLine(service.settings.home, capsys), cookie(service, "audit")
    soon = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    opening = ("access", "words", "audit", "--matter", HALL_NO, "--until", soon, "--reason", "专项审计")
    decided = ("--by", "leader", "--paper", "香指办〔2026〕3号")
    for words, code in (
        (opening, 3),  # the office alone does not decide it
        ((*opening, "--by", "leader"), 2),  # without the paper that shows it
        (("access", "words", "zhao", *opening[3:], *decided), 3),
        ((*opening[:3], *opening[5:], *decided), 2),
        ((*opening[:5], "--until", "2099-01-01", *opening[7:], *decided), 2),
        ((*opening[:3], "--matter", "XMH-2022-999", *opening[5:], *decided), 4),
    ):
        assert xmh(*words).code == code, words
    assert quarter.WORDS not in (await client.get(f"/matters/{HALL_NO}?all=1", headers=auditor)).text
    xmh.json(*opening, *decided)
    assert quarter.WORDS in (await client.get(f"/matters/{HALL_NO}?all=1", headers=auditor)).text
    assert quarter.WORDS in xmh("audit", "replay", HALL_NO, "--step", actor="audit").out
    read = [e for e in noted(service, "WordsRead") if e["person"] == "audit"]
    assert [e["matter"] for e in read] == [HALL_NO], "once, on a page and on the command line alike"
    (opened,) = [e for e in xmh.json("audit", "security")["events"] if e["type"] == "WordsOpened"]
    assert opened["said"] == f"{HALL_NO}，至 {soon}，专项审计"
    later = datetime.now(UTC) + timedelta(days=9)
    with mock.patch("views.viewer.datetime", mock.Mock(now=lambda _: later)):
        after = (await client.get(f"/matters/{HALL_NO}?all=1", headers=auditor)).text
    assert (HALL_NO in after, quarter.WORDS in after) == (True, False)


async def test_who_tries_numbers_stands_in_the_record_once_a_minute(
    service: WebService, client: httpx.AsyncClient
) -> None:
    service.record_refusals(None)
    before, other = len(noted(service, "ReadRefused")), cookie(service, "zhao")
    for n in range(40):
        path = f"/matters/{HALL_NO}/replay" if n == 0 else f"/matters/XMH-2022-{900 + n}/why"
        assert (await client.get(path, headers=other)).status_code == 404, path
    assert (await client.get(f"/matters/{HALL_NO}/why")).status_code == 303, "nobody is signed in: it counts for none"
    service.record_refusals(datetime.now(UTC) - timedelta(minutes=1))
    assert len(noted(service, "ReadRefused")) == before, "the minute is not over"
    service.record_refusals(datetime.now(UTC) + timedelta(minutes=1))
    told = noted(service, "ReadRefused")[before:]
    assert len(told) <= 2, "of one minute, or of two"
    assert (sum(e["count"] for e in told), told[0]["person"]) == (40, "zhao")
    assert told[0]["sought"] == f"/matters/{HALL_NO}/replay"
    page = (await client.get("/audit/access", headers=cookie(service, "audit"))).text
    assert f"次，/matters/{HALL_NO}/replay" in page


async def test_what_leaves_as_a_file_is_on_record(service: WebService, client: httpx.AsyncClient) -> None:
    office = cookie(service, "office")
    with service.database.writing() as transaction:
        transaction.commit([("UPDATE sessions SET created_at = created_at - 960000000, proven_at = NULL", [()])])
    before = len(noted(service, "Exported"))
    stale = await client.get("/table.xlsx", params={"as_of": "2022-03-31"}, headers=office)
    assert (stale.status_code, stale.headers["location"]) == (303, "/prove?next=/table.xlsx%3Fas_of%3D2022-03-31")
    assert len(noted(service, "Exported")) == before, "nothing left"
    asked = await client.get(stale.headers["location"], headers=office)
    assert ("再次验证" in asked.text, 'value="/table.xlsx?as_of=2022-03-31"' in asked.text) == (True, True)
    wrong = {"next": "https://evil.example/", "code": "000000"}
    refused = await client.post("/prove", data=wrong, headers={**office, "Sec-Fetch-Site": "same-origin"})
    assert (refused.status_code, 'name="next" value="/"' in refused.text) == (422, True)
    own = cookie(service, "li")
    with service.database.writing() as transaction:
        transaction.commit([("UPDATE sessions SET created_at = created_at - 960000000", [()])])
    assert (await client.get("/table.xlsx", headers=own)).status_code == 200, "a unit takes its own"
    office = cookie(service, "office")
    table = await client.get("/table.xlsx", params={"as_of": "2022-03-31"}, headers=office)
    sheet = await client.get(f"/matters/{HALL_NO}/sheet.pdf", headers=office)
    assert (table.status_code, sheet.status_code) == (200, 200)
    told = [(e["person"], e["name"], e["count"]) for e in noted(service, "Exported")]
    assert ("office", f"{HALL_NO}-办理过程.pdf", 1) in told
    assert any(name.endswith(".xlsx") and count > 1 for _, name, count in told)
    page = (await client.get("/audit/access", headers=office)).text
    assert f"{HALL_NO}-办理过程.pdf（1件）" in page
