"""`task inspect`: a fact of its own with its pictures; what nobody can mean is one line, and nothing is recorded."""

from datetime import timedelta
from pathlib import Path

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today

DUE = (office_today() + timedelta(days=60)).isoformat()
YESTERDAY, TOMORROW = (office_today() + timedelta(days=days) for days in (-1, 1))


@pytest.fixture
def matter(xmh: CommandLine, service: None, log: Database) -> str:
    """A matter that was accepted and reported on."""
    del service, log
    opening = ("task", "open", "--title", "金融文化中心建设", "--due", DUE, "--basis", "2022年工作计划")
    number: str = xmh.json(*opening, "--lead", "gengxin")["matter"]
    xmh.json("task", "accept", number, actor="li")
    xmh.json("task", "report", number, "--text", "已封顶", "--progress", "100", actor="li")
    return number


def test_an_untrue_report_is_seen_told_and_stands_before_the_reviewer(
    xmh: CommandLine, matter: str, tmp_path: Path
) -> None:
    picture = tmp_path / "现场.jpg"
    picture.write_bytes(b"\xff\xd8\xff jpg")
    seen = ("task", "inspect", matter, "--text", "现场未动工", "--finding", "不实", "--attach", picture)
    assert xmh.json(*seen, "--inspector", "第三方监理")["matter"] == matter
    shown = xmh.json("task", "show", matter)
    [inspection] = shown["inspections"]
    assert (inspection["finding"], inspection["inspector"]) == ("untrue", "第三方监理")
    assert [f["name"] for f in shown["files"]] == ["现场.jpg"]
    assert f"现场核查 {office_today()}（第三方监理）：不实：现场未动工" in xmh("task", "show", matter).out
    refused = xmh("task", "close", matter, "--text", "完成", actor="li")
    assert (refused.code, "现场核查认定不实" in refused.error) == (3, True)
    xmh.json("task", "close", matter, "--text", "完成", "--over-unfinished", "已整改", actor="li")
    [mine] = [m["what"] for m in xmh.json("today", actor="office-2")["for_me"]]
    assert mine.startswith("审核办结申请；办结时尚有：")
    assert "现场核查认定不实（说明：已整改）" in mine


def test_what_was_found_untrue_stays_on_the_units_desk_until_it_has_reported_again(
    xmh: CommandLine, matter: str
) -> None:
    """Also when the report that was found untrue is of the same day."""
    xmh.json("task", "inspect", matter, "--text", "现场未动工", "--finding", "不实")
    owed = f"{office_today()}现场核查认定不实，请核实并重新反馈"
    assert owed in [m["what"] for m in xmh.json("today", actor="li")["for_me"]]
    xmh.json("task", "report", matter, "--text", "已重新组织进场", "--progress", "90", actor="li")
    assert owed not in [m["what"] for m in xmh.json("today", actor="li")["for_me"]]


def test_ten_wrong_ways_to_inspect_are_a_line_each_and_leave_no_trace(
    xmh: CommandLine, matter: str, log: Database, tmp_path: Path
) -> None:
    empty = tmp_path / "空.jpg"
    empty.touch()
    text = ("--text", "看过")
    wrong: list[tuple[tuple[str | Path, ...], str, int, str]] = [
        ((matter,), "office", 2, "--text"),
        ((matter, "--text", "  "), "office", 2, "--text"),
        (("99", *text), "office", 4, "没有找到事项"),
        ((matter, *text, "--finding", "基本属实"), "office", 2, "可填：属实、部分属实、不实"),
        ((matter, *text, "--attach", tmp_path / "没有.jpg"), "office", 4, "没有.jpg"),
        ((matter, *text, "--attach", empty), "office", 2, "空文件"),
        ((matter, *text, "--occurred", TOMORROW.isoformat()), "office", 2, "还没有到"),
        ((matter, *text, "--occurred", YESTERDAY.isoformat()), "office", 2, "早于"),
        ((matter, *text, "--occurred", "前几天"), "office", 2, "看不懂日期"),
        ((matter, *text), "li", 3, "须由办公室或领导"),
        ((matter, *text), "audit", 3, "只能查阅"),
        ((matter, *text, "--by", "没有这人"), "office", 4, "没有这人"),
    ]
    before = reading.stream_head(log, reading.find_matters(log, matter)[0].stream).version
    for words, actor, code, line in wrong:
        said = xmh("task", "inspect", *words, actor=actor)
        assert (said.code, line in said.error) == (code, True), said
    assert reading.stream_head(log, reading.find_matters(log, matter)[0].stream).version == before


def test_a_returned_closure_is_on_the_units_desk_with_the_limit_that_stays(xmh: CommandLine, matter: str) -> None:
    xmh.json("task", "close", matter, "--text", "完成", actor="li")
    xmh.json("task", "review", matter, "--return", "--text", "缺验收单", actor="office-2")
    assert f"退回重办，办完再申请办结（时限仍为 {DUE}）" in xmh("today", actor="li").out
    xmh.json("task", "report", matter, "--text", "已补验收单", "--progress", "100", actor="li")
    assert "退回重办" not in xmh("today", actor="li").out
