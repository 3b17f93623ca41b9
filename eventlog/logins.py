"""Programs that wait for a person to let them in: known by two secrets, as digests, until he does or their time is up.

Whoever holds the device's secret is given the token; the code is what the person reads off and types.
"""

from dataclasses import dataclass
from datetime import datetime

from eventlog.access import digest_of
from eventlog.database import Database
from eventlog.stored_time import from_micros, micros

_PUT = "INSERT INTO logins (device, code, host, address, until, person) VALUES (?, ?, ?, ?, ?, NULL)"
_TOO_OLD = "DELETE FROM logins WHERE until <= ?"
_COUNT = "SELECT count(*), coalesce(sum(CASE WHEN address = ? THEN 1 END), 0) FROM logins WHERE until > ?"
_BY_CODE = "SELECT device, host, address, until, person FROM logins WHERE code = ? AND until > ?"
_BY_DEVICE = "SELECT device, host, address, until, person FROM logins WHERE device = ? AND until > ?"
_LET_IN = "UPDATE logins SET person = ? WHERE code = ? AND until > ? AND person IS NULL"
_MAKE_ROOM = (
    "DELETE FROM logins WHERE device = (SELECT device FROM logins WHERE person IS NULL AND address = "
    "(SELECT address FROM logins WHERE person IS NULL GROUP BY address ORDER BY count(*) DESC, min(until) LIMIT 1) "
    "ORDER BY until, device LIMIT 1)"
)
_DROP = "DELETE FROM logins WHERE device = ?"


@dataclass(frozen=True)
class WaitingLogin:
    """A program that waits."""

    device: str
    """The digest of its secret."""
    host: str
    """What it calls the machine it runs on."""
    address: str
    until: datetime
    person: str | None
    """Who let it in; None as long as nobody did."""


def keep_login(database: Database, device: str, code: str, waiting: WaitingLogin, now: datetime) -> None:
    """A program waits from now on; those whose time is up are gone."""
    row = (digest_of(device), digest_of(code), waiting.host, waiting.address, micros(waiting.until))
    with database.writing() as transaction:
        transaction.commit([(_TOO_OLD, [(micros(now),)]), (_PUT, [row])])


def make_room(database: Database) -> None:
    """Of those nobody let in yet, the oldest from the address with the most gives way."""
    with database.writing() as transaction:
        transaction.commit([(_MAKE_ROOM, [()])])


def count_logins(database: Database, address: str, now: datetime) -> tuple[int, int]:
    """How many programs wait, and how many from this address."""
    with database.reading() as transaction:
        row = transaction.one(_COUNT, (address, micros(now)))
    return (int(row[0]), int(row[1])) if row else (0, 0)


def login_of_code(database: Database, code: str, now: datetime) -> WaitingLogin | None:
    """The program that shows this code."""
    return _one(database, _BY_CODE, code, now)


def login_of_device(database: Database, device: str, now: datetime) -> WaitingLogin | None:
    """The program that holds this secret."""
    return _one(database, _BY_DEVICE, device, now)


def let_in(database: Database, code: str, person: str, now: datetime) -> bool:
    """Whether the program that shows this code is let in by this person; one that was already is not."""
    with database.writing() as transaction:
        row = transaction.one(_BY_CODE, (digest_of(code), micros(now)))
        if row is None or row[4] is not None:
            return False
        transaction.commit([(_LET_IN, [(person, digest_of(code), micros(now))])])
    return True


def take_login(database: Database, device: str, now: datetime) -> WaitingLogin | None:
    """A program that was let in, taken off the list: of two who ask with its secret at once one has it."""
    with database.writing() as transaction:
        row = transaction.one(_BY_DEVICE, (digest_of(device), micros(now)))
        if row is None or row[4] is None:
            return None
        transaction.commit([(_DROP, [(row[0],)])])
    return _waiting(row)


def drop_login(database: Database, waiting: WaitingLogin) -> None:
    """It waits no more."""
    with database.writing() as transaction:
        transaction.commit([(_DROP, [(waiting.device,)])])


def _one(database: Database, query: str, secret: str, now: datetime) -> WaitingLogin | None:
    with database.reading() as transaction:
        row = transaction.one(query, (digest_of(secret), micros(now)))
    return _waiting(row) if row else None


def _waiting(row: tuple[object, ...]) -> WaitingLogin:
    device, host, address, until, person = row
    assert isinstance(until, int)  # noqa: S101  (the column's type)
    return WaitingLogin(str(device), str(host), str(address), from_micros(until), str(person) if person else None)
