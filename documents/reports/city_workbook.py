"""The city's roll-up as .xlsx: the table with its sums, and behind each figure its list, on a sheet of its own.

The same figures are the same bytes, whenever they are written.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from documents.reports.city import LIGHTS, CityFigure, HeadquartersFigures, figure_rows
from documents.table.styles import Styles
from documents.wording import moment_in_words, span_in_words
from sheets.budget import nothing_thrown_away
from sheets.layout import print_on_a3, row_height

SHEET = "汇总表"
_HEADERS = ("指挥部", "编号", "日期", "名称", "牵头单位", "说明")
_LIST_WIDTHS = (28, 14, 12, 46, 28, 40)
_NAME_WIDTH, _COUNT_WIDTH, _SHARE_WIDTH = 28, 10, 16
_HEAD_ROW, _LAST = 2, len(CityFigure) + 2
"""The row below title and note, and the last column: after the figures stand the two shares."""


def city_workbook(
    figures: Sequence[HeadquartersFigures], unread: Mapping[str, str], since: date, until: date, as_of: datetime
) -> bytes:
    """The roll-up of a period as a workbook; a headquarters that could not be read is named below the sums."""
    kept = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with nothing_thrown_away(), xlsxwriter.Workbook(kept, options) as book:
        title = f"{span_in_words(since, until)}督办工作情况汇总表"
        book.set_properties({"title": title, "created": datetime.combine(until, time())})
        styles, page = Styles(book), book.add_worksheet(SHEET)
        _table(page, styles, figures, title, f"各项数字截至{moment_in_words(as_of)}；点表头打开清单。")
        for n, (code, why) in enumerate(sorted(unread.items()), _HEAD_ROW + len(figures) + 2):
            page.merge_range(n, 0, n, _LAST, f"{code} 未计入：{why}", styles.note)
        for figure in CityFigure:
            _list(book.add_worksheet(figure.label), styles, figures, figure)
    return kept.getvalue()


def _table(page: Any, styles: Styles, figures: Sequence[HeadquartersFigures], title: str, note: str) -> None:
    headers, rows = figure_rows(figures)
    lists = {figure.label for figure in CityFigure}
    page.merge_range(0, 0, 0, _LAST, title, styles.title)
    page.merge_range(1, 0, 1, _LAST, note, styles.note)
    for column, header in enumerate(headers):
        page.set_column(column, column, _NAME_WIDTH if not column else _COUNT_WIDTH)
        if header in lists:
            page.write_url(_HEAD_ROW, column, f"internal:'{header}'!A1", styles.head, header)
        else:
            page.write_string(_HEAD_ROW, column, header, styles.head)
    page.set_column(_LAST - 1, _LAST, _SHARE_WIDTH)
    for n, (name, *cells) in enumerate(rows, _HEAD_ROW + 1):
        page.set_row(n, row_height([name], [_NAME_WIDTH]))
        page.write_string(n, 0, name, styles.plain)
        for column, (header, cell) in enumerate(zip(headers[1:], cells, strict=True), 1):
            if header in lists:
                page.write_number(n, column, int(cell), styles.centred)
            else:
                page.write_string(n, column, cell, styles.centred)
    page.freeze_panes(_HEAD_ROW + 1, 1)
    print_on_a3(page, _HEAD_ROW)


def _list(page: Any, styles: Styles, figures: Sequence[HeadquartersFigures], figure: CityFigure) -> None:
    """What one figure counts, over all headquarters."""
    names = {one.headquarters.code: one.headquarters.name for one in figures}
    lines = [line for one in figures for line in one.list_of(figure)]
    for column, (header, width) in enumerate(zip(_HEADERS, _LIST_WIDTHS, strict=True)):
        page.set_column(column, column, width)
        limit = header == "日期" and figure in (CityFigure.OPEN, *LIGHTS)
        page.write_string(0, column, "时限" if limit else header, styles.head)
    for n, line in enumerate(lines, 1):
        name = names[line.headquarters]
        texts = (name, line.no, line.on.isoformat(), line.title, line.lead, line.said)
        page.set_row(n, row_height(texts, _LIST_WIDTHS))
        page.write_string(n, 0, name, styles.plain)
        page.write_string(n, 1, line.no, styles.centred)
        page.write_datetime(n, 2, datetime.combine(line.on, time()), styles.day)
        for column, text in enumerate((line.title, line.lead, line.said), 3):
            page.write_string(n, column, text, styles.plain)
    page.autofilter(0, 0, len(lines), len(_HEADERS) - 1)
    page.freeze_panes(1, 0)
    print_on_a3(page)
    page.set_header("&C&12&A")  # which figure's list it is, which on the screen its tab says
