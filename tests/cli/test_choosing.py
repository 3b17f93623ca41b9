"""What `list` chooses by, words found in what was recorded, and choices kept under a name."""

import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today

SOON, LATER = (office_today() + timedelta(days=days) for days in (30, 90))
OPEN = ("task", "open", "--basis", "2022年工作计划")


@pytest.fixture
def three(xmh: CommandLine, service: None, log: Database) -> list[str]:
    """A major one of a leader's, an urgent one of another unit, and one without a lead."""
    del service, log
    one = ("--title", "会展中心配套道路", "--due", SOON.isoformat(), "--lead", "gengxin", "--class", "重大")
    two = ("--title", "国际演艺中心选址", "--due", LATER.isoformat(), "--lead", "zhujian", "--urgency", "特急")
    three = ("--title", "片区海绵城市规划", "--due", LATER.isoformat(), "--source", "2022年第3次专题会")
    numbers = [xmh.json(*OPEN, *words)["matter"] for words in (one, two, three)]
    xmh.json("task", "accept", numbers[0], actor="li")
    xmh.json("task", "report", numbers[0], "--text", "正在推进", "--problem", "地铁保护区审批未完成", actor="li")
    return numbers


CHOICES: list[tuple[tuple[str, ...], list[int]]] = [
    (("--lead", "gengxin"), [0]),
    (("--class", "重大"), [0]),
    (("--urgency", "特急"), [1]),
    (("--stage", "待明确牵头"), [2]),
    (("--source", "专题会"), [2]),
    (("--due-to", SOON.isoformat()), [0]),
    (("--due-from", LATER.isoformat(), "--urgency", "平件"), [2]),
    (("--supervisor", "office", "--class", "重大"), [0]),
    (("--listed",), []),
    (("--overdue",), []),
    (("--unanswered",), []),
    (("--rung", "承办人", "--open"), [0, 1, 2]),
    (("--text", "地铁保护区"), [0]),
    (("--text", "审批 正在推进"), [0]),
    (("--text", "审批 演艺"), []),
    (("--text", "100%"), []),
    (("--text", "kind"), []),
]


def test_what_is_chosen_fits_every_condition(xmh: CommandLine, three: list[str]) -> None:
    for options, chosen in CHOICES:
        listed = [m["matter"] for m in xmh.json("task", "list", *options)["matters"]]
        assert listed == [three[n] for n in chosen], options


def test_everybody_sees_his_own(xmh: CommandLine, three: list[str]) -> None:
    def mine(actor: str) -> list[str]:
        return [m["matter"] for m in xmh.json("task", "list", "--mine", actor=actor)["matters"]]

    assert (mine("office"), mine("li"), mine("zhao")) == (three, three[:1], three[1:2])
    assert mine("office-2") == []
    xmh.json("task", "follow", three[2], actor="office-2")
    assert mine("office-2") == three[2:]


def test_who_has_left_is_still_asked_for_by_what_names_him(xmh: CommandLine, three: list[str]) -> None:
    xmh.json("task", "leaders", three[1], "--leader", "leader")
    assert xmh("org", "leave", "leader").code == 0
    assert [m["matter"] for m in xmh.json("task", "list", "--leader", "leader")["matters"]] == [three[1]]


def test_words_of_a_secret_are_found_by_nobody(xmh: CommandLine, three: list[str]) -> None:
    xmh.json("task", "report", three[0], "--text", "补偿标准谈妥", "--secret", actor="li")
    assert xmh.json("task", "list", "--text", "补偿标准")["matters"] == []
    assert xmh("ask", "补偿标准").code == 4


def test_the_phone_is_answered_by_words_of_a_problem_too(xmh: CommandLine, three: list[str]) -> None:
    assert xmh.json("ask", "地铁保护区")["matter"] == three[0]
    several = xmh.json("ask", "工作计划", code=2)["error"]
    assert [candidate["matter"] for candidate in several["candidates"]] == three


def test_a_choice_kept_under_a_name_is_ones_own_and_can_be_narrowed(xmh: CommandLine, three: list[str]) -> None:
    assert "条件已存为“下季度”" in xmh("task", "list", "--due-from", LATER.isoformat(), "--save", "下季度").out
    assert [m["matter"] for m in xmh.json("task", "list", "--saved", "下季度")["matters"]] == three[1:]
    narrowed = xmh.json("task", "list", "--saved", "下季度", "--urgency", "特急")["matters"]
    assert [m["matter"] for m in narrowed] == three[1:2]
    assert "已存：还没有存过" in xmh("task", "list", "--saved", "下季度", actor="li").error
    unknown = xmh("task", "list", "--saved", "上季度")
    assert (unknown.code, "已存：下季度" in unknown.error) == (4, True)


