"""The write-ahead log beside an SQLite file (`-wal`), and what becomes of us when somebody deletes it under us.

It looks like a left-over, and whoever tidies up deletes it. SQLite notices nothing: who has it open writes on into a
file that has no name any more, who comes later begins another one, and what was acknowledged is gone with the last
process that had the first one open. So every connection looks whether the file it writes to is still the one that lies
there: before it writes, after it commits and before it says so. As long as it is open the nameless one is whole, and
all of it can be brought into the database itself.
"""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from eventlog.patience import time_left

SAVED_WITHIN, _LOOK_EVERY = 2.5, 0.05
"""Seconds: a worker uses the log every second, and saves what a deleted write-ahead log holds."""


class ReplacedError(sqlite3.OperationalError):
    """What was opened is not what lies there any more."""


def file_at(path: Path | None) -> tuple[int, int] | None:
    """Which file lies there, by device and inode; None when there is none."""
    try:
        stat = path.stat() if path else None
    except OSError:
        return None
    return (stat.st_dev, stat.st_ino) if stat else None


class WriteAheadLog:
    """That of one database, for all connections of this process."""

    def __init__(self, database: Path) -> None:
        """Nothing is opened; SQLite makes the file at a connection's first read and keeps it while one is open."""
        self.path = database.with_name(f"{database.name}-wal")
        self._index = database.with_name(f"{database.name}-shm")
        self._cut_off = False
        self._left_open: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self.when_cut_off: Callable[[], None] = lambda: None
        """What a service does then: it ends, and whoever watches it starts it again. A process that has the deleted one
        open cannot open another: SQLite shares the index among the connections of a process."""

    def check(self) -> None:
        """Before a connection is opened: this process still may, and nobody is about to save a deleted one.

        Raises:
            ReplacedError: it may not.
        """
        if self._cut_off:
            raise ReplacedError("this process had the deleted write-ahead log open")
        # An index without its log: to begin a new one now would hide what the deleted one holds.
        give_up = time.monotonic() + time_left(SAVED_WITHIN)
        while self._index.exists() and not self.path.exists() and time.monotonic() < give_up:
            time.sleep(_LOOK_EVERY)

    def cut_off(self, connection: sqlite3.Connection) -> bool:
        """It was deleted under this connection: save what it holds; whether all of it is in the database now.

        The connection stays open until the process ends: who closes last tidies up, and would delete the write-ahead
        log that others have begun since.
        """
        with self._guard:
            saved = False
            with contextlib.suppress(sqlite3.Error, OSError):
                saved = self._saved(connection)
            self._left_open.append(connection)
            self._cut_off = True
        self.when_cut_off()
        return saved

    def _saved(self, connection: sqlite3.Connection) -> bool:
        """Not where another one is written to in its place: two of them over one file would ruin it.

        The index goes, which knows the pages of the deleted one, and so does an empty one in its place: whoever opened
        that has seen an older file, and opens it again.
        """
        if self._holds_something():
            return False
        ((busy, pages, moved),) = connection.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
        if busy or pages != moved or self._holds_something():
            return False
        for empty in (self._index, self.path):
            empty.unlink(missing_ok=True)
        return True

    def _holds_something(self) -> bool:
        try:
            return self.path.stat().st_size > 0
        except OSError:
            return False


_LOGS: dict[Path, WriteAheadLog] = {}


def write_ahead_log_of(database: Path) -> WriteAheadLog:
    """The one of this database in this process."""
    return _LOGS.setdefault(database.absolute(), WriteAheadLog(database.absolute()))
