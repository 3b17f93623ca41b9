"""The .docx templates the program comes with, after GB/T 9704-2012: `python -m documents.formats.word_templates DIR`.

They are files of the layout as page.typ is, and are drawn anew only for a new layout. An office changes its copies in
Word or WPS; {{ 报头 }} and the like stand where the text goes.
"""

import io
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from docx import Document
from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import _Footer
from docx.shared import Emu, Mm, Pt
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph as Line

from documents.formats import standard as gb
from documents.formats.word_settings import set_up
from documents.formats.word_styles import (
    ABOVE_TABLE,
    BELOW_HEAD_OF_FORM,
    CLOSER,
    LATIN,
    LOOKS,
    MARK_PITCH,
    PITCH,
    SUBHEADING,
    TITLE,
    Look,
    Style,
)
from documents.page import Layout

_KEPT_STYLES = frozenset({"Normal", "Default Paragraph Font", "Normal Table", "No List", "heading 1", "heading 2"})
_RED = gb.RED.removeprefix("#")
_EIGHTHS = 8 * gb.MM
_RED_RULE = 0.53
"""One and a half points; the standard does not fix it."""
_NEAR, _BELOW_MARK, _DOUBLE = 0.3, 1.4, 0.8
"""Millimetres: what Word and LibreOffice differ by at the head of a 函, what a line leaves below its red name, and how
high a double rule stands above its lower edge."""
_LEAD = (PITCH - gb.BODY) / gb.MM
"""Millimetres of an exact line above its type, which is at its foot."""
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_TWIPS = 20 * gb.MM


def word_templates() -> dict[str, bytes]:
    """The .docx templates of the program: file name → bytes, the same each time."""
    return {f"{layout.label}.docx": _drawn(layout) for layout in Layout}


_UNUSED = ("/thumbnail", "/stylesWithEffects", "/customXml", "/webSettings", "/numbering")


def empty_document() -> Docx:
    """A new .docx of the library without what it brings and no page of ours uses."""
    document = Document()
    for relations in (document.part.package.rels, document.part.rels):
        for key in [key for key, relation in relations.items() if relation.reltype.endswith(_UNUSED)]:
            del relations[key]
    return document


def finished_docx(document: Docx) -> bytes:
    """The bytes of a .docx with fixed times in its archive: what is the same must have the same hash."""
    packed, fixed = io.BytesIO(), io.BytesIO()
    document.save(packed)
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return fixed.getvalue()


def _drawn(layout: Layout) -> bytes:
    document = empty_document()
    _sheet(document, layout)
    _styles(document)
    set_up(document)
    _HEADS[layout](document)
    _text(document, layout)
    if layout not in (Layout.REPORT, Layout.NEWS):
        _imprint(document, ruled=layout is not Layout.LETTER)
    properties = document.core_properties
    properties.author = properties.last_modified_by = properties.title = properties.comments = ""
    properties.created = properties.modified = datetime(2022, 1, 1)  # noqa: DTZ001  (what the format asks for)
    return finished_docx(document)


# --- the sheet and its styles


def _sheet(document: Docx, layout: Layout) -> None:
    sheet = document.sections[0]
    sheet.page_width, sheet.page_height = Mm(gb.PAPER[0]), Mm(gb.PAPER[1])
    sheet.top_margin, sheet.bottom_margin = Mm(gb.TOP), Mm(gb.BOTTOM)
    sheet.left_margin, sheet.right_margin = Mm(gb.LEFT), Mm(gb.RIGHT)
    # The footer's line is as high as its type; the dash is in its middle.
    sheet.footer_distance = Emu(Mm(gb.BOTTOM - gb.NUMBER_BELOW) - Pt(gb.SMALL * 0.6))
    document.settings.odd_and_even_pages_header_footer = True
    sheet.different_first_page_header_footer = layout is Layout.LETTER


def _styles(document: Docx) -> None:
    for element in list(document.styles.element.findall(qn("w:style"))):
        if element.find(qn("w:name")).get(qn("w:val")) not in _KEPT_STYLES:
            document.styles.element.remove(element)
    normal = document.styles["Normal"]
    if isinstance(normal, ParagraphStyle):
        _look(normal, LOOKS[Style.TEXT], plain=True)
    for name, look in LOOKS.items():
        known = name in (Style.HEADING, Style.SUBHEADING)
        style = document.styles[name] if known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        if isinstance(style, ParagraphStyle):
            style.base_style = normal
            style.quick_style = True
            _look(style, look)
    _tab(document.styles[Style.ISSUER], gb.TEXT[0] * gb.MM - gb.BODY)
    _tab(document.styles[Style.IMPRINT], gb.TEXT[0] * gb.MM - gb.SMALL)
    for entry in (Style.FIRST_ENTRY, Style.SECOND_ENTRY):
        _tab(document.styles[entry], gb.TEXT[0] * gb.MM, WD_TAB_LEADER.MIDDLE_DOT)
    _indents(document.styles[Style.ISSUER], gb.BODY)
    _indents(document.styles[Style.IMPRINT], gb.SMALL)


