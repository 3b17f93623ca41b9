"""Accounts: opened by a link, locked, closed, and their tokens. Each step is in the log, and what opens is only here.

The event is recorded first where something is taken away, and last where something is given: a process that dies
between the two leaves nobody with more than the log says.
"""

import re
import secrets
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from domain.access import account as rules
from domain.access import events as ev
from domain.access.account import AccessToken, Account
from domain.access.terms import OF_SCREENS, TokenScope
from domain.base import Frozen, Refusal, refuse
from domain.calendar import local_date
from domain.envelope import SYSTEM, Actor, Recorded
from domain.event import Event
from domain.ids import access_stream, account_stream
from eventlog import access, reading
from eventlog.database import Database
from eventlog.reading import PersonOnRecord
from services.office_records import record_decided

HERE = "127.0.0.1"
"""From where a token is used on the machine itself."""
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN = re.compile(r"xmhp_[0-9A-Za-z]{43}[0-9A-Za-z]{6}")
"""256 bits and six characters that tell a mistyped token from a wrong one without asking the database."""


def account_of(database: Database, person: str) -> Account | None:
    """A person's account as the log has it; None when there never was one."""
    loaded = reading.load(database, account_stream(person))
    return loaded.state if loaded is not None and isinstance(loaded.state, Account) else None


def person_in_office(database: Database, person: str) -> PersonOnRecord:
    """The person of that id, who has not left.

    Raises:
        Refusal: `not_found`; `actor_left`.
    """
    known = reading.person(database, person)
    if known is None:
        raise Refusal(f"通讯录里没有编号为 {person} 的人员，请用 xmh org list 查看", "not_found")
    refuse(known.left_at is not None, f"{known.name}（{person}）已离任，不能再用账户", "actor_left")
    return known


@dataclass(frozen=True)
class OpeningLink:
    """What opens an account once: the secret at the end of its address, and until when."""

    secret: str
    until: datetime


def open_account(
    database: Database, person: str, actor: Actor, now: datetime, *, emergency: bool = False
) -> OpeningLink:
    """开立账户: a link by which the person sets password and second factor, once.

    Raises:
        Refusal: nobody of that id is in office, the account is locked, there are two emergency accounts already, or
            the actor may not.
        LogError: the log cannot be written.
    """
    person_in_office(database, person)
    others = [p for p in emergency_accounts(database) if p != person] if emergency else []
    names = "、".join(known.name for p in others if (known := reading.person(database, p)) is not None)
    line = f"已有 {rules.MOST_EMERGENCY} 个应急账户（{names}），请先关闭不用的"
    refuse(len(others) >= rules.MOST_EMERGENCY, line, "too_many_accounts")

    def decided(account: Account | None) -> Iterator[Event]:
        return rules.open_account(account, person, now, emergency=emergency)

    recorded, *revoked = record_account(database, person, decided, actor, now)
    for event in revoked:
        access.drop_token(database, person, ev.TokenRevoked.model_validate_json(event.payload).id)
    until = ev.AccountOpened.model_validate_json(recorded.payload).until
    link = OpeningLink(secrets.token_urlsafe(32), until)
    access.keep_link(database, person, link.secret, link.until)
    return link


def emergency_accounts(database: Database) -> list[str]:
    """Whose accounts lie sealed for the worst day."""
    people = (stream.partition("/")[2] for stream in reading.account_streams(database))
    return sorted(p for p in people if (a := account_of(database, p)) is not None and a.emergency)


def lock_account(database: Database, person: str, reason: str, actor: Actor, now: datetime) -> None:
    """锁定: sessions end, tokens do not count while it lasts.

    Raises:
        Refusal: there is no open account, or the actor may not.
        LogError: the log cannot be written.
    """
    record_account(database, person, lambda a: rules.lock_account(a, person, reason), actor, now)
    end_sessions(database, person, "账户锁定", now)


def unlock_account(database: Database, person: str, actor: Actor, now: datetime) -> None:
    """解锁.

    Raises:
        Refusal: it is not locked, or the actor may not.
        LogError: the log cannot be written.
    """
    record_account(database, person, lambda a: rules.unlock_account(a, person), actor, now)


def close_account(database: Database, person: str, reason: str, actor: Actor, now: datetime) -> None:
    """关闭: whatever opened it is gone.

    Raises:
        Refusal: there is no open account, or the actor may not.
        LogError: the log cannot be written.
    """
    record_account(database, person, lambda a: rules.close_account(a, person, reason), actor, now)
    end_sessions(database, person, "账户关闭", now)
    access.forget_access(database, person)


def open_words(database: Database, opening: ev.WordsOpened, actor: Actor, now: datetime) -> None:
    """开放工作秘密 to an auditor, as a leader decided.

    Raises:
        Refusal: he is no auditor or has no account, the day is too far off, or the actor may not.
        LogError: the log cannot be written.
    """
    auditor = person_in_office(database, opening.person)

    def decided(account: Account | None) -> Iterator[Event]:
        return rules.open_words(account, opening, auditor.role, local_date(now))

    record_account(database, opening.person, decided, actor, now)


def close_of_who_left(database: Database, person: str, now: datetime) -> None:
    """离任 closes the account too: recorded in office again, he is let in by a new link, not by what he kept.

    It follows from the leaving, so the system records it.

    Raises:
        LogError: the log cannot be written.
    """
    account = account_of(database, person)
    if account is not None and not account.closed:
        close_account(database, person, "离任", SYSTEM, now)


