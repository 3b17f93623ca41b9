"""Measuring a .docx: what its sheet, styles and runs say. Nothing is laid out, so a page's own lines are not seen."""

import io
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator

from docx import Document
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.exceptions import PythonDocxError
from docx.opc.exceptions import OpcError
from docx.oxml import parse_xml
from docx.oxml.exceptions import XmlchemyError
from docx.oxml.ns import qn
from docx.section import Section, _Footer
from docx.table import Table
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from documents.checking.clauses import FANG, HEI, KAI, PROPER, ClauseKey
from documents.checking.docx_reading import (
    EIGHTHS,
    HUNDREDTHS,
    SIDES,
    DocxLine,
    alignment_of,
    closer,
    colour_of,
    font_of,
    is_red,
    looks_by_hand,
    measure_of,
    pitch_of,
    points_of,
    size_of,
    stands_in,
)
from documents.checking.proof_reading import look_for_imprint, proof_read, without_signatory
from documents.checking.report import Measured
from documents.formats import standard as gb
from domain.base import Refusal

_MOST_BYTES = 300 * 1024 * 1024
"""Unpacked; more is a bomb."""
_OF_LIBRARY = (PythonDocxError, XmlchemyError)
_STRICT = b"http://purl.oclc.org/ooxml/"
_HEADING = re.compile(r"[一二三四五六七八九十百]+、")
_SUBHEADING = re.compile(r"（[一二三四五六七八九十百]+）")
_LARGE = 1.0
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ENDS = ("。", "；", "！", "？")
_BLACK = "000000"
_SHOWN = 8
_ISSUED = "印发"
_DASHES = "—―─"
_BELOW_NAME = 0.05
"""Of its size what Word leaves below a red name on its line."""
_NUMBER_ABOVE = 0.6
"""Of its size the dash stands above the lower edge of the footer's line."""


def measure_docx(data: bytes) -> Measured:
    """Measure a .docx: everything the clauses of GB/T 9704-2012 ask about that it says.

    Raises:
        Refusal: `malformed`, when it cannot be read.
    """
    document = _opened(data)
    try:
        return _measured(document)
    # The library reads each value when it is asked for it, and ends in its own way on one it does not know.
    except (*_OF_LIBRARY, LookupError, ValueError, AttributeError, ArithmeticError, TypeError) as error:
        raise Refusal(
            "这份 .docx 里有 Word 不会写的内容，不能检查；请用 Word 或 WPS 打开后重新另存", "malformed"
        ) from error


def _opened(data: bytes) -> Docx:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(i.file_size for i in archive.infolist()) > _MOST_BYTES:
                raise Refusal("这份 .docx 解开后过大，不能检查", "malformed")
            if any(i.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for i in archive.infolist()):
                raise Refusal("这份 .docx 的压缩方法不是 Word 所用的，不能检查；请用 Word 或 WPS 重新另存", "malformed")
            if "_rels/.rels" in archive.namelist() and _STRICT in archive.read("_rels/.rels"):
                raise Refusal(
                    "这份 .docx 存成了“Strict Open XML 文档”，不能检查；请用 Word 或 WPS 另存为“Word 文档（.docx）”",
                    "malformed",
                )
        return Document(io.BytesIO(data))
    except (
        *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError),  # damaged, encrypted
        *(OpcError, KeyError, ValueError, SyntaxError, AttributeError),
    ) as error:
        raise Refusal("这份文件不是完好的 .docx（可能设有密码），不能检查", "malformed") from error


def _measured(document: Docx) -> Measured:
    measured = Measured()
    for n, sheet in enumerate(document.sections, start=1):
        _sheet(measured, sheet, f"第{n}节" if len(document.sections) > 1 else "")
    first = document.sections[0]
    letter = _letter_rule(first.first_page_header.paragraphs) if first.different_first_page_header_footer else None
    named = first.first_page_header.paragraphs if letter is not None else ()
    lines = [line for line in map(DocxLine, (*named, *document.paragraphs)) if line.text]
    _type(measured, document, lines)
    _head(measured, document, lines)
    if letter is not None:
        _letter(measured, first, letter)
    _numbers(measured, document)
    _imprint(measured, document)
    proof_read(measured, [line.text for line in lines if "\t" not in without_signatory(line.text)])
    every = ("".join(text.text or "" for text in p.iter(qn("w:t"))) for p in document.element.body.iter(qn("w:p")))
    look_for_imprint(measured, every, letter=letter is not None)
    return measured


# --- the sheet


