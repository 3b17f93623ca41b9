"""From the rows of a table to tasks: which row is the header, what its columns hold, which rows go on from above."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from intake.draft.fields import clauses
from intake.draft.fields.clauses import TaskClauses, segments_of
from intake.draft.fields.names import UnitNames, is_unit, split
from intake.draft.model import Comparison, Target
from intake.draft.prose import Task
from intake.draft.rules import columns, structure
from intake.draft.rules.columns import PlanColumn
from intake.draft.rules.responsibility import PLAIN_NAMES, StatedDuty
from intake.draft.sentences import MOST_TITLE, divided, has_verb, title_of
from intake.draft.shape.grids import column_of, is_header
from intake.draft.shape.outline import marker
from intake.draft.shape.source import Cell, GridRow, SourceTable, together
from intake.draft.text import NOTHING, View
from intake.sheets import CellFault

_HEADER_WITHIN = 15
_NUMBER = re.compile(r"^\d{1,4}(?:[.\-]\d{1,3})*[.、]?$|^[①-⑳]$|^（?[一二三四五六七八九十百]{1,4}）?、?$|^[A-Z]?\d+$")
_POINT_NUMBER = re.compile(r"(?:^|(?<=[。；]))（?(\d{1,2})(?:）|[.、．](?=\d{1,2}月|\D))")
_UNIT_IN_HEADER = re.compile(r"（([^（）\d]{1,6})）$")
_BARE_NUMBER = re.compile(r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^\d+(?:\.\d+)?$")
_DITTO_CELL = re.compile(r"^(?:同上|〃|″|同前)$")
_MOSTLY = 0.6
_LEAST_KNOWN = 2
_CARRIED = frozenset(PlanColumn) - {
    PlanColumn.NO,
    PlanColumn.TASK,
    PlanColumn.POINTS,
    PlanColumn.TARGET,
    PlanColumn.NOTE,
}


@dataclass(slots=True)
class TableReading:
    """What a table came to; `header` is None when it is no table of tasks."""

    header: int | None = None
    tasks: list[Task] = field(default_factory=list)
    headings: list[View] = field(default_factory=list)
    skipped: list[tuple[View, str]] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)


@dataclass(slots=True)
class _Record:
    """One task's cells by column, gathered over the rows it takes."""

    number: int
    section: tuple[str, ...]
    cells: dict[int, list[Cell]] = field(default_factory=dict)
    carried: dict[int, Cell] = field(default_factory=dict)
    above: TaskClauses | None = None
    """What the section row says of all below it: （包联领导：…）."""


