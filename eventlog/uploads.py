"""Who handed in which file: only what somebody handed in himself may he name in a command.

Without this, whoever learns a digest could name it in a report of his own and read another unit's file. It is no fact:
the log names a file from the command on that it comes with.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.facts import Attachment
from eventlog.database import Database
from eventlog.stored_time import micros

KEPT = timedelta(days=30)
"""As long as what is typed beside it."""
_PUT = (
    "INSERT INTO uploads (person, sha256, name, size, uploaded_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (person, sha256, name) DO UPDATE SET uploaded_at = excluded.uploaded_at"
)
_TOO_OLD = "SELECT DISTINCT sha256 FROM uploads WHERE uploaded_at <= ? ORDER BY sha256"
_FORGET = "DELETE FROM uploads WHERE sha256 = ? AND uploaded_at <= ?"
_STILL = "SELECT 1 FROM uploads WHERE sha256 = ? AND uploaded_at > ? LIMIT 1"
_NAMED = "SELECT 1 FROM events WHERE payload LIKE ? LIMIT 1"
_OF_PERSON = "SELECT name, sha256, size FROM uploads WHERE person = ? AND uploaded_at > ?"
_BYTES = "SELECT coalesce(sum(size), 0) FROM uploads WHERE person = ? AND uploaded_at > ?"


def note_upload(database: Database, person: str, attachment: Attachment, now: datetime) -> None:
    """This person handed in this file."""
    row = (person, attachment.sha256, attachment.name, attachment.size, micros(now))
    with database.writing() as transaction:
        transaction.commit([(_PUT, [row])])


def uploads_of(database: Database, person: str, now: datetime) -> Sequence[Attachment]:
    """What this person handed in within the last thirty days."""
    with database.reading() as transaction:
        rows = transaction.all(_OF_PERSON, (person, micros(now - KEPT)))
    return [Attachment(name=name, sha256=sha256, size=size) for name, sha256, size in rows]


def unnamed_uploads(database: Database, now: datetime) -> tuple[str, ...]:
    """Digests of what was handed in more than thirty days ago, by whomever, and that no command has named since."""
    before = micros(now - KEPT)
    with database.reading() as transaction:
        old = [str(sha256) for (sha256,) in transaction.all(_TOO_OLD, (before,))]
        return tuple(
            sha256
            for sha256 in old
            if transaction.one(_STILL, (sha256, before)) is None and transaction.one(_NAMED, (f"%{sha256}%",)) is None
        )


def forget_uploads(database: Database, digests: Sequence[str], now: datetime) -> None:
    """Whoever handed these in more than thirty days ago may not name them any more."""
    rows = [(sha256, micros(now - KEPT)) for sha256 in digests]
    if rows:
        with database.writing() as transaction:
            transaction.commit([(_FORGET, rows)])


def old_uploads(database: Database, now: datetime) -> tuple[str, ...]:
    """Digests of whatever was handed in more than thirty days ago."""
    with database.reading() as transaction:
        return tuple(str(sha256) for (sha256,) in transaction.all(_TOO_OLD, (micros(now - KEPT),)))


def bytes_uploaded(database: Database, person: str, since: datetime) -> int:
    """How much this person handed in since then."""
    with database.reading() as transaction:
        row = transaction.one(_BYTES, (person, micros(since)))
    return int(row[0]) if row else 0