def end_sessions(database: Database, person: str, reason: str, now: datetime) -> int:
    """End every session of a person; how many lived."""
    living = len(access.living_sessions(database, person, now))
    access.forget_access(database, person, only_sessions=True)
    if living:
        record_access(database, ev.SessionEnded(person=person, count=living, reason=reason), now)
    return living


def issue_token(
    database: Database,
    person: str,
    scope: TokenScope,
    days: int,
    actor: Actor,
    now: datetime,
    addresses: tuple[str, ...] = (),
) -> tuple[str, AccessToken]:
    """签发令牌: the token, which nobody can show again, and what the log knows of it. `addresses`: `networks`.

    Raises:
        Refusal: nobody of that id is in office, the account is locked, closed or sealed, or the actor may not.
        LogError: the log cannot be written.
    """
    account = account_of(database, person)
    sealed = account is not None and account.emergency
    refuse(sealed, "应急账户不签发令牌：用令牌办理没有人会接到启用的通知", "forbidden")
    until = now.replace(microsecond=0) + timedelta(days=days)
    return issue_token_until(database, person, scope, until, actor, now, addresses)


def issue_token_until(
    database: Database,
    person: str,
    scope: TokenScope,
    until: datetime,
    actor: Actor,
    now: datetime,
    addresses: tuple[str, ...] = (),
) -> tuple[str, AccessToken]:
    """`issue_token` until a moment.

    Raises:
        Refusal: as `issue_token`.
        LogError: the log cannot be written.
    """
    post = person_in_office(database, person).post
    kept = AccessToken(id=uuid4().hex[:12], scope=scope, until=until, addresses=addresses, post=post)
    record_account(database, person, lambda a: rules.issue_token(a, person, kept, now), actor, now)
    token = new_token()
    row = access.KeptToken(id=kept.id, person=person, scope=scope, until=kept.until, used_at=None)
    access.keep_token(database, token, row)
    return token, kept


def revoke_token(database: Database, person: str, token: str, actor: Actor, now: datetime) -> None:
    """收回令牌, by its id.

    Raises:
        Refusal: there is none of that id, or the actor may not.
        LogError: the log cannot be written.
    """
    record_account(database, person, lambda a: rules.revoke_token(a, person, token), actor, now)
    access.drop_token(database, person, token)


def bearer_of(
    database: Database, token: str, now: datetime, address: str = HERE
) -> tuple[PersonOnRecord, access.KeptToken] | None:
    """Whose token it is, and what it may; None of what is none, or does not hold there, or is for a screen."""
    kept = access.living_token(database, token, now) if is_token(token) else None
    return None if kept is None or kept.scope in OF_SCREENS else _holding(database, kept, address)


def screen_of(
    database: Database, token: str, now: datetime, address: str = HERE
) -> tuple[PersonOnRecord, TokenScope] | None:
    """As whom a screen on the wall looks, and at what; None of what is no token for one, or does not hold there."""
    kept = access.living_token(database, token, now) if is_token(token) else None
    holding = None if kept is None or kept.scope not in OF_SCREENS else _holding(database, kept, address)
    return None if holding is None else (holding[0], holding[1].scope)


def _holding(
    database: Database, kept: access.KeptToken, address: str
) -> tuple[PersonOnRecord, access.KeptToken] | None:
    account = account_of(database, kept.person)
    if account is None or account.barred:
        return None
    try:
        person = person_in_office(database, kept.person)
    except Refusal:
        return None
    holds = any(t.id == kept.id and t.is_good_from(address) and t.is_good_for(person.post) for t in account.tokens)
    return (person, kept) if holds else None


def new_token() -> str:
    """`xmhp_`, 256 bits and their check sum."""
    body = _base62(secrets.randbits(256), 43)
    return f"xmhp_{body}{_base62(zlib.crc32(body.encode()), 6)}"


def is_token(text: str) -> bool:
    """Whether a text can be a token at all, by its shape and check sum."""
    if TOKEN.fullmatch(text) is None:
        return False
    body, check = text[5:48], text[48:]
    return check == _base62(zlib.crc32(body.encode()), 6)


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits


# --- the record


def record_account(
    database: Database,
    person: str,
    decide: Callable[[Account | None], Iterator[Event]],
    actor: Actor,
    now: datetime,
) -> tuple[Recorded, ...]:
    """Record what a rule makes of a person's account; each call is a command of its own.

    Raises:
        Refusal: the rule said no, or the actor may not.
        LogError: the log cannot be written.
    """

    def of_state(state: Frozen | None) -> Iterator[Event]:
        return decide(state if isinstance(state, Account) else None)

    command_id = f"account:{uuid4().hex}"
    return record_decided(
        database,
        account_stream(person),
        of_state,
        actor=actor,
        command_id=command_id,
        now=now,
        content={"id": command_id},
    )


def record_access(
    database: Database, event: Event, now: datetime, command_id: str | None = None, at: datetime | None = None
) -> None:
    """Record that somebody came in, or tried to, in the month of `at`, or of now.

    Raises:
        LogError: the log cannot be written.
    """
    known = command_id or f"access:{uuid4().hex}"
    record_decided(
        database,
        access_stream(local_date(at or now)),
        lambda _: (event,),
        actor=SYSTEM,
        command_id=known,
        now=now,
        content={"id": known},
    )
