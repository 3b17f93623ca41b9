"""Signing in: a link that opens an account once, a password and a one-time code, sessions, and what comes of failing.

Whoever fails learns nothing of why; whoever fails five times from one address waits ten minutes there.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from domain.access import account as rules
from domain.access import events as ev
from domain.access.passwords import check_password, is_too_old
from domain.base import Refusal, refuse
from domain.envelope import SYSTEM, Actor
from domain.ids import account_stream
from eventlog import access, reading
from eventlog.database import Database
from eventlog.secrets import Unreadable, seal_text, unseal_text
from services.accounts import account_of, person_in_office, record_access, record_account
from services.passwords import barred_as_earlier, check_new_password, check_not_guessed, hasher, password_rules
from services.security_keys import WRONG_KEY, KeyAnswer, is_answer_of

if TYPE_CHECKING:
    from pyotp import TOTP

    from eventlog.access import BrowserSession
    from eventlog.reading import PersonOnRecord

MOST_FAILURES = 5
MOST_OF_ADDRESS = 50
"""So many failures from one address, of whatever names: who tries many names tries no more."""
NO_ACCOUNT = "?"
"""Before the digest of a name that is no account's: it is counted as one that is, so that nobody learns which are."""
LOCKED_FOR = timedelta(minutes=10)
STEP_SECONDS = 30
TOTP_SECRET = re.compile(r"[A-Z2-7]{32}")
MOST_ADDRESSES = 100
"""So many events of failures are recorded for one minute; what more there is becomes one of them."""
ELSEWHERE = "其他地址"
MOST_SESSIONS = 8
"""Browsers one person is signed in with at once; of more, the one that began first ends."""
WRONG = "账号、密码或动态口令不对"


def new_totp_secret() -> str:
    """A fresh shared secret of 160 bits."""
    from pyotp import random_base32

    return random_base32(32)


def totp_uri(secret: str, person: str) -> str:
    """What an authenticator scans."""
    return _totp(secret).provisioning_uri(name=person, issuer_name="xmh")


