"""`xmh policy`: shown, exported, edited, adopted; what cannot be meant is one line that names the key."""

import re
from pathlib import Path
from typing import Any

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.streams import POLICY_STREAM


def version(log: Database) -> int:
    return reading.stream_head(log, POLICY_STREAM).version


@pytest.fixture
def exported(xmh: CommandLine, tmp_path: Path) -> Path:
    file = tmp_path / "规则.toml"
    assert xmh("policy", "export", "-o", file).code == 0
    return file


def edited(file: Path, *changes: tuple[str, str]) -> Path:
    text = file.read_text(encoding="utf-8").replace('version = "默认规则"', 'version = "本办-2"')
    for old, new in changes:
        assert re.search(old, text), old
        text = re.sub(old, new, text, count=1)
    file.write_text(text, encoding="utf-8")
    return file


def test_what_is_exported_is_what_is_in_force(xmh: CommandLine, exported: Path) -> None:
    assert xmh.json("policy", "adopt", exported) == {
        "version": "默认规则",
        "before": "默认规则",
        "changes": [],
        "dry_run": False,
        "adopted": False,
    }
    assert xmh("policy", "export", "-o", exported).code == 3, "an edited file is not written over"
    assert xmh.json("policy", "export")["text"].startswith("# 督办规则")


def test_what_changes_is_told_line_by_line_and_a_dry_run_writes_nothing(
    xmh: CommandLine, log: Database, exported: Path
) -> None:
    file = edited(exported, ("near_due_workdays = 3", "near_due_workdays = 5"), ("after = 4", "after = 3"))
    before = version(log)
    said = xmh("policy", "adopt", file, "--dry-run")
    assert said.code == 0
    assert "提前几个工作日算临期（near_due_workdays）：3 → 5" in said.out
    assert "压力表：去掉 连续漏报满4次，升至指挥部办公室" in said.out
    assert "压力表：增加 连续漏报满3次，升至指挥部办公室" in said.out
    assert version(log) == before
    file = edited(file, ('words = "全体督办员和领导"', 'words = "只限有关人员"'))
    done = xmh.json("policy", "adopt", file)
    assert "办理单位以外，谁可以看领导批示等工作秘密（words）：全体督办员和领导 → 只限有关人员" in done["changes"]
    assert (done["adopted"], len(done["changes"]), done["woken"]) == (True, 4, None)
    assert reading.rulebook(log).policy.near_due_workdays == 5


def test_past_policies_stay_readable_and_a_used_version_name_is_refused(
    xmh: CommandLine, log: Database, exported: Path
) -> None:
    xmh("policy", "adopt", "宿迁")
    shown = xmh.json("policy", "show")
    assert (shown["version"], shown["versions"]) == ("宿迁-三色督办单", 2)
    assert xmh.json("policy", "show", "--as-of", "2021-06-30")["version"] == "默认规则"
    told = xmh("policy", "show").out
    assert "逾期，发红色催办单，此后每35个工作小时再催" in told
    assert "False" not in told
    text = exported.read_text(encoding="utf-8").replace("receipt_hours = 14", "receipt_hours = 7")
    exported.write_text(text, encoding="utf-8")
    said = xmh("policy", "adopt", exported)
    assert (said.code, "另起一个版本名" in said.error) == (3, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('role = "联络员"', 'role = "科长"'), "ladder 第1行的 role 没有“科长”这一项"),
        (('rung = "单位负责人"\nrole', 'rung = "处长"\nrole'), "ladder 第2行的 rung 没有“处长”这一项"),
        (
            ('up = "指挥部会议"', 'up = "单位负责人"'),
            "ladder 形成循环：承办人→单位负责人→指挥部办公室→分管领导→单位负责人",
        ),
        (("receipt_hours = 14", "receipt_hours = -1"), "receipt_hours 不能小于 1"),
        (("receipt_hours = 14", 'receipt_hours = "14"'), "receipt_hours 须是整数"),
        (("receipt_hours = 14", "receipt_hours = true"), "receipt_hours 须是整数"),
        (("window_closes = 17:00:00", 'window_closes = "17:00"'), "window_closes 须是时刻"),
        (("receipt_hours = 14", "receipt_hour = 14"), "没有“receipt_hour”这一项"),
        (("receipt_hours = 14", "missed_before_escalation = 14"), "没有“missed_before_escalation”这一项"),
        (("after = 2\nrung", "after = -2\nrung"), "steps 第2行的 after 不能小于 0"),
        (("after = 2\nrung", "afters = 2\nrung"), "没有“steps 第2行的 afters”这一项"),
        (('trigger = "连续漏报"', 'trigger = "看不顺眼"'), "steps 第1行的 trigger 没有“看不顺眼”这一项"),
        (('order = "不分色"', 'order = "绿"'), "steps 第1行的 order 没有“绿”这一项"),
        (('order = "不分色"\n', ""), "steps 第1行 每一行须写明 rung"),
        (("days = 30", "days = -30"), "limits 第1行的 days 不能小于 1"),
        (('version = "本办-2"\n', ""), "缺少 version"),
        (("receipt_hours = 14", "receipt_hours ="), "不是 TOML 文件：第"),
        (
            ('openness = "只看一览"', 'openness = "全公开"'),
            "openness 没有“全公开”这一项，可填：不可见",
        ),
        (("after = 4", "after = 2"), ""),
    ],
)
def test_a_policy_that_cannot_be_meant_is_one_line_that_names_the_key(
    xmh: CommandLine, log: Database, exported: Path, change: tuple[str, str], words: str
) -> None:
    before = version(log)
    said = xmh("policy", "adopt", edited(exported, change))
    if words:
        assert (said.code, words in said.error) == (2, True), said.error
        assert version(log) == before
    else:
        assert said.code == 0


