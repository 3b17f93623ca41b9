"""What is done with a log is on record in it: brought forward, recovered; and what was not done is not."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.event import decode
from domain.operations import BackupTaken, RunsRecovered, SchemaMigrated
from eventlog import reading
from eventlog.backend import BUSY_SECONDS
from eventlog.database import Database
from eventlog.schema import HEAD
from eventlog.verify import verify
from services.backup.archive import LOG, Manifest, unmoved, write_archive
from services.backup.restoring import restore
from services.door_key import keep_door_key
from services.embedded.prepare import prepare_log
from services.operations_record import MOST_NAMED, record_migration, record_operation
from services.recovery import recover_runs
from settings import Settings
from tests.eventlog.earlier import BACK_TO_0009
from tests.eventlog.sample import Asker, raw
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import OFFICE, founded, opening, sqlite
from tests.support.temporal import DevServer


def an_older_builds(database: Database) -> None:
    """Leave the tables of 0009, and one event in them."""
    Asker(database).open()
    raw(database, *BACK_TO_0009)


def migrations(database: Database) -> list[SchemaMigrated]:
    return [event for one in reading.read_all(database) if isinstance(event := decode(one), SchemaMigrated)]


def test_tables_brought_forward_are_on_record_once(database: Database, tmp_path: Path) -> None:
    an_older_builds(database)
    settings = Settings(home=tmp_path / "home", database_url=database.url)
    settings.home.mkdir()
    for _ in range(2):
        prepare_log(settings)
    with open_log(database.url) as log:
        (migrated,) = migrations(log)
        assert (migrated.before, migrated.after) == ("0009", HEAD)
        assert "@" in migrated.by
        assert verify(log).ok


def test_a_new_log_was_not_brought_forward(tmp_path: Path) -> None:
    prepare_log(Settings(home=tmp_path))
    with open_log(sqlite(tmp_path)) as log:
        assert migrations(log) == []


def test_a_backup_of_an_older_build_is_restored_and_both_are_on_record(tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    founded(sqlite(before)).close()
    with open_log(sqlite(before)) as log:
        position, newest = reading.newest_event(log)[0], reading.read_all(log)[-1].hash
        raw(log, *BACK_TO_0009)
    file = tmp_path / "备份.zip"
    manifest = Manifest(taken_at=datetime.now(UTC), headquarters="XMH", position=position, hash=newest)
    write_archive(file, manifest, [(LOG, before / LOG)], unmoved)
    restore(Settings(home=tmp_path / "after"), file, {})
    with open_log(sqlite(tmp_path / "after")) as log:
        assert [event.type for event in reading.read_all(log)[position:]] == ["RestoredFromBackup", "SchemaMigrated"]


@pytest.mark.timeout(60)
async def test_what_was_recovered_is_on_record_and_a_look_is_not(
    dev_server: DevServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XMH_TASK_QUEUE", "recovered-by-hand")
    settings = Settings(home=tmp_path, temporal_address=dev_server.address)
    keep_door_key(settings)
    with founded(sqlite(tmp_path)) as log:
        act(log, "matter/lost-to-temporal", opening("编制竖向规划"), OFFICE, at("2022-03-07"))
        before = reading.newest_event(log)[0]
        assert (await recover_runs(settings, log, dry_run=True)).missing == ("matter/lost-to-temporal",)
        assert reading.newest_event(log)[0] == before
        await recover_runs(settings, log, dry_run=False)
        (recorded,) = reading.read_all(log)[before:]
        event = decode(recorded)
        assert isinstance(event, RunsRecovered)
        assert (event.missing, event.behind, event.ahead) == (1, 0, 0)
        assert (await recover_runs(settings, log, dry_run=False)).missing == ()
        assert reading.newest_event(log)[0] == recorded.position


@pytest.mark.parametrize(
    "host",
    ["a\nb", "a\x1b[2Jb", "\udcff", "\0", "\u202e主机", "x" * 100_000],
    ids=["line", "escape", "half", "nul", "bidi", "long"],
)
def test_whatever_the_machine_calls_itself_an_upgrade_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setattr("platform.node", lambda: host)
    with founded(sqlite(tmp_path)) as log:
        record_migration(log, tmp_path, "0009")
        (migrated,) = migrations(log)
    assert "@" in migrated.by
    assert migrated.by.isprintable()
    assert len(migrated.by) <= MOST_NAMED


def test_what_was_done_already_waits_its_turn_behind_who_writes_without_a_break(tmp_path: Path) -> None:
    taken = BackupTaken(file="b.zip", position=1, hash="0" * 64, sha256="1" * 64, size=9)
    with (
        founded(sqlite(tmp_path)) as log,
        closing(sqlite3.connect(tmp_path / "events.db", check_same_thread=False)) as raw,
    ):
        raw.execute("BEGIN IMMEDIATE")
        leaves = threading.Timer(2 * BUSY_SECONDS + 0.5, raw.rollback)
        leaves.start()
        record_operation(log, tmp_path, taken, command_id="backup:waits")
        leaves.join()
        assert reading.read_all(log)[-1].type == "BackupTaken"
