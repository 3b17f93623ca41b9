"""`xmh web` as a process: where it listens, who is believed about who asks, what a log that is away looks like."""

import asyncio
import socket
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from domain.access.terms import TokenScope
from domain.base import Refusal
from eventlog import reading
from services.accounts import issue_token
from services.embedded.prepare import web_port
from settings import Settings, WebPlaces
from tests.support.command_line import CommandLine
from tests.support.office import OFFICE
from tests.web.conftest import Served
from web.app import make_app
from web.guards import MOST_AT_ONCE, BoundedWork
from web.service import WebService

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def test_where_it_may_not_listen_is_a_line(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    xmh, taken = CommandLine(served.home, capsys), served.address.rpartition(":")[2]
    for words, code, said in (
        (("--host", "192.0.2.1"), 2, "会明文传送口令和令牌"),
        (("--port", taken), 2, f"端口 {taken} 已被占用"),
        (("--host", "127.0.0.1", "--port", taken), 2, "已被占用"),
    ):
        refused = xmh("web", *words)
        assert (refused.code, said in refused.error) == (code, True), words


def test_a_port_that_was_set_is_kept_and_the_usual_one_is_not_insisted_on(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refusal, match=f"网页端口 {port} 已被占用"):
            web_port(Settings(home=tmp_path, web=WebPlaces(port=port)))
    assert web_port(Settings(home=tmp_path, web=WebPlaces(port=port))) == port
    assert web_port(Settings(home=tmp_path))


def test_a_small_answer_is_sent_at_once(served: Served) -> None:
    """Nagle's algorithm and delayed acknowledgements made each answer 40 ms late."""
    client = served.client()
    client.get("/healthz")

    def took() -> float:
        began = time.perf_counter()
        client.get("/healthz")
        return time.perf_counter() - began

    assert any(took() < 0.03 for _ in range(200)), "none of two hundred came sooner than a late acknowledgement"


def test_nobody_is_believed_about_who_asks_but_a_declared_proxy(served: Served) -> None:
    client = served.client()
    given = {"name": "li", "password": "Wrong-word-7", "code": "123456"}
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/sign-in", data=given, headers=forged).status_code == 401
    with served.log.reading() as transaction:
        assert transaction.all("SELECT DISTINCT address FROM sign_in_failures") == [("127.0.0.1",)]
    assert reading.access_record(served.log, datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)) == ()


def test_a_token_of_another_place_opens_nothing_whoever_says_it_is_there(served: Served) -> None:
    elsewhere, _ = issue_token(served.log, "li", TokenScope.READ, 1, OFFICE, datetime.now(UTC), ("10.1.0.0/16",))
    here, _ = issue_token(served.log, "li", TokenScope.READ, 1, OFFICE, datetime.now(UTC), ("127.0.0.0/8",))
    for token, status in ((elsewhere, 401), (here, 200)):
        for forwarded in ({}, {"X-Forwarded-For": "10.1.2.3"}):
            headers = {"Authorization": f"Bearer {token}", **forwarded}
            assert served.client().get("/api/v1/me", headers=headers).status_code == status


