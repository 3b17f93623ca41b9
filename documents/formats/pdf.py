"""A page as .pdf, typeset by typst after GB/T 9704-2012. The page is data; nothing of it is pasted into the source.

The same page with the same faces is the same bytes: its date is the page's own, and no clock is asked.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from documents.formats import standard as gb
from documents.formats.fonts import MISSING, Typeface
from documents.formats.pictures import photograph
from documents.formats.placing import (
    attached_lines,
    broken_title,
    headings_of_page,
    largest_red_name,
    numbered_item,
    red_name_lines,
    red_name_size,
    roll_width,
    signature_lines,
)
from documents.formats.row_heads import with_row_heads
from documents.formats.tables import columns_of
from documents.formats.templates import Template
from documents.page import Block, Figure, Grid, Items, Page, Picture, Roll, Section, Subheading, is_attendance
from documents.wording import full_date, numeral

if TYPE_CHECKING:
    from typst import Compiler

_LONG_CELL = 400
_WORTH_TIGHTENING = 4
"""Of more faces closer lines would save one by chance only."""
_MEASURES: Mapping[str, Any] = {
    "paper": gb.PAPER,
    "top": gb.TOP,
    "left": gb.LEFT,
    "right": gb.RIGHT,
    "bottom": gb.BOTTOM,
    "text": gb.TEXT,
    "body": gb.BODY,
    "title": gb.TITLE,
    "small": gb.SMALL,
    "table": gb.TABLE,
    "pitch": gb.PITCH,
    "tracking": gb.TRACKING,
    "mark-from-top": gb.MARK_FROM_TOP,
    "rule-below": gb.RULE_BELOW,
    "number-below": gb.NUMBER_BELOW,
    "rule-thick": gb.RULE_THICK,
    "rule-thin": gb.RULE_THIN,
    "red": gb.RED,
    "letter-from-top": gb.LETTER_FROM_TOP,
    "letter-rule-below": gb.LETTER_RULE_BELOW,
    "letter-rule": gb.LETTER_RULE,
    "letter-foot": gb.LETTER_FOOT,
    "letter-gap": gb.LETTER_GAP,
}


def pdf_of(page: Page, typeface: Typeface, template: Template, home: Path | None = None) -> bytes:
    """A page as the bytes of a .pdf, typeset by typst.

    Raises:
        Refusal: `template_broken`, when the template is no typst.
    """
    from typst import TypstError  # noqa: PLC0415  (reading a list needs no typesetter)

    try:
        setting = _setting(page, typeface, template, home, get_ident())
        made = _compiled(setting, template.source("page.typ"), page, _STRICT if template.since_gb5 else _LEAST)
    except (TypstError, RuntimeError) as error:  # the second is what asking a layout raises
        raise template.broken("page.typ", _said(error)) from error
    pdf = made if isinstance(made, bytes) else b"".join(made or ())
    return with_row_heads(pdf) if template.since_gb6 else pdf


def set_close(page: Page, typeface: Typeface, template: Template, home: Path | None = None) -> bool:
    """Whether closer lines save a page a face; no, where a layout of an office's own does not tell."""
    from typst import TypstError  # noqa: PLC0415

    try:
        return _setting(page, typeface, template, home, get_ident()).tight
    except (TypstError, RuntimeError):  # who prints the .pdf is told what is wrong with it
        return False


class _Setting(NamedTuple):
    """A page in the typesetter, which remembers what it has laid out, and whether its lines are closer."""

    compiler: "Compiler"
    inputs: dict[str, str]
    tight: bool


