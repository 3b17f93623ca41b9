"""`xmh meeting minutes import`: minutes that somebody wrote become the decisions of a meeting, on a served home."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.cli.test_meeting_papers import Today, today
from tests.support.command_line import CommandLine

__all__ = ["today"]
MINUTES = """用地专题会会议纪要
2099年3月5日上午，主持召开专题会，现纪要如下：
一、关于二期用地移交
会议要求，由区城市更新和土地整备局牵头，2099年6月30日前完成移交。
二、关于出入口改造
会议议定，区住房和建设局要于2099年9月30日前完成施工招标。
"""


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "纪要.txt"
    path.write_text(MINUTES, encoding="utf-8")
    return path


def imported(day: Today, file: Path, *more: str, code: int = 0) -> Any:
    return day.xmh.json("meeting", "minutes", "import", file, "--meeting", day.no, *more, code=code)


def opened(day: Today) -> None:
    day.xmh.json("meeting", "agenda", day.no, "--add", "二期用地移交")
    day.xmh.json("meeting", "open", day.no)


def test_minutes_become_decisions_on_the_agenda_and_twice_they_decide_once(today: Today, paper: Path) -> None:
    opened(today)
    dry = imported(today, paper, "--dry-run")
    assert [(one["item"], one["lead"], one["due"]) for one in dry["decided"]] == [
        (1, "区城市更新和土地整备局", "2099-06-30"),
        (2, "区住房和建设局", "2099-09-30"),
    ]
    assert today.xmh.json("meeting", "show", today.no)["points"] == []
    done = imported(today, paper)
    assert [one["title"] for one in done["added"]] == ["出入口改造"]
    points = today.xmh.json("meeting", "show", today.no)["points"]
    assert [(p["item"], p["outcome"], p["due"]) for p in points] == [
        (1, "new_matter", "2099-06-30"),
        (2, "new_matter", "2099-09-30"),
    ]
    again = imported(today, paper)
    assert (again["decided"], len(again["unchanged"])) == ([], 2)
    assert len(today.xmh.json("meeting", "show", today.no)["points"]) == 2


def test_a_reviewed_sheet_decides_what_the_clerk_left_in_it(today: Today, paper: Path, tmp_path: Path) -> None:
    opened(today)
    sheet = tmp_path / "议定.xlsx"
    assert today.xmh.json("meeting", "minutes", "import", paper, "-o", sheet)["items"] == 2
    book = load_workbook(sheet)
    page = book["议定清单"]
    headers = {cell.value: column for column, cell in enumerate(page[1], 1)}
    page.cell(3, headers["结果"], "听取汇报")
    page.cell(3, headers["牵头单位"]).value = None
    page.cell(3, headers["时限"]).value = None
    page.cell(3, headers["议题"], "1")
    book.save(sheet)
    imported(today, sheet)
    points = today.xmh.json("meeting", "show", today.no)["points"]
    assert [(p["item"], p["outcome"]) for p in points] == [(1, "new_matter"), (1, "heard")]


def test_what_a_clerk_would_have_to_decide_is_not_recorded(today: Today, paper: Path) -> None:
    opened(today)
    paper.write_text(MINUTES.replace("于2099年9月30日前", "尽快"), encoding="utf-8")
    told = imported(today, paper, code=2)
    assert [(one["row"], one["column"]) for one in told["rejected"]] == [(3, "时限")]
    paper.write_text(MINUTES.replace("会议议定，区住房和建设局要于", "请区住房和建设局汇报，于"), encoding="utf-8")
    assert imported(today, paper, code=2)["rejected"]
    assert today.xmh.json("meeting", "show", today.no)["points"] == []


def test_a_meeting_that_was_not_opened_decides_nothing(today: Today, paper: Path) -> None:
    told = imported(today, paper, code=3)
    assert "尚未召开，不能议定" in told["rejected"][0]["message"]


def test_what_is_not_of_an_import_is_refused(xmh: CommandLine, paper: Path) -> None:
    assert "只用于 xmh meeting minutes import FILE" in xmh("meeting", "minutes", "31", "--dry-run").error
    assert "请写明纪要文稿" in xmh("meeting", "minutes", "import").error
    assert "--meeting" in xmh("meeting", "minutes", "import", paper).error