def test_a_rung_the_ladder_does_not_have_and_a_row_said_twice_are_refused(
    xmh: CommandLine, log: Database, exported: Path
) -> None:
    text = exported.read_text(encoding="utf-8")
    without = text.replace('[[ladder]]\nrung = "指挥部会议"\nrole = "领导"\n', "").replace('up = "指挥部会议"\n', "")
    exported.write_text(without, encoding="utf-8")
    assert "升级阶梯里没有“指挥部会议”这一级" in xmh("policy", "adopt", exported).error
    row = '[[steps]]\ntrigger = "逾期"\nafter = 5\nrung = "指挥部办公室"\n'
    assert row in text
    exported.write_text(text.replace(row, row + row), encoding="utf-8")
    assert "重复" in xmh("policy", "adopt", exported).error


def test_only_the_office_adopts(xmh: CommandLine, log: Database) -> None:
    before = version(log)
    for actor in ("li", "leader", "audit"):
        assert xmh("policy", "adopt", "宿迁", actor=actor).code == 3
    assert xmh("policy", "adopt", "没有这份").code == 4
    assert version(log) == before


def test_opening_without_a_limit_echoes_the_date_and_the_rule(service: None, xmh: CommandLine, log: Database) -> None:
    ask: tuple[str, ...] = ("task", "open", "--title", "纪要议定事项", "--basis", "第三次工作会议纪要")
    opened: Any = xmh.json(*ask, "--basis-kind", "会议纪要", "--lead", "gengxin")
    assert opened["due_rule"] == "会议纪要 20个自然日（默认规则）"
    said = xmh("task", "show", opened["matter"]).out
    assert "按默认时限：会议纪要 20个自然日（默认规则）" in said
    refused = xmh(*ask, "--basis-kind", "任务清单", "--lead", "gengxin")
    assert refused.code == 2
    plan = xmh.json(*ask, "--basis-kind", "会议纪要", "--class", "协调", "--title", "协调事项")
    assert xmh.json("task", "show", plan["matter"])["rhythm"] == "plan_and_land"


def test_adopting_moves_open_deadlines_with_the_policy_as_reason(
    service: None, xmh: CommandLine, log: Database, exported: Path
) -> None:
    ask: tuple[str, ...] = ("task", "open", "--title", "任务", "--basis", "工作计划", "--due", "2026-12-31")
    opened: Any = xmh.json(*ask, "--lead", "gengxin")
    file = edited(
        exported,
        ("receipt_hours = 14", "receipt_hours = 21"),
        ("near_due_workdays = 3", "near_due_workdays = 5"),
    )
    foreseen = xmh.json("policy", "adopt", file, "--dry-run")
    done = xmh.json("policy", "adopt", file)
    assert [(m["matter"], m["what"]) for m in done["moved"]] == [(opened["matter"], "receipt")]
    assert [m["what"] for m in foreseen["moved"]] == ["receipt"]
    assert [r["matter"] for r in foreseen["near_due"]] == [opened["matter"]], "the dry run tells of reminders too"
    assert "采用督办规则“本办-2”" in done["moved"][0]["reason"]
    assert done["unfinished"] == 0


def test_who_approved_a_policy_is_kept_and_may_be_required(xmh: CommandLine, exported: Path, log: Database) -> None:
    strict = edited(exported, ("leader_adopts = false", "leader_adopts = true"))
    assert "由哪位领导批准" in xmh("policy", "adopt", strict).out, "the policy before did not ask for it"
    looser = edited(strict, ("leader_adopts = true", "leader_adopts = false"), ("本办-2", "本办-3"))
    assert xmh("policy", "adopt", looser).code == 3
    done = xmh.json("policy", "adopt", looser, "--by", "leader", "--paper", "香指办〔2022〕9号")
    assert (done["adopted"], "advice" in done) == (True, False)
    behalf = reading.read_stream(log, POLICY_STREAM)[-1].actor.on_behalf_of
    assert behalf is not None
    assert (behalf.id, behalf.paper) == ("leader", "香指办〔2022〕9号")


def test_what_an_ending_must_show_is_a_table_of_the_policy(xmh: CommandLine, exported: Path) -> None:
    text = exported.read_text(encoding="utf-8").replace('version = "默认规则"', 'version = "核验"')
    rows = '[[closing]]\nklass = "重大"\nevidence = true\ninspection = true\n[[closing]]\nindicators = false\n'
    exported.write_text(text.replace("closing = []\n", "") + rows, encoding="utf-8")
    done = xmh.json("policy", "adopt", exported)
    assert "办结核验：增加 重大：附件、指标达标、现场核查" in done["changes"]
    assert "  其他事项：无另外要求" in xmh("policy", "show").out
    again = exported.with_name("再导出.toml")
    assert xmh("policy", "export", "-o", again).code == 0
    assert xmh.json("policy", "adopt", again)["changes"] == [], "what is exported is what is in force"
    wrong = exported.read_text(encoding="utf-8").replace('"重大"', '"特大"').replace('"核验"', '"核验二"')
    exported.write_text(wrong, encoding="utf-8")
    assert "closing 第1行的 klass 没有“特大”这一项" in xmh("policy", "adopt", exported).error
