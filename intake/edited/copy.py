"""Reading an edited copy: its rows by 编号, the rows somebody added, and every cell that cannot be taken as it is."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from openpyxl.utils import get_column_letter

from domain.base import Frozen, Refusal, refuse, refuse_always
from domain.terms import MatterClass, Rhythm
from intake.dates import Spoken, as_date, meant
from intake.edited.cells import points_of
from intake.sheets import CellFault, Row, as_text, fill_row, mark_merged, split_names
from intake.task_list import ANOTHER, TaskPoint, TaskRow, row_key
from intake.xlsx import Cells, RawSheet, read_worksheet, worksheet_names
from sheets.table import KEY_SHEET, KEYED, NO_CHAPTER, SHEET, Column, RowKey

_COUNT = re.compile(r"（\d+件）$")
_NEEDED = (Column.NO, *KEYED, Column.NUMBER)
_NOT_OF_A_NEW_ROW = (Column.PROGRESS, Column.LIGHT, Column.PROBLEM, Column.NEXT)


class EditedRow(Frozen):
    """A row of a matter: what the keyed columns say now, and why."""

    row: int
    number: str
    texts: dict[Column, str]
    letters: dict[Column, str]
    reason: str


class EditedTable(Frozen):
    """What the copy holds: rows that can be taken, rows to be opened, and every fault of the others."""

    file: str
    key: RowKey
    rows: tuple[EditedRow, ...]
    new: tuple[TaskRow, ...]
    missing: tuple[str, ...]
    """Matters whose row somebody deleted: that changes nothing."""
    faults: tuple[CellFault, ...]


def is_edited_table(path: Path) -> bool:
    """Whether a file is a copy of the table, also one that lost its key.

    Raises:
        Refusal: `malformed`, when it is no sound .xlsx.
    """
    if path.suffix.lower() != ".xlsx" or not path.is_file():
        return False
    return bool({SHEET, KEY_SHEET} & set(worksheet_names(path)))


def read_edited_table(path: Path, database: str, spoken: Spoken | None = None) -> EditedTable:
    """Read a copy; `database` is the identity of the log it must belong to.

    `spoken` understands a day as people say it (6月30日, 年底); without it only a full date is one.

    Raises:
        Refusal: `malformed`, when the copy as a whole cannot be read, lost its key, or is of another log.
    """
    key = _key(path)
    where = f"{path.name}〔{KEY_SHEET}〕"
    foreign = f"{where}这份一览表出自另一个事件日志，不能导入到这里；请在本系统重新导出后再修改"
    refuse(key.database != database, foreign, "malformed")
    raw = read_worksheet(path, SHEET)
    if raw is None:
        refuse_always(f"{path.name} 中没有工作表“{SHEET}”，请保留该表名", "malformed")
    return _Copy(path.name, raw, key, spoken or as_date).read()


def edited_cells(key: RowKey, rows: Mapping[str, Mapping[Column, str]], spoken: Spoken) -> EditedTable:
    """The same of cells that were edited on a page: whole rows by 编号, in the order of the key, the first is row 1."""
    columns = (*KEYED, Column.NUMBER, Column.REASON)
    cells = [{**rows[number], Column.NUMBER: number} for number in key.rows]
    filled: list[Cells] = [{at: text for at, c in enumerate(columns, 2) if (text := row.get(c))} for row in cells]
    head: Cells = dict(enumerate([Column.NO.label, *(c.label for c in columns)], 1))
    return _Copy(SHEET, RawSheet(SHEET, list(enumerate([head, *filled])), []), key, spoken).read()


def _key(path: Path) -> RowKey:
    raw = read_worksheet(path, KEY_SHEET)
    if raw is None:
        refuse_always(
            f"{path.name} 中隐藏的工作表“{KEY_SHEET}”已被删除，分不清改了什么；请重新导出一览表后再修改", "malformed"
        )
    return RowKey.of([(as_text(cells.get(1, "")), as_text(cells.get(2, ""))) for _, cells in raw.rows])


class _Copy:
    def __init__(self, file: str, raw: RawSheet, key: RowKey, spoken: Spoken) -> None:
        self._file, self._raw, self._key, self._spoken = file, raw, key, spoken
        self._start, self._headers = self._head()
        self._letters = {header: get_column_letter(at) for at, header in self._headers.items()}

    def read(self) -> EditedTable:
        rows: list[EditedRow] = []
        new: list[TaskRow] = []
        seen: dict[str, int] = {}
        data = list(self._rows())
        mark_merged([row for row, _ in data], self._raw.merged, self._headers)
        for row, chapter in data:
            number = row.text(Column.NUMBER.label)
            if not number:
                if (task := self._new(row, chapter)) is not None:
                    new.append(task)
                continue
            earlier = seen.setdefault(number, row.number)
            if earlier != row.number:
                row.fault(Column.NUMBER.label, f"编号 {number} 与第{earlier}行重复；新增的行请把编号留空")
            elif number not in self._key.rows:
                row.fault(Column.NUMBER.label, f"编号 {number} 不是这份一览表导出时的编号，请改回；新增的行请留空")
            edited = self._edited(row, number)
            if not row.faults:
                rows.append(edited)
        # Of two rows with one number nobody can say which is meant.
        doubled = {row.text(Column.NUMBER.label) for row, _ in data if row.faults}
        rows = [row for row in rows if row.number not in doubled]
        faults = tuple(fault for row, _ in data for fault in row.faults)
        missing = tuple(number for number in self._key.rows if number not in seen)
        return EditedTable(
            file=self._file, key=self._key, rows=tuple(rows), new=tuple(new), missing=missing, faults=faults
        )

    def _head(self) -> tuple[int, dict[int, str]]:
        """Where the rows begin, and the headers by column."""
        needed = [column.label for column in _NEEDED]
        best: tuple[list[str], int, dict[int, str]] = (needed, 0, {})
        for at, (_, cells) in enumerate(self._raw.rows[:20], 1):
            headers = {column: "".join(as_text(value).split()) for column, value in cells.items()}
            missing = [label for label in needed if label not in headers.values()]
            best = min(best, (missing, at, headers), key=lambda found: len(found[0]))
        missing, start, headers = best
        names = list(headers.values())
        doubled = sorted({name for name in names if names.count(name) > 1})
        refuse(bool(missing), f"{self._where}的表头缺少列：{'、'.join(missing)}；请保留原有的表头", "malformed")
        refuse(bool(doubled), f"{self._where}的表头“{'、'.join(doubled)}”重复", "malformed")
        return start, headers

    @property
    def _where(self) -> str:
        return f"{self._file}〔{SHEET}〕"

    def _rows(self) -> Iterator[tuple[Row, str]]:
        """The rows that mean something, each with the chapter it stands in."""
        chapter = NO_CHAPTER
        for number, cells in self._raw.rows[self._start :]:
            if set(cells) <= {min(self._headers)}:
                # A heading, merged over its row. A number alone is a row somebody began and did not fill.
                text = as_text(next(iter(cells.values())))
                chapter = chapter if text.isdecimal() else _COUNT.sub("", text)
                continue
            yield self._filled(number, cells), chapter

    def _filled(self, number: int, cells: Cells) -> Row:
        return fill_row(Row(self._file, SHEET, number, self._letters), cells, self._headers)

    def _edited(self, row: Row, number: str) -> EditedRow:
        texts = {column: row.text(column.label) for column in KEYED}
        texts[Column.DUE] = self._day(row)
        texts[Column.DATES] = self._days(texts[Column.DATES])
        if isinstance(row.value(Column.PROGRESS.label), int | float):
            row.fault(Column.PROGRESS.label, "是数字，看不出是百分之几；请写成“60%”，另起一行写办理情况")
        letters = {column: self._letters[column.label] for column in KEYED}
        letters |= {c: self._letters[c.label] for c in (Column.REASON,) if c.label in self._letters}
        return EditedRow(
            row=row.number, number=number, texts=texts, letters=letters, reason=row.text(Column.REASON.label)
        )

    def _new(self, row: Row, chapter: str) -> TaskRow | None:
        """A row without 编号 is a matter to be opened."""
        title = " ".join(row.required(Column.TITLE.label).split("\n"))
        due = self._day(row)
        basis = row.text(Column.REASON.label)
        if not basis:
            row.fault(Column.REASON.label, "新增的行须在这一列写明立项依据（会议纪要、领导批示或文件及其文号）")
        for column in _NOT_OF_A_NEW_ROW:
            if row.text(column.label):
                row.fault(column.label, f"新增的行还没有立项，{column.label}请留空")
        points = self._new_points(row)
        if row.faults:
            return None
        no, source = row.text(Column.NO.label), None if chapter == NO_CHAPTER else chapter
        return TaskRow(
            row=row.number,
            no=no,
            title=title,
            points=points,
            lead=row.text(Column.LEAD.label) or None,
            assist=split_names(row.text(Column.ASSIST.label)),
            person=row.text(Column.PERSON.label) or None,
            due=as_date(due),
            rhythm=Rhythm.WEEKLY,
            klass=MatterClass.ORDINARY,
            source=source,
            basis=basis,
            approver=None,
            another=row.text(ANOTHER) or None,
            notes={},
            key=row_key(no, title, source, basis),
        )

    def _new_points(self, row: Row) -> tuple[TaskPoint, ...]:
        texts = points_of(Column.POINTS, row.text(Column.POINTS.label))
        try:
            days = {no: meant(text, self._spoken) for no, text in points_of(Column.DATES, row.text(Column.DATES.label))}
        except ValueError as error:
            row.fault(Column.DATES.label, str(error))
            return ()
        return tuple(TaskPoint(text=text, due=days.get(no or at)) for at, (no, text) in enumerate(texts, 1))

    def _day(self, row: Row) -> str:
        """时限 as ISO text, whether the cell is a date, a day number or text; empty with a fault when it is none."""
        label = Column.DUE.label
        value = row.value(label)
        if value is None:
            row.fault(label, "时限不能空，请写成 2022-06-30 的样子")
            return ""
        try:
            return meant(value, self._spoken).isoformat()
        except ValueError as error:
            row.fault(label, str(error))
            return ""

    def _days(self, text: str) -> str:
        """节点 with each day written out that was only said; what is no day stays, for its own fault to name."""
        lines = []
        for line in text.split("\n"):
            lines.append(line)
            for no, day in points_of(Column.DATES, line):
                try:
                    as_date(day)
                except ValueError:
                    with suppress(ValueError, Refusal):
                        lines[-1] = f"{'' if no is None else f'{no}. '}{self._spoken(day)}"
        return "\n".join(lines)
