"""A database opened from a URL: small pool, one way to write, one way to read, errors a person understands."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, Literal, Self

from domain.access.proof import OrderProof
from domain.base import Refusal
from domain.envelope import Algorithm
from domain.headquarters import FIRST_HEADQUARTERS
from domain.ids import OfficeStream, rulebook_streams
from domain.log import AppendRequest
from domain.order import OrderBase
from eventlog.backend import BUSY_SECONDS, Connection, Params, Question, Row, Statement, backend_of
from eventlog.clock import LogClock
from eventlog.errors import ForeignLog, LogBusy, LogError
from eventlog.group import CommitGroup
from eventlog.masterkey import MasterKey
from eventlog.patience import time_left
from eventlog.remembered import LivingState, RememberedStates
from eventlog.schema import require_current
from eventlog.witness import Witness

IDLE_CONNECTIONS = 8
SealCipher = Literal["aes-gcm-siv", "sm4-gcm"]
Vouch = Callable[[OrderBase | AppendRequest], OrderProof | None]
"""Signs what is about to leave, or to be appended; None where nobody has to sign in.

Raises:
    Refusal: it is beyond what whoever acts has proven.
"""
_Begin = Callable[[Connection], list[Row]]


class Transaction:
    """An open transaction: read what you need, then commit once with everything that is to be written."""

    def __init__(
        self, connection: Connection, looked: Sequence[Row] = (), headquarters: str = FIRST_HEADQUARTERS
    ) -> None:
        """Wrap a connection on which a transaction has begun, in the log of this headquarters."""
        self._connection = connection
        self.headquarters = headquarters
        self.looked = looked
        """What the first question was answered."""
        self._foreseen: tuple[str, Params, Row | None] | None = None

    def own(self, kind: OfficeStream) -> str:
        """The stream of this kind of the headquarters whose log this is."""
        return kind.of(self.headquarters)

    @property
    def rulebook(self) -> tuple[str, str]:
        """The streams of its calendar and its policy."""
        return rulebook_streams(self.headquarters)

    def all(self, sql: str, params: Params = ()) -> list[Row]:
        """Every row of a query, as tuples; parameters are written `?` on either database."""
        return self._connection.query(sql, params)

    def foresee(self, sql: str, params: Params, row: Row | None) -> None:
        """What `one` will say to this: it was asked together with something else."""
        self._foreseen = (sql, params, row)

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """The first row; None when there is none."""
        if self._foreseen is not None and self._foreseen[:2] == (sql, params):
            return self._foreseen[2]
        rows = self._connection.query(sql, params)
        return rows[0] if rows else None

    def lying_indexes(self) -> list[str]:
        """Where an index does not say what its table does, in the database's words."""
        return self._connection.lying_indexes()

    def triggers(self) -> dict[str, str]:
        """Name → text of the triggers (and rules) on our tables."""
        return self._connection.triggers()

    @property
    def is_postgresql(self) -> bool:
        """Which of the two databases it is, where their catalogues differ."""
        return self._connection.is_postgresql

    def scrub(self, table: str) -> str | None:
        """See `Database.scrub`."""
        return self._connection.scrub(table)

    def run(self, statements: Sequence[Statement]) -> None:
        """Write without committing yet."""
        self._connection.run(statements, commit=False)

    def run_and_ask(self, statements: Sequence[Statement], question: Question) -> list[Row]:
        """Write without committing yet, and ask; one round trip where the database can."""
        return self._connection.run_and_ask(statements, question)

    def commit(self, statements: Sequence[Statement] = ()) -> None:
        """Write and commit. If this raises, the writes may or may not have happened: ask by command id."""
        self._connection.run(statements, commit=True)


