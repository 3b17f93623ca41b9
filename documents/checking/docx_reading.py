"""What a .docx says of one of its paragraphs: its words, their looks, its place. Styles are followed."""

import itertools
import re
from collections.abc import Iterator

from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from documents.formats import standard as gb
from documents.formats.word_styles import chain_of

_DEFAULT_SIZE = 10.5
_TWENTIETHS, EIGHTHS, _HALVES = 20, 8, 2
"""Parts of a point the format counts in: lengths, rules, sizes of type."""
_COUNTED = re.compile(r"([+-]?\d{1,9}(?:\.\d{0,9})?)(mm|cm|in|pt|pc|pi)?")
HUNDREDTHS = 100
"""Parts of a character."""
_UNITS = {"mm": gb.MM, "cm": 10 * gb.MM, "in": 72.0, "pt": 1.0, "pc": 12.0, "pi": 12.0}
_NOT_IN_LINE = frozenset(map(qn, ("w:del", "w:moveFrom", "w:txbxContent")))
"""What of a paragraph's runs is not to be read in it: what is taken out under 修订, and text boxes anchored to it."""
_HEX = re.compile("[0-9A-Fa-f]{6}")
SIDES = {"left": ("w:left", "w:start"), "right": ("w:right", "w:end")}
"""As Word names them, and as the newer standard does, which LibreOffice writes."""
_PLACES = {"center": ALIGN.CENTER, "right": ALIGN.RIGHT, "end": ALIGN.RIGHT, "both": ALIGN.JUSTIFY}


class DocxLine:
    """A paragraph with what holds of its longest run, its styles followed."""

    def __init__(self, paragraph: Paragraph) -> None:
        """Of a paragraph, without what is taken out of it or stands beside it."""
        self.paragraph = paragraph
        self.runs = [Run(r, paragraph) for r in paragraph._p.iter(qn("w:r")) if _is_shown(r)]
        self.typed = "".join(run.text for run in self.runs)
        self.text = self.typed.strip()
        self.run = max((r for r in self.runs if r.text.strip()), key=lambda r: len(r.text), default=None)

    @property
    def size(self) -> float:
        """In points."""
        return size_of(self.run, self.paragraph) if self.run is not None else _DEFAULT_SIZE

    @property
    def font(self) -> str:
        """Of its Chinese characters."""
        return font_of(self.run, self.paragraph) if self.run is not None else ""

    @property
    def red(self) -> bool:
        """Whether its words are."""
        return is_red(next(filter(None, map(colour_of, _looks_of(self.run, self.paragraph))), ""))


def _is_shown(run: BaseOxmlElement) -> bool:
    """Whether a run stands in its paragraph, by itself, inserted or as a link; not deleted, nor in a text box of it."""
    around = itertools.takewhile(lambda one: one.tag != qn("w:p"), run.iterancestors())
    return not any(one.tag in _NOT_IN_LINE for one in around)


def size_of(run: Run | None, paragraph: Paragraph) -> float:
    """Points."""
    sizes = (points_of(look.find(qn("w:sz")), "w:val", _HALVES) for look in _looks_of(run, paragraph))
    return next(filter(None, sizes), _DEFAULT_SIZE)


def font_of(run: Run | None, paragraph: Paragraph) -> str:
    """The face of its Chinese characters; empty where none is named."""
    for look in _looks_of(run, paragraph):
        fonts = look.find(qn("w:rFonts"))
        if fonts is not None and fonts.get(qn("w:eastAsia")):
            return str(fonts.get(qn("w:eastAsia")))
    return ""


def colour_of(look: BaseOxmlElement) -> str:
    """As six hexadecimal digits; empty where it is left to whoever shows it."""
    colour = look.find(qn("w:color"))
    value = str(colour.get(qn("w:val"), "")).upper() if colour is not None else ""
    return value if _HEX.fullmatch(value) else ""


def closer(line: DocxLine) -> float:
    """Points added between two characters."""
    spacings = (look.find(qn("w:spacing")) for look in _looks_of(line.run, line.paragraph))
    return points_of(next((one for one in spacings if one is not None), None), "w:val")


def _looks_of(run: Run | None, paragraph: Paragraph) -> Iterator[BaseOxmlElement]:
    """What is said of a run's characters, by itself and by its paragraph's styles, nearest first."""
    if run is not None:
        yield from looks_by_hand(run)
    yield from (style.element.rPr for style in chain_of(paragraph.style) if style.element.rPr is not None)


def looks_by_hand(run: Run) -> Iterator[BaseOxmlElement]:
    """What is said of a run's characters apart from its paragraph: by itself, and by a style of characters."""
    named = [run._element.rPr, *(style.element.rPr for style in chain_of(run.style))]
    yield from (look for look in named if look is not None)


def alignment_of(paragraph: Paragraph) -> ALIGN | None:
    """What the paragraph or the first of its styles says, as Word names it or as the newer standard does (end)."""
    for look in _places_of(paragraph):
        placed = look.find(qn("w:jc"))
        if placed is not None:
            return _PLACES.get(placed.get(qn("w:val")), ALIGN.LEFT)
    return None


def pitch_of(paragraph: Paragraph) -> float | None:
    """Points from line to line, where the paragraph or the first of its styles sets them and counts no lines."""
    spacings = (look.find(qn("w:spacing")) for look in _places_of(paragraph))
    spacing = next((one for one in spacings if one is not None and one.get(qn("w:line"))), None)
    counted = spacing is None or spacing.get(qn("w:lineRule")) not in ("exact", "atLeast")
    return None if counted else points_of(spacing, "w:line")


def measure_of(line: DocxLine, name: str, parts: int = _TWENTIETHS) -> float | None:
    """What the paragraph or the first of its styles says of an indent (`w:ind`): points, or characters of hundreds."""
    for look in _places_of(line.paragraph):
        indent = look.find(qn("w:ind"))
        if indent is not None and indent.get(qn(name)) is not None:
            return points_of(indent, name, parts)
    return None


def stands_in(paragraph: Paragraph, side: str) -> float:
    """Points a paragraph itself stands in at a side."""
    indent = paragraph._p.pPr.find(qn("w:ind")) if paragraph._p.pPr is not None else None
    return sum(points_of(indent, name) for name in SIDES[side])


def _places_of(paragraph: Paragraph) -> Iterator[BaseOxmlElement]:
    """What is said of where a paragraph stands, by itself and by its styles, nearest first."""
    looks = (paragraph._p.pPr, *(style.element.pPr for style in chain_of(paragraph.style)))
    yield from (look for look in looks if look is not None)


def points_of(element: BaseOxmlElement | None, attribute: str, parts: int = _TWENTIETHS) -> float:
    """What an attribute counts in parts of a point, or with a unit; 0 where there is none or it counts nothing.

    Parts of parts too, which Word and others take, and the library does not.
    """
    value = _COUNTED.fullmatch(str(element.get(qn(attribute), "")).strip()) if element is not None else None
    if value is None:
        return 0.0
    return float(value[1]) * _UNITS[value[2]] if value[2] else float(value[1]) / parts


def is_red(colour: str) -> bool:
    """Whether six hexadecimal digits are a printed red."""
    if not _HEX.fullmatch(colour):
        return False
    red, green, blue = (int(colour[i : i + 2], 16) for i in (0, 2, 4))
    return red > 0x8C and green < 0x5A and blue < 0x5A  # noqa: PLR2004  (as bright as that is)