def _look(style: ParagraphStyle, look: Look, *, plain: bool = False) -> None:
    """Everything of a style but what lies right and left of it. `plain`: no indent, for what has no style."""
    element = style.element
    for name in ("w:pPr", "w:rPr"):
        if (old := element.find(qn(name))) is not None:
            element.remove(old)
    pitch = f'w:line="{round(look.pitch * 20)}" w:lineRule="exact"' if look.pitch else 'w:line="240" w:lineRule="auto"'
    indent = 0 if plain else round(look.indent * (gb.BODY + gb.TRACKING) * 20)
    level = {Style.HEADING: 0, Style.SUBHEADING: 1}.get(Style(style.name)) if style.name in set(Style) else None
    keep = "<w:keepNext/>" if look.keep else ""
    broken = "<w:pageBreakBefore/>" if style.name == Style.APPENDIX else ""
    around = f"{look.around * 20:g}"
    element.append(
        parse_xml(
            # A face is 22 lines: no line is carried over so that its paragraph stays together. And no space of its own
            # between a Chinese character and a letter or digit: 28 characters are a line. Every height is exact: on the
            # grid LibreOffice would make each of them whole lines.
            f'<w:pPr {nsdecls("w")}>{keep}{broken}<w:widowControl w:val="0"/><w:autoSpaceDE w:val="0"/>'
            f'<w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/>'
            f'<w:spacing w:before="{around}" w:after="{around}" {pitch}/>'
            f'<w:ind w:firstLine="{indent}"/><w:jc w:val="{look.place}"/>'
            + (f'<w:outlineLvl w:val="{level}"/>' if level is not None else "")
            + "</w:pPr>"
        )
    )
    # A title's figures are of its own face.
    latin = look.face if look.face == TITLE else LATIN
    size, colour = round(look.size * 2), _RED if look.red else "000000"
    closer = f'<w:spacing w:val="{CLOSER}"/>' if look.close else ""
    element.append(
        parse_xml(
            f"<w:rPr {nsdecls('w')}>"
            f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:cs="{latin}" w:eastAsia="{look.face}"/>'
            f'<w:b w:val="0"/><w:bCs w:val="0"/><w:color w:val="{colour}"/>{closer}'
            f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
            '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr>'
        )
    )


def _tab(style: object, at: float, leader: WD_TAB_LEADER = WD_TAB_LEADER.SPACES) -> None:
    if isinstance(style, ParagraphStyle):
        style.paragraph_format.tab_stops.add_tab_stop(Pt(at), WD_TAB_ALIGNMENT.RIGHT, leader)


def _indents(style: object, points: float) -> None:
    if isinstance(style, ParagraphStyle):
        style.paragraph_format.left_indent = style.paragraph_format.right_indent = Pt(points)


# --- heads


def _bulletin(document: Docx) -> None:
    _line(document, Style.MARKING, "{{ 标识 }}")
    _line(document, Style.TEXT, "{%p if 紧排 %}")
    _gap(document, 8 - _LEAD)
    _line(document, Style.TEXT, "{%p else %}")
    _gap(document, 13 - _LEAD)
    _line(document, Style.TEXT, "{%p endif %}")
    _masthead(document, below=10 - _LEAD)
    _line(document, Style.ISSUE, "{{ 期号 }}")
    _issuer(document, above=8 - _LEAD)
    _numbers(document)


def _news(document: Docx) -> None:
    """A light head: number and date on one line."""
    _line(document, Style.MARKING, "{{ 标识 }}")
    _gap(document, 8 - _LEAD)
    _masthead(document, gb.NEWS_MARK, below=7 - _LEAD)
    _line(document, Style.ISSUER, "{{ 期号 }}\t{{ 日期 }}")
    _red_rule(document)
    _numbers(document)


def _minutes(document: Docx) -> None:
    _gap(document, gb.MARK_FROM_TOP)
    _masthead(document, below=8 - _LEAD)
    _line(document, Style.ISSUE, "{{ 期号 }}")
    _issuer(document, above=6 - _LEAD)
    _numbers(document)


