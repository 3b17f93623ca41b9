"""Attachments are facts: kept whole under their digest, listed, given back as they came, and verified."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine

JPEG = b"\xff\xd8\xff\xe0"
OPEN = ("task", "open", "--title", "泵站检修", "--basis", "会议", "--lead", "gengxin", "--due", "2099-03-31")
REPORT = ("task", "report", "泵站检修", "--text", "完成一半", "--progress", "50")
CLOSE = ("task", "close", "泵站检修", "--text", "全部完成", "--over-unfinished", "余下转日常")


@pytest.fixture
def accepted(service: None, xmh: CommandLine) -> CommandLine:
    """A matter in progress."""
    xmh.json(*OPEN)
    xmh.json("task", "accept", "泵站检修", actor="li")
    return xmh


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "现场照片.jpg"
    path.write_bytes(JPEG + os.urandom(300_000 - len(JPEG)))
    return path


def kept(xmh: CommandLine, path: Path) -> Path:
    return xmh.home / "files" / hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_was_attached_is_listed_and_comes_out_again(
    accepted: CommandLine, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = tmp_path / "验收单.pdf"
    proof.write_bytes(b"%PDF-1.4 signed")
    accepted.json(*REPORT, "--attach", photo, actor="li")
    accepted.json(*CLOSE, "--evidence", proof, actor="head")
    listed = accepted.json("task", "file", "泵站检修")["files"]
    assert [(f["no"], f["name"], f["size"], f["label"]) for f in listed] == [
        (1, "现场照片.jpg", 300_000, "反馈"),
        (2, "验收单.pdf", 15, "办结申请"),
    ]
    assert "验收单.pdf" in accepted("task", "file", "泵站检修").out
    out = tmp_path / "取出.pdf"
    accepted.json("task", "file", "泵站检修", "2", "-o", out)
    assert out.read_bytes() == proof.read_bytes()
    shown = accepted.json("task", "show", "泵站检修")["files"]
    assert [f["name"] for f in shown] == ["现场照片.jpg", "验收单.pdf"]
    assert "2. 验收单.pdf  办结申请" in accepted("task", "show", "泵站检修").out
    assert accepted.json("audit", "verify")["problems"] == []
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert accepted("task", "file", "泵站检修", "1").code == 0
    assert (here / "现场照片.jpg").read_bytes() == photo.read_bytes()
    assert accepted("task", "file", "泵站检修", "1").code == 2, "nothing is overwritten unasked"
    assert accepted("task", "file", "泵站检修", "3").code == 4


def test_a_kept_file_is_private_and_nothing_else_is_left(accepted: CommandLine, photo: Path) -> None:
    accepted.json(*REPORT, "--attach", photo, actor="li")
    folder = accepted.home / "files"
    assert [p.name for p in folder.iterdir()] == [kept(accepted, photo).name]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept(accepted, photo).stat().st_mode) == 0o600


def test_two_matters_files_that_changed_places_are_both_named(accepted: CommandLine, photo: Path) -> None:
    second = photo.with_name("另一张.jpg")
    second.write_bytes(JPEG + b"another")
    accepted.json(*REPORT, "--attach", photo, actor="li")
    other = accepted.json(*("道路照明" if word == "泵站检修" else word for word in OPEN))["matter"]
    accepted.json("task", "accept", other, actor="li")
    accepted.json("task", "report", other, "--text", "已完成", "--progress", "20", "--attach", second, actor="li")
    one, two = kept(accepted, photo), kept(accepted, second)
    before, after = one.read_bytes(), two.read_bytes()
    one.write_bytes(after)
    two.write_bytes(before)
    problems = accepted.json("audit", "verify", code=1)["problems"]
    assert [p["token"] for p in problems] == ["attachment_altered", "attachment_altered"]
    assert len({p["stream"] for p in problems}) == 2


def test_a_missing_and_an_altered_file_are_named_and_not_given_out(
    accepted: CommandLine, photo: Path, tmp_path: Path
) -> None:
    other = tmp_path / "说明.pdf"
    other.write_text("%PDF-1.4 说明")
    accepted.json(*REPORT, "--attach", photo, "--attach", other, actor="li")
    kept(accepted, photo).unlink()
    kept(accepted, other).write_text("改过的说明")
    verified = accepted.json("audit", "verify", code=1)
    assert [p["token"] for p in verified["problems"]] == ["attachment_missing", "attachment_altered"]
    assert "现场照片.jpg" in verified["problems"][0]["message"]
    assert [p["token"] for p in accepted.json("audit", "verify", "--matter", "泵站检修", code=1)["problems"]] == [
        "attachment_missing",
        "attachment_altered",
    ]
    for no, said in (("1", "不在数据目录中"), ("2", "已被改动")):
        refused = accepted("task", "file", "泵站检修", no, "-o", tmp_path / "x")
        assert refused.code == 4
        assert said in refused.error
        assert not (tmp_path / "x").exists()


def test_a_wrong_file_under_a_digest_is_replaced(accepted: CommandLine, photo: Path) -> None:
    (accepted.home / "files").mkdir()
    kept(accepted, photo).write_bytes(b"half of it")
    accepted.json(*REPORT, "--attach", photo, actor="li")
    assert kept(accepted, photo).read_bytes() == photo.read_bytes()


def hostile(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "target").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "fifo")
    with (tmp_path / "large").open("wb") as large:
        large.truncate(200 * 1024 * 1024)
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(3 * 1024 * 1024 * 1024)
    (tmp_path / "empty").touch()
    return {
        "是符号链接": tmp_path / "link",
        "是管道": tmp_path / "fifo",
        "是文件夹": tmp_path,
        "是设备": Path("/dev/zero"),
        "超过 50 MB": tmp_path / "large",
        "large": tmp_path / "large",
        "超过": tmp_path / "huge",
        "空文件": tmp_path / "empty",
        "找不到文件": tmp_path / "nowhere",
    }


def test_what_is_no_file_is_one_line_and_leaves_nothing(accepted: CommandLine, tmp_path: Path) -> None:
    for said, path in hostile(tmp_path).items():
        refused = accepted(*REPORT, "--attach", path, actor="li")
        assert refused.code == (4 if said == "找不到文件" else 2), path
        assert said in refused.error
    assert not list((accepted.home / "files").glob("*")) if (accepted.home / "files").exists() else True
    assert accepted.json("task", "show", "泵站检修")["progress"] == 0


def test_nothing_is_written_into_what_is_no_file(accepted: CommandLine, photo: Path, tmp_path: Path) -> None:
    accepted.json(*REPORT, "--attach", photo, actor="li")
    fifo = tmp_path / "out.jpg"
    os.mkfifo(fifo)
    for out in (fifo, tmp_path, Path("/dev/full"), tmp_path / "no" / "where.jpg"):
        refused = accepted("task", "file", "泵站检修", "1", "-o", out)
        assert refused.code == 2
        assert refused.error
