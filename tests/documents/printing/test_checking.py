"""The checker passes what the press prints, and names the clause of every file made wrong on purpose."""

import io
import random
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.run import Run

from documents.checking.clauses import CLAUSES, ClauseKey, Strength
from documents.checking.docx_measures import measure_docx
from documents.checking.pdf_measures import measure_pdf
from documents.checking.report import Measured, MeasuringReport, Verdict, check_layout, judge_clauses
from documents.formats import pdf as typeset
from documents.formats import templates
from documents.formats.fonts import Typeface
from documents.formats.press import LAYOUT, Press
from documents.formats.templates import Template, load_template
from documents.formats.word_styles import Style
from documents.page import Page, Paragraph, Section
from domain.base import Refusal
from tests.documents.printing.sample import bulletin, form, letter, minutes, news, paper, report

PRESS = Press()
FETCHED = Path(__file__).parents[3] / ".fonts"


def of_pdf(data: bytes) -> MeasuringReport:
    return judge_clauses("x.pdf", measure_pdf(data))


def of_docx(data: bytes) -> MeasuringReport:
    return judge_clauses("x.docx", measure_docx(data))


def failed(report: MeasuringReport, *, usual: bool = False) -> set[str]:
    lines = report.lines if usual else report.failed
    return {x.what for x in lines if x.verdict is Verdict.FAILED}


def measured(report: MeasuringReport) -> set[str]:
    return {x.what for x in report.lines if x.verdict is not Verdict.UNMEASURED}


# --- what is right


def test_a_damaged_docx_is_refused_in_one_line_wherever_it_is_damaged() -> None:
    packed = io.BytesIO()
    Document().save(packed)
    data, dice = packed.getvalue(), random.Random(9704)
    for _ in range(60):
        place = dice.randrange(len(data))
        with suppress(Refusal):
            measure_docx(data[:place] + dice.randbytes(8) + data[place + 8 :])


def test_a_damaged_pdf_is_refused_in_one_line_wherever_it_is_damaged() -> None:
    """Bytes overwritten, and another thing where an object is named."""
    data, dice = PRESS.printed(bulletin(1), "pdf"), random.Random(9704)
    named = [found.span() for found in re.finditer(rb"\d+ 0 R", data)]
    for begins, ends in [*dice.sample(named, 60), *((at, at + 8) for at in dice.sample(range(len(data)), 60))]:
        put = dice.choice((b"null", b"(x)", b"9", b"[]", b"/N", dice.randbytes(8)))
        with suppress(Refusal):
            measure_pdf(data[:begins] + put + data[ends:])


@pytest.mark.parametrize(
    "page",
    [
        *(bulletin(1), bulletin(), bulletin(60), paper(1), paper(), form()),
        *(minutes(), letter(1), letter(), news(), report()),
    ],
)
def test_what_the_press_prints_fails_no_clause(page: Page) -> None:
    set_right = of_pdf(PRESS.printed(page, "pdf"))
    assert failed(set_right, usual=True) == set()
    to_edit = of_docx(PRESS.printed(page, "docx"))
    assert failed(to_edit, usual=True) == set()
    assert not set_right.failed
    assert not to_edit.failed


