"""A page as .docx: what the office edits and circulates, by docxtpl over the template of its layout.

A character grid makes LibreOffice put each character in two cells, so the lines are exact and the characters a little
closer instead. 版记 is a floating table at the foot of 版心, in LibreOffice since gb-6.
"""

import io
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from documents.formats import standard as gb
from documents.formats.fonts import Typeface
from documents.formats.placing import broken_title, red_name_lines, red_name_size
from documents.formats.templates import Template
from documents.formats.word_styles import CLOSE_PITCH, LOOKS, MARK_PITCH, MARK_PITCH_OF_TWO, PITCH, Style, chain_of
from documents.page import Layout, Page
from documents.wording import full_date
from domain.base import Refusal

if TYPE_CHECKING:
    from docx.document import Document as Docx
    from docx.text.paragraph import Paragraph as Line
    from jinja2 import Environment
    from jinja2 import Template as Compiled

_TWIPS = 20 * gb.MM
_COUNTED = 0.75
"""Of a figure in a title, in characters: a face in place of 小标宋 may set it so wide."""
_ALWAYS = ("报头", "期号", "标题", "正文", "落款", "附表")
REQUIRED: Mapping[Layout, tuple[str, ...]] = {
    Layout.BULLETIN: ("标识", *_ALWAYS, "编发单位", "日期", "目录", "按语", "说明", "报送", "印数"),
    Layout.NEWS: ("标识", *_ALWAYS, "日期", "目录", "按语", "说明"),
    Layout.PAPER: (*_ALWAYS, "主送", "编发单位", "日期"),
    Layout.LETTER: (*_ALWAYS, "主送"),
    Layout.MINUTES: (*_ALWAYS, "编发单位", "日期"),
    Layout.REPORT: (*_ALWAYS, "编发单位", "日期", "说明"),
}
"""Fields a template of a layout may not lose: without them an issue would say less than the log."""
FIELDS = frozenset({*(field for fields in REQUIRED.values() for field in fields), "版记", "表单", "紧排", "签发人"})


def docx_of(page: Page, template: Template, typeface: Typeface | None = None, home: Path | None = None) -> bytes:
    """A page as the bytes of a .docx, the same every time; the typeface is for charts, which Word shows as pictures.

    Raises:
        Refusal: `template_broken`, when the template lost a field or a style or is no .docx.
    """
    from docxtpl import DocxTemplate  # noqa: PLC0415  (lists need none)
    from markupsafe import Markup  # noqa: PLC0415

    from documents.formats.pdf import set_close  # noqa: PLC0415
    from documents.formats.word_body import Body  # noqa: PLC0415
    from documents.formats.word_templates import finished_docx  # noqa: PLC0415

    name = f"{page.layout.label}.docx"
    ids = _checked(template, page.layout)
    word = DocxTemplate(io.BytesIO(template.source(name)))
    word.init_docx()
    typeface = typeface or Typeface()
    close = template.since_gb7 and set_close(page, typeface, template, home)
    body = Body(page, ids, word.docx.part, typeface, template, home, close=close)
    built = {name: Markup(xml) for name, xml in body.fields().items()}  # noqa: S704  (escaped where it is built)
    fields = {**_fields(page, template), "紧排": body.close}
    try:
        word.render({**fields, **built}, _environment(), autoescape=True)
    except Exception as error:
        raise template.broken(name, _why(error)) from error
    document = word.docx
    printed = _said(document)
    plain = {name: text.replace("\n", "") for name, text in fields.items() if isinstance(text, str)}
    # What a form is about its table says; its title may be left out.
    asked = [name for name in REQUIRED[page.layout] if not (page.form and name == "标题")]
    asked += ["签发人"] if page.signatory else []
    silent = [name for name in asked if plain.get(name, "") not in printed]
    if silent:
        raise template.broken(name, f"没有印出 {'、'.join(silent)}（条件写错，或只判断而没有写出）")
    _fit(document, ids, fields["报头"], template)
    if body.close and template.since_gb7:
        _set_close(document)
    _describe(document, page)
    return finished_docx(document)


def _said(document: "Docx") -> str:
    """All text of the body and of the headers."""
    roots = [document.element, *(part.element for part in _headers(document))]
    return "".join(text.text or "" for root in roots for text in root.iter(_w("t")))


def _fields(page: Page, template: Template) -> dict[str, Any]:
    imprint = page.imprint
    return {
        "标识": page.marking or "",
        "报头": "\n".join(red_name_lines(page, template)),
        "期号": page.issue,
        "签发人": page.signatory or "",
        "编发单位": page.issuer,
        "日期": full_date(page.on),
        "标题": "\n".join(broken_title(page, template, _COUNTED)),
        "主送": page.addressee or "",
        "按语": page.foreword or "",
        "说明": page.note or "",
        "版记": imprint is not None,
        "表单": page.form,
        "报送": imprint.lines if imprint else (),
        "印数": (imprint.copies if imprint else None) or "",
    }


# --- the template


def _checked(template: Template, layout: Layout) -> Mapping[Style, str]:
    """Style → its id, of a template that has every field and style of its layout."""
    name = f"{layout.label}.docx"
    try:
        fields, known = _read(template.source(name))
    except Refusal:
        raise
    except Exception as error:
        raise template.broken(name, _why(error)) from error
    lost = [f"{{{{ {field} }}}}" for field in REQUIRED[layout] if field not in fields]
    if lost:
        raise template.broken(name, f"缺少字段 {'、'.join(lost)}，请补上，或从导出的原件重新修改")
    strange = sorted(fields - FIELDS)
    if strange:
        raise template.broken(name, f"有不认识的字段 {'、'.join(strange)}")
    gone = [style.value for style in Style if style.value not in known]
    if gone:
        raise template.broken(name, f"缺少样式“{'”“'.join(gone)}”，请从导出的原件重新修改")
    return {style: known[style.value] for style in Style}


