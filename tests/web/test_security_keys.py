"""Security keys in a real browser with a virtual authenticator: registered, used to come in and at a fresh proof."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cbor2
import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import CDPSession, Page, expect
from webauthn.helpers import bytes_to_base64url

from domain import commands as c
from domain.access import account as rules
from domain.base import Refusal
from domain.door import Door
from domain.envelope import Actor
from domain.terms import Role
from eventlog import security_keys as kept_keys
from eventlog.stored_time import micros
from services import accounts
from services.embedded.supervise import free_port
from services.security_keys import KeyAnswer, KeyPlace, add_key, is_answer_of, new_challenge, place_of
from services.signing_in import Attempt, sign_in
from settings import Settings
from tests.support.browsing import Browsing, accessible
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, opening
from tests.web.conftest import Served, served_home
from tests.web.test_signing_in import PASSWORD, enrolled, record

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest.fixture(scope="module")
def named(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home whose pages have a name, which a key needs."""
    port = free_port()
    web = json.dumps({"address": f"http://localhost:{port}"})
    yield from served_home(founded_home, tmp_path_factory.mktemp("named"), lambda _: None, XMH_WEB=web)


@pytest_asyncio.fixture
async def people(chromium: "Browser", named: Served) -> AsyncIterator[Browsing]:
    """Browsers before it, by its name."""
    browsing = Browsing(chromium, named.log, named.address.replace("127.0.0.1", "localhost"))
    yield browsing
    await browsing.close()


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://duban.example.cn", KeyPlace("duban.example.cn", "https://duban.example.cn")),
        ("https://duban:8443", KeyPlace("duban", "https://duban:8443")),
        ("http://localhost:8460", KeyPlace("localhost", "http://localhost:8460")),
        ("http://duban.example.cn", None),
        ("https://10.1.2.3", None),
        ("http://127.0.0.1:8460", None),
        ("", None),
    ],
)
def test_a_key_wants_a_name_and_tls(address: str, place: KeyPlace | None) -> None:
    assert place_of(address) == place


