"""`xmh upgrade --check` says what stands against an upgrade; tables never change under a worker."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.base import Refusal
from eventlog.database import Database
from eventlog.presence import ServingKind
from eventlog.schema import HEAD, REVISIONS, SchemaState
from services.presence import LOST_AFTER
from services.upgrading import UpgradeCheck, check_old_workers, check_upgrade
from settings import Settings
from tests.eventlog.sample import Asker, raw
from tests.services.test_presence import NOW, seen

LATER = NOW + LOST_AFTER + timedelta(seconds=1)


@pytest.fixture
def log(database: Database) -> Database:
    asker = Asker(database)
    asker.seat_office()
    asker.open("a")
    return database


def checked(log: Database, now: datetime = NOW) -> UpgradeCheck:
    return asyncio.run(check_upgrade(Settings(database_url=log.url, temporal_address=None), now))


def behind(log: Database, steps: int = 2) -> None:
    """A log two builds old, as far as can be told from outside."""
    raw(log, f"UPDATE alembic_version SET version_num = '{REVISIONS[-1 - steps]}'")


def test_with_the_same_tables_one_machine_after_the_other_is_changed(log: Database) -> None:
    seen(log, "a")
    check = checked(log)
    assert (check.ok, check.rolling, check.steps, check.revision) == (True, True, 0, HEAD)
    assert [one.id for one in check.serving] == ["a"]
    assert any("没有备份" in line for line in check.advice)
    check_old_workers(log.url, NOW)


def test_tables_are_not_changed_under_a_worker_that_lives(log: Database) -> None:
    seen(log, "a")
    seen(log, "b", kind=ServingKind.WEB)
    behind(log)
    check = checked(log)
    assert (check.ok, check.rolling, check.steps) == (False, False, 2)
    [trouble] = check.troubles
    assert "host-b 的网页（进程 7）、host-a 的办理进程（进程 7）仍在运行" in trouble
    with pytest.raises(Refusal) as refused:
        check_old_workers(log.url, NOW)
    assert (refused.value.code, refused.value.message) == ("running", trouble)
    assert checked(log, LATER).ok, "who was killed is not waited for longer than that"
    check_old_workers(log.url, LATER)


def test_an_older_build_does_not_take_over(log: Database) -> None:
    raw(log, "UPDATE alembic_version SET version_num = '9999'")
    check = checked(log)
    assert (check.state, check.ok) == (SchemaState.NEWER, False)
    assert "不能用旧版本接管" in check.troubles[0]


def test_a_log_of_before_processes_said_that_they_serve_is_read_all_the_same(log: Database) -> None:
    raw(log, "DROP TABLE processes")
    behind(log)
    assert (checked(log).ok, checked(log).serving) == (True, ())


def test_without_a_log_there_is_nothing_to_upgrade(log: Database, tmp_path) -> None:  # type: ignore[no-untyped-def]
    del log
    with pytest.raises(Refusal, match="尚未建立"):
        asyncio.run(check_upgrade(Settings(home=tmp_path / "new"), datetime.now(UTC)))
