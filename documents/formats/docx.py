"""A page as .docx: what the office edits and circulates, in the layout of the .pdf, byte for byte the same every time.

A character grid makes LibreOffice put each character in two cells, so the lines are exact and the characters a little
closer instead. 版记 is a floating table at the foot of 版心; LibreOffice 7.4 shows it right below the text.
"""

import io
import zipfile
from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from math import ceil

from docx import Document
from docx.document import Document as Docx
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import _Footer
from docx.shared import Emu, Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph as Line
from docx.text.run import Run

from documents.formats import standard as gb
from documents.formats.fonts import Typeface
from documents.formats.pictures import png
from documents.formats.placing import mark, numbered, signed, title_width
from documents.page import Block, Figure, Grid, Items, Layout, Page, Paragraph, Section, Subheading
from documents.wording import full_date, numeral

BODY, HEADING, SUBHEADING, TITLE, NUMBER = "仿宋_GB2312", "黑体", "楷体_GB2312", "方正小标宋简体", "宋体"
"""The faces the standard names. Word shows the nearest one where the office lacks them."""
LATIN = "Times New Roman"
_PITCH = Pt(28.95)
"""A hair less than a 22nd of 版心, which Word would round up and lose a line."""
_IMPRINT_PITCH = Pt(gb.SMALL + 7)
_CLOSER = -5
"""Twips between two characters: 28 of them are 156 mm."""
_RED, _BLACK = RGBColor.from_string(gb.RED.removeprefix("#")), RGBColor(0, 0, 0)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_EIGHTHS = 8 * gb.MM
"""Word counts the width of a rule in eighths of a point."""
_RED_RULE = 0.53
"""One and a half points; the standard does not fix it."""
_AFTER_BORDERS = ("w:shd", "w:tabs", "w:autoSpaceDE", "w:autoSpaceDN", "w:spacing", "w:ind", "w:jc", "w:outlineLvl")
"""What the schema wants after the borders of a paragraph."""


def docx(page: Page, typeface: Typeface | None = None) -> bytes:
    """The document as a file's bytes; the typeface is for the charts, which Word shows as pictures."""
    faces = typeface or Typeface()
    document = Document()
    _set_up(document, page)
    _head(document, page)
    _title(document, page)
    for no, found in enumerate(page.sections, start=1):
        _section(document, page, no, found, faces)
    if page.note:
        _write(_text(document), page.note, SUBHEADING, gb.SMALL)
    _signed(document, page)
    if page.imprint is not None and not page.appendices:
        _imprint(document, page)
    for found in page.appendices:
        _appendix(document, found, faces)
    if page.imprint is not None and page.appendices:
        _imprint(document, page)
    return _repacked(document)


# --- the sheet


def _set_up(document: Docx, page: Page) -> None:
    sheet = document.sections[0]
    sheet.page_width, sheet.page_height = Mm(gb.PAPER[0]), Mm(gb.PAPER[1])
    sheet.top_margin, sheet.bottom_margin = Mm(gb.TOP), Mm(gb.BOTTOM)
    sheet.left_margin, sheet.right_margin = Mm(gb.LEFT), Mm(gb.RIGHT)
    # The footer's line is as high as its type; the dash is in its middle.
    sheet.footer_distance = Emu(Mm(gb.BOTTOM - gb.NUMBER_BELOW) - Pt(gb.SMALL * 0.6))
    document.settings.odd_and_even_pages_header_footer = True
    _page_number(sheet.footer, right=True)
    _page_number(sheet.even_page_footer, right=False)
    _styles(document)
    properties = document.core_properties
    properties.author = properties.last_modified_by = page.issuer
    properties.title, properties.subject = page.title, f"{page.masthead}{page.issue}"
    properties.comments = properties.keywords = ""
    properties.created = properties.modified = datetime(page.on.year, page.on.month, page.on.day)  # noqa: DTZ001  (what the format asks for)
    properties.revision = 1


def _styles(document: Docx) -> None:
    for name in ("Normal", "Heading 1", "Heading 2"):
        style = document.styles[name]
        if isinstance(style, ParagraphStyle):
            look = style.paragraph_format
            look.space_before = look.space_after = Pt(0)
            look.line_spacing_rule, look.line_spacing = WD_LINE_SPACING.EXACTLY, _PITCH
            look.keep_with_next = name != "Normal"
            # A face is 22 lines: no line is carried over so that its paragraph stays together.
            look.widow_control = False
            _no_gaps(style)


