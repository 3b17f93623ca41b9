"""What opens an account now: passwords, links, sessions and tokens, as digests only. What happened is in the log.

Nothing here decides: `services/accounts.py` and `services/signing_in.py` do.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access.terms import TokenScope
from eventlog.backend import Statement
from eventlog.database import Database
from eventlog.errors import LogUnreachable
from eventlog.stored_time import from_micros, micros

_PUT_LINK = (
    "INSERT INTO credentials (person, link, link_until) VALUES (?, ?, ?) "
    "ON CONFLICT (person) DO UPDATE SET link = excluded.link, link_until = excluded.link_until"
)
_CREDENTIALS = "SELECT person, password, totp, totp_step FROM credentials WHERE person = ?"
_BY_LINK = "SELECT person FROM credentials WHERE link = ? AND link_until > ?"
_PUT_PROOF = (
    "UPDATE credentials SET password = ?, totp = ?, totp_step = ?, link = NULL, link_until = NULL "
    "WHERE person = ? AND link = ?"
)
_USE_STEP = "UPDATE credentials SET totp_step = ? WHERE person = ? AND totp_step < ?"
_STEP = "SELECT totp_step FROM credentials WHERE person = ?"
_BY_SUBJECT = "SELECT person FROM credentials WHERE issuer = ? AND subject = ?"
_BIND = (
    "INSERT INTO credentials (person, issuer, subject) VALUES (?, ?, ?) "
    "ON CONFLICT (person) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject"
)
_UNBIND = "UPDATE credentials SET issuer = NULL, subject = NULL WHERE person = ?"
_FORGET = {
    "credentials": "DELETE FROM credentials WHERE person = ?",
    "sessions": "DELETE FROM sessions WHERE person = ?",
    "tokens": "DELETE FROM tokens WHERE person = ?",
    "autosaves": "DELETE FROM autosaves WHERE person = ?",
    "earlier_passwords": "DELETE FROM earlier_passwords WHERE person = ?",
    "webhooks": "DELETE FROM webhooks WHERE person = ?",
    "uploads": "DELETE FROM uploads WHERE person = ?",
    "security_keys": "DELETE FROM security_keys WHERE person = ?",
}
_FORGET_OPENED = (
    "DELETE FROM sessions",
    "DELETE FROM tokens",
    "DELETE FROM logins",
    "UPDATE credentials SET link = NULL, link_until = NULL",
)
_POST = "(SELECT role || '@' || unit FROM people WHERE id = {})"
_PUT_SESSION = (
    "INSERT INTO sessions (digest, person, address, created_at, seen_at, proven_at, post) "  # noqa: S608  (of constants)
    f"VALUES (?, ?, ?, ?, ?, ?, {_POST.format('?')})"
)
_MOVED = f"post IS NOT NULL AND post <> {_POST.format('sessions.person')}"
_SESSION = f"SELECT person, address, created_at, seen_at, proven_at, {_MOVED} FROM sessions WHERE digest = ?"  # noqa: S608
_SEEN = "UPDATE sessions SET seen_at = ? WHERE digest = ?"
_RENEW = "UPDATE sessions SET digest = ?, proven_at = ?, seen_at = ? WHERE digest = ?"
_CHANGE_PASSWORD = "UPDATE credentials SET password = ? WHERE person = ?"  # noqa: S105  (SQL)
_REMEMBER = (
    "INSERT INTO earlier_passwords (person, set_at, password) VALUES (?, ?, ?) "
    "ON CONFLICT (person, set_at) DO UPDATE SET password = excluded.password"
)
_EARLIER = "SELECT password FROM earlier_passwords WHERE person = ? ORDER BY set_at DESC LIMIT ?"
_FORGET_EARLIER = (
    "DELETE FROM earlier_passwords WHERE person = ? AND set_at NOT IN "
    "(SELECT set_at FROM earlier_passwords WHERE person = ? ORDER BY set_at DESC LIMIT ?)"
)
MOST_EARLIER = 24
"""So many are remembered, whatever the rules of now bar: other rules may bar more."""
_END_SESSION = "DELETE FROM sessions WHERE digest = ?"
_LIVING_SESSIONS = (
    "SELECT digest, address, created_at, seen_at, proven_at FROM sessions "  # noqa: S608
    f"WHERE person = ? AND seen_at > ? AND created_at > ? AND NOT ({_MOVED}) "
    "ORDER BY created_at DESC, digest"
)
_DEAD_SESSIONS = "DELETE FROM sessions WHERE seen_at <= ? OR created_at <= ?"
_PUT_TOKEN = "INSERT INTO tokens (digest, id, person, scope, until) VALUES (?, ?, ?, ?, ?)"  # noqa: S105  (SQL)
_TOKEN = "SELECT id, person, scope, until, used_at FROM tokens WHERE digest = ?"  # noqa: S105  (SQL)
_USED = "UPDATE tokens SET used_at = ? WHERE digest = ?"
_TOKENS = "SELECT id, person, scope, until, used_at FROM tokens ORDER BY person, until"
_REVOKE = "DELETE FROM tokens WHERE person = ? AND id = ?"
_FAILED = (
    "INSERT INTO sign_in_failures (person, address, minute, count) VALUES (?, ?, ?, 1) "
    "ON CONFLICT (person, address, minute) DO UPDATE SET count = sign_in_failures.count + 1"
)
_FAILURES_SINCE = (
    "SELECT coalesce(sum(CASE WHEN person = ? THEN count END), 0), coalesce(sum(count), 0) "
    "FROM sign_in_failures WHERE address = ? AND minute >= ?"
)
_FAILURES_UNTIL = "SELECT person, address, minute, count FROM sign_in_failures WHERE minute < ? ORDER BY minute"
_FORGET_FAILURES = "DELETE FROM sign_in_failures WHERE minute < ?"

_SCOPES = {scope.value: scope for scope in TokenScope}

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
"""How long a session lives without being used, and at all."""
NOTED_EVERY = timedelta(minutes=1)
"""When a session or a token was used is written so often: a page that is read writes nothing."""


def digest_of(secret: str) -> str:
    """What is stored of a link, a cookie or a token: each has 256 bits, so it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Credentials:
    """What a person proves himself by."""

    person: str
    password: str | None
    totp: str | None
    totp_step: int


