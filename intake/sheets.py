"""A safe reader for the tables people send: a named sheet of an .xlsx file, or a .csv file, or a folder of them.

What is wrong with a whole file is a `Refusal`; what is wrong with one cell is a `CellFault` that names it, so that a
person finds every fault at once and can go to each.
"""

import csv
import io
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path

from openpyxl.utils import get_column_letter

from domain.base import Frozen, refuse, refuse_always
from domain.bounds import visible
from domain.facts import TEXT_BYTES
from intake.xlsx import (
    MAX_COLUMNS,
    MAX_ROWS,
    Cells,
    ErrorValue,
    Formula,
    RawSheet,
    Value,
    corners,
    read_worksheet,
    worksheet_names,
)
from sheets.budget import reading_budget
from sheets.input_file import MOST_BYTES as MAX_FILE_BYTES
from sheets.input_file import read_text

_WIDE = {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F) if chr(wide - 0xFEE0).isalnum()}
_CLEAN = _WIDE | {0x3000: " ", 0xA0: " "}
_SEPARATORS = re.compile(r"[、，,；;\n]")
_ALIKE = 0.75


class CellFault(Frozen):
    """One cell that cannot be taken as it is, and why, in one Chinese line.

    `column` is the header above the cell (its letter where there is none), `letter` the column's letter, empty when
    the fault was found after the sheet was read.
    """

    file: str
    sheet: str
    row: int
    column: str
    letter: str = ""
    message: str

    @property
    def line(self) -> str:
        """The fault with its place, as shown to a person."""
        place = f"{self.letter}列" if self.letter else ""
        column = place if self.column == self.letter else f"{place}“{self.column}”"
        return f"{self.file}〔{self.sheet}〕第{self.row}行{column}：{self.message}"


@dataclass(slots=True)
class Row:
    """A row of a table: cells by header, and the faults found in it so far."""

    file: str
    sheet: str
    number: int
    letters: dict[str, str]
    cells: dict[str, Value] = field(default_factory=dict)
    faults: list[CellFault] = field(default_factory=list)

    def fill(self, texts: Mapping[str, str]) -> None:
        """Have cells say something else than the file, by header; what was wrong with them is wrong no more."""
        self.cells |= {header: clean(text) for header, text in texts.items()}
        self.faults[:] = [fault for fault in self.faults if fault.column not in texts]

    def value(self, header: str) -> Value | None:
        """The cell as typed in the file, text cleaned; None when it is empty or already at fault."""
        value = self.cells.get(header)
        return None if isinstance(value, Formula | ErrorValue) or value == "" else value

    def text(self, header: str) -> str:
        """The cell as clean text; empty when there is none. Line breaks stay."""
        value = self.value(header)
        if value is None or isinstance(value, str):
            return value or ""
        return as_text(value)

    def required(self, header: str) -> str:
        """The cell's text; an empty cell is a fault."""
        text = self.text(header)
        if not text:
            self.fault(header, f"{header}不能为空")
        return text

    def fault(self, header: str, message: str) -> None:
        """Record a fault of the cell under `header`, unless the cell already has one (the first explains the rest)."""
        if not any(fault.column == header for fault in self.faults):
            letter = self.letters.get(header, header)
            self.faults.append(
                CellFault(
                    file=self.file, sheet=self.sheet, row=self.number, column=header, letter=letter, message=message
                )
            )


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet with its header understood. `extra` are the headers nobody asked for; empty rows are left out."""

    file: str
    sheet: str
    headers: tuple[str, ...]
    extra: tuple[str, ...]
    rows: list[Row]

    @property
    def faults(self) -> tuple[CellFault, ...]:
        """Every fault found so far, in the order of rows."""
        return tuple(fault for row in self.rows for fault in row.faults)


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """Text as meant: full-width letters and digits narrowed, invisible characters gone, blanks trimmed per line.

    Chinese punctuation stays as it was written.
    """
    lines = visible(text).translate(_CLEAN).split("\n")
    return "\n".join(stripped for line in lines if (stripped := " ".join(line.split())))


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """A name for comparing: width, case and blanks do not matter, everything else does."""
    return "".join(unicodedata.normalize("NFKC", visible(name)).split()).casefold()


def as_text(value: Value) -> str:
    """A cell's value as the text a person would have typed."""
    match value:
        case str():
            return clean(value)
        case bool():
            return "是" if value else "否"
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case Formula() | ErrorValue():
            return value.text
        case _:
            return str(value)


