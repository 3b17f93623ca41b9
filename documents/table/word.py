"""The table as .docx: A3 landscape, the head repeated on every page; for reading, not for coming back.

A table of thousands of rows takes minutes cell by cell through python-docx, so rows are put together as XML.
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from docx.document import Document as Docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from documents.formats.word_styles import BODY, HEADING, LATIN, TITLE
from documents.formats.word_templates import empty_document, finished_docx
from documents.table.rows import TableChapter, TableRow, TaskTable
from documents.table.styles import FILLS
from documents.table.workbook import LEGEND
from domain.terms import Light
from sheets.table import Column

_COLUMNS = {
    Column.NO: 10,
    Column.TITLE: 48,
    Column.POINTS: 50,
    Column.LEAD: 30,
    Column.ASSIST: 32,
    Column.PERSON: 17,
    Column.DUE: 23,
    Column.DATES: 44,
    Column.PROGRESS: 52,
    Column.LIGHT: 22,
    Column.PROBLEM: 30,
    Column.NEXT: 38,
}
"""Millimetres: together the 396 between the margins."""
_CENTRED = frozenset({Column.NO, Column.PERSON, Column.DUE, Column.LIGHT})
_TWIPS = 56.7
_MARGIN = 12
_PADDING = (
    '<w:tblCellMar><w:top w:w="40" w:type="dxa"/><w:left w:w="60" w:type="dxa"/>'
    '<w:bottom w:w="40" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar>'
)
_EDGES = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:color="7F7F7F"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def table_docx(table: TaskTable) -> bytes:
    """《任务清单一览表》 as the bytes of a .docx, the same for the same table."""
    made = empty_document()
    _set_up(made, table)
    _line(made.add_paragraph(), table.title, TITLE, 22, centred=True)
    _line(made.add_paragraph(), table.summary, BODY, 12)
    _line(made.add_paragraph(), LEGEND, BODY, 12)
    made.element.body.insert(len(made.element.body) - 1, parse_xml("".join(_table(table))))
    made.add_paragraph()
    return finished_docx(made)


def _set_up(made: Docx, table: TaskTable) -> None:
    sheet = made.sections[0]
    sheet.orientation = WD_ORIENT.LANDSCAPE
    sheet.page_width, sheet.page_height = Mm(420), Mm(297)
    sheet.left_margin = sheet.right_margin = Mm(_MARGIN)
    sheet.top_margin = sheet.bottom_margin = Mm(15)
    made.styles["Normal"].paragraph_format.space_after = Pt(0)
    foot = sheet.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text, code in (("第 ", "PAGE"), (" 页，共 ", "NUMPAGES"), (" 页", "")):
        foot.add_run(text)
        if code:
            foot._p.append(
                parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="{code}"><w:r><w:t>1</w:t></w:r></w:fldSimple>')
            )
    properties = made.core_properties
    properties.title, properties.author, properties.comments = table.title, "", ""
    properties.created = properties.modified = table.as_of.replace(tzinfo=None, microsecond=0)


def _line(line: Paragraph, text: str, font: str, size: float, *, centred: bool = False) -> None:
    if centred:
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line._p.append(parse_xml(_run(text, font, size, bold=centred, namespace=nsdecls("w"))))


# --- the table


def _table(table: TaskTable) -> Iterator[str]:
    yield f"<w:tbl {nsdecls('w')}><w:tblPr><w:tblW w:w='{_twips(sum(_COLUMNS.values()))}' w:type='dxa'/>"
    yield f"<w:tblBorders>{_EDGES}</w:tblBorders><w:tblLayout w:type='fixed'/>{_PADDING}</w:tblPr><w:tblGrid>"
    yield from (f"<w:gridCol w:w='{_twips(width)}'/>" for width in _COLUMNS.values())
    yield "</w:tblGrid>"
    heads = [_cell(c.label, width, font=HEADING, centred=True, fill="D9E2F3") for c, width in _COLUMNS.items()]
    yield _row(heads, "<w:cantSplit/><w:tblHeader/>")
    for chapter in table.chapters:
        yield _row([_heading(chapter)], "<w:cantSplit/>")
        yield from (_row(list(_cells(row)), "<w:cantSplit/>") for row in chapter.rows)
    yield "</w:tbl>"


def _heading(chapter: TableChapter) -> str:
    text = f"{chapter.heading}（{len(chapter.rows)}件）"
    return _cell(text, sum(_COLUMNS.values()), span=len(_COLUMNS), font=HEADING, fill="EDEDED", keep=True)


def _cells(row: TableRow) -> Iterator[str]:
    for column, width in _COLUMNS.items():
        fill = FILLS[row.light].removeprefix("#") if column is Column.LIGHT else ""
        yield _cell(row.shown(column), width, centred=column in _CENTRED, fill=fill, bold=_grave(row, column))


def _grave(row: TableRow, column: Column) -> bool:
    return column is Column.LIGHT and row.light in (Light.RED, Light.YELLOW)


def _row(cells: Sequence[str], properties: str) -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(  # noqa: PLR0913  (a cell has that many looks)
    text: str,
    width: int,
    *,
    span: int = 1,
    font: str = BODY,
    centred: bool = False,
    fill: str = "",
    bold: bool = False,
    keep: bool = False,
) -> str:
    spanned = f"<w:gridSpan w:val='{span}'/>" if span > 1 else ""
    shade = f"<w:shd w:val='clear' w:color='auto' w:fill='{fill}'/>" if fill else ""
    line = ("<w:keepNext/>" if keep else "") + ("<w:jc w:val='center'/>" if centred else "")
    lines = "".join(f"<w:p><w:pPr>{line}</w:pPr>{_run(part, font, 9, bold=bold)}</w:p>" for part in text.split("\n"))
    return (
        f"<w:tc><w:tcPr><w:tcW w:w='{_twips(width)}' w:type='dxa'/>{spanned}{shade}<w:vAlign w:val='center'/></w:tcPr>"
        f"{lines}</w:tc>"
    )


def _run(text: str, font: str, size: float, *, bold: bool = False, namespace: str = "") -> str:
    return (
        f"<w:r {namespace}><w:rPr><w:rFonts w:ascii='{LATIN}' w:hAnsi='{LATIN}' w:eastAsia='{font}'/>"
        f"{'<w:b/>' if bold else ''}<w:sz w:val='{int(size * 2)}'/></w:rPr>"
        f"<w:t xml:space='preserve'>{escape(text)}</w:t></w:r>"
    )


def _twips(millimetres: int) -> int:
    return round(millimetres * _TWIPS)