class TableReader:
    """Reads one grid."""

    def __init__(self, source: str, grid: SourceTable, directory: UnitNames) -> None:
        """Find the header."""
        self._source, self._grid, self._directory = source, grid, directory
        self._columns: dict[int, PlanColumn] = {}
        self._titles: dict[int, str] = {}
        self._first = 0
        self._guessed = ""
        self._seen: dict[tuple[int, int], View] = {}
        self.reading = TableReading()
        self._find_header()

    def read(self, above: tuple[str, ...] = ()) -> TableReading:
        """The tasks of the table, or nothing when it has no header of one."""
        if self.reading.header is None:
            return self.reading
        for row in self._grid.rows[: self._first]:
            self.reading.headings.extend(self._views(row))
        for record in self._records(above):
            self._task(record)
        return self.reading

    def _views(self, row: GridRow) -> Iterator[View]:
        yield from (seen for cell in row.cells.values() if (seen := self._view(cell)))

    def _view(self, cell: Cell) -> View:
        place = (cell.start, cell.end)
        if place not in self._seen:
            self._seen[place] = cell.view(self._source)
        return self._seen[place]

    def _text(self, cell: Cell | None) -> str:
        return self._view(cell).text if cell else ""

    # The header

    def _find_header(self) -> None:
        rows = self._grid.rows
        for at, row in enumerate(rows[:_HEADER_WITHIN]):
            titles = {column: self._text(cell) for column, cell in row.cells.items() if self._text(cell)}
            below = self._second_line(at, titles)
            for names, lines in ((below, 2), (titles, 1)):
                columns = {column: column_of(name.rpartition("·")[2]) for column, name in names.items()}
                if names and is_header([*columns.values()]):
                    self._columns = {column: kind for column, kind in columns.items() if kind is not None}
                    self._titles = names
                    self._first = at + lines
                    self.reading.header = row.number
                    self._two_tasks()
                    return

    def _second_line(self, at: int, titles: dict[int, str]) -> dict[int, str]:
        """A header of two lines: 责任分工 over 牵头单位 and 配合单位."""
        rows = self._grid.rows
        if at + 1 >= len(rows) or not titles:
            return {}
        lower = {column: self._text(cell) for column, cell in rows[at + 1].cells.items() if self._text(cell)}
        known = sum(column_of(name) is not None for name in lower.values())
        if sum(column_of(name) is not None for name in titles.values()) < _LEAST_KNOWN or not lower:
            return {}
        if known == len(lower):
            return {**titles, **lower}
        return self._grouped(titles, lower, rows[at + 1])

    def _grouped(self, titles: dict[int, str], lower: dict[int, str], row: GridRow) -> dict[int, str]:
        """Groups over their columns, merged: 工作计划 over 投资 and 形象进度. A column is called by both names."""
        alone = {column for column in titles if column not in lower}
        under = [column for column in lower if column not in titles]
        words = not any(any(char.isdigit() for char in name) for name in lower.values())
        rest = all(column in row.cells and row.cells[column].covered for column in alone)
        if not under or not words or not rest:
            return {}
        groups = {column: max((c for c in titles if c <= column and c in lower), default=None) for column in lower}
        named = {c: f"{titles[g]}·{name}" if (g := groups[c]) is not None else name for c, name in lower.items()}
        return {**titles, **named}

    def _two_tasks(self) -> None:
        """重点工作 before 工作任务: the first is what the others are grouped by, or the second tells more of it."""
        tasks = sorted(column for column, kind in self._columns.items() if kind is PlanColumn.TASK)
        if not tasks:
            spare = [column for column, kind in self._columns.items() if kind in (PlanColumn.POINTS, PlanColumn.TARGET)]
            points = [column for column in spare if self._columns[column] is PlanColumn.POINTS]
            unknown = [column for column in self._titles if column not in self._columns]
            guessed = min(unknown or points or spare or self._columns)
            self._columns[guessed] = PlanColumn.TASK
            self._guessed = f"表中没有任务一列，以“{self._titles[guessed][:12]}”为任务" if unknown else ""
        elif len(tasks) > 1:
            rows = self._grid.rows[self._first :]
            empty = sum(not self._text(row.cells.get(tasks[0])) for row in rows)
            full = sum(bool(self._text(row.cells.get(tasks[1]))) for row in rows)
            self._columns[tasks[0]] = PlanColumn.SECTION if empty and full > len(rows) - empty else PlanColumn.TASK
            for other in tasks[1 if self._columns[tasks[0]] is PlanColumn.TASK else 2 :]:
                self._columns[other] = PlanColumn.POINTS

    def _of(self, kind: PlanColumn) -> list[int]:
        return sorted(column for column, column_kind in self._columns.items() if column_kind is kind)

    # The rows

    def _records(self, above: tuple[str, ...]) -> Iterator[_Record]:
        current: _Record | None = None
        section = above
        within: tuple[str, ...] = ()
        carried: dict[int, Cell] = {}
        of_section: TaskClauses | None = None
        numbered = self._numbered()
        for row in self._grid.rows[self._first :]:
            self._note_faults(row)
            kind = self._kind(row, current, numbered=numbered)
            if kind == "section":
                seen = together(self._views(row))
                self.reading.headings.append(seen)
                section = (*above, *_nested(section[len(above) :], seen))
                clauses = [segment.clause for segment in segments_of(seen, self._directory) if segment.clause]
                of_section = clauses[0] if clauses else None
            elif kind:
                self.reading.skipped.extend((seen, kind) for seen in self._views(row))
            elif current is not None and self._continues(row, current, numbered=numbered):
                self._put(current, row, carried)
            else:
                if current is not None:
                    yield current
                current = _Record(row.number, section, above=of_section)
                self._put(current, row, carried)
                within = self._within(current, within)
                current.section = (*section, *within)
        if current is not None:
            yield current

    def _note_faults(self, row: GridRow) -> None:
        """Cells that cannot be read, where something that matters should stand; a computed 序号 does not matter."""
        for column, cell in row.cells.items():
            matters = self._columns.get(column, PlanColumn.NO) not in (PlanColumn.NO, PlanColumn.NOTE)
            if matters and isinstance(cell.value, CellFault):
                self.reading.faults.append(cell.value.model_copy(update={"column": self._titles.get(column, "")}))

    def _numbered(self) -> bool:
        """Whether the table numbers its tasks."""
        columns_of_numbers, tasks = self._of(PlanColumn.NO), self._of(PlanColumn.TASK)
        rows = [row for row in self._grid.rows[self._first :] if any(self._text(row.cells.get(c)) for c in tasks)]
        have = [row for row in rows if any(_NUMBER.match(self._text(row.cells.get(c))) for c in columns_of_numbers)]
        return bool(rows) and len(have) >= _MOSTLY * len(rows)

    def _kind(self, row: GridRow, current: _Record | None, *, numbered: bool) -> str:
        """What a row is that is no task: `section`, or why it is skipped."""
        filled = {column: text for column, cell in row.cells.items() if (text := self._text(cell))}
        if not filled:
            return "空行"
        texts = list(filled.values())
        if columns.TOTAL_ROW.pattern.match(texts[0]) or (len(texts) > 1 and columns.TOTAL_ROW.pattern.match(texts[1])):
            return "合计行"
        if columns.TABLE_NOTE.pattern.match(texts[0]):
            return "表注"
        known = [column_of(text) for text in texts]
        if is_header(known) and all(known):
            return "重复的表头"
        if len(filled) == 1 and len(self._columns) > 1:
            column, text = next(iter(filled.items()))
            opens = column == min(self._columns) and not _NUMBER.match(text)
            heading = marker(self._view(row.cells[column])) is not None
            in_task = self._columns.get(column) is PlanColumn.TASK
            unnumbered = numbered and in_task and heading and (current is None or self._is_done(current))
            if (
                opens and not (in_task and not numbered and self._columns[column] is PlanColumn.TASK and not heading)
            ) or unnumbered:
                return "section"
        return ""

    def _is_done(self, record: _Record) -> bool:
        return any(record.cells.get(c) for kind in (PlanColumn.LEAD, PlanColumn.SHARED) for c in self._of(kind))

    def _continues(self, row: GridRow, current: _Record, *, numbered: bool) -> bool:
        """Whether a row goes on with the task above: its cells of number and task are empty or merged from above."""
        numbers, tasks = self._of(PlanColumn.NO), self._of(PlanColumn.TASK)
        has_number = any(self._text(row.cells.get(c)) for c in numbers)
        has_task = any(self._text(row.cells.get(c)) for c in tasks)
        if has_number:
            return False
        if not has_task:
            return True
        merged = any(cell.covered for c in numbers if (cell := row.cells.get(c)))
        cut = not structure.TERMINAL.pattern.search(self._text_of(current, PlanColumn.TASK))
        return numbered and (merged or cut)

    def _text_of(self, record: _Record, kind: PlanColumn) -> str:
        return "".join(self._text(cell) for column in self._of(kind) for cell in record.cells.get(column, ()))

    def _put(self, record: _Record, row: GridRow, carried: dict[int, Cell]) -> None:
        for column, cell in row.cells.items():
            text = self._text(cell)
            above = carried.get(column)
            if (cell.covered or _DITTO_CELL.match(text)) and above is not None and not record.cells.get(column):
                if self._columns.get(column) in _CARRIED:
                    record.carried.setdefault(column, above)
                if text:
                    self.reading.skipped.append((self._view(cell), "同上"))
            elif text:
                record.cells.setdefault(column, []).append(cell)
                carried[column] = cell

    def _within(self, record: _Record, before: tuple[str, ...]) -> tuple[str, ...]:
        """What the column of classes says; an empty cell means the class above."""
        cells = [
            self._view(cell).raw
            for column in self._of(PlanColumn.SECTION)
            for cell in (*record.cells.get(column, ()), *([record.carried[column]] if column in record.carried else []))
        ]
        return tuple(cells) if cells else before

    # A task

    def _task(self, record: _Record) -> None:
        title_cells = self._cells(record, PlanColumn.TASK)
        segments = [
            segment
            for cell in title_cells
            for line in [self._view(cell)]
            for segment in segments_of(line, self._directory)
        ]
        body, more = _told(segment.view for segment in segments)
        lines = [line for cell in self._cells(record, PlanColumn.POINTS) for line in cell.paragraphs(self._source)]
        points = [*more, *(point for line in lines for point in _points(line))]
        goals = [self._view(cell) for cell in self._cells(record, PlanColumn.TARGET)]
        if not body:
            body = together(points or goals)
        label = "".join(self._text(cell) for cell in self._cells(record, PlanColumn.NO))
        clause = self._clause(record)
        for segment in segments:
            if segment.clause and not clause.says_who:
                clause.add(segment.clause)
            elif segment.clause:
                clause.due.extend(segment.clause.due)
        clause, came_down = clause.completed(record.above)
        mine = [self._view(cell) for cells in record.cells.values() for cell in cells]
        mark = marker(body)
        named = body.cut(mark[1]) if mark and len(body) > mark[1] else body
        title = named.strip("。；： ") if len(named) <= MOST_TITLE else title_of(named)
        notes = self._notes(record)
        goals_of_number = list(self._bare_goals(record))
        if not body:
            self.reading.skipped.extend((seen, "没有任务的行") for seen in mine)
            return
        self.reading.tasks.append(
            Task(
                record.section,
                label.rstrip(".、"),
                title,
                named,
                mine,
                clause,
                points=points or (divided(named, together=False) if len(named) > 2 * MOST_TITLE else []),
                source=self._said(record, PlanColumn.SOURCE),
                basis=self._said(record, PlanColumn.BASIS),
                notes=notes,
                figures_from=[*points, *goals],
                targets=goals_of_number,
                doubts=[*([self._guessed] if self._guessed else []), *(["责任单位取自分节行"] if came_down else [])],
                dues=self._dues(record),
                place=f"{f'〔{self._grid.name}〕' if self._grid.name else '表'}第{record.number}行",
            )
        )

    def _bare_goals(self, record: _Record) -> Iterator[Target]:
        """目标任务（个） over 220: the header says of what."""
        for column in self._of(PlanColumn.TARGET):
            unit = _UNIT_IN_HEADER.search(self._titles.get(column, ""))
            for cell in record.cells.get(column, ()):
                seen = self._view(cell)
                if unit and _BARE_NUMBER.match(seen.text):
                    value = seen.text.replace(",", "")
                    yield Target(
                        written=seen.raw,
                        span=seen.span(),
                        subject="",
                        comparison=Comparison.EQUAL,
                        value=value,
                        unit=unit[1],
                    )

    def _cells(self, record: _Record, kind: PlanColumn) -> list[Cell]:
        return [cell for column in self._of(kind) for cell in record.cells.get(column, ())]

    def _with_carried(self, record: _Record, kind: PlanColumn) -> list[Cell]:
        cells = self._cells(record, kind)
        return cells or [record.carried[column] for column in self._of(kind) if column in record.carried]

    def _clause(self, record: _Record) -> TaskClauses:
        clause = TaskClauses()
        for kind, duty in (
            (PlanColumn.LEAD, StatedDuty.LEAD),
            (PlanColumn.ASSIST, StatedDuty.ASSIST),
            (PlanColumn.SHARED, StatedDuty.SHARED),
        ):
            for cell in self._with_carried(record, kind):
                for value in _values(cell.lines(self._source)):
                    read = clauses.labelled(value, short=True) or clauses.phrases(value, duty)
                    clause.add(read)
        for kind, people in ((PlanColumn.LEADER, clause.leaders), (PlanColumn.PERSON, clause.persons)):
            for cell in self._with_carried(record, kind):
                for line in cell.lines(self._source):
                    people.extend(split(line))
        for cell in self._with_carried(record, PlanColumn.RHYTHM):
            clause.rhythm.append(self._view(cell))
        clause.parts = []
        self._people_among(clause)
        return clause

    def _people_among(self, clause: TaskClauses) -> None:
        """责任单位/责任人 in one column: what has the form of a person's name and not of a unit's is a person."""
        if not any("责任人" in self._titles.get(column, "") for column in self._of(PlanColumn.SHARED)):
            return
        people = [n for n in clause.shared if PLAIN_NAMES.pattern.match(n.text) and not is_unit(n.text)]
        people = [n for n in people if not self._directory.knows(n.raw)]
        clause.shared = [name for name in clause.shared if name not in people]
        clause.persons.extend(people)

    def _dues(self, record: _Record) -> list[tuple[object, View]]:
        return [(cell.value, self._view(cell)) for cell in self._with_carried(record, PlanColumn.DUE)]

    def _said(self, record: _Record, kind: PlanColumn) -> str:
        return "；".join(self._view(cell).raw for cell in self._with_carried(record, kind))

    def _notes(self, record: _Record) -> list[tuple[str, str]]:
        return [
            (self._titles.get(column, ""), "\n".join(cell.written(self._source) for cell in cells))
            for column, cells in sorted(record.cells.items())
            if self._columns.get(column) is PlanColumn.NOTE or (column not in self._columns and column in self._titles)
        ]


