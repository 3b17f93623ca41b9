"""The log by position: each reader gets what he may see, once, in order, whatever is recorded meanwhile."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest

from domain import commands as c
from domain.access.terms import TokenScope
from domain.ids import kind_of
from domain.sight import Scope, Sight
from domain.terms import Openness
from eventlog import reading
from services import accounts
from services.accounts import issue_token
from settings import Settings
from tests.cli.test_sight_matrix import MATRIX, lived, open_to
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE
from tests.web.conftest import Served
from tests.web.test_live import SOON, opened
from web.service import WebService

__all__ = ["lived"]


@pytest.fixture(scope="module")
def service(lived: Path) -> Iterator[WebService]:
    with mock.patch.dict("os.environ", {"XMH_HOME": str(lived)}):
        service = WebService(Settings())
    yield service
    service.close()


async def whole_feed(client: httpx.AsyncClient, service: WebService, person: str, limit: int) -> list[dict[str, Any]]:
    token = issue_token(service.database, person, TokenScope.READ, 1, OFFICE, datetime.now(UTC))[0]
    every, cursor, more = list[dict[str, Any]](), "0", True
    while more:
        asked: dict[str, str | int] = {"after": cursor, "limit": limit}
        answer = await client.get("/api/v1/events", params=asked, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        every, cursor, more = [*every, *page["events"]], page["cursor"], page["more"]
        assert len(page["events"]) <= limit
    return every


@pytest.mark.parametrize("openness", [Openness.TITLES, Openness.OWN])
async def test_nobody_is_fed_what_he_may_not_read(
    service: WebService, client: httpx.AsyncClient, lived: Path, openness: Openness
) -> None:
    open_to(lived, openness)
    for person in ("office", "li", "he", "one", "root", "audit", "city", "mi"):
        fed = await whole_feed(client, service, person, 500)
        said = json.dumps(fed, ensure_ascii=False).encode()
        assert [mark for mark in MATRIX[person].forbidden(openness) if mark in said] == [], person
        again = await whole_feed(client, service, person, 7)
        assert again == fed, "however it is cut"
        positions = [one["position"] for one in fed]
        assert positions == sorted(set(positions))
        if person in ("office", "mi"):
            log = reading.read_all(service.database)
            assert positions == [e.position for e in log if kind_of(e.stream) in ("matter", "meeting")]
            assert "WORDOTHER" in said.decode()
    fed = await whole_feed(client, service, "li", 500)
    assert {one["label"] for one in fed if "meeting" in one} == {"安排会议", "召开会议"}
    assert any("SAIDFORMER" in one["text"] for one in fed), "what his unit reported stays his to read"


async def test_without_rights_the_feed_shows_it(
    service: WebService, client: httpx.AsyncClient, lived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to(lived, Openness.OWN)
    monkeypatch.setattr("views.rights.scope", lambda *_: Scope(least=Sight.FULL))
    monkeypatch.setattr("views.rights.may_read_words", lambda *_: True)
    said = json.dumps(await whole_feed(client, service, "he", 500), ensure_ascii=False)
    assert all(mark in said for mark in ("TITLEOTHER", "BODYOTHER", "WORDOTHER"))


def test_whoever_reads_while_others_write_misses_nothing_and_has_nothing_twice(served: Served) -> None:
    stream, _ = opened(served, "边写边读")
    done = threading.Event()

    def write() -> None:
        act(served.log, stream, c.AcceptReceipt(), LIAISON, datetime.now(UTC))
        for n in range(40):
            act(served.log, stream, c.SubmitFeedback(text=f"第{n}次", progress=n), LIAISON, datetime.now(UTC))
        done.set()

    office, fed, cursor = served.client("office", TokenScope.READ), list[int](), "0"
    writer = threading.Thread(target=write)
    writer.start()
    for turn in range(10_000):
        over = done.is_set()
        page = office.get("/api/v1/events", params={"after": cursor, "limit": 1 + turn % 5}).json()
        fed += [one["position"] for one in page["events"]]
        cursor = page["cursor"]
        if over and not page["more"]:
            break
    writer.join()
    log = reading.read_all(served.log, limit=10_000)
    assert fed == [e.position for e in log if kind_of(e.stream) in ("matter", "meeting")]


def test_a_cursor_of_another_history_is_refused_and_what_is_none_too(served: Served) -> None:
    office = served.client("office", TokenScope.READ)
    opened(served, "有记录可读")
    newest = reading.newest_event(served.log)[0]
    for after, status, code in (
        (f"{newest + 1}", 409, "cursor_stale"),
        (f"{newest}.00000000", 409, "cursor_stale"),
        ("-1", 422, "malformed"),
        ("1.xyz", 422, "malformed"),
        ("9" * 41, 422, "malformed"),
        ("9" * 16, 422, "malformed"),
        ("١", 422, "malformed"),
    ):
        for path in ("/api/v1/events", "/api/v1/events/stream"):
            answer = office.get(path, params={"after": after})
            assert (answer.status_code, answer.json()["code"]) == (status, code), (path, after)
    assert office.get("/api/v1/events", params={"limit": 0}).status_code == 422
    assert office.get("/api/v1/events", params={"after": f"{newest}"}).json()["events"] == []
    assert served.client().get("/api/v1/events/stream").status_code == 401


class Fed:
    """What a program gets of the stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.lines = response.iter_lines()

    def next(self) -> tuple[str, dict[str, Any]]:
        """The next event with the id it came under."""
        name = ""
        for line in self.lines:
            if line.startswith("id: "):
                name = line[4:]
            if line.startswith("data: "):
                return name, json.loads(line[6:])
        raise AssertionError("the stream ended")


def test_the_stream_goes_on_where_it_was_cut_and_ends_with_the_token(served: Served) -> None:
    stream, no = opened(served, "随时推送")
    other, _ = opened(served, "他人办理", "zhujian")
    act(served.log, stream, c.AcceptReceipt(), LIAISON, datetime.now(UTC))
    newest = reading.newest_event(served.log)[0]
    token, kept = issue_token(served.log, "li", TokenScope.READ, 1, OFFICE, datetime.now(UTC))
    client = httpx.Client(base_url=served.address, headers={"Authorization": f"Bearer {token}"}, timeout=SOON)
    with client.stream("GET", "/api/v1/events/stream", params={"after": str(newest)}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        fed = Fed(response)
        act(served.log, other, c.AcceptReceipt(), OFFICE, datetime.now(UTC))
        act(served.log, stream, c.SubmitFeedback(text="完成一半", progress=50), LIAISON, datetime.now(UTC))
        cursor, one = fed.next()
        assert (one["matter"], one["type"], one["cursor"]) == (no, "FeedbackSubmitted", cursor), "another's is left out"
    act(served.log, stream, c.SubmitFeedback(text="完成六成", progress=60), LIAISON, datetime.now(UTC))
    with client.stream("GET", "/api/v1/events/stream", headers={"Last-Event-ID": cursor}) as response:
        fed = Fed(response)
        assert "完成六成" in fed.next()[1]["text"]
        accounts.revoke_token(served.log, "li", kept.id, OFFICE, datetime.now(UTC))
        act(served.log, stream, c.SubmitFeedback(text="完成七成", progress=70), LIAISON, datetime.now(UTC))
        assert not any(line.startswith("data: ") for line in fed.lines), "it ends and tells nothing more"
