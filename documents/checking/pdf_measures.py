"""Measuring a .pdf: lines from characters, and from lines what each clause asks about."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TypeVar

from documents.checking.clauses import PROPER, ClauseKey
from documents.checking.pdf_reading import Glyph, Pdf, PdfFace, RuledLine, read_pdf
from documents.checking.proof_reading import look_for_imprint, proof_read, without_signatory
from documents.checking.report import Measured
from documents.formats import standard as gb

T = TypeVar("T")

_ABOVE, _BELOW = 0.8, 0.2
"""Of its size a Chinese character stands so much above and below its baseline."""
_INK = 0.85
"""The ink of a large character goes a little higher."""
_INK_BELOW = 0.09
"""And so much below."""
_LONGER = 5.0
"""Millimetres beyond 版心: such a red rule is that of a 函."""
_DASH = 0.36
"""Of its size a dash lies above the baseline."""
_SAME_LINE = 0.6
_ONE_PITCH = 16.0
"""Millimetres; what stands further apart is not the next line."""
_SLACK = 1.5
_SLIGHT = 1.0
"""Millimetres 天头 may be off by."""
_ENOUGH_FACES = _ENOUGH_LINES = 3
_LARGER = 2.0
_LONG = 0.8
"""Of 版心: a line so long goes on in the next."""
_PAGE_NUMBER = re.compile(r"[—–－―\-─]?\s*\d{1,4}\s*[—–－―\-─]?")
_PROPER_NUMBER = re.compile(r"[—―─]\s*\d+\s*[—―─]")
_PAPER_NUMBER = re.compile(r"〔\d{4}〕\d+号$")
_TOLD_BEFORE = re.compile(r"〔\d{4}〕\d+号$|：$")
"""文号 and whom it is addressed to stand before a form's table."""
_HEADING = re.compile(r"[一二三四五六七八九十百]+、")
_SUBHEADING = re.compile(r"（[一二三四五六七八九十百]+）")
_ENDS = ("。", "！", "？", "；")
_OPENING = frozenset("（“‘《〈〔【［｛「『")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ISSUED = "印发"
_ENTRY = re.compile(r"[·…．.]{3,}\s*\d+$")
"""A line of the 目录: a heading, dots, a page."""


@dataclass(frozen=True)
class PrintedLine:
    """Characters on one baseline."""

    face: PdfFace
    glyphs: tuple[Glyph, ...]

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(g.text for g in self.glyphs).strip()

    @property
    def x(self) -> float:
        """Where it begins."""
        return self.glyphs[0].x

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.glyphs[-1].end

    @property
    def y(self) -> float:
        """The baseline of the line, in points from the foot of the page."""
        return self.glyphs[0].y

    @property
    def size(self) -> float:
        """In points, of most of its characters."""
        return _most(round(g.size, 1) for g in self.glyphs) or 0.0

    @property
    def font(self) -> str:
        """Of its Chinese characters."""
        return _most(g.font for g in self.glyphs if _HAN.match(g.text)) or self.glyphs[0].font

    @property
    def red(self) -> bool:
        """Whether any of it is red."""
        return any(g.red for g in self.glyphs)

    @property
    def top(self) -> float:
        """The head of its characters."""
        return self.y - self.size * _ABOVE / gb.MM

    @property
    def bottom(self) -> float:
        """Their foot."""
        return self.y + self.size * _BELOW / gb.MM

    @property
    def where(self) -> str:
        """On which page."""
        return f"第{self.face.no}页"


def measure_pdf(data: bytes) -> Measured:
    """Measure a .pdf: everything the clauses of GB/T 9704-2012 ask about.

    Raises:
        Refusal: `malformed`, when it cannot be read.
    """
    document = read_pdf(data)
    measured = Measured(declared=document.declared)
    sheet = _Sheet(document)
    for face in document.faces:
        measured.add(ClauseKey.WIDTH, face.width, f"第{face.no}页")
        measured.add(ClauseKey.HEIGHT, face.height, f"第{face.no}页")
    _area(measured, sheet)
    _type(measured, sheet)
    _indents(measured, sheet)
    _title(measured, sheet)
    _head(measured, sheet)
    _numbers(measured, sheet)
    _imprint(measured, sheet)
    proof_read(measured, [line.text for line in sheet.text if not _ENTRY.search(line.text)])
    look_for_imprint(measured, (line.text for line in sheet.text), letter=sheet.letter)
    lacking = [name for name, carried in document.carried.items() if not carried]
    measured.add(ClauseKey.EMBEDDED, f"没有嵌入{'、'.join(lacking)}" if lacking else PROPER)
    return measured


