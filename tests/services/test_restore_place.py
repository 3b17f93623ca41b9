"""Where `xmh restore` puts a home: whole or not at all, into that home's own log, and as the headquarters it was."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.base import Refusal
from domain.founding import Headquarters
from domain.terms import Urgency
from eventlog import notices, reading
from eventlog.configured import open_log
from eventlog.database import Database
from eventlog.verify import verify
from services.backup.restoring import restore
from services.backup.taking import back_up
from services.headquarters import further_headquarters, set_up
from settings import CONFIG_FILE, Settings
from tests.services.test_backup import backup, opened
from tests.support.homes import founded_home, home, log
from tests.support.office import OFFICE
from tests.support.postroom import PostRoom
from tests.support.streams import OPERATIONS_STREAM

__all__ = ["backup", "founded_home", "home", "log"]
LUOHU = Headquarters(code="LHQ", name="罗湖片区建设指挥部")


def test_a_restore_beside_a_log_configured_elsewhere_leaves_that_log_alone(
    home: Path, log: Database, backup: Path, tmp_path: Path
) -> None:
    opened(log, Urgency.EXTRA)
    PostRoom(log, home).spread(datetime.now(UTC) + timedelta(days=1))
    before = reading.stream_head(log, OPERATIONS_STREAM).version, len(notices.list_notices(log, pending=True))
    assert before[1]
    elsewhere = Settings(home=tmp_path / "restored", database_url=f"sqlite:///{home / 'events.db'}")
    with pytest.raises(Refusal, match="XMH_DATABASE_URL") as refused:
        restore(elsewhere, backup, {})
    assert refused.value.code == "malformed"
    assert (reading.stream_head(log, OPERATIONS_STREAM).version, len(notices.list_notices(log, pending=True))) == before
    assert not (tmp_path / "restored").exists()


def test_a_restore_that_fails_at_its_last_step_leaves_no_home(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="canonical JSON"):
        restore(Settings(home=tmp_path / "restored"), backup, {"matter/2026": 2**70})
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["home", backup.name])


def test_another_headquarters_is_restored_as_what_it_was(tmp_path: Path) -> None:
    theirs = Settings(home=tmp_path / "old", headquarters="LHQ")
    set_up(theirs, LUOHU)
    back_up(theirs, tmp_path / "罗湖.zip", OFFICE)
    there = Settings(home=tmp_path / "new", headquarters="LHQ")
    restore(there, tmp_path / "罗湖.zip", {})
    assert further_headquarters(tmp_path / "new") == (LUOHU,)


def test_the_first_headquarters_is_restored_around_the_others(backup: Path, tmp_path: Path) -> None:
    theirs = Settings(home=tmp_path / "new", headquarters="LHQ")
    set_up(theirs, LUOHU)
    back = restore(Settings(home=tmp_path / "new"), backup, {})
    for settings in (Settings(home=tmp_path / "new"), theirs):
        with open_log(settings) as restored:
            assert verify(restored).ok
    assert back.files > 1
    assert further_headquarters(tmp_path / "new") == (LUOHU,)
    names = {p.name for p in (tmp_path / "new").iterdir()}
    assert names == {"door.key", "events.db", "files", "headquarters", "temporal.key", "watermarks"}


def test_a_failed_restore_leaves_the_other_headquarters_as_they_were(backup: Path, tmp_path: Path) -> None:
    set_up(Settings(home=tmp_path / "new", headquarters="LHQ"), LUOHU)
    backup.write_bytes(backup.read_bytes()[:-100])
    with pytest.raises(Refusal):
        restore(Settings(home=tmp_path / "new"), backup, {})
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["headquarters"]
    assert further_headquarters(tmp_path / "new") == (LUOHU,)


def test_a_home_behind_a_link_is_restored_where_it_leads(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    restore(Settings(home=tmp_path / "link"), backup, {})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk" / "events.db").is_file()


def test_a_restored_configuration_that_leads_elsewhere_is_told(home: Path, log: Database, tmp_path: Path) -> None:
    (home / CONFIG_FILE).write_text(f'database_url = "sqlite:///{home}/events.db"\n', encoding="utf-8")
    back_up(Settings(home=home), tmp_path / "b.zip", OFFICE)
    back = restore(Settings(home=tmp_path / "restored"), tmp_path / "b.zip", {})
    assert back.leads_elsewhere == ("database_url",)


def test_a_backup_that_cannot_be_read_is_named_and_not_the_home(backup: Path, tmp_path: Path) -> None:
    del backup
    with pytest.raises(Refusal) as refused:
        restore(Settings(home=tmp_path / "restored"), tmp_path, {})
    assert refused.value.message == f"{tmp_path} 读不出来（这是一个目录），没有还原"
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match="不是目录"):
        restore(Settings(home=tmp_path / "file"), tmp_path / "b.zip", {})