@pytest.mark.parametrize("page", [paper(), minutes(), letter()])
def test_a_docx_that_names_sides_as_the_newer_standard_does_is_measured_alike(page: Page) -> None:
    """Start and end for left and right: LibreOffice, and Word in its strict form."""
    renamed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(PRESS.printed(page, "docx"))) as old, zipfile.ZipFile(renamed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith(".xml"):
                data = data.replace(b'<w:jc w:val="right"', b'<w:jc w:val="end"')
                data = data.replace(b'<w:jc w:val="left"', b'<w:jc w:val="start"')
                data = re.sub(rb"(<w:ind[^>]*) w:right=", rb"\1 w:end=", data)
                data = re.sub(rb"(<w:ind[^>]*) w:left=", rb"\1 w:start=", data)
            new.writestr(name, data)
    renamed_alike = of_docx(renamed.getvalue())
    assert failed(renamed_alike, usual=True) == set()
    assert measured(renamed_alike) == measured(of_docx(PRESS.printed(page, "docx")))


def test_a_paper_with_nothing_to_tell_whose_sentence_fills_its_line_fails_no_clause() -> None:
    """A long line and a paragraph below it say nothing of the edge of 版心: both stand in."""
    short = ("本期没有提请领导研究的事项，也没有逾期未办结的事项。", "本期没有会议议定事项。")
    sections = tuple(Section(title=f"第{n}项", blocks=(Paragraph(text=text),)) for n, text in enumerate(short, 1))
    page = bulletin(1).model_copy(update={"sections": sections, "imprint": None})
    assert failed(of_pdf(PRESS.printed(page, "pdf")), usual=True) == set()


@pytest.mark.parametrize("matters", range(1, 9))
def test_imprint_stands_at_the_foot_wherever_the_text_ends(matters: int) -> None:
    assert failed(of_pdf(PRESS.printed(bulletin(matters), "pdf"))) == set()


_COUNTS = re.compile(rb'( w:(?:w|h|top|bottom|left|right|header|footer|line|val|sz)=")(\d{1,5})(?=")')


@pytest.mark.parametrize("page", [bulletin(3), letter(3), minutes(3)])
@pytest.mark.parametrize("written", [b"%d.0", b"%d.00000"])
def test_a_docx_that_counts_in_decimals_is_measured_alike(page: Page, written: bytes) -> None:
    """As programs on the web save it: w:w="9360.0"."""
    whole = PRESS.printed(page, "docx")
    decimal = changed_parts(whole, lambda _, data: _COUNTS.sub(lambda m: m[1] + written % int(m[2]), data))
    assert of_docx(decimal) == of_docx(whole)


def test_a_docx_that_names_its_units_is_measured_alike() -> None:
    whole = PRESS.printed(bulletin(3), "docx")
    sheet = re.compile(rb"(<w:pg(?:Sz|Mar) [^>]*>)")
    named = changed_parts(
        whole,
        lambda _, data: sheet.sub(lambda m: re.sub(rb'="(\d+)"', lambda n: b'="%gpt"' % (int(n[1]) / 20), m[1]), data),
    )
    assert of_docx(named) == of_docx(whole)


def _said_instead(value: bytes, found: "re.Match[bytes]") -> bytes:
    return found[1] + value


def _in_its_place(part: str, put: bytes, name: str, data: bytes) -> bytes:
    return put if name == part else data


_IMPOSSIBLE = (b"nan", b"numTab", b"1e400", b"FF0000", b"", b"-1", b"9" * 30, b"12pt")


@pytest.mark.parametrize("part", ["word/document.xml", "word/styles.xml", "word/settings.xml"])
def test_whatever_a_docx_says_of_its_looks_is_measured_or_refused_in_one_line(part: str) -> None:
    """Each kind of attribute with a value it cannot have."""
    whole = PRESS.printed(bulletin(1), "docx")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        said = archive.read(part)
    kinds = {(e[1], a) for e in re.finditer(rb"<w:(\w+)( [^<>]*)", said) for a in re.findall(rb"w:(\w+)=", e[2])}
    for (element, attribute), value in zip(sorted(kinds), cycle(_IMPOSSIBLE), strict=False):
        one = re.compile(rb"(<w:%s(?: [^<>]*?)? w:%s=\")[^\"]*" % (element, attribute))
        spoiled = one.sub(partial(_said_instead, value), said)
        with suppress(Refusal):
            of_docx(changed_parts(whole, partial(_in_its_place, part, spoiled)))


@pytest.mark.parametrize(
    ("part", "element", "attribute"),
    [
        ("document", "pgSz", "h"),
        ("document", "pgMar", "bottom"),
        ("document", "pgMar", "footer"),
        ("document", "gridCol", "w"),
        ("styles", "sz", "val"),
        ("styles", "color", "val"),
        ("styles", "spacing", "line"),
        ("styles", "style", "type"),
    ],
)
@pytest.mark.parametrize("value", [b"numTab", b"inf", b"1e400"])
def test_what_the_checker_reads_of_a_docx_may_say_anything(
    part: str, element: str, attribute: str, value: bytes
) -> None:
    one = re.compile(rb"(<w:%s(?: [^<>]*?)? w:%s=\")[^\"]*" % (element.encode(), attribute.encode()))
    whole = PRESS.printed(bulletin(1), "docx")
    spoiled = changed_parts(
        whole, lambda name, data: one.sub(partial(_said_instead, value), data) if name == f"word/{part}.xml" else data
    )
    assert spoiled != changed_parts(whole, lambda _, data: data)
    with suppress(Refusal):
        of_docx(spoiled)


@pytest.mark.parametrize("far", [1, 2])
def test_styles_based_on_each_other_in_a_circle_are_gone_round_once(far: int) -> None:
    document = Document(io.BytesIO(PRESS.printed(bulletin(3), "docx")))
    for kind in (WD_STYLE_TYPE.PARAGRAPH, WD_STYLE_TYPE.CHARACTER):
        chain = [document.styles.add_style(f"圈{kind}{n}", kind) for n in range(far)]
        for style, base in zip(chain, (*chain[1:], chain[0]), strict=True):
            style.base_style = base
        line = document.paragraphs[-1]
        line.style = chain[0] if kind is WD_STYLE_TYPE.PARAGRAPH else line.style
        line.add_run("圈套", chain[0] if kind is WD_STYLE_TYPE.CHARACTER else None)
    saved = io.BytesIO()
    document.save(saved)
    assert isinstance(measure_docx(saved.getvalue()), Measured)


def test_a_docx_saved_as_strict_is_told_as_one() -> None:
    strict = changed_parts(
        PRESS.printed(bulletin(1), "docx"),
        lambda _, data: data.replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/", b"http://purl.oclc.org/ooxml/officeDocument/"
        ),
    )
    with pytest.raises(Refusal, match="Strict"):
        measure_docx(strict)


