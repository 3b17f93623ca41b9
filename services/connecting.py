"""`xmh login`: a program shows a code, a person signed in at a browser lets it in, and it is given a token for the day.

Source: RFC 8628 (device authorisation): the token never passes the browser, the password never the terminal.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access.account import AccessToken
from domain.access.terms import TokenScope
from domain.base import Refusal, refuse
from domain.bounds import seen
from eventlog import logins
from eventlog.database import Database
from eventlog.logins import WaitingLogin
from eventlog.reading import PersonOnRecord
from services.accounts import issue_token_until, person_in_office
from views.viewer import actor_of

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no code is a word; no digit that looks like a letter."""
CODE_LENGTH = 8
WAITS = timedelta(minutes=10)
HOLDS = timedelta(hours=12)
ASK_EVERY = 3
"""Seconds between two questions of a program that waits."""
MOST_WAITING, MOST_OF_ADDRESS = 200, 10
MOST_HOST = 60
OVER = "登录没有得到确认，或已过期，请重新运行 xmh login"


@dataclass(frozen=True)
class BegunLogin:
    """What a program is given that asks to be let in."""

    device: str
    code: str
    until: datetime


def begin_login(database: Database, host: str, address: str, now: datetime) -> BegunLogin:
    """A program on `host` asks from `address` to be let in.

    Where as many wait as may, one gives way from the address that has the most: who fills the list from a few
    addresses shuts out himself.

    Raises:
        Refusal: `too_many` wait already from this address.
    """
    waiting, here = logins.count_logins(database, address, now)
    refuse(here >= MOST_OF_ADDRESS, "等待确认的登录太多，请十分钟后再试", "too_many")
    if waiting >= MOST_WAITING:
        logins.make_room(database)
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    begun = BegunLogin(secrets.token_urlsafe(32), f"{code[:4]}-{code[4:]}", now + WAITS)
    kept = WaitingLogin("", seen(host)[:MOST_HOST], address, begun.until, None)
    logins.keep_login(database, begun.device, code, kept, now)
    return begun


def plain_code(typed: str) -> str:
    """A code as it is kept, whatever stands between its letters."""
    return "".join(letter for letter in typed.upper() if letter in LETTERS)


def waiting_login(database: Database, code: str, now: datetime) -> WaitingLogin:
    """The program that shows this code and was not let in yet.

    Raises:
        Refusal: `not_found`.
    """
    waiting = logins.login_of_code(database, plain_code(code), now)
    if waiting is None or waiting.person is not None:
        raise Refusal("没有这个登录码，或已过期、已用过；请核对屏幕上的八个字母", "not_found")
    return waiting


def confirm_login(database: Database, code: str, person: str, now: datetime) -> None:
    """This person lets the program in, under his own name.

    Raises:
        Refusal: `not_found`.
    """
    waiting_login(database, code, now)
    refuse(not logins.let_in(database, plain_code(code), person, now), "这个登录码已经用过", "not_found")


def refuse_login(database: Database, code: str, now: datetime) -> None:
    """This person does not know the program: it is told so, and its code opens nothing.

    Raises:
        Refusal: `not_found`.
    """
    logins.drop_login(database, waiting_login(database, code, now))


def finish_login(database: Database, device: str, now: datetime) -> tuple[str, AccessToken, PersonOnRecord] | None:
    """The token of a program that was let in, once; None while it waits.

    Raises:
        Refusal: `unauthenticated`: it waits for nothing any more; or his account is barred.
        LogError: the log cannot be written.
    """
    waiting = logins.login_of_device(database, device, now)
    refuse(waiting is None, OVER, "unauthenticated")
    taken = logins.take_login(database, device, now)
    if taken is None or taken.person is None:
        return None
    person = person_in_office(database, taken.person)
    until = now.replace(microsecond=0) + HOLDS
    token, kept = issue_token_until(database, person.id, TokenScope.HANDLE, until, actor_of(person), now)
    return token, kept, person
