"""The workbook a clerk reviews, and what becomes of it: filled in, `plan import` takes it."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from domain.base import Refusal
from intake.draft.draft import draft, draft_file
from intake.draft.readers.plain import of_text
from intake.draft.sheet import HEADERS, write_sheet
from intake.task_list import read_task_list
from tests.intake.draft.scoring import CORPUS, office

TEXT = """区重点工作任务分解

1.推进=SUM(A1)项目建设，6月底前完成设计，12月底前开工。（区住建局牵头，区财政局配合）
2.改造老旧小区15个。（区住建局、各街道按职责分工负责）
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "待审.xlsx"
    write_sheet(draft(of_text(TEXT, "分解.txt"), "分解.txt", office()), path, ["区住房和建设局", "区财政局"])
    return path


def cells(sheet: Worksheet, row: int) -> dict[str, object]:
    return {header: sheet.cell(row, column).value for column, header in enumerate(HEADERS, 1)}


def test_a_row_holds_what_was_found_beside_its_source(sheet: Path) -> None:
    page = load_workbook(sheet)["任务清单"]
    first = cells(page, 2)
    assert first["任务"] == "推进=SUM(A1)项目建设，6月底前完成设计，12月底前开工"
    assert (first["牵头单位"], first["配合单位"]) == ("区住建局", "区财政局")
    assert str(first["完成时限"]).startswith("2022-12-30")
    assert str(first["原文"]).startswith("推进=SUM(A1)项目建设")
    second = cells(page, 3)
    assert second["完成时限"] is None
    assert second["指标"] == "改造老旧小区 15个"
    assert second["提示"] == "牵头待明确（列了2个单位）\n缺完成时限"


def test_what_is_missing_or_doubtful_is_coloured(sheet: Path) -> None:
    page = load_workbook(sheet)["任务清单"]
    colour = {header: page.cell(3, column).fill.fgColor.rgb for column, header in enumerate(HEADERS, 1)}
    assert colour["完成时限"] == colour["依据"] == "FFF8CBAD"
    assert colour["牵头单位"] == colour["提示"] == "FFFFE699"
    assert page.cell(2, HEADERS.index("牵头单位") + 1).fill.fill_type is None


def test_every_row_is_tall_enough_for_its_longest_text(tmp_path: Path) -> None:
    path = tmp_path / "待审.xlsx"
    long = "推进" + "香蜜湖片区道路交通一体化提升" * 20 + "。"
    write_sheet(draft(of_text(f"2022年工作计划\n1.{long}\n2.完成立项。\n", "计划.txt"), "计划.txt", office()), path)
    book = load_workbook(path)
    page, rest = book["任务清单"], book["未列入"]
    # 284 characters in the source column, 24 to a line: twelve lines; in the title's, 14 to a line: 21.
    assert (page.row_dimensions[2].height or 0) >= 21 * 14
    assert 14 <= (page.row_dimensions[3].height or 0) <= 3 * 15
    assert (rest.row_dimensions[2].height or 0) >= 14
    assert str(rest.page_setup.paperSize) == "8"


def test_the_sheet_is_ready_to_review_and_print(sheet: Path) -> None:
    book = load_workbook(sheet)
    page = book["任务清单"]
    assert page.freeze_panes == "C2"
    assert page.print_title_rows == "$1:$1"
    assert page.page_setup.orientation == "landscape"
    assert book["选项"].sheet_state == "hidden"
    lists = {str(v.sqref).split(":")[0]: v.formula1 for v in page.data_validations.dataValidation}
    assert lists == {
        "H2": '"日,周,月,季,一次"',
        "I2": '"重大,协调,常规"',
        "D2": "选项!$A$1:$A$2",
        "E2": "选项!$A$1:$A$2",
    }


def test_what_is_no_task_stands_on_a_sheet_of_its_own(sheet: Path) -> None:
    rows = [row[:3] for row in load_workbook(sheet)["未列入"].iter_rows(min_row=2, values_only=True)]
    assert ("标题", None, "区重点工作任务分解") in rows


def test_an_unfinished_sheet_is_refused_row_by_row_and_a_finished_one_is_imported(sheet: Path) -> None:
    listed = read_task_list(sheet)
    assert {(fault.row, fault.column) for fault in listed.faults} == {
        (2, "依据"),
        (3, "依据"),
        (3, "牵头单位"),
        (3, "完成时限"),
    }
    book = load_workbook(sheet)
    page = book["任务清单"]
    for row in (2, 3):
        page.cell(row, HEADERS.index("依据") + 1, "香指办〔2022〕1号")
    page.cell(3, HEADERS.index("牵头单位") + 1, "区住建局")
    page.cell(3, HEADERS.index("完成时限") + 1, date(2022, 11, 30))
    book.save(sheet)
    filled = read_task_list(sheet)
    assert filled.faults == ()
    assert [(row.lead, row.due) for row in filled.rows] == [
        ("区住建局", date(2022, 12, 30)),
        ("区住建局", date(2022, 11, 30)),
    ]
    assert filled.rows[0].notes["原文"].startswith("推进=SUM(A1)项目建设")


@pytest.mark.parametrize("path", sorted(p for p in CORPUS.iterdir() if p.suffix != ".toml"), ids=lambda p: p.name)
def test_every_document_of_the_corpus_becomes_a_sheet_the_importer_understands(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "待审.xlsx"
    made = draft_file(path, office())
    write_sheet(made, target)
    try:
        listed = read_task_list(target)
    except Refusal as refusal:
        pytest.fail(refusal.message)
    unfinished = {fault.column for fault in listed.faults}
    assert unfinished <= {"牵头单位", "完成时限", "依据"}, [fault.line for fault in listed.faults]
    assert len({fault.row for fault in listed.faults} | {row.row for row in listed.rows}) == len(made.items)


def test_a_point_later_than_its_matter_keeps_no_date(tmp_path: Path) -> None:
    text = "1.完善机制。修订制度，今年12月底前印发。培训骨干，6月底前完成。（牵头单位：区住建局；完成时限：9月底）"
    made = draft(of_text(text, "稿.txt"), "稿.txt", office())
    assert made.items[0].due == date(2022, 9, 30)
    assert [point.due for point in made.items[0].points] == [date(2022, 12, 30), date(2022, 6, 30)]
    write_sheet(made, tmp_path / "稿.xlsx")
    points = load_workbook(tmp_path / "稿.xlsx")["任务清单"].cell(2, 3).value
    assert points == "修订制度，今年12月底前印发\n培训骨干，6月底前完成;2022-06-30"
