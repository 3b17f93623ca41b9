"""指标: what a plan wants reached goes from its text through the sheet into the matter."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from intake.indicators import indicators
from tests.support.command_line import CommandLine

PLAN = """2099年重点任务分解
1.新增公共停车泊位300个以上，城镇调查失业率控制在4.5%以内，12月底前完成。（牵头单位：区住建局）
2.每日出土量保持4500—5000立方米，力争增长6.8%左右，12月底前完成。（牵头单位：区住建局）
"""


def reviewed(xmh: CommandLine, tmp_path: Path) -> Path:
    """The draft's sheet, its gaps filled in."""
    plan, sheet = tmp_path / "分解.txt", tmp_path / "待审.xlsx"
    plan.write_text(PLAN, encoding="utf-8")
    xmh.json("plan", "draft", plan, "-o", sheet)
    book = load_workbook(sheet)
    page = book["任务清单"]
    headers = {cell.value: column for column, cell in enumerate(page[1], 1)}
    for row in (2, 3):
        page.cell(row, headers["依据"], "香指办〔2099〕1号")
    book.save(sheet)
    return sheet


def test_the_targets_of_a_draft_become_the_indicators_of_the_matter(
    service: None, xmh: CommandLine, tmp_path: Path
) -> None:
    """They stood in a column that the import did not read."""
    sheet = reviewed(xmh, tmp_path)
    dry = xmh.json("plan", "import", sheet, "--dry-run")["commands"]
    assert dry[0]["indicators"] == ["新增公共停车泊位 ≥300个", "城镇调查失业率 ≤4.5%"]
    opened = xmh.json("plan", "import", sheet)["opened"]
    shown: list[list[dict[str, Any]]] = [xmh.json("task", "show", o["matter"])["indicators"] for o in opened]
    first = [(i["name"], i["target"], i["decimals"], i["unit"], i["at_most"]) for i in shown[0]]
    assert first == [("新增公共停车泊位", 300, 0, "个", False), ("城镇调查失业率", 45, 1, "%", True)]
    second = [(i["name"], i["target"], i["unit"], i["at_most"]) for i in shown[1]]
    assert second == [
        ("每日出土量保持", 5000, "立方米", False),
        ("力争增长（力争）（约）", 68, "%", False),
    ]
    assert [(i["low"], i["per"]) for i in shown[1]] == [(4500, "day"), (None, None)]
    assert len(xmh.json("plan", "import", sheet)["unchanged"]) == 2


def test_an_edition_with_another_target_is_told_as_a_conflict(service: None, xmh: CommandLine, tmp_path: Path) -> None:
    sheet = reviewed(xmh, tmp_path)
    xmh.json("plan", "import", sheet)
    book = load_workbook(sheet)
    page = book["任务清单"]
    headers = {cell.value: column for column, cell in enumerate(page[1], 1)}
    page.cell(2, headers["指标"], "新增公共停车泊位 ≥500个")
    book.save(sheet)
    assert xmh.json("plan", "import", sheet)["conflicts"][0]["columns"] == ["指标"]


def test_a_line_that_is_no_indicator_is_refused_with_its_cell(xmh: CommandLine, tmp_path: Path) -> None:
    sheet = reviewed(xmh, tmp_path)
    book = load_workbook(sheet)
    page = book["任务清单"]
    headers = {cell.value: column for column, cell in enumerate(page[1], 1)}
    page.cell(2, headers["指标"], "按期完成")
    book.save(sheet)
    (fault,) = xmh.json("plan", "import", sheet, "--dry-run", code=2)["rejected"]
    assert (fault["row"], fault["column"]) == (2, "指标")
    assert "看不懂指标“按期完成”" in fault["message"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("新增泊位 ≥300个", ["新增泊位 ≥300个"]),
        ("12.6亿元", ["任务 ≥12.6亿元"]),
        ("失业率 不超过4.5%", ["失业率 ≤4.5%"]),
        ("2026年新增绿道 18公里", ["2026年新增绿道 ≥18公里"]),
        ("出土量 4500–5000立方米", ["出土量 4500–5000立方米"]),
    ],
)
def test_a_line_is_read_as_it_is_meant(line: str, expected: list[str]) -> None:
    assert [made.bound for made in indicators(line, "任务")] == expected