def test_a_browser_is_told_on_a_page_and_a_program_in_a_document(served: Served) -> None:
    client = served.client()
    page = client.get("/no-such-page", headers=BROWSER)
    assert (page.status_code, "<h1>没有找到</h1>" in page.text) == (404, True)
    document = client.get("/no-such-page")
    assert (document.status_code, document.json()["detail"]) == (404, "没有这个地址")
    assert client.post("/healthz", headers={"Origin": served.address}).json()["detail"] == "这个地址不能这样请求"
    foreign = client.post("/sign-in", headers={**BROWSER, "Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, "<h1>不能办理</h1>" in foreign.text) == (403, True)
    large = client.post("/sign-in", content=b"x" * 1_100_000, headers={**BROWSER, "Sec-Fetch-Site": "same-origin"})
    assert (large.status_code, "<h1>内容过大</h1>" in large.text) == (413, True)


async def test_a_fault_nobody_foresaw_is_a_safe_line_and_the_server_goes_on(served: Served) -> None:
    service = WebService(Settings(home=served.home))
    app = make_app(service)

    @app.get("/fault")
    def fault() -> None:
        raise TypeError("实现有误")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=served.address) as client:
        for headers in ({}, BROWSER):
            told = await client.get("/fault", headers=headers)
            assert (told.status_code, "意外错误（TypeError）" in told.text, "实现有误" in told.text) == (
                500,
                True,
                False,
            )
            assert told.headers["content-security-policy"].startswith("default-src 'none'")
            assert told.headers["cache-control"] == "no-store"
        assert (await client.head("/fault")).status_code == 500
    assert '_count{route="/fault",status="5xx"} 3.0' in service.metrics.exposition().decode(), "one asked by HEAD"


def test_a_log_that_is_away_is_one_line_and_comes_back(served: Served) -> None:
    office = served.client("office")
    file = served.home / "events.db"
    away = file.rename(file.with_name("away.db"))
    try:
        answer = office.get("/api/v1/matters")
        assert (answer.status_code, answer.json()["status"]) == (503, 503), answer.text
        assert "\n" not in answer.json()["detail"]
        page = served.client().get("/", headers={**BROWSER, "Cookie": "__Host-xmh=x"})
        assert (page.status_code, "<h1>服务没有答复</h1>" in page.text) == (503, True)
        assert httpx.get(f"{served.address}/readyz").json()["checks"]["log"] is False
        assert httpx.get(f"{served.address}/healthz").is_success
    finally:
        away.rename(file)
    assert office.get("/api/v1/matters").status_code == 200


def test_connections_that_ask_nothing_shut_nobody_out(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    where = urlsplit(served.address)
    assert where.hostname
    assert where.port
    address = (where.hostname, where.port)
    with ExitStack() as idle:
        for _ in range(230):
            idle.enter_context(socket.create_connection(address))
        answer = httpx.get(f"{served.address}/healthz", timeout=10)
        assert (answer.status_code, answer.text) == (200, '{"ok":true}')
    monkeypatch.setattr("web.connections.ASKED_WITHIN", 0.3)
    head = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n"
    for begun in (b"", b"GET /hea", head, head + b"\r\nname=l"):
        with socket.create_connection(address, timeout=10) as slow:
            slow.sendall(begun)
            try:
                assert slow.recv(100) == b"", begun
            except ConnectionResetError:
                continue


def test_a_body_that_breaks_off_into_nonsense_is_one_line_in_the_log(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Anybody may send one: before the answer has begun, while it is made, and after it went out."""
    host, port = urlsplit(served.address).hostname or "", urlsplit(served.address).port
    begun = b"POST /wall HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    for pause in (0, 0.5):
        with socket.create_connection((host, port), timeout=10) as connection:
            connection.sendall(begun)
            time.sleep(pause)
            connection.sendall(b"ZZZ\r\n")
            answer = b""
            while part := connection.recv(4096):
                answer += part
            assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403")), answer
    assert served.client().get("/healthz").status_code == 200
    time.sleep(0.2)
    assert [r for r in caplog.records if r.exc_info] == []


async def test_one_request_too_many_is_told_so_in_a_line() -> None:
    begun, done = 0, asyncio.Event()

    async def slow(*_: Any) -> None:
        nonlocal begun
        begun += 1
        await done.wait()

    guard, sent = BoundedWork(slow), list[Any]()

    async def receive() -> Any:
        await done.wait()

    async def send(message: Any) -> None:
        sent.append(message)
        await asyncio.sleep(0)

    scope = {"type": "http", "path": "/api/v1/me", "method": "GET", "headers": []}
    working = [asyncio.create_task(guard(scope, receive, send)) for _ in range(MOST_AT_ONCE)]
    await asyncio.sleep(0)
    await guard(scope, receive, send)
    assert (begun, sent[0]["status"]) == (MOST_AT_ONCE, 503)
    assert "请求太多" in sent[1]["body"].decode()
    done.set()
    await asyncio.gather(*working)
    await guard(scope, receive, send)
    assert begun == MOST_AT_ONCE + 1
