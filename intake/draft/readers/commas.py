"""A .csv file as one table in a text: comma, semicolon or tab, in the encodings that Chinese offices write."""

import csv
import io
from pathlib import Path

from domain.base import refuse_always
from intake.draft.readers.excel import of_sheets
from intake.draft.readers.plain import MAX_TEXT
from intake.draft.shape.source import Source
from intake.xlsx import Cells, RawSheet
from sheets.budget import reading_budget
from sheets.input_file import MOST_BYTES, read_text


def read(path: Path) -> Source:
    """The table of a .csv file.

    Raises:
        Refusal: `malformed` when it is empty, too long, or no table.
    """
    with reading_budget(path.name, "表格"):
        text = read_text(path, MOST_BYTES)
        if len(text) > MAX_TEXT:
            refuse_always(f"{path.name} 超过 {MAX_TEXT // 10_000} 万字，请拆分后再读", "malformed")
        try:
            records = list(csv.reader(io.StringIO(text, newline=""), delimiter=_divider(text)))
        except csv.Error as error:
            refuse_always(f"{path.name} 不是完好的 CSV 文件（{error}），请重新导出", "malformed")
        rows: list[tuple[int, Cells]] = [
            (number, {column: value for column, value in enumerate(row, 1) if value.strip()})
            for number, row in enumerate(records, 1)
        ]
        return of_sheets(path.name, [RawSheet(path.stem, [row for row in rows if row[1]], [])])


def _divider(text: str) -> str:
    """What the first line is divided by most often."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)
