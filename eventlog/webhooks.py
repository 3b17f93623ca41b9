"""Addresses that are told what happens: how far each was, how its delivery stands. Who declared it is in the log."""

# ruff: noqa: S608  (column names are constants)

from datetime import datetime

from domain.base import Frozen
from eventlog.backend import Question, Row
from eventlog.database import Database
from eventlog.stored_time import from_micros, micros

_COLUMNS = "id, person, url, secret, cursor, position, attempts, next_at, error, stopped_at"
_PUT = f"INSERT INTO webhooks ({_COLUMNS}) VALUES ({', '.join('?' * 10)})"
_ALL = f"SELECT {_COLUMNS} FROM webhooks ORDER BY person, id"
_ONE = f"SELECT {_COLUMNS} FROM webhooks WHERE id = ?"
_STANDS = "SELECT 1 FROM webhooks WHERE id = ? AND cursor = ?"
_STANDS_TRIED = f"{_STANDS} AND attempts = ? AND stopped_at IS NULL"
_TOLD = "UPDATE webhooks SET cursor = ?, position = ?, attempts = 0, error = NULL WHERE id = ?"
_RESET = "UPDATE webhooks SET cursor = ?, position = ? WHERE id = ?"
_FAILED = "UPDATE webhooks SET attempts = ?, next_at = ?, error = ?, stopped_at = ? WHERE id = ?"
_RESUMED = "UPDATE webhooks SET attempts = 0, next_at = ?, error = NULL, stopped_at = NULL WHERE id = ?"
_DROP = "DELETE FROM webhooks WHERE id = ?"


class KeptWebhook(Frozen):
    """An address as the table has it."""

    id: str
    person: str
    url: str
    secret: str
    """Sealed."""
    cursor: str
    """What was told last (`views.event_feed`)."""
    position: int
    attempts: int = 0
    """Tries in vain of the message that is next."""
    next_at: datetime
    error: str | None = None
    stopped_at: datetime | None = None
    """Since when nothing is sent there, until somebody lets it go on."""


def keep_webhook(database: Database, hook: KeptWebhook) -> None:
    """Keep a new address."""
    row = (hook.id, hook.person, hook.url, hook.secret, hook.cursor, hook.position, 0, micros(hook.next_at), None, None)
    with database.writing() as transaction:
        transaction.commit([(_PUT, [row])])


def kept_webhooks(database: Database) -> tuple[KeptWebhook, ...]:
    """All of them."""
    with database.reading() as transaction:
        return tuple(map(_kept, transaction.all(_ALL)))


def find_webhook(database: Database, hook: str) -> KeptWebhook | None:
    """The one of this id."""
    with database.reading() as transaction:
        row = transaction.one(_ONE, (hook,))
    return _kept(row) if row else None


def webhook_told(database: Database, hook: KeptWebhook, cursor: str, position: int) -> bool:
    """It was told up to there; what failed before does not count any more. Whether it stood where this turn knew it."""
    return _moved(database, (_STANDS, (hook.id, hook.cursor)), (_TOLD, (cursor, position, hook.id)))


def webhook_begins_at(database: Database, hook: str, cursor: str, position: int) -> None:
    """It goes on from there: the log is not the one it was told of."""
    _write(database, _RESET, (cursor, position, hook))


def webhook_failed(
    database: Database, hook: KeptWebhook, attempts: int, next_at: datetime, error: str, stopped_at: datetime | None
) -> bool:
    """It did not take a message, for so many times; with a moment, it is not tried any more.

    False, and nothing is noted, where another turn failed, or somebody let it go on, since the hook was read.
    """
    stopped = None if stopped_at is None else micros(stopped_at)
    stands = (_STANDS_TRIED, (hook.id, hook.cursor, hook.attempts))
    return _moved(database, stands, (_FAILED, (attempts, micros(next_at), error, stopped, hook.id)))


def webhook_resumed(database: Database, hook: str, now: datetime) -> None:
    """It is tried again."""
    _write(database, _RESUMED, (micros(now), hook))


def drop_webhook(database: Database, hook: str) -> None:
    """It is gone."""
    _write(database, _DROP, (hook,))


def _write(database: Database, statement: str, row: tuple[object, ...]) -> None:
    with database.writing() as transaction:
        transaction.commit([(statement, [row])])


def _moved(database: Database, stands: Question, moves: Question) -> bool:
    """Write it unless another turn got further since the hook was read: what that one told is not taken back."""
    with database.writing() as transaction:
        still = transaction.one(*stands) is not None
        if still:
            statement, row = moves
            transaction.commit([(statement, [row])])
    return still


def _kept(row: Row) -> KeptWebhook:
    fields = dict(zip(_COLUMNS.split(", "), row, strict=True))
    times = {key: from_micros(fields[key]) for key in ("next_at", "stopped_at") if fields[key] is not None}
    return KeptWebhook.model_validate({**fields, **times})
