"""Of a large log a second process looks at what needs no state: what it comes upon, and what if it never answers."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from eventlog import second_process
from eventlog.database import Database
from eventlog.verify import Token, verify
from tests.eventlog.sample import Asker, is_sqlite, raw
from tests.eventlog.test_verify import ATTACKS, unprotect

BESIDE = {
    "nothing": "SELECT 1",
    **{name: ATTACKS[name][0] for name in ("edit a payload", "delete in the middle", "forget a command")},
    "take from the outbox": "DELETE FROM outbox WHERE position = 12",
    "other words": "INSERT INTO event_words (rowid, stream, pairs) VALUES (4096, 'matter/x', 'x')",
    "cells of another type": "UPDATE events SET payload = x'ff' WHERE position = 6",
}


@pytest.fixture
def log(database: Database) -> Database:
    asker = Asker(database)
    asker.seat_office()
    asker.open("a", notes=4)
    asker.open("b", notes=4)
    unprotect(database)
    return database


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every log is large."""
    monkeypatch.setattr(second_process, "WORTH_IT", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


@pytest.mark.parametrize("attack", BESIDE)
def test_two_processes_name_what_one_names(log: Database, attack: str, request: pytest.FixtureRequest) -> None:
    if "cells" in attack and not is_sqlite(log):
        pytest.skip("PostgreSQL holds no cells of another type")
    raw(log, BESIDE[attack])
    alone = verify(log)
    request.getfixturevalue("two_processes")
    assert verify(log) == alone


def test_the_second_process_does_its_part(log: Database, two_processes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    raw(log, BESIDE["other words"])
    monkeypatch.setattr(second_process, "row_findings", _refuses)
    monkeypatch.setattr(second_process, "RowChecks", _refuses)
    assert Token.READ_MODEL_DIFFERS in {problem.token for problem in verify(log).problems}
    assert Token.READ_MODEL_DIFFERS not in {problem.token for problem in verify(log, read_model=False).problems}


@pytest.mark.parametrize("program", ["/bin/false", "/bin/true", "/no/such/program"])
def test_what_gets_no_answer_is_looked_at_here(
    log: Database, program: str, two_processes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw(log, BESIDE["other words"], BESIDE["forget a command"])
    monkeypatch.setattr(sys, "executable", program)
    tokens = {problem.token for problem in verify(log).problems}
    assert tokens >= {Token.READ_MODEL_DIFFERS, Token.COMMAND_INDEX_DIFFERS}


def test_it_ends_with_who_asked(
    log: Database, two_processes: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody leaves off amid the log (Ctrl-C): nobody goes on reading."""
    pid = _slow(tmp_path, monkeypatch, "exec sleep 60")
    with pytest.raises(KeyboardInterrupt):
        verify(log, progress=_waits_for(pid))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_it_ends_when_who_asked_is_killed(log: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody is left to end it, and the system closes what it hears by."""
    slow = "import time; from eventlog import second_process as it; it.row_findings = lambda *_, **__: time.sleep(300)"
    _slow(tmp_path, monkeypatch, f"exec {sys.executable} -c '{slow}; it._run()'")
    order = second_process._Order(url=log.url, headquarters=log.headquarters, read_model=True)
    process = second_process._sent(order)
    assert process is not None
    with process.running:
        os.close(process.lifeline)
        try:
            assert process.running.wait(60) == 1
        finally:
            process.running.kill()


def test_it_is_not_waited_for_for_ever(
    log: Database, two_processes: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be stopped, or wait for a lock of who waits for the first, which no database can see."""
    raw(log, BESIDE["other words"], BESIDE["forget a command"])
    _slow(tmp_path, monkeypatch, "exec sleep 300")
    monkeypatch.setattr(second_process, "PATIENCE", 0.1)
    tokens = {problem.token for problem in verify(log).problems}
    assert tokens >= {Token.READ_MODEL_DIFFERS, Token.COMMAND_INDEX_DIFFERS}


def test_what_it_answers_is_read_in_any_locale(
    log: Database, two_processes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw(log, BESIDE["other words"])
    monkeypatch.setenv("PYTHONIOENCODING", "gb18030")
    monkeypatch.setattr(second_process, "row_findings", _refuses)
    assert Token.READ_MODEL_DIFFERS in {problem.token for problem in verify(log).problems}


def test_a_small_log_is_looked_at_by_one_process(log: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen", _refuses)
    assert verify(log).events == 12


def _refuses(*_: object, **__: object) -> NoReturn:
    raise AssertionError("this process does the other's part")


def _slow(folder: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> Path:
    """Where a second process that does this writes its number."""
    program, pid = folder / "slow", folder / "pid"
    program.write_text(f"#!/bin/sh\necho $$ > {pid}\n{command}\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    return pid


def _waits_for(file: Path) -> Callable[[int, int], None]:
    def moved(done: int, total: int) -> NoReturn:
        del done, total
        while not (file.exists() and file.read_text().strip()):
            time.sleep(0.01)
        raise KeyboardInterrupt

    return moved
