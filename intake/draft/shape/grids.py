"""Tables in plain text: columns drawn with bars, divided by tabs or wide blanks, or stacked one cell to a line."""

import re
from collections.abc import Iterator

from intake.draft.fields.names import is_unit, split
from intake.draft.rules import columns, structure
from intake.draft.rules.columns import PlanColumn
from intake.draft.shape.source import Cell, GridRow, SourceTable
from intake.draft.text import view

_LINE = re.compile(r"[^\n\r\f]*")
_BAR = re.compile(r"[|│┃]")
_BAR_RULE = re.compile(r"^[\s|│┃:\-—+=─━┼├┤┌┐└┘┬┴]+$")
_BOX_RULE = re.compile(r"^\s*[┌├└╔+][\s|│┃\-—+=─━═┼├┤┌┐└┘┬┴╦╩╗╝╚]+$")
_TAB = re.compile(r"\t+")
_WIDE_BLANK = re.compile(r"[ \u3000]{2,}|\u3000+|\t+")
_LEAST_COLUMNS = 2
_FURTHEST = 12
_LONGEST_HEADER = 16
_MORE_LINES = 3
Line = tuple[int, int]


def column_of(text: str) -> PlanColumn | None:
    """What a header says its column holds."""
    plain = text.strip("*：: 　")
    if not plain or len(plain) > 16:  # noqa: PLR2004  (a header is short)
        return None
    return next((column for column, rule in columns.COLUMNS if rule.pattern.match(plain)), None)


def is_header(columns: list[PlanColumn | None]) -> bool:
    """Whether a row of cells is a header: a task column and another one, or three columns of who and when."""
    known = {column for column in columns if column is not None}
    task = known & {PlanColumn.TASK, PlanColumn.TARGET, PlanColumn.POINTS}
    who = known & {PlanColumn.LEAD, PlanColumn.SHARED, PlanColumn.LEADER}
    enough = len(known) >= _LEAST_COLUMNS if task else bool(who) and len(known - {PlanColumn.NOTE}) > _LEAST_COLUMNS
    return enough and len(known - {PlanColumn.NOTE}) * 2 >= len(known)


def text_tables(source: str) -> list[SourceTable]:
    """The tables of a text, in order."""
    lines = [(m.start(), m.end()) for m in _LINE.finditer(source) if source[m.start() : m.end()].strip()]
    grids: list[SourceTable] = []
    at = 0
    while at < len(lines):
        tables = (
            _barred(source, lines, at)
            or _divided(source, lines, at)
            or _stacked(source, lines, at)
            or _stacked_between_bars(source, lines, at)
        )
        if tables is None:
            at += 1
            continue
        grid, at = tables
        grids.append(grid)
    return grids


def _grid(rows: list[GridRow], lines: list[Line], first: int, last: int) -> tuple[SourceTable, int]:
    return SourceTable("", lines[first][0], lines[last - 1][1], rows, drawn=True), last


def _columns(source: str, cells: dict[int, Cell]) -> list[PlanColumn | None]:
    return [column_of(cell.view(source).text) for cell in cells.values()]


# Bars


def _barred(source: str, lines: list[Line], first: int) -> tuple[SourceTable, int] | None:
    boxed = bool(_BOX_RULE.match(source[slice(*lines[first])]))
    last, rows = first, list[GridRow]()
    while last < len(lines):
        text = source[slice(*lines[last])]
        if _BAR_RULE.match(text) and (boxed or len(_BAR.findall(text)) >= _LEAST_COLUMNS):
            last += 1
            continue
        if len(_BAR.findall(text)) < _LEAST_COLUMNS:
            break
        cells = dict(enumerate(_between(source, lines[last], _BAR, framed=True)))
        if boxed and rows and _goes_on(source, cells):
            rows[-1] = GridRow(rows[-1].number, _gone_on(source, rows[-1].cells, cells))
        else:
            rows.append(GridRow(len(rows) + 1, cells))
        last += 1
    if len(rows) > 1 and any(is_header(_columns(source, row.cells)) for row in rows[:4]):
        return _grid(rows, lines, first, last)
    return None


