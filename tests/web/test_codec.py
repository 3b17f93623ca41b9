"""`/codec/decode`: Temporal's page is opened what it shows, for who may read all, from the origin named, on record."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict
from playwright.async_api import expect
from temporalio.api.common.v1 import Payload, Payloads

from domain.access.events import PayloadsRead
from domain.envelope import SYSTEM
from domain.office import Person, PersonRecorded
from domain.terms import Role
from eventlog import reading
from services.embedded.supervise import free_port
from services.gateway import Gateway
from services.office_records import record_office_events
from services.payload_codec import SealedPayloads
from services.payload_keys import payload_keys
from services.running import running_worker
from services.temporal_client import connect
from settings import Settings, WebPlaces
from tests.support.browsing import Browsing
from tests.support.clock import open_log
from tests.support.office import office_today, opening, order, sqlite
from tests.support.streams import DIRECTORY_STREAM
from tests.support.temporal import DevServer
from tests.web.conftest import served_home
from tests.web.test_sight_of_pages import cookie
from web.app import make_app
from web.service import WebService

if TYPE_CHECKING:
    from playwright.async_api import Browser

UI = "http://127.0.0.1:8080"
FROM_UI = {"Origin": UI, "Sec-Fetch-Site": "same-site", "X-Namespace": "default"}
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data='"莲花北小学扩建"'.encode())
UNKNOWN = Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"lost"}, data=b"0" * 40)
ADMINS = {"root": Role.SYSTEM_ADMIN, "guard": Role.SECURITY_ADMIN, "audit": Role.AUDITOR}


@pytest.fixture(scope="module")
def service(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebService]:
    home = tmp_path_factory.mktemp("codec") / "home"
    home.mkdir()
    for file in founded_home.iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    people = [PersonRecorded(person=Person(id=i, name=i, unit="office", role=role)) for i, role in ADMINS.items()]
    with open_log(sqlite(home)) as log:
        now = datetime.now(UTC)
        record_office_events(log, DIRECTORY_STREAM, people, actor=SYSTEM, command_id="test:admins", now=now)
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home), "XMH_WEB": f'{{"temporal_ui": "{UI}"}}'}):
        service = WebService(Settings())
    yield service
    service.close()


@pytest_asyncio.fixture
async def client(service: WebService) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=make_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8460") as client:
        yield client


@pytest_asyncio.fixture
async def sealed(service: WebService) -> dict[str, Any]:
    codec = SealedPayloads(payload_keys(service.settings))
    (payload,) = await codec.encode([PLAIN])
    assert payload.data != PLAIN.data
    return MessageToDict(Payloads(payloads=[payload, UNKNOWN, PLAIN]))


def recorded(service: WebService) -> list[str]:
    record = reading.access_record(service.database, datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    return [PayloadsRead.model_validate_json(e.payload).person for e in record if e.type == "PayloadsRead"]


async def test_it_is_opened_for_who_may_read_all_and_for_nobody_else(
    service: WebService, client: httpx.AsyncClient, sealed: dict[str, Any]
) -> None:
    opened = MessageToDict(Payloads(payloads=[PLAIN, UNKNOWN, PLAIN]))
    for person in ("office", "audit"):
        answer = await client.post("/codec/decode", json=sealed, headers=FROM_UI | cookie(service, person))
        assert (answer.status_code, answer.json()) == (200, opened)
        assert answer.headers["access-control-allow-origin"] == UI
        assert answer.headers["access-control-allow-credentials"] == "true"
    assert sorted(set(recorded(service))) == ["audit", "office"]
    for person in ("li", "leader", "root", "guard"):
        answer = await client.post("/codec/decode", json=sealed, headers=FROM_UI | cookie(service, person))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert "payloads" not in answer.json()
    answer = await client.post("/codec/decode", json=sealed, headers=FROM_UI)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, UI)
    assert sorted(set(recorded(service))) == ["audit", "office"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:8081", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:8460", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
        {},
    ],
)
async def test_from_anywhere_else_nothing_is_opened_and_nobody_may_read_the_answer(
    service: WebService, client: httpx.AsyncClient, sealed: dict[str, Any], headers: dict[str, str]
) -> None:
    answer = await client.post("/codec/decode", json=sealed, headers=headers | cookie(service, "office"))
    before = await client.request("OPTIONS", "/codec/decode", headers=headers)
    for refused in (answer, before):
        assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (403, False)


async def test_a_browser_is_told_before_it_sends(client: httpx.AsyncClient) -> None:
    asked = {**FROM_UI, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-namespace"}
    told = await client.request("OPTIONS", "/codec/decode", headers=asked)
    assert (told.status_code, told.headers["access-control-allow-origin"]) == (204, UI)
    assert "x-namespace" in told.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in (await client.get("/sign-in", headers=FROM_UI)).headers
    assert (await client.post("/sign-out", headers=FROM_UI)).status_code == 403


async def test_without_a_page_named_there_is_none(service: WebService, client: httpx.AsyncClient) -> None:
    unset = service.settings.web.model_copy(update={"temporal_ui": None})
    with mock.patch.object(service.settings, "web", unset):
        for origin in (UI, "None"):
            answer = await client.post("/codec/decode", json={}, headers={**FROM_UI, "Origin": origin})
            assert answer.status_code == 403


def test_the_page_is_known_however_the_office_writes_its_origin() -> None:
    for written, said in (
        ("https://Temporal.gov.cn:443", "https://temporal.gov.cn"),
        ("http://10.0.0.1:80", "http://10.0.0.1"),
        ("https://t:8443", "https://t:8443"),
    ):
        assert WebPlaces(temporal_ui=written).temporal_ui == said


@pytest.mark.parametrize("body", [b"", b"{", b'{"payloads": 1}', b'{"payloads": [{"data": 5}]}'])
async def test_what_is_no_list_of_payloads_is_one_line(
    service: WebService, client: httpx.AsyncClient, body: bytes
) -> None:
    answer = await client.post("/codec/decode", content=body, headers=FROM_UI | cookie(service, "office"))
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    many = {"payloads": list[Any]([{}] * 1001)}
    answer = await client.post("/codec/decode", json=many, headers=FROM_UI | cookie(service, "office"))
    assert answer.status_code == 422


@pytest.mark.chaos  # the real page, with a server and a browser of its own
async def test_temporals_own_page_shows_what_is_sealed_to_who_is_signed_in(
    chromium: "Browser", founded_home: Path, tmp_path: Path
) -> None:
    port = free_port()
    page_of_temporal = f"http://127.0.0.1:{port}"
    extra = ("--headless=false", "--ui-ip", "127.0.0.1", "--ui-port", str(port), "--ui-disable-news-fetch")
    server = DevServer(tmp_path, extra=extra)
    server.start()
    told = {"XMH_TEMPORAL_ADDRESS": server.address, "XMH_WEB": f'{{"temporal_ui": "{page_of_temporal}"}}'}
    serving = served_home(founded_home, tmp_path, lambda _: None, **told)
    served = next(serving)
    try:
        stream, now = f"matter/{uuid4().hex[:12]}", datetime.now(UTC)
        settings = Settings(home=served.home, temporal_address=server.address)
        client = await connect(settings)
        async with running_worker(client, served.log, task_queue=settings.task_queue, door=settings.door):
            gateway = Gateway(client, served.log, settings.task_queue, settings.door)
            await gateway.submit(order(stream, opening(due=office_today() + timedelta(days=60)), now=now))
        run = (await client.get_workflow_handle(stream).describe()).run_id
        address = f"{page_of_temporal}/namespaces/default/workflows/{quote(stream, safe='')}/{run}/history"
        people = Browsing(chromium, served.log, served.address)
        endpoint = f"{served.address}/codec"
        asked = {"endpoint": f'"{endpoint}"', "includeCredentials": "true", "overrideRemoteCodecConfiguration": "true"}
        for person, shown in (("li", False), ("office", True)):
            page = await people.person(person)
            for name, value in asked.items():
                await page.add_init_script(f"localStorage.setItem({name!r}, {value!r})")
            async with page.expect_response(lambda response: response.url.startswith(endpoint)):
                await page.goto(address)
            if shown:
                await expect(page.get_by_text('"start_version"').first).to_be_visible()
            else:
                await expect(page.get_by_text("Timer Started").first).to_be_visible()
                assert '"start_version"' not in await page.inner_text("body")
            await page.context.close()
    finally:
        assert next(serving, None) is None
        server.stop()