def _paper(document: Docx) -> None:
    """密级 and 紧急程度 (7.2.2, 7.2.3) take of the room above the name, which stays where it is."""
    _line(document, Style.TEXT, "{%p if 标识 %}")
    _line(document, Style.MARKING, "{{ 标识 }}")
    _gap(document, gb.MARK_FROM_TOP - PITCH / gb.MM)
    _line(document, Style.TEXT, "{%p else %}")
    _gap(document, gb.MARK_FROM_TOP)
    _line(document, Style.TEXT, "{%p endif %}")
    _masthead(document)
    _blank(document, 1)
    _unless_form(document, partial(_blank, document, 1))
    _line(document, Style.TEXT, "{%p if 签发人 %}")
    line = _line(document, Style.ISSUER, "{{ 期号 }}\t签发人：")
    name = line.add_run("{{ 签发人 }}")
    name._element.get_or_add_rPr().append(OxmlElement("w:rFonts", {qn("w:eastAsia"): SUBHEADING}))
    _line(document, Style.TEXT, "{%p else %}")
    _line(document, Style.ISSUE, "{{ 期号 }}")
    _line(document, Style.TEXT, "{%p endif %}")
    _red_rule(document, blanks=0)
    _unless_form(document, partial(_blank, document, 2))
    _numbers(document)


def _letter(document: Docx) -> None:
    """信函 (10.1): the name in the first page's header, two red double rules, no number on that page."""
    sheet = document.sections[0]
    sheet.header_distance = Mm(gb.LETTER_FROM_TOP - _NEAR)
    header = sheet.first_page_header
    header.is_linked_to_previous = False
    name = header.paragraphs[0]
    name.style = document.styles[Style.MASTHEAD]
    name.add_run("{{ 报头 }}")
    rule = header.add_paragraph(style=document.styles[Style.MARKING])
    rule.paragraph_format.line_spacing = Mm(gb.LETTER_RULE_BELOW - _BELOW_MARK)
    _double_rule(rule, "bottom", "thickThinSmallGap")
    foot = sheet.first_page_footer
    foot.is_linked_to_previous = False
    last = foot.paragraphs[0]
    last.style = document.styles[Style.MARKING]
    last.paragraph_format.line_spacing = Pt(1)
    frame = {"w": round(gb.LETTER_RULE * _TWIPS), "h": 20, "hRule": "exact", "hAnchor": "page", "vAnchor": "page"}
    frame |= {"x": round((gb.PAPER[0] - gb.LETTER_RULE) / 2 * _TWIPS), "wrap": "around"}
    frame |= {"y": round((gb.PAPER[1] - gb.LETTER_FOOT - _DOUBLE) * _TWIPS)}
    last._p.get_or_add_pPr().insert_element_before(
        OxmlElement("w:framePr", {qn(f"w:{k}"): str(v) for k, v in frame.items()}),
        "w:widowControl", "w:pBdr", "w:tabs", "w:spacing", "w:ind", "w:jc",
    )  # fmt: skip
    _double_rule(last, "top", "thinThickSmallGap", framed=True)
    # A frame hangs on the line that follows it.
    foot.add_paragraph(style=document.styles[Style.MARKING]).paragraph_format.line_spacing = Pt(1)
    _line(document, Style.SIGNED, "{{ 期号 }}").paragraph_format.space_before = Pt(gb.LETTER_GAP)
    _blank(document, 2)
    _numbers(document)


def _report(document: Docx) -> None:
    _numbers(document)


_HEADS: dict[Layout, Callable[[Docx], None]] = {
    Layout.BULLETIN: _bulletin,
    Layout.NEWS: _news,
    Layout.MINUTES: _minutes,
    Layout.PAPER: _paper,
    Layout.LETTER: _letter,
    Layout.REPORT: _report,
}


def _masthead(document: Docx, size: float | None = None, below: float = 0) -> None:
    line = _line(document, Style.MASTHEAD, "{{ 报头 }}")
    if size is not None:
        line.runs[0].font.size, line.paragraph_format.line_spacing = Pt(size), Pt(size * MARK_PITCH)
    line.paragraph_format.space_after = Mm(below)


def _issuer(document: Docx, above: float) -> None:
    """Who issues and when, above the red rule."""
    line = _line(document, Style.ISSUER, "{{ 编发单位 }}\t{{ 日期 }}")
    line.paragraph_format.space_before = Mm(above)
    _red_rule(document)