@dataclass(frozen=True)
class BrowserSession:
    """A browser somebody signed in with."""

    digest: str
    person: str
    address: str
    created_at: datetime
    proven_at: datetime
    """When its person last showed his second factor: as he came in, or since."""


@dataclass(frozen=True)
class KeptToken:
    """A token as the table has it."""

    id: str
    person: str
    scope: TokenScope
    until: datetime
    used_at: datetime | None


# --- credentials


def keep_link(database: Database, person: str, link: str, until: datetime) -> None:
    """The one link that opens the account from now on; the one of before opens nothing."""
    with database.writing() as transaction:
        transaction.commit([(_PUT_LINK, [(person, digest_of(link), micros(until))])])


def person_of_link(database: Database, link: str, now: datetime) -> str | None:
    """Whose account a link opens; None when it was used, replaced or has run out."""
    with database.reading() as transaction:
        row = transaction.one(_BY_LINK, (digest_of(link), micros(now)))
    return str(row[0]) if row else None


def use_link(database: Database, link: str, password: str, totp: str, step: int, now: datetime) -> str | None:
    """Set what proves the person by his link, which is used up by it; sessions end. Whose it is, or None as above."""
    digest = digest_of(link)
    with database.writing() as transaction:
        row = transaction.one(_BY_LINK, (digest, micros(now)))
        if row is None:
            return None
        person = str(row[0])
        proof = (_PUT_PROOF, [(password, totp, step, person, digest)])
        gone = [(_FORGET[table], [(person,)]) for table in ("sessions", "security_keys")]
        transaction.commit([proof, *gone, *_remembered(person, password, now)])
    return person


def change_password(database: Database, person: str, password: str, now: datetime) -> None:
    """Another password, as its hash; every session ends."""
    changed = (_CHANGE_PASSWORD, [(password, person)])
    with database.writing() as transaction:
        transaction.commit([changed, (_FORGET["sessions"], [(person,)]), *_remembered(person, password, now)])


def _remembered(person: str, password: str, now: datetime) -> list[Statement]:
    return [
        (_REMEMBER, [(person, micros(now), password)]),
        (_FORGET_EARLIER, [(person, person, MOST_EARLIER)]),
    ]


