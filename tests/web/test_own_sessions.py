"""`/account`: where one is signed in, and that one ends it elsewhere; so many browsers at once and no more."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from domain.access.terms import TokenScope
from domain.calendar import local_date
from domain.office import Delegation, DelegationGranted
from eventlog import access, reading
from services import accounts, signing_in
from services.office_records import record_office_events
from tests.support.office import OFFICE
from tests.support.streams import DIRECTORY_STREAM
from tests.web.conftest import Served
from tests.web.test_signing_in import HERE, record


@pytest.fixture(autouse=True)
def nobody_signed_in(served: Served) -> None:
    """Each test begins with accounts and no session."""
    now = datetime.now(UTC)
    for person in ("li", "zhao", "head"):
        if accounts.account_of(served.log, person) is None:
            accounts.open_account(served.log, person, OFFICE, now)
        accounts.end_sessions(served.log, person, "试验", now)


def come(served: Served, person: str, address: str, minutes: int = 0) -> str:
    return signing_in.begin(served.log, person, address, datetime.now(UTC) - timedelta(minutes=minutes))


def asked(served: Served, cookie: str, path: str = "/account", **form: str) -> httpx.Response:
    headers = {"Cookie": f"__Host-xmh={cookie}", **HERE}
    client = served.client()
    return client.post(path, data=form, headers=headers) if form else client.get(path, headers=headers)


def addresses(page: httpx.Response) -> list[str]:
    return re.findall(r"<li>(10\.0\.0\.\d+)", page.text)


def test_one_sees_where_one_is_signed_in_and_ends_it_there(served: Served) -> None:
    far, own, other = (
        come(served, "li", "10.0.0.9", 20),
        come(served, "li", "10.0.0.1"),
        come(served, "zhao", "10.0.0.5"),
    )
    page = asked(served, own)
    assert (page.status_code, addresses(page)) == (200, ["10.0.0.1", "10.0.0.9"])
    (wanted,) = re.findall(r'name="session" value="(\w+)"', page.text)
    assert asked(served, own, session=wanted, who="li").status_code == 303
    assert addresses(asked(served, own)) == ["10.0.0.1"]
    assert asked(served, far, "/").status_code == 303, "led to the sign-in"
    again = asked(served, own, session=wanted, who="li")
    assert (again.status_code, "那处登录已经结束" in again.text) == (404, True)
    assert asked(served, other, session=wanted, who="zhao").status_code == 404, "another's is not there"
    assert record(served, "li")[-1] == "SessionEnded"


def test_who_found_a_browser_left_open_ends_nothing(served: Served) -> None:
    left_open, own = come(served, "li", "10.0.0.9", 20), come(served, "li", "10.0.0.1")
    answer = asked(served, left_open, who="li")
    assert (answer.status_code, answer.headers["location"]) == (303, "/prove?next=/account")
    assert asked(served, own, "/").status_code == 200


def test_all_others_end_at_once_and_this_one_goes_on(served: Served) -> None:
    cookies = [come(served, "li", f"10.0.0.{n}", n) for n in range(1, 5)]
    assert asked(served, cookies[2], who="li").status_code == 303
    assert addresses(asked(served, cookies[2])) == ["10.0.0.3"]
    assert [asked(served, cookie, "/").status_code for cookie in cookies] == [303, 303, 200, 303]
    (ended,) = [e for e in month(served) if '"count":3' in e]
    assert '"reason":"本人结束"' in ended


def test_of_more_than_eight_the_first_ends(served: Served) -> None:
    cookies = [come(served, "li", f"10.0.0.{n}", 20 - n) for n in range(signing_in.MOST_SESSIONS + 1)]
    assert [asked(served, cookie, "/").status_code for cookie in cookies] == [303, *[200] * signing_in.MOST_SESSIONS]
    assert any("同时登录超过 8 处" in e for e in month(served))


def test_ones_tokens_are_listed_and_given_back(served: Served) -> None:
    own, now = come(served, "li", "10.0.0.1"), datetime.now(UTC)
    token, kept = accounts.issue_token(served.log, "li", TokenScope.HANDLE, 1, OFFICE, now)
    _, others = accounts.issue_token(served.log, "zhao", TokenScope.HANDLE, 1, OFFICE, now)
    page = asked(served, own)
    assert (kept.id in page.text, others.id in page.text, token in page.text) == (True, False, False)
    assert asked(served, own, token=others.id, who="li").status_code == 404
    assert asked(served, own, token=kept.id, who="li").status_code == 303
    assert accounts.bearer_of(served.log, token, datetime.now(UTC)) is None
    assert any(t.id == others.id for t in access.kept_tokens(served.log))


def month(served: Served) -> list[str]:
    """What ended sessions today, as recorded."""
    now = datetime.now(UTC)
    return [
        e.payload
        for e in reading.access_record(served.log, now - timedelta(days=1), now + timedelta(seconds=5))
        if e.type == "SessionEnded"
    ]


def test_one_sees_for_whom_one_acts_and_who_acts_for_one(served: Served) -> None:
    today = local_date(datetime.now(UTC))
    held = Delegation(giver="head", receiver="li", since=today, until=today + timedelta(days=7), reason="出差")
    over = held.model_copy(update={"since": today - timedelta(days=9), "until": today - timedelta(days=1)})
    for n, delegation in enumerate((held, over)):
        event, now = DelegationGranted(delegation=delegation), datetime.now(UTC)
        record_office_events(served.log, DIRECTORY_STREAM, [event], actor=OFFICE, command_id=f"given-{n}", now=now)
    receiver, giver, other = (asked(served, come(served, who, "10.0.0.3")).text for who in ("li", "head", "zhao"))
    name = {p.id: p.name for p in reading.people(served.log)}
    assert (f"代 {name['head']} 办理" in receiver, "授权（1）" in receiver) == (True, True)
    assert f"本人授权 {name['li']} 代办" in giver
    assert "授权（" not in other