class Database:
    """The log's database. Nothing is opened before the first use, and every new connection checks the schema.

    Safe to share between threads; not across a fork.
    """

    def __init__(
        self,
        url: str,
        algorithm: Algorithm = "sha256",
        clock: LogClock = LogClock.OWN,
        master_key: MasterKey | None = None,
        seal_with: SealCipher = "aes-gcm-siv",
        witness: Witness | None = None,
        headquarters: str = FIRST_HEADQUARTERS,
    ) -> None:
        """Remember the URL (`sqlite:///path` or `postgresql://…`) and how it is written to.

        Args:
            url: where it is.
            algorithm: digest of what is appended; `sm3` is the national one (国密). Each event says which digest its
                hash is of, so a log may change over.
            clock: whose time is the log's.
            master_key: under which the keys of secrets are wrapped; by default a file beside that of SQLite.
            seal_with: what new secrets are sealed with; each says which it is.
            witness: what the home knows this log to hold; without one a log put back from a copy is added to.
            headquarters: whose log it is.
        """
        self.url = url
        self.algorithm: Algorithm = algorithm
        self.clock = clock
        self.seal_with: SealCipher = seal_with
        self.backend = backend_of(url)
        self.master_key = master_key or MasterKey(file=self.backend.beside("master.key"))
        self.witness = witness
        self.headquarters = headquarters
        self.vouch: Vouch | None = None
        """Who opened it signs what he sends or appends himself, where he has proven who he is."""
        self._log = ""
        self._idle: list[Connection] = []
        self._guard = threading.Lock()
        self.appends: CommitGroup[Any, Any] = CommitGroup()
        """Who asks to append in this process (`eventlog/append.py`)."""
        self.states = RememberedStates()
        self.living: dict[str, Mapping[str, LivingState[Any]]] = {}
        """What `reading.open_states` read last: kind of stream → stream → its state."""
        self.office: dict[str, LivingState[Any]] = {}
        """What `reading.office_states` read last: stream → its state."""
        self._writer = threading.Lock() if self.backend.one_writer_per_process else None
        self._closed = False

    def vouched_by(self, vouch: Vouch) -> Self:
        """This log, for who signs what he appends otherwise than who opened it: somebody who is signed in."""
        mine = copy(self)
        mine.vouch = vouch
        return mine

    def own(self, kind: OfficeStream) -> str:
        """The stream of this kind of the headquarters whose log this is."""
        return kind.of(self.headquarters)

    def __enter__(self) -> Self:
        """Use as a context manager to close in the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @contextmanager
    def writing(self, *, long: bool = False, look: Question | None = None) -> Iterator[Transaction]:
        """The one writer's transaction; whatever was not committed in the end is rolled back.

        Args:
            long: lifts the time limit (5 s on PostgreSQL), for rebuilding.
            look: a first question, answered in `Transaction.looked` without a round trip of its own.

        Raises:
            LogUnreachable: the database is down, busy, full or read-only.
            SchemaMismatch: the tables are not those of this build.
            ForeignLog: it is the log of another headquarters.
        """

        def begin(connection: Connection) -> list[Row]:
            return connection.begin_write(long=long, look=look)

        with self._queue(), self._transaction(begin) as transaction:
            yield transaction

    @contextmanager
    def reading(self, *, snapshot: bool = False, tolerant: bool = False) -> Iterator[Transaction]:
        """Reads; with `snapshot` all of them see one moment and may take their time, `tolerant` of what is no text.

        Raises:
            LogUnreachable: the database is down.
            SchemaMismatch: the tables are not those of this build.
            ForeignLog: it is the log of another headquarters.
        """

        def begin(connection: Connection) -> list[Row]:
            if tolerant:
                connection.tolerate()
            if snapshot:
                connection.begin_snapshot()
            return []  # single statements need no transaction

        with self._transaction(begin) as transaction:
            yield transaction

    def log(self) -> str:
        """Which log this is, wherever it lies: the hash of its first event; empty as long as there is none.

        Raises:
            LogUnreachable: the database is down.
        """
        if not self._log:
            with self.reading() as transaction:
                first = transaction.one("SELECT hash FROM events WHERE position = 1")
            self._log = first[0] if first else ""
        return self._log

    def check_owner(self) -> None:
        """Refuse the log of another headquarters, whichever build made its tables: before they are migrated.

        Raises:
            ForeignLog: it is another's.
            LogUnreachable: the database is down.
        """
        try:
            connection = self.backend.connect()
            try:
                self._require_own(connection)
            finally:
                connection.close()
        except LogError:
            raise
        except Exception as error:
            explained = self.backend.explain(error)
            if explained is None:
                raise
            raise explained from error

    def scrub(self, table: str) -> str | None:
        """Drop what overwritten rows of the table left behind on disk; what remains and why, in Chinese, or None.

        Raises:
            LogUnreachable: the database is down or busy; the rows are overwritten all the same.
        """
        with self.reading() as transaction:
            return transaction.scrub(table)

    def close(self) -> None:
        """Close idle connections; those in use close when they come back."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _queue(self) -> Iterator[None]:
        # SQLite's own waiting is polling with growing pauses, which starves writers of one process; a lock queues them.
        if self._writer is None:
            yield
            return
        if not self._writer.acquire(timeout=time_left(2 * BUSY_SECONDS)):
            raise LogBusy
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def _transaction(self, begin: _Begin) -> Iterator[Transaction]:
        connection: Connection | None = None
        sound = False
        try:
            connection, looked = self._begun(begin)
            yield Transaction(connection, looked, self.headquarters)
            sound = True
        except (Refusal, LogError):
            sound = True
            raise
        except Exception as error:
            explained = self.backend.explain(error)
            if explained is None:
                raise
            raise explained from error
        finally:
            # Also when a time-out is raised inside this thread at any instruction: no transaction may stay open.
            if connection is not None:
                self._give_back(connection, sound=sound)

    def _begun(self, begin: _Begin) -> tuple[Connection, list[Row]]:
        """A connection with its transaction begun. A pooled one may be dead: then once more on a fresh one."""
        pooled = self._pooled()
        if pooled is not None:
            try:
                return pooled, begin(pooled)
            except BaseException as error:
                pooled.close()
                if not self.backend.lost(error):
                    raise
                self._drop_idle()
        fresh = self.backend.connect()
        try:
            require_current(fresh)
            self._require_own(fresh)
            return fresh, begin(fresh)
        except BaseException:
            fresh.close()
            raise

    def _require_own(self, connection: Connection) -> None:
        """Whose log it is, its first event says: a folder moved or an address mistyped must not mix two."""
        first = connection.query("SELECT headquarters FROM events WHERE position = 1")
        if first and first[0][0] != self.headquarters:
            raise ForeignLog(first[0][0], self.headquarters)

    def _pooled(self) -> Connection | None:
        with self._guard:
            pooled = self._idle.pop() if self._idle else None
        if pooled is None or not pooled.replaced():
            return pooled
        pooled.close()
        self._drop_idle()
        return None

    def _drop_idle(self) -> None:
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _give_back(self, connection: Connection, *, sound: bool) -> None:
        """Back into the pool, if nothing went wrong on it: a connection that failed is thrown away."""
        try:
            connection.rollback()
            if sound and connection.reusable() and self._keep(connection):
                return
        except Exception:
            connection.close()
            return
        connection.close()

    def _keep(self, connection: Connection) -> bool:
        with self._guard:
            if self._closed or len(self._idle) >= IDLE_CONNECTIONS:
                return False
            self._idle.append(connection)
            return True
