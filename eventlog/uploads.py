"""Who handed in which file: only what somebody handed in himself may he name in a command.

Without this, whoever learns a digest could name it in a report of his own and read another unit's file. It is no fact:
the log names a file from the command on that it comes with.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.facts import Attachment
from eventlog.database import Database
from eventlog.stored_time import micros

KEPT = timedelta(days=30)
"""As long as what is typed beside it."""
SWEPT = KEPT + timedelta(days=1)
"""A command that named it on the last day may still be on its way to the log."""
EVENTS_AT_ONCE = 20_000
"""A question to PostgreSQL is ended after five seconds."""
_PUT = (
    "INSERT INTO uploads (person, sha256, name, size, uploaded_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (person, sha256, name) DO UPDATE SET uploaded_at = excluded.uploaded_at"
)
_TOO_OLD = "SELECT DISTINCT sha256 FROM uploads WHERE uploaded_at <= ? ORDER BY sha256"
_FORGET = "DELETE FROM uploads WHERE sha256 = ? AND uploaded_at <= ?"
_STILL = "SELECT 1 FROM uploads WHERE sha256 = ? AND uploaded_at > ? LIMIT 1"
_NEWEST = "SELECT coalesce(max(position), 0) FROM events"
_WITH_FILES = "SELECT payload FROM events WHERE position > ? AND position <= ? AND payload LIKE ?"
_NAMES_A_FILE = '%"sha256"%'
_DIGEST = re.compile(r"[0-9a-f]{64}")
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
    """Digests of what was handed in so long ago, by whomever, and that no command has named since.

    The log is read through once, a part at a time, however many digests there are.
    """
    before = micros(now - SWEPT)
    with database.reading() as transaction:
        old = {str(sha256) for (sha256,) in transaction.all(_TOO_OLD, (before,))}
        unnamed = {sha256 for sha256 in old if transaction.one(_STILL, (sha256, before)) is None}
        newest = transaction.one(_NEWEST)
    for position in range(0, int(newest[0]) if newest and unnamed else 0, EVENTS_AT_ONCE):
        with database.reading() as transaction:
            rows = transaction.all(_WITH_FILES, (position, position + EVENTS_AT_ONCE, _NAMES_A_FILE))
        unnamed.difference_update(*(_DIGEST.findall(str(payload)) for (payload,) in rows))
    return tuple(sorted(unnamed))


def forget_uploads(database: Database, digests: Sequence[str], now: datetime) -> None:
    """Whoever handed these in so long ago may not name them any more."""
    rows = [(sha256, micros(now - SWEPT)) for sha256 in digests]
    if rows:
        with database.writing() as transaction:
            transaction.commit([(_FORGET, rows)])


def old_uploads(database: Database, now: datetime) -> tuple[str, ...]:
    """Digests of whatever was handed in so long ago."""
    with database.reading() as transaction:
        return tuple(str(sha256) for (sha256,) in transaction.all(_TOO_OLD, (micros(now - SWEPT),)))


def bytes_uploaded(database: Database, person: str, since: datetime) -> int:
    """How much this person handed in since then."""
    with database.reading() as transaction:
        row = transaction.one(_BYTES, (person, micros(since)))
    return int(row[0]) if row else 0
