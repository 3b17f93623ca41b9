"""SQLite: one file, WAL, every commit flushed to disk."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from eventlog.backend import BUSY_SECONDS, Backend, Connection, Params, Question, Row, Statement
from eventlog.durable import flush_folder
from eventlog.errors import LogBusy, LogDamaged, LogError, LogUnreachable, unreachable
from eventlog.patience import time_left
from eventlog.write_ahead import ReplacedError, WriteAheadLog, file_at, write_ahead_log_of

_MESSAGES = {
    sqlite3.SQLITE_BUSY: LogBusy.LINE,
    sqlite3.SQLITE_LOCKED: LogBusy.LINE,
    sqlite3.SQLITE_FULL: "磁盘已满，事件日志无法写入；请清理磁盘后重试",
    sqlite3.SQLITE_READONLY: "事件日志所在位置只读，无法写入；请检查目录权限",
    sqlite3.SQLITE_CANTOPEN: "打不开事件日志文件；请检查数据目录是否存在、有无权限，或先运行 xmh up",
    sqlite3.SQLITE_PERM: "没有权限打开事件日志文件；请检查目录权限",
    sqlite3.SQLITE_IOERR: "读写事件日志时磁盘出错；请检查磁盘",
    sqlite3.SQLITE_NOMEM: "内存不足，事件日志无法读写",
}
_REPLACED = "事件日志的文件被换过，或预写日志（events.db-wal）被删除；已记录的已保存，请用同一命令重试"
SCRUB_SECONDS, SCRUB_EVERY = 6.0, 0.2
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class SqliteConnection(Connection):
    """A connection in autocommit mode: transactions are begun and ended by us, visibly."""

    def __init__(self, raw: sqlite3.Connection, path: Path | None = None, ahead: WriteAheadLog | None = None) -> None:
        """Wrap the driver's connection to the file that lies at the path now, and to its write-ahead log."""
        self.raw = raw
        self._path = path
        self._file = file_at(path)
        self._ahead = ahead
        self._ahead_file = file_at(ahead.path) if ahead else None
        self._tolerant = False

    def replaced(self) -> bool:
        """Whether another file lies there now: what is written to this one nobody would ever find."""
        return file_at(self._path) != self._file or self._is_cut_off()

    def _is_cut_off(self) -> bool:
        """Whether the write-ahead log was deleted under this connection, and not with the database itself."""
        cut_off = self._ahead is not None and file_at(self._ahead.path) != self._ahead_file
        return cut_off and file_at(self._path) == self._file

    def begin_write(self, *, long: bool, look: Question | None = None) -> list[Row]:
        """IMMEDIATE: a transaction that began by reading could not become a writer safely."""
        del long  # SQLite has no transaction time limit
        self.raw.execute("BEGIN IMMEDIATE")
        if self.replaced():
            raise ReplacedError("the database or its write-ahead log was replaced")
        return self.query(*look) if look else []

    def begin_snapshot(self) -> None:
        """In WAL mode a deferred transaction sees the moment of its first read."""
        self.raw.execute("BEGIN")

    def query(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows of one statement."""
        if not self._tolerant:
            return self.raw.execute(sql, tuple(params)).fetchall()
        try:
            return self.raw.execute(sql, tuple(params)).fetchall()
        except sqlite3.OperationalError:  # perhaps some bytes that are no text
            self.raw.text_factory = _with_escapes
            try:
                return self.raw.execute(sql, tuple(params)).fetchall()
            finally:
                self.raw.text_factory = str

    def run(self, statements: Sequence[Statement], *, commit: bool) -> None:
        """Run statements in order, then commit if asked."""
        for sql, rows in statements:
            if len(rows) == 1:
                self.raw.execute(sql, tuple(rows[0]))
            else:
                self.raw.executemany(sql, [tuple(r) for r in rows])
        if commit:
            self.raw.execute("COMMIT")
            if self._ahead is not None and self._is_cut_off() and not self._ahead.cut_off(self.raw):
                raise ReplacedError("committed to a write-ahead log that nobody will find")

    def rollback(self) -> None:
        """End the transaction without a trace; some errors (a full disk) have ended it already."""
        self._tolerant = False
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")

    def table_names(self) -> set[str]:
        """Tables that exist."""
        return {name for (name,) in self.query("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def tolerate(self) -> None:
        """Bytes that are no UTF-8 come with escapes instead of an error; what has none costs no more than ever."""
        self._tolerant = True

    def triggers(self) -> dict[str, str]:
        """Triggers that exist; SQLite cannot disable one without dropping it."""
        rows = self.query("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {str(name): str(sql) for name, sql in rows}

    def lying_indexes(self) -> list[str]:
        """Whoever owns the file can hide an index from SQLite while he writes to its table."""
        return [str(place) for (place,) in self.query("PRAGMA integrity_check") if place != "ok"]

    def scrub(self, table: str) -> str | None:
        """Empty the write-ahead log; in the file itself `secure_delete` has zeroed what was overwritten.

        A reader with an open snapshot keeps the log as it is: we wait for him, and say so if he stays.
        """
        del table
        give_up = time.monotonic() + time_left(SCRUB_SECONDS)
        while True:
            ((busy, _, _),) = self.query("PRAGMA wal_checkpoint(TRUNCATE)")
            if not busy:
                return None
            if time.monotonic() > give_up:
                return "另有程序正在读日志，旧内容还留在预写日志（events.db-wal）里；请等它结束后用同一命令重做"
            time.sleep(SCRUB_EVERY)

    def reusable(self) -> bool:
        """Whether no transaction is open; whether it was replaced is asked when it is taken up again."""
        return not self.raw.in_transaction

    def close(self) -> None:
        """Close; never raises. What lost its write-ahead log is saved and left open (`eventlog/write_ahead.py`)."""
        if self._ahead is not None and self._is_cut_off():
            with contextlib.suppress(sqlite3.Error):
                self.rollback()
            self._ahead.cut_off(self.raw)
            return
        with contextlib.suppress(sqlite3.Error):
            self.raw.close()


def _with_escapes(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


class SqliteBackend(Backend):
    """A file. It is created by the migrations only, readable by its owner alone (WAL and SHM inherit the mode)."""

    one_writer_per_process = True
    clock_sql = "NULL"

    def __init__(self, path: Path) -> None:
        """Remember the file; nothing is opened yet."""
        self.path = path
        self.ahead = write_ahead_log_of(path)

    def beside(self, name: str) -> Path:
        """In the folder of the database."""
        return self.path.parent / name

    def missing(self) -> bool:
        """Whether the file is not there."""
        return not self.path.exists()

    def connect(self, *, create: bool = False) -> SqliteConnection:
        """A new connection; without `create` a missing file is an error, not an empty log."""
        if create:
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
                flush_folder(self.path.parent)
        try:
            return self._writable()
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if create or code not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN) or self.missing():
                raise
            return self._readable(error)

    def _opened(self, how: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{quote(str(self.path))}?{how}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,  # the pool hands a connection to one thread at a time
            cached_statements=128,
        )

    def _readable(self, trouble: sqlite3.OperationalError) -> SqliteConnection:
        """A copy nobody may write to, as it stands: it can be read and verified.

        What is still in its write-ahead log is read only where the index beside it can be used or made.
        """
        log = self.ahead.path
        ways = ["mode=ro"] if log.exists() and log.stat().st_size else ["mode=ro", "mode=ro&immutable=1"]
        for how in ways:
            raw = self._opened(how)
            try:
                raw.execute("SELECT count(*) FROM sqlite_master")
            except sqlite3.OperationalError:
                raw.close()
            else:
                return SqliteConnection(raw, self.path)
        raise trouble

    def _writable(self) -> SqliteConnection:
        self.ahead.check()
        raw = self._opened("mode=rw")
        try:
            raw.execute("PRAGMA journal_mode=WAL")
            raw.execute("PRAGMA synchronous=FULL")
            raw.execute("PRAGMA foreign_keys=ON")
            raw.execute("PRAGMA trusted_schema=OFF")
            raw.execute("PRAGMA secure_delete=ON")  # a destroyed key leaves no bytes in free pages
            raw.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from now on there is a write-ahead log
        except BaseException:
            raw.close()
            raise
        return SqliteConnection(raw, self.path, self.ahead)

    def driver_connection(self) -> Any:
        """The bare connection for the migrations; makes the file."""
        return self.connect(create=True).raw

    def around(self, driver: Any) -> SqliteConnection:
        """The migration's transaction holds the only writer's place already."""
        return SqliteConnection(driver, self.path)

    def lost(self, error: BaseException) -> bool:
        """Another file lies there by now."""
        return isinstance(error, ReplacedError)

    def when_cut_off(self, then: Callable[[], None]) -> None:
        """See `eventlog/write_ahead.py`."""
        self.ahead.when_cut_off = then

    def explain(self, error: BaseException) -> LogError | None:
        """Busy, full, read-only, missing, damaged; anything else is a fault of ours."""
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return LogUnreachable(_MESSAGES[sqlite3.SQLITE_CANTOPEN])
        if isinstance(error, PermissionError):
            return LogUnreachable(_MESSAGES[sqlite3.SQLITE_PERM])
        if isinstance(error, OSError):
            return LogUnreachable(_MESSAGES[sqlite3.SQLITE_IOERR])
        if isinstance(error, ReplacedError):
            return LogUnreachable(_REPLACED)
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if isinstance(error, sqlite3.IntegrityError):
            return LogDamaged(f"事件日志拒绝写入：{error}；请运行 xmh audit verify")
        if isinstance(error, sqlite3.Error) and code in _DAMAGED:
            return LogDamaged(f"{self.path.name} 不是完好的数据库文件；请从备份恢复")
        if isinstance(error, sqlite3.Error) and code in _MESSAGES:
            return unreachable(_MESSAGES[code])
        return None
