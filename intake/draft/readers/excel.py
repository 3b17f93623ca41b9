"""The worksheets of an .xlsx file as tables in one text."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from openpyxl.utils import get_column_letter

from domain.base import refuse_always
from intake.draft.shape.source import Cell, GridRow, Source, SourceTable
from intake.sheets import CellFault, as_text
from intake.xlsx import ErrorValue, Formula, RawSheet, Value, corners, read_worksheet, worksheet_names


def read(path: Path) -> Source:
    """Every worksheet as a table.

    Raises:
        Refusal: as `read_worksheet`, and when there is nothing in it.
    """
    sheets = (read_worksheet(path, name) for name in worksheet_names(path))
    return of_sheets(path.name, [sheet for sheet in sheets if sheet is not None])


def of_sheets(file: str, sheets: Iterable[RawSheet]) -> Source:
    """Worksheets that were read, as tables in one text.

    Raises:
        Refusal: `malformed` when there is nothing in them.
    """
    pieces: list[str] = []
    grids: list[SourceTable] = []
    length = 0
    for sheet in sheets:
        if not sheet.rows:
            continue
        grid, text = _grid(file, sheet, length)
        pieces.append(text)
        length += len(text)
        grids.append(grid)
    if not grids:
        refuse_always(f"{file} 是空表", "malformed")
    return Source("".join(pieces), grids, must_be_tables=True)


def _grid(file: str, sheet: RawSheet, offset: int) -> tuple[SourceTable, str]:
    covered = _covered(sheet)
    pieces: list[str] = []
    rows: list[GridRow] = []
    at = offset
    for number, cells in sheet.rows:
        row: dict[int, Cell] = {}
        for column, value in sorted(cells.items()):
            if isinstance(value, Formula | ErrorValue):
                row[column] = Cell(at, at, _fault(file, sheet.name, number, column, value))
                continue
            text = as_text(value)
            row[column] = Cell(at, at + len(text), value if isinstance(value, date | datetime | int) else None)
            pieces.append(text + "\t")
            at += len(text) + 1
        for column in covered[number]:
            row.setdefault(column, Cell(at, at, covered=True))
        pieces.append("\n")
        at += 1
        rows.append(GridRow(number, dict(sorted(row.items()))))
    return SourceTable(sheet.name, offset, at, rows), "".join(pieces)


def _covered(sheet: RawSheet) -> defaultdict[int, set[int]]:
    """The columns of each row that a merged cell above reaches over."""
    covered: defaultdict[int, set[int]] = defaultdict(set)
    last = sheet.rows[-1][0]
    for reference in sheet.merged:
        first_row, first_column, last_row, last_column = corners(reference)
        for row in range(first_row + 1, min(last_row, last) + 1):
            covered[row].update(range(first_column, last_column + 1))
    return covered


def _fault(file: str, sheet: str, row: int, column: int, value: Value) -> CellFault:
    letter = get_column_letter(column)
    what = (
        f"是公式 {value.text[:40]}，请改填结果（复制后“粘贴为数值”）"
        if isinstance(value, Formula)
        else "是错误值，请改正"
    )
    return CellFault(file=file, sheet=sheet, row=row, column=letter, letter=letter, message=what)
