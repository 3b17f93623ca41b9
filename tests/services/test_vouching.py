"""The key of a home: made, changed, and never given up for one the log does not know."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.base import Refusal
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogError
from eventlog.proofs import demands_proofs, vouching_keys
from services.backup.taking import back_up
from services.vouching import KEY_FILE, require_proofs, vouch_key
from settings import Settings
from tests.support.office import OFFICE, founded, sqlite


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def log(home: Path) -> Iterator[Database]:
    with founded(sqlite(home)) as database:
        yield database


def required(log: Database, home: Path, *, rotate: bool = False) -> str:
    return require_proofs(log, home, OFFICE, datetime.now(UTC), rotate=rotate).name


def test_a_rotation_the_database_refuses_leaves_the_home_its_key(log: Database, home: Path) -> None:
    name = required(log, home)
    with closing(sqlite3.connect(home / "events.db")) as database:
        database.execute("CREATE TRIGGER t BEFORE INSERT ON signing_keys BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(LogError):
        required(log, home, rotate=True)
    key = vouch_key(home)
    assert key is not None
    assert key.name == name, "what the services sign by still holds"
    assert [path.name for path in home.glob(f"{KEY_FILE}*")] == [KEY_FILE]


@pytest.mark.parametrize("left", ["nothing", "half of it", "another home's", "the one before"])
def test_a_machine_without_the_key_ends_nobody_elses_unless_told_to(
    log: Database, home: Path, tmp_path: Path, left: str
) -> None:
    first = required(log, home)
    shutil.copy(home / KEY_FILE, tmp_path / "before.key")
    name = required(log, home, rotate=True) if left == "the one before" else first
    here = tmp_path / "another"
    here.mkdir()
    if left != "nothing":
        said = {"half of it": "3f5", "another home's": "ab" * 32}.get(left, (tmp_path / "before.key").read_text())
        (here / KEY_FILE).write_text(said)
    with pytest.raises(Refusal) as refusal:
        required(log, here)
    assert (refusal.value.code, "--rotate" in refusal.value.message) == ("vouch_key_missing", True)
    assert [key.name for key in vouching_keys(log) if key.until is None] == [name]
    changed = required(log, here, rotate=True)
    assert [key.name for key in vouching_keys(log) if key.until is None] == [changed]
    assert required(log, here) == changed


def test_a_home_whose_log_demands_proofs_is_backed_up_as_ever(log: Database, home: Path, tmp_path: Path) -> None:
    required(log, home)
    back_up(Settings(home=home), tmp_path / "备份.zip", OFFICE)
    (taken,) = [event for event in reading.read_all(log) if event.type == "BackupTaken"]
    assert taken.proven is not None
    (home / KEY_FILE).unlink()
    with pytest.raises(Refusal, match="备份已写到"):
        back_up(Settings(home=home), tmp_path / "再备份.zip", OFFICE)
    assert (tmp_path / "再备份.zip").exists()


def test_changing_a_key_that_is_not_in_use_does_not_begin_to_demand_proofs(log: Database, home: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        required(log, home, rotate=True)
    assert refusal.value.code == "proofs_not_required"
    assert (demands_proofs(log), list(home.glob(f"{KEY_FILE}*"))) == (False, [])