def _told(cells: Iterable[View]) -> tuple[View, list[View]]:
    """The task of one or more cells, and what is a sentence of its own in those below the first."""
    first, *below = list(cells) or [NOTHING]
    whole = [first]
    points: list[View] = []
    for cell in below:
        (points if points or has_verb(re.split("[，。；]", cell.text)[0]) else whole).append(cell)
    return together(whole), points


def _points(line: View) -> list[View]:
    """1.…。2.…。 on one line as points of their own, their numbers left out."""
    starts = list(_POINT_NUMBER.finditer(line.text))
    numbered = [int(m[1]) for m in starts] == list(range(1, len(starts) + 1))
    if not numbered or not starts:
        return [line.cut(starts[0].end())] if starts and starts[0].start() == 0 and len(starts) == 1 else [line]
    ends = [m.start() for m in starts[1:]] + [len(line)]
    return [line.cut(m.end(), end) for m, end in zip(starts, ends, strict=True)]


def _nested(section: tuple[str, ...], heading: View) -> tuple[str, ...]:
    """（一） below 一、; otherwise a section row replaces the one before."""
    mark = marker(heading)
    if section and mark and mark[0] == 3.0:  # noqa: PLR2004  (the rank of （一）)
        top = [one for one in section[:1] if not one.startswith(("（", "("))]
        return (*top, heading.raw)
    return (heading.raw,)


def _values(lines: list[View]) -> list[View]:
    """The lines of a cell, put together where a name is broken over two of them."""
    if all(is_unit(name.text) for line in lines for name in split(line)):
        return lines
    return [together(lines)] if lines else []
