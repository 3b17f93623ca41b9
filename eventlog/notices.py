"""The notices and how their delivery stands. The outbox says what is still to be told; here it becomes rows to be sent.

Every write is one short transaction of the log's one writer; nothing is held while a message is on its way.
"""

# ruff: noqa: S608  (column names are constants)

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from domain.base import Frozen, Refusal
from domain.envelope import Recorded
from domain.notices.backoff import FAILING_AFTER
from domain.notices.delivery import NEVER, Queue
from domain.notices.digest import Due
from domain.notices.notice import Notice
from domain.terms import Urgency
from eventlog.backend import Params, Row, Statement
from eventlog.database import Database
from eventlog.errors import LogRestored
from eventlog.evidence import NOTICE_COLUMNS, notices_digest
from eventlog.reading import Moment
from eventlog.rows import EVENT_COLUMNS, event_of_row
from eventlog.stored_time import from_micros, micros

_COLUMNS = (
    "id, position, person, channel, stream, subject, text, urgency, recorded_at, due_at, next_at, attempts, batch, "
    "tried_at, sent_at, error"
)
_TIMES = frozenset({"recorded_at", "due_at", "next_at", "tried_at", "sent_at"})
_IS_DUE = "channel = ? AND sent_at IS NULL AND next_at <= ?"
# An event looked at twice gives the same ids, so the second look changes nothing.
_PUT = f"INSERT INTO notices ({_COLUMNS}) VALUES ({', '.join('?' * 16)}) ON CONFLICT (id) DO NOTHING"
_TOLD = "UPDATE outbox SET sent_at = ?, notices = ? WHERE position = ? AND sent_at IS NULL"
_KEPT = f"SELECT {NOTICE_COLUMNS} FROM notices WHERE position = ?"
_HASH = "SELECT hash FROM events WHERE position = ?"
_UNTOLD = "SELECT 1 FROM outbox WHERE position = ? AND sent_at IS NULL"
_POSITION = "SELECT position FROM notices WHERE id = ?"
_REDIGEST = "UPDATE outbox SET notices = ? WHERE position = ? AND sent_at IS NOT NULL"
_TRIED = "UPDATE notices SET batch = ?, attempts = attempts + 1, tried_at = ? WHERE id = ?"
_STANDS = "SELECT 1 FROM notices WHERE id = ? AND attempts = ? AND sent_at IS NULL AND next_at < ?"
_SENT = "UPDATE notices SET sent_at = ?, error = NULL WHERE id = ? AND sent_at IS NULL"
_FAILED = "UPDATE notices SET error = ?, next_at = ? WHERE id = ? AND sent_at IS NULL"
_PUT_OFF = "UPDATE notices SET next_at = ? WHERE channel = ? AND sent_at IS NULL AND next_at < ?"
_REWORD = "UPDATE notices SET text = ? WHERE id = ? AND batch IS NULL AND sent_at IS NULL"
_DUE = "id, person, subject, text, urgency, position, stream, batch, attempts"
_WAITING = f"SELECT {_DUE} FROM notices WHERE stream = ? AND sent_at IS NULL AND next_at < ? ORDER BY position, id"
_RETRY = "UPDATE notices SET next_at = ? WHERE id = ? AND sent_at IS NULL"


class NoticeOnRecord(Frozen):
    """A notice to one person on one channel, and how its delivery stands."""

    id: str
    position: int
    person: str
    channel: str
    stream: str
    subject: str
    text: str
    urgency: Urgency
    recorded_at: datetime
    due_at: datetime
    next_at: datetime
    attempts: int = 0
    batch: str | None = None
    tried_at: datetime | None = None
    sent_at: datetime | None = None
    error: str | None = None

    @property
    def given_up(self) -> bool:
        """Reaches nobody any more."""
        return self.sent_at is None and self.next_at >= NEVER

    @property
    def pending(self) -> bool:
        """Still to be sent."""
        return self.sent_at is None and not self.given_up

    @property
    def failed(self) -> bool:
        """Tried in vain and not sent yet."""
        return self.sent_at is None and self.error is not None