def _red_rule(document: Docx, blanks: int = 2) -> None:
    """The red rule below the head (7.2.7): the lower border of a line of its own, which no indent moves."""
    line = _line(document, Style.MARKING, "")
    line.paragraph_format.line_spacing = Emu(Mm(gb.RULE_BELOW) - Pt(gb.BODY * 0.2))
    _border(line, "bottom", "single", round(_RED_RULE * _EIGHTHS))
    _blank(document, blanks)


def _double_rule(line: Line, side: str, kind: str, *, framed: bool = False) -> None:
    """As long as 10.1 wants it, in the middle of the paper; 版心 is narrower and further right."""
    if not framed:
        beyond = (gb.PAPER[0] - gb.LETTER_RULE) / 2
        line.paragraph_format.left_indent = Mm(beyond - gb.LEFT)
        line.paragraph_format.right_indent = Mm(beyond - gb.RIGHT)
    _border(line, side, kind, 24)


def _border(line: Line, side: str, kind: str, eighths: int) -> None:
    attributes = {"val": kind, "sz": str(eighths), "space": "0", "color": _RED}
    borders = OxmlElement("w:pBdr")
    borders.append(OxmlElement(f"w:{side}", {qn(f"w:{k}"): v for k, v in attributes.items()}))
    after = ("w:shd", "w:tabs", "w:autoSpaceDE", "w:autoSpaceDN", "w:spacing", "w:ind", "w:jc", "w:outlineLvl")
    line._p.get_or_add_pPr().insert_element_before(borders, *after)


# --- text, foot


def _text(document: Docx, layout: Layout) -> None:
    if layout in (Layout.BULLETIN, Layout.NEWS):
        _line(document, Style.TEXT, "{{p 目录 }}")
        _when(document, "按语", Style.FOREWORD, "按语：{{ 按语 }}", after=True)
    if layout is Layout.PAPER:
        # A form stands on one face: its table says what a title would.
        _unless_form(document, partial(_title, document), partial(_gap, document, BELOW_HEAD_OF_FORM))
    else:
        _line(document, Style.TITLE, "{{ 标题 }}")
    if layout is Layout.REPORT:
        _line(document, Style.ISSUE, "{{ 报头 }}　{{ 期号 }}")
        _line(document, Style.ISSUE, "{{ 编发单位 }}　{{ 日期 }}")
        _line(document, Style.TEXT, "{{p 目录 }}")
    if layout is not Layout.PAPER:
        _blank(document, 1)
    addressed = partial(_when, document, "主送", Style.ADDRESSEE, "{{ 主送 }}：")
    if layout is Layout.PAPER:
        _unless_form(document, addressed, partial(addressed, below=ABOVE_TABLE))
    else:
        addressed()
    _line(document, Style.TEXT, "{{p 正文 }}")
    _when(document, "说明", Style.NOTE, "{{ 说明 }}")
    _line(document, Style.TEXT, "{{p 落款 }}")
    _line(document, Style.TEXT, "{{p 附表 }}")


def _title(document: Docx) -> None:
    _line(document, Style.TITLE, "{{ 标题 }}")
    _blank(document, 1)


def _unless_form(document: Docx, draw: Callable[[], object], form: Callable[[], object] | None = None) -> None:
    """What a page has that is no form, and what a form has in its place."""
    _line(document, Style.TEXT, "{%p if not 表单 %}")
    draw()
    if form is not None:
        _line(document, Style.TEXT, "{%p else %}")
        form()
    _line(document, Style.TEXT, "{%p endif %}")


def _when(
    document: Docx, field: str, style: Style, text: str, *, after: bool = False, below: float | None = None
) -> None:
    """A line that is there only when its field is; `below`: points between it and what follows."""
    _line(document, Style.TEXT, f"{{%p if {field} %}}")
    line = _line(document, style, text)
    if below is not None:
        line.paragraph_format.space_after = Pt(below)
    if after:
        _blank(document, 1)
    _line(document, Style.TEXT, "{%p endif %}")


