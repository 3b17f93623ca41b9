"""Temporal's own file in the home. It may be lost: every open matter is started again from the log."""

import sqlite3
import sys
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

TEMPORAL_FILE = "temporal.db"
LOOK_FOR = 3.0
"""Seconds for looking at a file of any size: what is not found by then the server may find itself."""
_STEPS = 10_000


def set_aside_damaged(home: Path) -> Path | None:
    """Move aside a file of Temporal's that it could not work on, and say so; where it went, None when it is sound.

    Nobody may have the file open: two servers on one file would ruin it, and a file moved under one as well.
    """
    file = home / TEMPORAL_FILE
    if not file.exists() or _sound(file):
        return None
    aside = home / f"{TEMPORAL_FILE}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    file.rename(aside)
    for ending in ("-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            (home / f"{TEMPORAL_FILE}{ending}").rename(f"{aside}{ending}")
    sys.stderr.write(f"Temporal 的数据文件已损坏，已移到 {aside}；未办结事项将按事件日志恢复，无须处理\n")
    return aside


def _sound(file: Path) -> bool:
    """Whether SQLite finds nothing wrong in the time given."""
    limit = time.monotonic() + LOOK_FOR
    try:
        with closing(sqlite3.connect(file, timeout=1)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > limit, _STEPS)
            verdict: tuple[str] = connection.execute("PRAGMA quick_check(1)").fetchone()
            return verdict == ("ok",)
    except sqlite3.OperationalError:
        return True  # out of time, or busy: no proof of anything
    except sqlite3.DatabaseError:
        return False