def _totp(secret: str) -> "TOTP":
    from pyotp import TOTP

    return TOTP(secret, interval=STEP_SECONDS)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The thirty seconds a code belongs to, of those around now; None when it is none of theirs."""
    current = int(now.timestamp()) // STEP_SECONDS
    plain = _typed("".join(code.split()))
    if not plain.isascii():
        return None
    steps = (current - 1, current, current + 1)
    totp = _totp(secret)
    return next((s for s in steps if secrets.compare_digest(totp.at(s * STEP_SECONDS), plain)), None)


def _typed(text: str) -> str:
    """What was meant by what an input method for Chinese typed: １２３ is 123."""
    return unicodedata.normalize("NFKC", text).strip()


@dataclass(frozen=True)
class NewPassword:
    """What somebody gives who changes his password."""

    old: str
    code: str
    password: str
    again: str


def change_password(database: Database, session: "BrowserSession", given: NewPassword, now: datetime) -> str:
    """更换密码: by both factors of who is signed in; all his sessions end, and he goes on under the cookie returned.

    Raises:
        Refusal: `malformed`: the old one, the code or the new one will not do; `too_many` while he has to wait.
        LogError: the log cannot be written.
    """
    person, address = session.person, session.address
    failed, _ = access.failures_since(database, person, address, now - LOCKED_FOR)
    minutes = LOCKED_FOR // timedelta(minutes=1)
    refuse(failed >= MOST_FAILURES, f"没有通过的次数过多，请{minutes}分钟后再试", "too_many")
    refuse(given.password != given.again, "两次填写的新密码不一样", "malformed")
    check_password(password_rules(database), person, given.password)
    check_not_guessed(database, person, given.password)
    if not _proven(database, person, Attempt(person, given.old, given.code, address), now):
        access.note_failure(database, person, address, now)
        raise Refusal("现在的密码或动态口令不对", "malformed")
    if barred := barred_as_earlier(database, person, given.password):
        raise Refusal(f"{barred}；请另换一个，并填写手机上的下一个动态口令", "malformed")
    known = person_in_office(database, person)
    actor = Actor(id=known.id, role=known.role, unit=known.unit)
    record_account(database, person, lambda a: rules.change_password(a, person), actor, now)
    access.change_password(database, person, hasher().hash(given.password), now)
    return begin(database, person, address, now)


def password_is_too_old(database: Database, person: str, now: datetime) -> bool:
    """Whether somebody is to change his password first; not who comes in by an identity provider as well."""
    account = account_of(database, person)
    if account is None or account.subject is not None:
        return False
    return is_too_old(password_rules(database), account.password_set_at, now)


@dataclass(frozen=True)
class Enrolment:
    """What somebody sets who opens his account."""

    password: str
    again: str
    totp: str
    code: str


def enrol(database: Database, link: str, given: Enrolment, now: datetime) -> "PersonOnRecord":
    """Set password and second factor by a link, which is used up; all sessions of before end.

    Raises:
        Refusal: the link opens nothing (`not_found`), what was given will not do (`malformed`), the account is locked.
        LogError: the log cannot be written.
    """
    person = person_in_office(database, _of_link(database, link, now))
    refuse(given.password != given.again, "两次填写的密码不一样", "malformed")
    check_new_password(database, person.id, given.password)
    refuse(TOTP_SECRET.fullmatch(given.totp) is None, "动态口令的密钥有误，请重新打开链接", "malformed")
    step = _step_of(given.totp, given.code, now)
    if step is None:
        raise Refusal("动态口令不对，请核对手机时间后填写当前的 6 位数字", "malformed")
    digest = hasher().hash(given.password)
    sealed = seal_text(database, account_stream(person.id), given.totp)
    actor = Actor(id=person.id, role=person.role, unit=person.unit)
    record_account(database, person.id, lambda a: rules.enrol(a, person.id), actor, now)
    if access.use_link(database, link, digest, sealed, step, now) is None:
        raise Refusal("链接已经用过或已过期，请请办公室重新开立", "not_found")
    return person


def person_of_link(database: Database, link: str, now: datetime) -> "PersonOnRecord":
    """Whose account a link opens.

    Raises:
        Refusal: it opens none.
    """
    return person_in_office(database, _of_link(database, link, now))


def _of_link(database: Database, link: str, now: datetime) -> str:
    person = access.person_of_link(database, link, now)
    if person is None:
        raise Refusal("链接已经用过或已过期，请与办公室联系，重新开立", "not_found")
    return person


# --- signing in


@dataclass(frozen=True)
class Attempt:
    """What somebody types who signs in, and from where."""

    name: str
    password: str
    code: str
    address: str
    key: KeyAnswer | None = None
    """What a security key signed, in place of the code."""


def sign_in(database: Database, given: Attempt, now: datetime) -> str:
    """Who somebody is, proven by password and one-time code: the cookie of his session.

    Raises:
        Refusal: `unauthenticated`, whatever is wrong; `too_many` while he has to wait.
        LogError: the log cannot be written.
    """
    person, address = _known(database, given.name), given.address
    counted = person.id if person is not None else NO_ACCOUNT + sha256(_typed(given.name).encode()).hexdigest()[:16]
    failed, of_address = access.failures_since(database, counted, address, now - LOCKED_FOR)
    if failed >= MOST_FAILURES or of_address >= MOST_OF_ADDRESS:
        access.note_failure(database, counted, address, now)
        minutes = LOCKED_FOR // timedelta(minutes=1)
        raise Refusal(f"没有通过的次数过多，请{minutes}分钟后再试", "too_many")
    if person is None:
        _as_long_as_a_look(given.password)
    if person is None or not _proven(database, person.id, given, now):
        access.note_failure(database, counted, address, now)
        raise Refusal(WRONG, "unauthenticated")
    return begin(database, person.id, address, now)


def begin(database: Database, person: str, address: str, now: datetime) -> str:
    """Begin a session of somebody who was proven here and now; its cookie."""
    return begin_vouched(database, person, address, now, None, None)


def begin_vouched(
    database: Database, person: str, address: str, now: datetime, proven_at: datetime | None, issuer: str | None
) -> str:
    """The same of somebody for whom an identity provider vouches, who proved himself to it at that moment."""
    cookie = secrets.token_urlsafe(32)
    _make_room(database, person, now)
    session = access.begin_session(database, cookie, person, address, now, proven_at)
    came = ev.SignedIn(person=person, address=address, session=session_id(session), issuer=issuer)
    record_access(database, came, now)
    account = account_of(database, person)
    if account is not None and account.emergency:
        record_account(database, person, lambda a: rules.use_in_emergency(a, person, address), SYSTEM, now)
    return cookie


def _make_room(database: Database, person: str, now: datetime) -> None:
    """End the oldest sessions of somebody who is signed in with as many as there may be."""
    too_many = access.living_sessions(database, person, now)[MOST_SESSIONS - 1 :]
    for session, _ in too_many:
        access.end_session(database, session.digest)
    if too_many:
        reason = f"同时登录超过 {MOST_SESSIONS} 处，最早的结束"
        record_access(database, ev.SessionEnded(person=person, count=len(too_many), reason=reason), now)


def session_id(session: "BrowserSession") -> str:
    """What a session is called in the record; of its digest alone nobody makes its cookie."""
    return session.digest[:12]


def _known(database: Database, name: str) -> "PersonOnRecord | None":
    """The person of that id or full name who has an account."""
    wanted = _typed(name)
    people = reading.people(database)
    persons = [p for p in people if p.id == wanted] or [p for p in people if p.name == wanted]
    if len(persons) != 1 or access.credentials_of(database, persons[0].id) is None:
        return None
    return persons[0]


def _as_long_as_a_look(password: str) -> None:
    """What looking at a password takes, so that nobody learns by the time who has one."""
    hasher().hash(password)


def _proven(database: Database, person: str, given: Attempt, now: datetime) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    account, known = account_of(database, person), access.credentials_of(database, person)
    if known is None or known.password is None or known.totp is None:
        _as_long_as_a_look(given.password)
        return False
    try:
        hasher().verify(known.password, given.password)
    except (VerificationError, InvalidHashError):
        return False
    if given.key is not None:
        return account is not None and not account.barred and is_answer_of(database, person, given.key, now)
    secret = unseal_text(database, account_stream(person), known.totp)
    if isinstance(secret, Unreadable):
        raise Refusal("打不开动态口令的密钥，请与系统管理员联系", "master_key")
    step = _step_of(secret, given.code, now)
    if account is None or account.barred or step is None:
        return False
    return access.use_code(database, person, step)


def signed_in(
    database: Database, cookie: str, now: datetime, *, used: bool = True
) -> "tuple[BrowserSession, PersonOnRecord] | None":
    """The session a cookie names, and whose it is; None when it has run out or the account is barred.

    What a page asks by itself is no use of a session (`used`): nobody stays signed in by leaving it open.
    """
    session = access.living_session(database, cookie, now, used=used)
    if session is None:
        return None
    account = account_of(database, session.person)
    person = reading.person(database, session.person)
    if account is None or account.barred or person is None or person.left_at is not None:
        access.end_session(database, session.digest)
        return None
    return session, person


def step_up(
    database: Database, session: "BrowserSession", code: str, now: datetime, key: KeyAnswer | None = None
) -> str:
    """再次验证: a one-time code, or a key's answer, within the session, which goes on under the cookie returned.

    Raises:
        Refusal: `malformed`: the code is wrong or was used; `too_many` while he has to wait.
    """
    person = session.person
    failed, _ = access.failures_since(database, person, session.address, now - LOCKED_FOR)
    minutes = LOCKED_FOR // timedelta(minutes=1)
    refuse(failed >= MOST_FAILURES, f"没有通过的次数过多，请{minutes}分钟后再试", "too_many")
    shown = is_answer_of(database, person, key, now) if key else _is_code_of(database, person, code, now)
    if not shown:
        access.note_failure(database, person, session.address, now)
        raise Refusal(WRONG_KEY if key else "动态口令不对，或已经用过；请填写手机上当前的 6 位数字", "malformed")
    cookie = secrets.token_urlsafe(32)
    access.renew_session(database, session.digest, cookie, now)
    record_access(database, ev.StepUp(person=person, session=session_id(session)), now)
    return cookie


def _is_code_of(database: Database, person: str, code: str, now: datetime) -> bool:
    """Whether it is a code of this person that was not used yet; now it is."""
    known = access.credentials_of(database, person)
    if known is None or known.totp is None:
        return False
    secret = unseal_text(database, account_stream(person), known.totp)
    step = None if isinstance(secret, Unreadable) else _step_of(secret, code, now)
    return step is not None and access.use_code(database, person, step)


def sign_out(database: Database, session: "BrowserSession", now: datetime) -> None:
    """退出: the session opens nothing any more."""
    access.end_session(database, session.digest)
    record_access(database, ev.SignedOut(person=session.person, session=session_id(session)), now)


def last_sign_in(database: Database, session: "BrowserSession") -> tuple[datetime, str] | None:
    """When and from where the person came in before this session, within half a year."""
    record = reading.access_record(database, session.created_at - timedelta(days=183), session.created_at)
    for recorded in reversed(record):
        if recorded.type == ev.SignedIn.__name__:
            event = ev.SignedIn.model_validate_json(recorded.payload)
            if event.person == session.person and event.session != session_id(session):
                return recorded.recorded_at, event.address
    return None


# --- failures


def record_failures(database: Database, known: set[str], now: datetime) -> None:
    """Record the failures of every minute that is over, once; those that lock nobody out any more are forgotten.

    Args:
        database: the log.
        known: ids of what this process has recorded; what another did is known to the log by the same id.
        now: this moment.
    """
    minute = now.replace(second=0, microsecond=0)
    for event in _failures(access.failures_until(database, minute)):
        key = f"{event.person}|{event.address}|{event.minute.isoformat()}"
        command_id = f"failed:{sha256(key.encode()).hexdigest()[:24]}"
        if command_id not in known:
            record_access(database, event, now, command_id, event.minute)
            known.add(command_id)
    access.forget_failures(database, minute - LOCKED_FOR - timedelta(minutes=1))


def _failures(rows: tuple[tuple[str, str, datetime, int], ...]) -> list[ev.SignInFailed]:
    """An event for each account and address of a minute; the smallest counts of a flood are one event."""
    counts: dict[tuple[datetime, str | None, str], int] = {}
    for person, address, minute, count in rows:
        key = (minute, None if not person or person.startswith(NO_ACCOUNT) else person, address)
        counts[key] = counts.get(key, 0) + count
    minutes: dict[datetime, list[ev.SignInFailed]] = {}
    for (minute, who, address), count in counts.items():
        minutes.setdefault(minute, []).append(ev.SignInFailed(person=who, address=address, minute=minute, count=count))
    bounded = []
    for minute, events in minutes.items():
        ranked = sorted(events, key=lambda e: (-e.count, e.person or "", e.address))
        rest = sum(e.count for e in ranked[MOST_ADDRESSES:])
        bounded += ranked[:MOST_ADDRESSES]
        if rest:
            bounded.append(ev.SignInFailed(address=ELSEWHERE, minute=minute, count=rest))
    return bounded
