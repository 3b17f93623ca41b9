"""`task report`, alone and from a file: a point speaks for itself, and a row is recorded once."""

from datetime import timedelta
from pathlib import Path

import pytest

from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today

DUE = (office_today() + timedelta(days=60)).isoformat()
OPEN = (
    "task",
    "open",
    "--due",
    DUE,
    "--basis",
    "2022年工作计划",
    "--lead",
    "gengxin",
    "--point",
    "图审",
    "--point",
    "围挡",
)


@pytest.fixture
def matter(xmh: CommandLine, service: None, log: Database) -> str:
    """A matter with two points, accepted."""
    del service, log
    number: str = xmh.json(*OPEN, "--title", "金融文化中心建设")["matter"]
    xmh.json("task", "accept", number, actor="li")
    return number


def test_points_need_no_text_beside_them_and_a_text_alone_is_told_of_the_points(xmh: CommandLine, matter: str) -> None:
    said = xmh.json("task", "report", matter, "--point", "1:60:完成图审", "--point", "2:10", actor="li")
    assert "advice" not in said
    assert "要点1：60%，完成图审；要点2：10%" in xmh.json("task", "show", matter)["timeline"][-1]["text"]
    alone = xmh("task", "report", matter, "--text", "推进中", actor="li")
    assert "提示：要点1、2没有逐点反馈" in alone.out
    assert xmh("task", "report", matter, actor="li").code == 2


def test_what_the_office_types_is_marked_in_the_story(xmh: CommandLine, matter: str) -> None:
    assert "怎样收到" in xmh.json("task", "report", matter, "--text", "推进")["advice"][0]
    story = xmh.json("task", "show", matter)["timeline"]
    assert [e["typed_for"] for e in story if e["type"] in ("ReceiptSigned", "FeedbackSubmitted")] == [None, "gengxin"]
    assert "——督办员代录" in xmh("task", "show", matter).out


def test_the_same_file_twice_is_recorded_once_and_may_be_tried_first(
    xmh: CommandLine, matter: str, tmp_path: Path
) -> None:
    file = tmp_path / "反馈.csv"
    file.write_text(f"事项,进展,进度,要点,需协调\n{matter},推进,,1:60:完成图审；2:10,请协调管线\n", encoding="utf-8")
    tried = xmh.json("task", "report", "--from", file, "--dry-run", actor="li")
    assert [(t["matter"], t["known"], t["refused"], len(t["points"])) for t in tried] == [(matter, False, None, 2)]
    before = xmh.json("task", "show", matter)["version"]
    assert len(xmh.json("task", "report", "--from", file, actor="li")) == 1
    once = xmh.json("task", "show", matter)
    assert [p["progress"] for p in once["points"]] == [60, 10]
    assert "需协调：请协调管线" in once["timeline"][-1]["text"]
    again = xmh("task", "report", "--from", file, actor="li")
    assert (again.code, "此前已录入，没有再记" in again.out) == (0, True)
    assert xmh.json("task", "show", matter)["version"] == once["version"] == before + 1
    assert xmh.json("task", "report", "--from", file, "--dry-run", actor="li")[0]["known"]


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ("99,推进,,", 4, "第2条：没有找到事项“99”"),
        ("1,推进,,三:60", 2, "第2条：--point “三:60”应写成"),
        ("1,推进,一半,", 2, "第2条的进度“一半”"),
        (",推进,,", 2, "第2条缺少“事项”或“进展”"),
        ("1,推进,,,传真", 2, "第2条：收到方式 没有“传真”"),
        ("1,,,", 2, "第2条缺少“事项”或“进展”"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named_and_nothing_is_recorded(
    xmh: CommandLine, matter: str, tmp_path: Path, row: str, code: int, words: str
) -> None:
    file = tmp_path / "反馈.csv"
    file.write_text(f"事项,进展,进度,要点,收到方式\n{matter},推进,,,\n{row}\n", encoding="utf-8")
    before = xmh.json("task", "show", matter)["version"]
    for more in ((), ("--dry-run",)):
        said = xmh("task", "report", "--from", file, *more, actor="li")
        assert (said.code, words in said.error) == (code, True), said
    assert xmh.json("task", "show", matter)["version"] == before
    assert xmh("task", "report", matter, "--text", "推进", "--dry-run", actor="li").code == 2


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", 2, "没有一条反馈"),
        ("事项,进展\n", 2, "没有一条反馈"),
        ("事项,进展,心情\n1,推进,好\n", 2, "不认识的栏目 心情"),
        ('[{"matter": "1", "text": "推进"', 2, "不是有效的 JSON 或 CSV"),
        ('["推进"]', 2, "第1条不是一条反馈"),
        ('{"matter": "1", "points": ["1:200"]}', 2, ""),
        ('{"matter": "1", "text": "推进", "indicators": ["一:二"]}', 2, "应写成 指标序号:累计值"),
        ('{"matter": "1", "text": "推进", "progress": 101}', 2, "0 到 100"),
    ],
)
def test_a_file_that_cannot_be_meant_is_one_line_and_leaves_no_trace(
    xmh: CommandLine, matter: str, tmp_path: Path, text: str, code: int, words: str
) -> None:
    file = tmp_path / "反馈"
    file.write_text(text, encoding="utf-8")
    before = xmh.json("task", "show", matter)["version"]
    said = xmh("task", "report", "--from", file, actor="li")
    assert (said.code, words in said.error) == (code, True), said
    assert xmh.json("task", "show", matter)["version"] == before
    assert xmh("task", "report", "--from", tmp_path / "没有.csv", actor="li").code == 4


def test_what_the_office_enters_for_many_says_how_it_came(xmh: CommandLine, matter: str, tmp_path: Path) -> None:
    file = tmp_path / "反馈.csv"
    file.write_text(f"事项,进展,要点,收到方式\n{matter},推进,1:60；2:10,电话\n", encoding="utf-8")
    assert "提示" not in xmh("task", "report", "--from", file).out
    assert "（电话收到，代录）" in xmh.json("task", "show", matter)["timeline"][-1]["text"]


def test_what_a_rule_refuses_a_dry_run_says_before(xmh: CommandLine, matter: str, tmp_path: Path) -> None:
    file = tmp_path / "反馈.json"
    file.write_text(f'[{{"matter": "{matter}", "text": "推进", "points": ["9:50"]}}]', encoding="utf-8")
    said = xmh("task", "report", "--from", file, "--dry-run", actor="li")
    assert (said.code, "没有第9个要点" in said.out) == (3, True)
