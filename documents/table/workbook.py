"""The table as .xlsx: the list, the time map, what changed, a sheet for each lead unit, and the key.

Byte for byte the same whenever it is made from the same table: the file is dated by the day it shows.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

import xlsxwriter

from documents.table import time_map
from documents.table.changes import ChangeKind
from documents.table.rows import TableChapter, TableRow, TaskTable
from documents.table.styles import Styles
from documents.wording import full_date
from domain.terms import Light
from sheets.budget import nothing_thrown_away
from sheets.layout import print_on_a3, row_height
from sheets.table import KEY_SHEET, SHEET, Column

WIDTHS = {
    Column.NO: 5,
    Column.TITLE: 24,
    Column.POINTS: 26,
    Column.LEAD: 14,
    Column.ASSIST: 14,
    Column.PERSON: 8,
    Column.DUE: 11,
    Column.DATES: 19,
    Column.PROGRESS: 30,
    Column.LIGHT: 12,
    Column.PROBLEM: 16,
    Column.NEXT: 22,
    Column.NUMBER: 13,
    Column.REASON: 22,
}
LEGEND = "亮灯：绿 按计划推进；蓝 临近时限；黄 要点、反馈或签收滞后；红 超过办结时限；灰 已办结、撤销或暂缓。"
HOW_TO_EDIT = (
    "在本表上修改后，用 xmh plan import 导回。改任务、牵头、责任人、时限，或取消要点的，请在这一列写明理由；"
    "新增一行的，编号留空，在这一列写明立项依据。灯由系统计算；各单位分表只供查阅。"
)
READ_ONLY = "（本表供查阅；要修改请改“任务清单一览表”）"
_PRINTED = list(Column).index(Column.NUMBER)
_HEAD_ROW = 2
"""Above it stand the title, and what the table shows."""
_CHANGE_WIDTHS = (12, 16, 46, 28, 86)
_UNIT_COLUMNS = tuple(c for c in Column if c is not Column.REASON)
_LONGEST_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", ""))


def table_workbook(table: TaskTable) -> bytes:
    """《任务清单一览表》 as an .xlsx: the list, the time map and what changed; the same table is the same bytes."""
    kept = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with nothing_thrown_away(), xlsxwriter.Workbook(kept, options) as book:
        book.set_properties({"title": table.title, "created": datetime.combine(table.on, time())})
        styles, heights = Styles(book), _heights(table)
        _list(book, styles, table, heights)
        time_map.write_time_map(book, styles, table)
        _changes(book, styles, table)
        names: set[str] = {sheet.get_name().casefold() for sheet in book.worksheets()}
        by_unit: dict[str, list[TableRow]] = {}
        for row in table.rows:
            by_unit.setdefault(row.unit, []).append(row)
        for unit in sorted(by_unit):
            _unit(book, styles, table, _sheet_name(unit, names), by_unit[unit], heights)
        _key(book, table)
    return kept.getvalue()


def _heights(table: TaskTable) -> dict[str, float]:
    """Number of the matter → how tall its row is, in the list as on its unit's sheet: 理由或依据 is empty."""
    widths = [WIDTHS[column] for column in _UNIT_COLUMNS]
    return {row.number: row_height([row.shown(c) for c in _UNIT_COLUMNS], widths) for row in table.rows}


# --- the list


def _list(book: Any, styles: Styles, table: TaskTable, heights: Mapping[str, float]) -> None:
    sheet = book.add_worksheet(SHEET)
    _frame(sheet, styles, list(Column), table.title, f"{table.summary}\n{LEGEND}")
    sheet.write_comment(_HEAD_ROW, list(Column).index(Column.REASON), HOW_TO_EDIT, {"x_scale": 2, "y_scale": 2})
    row = _HEAD_ROW
    for chapter in table.chapters:
        row = _chapter(sheet, styles, chapter, row + 1, heights)
    _lights_in_colour(sheet, styles, list(Column), row)
    sheet.print_area(0, 0, row, _PRINTED)


def _frame(sheet: Any, styles: Styles, columns: Sequence[Column], title: str, note: str) -> None:
    """Title, legend and heads, in view and on every page."""
    for at, column in enumerate(columns):
        sheet.set_column(at, at, WIDTHS[column])
    last = min(len(columns) - 1, _PRINTED)
    sheet.set_row(0, 30)
    sheet.merge_range(0, 0, 0, last, title, styles.title)
    sheet.set_row(1, row_height([note], [sum(WIDTHS[c] for c in columns[: last + 1])]))
    sheet.merge_range(1, 0, 1, last, note, styles.note)
    sheet.set_row(_HEAD_ROW, 22)
    for at, column in enumerate(columns):
        sheet.write_string(_HEAD_ROW, at, column.label, styles.head)
    sheet.freeze_panes(_HEAD_ROW + 1, 2)
    print_on_a3(sheet, _HEAD_ROW)


