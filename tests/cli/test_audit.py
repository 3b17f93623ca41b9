"""`xmh audit`: the log answers, and shows where it was altered."""

import sqlite3
from pathlib import Path

import pytest

from domain.facts import SEALED
from eventlog.database import Database
from tests.documents.quarter import WORDS, play
from tests.support.command_line import CommandLine


@pytest.fixture
def quarter(log: Database) -> Database:
    play(log)
    return log


def test_replay_gives_the_state_the_events_add_up_to(quarter: Database, xmh: CommandLine) -> None:
    now = xmh.json("audit", "replay", "3")
    assert (now["matter"], now["stage"], now["state"]["stage"]) == ("XMH-2022-003", "closed", "closed")
    early = xmh.json("audit", "replay", "3", "--version", "3")
    assert (early["version"], early["stage"]) == (3, "in_progress")
    assert early["state"]["due"] == "2022-03-04"
    assert now["state"]["due"] == "2022-03-18"
    assert now["state"]["original_due"] == "2022-03-04"


def test_replay_as_of_a_day_means_its_end_and_a_time_means_that_time(quarter: Database, xmh: CommandLine) -> None:
    assert xmh.json("audit", "replay", "3", "--as-of", "2022-02-14")["stage"] == "in_progress"
    assert xmh.json("audit", "replay", "3", "--as-of", "2022-02-14T10:00")["stage"] == "assigned"
    assert xmh.json("audit", "replay", "3", "--as-of", "2022-02-14T02:00:00+00:00")["stage"] == "assigned"


def test_steps_tell_each_event_and_what_it_changed(quarter: Database, xmh: CommandLine) -> None:
    steps = xmh.json("audit", "replay", "3", "--step")["steps"]
    assert [s["version"] for s in steps] == list(range(1, len(steps) + 1))
    accepted = steps[2]
    assert accepted["label"] == "签收"
    assert accepted["changes"]["stage"] == ["assigned", "in_progress"]
    said = xmh("audit", "replay", "3", "--step").out
    assert "阶段：待签收 → 办理中" in said
    assert "办理：孙四（单位负责人）" in said
    assert "办结时限：2022-03-04 → 2022-03-18" in said


def test_steps_tell_under_which_authority(quarter: Database, xmh: CommandLine) -> None:
    step = next(s for s in xmh.json("audit", "replay", "1", "--step")["steps"] if s["type"] == "InstructionRecorded")
    assert (step["actor"], step["role"], step["decided_by"]) == ("office", "office", "leader")
    assert step["paper"] == "香指办阅〔2022〕3号"
    assert "代录，吴七（领导）决定，凭香指办阅〔2022〕3号" in xmh("audit", "replay", "1", "--step").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["3", "--version", "99"], 4, "没有第99版，最新是第"),
        (["3", "--version", "0"], 2, "版本号从 1 开始"),
        (["3", "--as-of", "2021-06-01"], 4, "还没有这个事项"),
        (["3", "--as-of", "9:99"], 2, "看不懂时刻"),
        (["3", "--as-of", "2022-03-01", "--version", "1"], 2, "二者取一"),
        (["77"], 4, "没有找到事项"),
        (["不存在的事项"], 4, "没有找到事项"),
    ],
)
def test_what_is_not_there_is_one_line(
    quarter: Database, xmh: CommandLine, arguments: list[str], code: int, words: str
) -> None:
    said = xmh("audit", "replay", *arguments)
    assert (said.code, words in said.error) == (code, True)


@pytest.mark.parametrize("arguments", [("replay", "1"), ("replay", "1", "--step"), ("explain", "1")])
def test_ciphertext_is_never_shown_and_a_leaders_words_only_to_those_who_may_read_them(
    quarter: Database, xmh: CommandLine, arguments: tuple[str, ...]
) -> None:
    for form in ((), ("--json",)):
        assert WORDS not in xmh("audit", *arguments, *form, actor="audit").out
        assert WORDS not in xmh("audit", *arguments, *form, actor="zhao").out
        assert SEALED not in xmh("audit", *arguments, *form).out
    told = "\n".join(xmh("audit", "replay", "1", "--step", actor=a).out for a in ("audit", "leader"))
    assert "吴七：【工作秘密】" in told
    assert f"吴七：{WORDS}" in told


def test_a_whole_log_is_verified(quarter: Database, xmh: CommandLine) -> None:
    report = xmh.json("audit", "verify")
    assert report == {"ok": True, "streams": report["streams"], "events": report["events"], "problems": []}
    assert report["streams"] == 7
    one = xmh.json("audit", "verify", "--matter", "3")
    assert (one["ok"], one["streams"]) == (True, 1)
    assert "核验通过" in xmh("audit", "verify").out


def test_an_altered_event_is_found_and_exit_1(quarter: Database, xmh: CommandLine, home: Path) -> None:
    quarter.close()
    with sqlite3.connect(home / "events.db") as database:
        triggers = [r[0] for r in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in triggers:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE events SET payload = replace(payload, '2022-03-18', '2022-03-28') WHERE version > 5")
    report = xmh.json("audit", "verify", code=1)
    assert report["ok"] is False
    assert {"hash_mismatch", "unprotected"} <= {p["token"] for p in report["problems"]}
    said = xmh("audit", "verify")
    assert said.code == 1
    assert "核验未通过" in said.out


def test_a_light_and_each_deadline_name_the_events_behind_them(quarter: Database, xmh: CommandLine) -> None:
    shown = xmh.json("audit", "explain", "2", "--as-of", "2022-03-31")
    assert (shown["light"], shown["light_reason"]) == ("red", "红:逾期4个工作日；已升至单位负责人")
    assert [e["type"] for e in shown["because"]] == ["MatterOpened"]
    window = next(d for d in shown["deadlines"] if d["kind"] == "window")
    assert window["at"] == "2022-04-29T17:00:00+08:00"
    assert [e["type"] for e in window["because"]] == ["FeedbackWindowOpened"]
    assert window["rule"] == "每月反馈，期末最后一个工作日17:00截止"


def test_a_limit_that_was_extended_is_explained_by_the_extension(quarter: Database, xmh: CommandLine) -> None:
    shown = xmh.json("audit", "explain", "3", "--as-of", "2022-03-02")
    due = next(d for d in shown["deadlines"] if d["kind"] == "due")
    assert due["at"] == "2022-03-18T18:00:00+08:00"
    assert [e["type"] for e in due["because"]] == ["ExtensionGranted"]
    said = xmh("audit", "explain", "3", "--as-of", "2022-03-02").out
    assert "办结时限  2022-03-18 18:00" in said
    assert "依据：第" in said


def test_a_missed_report_is_explained_by_the_miss(quarter: Database, xmh: CommandLine) -> None:
    shown = xmh.json("audit", "explain", "1", "--as-of", "2022-03-26")
    assert shown["light"] == "yellow"
    assert [e["type"] for e in shown["because"]] == ["FeedbackMissed"]


def test_a_closed_matter_waits_for_nothing(quarter: Database, xmh: CommandLine) -> None:
    shown = xmh.json("audit", "explain", "3")
    assert (shown["light"], shown["deadlines"]) == ("grey", [])
    assert "没有待到的时限" in xmh("audit", "explain", "3").out