class _Sheet:
    """The lines of a file, told apart: page numbers, tables, text."""

    def __init__(self, pdf: Pdf) -> None:
        self.faces = pdf.faces
        self.numbers: dict[int, PrintedLine] = {}
        self.text: list[PrintedLine] = []
        for face in pdf.faces:
            lines = [line for line in _lines(face) if line.text]
            if lines and _PAGE_NUMBER.fullmatch(lines[-1].text):
                self.numbers[face.no] = lines.pop()
            self.text += lines
        self.issued, self.imprint_rules = _imprint_of(self.faces[-1], self.text)
        self.running = [x for x in self.text if not x.face.in_table(x.y) and not self._in_imprint(x)]
        # A title of three lines over a text of two is no text.
        small = [x for x in self.running if not x.red and x.size < gb.TITLE - _LARGER]
        self.body = _most(round(g.size, 1) for x in small for g in x.glyphs if _HAN.match(g.text)) or gb.BODY
        edges = [x.x for x in self._flush()]
        self.shows_left = bool(edges)
        self.left = min(edges, default=gb.LEFT)
        self.full = [
            line for line, after in pairwise(self.running) if self.is_body(line) and self._continues(line, after)
        ]

    @property
    def letter(self) -> bool:
        """Whether it is a 函: its red rules are longer than 版心 is wide."""
        return any(r.red and r.end - r.x > gb.TEXT[0] + _LONGER for r in self.faces[0].rules)

    def _flush(self) -> Iterator[PrintedLine]:
        """Lines that begin at the edge: what a long line goes on in, and whom it is addressed to."""
        for line, after in pairwise(self.running):
            near = line.face is after.face and 0 < after.y - line.y < _ONE_PITCH
            if near and self.is_body(line) and self.is_body(after):
                # An opening bracket is set half outside; below a sentence that fills its line may begin a paragraph.
                goes_on = after.x < line.x - _SLACK or not line.text.endswith(_ENDS)
                if line.end - line.x > _LONG * gb.TEXT[0] and goes_on and after.glyphs[0].text not in _OPENING:
                    yield after
                elif line.text.endswith("：") and line.text[0] not in _OPENING and after.x > line.x + _SLACK:
                    yield line

    def _in_imprint(self, line: PrintedLine) -> bool:
        return bool(self.imprint_rules) and line.face is self.faces[-1] and line.y > self.imprint_rules[0].y

    def is_body(self, line: PrintedLine) -> bool:
        return abs(line.size - self.body) < _SAME_LINE

    def _continues(self, line: PrintedLine, after: PrintedLine) -> bool:
        """Whether the text of a line goes on in the next: so that line is as long as 版心 is wide."""
        near = line.face is after.face and 0 < after.y - line.y < _ONE_PITCH
        return near and self.is_body(after) and abs(after.x - self.left) < _SLACK

    @property
    def step(self) -> float | None:
        """Points from one character of the text to the next, where it shows."""
        steps = [step for line in self.full if (step := _step(line))]
        return min(steps) * gb.MM if steps else None

    @property
    def right(self) -> float | None:
        """The edge of 版心, where full lines end with a whole character; of one or two nothing can be said."""
        ends = [x.end for x in self.full if _HAN.match(x.glyphs[-1].text)]
        return max(ends) if len(ends) >= _ENOUGH_LINES else None


# --- 版心 and type


