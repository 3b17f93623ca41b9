"""`xmh login`: a code on a terminal, a person at a browser, a token for the day; and `xmh logout`."""

import json
import os
import re
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from cli.login import _awaited
from domain.base import Refusal
from eventlog import logins, reading
from eventlog.database import Database
from services import accounts, connecting
from services.kept_logins import KeptLogin, keep_login, kept_login
from services.remote import RemoteServer
from tests.support.office import OFFICE
from tests.support.served import ROOT, XMH
from tests.web.conftest import Served
from tests.web.test_live import cookie
from tests.web.test_signing_in import HERE, cookie_of, enrolled, enter, record


class Terminal:
    """A machine of somebody with nothing but the command line, each command a process."""

    def __init__(self, folder: Path, **more: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("XMH_")}
        self.environment = {**kept, "XDG_CONFIG_HOME": str(folder), "XMH_HOME": str(folder / "none"), **more}
        self.kept = folder / "xmh" / "logins.json"

    def begin(self, *words: str) -> subprocess.Popen[str]:
        out = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([*XMH, *words, "--json"], cwd=ROOT, env=self.environment, **out)  # type: ignore[call-overload,no-any-return]

    def run(self, *words: str) -> tuple[int, dict[str, Any]]:
        process = self.begin(*words)
        out, _ = process.communicate(timeout=30)
        return process.returncode, json.loads(out)

    def login(self, *words: str) -> tuple[subprocess.Popen[str], str]:
        """It asks; what it shows."""
        process = self.begin("login", *words)
        assert process.stderr is not None
        shown = process.stderr.readline() + process.stderr.readline()
        code = re.search(r"登录码：([A-Z]{4}-[A-Z]{4})", shown)
        assert code, shown
        assert f"/connect?code={code[1]}" in shown
        return process, code[1]


def confirm(served: Served, person: str, code: str, answer: str = "yes", **more: str) -> httpx.Response:
    given = {"login": code, "answer": answer, **more}
    return served.client().post("/connect", data=given, headers={**cookie(served, person), **HERE})


def test_a_person_at_a_browser_lets_a_command_line_in_and_it_leaves_again(served: Served, tmp_path: Path) -> None:
    machine = Terminal(tmp_path, XMH_SERVER=served.address)
    code, refused = machine.run("task", "list")
    assert (code, refused["error"]["code"], "xmh login" in refused["error"]["message"]) == (6, "unauthenticated", True)
    process, shown = machine.login()
    page = served.client().get(
        "/connect", params={"code": shown.lower().replace("-", " ")}, headers=cookie(served, "li")
    )
    assert all(word in page.text for word in ("确认登录", "不是我", "127.0.0.1", "李三"))
    assert "已确认" in confirm(served, "li", shown).text
    out, _ = process.communicate(timeout=30)
    done = json.loads(out)
    assert (process.returncode, done["person"], done["server"]) == (0, "li", served.address)
    hours = (datetime.fromisoformat(done["expires"]) - datetime.now(UTC)).total_seconds() / 3600
    assert 11.9 < hours <= 12
    assert stat.S_IMODE(machine.kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(machine.kept.parent.stat().st_mode) == 0o700
    token = json.loads(machine.kept.read_text())[served.address]["token"]
    assert token not in out
    assert machine.run("task", "list")[0] == 0
    assert served.client().get("/connect", params={"code": shown}, headers=cookie(served, "li")).status_code == 404
    assert machine.run("logout") == (0, {"server": served.address, "revoked": True})
    assert accounts.bearer_of(served.log, token, datetime.now(UTC)) is None
    assert machine.run("task", "list")[0] == 6
    assert machine.run("logout")[0] == 6
    types = [e.type for e in reading.read_stream(served.log, "account/li")]
    assert types[-2:] == ["TokenIssued", "TokenRevoked"]
    issued = reading.read_stream(served.log, "account/li")[-2]
    assert issued.actor.id == "li", "he let it in himself"
    assert token not in "".join(e.payload for e in reading.read_all(served.log, 0, 5000))


def test_who_does_not_know_it_says_so_and_the_command_line_is_told(served: Served, tmp_path: Path) -> None:
    machine = Terminal(tmp_path)
    process, shown = machine.login("--server", served.address)
    assert "已拒绝" in confirm(served, "head", shown, "no").text
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, json.loads(out)["error"]["code"]) == (6, "unauthenticated")
    assert not machine.kept.exists()


def ask(served: Served, **given: Any) -> httpx.Response:
    return served.client().post("/api/v1/login", json=given)


def token_of(served: Served, device: str) -> httpx.Response:
    return served.client().post("/api/v1/login/token", json={"device": device})


def test_a_code_is_good_once_for_its_device_and_for_ten_minutes(served: Served) -> None:
    begun, other = ask(served, host="甲机").json(), ask(served, host="乙机").json()
    assert token_of(served, begun["device"]).json()["token"] is None
    assert confirm(served, "li", begun["code"]).status_code == 200
    assert confirm(served, "head", begun["code"]).status_code == 404, "of two who answer one is heard"
    assert token_of(served, begun["code"]).status_code == 401, "the code alone opens nothing"
    given = token_of(served, begun["device"]).json()
    assert (given["person"], given["name"]) == ("li", "李三")
    assert token_of(served, begun["device"]).status_code == 401, "once"
    late = datetime.now(UTC) + timedelta(minutes=10, seconds=1)
    with pytest.raises(Refusal, match="已过期"):
        connecting.confirm_login(served.log, other["code"], "li", late)
    with pytest.raises(Refusal, match="已过期"):
        connecting.finish_login(served.log, other["device"], late)
    with served.log.reading() as transaction:
        rows = str(transaction.all("SELECT * FROM logins"))
    assert not [s for s in (other["device"], other["code"], other["code"].replace("-", "")) if s in rows], (
        "digests only"
    )


