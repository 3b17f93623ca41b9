"""The text and the ruled tables of a PDF. A scanned one has no text and says so: reading pictures would be guessing.

pypdf reads the text. Pages with ruled lines are read by pdfminer, which knows where each character and line stands; it
takes ten times as long, so it gets a share of the budget, and what it does not come to is read as text and said.
"""

import logging
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LTChar, LTComponent, LTCurve, LTFigure, LTPage
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pypdf import PageObject, PdfReader
from pypdf.errors import LimitReachedError

from domain.base import Refusal, refuse
from intake.draft.readers.plain import MAX_TEXT, of_text
from intake.draft.rules import structure
from intake.draft.shape.grids import column_of, is_header, text_tables
from intake.draft.shape.ruled import Box, Drawn, RuledCell, RuledTable, lines_of, tables_of, within
from intake.draft.shape.source import Cell, GridRow, Source, SourceTable
from intake.draft.text import view
from sheets.budget import reading_budget, reading_stage
from sheets.input_file import file_in_memory

MAX_PAGES = 500
_LEAST_A_PAGE = 5
_RULES = re.compile(rb"(?<![A-Za-z])(?:re|l)(?![A-Za-z*])")
_LEAST_RULES = 6
_SECONDS_FOR_TABLES = 3.5
"""Of the processor; the budget of a file is eight."""
_NEAR = 3.0


def read(path: Path) -> Source:
    """The text of a PDF, page after page, its ruled tables cell by cell.

    Raises:
        Refusal: `malformed` when it is encrypted, damaged, scanned, or has too many pages.
    """
    name = path.name
    for library in ("pypdf", "pdfminer"):  # they warn of every oddity on stderr, where only our line goes
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        with reading_budget(name, "页面"):
            data = file_in_memory(path)
            reader = PdfReader(data)
            refuse(reader.is_encrypted and not reader.decrypt(""), f"{name} 已加密，请取消打开密码后再读", "malformed")
            count = len(reader.pages)
            refuse(count > MAX_PAGES, f"{name} 有 {count} 页，超过 {MAX_PAGES} 页，请拆分后再读", "malformed")
            ruled = [number for number, page in enumerate(reader.pages) if _has_rules(page)]
            reading_stage("页面里的表格")
            looked_at = dict(_drawn(data, ruled))
            drawn = {number: page for number, page in looked_at.items() if page.tables}
            reading_stage("页面")
            pages = ["" if number in drawn else page.extract_text() for number, page in enumerate(reader.pages)]
    except Refusal:
        raise
    except LimitReachedError as error:
        raise Refusal(f"{name} 的页面展开后过大，拒绝读取；请重新导出", "malformed") from error
    except Exception as error:  # whatever a damaged file makes the library stumble over
        raise Refusal(f"{name} 不是完好的 PDF 文件，请重新导出后再读", "malformed") from error
    seen = sum(not char.isspace() for text in pages for char in text)
    scanned = not drawn and seen < _LEAST_A_PAGE * max(count, 1)
    refuse(scanned, f"{name} 是扫描件，没有可读的文字；请先做文字识别（OCR），或改用 Word 原稿", "malformed")
    source = _Pages(pages, drawn).source() if drawn else of_text("\f\n".join(pages), name)
    refuse(len(source.text) > MAX_TEXT, f"{name} 超过 {MAX_TEXT // 10_000} 万字，请拆分后再读", "malformed")
    late = ruled[len(looked_at) :]
    if late:
        source.notes.append(f"表格太多，第{late[0] + 1}页起的表格按文字读出，单元格可能错位，请核对或拆分后再读")
    return source


def _has_rules(page: PageObject) -> bool:
    contents = page.get_contents()
    return contents is not None and len(_RULES.findall(contents.get_data())) >= _LEAST_RULES


@dataclass(frozen=True, slots=True)
class _Page:
    """What is drawn on a page: its tables, and the lines of text outside them with their heights."""

    tables: list[RuledTable]
    lines: list[tuple[float, str]]


