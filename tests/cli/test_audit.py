"""`xmh audit`: the log answers, and shows where it was altered."""

import sqlite3
from pathlib import Path

import pytest

from domain import commands as c
from domain.facts import SEALED
from domain.periods import PeriodLength
from eventlog.database import Database
from tests.documents.quarter import LAND, WORDS, play
from tests.support.command_line import CommandLine
from tests.support.history import act, tick
from tests.support.homes import at
from tests.support.office import HEAD, LEADER, OFFICE, opening


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


def test_a_rung_is_explained_step_by_step_its_days_counted_and_holidays_named(
    quarter: Database, xmh: CommandLine
) -> None:
    for day in ("2022-04-01", "2022-04-11"):
        tick(quarter, at(day, "18:30"))
    rung = xmh.json("audit", "explain", "2", "--as-of", "2022-04-11")["rung"]
    assert [(s["from"], s["to"]) for s in rung["steps"]] == [
        ("handler", "unit_head"),
        ("unit_head", "office"),
        ("office", "leader"),
    ]
    last = rung["steps"][-1]
    assert last["rule"] == "逾期满10个工作日，升至分管领导（督办规则 默认规则）"
    assert last["since"] == "2022-04-11T18:00:00+08:00"
    assert [e["type"] for e in last["because"]] == ["MatterOpened", "DueLapsed", "MatterEscalated"]
    days = {d["day"]: (d["workday"], d["why"]) for d in last["counted"]}
    assert (len(days), days["2022-03-26"], days["2022-04-11"]) == (17, (None, "周末"), (10, "工作日"))
    assert (days["2022-04-02"][0], days["2022-04-02"][1][:5]) == (6, "调休上班（")
    assert (days["2022-04-05"][0], days["2022-04-05"][1][:3]) == (None, "放假（")
    assert (rung["next"]["at"], rung["next"]["to"], rung["next"]["none"]) == (
        "2022-04-24T18:00:00+08:00",
        "meeting",
        None,
    )
    said = xmh("audit", "explain", "2", "--as-of", "2022-04-11").out
    assert "由指挥部办公室到分管领导" in said
    assert "04-11 第10个" in said


def test_the_newest_urge_names_its_miss_and_its_rule(quarter: Database, xmh: CommandLine) -> None:
    urge = xmh.json("audit", "explain", "1")["urge"]
    assert (urge["no"], urge["automatic"], urge["since"]) == ("催〔2022〕4号", True, "2022-03-18T17:00:00+08:00")
    assert urge["rule"].startswith("连续漏报满1次，催办，此后每35个工作小时再催；两次催办至少隔14个工作小时")
    assert [e["type"] for e in urge["because"]] == ["UrgeIssued", "FeedbackMissed", "UrgeIssued"]
    assert xmh.json("audit", "explain", "3")["urge"] is None


def test_what_people_did_is_explained_as_done_by_hand_and_a_decision_lowers_the_rung(
    quarter: Database, xmh: CommandLine
) -> None:
    act(quarter, LAND, c.IssueUrge(), OFFICE, at("2022-04-07"))
    act(quarter, LAND, c.EscalateMatter(reason="久拖不决"), OFFICE, at("2022-04-07", "10:30"))
    shown = xmh.json("audit", "explain", "2", "--as-of", "2022-04-07")
    assert (shown["urge"]["automatic"], shown["urge"]["rule"]) == (
        False,
        "人工催办；两次催办至少隔14个工作小时，特急不限",
    )
    assert shown["rung"]["steps"][-1]["rule"].startswith("人工升级")
    act(quarter, LAND, c.RecordDecision(meeting="例会", text="加快移交"), LEADER, at("2022-04-08", "09:30"))
    rung = xmh.json("audit", "explain", "2", "--as-of", "2022-04-08")["rung"]
    assert (rung["rung"], [s["because"][0]["type"] for s in rung["steps"]]) == ("handler", ["DecisionRecorded"])


def test_a_number_names_its_series_and_its_event(quarter: Database, xmh: CommandLine) -> None:
    number = xmh.json("audit", "explain", "3")["number"]
    assert (number["series"], number["year"], number["place"]) == ("matter/2022", 2022, 3)
    assert [e["type"] for e in number["because"]] == ["MatterOpened"]
    after = xmh.json("audit", "explain", "3")["rung"]["next"]
    assert (after["none"], after["rules"]) == ("已销号的事项不再升级", [])


def test_a_matter_of_periods_is_explained_too(log: Database, xmh: CommandLine) -> None:
    act(log, "matter/rounds", opening("每月巡查工地", None, period=PeriodLength.MONTH), OFFICE, at("2022-02-14"))
    act(log, "matter/rounds", c.AcceptReceipt(), HEAD, at("2022-02-14", "14:30"))
    shown = xmh.json("audit", "explain", "1", "--as-of", "2022-02-15")
    assert "本期最后一个工作日下班（18:00）" in [d["rule"] for d in shown["deadlines"]]
    for month, day in ((2, 28), (3, 31)):
        tick(log, at(f"2022-{month:02}-{day}", "18:30"))
    assert xmh.json("audit", "explain", "1", "--as-of", "2022-04-01")["deadlines"]