def test_nobody_is_let_in_without_a_fresh_factor_from_another_site_or_unseen(served: Served) -> None:
    begun = ask(served, host="<script>alert(1)</script>").json()
    headers = cookie(served, "li")
    page = served.client().get("/connect", params={"code": begun["code"]}, headers=headers)
    assert ("<script>alert" in page.text, "&lt;script&gt;" in page.text) == (False, True)
    given = {"login": begun["code"], "answer": "yes"}
    assert (
        served.client().post("/connect", data=given, headers={**headers, "Sec-Fetch-Site": "cross-site"}).status_code
        == 403
    )
    assert served.client().post("/connect", data=given, headers=HERE).status_code == 401
    with served.log.writing() as transaction:
        transaction.commit([("UPDATE sessions SET created_at = created_at - 960000000, proven_at = NULL", [()])])
    stale = served.client().post("/connect", data=given, headers={**headers, **HERE})
    assert (stale.status_code, "须再次验证" in stale.text) == (422, True)
    assert logins.login_of_device(served.log, begun["device"], datetime.now(UTC)) is not None
    wrong = served.client().get("/connect", params={"code": "BBBB-BBBB"}, headers=headers)
    assert (wrong.status_code, "没有这个登录码" in wrong.text) == (404, True)


def test_a_machine_whose_clock_is_ahead_is_let_in_all_the_same(served: Served) -> None:
    begun = ask(served, host="快一刻钟").json()
    assert confirm(served, "li", begun["code"]).status_code == 200
    here = {**begun, "expires": (datetime.now(UTC) - timedelta(minutes=5)).isoformat()}
    assert _awaited(RemoteServer(served.address, None), here)["person"] == "li"


def test_who_proved_himself_and_came_second_is_still_signed_in(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = enrolled(served, "li")
    headers = {**cookie_of(enter(served, "li", secret)), **HERE}
    begun, known = ask(served, host="机").json(), logins.let_in
    with served.log.writing() as transaction:
        transaction.commit([("UPDATE sessions SET created_at = created_at - 960000000, proven_at = NULL", [()])])

    def slower(log: Database, code: str, person: str, now: datetime) -> bool:
        assert known(log, code, "head", now)
        return known(log, code, person, now)

    monkeypatch.setattr(logins, "let_in", slower)
    code = pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30))
    given = {"login": begun["code"], "answer": "yes", "code": code}
    told = served.client().post("/connect", data=given, headers=headers)
    assert told.status_code == 404, told.text
    assert served.client().get("/", headers=cookie_of(told)).status_code == 200


def test_many_who_wait_keep_nobody_else_out_for_long(served: Served) -> None:
    with served.log.writing() as transaction:
        transaction.commit([("DELETE FROM logins", [()])])
    assert [ask(served, host="机").status_code for _ in range(connecting.MOST_OF_ADDRESS)] == [201] * 10
    full = ask(served, host="机")
    assert (full.status_code, full.json()["code"]) == (429, "too_many")
    later = datetime.now(UTC) + connecting.WAITS + timedelta(seconds=1)
    assert connecting.begin_login(served.log, "机", "127.0.0.1", later).code
    with served.log.writing() as transaction:
        transaction.commit([("DELETE FROM logins", [()])])
    for wrong in ({}, {"host": ""}, {"host": "x" * 61}, {"host": 7}):
        assert ask(served, **wrong).status_code == 422


def test_who_fills_the_list_from_many_addresses_shuts_out_himself(served: Served) -> None:
    now = datetime.now(UTC)
    with served.log.writing() as transaction:
        transaction.commit([("DELETE FROM logins", [()])])
    honest = [connecting.begin_login(served.log, "办公室", "10.0.0.1", now)]
    for n in range(connecting.MOST_WAITING * 2):
        connecting.begin_login(served.log, "机", f"203.0.113.{n // connecting.MOST_OF_ADDRESS}", now)
        if n % connecting.MOST_WAITING == 0:
            honest.append(connecting.begin_login(served.log, "另一台", "10.0.1.1", now))
    assert logins.count_logins(served.log, "10.0.0.1", now) == (connecting.MOST_WAITING, 1)
    for begun in honest:
        connecting.confirm_login(served.log, begun.code, "zhao", now)
    with served.log.writing() as transaction:
        transaction.commit([("DELETE FROM logins", [()])])


def test_who_was_locked_meanwhile_is_given_nothing(served: Served) -> None:
    begun = ask(served, host="机").json()
    assert confirm(served, "zhao", begun["code"]).status_code == 200
    accounts.lock_account(served.log, "zhao", "手机丢失", OFFICE, datetime.now(UTC))
    assert token_of(served, begun["device"]).status_code == 409
    accounts.unlock_account(served.log, "zhao", OFFICE, datetime.now(UTC))
    assert "TokenIssued" not in record(served, "zhao")


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    place = tmp_path / "a" / "logins.json"
    login = KeptLogin(token="xmhp_secret", person="li", id="1", until=datetime.now(UTC))
    assert kept_login(place, "https://one.example") is None
    keep_login(place, "https://one.example", login)
    keep_login(place, "https://two.example", login)
    assert kept_login(place, "https://one.example") == login
    assert "secret" not in repr(login)
    place.chmod(0o640)
    with pytest.raises(Refusal, match="chmod 600"):
        kept_login(place, "https://one.example")
    place.chmod(0o600)
    place.write_text("[]")
    with pytest.raises(Refusal, match="读不出来"):
        keep_login(place, "https://one.example", login)
