"""The table as .xlsx and .docx."""

import io
import zipfile
from datetime import date, datetime

from docx import Document
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from documents.table.rows import TaskTable, task_table
from documents.table.word import table_docx
from documents.table.workbook import table_workbook
from domain import commands as c
from domain.calendar import end_of_day
from eventlog.database import Database
from sheets.table import KEY_SHEET, SHEET, Column
from tests.documents.quarter import LAND, play
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, opening


def friday(log: Database) -> TaskTable:
    return task_table(log, end_of_day(date(2022, 3, 25)), date(2022, 3, 18))


def sheet(data: bytes, name: str = SHEET) -> Worksheet:
    found = load_workbook(io.BytesIO(data))[name]
    assert isinstance(found, Worksheet)
    return found


def test_the_sheets_are_the_list_the_map_the_changes_one_per_unit_and_the_key(log: Database) -> None:
    play(log)
    book = load_workbook(io.BytesIO(table_workbook(friday(log))))
    assert book.sheetnames == [SHEET, "时间图", "本周变化", "区城市更新和土地整备局", KEY_SHEET]
    assert [book[name].sheet_state for name in book.sheetnames] == ["visible"] * 4 + ["veryHidden"]
    assert [name for name in book.sheetnames[:4] if book[name].protection.sheet] == book.sheetnames[1:4]


def test_the_list_has_its_heads_rows_and_print_set_up(log: Database) -> None:
    play(log)
    page = sheet(table_workbook(friday(log)))
    assert page["A1"].value == "香蜜湖片区建设工作任务清单一览表"
    assert [cell.value for cell in page[3]] == [column.label for column in Column]
    assert page["A4"].value == "其他事项（3件）"
    assert [page.cell(5, n).value for n in (1, 2, 7)] == [1, "推进国际交流中心一期主体施工", datetime(2022, 6, 30)]  # noqa: DTZ001
    assert (page.page_setup.paperSize, page.page_setup.orientation) == (8, "landscape")
    assert (page.page_setup.fitToHeight, page.sheet_properties.pageSetUpPr.fitToPage) == (0, True)  # type: ignore[union-attr]
    assert (page.print_title_rows, page.freeze_panes) == ("$1:$3", "C4")
    footer = page.oddFooter
    assert footer is not None
    assert footer.center is not None
    assert footer.center.text == "第 &P 页，共 &N 页"
    assert page.print_area == "'任务清单一览表'!$A$1:$M$7"


def test_a_light_is_a_word_and_a_colour(log: Database) -> None:
    play(log)
    page = sheet(table_workbook(friday(log)))
    rules = [r for found in page.conditional_formatting for r in found.rules]
    assert sorted(r.text for r in rules) == sorted("绿蓝黄红灰")
    assert all(r.operator == "beginsWith" and r.dxf.fill is not None for r in rules)
    assert {str(page.cell(n, 10).value)[0] for n in (5, 6, 7)} <= set("绿蓝黄红灰")


def test_the_time_map_marks_points_limits_and_today(log: Database) -> None:
    play(log)
    page = sheet(table_workbook(friday(log)), "时间图")
    marks = {cell.value: page.cell(4, cell.column or 0).value for cell in page[5] if cell.value in ("◆", "★")}
    # Mondays of the weeks of 15 April and 30 June.
    assert marks == {"◆": "11", "★": "27"}
    assert "2022年6月" in [cell.value for cell in page[3]]
    today = [c for c in page[5] if c.border.left is not None and c.border.left.style == "thick"]
    assert [page.cell(4, c.column or 0).value for c in today] == ["21"]


def test_a_long_plan_is_mapped_by_months(log: Database) -> None:
    act(log, "matter/long", opening("长期事项", due=date(2024, 12, 31)), OFFICE, at("2022-02-14"))
    page = sheet(table_workbook(task_table(log, end_of_day(date(2022, 2, 14)), date(2022, 2, 7))), "时间图")
    heads = [cell.value for cell in page[4]][4:]
    assert (heads[0], heads[-1], len(heads)) == ("2月", "12月", 35)
    assert [cell.value for cell in page[3] if cell.value] == ["2022年", "2023年", "2024年"]


def test_the_same_day_gives_the_same_bytes_when_the_log_has_grown(log: Database) -> None:
    play(log)
    then = table_workbook(friday(log)), table_docx(friday(log))
    act(log, LAND, c.SubmitFeedback(text="已签约", progress=90), LIAISON, at("2022-04-01"))
    assert (table_workbook(friday(log)), table_docx(friday(log))) == then
    later = task_table(log, end_of_day(date(2022, 4, 1)), date(2022, 3, 25))
    assert table_workbook(later) != then[0]


def test_a_file_is_dated_by_the_day_it_shows(log: Database) -> None:
    found = friday(log)
    book, made = load_workbook(io.BytesIO(table_workbook(found))), Document(io.BytesIO(table_docx(found)))
    dates = [book.properties.created, made.core_properties.created]
    assert [d.date() for d in dates if d is not None] == [date(2022, 3, 25)] * 2


def test_a_text_that_looks_like_a_formula_or_holds_signs_is_a_text(log: Database) -> None:
    act(log, "matter/odd", opening("=1+1 <合同> & “堃”\x01㎡"), OFFICE, at("2022-02-14"))
    found = task_table(log, end_of_day(date(2022, 2, 14)), date(2022, 2, 7))
    page = sheet(table_workbook(found))
    assert (page["B5"].value, page["B5"].data_type) == ("=1+1 <合同> & “堃”㎡", "s")
    assert "=1+1 <合同> & “堃”㎡" in Document(io.BytesIO(table_docx(found))).tables[0].rows[2].cells[1].text


def test_an_empty_log_gives_an_empty_table(log: Database) -> None:
    found = task_table(log, end_of_day(date(2022, 2, 14)), date(2022, 2, 7))
    assert sheet(table_workbook(found)).max_row == 3
    assert len(Document(io.BytesIO(table_docx(found))).tables[0].rows) == 1


def test_units_whose_names_no_sheet_may_have_get_sheets_of_their_own() -> None:
    from documents.table.workbook import _sheet_name

    taken: set[str] = {"时间图"}
    long = "深圳市福田区香蜜湖片区建设发展事务中心及其下属各专项工作组联合办公室"
    names = [_sheet_name(name, taken) for name in ("时间图", "甲/乙[丙]", long, long)]
    assert names == ["时间图(2)", "甲乙丙", long[:31], f"{long[:27]}(2)"]


def test_the_word_form_is_a3_landscape_with_the_head_on_every_page(log: Database) -> None:
    play(log)
    data = table_docx(friday(log))
    made = Document(io.BytesIO(data))
    page = made.sections[0]
    assert page.page_width is not None
    assert page.page_height is not None
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (420, 297)
    rows = made.tables[0].rows
    assert [cell.text for cell in rows[0].cells] == [c.label for c in Column if c not in (Column.NUMBER, Column.REASON)]
    assert rows[0]._tr.xpath("w:trPr/w:tblHeader")
    assert rows[2].cells[8].text.startswith("30%（2月17日反馈）")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        foot = "".join(parts.read(n).decode() for n in parts.namelist() if "footer" in n)
    assert 'w:instr="PAGE"' in foot
    assert 'w:instr="NUMPAGES"' in foot
