"""The draft as a workbook that a clerk reviews: what is missing is coloured, the source text stands beside each row.

Its sheet 任务清单 has the columns of `plan import`, so that once the gaps are filled the same file is imported.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from domain.terms import MatterClass, Rhythm
from intake import task_list as columns
from intake.draft.model import Comparison, DraftedList, DraftPoint, Item, Target, TextPart
from sheets.layout import MOST_IN_A_CELL, print_on_a3, row_height

HINTS = "提示"
"""What a clerk should look at in a row."""
_EXTRA = ("责任领导", "章节", columns.INDICATORS, HINTS, "原文", "原文位置")
HEADERS = (
    columns.NO,
    columns.TITLE,
    columns.POINTS,
    columns.LEAD,
    columns.ASSIST,
    columns.PERSON,
    columns.DUE,
    columns.RHYTHM,
    columns.CLASS,
    columns.SOURCE,
    columns.BASIS,
    columns.APPROVER,
    *_EXTRA,
)
_WIDTHS = (5, 30, 24, 14, 16, 8, 11, 6, 6, 14, 14, 8, 8, 26, 18, 16, 50, 10)
"""Narrow enough that the list is still read when it is printed on A3."""
_RHYTHMS = {Rhythm.DAILY: "日", Rhythm.WEEKLY: "周", Rhythm.MONTHLY: "月", Rhythm.QUARTERLY: "季", Rhythm.ONCE: "一次"}
_COMPARED = {
    Comparison.EQUAL: "",
    Comparison.ABOUT: "约",
    Comparison.AT_LEAST: "≥",
    Comparison.AT_MOST: "≤",
    Comparison.BETWEEN: "",
}
_REST_WIDTHS = (8, 14, 100, 12)
_SPARE_ROWS = 200
_OPTIONS, _REST = "选项", "未列入"


def write_sheet(made: DraftedList, path: Path, units: Sequence[str] = ()) -> None:
    """Write the workbook; `units` are the directory's names for the drop-downs.

    Raises:
        OSError: the file cannot be written.
    """
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        _Writer(book).write(made, units)


class _Writer:
    def __init__(self, book: Any) -> None:
        self._book = book
        base = {"text_wrap": True, "valign": "top", "border": 1, "font_size": 10}
        self._head = book.add_format(
            {**base, "bold": True, "bg_color": "#D9E2F3", "align": "center", "valign": "vcenter"}
        )
        self._plain = book.add_format(base)
        self._missing = book.add_format({**base, "bg_color": "#F8CBAD"})
        self._doubtful = book.add_format({**base, "bg_color": "#FFE699"})
        self._day = book.add_format({**base, "num_format": "yyyy-mm-dd"})
        self._doubtful_day = book.add_format({**base, "num_format": "yyyy-mm-dd", "bg_color": "#FFE699"})
        self._source = book.add_format({**base, "font_color": "#595959"})

    def write(self, made: DraftedList, units: Sequence[str]) -> None:
        sheet = self._book.add_worksheet(columns.SHEET)
        for column, (header, width) in enumerate(zip(HEADERS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, header, self._head)
        for row, item in enumerate(made.items, 1):
            self._row(sheet, row, item, made.file)
        last = len(made.items)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(last, 1), len(HEADERS) - 1)
        print_on_a3(sheet)
        self._choices(sheet, last + _SPARE_ROWS, units or tuple(_written_units(made)))
        self._left_out(made)

    def _row(self, sheet: Any, row: int, item: Item, file: str) -> None:
        sheet.set_row(row, row_height([_cell(item, header, file) for header in HEADERS], _WIDTHS))
        for column, header in enumerate(HEADERS):
            if header == columns.DUE and item.due is not None:
                doubtful = any("时限" in warning for warning in item.warnings)
                sheet.write_datetime(row, column, item.due, self._doubtful_day if doubtful else self._day)
                continue
            text = _cell(item, header, file)[:MOST_IN_A_CELL]
            write = sheet.write_string if text else sheet.write_blank
            write(row, column, text, self._format(item, header, text))

    def _format(self, item: Item, header: str, text: str) -> Any:
        if header in (columns.LEAD, columns.DUE, columns.BASIS) and not text:
            return self._missing
        several = header == columns.LEAD and (
            len(item.lead) > 1 or any(f"“{u.written}”" in w for u in item.lead for w in item.warnings)
        )
        unsure = header == columns.ASSIST and any(f"“{u.written}”" in w for u in item.assist for w in item.warnings)
        if several or unsure or (header == "提示" and text):
            return self._doubtful
        return self._source if header in ("原文", "原文位置") else self._plain

    def _choices(self, sheet: Any, last: int, units: Sequence[str]) -> None:
        """Drop-downs; what is not in the list may still be typed."""
        short = {columns.RHYTHM: list(_RHYTHMS.values()), columns.CLASS: [member.label for member in MatterClass]}
        for header, values in short.items():
            at = HEADERS.index(header)
            sheet.data_validation(1, at, last, at, {"validate": "list", "source": values})
        if not units:
            return
        options = self._book.add_worksheet(_OPTIONS)
        for row, name in enumerate(units):
            options.write_string(row, 0, name)
        options.hide()
        for header in (columns.LEAD, columns.ASSIST):
            at = HEADERS.index(header)
            source = f"={_OPTIONS}!$A$1:$A${len(units)}"
            sheet.data_validation(1, at, last, at, {"validate": "list", "source": source, "error_type": "information"})

    def _left_out(self, made: DraftedList) -> None:
        """What was read and is no task, with the reason, so that nothing is missed unseen."""
        sheet = self._book.add_worksheet(_REST)
        for column, (header, width) in enumerate(zip(("类别", "原因", "原文", "位置"), _REST_WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, header, self._head)
        row = 0
        for region in made.regions:
            text = made.text[region.span.start : region.span.end].strip()
            if region.part is TextPart.ITEM or not text:
                continue
            row += 1
            place = f"{region.span.start}–{region.span.end}"
            values = (region.part.label, region.why, text[:MOST_IN_A_CELL], place)
            sheet.set_row(row, row_height(values, _REST_WIDTHS))
            for column, value in enumerate(values):
                (sheet.write_string if value else sheet.write_blank)(row, column, value, self._plain)
        sheet.freeze_panes(1, 0)
        print_on_a3(sheet)


def _written_units(made: DraftedList) -> Iterator[str]:
    yield from dict.fromkeys(unit.shown for item in made.items for unit in item.units)


def _cell(item: Item, header: str, file: str) -> str:
    if header == columns.SOURCE:
        return item.source or item.basis or file
    shows = _CELLS.get(header)
    return shows(item) if shows else ""


_CELLS: dict[str, Callable[[Item], str]] = {
    columns.NO: lambda item: item.no,
    columns.TITLE: lambda item: item.title,
    columns.POINTS: lambda item: "\n".join(f"{p.text};{p.due.isoformat()}" if p.due else p.text for p in _points(item)),
    columns.LEAD: lambda item: "、".join(unit.shown for unit in item.lead),
    columns.ASSIST: lambda item: "、".join(unit.shown for unit in item.assist),
    columns.PERSON: lambda item: "、".join(person.written for person in item.persons),
    columns.RHYTHM: lambda item: _RHYTHMS[item.rhythm] if item.rhythm else "",
    columns.BASIS: lambda item: item.basis,
    "责任领导": lambda item: "、".join(leader.written for leader in item.leaders),
    "章节": lambda item: item.section,
    columns.INDICATORS: lambda item: "\n".join(shown_target(target) for target in item.targets),
    "提示": lambda item: "\n".join(item.warnings),
    "原文": lambda item: "\n".join([item.text, *(f"【{name}】{text}" for name, text in item.notes)]),
    "原文位置": lambda item: item.place or "、".join(f"{a}–{b}" for a, b in item.spans),
}
"""What stands in each column; 类别 and 批准人 no text says, the clerk fills them in."""


def _points(item: Item) -> list[DraftPoint]:
    """A point may not end after its matter: such a date stays in the source text only."""
    return [p.model_copy(update={"due": None}) if p.due and item.due and p.due > item.due else p for p in item.points]


def shown_target(target: Target) -> str:
    """A target in a few characters: 增长 约6.8%."""
    value = f"{target.value}–{target.upper}" if target.upper else target.value
    striving = "（力争）" if target.striving else ""
    return f"{target.subject}{striving} {_COMPARED[target.comparison]}{value}{target.unit}".strip()