# A page is printed as .docx and then as .pdf, by a few threads at once. A typesetter serves one.
@lru_cache(maxsize=4)
def _setting(page: Page, typeface: Typeface, template: Template, home: Path | None, thread: int) -> _Setting:
    """A page as it is to be set, which the typesetter is asked.

    Raises:
        TypstError, RuntimeError: the template is no typst.
    """
    from typst import Compiler  # noqa: PLC0415

    del thread
    data, source = _data(page, typeface, template, home), template.source("page.typ")

    def set_with(tight: bool, room: float) -> _Setting:
        inputs = {"page": json.dumps({**data, "tight": tight, "room": room}, ensure_ascii=False)}
        return _Setting(Compiler(source, font_paths=typeface.found, sys_inputs=inputs), inputs, tight)

    chosen = set_with(tight=False, room=_ROOM[False])
    if not _may_be_tight(page, template):
        return chosen
    extent = _extent(chosen.compiler, page)
    if 1 < extent.faces <= _WORTH_TIGHTENING:
        closer = set_with(tight=True, room=_ROOM[True])
        if (saved := _extent(closer.compiler, page)).faces < extent.faces:
            chosen, extent = closer, saved
    # Until gb-7 what went over to another face was as high as it had to be.
    if page.form and extent.left > 0 and (extent.faces == 1 or template.since_gb7):
        return set_with(chosen.tight, round(_ROOM[chosen.tight] + extent.left, 1))
    return chosen


_STRICT, _LEAST = ("a-2a", "ua-1"), ("a-2b",)
"""PDF/A with its parts told apart, and PDF/UA; and PDF/A alone, where a layout of an office's own tells too little."""


def _compiled(setting: _Setting, source: bytes, page: Page, standards: tuple[str, ...]) -> bytes | list[bytes] | None:
    from typst import TypstError  # noqa: PLC0415

    try:
        return setting.compiler.compile(
            source,
            format="pdf",
            sys_inputs=setting.inputs,
            pdf_standards=cast("Any", list(standards)),
            timestamp=datetime.combine(page.on, time(0), UTC),
        )
    except TypstError:
        if standards == _LEAST:
            raise
        return _compiled(setting, source, page, _LEAST)


def _may_be_tight(page: Page, template: Template) -> bool:
    """Up to gb-4 not where lists follow: only 版记 was to be saved a face of its own, not the text its last lines."""
    return page.imprint is not None and not template.former and (not page.appendices or template.since_gb5)


def _said(error: Exception) -> str:
    """What a layout is at fault with: compiling and asking say it otherwise."""
    return str(getattr(error, "message", error)).splitlines()[0].removeprefix("failed to compile document: ")


class _Extent(NamedTuple):
    """How many faces a page fills, or its text where lists follow, and the millimetres left above 版记."""

    faces: int
    left: float


_ROOM = {False: 18.0, True: 9.0}
"""Millimetres a form leaves at least to its reader, by whether its lines are set closer."""


def _extent(compiler: "Compiler", page: Page) -> _Extent:
    """How far a page goes, or its text where lists follow; nothing where an office's own layout does not tell."""
    embedded = json.loads(compiler.query("<faces>", field="value"))
    ends = ("text",) if page.appendices else ("text", "foot")
    faces = max((one[end] for one in embedded for end in ends), default=0)
    return _Extent(faces, max((one.get("left", 0.0) for one in embedded), default=0.0))


def _data(page: Page, typeface: Typeface, template: Template, home: Path | None) -> dict[str, Any]:
    data = {
        "layout": page.layout.value,
        "marking": page.marking or "",
        "masthead": page.masthead,
        "issue": page.issue,
        "signatory": page.signatory or "",
        "issuer": page.issuer,
        "date": full_date(page.on),
        "title": page.title,
        "mark": red_name_size(max(red_name_lines(page, template), key=len), largest_red_name(page)),
        "title-lines": broken_title(page, template),
        "addressee": page.addressee or "",
        "foreword": page.foreword or "",
        "contents": page.contents,
        "sections": [_section(page, n, section, template, home) for n, section in enumerate(page.sections, start=1)],
        "appendices": [{"title": s.title, "blocks": _blocks(s, template, home)} for s in page.appendices],
        "note": page.note or "",
        "signed": signature_lines(page),
        "attached": attached_lines(page),
        "attached-label": page.attached_label,
        "form": page.form,
        "to-fill": gb.TO_FILL,
        "colour": gb.TINTS.get(page.colour or "", ""),
        "mark-lines": red_name_lines(page, template),
        "tight": False,
        "room": _ROOM[False],
        "imprint": _imprint(page),
    }
    absent = list(typeface.missing(json.dumps(data, ensure_ascii=False)))
    if absent:
        data = json.loads(json.dumps(data, ensure_ascii=False).translate(dict.fromkeys(map(ord, absent), MISSING)))
    return {
        **data,
        "on": (page.on.year, page.on.month, page.on.day),
        "declared": _declared(typeface, absent),
        "keywords": [page.masthead, page.issue],
        "faces": {
            f.role.value: {"family": f.choice.family, "bold": f.choice.bold, "faked": f.choice.faked}
            for f in typeface.faces.values()
        },
        "fallbacks": typeface.fallbacks,
        "measures": _MEASURES,
    }


