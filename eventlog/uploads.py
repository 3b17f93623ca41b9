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
_TOO_OLD = "DELETE FROM uploads WHERE uploaded_at <= ?"
_OF_PERSON = "SELECT name, sha256, size FROM uploads WHERE person = ? AND uploaded_at > ?"
_BYTES = "SELECT coalesce(sum(size), 0) FROM uploads WHERE person = ? AND uploaded_at > ?"


def note_upload(database: Database, person: str, attachment: Attachment, now: datetime) -> None:
    """This person handed in this file."""
    row = (person, attachment.sha256, attachment.name, attachment.size, micros(now))
    with database.writing() as transaction:
        transaction.commit([(_TOO_OLD, [(micros(now - KEPT),)]), (_PUT, [row])])


def uploads_of(database: Database, person: str, now: datetime) -> Sequence[Attachment]:
    """What this person handed in within the last thirty days."""
    with database.reading() as transaction:
        rows = transaction.all(_OF_PERSON, (person, micros(now - KEPT)))
    return [Attachment(name=name, sha256=sha256, size=size) for name, sha256, size in rows]


def bytes_uploaded(database: Database, person: str, since: datetime) -> int:
    """How much this person handed in since then."""
    with database.reading() as transaction:
        row = transaction.one(_BYTES, (person, micros(since)))
    return int(row[0]) if row else 0
