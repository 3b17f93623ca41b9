"""Somebody tidies up and deletes the write-ahead log under everybody who writes: nothing acknowledged is lost."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogUnreachable
from tests.eventlog.sample import Asker
from tests.support.clock import open_log
from tests.support.served import ROOT

ENDINGS = (("-wal",), ("-wal", "-shm"))


@pytest.fixture
def log(new_sqlite: str) -> Iterator[Database]:
    """A log somebody has open, with facts that stand in the write-ahead log alone."""
    with open_log(new_sqlite) as log:
        asker = Asker(log)
        asker.seat_office()
        asker.open("a")
        yield log


def tidied(log: Database, endings: tuple[str, ...]) -> None:
    file = _file(log)
    for ending in endings:
        file.with_name(f"{file.name}{ending}").unlink()


def _file(log: Database) -> Path:
    return Path(log.url.removeprefix("sqlite:///"))


COUNTS = """
import sys
import tests.eventlog.sample
from eventlog import reading
from eventlog.verify import verify
from tests.support.clock import open_log
from tests.support.served import ROOT
with open_log(sys.argv[1]) as log:
    assert verify(log).problems == ()
    print(len(reading.read_all(log)))
"""


WRITES = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('CREATE TABLE another (it TEXT)')"
TABLES = """
import sqlite3, sys
print(*(name for (name,) in sqlite3.connect(sys.argv[1]).execute("SELECT name FROM sqlite_master")))
"""


def tables_a_newcomer_sees(log: Database) -> list[str]:
    command = [sys.executable, "-c", TABLES, str(_file(log))]
    printed: str = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return printed.split()


def as_a_newcomer_sees(log: Database) -> int:
    """How many events another process finds there; for it, the log verifies."""
    command = [sys.executable, "-c", COUNTS, log.url]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return int(subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=True).stdout)


both = pytest.mark.parametrize("endings", ENDINGS, ids=["alone", "with its index"])


@both
def test_what_was_recorded_before_is_there_as_soon_as_anybody_used_the_log(
    log: Database, endings: tuple[str, ...]
) -> None:
    before = len(reading.read_all(log))
    tidied(log, endings)
    with pytest.raises(LogUnreachable, match="预写日志"):
        reading.read_all(log)
    assert as_a_newcomer_sees(log) == before


@both
def test_what_is_asked_afterwards_is_not_recorded_and_not_acknowledged(log: Database, endings: tuple[str, ...]) -> None:
    before = len(reading.read_all(log))
    tidied(log, endings)
    with pytest.raises(LogUnreachable, match="预写日志"):
        Asker(log).open("b")
    assert as_a_newcomer_sees(log) == before


@both
def test_what_is_being_recorded_is_there_once_it_is_acknowledged(log: Database, endings: tuple[str, ...]) -> None:
    with log.writing() as transaction:
        transaction.run([("CREATE TABLE being_recorded (it TEXT)", [()])])
        tidied(log, endings)
        transaction.commit()
    assert "being_recorded" in tables_a_newcomer_sees(log)


def test_who_comes_before_it_was_saved_waits_for_it(log: Database) -> None:
    before = len(reading.read_all(log))
    tidied(log, ("-wal",))

    def looks() -> None:
        time.sleep(1.5)
        with suppress(LogUnreachable):
            reading.read_all(log)

    worker = threading.Thread(target=looks)
    worker.start()
    assert as_a_newcomer_sees(log) == before
    worker.join()


def test_nothing_is_acknowledged_that_another_write_ahead_log_hides(log: Database) -> None:
    """Whoever came in between has written to one of his own: his counts, and ours is said not to."""
    with pytest.raises(LogUnreachable, match="预写日志"), log.writing() as transaction:
        transaction.run([("CREATE TABLE hidden (it TEXT)", [()])])
        tidied(log, ("-wal", "-shm"))
        subprocess.run([sys.executable, "-c", WRITES, _file(log)], check=True)
        transaction.commit()
    tables = tables_a_newcomer_sees(log)
    assert "another" in tables
    assert "hidden" not in tables


def test_a_service_is_told_once_it_can_use_the_log_no_more(log: Database) -> None:
    ended: list[bool] = []
    log.backend.when_cut_off(lambda: ended.append(True))
    reading.read_all(log)
    assert ended == []
    tidied(log, ("-wal",))
    for _ in range(2):
        with pytest.raises(LogUnreachable):
            reading.read_all(log)
    assert ended == [True]
