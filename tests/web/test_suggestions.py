"""意见建议: a unit says what burdens it, the office answers, the whole unit reads it and nobody else's does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock
from uuid import uuid4

import httpx
import pytest

from domain.access.terms import TokenScope
from domain.base import Refusal
from domain.suggestions import MakeSuggestion, SuggestionKind
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.accounts import issue_token
from services.suggestions import record_suggestion
from settings import Settings
from tests.support.clock import open_log
from tests.support.command_line import CommandLine
from tests.support.homes import founded_home, home
from tests.support.office import FOR_LEADER, LIAISON, OFFICE, sqlite
from tests.support.postroom import PostRoom
from tests.web.test_sight_of_pages import cookie
from tests.web.test_signing_in import HERE
from web.service import WebService

__all__ = ["founded_home", "home"]


@pytest.fixture
def log(home: Path) -> Iterator[Database]:
    with open_log(sqlite(home)) as log:
        yield log


@pytest.fixture
def service(home: Path) -> Iterator[WebService]:
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home)}):
        service = WebService(Settings())
    yield service
    service.close()


def test_a_unit_suggests_and_the_office_answers(log: Database, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    xmh, now = CommandLine(home, capsys), datetime.now(UTC)
    room = PostRoom(log, home)
    stream = room.open(now, title="推进桩基施工", due=(now + timedelta(days=90)).date())
    matter = reading.listed_matters(log, [stream])[0].number
    words = ("--kind", "重复", "--text", "台账和简报问的是同一组数", "--matter", matter)
    made = xmh.json("suggestion", "write", *words, "--command-id", "suggest-1", actor="li")
    assert [made[key] for key in ("kind", "unit", "matter")] == ["twice", "gengxin", matter]
    assert made["suggestion"] == f"建议〔{now.year}〕1号"
    assert xmh.json("suggestion", "write", *words, "--command-id", "suggest-1", actor="li") == made, "once"
    assert xmh.json("suggestion", "write", "--text", "别的", "--command-id", "suggest-1", actor="li", code=3)
    assert xmh.json("today")["suggestions"] == 1
    assert "1条待答复" in xmh("today").out
    assert xmh.json("today", actor="li")["suggestions"] == 0
    number = made["suggestion"]
    assert xmh.json("suggestion", "list", actor="head")["suggestions"] == [made], "everybody of the unit"
    assert xmh.json("suggestion", "list", actor="zhao")["suggestions"] == []
    assert xmh.json("suggestion", "show", number, actor="zhao", code=4)["error"]["code"] == "not_found"
    for actor, code in (("li", 3), ("zhao", 3), ("audit", 3)):
        assert xmh("suggestion", "answer", number, "--text", "好", actor=actor).code == code, actor
    answered = xmh.json("suggestion", "answer", number, "--outcome", "采纳", "--text", "此后只报台账")
    assert [a["outcome"] for a in answered["answers"]] == ["adopted"]
    assert xmh.json("suggestion", "show", number, actor="head")["answers"][0]["text"] == "此后只报台账"
    assert xmh.json("suggestion", "list", "--open") == {"suggestions": []}
    assert xmh.json("suggestion", "list", actor="audit")["suggestions"] == [answered], "the auditor reads all"
    assert xmh("suggestion", "write", "--text", "x", actor="audit").code == 3
    room.spread(now)
    told = {(n.person, n.subject) for n in room.kept() if n.subject == number}
    assert {person for person, _ in told} >= {"office", "li"}
    assert "zhao" not in {person for person, _ in told}
    assert not any("同一组数" in n.text for n in room.kept()), "what it says is read where it stands"
    assert verify(log).ok


@pytest.mark.parametrize("text", ["", "  ", "字" * 2001])
def test_what_is_no_suggestion_is_refused(log: Database, text: str) -> None:
    command = MakeSuggestion(kind=SuggestionKind.OTHER, text=text)
    with pytest.raises(Refusal):
        record_suggestion(log, command, actor=LIAISON, command_id=uuid4().hex, now=datetime.now(UTC))
    assert reading.states_of(log, "suggestion") == ()


def test_nobody_suggests_for_another(log: Database) -> None:
    command = MakeSuggestion(kind=SuggestionKind.OTHER, text="替人说的")
    for actor in (FOR_LEADER, LIAISON.model_copy(update={"unit": "zhujian"})):
        with pytest.raises(Refusal):
            record_suggestion(log, command, actor=actor, command_id=uuid4().hex, now=datetime.now(UTC))


async def test_the_page_takes_it_answers_it_and_shows_it_to_the_unit(
    service: WebService, client: httpx.AsyncClient, log: Database
) -> None:
    li, zhao, office = (cookie(service, person) for person in ("li", "zhao", "office"))
    given = {"command": uuid4().hex, "kind": "burden", "text": "每周<b>四张表</b>", "matter": ""}
    for _ in range(2):
        sent = await client.post("/suggestions", data=given, headers={**li, **HERE})
        assert sent.status_code == 303, sent.text
    page = (await client.get("/suggestions", headers=office)).text
    assert (page.count("每周&lt;b&gt;四张表"), "<b>四张表" in page, "答复" in page) == (1, False, True)
    assert "四张表" not in (await client.get("/suggestions", headers=zhao)).text
    number = f"建议〔{datetime.now(UTC).year}〕1号"
    reply = {"command": uuid4().hex, "number": number, "outcome": "partly", "text": "合并为两张"}
    refused = await client.post("/suggestions", data=reply, headers={**li, **HERE})
    assert (refused.status_code, "合并为两张" in refused.text) == (403, False)
    assert (await client.post("/suggestions", data=reply, headers={**zhao, **HERE})).status_code == 404
    assert (await client.post("/suggestions", data=reply, headers={**office, **HERE})).status_code == 303
    assert "部分采纳" in (await client.get("/suggestions", headers=li)).text
    other = {**given, "command": uuid4().hex, "matter": "XMH-2026-999"}
    wrong = await client.post("/suggestions", data=other, headers={**li, **HERE})
    assert (wrong.status_code, "四张表" in wrong.text) == (404, True), "what was typed stays"
    assert verify(log).ok


async def test_a_program_does_it_within_its_scope(
    service: WebService, client: httpx.AsyncClient, log: Database
) -> None:
    def head(person: str, scope: TokenScope) -> dict[str, str]:
        token = issue_token(log, person, scope, 1, OFFICE, datetime.now(UTC))[0]
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}

    body = {"kind": "other", "text": "接口提出"}
    assert (await client.post("/api/v1/suggestions", json=body, headers=head("li", TokenScope.READ))).status_code == 403
    made = await client.post("/api/v1/suggestions", json=body, headers=head("li", TokenScope.REPORT))
    assert made.status_code == 201, made.text
    number = made.json()["suggestion"]
    answer = {"number": number, "outcome": "explained", "text": "已阅"}
    path = "/api/v1/suggestions/answer"
    assert (await client.post(path, json=answer, headers=head("li", TokenScope.HANDLE))).status_code == 403
    assert (await client.post(path, json=answer, headers=head("zhao", TokenScope.HANDLE))).status_code == 404
    assert (await client.post(path, json=answer, headers=head("office", TokenScope.HANDLE))).status_code == 201
    read = await client.get("/api/v1/suggestion", params={"number": number}, headers=head("head", TokenScope.READ))
    assert [a["text"] for a in read.json()["answers"]] == ["已阅"]