def _area(measured: Measured, sheet: _Sheet) -> None:
    # The head of a paper begins below the upper edge of 版心; only a later face that begins with text shows that edge.
    begun = bool(sheet.text) and sheet.text[0].red
    firsts = {x.face.no: x for x in reversed(sheet.text)}
    tops = [(x.top, x.where) for no, x in firsts.items() if not begun or (no > 1 and sheet.is_body(x))]
    step = _pitch(sheet)
    if tops:
        top, where = min(tops)
        measured.add(ClauseKey.TOP, _upper_edge(top, sheet, step), where)
    if sheet.shows_left:
        measured.add(ClauseKey.LEFT, sheet.left)
    if sheet.right is not None:
        measured.add(ClauseKey.TEXT_WIDTH, sheet.right - sheet.left)
    if step:
        measured.add(ClauseKey.LINES, gb.TEXT[1] / step)
        last = sheet.faces[-1].no
        ends = [(x.bottom - gb.TOP, x.where) for x in sheet.text if x.face.no != last]
        # A heading goes over with its text, so a few faces may all end short; over the edge is over the edge.
        if ends and (last > _ENOUGH_FACES or max(ends)[0] > gb.TEXT[1]):
            measured.add(ClauseKey.FILLED, *max(ends))


def _upper_edge(top: float, sheet: _Sheet, step: float | None) -> float | None:
    """Of 版心, above a first line whose type begins at `top`; None where it cannot be told.

    A line's type may stand anywhere in its pitch: a typesetter sets it at the head, Word and LibreOffice at the foot.
    Which it is shows where a face ends: with no room for another line below, what is to spare is above each line.
    """
    gap = (step or 0.0) - sheet.body / gb.MM
    if top <= gb.TOP + _SLIGHT or step is None or top - gap > gb.TOP + _SLIGHT:
        return top
    ends = max(x.bottom for x in sheet.running if sheet.is_body(x))
    return max(top - gap, gb.TOP) if gb.TOP + gb.TEXT[1] - ends < step else None


def _pitch(sheet: _Sheet) -> float | None:
    """From one line of the text to the next."""
    steps = [
        b.y - a.y
        for a, b in pairwise(sheet.running)
        if a.face is b.face and sheet.is_body(a) and sheet.is_body(b) and 0 < b.y - a.y < _ONE_PITCH
    ]
    return median(steps) if len(steps) >= _ENOUGH_LINES else None  # a signature's lines are none of the text


def _type(measured: Measured, sheet: _Sheet) -> None:
    body = [x for x in sheet.running if sheet.is_body(x) and not x.red]
    steps = [step for line in sheet.full if (step := _step(line))]
    if len(steps) >= _ENOUGH_LINES:
        # To be flush a line is set wider; the nearest set one shows how they are meant.
        measured.add(ClauseKey.CHARACTERS, gb.TEXT[0] / min(steps))
    measured.add(ClauseKey.BODY_SIZE, sheet.body)
    faces = [g.font for x in body if not _is_heading(x) for g in x.glyphs if _HAN.match(g.text)]
    measured.add(ClauseKey.BODY_FACE, _most(faces))
    for line in body:
        if not _is_heading(line):
            continue
        if _HEADING.match(line.text) and line.x > sheet.left + _SLACK:
            measured.add(ClauseKey.HEADING_FACE, line.font, line.where)
        elif _SUBHEADING.match(line.text) and line.x > sheet.left + _SLACK:
            measured.add(ClauseKey.SUBHEADING_FACE, line.font, line.where)


def _indents(measured: Measured, sheet: _Sheet) -> None:
    """7.3.3: a paragraph begins two characters in, and goes on at the edge.

    Only where it can be told for certain: a long first line whose text goes on below it at the edge.
    """
    for before, line in pairwise(sheet.running):
        long = line.end - line.x > _LONG * gb.TEXT[0] and line in sheet.full
        if not long or line.glyphs[0].text in _OPENING or not _begins(before, line, sheet):
            continue
        measured.add(ClauseKey.INDENT, (line.x - sheet.left) * gb.MM / (sheet.step or line.size), line.where)


def _begins(before: PrintedLine, line: PrintedLine, sheet: _Sheet) -> bool:
    """Whether a paragraph begins with a line: it stands in, or the one before it ended short with its sentence."""
    if line.x > sheet.left + _SLACK:
        return True
    near = before.face is line.face and 0 < line.y - before.y < _ONE_PITCH
    short = before.end < sheet.left + gb.TEXT[0] - 2 * line.size / gb.MM
    return near and sheet.is_body(before) and short and before.text.endswith(_ENDS)


