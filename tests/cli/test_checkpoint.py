"""`xmh audit checkpoint`, and the log held against it on the command line."""

import json
from pathlib import Path

import pytest

from eventlog.database import Database
from services.checkpoint_keys import signing_key
from services.checkpoints import log_fingerprint
from services.checkpoints_left import leave_checkpoint
from settings import Settings
from tests.documents.quarter import play
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import OFFICE, opening
from tests.support.witness import serving_witness


def test_a_checkpoint_is_taken_kept_and_held_against_the_log(xmh: CommandLine, log: Database, tmp_path: Path) -> None:
    note = tmp_path / "检查点.txt"
    taken = xmh.json("audit", "checkpoint", "-o", note, actor="audit")
    assert (taken["file"], taken["note"]) == (str(note), note.read_text(encoding="utf-8"))
    act(log, "matter/later", opening(), OFFICE, at("2022-01-10"))
    held = xmh.json("audit", "verify", "--checkpoint", note, "--public-key", taken["public_key"])
    assert (held["ok"], held["checkpoints"]) == (True, [{"size": taken["size"], "root": taken["root"]}])
    assert "与1个检查点相符" in xmh("audit", "verify", "--checkpoint", note).out
    printed = str(log_fingerprint(log, taken["size"]))
    assert xmh.json("audit", "verify", "--fingerprint", printed)["fingerprints"] == [printed]
    assert "与1个印出的指纹相符" in xmh("audit", "verify", "--fingerprint", printed).out
    other = f"{printed[:-1]}{'0' if printed[-1] != '0' else '1'}"
    assert "与印出的指纹" in xmh("audit", "verify", "--fingerprint", other).out
    with log.writing() as transaction:
        # A whole log rewritten is played in tests/services/test_checkpoints.py; here one that lost its end.
        for table in ("events_no_delete",):
            transaction.run([(f"DROP TRIGGER {table}", [()])])
        transaction.commit([("DELETE FROM events WHERE position >= ?", [(taken["size"],)])])
    found = xmh.json("audit", "verify", "--checkpoint", note, code=1)
    assert "log_shorter" in {p["token"] for p in found["problems"]}


def test_the_wrong_ways_to_type_it_are_a_line_each(xmh: CommandLine, log: Database, tmp_path: Path) -> None:
    del log
    note = tmp_path / "检查点.txt"
    xmh.json("audit", "checkpoint", "-o", note)
    changed = tmp_path / "改过.txt"
    lines = note.read_text(encoding="utf-8").splitlines(keepends=True)
    changed.write_text("".join([lines[0], f"{int(lines[1]) + 1}\n", *lines[2:]]), encoding="utf-8")
    for words, code, said in (
        (("checkpoint", "-o", note), 2, "已存在"),
        (("checkpoint", "-o", tmp_path / "没有" / "x.txt"), 2, "目录不存在"),
        (("verify", "--checkpoint", tmp_path / "没有.txt"), 4, "找不到文件"),
        (("verify", "--checkpoint", Path(__file__)), 2, "不是 xmh 的检查点文件"),
        (("verify", "--checkpoint", changed), 2, "签名不是"),
        (("verify", "--checkpoint", note, "--public-key", "x"), 2, "不是公钥"),
        (("verify", "--checkpoint", note, "--matter", "1"), 2, "整本日志"),
        (("verify", "--fingerprint", "5193-3F2A", "--matter", "1"), 2, "整本日志"),
        (("verify", "--fingerprint", "5193-3F2A"), 2, "请照版记抄写"),
        (("verify", "--fingerprint", "5193-3F2A", "--since", note), 2, "请去掉 --fingerprint"),
    ):
        refused = xmh("audit", *words)
        assert (refused.code, said in refused.error) == (code, True), (words, refused)
        assert refused.error.count("\n") <= 1
    refused = xmh("audit", "checkpoint", actor="li")
    assert (refused.code, "由办公室" in refused.error) == (3, True)


