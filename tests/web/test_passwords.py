"""Passwords by the two profiles: what is taken, which of before are barred, and what runs out after ninety days."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pyotp
import pytest

from domain.access.passwords import RULES, PasswordProfile, check_password, is_too_old
from domain.base import Refusal
from domain.office import PolicyAdopted
from domain.policy import Policy
from eventlog import access, reading
from services import accounts, passwords, signing_in
from services.office_records import record_office_events
from services.signing_in import Attempt, Enrolment, NewPassword
from tests.support.clock import open_log
from tests.support.office import OFFICE, sqlite
from tests.support.streams import POLICY_STREAM
from tests.web.conftest import Served
from tests.web.test_signing_in import HERE, cookie_of, enrolled, enter

NOW = datetime.now(UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WORDS = [f"Xiang-mi-hu-{n}" for n in range(8)]


@pytest.mark.parametrize(
    ("profile", "password", "taken"),
    [
        (PasswordProfile.DENGBAO, "Aa345678", True),
        (PasswordProfile.DENGBAO, "aa345678", False),
        (PasswordProfile.DENGBAO, "Aa34567", False),
        (PasswordProfile.ASVS, "aaaaaaaaaaaa", True),
        (PasswordProfile.ASVS, "Aa345678", False),
        (PasswordProfile.ASVS, "a" * 129, False),
        (PasswordProfile.ASVS, "with-the-id-Li-in-it", False),
    ],
)
def test_each_profile_takes_its_own(profile: PasswordProfile, password: str, taken: bool) -> None:
    if taken:
        check_password(RULES[profile], "li", password)
        return
    with pytest.raises(Refusal):
        check_password(RULES[profile], "li", password)


@pytest.mark.parametrize(
    "password",
    [
        *("Passw0rd1", "P@ssw0rd", "Admin@123", "Qwer1234!", "1qaz@WSX", "Zaq12wsx", "Aa345678", "aaaaaaaaaaaa"),
        *("x" * 100, "1qaz@WSX" * 16),  # long, and guessed like the piece it repeats
        *("Xmh@2026", "Shenzhen2026", "Xiangmihu@1", "Lisan-2026", "Duban123!"),
    ],
)
def test_what_is_soon_guessed_is_not_taken(served: Served, password: str) -> None:
    with pytest.raises(Refusal, match="容易被猜到"):
        passwords.check_not_guessed(served.log, "lisan", password)


@pytest.mark.parametrize(
    "password", ["gZ8!kfQ2", "Hetao-Tower-77", "correct horse battery", "旧木船载着三只白鹭过河" * 5]
)
def test_what_withstands_is_taken(served: Served, password: str) -> None:
    passwords.check_not_guessed(served.log, "lisan", password)


def test_the_look_at_a_password_is_short_whatever_is_typed(served: Served) -> None:
    """Figures and signs that may stand for letters: each way to read them is tried."""
    began = time.process_time()
    passwords.check_not_guessed(served.log, "lisan", "4@8({[<369#!1|0$5+7%2" * 6)
    assert time.process_time() - began < 1


def test_ninety_days_are_of_one_profile_only() -> None:
    dengbao, asvs = RULES[PasswordProfile.DENGBAO], RULES[PasswordProfile.ASVS]
    assert not is_too_old(dengbao, NOW, NOW + timedelta(days=90))
    assert is_too_old(dengbao, NOW, NOW + timedelta(days=90, seconds=1))
    assert not is_too_old(asvs, NOW, NOW + timedelta(days=900))
    assert not is_too_old(dengbao, None, NOW)


def code(at: datetime) -> str:
    return pyotp.TOTP(SECRET).at(at)


def test_none_of_the_last_five_is_set_again_and_every_session_ends(served: Served) -> None:
    log, moment = served.log, datetime.now(UTC) - timedelta(days=1)
    link = accounts.open_account(log, "head", OFFICE, moment).secret
    signing_in.enrol(log, link, Enrolment(WORDS[0], WORDS[0], SECRET, code(moment)), moment)

    def change(old: str, new: str, again: str | None = None) -> str:
        nonlocal moment
        moment += timedelta(minutes=2)
        cookie = signing_in.begin(log, "head", "10.0.0.1", moment)
        found = signing_in.signed_in(log, cookie, moment)
        assert found is not None
        given = NewPassword(old, code(moment), new, again or new)
        return signing_in.change_password(log, found[0], given, moment)

    other = signing_in.begin(log, "head", "10.0.0.9", moment)
    cookie = ""
    for old, new in pairwise(WORDS[:6]):
        cookie = change(old, new)
    assert signing_in.signed_in(log, other, moment) is None
    assert signing_in.signed_in(log, cookie, moment) is not None
    for barred in WORDS[1:6]:
        with pytest.raises(Refusal, match="最近 5 次"):
            change(WORDS[5], barred)
    for wrong, said in (
        ((WORDS[4], WORDS[7]), "现在的密码"),
        ((WORDS[7], WORDS[5]), "现在的密码"),  # a desk left open: nobody learns there which passwords were his
        ((WORDS[5], WORDS[7], "别的"), "不一样"),
        ((WORDS[5], "short"), "8 至 128 位"),
    ):
        with pytest.raises(Refusal, match=said):
            change(*wrong)
    change(WORDS[5], WORDS[0])
    moment += timedelta(minutes=2)
    assert signing_in.sign_in(log, Attempt("head", WORDS[0], code(moment), "10.0.0.1"), moment)
    types = [e.type for e in reading.read_stream(log, "account/head")]
    assert types.count("PasswordSet") == 7
    assert len(access.earlier_passwords(log, "head", 99)) == 7
    stored = str(access.earlier_passwords(log, "head", 99)) + "".join(e.payload for e in reading.read_all(log, 0, 5000))
    assert not [word for word in WORDS if word in stored]
    accounts.close_account(log, "head", "离任", OFFICE, moment)
    assert access.earlier_passwords(log, "head", 99) == ()


@pytest.fixture
def aged(served: Served) -> Iterator[str]:
    """李三 set his password a long time ago, and comes in; his shared secret."""
    secret = enrolled(served, "li")
    yield secret


def test_a_password_that_ran_out_is_changed_before_anything_else(
    served: Served, aged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def client_get(path: str, headers: dict[str, str]) -> httpx.Response:
        return served.client().get(path, headers=headers)

    came = cookie_of(enter(served, "li", aged))
    assert client_get("/", came).status_code == 200
    monkeypatch.setitem(RULES, PasswordProfile.DENGBAO, RULES[PasswordProfile.DENGBAO].model_copy(update={"days": -1}))
    for path in ("/", "/matters", "/notices", "/connect", "/live?for=work"):
        led = client_get(path, came)
        assert (led.status_code, led.headers.get("location")) == (303, "/password"), path
    page = client_get("/password", came)
    assert ("已经到期" in page.text, "90" in page.text or "天更换一次" in page.text) == (True, True)
    given = {"old": "Wrong-word-7", "code": pyotp.TOTP(aged).now(), "password": WORDS[1], "again": WORDS[1]}
    refused = served.client().post("/password", data=given, headers={**came, **HERE})
    assert (refused.status_code, "现在的密码或动态口令不对" in refused.text) == (422, True)
    stranger = served.client().post("/password", data=given, headers={**came, "Sec-Fetch-Site": "cross-site"})
    assert stranger.status_code == 403
    assert served.client().post("/sign-out", headers={**came, **HERE}).status_code == 303, "one may leave"


def test_by_the_other_profile_nothing_runs_out(served: Served) -> None:
    adopted = [PolicyAdopted(policy=Policy(version="口令", passwords=PasswordProfile.ASVS))]
    record_office_events(
        served.log, POLICY_STREAM, adopted, actor=OFFICE, command_id="passwords", now=datetime.now(UTC)
    )
    late = datetime.now(UTC) + timedelta(days=400)
    assert not signing_in.password_is_too_old(served.log, "li", late)
    assert (
        "12 至 128 位"
        in served.client()
        .get(f"/first/{accounts.open_account(served.log, 'zhao', OFFICE, datetime.now(UTC)).secret}")
        .text
    )
    with open_log(sqlite(served.home)) as log:
        assert passwords.password_rules(log).days is None
