"""A home on a disk that was made read-only: it is read and backed up, and whatever would write says why it does not."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventlog.database import Database
from tests.documents.quarter import play
from tests.support.command_line import CommandLine
from tests.support.homes import founded_home, home, log

__all__ = ["founded_home", "home", "log"]


@pytest.fixture
def xmh(home: Path, log: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[CommandLine]:
    """On a quarter's log whose disk takes nothing more."""
    play(log)
    log.close()
    place = tmp_path / "readonly"
    place.mkdir()
    for how in (("--bind", str(home), str(place)), ("-o", "remount,bind,ro", str(place))):
        if subprocess.run(["mount", *how], capture_output=True, check=False).returncode != 0:
            pytest.skip("only who may mount has a disk that is read-only")
    yield CommandLine(place, capsys)
    subprocess.run(["umount", place], check=True)


def test_it_is_read_verified_and_backed_up(xmh: CommandLine, tmp_path: Path) -> None:
    assert xmh.json("task", "list")["matters"]
    assert xmh.json("audit", "verify")["ok"]
    saved = xmh("backup", tmp_path / "备份.zip")
    assert (saved.code, "核验通过，但没有记入日志" in saved.error, "只读" in saved.error) == (5, True, True)
    assert (tmp_path / "备份.zip").is_file()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("briefing", "draft", "--from", "2022-01-01", "--to", "2022-03-31"), 5),
        (("calendar", "override", "2027-03-03", "--off", "--reason", "台风"), 5),
        (("access", "open", "office"), 5),
        (("task", "list", "--light", "红", "--save", "红灯"), 2),
        (("audit", "checkpoint"), 2),
        (("up", "--detach", "--no-web"), 2),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else None,
)
def test_what_would_write_says_in_one_line_that_it_cannot(xmh: CommandLine, words: tuple[str, ...], code: int) -> None:
    refused = xmh(*words)
    assert (refused.code, "只读" in refused.error) == (code, True), refused


def test_doctor_names_it_with_what_to_do(xmh: CommandLine) -> None:
    (found,) = [one for one in xmh.json("doctor", code=1)["problems"] if one["code"] == "home_unwritable"]
    assert "只读" in found["message"]
    assert "xmh backup" in found["remedy"]