def _sheet(measured: Measured, sheet: Section, where: str) -> None:
    width, height = _mm(sheet, "w:pgSz", "w:w"), _mm(sheet, "w:pgSz", "w:h")
    top, bottom, left, right = (_mm(sheet, _MARGINS, f"w:{side}") for side in ("top", "bottom", "left", "right"))
    measured.add(ClauseKey.WIDTH, width, where)
    measured.add(ClauseKey.HEIGHT, height, where)
    measured.add(ClauseKey.TOP, top, where)
    measured.add(ClauseKey.LEFT, left, where)
    measured.add(ClauseKey.TEXT_WIDTH, width - left - right, where)
    measured.add(ClauseKey.TEXT_HEIGHT, height - top - bottom, where)


_MARGINS = "w:pgMar"


def _mm(sheet: Section, part: str, side: str) -> float:
    return points_of(sheet._sectPr.find(qn(part)), side) / gb.MM


# --- type


def _type(measured: Measured, document: Docx, lines: list[DocxLine]) -> None:
    plain = [x for x in lines if not x.red and not _is_heading(x.text)]
    weights: Counter[tuple[float, str]] = Counter()
    text = [x for x in plain if x.size < gb.TITLE - _LARGE]
    for line in [x for x in text if len(x.text) > gb.CHARACTERS] or text:
        weights[line.size, line.font] += len(line.text)
    if not weights:
        return
    body = size, font = weights.most_common(1)[0][0]
    measured.add(ClauseKey.BODY_SIZE, size)
    measured.add(ClauseKey.BODY_FACE, font or "未指定")
    running = max((x for x in plain if (x.size, x.font) == body), key=lambda x: len(x.text))
    measured.add(ClauseKey.LINES, _lines(document, running))
    measured.add(ClauseKey.CHARACTERS, gb.TEXT[0] * gb.MM / (size + closer(running)))
    for line in text:
        if (line.size, line.font) == body and len(line.text) > gb.CHARACTERS and not _set_otherwise(line):
            measured.add(ClauseKey.INDENT, _indent(line), line.text[:8])
    _strays(measured, [x for x in text if not _set_otherwise(x)], (size, _kind_of(font)))
    _embedded(measured, document, {x.font for x in lines if x.font})
    for line in lines:
        if "\t" in line.typed:
            continue  # a line of the 目录
        if _HEADING.match(line.text):
            measured.add(ClauseKey.HEADING_FACE, line.font or "未指定", line.text[:8])
        # Alone on its line: a paragraph that goes on after （一） is text.
        elif _SUBHEADING.match(line.text) and len(line.text) <= gb.CHARACTERS:
            measured.add(ClauseKey.SUBHEADING_FACE, line.font or "未指定", line.text[:8])


def _strays(measured: Measured, text: list[DocxLine], body: tuple[float, str]) -> None:
    """5.2.2: words of the text set by hand in another size, face or colour than the rest, against their style too.

    A paragraph may begin with words in 黑体 or 楷体, as a label (出席：) or a heading that the text runs on from.
    """
    for line in text:
        if len(line.text) <= gb.CHARACTERS and not line.text.endswith(_ENDS):
            continue  # a heading, a marking, a label
        measured.add(ClauseKey.STRAY, next(_set_by_hand(line, body), PROPER))


def _set_by_hand(line: DocxLine, body: tuple[float, str]) -> Iterator[str]:
    styled, leading = _look(None, line.paragraph), True
    for run in line.runs:
        if not _HAN.search(run.text) or run.font.hidden:
            continue
        size, font = look = _look(run, line.paragraph)
        leading = leading and size == body[0] and any(word in font for word in (*HEI, *KAI))
        coloured = next(filter(None, map(colour_of, looks_by_hand(run))), _BLACK) != _BLACK
        if coloured or (look not in (body, styled) and not leading):
            yield f"“{run.text.strip()[:_SHOWN]}”{'有颜色' if coloured else f'{size:g}磅{font}'}"


def _look(run: Run | None, paragraph: Paragraph) -> tuple[float, str]:
    """Size and face of a run, or of what its paragraph's styles say."""
    return size_of(run, paragraph), _kind_of(font_of(run, paragraph))


def _kind_of(font: str) -> str:
    """A face for comparing: 仿宋 is 仿宋, whatever its maker calls it."""
    return FANG[0] if any(word in font for word in FANG) else font


def _embedded(measured: Measured, document: Docx, faces: set[str]) -> None:
    """Whether a file that says it carries its faces carries those of its text."""
    asked = document.settings.element.find(qn("w:embedTrueTypeFonts"))
    table = next((r.target_part for r in document.part.rels.values() if r.reltype.endswith("/fontTable")), None)
    if asked is None or asked.get(qn("w:val")) in ("0", "false") or table is None:
        return
    carried = {
        font.get(qn("w:name"))
        for font in parse_xml(table.blob).iter(qn("w:font"))
        if font.find(qn("w:embedRegular")) is not None
    }
    lacking = sorted(faces - carried)
    measured.add(ClauseKey.EMBEDDED, f"没有嵌入{'、'.join(lacking)}" if lacking else PROPER)


