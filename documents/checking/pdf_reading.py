"""A .pdf as the measuring sees it: characters with place, face, size and colour, and rules. Nothing is guessed yet."""

import io
import logging
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LTChar, LTCurve, LTFigure, LTPage
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError
from pdfminer.pdffont import PDFFont, PDFType3Font
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.psexceptions import PSException
from pdfminer.utils import Matrix, decode_text

from documents.formats.standard import MM
from domain.base import Refusal

_TOUCH = 0.3
_DARK, _BRIGHT = 0.35, 0.55
"""Of red: what there is at most of green and blue, and at least of red."""
_SHORTEST, _THICKEST = 100.0, 8.0
"""Points: the shortest and the thickest that is a rule and no part of a letter or a box."""


@dataclass(frozen=True)
class Glyph:
    """One character. Millimetres from the page's left and top edge; `y` is the baseline, `size` in points."""

    text: str
    x: float
    end: float
    y: float
    size: float
    font: str
    red: bool


@dataclass(frozen=True)
class RuledLine:
    """One horizontal rule."""

    x: float
    end: float
    y: float
    thick: float
    red: bool


@dataclass(frozen=True)
class PdfFace:
    """One page (一面)."""

    no: int
    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    rules: tuple[RuledLine, ...]
    uprights: tuple[tuple[float, float], ...]
    """From where to where a vertical stroke goes: what stands beside one stands in a table."""

    def in_table(self, y: float) -> bool:
        """Whether a table is at this height."""
        return any(top - _TOUCH <= y <= bottom + _TOUCH for top, bottom in self.uprights)


@dataclass(frozen=True)
class Pdf:
    """The pages, and what the file says of itself."""

    faces: tuple[PdfFace, ...]
    declared: str
    """Its description: where a substitution of faces is declared."""
    carried: Mapping[str, bool]
    """Each face its characters are set in, and whether the file carries it."""


def read_pdf(data: bytes) -> Pdf:
    """The characters and rules on the pages of a .pdf, for measuring.

    Raises:
        Refusal: `malformed`, when it is no .pdf, wants a password, or has no text.
    """
    # It warns of every oddity on stderr, where only our line goes.
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    try:
        document = PDFDocument(PDFParser(io.BytesIO(data)))
        device = _Setting(PDFResourceManager(), laparams=None)
        interpreter = PDFPageInterpreter(device.rsrcmgr, device)
        faces = []
        for no, page in enumerate(PDFPage.create_pages(document), start=1):
            interpreter.process_page(page)
            faces.append(_face(no, device.get_result()))
        declared = "".join(_text(info.get("Subject", "")) for info in document.info)
    except PDFEncryptionError as error:
        raise Refusal("这份 PDF 设有密码，不能检查；请先取消密码", "malformed") from error
    # The library asserts, and takes a number for an object, where a file is damaged.
    except (
        *(PSException, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError),
        *(RuntimeError, struct.error, zlib.error),
    ) as error:
        raise Refusal("这份文件不是完好的 PDF，不能检查", "malformed") from error
    if not any(face.glyphs for face in faces):
        raise Refusal("这份 PDF 没有可选取的文字（可能是扫描件），不能检查", "malformed")
    return Pdf(tuple(faces), declared, device.carried)


class _Setting(PDFPageAggregator):
    """Sets a page, and remembers the faces that characters were really set in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carried: dict[str, bool] = {}

    def render_char(self, matrix: Matrix, font: PDFFont, *rest: Any) -> float:
        """One character; a Type 3 face is drawn by the file itself."""
        carried = isinstance(font, PDFType3Font) or any(key in font.descriptor for key in _FONT_FILES)
        name = _face_name(str(font.fontname))
        self.carried[name] = self.carried.get(name, True) and carried
        return super().render_char(matrix, font, *rest)


_FONT_FILES = ("FontFile", "FontFile2", "FontFile3")


def _face_name(name: str) -> str:
    """Without the six letters of a face of which only some characters are carried."""
    return name.partition("+")[2] or name


def words_of_pdf(pdf: Pdf, above: float) -> str:
    """The text of a measured .pdf in the order it was set, of what stands within `above` millimetres from the top."""
    return "".join(g.text for face in pdf.faces for g in face.glyphs if g.y < above)


def _text(value: object) -> str:
    return decode_text(value) if isinstance(value, bytes) else ""


def _face(no: int, page: LTPage) -> PdfFace:
    glyphs, rules, uprights = [], [], []
    for shape in _flat(page):
        if isinstance(shape, LTChar):
            glyphs.append(_glyph(shape, page.height))
        elif isinstance(shape, LTCurve):
            if rule := _rule(shape, page.height):
                rules.append(rule)
            elif shape.width <= _THICKEST < shape.height:
                uprights.append(((page.height - shape.y1) / MM, (page.height - shape.y0) / MM))
    size = (page.width / MM, page.height / MM)
    return PdfFace(no, *size, tuple(glyphs), tuple(dict.fromkeys(rules)), tuple(uprights))


def _flat(container: Iterable[object]) -> Iterator[object]:
    """What a page holds, also within its figures."""
    for shape in container:
        if isinstance(shape, LTFigure):
            yield from _flat(shape)
        else:
            yield shape


def _glyph(char: LTChar, height: float) -> Glyph:
    return Glyph(
        text=char.get_text(),
        x=char.x0 / MM,
        end=char.x1 / MM,
        y=(height - char.matrix[5]) / MM,
        size=char.size,
        font=_face_name(char.fontname),
        red=_is_red(char.graphicstate.ncolor),
    )


def _rule(curve: LTCurve, height: float) -> RuledLine | None:
    """A line, or a rectangle so low that it is one."""
    high = curve.y1 - curve.y0
    if curve.width < _SHORTEST or high > _THICKEST:
        return None
    thick = high if curve.fill and high else curve.linewidth
    colour = curve.non_stroking_color if curve.fill and not curve.stroke else curve.stroking_color
    middle = (height - (curve.y0 + curve.y1) / 2) / MM
    return RuledLine(curve.x0 / MM, curve.x1 / MM, middle, thick / MM, _is_red(colour))


def _is_red(colour: object) -> bool:
    parts = colour if isinstance(colour, tuple | list) else (colour,)
    values = [float(p) for p in parts if isinstance(p, int | float)]
    if len(values) == len("CMYK"):
        cyan, magenta, yellow, black = values
        values = [(1 - part) * (1 - black) for part in (cyan, magenta, yellow)]
    if len(values) != len("RGB"):
        return False
    red, green, blue = values
    return red > _BRIGHT and green < _DARK and blue < _DARK
