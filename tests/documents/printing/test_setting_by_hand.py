"""Words set by hand against their style, and faces a file does not carry: spoiled files and right ones, counted."""

import io
from collections.abc import Callable
from typing import Any, cast

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import nsdecls, qn
from docx.parts.document import DocumentPart
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph as Line
from docx.text.run import Run

from documents.checking.clauses import ClauseKey
from documents.checking.docx_measures import measure_docx
from documents.checking.pdf_measures import measure_pdf
from documents.checking.report import MeasuringReport, Verdict, judge_clauses
from documents.formats.press import Press
from documents.formats.word_styles import BODY, HEADING, NUMBER, SUBHEADING, TITLE
from documents.page import Page, Paragraph, Section
from tests.documents.printing.sample import bulletin, letter, minutes, news, paper

PRESS = Press()
TOLD = "（一）加快推进。施工单位正在组织材料进场，相关单位须加快办理有关手续，确保按期完成。"
SHORT = "请抓紧办理，按时反馈。"
MIDDLE, LEAD = "相关单位须加快办理", "（一）加快推进。"
Spoil = Callable[[Run], None]


@pytest.fixture(scope="module")
def right() -> bytes:
    """A paper nothing is wrong with."""
    said = tuple(Paragraph(text=text) for text in ("一、总体情况", TOLD * 2, SHORT))
    page: Page = paper(1).model_copy(update={"sections": (Section(title="甲", blocks=said),)})
    return PRESS.printed(page, "docx")


def sized(points: float) -> Spoil:
    def spoil(run: Run) -> None:
        run.font.size = Pt(points)

    return spoil


def faced(face: str) -> Spoil:
    def spoil(run: Run) -> None:
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)

    return spoil


def hidden(run: Run) -> None:
    run.font.hidden = True


def coloured(colour: str) -> Spoil:
    def spoil(run: Run) -> None:
        run.font.color.rgb = RGBColor.from_string(colour)

    return spoil


def styled(points: float, colour: str | None = None) -> Spoil:
    """By a style of characters (w:rStyle), which the run names."""

    def spoil(run: Run) -> None:
        style = cast(DocumentPart, run.part).document.styles.add_style("手工字符", WD_STYLE_TYPE.CHARACTER)
        style.font.size = Pt(points)
        if colour is not None:
            style.font.color.rgb = RGBColor.from_string(colour)
        run.style = style

    return spoil


def inside(tag: str) -> Spoil:
    """Put a run into what stands round it: an insertion or deletion under 修订, a link."""

    def spoil(run: Run) -> None:
        around = OxmlElement(tag, {qn("w:id"): "900", qn("w:author"): "甲", qn("w:date"): "2022-12-30T09:00:00Z"})
        run._element.addprevious(around)
        around.append(run._element)
        if tag == "w:del":
            for text in run._element.findall(qn("w:t")):
                text.tag = qn("w:delText")

    return spoil


def apart(line: Line, words: str) -> Run:
    """These words of a line as a run of their own."""
    [run] = line.runs
    before, _, after = run.text.partition(words)
    run.text = before
    meant, rest = line.add_run(words), line.add_run(after)
    for one in (run, meant, rest):
        if not one.text:
            one._element.getparent().remove(one._element)
    return meant


def changed(right: bytes, begins: str, words: str, *spoils: Spoil) -> bytes:
    document: Docx = Document(io.BytesIO(right))
    line = next(p for p in document.paragraphs if p.text.startswith(begins))
    run = apart(line, words)
    for spoil in spoils:
        spoil(run)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def verdict(report: MeasuringReport, key: ClauseKey) -> Verdict:
    return next(x.verdict for x in report.lines if x.what == key.label)


def of_docx(data: bytes, key: ClauseKey) -> Verdict:
    return verdict(judge_clauses("x.docx", measure_docx(data)), key)