def _drawn(data: BytesIO, numbers: list[int]) -> Iterator[tuple[int, _Page]]:
    """The pages of these numbers, as long as there is time."""
    if not numbers:
        return
    began = time.process_time()
    manager = PDFResourceManager()
    device = PDFPageAggregator(manager, laparams=None)
    interpreter = PDFPageInterpreter(manager, device)
    data.seek(0)
    for number, page in zip(numbers, PDFPage.get_pages(data, pagenos=set(numbers)), strict=False):
        if time.process_time() - began > _SECONDS_FOR_TABLES:
            return
        interpreter.process_page(page)
        yield number, _page(device.get_result())


def _page(layout: object) -> _Page:
    boxes: list[tuple[Box, bool]] = []
    chars: list[Drawn] = []
    left: list[LTComponent] = [*layout] if isinstance(layout, LTPage) else []
    while left:
        each = left.pop()
        place = Box(each.x0, each.y0, each.x1, each.y1)
        if isinstance(each, LTFigure):
            left.extend(each)
        elif isinstance(each, LTChar):
            if each.get_text().strip():
                chars.append(Drawn(each.get_text(), place))
        elif isinstance(each, LTCurve):
            boxes.append((place, bool(each.stroke)))
    tables = tables_of(boxes, chars)
    outside = [char for char in chars if not any(within(char, table.box) for table in tables)]
    return _Page(tables, lines_of(outside))


@dataclass(slots=True)
class _Pages:
    """Writes the pages as one text and remembers where each cell stands in it."""

    pages: list[str]
    drawn: dict[int, _Page]
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    grids: list[SourceTable] = field(default_factory=list)
    open: RuledTable | None = None
    waiting: list[str] = field(default_factory=list)
    """Page numbers that stood between the parts of one table."""

    def source(self) -> Source:
        for number, text in enumerate(self.pages):
            page = self.drawn.get(number)
            if page is None:
                self._close()
                self._put(text + "\n\f\n")
            else:
                self._page(page)
        self._close()
        whole = "".join(self.pieces)
        return Source(whole, self.grids or text_tables(whole))

    def _put(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def _close(self) -> None:
        self.open = None
        for text in self.waiting:
            self._put(text + "\n")
        self.waiting = []

    def _page(self, page: _Page) -> None:
        parts: list[tuple[float, str | RuledTable]] = [*page.lines, *((table.box.y1, table) for table in page.tables)]
        for _, part in sorted(parts, key=lambda part: -part[0]):
            if isinstance(part, RuledTable):
                self._table(part)
            elif self.open is not None and structure.PAGE_NUMBER.pattern.search(part.strip()):
                self.waiting.append(part)
            else:
                self._close()
                self._put(part + "\n")

    def _table(self, table: RuledTable) -> None:
        if self.open is not None and self._goes_on(self.open, table):
            grid = self.grids[-1]
            rows = table.rows[1:] if self._row_text(table.rows[0]) == self._row_text(self.open.rows[0]) else table.rows
            grid.rows.extend(self._rows(rows, len(grid.rows)))
            self.grids[-1] = SourceTable(grid.name, grid.start, self.length, grid.rows)
            return
        self._close()
        start = self.length
        rows_of_grid = list(self._rows(table.rows, 0))
        self.grids.append(SourceTable("", start, self.length, rows_of_grid))
        self.open = table

    def _goes_on(self, before: RuledTable, table: RuledTable) -> bool:
        """Whether a table on the next page is the rest of the one before: the same columns, no other header."""
        alike = len(before.columns) == len(table.columns) and all(
            abs(a - b) <= _NEAR for a, b in zip(before.columns, table.columns, strict=True)
        )
        own = is_header([column_of(view(text, 0, len(text)).text) for text in self._row_text(table.rows[0])])
        return alike and (not own or self._row_text(table.rows[0]) == self._row_text(before.rows[0]))

    def _row_text(self, row: dict[int, RuledCell]) -> list[str]:
        return ["".join(cell.lines) for _, cell in sorted(row.items())]

    def _rows(self, rows: list[dict[int, RuledCell]], known: int) -> Iterator[GridRow]:
        for number, row in enumerate(rows, known + 1):
            cells: dict[int, Cell] = {}
            for column, cell in sorted(row.items()):
                text = "\n".join(cell.lines)
                begin = self.length
                self._put(text + "\t")
                cells[column + 1] = Cell(begin, begin + len(text), covered=cell.covered, wrapped=True)
            self._put("\n")
            yield GridRow(number, cells)