class Failing(Frozen):
    """A channel that has not taken a message for several tries."""

    channel: str
    waiting: int
    attempts: int
    error: str
    since: datetime


# --- from the outbox


def untold_events(database: Database, after: int, limit: int) -> tuple[Recorded, ...]:
    """The next events after a position that are still in the outbox: no notice was made of them yet."""
    columns = ", ".join(f"e.{c}" for c in EVENT_COLUMNS.split(", "))
    with database.reading() as transaction:
        rows = transaction.all(
            f"SELECT {columns} FROM outbox o JOIN events e ON e.position = o.position "
            "WHERE o.sent_at IS NULL AND o.position > ? ORDER BY o.position LIMIT ?",
            (after, limit),
        )
    return tuple(map(event_of_row, rows))


def newest_untold_position(database: Database) -> int:
    """The newest position in the outbox, of which nobody was told yet; 0 when all are told. Answered from an index."""
    with database.reading() as transaction:
        row = transaction.one("SELECT max(position) FROM outbox WHERE sent_at IS NULL")
    return int(row[0] or 0) if row else 0


def untold_count(database: Database) -> int:
    """How many events are still in the outbox."""
    with database.reading() as transaction:
        row = transaction.one("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
    return int(row[0]) if row else 0


def oldest_waiting(database: Database, now: datetime) -> dict[str, datetime]:
    """Channel → since when its oldest notice that is due waits to be sent; channels where none waits are left out."""
    with database.reading() as transaction:
        rows = transaction.all(
            "SELECT channel, min(due_at) FROM notices WHERE sent_at IS NULL AND due_at <= ? AND next_at < ? "
            "GROUP BY channel ORDER BY channel",
            (micros(now), micros(NEVER)),
        )
    return {channel: from_micros(due) for channel, due in rows}


def keep_notices(
    database: Database, events: Sequence[Recorded], notices: Iterable[tuple[Notice, Sequence[str]]], now: datetime
) -> None:
    """Store the notices of these events, each for its channels, and tick the events off the outbox, in one transaction.

    Of an event that another worker has told meanwhile nothing is stored: he may have known another directory.

    Raises:
        LogRestored: one of them is not in the log any more; what stands in its place was never told.
    """
    with database.writing() as transaction:
        if any(transaction.one(_HASH, (event.position,)) != (event.hash,) for event in events):
            raise LogRestored
        untold = {event.position for event in events if transaction.one(_UNTOLD, (event.position,))}
        fresh = [(notice, channels) for notice, channels in notices if notice.position in untold]
        rows = [_row(notice, channel) for notice, channels in fresh for channel in channels]
        if rows:
            transaction.run([(_PUT, rows)])
        # What an earlier look kept stays, so what is digested is what stands there.
        ticked = [
            (micros(now), notices_digest(transaction.all(_KEPT, (event.position,))), event.position) for event in events
        ]
        transaction.commit([(_TOLD, ticked)] if ticked else [])


def _row(n: Notice, channel: str) -> Params:
    recorded_at, due_at = micros(n.recorded_at), micros(n.due_at)
    kept = (n.id_on(channel), n.position, n.person, channel, n.stream, n.subject, n.text, n.urgency.value)
    return (*kept, recorded_at, due_at, due_at, 0, None, None, None, None)


# --- to the channels


def waiting_by_channel(database: Database) -> tuple[Queue, ...]:
    """How many notices wait on each channel, and when the next is tried."""
    with database.reading() as transaction:
        rows = transaction.all(
            "SELECT channel, count(*), min(next_at) FROM notices WHERE sent_at IS NULL AND next_at < ? "
            "GROUP BY channel ORDER BY channel",
            (micros(NEVER),),
        )
    return tuple(Queue(channel=c, waiting=n, next_at=from_micros(at)) for c, n, at in rows)


def due_notices(database: Database, channel: str, now: datetime, people: int) -> tuple[Due, ...]:
    """Notices that may be sent on a channel now, for so many people, 特急 first; no person's digest is cut in two."""
    with database.reading() as transaction:
        rows = transaction.all(
            f"""
            SELECT {_DUE} FROM notices WHERE {_IS_DUE} AND person IN (
                SELECT person FROM (
                    SELECT person, min(CASE urgency WHEN ? THEN 0 ELSE 1 END) AS place, min(next_at) AS since
                    FROM notices WHERE {_IS_DUE} GROUP BY person ORDER BY place, since, person LIMIT ?
                ) AS first_come
            ) ORDER BY position, id
            """,
            (channel, micros(now), Urgency.EXTRA.value, channel, micros(now), people),
        )
    return tuple(map(_due, rows))


def waiting_notices(database: Database, streams: Iterable[str]) -> tuple[Due, ...]:
    """The undelivered notices of these streams, whenever each is due."""
    rows: list[Row] = []
    with database.reading() as transaction:
        for stream in streams:
            rows += transaction.all(_WAITING, (stream, micros(NEVER)))
    return tuple(map(_due, rows))


def _due(row: Row) -> Due:
    return Due.model_validate(dict(zip(Due.model_fields, row, strict=True)))


def reword_notices(database: Database, texts: Iterable[tuple[str, str]]) -> None:
    """Replace the text of notices nobody tried to send yet: id and new text. Their digest moves with them."""
    changed: list[Params] = [(text, notice) for notice, text in texts]
    if not changed:
        return
    with database.writing() as transaction:
        transaction.run([(_REWORD, changed)])
        positions = {row[0] for _, notice in changed for row in transaction.all(_POSITION, (notice,))}
        digests = [(notices_digest(transaction.all(_KEPT, (p,))), p) for p in sorted(positions)]
        transaction.commit([(_REDIGEST, digests)] if digests else [])


def take_notices(database: Database, batch: str, due: Sequence[Due], now: datetime) -> bool:
    """Note that these notices are about to be sent: from now on they stay in this message.

    False, and nothing is noted, where another worker took or sent one of them, or gave it up, since they were read.
    """
    with database.writing() as transaction:
        if not all(transaction.one(_STANDS, (notice.id, notice.attempts, micros(NEVER))) for notice in due):
            return False
        transaction.commit([(_TRIED, [(batch, micros(now), notice.id) for notice in due])])
    return True


def mark_notices_sent(database: Database, ids: Iterable[str], now: datetime) -> None:
    """Note that the channel took these notices."""
    _write(database, (_SENT, [(micros(now), notice) for notice in ids]))


def mark_notices_failed(database: Database, ids: Iterable[str], error: str, next_at: datetime) -> None:
    """Note that the channel did not take these notices, or did not say so."""
    _write(database, (_FAILED, [(error, micros(next_at), notice) for notice in ids]))


def give_up_notices(database: Database, ids: Iterable[str], reason: str) -> None:
    """End the delivery of notices that reach nobody any more; they stay on record with the reason."""
    mark_notices_failed(database, ids, reason, NEVER)


def put_off_channel(database: Database, channel: str, until: datetime) -> None:
    """Let a dead channel rest: no notice is tried on it before this instant."""
    _write(database, (_PUT_OFF, [(micros(until), channel, micros(until))]))


def retry_notices(database: Database, ids: Iterable[str], at: datetime) -> None:
    """Let the delivery of these notices be tried again from this instant on."""
    _write(database, (_RETRY, [(micros(at), notice) for notice in ids]))


def _write(database: Database, *statements: Statement) -> None:
    written = [statement for statement in statements if statement[1]]
    if written:
        with database.writing() as transaction:
            transaction.commit(written)


# --- for people


def list_notices(
    database: Database,
    *,
    person: str | None = None,
    stream: str | None = None,
    pending: bool = False,
    failed: bool = False,
    moment: Moment | None = None,
) -> tuple[NoticeOnRecord, ...]:
    """The notices in the order of the log, now or as their delivery stood at a moment of it."""
    with database.reading() as transaction:
        rows = transaction.all(
            f"SELECT {_COLUMNS} FROM notices WHERE (? = '' OR person = ?) AND (? = '' OR stream = ?) "
            "ORDER BY position, id",
            (person or "", person or "", stream or "", stream or ""),
        )
    records = [_record(row) for row in rows]
    if moment is not None:
        records = [_as_of(n, moment.as_of) for n in records if n.position <= moment.position]
    return tuple(n for n in records if (not pending or n.pending) and (not failed or n.failed))


def newest_notice(database: Database, person: str) -> int:
    """The position of the newest event somebody was told of; 0 when there is none."""
    with database.reading() as transaction:
        row = transaction.one("SELECT coalesce(max(position), 0) FROM notices WHERE person = ?", (person,))
    return int(row[0]) if row else 0


def told_since(database: Database, person: str, since: datetime) -> tuple[int, ...]:
    """The positions of the events somebody was told of since then; on however many channels, each is one."""
    with database.reading() as transaction:
        rows = transaction.all(
            "SELECT DISTINCT position FROM notices WHERE person = ? AND recorded_at >= ? ORDER BY position",
            (person, micros(since)),
        )
    return tuple(int(row[0]) for row in rows)


def people_told(database: Database, position: int) -> tuple[str, ...]:
    """Who was told of one event."""
    with database.reading() as transaction:
        rows = transaction.all("SELECT DISTINCT person FROM notices WHERE position = ? ORDER BY person", (position,))
    return tuple(str(row[0]) for row in rows)


def find_notice(database: Database, notice_id: str) -> NoticeOnRecord:
    """A notice by its id, with its attempts and what became of its delivery.

    Raises:
        Refusal: there is none (`not_found`).
    """
    with database.reading() as transaction:
        row = transaction.one(f"SELECT {_COLUMNS} FROM notices WHERE id = ?", (notice_id,))
    if row is None:
        raise Refusal(f"没有编号为 {notice_id} 的通知，请用 xmh notice list 查看", "not_found")
    return _record(row)


def failing_channels(database: Database) -> tuple[Failing, ...]:
    """Channels whose notices were tried in vain several times, with what each channel said last."""
    channels = []
    for channel, group in groupby(_in_vain(database), key=lambda row: row[0]):
        messages = list(group)
        attempts = sum(row[3] for row in messages)
        if attempts >= FAILING_AFTER:
            newest = max(messages, key=lambda row: row[4] or 0)
            since = from_micros(min(row[5] for row in messages))
            waiting = sum(row[2] for row in messages)
            channels.append(Failing(channel=channel, waiting=waiting, attempts=attempts, error=newest[6], since=since))
    return tuple(channels)


def tries_in_vain(database: Database, channel: str) -> int:
    """How many tries failed on a channel, over the notices that still wait there."""
    return sum(row[3] for row in _in_vain(database) if row[0] == channel)


def _in_vain(database: Database) -> list[Row]:
    """Messages not taken yet: channel, id, how many notices, tries, last try, due since, what was said."""
    with database.reading() as transaction:
        return transaction.all(
            "SELECT channel, batch, count(*), max(attempts), max(tried_at), min(due_at), max(error) FROM notices "
            "WHERE sent_at IS NULL AND error IS NOT NULL AND next_at < ? GROUP BY channel, batch ORDER BY channel",
            (micros(NEVER),),
        )


def _as_of(notice: NoticeOnRecord, as_of: datetime) -> NoticeOnRecord:
    """As it stood then: what came later is not shown. How many tries there had been is not kept, so it is not told."""
    changes: dict[str, object] = {}
    if notice.sent_at is not None and notice.sent_at > as_of:
        changes |= {"sent_at": None}
    if notice.tried_at is not None and notice.tried_at > as_of:
        changes |= {"tried_at": None, "attempts": 0, "error": None, "next_at": notice.due_at}
    return notice.model_copy(update=changes)


def _record(row: Row) -> NoticeOnRecord:
    fields = dict(zip(_COLUMNS.split(", "), row, strict=True))
    times = {k: from_micros(v) for k, v in fields.items() if k in _TIMES and v is not None}
    return NoticeOnRecord.model_validate({**fields, **times})
