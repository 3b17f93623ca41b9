"""How wide the columns of a printed table are, and on which side their words stand: by what they say.

A short word is not broken, a figure stands at the right, what runs over several lines at the left. A small table is as
wide as its words and stands in the middle.
"""

import re
from collections.abc import Callable, Mapping
from math import ceil
from typing import NamedTuple

from documents.formats import standard as gb
from documents.formats.templates import Template
from documents.page import Grid

_WHOLE = gb.TEXT[0] * gb.MM / gb.TABLE
"""版心 in characters of a table."""
_INSET = 0.9
"""Left and right of the words of a cell together, in characters, with a little to spare."""
_UNBROKEN = 7.0
"""A cell of so many characters stands on one line, where there is room."""
_STATED = 7.7
"""Since gb-7: 逾期12个工作日 is a little more than seven characters, and left one on a line of its own."""
_IN_TWO = 2
_NARROW = 4.0 + _INSET
"""A column of words is no narrower to leave a number whole."""
_STEP = 0.5
_ROUNDED = 1e-6
_MOST_LINES = 12
_AIRY = 3.0
"""So much wider than its words a column of a small table may be."""
_APART, _CAPITAL = 0.2, 0.3
"""In characters: so far LibreOffice sets a figure apart from the character beside it, and so much wider than other
ASCII is a capital, of which the number of a matter begins with three."""
_MIXED = re.compile(r"(?<=[\u4e00-\u9fff])(?=[0-9A-Za-z])|(?<=[0-9A-Za-z%])(?=[\u4e00-\u9fff])")
_CAPITALS = re.compile("[A-Z]")
_FIGURE = re.compile(r"[+-]?\d[\d.,]*(?:%|分|项|次|件)?|—|/|")
_NUMBER = re.compile(r"[^\d〔]*〔\d{4}〕\d+号|[A-Z]+(?:-\d+)+|(?:\d{4}年)?\d+月\d+日|")
"""文号, the number of a matter or a meeting, a date, nothing."""
_RUNNING = frozenset({"内容", "情况", "清单"})


class TableColumn(NamedTuple):
    """A share of 版心, and left, center or right."""

    share: float
    place: str


def columns_of(grid: Grid, template: Template) -> tuple[TableColumn, ...]:
    """The columns of a table in a layout; those of before go by their headers alone and fill the line."""
    if template.former:
        weights = gb.weights(grid.headers)
        places = ("left" if header in gb.LEFT_ALIGNED else "center" for header in grid.headers)
        return tuple(TableColumn(w / sum(weights), place) for w, place in zip(weights, places, strict=True))
    natural, least = (
        _wants(grid, _IN_TWO, _STATED, _wider)
        if template.since_gb7
        else _wants(grid, _IN_TWO if template.since_gb6 else 1)
    )
    whole = _whole_numbers(grid) if template.since_gb8 else {}
    widths = _shared(natural, _for_few_lines(grid, least) if template.since_gb5 else least, whole)
    return tuple(TableColumn(w / _WHOLE, _place(grid, n, w)) for n, w in enumerate(widths))


def lines_of(row: tuple[str, ...], columns: tuple[TableColumn, ...]) -> int:
    """How many lines the tallest cell of a table's row fills."""
    return max(
        sum(ceil(_width(line) / (column.share * _WHOLE - _INSET)) or 1 for line in cell.splitlines() or [""])
        for cell, column in zip(row, columns, strict=True)
    )


def _width(text: str) -> float:
    return max((sum(0.52 if c.isascii() else 1.0 for c in line) for line in text.splitlines()), default=0.0)


def _wants(
    grid: Grid, lines: int, unbroken: float = _UNBROKEN, wider: Callable[[str], float] = lambda _: 0.0
) -> tuple[list[float], list[float]]:
    """What each column would fill in one line, and what it needs for its short cells and its header.

    `lines`: so many a cell that is not long takes at most, whatever long ones stand beside it. `unbroken`: a cell of so
    many characters takes one. `wider`: what a cell may fill beyond its width.
    """
    natural, least = [], []
    for n, header in enumerate(grid.headers):
        cells = [(_width(row[n]), wider(row[n])) for row in grid.rows]
        short = [w + more for w, more in cells if w <= unbroken]
        natural.append(max([_width(header), *(w + more for w, more in cells)]) + _INSET)
        parted = [ceil(w / lines) for w, _ in cells if unbroken < w <= lines * unbroken]
        least.append(max([min(_width(header), unbroken), *short, *parted]) + _INSET)
    return natural, least


def _wider(text: str) -> float:
    return _APART * len(_MIXED.findall(text)) + _CAPITAL * len(_CAPITALS.findall(text))


def _for_few_lines(grid: Grid, least: list[float]) -> list[float]:
    """What each column needs for its tallest cell to take as few lines as can be had for all columns alike."""
    tallest = [max((_width(row[n]) for row in grid.rows), default=0.0) for n in range(len(grid.headers))]
    for lines in range(1, _MOST_LINES + 1):
        wants = [max(few, ceil(wide / lines) + _INSET) for few, wide in zip(least, tallest, strict=True)]
        if sum(wants) <= _WHOLE:
            return wants
    return least


def _whole_numbers(grid: Grid) -> dict[int, float]:
    """The columns of nothing but numbers and dates, and what keeps each of these on one line."""
    return {
        n: max(_width(row[n]) + _wider(row[n]) for row in grid.rows) + _INSET
        for n in range(len(grid.headers))
        if grid.rows and all(_NUMBER.fullmatch(row[n]) for row in grid.rows)
    }


def _shared(natural: list[float], least: list[float], whole: Mapping[int, float]) -> list[float]:
    """The widths: with room to spare no wider than airy; else every column its least, and the rest to the tallest.

    Words give way where a number would not have its `whole` width.
    """
    room = _WHOLE - sum(natural)
    if room >= 0:
        return [n + min(room / len(natural), _AIRY) for n in natural]
    widths = _dealt(natural, least)
    if all(widths[n] >= wide - _ROUNDED for n, wide in whole.items()):
        return widths
    held = [max(w, whole[n]) if n in whole else w for n, w in enumerate(least)]
    narrow = [w if n in whole else min(w, _NARROW) for n, w in enumerate(held)]
    return next((_dealt(natural, wants) for wants in (held, narrow) if sum(wants) < _WHOLE), widths)


def _dealt(natural: list[float], least: list[float]) -> list[float]:
    """Every column its least, and the rest to the tallest; without room for that all give way alike."""
    spare = _WHOLE - sum(least)
    if spare <= 0:
        return [w * _WHOLE / sum(least) for w in least]
    widths = list(least)
    while spare > 0:
        tallest = max(range(len(widths)), key=lambda n: (natural[n] - _INSET) / max(widths[n] - _INSET, 0.1))
        widths[tallest] += min(_STEP, spare)
        spare -= _STEP
    return widths


def _place(grid: Grid, n: int, width: float) -> str:
    cells = [row[n] for row in grid.rows]
    if cells and all(_FIGURE.fullmatch(cell) for cell in cells) and any(cell for cell in cells):
        return "right"
    runs_over = any(_width(cell) + _INSET > width + 0.01 for cell in cells)
    return "left" if runs_over or grid.headers[n] in _RUNNING or grid.headers[n] in gb.LEFT_ALIGNED else "center"
