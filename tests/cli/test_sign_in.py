"""`xmh access sign-in`: who works at the command line proves who he is there, and then does what no token does."""

import io
import sys
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from domain.envelope import Via
from eventlog import access, reading
from eventlog.database import Database
from services.signing_in import Enrolment, enrol
from services.vouching import service_vouch
from tests.support.command_line import CommandLine
from tests.support.office import office_today

PASSWORD = "Xiang-mi-hu-7"
GRANT = ("org", "delegate", "--to", "head", "--reason", "休假", "--until", str(office_today() + timedelta(days=5)))


def enrolled(xmh: CommandLine, log: Database, person: str) -> str:
    """The person opened his account; the secret of his one-time codes."""
    now, secret = datetime.now(UTC), pyotp.random_base32()
    link = xmh.json("access", "open", person)["link"].rpartition("/")[2]
    code = pyotp.TOTP(secret).at(now - timedelta(seconds=30))  # so that the present one is still his to use
    enrol(log, link, Enrolment(PASSWORD, PASSWORD, secret, code), now)
    return secret


def test_what_no_token_does_its_person_does_signed_in(
    xmh: CommandLine, log: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XMH_TOKEN", raising=False)
    xmh.json("access", "require", "--yes")
    log.vouch = service_vouch(xmh.home, Via.WEB)
    secret = enrolled(xmh, log, "li")
    token = xmh.json("access", "token", "li", "--scope", "handle")["token"]
    monkeypatch.setenv("XMH_TOKEN", token)
    refused = xmh(*GRANT, actor="li")
    assert (refused.code, "xmh access sign-in" in refused.error) == (3, True), refused

    monkeypatch.setenv("XMH_TOKEN", "what-ran-out")
    for typed, code in ((f"falsch\n{pyotp.TOTP(secret).now()}\n", 6), ("", 6)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert xmh("access", "sign-in", "li", actor="li").code == code
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n{pyotp.TOTP(secret).now()}\n"))
    entered = xmh.json("access", "sign-in", "李三", actor="li")
    monkeypatch.setenv("XMH_TOKEN", entered["session"])
    assert xmh("task", "list", actor="zhao").code == 3, "it is li who signed in"
    assert xmh(*GRANT, actor="li").code == 0
    (granted,) = [event for event in reading.read_all(log) if event.type == "DelegationGranted"]
    (came,) = [e for e in reading.read_all(log) if e.type == "SignedIn"]
    assert granted.proven is not None
    assert granted.proven.credential in came.payload, "the record says which coming in it was"

    access.forget_access(log, "li", only_sessions=True)
    assert xmh(*GRANT, actor="li").code == 6
    monkeypatch.setenv("XMH_TOKEN", " ")
    assert xmh("task", "list").code == 0, "an empty one is none"
    assert xmh.json("audit", "verify")["ok"]