def _no_gaps(style: ParagraphStyle) -> None:
    """No space of its own between a Chinese character and a letter or digit: 28 characters are a line."""
    for name in ("w:autoSpaceDE", "w:autoSpaceDN"):
        off = OxmlElement(name, {qn("w:val"): "0"})
        style.element.get_or_add_pPr().insert_element_before(off, *_AFTER_BORDERS[4:])


def _page_number(footer: _Footer, *, right: bool) -> None:
    """— 1 —: odd pages right, even ones left, a character from the edge (7.5)."""
    footer.is_linked_to_previous = False
    line = footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
    look = line.paragraph_format
    look.line_spacing_rule, look.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(gb.SMALL)
    look.right_indent, look.left_indent = (Pt(gb.SMALL), None) if right else (None, Pt(gb.SMALL))
    _write(line, "— ", NUMBER, gb.SMALL, close=False)
    for kind, text in (("begin", ""), ("", " PAGE "), ("separate", ""), (None, "1"), ("end", "")):
        run = _write(line, text if kind is None else "", NUMBER, gb.SMALL, close=False)
        if kind is not None:
            run._element.append(_field(kind, text))
    _write(line, " —", NUMBER, gb.SMALL, close=False)


def _field(kind: str, code: str) -> BaseOxmlElement:
    if kind:
        return OxmlElement("w:fldChar", {qn("w:fldCharType"): kind})
    element = OxmlElement("w:instrText", {qn("xml:space"): "preserve"})
    element.text = code
    return element


# --- head and title


def _head(document: Docx, page: Page) -> None:
    match page.layout:
        case Layout.BULLETIN:
            _write(document.add_paragraph(), page.marking or "", HEADING, gb.BODY)
            _masthead(document, page, before=Mm(13))
            _centred(document, page.issue, BODY, gb.BODY)
            _issuer(document, page)
        case Layout.MINUTES:
            _masthead(document, page, before=Mm(gb.MARK_FROM_TOP))
            _centred(document, page.issue, BODY, gb.BODY)
            _issuer(document, page)
        case Layout.PAPER:
            _masthead(document, page, before=Mm(gb.MARK_FROM_TOP))
            _blank(document, 2)
            _centred(document, page.issue, BODY, gb.BODY)
            _red_rule(document)
        case Layout.REPORT:
            return
    _blank(document, 2)


def _masthead(document: Docx, page: Page, *, before: Length) -> None:
    """The red name. The space above is a line: Word drops it at a page's top."""
    size, squeeze = mark(page.masthead, gb.MARK)
    top = document.add_paragraph()
    top.paragraph_format.line_spacing = before
    line = _centred(document, page.masthead, TITLE, int(size * 2) / 2, colour=_RED)
    line.paragraph_format.line_spacing = Pt(size * 1.2)
    line.paragraph_format.space_after = Mm(9)
    if squeeze < 1:
        # The schema wants it right after the spacing.
        narrow = OxmlElement("w:w", {qn("w:val"): str(int(squeeze * 100))})
        line.runs[0]._element.get_or_add_rPr().find(qn("w:spacing")).addnext(narrow)


def _issuer(document: Docx, page: Page) -> None:
    """Who issues and when, above the red rule."""
    line = document.add_paragraph()
    look = line.paragraph_format
    look.space_before, look.left_indent, look.right_indent = Mm(6), Pt(gb.BODY), Pt(gb.BODY)
    look.tab_stops.add_tab_stop(Emu(Mm(gb.TEXT[0]) - Pt(gb.BODY)), WD_TAB_ALIGNMENT.RIGHT)
    _write(line, f"{page.issuer}\t{full_date(page.on)}", BODY, gb.BODY)
    _red_rule(document)


