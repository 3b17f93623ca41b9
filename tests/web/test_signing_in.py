"""Coming in: a link that opens once, password and one-time code, sessions that end, and what another site cannot do."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyotp
import pytest

from domain.base import Refusal
from domain.calendar import SHANGHAI
from domain.office import Person, PersonRecorded
from eventlog import access, reading
from services import accounts, signing_in
from services.office_records import record_office_events
from tests.support.office import OFFICE
from tests.support.streams import DIRECTORY_STREAM
from tests.web.conftest import Served

PASSWORD = "Xiang-mi-hu-7"
HERE = {"Sec-Fetch-Site": "same-origin"}


def link_of(served: Served, person: str) -> str:
    return f"/first/{accounts.open_account(served.log, person, OFFICE, datetime.now(UTC)).secret}"


def secret_in(page: httpx.Response) -> str:
    found = re.search(r'name="totp" value="([A-Z2-7]{32})"', page.text)
    assert found, page.text
    return found[1]


def enrolled(served: Served, person: str, password: str = PASSWORD) -> str:
    """The person has set a password and a second factor; the shared secret."""
    client, link = served.client(), link_of(served, person)
    secret = secret_in(client.get(link))
    # Enrolled by the code of the step before, so that a test may use the present one.
    code = pyotp.TOTP(secret).at(datetime.now(UTC) - timedelta(seconds=30))
    given = {"password": password, "again": password, "totp": secret, "code": code}
    done = client.post(link, data=given, headers=HERE)
    assert (done.status_code, done.headers.get("location")) == (303, "/"), done.text
    return secret


def cookie_of(response: httpx.Response) -> dict[str, str]:
    """The session's cookie as a header: over http no client but a browser on the loopback would send it."""
    said = response.headers["set-cookie"]
    for part in ("__Host-xmh=", "HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in said
    assert "Domain" not in said
    return {"Cookie": said.partition(";")[0]}


def enter(served: Served, person: str, secret: str, **other: Any) -> httpx.Response:
    given = {"name": person, "password": PASSWORD, "code": pyotp.TOTP(secret).now(), "next": "/matters", **other}
    return served.client().post("/sign-in", data=given, headers=HERE)


def record(served: Served, person: str) -> list[str]:
    events = reading.access_record(served.log, datetime.now(UTC) - timedelta(days=1), datetime.now(UTC))
    return [e.type for e in events if f'"person":"{person}"' in e.payload]


def test_a_link_opens_once_and_somebody_comes_in_and_leaves(served: Served) -> None:
    link, client = link_of(served, "li"), served.client()
    page = client.get(link)
    assert (page.status_code, "李三（li）" in page.text) == (200, True)
    secret = secret_in(page)
    code = pyotp.TOTP(secret).at(datetime.now(UTC) - timedelta(seconds=30))
    for given, said in (
        ({"password": "Aa1-Aa1", "again": "Aa1-Aa1"}, "8 至 128 位"),
        ({"password": "aaaaaaaaaaaa", "again": "aaaaaaaaaaaa"}, "三类"),
        ({"password": PASSWORD, "again": f"{PASSWORD}x"}, "两次填写的密码不一样"),
        ({"password": "Li-is-not-7-it", "again": "Li-is-not-7-it"}, "不能包含人员编号"),
        ({"password": PASSWORD, "again": PASSWORD, "code": "000000"}, "动态口令不对"),
    ):
        refused = client.post(link, data={"totp": secret, "code": code, **given}, headers=HERE)
        assert (refused.status_code, said in refused.text) == (422, True), given
        assert secret_in(refused) == secret, "the code on the phone stays good"
    done = client.post(link, data={"password": PASSWORD, "again": PASSWORD, "totp": secret, "code": code}, headers=HERE)
    assert done.status_code == 303
    assert client.get(link).status_code == 404
    assert record(served, "li")[:4] == ["AccountOpened", "PasswordSet", "FactorAdded", "SignedIn"]

    came = enter(served, "李三", secret)
    assert (came.status_code, came.headers["location"]) == (303, "/matters"), came.text
    cookie = cookie_of(came)
    home = client.get("/", headers=cookie)
    assert (home.status_code, "待办" in home.text, "上次登录" in home.text) == (200, True, True)
    assert client.get("/", headers={"Cookie": "__Host-xmh=nothing"}).headers["location"] == "/sign-in?next=/"
    left = client.post("/sign-out", headers={**cookie, **HERE})
    assert left.headers["location"] == "/sign-in"
    assert client.get("/", headers=cookie).status_code == 303
    assert record(served, "li")[-2:] == ["SignedIn", "SignedOut"]
    everything = "".join(e.payload for e in reading.read_all(served.log, 0, 5000))
    assert all(word not in everything for word in (PASSWORD, secret, cookie["Cookie"].partition("=")[2]))


def test_five_failures_lock_and_none_says_why(served: Served) -> None:
    secret = enrolled(served, "zhao")
    once = pyotp.TOTP(secret).now()
    assert enter(served, "zhao", secret, code=once).status_code == 303
    assert enter(served, "zhao", secret, code=once).status_code == 401, "a code counts once"
    said = {
        enter(served, name, secret, **wrong).text.replace(name, "")
        for name, wrong in (
            ("zhao", {"password": "Wrong-word-7"}),
            ("zhao", {"code": "123456"}),
            ("nobody-of-that-id", {}),
            ("audit", {}),
        )
    }
    assert len(said) == 1, "who fails learns nothing of why"
    for _ in range(2):
        enter(served, "zhao", secret, password="Wrong-word-7")
    waiting = enter(served, "zhao", secret, code=pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30)))
    assert (waiting.status_code, "请10分钟后再试" in waiting.text) == (429, True)
    # The minute is over: one event with a count, however often somebody looks.
    later = datetime.now(UTC) + timedelta(minutes=1)
    for known in (set[str](), set[str]()):
        signing_in.record_failures(served.log, known, later)
    month = reading.read_stream(served.log, f"access/{datetime.now(SHANGHAI):%Y-%m}")
    failed = [e.payload for e in month if e.type == "SignInFailed"]
    assert len(failed) <= 4
    assert sum(int(re.findall(r'"count":(\d+)', p)[0]) for p in failed if '"person":"zhao"' in p) >= 6
    assert not any("nobody-of-that-id" in p for p in failed)


