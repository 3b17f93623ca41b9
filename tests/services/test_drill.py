"""`xmh drill`: a backup is had back, looked through and thrown away, and the log says that it was."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from domain import commands as c
from domain.event import decode
from domain.operations import BackupTried
from eventlog import reading
from eventlog.attachments import keep_attachment
from eventlog.database import Database
from eventlog.secrets import ensure_key
from services.backup.taking import back_up
from services.doctor.log import DRILLED_WITHIN, drill_noticed
from settings import Settings
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import founded_home, home, log
from tests.support.office import LIAISON, OFFICE, founded, opening, sqlite

__all__ = ["founded_home", "home", "log"]
NOW = datetime.now(UTC)


def furnish(home: Path, log: Database) -> str:
    """A matter with an attachment, by its digest."""
    stream, due = f"matter/{uuid4().hex[:12]}", (NOW + timedelta(days=60)).date()
    act(log, stream, opening("整治一号地块", due=due), OFFICE, NOW)
    act(log, stream, c.AcceptReceipt(), LIAISON, datetime.now(UTC))
    kept = keep_attachment(home, [b"evidence"], "凭据.pdf")
    report = c.SubmitFeedback(text="进展", progress=10, attachments=(kept,))
    act(log, stream, report, LIAISON, datetime.now(UTC))
    return kept.sha256


def drills(log: Database) -> list[BackupTried]:
    return [event for e in reading.read_all(log) if isinstance(event := decode(e), BackupTried)]


def test_a_whole_backup_is_had_back_and_nothing_of_the_trial_remains(
    home: Path, log: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    furnish(home, log)
    back_up(Settings(home=home), tmp_path / "a.zip", OFFICE)
    (tmp_path / "trials").mkdir()
    before = sorted(home.rglob("*"))
    xmh = CommandLine(home, capsys)
    late = NOW + DRILLED_WITHIN + timedelta(milliseconds=1)
    assert [f.code for f in drill_noticed(log, late)] == ["drill_due"]
    done = xmh.json("drill", str(tmp_path / "a.zip"), "--in", str(tmp_path / "trials"))
    (tried,) = drills(log)
    assert (done["ok"], done["matters"], done["position"]) == (True, 1, tried.position)
    assert list((tmp_path / "trials").iterdir()) == []
    assert sorted(home.rglob("*")) == before
    assert [f.code for f in drill_noticed(log, late)] == []
    shown = xmh("audit", "operations", "--as", "office").out
    assert "备份演练" in shown


def test_files_that_are_not_in_it_make_no_good_drill(
    home: Path, log: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "files" / furnish(home, log)).unlink()
    back_up(Settings(home=home), tmp_path / "a.zip", OFFICE)
    said = CommandLine(home, capsys)("drill", str(tmp_path / "a.zip"))
    assert (said.code, "凭据.pdf" in said.out, "不算一次合格的演练" in said.out) == (1, True, True)
    assert [one.lacking for one in drills(log)] == [1]
    assert [f.code for f in drill_noticed(log, NOW + 2 * DRILLED_WITHIN)] == ["drill_due"]


def test_the_copy_of_the_master_key_that_is_kept_apart_is_tried_too(
    home: Path, log: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    furnish(home, log)
    ensure_key(log, "matter/secret")
    back_up(Settings(home=home), tmp_path / "a.zip", OFFICE)
    kept, other = tmp_path / "kept.key", tmp_path / "other.key"
    shutil.copy(home / "master.key", kept)
    other.write_text("ab" * 32, encoding="ascii")
    xmh, file = CommandLine(home, capsys), str(tmp_path / "a.zip")
    (home / "master.key").rename(tmp_path / "lost.key")
    assert xmh.json("drill", file, code=1)["locked"] == 1
    assert xmh.json("drill", file, "--master-key", str(other), code=1)["locked"] == 1
    assert xmh.json("drill", file, "--master-key", str(kept))["ok"]
    assert "另外保管的那份没有试" not in xmh("drill", file, "--master-key", str(kept)).out
    (tmp_path / "lost.key").rename(home / "master.key")
    assert "另外保管的那份没有试" in xmh("drill", file).out
    assert xmh.json("drill", file, "--master-key", str(tmp_path / "none"), code=4)["error"]["code"] == "not_found"


def test_a_backup_of_another_log_is_no_drill_of_this_one(
    home: Path, log: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    with founded(sqlite(tmp_path / "other")) as other:
        furnish(tmp_path / "other", other)
        back_up(Settings(home=tmp_path / "other"), tmp_path / "a.zip", OFFICE)
    said = CommandLine(home, capsys).json("drill", str(tmp_path / "a.zip"), code=2)
    assert (said["error"]["code"], "不是这本日志的备份" in said["error"]["message"]) == ("malformed", True)
    (tmp_path / "cut.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:-100])
    assert CommandLine(home, capsys).json("drill", str(tmp_path / "cut.zip"), code=2)["error"]["code"] == "malformed"
    assert drills(log) == []
