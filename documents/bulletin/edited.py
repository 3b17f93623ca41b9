"""改稿: a draft as the office edited it in Word or WPS, read back into sections, with what was changed.

The text is read by how official papers number it (一、 （一） 1.), not by styles: WPS and Word rename those freely.
"""

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from io import BytesIO
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import TypeAdapter

from documents.page import NOTHING, Block, Figure, Grid, Items, Paragraph, Picture, Roll, Section, Subheading
from documents.wording import INCLUDED, NOTE, NOTE_OF_CORRECTION, numeral
from domain.base import Refusal, refuse
from domain.bulletin import Change, Publication
from domain.envelope import canonical
from domain.facts import TEXT_BYTES
from sheets.input_file import read_file

if TYPE_CHECKING:
    from docx.document import Document as Docx
    from docx.table import Table
    from docx.text.paragraph import Paragraph as Line

    from documents.bulletin.briefing import Briefing

MOST_BYTES = 20 * 1024 * 1024
MOST_CHARACTERS = 20_000
"""More is no 简报 any more: about thirty-five pages. The log keeps 64 KiB as one text, less what tables need."""
MOST_TITLE = 200
MOST_FOREWORD = 1000
"""Characters of what stands before the text."""
_KEPT = 16_000
"""So much of a changed line is kept beside the text: a 反馈 may be as long as the log allows."""
_ISSUE = re.compile(r"第.{1,6}期")
"""The last line of the head of a 动态; that of a 简报 names who issues it."""
_FOREWORD = "按语："
_CONTENTS = re.compile(r"目\s*录")
_SECTION = re.compile(r"[一二三四五六七八九十]{1,3}、\s*(?P<title>.+)")
_SUBHEADING = re.compile(r"[（(][一二三四五六七八九十]{1,3}[）)]\s*(?P<title>.+)")
_ITEM = re.compile(r"\d{1,3}\s*(?:[.．、]\s+|[.．、](?=\D))(?P<text>\S.*)", re.DOTALL)
"""1. 甲, 1.甲 and 1、甲, but not 1.5亿元."""
_INCLUDED = re.compile(INCLUDED.format(r"(\d{1,9})"))
_SECTIONS = TypeAdapter(tuple[Section, ...])


Drawn = Figure | Picture


class Text(NamedTuple):
    """What an editor may change."""

    title: str
    sections: tuple[Section, ...]
    foreword: str | None = None
    """按语."""


@dataclass(frozen=True)
class TextLine:
    """A heading, a paragraph, an item or a row of a table, and where it stands."""

    text: str
    section: str
    """The section's heading; empty where there is only one, and for the title."""
    title: bool = False
    cells: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Differing:
    """Lines that others stand for; either may be empty. `previous` is the line before them in the old text."""

    before: tuple[TextLine, ...]
    after: tuple[TextLine, ...]
    previous: TextLine | None


def read_edited(path: Path, computed: "Briefing", issue: str | None = None) -> Text:
    """Title and sections of a draft edited in Word; of an issue when its line 第N期 is given, which the file must have.

    A draft's are kept whole in the log, so they must fit; an issue may be as long as it was, only what differs is kept.

    Raises:
        Refusal: `malformed`, in one line, when the file is no .docx of this draft or issue.
    """
    return _read(path, computed, issue)[0]


def read_draft(path: Path, computed: "Briefing") -> tuple[Text, int]:
    """A draft edited in Word, and up to which editor's version what was exported had; 0 for the computed text.

    Raises:
        Refusal: as `read_edited`.
    """
    text, note = _read(path, computed)
    included = _INCLUDED.search(note)
    return text, int(included[1]) if included else 0