def test_choices_are_for_their_owners_eyes(xmh: CommandLine, three: list[str], home: Path) -> None:
    del three
    xmh.json("task", "list", "--open", "--save", "在办")
    assert stat.S_IMODE((home / "choices.json").stat().st_mode) == 0o600
    (home / "choices.json").write_text("{", encoding="utf-8")
    broken = xmh("task", "list", "--saved", "在办")
    assert (broken.code, broken.error.strip().count("\n")) == (2, 0)
    assert xmh("task", "list").code == 0


@pytest.mark.parametrize("damage", ["[]", '{"office": 3}', '{"office": {"在办": 3}}'])
@pytest.mark.usefixtures("log")
def test_kept_choices_that_cannot_be_read_are_one_line_and_stay(xmh: CommandLine, home: Path, damage: str) -> None:
    (home / "choices.json").write_text(damage, encoding="utf-8")
    for words in (("--saved", "在办"), ("--open", "--save", "又一个")):
        said = xmh("task", "list", *words)
        assert (said.code, "请删去这个文件后重存" in said.error) == (2, True), said
    assert (home / "choices.json").read_text(encoding="utf-8") == damage


@pytest.mark.usefixtures("log")
def test_choices_kept_at_the_same_moment_are_all_kept(xmh: CommandLine, home: Path) -> None:
    command: list[str | Path] = [
        Path(sys.executable).with_name("xmh"),
        "task",
        "list",
        "--open",
        "--home",
        home,
        "--save",
    ]
    running = [subprocess.Popen([*command, f" 条件{n} "], stdout=subprocess.DEVNULL) for n in range(4)]
    assert [one.wait(60) for one in running] == [0] * 4
    for n in range(4):
        assert xmh("task", "list", "--saved", f"条件{n}").code == 0


WRONG: list[tuple[tuple[str, ...], int]] = [
    (("--stage", "飞快"), 2),
    (("--light", "紫"), 2),
    (("--class", "特大"), 2),
    (("--rung", "市长"), 2),
    (("--flag", "关键少数"), 2),
    (("--lead", "没有这个单位"), 4),
    (("--leader", "没有这个人"), 4),
    (("--due-from", "后天的后天"), 2),
    (("--due-from", "2026-09-01", "--due-to", "2026-08-01"), 2),
    (("--text", " "), 2),
    (("--save", " "), 2),
    (("--save", "名" * 31), 2),
]


@pytest.mark.usefixtures("three")
def test_what_is_typed_wrong_is_one_line(xmh: CommandLine) -> None:
    for options, code in WRONG:
        said = xmh("task", "list", *options)
        assert (said.code, said.error.strip().count("\n")) == (code, 0), said


def test_an_answer_says_what_nobody_typed(xmh: CommandLine, three: list[str]) -> None:
    """Numbers given, limits moved, the rung reached."""
    added = xmh("task", "point", "add", three[0], "完成管线迁改")
    assert "新增要点1" in added.out
    assert "新增要点2" in xmh("task", "point", three[0], "add", "完成交通疏解").out
    urged = xmh.json("task", "urge", three[0])
    assert any(change.startswith("催办 ") for change in urged["changed"])
    raised = xmh.json("task", "escalate", three[0], "--reason", "久拖不决")
    assert raised["changed"] == ["级别 承办人→单位负责人"]
    later = (SOON + timedelta(days=30)).isoformat()
    assert xmh.json("task", "extend", three[0], "--to", later, "--reason", "雨季", actor="li")["changed"] == []
    granted = xmh.json("task", "extension", three[0], "--grant")
    assert granted["changed"] == [f"办结时限 {SOON}→{later}"]


def test_what_is_ones_own_is_kept_with_the_choice(xmh: CommandLine, three: list[str]) -> None:
    xmh.json("task", "follow", three[2])
    xmh.json("task", "list", "--following", "--save", "关注")
    assert [m["matter"] for m in xmh.json("task", "list", "--saved", "关注")["matters"]] == [three[2]]
    xmh.json("task", "list", "--mine", "--save", "我的", actor="office-2")
    assert xmh.json("task", "list", "--saved", "我的", actor="office-2")["matters"] == []
