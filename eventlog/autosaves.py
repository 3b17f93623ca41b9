"""What somebody is typing, until it is sent: sealed under his own key, and never overwritten by an older page of his.

It is no fact: nothing of it is in the log, it is gone when its command was carried out, and after thirty days.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.ids import account_stream
from eventlog.database import Database
from eventlog.secrets import Unreadable, seal_text, unseal_text
from eventlog.stored_time import from_micros, micros

KEPT = timedelta(days=30)
MOST_AUTOSAVES = 200
"""Of one person; the oldest make room."""
_ONE = "SELECT version, body, saved_at FROM autosaves WHERE person = ? AND form = ?"
_PUT = (
    "INSERT INTO autosaves (person, form, version, body, saved_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (person, form) DO UPDATE SET version = excluded.version, body = excluded.body, "
    "saved_at = excluded.saved_at"
)
_EMPTY = (
    "INSERT INTO autosaves (person, form, version, body, saved_at) VALUES (?, ?, 1, '', ?) "
    "ON CONFLICT (person, form) DO UPDATE SET version = autosaves.version + 1, body = '', saved_at = excluded.saved_at"
)
_LEFT_LYING = "SELECT count(*) FROM autosaves WHERE saved_at <= ? AND body != ''"
_TOO_OLD = "DELETE FROM autosaves WHERE saved_at <= ?"
_TOO_MANY = (
    "DELETE FROM autosaves WHERE person = ? AND form IN "
    "(SELECT form FROM autosaves WHERE person = ? ORDER BY saved_at DESC LIMIT 1000 OFFSET ?)"
)


@dataclass(frozen=True)
class Autosave:
    """What was typed into a form, by the names of its fields. Version 0: nothing is kept."""

    version: int
    fields: Mapping[str, str]
    saved_at: datetime | None = None


def autosave_of(database: Database, person: str, form: str, now: datetime) -> Autosave:
    """What is kept of a form of this person; what cannot be opened is as if there were nothing."""
    with database.reading() as transaction:
        row = transaction.one(_ONE, (person, form))
    if row is None:
        return Autosave(0, {})
    version, body, saved = row
    if not body:
        return Autosave(version, {})
    text = unseal_text(database, account_stream(person), body)
    if isinstance(text, Unreadable) or from_micros(saved) <= now - KEPT:
        return Autosave(version, {})
    return Autosave(version, json.loads(text), from_micros(saved))


def left_lying(database: Database, since: datetime) -> int:
    """How many texts were typed by then and are not sent, nor thrown away."""
    with database.reading() as transaction:
        row = transaction.one(_LEFT_LYING, (micros(since),))
    return int(row[0]) if row else 0


def keep_autosave(
    database: Database, person: str, form: str, fields: Mapping[str, str], after: int, now: datetime
) -> int | None:
    """Keep what was typed over the version its page knows of; the new version, or None when there is a newer one.

    Raises:
        Refusal: `master_key`.
    """
    body = seal_text(database, account_stream(person), json.dumps(dict(fields), ensure_ascii=False))
    with database.writing() as transaction:
        row = transaction.one(_ONE, (person, form))
        version = int(row[0]) if row else 0
        if version != after:
            return None
        transaction.commit(
            [
                (_TOO_OLD, [(micros(now - KEPT),)]),
                (_PUT, [(person, form, version + 1, body, micros(now))]),
                (_TOO_MANY, [(person, person, MOST_AUTOSAVES)]),
            ]
        )
    return version + 1


def drop_autosave(database: Database, person: str, form: str, now: datetime) -> None:
    """Nothing is kept of it any more: it was sent, or is not wanted.

    The version goes on, so that what a page saved while its form was being sent comes too late.
    """
    with database.writing() as transaction:
        transaction.commit([(_EMPTY, [(person, form, micros(now))]), (_TOO_MANY, [(person, person, MOST_AUTOSAVES)])])