def _title(document: Docx, page: Page) -> None:
    line = _centred(document, page.title, TITLE, gb.TITLE, close=False)
    look = line.paragraph_format
    look.line_spacing = Pt(32)
    look.left_indent = look.right_indent = Emu((Mm(gb.TEXT[0]) - Mm(title_width(page.title))) // 2)
    if page.layout is Layout.REPORT:
        _centred(document, f"{page.masthead}　{page.issue}", SUBHEADING, gb.BODY)
        _centred(document, f"{page.issuer}　{full_date(page.on)}", SUBHEADING, gb.BODY)
    _blank(document, 1)
    if page.addressee:
        _write(document.add_paragraph(), f"{page.addressee}：", BODY, gb.BODY)


# --- text


def _section(document: Docx, page: Page, no: int, found: Section, typeface: Typeface) -> None:
    if len(page.sections) > 1:  # a single section needs neither number nor heading: the title says it
        line = document.add_paragraph(style="Heading 1")
        _indent(line)
        _write(line, f"{numeral(no)}、{found.title}", HEADING, gb.BODY)
    heading = 0
    for block in found.blocks:
        heading += isinstance(block, Subheading)
        _block(document, block, heading, typeface)


def _block(document: Docx, block: Block, heading: int, typeface: Typeface) -> None:
    match block:
        case Paragraph(text=text):
            _write(_text(document), text, BODY, gb.BODY)
        case Subheading(text=text):
            line = document.add_paragraph(style="Heading 2")
            _indent(line)
            _write(line, f"（{numeral(heading)}）{text}", SUBHEADING, gb.BODY)
        case Items(items=items):
            for n, item in enumerate(items, start=1):
                _write(_text(document), numbered(n, item), BODY, gb.BODY)
        case Figure():
            _figure(document, block, typeface)
        case Grid():
            _grid(document, block)


def _appendix(document: Docx, found: Section, typeface: Typeface) -> None:
    """On a page of its own: 附表1 …."""
    line = document.add_paragraph(style="Heading 1")
    line.paragraph_format.page_break_before = True
    _write(line, found.title, HEADING, gb.BODY)
    for block in found.blocks:
        _block(document, block, 0, typeface)


def _figure(document: Docx, figure: Figure, typeface: Typeface) -> None:
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    # An exact line would cut the picture to the height of a line of text.
    line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    picture = line.add_run().add_picture(io.BytesIO(png(figure.svg, typeface)), width=Mm(gb.TEXT[0] * 0.96))
    picture._inline.docPr.set("descr", f"{figure.title}。{figure.said}")


def _grid(document: Docx, grid: Grid) -> None:
    table = document.add_table(rows=0, cols=len(grid.headers), style="Table Grid")
    weights = gb.weights(grid.headers)
    widths = [int(Mm(gb.TEXT[0]) * weight / sum(weights)) for weight in weights]
    _fixed(table, widths)
    head = table.add_row()
    _prepare(head, grid, widths, HEADING)
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    _say(head._tr, grid.headers)
    if not grid.rows:
        return
    # One row is made and the others are its copies: the library takes a millisecond for each cell it makes.
    row = table.add_row()
    _prepare(row, grid, widths, BODY)
    first = row._tr
    copies = [deepcopy(first) for _ in grid.rows[1:]]
    for one, texts in zip((first, *copies), grid.rows, strict=True):
        _say(one, texts)
    for one in reversed(copies):
        first.addnext(one)


def _prepare(row: _Row, grid: Grid, widths: list[int], font: str) -> None:
    """All of a row but its words."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for cell, width, header in zip(row.cells, widths, grid.headers, strict=True):
        cell.width = Emu(width)
        _fill(cell, font, left=font == BODY and header in gb.LEFT_ALIGNED)


def _say(row: BaseOxmlElement, texts: Sequence[str]) -> None:
    for run, text in zip(row.iter(qn("w:r")), texts, strict=True):
        run.text = text


def _fixed(table: Table, widths: list[int]) -> None:
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(0) + width


def _fill(cell: _Cell, font: str, *, left: bool) -> None:
    line = cell.paragraphs[0]
    look = line.paragraph_format
    look.line_spacing, look.space_before, look.space_after = Pt(gb.TABLE * 1.35), Pt(2), Pt(2)
    line.alignment = WD_ALIGN_PARAGRAPH.LEFT if left else WD_ALIGN_PARAGRAPH.CENTER
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    _write(line, "", font, gb.TABLE, close=False)


# --- after the text


def _signed(document: Docx, page: Page) -> None:
    """At the right below the text."""
    lines = signed(page)
    if lines:
        _blank(document, 1)
    for text, characters in lines:
        line = document.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.right_indent = Pt(characters * gb.BODY)
        _write(line, text, BODY, gb.BODY)


def _imprint(document: Docx, page: Page) -> None:
    """版记 at the foot of the last page, between its rules (7.4)."""
    if page.imprint is None:
        return
    copies = [f"\t（共印{page.imprint.copies}份）"] if page.imprint.copies else []
    told = [[*page.imprint.lines, *copies], [f"{page.issuer}\t{full_date(page.on)}印发"]]
    table = document.add_table(rows=0, cols=1)
    _fixed(table, [Mm(gb.TEXT[0])])
    for lines in filter(None, told):
        cell = table.add_row().cells[0]
        for n, text in enumerate(lines):
            line = cell.paragraphs[0] if n == 0 else cell.add_paragraph()
            look = line.paragraph_format
            look.line_spacing = _IMPRINT_PITCH
            look.left_indent, look.right_indent = Pt(gb.SMALL), Pt(gb.SMALL)
            look.tab_stops.add_tab_stop(Emu(Mm(gb.TEXT[0]) - Pt(gb.SMALL)), WD_TAB_ALIGNMENT.RIGHT)
            _write(line, text, BODY, gb.SMALL, close=False)
    table._tbl.tblPr.remove(table._tbl.tblPr.find(qn("w:jc")))
    properties = table._tbl.tblPr
    width = properties.find(qn("w:tblW"))
    width.set(qn("w:type"), "dxa")
    width.set(qn("w:w"), str(round(gb.TEXT[0] * gb.MM * 20)))
    width.addprevious(_floating([line for lines in told for line in lines]))
    width.addnext(_table_rules())
    # A table can be no document's last word; this line hangs it on its page.
    document.add_paragraph().paragraph_format.line_spacing = Pt(1)


def _floating(lines: list[str]) -> BaseOxmlElement:
    """Its place from the page's top.

    A line counts as if every character were a full one, so the table may stand a line high and never over the edge.
    """
    room = (gb.TEXT[0] * gb.MM - 2 * gb.SMALL) / gb.SMALL
    high = sum(ceil(len(line) / room) for line in lines) * _IMPRINT_PITCH.pt
    place = {"leftFromText": "0", "rightFromText": "0", "vertAnchor": "page", "horzAnchor": "page"}
    place["tblpX"] = str(round(gb.LEFT * gb.MM * 20))
    place["tblpY"] = str(round((gb.TOP + gb.TEXT[1]) * gb.MM * 20 - high * 20))
    return OxmlElement("w:tblpPr", {qn(f"w:{k}"): v for k, v in place.items()})


def _table_rules() -> BaseOxmlElement:
    borders = OxmlElement("w:tblBorders")
    for side, wide in (("top", gb.RULE_THICK), ("bottom", gb.RULE_THICK), ("insideH", gb.RULE_THIN)):
        borders.append(_rule(side, wide, "000000"))
    return borders


def _rule(side: str, wide: float, colour: str) -> BaseOxmlElement:
    """One rule, its width in millimetres."""
    told = {"val": "single", "sz": str(round(wide * _EIGHTHS)), "space": "0", "color": colour}
    return OxmlElement(f"w:{side}", {qn(f"w:{k}"): v for k, v in told.items()})


# --- lines and runs


def _blank(document: Docx, n: int) -> None:
    for _ in range(n):
        document.add_paragraph()


def _centred(
    document: Docx, text: str, font: str, size: float, *, colour: RGBColor = _BLACK, close: bool = True
) -> Line:
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(line, text, font, size, colour=colour, close=close)
    return line


def _text(document: Docx) -> Line:
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    _indent(line)
    return line


def _indent(line: Line) -> None:
    """Two characters."""
    line.paragraph_format.first_line_indent = Pt(2 * (gb.BODY + gb.TRACKING))


def _write(line: Line, text: str, font: str, size: float, *, colour: RGBColor = _BLACK, close: bool = True) -> Run:
    """A run of one face and size; `close` sets the characters as near as 28 in a line ask for."""
    run = line.add_run(text)
    run.font.size, run.font.color.rgb, run.font.bold = Pt(size), colour, False
    run.font.name = font if font == TITLE else LATIN  # a title's figures are of its own face
    properties = run._element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if close:
        # The schema wants it before the size.
        spacing = OxmlElement("w:spacing", {qn("w:val"): str(_CLOSER)})
        properties.find(qn("w:sz")).addprevious(spacing)
    return run


def _red_rule(document: Docx) -> None:
    """The red rule below the head (7.2.7): the lower border of a line of its own, which no indent moves."""
    line = document.add_paragraph()
    line.paragraph_format.line_spacing = Emu(Mm(gb.RULE_BELOW) - Pt(gb.BODY * 0.2))
    borders = OxmlElement("w:pBdr")
    borders.append(_rule("bottom", _RED_RULE, gb.RED.removeprefix("#")))
    line._p.get_or_add_pPr().insert_element_before(borders, *_AFTER_BORDERS)


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
