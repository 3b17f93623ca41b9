"""Tables for people: coloured by rich on a terminal, aligned plain text in a pipe."""

import io
import sys
import unicodedata
from collections.abc import Sequence

Cell = str | tuple[str, str]
"""Text, or text with the English name of a light to colour it by."""
COLOURS = {"green": "green", "blue": "blue", "yellow": "yellow", "red": "bold red", "grey": "bright_black"}
GAP = "  "


def table(headers: Sequence[str], rows: Sequence[Sequence[Cell]], title: str | None = None) -> str:
    """A table for people as text; as wide as the terminal, or as its content in a pipe."""
    drawn = _coloured(headers, rows) if sys.stdout.isatty() else _plain([headers, *rows])
    return f"{title}\n{drawn}" if title else drawn


def _plain(rows: Sequence[Sequence[Cell]]) -> str:
    # Without rich, whose import takes longer than reading a thousand matters.
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*texts, strict=True)]
    lines = (GAP.join(text + " " * (w - _width(text)) for text, w in zip(row, widths, strict=True)) for row in texts)
    return "\n".join(line.rstrip() for line in lines)


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell[0]


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _coloured(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*headers, box=None, pad_edge=False, header_style="bold")
    for cells in rows:
        drawn.add_row(*(Text(c) if isinstance(c, str) else Text(c[0], COLOURS.get(c[1], "")) for c in cells))
    out = io.StringIO()
    Console(file=out, force_terminal=True).print(drawn)
    return "\n".join(part.rstrip() for part in out.getvalue().rstrip("\n").split("\n"))