def test_a_session_ends_when_it_is_idle_old_or_its_account_is_barred(served: Served) -> None:
    now = datetime.now(UTC)
    enrolled(served, "head")
    idle = signing_in.begin(served.log, "head", "10.0.0.1", now)
    assert signing_in.signed_in(served.log, idle, now + timedelta(minutes=29)) is not None
    assert signing_in.signed_in(served.log, idle, now + timedelta(minutes=58)) is not None, "it was used meanwhile"
    assert signing_in.signed_in(served.log, idle, now + timedelta(minutes=89)) is None
    used = signing_in.begin(served.log, "head", "10.0.0.1", now)
    for minutes in range(0, 12 * 60, 20):
        assert signing_in.signed_in(served.log, used, now + timedelta(minutes=minutes)) is not None
    assert signing_in.signed_in(served.log, used, now + timedelta(hours=12)) is None
    barred = signing_in.begin(served.log, "head", "10.0.0.1", now)
    assert access.living_sessions(served.log, "head", now)
    accounts.lock_account(served.log, "head", "试验", OFFICE, now)
    assert signing_in.signed_in(served.log, barred, now) is None


FOREIGN: tuple[dict[str, str], ...] = (
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example"},
)


def test_a_session_ends_when_its_person_is_moved(served: Served) -> None:
    word = "Lian-hua-shan-9"
    secret = enrolled(served, "audit", word)
    cookie = cookie_of(enter(served, "audit", secret, password=word))
    (known,) = [p for p in reading.people(served.log) if p.id == "audit"]
    renamed = Person.model_validate({**known.model_dump(exclude={"left_at"}), "phone": "13800000001"})

    def recorded(person: Person) -> int:
        now = datetime.now(UTC)
        events = [PersonRecorded(person=person)]
        record_office_events(served.log, DIRECTORY_STREAM, events, actor=OFFICE, command_id=f"moved:{now}", now=now)
        return served.client().get("/account", headers=cookie).status_code

    assert recorded(renamed) == 200, "a new telephone is no new post"
    assert recorded(renamed.model_copy(update={"unit": "gengxin"})) == 303
    assert recorded(renamed) == 303, "moved back he comes in anew, too"
    later = pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30))
    assert enter(served, "audit", secret, password=word, code=later).status_code == 303


def test_another_site_cannot_post(served: Served) -> None:
    for headers in FOREIGN:
        for path in ("/sign-in", "/sign-out", "/first/x"):
            assert served.client().post(path, data={"name": "li"}, headers=headers).status_code == 403, headers
    own = served.client().post("/sign-in", data={"name": "li"}, headers={"Origin": served.address})
    assert own.status_code in (401, 429)


