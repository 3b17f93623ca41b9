"""Tables for people, in columns that fit a screen: coloured by rich on a terminal, aligned plain text in a pipe."""

import io
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from cli.terminal import keep_colours
from domain.bounds import visible

Cell = str | tuple[str, str]
"""Text, or text with the English name of a light to colour it by."""
Line = tuple[str, int]
"""Text on one line, with its columns on a terminal."""
COLOURS = {"green": "green", "blue": "blue", "yellow": "yellow", "red": "bold red", "grey": "bright_black"}
GAP = "  "
WIDEST = 120
"""Columns of a table where no terminal says how many there are."""
NARROWEST = 12
"""A column of words is not made narrower than this; the table is wider then."""
_WORD = re.compile(r"[0-9A-Za-z.,:%+/_〔〕-]+|.", re.DOTALL)
"""Numbers, ids and Latin words stay whole; Chinese may break anywhere but at its punctuation."""
_NEVER_FIRST, _NEVER_LAST = "，。、；：！？）》”’】·…", "（《“‘【"


def table(headers: Sequence[str], rows: Sequence[Sequence[Cell]], title: str | None = None) -> str:
    """A table for people as text, wrapped by word to the width of the terminal, or to 120 columns in a pipe."""
    lines = [[_text(cell) for cell in row] for row in (headers, *rows)]
    on_terminal = sys.stdout.isatty()
    wide = shutil.get_terminal_size((WIDEST, 24)).columns if on_terminal else WIDEST
    measured = [[(text, _width(text)) for text in row] for row in lines]
    widths = _fitting([max(width for _, width in column) for column in zip(*measured, strict=True)], wide)
    wrapped = [[_wrapped(line, w) for line, w in zip(row, widths, strict=True)] for row in measured]
    text = keep_colours(_coloured(wrapped, rows, wide)) if on_terminal else _plain(wrapped, widths)
    return f"{title}\n{text}" if title else text


def _fitting(widths: list[int], wide: int) -> list[int]:
    """Widths of the columns, the widest made narrower until all stand in so many columns of the screen."""
    over = sum(widths) + len(GAP) * (len(widths) - 1) - wide
    while over > 0 and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
        over -= 1
    return widths


def _wrapped(whole: Line, wide: int) -> list[Line]:
    """The lines of a cell, each at most so wide; a word longer than that stands alone, and sticks out."""
    text, width = whole
    if width <= wide:
        return [whole]
    lines, line = list[str](), ""
    for piece in _pieces(text):
        if line and _width(line + piece) > wide:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [(part, _width(part)) for part in (*lines, line)]


def _pieces(text: str) -> Iterator[str]:
    """What is not broken: words, with the punctuation that may not stand first or last on a line."""
    piece = ""
    for word in _WORD.findall(text):
        if piece and word not in _NEVER_FIRST and piece[-1] not in _NEVER_LAST:
            yield piece
            piece = ""
        piece += word
    yield piece


def _plain(rows: Sequence[Sequence[Sequence[Line]]], widths: Sequence[int]) -> str:
    # Without rich, whose import takes longer than reading a thousand matters.
    drawn = list[str]()
    for cells in rows:
        for n in range(max(map(len, cells))):
            parts = (cell[n] if n < len(cell) else ("", 0) for cell in cells)
            padded = (part + " " * (w - width) for (part, width), w in zip(parts, widths, strict=True))
            drawn.append(GAP.join(padded).rstrip())
    return "\n".join(drawn)


def _text(cell: Cell) -> str:
    """On one line: behind a line break a cell could say what looks like a row."""
    return " ".join(visible(cell if isinstance(cell, str) else cell[0]).splitlines())


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@cache
def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _coloured(wrapped: Sequence[Sequence[Sequence[Line]]], rows: Sequence[Sequence[Cell]], wide: int) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    headers, *body = (["\n".join(part for part, _ in cell) for cell in row] for row in wrapped)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        drawn.add_column(header, no_wrap=True)
    for texts, cells in zip(body, rows, strict=True):
        styles = ("" if isinstance(cell, str) else COLOURS.get(cell[1], "") for cell in cells)
        drawn.add_row(*(Text(text, style) for text, style in zip(texts, styles, strict=True)))
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=max(wide, WIDEST)).print(drawn)
    return "\n".join(part.rstrip() for part in out.getvalue().rstrip("\n").split("\n"))