def _set_otherwise(line: DocxLine) -> bool:
    """What is addressed, hangs, or is set in the middle is no paragraph of the text."""
    hangs = any((measure_of(line, name) or 0) > 0 for name in ("w:hanging", *SIDES["left"]))
    beside = alignment_of(line.paragraph) in (ALIGN.CENTER, ALIGN.RIGHT)
    return hangs or beside or line.text.endswith("：") or "\t" in line.typed


def _indent(line: DocxLine) -> float:
    """How far in a paragraph begins, in characters: as its style says, or typed as spaces of full width."""
    typed = len(line.typed) - len(line.typed.lstrip("\u3000"))
    if chars := measure_of(line, "w:firstLineChars", HUNDREDTHS):
        return chars + typed
    points = measure_of(line, "w:firstLine") or 0.0
    return points / (line.size + closer(line)) + typed


def _is_heading(text: str) -> bool:
    """Whether it is nothing but a heading: the text may run on from one."""
    return bool(_HEADING.match(text) or _SUBHEADING.match(text)) and not text.endswith(_ENDS)


def _lines(document: Docx, running: DocxLine) -> float | None:
    """How many lines of the text fit into 版心."""
    if pitch := pitch_of(running.paragraph):
        return gb.TEXT[1] * gb.MM / pitch
    grid = document.sections[0]._sectPr.find(qn("w:docGrid"))
    if grid is not None and grid.get(qn("w:type")) in ("lines", "linesAndChars", "snapToChars"):
        pitch = points_of(grid, "w:linePitch")
        return gb.TEXT[1] * gb.MM / pitch if pitch else None
    return None


# --- head and title


def _head(measured: Measured, document: Docx, lines: list[DocxLine]) -> None:
    largest = max((x for x in lines if x.size > gb.TITLE + _LARGE), key=lambda x: x.size, default=None)
    if largest is not None:
        measured.add(ClauseKey.MARK_COLOUR, "红色" if largest.red else "其他颜色")
        rule = next((r for r in map(_rule_of, document.paragraphs) if r is not None), None)
        if not document.sections[0].different_first_page_header_footer:  # a 函 has its own
            measured.add(ClauseKey.RED_RULE, "没有红色分隔线" if rule is None else gb.TEXT[0] - rule)
    titles = [x for x in lines if not x.red and gb.BODY + _LARGE < x.size <= gb.TITLE + _LARGE]
    if not titles and not _is_form(document):
        measured.add(ClauseKey.TITLE_SIZE, "没有比正文大的标题")
    for line in titles:
        measured.add(ClauseKey.TITLE_SIZE, line.size)
        measured.add(ClauseKey.TITLE_FACE, line.font or "未指定")
        measured.add(ClauseKey.TITLE_PLACE, "居中" if alignment_of(line.paragraph) == ALIGN.CENTER else "靠一边")


def _is_form(document: Docx) -> bool:
    """Whether its table follows red name, 文号 and addressee at once: it says what a title would."""
    before: list[DocxLine] = []
    for part in document.element.body.iterchildren():
        if part.tag == qn("w:tbl"):
            return bool(before) and all(x.red or x.text.endswith(("号", "：")) for x in before)
        if part.tag == qn("w:p") and (line := DocxLine(Paragraph(part, document._body))).text:
            before.append(line)
    return False


def _letter_rule(lines: list[Paragraph]) -> Paragraph | None:
    """The line of a first page's header that has a red double rule (10.1)."""
    return next((p for p in lines if _rule_of(p) is not None), None)


def _letter(measured: Measured, sheet: Section, rule: Paragraph) -> None:
    measured.add(ClauseKey.LETTER_MARK, _mm(sheet, _MARGINS, "w:header"))
    measured.add(ClauseKey.LETTER_RULE, gb.TEXT[0] - (_rule_of(rule) or 0.0))
    pitch = pitch_of(rule)
    left = DocxLine(sheet.first_page_header.paragraphs[0]).size * _BELOW_NAME / gb.MM
    measured.add(ClauseKey.LETTER_RULE_BELOW, pitch / gb.MM + left if pitch else None)
    frame = next((frame for p in sheet.first_page_footer.paragraphs for frame in p._p.iter(qn("w:framePr"))), None)
    foot = _mm(sheet, "w:pgSz", "w:h") - points_of(frame, "w:y") / gb.MM if frame is not None else "没有红色双线"
    measured.add(ClauseKey.LETTER_FOOT, foot)
    numbered = _number_line(sheet.first_page_footer) is not None
    measured.add(ClauseKey.LETTER_NUMBER, "显示" if numbered else "不显示")