def _chapter(sheet: Any, styles: Styles, chapter: TableChapter, row: int, heights: Mapping[str, float]) -> int:
    """The heading and its rows; the last row written."""
    sheet.set_row(row, 20)
    sheet.merge_range(row, 0, row, _PRINTED, f"{chapter.heading}（{len(chapter.rows)}件）", styles.chapter)
    _rows(sheet, styles, row + 1, chapter.rows, list(Column), heights)
    return row + len(chapter.rows)


def _rows(
    sheet: Any,
    styles: Styles,
    first: int,
    rows: Sequence[TableRow],
    columns: Sequence[Column],
    heights: Mapping[str, float],
) -> None:
    no, due = columns.index(Column.NO), columns.index(Column.DUE)
    texts = [(n, column, styles.of(column)) for n, column in enumerate(columns) if n not in (no, due)]
    for at, row in enumerate(rows, first):
        sheet.set_row(at, heights[row.number])
        sheet.write_number(at, no, row.no, styles.of(Column.NO))
        sheet.write_datetime(at, due, datetime.combine(row.due, time()), styles.of(Column.DUE))
        for n, column, style in texts:
            text = row.shown(column)
            (sheet.write_string if text else sheet.write_blank)(at, n, text, style)


def _lights_in_colour(sheet: Any, styles: Styles, columns: Sequence[Column], last: int) -> None:
    at = columns.index(Column.LIGHT)
    for light in Light:
        rule = {"type": "text", "criteria": "begins with", "value": light.label, "format": styles.lights[light]}
        sheet.conditional_format(_HEAD_ROW + 1, at, max(last, _HEAD_ROW + 1), at, rule)


# --- the other sheets


def _unit(
    book: Any, styles: Styles, table: TaskTable, name: str, rows: Sequence[TableRow], heights: Mapping[str, float]
) -> None:
    sheet, unit = book.add_worksheet(name), rows[0].unit
    note = f"截至{full_date(table.on)}，{unit}牵头{len(rows)}件。{READ_ONLY}\n{LEGEND}"
    _frame(sheet, styles, _UNIT_COLUMNS, f"{table.title}（{unit}）", note)
    _rows(sheet, styles, _HEAD_ROW + 1, rows, _UNIT_COLUMNS, heights)
    _lights_in_colour(sheet, styles, _UNIT_COLUMNS, _HEAD_ROW + len(rows))
    sheet.protect()


def _sheet_name(unit: str, taken: set[str]) -> str:
    """As a sheet may be called: short, without brackets and slashes, and once only."""
    plain = unit.translate(_NOT_IN_SHEET_NAMES).strip() or "单位"
    name, n = plain[:_LONGEST_SHEET_NAME], 1
    while name.casefold() in taken:
        n += 1
        name = f"{plain[: _LONGEST_SHEET_NAME - 4]}({n})"
    taken.add(name.casefold())
    return name


def _changes(book: Any, styles: Styles, table: TaskTable) -> None:
    sheet = book.add_worksheet("本周变化")
    heads = ("变化", "编号", "任务", "牵头", "情况")
    for at, width in enumerate(_CHANGE_WIDTHS):
        sheet.set_column(at, at, width)
    sheet.set_row(0, 30)
    sheet.merge_range(0, 0, 0, len(heads) - 1, f"{table.title}·变化情况", styles.title)
    after = _date_after(table)
    counts = [(kind.label, sum(c.kind is kind for c in table.changes)) for kind in ChangeKind]
    summary = "、".join(f"{label}{n}件" for label, n in counts if n) or "没有变化"
    sheet.merge_range(1, 0, 1, len(heads) - 1, f"{after}：{summary}。", styles.note)
    for at, head in enumerate(heads):
        sheet.write_string(_HEAD_ROW, at, head, styles.head)
    for row, change in enumerate(table.changes, _HEAD_ROW + 1):
        texts = (change.kind.label, change.number, change.title, change.unit, change.text)
        sheet.set_row(row, row_height(texts, _CHANGE_WIDTHS))
        for at, text in enumerate(texts):
            sheet.write_string(row, at, text, styles.plain)
    sheet.freeze_panes(_HEAD_ROW + 1, 0)
    print_on_a3(sheet, _HEAD_ROW)
    sheet.protect()


def _date_after(table: TaskTable) -> str:
    """The days the changes are of: after one, up to another."""
    return f"{full_date(table.since)}以后至{full_date(table.on)}"


def _key(book: Any, table: TaskTable) -> None:
    sheet = book.add_worksheet(KEY_SHEET)
    for row, (name, value) in enumerate(table.key.lines()):
        sheet.write_string(row, 0, name)
        if value:
            sheet.write_string(row, 1, value)
    sheet.very_hidden()