def _step(line: PrintedLine) -> float | None:
    """From one character to the next."""
    steps = [b.x - a.x for a, b in pairwise(line.glyphs) if _HAN.match(a.text) and _HAN.match(b.text)]
    return median(steps) if steps else None


def _is_heading(line: PrintedLine) -> bool:
    return not _ENTRY.search(line.text) and bool(_HEADING.match(line.text) or _SUBHEADING.match(line.text))


# --- head and title


def _title(measured: Measured, sheet: _Sheet) -> None:
    large = [x for x in sheet.text if x.face.no == 1 and not x.red and x.size > sheet.body + 1]
    if not large:
        if not _is_form(sheet):
            measured.add(ClauseKey.TITLE_SIZE, "没有比正文大的标题", "第1页")
        return
    middle = sheet.left + gb.TEXT[0] / 2
    for line in large:
        measured.add(ClauseKey.TITLE_SIZE, line.size, line.where)
        measured.add(ClauseKey.TITLE_FACE, line.font, line.where)
        off = (line.x + line.end) / 2 - middle
        measured.add(
            ClauseKey.TITLE_PLACE,
            "居中" if abs(off) < 2 * _SLACK else f"偏{'右' if off > 0 else '左'} {abs(off):.1f} mm",
        )


def _is_form(sheet: _Sheet) -> bool:
    """Whether a table follows the red name, 文号 and addressee at once: it says what a title would."""
    first = [x for x in sheet.text if x.face.no == 1]
    red = max((x.y for x in first if x.red), default=None)
    below = [x for x in first if red is not None and x.y > red and not _TOLD_BEFORE.search(x.text)]
    return bool(below) and below[0].face.in_table(below[0].y)


def _head(measured: Measured, sheet: _Sheet) -> None:
    """A red name asks for a red rule; a paper (文号) and minutes also for their places."""
    first = [x for x in sheet.text if x.face.no == 1]
    largest = max(first, key=lambda x: x.size, default=None)
    number = next((x for x in first if _PAPER_NUMBER.search(without_signatory(x.text))), None)
    red = max((x for x in first if x.red), key=lambda x: x.size, default=None)
    mark = red or (largest if largest is not None and largest.size > gb.TITLE + 1 else None)
    if mark is None and number is None:
        return
    if mark is not None:
        measured.add(ClauseKey.MARK_COLOUR, "红色" if mark.red else "其他颜色", mark.where)
        if not sheet.letter and (number is not None or mark.text.endswith("纪要")):
            measured.add(ClauseKey.MARK_TOP, mark.y - mark.size * _INK / gb.MM - gb.TOP)
    rules = sorted((r for r in sheet.faces[0].rules if r.red), key=lambda r: r.y)
    if sheet.letter:
        _letter(measured, sheet, mark, rules)
        return
    if not rules:
        measured.add(ClauseKey.RED_RULE, "没有红色分隔线", "第1页")
        return
    measured.add(ClauseKey.RED_RULE, rules[0].end - rules[0].x)
    between = [x for x in first if number is not None and number.y < x.y < rules[0].y]
    if number is not None and not between:
        measured.add(ClauseKey.RED_RULE_BELOW, rules[0].y - number.bottom)


def _letter(measured: Measured, sheet: _Sheet, mark: PrintedLine | None, rules: list[RuledLine]) -> None:
    """函 (10.1): two red double rules around its first face."""
    height = sheet.faces[0].height
    above = [r for r in rules if r.y < height / 2]
    below = [r for r in rules if r.y > height / 2]
    for rule in rules:
        measured.add(ClauseKey.LETTER_RULE, rule.end - rule.x)
    if mark is not None:
        measured.add(ClauseKey.LETTER_MARK, mark.y - mark.size * _INK / gb.MM)
        if above:
            foot = mark.y + mark.size * _INK_BELOW / gb.MM
            measured.add(ClauseKey.LETTER_RULE_BELOW, above[0].y - above[0].thick / 2 - foot)
    measured.add(ClauseKey.LETTER_FOOT, height - below[-1].y if below else "没有红色双线")
    measured.add(ClauseKey.LETTER_NUMBER, "显示" if sheet.faces[0].no in sheet.numbers else "不显示")


