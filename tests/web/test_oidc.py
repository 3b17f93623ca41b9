"""Coming in by the office's identity provider, a real one: who is bound comes in, and nothing else opens."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import pytest_asyncio
from joserfc.jwk import OctKey, RSAKey

from domain.access import events as ev
from domain.access.account import BoundSubject
from domain.base import Refusal
from domain.envelope import SYSTEM, Actor
from domain.office import Person, PersonRecorded
from domain.terms import Role
from eventlog import access, reading
from eventlog.verify import verify
from services import accounts, oidc, subjects
from services.identity import Going, Purpose
from services.office_records import record_office_events
from services.oidc import is_safe
from services.signing_in import record_failures
from settings import OidcPlaces, Settings
from tests.support.clock import open_log
from tests.support.office import OFFICE, sqlite
from tests.support.oidc import CLIENT, SECRET, Provider, identity_provider
from tests.support.streams import DIRECTORY_STREAM
from tests.web.test_sight_of_pages import cookie
from web.app import make_app
from web.service import WebService

GUARD = Actor(id="guard", role=Role.SECURITY_ADMIN, unit="office")
OWN = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with identity_provider() as one:
        yield one


@pytest.fixture
def service(founded_home: Path, tmp_path: Path, provider: Provider) -> Iterator[WebService]:
    home = tmp_path / "home"
    home.mkdir()
    for file in founded_home.iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    guard = PersonRecorded(person=Person(id="guard", name="郑十", unit="office", role=Role.SECURITY_ADMIN))
    now = datetime.now(UTC)
    with open_log(sqlite(home)) as log:
        record_office_events(log, DIRECTORY_STREAM, [guard], actor=SYSTEM, command_id="test:guard", now=now)
        accounts.open_account(log, "li", OFFICE, now)
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    settings = Settings(home=home)
    told = OidcPlaces(issuer=provider.issuer, client_id=CLIENT, client_secret_file=secret, acr=("2fa",))
    settings.web = settings.web.model_copy(update={"oidc": told})
    service = WebService(settings)
    yield service
    assert verify(service.database).problems == ()
    service.close()


@pytest_asyncio.fixture
async def client(service: WebService) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=make_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8460", headers=OWN) as client:
        yield client


def bound(service: WebService, subject: str = "u-1001", person: str = "li") -> None:
    issuer = service.settings.web.oidc.issuer if service.settings.web.oidc else ""
    subjects.bind_subject(
        service.database, person, BoundSubject(issuer=issuer, subject=subject), GUARD, datetime.now(UTC)
    )


def kept(answer: httpx.Response, name: str = "__Host-xmh-oidc") -> dict[str, str]:
    """A cookie as a header: over http no client but a browser on the loopback would send it."""
    for said in answer.headers.get_list("set-cookie"):
        if said.startswith(f"{name}="):
            for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
                assert part in said
            return {"Cookie": said.partition(";")[0]}
    raise AssertionError(answer.headers)


def together(*cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(one["Cookie"] for one in cookies)}


async def there_and_back(
    client: httpx.AsyncClient, provider: Provider, begin: str = "/oidc/begin?next=/matters", **headers: str
) -> httpx.Response:
    """A browser that is sent to the provider, signs in there and comes back."""
    gone = await client.get(begin, headers=headers)
    assert gone.status_code == 303, gone.text
    going = kept(gone)
    own = {"Cookie": headers["Cookie"]} if "Cookie" in headers else None
    return await client.get(
        provider.authorize(gone.headers["location"]), headers=together(going, own) if own else going
    )


def noted(service: WebService) -> list[tuple[str, str]]:
    """What the access record says, with failures of this minute."""
    record_failures(service.database, set(), datetime.now(UTC) + timedelta(minutes=1))
    begun = datetime(2000, 1, 1, tzinfo=UTC)
    return [(e.type, e.payload) for e in reading.access_record(service.database, begun, datetime.now(UTC))]


def failed(service: WebService) -> int:
    """How many sign-ins that failed are on record."""
    return sum(
        ev.SignInFailed.model_validate_json(said).count for kind, said in noted(service) if kind == "SignInFailed"
    )


async def test_who_is_bound_comes_in_and_it_is_on_record(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    bound(service)
    assert "/oidc/begin?next=/table" in (await client.get("/sign-in?next=/table")).text
    came = await there_and_back(client, provider)
    assert (came.status_code, came.headers["location"]) == (303, "/matters"), came.text
    session = kept(came, "__Host-xmh")
    home = await client.get("/", headers=session)
    assert (home.status_code, "李三" in home.text) == (200, True)
    said = [payload for kind, payload in noted(service) if kind == "SignedIn"]
    assert len(said) == 1
    assert provider.issuer in said[0]
    # Proven to the provider just now, which counts here.
    assert service.database is not None
    living = access.living_session(service.database, session["Cookie"].partition("=")[2], datetime.now(UTC))
    assert living is not None
    assert living.proven_at > datetime.now(UTC) - timedelta(minutes=1)


async def test_nobody_is_created_by_coming_in(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    came = await there_and_back(client, provider)
    assert (came.status_code, "u-1001" in came.text, "绑定" in came.text) == (403, True, True)
    assert "set-cookie" in came.headers
    assert "__Host-xmh=" not in "".join(came.headers.get_list("set-cookie"))
    assert [kind for kind, _ in noted(service)].count("SignInFailed") == 1
    assert reading.person(service.database, "u-1001") is None


STRANGER, SHARED = RSAKey.generate_key(2048, {"kid": "one"}), OctKey.import_key(SECRET * 2)
WRONG: dict[str, tuple[Callable[[Provider], dict[str, Any]], str]] = {
    "another issuer": (lambda _: {"claims": {"iss": "https://elsewhere"}}, "签发者不对"),
    "for another": (lambda _: {"claims": {"aud": "another"}}, "不是发给本系统的"),
    "for several, not asked by us": (lambda _: {"claims": {"aud": [CLIENT, "b"], "azp": "b"}}, "不是发给本系统的"),
    "past": (lambda _: {"claims": {"exp": int(time.time()) - 3600}}, "已过期"),
    "without an end": (lambda _: {"claims": {"exp": None}}, "已过期"),
    "of tomorrow": (lambda _: {"claims": {"iat": int(time.time()) + 86400}}, "签发时刻不对"),
    "another question's": (lambda _: {"claims": {"nonce": "another"}}, "不是答复这次登录的"),
    "without a nonce": (lambda _: {"claims": {"nonce": None}}, "不是答复这次登录的"),
    "of nobody": (lambda _: {"claims": {"sub": ""}}, "没有写明是谁"),
    "of no name": (lambda _: {"claims": {"sub": "a\nb"}}, "没有写明是谁"),
    "signed by another": (lambda _: {"sign_with": STRANGER}, "签名不对"),
    "signed by a shared secret": (lambda _: {"sign_with": SHARED, "header": {"alg": "HS256"}}, "签名不对"),
    "not signed": (lambda _: {"header": {"alg": "none"}}, "签名不对"),
}


async def test_a_token_that_does_not_hold_opens_nothing(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    bound(service)
    for name, (wrong, why) in WRONG.items():
        honest = {field: getattr(provider, field) for field in ("claims", "header", "sign_with")}
        for field, value in wrong(provider).items():
            setattr(provider, field, value)
        came = await there_and_back(client, provider)
        assert (came.status_code, why in came.text) == (401, True), (name, came.text)
        assert "__Host-xmh=" not in "".join(came.headers.get_list("set-cookie"))
        for field, value in honest.items():
            setattr(provider, field, value)
    assert failed(service) == len(WRONG)
    assert (await there_and_back(client, provider)).status_code == 303, "nothing but what was wrong kept him out"


async def test_an_answer_is_the_one_to_this_browsers_question(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    bound(service)
    gone = await client.get("/oidc/begin")
    going, answer = kept(gone), provider.authorize(gone.headers["location"])
    other = kept(await client.get("/oidc/begin"))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer).query).items()}
    refused = {
        "no question": await client.get(answer),
        "another browser's": await client.get(answer, headers=other),
        "another state": await client.get(f"/oidc/callback?{urlencode({**asked, 'state': 'x'})}", headers=going),
        "no cookie of ours": await client.get(answer, headers={"Cookie": "__Host-xmh-oidc=e30="}),
        "another provider": await client.get(
            f"/oidc/callback?{urlencode({**asked, 'iss': 'https://elsewhere'})}", headers=going
        ),
        "not let through": await client.get(
            f"/oidc/callback?{urlencode({'error': 'access_denied', 'state': asked['state']})}", headers=going
        ),
        "no code": await client.get(f"/oidc/callback?{urlencode({'state': asked['state']})}", headers=going),
    }
    assert {what: one.status_code for what, one in refused.items()} == dict.fromkeys(refused, 401)
    # The honest answer still counts, and once.
    assert (await client.get(answer, headers=going)).status_code == 303
    again = await client.get(answer, headers=going)
    assert (again.status_code, "没有接受本系统的请求" in again.text) == (401, True)
    # A code that was caught on its way is worth nothing without the verifier that this browser has.
    gone = await client.get("/oidc/begin")
    code = parse_qs(urlsplit(provider.authorize(gone.headers["location"])).query)["code"][0]
    thief = await client.get("/oidc/begin")
    state = parse_qs(urlsplit(thief.headers["location"]).query)["state"][0]
    caught = await client.get(f"/oidc/callback?{urlencode({'code': code, 'state': state})}", headers=kept(thief))
    assert caught.status_code == 401
    nobody_tried = ("no question", "another browser's", "another state", "no cookie of ours")
    assert failed(service) == len(refused) - len(nobody_tried) + 2


async def test_too_many_wait_and_the_record_is_not_flooded(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    bound(service)
    for _ in range(60):  # pictures on a stranger's page: nobody signs in by them, and nobody is kept out
        assert (await client.get("/oidc/callback?state=x&code=y")).status_code == 401
    assert (await there_and_back(client, provider)).status_code == 303
    gone = await client.get("/oidc/begin")
    state = parse_qs(urlsplit(gone.headers["location"]).query)["state"][0]
    for _ in range(50):
        assert (await client.get(f"/oidc/callback?state={state}", headers=kept(gone))).status_code == 401
    assert (await client.get(f"/oidc/callback?state={state}", headers=kept(gone))).status_code == 429
    assert [kind for kind, _ in noted(service)].count("SignInFailed") <= 2


async def test_a_provider_that_changes_its_key_is_understood(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    bound(service)
    assert (await there_and_back(client, provider)).status_code == 303
    provider.rotate()
    of_others = {"kty": "EC", "crv": "SM2", "kid": "sm2", "x": "AA", "y": "AA"}
    provider.more_keys = [of_others, {"kty": "RSA", "kid": "half"}]  # read by others, or by nobody
    assert (await there_and_back(client, provider)).status_code == 303


async def test_a_provider_that_is_away_is_one_line_and_no_failure_of_anybody(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    bound(service)
    provider.token_status = 500
    came = await there_and_back(client, provider)
    assert (came.status_code, "用密码登录" in came.text) == (503, True)
    assert all(kind != "SignInFailed" for kind, _ in noted(service))


@pytest.mark.parametrize(("pause", "status"), [(0.0, 401), (0.02, 503)])
async def test_a_provider_that_goes_on_without_an_end_is_not_listened_to_for_ever(
    client: httpx.AsyncClient, provider: Provider, pause: float, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its pieces nor the time until the next one says that it is too much: the sum of each does."""
    if pause:
        monkeypatch.setattr(oidc, "ASKED_WITHIN", 0.3)
        monkeypatch.setattr(oidc, "MOST_ANSWER", 1 << 40)
    provider.goes_on = pause
    answer = await asyncio.wait_for(client.get("/oidc/begin"), 5)
    assert answer.status_code == status, answer.text


