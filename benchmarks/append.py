"""One durable append, of 1 and of 100 events, and of callers who wait for each other, beside plain INSERTs.

The bare side writes the same bytes by the driver alone, with the same durability.
"""

import itertools
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import psycopg

from benchmarks import logs
from benchmarks.measure import Clock, Goal, Row, Side, percentile, turns
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
MATTERS = 32
CALLERS = (8, 32)
"""Who wait for each other; each writes to a matter of its own."""
ONE_APPEND = Goal(0.4, at_most=False)
_TABLE = (
    "CREATE TABLE bare (position BIGINT PRIMARY KEY, headquarters TEXT, stream TEXT, version INTEGER, event_id TEXT, "
    "type TEXT, schema INTEGER, payload TEXT, actor TEXT, command_id TEXT, occurred_at BIGINT, "
    "recorded_at BIGINT, previous_hash TEXT, hash TEXT, UNIQUE (stream, version))"
)


class Bare(Protocol):
    """A table of events and nothing else, written by its driver."""

    def written(self) -> int:
        """How many bytes both sides have written so far."""

    def write(self, rows: Sequence[Stored]) -> None:
        """One durable transaction."""

    def beside(self) -> "Bare":
        """For another thread, on the same table."""


class BareSqlite:
    """The same journal and the same flush at every commit as the log's."""

    def __init__(self, folder: Path) -> None:
        """A new file."""
        self.raw = sqlite3.connect(folder / "bare.db", isolation_level=None, check_same_thread=False)
        self._turn = threading.Lock()
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self.raw.execute(f"PRAGMA {pragma}")
        self.raw.execute(_TABLE)
        self._insert = f"INSERT INTO bare VALUES ({', '.join('?' * 14)})"

    def written(self) -> int:
        """By this process: the database writes in it, and nobody else does."""
        told = Path("/proc/self/io").read_text(encoding="ascii")
        return int(re.findall(r"^wchar: (\d+)", told, re.MULTILINE)[0])

    def beside(self) -> "BareSqlite":
        """The same connection: of one file's writers each waits for the other anyway."""
        return self

    def write(self, rows: Sequence[Stored]) -> None:
        with self._turn:
            self.raw.execute("BEGIN IMMEDIATE")
            if len(rows) == 1:
                self.raw.execute(self._insert, rows[0])
            else:
                self.raw.executemany(self._insert, rows)
            self.raw.execute("COMMIT")


class BarePostgres:
    """One prepared INSERT that commits itself: a single round trip. A batch is pipelined by the driver."""

    def __init__(self, url: str, *, there: bool = False) -> None:
        """A table in an empty database, or the one that is there."""
        self._url = url
        self.raw = psycopg.connect(url, autocommit=True)
        if not there:
            self.raw.execute(_TABLE)
        self.cursor = self.raw.cursor()
        self._insert = f"INSERT INTO bare VALUES ({', '.join(['%s'] * 14)})"

    def written(self) -> int:
        """Into the server's write-ahead log: both databases are its."""
        row = self.raw.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        return int(row[0]) if row else 0

    def beside(self) -> "BarePostgres":
        """A session of its own."""
        return BarePostgres(self._url, there=True)

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
        return self.next_request(stream, head.version, head.hash, drafts)

    def next_request(self, stream: str, version: int, digest: str, drafts: tuple[Draft, ...]) -> AppendRequest:
        """The same of a stream that stands here."""
        return AppendRequest(
            stream=stream,
            expected_version=version,
            expected_hash=digest,
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
        heavy = Row(f"{name}, {size} per transaction: written", "bytes/event")
        write = {Side.BARE: _bare_writer(bare, log.written(), size), Side.XMH: _log_writer(log, size)}
        for side in Side:
            write[side](Clock(), 5)
        for pair in turns(scale.rounds):
            for side in pair:
                clock, before = Clock(), bare.written()
                write[side](clock, calls)
                row.add(side, calls * size / clock.seconds)
                heavy.add(side, (bare.written() - before) / (calls * size))
        rows += [row, heavy]
    return rows + _waiting(name, log, bare, scale)


def _waiting(name: str, log: Log, bare: Bare, scale: Scale) -> list[Row]:
    """Callers in threads of their own, each asking again as soon as it is answered."""
    rows, like, place = [], log.written(), itertools.count(1_000_000_000)
    drafts = _drafts(1)

    def ask(stream: str) -> Callable[[], None]:
        kept = [log.request(stream, drafts)]

        def one() -> None:
            (event,) = _accepted(append(log.log, kept.pop())).events
            kept.append(log.next_request(stream, event.version, event.hash, drafts))

        return one

    def insert(beside: Bare) -> Callable[[], None]:
        def one() -> None:
            n = next(place)
            beside.write([(n, *like[1:3], n, str(uuid4()), *like[5:])])

        return one

    for callers in CALLERS:
        row = Row(f"{name}, {callers} callers at once", "events/s")
        late = Row(f"{name}, {callers} callers: the slowest of a hundred", "ms")
        besides = [bare.beside() for _ in range(callers)]
        for pair in turns(scale.rounds):
            for side in pair:
                asks = [ask(s) for s in log.streams[:callers]] if side is Side.XMH else [insert(b) for b in besides]
                rate, slowest = _crowd(asks, max(2, scale.appends // callers))
                row.add(side, rate)
                late.add(side, slowest * 1e3)
        rows += [row, late]
    return rows


def _crowd(asks: Sequence[Callable[[], None]], turns_each: int) -> tuple[float, float]:
    """How many were answered a second, and how long one of a hundred waited."""
    spent: list[float] = []

    def caller(ask: Callable[[], None]) -> None:
        for _ in range(turns_each):
            began = time.perf_counter()
            ask()
            spent.append(time.perf_counter() - began)

    threads = [threading.Thread(target=caller, args=(ask,)) for ask in asks]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(spent) != len(asks) * turns_each:
        raise RuntimeError("a caller was not answered")
    return len(spent) / (time.perf_counter() - began), percentile(spent, 99)


Writer = Callable[[Clock, int], None]


def _log_writer(log: Log, size: int) -> Writer:
    turn = itertools.count()
    drafts = _drafts(size)

    def write(clock: Clock, calls: int) -> None:
        for _ in range(calls):
            request = log.request(log.streams[next(turn) % len(log.streams)], drafts)
            clock.time(lambda request=request: _accepted(append(log.log, request)))  # type: ignore[misc]

    return write


def _drafts(size: int) -> tuple[Draft, ...]:
    event = logs.report(0)
    fields: dict[str, Any] = {"text": event.text, "progress": event.progress, "next_step": event.next_step}
    return (FeedbackSubmitted(unit="gengxin", **fields).draft(logs.MONDAY),) * size


def _accepted(answer: object) -> Appended:
    if not isinstance(answer, Appended):
        raise TypeError(f"not appended: {answer}")
    return answer


def _bare_writer(bare: Bare, like: Stored, size: int) -> Writer:
    place = itertools.count(1_000_000 * size)

    def write(clock: Clock, calls: int) -> None:
        for _ in range(calls):
            # The bytes of an event as the log holds it; only what must be unique differs.
            rows = [(n, *like[1:3], n, str(uuid4()), *like[5:]) for n in itertools.islice(place, size)]
            clock.time(lambda rows=rows: bare.write(rows))  # type: ignore[misc]

    return write
