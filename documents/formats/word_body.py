"""What a page says, as paragraphs and tables of Word: strings of XML that name a style and hold escaped text.

Put together as strings: a library takes a millisecond for each cell it makes, and a table may have thousands.
"""

import io
import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from documents.formats import standard as gb
from documents.formats.fonts import Typeface
from documents.formats.pictures import photograph, picture_for_word, png_of_chart
from documents.formats.placing import (
    attached_lines,
    headings_of_page,
    largest_red_name,
    numbered_item,
    outline_of_page,
    red_name_lines,
    red_name_size,
    roll_width,
    signature_lines,
)
from documents.formats.tables import TableColumn, columns_of, lines_of
from documents.formats.templates import Template
from documents.formats.word_styles import (
    ABOVE_TABLE,
    BELOW_HEAD_OF_FORM,
    CLOSE_PITCH,
    HEADING,
    LOOKS,
    MARK_PITCH,
    PITCH,
    Style,
)
from documents.page import (
    Block,
    Figure,
    Grid,
    Items,
    Page,
    Paragraph,
    Picture,
    Roll,
    Section,
    Subheading,
    is_attendance,
)
from documents.wording import numeral

if TYPE_CHECKING:
    from docx.parts.document import DocumentPart

Ids = Mapping[Style, str]
"""Style → its id in the template at hand."""
_TWIPS = gb.MM * 20
_MARGIN = 45
"""Twips left and right of a cell's text."""
_HEAD_ROW, _WHOLE = "<w:cantSplit/><w:tblHeader/>", "<w:cantSplit/>"
_SPARE = 6.0
"""Millimetres of a form's face kept for what one word processor sets higher than another."""
_TO_WRITE, _TO_WRITE_CLOSE = (18.0, 15.0), (9.0, 12.0)
"""Millimetres a form leaves at least to be filled in, and how high the receipt below it is: as is, and set close."""
_BELOW_MARK_UNTIL_GB7 = 9
"""Millimetres below the red name, until gb-7."""
_ROW_WENT_OVER = 20.0
"""Millimetres a row may be high that went over to another face whole."""
_LONGEST_WHOLE = 400
"""Characters of a cell; a row with more may be longer than a page and is let break."""


