"""What `xmh backup` leaves lying about, leaves out, and says when it cannot: nothing silently."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.base import Refusal
from eventlog.database import Database
from eventlog.errors import LogError, LogUnreachable
from services.backup.archive import Manifest, unmoved, write_archive
from services.backup.restoring import restore
from services.backup.taking import back_up
from settings import Settings
from tests.support.homes import founded_home, home, log
from tests.support.office import OFFICE

__all__ = ["founded_home", "home", "log"]


@pytest.mark.parametrize("name", ["备份[1].zip", "备份*.zip", "b?.zip"])
def test_no_copy_of_the_log_is_left_whatever_the_file_is_called(
    home: Path, log: Database, tmp_path: Path, name: str
) -> None:
    del log
    back_up(Settings(home=home), tmp_path / name, OFFICE)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["home", name])


def test_a_file_that_cannot_be_read_is_named_and_one_gone_meanwhile_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    listed = [("drafts/a", tmp_path / "a.txt"), ("drafts/gone", tmp_path / "gone")]
    empty = Manifest(taken_at=datetime.now(UTC), headquarters="XMH", position=0, hash="")
    kept = write_archive(tmp_path / "a.zip", empty, listed, unmoved)
    assert [one.path for one in kept.files] == ["drafts/a"]
    with pytest.raises(Refusal) as refused:
        write_archive(tmp_path / "b.zip", empty, [("drafts/x", tmp_path)], unmoved)
    assert refused.value.message == f"{tmp_path} 读不出来（这是一个目录），没有备份成"


def test_links_are_not_followed_and_are_named(home: Path, log: Database, tmp_path: Path) -> None:
    del log
    (home / "documents" / "简报").mkdir(parents=True)
    (tmp_path / "papers").mkdir()
    (home / "documents" / "会议纪要").symlink_to(tmp_path / "papers")
    (home / "xmh.toml").symlink_to(tmp_path / "papers" / "xmh.toml")
    taken = back_up(Settings(home=home), tmp_path / "b.zip", OFFICE)
    assert taken.left_out == ("documents/会议纪要", "xmh.toml")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for some pages."""
    disk = tmp_path / "disk"
    disk.mkdir()
    how = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(how, capture_output=True, check=False).returncode != 0:
        pytest.skip("only who may mount has a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_said_and_nothing_is_left_on_it(home: Path, log: Database, tiny_disk: Path) -> None:
    del log
    with pytest.raises((LogUnreachable, Refusal), match="磁盘"):
        back_up(Settings(home=home), tiny_disk / "b.zip", OFFICE)
    assert list(tiny_disk.iterdir()) == []


def test_a_backup_that_could_not_be_put_on_record_is_told_as_one_that_is_there(
    home: Path, log: Database, tmp_path: Path
) -> None:
    log.close()
    shutil.copy(home / "events.db", tmp_path / "older.db")
    back_up(Settings(home=home), tmp_path / "a.zip", OFFICE)
    for kept in home.glob("events.db*"):
        kept.unlink()
    shutil.copy(tmp_path / "older.db", home / "events.db")
    with pytest.raises(LogError) as refused:
        back_up(Settings(home=home), tmp_path / "b.zip", OFFICE)
    assert refused.value.code == "log_restored"
    assert refused.value.message.startswith(f"备份已写到 {tmp_path / 'b.zip'}，核验通过，但没有记入日志：")
    assert restore(Settings(home=tmp_path / "restored"), tmp_path / "b.zip", {}).files