@lru_cache(maxsize=16)
def _read(data: bytes) -> tuple[frozenset[str], Mapping[str, str]]:
    """The fields of a template and its styles, name → id."""
    from docxtpl import DocxTemplate  # noqa: PLC0415

    word = DocxTemplate(io.BytesIO(data))
    word.init_docx()
    fields = word.get_undeclared_template_variables(_environment())
    return frozenset(fields), {style.name: style.style_id for style in word.docx.styles}


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    """Sandboxed: a template is a file from outside. It remembers what it compiled: a year has fifty issues."""
    from jinja2 import StrictUndefined  # noqa: PLC0415
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415

    class Remembering(SandboxedEnvironment):
        # Passed on as it is, so its types are the parent's.
        @lru_cache(maxsize=256)  # noqa: B019  (there is one, for good)
        def from_string(self, *args: Any, **kwargs: Any) -> "Compiled":  # type: ignore[override]
            return super().from_string(*args, **kwargs)

    return Remembering(autoescape=True, undefined=StrictUndefined)


def _why(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error))[:120]


# --- after it is filled


def _fit(document: "Docx", ids: Mapping[Style, str], name: str, template: Template) -> None:
    """A long name is squeezed into one line, 版记 put at the foot."""
    from docx.shared import Pt  # noqa: PLC0415

    pitch_of_name = (MARK_PITCH_OF_TWO if "\n" in name else MARK_PITCH) if template.since_gb6 else _PITCH_OF_GB5
    for line in (*_header(document), *document.paragraphs):
        if line._p.style == ids[Style.MASTHEAD] and line.text == name:
            _squeeze(line, name, pitch_of_name)
    for table in document.tables:
        place = table._tbl.tblPr.find(_w("tblpPr"))
        if place is None:
            continue
        if not table.rows:
            table._tbl.getparent().remove(table._tbl)
            continue
        if place.get(_w("tblpY")) is None:
            continue  # it stands at the foot however high it is
        lines = [p.text for row in table.rows for p in row.cells[0].paragraphs]
        pitch = Pt(LOOKS[Style.IMPRINT].pitch or 0).pt
        # A line counts as if every character were a full one, so it may stand a line high and never over the edge.
        room = (gb.TEXT[0] * gb.MM - 2 * gb.SMALL) / gb.SMALL
        high = sum(ceil(len(line) / room) for line in lines) * pitch
        top = round((gb.TOP + gb.TEXT[1]) * _TWIPS - high * 20)
        place.set(_w("tblpY"), str(top))


def _set_close(document: "Docx") -> None:
    """As the .pdf is where that saves a face: 22 and a half lines on a face (5.2.3), and blank lines half as high."""
    from docx.shared import Pt, Twips  # noqa: PLC0415

    exact, closer = str(round(PITCH * 20)), round(CLOSE_PITCH * 20)
    for spacing in document.styles.element.iter(_w("spacing")):
        if spacing.get(_w("line")) == exact:
            spacing.set(_w("line"), str(closer))
    for name in (Style.CELL_HEAD, Style.CELL, Style.CELL_LEFT):
        look = document.styles[name].paragraph_format
        look.space_before = look.space_after = Pt(LOOKS[name].around / 2)
    plain = {document.styles["Normal"].style_id, document.styles[Style.TEXT].style_id}
    for line in document.paragraphs:
        bare = not line._p.xpath("./w:r | ./w:pPr/w:spacing | ./w:pPr/w:pBdr")
        if bare and line.style is not None and line.style.style_id in plain:
            line.paragraph_format.line_spacing = Twips(closer // 2)


def _header(document: "Docx") -> "list[Line]":
    """The lines of filled headers. The library's own way to them still shows the template's."""
    from docx.text.paragraph import Paragraph  # noqa: PLC0415

    return [Paragraph(p, document._body) for part in _headers(document) for p in part.element.iter(_w("p"))]


def _headers(document: "Docx") -> list[Any]:
    return [relation.target_part for relation in document.part.rels.values() if relation.reltype.endswith("/header")]


_PITCH_OF_GB5 = 1.2


def _squeeze(line: "Line", name: str, pitch: float) -> None:
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.shared import Pt  # noqa: PLC0415

    fonts = [*(run.font for run in line.runs), *(style.font for style in chain_of(line.style))]
    own = next((float(font.size.pt) for font in fonts if font.size), gb.MARK)
    size, squeeze = red_name_size(max(name.split("\n"), key=len), own)
    if size < own or pitch == MARK_PITCH_OF_TWO:
        line.paragraph_format.line_spacing = Pt(size * pitch)
        for run in line.runs:
            run.font.size = Pt(int(size * 2) / 2)
    if squeeze < 1:
        for run in line.runs:
            # The schema wants it before the size.
            narrow = OxmlElement("w:w", {_w("val"): str(int(squeeze * 100))})
            run._element.get_or_add_rPr().find(_w("sz")).addprevious(narrow)


def _describe(document: "Docx", page: Page) -> None:
    properties = document.core_properties
    properties.author = properties.last_modified_by = page.issuer
    properties.title, properties.subject = page.title, f"{page.masthead}{page.issue}"
    properties.comments = properties.keywords = ""
    properties.created = properties.modified = datetime(page.on.year, page.on.month, page.on.day)  # noqa: DTZ001  (what the format asks for)
    properties.revision = 1


def _w(name: str) -> str:
    return f"{{http://schemas.openxmlformats.org/wordprocessingml/2006/main}}{name}"
