"""How a sheet is laid out so that it can be read when it is printed."""

from collections.abc import Sequence
from typing import Any

MOST_IN_A_CELL = 32_000
"""Characters; the file format takes 767 more."""
_LINE, _TALLEST = 14.0, 409.0
"""Points: a line of 10-point text, and the tallest row a workbook may have."""
_A3 = 8


def row_height(texts: Sequence[str], widths: Sequence[float]) -> float:
    """How tall a row must be to show all its text; left to itself a program shows one line of it or guesses.

    A Chinese character is two wide; a line is broken a little early, as programs do at punctuation.
    """
    most = 1
    for text, width in zip(texts, widths, strict=True):
        room = max(int(width) - 2, 2)
        if 2 * len(text) // room + text.count("\n") + 1 > most:  # else it cannot take more, however it is broken
            most = max(most, _lines(text[:MOST_IN_A_CELL], room))
    return min(most * _LINE + 2, _TALLEST)


def _lines(text: str, room: int) -> int:
    wide = (2 * len(line) - len(line.encode("ascii", "ignore")) for line in text.split("\n"))
    return sum(-(-w // room) or 1 for w in wide)


def print_on_a3(sheet: Any, last_head_row: int = 0) -> None:
    """A3 landscape, as wide as the page, the head on every page, and which page of how many."""
    sheet.set_landscape()
    sheet.set_paper(_A3)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, last_head_row)
    sheet.set_footer("&C第 &P 页，共 &N 页")
