"""改稿: a draft as the office edited it in Word or WPS, read back into sections, with what was changed.

The text is read by how official papers number it (一、 （一） 1.), not by styles: WPS and Word rename those freely.
"""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from documents.page import NOTHING, Block, Figure, Grid, Items, Paragraph, Section, Subheading
from documents.wording import numeral
from domain.base import Refusal, refuse
from domain.bulletin import Change
from domain.envelope import canonical

if TYPE_CHECKING:
    from documents.briefing import Briefing

MOST_BYTES = 20 * 1024 * 1024
MOST_CHARACTERS = 30_000
"""More is no 简报 any more: about fifty pages."""
NOTE = "本期数据由督办日志生成"
_SECTION = re.compile(r"[一二三四五六七八九十]{1,3}、\s*(?P<title>.+)")
_SUBHEADING = re.compile(r"[（(][一二三四五六七八九十]{1,3}[）)]\s*(?P<title>.+)")
_ITEM = re.compile(r"\d{1,3}\s*(?:[.．、]\s+|[.．、](?=\D))(?P<text>\S.*)", re.DOTALL)
"""1. 甲, 1.甲 and 1、甲, but not 1.5亿元."""
_SECTIONS = TypeAdapter(tuple[Section, ...])


def read_edited(path: Path, computed: "Briefing") -> tuple[str, tuple[Section, ...]]:
    """Title and sections of an edited draft.

    Raises:
        Refusal: `malformed`, in one line, when the file is no .docx of this draft.
    """
    charts = [b for found in computed.sections for b in found.blocks if isinstance(b, Figure)]
    lines = list(_lines_of(path, charts))
    issuer = next(
        (n for n, line in enumerate(lines) if isinstance(line, str) and line.startswith(computed.issuer)), None
    )
    end = next((n for n, line in enumerate(lines) if isinstance(line, str) and line.startswith(NOTE)), None)
    if issuer is None or end is None or end < issuer:
        raise Refusal(
            f"{path.name} 不是导出的草稿：找不到“{computed.issuer}”一行或文末“{NOTE}”一行，请在导出的草稿上修改",
            "malformed",
        )
    title, *body = [line for line in lines[issuer + 1 : end] if line]
    refuse(not isinstance(title, str), f"{path.name} 缺少标题", "malformed")
    characters = sum(map(_length, body))
    refuse(
        characters > MOST_CHARACTERS,
        f"{path.name} 有{characters}字，一期最多{MOST_CHARACTERS}字，请分期或作为附件",
        "malformed",
    )
    single = computed.sections[0].title if len(computed.sections) == 1 else None
    return str(title), tuple(_sections(body, path, single))


def _length(line: str | Grid | Figure) -> int:
    if isinstance(line, Figure):
        return 0
    return len(line) if isinstance(line, str) else len(str(line.rows))


def text_of(sections: tuple[Section, ...]) -> str:
    """The sections as they are kept in the log."""
    return canonical([s.model_dump(mode="json") for s in sections])


def sections_of(text: str) -> tuple[Section, ...]:
    """The sections kept in the log."""
    return _SECTIONS.validate_python(json.loads(text))


def changes(before: tuple[str, tuple[Section, ...]], after: tuple[str, tuple[Section, ...]]) -> tuple[Change, ...]:
    """What an editor changed, line by line; a line is a heading, a paragraph, an item or a row of a table."""
    old, new = list(_lines(*before)), list(_lines(*after))
    found = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(Change(before=tuple(old[a:b]), after=tuple(new[c:d])) for tag, a, b, c, d in found if tag != "equal")


def _lines(title: str, sections: tuple[Section, ...]) -> Iterator[str]:
    yield title
    for no, section in enumerate(sections, start=1):
        if len(sections) > 1:
            yield f"{numeral(no)}、{section.title}"
        for block in section.blocks:
            match block:
                case Paragraph(text=text) | Subheading(text=text):
                    yield text
                case Items(items=items):
                    yield from items
                case Grid(headers=headers, rows=rows):
                    yield from (" | ".join(row) for row in (headers, *rows))
                case Figure(title=title):
                    yield f"（图：{title}）"


def _lines_of(path: Path, charts: Iterable[Figure]) -> Iterator[str | Grid | Figure]:
    """The paragraphs, tables and charts of a .docx in their order. Defended: size, entities and damage are one line.

    A picture that is no chart of the draft is not read: what it shows would not be in the log.
    """
    from docx import Document  # noqa: PLC0415  (60 ms)
    from docx.table import Table  # noqa: PLC0415

    refuse(
        path.suffix.lower() != ".docx", f"{path.name} 不是 .docx 文件，请在导出的草稿上修改后另存为 .docx", "malformed"
    )
    data = path.read_bytes()
    refuse(len(data) > MOST_BYTES, f"{path.name} 超过 {MOST_BYTES // 1024 // 1024} MB", "malformed")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
            names = archive.namelist()
        refuse(unpacked > 10 * MOST_BYTES, f"{path.name} 解压后过大", "malformed")
        refuse("word/vbaProject.bin" in names, f"{path.name} 含有宏，请另存为不含宏的 .docx", "malformed")
        document = Document(BytesIO(data))
    except Refusal:
        raise
    except Exception as error:
        raise Refusal(f"{path.name} 打不开：不是完整的 .docx，或者设有密码", "malformed") from error
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            headers, *rows = [tuple(cell.text.strip() for cell in row.cells) for row in part.rows]
            yield Grid(headers=headers, rows=tuple(rows))
        else:
            described = part._p.xpath(".//wp:docPr/@descr")
            yield from (chart for chart in charts if any(d.startswith(chart.title) for d in described))
            yield part.text.strip()


def _sections(body: list[str | Grid | Figure], path: Path, single: str | None) -> Iterator[Section]:
    title, blocks = single, list[Block]()
    for line in body:
        heading = _SECTION.fullmatch(line) if isinstance(line, str) and single is None else None
        if heading:
            if title is not None:
                yield _section(title, blocks)
            title, blocks = heading["title"], []
            continue
        refuse(
            title is None,
            f"{path.name} 标题之后应是“一、……”，实际是“{str(line)[:20]}”",
            "malformed",
        )
        _add(blocks, line)
    refuse(title is None, f"{path.name} 没有正文", "malformed")
    yield _section(title or "", blocks)


def _add(blocks: list[Block], line: str | Grid | Figure) -> None:
    if isinstance(line, Grid | Figure):
        blocks.append(line)
    elif found := _SUBHEADING.fullmatch(line):
        blocks.append(Subheading(text=found["title"]))
    elif found := _ITEM.fullmatch(line):
        last = blocks[-1] if blocks else None
        if isinstance(last, Items):
            blocks[-1] = Items(items=(*last.items, found["text"]))
        else:
            blocks.append(Items(items=(found["text"],)))
    else:
        blocks.append(Paragraph(text=line))


def _section(title: str, blocks: list[Block]) -> Section:
    return Section(title=title, blocks=tuple(blocks) or (Paragraph(text=NOTHING),))