def test_what_is_new_since_a_checkpoint_is_verified_alone(xmh: CommandLine, log: Database, tmp_path: Path) -> None:
    note, later = tmp_path / "检查点.txt", tmp_path / "后来.txt"
    taken = xmh.json("audit", "checkpoint", "-o", note)
    act(log, "matter/new", opening(), OFFICE, at("2022-01-10"))
    found = xmh.json("audit", "verify", "--since", note)
    assert (found["ok"], found["since"], found["streams"]) == (True, taken["size"], 2)
    assert found["size"] == taken["size"] + found["events"]
    assert "此前的记录、附件、密钥和通知没有重核" in xmh("audit", "verify", "--since", note).out
    newest = xmh.json("audit", "checkpoint", "-o", later)
    assert newest["root"] == found["root"]
    assert xmh.json("audit", "verify", "--since", note, "--checkpoint", later)["ok"]
    with log.writing() as transaction:
        transaction.commit([("UPDATE matters SET title = 'x' WHERE stream = 'matter/new'", [()])])
    wrong = xmh.json("audit", "verify", "--since", note, code=1)
    assert "read_model_differs" in {p["token"] for p in wrong["problems"]}
    assert xmh("audit", "verify", "--since", note, "--matter", "1").code == 2


def test_at_each_issue_a_checkpoint_is_left_elsewhere(
    xmh: CommandLine, log: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "审计"
    elsewhere.mkdir()
    play(log)
    monkeypatch.setenv("XMH_CHECKPOINT_FOLDER", str(elsewhere))
    span = ("--from", "2022-01-01", "--to", "2022-03-31")
    draft = xmh.json("briefing", "draft", *span)["draft"]
    note = Path(xmh.json("briefing", "issue", draft, "--sign", "leader")["checkpoint"])
    assert [note] == [*elsewhere.iterdir()]
    assert xmh.json("audit", "verify", "--checkpoint", note)["ok"]
    settings = Settings(home=xmh.home)
    assert leave_checkpoint(settings, log, at("2022-04-01")) is None, "nothing happened since"
    note.unlink()
    elsewhere.rmdir()
    act(log, "matter/later", opening("编制竖向规划"), OFFICE, at("2022-04-01"))
    again = xmh.json("briefing", "issue", draft, "--sign", "leader")
    assert "检查点没有留存" in again["advice"][-1], "what was issued stays issued"


def test_a_witness_signs_what_is_issued_and_who_does_not_is_told(
    xmh: CommandLine, log: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_witness(signing_key(xmh.home, log.headquarters).public) as witness:
        known = [{"url": witness.url, "key": witness.key}]
        monkeypatch.setenv("XMH_WITNESSES", json.dumps({"servers": known, "timestamps": "http://127.0.0.1:9/tsa"}))
        taken = xmh.json("audit", "checkpoint", "-o", tmp_path / "检查点.txt")
        assert taken["witnesses"] == [witness.name]
        assert "检查点没有留存：时间戳：连不上" in taken["advice"][0]
        assert f"— {witness.name} " in (tmp_path / "检查点.txt").read_text(encoding="utf-8")
        act(log, "matter/later", opening(), OFFICE, at("2022-01-10"))
        assert f"检查点已由{witness.name}见证" in xmh("audit", "checkpoint").out
        assert xmh.json("audit", "verify", "--checkpoint", tmp_path / "检查点.txt")["ok"]
    monkeypatch.setenv("XMH_WITNESSES", json.dumps({"servers": [{"url": witness.url, "key": "x+y+z"}]}))
    refused = xmh("audit", "checkpoint")
    assert (refused.code, refused.error.count("\n")) == (2, 0)
    assert "不是见证方的公钥" in refused.error
    monkeypatch.setenv("XMH_WITNESSES", json.dumps({"timestamps": "ftp://tsa.example.cn"}))
    assert "应为 http:// 或 https:// 开头的地址" in xmh("audit", "checkpoint").error