def _rule_of(paragraph: Paragraph) -> float | None:
    """How much shorter than 版心 the red rule at a paragraph is; None without one."""
    properties = paragraph._p.pPr
    borders = properties.find(qn("w:pBdr")) if properties is not None else None
    if borders is None or not any(is_red(b.get(qn("w:color"), "")) for b in borders):
        return None
    return (stands_in(paragraph, "left") + stands_in(paragraph, "right")) / gb.MM


# --- page numbers


def _numbers(measured: Measured, document: Docx) -> None:
    sheet = document.sections[0]
    both = bool(document.settings.odd_and_even_pages_header_footer)
    footers = [(sheet.footer, "单页", "右")]
    footers += [(sheet.even_page_footer, "双页", "左")] if both else []
    for footer, where, wanted in footers:
        line = _number_line(footer)
        if line is None:
            measured.add(ClauseKey.NUMBER_FORM, "没有页码", where)
            continue
        text = "".join(_shown(line)).replace(" ", "")
        measured.add(
            ClauseKey.NUMBER_FORM, "— N —" if re.fullmatch(f"[{_DASHES}].*[{_DASHES}]", text) else text or "N", where
        )
        first = next((r for r in line.runs if r.text.strip()), line.runs[0])
        size = size_of(first, line)
        measured.add(ClauseKey.NUMBER_SIZE, size, where)
        measured.add(ClauseKey.NUMBER_FACE, font_of(first, line) or "未指定", where)
        below = gb.BOTTOM - _mm(sheet, _MARGINS, "w:footer") - size * _NUMBER_ABOVE / gb.MM
        measured.add(ClauseKey.NUMBER_BELOW, below + _mm(sheet, _MARGINS, "w:bottom") - gb.BOTTOM, where)
        side = {ALIGN.RIGHT: "右", ALIGN.CENTER: "中"}.get(alignment_of(line) or ALIGN.LEFT, "左")
        if not both:
            measured.add(ClauseKey.NUMBER_SIDE, f"单双页都居{side}")
            continue
        measured.add(ClauseKey.NUMBER_SIDE, "单页居右、双页居左" if side == wanted else f"居{side}", where)
        if side != "中":
            empty = stands_in(line, "right" if side == "右" else "left")
            measured.add(ClauseKey.NUMBER_INDENT, empty / size, where)


def _number_line(footer: _Footer) -> Paragraph | None:
    return next((p for p in footer.paragraphs if "PAGE" in p._p.xml), None)


def _shown(line: Paragraph) -> Iterator[str]:
    """The text around the page's number, the number itself as N."""
    inside = False
    for run in line.runs:
        kinds = [c.get(qn("w:fldCharType")) for c in run._element.findall(qn("w:fldChar"))]
        if "begin" in kinds:
            inside = True
            yield "N"
        elif "end" in kinds:
            inside = False
        elif not inside:
            yield run.text


# --- 版记


def _imprint(measured: Measured, document: Docx) -> None:
    table = next((t for t in reversed(document.tables) if _says_issued(t)), None)
    if table is None:
        return
    measured.add(ClauseKey.IMPRINT_WIDTH, sum(points_of(c, "w:w") for c in table._tbl.tblGrid.gridCol_lst) / gb.MM)
    for side, key in (
        ("top", ClauseKey.IMPRINT_OUTER),
        ("bottom", ClauseKey.IMPRINT_OUTER),
        ("insideH", ClauseKey.IMPRINT_INNER),
    ):
        measured.add(key, _thick(table, side) if len(table.rows) > 1 or side != "insideH" else None)
    for row in table.rows:
        for line in row.cells[0].paragraphs:
            if line.runs:
                measured.add(ClauseKey.IMPRINT_SIZE, size_of(line.runs[0], line))


def _says_issued(table: Table) -> bool:
    return len(table.columns) == 1 and table.rows[-1].cells[0].text.strip().endswith(_ISSUED)


def _thick(table: Table, side: str) -> float | str:
    """A rule of 版记, of the table or of its cells."""
    cell = table.rows[-1 if side == "bottom" else 0].cells[0]._tc.tcPr
    places = [(table._tbl.tblPr, "w:tblBorders", side), (cell, "w:tcBorders", "bottom" if side == "insideH" else side)]
    rules = (one.find(f"{qn(borders)}/{qn(f'w:{name}')}") for one, borders, name in places if one is not None)
    rule = next((rule for rule in rules if rule is not None), None)
    return points_of(rule, "w:sz", EIGHTHS) / gb.MM if rule is not None else "没有分隔线"
