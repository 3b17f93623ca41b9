"""The styles of the .docx templates, by the names an office reads in Word or WPS: what it changes there, issues follow.

A style is found by its name; the ids behind the names are the word processor's own, and WPS gives new ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from documents.formats import standard as gb

BODY, HEADING, SUBHEADING, TITLE, NUMBER = "仿宋_GB2312", "黑体", "楷体_GB2312", "方正小标宋简体", "宋体"
"""The faces the standard names. Word shows the nearest one where the office lacks them."""
LATIN = "Times New Roman"
PITCH = 28.95
"""Points; a hair less than a 22nd of 版心, which Word would round up and lose a line."""
CLOSE_PITCH = PITCH * 22 / 22.45
"""Where a face is saved by it."""
MARK_PITCH, MARK_PITCH_OF_TWO = 1.06, 1.12
"""Of its size the line of a red name is high, of one line and of two: Word sets it at the line's foot, LibreOffice four
fifths down, and with so little to spare both have its upper edge where it belongs, within a millimetre."""
BELOW_HEAD_OF_FORM = 5
"""Millimetres below the red rule of a form."""
ABOVE_TABLE = 5
"""Points between a table and the line above it, whose type is at its foot."""
CLOSER = -5
"""Twips between two characters: 28 of them are 156 mm."""


class Style(StrEnum):
    """What is set in which style."""

    MARKING = "标识"
    MASTHEAD = "报头"
    ISSUE = "期号"
    ISSUER = "编发单位"
    TITLE = "公文标题"
    ADDRESSEE = "主送"
    FOREWORD = "按语"
    TEXT = "正文文字"
    HEADING = "Heading 1"
    SUBHEADING = "Heading 2"
    CONTENTS = "目录标题"
    FIRST_ENTRY = "目录一级"
    SECOND_ENTRY = "目录二级"
    ROLL = "名单"
    CELL_HEAD = "表头"
    CELL = "表格文字"
    CELL_LEFT = "表格文字左"
    FIGURE = "图"
    NOTE = "说明"
    SIGNED = "落款"
    APPENDIX = "附表标题"
    IMPRINT = "版记"
    NUMBER = "页码"


@dataclass(frozen=True)
class Look:
    """A style in points and characters; `close` sets its characters as near as 28 in a line ask for."""

    face: str
    size: float
    place: str = "both"
    indent: float = 0
    """Characters, of the first line."""
    pitch: float | None = PITCH
    """From line to line, exactly; None as high as what stands in it."""
    around: float = 0
    """Points above and below."""
    close: bool = True
    keep: bool = False
    """Stays with what follows."""
    red: bool = False


_CELL_PITCH = gb.TABLE * 1.35
LOOKS: dict[Style, Look] = {
    Style.MARKING: Look(HEADING, gb.BODY, "left"),
    Style.MASTHEAD: Look(TITLE, gb.MARK, "center", pitch=gb.MARK * MARK_PITCH, close=False, red=True),
    Style.ISSUE: Look(BODY, gb.BODY, "center"),
    Style.ISSUER: Look(BODY, gb.BODY, "left"),
    Style.TITLE: Look(TITLE, gb.TITLE, "center", pitch=32, close=False),
    Style.ADDRESSEE: Look(BODY, gb.BODY, "left"),
    Style.FOREWORD: Look(SUBHEADING, gb.BODY, indent=2),
    Style.TEXT: Look(BODY, gb.BODY, indent=2),
    Style.HEADING: Look(HEADING, gb.BODY, "left", indent=2, keep=True),
    Style.SUBHEADING: Look(SUBHEADING, gb.BODY, "left", indent=2, keep=True),
    Style.CONTENTS: Look(HEADING, gb.BODY, "center", keep=True),
    Style.FIRST_ENTRY: Look(BODY, gb.BODY, "left"),
    Style.SECOND_ENTRY: Look(BODY, gb.BODY, "left", indent=2),
    Style.ROLL: Look(BODY, gb.BODY, "left"),
    Style.CELL_HEAD: Look(HEADING, gb.TABLE, "center", pitch=_CELL_PITCH, around=2, close=False),
    Style.CELL: Look(BODY, gb.TABLE, "center", pitch=_CELL_PITCH, around=2, close=False),
    Style.CELL_LEFT: Look(BODY, gb.TABLE, "left", pitch=_CELL_PITCH, around=2, close=False),
    Style.FIGURE: Look(BODY, gb.TABLE, "center", pitch=None, close=False),
    Style.NOTE: Look(SUBHEADING, gb.SMALL, indent=2, keep=True),
    Style.SIGNED: Look(BODY, gb.BODY, "right"),
    Style.APPENDIX: Look(HEADING, gb.BODY, "left", keep=True),
    Style.IMPRINT: Look(BODY, gb.SMALL, "left", pitch=gb.SMALL + 7, close=False),
    Style.NUMBER: Look(NUMBER, gb.SMALL, "left", pitch=gb.SMALL, close=False),
}


def chain_of(style: Any) -> Iterator[Any]:
    """A style of python-docx and those it is based on, nearest first; of styles in a circle each comes once."""
    seen = set[str]()
    while style is not None and style.style_id not in seen:
        seen.add(style.style_id)
        yield style
        style = getattr(style, "base_style", None)