class Body:
    """Writes the parts of one page in the styles of one template."""

    def __init__(
        self,
        page: Page,
        ids: Ids,
        part: "DocumentPart",
        typeface: Typeface,
        template: Template,
        home: Path | None = None,
        *,
        close: bool = False,
    ) -> None:
        self.page, self.ids, self.part, self.typeface, self.template = page, ids, part, typeface, template
        self.home = home
        self.mark = 0
        self.figures = 0
        self.close = close
        """Whether it is set closer, which saves a face."""

    def fields(self) -> dict[str, str]:
        """正文, 附表, 目录 and 落款, by the name a template calls them."""
        # In the order of the page: headings are counted as they come.
        parts: list[str] = []
        for title, section in zip(headings_of_page(self.page), self.page.sections, strict=True):
            if self.template.since_gb6 and is_attendance(section):
                parts = self._ending(parts)
            parts += self._section(title, section)
        attached = attached_lines(self.page)
        if attached:
            listed = [f"{self.page.attached_label}：{attached[0]}", *(f"　　　{line}" for line in attached[1:])]
            parts += [self._line(Style.TEXT, line) for line in ["", *listed]]
        lists = [
            part for n, appendix in enumerate(self.page.appendices) for part in self._appendix(appendix, first=n == 0)
        ]
        if self.template.since_gb7:
            parts, lists = _apart_from_tables(parts), _apart_from_tables(lists)
        if self.template.since_gb6:
            foot = self.page.imprint is not None
            parts = self._ending(parts) if signature_lines(self.page) or (foot and not lists) else parts
            lists = self._ending(lists) if foot else lists
        return {"正文": "".join(parts), "附表": "".join(lists), "目录": self._contents(), "落款": self._signed()}

    def _contents(self) -> str:
        """The headings, each with the number of its page as a field."""
        entries = outline_of_page(self.page) if self.page.contents else ()
        if not entries:
            return ""
        lines = [self._line(Style.CONTENTS, "目　录")]
        for n, (level, text) in enumerate(entries, 1):
            style = Style.FIRST_ENTRY if level == 1 else Style.SECOND_ENTRY
            lines.append(self._paragraph(style, f"{_run(text)}<w:r><w:tab/></w:r>{_field(f'PAGEREF _xmh{n} ')}"))
        return "".join([*lines, self._line(Style.TEXT, "")])

    def _signed(self) -> str:
        """At the right below the text."""
        signatures = [
            self._line(Style.SIGNED, text, f'<w:ind w:right="{round(right * gb.BODY * 20)}"/>')
            for text, right in signature_lines(self.page)
        ]
        lines = [self._line(Style.TEXT, ""), *signatures] if signatures else []
        return "".join(map(_kept, lines) if self.template.since_gb6 else lines)

    def _ending(self, parts: list[str]) -> list[str]:
        """A text whose last part goes over with what follows: a face with nothing but that is none (7.3.5.4)."""
        last = 3 if parts[-1:] == [_TABLE_ENDS] else 1
        # Until gb-7 what was to be kept for two reasons said so twice.
        kept = _kept if self.template.since_gb7 else _kept_once_more
        return [*parts[:-last], *map(kept, parts[-last:])]

    # --- blocks

    def _section(self, title: str, section: Section) -> Iterator[str]:
        if title:
            yield self._heading(Style.HEADING, title)
        heading = 0
        for block in section.blocks:
            heading += isinstance(block, Subheading)
            yield from self._block(block, heading)

    def _appendix(self, appendix: Section, *, first: bool) -> Iterator[str]:
        # Attached lists follow each other; what was printed before had each on a face of its own.
        follows = bool(self.page.attached) and not first
        yield self._heading(Style.APPENDIX, appendix.title, '<w:pageBreakBefore w:val="0"/>' if follows else "")
        for block in appendix.blocks:
            yield from self._block(block, 0)

    def _block(self, block: Block, heading: int) -> Iterator[str]:
        match block:
            case Paragraph(text=text):
                yield self._line(Style.TEXT, text)
            case Subheading(text=text):
                yield self._heading(Style.SUBHEADING, f"（{numeral(heading)}）{text}")
            case Items(items=items):
                yield from (self._line(Style.TEXT, numbered_item(n, item)) for n, item in enumerate(items, 1))
            case Roll(label=label, names=names):
                yield self._roll(label, names)
            case Figure():
                yield self._figure(block)
            case Picture():
                yield self._picture(block)
                yield self._line(Style.FIGURE, block.words)
            case Grid():
                yield from self._grid(block)

    def _heading(self, style: Style, text: str, look: str = "") -> str:
        """With a mark the 目录 points at; in the order of the page's outline."""
        self.mark += 1
        name = f'w:id="{self.mark}" w:name="_xmh{self.mark}"'
        runs = f'<w:bookmarkStart {name}/>{_run(text)}<w:bookmarkEnd w:id="{self.mark}"/>'
        return self._paragraph(style, runs, look)

    def _roll(self, label: str, names: str) -> str:
        """出席：… with the names hanging right of the label (10.3)."""
        left = round((2 + roll_width(label)) * gb.BODY * 20)
        hang = round(roll_width(label) * gb.BODY * 20)
        runs = f'<w:r><w:rPr><w:rFonts w:eastAsia="{HEADING}"/></w:rPr>{_text(f"{label}：")}</w:r>{_run(names)}'
        kept = "<w:keepNext/>" if self.template.since_gb6 else ""
        return self._paragraph(Style.ROLL, runs, f'{kept}<w:ind w:left="{left}" w:hanging="{hang}"/>')

    def _figure(self, figure: Figure) -> str:
        drawn = io.BytesIO(png_of_chart(figure.svg, self.typeface))
        return self._drawn(drawn, gb.TEXT[0] * 0.96, f"{figure.title}。{figure.said}")

    def _picture(self, picture: Picture) -> str:
        shown = photograph(self.home, picture)
        return self._drawn(picture_for_word(shown), shown.width, picture.words)

    def _drawn(self, data: io.BytesIO, width: float, described: str) -> str:
        from docx.shared import Mm  # noqa: PLC0415  (a page without pictures needs it not)

        self.figures += 1
        drawn = self.part.new_pic_inline(data, width=Mm(width), height=None)
        drawn.docPr.set("descr", described)
        drawn.docPr.set("id", str(1000 + self.figures))
        return self._paragraph(Style.FIGURE, f"<w:r><w:drawing>{drawn.xml}</w:drawing></w:r>")

    def _grid(self, grid: Grid) -> Iterator[str]:
        laid = columns_of(grid, self.template)
        widths = [round(gb.TEXT[0] * _TWIPS * column.share) for column in laid]
        form = self.page.form and not self.template.former
        heads = f'<w:tblLook w:firstRow="{int(not form)}" w:firstColumn="1"/>' if self.template.since_gb6 else ""
        columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        yield (
            f'{_TABLE_BEGINS}<w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>{_EDGES}'
            f'<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="{_MARGIN}" w:type="dxa"/>'
            f'<w:right w:w="{_MARGIN}" w:type="dxa"/></w:tblCellMar>{heads}</w:tblPr>'
            f"<w:tblGrid>{columns}</w:tblGrid>"
        )
        if not form:
            yield _row(_HEAD_ROW, [self._cell(Style.CELL_HEAD, "", w) for w in widths], grid.headers)
        cells = [self._cell(*_PLACED[c.place], w) for c, w in zip(laid, widths, strict=True)]
        high = 0.0
        filled, receipt = gb.FILLED_HIGH, gb.RECEIPT_HIGH
        if form and self.template.since_gb6:
            room = self._left_to_fill if self.template.since_gb7 else self._left_to_fill_until_gb7
            filled, receipt = room(grid, laid)
        for row in grid.rows:
            high = filled if row[0] == gb.TO_FILL else receipt if high else 0.0
            least = f'<w:trHeight w:val="{round(high * _TWIPS)}" w:hRule="atLeast"/>' if form and high else ""
            written = _row((_WHOLE if max(map(len, row)) < _LONGEST_WHOLE else "") + least, cells, row)
            # What its reader fills in and seals stands with the signature, on whichever face that is.
            yield _kept(written) if form and high and self.template.since_gb7 else written
        yield _TABLE_ENDS

    def _left_to_fill(self, grid: Grid, columns: tuple[TableColumn, ...]) -> tuple[float, float]:
        """Millimetres of a form's face for what its reader writes, and for his receipt, as far as can be told.

        Nothing is laid out yet. It is set close where that saves a face, as in the .pdf; what goes over to another
        face has all of that, less what stands there before it.
        """
        for close in (False, True)[self.close :]:
            filled, receipt = _TO_WRITE_CLOSE if close else _TO_WRITE
            left = gb.TEXT[1] - self._above_filled(grid, columns, close=close) - self._below_receipt(close=close)
            if left - receipt >= filled:
                self.close = close
                return left - receipt, receipt
        filled, receipt = _TO_WRITE_CLOSE if self.close else _TO_WRITE
        above, below = self._above_filled(grid, columns, close=self.close), self._below_receipt(close=self.close)
        left = gb.TEXT[1] - below - (above % gb.TEXT[1] + _ROW_WENT_OVER if above > gb.TEXT[1] else gb.TEXT[1])
        left = left if left - receipt >= filled else gb.TEXT[1] - below
        return left - receipt, receipt

    def _left_to_fill_until_gb7(self, grid: Grid, columns: tuple[TableColumn, ...]) -> tuple[float, float]:
        """As `_left_to_fill`; one blank line less is what is close, and a second face is not reckoned with."""
        names = red_name_lines(self.page, self.template)
        size = red_name_size(max(names, key=len), largest_red_name(self.page))[0]
        look, pitch = LOOKS[Style.CELL], PITCH / gb.MM
        rows = takewhile(lambda row: row[0] != gb.TO_FILL, grid.rows)
        table = sum(lines_of(row, columns) * (look.pitch or 0.0) + 2 * look.around for row in rows) / gb.MM
        head = gb.MARK_FROM_TOP + size * MARK_PITCH / gb.MM + _BELOW_MARK_UNTIL_GB7 + gb.RULE_BELOW
        head += BELOW_HEAD_OF_FORM + (2 + (self.page.addressee is not None)) * pitch
        signed = (1 + len(signature_lines(self.page))) * pitch
        imprint = self.page.imprint
        foot = (1 + len(imprint.lines if imprint else ())) * (LOOKS[Style.IMPRINT].pitch or 0.0) / gb.MM
        left = gb.TEXT[1] - head - table - signed - foot - _SPARE
        filled, receipt = _TO_WRITE
        if left - receipt < filled and left + pitch - _TO_WRITE_CLOSE[1] >= _TO_WRITE_CLOSE[0]:
            self.close, receipt, left = True, _TO_WRITE_CLOSE[1], left + pitch
            return left - receipt, receipt
        return max(left - receipt, filled), receipt

    def _above_filled(self, grid: Grid, columns: tuple[TableColumn, ...], *, close: bool) -> float:
        """Millimetres of the head of a form, and of its table up to what is filled."""
        names = red_name_lines(self.page, self.template)
        size = red_name_size(max(names, key=len), largest_red_name(self.page))[0]
        pitch, blank = _pitch_and_blank(close=close)
        head = gb.MARK_FROM_TOP + size * MARK_PITCH / gb.MM + blank + pitch + gb.RULE_BELOW + BELOW_HEAD_OF_FORM
        head += (pitch if self.page.addressee is not None else 0.0) + ABOVE_TABLE / gb.MM
        look = LOOKS[Style.CELL]
        around = look.around if close else 2 * look.around
        rows = takewhile(lambda row: row[0] != gb.TO_FILL, grid.rows)
        return head + sum(lines_of(row, columns) * (look.pitch or 0.0) + around for row in rows) / gb.MM

    def _below_receipt(self, *, close: bool) -> float:
        """Millimetres of what follows the table of a form: a remark, who signs, 版记."""
        pitch, blank = _pitch_and_blank(close=close)
        remarks = [b.text for section in self.page.sections for b in section.blocks if isinstance(b, Paragraph)]
        lines = sum(ceil((2 + len(text)) / gb.CHARACTERS) for text in remarks) + len(signature_lines(self.page))
        imprint = self.page.imprint
        foot = (1 + len(imprint.lines if imprint else ())) * (LOOKS[Style.IMPRINT].pitch or 0.0) / gb.MM
        return blank + lines * pitch + foot + _SPARE

    def _cell(self, style: Style, look: str, width: int) -> tuple[str, str]:
        """What stands before and after a cell's text."""
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
            f'<w:p><w:pPr><w:pStyle w:val="{self.ids[style]}"/>{look}</w:pPr><w:r>',
            "</w:r></w:p></w:tc>",
        )

    # --- lines

    def _line(self, style: Style, text: str, look: str = "") -> str:
        return self._paragraph(style, _run(text) if text else "", look)

    def _paragraph(self, style: Style, runs: str, look: str = "") -> str:
        return f'<w:p><w:pPr><w:pStyle w:val="{self.ids[style]}"/>{look}</w:pPr>{runs}</w:p>'


