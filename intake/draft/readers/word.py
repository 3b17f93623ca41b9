"""The paragraphs and tables of a .docx file, in order, with the numbers that Word writes before paragraphs itself."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from domain.base import refuse
from intake.archive import DOCX, local, main_part, opened, related, small_part
from intake.draft.readers.plain import MAX_TEXT
from intake.draft.shape.grids import text_tables
from intake.draft.shape.source import Cell, GridRow, Source, SourceTable

_MOST_XML = 40 * 1024 * 1024
_NOT_TEXT = frozenset(
    {"del", "moveFrom", "instrText", "delText", "Fallback", "txbxContent", "footnoteReference", "pict"}
)
_DIGITS = "〇一二三四五六七八九"


def read(path: Path) -> Source:
    """The text of a Word file.

    Raises:
        Refusal: `malformed` when it is encrypted, has macros, is unsound, or holds no text.
    """
    with opened(path, DOCX) as archive:
        main = main_part(archive, path.name, DOCX)
        parts = {kind: target for kind, target in related(archive, main).values() if target in archive.NameToInfo}
        numbering = _Numbering()
        if "numbering" in parts:
            numbering.read(small_part(archive, parts["numbering"]))
        if "styles" in parts:
            numbering.read_styles(small_part(archive, parts["styles"]))
        body = next(child for child in small_part(archive, main, _MOST_XML) if local(child.tag) == "body")
        source = _Writer(numbering).write(body)
    refuse(not source.text.strip(), f"{path.name} 没有文字（可能是图片或扫描件）", "malformed")
    refuse(len(source.text) > MAX_TEXT, f"{path.name} 超过 {MAX_TEXT // 10_000} 万字，请拆分后再读", "malformed")
    if not source.grids:
        source.grids.extend(text_tables(source.text))
    return source


def _attribute(element: Element | None, name: str) -> str | None:
    if element is None:
        return None
    return next((value for key, value in element.attrib.items() if local(key) == name), None)


def _child(element: Element | None, *names: str) -> Element | None:
    for name in names:
        element = next((child for child in element if local(child.tag) == name), None) if element is not None else None
    return element


@dataclass(slots=True)
class _Level:
    form: str = "decimal"
    text: str = ""
    start: int = 1


@dataclass(slots=True)
class _Numbering:
    """The lists of a document: what Word shows before a paragraph and nobody typed."""

    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    of_style: dict[str, tuple[str, int]] = field(default_factory=dict)
    counts: defaultdict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    abstract: dict[str, str] = field(default_factory=dict)

    def read(self, root: Element) -> None:
        """Read numbering.xml."""
        for element in root:
            if local(element.tag) == "abstractNum":
                own = self.levels.setdefault(_attribute(element, "abstractNumId") or "", {})
                for level in (child for child in element if local(child.tag) == "lvl"):
                    own[int(_attribute(level, "ilvl") or 0)] = _Level(
                        _attribute(_child(level, "numFmt"), "val") or "decimal",
                        _attribute(_child(level, "lvlText"), "val") or "",
                        int(_attribute(_child(level, "start"), "val") or 1),
                    )
            elif local(element.tag) == "num":
                number = _attribute(element, "numId") or ""
                self.abstract[number] = _attribute(_child(element, "abstractNumId"), "val") or ""

    def read_styles(self, root: Element) -> None:
        """Read which styles number their paragraphs."""
        for style in root:
            number = _child(style, "pPr", "numPr")
            if local(style.tag) == "style" and number is not None:
                listed = _attribute(_child(number, "numId"), "val")
                level = int(_attribute(_child(number, "ilvl"), "val") or 0)
                if listed:
                    self.of_style[_attribute(style, "styleId") or ""] = (listed, level)

    def label(self, properties: Element | None) -> str:
        """What stands before a paragraph with these properties."""
        number = _child(properties, "numPr")
        listed = _attribute(_child(number, "numId"), "val")
        level = int(_attribute(_child(number, "ilvl"), "val") or 0)
        style = _attribute(_child(properties, "pStyle"), "val") or ""
        if listed is None and style in self.of_style:
            listed, level = self.of_style[style]
        if listed in (None, "0"):
            return ""
        levels = self.levels.get(self.abstract.get(listed or "", ""), {})
        own = levels.get(level)
        if own is None:
            return ""
        counts = self.counts[self.abstract[listed or ""]]
        counts[level] = counts.get(level, own.start - 1) + 1
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        if own.form in ("bullet", "none"):
            return "• " if own.form == "bullet" else ""
        label = own.text
        for each in range(level + 1):
            of = levels.get(each, own)
            form = own.form if each == level else of.form
            label = label.replace(f"%{each + 1}", _numeral(counts.get(each, of.start), form))
        return label


def _numeral(number: int, form: str) -> str:
    if "hinese" in form or form in ("japaneseCounting", "ideographDigital", "taiwaneseCounting"):
        return _chinese(number)
    if form == "decimalEnclosedCircle" and 1 <= number <= 20:  # noqa: PLR2004  (① to ⑳)
        return chr(0x2460 + number - 1)
    return str(number)


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    if number >= 100:  # noqa: PLR2004  (no document has so many chapters)
        return str(number)
    before = "" if tens == 0 else ("十" if tens == 1 else f"{_DIGITS[tens]}十")
    return before + (_DIGITS[ones] if ones else "")


class _Writer:
    """Writes the text and remembers where each cell of a table stands in it."""

    def __init__(self, numbering: _Numbering) -> None:
        self._numbering = numbering
        self._pieces: list[str] = []
        self._length = 0
        self._grids: list[SourceTable] = []

    def write(self, body: Element) -> Source:
        for block in _blocks(body):
            if local(block.tag) == "p":
                self._put(self._paragraph(block) + "\n")
            else:
                self._table(block)
        return Source("".join(self._pieces), self._grids)

    def _put(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)

    def _paragraph(self, paragraph: Element) -> str:
        text = "".join(_texts(paragraph))
        return self._numbering.label(_child(paragraph, "pPr")) + text if text.strip() else text

    def _table(self, table: Element) -> None:
        start, rows = self._length, list[GridRow]()
        for element in (child for child in table if local(child.tag) == "tr"):
            rows.append(GridRow(len(rows) + 1, self._row(element)))
        self._grids.append(SourceTable("", start, self._length, rows))

    def _row(self, element: Element) -> dict[int, Cell]:
        cells: dict[int, Cell] = {}
        skipped = _attribute(_child(element, "trPr", "gridBefore"), "val")
        column = 1 + int(skipped or 0)
        for cell in _cells(element):
            properties = _child(cell, "tcPr")
            merge = _child(properties, "vMerge")
            covered = merge is not None and _attribute(merge, "val") != "restart"
            begin = self._length
            text = "\n".join(self._paragraph(each) for each in cell.iter() if local(each.tag) == "p").strip("\n")
            self._put(text + "\t")
            cells[column] = Cell(begin, begin + len(text), covered=covered and not text.strip())
            column += int(_attribute(_child(properties, "gridSpan"), "val") or 1)
        self._put("\n")
        return cells


def _blocks(body: Element) -> Iterator[Element]:
    for child in body:
        name = local(child.tag)
        if name in ("p", "tbl"):
            yield child
        elif name in ("sdt", "sdtContent", "ins", "customXml", "smartTag"):
            yield from _blocks(child)


def _cells(row: Element) -> Iterator[Element]:
    for child in row:
        name = local(child.tag)
        if name == "tc":
            yield child
        elif name in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _cells(child)


def _texts(element: Element) -> Iterator[str]:
    for child in element:
        name = local(child.tag)
        if name == "t":
            yield child.text or ""
        elif name == "tab":
            yield "\t"
        elif name in ("br", "cr"):
            yield "\n"
        elif name == "noBreakHyphen":
            yield "-"
        elif name not in _NOT_TEXT and name not in ("pPr", "rPr"):
            yield from _texts(child)