# --- page numbers


def _numbers(measured: Measured, sheet: _Sheet) -> None:
    right = sheet.right or sheet.left + gb.TEXT[0]
    for face in sheet.faces[1:] if sheet.letter else sheet.faces:
        where, line = f"第{face.no}页", sheet.numbers.get(face.no)
        if line is None:
            if len(sheet.faces) > 1:
                measured.add(ClauseKey.NUMBER_FORM, "没有页码", where)
            continue
        proper = bool(_PROPER_NUMBER.fullmatch(line.text))
        measured.add(ClauseKey.NUMBER_FORM, "— N —" if proper else line.text, where)
        measured.add(ClauseKey.NUMBER_SIZE, line.size, where)
        measured.add(ClauseKey.NUMBER_FACE, line.glyphs[0].font, where)
        measured.add(ClauseKey.NUMBER_BELOW, line.y - line.size * _DASH / gb.MM - gb.TOP - gb.TEXT[1], where)
        side = _side(line, sheet.left, right)
        odd = face.no % 2 == 1
        measured.add(
            ClauseKey.NUMBER_SIDE, "单页居右、双页居左" if side == ("右" if odd else "左") else f"居{side}", where
        )
        if side != "中":
            empty = right - line.end if side == "右" else line.x - sheet.left
            measured.add(ClauseKey.NUMBER_INDENT, empty * gb.MM / line.size, where)


def _side(line: PrintedLine, left: float, right: float) -> str:
    off = (line.x + line.end) / 2 - (left + right) / 2
    if abs(off) < (right - left) / 6:
        return "中"
    return "右" if off > 0 else "左"


# --- 版记


def _imprint(measured: Measured, sheet: _Sheet) -> None:
    face, issued, rules = sheet.faces[-1], sheet.issued, sheet.imprint_rules
    if issued is None:
        return
    if len(rules) < 2:  # noqa: PLR2004  (a first and a last)
        measured.add(ClauseKey.IMPRINT_WIDTH, "没有版记分隔线", issued.where)
        return
    for rule in rules:
        measured.add(ClauseKey.IMPRINT_WIDTH, rule.end - rule.x)
    for rule in (rules[0], rules[-1]):
        measured.add(ClauseKey.IMPRINT_OUTER, rule.thick)
    for rule in rules[1:-1]:
        measured.add(ClauseKey.IMPRINT_INNER, rule.thick)
    measured.add(ClauseKey.IMPRINT_BOTTOM, rules[-1].y - gb.TOP - gb.TEXT[1])
    within = [x for x in sheet.text if x.face is face and rules[0].y < x.y < rules[-1].y]
    for size in dict.fromkeys(x.size for x in within):
        measured.add(ClauseKey.IMPRINT_SIZE, size)


def _imprint_of(face: PdfFace, text: list[PrintedLine]) -> tuple[PrintedLine | None, list[RuledLine]]:
    """The line that says 印发 on the last face, and the rules around it."""
    issued = next((x for x in reversed(text) if x.face is face and x.text.endswith(_ISSUED)), None)
    if issued is None:
        return None, []
    rules = sorted((r for r in face.rules if not r.red and not face.in_table(r.y)), key=lambda r: r.y)
    return issued, [r for r in rules if r.y < issued.y + _ONE_PITCH]


# --- characters to lines


def _lines(face: PdfFace) -> Iterator[PrintedLine]:
    """Lines from top to bottom, each from left to right."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(face.glyphs, key=lambda g: (g.y, g.x)):
        if rows and abs(glyph.y - rows[-1][0].y) < _SAME_LINE:
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    for row in rows:
        seen = [g for g in sorted(row, key=lambda g: g.x) if g.text.strip()]
        if seen:
            yield PrintedLine(face, tuple(seen))


def _most(values: Iterable[T]) -> T | None:
    commonest = Counter(values).most_common(1)
    return commonest[0][0] if commonest else None