@lru_cache(maxsize=4096)
def split_names(text: str) -> tuple[str, ...]:
    """Names separated by 、 ， , ； ; or line breaks; what stands in brackets belongs to the name before it."""
    return tuple(name for part in _outside_brackets(text) if (name := part.strip()))


def _outside_brackets(text: str) -> Iterator[str]:
    depth = begun = 0
    paired = text.count("（") + text.count("(") == text.count("）") + text.count(")")
    for at, char in enumerate(text):
        depth += (char in "（(") - (char in "）)") if paired else 0
        if depth <= 0 and _SEPARATORS.match(char):
            yield text[begun:at]
            begun = at + 1
    yield text[begun:]


# Files


def has_table(path: Path, name: str) -> bool:
    """Whether `read_table` would find `name`: a sheet, a file of a folder, or the .csv file itself.

    Raises:
        Refusal: as `read_table`, when the file cannot be judged.
    """
    _must_exist(path)
    if path.is_dir():
        return _member(path, name).is_file()
    if _is_csv(path):
        return path.stem == name
    return name in worksheet_names(path)


def raw_sheets(path: Path) -> Iterator[RawSheet]:
    """Every sheet of a workbook, or the one of a .csv, as found; nothing of a folder.

    Raises:
        Refusal: as `read_table`.
    """
    _must_exist(path)
    if _is_csv(path):
        yield _read_csv(path)
    elif not path.is_dir():
        for name in worksheet_names(path):
            if (sheet := read_worksheet(path, name)) is not None:
                yield sheet


def read_table(path: Path, name: str, required: Sequence[str], optional: Sequence[str] = ()) -> Table:
    """The table called `name`: that sheet of an .xlsx, `name`.csv of a folder, or a single .csv of any name.

    Its first row is the header. Formulas, error values, merged cells and content without header are faults of their
    rows; a header that is merged, doubled or incomplete refuses the file.

    Raises:
        Refusal: `not_found` when there is no such file, `malformed` when it cannot be read as a table.
    """
    with reading_budget(path.name, f"表格“{name}”"):
        return _read(path, name, required, optional)


def _read(path: Path, name: str, required: Sequence[str], optional: Sequence[str]) -> Table:
    _must_exist(path)
    if path.is_dir():
        member = _member(path, name)
        refuse(not member.is_file(), f"文件夹 {path.name} 中没有 {name}.csv，{_csv_files(path)}", "malformed")
        return _table(member.name, _read_csv(member), required, optional)
    if _is_csv(path):
        return _table(path.name, _read_csv(path), required, optional)
    refuse(
        path.suffix.lower() not in (".xlsx", ".xlsm", ".xls", ".xltm", ".xlsb", ".xlam"),
        f"{path.name} 不是表格文件，只能读 .xlsx、UTF-8 的 .csv，或存放 .csv 的文件夹",
        "malformed",
    )
    sheet = read_worksheet(path, name)
    if sheet is None:
        names = "、".join(worksheet_names(path)) or "无"
        refuse_always(f"{path.name} 中没有工作表“{name}”，现有：{names}", "malformed")
    return _table(path.name, sheet, required, optional)


def _must_exist(path: Path) -> None:
    refuse(not path.exists(), f"找不到文件 {path}", "not_found")


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _member(folder: Path, name: str) -> Path:
    return folder / f"{name}.csv"


def _csv_files(folder: Path) -> str:
    names = sorted(path.name for path in folder.glob("*.csv"))
    return f"现有：{'、'.join(names[:10])}" if names else "其中没有 .csv 文件"


