"""A document as .docx in plain layout, byte for byte the same whenever it is made from the same page."""

import io
import zipfile
from datetime import datetime

from docx import Document
from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import _Cell
from docx.text.paragraph import Paragraph as Line

from documents.page import Block, Grid, Items, Page, Paragraph, Section, Subheading
from documents.wording import full_date, numeral

BODY, HEADING, SUBHEADING, TITLE = "仿宋", "黑体", "楷体", "宋体"
LATIN = "Times New Roman"
_TEXT_WIDTH = Mm(156)
_RED, _BLACK = RGBColor(0xC0, 0, 0), RGBColor(0, 0, 0)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_MADE = datetime(2022, 1, 1)  # noqa: DTZ001  (what the file format asks for)
_WIDE = {
    **dict.fromkeys(("事项", "要点", "所属事项"), 8),
    **dict.fromkeys(("牵头单位", "下一环节", "编号"), 6),
    **dict.fromkeys(("办结时限", "节点", "逾期"), 4),
}
_NARROW = 3
"""Relative widths of columns; the rest are narrow."""


def docx(page: Page) -> bytes:
    """The document as a file's bytes."""
    document = Document()
    _set_up(document, page)
    _centred(document, page.masthead, TITLE, 26, _RED)
    _centred(document, page.issue, BODY, 16, _BLACK)
    line = document.add_paragraph()
    _rule_below(line)
    line.paragraph_format.tab_stops.add_tab_stop(_TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)
    _write(line, f"{page.issuer}\t{full_date(page.on)}", BODY, 16)
    document.add_paragraph()
    _centred(document, page.title, TITLE, 22, _BLACK)
    if page.addressee:
        _write(document.add_paragraph(), f"{page.addressee}：", BODY, 16)
    for no, found in enumerate(page.sections, start=1):
        _section(document, page, no, found)
    document.add_paragraph()
    if page.note:
        _write(_text(document), page.note, SUBHEADING, 14)
    if page.signer:
        last = document.add_paragraph()
        last.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _write(last, f"签发：{page.signer}", BODY, 16)
    for found in page.appendices:
        _appendix(document, found)
    return _repacked(document)


def _appendix(document: Docx, found: Section) -> None:
    """On a page of its own: 附表1 …."""
    line = document.add_paragraph(style="Heading 1")
    line.paragraph_format.page_break_before = True
    _write(line, found.title, HEADING, 16)
    for block in found.blocks:
        _block(document, block, 0)


def _set_up(document: Docx, page: Page) -> None:
    sheet = document.sections[0]
    sheet.page_width, sheet.page_height = Mm(210), Mm(297)
    # GB/T 9704-2012 5.2.1: 天头 37 mm, 订口 28 mm, 版心 156 × 225 mm.
    sheet.top_margin, sheet.bottom_margin = Mm(37), Mm(35)
    sheet.left_margin, sheet.right_margin = Mm(28), Mm(26)
    for name in ("Normal", "Heading 1", "Heading 2"):
        style = document.styles[name]
        if isinstance(style, ParagraphStyle):
            style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
            style.paragraph_format.line_spacing = Pt(28)
            style.paragraph_format.keep_with_next = name != "Normal"
    properties = document.core_properties
    properties.author = properties.last_modified_by = page.issuer
    properties.title, properties.subject = page.title, f"{page.masthead}{page.issue}"
    properties.comments = properties.keywords = ""
    properties.created = properties.modified = _MADE
    properties.revision = 1


def _section(document: Docx, page: Page, no: int, found: Section) -> None:
    if len(page.sections) > 1:  # a single section needs neither number nor heading: the title says it
        line = document.add_paragraph(style="Heading 1")
        _indent(line)
        _write(line, f"{numeral(no)}、{found.title}", HEADING, 16)
    heading = 0
    for block in found.blocks:
        heading += isinstance(block, Subheading)
        _block(document, block, heading)


def _block(document: Docx, block: Block, heading: int) -> None:
    match block:
        case Paragraph(text=text):
            _write(_text(document), text, BODY, 16)
        case Subheading(text=text):
            line = document.add_paragraph(style="Heading 2")
            _indent(line)
            _write(line, f"（{numeral(heading)}）{text}", SUBHEADING, 16)
        case Items(items=items):
            for n, item in enumerate(items, start=1):
                _write(_text(document), f"{n}. {item}", BODY, 16)
        case Grid():
            _grid(document, block)


def _grid(document: Docx, grid: Grid) -> None:
    table = document.add_table(rows=0, cols=len(grid.headers), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    weights = [_WIDE.get(header, _NARROW) for header in grid.headers]
    widths = [int(_TEXT_WIDTH * weight / sum(weights)) for weight in weights]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(0) + width
    for n, texts in enumerate((grid.headers, *grid.rows)):
        row = table.add_row()
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        if n == 0:
            row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        for cell, text, width, header in zip(row.cells, texts, widths, grid.headers, strict=True):
            cell.width = Mm(0) + width
            _fill(cell, text, HEADING if n == 0 else BODY, left=n > 0 and header in ("事项", "要点", "所属事项"))


def _fill(cell: _Cell, text: str, font: str, *, left: bool) -> None:
    line = cell.paragraphs[0]
    line.paragraph_format.line_spacing = Pt(16)
    line.alignment = WD_ALIGN_PARAGRAPH.LEFT if left else WD_ALIGN_PARAGRAPH.CENTER
    _write(line, text, font, 10.5)


def _centred(document: Docx, text: str, font: str, size: float, colour: RGBColor) -> None:
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.paragraph_format.line_spacing = Pt(size * 1.5)
    _write(line, text, font, size, bold=font == TITLE, colour=colour)


def _text(document: Docx) -> Line:
    line = document.add_paragraph()
    _indent(line)
    return line


def _indent(line: Line) -> None:
    """Two characters of 16 pt."""
    line.paragraph_format.first_line_indent = Pt(32)


def _write(line: Line, text: str, font: str, size: float, *, bold: bool = False, colour: RGBColor = _BLACK) -> None:
    run = line.add_run(text)
    run.font.size, run.font.bold, run.font.color.rgb, run.font.name = Pt(size), bold, colour, LATIN
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _rule_below(line: Line) -> None:
    """The red rule under the head; made first, since the schema wants it before indents and tab stops."""
    borders = OxmlElement("w:pBdr")
    rule = {"val": "single", "sz": "12", "space": "6", "color": "C00000"}
    borders.append(OxmlElement("w:bottom", {qn(f"w:{name}"): value for name, value in rule.items()}))
    line._p.get_or_add_pPr().append(borders)


def finished(document: Docx) -> bytes:
    """The bytes of a document that another module put together, the same for the same document."""
    return _repacked(document)


def _repacked(document: Docx) -> bytes:
    """The archive with fixed times: what is the same must have the same hash."""
    relations = document.part.package.rels
    for key in [key for key, found in relations.items() if found.reltype.endswith("/thumbnail")]:
        del relations[key]  # the template's picture of an empty page
    packed, fixed = io.BytesIO(), io.BytesIO()
    document.save(packed)
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return fixed.getvalue()