async def authenticator(page: Page) -> tuple[CDPSession, str]:
    """A key in the browser's socket."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


async def type_in(page: Page, person: str, **fields: str) -> None:
    await page.goto("/sign-in?next=/account")
    for name, text in {"name": person, "password": PASSWORD, **fields}.items():
        await page.locator(f"#{name}").fill(text)


def age(served: Served, person: str) -> None:
    """Half an hour passes since his second factor."""
    past = micros(datetime.now(UTC) - timedelta(minutes=29))
    with served.log.writing() as transaction:
        transaction.commit(
            [("UPDATE sessions SET created_at = ?, proven_at = NULL WHERE person = ?", [(past, person)])]
        )


async def test_a_key_is_registered_and_lets_its_person_in(named: Served, people: Browsing) -> None:
    secret, page = enrolled(named, "li"), await people.visitor()
    session, _ = await authenticator(page)
    await type_in(page, "li", code=pyotp.TOTP(secret).now())
    await expect(page.get_by_role("button", name="用安全密钥登录")).to_have_count(0)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.locator("#name").fill("办公室电脑")
    await page.get_by_role("button", name="登记安全密钥").click()
    await expect(page.get_by_text("办公室电脑")).to_be_visible()
    await accessible(page, "account")
    await page.get_by_role("button", name="退出").click()

    await type_in(page, "li")
    await page.get_by_role("button", name="用安全密钥登录").click()
    await expect(page.get_by_role("heading", name="我的登录")).to_be_visible()
    age(named, "li")
    await page.goto("/prove?next=/account")
    await page.get_by_role("button", name="用安全密钥验证").click()
    await expect(page.get_by_role("heading", name="我的登录")).to_be_visible()
    assert record(named, "li")[-3:] == ["SignedOut", "SignedIn", "StepUp"]
    # His session ends while he types: the key lets him in over the page, too.
    now = datetime.now(UTC)
    act(named.log, "matter/one", opening("推进道路施工", now.date() + timedelta(days=60)), OFFICE, now)
    act(named.log, "matter/one", c.AcceptReceipt(), LIAISON, now)
    await page.goto("/feedback?all=1")
    await people.sign_out_everywhere(page)
    words = page.locator("textarea").first
    await words.fill("周报和月报要求重复")
    await words.blur()
    dialog = page.get_by_role("dialog")
    await dialog.locator("[name=name]").fill("li")
    await dialog.locator("[name=password]").fill(PASSWORD)
    await dialog.get_by_role("button", name="用安全密钥登录").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".saved").first).to_contain_text("已自动保存")
    await expect(words).to_have_value("周报和月报要求重复")
    await page.goto("/account")

    # The same key once more is known to be his, and what was signed is good for nobody else.
    await page.locator("#name").fill("第二次")
    await page.get_by_role("button", name="登记安全密钥").click()
    await expect(page.get_by_text("这把安全密钥已经登记")).to_be_visible()
    await page.get_by_role("button", name="注销安全密钥 办公室电脑").click()
    await expect(page.get_by_text("安全密钥（0）")).to_be_visible()
    assert kept_keys.keys_of(named.log, "li") == ()
    await session.send("WebAuthn.disable")


async def test_an_answer_counts_once_for_its_person_and_its_place(named: Served, people: Browsing) -> None:
    secret, page = enrolled(named, "zhao"), await people.visitor()
    await authenticator(page)
    await type_in(page, "zhao", code=pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.locator("#name").fill("手机")
    await page.get_by_role("button", name="登记安全密钥").click()
    await expect(page.get_by_text("安全密钥（1）")).to_be_visible()
    await page.get_by_role("button", name="退出").click()

    answer = await answered(page)
    door, place = Settings(home=named.home).door, place_of(people.address)
    now = datetime.now(UTC)
    key = KeyAnswer(answer, place, door)
    wrong = {
        "another's": ("head", key, now),
        "another house's door": ("zhao", KeyAnswer(answer, place, Door(b"x" * 64)), now),
        "another place": ("zhao", KeyAnswer(answer, KeyPlace("localhost", "https://localhost"), door), now),
        "no place": ("zhao", KeyAnswer(answer, None, door), now),
        "six minutes later": ("zhao", key, now + timedelta(minutes=6)),
        "nothing": ("zhao", KeyAnswer("[]", place, door), now),
        "changed": ("zhao", KeyAnswer(spoiled(answer), place, door), now),
    }
    for what, (person, given, at) in wrong.items():
        assert not is_answer_of(named.log, person, given, at), what
    with pytest.raises(Exception, match="账号、密码或动态口令不对"):
        sign_in(named.log, Attempt("zhao", "Wrong-word-7", "", "10.0.0.1", key), now)
    assert sign_in(named.log, Attempt("zhao", PASSWORD, "", "10.0.0.1", key), now)
    assert not is_answer_of(named.log, "zhao", key, now), "what was answered counts once"
    # Taken back in the log by a process that died before it dropped the key: what is recorded holds.
    second = KeyAnswer(await answered(page), place, door)
    (held,) = kept_keys.keys_of(named.log, "zhao")
    zhao = Actor(id="zhao", role=Role.LIAISON, unit="zhujian")
    accounts.record_account(named.log, "zhao", lambda a: rules.remove_key(a, "zhao", held.id), zhao, now)
    assert not is_answer_of(named.log, "zhao", second, datetime.now(UTC))
    # Enrolled anew, because something was lost: no key of before proves him.
    enrolled(named, "zhao", "Lizhi-gongyuan-8")
    account = accounts.account_of(named.log, "zhao")
    assert account is not None
    assert (account.keys, kept_keys.keys_of(named.log, "zhao")) == ((), ())
    assert record_of(named, "zhao").count("SecurityKeyRemoved") == 1


async def answered(page: Page) -> str:
    """What the browser would send with the sign-in, kept back."""
    await page.goto("/sign-in")
    asked: Any = await page.locator("button[data-key]").get_attribute("data-key")
    made = "navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(asked))})"
    return str(await page.evaluate(f"async (asked) => JSON.stringify(await {made})", asked))


def spoiled(answer: str) -> str:
    """With another signature."""
    given = json.loads(answer)
    signature = given["response"]["signature"]
    given["response"]["signature"] = signature[:-8] + ("A" * 8 if signature[-8:] != "A" * 8 else "B" * 8)
    return json.dumps(given)


def record_of(served: Served, person: str) -> list[str]:
    """What happened to an account."""
    from eventlog import reading

    return [e.type for e in reading.read_stream(served.log, f"account/{person}")]


def test_what_no_page_of_ours_asked_is_nothing(named: Served) -> None:
    door, now = Settings(home=named.home).door, datetime.now(UTC)
    accounts.open_account(named.log, "head", OFFICE, now)
    for text in (
        "",
        "{",
        "[]",
        "{}",
        '{"response":{}}',
        '{"response":{"clientDataJSON":"e30"}}',
        "[" * 9000,
        "9" * 30000,
    ):
        assert not is_answer_of(named.log, "head", KeyAnswer(text, place_of("https://x.cn"), door), now), text[:20]
    assert new_challenge(door, now) != new_challenge(door, now)


def test_a_key_without_a_key_in_it_is_refused(named: Served) -> None:
    """What a program sends in place of a browser: all as it should be but the public half, which is an empty list."""
    door, now, place = Settings(home=named.home).door, datetime.now(UTC), KeyPlace("localhost", "http://localhost")
    client = {"type": "webauthn.create", "challenge": bytes_to_base64url(new_challenge(door, now).encode())}
    held = sha256(b"localhost").digest() + b"\x45" + bytes(20) + b"\x00\x10" + b"k" * 16 + cbor2.dumps([])
    made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": held})
    response = {
        "clientDataJSON": bytes_to_base64url(json.dumps({**client, "origin": place.origin}).encode()),
        "attestationObject": bytes_to_base64url(made),
    }
    own = bytes_to_base64url(b"k" * 16)
    answer = json.dumps({"id": own, "rawId": own, "type": "public-key", "response": response})
    with pytest.raises(Refusal, match="没有登记成"):
        add_key(named.log, place, door, OFFICE, "空的", answer, now)