def _read_csv(path: Path) -> RawSheet:
    text = read_text(path, MAX_FILE_BYTES)
    rows: list[tuple[int, Cells]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for number, fields in enumerate(reader, 1):
            refuse(len(fields) > MAX_COLUMNS, f"{path.name} 第{number}行超过 {MAX_COLUMNS} 列", "malformed")
            cells = {column: _csv_value(value) for column, value in enumerate(fields, 1) if value.strip()}
            if cells:
                rows.append((number, cells))
            refuse(len(rows) > MAX_ROWS + 1, f"{path.name} 超过 {MAX_ROWS} 行，请拆分后再导入", "malformed")
    except csv.Error:
        refuse_always(f"{path.name} 第{reader.line_num}行附近引号不成对或内容过长，不是完好的 .csv", "malformed")
    return RawSheet(path.stem, rows, [])


def _csv_value(text: str) -> Value:
    return Formula(text.strip()) if text.lstrip().startswith("=") else text


# From a raw sheet to a table


def _table(file: str, sheet: RawSheet, required: Sequence[str], optional: Sequence[str]) -> Table:
    where = f"{file}〔{sheet.name}〕"
    headers = _header(where, sheet)
    _check_columns(where, tuple(headers.values()), required, optional)
    letters = {header: get_column_letter(column) for column, header in headers.items()}
    rows = [fill_row(Row(file, sheet.name, number, letters), cells, headers) for number, cells in sheet.rows[1:]]
    mark_merged(rows, sheet.merged, headers)
    wanted = {*required, *optional}
    names = tuple(headers.values())
    return Table(file, sheet.name, names, tuple(name for name in names if name not in wanted), rows)


def _header(where: str, sheet: RawSheet) -> dict[int, str]:
    """The headers by column number, or a refusal."""
    refuse(not sheet.rows, f"{where}是空表", "malformed")
    number, cells = sheet.rows[0]
    for reference in sheet.merged:
        first, _, _, _ = corners(reference)
        refuse(first == 1, f"{where}表头中有合并单元格 {reference}，第1行须是逐列的表头", "malformed")
    refuse(number != 1, f"{where}第1行是空的，第1行须是表头", "malformed")
    headers: dict[int, str] = {}
    for column, value in sorted(cells.items()):
        place = f"{get_column_letter(column)}1"
        refuse(isinstance(value, Formula | ErrorValue), f"{where}表头 {place} 是公式或错误值", "malformed")
        header = "".join(as_text(value).split())
        refuse(header in headers.values(), f"{where}表头“{header}”重复（{place}）", "malformed")
        headers[column] = header
    return headers


def _check_columns(where: str, columns: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> None:
    missing = [name for name in required if name not in columns]
    refuse(bool(missing), f"{where}缺少列：{'、'.join(missing)}；现有列：{'、'.join(columns)}", "malformed")
    extra = [name for name in columns if name not in (*required, *optional)]
    for name in optional:
        for other in extra:
            # An optional column with a slip in its header must not pass as a note.
            alike = name in other or SequenceMatcher(None, name, other).ratio() >= _ALIKE
            slip = name not in columns and alike
            refuse(
                slip, f"{where}没有“{name}”列，而有“{other}”列；请把表头改为“{name}”，或另加一列“{name}”", "malformed"
            )


def fill_row(row: Row, cells: Cells, headers: dict[int, str]) -> Row:
    """Put the cells under their headers; what cannot be taken as it is becomes a fault."""
    for column, value in cells.items():
        header = headers.get(column)
        if header is None:
            row.fault(get_column_letter(column), "该列没有表头，内容会丢失；请补上表头或删去内容")
            continue
        row.cells[header] = clean(value) if isinstance(value, str) else value
        if isinstance(value, str) and len(value) > TEXT_BYTES // 4 and len(value.encode()) > TEXT_BYTES:
            row.fault(header, "文字超过 64 KiB，请作为附件提交")
        if isinstance(value, Formula):
            row.fault(header, f"是公式 {value.text[:40]}，请改填结果（复制后“粘贴为数值”）")
        elif isinstance(value, ErrorValue):
            row.fault(header, f"是错误值 {value.text}，请改正")
    return row


def mark_merged(rows: list[Row], merged: list[str], headers: dict[int, str]) -> None:
    """A merged range says of one cell only what it holds; for every row it touches a person must say it."""
    numbers = [row.number for row in rows]
    for reference in merged:
        first_row, first_column, last_row, last_column = corners(reference)
        touched = [header for column, header in headers.items() if first_column <= column <= last_column]
        if not touched:
            continue
        for row in rows[bisect_left(numbers, first_row) : bisect_right(numbers, last_row)]:
            row.fault(touched[0], f"在合并单元格 {reference} 内，请取消合并后逐行填写")