def _goes_on(source: str, cells: dict[int, Cell]) -> bool:
    """Whether a line within a box goes on with the row above it: its first cell is empty."""
    return bool(cells) and not cells[0].view(source)


def _gone_on(source: str, above: dict[int, Cell], below: dict[int, Cell]) -> dict[int, Cell]:
    return {
        column: cell.going_on(below[column]) if column in below and below[column].view(source) else cell
        for column, cell in above.items()
    } | {column: cell for column, cell in below.items() if column not in above}


def _between(source: str, line: Line, divider: re.Pattern[str], *, framed: bool) -> Iterator[Cell]:
    start, end = line
    marks = list(divider.finditer(source, start, end))
    edges = [start, *(edge for m in marks for edge in m.span()), end]
    cells = [Cell(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    opened = bool(marks) and start == marks[0].start()
    if framed and (opened or not source[cells[0].start : cells[0].end].strip()):
        cells = cells[1:]
    if framed and cells and not source[cells[-1].start : cells[-1].end].strip():
        cells = cells[:-1]
    yield from cells


# Tabs and wide blanks


def _divided(source: str, lines: list[Line], first: int) -> tuple[SourceTable, int] | None:
    for divider in (_TAB, _WIDE_BLANK):
        header = dict(enumerate(_cells(source, lines[first], divider)))
        if not is_header(_columns(source, header)):
            continue
        rows, last = [GridRow(1, header)], first + 1
        while last < len(lines):
            cells = dict(enumerate(_cells(source, lines[last], divider)))
            if divider is _WIDE_BLANK and len(cells) != len(header):
                break
            if divider is _TAB and len(cells) < _LEAST_COLUMNS:
                break
            rows.append(GridRow(len(rows) + 1, cells))
            last += 1
        if len(rows) > 1:
            return _grid(rows, lines, first, last)
    return None


def _cells(source: str, line: Line, divider: re.Pattern[str]) -> Iterator[Cell]:
    start, end = line
    if divider is _WIDE_BLANK:
        text = source[start:end]
        start, end = start + len(text) - len(text.lstrip()), start + len(text.rstrip())
        yield from _between(source, (start, end), divider, framed=False)
        return
    at = start
    for match in re.finditer("\t", source[start:end]):
        yield Cell(at, start + match.start())
        at = start + match.end()
    yield Cell(at, end)


# One cell to a line, as a table looks that was copied out of a page


def _stacked(source: str, lines: list[Line], first: int) -> tuple[SourceTable, int] | None:
    last, header = first, list[PlanColumn]()
    while last < min(first + _LONGEST_HEADER, len(lines)):
        column = column_of(view(source, *lines[last]).text)
        if column is None:
            break
        header.append(column)
        last += 1
    if len(header) < _LEAST_COLUMNS or header[0] is not PlanColumn.NO or not is_header([*header]):
        return None
    rows = [GridRow(1, {n: Cell(*line) for n, line in enumerate(lines[first:last])})]
    number = _number(source, lines, last)
    section = None
    if number is None and last + 1 < len(lines):
        section, number = last, _number(source, lines, last + 1)
    if number is None:
        return None
    if section is not None:
        rows.append(GridRow(2, {0: Cell(*lines[section])}))
        last += 1
    while number is not None and last < len(lines):
        following = next(
            (
                n
                for n in range(last + 1, min(last + len(header) + _FURTHEST, len(lines)))
                if _number(source, lines, n) == number + 1
            ),
            None,
        )
        end = following if following is not None else _end(source, lines, last, header)
        between = lines[last + 1 : end]
        new_section = None
        if following is not None and len(between) > len(header) - 1 and _is_section(source, between[-1]):
            between, new_section = between[:-1], between[-1]
        rows.append(GridRow(len(rows) + 1, {0: Cell(*lines[last]), **_placed(between, header)}))
        if new_section:
            rows.append(GridRow(len(rows) + 1, {0: Cell(*new_section)}))
        last, number = end, (number + 1 if following is not None else None)
    return _grid(rows, lines, first, last)


def _stacked_between_bars(source: str, lines: list[Line], first: int) -> tuple[SourceTable, int] | None:
    """The same with a bar after each cell, so that a cell may take several lines."""
    if column_of(_BAR.sub("", source[slice(*lines[first])])) is None or not _BAR.search(source, *lines[first]):
        return None
    ahead = _cells_between_bars(source, lines[first][0], lines[min(first + _LONGEST_HEADER, len(lines)) - 1][1])
    if not is_header([column_of(view(source, *cell).text) for cell in ahead[:_LONGEST_HEADER]]):
        return None
    last = first
    for n in range(first, len(lines)):
        if _BAR.search(source, *lines[n]):
            last = n
        elif n - last > _FURTHEST:
            break
    start = lines[first][0]
    cells = _cells_between_bars(source, start, lines[last][1])
    stacked = _stacked(source, cells, 0)
    if stacked is None:
        return None
    stop = cells[stacked[1] - 1][1]
    after = next((n for n in range(first, len(lines)) if lines[n][0] >= stop), len(lines))
    return SourceTable("", start, lines[after - 1][1], stacked[0].rows, drawn=True), after


def _cells_between_bars(source: str, start: int, end: int) -> list[Line]:
    marks = [start, *(edge for m in _BAR.finditer(source, start, end) for edge in m.span()), end]
    return [(a, b) for a, b in zip(marks[::2], marks[1::2], strict=True) if source[a:b].strip()]


def _number(source: str, lines: list[Line], at: int) -> int | None:
    text = view(source, *lines[at]).text.rstrip(".、") if at < len(lines) else ""
    return int(text) if text.isdecimal() and len(text) <= 4 else None  # noqa: PLR2004  (a row's number)


def _is_section(source: str, line: Line) -> bool:
    text = view(source, *line).text
    return any(rule.pattern.match(text) for rule in structure.MARKERS[:3])


def _end(source: str, lines: list[Line], last: int, header: list[PlanColumn]) -> int:
    """Where the last row ends: after as many lines as there are columns, or a few more when a cell took two lines."""
    most = min(last + len(header) + _MORE_LINES, len(lines))
    for n in range(last + 1, most):
        text = view(source, *lines[n]).text
        stop = structure.END_MATTER.pattern.match(text) or structure.ATTACHMENT.pattern.match(text)
        if stop or structure.SIGNATURE_DATE.pattern.match(text):
            most = n
            break
    for end in range(min(last + len(header), most), most + 1):
        placed = _placed(lines[last + 1 : end], header)
        if all(_fits(source, placed[n], column) for n, column in enumerate(header) if n in placed):
            return end
    return min(last + len(header), most)


def _fits(source: str, cell: Cell, column: PlanColumn) -> bool:
    """Whether what stands in a column of units could be units."""
    if column not in (PlanColumn.LEAD, PlanColumn.ASSIST, PlanColumn.SHARED):
        return True
    return all(is_unit(name.text) for name in split(cell.view(source)))


def _placed(between: list[Line], header: list[PlanColumn]) -> dict[int, Cell]:
    """The lines of a row under their columns; what is too much belongs to the task."""
    spare = len(between) - (len(header) - 1)
    if spare <= 0:
        return {n: Cell(*line) for n, line in enumerate(between, 1)}
    task = next(
        n for n, column in enumerate(header) if column in (PlanColumn.TASK, PlanColumn.TARGET, PlanColumn.POINTS)
    )
    merged = (between[task - 1][0], between[task - 1 + spare][1])
    placed = [*between[: task - 1], merged, *between[task + spare :]]
    return {n: Cell(*line) for n, line in enumerate(placed, 1)}
