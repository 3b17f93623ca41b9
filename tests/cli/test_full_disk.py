"""Output that finds the disk full: one line for the person, an exit code that is not 0, no traceback."""

import errno
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from documents.filing.cabinet import place_folder
from domain.base import Refusal
from eventlog.attachments import keep_attachment
from tests.support.command_line import CommandLine
from tests.support.served import ROOT, XMH, Home

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")


def said_to_a_full_disk(home: Path, *words: str, buffered: bool) -> subprocess.CompletedProcess[str]:
    env = {**Home(home).environment, "PYTHONUNBUFFERED": "" if buffered else "1"}
    with FULL.open("w") as full:
        return subprocess.run(
            [*XMH, *words], cwd=ROOT, env=env, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )


def test_a_full_disk_is_named_in_one_line(home: Path) -> None:
    done = said_to_a_full_disk(home, "org", "list", buffered=False)
    assert done.returncode == 5
    assert done.stderr == "错误：磁盘已满或超出配额，无法写入；请清理磁盘后重试\n"


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("buffered", [True, False])
def test_an_answer_lost_to_a_full_disk_is_no_success_and_no_crash(
    home: Path, form: tuple[str, ...], buffered: bool
) -> None:
    done = said_to_a_full_disk(home, "org", "list", *form, buffered=buffered)
    assert done.returncode in (1, 5)
    assert "Traceback" not in done.stderr


@pytest.fixture
def small_disk(home: Path, tmp_path: Path) -> Iterator[Path]:
    """The home on a disk of its own, with room for nothing more."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = sum(p.stat().st_size for p in home.rglob("*") if p.is_file()) + 1024 * 1024
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only who may mount has a small disk")
    try:
        shutil.copytree(home, disk / "home")
        with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))
        yield disk / "home"
    finally:
        subprocess.run(["umount", "--lazy", disk], check=False)


def test_a_disk_that_is_full_while_an_issue_is_filed_is_exit_5(
    small_disk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    xmh = CommandLine(small_disk, capsys)
    monkeypatch.setenv("XMH_HOME", str(small_disk))
    monkeypatch.setenv("XMH_ACTOR", "office")
    for words in (
        ("briefing", "draft", "--from", "2022-01-01", "--to", "2022-03-31"),
        ("paper", "circular", "--from", "2022-03-01", "--to", "2022-03-31", "--issue", "--sign", "leader", "--yes"),
        ("calendar", "override", "2099-03-31", "--off", "--reason", "台风"),
    ):
        said = xmh(*words)
        assert said.code in (3, 5), said
        assert said.code == 3 or "磁盘" in said.error, said
    assert xmh("briefing", "draft", "--from", "2022-01-01", "--to", "2022-03-31").code == 5


def test_papers_that_find_the_disk_full_are_not_told_as_a_bug(small_disk: Path) -> None:
    folder = small_disk / "documents" / "模板" / "52ea8fae1613fe6c"
    with pytest.raises(Refusal, match=r"磁盘已满.*没有编号") as refused:
        place_folder(folder, {"公文.docx": bytes(200_000)})
    assert refused.value.code == "disk_full"
    assert not any(path.is_file() for path in folder.parent.rglob("*"))


def test_a_disk_that_is_full_keeps_no_half_attachment(small_disk: Path, tmp_path: Path) -> None:
    photo = tmp_path / "照片.jpg"
    photo.write_bytes(bytes(200_000))
    with pytest.raises(OSError, match="No space left") as full:
        keep_attachment(small_disk, iter([photo.read_bytes()]), photo.name)
    assert full.value.errno == errno.ENOSPC
    assert not list((small_disk / "files").iterdir())