def _read(path: Path, computed: "Briefing", issue: str | None = None) -> tuple[Text, str]:
    """What an editor may change, and the line below it."""
    charts = [b for section in computed.sections for b in section.blocks if isinstance(b, Figure | Picture)]
    lines = list(_lines_of(path, charts))
    refuse(
        issue is not None and not any(isinstance(line, str) and line.startswith(issue) for line in lines),
        f"{path.name} 里没有“{issue}”一行，不是这一期；请在印发的 .docx 上修改",
        "malformed",
    )
    above = _ISSUE if computed.publication is Publication.NEWS else re.compile(re.escape(computed.issuer))
    issuer = next((n for n, line in enumerate(lines) if isinstance(line, str) and above.match(line)), None)
    notes = (NOTE, NOTE_OF_CORRECTION)
    end = next((n for n, line in enumerate(lines) if isinstance(line, str) and line.startswith(notes)), None)
    if issuer is None or end is None or end < issuer:
        head = "第×期" if computed.publication is Publication.NEWS else computed.issuer
        lost = f"“{head}”一行" if issuer is None else f"文末“{NOTE}”一行"
        raise Refusal(f"{path.name} 不是导出的草稿：找不到{lost}，请在导出的草稿上修改", "malformed")
    # 附表 follow from the log: which there are is not the editor's to say.
    attached = (n for n, line in enumerate(lines) if isinstance(line, str) and line.startswith("附表：1. "))
    foreword, rest = _foreword(_without_contents(lines[issuer + 1 : min(next(attached, end), end)]))
    written = [line for line in rest if line]
    if not written or not isinstance(written[0], str):
        raise Refusal(f"{path.name} 缺少标题", "malformed")
    title, *body = written[0], *written[1:]
    single = computed.sections[0].title if len(computed.sections) == 1 else None
    refuse(
        single is None and _SECTION.fullmatch(title) is not None,
        f"{path.name} 缺少标题：“{title[:20]}”之前应有一行标题",
        "malformed",
    )
    refuse(
        issue is None and len(title) > MOST_TITLE,
        f"{path.name} 的标题“{title[:20]}……”有{len(title)}字，最多{MOST_TITLE}字",
        "malformed",
    )
    text = Text(title.replace("\n", ""), tuple(_sections(body, path, single)), foreword)
    if issue is None:
        _refuse_too_long(f"{path.name} 有", text, len(foreword or "") + sum(map(_length, written)))
    return text, str(lines[end])


def _refuse_too_long(begin: str, text: Text, characters: int) -> None:
    """Refuse a text that the log does not keep as one, or that is no 简报 any more."""
    fits = characters <= MOST_CHARACTERS and _fits(text.foreword or "") and _fits(text_of_sections(text.sections))
    line = f"{begin}{characters}字，一期最多{MOST_CHARACTERS}字（表格和图多的更少），请分期或作为附件"
    refuse(not fits, line, "malformed")


def foreword_of(note: str) -> str | None:
    """按语 as somebody typed it, with or without its label; None when it says nothing.

    Raises:
        Refusal: `malformed`, when it is too long to stand before the title.
    """
    text = note.strip().removeprefix(_FOREWORD).strip()
    refuse(len(text) > MOST_FOREWORD, f"按语有{len(text)}字，最多{MOST_FOREWORD}字", "malformed")
    return text or None


def _without_contents(lines: list[str | Grid | Drawn]) -> list[str | Grid | Drawn]:
    """目录 is made anew; its lines are those with a tab before the page's number."""
    at = next((n for n, line in enumerate(lines) if isinstance(line, str) and _CONTENTS.fullmatch(line)), None)
    if at is None:
        return lines
    after = dropwhile(lambda line: isinstance(line, str) and "\t" in line, lines[at + 1 :])
    return [*lines[:at], *after]


def _foreword(lines: list[str | Grid | Drawn]) -> tuple[str | None, list[str | Grid | Drawn]]:
    """按语：… before the title, up to an empty line, and what comes after it."""
    begun = list(dropwhile(lambda line: not line, lines))
    if not begun or not isinstance(begun[0], str) or not begun[0].startswith(_FOREWORD):
        return None, lines
    opening = list(takewhile(lambda line: isinstance(line, str) and line, begun))
    text = "".join(str(line) for line in opening).removeprefix(_FOREWORD).strip()
    return text or None, begun[len(opening) :]


