"""What somebody put into an exported draft and reading it back does not take: named, never dropped unsaid."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from documents.bulletin.edited import accepted_text, described_as, opened_docx
from documents.page import Figure, Picture
from domain.bulletin import Publication

if TYPE_CHECKING:
    from docx.document import Document as Docx

    from documents.bulletin.briefing import Briefing

_SHOWN = 20
"""Characters of a comment or a text box that say which is meant."""
_NOTES = {"footnotes": "脚注", "endnotes": "尾注"}
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def not_taken(path: Path, computed: "Briefing") -> tuple[str, ...]:
    """Comments, pictures, text boxes, notes and another distribution list, each with what to do instead.

    Raises:
        Refusal: `malformed`, as reading the text does.
    """
    document = opened_docx(path)
    charts = [described_as(b) for s in computed.sections for b in s.blocks if isinstance(b, Figure | Picture)]
    kinds = (_comments(document), _pictures(document, charts), _boxes(document), _notes(document))
    return (*(line for lines in kinds for line in lines), *_distribution(document, computed))


def _part(document: "Docx", name: str) -> Any:
    """A part beside the text, parsed; None when there is none."""
    from docx.oxml import parse_xml  # noqa: PLC0415  (60 ms)

    parts = (r.target_part for r in document.part.rels.values() if r.reltype.endswith(f"/{name}"))
    part = next(parts, None)
    return None if part is None else parse_xml(part.blob)


def _said(element: Any) -> str:
    text = "".join(t.text or "" for t in element.iter(f"{_W}t"))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}……"


def _comments(document: "Docx") -> Iterator[str]:
    root = _part(document, "comments")
    for one in root.iter(f"{_W}comment") if root is not None else ():
        yield f"批注没有取用：{one.get(f'{_W}author') or '无名'}“{_said(one)}”，要改的请直接改在正文"


def _pictures(document: "Docx", charts: list[str]) -> Iterator[str]:
    for drawing in document.element.body.iter(f"{_W}drawing"):
        if next(drawing.iter(f"{_W}txbxContent"), None) is not None:
            continue  # a text box, which is named as one
        kind = "图片" if any(part.tag.endswith("}blip") for part in drawing.iter()) else "图形"
        for drawn in (part for part in drawing.iter() if part.tag.endswith("}docPr")):
            described = drawn.get("descr") or ""
            if not any(described.startswith(title) for title in charts):
                name = described or drawn.get("title") or drawn.get("name") or "未命名"
                yield (
                    f"{kind}没有取用：{name[:_SHOWN]}，日志里没有它；"
                    "请作为附件另发，或用 xmh task report --attach 存入事项"
                )


def _boxes(document: "Docx") -> Iterator[str]:
    boxes = [box for box in document.element.body.iter(f"{_W}txbxContent") if not any(map(_sends, _lines_in(box)))]
    yield from (f"文本框没有取用：“{text}”，请写在正文段落里" for text in dict.fromkeys(map(_said, boxes)) if text)


def _lines_in(box: Any) -> list[str]:
    from docx.text.paragraph import Paragraph  # noqa: PLC0415

    return [accepted_text(Paragraph(line, box)).strip() for line in box.iter(f"{_W}p")]


def _sends(line: str) -> bool:
    """Whether a line is one of 版记: a word processor may keep that in a text box."""
    return line[:2] in ("报：", "送：", "发：")


def _notes(document: "Docx") -> Iterator[str]:
    for name, label in _NOTES.items():
        root = _part(document, name)
        for one in root if root is not None else ():
            if text := _said(one):
                yield f"{label}没有取用：“{text}”，请写在正文里"


def _distribution(document: "Docx", computed: "Briefing") -> Iterator[str]:
    """报、送、发: computed, or written in 简报.toml; what was typed over in Word is no order to send it elsewhere."""
    cells = [row.cells[0] for table in document.tables for row in table.rows]
    lines = [accepted_text(line).strip() for cell in cells for line in cell.paragraphs]
    # A text box stands twice in a file: for who knows it, and for who does not.
    kept = dict.fromkeys(line for box in document.element.body.iter(f"{_W}txbxContent") for line in _lines_in(box))
    typed = [line for line in (*lines, *kept) if _sends(line)]
    printed = computed.publication is Publication.BRIEFING  # a 动态 has no 版记
    if (typed or printed) and typed != list(computed.imprint.lines):
        yield "分送范围的改动没有取用，请改 简报.toml 的 [分送] 后重新起草"