@pytest.mark.parametrize("name", ["w:body", "w:document", "w:tblGrid", "w:tblPr", "w:tc", "w:styles", "w:settings"])
def test_a_docx_that_lacks_what_every_one_has_is_refused_in_one_line(name: str) -> None:
    other = re.compile(rb"(</?)%s(?=[ />])" % name.encode())
    spoiled = changed_parts(PRESS.printed(bulletin(1), "docx"), lambda _, data: other.sub(rb"\1w:other", data))
    with pytest.raises(Refusal, match="重新另存") as refused:
        measure_docx(spoiled)
    assert "\n" not in refused.value.message


def changed_parts(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A .docx with each of its parts changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(made, "w") as out:
        for name in archive.namelist():
            out.writestr(name, change(name, archive.read(name)))
    return made.getvalue()


def test_of_a_long_paper_every_clause_but_those_of_a_docx_is_measured_in_the_pdf() -> None:
    seen = measured(of_pdf(PRESS.printed(paper(), "pdf")))
    seen |= measured(of_pdf(PRESS.printed(bulletin(60), "pdf"))) | measured(of_pdf(PRESS.printed(letter(), "pdf")))
    assert {k.label for k in ClauseKey} - seen == {ClauseKey.TEXT_HEIGHT.label, ClauseKey.STRAY.label}


@pytest.mark.skipif(not FETCHED.is_dir(), reason="without `make fonts`")
def test_the_fetched_faces_are_those_the_standard_names_but_for_the_title() -> None:
    report = of_pdf(Press(Typeface([FETCHED])).printed(bulletin(), "pdf"))
    assert {x.what for x in report.lines if x.verdict is Verdict.SUBSTITUTED} == {"标题字体"}


def test_a_substituted_face_counts_only_when_the_file_declares_it() -> None:
    found = measure_pdf(PRESS.printed(bulletin(), "pdf"))
    declared = {x.what: x.verdict for x in judge_clauses("x", found).lines}
    found.declared = ""
    silent = {x.what: x.verdict for x in judge_clauses("x", found).lines}
    assert declared["正文字体"] is Verdict.SUBSTITUTED
    assert silent["正文字体"] is Verdict.FAILED


# --- .pdf made wrong


@pytest.fixture
def measures() -> Iterator[dict[str, object]]:
    """The typesetter's measures, to be set wrong; how pages are set by the right ones is forgotten meanwhile."""
    held = typeset._MEASURES
    wrong = dict(held)
    typeset._MEASURES = wrong
    typeset._setting.cache_clear()
    yield wrong
    typeset._MEASURES = held
    typeset._setting.cache_clear()


WRONG_MEASURES: dict[str, tuple[dict[str, object], str]] = {
    "天头": ({"top": 30.0, "bottom": 42.0}, "天头"),
    "订口": ({"left": 20.0}, "订口"),
    "版心宽": ({"left": 28.0, "right": 20.0}, "版心宽"),
    "版心高": ({"bottom": 25.0}, "版心高（按文字）"),
    "版心矮": ({"bottom": 60.0}, "版心高（按文字）"),
    "letter": ({"paper": (215.9, 279.4)}, "纸宽"),
    "行距": ({"pitch": 24.0}, "每面行数"),
    "字距": ({"tracking": 1.5}, "每行字数"),
    "正文字号": ({"body": 14.0}, "正文字号"),
    "标题字号": ({"title": 18.0}, "标题字号"),
    "页码字号": ({"small": 12.0}, "页码字号"),
    "版记字号": ({"small": 12.0}, "版记字号"),
    "页码高低": ({"number-below": 12.0}, "页码距版心"),
    "标志高低": ({"mark-from-top": 20.0}, "标志上边距版心"),
    "红线": ({"rule-below": 9.0}, "文号下红线"),
    "版记线": ({"rule-thick": 1.0}, "首末分隔线粗"),
}


WRONG_LETTERS: dict[str, tuple[dict[str, object], str]] = {
    "标志高低": ({"letter-from-top": 35.0}, "函标志上边距上页边"),
    "双线长": ({"letter-rule": 165.0}, "函红色双线长"),
    "标志下双线": ({"letter-rule-below": 8.0}, "函标志下双线"),
    "末双线": ({"letter-foot": 12.0}, "函末双线距下页边"),
}


@pytest.mark.parametrize("name", WRONG_LETTERS)
def test_a_wrong_letter_fails_its_clause(name: str, measures: dict[str, object]) -> None:
    wrong, clause = WRONG_LETTERS[name]
    measures.update(wrong)
    assert failed(of_pdf(PRESS.printed(letter(), "pdf"))) == {clause}


def test_a_number_on_the_first_face_of_a_letter_fails_its_clause(tmp_path: Path) -> None:
    source = PRESS.template.source("page.typ").decode()
    (tmp_path / "page.typ").write_text(
        source.replace("if not letter or here().page() > 1 {", "if true {"), encoding="utf-8"
    )
    press = Press(template=load_template(LAYOUT, tmp_path))
    assert failed(of_pdf(press.printed(letter(), "pdf"))) == {"函首页页码"}


@pytest.mark.parametrize("name", WRONG_MEASURES)
def test_a_wrong_measure_fails_its_clause(name: str, measures: dict[str, object]) -> None:
    wrong, clause = WRONG_MEASURES[name]
    measures.update(wrong)
    assert clause in failed(of_pdf(PRESS.printed(paper(20), "pdf")), usual=True)


WRONG_SOURCE = {
    "page number in the middle": ("calc.odd(n) { right } else { left }", "true { center }", "页码左右"),
    "odd pages left": ("calc.odd(n) { right }", "calc.even(n) { right }", "页码左右"),
    "no dashes": ("[— #n —]", "[#n]", "页码形式"),
    "no page number": ("dash-number(here().page()) },", "},", "页码形式"),
    "black name": ("size * 1pt, it, fill: red", "size * 1pt, it", "标志颜色"),
    "no red rule": ("line(length: 100%, stroke: thick + red)", "none", "红色分隔线宽"),
    "a short red rule": ("100%, stroke: thick + red)", "80%, stroke: thick + red)", "红色分隔线宽"),
    "title at the left": (
        'align(center, set-in("title", m.title',
        'align(left, set-in("title", m.title',
        "标题位置",
    ),
    "short rules in 版记": ("100%, stroke: mm(thick))", "85%, stroke: mm(thick))", "版记分隔线宽"),
    "no rules in 版记": ("line(length: 100%, stroke: mm(thick))", "none", "版记分隔线宽"),
    "版记 above the foot": (
        "block(breakable: false, width: 100%, above: pitch / 2",
        "block(breakable: false, width: 100%, inset: (bottom: 20mm), above: pitch / 2",
        "末条线距版心下边",
    ),
    "number at the edge": ("pad(x: m.small * 1pt)[", "pad(x: 0pt)[", "页码空字"),
}


@pytest.mark.parametrize("name", WRONG_SOURCE)
def test_a_wrong_layout_fails_its_clause(name: str, tmp_path: Path) -> None:
    right, wrong, clause = WRONG_SOURCE[name]
    folder = tmp_path / LAYOUT
    shutil.copytree(Path(templates.__file__).parent / LAYOUT, folder)
    source = (folder / "page.typ").read_text(encoding="utf-8")
    assert right in source
    (folder / "page.typ").write_text(source.replace(right, wrong), encoding="utf-8")
    report = of_pdf(Press(template=Template(LAYOUT, folder)).printed(bulletin(), "pdf"))
    assert clause in failed(report)
    assert not report.ok


# --- .docx made wrong


def _sheet(**wrong: float) -> Callable[[Docx], None]:
    def spoil(document: Docx) -> None:
        for name, value in wrong.items():
            setattr(document.sections[0], name, Mm(value))

    return spoil


def _centre_numbers(document: Docx) -> None:
    document.sections[0].footer.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER


def _one_footer(document: Docx) -> None:
    document.settings.odd_and_even_pages_header_footer = False


def _no_numbers(document: Docx) -> None:
    for footer in (document.sections[0].footer, document.sections[0].even_page_footer):
        for paragraph in footer.paragraphs:
            paragraph._p.getparent().remove(paragraph._p)


def _face(run: Run) -> Any:
    """The run's element that names its faces."""
    return run._element.get_or_add_rPr().get_or_add_rFonts()


def _title(size: float | None = None, face: str | None = None, *, left: bool = False) -> Callable[[Docx], None]:
    def spoil(document: Docx) -> None:
        line = next(p for p in document.paragraphs if p.text.endswith("督办工作情况"))
        if size:
            line.runs[0].font.size = Pt(size)
        if face:
            _face(line.runs[0]).set(qn("w:eastAsia"), face)
        if left:
            line.alignment = WD_ALIGN_PARAGRAPH.LEFT

    return spoil


def _body(size: float | None = None, face: str | None = None) -> Callable[[Docx], None]:
    def spoil(document: Docx) -> None:
        style = document.styles[Style.TEXT]
        assert isinstance(style, ParagraphStyle)
        if size:
            style.font.size = Pt(size)
        if face:
            style.element.rPr.find(qn("w:rFonts")).set(qn("w:eastAsia"), face)

    return spoil


def _black_mark(document: Docx) -> None:
    line = next(p for p in document.paragraphs if p.text.endswith("工作简报"))
    line.runs[0].font.color.rgb = RGBColor(0, 0, 0)


def _double_spacing(document: Docx) -> None:
    for name in (Style.TEXT, Style.HEADING):
        style = document.styles[name].element
        style.find(qn("w:pPr")).find(qn("w:spacing")).set(qn("w:line"), "440")


def _letter_head(document: Docx) -> None:
    document.sections[0].header_distance = Mm(20)


def _letter_rule(document: Docx) -> None:
    document.sections[0].first_page_header.paragraphs[1].paragraph_format.left_indent = Mm(0)


def _letter_foot(document: Docx) -> None:
    frame = next(document.sections[0].first_page_footer.paragraphs[0]._p.iter(qn("w:framePr")))
    frame.set(qn("w:y"), "15000")


WRONG_LETTER_DOCX = {
    "标志高低": (_letter_head, "函标志上边距上页边"),
    "双线长": (_letter_rule, "函红色双线长"),
    "末双线": (_letter_foot, "函末双线距下页边"),
}


@pytest.mark.parametrize("name", WRONG_LETTER_DOCX)
def test_a_letter_spoiled_by_hand_fails_its_clause(name: str) -> None:
    spoil, clause = WRONG_LETTER_DOCX[name]
    document = Document(io.BytesIO(PRESS.printed(letter(), "docx")))
    spoil(document)
    spoiled = io.BytesIO()
    document.save(spoiled)
    assert failed(of_docx(spoiled.getvalue())) == {clause}


def _imprint(size: float) -> Callable[[Docx], None]:
    def spoil(document: Docx) -> None:
        for line in document.tables[-1].rows[0].cells[0].paragraphs:
            line.runs[0].font.size = Pt(size)

    return spoil


WRONG_DOCX: dict[str, tuple[Callable[[Docx], None], str]] = {
    "天头": (_sheet(top_margin=25.4), "天头"),
    "订口": (_sheet(left_margin=31.7), "订口"),
    "版心宽": (_sheet(right_margin=20), "版心宽"),
    "版心高": (_sheet(bottom_margin=45), "版心高（按页边）"),
    "letter": (_sheet(page_height=279.4), "纸高"),
    "页码高低": (_sheet(footer_distance=15), "页码距版心"),
    "页码居中": (_centre_numbers, "页码左右"),
    "单双页一样": (_one_footer, "页码左右"),
    "没有页码": (_no_numbers, "页码形式"),
    "标题字号": (_title(size=18), "标题字号"),
    "标题字体": (_title(face="黑体"), "标题字体"),
    "标题位置": (_title(left=True), "标题位置"),
    "正文字号": (_body(size=14), "正文字号"),
    "正文字体": (_body(face="宋体"), "正文字体"),
    "标志颜色": (_black_mark, "标志颜色"),
    "行距": (_double_spacing, "每面行数"),
    "版记字号": (_imprint(16), "版记字号"),
}


@pytest.mark.parametrize("name", WRONG_DOCX)
def test_a_docx_spoiled_by_hand_fails_its_clause(name: str) -> None:
    spoil, clause = WRONG_DOCX[name]
    document = Document(io.BytesIO(PRESS.printed(bulletin(), "docx")))
    spoil(document)
    spoiled = io.BytesIO()
    document.save(spoiled)
    assert clause in failed(of_docx(spoiled.getvalue()), usual=True)


# --- what it is not


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.pdf", b"%PDF-1.7\nnothing", "不是完好的 PDF"),
        ("a.pdf", b"", "不是完好的 PDF"),
        ("a.docx", b"PK\x03\x04", "不是完好的 .docx"),
        ("a.docx", b"\xd0\xcf\x11\xe0 a document with a password", "可能设有密码"),
        ("a.wps", b"", "请给 .pdf 或 .docx"),
    ],
)
def test_what_cannot_be_measured_is_one_line(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Refusal, match=said) as refused:
        check_layout(tmp_path / name)
    assert refused.value.code == "malformed"


def test_a_scan_is_told_as_one(tmp_path: Path) -> None:
    from typst import Compiler

    Compiler(b"#rect(width: 5cm, height: 5cm)").compile(output=str(tmp_path / "scan.pdf"))
    with pytest.raises(Refusal, match="扫描件"):
        check_layout(tmp_path / "scan.pdf")


def test_only_a_clause_of_must_fails_a_file(measures: dict[str, object]) -> None:
    measures.update({"title": 18.0})
    report = of_pdf(PRESS.printed(bulletin(), "pdf"))
    assert failed(report, usual=True) == {"标题字号"}
    assert report.ok


def test_every_key_has_one_clause() -> None:
    assert len({c.key for c in CLAUSES}) == len(ClauseKey) == len(CLAUSES)
    assert {c.strength for c in CLAUSES} == {Strength.MUST, Strength.USUAL, Strength.ADVISED}