def _length(line: str | Grid | Drawn) -> int:
    if isinstance(line, Figure | Picture):
        return 0
    return len(line) if isinstance(line, str) else sum(len(cell) for row in (line.headers, *line.rows) for cell in row)


def _fits(text: str) -> bool:
    """Whether the log keeps it as one text."""
    return len(text.encode()) <= TEXT_BYTES


def text_of_sections(sections: tuple[Section, ...]) -> str:
    """The sections of an edited draft as the log keeps them."""
    return canonical([s.model_dump(mode="json") for s in sections])


def sections_of(text: str) -> tuple[Section, ...]:
    """The sections of an edited draft, from the text kept in the log."""
    return _SECTIONS.validate_python(json.loads(text))


def editor_changes(before: Text, after: Text) -> tuple[Change, ...]:
    """What an editor changed of a draft, line by line."""
    return tuple(map(_change, differing_part(before, after)))


def lost_changes(since: Text, newest: Text, edited: Text, *, by_others: bool) -> tuple[Change, ...]:
    """What was changed of a text since a file was exported from it, and is not in the file.

    A line the file words in a third way was worded on by whoever changed it himself; what others wrote there is lost.
    Lines are counted, since one may stand in several places (暂无反馈。), and what was moved is lost where it stands
    again as it did.
    """
    there, stands = (Counter(line.text for line in _lines(text)) for text in (edited, newest))
    undone = {(_texts(d.after), _texts(d.before)) for d in differing_part(newest, edited)}

    def is_lost(changed: Differing) -> bool:
        missing = any(there[line] < stands[line] for line in _texts(changed.after))
        back = any(there[line] > stands[line] for line in _texts(changed.before))
        as_before = (_texts(changed.before), _texts(changed.after)) in undone
        return back or as_before or (missing and (by_others or not changed.before))

    return tuple(map(_change, filter(is_lost, differing_part(since, newest))))


def _texts(lines: Iterable[TextLine]) -> tuple[str, ...]:
    return tuple(line.text for line in lines)


def _change(differing: Differing) -> Change:
    return Change(before=tuple(map(_kept, differing.before)), after=tuple(map(_kept, differing.after)))


def _kept(line: TextLine) -> str:
    return line.text if len(line.text) <= _KEPT else f"{line.text[:_KEPT]}……"


