"""One durable append, of 1 and of 100 events, beside plain INSERTs of the same bytes by the bare driver."""

import itertools
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import psycopg

from benchmarks import logs
from benchmarks.measure import Clock, Goal, Row, Side, turns
from benchmarks.scale import Scale
from domain.envelope import Draft
from domain.events import FeedbackSubmitted
from domain.log import Appended, AppendRequest
from eventlog import reading
from eventlog.append import append
from eventlog.backend import Row as Stored
from eventlog.database import Database
from eventlog.rows import EVENT_COLUMNS
from tests.support.office import LIAISON, founded, sqlite
from tests.support.postgres import Server

BATCH = 100
MATTERS = 20
ONE_APPEND = Goal(0.4, at_most=False)
_TABLE = (
    "CREATE TABLE bare (position BIGINT PRIMARY KEY, headquarters TEXT, stream TEXT, version INTEGER, event_id TEXT, "
    "type TEXT, schema INTEGER, payload TEXT, actor TEXT, command_id TEXT, occurred_at BIGINT, "
    "recorded_at BIGINT, previous_hash TEXT, hash TEXT, UNIQUE (stream, version))"
)


class Bare(Protocol):
    """A table of events and nothing else, written by its driver."""

    def write(self, rows: Sequence[Stored]) -> None:
        """One durable transaction."""


class BareSqlite:
    """The same journal and the same flush at every commit as the log's."""

    def __init__(self, folder: Path) -> None:
        """A new file."""
        self.raw = sqlite3.connect(folder / "bare.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self.raw.execute(f"PRAGMA {pragma}")
        self.raw.execute(_TABLE)
        self._insert = f"INSERT INTO bare VALUES ({', '.join('?' * 14)})"

    def write(self, rows: Sequence[Stored]) -> None:
        self.raw.execute("BEGIN IMMEDIATE")
        if len(rows) == 1:
            self.raw.execute(self._insert, rows[0])
        else:
            self.raw.executemany(self._insert, rows)
        self.raw.execute("COMMIT")


class BarePostgres:
    """One prepared INSERT that commits itself: a single round trip. A batch is pipelined by the driver."""

    def __init__(self, url: str) -> None:
        """A table in an empty database."""
        self.raw = psycopg.connect(url, autocommit=True)
        self.raw.execute(_TABLE)
        self.cursor = self.raw.cursor()
        self._insert = f"INSERT INTO bare VALUES ({', '.join(['%s'] * 14)})"

    def write(self, rows: Sequence[Stored]) -> None:
        if len(rows) == 1:
            self.cursor.execute(self._insert, rows[0], prepare=True)
        else:
            with self.raw.transaction():
                self.cursor.executemany(self._insert, rows)


class Log:
    """The product's log, asked as a workflow asks it: from where each stream stands."""

    def __init__(self, log: Database) -> None:
        """Some matters under way."""
        self.log = log
        self.streams = logs.reported(log, MATTERS, logs.MONDAY)
        self._rulebook = reading.rulebook(log).version

    def request(self, stream: str, drafts: tuple[Draft, ...]) -> AppendRequest:
        """What the workflow of a stream would ask now."""
        head = reading.stream_head(self.log, stream)
        return AppendRequest(
            stream=stream,
            expected_version=head.version,
            expected_hash=head.hash,
            rulebook_version=self._rulebook,
            command_id=uuid4().hex,
            request_hash="0" * 64,
            actor=LIAISON,
            now=logs.MONDAY,
            drafts=drafts,
        )

    def written(self) -> Stored:
        """A row as it lies in the log."""
        with self.log.reading() as transaction:
            rows = transaction.all(
                f"SELECT {EVENT_COLUMNS} FROM events WHERE type = 'FeedbackSubmitted' ORDER BY position DESC LIMIT 1"
            )
        return rows[0]


def run(scale: Scale, folder: Path) -> list[Row]:
    """Both databases, both sizes."""
    rows: list[Row] = []
    with ExitStack() as stack:
        log = stack.enter_context(founded(sqlite(folder)))
        bare = BareSqlite(folder)
        stack.enter_context(closing(bare.raw))
        rows += _compared("SQLite", Log(log), bare, scale)
    server = Server(durable=True)
    with ExitStack() as stack:
        stack.callback(server.remove)
        server.start()
        log = stack.enter_context(founded(server.new_database()))
        beside = BarePostgres(server.new_database())
        stack.enter_context(closing(beside.raw))
        rows += _compared("PostgreSQL", Log(log), beside, scale)
    return rows


def _compared(name: str, log: Log, bare: Bare, scale: Scale) -> list[Row]:
    rows = []
    for size, calls, goal in ((1, scale.appends, ONE_APPEND), (BATCH, scale.batches, None)):
        row = Row(f"{name}, {size} per transaction", "events/s", goal)
        write = {Side.BARE: _bare_writer(bare, log.written(), size), Side.XMH: _log_writer(log, size)}
        for side in Side:
            write[side](Clock(), 5)
        for pair in turns(scale.rounds):
            for side in pair:
                clock = Clock()
                write[side](clock, calls)
                row.add(side, calls * size / clock.seconds)
        rows.append(row)
    return rows


Writer = Callable[[Clock, int], None]


def _log_writer(log: Log, size: int) -> Writer:
    turn = itertools.count()
    event = logs.report(0)
    fields: dict[str, Any] = {"text": event.text, "progress": event.progress, "next_step": event.next_step}
    drafts = (FeedbackSubmitted(unit="gengxin", **fields).draft(logs.MONDAY),) * size

    def write(clock: Clock, calls: int) -> None:
        for _ in range(calls):
            request = log.request(log.streams[next(turn) % len(log.streams)], drafts)
            clock.time(lambda request=request: _accepted(append(log.log, request)))  # type: ignore[misc]

    return write


def _accepted(answer: object) -> None:
    if not isinstance(answer, Appended):
        raise TypeError(f"not appended: {answer}")


def _bare_writer(bare: Bare, like: Stored, size: int) -> Writer:
    place = itertools.count(1_000_000 * size)

    def write(clock: Clock, calls: int) -> None:
        for _ in range(calls):
            # The bytes of an event as the log holds it; only what must be unique differs.
            rows = [(n, *like[1:3], n, str(uuid4()), *like[5:]) for n in itertools.islice(place, size)]
            clock.time(lambda rows=rows: bare.write(rows))  # type: ignore[misc]

    return write
