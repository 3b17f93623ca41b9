"""Security keys as they are checked: the public half, and what was answered last. What happened is in the log."""

from dataclasses import dataclass
from datetime import datetime

from eventlog.database import Database
from eventlog.stored_time import micros

_PUT = (
    "INSERT INTO security_keys (credential, id, person, public, count, asked_at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (credential) DO NOTHING"
)
_WHOSE = "SELECT person FROM security_keys WHERE credential = ?"
_OF_PERSON = "SELECT credential, id, person, public, count FROM security_keys WHERE person = ? ORDER BY credential"
_KNOWN = "SELECT 1 FROM security_keys WHERE credential = ?"
_USE = "UPDATE security_keys SET count = ?, asked_at = ? WHERE credential = ?"
_ASKED = "SELECT asked_at FROM security_keys WHERE credential = ? AND person = ?"
_DROP = "DELETE FROM security_keys WHERE person = ? AND id = ?"


@dataclass(frozen=True)
class KeptKey:
    """A key's public half."""

    credential: str
    """What the key calls itself, in base64url."""
    id: str
    """As the log calls it."""
    person: str
    public: str
    """COSE, in base64url."""
    count: int
    """How often it said it had signed; 0 of one that does not count."""


def keep_key(database: Database, key: KeptKey, asked_at: datetime) -> bool:
    """Keep a new key, which answered what was asked at that moment; False: somebody else was first."""
    row = (key.credential, key.id, key.person, key.public, key.count, micros(asked_at))
    with database.writing() as transaction:
        transaction.commit([(_PUT, [row])])
    with database.reading() as transaction:
        return transaction.one(_WHOSE, (key.credential,)) == (key.person,)


def is_kept(database: Database, credential: str) -> bool:
    """Whether somebody has this key already."""
    with database.reading() as transaction:
        return transaction.one(_KNOWN, (credential,)) is not None


def keys_of(database: Database, person: str) -> tuple[KeptKey, ...]:
    """The keys of a person."""
    with database.reading() as transaction:
        return tuple(KeptKey(*row) for row in transaction.all(_OF_PERSON, (person,)))


def has_keys(database: Database) -> bool:
    """Whether anybody has one."""
    with database.reading() as transaction:
        return transaction.one("SELECT 1 FROM security_keys LIMIT 1") is not None


def use_key(database: Database, key: KeptKey, count: int, asked_at: datetime) -> bool:
    """Whether what was asked at that moment was not answered before, nor anything asked later; now it is."""
    with database.writing() as transaction:
        row = transaction.one(_ASKED, (key.credential, key.person))
        if row is None or row[0] >= micros(asked_at):
            return False
        transaction.commit([(_USE, [(count, micros(asked_at), key.credential)])])
    return True


def drop_key(database: Database, person: str, key: str) -> None:
    """It proves nobody any more."""
    with database.writing() as transaction:
        transaction.commit([(_DROP, [(person, key)])])
