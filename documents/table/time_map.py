"""时间图 (甘特): a row for each matter, a column for each week or month, its bar, its points and today."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from documents.table.styles import BAR, ENDED, FILLS, Styles
from domain.calendar import next_month
from domain.terms import Light
from sheets.layout import print_on_a3, row_height
from sheets.table import Column

if TYPE_CHECKING:
    from documents.table.rows import TableRow, TaskTable

MOST_WEEKS = 60
MOST_ROWS_BY_WEEK = 1000
"""A longer plan, or a longer list, is shown by months: what else would be too wide to print, or too large."""
LEGEND = "◆ 节点　◇ 已完成的节点　★ 办结时限　红色 逾期　红色竖线 本期"
_FIXED = ((Column.NO, 5), (Column.TITLE, 44), (Column.LEAD, 16), (Column.LIGHT, 5))
_HEAD_ROWS = (2, 3)


def write_time_map(book: Any, styles: Styles, table: "TaskTable") -> None:
    """Write the sheet 时间图 (甘特) into the table's workbook."""
    sheet = book.add_worksheet("时间图")
    rows = table.rows
    starts, by_week = _columns(table)
    last = len(_FIXED) + len(starts) - 1
    for at, (_, width) in enumerate(_FIXED):
        sheet.set_column(at, at, width)
    sheet.set_column(len(_FIXED), last, 3.2 if by_week else 6)
    sheet.set_row(0, 30)
    sheet.merge_range(0, 0, 0, last, f"{table.title}·时间图", styles.title)
    sheet.merge_range(1, 0, 1, last, f"{table.summary}　{LEGEND}", styles.note)
    _heads(sheet, styles, starts, by_week=by_week)
    now = bisect_right(starts, table.on) - 1
    for at, row in enumerate(rows, _HEAD_ROWS[1] + 1):
        _row(sheet, styles, at, row, starts, now)
    sheet.freeze_panes(_HEAD_ROWS[1] + 1, len(_FIXED))
    print_on_a3(sheet, _HEAD_ROWS[1])
    sheet.protect()


def _columns(table: "TaskTable") -> tuple[list[date], bool]:
    """The first day of each column, and whether a column is a week."""
    rows = table.rows
    first = min((row.since for row in rows), default=table.on)
    last = max((max(row.until, row.overdue or row.until) for row in rows), default=table.on)
    last = max(last, table.on)
    monday = first - timedelta(days=first.weekday())
    weeks = (last - monday).days // 7 + 1
    if weeks <= MOST_WEEKS and len(rows) <= MOST_ROWS_BY_WEEK:
        return [monday + timedelta(weeks=n) for n in range(weeks)], True
    return list(_months(first, last)), False


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def _heads(sheet: Any, styles: Styles, starts: list[date], *, by_week: bool) -> None:
    """Months (of weeks) or years (of months) above, the first day of each week or the month below."""
    above, below = _HEAD_ROWS
    for at in range(len(_FIXED)):
        sheet.write_string(above, at, "", styles.head)
    at = len(_FIXED)
    for label, columns in groupby(starts, key=lambda s: f"{s.year}年{s.month}月" if by_week else f"{s.year}年"):
        n = len(list(columns))
        if n > 1:
            sheet.merge_range(above, at, above, at + n - 1, label, styles.head)
        else:
            sheet.write_string(above, at, label, styles.head)
        at += n
    labels = [column.label for column, _ in _FIXED]
    labels += [str(start.day) if by_week else f"{start.month}月" for start in starts]
    for at, label in enumerate(labels):
        sheet.write_string(below, at, label, styles.head)


def _row(sheet: Any, styles: Styles, at: int, row: "TableRow", starts: list[date], now: int) -> None:
    fixed = [row.shown(column) for column, _ in _FIXED[:-1]] + [row.light.label]
    sheet.set_row(at, row_height(fixed, [width for _, width in _FIXED]))
    looks = (styles.centred, styles.plain, styles.centred, styles.lit[row.light])
    for n, (text, style) in enumerate(zip(fixed, looks, strict=True)):
        sheet.write_string(at, n, text, style)
    marks = _marks(row, starts)
    first, last = _at(starts, row.since), _at(starts, row.until)
    late = _at(starts, row.overdue) if row.overdue else last
    for n in range(len(starts)):
        bar = ENDED if row.light is Light.GREY else BAR
        fill = bar if first <= n <= last else FILLS[Light.RED] if last < n <= late else ""
        if not fill and n != now and n not in marks:
            continue
        style = styles.bar(fill, today=n == now)
        text = marks.get(n, "")
        (sheet.write_string if text else sheet.write_blank)(at, len(_FIXED) + n, text, style)


def _marks(row: "TableRow", starts: list[date]) -> dict[int, str]:
    """What stands in a column: the limit before points, open points before done ones."""
    marks: dict[int, str] = {}
    for mark in sorted(row.marks, key=lambda m: not m.done):
        if starts[0] <= mark.on:
            marks[_at(starts, mark.on)] = "◇" if mark.done else "◆"
    marks[_at(starts, row.due)] = "★"
    return marks


def _at(starts: list[date], day: date) -> int:
    return max(bisect_right(starts, day) - 1, 0)