def test_one_is_led_back_to_pages_of_ours_only(served: Served) -> None:
    for away in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        page = served.client().get("/sign-in", params={"next": away})
        assert 'name="next" value="/"' in page.text, away
    page = served.client().get("/sign-in", params={"next": '/matters"><script>'})
    assert "<script" not in page.text
    assert served.client().get("/static/../app.py").status_code == 404
    assert served.client().get("/static/style.css").headers["cache-control"] == "public, max-age=3600"


def wide(text: str) -> str:
    """As an input method for Chinese types it: １２３."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


def test_what_an_input_method_types_is_understood(served: Served) -> None:
    link, client = link_of(served, "leader"), served.client()
    secret = secret_in(client.get(link))
    given = {"password": PASSWORD, "again": PASSWORD, "totp": secret}
    for code in ("动态口令", wide("000000"), "①②③④⑤⑥"):
        assert client.post(link, data={**given, "code": code}, headers=HERE).status_code == 422, code
    code = wide(pyotp.TOTP(secret).at(datetime.now(UTC) - timedelta(seconds=30)))
    assert client.post(link, data={**given, "code": code}, headers=HERE).status_code == 303
    assert enter(served, "leader", secret, code="一二三四五六").status_code == 401, (
        "no fault that tells a right password"
    )
    assert enter(served, wide("leader"), secret, code=wide(pyotp.TOTP(secret).now())).status_code == 303


def test_neither_waiting_nor_the_time_taken_tells_which_names_are_accounts(served: Served) -> None:
    now = datetime.now(UTC)
    accounts.open_account(served.log, "audit", OFFICE, now)  # invited: there is no password to look at yet
    enrolled(served, "office-2")

    def refused(name: str, address: str) -> tuple[str, float]:
        began = time.process_time()  # of the processor: who else works on this machine does not count
        with pytest.raises(Refusal) as told:
            signing_in.sign_in(served.log, signing_in.Attempt(name, "Wrong-word-7", "123456", address), now)
        return told.value.code, time.process_time() - began

    names = ("office-2", "audit", "nobody", "nobody-else")
    tries = {name: [refused(name, "10.1.1.1") for _ in range(6)] for name in names}
    assert {name: [code for code, _ in told] for name, told in tries.items()} == dict.fromkeys(
        names, ["unauthenticated"] * 5 + ["too_many"]
    )
    quickest = {name: min(took for _, took in told[:5]) for name, told in tries.items()}
    assert min(quickest.values()) > max(quickest.values()) / 3, quickest
    for count in range(signing_in.MOST_OF_ADDRESS):
        access.note_failure(served.log, f"?{count}", "10.2.2.2", now)
    assert refused("office-2", "10.2.2.2")[0] == "too_many", "many names from one address"
    assert refused("office-2", "10.3.3.3")[0] == "unauthenticated", "elsewhere he may try"


def test_one_comes_back_to_what_one_had_asked_for(served: Served) -> None:
    asked = "/matters?stage=in_progress&text=%E6%B0%B4&as_of=2022-03-31"
    led = served.client().get(asked)
    page = served.client().get(led.headers["location"])
    assert f'name="next" value="{asked.replace("&", "&amp;")}"' in page.text
    secret = enrolled(served, "audit")
    long = f"/matters?text={'%E6%B0%B4' * 40}"
    assert enter(served, "audit", secret, next=long).headers["location"] == long
    far = served.client().get(f"/matters/{'a' * 5000}")
    assert far.headers["location"] == "/sign-in?next=/"
    elsewhere = served.client().get("/matters/", headers={"Host": "evil.example"})
    assert (elsewhere.status_code, "location" in elsewhere.headers) == (404, False)


def test_head_is_answered_as_get_without_a_body(served: Served) -> None:
    link_of(served, "office")
    cookie = {"Cookie": f"__Host-xmh={signing_in.begin(served.log, 'office', '10.0.0.1', datetime.now(UTC))}"}
    client = served.client()
    for path in ("/", "/matters", "/sign-in", "/healthz", "/static/style.css", "/nothing"):
        asked = client.get(path, headers=cookie)
        head = client.head(path, headers=cookie)
        assert (head.status_code, head.content) == (asked.status_code, b""), path
        assert head.headers["content-type"] == asked.headers["content-type"], path
