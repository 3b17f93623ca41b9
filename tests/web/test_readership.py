"""已读: opened through the product and by the person himself, once; never how often somebody signed in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import httpx
import pytest

from domain.access.terms import TokenScope
from domain.ids import read_stream_of
from domain.readership import ReadKind
from eventlog import notices as kept
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.readership import note_read
from settings import Settings
from tests.support.clock import open_log
from tests.support.command_line import CommandLine
from tests.support.homes import founded_home, home
from tests.support.office import OFFICE, sqlite
from tests.support.postroom import PostRoom
from tests.web.test_sight_of_pages import cookie
from views.readership import readings
from web.service import WebService

__all__ = ["founded_home", "home"]


@pytest.fixture
def log(home: Path) -> Iterator[Database]:
    """A matter that was handed over this morning, and told of."""
    now = datetime.now(UTC) - timedelta(hours=2)
    with open_log(sqlite(home)) as log:
        room = PostRoom(log, home)
        room.accepted(now, title="推进桩基施工", due=(now + timedelta(days=90)).date())
        room.spread(now)
        yield log


@pytest.fixture
def service(home: Path, log: Database) -> Iterator[WebService]:
    del log
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home)}):
        service = WebService(Settings())
    yield service
    service.close()


def opened(log: Database, person: str) -> int:
    positions = {str(n.position) for n in kept.list_notices(log, person=person)}
    return sum(who == person for _, who in readings(log, ReadKind.NOTICE, positions))


async def test_who_opens_his_notices_has_read_them_once(
    service: WebService, client: httpx.AsyncClient, log: Database
) -> None:
    told = len(kept.told_since(log, "li", datetime.now(UTC) - timedelta(days=1)))
    assert told > 0
    headers = cookie(service, "li")
    front = await client.get("/", headers=headers)
    assert f"有 {told} 条通知没有读" in front.text
    assert opened(log, "li") == 0, "to sign in and look around is not to read"
    await client.get("/notices", headers={**headers, "X-Live": "1"})
    await client.head("/notices", headers=headers)
    assert opened(log, "li") == 0, "what an open page asks by itself is not either, nor is a look whether it is there"
    first = await client.get("/notices", headers=headers)
    assert first.text.count(">新<") == told
    assert opened(log, "li") == told
    height = reading.newest_event(log)
    second = await client.get("/notices", headers=headers)
    assert (">新<" in second.text, reading.newest_event(log)) == (False, height), "once only"
    assert "没有读" not in (await client.get("/", headers=headers)).text
    assert opened(log, "head") == 0, "each for himself"
    (matter,) = reading.list_rows(log)
    page = (await client.get(f"/matters/{matter.number}", headers=cookie(service, "office"))).text
    told_of = page.partition("告知情况")[2].partition("</details>")[0]
    assert ("已读" in told_of, told_of.count("<li>") > told_of.count("已读")) == (True, True)
    assert verify(log).ok


def test_the_command_line_says_who_has_read_what_and_marks_ones_own(
    log: Database, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    xmh = CommandLine(home, capsys)
    mine = xmh.json("notice", "list", "--unread", actor="li")["notices"]
    assert xmh.json("today", actor="li")["unread"] == len(mine) > 0
    assert "未读通知（1）" in xmh("today", actor="li").out
    first = mine[0]["id"]
    assert mine[0]["read_at"] is None
    assert xmh.json("notice", "show", first, actor="head", code=4)["error"]["code"] == "not_found"
    assert xmh.json("notice", "read", first, actor="head", code=4)["error"]["code"] == "not_found"
    assert xmh.json("notice", "show", first)["read_at"] is None, "the office looks, and has not read it for him"
    assert xmh.json("notice", "show", first, actor="li")["read_at"] is not None
    assert [n["id"] for n in xmh.json("notice", "list", "--unread")["notices"] if n["id"] == first] == []
    assert xmh.json("notice", "read", "--all", actor="li")["read"] == len(mine) - 1
    assert xmh.json("notice", "read", "--all", actor="li") == {"read": 0}
    assert xmh.json("today", actor="li")["unread"] == 0
    assert xmh("notice", "read", actor="li").code == 2
    assert verify(log).ok


def test_a_notice_is_shown_while_the_log_takes_nothing(
    log: Database, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = kept.list_notices(log, person="li")[0].id
    xmh = CommandLine(home, capsys)
    with log.writing():
        shown = xmh.json("notice", "show", own, actor="li")
    assert (shown["id"], shown["read_at"]) == (own, None)
    assert xmh.json("notice", "show", own, actor="li")["read_at"] is not None


async def test_what_is_called_unread_comes_before_him_however_much_it_is(
    service: WebService, client: httpx.AsyncClient, log: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    for n in range(3):
        PostRoom(log, home).accepted(now, title=f"又一件{n}", due=(now + timedelta(days=90)).date())
    PostRoom(log, home).spread(now)
    monkeypatch.setattr("web.pages.finding.LAST", 1)
    headers = cookie(service, "li")
    assert "有 4 条通知没有读" in (await client.get("/", headers=headers)).text
    shown = [(await client.get("/notices", headers=headers)).text.count(">新<") for _ in range(3)]
    assert (shown, "没有读" in (await client.get("/", headers=headers)).text) == ([2, 1, 1], False)


async def test_whoever_is_signed_in_reads_on_while_the_log_takes_nothing(
    service: WebService, client: httpx.AsyncClient, log: Database
) -> None:
    from services.accounts import issue_token

    headers, now = cookie(service, "li"), datetime.now(UTC)
    bearer = {"Authorization": f"Bearer {issue_token(log, 'li', TokenScope.READ, 1, OFFICE, now)[0]}"}
    with log.writing() as transaction:
        transaction.commit([("UPDATE sessions SET seen_at = seen_at - 120000000", [()])])
    with log.writing():
        page = await client.get("/", headers=headers)
        asked = await client.get("/api/v1/notices", headers=bearer)
    assert (page.status_code, asked.status_code) == (200, 200), "that he was here is noted when it can be"


async def test_a_program_says_it_only_for_its_own_person(
    service: WebService, client: httpx.AsyncClient, log: Database
) -> None:
    from services.accounts import issue_token

    now = datetime.now(UTC)
    own = kept.list_notices(log, person="li")[0].id

    async def mark(person: str, scope: TokenScope) -> httpx.Response:
        token = issue_token(log, person, scope, 1, OFFICE, now)[0]
        return await client.post(f"/api/v1/notices/{own}/read", headers={"Authorization": f"Bearer {token}"})

    assert (await mark("head", TokenScope.HANDLE)).status_code == 404
    assert (await mark("office", TokenScope.HANDLE)).status_code == 404
    assert (await mark("li", TokenScope.READ)).status_code == 403
    done = await mark("li", TokenScope.REPORT)
    assert (done.status_code, done.json()["read_at"] is None) == (200, False)


def test_the_same_reading_is_recorded_once_whoever_sends_it_again(log: Database) -> None:
    now = datetime.now(UTC)
    assert note_read(log, ReadKind.PAPER, ["简报-2022-07"] * 3, "li", now) == 1
    assert note_read(log, ReadKind.PAPER, ["简报-2022-07"], "li", now + timedelta(days=40)) == 0
    assert note_read(log, ReadKind.PAPER, ["简报-2022-07"], "head", now) == 1
    events = reading.read_stream(log, read_stream_of(ReadKind.PAPER, "简报-2022-07"))
    assert [e.version for e in events] == [1, 2]
