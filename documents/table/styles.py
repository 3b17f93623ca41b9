"""The formats of the workbook, made once."""

from typing import Any

from domain.terms import Light
from sheets.table import Column

FILLS = {
    Light.GREEN: "#C6E0B4",
    Light.BLUE: "#BDD7EE",
    Light.YELLOW: "#FFE699",
    Light.RED: "#F8A5A5",
    Light.GREY: "#D9D9D9",
}


BAR, ENDED = "#B8C4D6", "#E3E3E3"
"""Bars of the time map: no colour of a light, which stands beside them."""


class Styles:
    """Formats by what they are for."""

    def __init__(self, book: Any) -> None:
        """Make them in the book."""
        base = {"text_wrap": True, "valign": "vcenter", "border": 1, "border_color": "#7F7F7F", "font_size": 10}
        self._book, self._base = book, base
        self.plain = book.add_format(base)
        self.centred = book.add_format({**base, "align": "center"})
        self.day = book.add_format({**base, "align": "center", "num_format": "yyyy-mm-dd"})
        self.head = book.add_format({**base, "bold": True, "align": "center", "bg_color": "#D9E2F3"})
        self.title = book.add_format({"bold": True, "font_size": 20, "align": "center", "valign": "vcenter"})
        self.note = book.add_format({"text_wrap": True, "valign": "vcenter", "font_size": 10})
        self.chapter = book.add_format({**base, "bold": True, "font_size": 11, "bg_color": "#EDEDED"})
        self.editor = book.add_format({**base, "bg_color": "#FFFBE6"})
        self.lights = {light: book.add_format({"bg_color": fill, "bold": True}) for light, fill in FILLS.items()}
        self.lit = {light: book.add_format({**base, "align": "center", "bg_color": f}) for light, f in FILLS.items()}
        self._bars: dict[tuple[str, bool], Any] = {}

    def of(self, column: Column) -> Any:
        """The format of a column's cells."""
        if column is Column.DUE:
            return self.day
        if column in (Column.NO, Column.PERSON, Column.NUMBER, Column.LIGHT):
            return self.centred
        return self.editor if column is Column.REASON else self.plain

    def bar(self, fill: str, *, today: bool) -> Any:
        """A cell of the time map; today's column has a thick red edge. No fill: an empty cell."""
        look = self._bars.get((fill, today))
        if look is None:
            shape: dict[str, Any] = {"align": "center", "valign": "vcenter", "font_size": 9}
            shape |= {"bg_color": fill, "top": 7, "bottom": 7} if fill else {}
            shape |= {"border_color": "#BFBFBF"}
            shape |= {"left": 5, "left_color": "#C00000"} if today else {}
            look = self._bars[fill, today] = self._book.add_format(shape)
        return look