_PLACED = {
    "left": (Style.CELL_LEFT, ""),
    "center": (Style.CELL, ""),
    "right": (Style.CELL, '<w:jc w:val="right"/>'),
}
_EDGES = (
    "<w:tblBorders>"
    + "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    + "</w:tblBorders>"
)


def _row(look: str, cells: list[tuple[str, str]], texts: tuple[str, ...]) -> str:
    filled = "".join(f"{before}{_text(text)}{after}" for (before, after), text in zip(cells, texts, strict=True))
    return f"<w:tr><w:trPr>{look}</w:trPr>{filled}</w:tr>" if look else f"<w:tr>{filled}</w:tr>"


_TABLE_BEGINS, _TABLE_ENDS = "<w:tbl>", "</w:tbl>"
_HEAD_OF_LINE = re.compile(r"^<w:p><w:pPr><w:pStyle [^>]*/>(?:<w:keepNext/>)?(?:<w:pageBreakBefore[^>]*/>)?")


def _pitch_and_blank(*, close: bool) -> tuple[float, float]:
    """Millimetres of a line, and of a blank one."""
    return (CLOSE_PITCH / gb.MM, CLOSE_PITCH / gb.MM / 2) if close else (PITCH / gb.MM, PITCH / gb.MM)


_NAMED = re.compile(r'<w:pStyle w:val="[^"]*"/>')
_STYLED = re.compile(rf"{_NAMED.pattern}(?!<w:keepNext/>)")


def _kept(xml: str) -> str:
    """Paragraphs that stay with what follows them."""
    return _STYLED.sub(r"\g<0><w:keepNext/>", xml)


def _kept_once_more(xml: str) -> str:
    return _NAMED.sub(r"\g<0><w:keepNext/>", xml)


def _apart_from_tables(parts: list[str]) -> list[str]:
    """The parts of a text, with a little room between a table and the line above it."""
    room = rf'\g<0><w:spacing w:after="{ABOVE_TABLE * 20}"/>'
    return [
        _HEAD_OF_LINE.sub(room, part, count=1) if after.startswith(_TABLE_BEGINS) else part
        for part, after in zip(parts, [*parts[1:], ""], strict=False)
    ]


def _run(text: str) -> str:
    return f"<w:r>{_text(text)}</w:r>"


def _text(text: str) -> str:
    return f'<w:t xml:space="preserve">{escape(text)}</w:t>'


def _field(code: str) -> str:
    """A field Word fills when the document is opened."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
