"""`xmh audit export` and `check` as they are typed."""

import zipfile
from pathlib import Path

import pytest

from eventlog.database import Database
from tests.documents.quarter import play
from tests.support.command_line import CommandLine


@pytest.fixture
def quarter(log: Database) -> Database:
    play(log)
    return log


def test_a_bundle_is_exported_checked_and_found_changed(
    quarter: Database, xmh: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, file = tmp_path / "检查点.txt", tmp_path / "证据.zip"
    key = xmh.json("audit", "checkpoint", "-o", note)["public_key"]
    note.write_bytes(b"\xef\xbb\xbf" + note.read_bytes().replace(b"\n", b"\r\n"))  # as it comes back by mail
    told = xmh.json("audit", "export", "3", "-o", file, "--checkpoint", note, actor="audit")
    assert (told["matter"], told["public_key"], told["file"]) == ("XMH-2022-003", key, str(file))
    assert [line for line in told["left_out"] if "Temporal" in line]
    assert "请与当时留存的核对" in xmh("audit", "check", file).out
    (xmh.home / "events.db").rename(tmp_path / "elsewhere.db")
    found = xmh.json("audit", "check", file, "--public-key", key, "--checkpoint", note)
    assert [one["events"] for one in found["checkpoints"]] == [found["events"]] * 2
    assert (found["ok"], found["matter"], found["version"], found["problems"]) == (
        *(True, "XMH-2022-003"),
        *(told["version"], []),
    )
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "folder")
    (tmp_path / "folder" / "checkpoints" / "1.txt").write_text("x", encoding="utf-8")
    assert xmh.json("audit", "check", tmp_path / "folder", code=1)["problems"]
    said = xmh("audit", "check", tmp_path / "folder")
    assert (said.code, said.out.startswith("核验未通过：发现")) == (1, True)


def test_the_wrong_ways_are_a_line_each(quarter: Database, xmh: CommandLine, tmp_path: Path) -> None:
    there = tmp_path / "在.zip"
    there.write_bytes(b"x")
    for words, actor, code, said in (
        (("export", "3", "-o", there), "office", 2, "不会覆盖"),
        (("export", "3", "-o", tmp_path / "没有" / "x.zip"), "office", 4, "没有目录"),
        (("export", "77", "-o", tmp_path / "x.zip"), "office", 4, "没有找到事项"),
        (("export", "3", "-o", tmp_path / "x.zip"), "li", 3, "由办公室、领导或审计员导出"),
        (("export", "3", "-o", tmp_path / "x.zip", "--checkpoint", there), "office", 2, "不是 xmh 的检查点"),
        (("check", tmp_path / "没有.zip"), "office", 4, "找不到文件"),
        (("check", there, "--public-key", "x"), "office", 2, "不是公钥"),
        (("verify", "--public-key", "x"), "office", 2, "--checkpoint"),
    ):
        refused = xmh("audit", *words, actor=actor)
        assert (refused.code, said in refused.error) == (code, True), (words, refused)
    assert xmh("audit", "check", there).code == 1


def test_how_the_log_was_kept_is_read_by_who_keeps_and_who_checks_it(
    quarter: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    xmh.json("backup", tmp_path / "备份.zip")
    xmh.json("audit", "export", "3", "-o", tmp_path / "证据.zip", actor="audit")
    events = xmh.json("audit", "operations", actor="audit")["events"]
    assert [(row["label"], row["by"]) for row in events] == [
        *(("备份", "office"), ("签发检查点", "system"), ("导出证据包", "audit")),
    ]
    assert events[2]["said"].startswith("XMH-2022-003 到第")
    said = xmh("audit", "operations").out
    assert [words for words in ("备份.zip，日志到第", "证据.zip", "督办员") if words not in said] == []
    assert xmh("audit", "operations", actor="li").code == 3
    assert "没有备份" in xmh("audit", "operations", "--until", "2021-01-01").out