SPOILED: dict[str, tuple[str, str, tuple[Spoil, ...]]] = {
    "中间几字小四号": (TOLD[:6], MIDDLE, (sized(12),)),
    "中间几字小三号": (TOLD[:6], MIDDLE, (sized(15),)),
    "中间几字二号": (TOLD[:6], MIDDLE, (sized(22),)),
    "中间几字宋体": (TOLD[:6], MIDDLE, (faced("宋体"),)),
    "中间几字黑体": (TOLD[:6], MIDDLE, (faced("黑体"),)),
    "中间几字微软雅黑": (TOLD[:6], MIDDLE, (faced("微软雅黑"),)),
    "中间几字等线": (TOLD[:6], MIDDLE, (faced("等线"), sized(16))),
    "中间几字红色": (TOLD[:6], MIDDLE, (coloured("FF0000"),)),
    "中间几字蓝色": (TOLD[:6], MIDDLE, (coloured("0070C0"),)),
    "段首几字大一号": (TOLD[:6], LEAD, (sized(18), faced("楷体_GB2312"))),
    "段首几字宋体": (TOLD[:6], LEAD, (faced("宋体"),)),
    "整段宋体": (SHORT, SHORT, (faced("宋体"),)),
    "整段四号": (SHORT, SHORT, (sized(14),)),
    "段末红色": (SHORT, "按时反馈。", (coloured("C00000"),)),
    "字符样式小四号": (TOLD[:6], MIDDLE, (styled(12),)),
    "字符样式蓝色": (TOLD[:6], MIDDLE, (styled(16, "0563C1"),)),
    "修订插入小四号": (TOLD[:6], MIDDLE, (sized(12), inside("w:ins"))),
    "整段修订插入宋体": (SHORT, SHORT, (faced("宋体"), inside("w:ins"))),
    "移入的宋体": (TOLD[:6], MIDDLE, (faced("宋体"), inside("w:moveTo"))),
    "链接字符样式蓝色": (TOLD[:6], MIDDLE, (styled(16, "0563C1"), inside("w:hyperlink"))),
    "链接宋体": (TOLD[:6], MIDDLE, (faced("宋体"), inside("w:hyperlink"))),
}
RIGHT: dict[str, tuple[str, str, tuple[Spoil, ...]]] = {
    "没有改动": (SHORT, SHORT, ()),
    "另设而与样式一样": (TOLD[:6], MIDDLE, (sized(16), faced("仿宋_GB2312"))),
    "中间几字另一家的仿宋": (TOLD[:6], MIDDLE, (faced("仿宋"),)),
    "中间几字英文名的仿宋": (TOLD[:6], MIDDLE, (faced("FangSong"),)),
    "隐藏的小字": (TOLD[:6], MIDDLE, (sized(9), hidden)),
    "另设为黑色": (TOLD[:6], MIDDLE, (coloured("000000"),)),
    "段首楷体标题接正文": (TOLD[:6], LEAD, (faced("楷体_GB2312"),)),
    "段首黑体标签接正文": (TOLD[:6], LEAD, (faced("黑体"),)),
    "整段楷体按语": (SHORT, SHORT, (faced("楷体_GB2312"),)),
    "字符样式与正文一样": (TOLD[:6], MIDDLE, (styled(16),)),
    "修订插入与正文一样": (TOLD[:6], MIDDLE, (inside("w:ins"),)),
    "修订删去的小字": (TOLD[:6], MIDDLE, (sized(9), inside("w:del"))),
    "移走的小字": (TOLD[:6], MIDDLE, (sized(9), inside("w:moveFrom"))),
    "链接与正文一样": (TOLD[:6], MIDDLE, (inside("w:hyperlink"),)),
    "标题行黑体": ("一、总体", "一、总体情况", (faced("黑体"),)),
}


def test_words_set_by_hand_against_their_style_are_marked_and_no_others(right: bytes) -> None:
    found = {name: of_docx(changed(right, *case[:2], *case[2]), ClauseKey.STRAY) for name, case in SPOILED.items()}
    missed = [name for name, came in found.items() if came is not Verdict.FAILED]
    held = {name: of_docx(changed(right, *case[:2], *case[2]), ClauseKey.STRAY) for name, case in RIGHT.items()}
    alarms = [name for name, came in held.items() if came is not Verdict.MET]
    print(f"局部格式：错的{len(SPOILED)}份，漏{len(missed)}；对的{len(RIGHT)}份，误{len(alarms)}")  # noqa: T201  (the table that is asked for)
    assert (missed, alarms) == ([], [])


