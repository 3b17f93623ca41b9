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
from eventlog.verify import Token, VerificationReport, verify
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
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.mark.parametrize("attack", BESIDE)
def test_two_processes_name_what_one_names(log: Database, attack: str, request: pytest.FixtureRequest) -> None:
    if "cells" in attack and not is_sqlite(log):
        pytest.skip("PostgreSQL holds no cells of another type")
    raw(log, BESIDE[attack])
    alone = verify(log)
    request.getfixturevalue("two_processes")
    assert _in_any_order(verify(log)) == _in_any_order(alone)


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
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    slow.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(slow))
    with pytest.raises(KeyboardInterrupt):
        verify(log, progress=_waits_for(tmp_path / "pid"))
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_small_log_is_looked_at_by_one_process(log: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen", _refuses)
    assert verify(log).events == 12


def _in_any_order(report: VerificationReport) -> VerificationReport:
    return report.model_copy(update={"problems": sorted(report.problems, key=repr)})


def _refuses(*_: object, **__: object) -> NoReturn:
    raise AssertionError("this process does the other's part")


def _waits_for(file: Path) -> Callable[[int, int], None]:
    def moved(done: int, total: int) -> NoReturn:
        del done, total
        while not (file.exists() and file.read_text().strip()):
            time.sleep(0.01)
        raise KeyboardInterrupt

    return moved