def earlier_passwords(database: Database, person: str, count: int) -> tuple[str, ...]:
    """The hashes of the last passwords somebody set, the one of now among them, the newest first."""
    with database.reading() as transaction:
        rows = [str(row[0]) for row in transaction.all(_EARLIER, (person, count))]
        now = transaction.one(_CREDENTIALS, (person,))
    current = [str(now[1])] if now and now[1] is not None else []  # of a build before, it is remembered nowhere else
    return tuple(dict.fromkeys((*current, *rows)))[:count]


def credentials_of(database: Database, person: str) -> Credentials | None:
    """What proves a person; None when there is nothing."""
    with database.reading() as transaction:
        row = transaction.one(_CREDENTIALS, (person,))
    return Credentials(*row) if row else None


def person_of_subject(database: Database, issuer: str, subject: str) -> str | None:
    """Who somebody is whom an identity provider vouches for; None of whom nobody knows."""
    with database.reading() as transaction:
        row = transaction.one(_BY_SUBJECT, (issuer, subject))
    return str(row[0]) if row else None


def keep_subject(database: Database, person: str, issuer: str, subject: str) -> bool:
    """Know a person by a provider's subject; False when it is somebody else already."""
    with database.writing() as transaction:
        row = transaction.one(_BY_SUBJECT, (issuer, subject))
        if row is not None and row[0] != person:
            return False
        transaction.commit([(_BIND, [(person, issuer, subject)])])
    return True


def drop_subject(database: Database, person: str) -> None:
    """No provider's word lets this person in any more."""
    with database.writing() as transaction:
        transaction.commit([(_UNBIND, [(person,)])])


def has_accounts(database: Database) -> bool:
    """Whether anybody can come in over the network."""
    with database.reading() as transaction:
        return transaction.one("SELECT 1 FROM credentials LIMIT 1") is not None


def use_code(database: Database, person: str, step: int) -> bool:
    """Whether the code of this step was not used yet; from now on it is."""
    with database.writing() as transaction:
        row = transaction.one(_STEP, (person,))
        if row is None or row[0] >= step:
            return False
        transaction.commit([(_USE_STEP, [(step, person, step)])])
    return True


def forget_access(database: Database, person: str, *, only_sessions: bool = False) -> None:
    """Whatever opens the account is gone: all of it, or what is open now."""
    tables = ("sessions",) if only_sessions else tuple(_FORGET)
    with database.writing() as transaction:
        transaction.commit([(_FORGET[table], [(person,)]) for table in tables])


def forget_opened(database: Database) -> None:
    """No session, token or link of before opens anything: a restored log does not know which were taken back since."""
    with database.writing() as transaction:
        transaction.commit([(statement, [()]) for statement in _FORGET_OPENED])


# --- sessions


def begin_session(
    database: Database, cookie: str, person: str, address: str, now: datetime, proven_at: datetime | None = None
) -> BrowserSession:
    """Keep a new session, and drop those that have run out. Its person was proven as he came in, or at that moment."""
    digest, at = digest_of(cookie), micros(now)
    proven = micros(proven_at) if proven_at is not None else None
    with database.writing() as transaction:
        transaction.commit(
            [
                (_DEAD_SESSIONS, [(micros(now - IDLE), micros(now - ABSOLUTE))]),
                (_PUT_SESSION, [(digest, person, address, at, at, proven, person)]),
            ]
        )
    return BrowserSession(digest, person, address, now, proven_at or now)


def living_session(database: Database, cookie: str, now: datetime, *, used: bool = True) -> BrowserSession | None:
    """The session a cookie names, unless it has run out; that a person used it is noted once a minute.

    It ends with the post it was begun in: whoever was moved to another unit or role comes in anew.
    """
    digest = digest_of(cookie)
    with database.reading() as transaction:
        row = transaction.one(_SESSION, (digest,))
    if row is None:
        return None
    person, address, created, seen, proven, moved = row
    if moved:
        end_session(database, digest)
        return None
    if from_micros(seen) <= now - IDLE or from_micros(created) <= now - ABSOLUTE:
        return None
    if used and from_micros(seen) <= now - NOTED_EVERY:
        _note(database, (_SEEN, [(micros(now), digest)]))
    return BrowserSession(digest, person, address, from_micros(created), from_micros(proven or created))