def differing_part(before: Text, after: Text) -> Iterator[Differing]:
    """Where two texts of a draft differ, from the first line to the last."""
    old, new = list(_lines(before)), list(_lines(after))
    matcher = SequenceMatcher(None, [line.text for line in old], [line.text for line in new], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield Differing(tuple(old[a:b]), tuple(new[c:d]), old[a - 1] if a else None)


def _lines(text: Text) -> Iterator[TextLine]:
    if text.foreword:
        yield TextLine(f"{_FOREWORD}{text.foreword}", "")
    yield TextLine(text.title, "", title=True)
    for no, section in enumerate(text.sections, start=1):
        heading = f"{numeral(no)}、{section.title}" if len(text.sections) > 1 else ""
        if heading:
            yield TextLine(heading, heading)
        for block in section.blocks:
            match block:
                case Paragraph(text=said) | Subheading(text=said):
                    yield TextLine(said, heading)
                case Items(items=items):
                    yield from (TextLine(item, heading) for item in items)
                case Roll(label=label, names=names):
                    yield TextLine(f"{label}：{names}", heading)
                case Grid(headers=headers, rows=rows):
                    yield from (TextLine(" | ".join(r), heading, cells=r, headers=headers) for r in (headers, *rows))
                case Figure(title=title):
                    yield TextLine(f"（图：{title}）", heading)
                case Picture(words=words):
                    yield TextLine(words, heading)


def opened_docx(path: Path) -> "Docx":
    """A .docx somebody brings. Defended: size, entities and damage are one line.

    Raises:
        Refusal: `malformed`.
    """
    from docx import Document  # noqa: PLC0415  (60 ms)

    refuse(
        path.suffix.lower() != ".docx", f"{path.name} 不是 .docx 文件，请在导出的草稿上修改后另存为 .docx", "malformed"
    )
    data = read_file(path, MOST_BYTES)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
            names = archive.namelist()
            odd = {info.compress_type for info in archive.infolist()} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        refuse(bool(odd), f"{path.name} 的压缩方法不是 Word 所用的，请用 Word 或 WPS 重新另存", "malformed")
        refuse(unpacked > 10 * MOST_BYTES, f"{path.name} 解压后过大", "malformed")
        refuse("word/vbaProject.bin" in names, f"{path.name} 含有宏，请另存为不含宏的 .docx", "malformed")
        return Document(BytesIO(data))
    except Refusal:
        raise
    except Exception as error:
        raise Refusal(f"{path.name} 打不开：不是完整的 .docx，或者设有密码", "malformed") from error


def _lines_of(path: Path, charts: Iterable[Drawn]) -> Iterator[str | Grid | Drawn]:
    """The paragraphs, tables and charts of a .docx in their order.

    A picture that is no chart of the draft is not read: what it shows would not be in the log.
    """
    from docx.table import Table  # noqa: PLC0415

    document, charts, taken = opened_docx(path), list(charts), list[Drawn]()
    for part in _inner(document.element.body, document):
        if isinstance(part, Table):
            headers, *rows = [
                tuple("\n".join(map(accepted_text, cell.paragraphs)).strip() for cell in row.cells)
                for row in part.rows
                if not row._tr.xpath("./w:trPr/w:del")  # a row struck out, or moved elsewhere
            ] or [()]
            yield Grid(headers=headers, rows=tuple(rows))
        else:
            for described in part._p.xpath(".//wp:docPr/@descr"):
                # Two pictures may bear the same words: each stands where it stood.
                meant = [chart for chart in charts if described.startswith(described_as(chart))]
                if one := next((chart for chart in meant if chart not in taken), meant[0] if meant else None):
                    yield one
                    taken.append(one)
            # A line of the 目录 whose page number is not filled yet ends with its tab.
            text = accepted_text(part)
            if text.strip() in {one.words for one in taken if isinstance(one, Picture)}:
                continue  # the words below a picture are its own
            if text or not part._p.xpath("./w:del|./w:moveFrom"):  # a paragraph struck out whole is none
                yield text.strip() + ("\t" if text.endswith("\t") else "")


def described_as(drawn: Drawn) -> str:
    """How what is drawn begins to be told to who cannot see it, in a .docx."""
    return drawn.words if isinstance(drawn, Picture) else drawn.title


def _inner(element: Any, document: "Docx") -> "Iterator[Line | Table]":
    """Paragraphs and tables in their order, those within content controls and tags too."""
    from docx.table import Table  # noqa: PLC0415
    from docx.text.paragraph import Paragraph as Line  # noqa: PLC0415

    for child in element.iterchildren():
        match child.tag.rpartition("}")[2]:
            case "p":
                yield Line(child, document._body)
            case "tbl":
                yield Table(child, document._body)
            case "sdt" | "sdtContent" | "customXml" | "smartTag" | "ins" | "moveTo":
                yield from _inner(child, document)


_TAKEN = "ancestor::w:ins or ancestor::w:moveTo or ancestor::w:sdt or ancestor::w:smartTag or parent::w:p"
_LEFT = "ancestor::w:del or ancestor::w:moveFrom or ancestor::w:txbxContent"


def accepted_text(paragraph: "Line") -> str:
    """The text of a paragraph as it reads when every tracked change is accepted, content controls and tags included."""
    if not paragraph._p.xpath("./w:ins|./w:del|./w:moveTo|./w:moveFrom|./w:sdt|./w:smartTag"):
        return paragraph.text
    runs = paragraph._p.xpath(f".//w:r[({_TAKEN} or ancestor::w:hyperlink) and not({_LEFT})]")
    return "".join(run.text for run in runs)


def _sections(body: list[str | Grid | Drawn], path: Path, single: str | None) -> Iterator[Section]:
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


def _add(blocks: list[Block], line: str | Grid | Drawn) -> None:
    if isinstance(line, Grid | Figure | Picture):
        blocks.append(line)
    elif match := _SUBHEADING.fullmatch(line):
        blocks.append(Subheading(text=match["title"]))
    elif match := _ITEM.fullmatch(line):
        last = blocks[-1] if blocks else None
        if isinstance(last, Items):
            blocks[-1] = Items(items=(*last.items, match["text"]))
        else:
            blocks.append(Items(items=(match["text"],)))
    else:
        blocks.append(Paragraph(text=line))


def _section(title: str, blocks: list[Block]) -> Section:
    return Section(title=title, blocks=tuple(blocks) or (Paragraph(text=NOTHING),))


# --- on a page


@dataclass(frozen=True)
class EditorField:
    """A block of a text on the editor's page: to be written in where it has a name, else as the log says it."""

    name: str | None
    block: Block
    text: str
    """What stands in the field: of items one a line."""


def editor_fields(text: Text) -> tuple[tuple[Section, tuple[EditorField, ...]], ...]:
    """The sections of a text with a field for each block that may be written in; tables, charts and rolls are not."""
    return tuple(
        (section, tuple(_field(f"s{n}.b{m}", block) for m, block in enumerate(section.blocks)))
        for n, section in enumerate(text.sections)
    )


def _field(name: str, block: Block) -> EditorField:
    match block:
        case Paragraph(text=said) | Subheading(text=said):
            return EditorField(name, block, said)
        case Items(items=items):
            return EditorField(name, block, "\n".join(items))
        case _:
            return EditorField(None, block, "")


def text_of_fields(text: Text, fields: Mapping[str, str]) -> Text:
    """What an editor made of a text on its page: headings, their order, tables and charts stay as they are.

    A field that is not there leaves its block as it was; one that is empty takes it away. A line that begins like a
    subheading or an item is one, as it is in Word.

    Raises:
        Refusal: `malformed`: no title, or too long; a line that would be a heading.
    """
    title = " ".join(fields.get("title", text.title).split())
    refuse(not title, "请填写标题", "malformed")
    refuse(len(title) > MOST_TITLE, f"标题有{len(title)}字，最多{MOST_TITLE}字", "malformed")
    note = fields.get("foreword")
    foreword = text.foreword if note is None else foreword_of(note)
    sections = []
    for section, blocks in editor_fields(text):
        written = list[Block]()
        for field in blocks:
            _write(written, field, fields)
        sections.append(_section(section.title, written))
    made = Text(title, tuple(sections), foreword)
    _refuse_too_long("全文有", made, sum(len(line.text) for line in _lines(made)))
    return made


def _write(blocks: list[Block], field: EditorField, fields: Mapping[str, str]) -> None:
    typed = fields.get(field.name) if field.name is not None else None
    if typed is None:
        blocks.append(field.block)
        return
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    for line in lines:
        refuse(_SECTION.fullmatch(line) is not None, f"“{line[:20]}”是标题的写法；标题和次序由模板定", "malformed")
    match field.block:
        case Items():
            items = tuple(match["text"] if (match := _ITEM.fullmatch(line)) else line for line in lines)
            blocks += [Items(items=items)] if items else []
        case Subheading():
            blocks += [Subheading(text="".join(lines))] if lines else []
        case _:
            for line in lines:
                _add(blocks, line)