def _imprint(document: Docx, *, ruled: bool) -> None:
    """版记 between its rules (7.4), a table floating at the foot of 版心; that of a 函 has neither rules nor 印发."""
    table = document.add_table(rows=0, cols=1)
    tags = ["{%tr if 报送 or 印数 %}", "", "{%tr endif %}"]
    tags += ["{%tr if 版记 %}", "{{ 编发单位 }}\t{{ 日期 }}印发", "{%tr endif %}"] if ruled else []
    for text in tags:
        cell = table.add_row().cells[0]
        lines = [text] if text else ["{%p for 行 in 报送 %}", "{{ 行 }}", "{%p endfor %}", "{%p if 印数 %}",
                                     "\t（共印{{ 印数 }}份）", "{%p endif %}"]  # fmt: skip
        for n, one in enumerate(lines):
            line = cell.paragraphs[0] if n == 0 else cell.add_paragraph()
            line.style = document.styles[Style.IMPRINT]
            line.add_run(one)
    properties = table._tbl.tblPr
    for child in list(properties):
        properties.remove(child)
    for child in (_floating(), _rules() if ruled else None):
        if child is not None:
            properties.append(child)
    wide = str(round(gb.TEXT[0] * _TWIPS))
    properties.insert(1, OxmlElement("w:tblW", {qn("w:w"): wide, qn("w:type"): "dxa"}))
    properties.append(OxmlElement("w:tblLayout", {qn("w:type"): "fixed"}))
    # What stands beside a cell's text is the style's affair; LibreOffice would begin the table so much further left.
    properties.append(
        parse_xml(
            f'<w:tblCellMar {nsdecls("w")}><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar>'
        )
    )
    for column in table._tbl.tblGrid.findall(qn("w:gridCol")):
        column.set(qn("w:w"), wide)
    for row in table.rows:
        row.cells[0].width = Mm(gb.TEXT[0])
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    # A table can be no document's last word; this line hangs it on its page.
    document.add_paragraph().paragraph_format.line_spacing = Pt(1)


def _floating() -> BaseOxmlElement:
    """At the foot of 版心 (7.4.1); from the page's edge, or LibreOffice takes it for a table of the text."""
    place = {"leftFromText": "0", "rightFromText": "0", "vertAnchor": "margin", "horzAnchor": "page"}
    place["tblpX"], place["tblpYSpec"] = str(round(gb.LEFT * _TWIPS)), "bottom"
    return OxmlElement("w:tblpPr", {qn(f"w:{k}"): v for k, v in place.items()})


def _rules() -> BaseOxmlElement:
    borders = OxmlElement("w:tblBorders")
    for side, wide in (("top", gb.RULE_THICK), ("bottom", gb.RULE_THICK), ("insideH", gb.RULE_THIN)):
        attributes = {"val": "single", "sz": str(round(wide * _EIGHTHS)), "space": "0", "color": "000000"}
        borders.append(OxmlElement(f"w:{side}", {qn(f"w:{k}"): v for k, v in attributes.items()}))
    return borders


def _numbers(document: Docx) -> None:
    """— 1 —: odd pages right, even ones left, a character from the edge (7.5)."""
    sheet = document.sections[0]
    for footer, right in ((sheet.footer, True), (sheet.even_page_footer, False)):
        _number(document, footer, right=right)


def _number(document: Docx, footer: _Footer, *, right: bool) -> None:
    footer.is_linked_to_previous = False
    line = footer.paragraphs[0]
    line.style = document.styles[Style.NUMBER]
    sides = f'w:right="{gb.SMALL * 20:g}"' if right else f'w:left="{gb.SMALL * 20:g}"'
    properties = line._p.get_or_add_pPr()
    properties.append(parse_xml(f"<w:ind {nsdecls('w')} {sides}/>"))
    properties.append(parse_xml(f'<w:jc {nsdecls("w")} w:val="{"right" if right else "left"}"/>'))
    line.add_run("— ")
    for kind, text in (("begin", ""), ("", " PAGE "), ("separate", ""), (None, "1"), ("end", "")):
        run = line.add_run(text if kind is None else "")
        if kind is not None:
            run._element.append(_field(kind, text))
    line.add_run(" —")


def _field(kind: str, code: str) -> BaseOxmlElement:
    if kind:
        return OxmlElement("w:fldChar", {qn("w:fldCharType"): kind})
    element = OxmlElement("w:instrText", {qn("xml:space"): "preserve"})
    element.text = code
    return element


# --- lines


def _line(document: Docx, style: Style, text: str) -> Line:
    return document.add_paragraph(text, style=document.styles[style])


def _blank(document: Docx, n: int) -> None:
    for _ in range(n):
        document.add_paragraph()


def _gap(document: Docx, millimetres: float) -> None:
    """A line so high: Word drops space above at a page's top."""
    _line(document, Style.MARKING, "").paragraph_format.line_spacing = Mm(millimetres)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    for file, data in word_templates().items():
        (place / file).write_bytes(data)
