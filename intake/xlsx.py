"""Reading one worksheet of an .xlsx file that a stranger may have made.

The file is judged before anything in it is parsed (`intake.archive`). A worksheet streams through in one pass that also
sees what a quick reading would miss: formulas, error values and merged cells. (openpyxl shows merged cells only in
its full mode, where 5,000 rows take more than two seconds; from it come the rules for dates, which it knows best.)
"""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from openpyxl.styles.numbers import is_date_format
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from domain.base import refuse, refuse_always
from intake.archive import XLSX, element_name, first, local, main_part, opened, related, small_part, stream

MAX_ROWS = 20_000
MAX_COLUMNS = 256
MAX_CELLS = 1_000_000
"""Cells of a sheet, empty ones that only carry a format included: 20,000 rows of 50 columns."""
MAX_MERGED = 1_000

# The last ranges are the date formats of Chinese Excel (yyyy"年"m"月"), which have no format code in the file.
_BUILT_IN_DATES: Final = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes its value: what it shows was never read by the person who signs for it."""

    text: str


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """A cell in error, e.g. `#REF!`."""

    text: str


Value = str | int | float | bool | datetime | date | time | timedelta | Formula | ErrorValue
Cells = dict[int, Value]


@dataclass(frozen=True, slots=True)
class RawSheet:
    """A worksheet as found: rows with content (by row number, cells by column number) and its merged ranges."""

    name: str
    rows: list[tuple[int, Cells]]
    merged: list[str]


def read_worksheet(path: Path, name: str) -> RawSheet | None:
    """The worksheet called `name`, or None when the workbook has none of that name.

    Raises:
        Refusal: `malformed` when the file is too large, encrypted, has macros, or is no sound .xlsx.
    """
    with _workbook(path) as book:
        part = book.parts.get(name)
        return None if part is None else book.sheet(name, part)


def worksheet_names(path: Path) -> list[str]:
    """The names of the worksheets, in the order of their tabs.

    Raises:
        Refusal: as `read_worksheet`.
    """
    with _workbook(path) as book:
        return list(book.parts)


# The workbook around the sheet


@dataclass(frozen=True, slots=True)
class _Book:
    archive: zipfile.ZipFile
    parts: dict[str, str]
    epoch: datetime
    strings: str | None
    styles: str | None

    def sheet(self, name: str, part: str) -> RawSheet:
        reader = _SheetReader(self._shared_strings(), self._date_styles(), self.epoch)
        stream(self.archive, part, reader.start, reader.end, reader.text)
        return RawSheet(name, reader.rows, reader.merged)

    def _shared_strings(self) -> list[str]:
        if self.strings is None:
            return []
        reader = _StringsReader()
        stream(self.archive, self.strings, reader.start, reader.end, reader.text)
        return reader.strings

    def _date_styles(self) -> frozenset[int]:
        """The cell styles that show a number as a date."""
        if self.styles is None:
            return frozenset()
        root = small_part(self.archive, self.styles)
        formats = {
            int(e.attrib["numFmtId"]): e.attrib.get("formatCode", "") for e in root.iter() if local(e.tag) == "numFmt"
        }
        dated = set()
        for styles in (e for e in root if local(e.tag) == "cellXfs"):
            for index, style in enumerate(styles):
                number = int(style.attrib.get("numFmtId", 0))
                if number in _BUILT_IN_DATES or (number in formats and is_date_format(formats[number])):
                    dated.add(index)
        return frozenset(dated)


@contextmanager
def _workbook(path: Path) -> Iterator[_Book]:
    """The opened workbook."""
    with opened(path, XLSX) as archive:
        yield _open_book(archive, path.name)


def _open_book(archive: zipfile.ZipFile, name: str) -> _Book:
    main = main_part(archive, name, XLSX)
    linked = related(archive, main)
    root = small_part(archive, main)
    parts: dict[str, str] = {}
    epoch = CALENDAR_WINDOWS_1900
    for element in root.iter():
        if local(element.tag) == "workbookPr" and element.attrib.get("date1904") in ("1", "true"):
            epoch = CALENDAR_MAC_1904
        if local(element.tag) == "sheet":
            relation = first(value for key, value in element.attrib.items() if key.endswith("}id"))
            kind, target = linked[relation]
            if kind == "worksheet":
                parts[element.attrib["name"].strip()] = target
    by_kind = {kind: target for kind, target in linked.values() if target in archive.NameToInfo}
    return _Book(archive, parts, epoch, by_kind.get("sharedStrings"), by_kind.get("styles"))


# The streams


@dataclass(slots=True)
class _StringsReader:
    """Shared strings; the reading aid of a phonetic run (rPh) is not text of the cell."""

    strings: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _reading: bool = False
    _phonetic: bool = False

    def start(self, qualified: str, _: dict[str, str]) -> None:
        name = element_name(qualified)
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._reading = not self._phonetic

    def end(self, qualified: str) -> None:
        name = element_name(qualified)
        if name == "si":
            self.strings.append("".join(self._pieces))
        elif name == "rPh":
            self._phonetic = False
        elif name == "t":
            self._reading = False

    def text(self, piece: str) -> None:
        if self._reading:
            self._pieces.append(piece)


class _SheetReader:
    """Rows and merged ranges of one worksheet, in one pass."""

    def __init__(self, strings: list[str], date_styles: frozenset[int], epoch: datetime) -> None:
        self.rows: list[tuple[int, Cells]] = []
        self.merged: list[str] = []
        self._strings, self._date_styles, self._epoch = strings, date_styles, epoch
        self._row = self._column = self._count = 0
        self._cells: Cells = {}
        self._kind, self._is_date = "n", False
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._into: list[str] | None = None
        self._phonetic = False

    def start(self, qualified: str, attributes: dict[str, str]) -> None:
        name = element_name(qualified)
        if name == "c":
            reference = attributes.get("r")
            self._column = _column_number(reference.rstrip("0123456789")) if reference else self._column + 1
            self._kind = attributes.get("t", "n")
            self._is_date = int(attributes.get("s", 0)) in self._date_styles
            self._value, self._formula = [], None
            self._count += 1
            if self._count > MAX_CELLS:
                refuse_always("单元格超过 100 万个，请删去表格以外的空白行列（只有格式的也算）", "malformed")
        elif name == "v" or (name == "t" and not self._phonetic):
            self._into = self._value
        elif name == "f":
            self._formula = self._into = []
        elif name == "rPh":
            self._phonetic = True
        elif name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column, self._cells = 0, {}
        elif name == "mergeCell":
            self.merged.append(attributes["ref"])
            refuse(
                len(self.merged) > MAX_MERGED,
                f"合并单元格超过 {MAX_MERGED} 处（如 {self.merged[0]}），请先取消合并",
                "malformed",
            )

    def end(self, qualified: str) -> None:
        name = element_name(qualified)
        if name in ("v", "t", "f"):
            self._into = None
        elif name == "c":
            self._keep_cell()
        elif name == "rPh":
            self._phonetic = False
        elif name == "row" and self._cells:
            self.rows.append((self._row, self._cells))
            refuse(len(self.rows) > MAX_ROWS + 1, f"超过 {MAX_ROWS} 行，请拆分后再导入", "malformed")

    def text(self, piece: str) -> None:
        if self._into is not None:
            self._into.append(piece)

    def _keep_cell(self) -> None:
        if self._formula is not None:
            value: Value | None = Formula("=" + "".join(self._formula))
        else:
            value = self._typed("".join(self._value))
        if value is None:
            return
        refuse(self._column > MAX_COLUMNS, f"第{self._row}行超过 {MAX_COLUMNS} 列，请删去多余的列", "malformed")
        self._cells[self._column] = value

    def _typed(self, text: str) -> Value | None:
        if not text:
            return None
        match self._kind:
            case "s":
                text = self._strings[int(text)]
                return text if text.strip() else None
            case "inlineStr" | "str":
                return text if text.strip() else None
            case "b":
                return text == "1"
            case "e":
                return ErrorValue(text)
            case "d":
                return datetime.fromisoformat(text)
            case _:
                return self._number(float(text))

    def _number(self, number: float) -> Value:
        if self._is_date:
            try:
                moment: datetime | time | timedelta = from_excel(number, self._epoch)
            except (ValueError, OverflowError):
                return ErrorValue("日期超出范围")
            return moment
        return int(number) if number.is_integer() else number


_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")


@lru_cache(maxsize=1024)
def _column_number(letters: str) -> int:
    return column_index_from_string(letters)


def corners(reference: str) -> tuple[int, int, int, int]:
    """First row, first column, last row and last column of a range such as `B3:C5`.

    Raises:
        ValueError: for anything else.
    """
    match = _RANGE.fullmatch(reference)
    if match is None:
        raise ValueError(f"not a range: {reference}")
    first_column, first_row, last_column, last_row = match.groups()
    return (
        int(first_row),
        _column_number(first_column),
        int(last_row or first_row),
        _column_number(last_column or first_column),
    )
