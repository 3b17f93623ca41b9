"""`xmh audit forget`: a leader decides that the sealed words of a matter are forgotten, and they are."""

import json
from pathlib import Path

import pytest

from domain import commands as c
from domain.event import decode
from domain.forgetting import SecretsForgotten
from eventlog import reading
from eventlog.database import Database
from eventlog.secrets import live_keys, seal_text
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import FOR_LEADER, OFFICE, opening
from tests.support.streams import SECRETS_STREAM

STREAM = "matter/secret"
WORDS = "此件不外传，抓紧办"
FORGET = ("audit", "forget", "1", "--reason", "人事变动，原件收回", "--by", "leader", "--paper", "香指办〔2022〕7号")


@pytest.fixture
def instructed(log: Database) -> Database:
    act(log, STREAM, opening(), OFFICE, at("2022-03-07"))
    words = seal_text(log, STREAM, WORDS)
    act(log, STREAM, c.RecordInstruction(leader="leader", text=words), FOR_LEADER, at("2022-03-08"))
    return log


def shown(xmh: CommandLine) -> str:
    return json.dumps(xmh.json("task", "show", "1"), ensure_ascii=False)


def test_what_is_forgotten_is_gone_and_who_decided_it_stays(xmh: CommandLine, instructed: Database) -> None:
    assert WORDS in shown(xmh)
    (key,) = live_keys(instructed, STREAM)
    done = xmh.json(*FORGET)
    assert done == {"matter": "XMH-2022-001", "keys": [key], "approver": "leader"}
    assert "密钥已销毁" in shown(xmh)
    assert WORDS not in shown(xmh)
    assert live_keys(instructed, STREAM) == ()
    (stored,) = reading.read_stream(instructed, SECRETS_STREAM)
    event = decode(stored)
    assert isinstance(event, SecretsForgotten)
    assert (event.keys, event.approver, event.paper) == ((key,), "leader", "香指办〔2022〕7号")
    assert xmh.json("audit", "verify")["ok"]
    assert xmh.json(*FORGET)["keys"] == []


@pytest.mark.parametrize(
    ("left_out", "code"), [("--reason", 2), ("--by", 2), ("--paper", 2)], ids=["reason", "leader", "paper"]
)
def test_it_needs_a_reason_a_leader_and_a_paper(
    xmh: CommandLine, instructed: Database, left_out: str, code: int
) -> None:
    at_ = FORGET.index(left_out)
    said = xmh(*FORGET[:at_], *FORGET[at_ + 2 :])
    assert said.code == code
    assert len(live_keys(instructed, STREAM)) == 1


@pytest.mark.parametrize("actor", ["audit", "li"])
def test_it_is_typed_by_the_office_and_decided_by_a_leader(xmh: CommandLine, instructed: Database, actor: str) -> None:
    assert xmh(*FORGET, actor=actor).code == 3
    nobody = [("head" if word == "leader" else word) for word in FORGET]
    assert xmh(*nobody).code == 3
    assert len(live_keys(instructed, STREAM)) == 1
    assert WORDS in shown(xmh)


def test_while_somebody_reads_the_log_it_says_that_bytes_remain_and_ends_them_when_asked_again(
    xmh: CommandLine, instructed: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventlog.sqlite.SCRUB_SECONDS", 0.5)
    with instructed.reading() as transaction:
        row = transaction.one("SELECT key FROM secret_keys")
    assert row is not None
    files = [xmh.home / "events.db", xmh.home / "events.db-wal"]

    def on_disk(paths: list[Path]) -> bool:
        return any(bytes(row[0]) in path.read_bytes() for path in paths if path.exists())

    with instructed.reading(snapshot=True) as reader:
        reader.one("SELECT count(*) FROM events")
        said = xmh(*FORGET)
        assert said.code == 5
        assert "正在读日志" in said.error
    assert on_disk(files)
    assert xmh(*FORGET).code == 0
    assert not on_disk(files)


def test_a_title_stands_in_every_list_and_is_not_corrected_in_secret(xmh: CommandLine, instructed: Database) -> None:
    said = xmh("task", "correct", "1", "--event", "1", "--text", "笔误", "--set", "title=另一名称", "--secret")
    assert (said.code, "不能加密" in said.error) == (2, True)