def _declared(typeface: Typeface, absent: list[str]) -> str:
    """What was set in another face than the standard names, and what could not be set at all; for the metadata."""
    parts = [f"{wanted}以{used}代替" for wanted, used in typeface.substitutions.items()]
    replaced = f"字体替代：{'，'.join(parts)}。" if parts else "未作字体替代。"
    codes = "、".join(f"U+{ord(c):04X}" for c in absent)
    return f"{replaced}缺字形的字以{MISSING}代替：{codes}。" if absent else replaced


def _section(page: Page, no: int, section: Section, template: Template, home: Path | None) -> dict[str, Any]:
    following = page.sections[no : no + 1]
    # What who was there, or the signature, follows: its last lines go over with it.
    ends = not following or is_attendance(following[0])
    title = headings_of_page(page)[no - 1]
    return {"title": title, "blocks": _blocks(section, template, home), "ends": ends, "roll": is_attendance(section)}


def _blocks(section: Section, template: Template, home: Path | None) -> list[dict[str, Any]]:
    heading, blocks = 0, []
    for block in section.blocks:
        heading += isinstance(block, Subheading)
        blocks.append(_block(block, heading, template, home))
    return blocks


def _block(block: Block, heading: int, template: Template, home: Path | None) -> dict[str, Any]:
    match block:
        case Subheading(text=text):
            return {"kind": block.kind, "text": f"（{numeral(heading)}）{text}"}
        case Figure(title=title, said=said, svg=svg):
            return {"kind": block.kind, "title": title, "said": said, "svg": svg}
        case Picture():
            shown = photograph(home, block)
            return {"kind": block.kind, "words": block.words, "svg": shown.svg, "width": round(shown.width, 2)}
        case Items(items=items):
            numbered = [numbered_item(n, item) for n, item in enumerate(items, start=1)]
            return {"kind": block.kind, "items": numbered if template.former else list(map(_parted, numbered))}
        case Roll(label=label, names=names):
            return {"kind": block.kind, "label": f"{label}：", "names": names, "wide": roll_width(label)}
        case Grid(headers=headers, rows=rows):
            looks: dict[str, Any] = {"whole": _keeps_whole(rows)}
            if template.former:
                left = [header in gb.LEFT_ALIGNED for header in headers]
                looks |= {"left": left, "weights": gb.weights(headers)}
            else:
                columns = columns_of(block, template)
                looks |= {"shares": [c.share for c in columns], "places": [c.place for c in columns]}
            return {"kind": block.kind, "headers": headers, "rows": rows, **looks}
        case _:
            return {"kind": block.kind, "text": block.text if template.former else _parted(block.text)}


def _parted(text: str) -> list[str]:
    """A text and its last two characters with what closes them, which no line is to part."""
    last = _LAST.search(text)
    return [text[: last.start()], last[0]] if last else [text]


_LAST = re.compile(r"(?<![“‘（《〔])[\u4e00-\u9fff]{2}[，。；：！？、”’）》〕]*$")


def _keeps_whole(rows: tuple[tuple[str, ...], ...]) -> bool:
    """A row stays on one page, unless a cell of the table could be longer than a page."""
    return all(len(cell) < _LONG_CELL for row in rows for cell in row)


def _imprint(page: Page) -> dict[str, Any] | None:
    if page.imprint is None:
        return None
    copies = f"（共印{page.imprint.copies}份）" if page.imprint.copies else ""
    return {"lines": page.imprint.lines, "copies": copies}
