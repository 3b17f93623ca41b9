"""What `backup` and `restore` say to whoever keeps the service: keys that are there, numbers as they were typed."""

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine


def test_a_backup_names_the_master_key_only_where_there_is_one(xmh: CommandLine, home: Path, tmp_path: Path) -> None:
    assert "还没有主密钥" in xmh("backup", str(tmp_path / "一.zip")).out
    (home / "master.key").write_text("0" * 64, encoding="ascii")
    line = xmh("backup", str(tmp_path / "二.zip")).out.splitlines()[-1]
    assert line == f"密钥不在备份里，请把主密钥（{home.absolute() / 'master.key'}）另外保管在别处"


def test_numbers_that_are_passed_are_said_as_they_stand_on_paper(
    xmh: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    xmh("backup", str(tmp_path / "备份.zip"))
    past = ("--past", "XMH-2026-041", "--past", "XMH-2026-057", "--past", "催〔2026〕12号")
    said = CommandLine(tmp_path / "again", capsys)("restore", str(tmp_path / "备份.zip"), *past)
    assert "已跳过备份以后用过的编号，至 XMH-2026-057、催〔2026〕12号\n" in said.out
    assert "matter/" not in said.out


def test_what_to_start_next_names_the_home_that_was_restored(
    xmh: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    xmh("backup", str(tmp_path / "备份.zip"))
    here = CommandLine(tmp_path / "again", capsys)("restore", str(tmp_path / "备份.zip")).out.splitlines()[-1]
    assert f"xmh up --detach --home {tmp_path / 'again'}；" in here, "without it another, empty log would be begun"
    monkeypatch.setenv("XMH_TEMPORAL_ADDRESS", "temporal.example:7233")
    apart = CommandLine(tmp_path / "apart", capsys)("restore", str(tmp_path / "备份.zip")).out.splitlines()[-1]
    assert ("xmh up" in apart, "启动办理进程和网页" in apart) == (False, True)