def test_a_paper_of_another_maker_that_sets_every_word_by_hand_is_not_marked() -> None:
    """As WPS and many hands do: one style, whose look is not that of the text; and a paragraph of another machine."""
    document = Document()
    for text in ("一、总体情况", TOLD * 2, SHORT * 3):
        run = document.add_paragraph().add_run(text)
        sized(16)(run)
        faced("黑体" if text.startswith("一、") else "仿宋" if text.startswith(SHORT) else "仿宋_GB2312")(run)
    packed = io.BytesIO()
    document.save(packed)
    assert of_docx(packed.getvalue(), ClauseKey.STRAY) is Verdict.MET


@pytest.mark.parametrize("page", [bulletin(), paper(5), minutes(), letter(), news()], ids=lambda p: p.layout.label)
def test_what_the_press_prints_is_set_by_its_styles_and_carries_its_faces(page: Page) -> None:
    data = PRESS.printed(page, "docx")
    assert of_docx(data, ClauseKey.STRAY) is Verdict.MET
    assert of_docx(data, ClauseKey.EMBEDDED) is Verdict.UNMEASURED, "it does not say that it carries its faces"
    report = judge_clauses("x.pdf", measure_pdf(PRESS.printed(page, "pdf")))
    assert verdict(report, ClauseKey.EMBEDDED) is Verdict.MET


# --- faces a file carries


def test_a_pdf_that_lost_a_face_is_marked_and_the_face_named() -> None:
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=io.BytesIO(PRESS.printed(paper(1), "pdf")))
    described: list[Any] = [o for o in map(_resolved, writer._objects) if isinstance(o, dict) and "/FontFile3" in o]
    del described[0]["/FontFile3"]
    packed = io.BytesIO()
    writer.write(packed)
    [line] = [x for x in judge_clauses("x", measure_pdf(packed.getvalue())).lines if x.what == ClauseKey.EMBEDDED.label]
    assert line.verdict is Verdict.FAILED
    assert str(described[0]["/FontName"]).partition("+")[2] in line.found


def _resolved(one: Any) -> Any:
    return one.get_object() if one is not None else None


def test_one_of_the_fourteen_faces_every_reader_has_is_carried_by_no_file() -> None:
    stream = b"BT /F1 12 Tf 72 720 Td (Hello) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for n, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (n, one)
    table = b"".join(b"%010d 00000 n \n" % at for at in places)
    data = body + b"xref\n0 6\n0000000000 65535 f \n" + table
    data += b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    assert verdict(judge_clauses("x", measure_pdf(data)), ClauseKey.EMBEDDED) is Verdict.FAILED


def carrying(right: bytes, *faces: str) -> bytes:
    """A .docx that says it carries its faces, and carries these."""
    document: Docx = Document(io.BytesIO(right))
    document.settings.element.insert(0, OxmlElement("w:embedTrueTypeFonts"))
    table = next(r.target_part for r in document.part.rels.values() if r.reltype.endswith("/fontTable"))
    fonts = "".join(f'<w:font w:name="{face}"><w:embedRegular r:id="rId1"/></w:font>' for face in faces)
    table._blob = f"<w:fonts {nsdecls('w', 'r')}>{fonts}</w:fonts>".encode()
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def test_a_docx_that_says_it_carries_its_faces_is_held_to_it(right: bytes) -> None:
    every = (BODY, HEADING, SUBHEADING, TITLE, NUMBER)
    assert of_docx(carrying(right, *every), ClauseKey.EMBEDDED) is Verdict.MET
    assert of_docx(carrying(right, *every[1:]), ClauseKey.EMBEDDED) is Verdict.FAILED
    assert of_docx(carrying(right), ClauseKey.EMBEDDED) is Verdict.FAILED