async def test_what_a_provider_says_of_itself_is_held_to_the_settings(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    for about, why in (({"issuer": "https://other"}, "issuer 不同"), ({"token_endpoint": "http://other/t"}, "https")):
        provider.about = about
        answer = await client.get("/oidc/begin")
        assert (answer.status_code, why in answer.text) == (401, True), answer.text
    provider.about = {}
    assert (await client.get("/oidc/begin")).status_code == 303
    assert [
        is_safe(a) for a in ("https://a/b", "http://127.0.0.1:1/b", "http://a/b", "https:///b", "https://[::1", "x")
    ] == [
        *(True, True),
        *(False, False, False, False),
    ]


async def test_the_account_must_be_one_that_opens(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    bound(service)
    accounts.lock_account(service.database, "li", "手机遗失", OFFICE, datetime.now(UTC))
    assert (await there_and_back(client, provider)).status_code == 401
    accounts.unlock_account(service.database, "li", OFFICE, datetime.now(UTC))
    came = await there_and_back(client, provider)
    assert came.status_code == 303
    subjects.unbind_subject(service.database, "li", GUARD, datetime.now(UTC))
    assert (await client.get("/", headers=kept(came, "__Host-xmh"))).status_code == 303, "his sessions ended"
    assert (await there_and_back(client, provider)).status_code == 403
    bound(service)
    assert (await there_and_back(client, provider)).status_code == 303
    accounts.close_account(service.database, "li", "退休", OFFICE, datetime.now(UTC))
    assert (await there_and_back(client, provider)).status_code == 403
    types = [e.type for e in reading.read_stream(service.database, "account/li")]
    assert types[1:] == [
        *("SubjectBound", "AccountLocked", "AccountUnlocked", "SubjectUnbound", "SubjectBound", "AccountClosed"),
    ]


async def test_a_row_that_says_otherwise_than_the_log_opens_nothing(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    bound(service)
    accounts.open_account(service.database, "zhao", OFFICE, datetime.now(UTC))
    access.drop_subject(service.database, "li")
    assert access.keep_subject(service.database, "zhao", provider.issuer, "u-1001")
    assert (await there_and_back(client, provider)).status_code == 401
    assert all(kind != "SignedIn" for kind, _ in noted(service))


def test_who_binds_and_whom(service: WebService) -> None:
    now, log = datetime.now(UTC), service.database
    one, li = BoundSubject(issuer="https://a", subject="1"), Actor(id="li", role=Role.LIAISON, unit="gengxin")
    for actor in (OFFICE, Actor(id="zhao", role=Role.LIAISON, unit="zhujian")):
        with pytest.raises(Refusal, match="由本人或安全管理员办理"):
            subjects.bind_subject(log, "li", one, actor, now)
    assert access.person_of_subject(log, "https://a", "1") is None, "what was refused left nothing"
    with pytest.raises(Refusal, match="xmh access open"):
        subjects.bind_subject(log, "zhao", one, GUARD, now)
    subjects.bind_subject(log, "li", one, li, now)
    with pytest.raises(Refusal, match="已经绑定统一身份"):
        subjects.bind_subject(log, "li", BoundSubject(issuer="https://a", subject="2"), li, now)
    assert access.person_of_subject(log, "https://a", "1") == "li"
    accounts.open_account(log, "zhao", OFFICE, now)
    with pytest.raises(Refusal, match="已经绑定了别人"):
        subjects.bind_subject(log, "zhao", one, GUARD, now)
    with pytest.raises(Refusal, match="由安全管理员办理"):
        subjects.unbind_subject(log, "li", li, now)
    for text in ("", "a\nb", "x" * 256):
        with pytest.raises(Refusal) as malformed:
            subjects.bind_subject(log, "zhao", BoundSubject(issuer="https://a", subject=text), GUARD, now)
        assert malformed.value.code == "malformed"


def test_two_who_bind_the_same_at_once_leave_him_bound(service: WebService) -> None:
    now, log, one = datetime.now(UTC), service.database, BoundSubject(issuer="https://a", subject="1")
    take, first = access.keep_subject, iter((True,))

    def and_meanwhile(*row: Any) -> bool:
        if next(first, False):
            subjects.bind_subject(log, "li", one, GUARD, now)
        return take(*row)

    with mock.patch.object(access, "keep_subject", and_meanwhile), pytest.raises(Refusal, match="已经绑定统一身份"):
        subjects.bind_subject(log, "li", one, GUARD, now)
    assert access.person_of_subject(log, "https://a", "1") == "li"


async def test_somebody_binds_himself_by_a_form_of_ours_only(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    session = cookie(service, "li")
    assert "绑定我的统一身份" in (await client.get("/oidc/bind", headers=session)).text
    led = await client.post("/oidc/bind", headers={**session, "Sec-Fetch-Site": "cross-site"})
    assert led.status_code == 403
    began = await client.post("/oidc/bind", headers=session)
    address = next(part for part in began.text.split('"') if part.startswith(provider.issuer)).replace("&amp;", "&")
    done = await client.get(provider.authorize(address), headers=together(kept(began), session))
    assert (done.status_code, "已绑定" in done.text) == (200, True), done.text
    assert (await there_and_back(client, provider)).status_code == 303


async def test_a_cookie_somebody_wrote_himself_binds_nobody_in_a_session_left_open(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    session, later = cookie(service, "li"), datetime.now(UTC) + timedelta(minutes=25)
    provider.claims = {"exp": int(later.timestamp()) + 300}
    with mock.patch.object(WebService, "now", later):
        gone = await client.get("/oidc/begin")
        going = Going.found(kept(gone)["Cookie"].partition("=")[2])
        assert going is not None
        written = {"Cookie": f"__Host-xmh-oidc={going.model_copy(update={'purpose': Purpose.BIND}).kept()}"}
        answer = provider.authorize(gone.headers["location"])
        came = await client.get(answer, headers=together(written, session))
    assert (came.status_code, "15 分钟内" in came.text) == (401, True), came.text
    assert access.person_of_subject(service.database, provider.issuer, "u-1001") is None


async def test_proving_oneself_anew_is_by_the_same_person_and_just_now(
    service: WebService, client: httpx.AsyncClient, provider: Provider
) -> None:
    bound(service)
    provider.claims = {"acr": "password"}  # a way to come in, none that counts for what wants a second factor
    session = kept(await there_and_back(client, provider), "__Host-xmh")

    def proven_at(one: dict[str, str]) -> datetime:
        living = access.living_session(service.database, one["Cookie"].partition("=")[2], datetime.now(UTC))
        assert living is not None
        return living.proven_at

    assert proven_at(session) < datetime.now(UTC) - timedelta(hours=1)
    way = {**session, "Referer": "http://127.0.0.1:8460/matters?stage=all"}
    for claims, whom, why in (
        ({}, "u-2002", "不是您本人"),
        ({"acr": "password"}, "u-1001", "没有让您重新验证"),
        ({"auth_time": int(time.time()) - 3600}, "u-1001", "没有让您重新验证"),
        ({"auth_time": None}, "u-1001", "没有让您重新验证"),
        ({"auth_time": 10**18}, "u-1001", "没有让您重新验证"),
    ):
        provider.claims, provider.as_whom = dict(claims), whom
        refused = await there_and_back(client, provider, "/oidc/again", **way)
        assert (refused.status_code, why in refused.text) == (401, True), refused.text
    assert proven_at(session) < datetime.now(UTC) - timedelta(hours=1)
    provider.claims, provider.as_whom = {}, "u-1001"
    again = await there_and_back(client, provider, "/oidc/again", **way)
    assert (again.status_code, again.headers["location"]) == (303, "/matters?stage=all")
    assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")
    fresh = kept(again, "__Host-xmh")
    assert proven_at(fresh) > datetime.now(UTC) - timedelta(minutes=1)
    assert (await client.get("/", headers=session)).status_code == 303, "the cookie of before opens nothing"
    assert [kind for kind, _ in noted(service)].count("StepUp") == 1


async def test_without_a_provider_there_is_none(service: WebService, client: httpx.AsyncClient) -> None:
    with mock.patch.object(service, "identity", None):
        assert "/oidc/" not in (await client.get("/sign-in")).text
        for way in ("begin", "callback"):
            answer = await client.get(f"/oidc/{way}")
            assert (answer.status_code, "没有启用" in answer.text) == (404 if way == "begin" else 401, True)