def renew_session(database: Database, digest: str, cookie: str, now: datetime) -> None:
    """The session goes on under another cookie, its person proven anew; the one of before opens nothing."""
    with database.writing() as transaction:
        transaction.commit([(_RENEW, [(digest_of(cookie), micros(now), micros(now), digest)])])


def end_session(database: Database, digest: str) -> None:
    """It opens nothing any more."""
    with database.writing() as transaction:
        transaction.commit([(_END_SESSION, [(digest,)])])


def living_sessions(database: Database, person: str, now: datetime) -> tuple[tuple[BrowserSession, datetime], ...]:
    """The sessions of a person that live, the newest first, each with when it was used last, to the minute."""
    with database.reading() as transaction:
        rows = transaction.all(_LIVING_SESSIONS, (person, micros(now - IDLE), micros(now - ABSOLUTE)))
    return tuple(
        (
            BrowserSession(digest, person, address, from_micros(created), from_micros(proven or created)),
            from_micros(seen),
        )
        for digest, address, created, seen, proven in rows
    )


# --- tokens


def keep_token(database: Database, token: str, kept: KeptToken) -> None:
    """Keep a new token."""
    row = (digest_of(token), kept.id, kept.person, kept.scope.value, micros(kept.until))
    with database.writing() as transaction:
        transaction.commit([(_PUT_TOKEN, [row])])


def living_token(database: Database, token: str, now: datetime) -> KeptToken | None:
    """The token presented, unless it was revoked or has run out; that it was used is noted once a minute."""
    digest = digest_of(token)
    with database.reading() as transaction:
        row = transaction.one(_TOKEN, (digest,))
    kept = _token(row) if row else None
    if kept is None or kept.until <= now:
        return None
    if kept.used_at is None or kept.used_at <= now - NOTED_EVERY:
        _note(database, (_USED, [(micros(now), digest)]))
    return kept


def _note(database: Database, seen: Statement) -> None:
    """That somebody was here. While the log takes nothing he reads on, and is idle a little sooner."""
    with suppress(LogUnreachable), database.writing() as transaction:
        transaction.commit([seen])


def kept_tokens(database: Database) -> tuple[KeptToken, ...]:
    """Every token that was not revoked."""
    with database.reading() as transaction:
        return tuple(map(_token, transaction.all(_TOKENS)))


def drop_token(database: Database, person: str, token: str) -> None:
    """A token opens nothing any more."""
    with database.writing() as transaction:
        transaction.commit([(_REVOKE, [(person, token)])])


def _token(row: tuple[object, ...]) -> KeptToken:
    no, person, scope, until, used = row
    assert isinstance(until, int)  # noqa: S101  (the column's type)
    at = from_micros(used) if isinstance(used, int) else None
    return KeptToken(str(no), str(person), _SCOPES[str(scope)], from_micros(until), at)


# --- failures


def note_failure(database: Database, person: str, address: str, now: datetime) -> None:
    """One more sign-in failed within this minute."""
    minute = now.replace(second=0, microsecond=0)
    with database.writing() as transaction:
        transaction.commit([(_FAILED, [(person, address, micros(minute))])])


def failures_since(database: Database, person: str, address: str, since: datetime) -> tuple[int, int]:
    """How many sign-ins from this address failed since then, by the minute: of this name, and of any."""
    with database.reading() as transaction:
        row = transaction.one(_FAILURES_SINCE, (person, address, micros(since.replace(second=0, microsecond=0))))
    return (int(row[0]), int(row[1])) if row else (0, 0)


def failures_until(database: Database, minute: datetime) -> tuple[tuple[str, str, datetime, int], ...]:
    """The failures of all minutes before this one: name, address, minute, count."""
    with database.reading() as transaction:
        rows = transaction.all(_FAILURES_UNTIL, (micros(minute),))
    return tuple((person, address, from_micros(at), count) for person, address, at, count in rows)


def forget_failures(database: Database, before: datetime) -> None:
    """Failures that lock nobody out any more, and that the log has."""
    with database.writing() as transaction:
        transaction.commit([(_FORGET_FAILURES, [(micros(before),)])])
