"""A .pdf as the measuring sees it: characters with place, face, size and colour, and rules. Nothing is guessed yet."""

import io
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LTChar, LTCurve, LTFigure, LTPage
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.psexceptions import PSException
from pdfminer.utils import decode_text

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


def read_pdf(data: bytes) -> Pdf:
    """Everything on its pages.

    Raises:
        Refusal: `malformed`, when it is no .pdf, wants a password, or has no text.
    """
    # It warns of every oddity on stderr, where only our line goes.
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    try:
        document = PDFDocument(PDFParser(io.BytesIO(data)))
        device = PDFPageAggregator(PDFResourceManager(), laparams=None)
        interpreter = PDFPageInterpreter(device.rsrcmgr, device)
        faces = []
        for no, page in enumerate(PDFPage.create_pages(document), start=1):
            interpreter.process_page(page)
            faces.append(_face(no, device.get_result()))
    except PDFEncryptionError as error:
        raise Refusal("这份 PDF 设有密码，不能检查；请先取消密码", "malformed") from error
    except (PSException, ValueError, TypeError, KeyError) as error:
        raise Refusal("这份文件不是完好的 PDF，不能检查", "malformed") from error
    if not any(face.glyphs for face in faces):
        raise Refusal("这份 PDF 没有可选取的文字（可能是扫描件），不能检查", "malformed")
    return Pdf(tuple(faces), "".join(_text(info.get("Subject", "")) for info in document.info))


def words(pdf: Pdf, above: float) -> str:
    """What it says in the order it was set, without what stands lower than `above` millimetres from the top."""
    return "".join(g.text for face in pdf.faces for g in face.glyphs if g.y < above)


def _text(value: object) -> str:
    return decode_text(value) if isinstance(value, bytes) else ""


def _face(no: int, page: LTPage) -> PdfFace:
    glyphs, rules, uprights = [], [], []
    for found in _flat(page):
        if isinstance(found, LTChar):
            glyphs.append(_glyph(found, page.height))
        elif isinstance(found, LTCurve):
            if rule := _rule(found, page.height):
                rules.append(rule)
            elif found.width <= _THICKEST < found.height:
                uprights.append(((page.height - found.y1) / MM, (page.height - found.y0) / MM))
    size = (page.width / MM, page.height / MM)
    return PdfFace(no, *size, tuple(glyphs), tuple(dict.fromkeys(rules)), tuple(uprights))


def _flat(container: Iterable[object]) -> Iterator[object]:
    """What a page holds, also within its figures."""
    for found in container:
        if isinstance(found, LTFigure):
            yield from _flat(found)
        else:
            yield found


def _glyph(found: LTChar, height: float) -> Glyph:
    return Glyph(
        text=found.get_text(),
        x=found.x0 / MM,
        end=found.x1 / MM,
        y=(height - found.matrix[5]) / MM,
        size=found.size,
        font=found.fontname.partition("+")[2] or found.fontname,
        red=_is_red(found.graphicstate.ncolor),
    )


def _rule(found: LTCurve, height: float) -> RuledLine | None:
    """A line, or a rectangle so low that it is one."""
    high = found.y1 - found.y0
    if found.width < _SHORTEST or high > _THICKEST:
        return None
    thick = high if found.fill and high else found.linewidth
    colour = found.non_stroking_color if found.fill and not found.stroke else found.stroking_color
    middle = (height - (found.y0 + found.y1) / 2) / MM
    return RuledLine(found.x0 / MM, found.x1 / MM, middle, thick / MM, _is_red(colour))


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
