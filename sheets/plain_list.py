"""A list as a workbook: one sheet, a head that stays, choices in each column."""

import io
from collections.abc import Sequence
from datetime import datetime

import xlsxwriter

from sheets.layout import MOST_IN_A_CELL, print_on_a3, row_height


def list_workbook(
    title: str, columns: Sequence[tuple[str, float]], rows: Sequence[Sequence[str]], made: datetime
) -> bytes:
    """Rows of text under heads, each with its width in characters; nothing of them is taken for a formula or a link."""
    kept = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    widths = [width for _, width in columns]
    with xlsxwriter.Workbook(kept, options) as book:
        book.set_properties({"title": title, "created": made.replace(tzinfo=None, microsecond=0)})
        head = book.add_format({"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True})
        cell = book.add_format({"border": 1, "valign": "vcenter", "text_wrap": True})
        sheet = book.add_worksheet(title[:31])
        print_on_a3(sheet)
        sheet.freeze_panes(1, 0)
        for at, (name, width) in enumerate(columns):
            sheet.set_column(at, at, width)
            sheet.write_string(0, at, name, head)
        for no, row in enumerate(rows, start=1):
            sheet.set_row(no, row_height(row, widths))
            for at, text in enumerate(row):
                sheet.write_string(no, at, text[:MOST_IN_A_CELL], cell)
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    return kept.getvalue()
