"""The proof-reader's clauses: files spoiled on purpose, one clause each, and right ones; misses and alarms counted.

The spoiled files are .docx made here by code from a right paper, so that each differs from it in one place.
"""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.shared import Twips

from documents.checking.clauses import ClauseKey
from documents.checking.docx_measures import measure_docx
from documents.checking.pdf_measures import measure_pdf
from documents.checking.report import MeasuringReport, Verdict, judge_clauses
from documents.formats.press import LAYOUT, Press
from documents.formats.templates import load_template
from documents.page import Layout, Page, Paragraph, Section
from tests.documents.printing.sample import bulletin, letter, minutes, news, paper

PRESS = Press()
WORDS = (ClauseKey.PAPER_NUMBER, ClauseKey.ADDRESSEE, ClauseKey.DATE_FORM, ClauseKey.LEVELS, ClauseKey.MARKS)
CLAUSES = (*WORDS, ClauseKey.DIGITS, ClauseKey.INDENT)
NUMBERS = """
香指办督[2022]7号 香指办督（2022）7号 香指办督(2022)7号 香指办督【2022】7号 香指办督［2022］7号
香指办督〔2022〕第7号 香指办督〔2022〕07号 香指办督〔2022〕007号 香指办督〔22〕7号 香指办督〔2022]7号
香指办督[2022〕7号 香指办督〔2022〕第07号
""".split()  # noqa: SIM905
DATES = """
2022年07月4日 2022年7月04日 2022年07月04日 2022-07-04 2022.7.4 2022/7/4
2022年7月4 22年7月4日 二〇二二年七月四日 二○二二年七月四日 2022-7-4 2022年12月05日
""".split()  # noqa: SIM905
ADDRESSED = """
区住房和建设局: 区教育局、区水务局: 各有关单位: 国交公司: 市建筑工务署:
区城市更新和土地整备局: 各成员单位: 区府直属各单位: 福田街道办事处: 香蜜湖街道办事处:
市投资控股有限公司: 区发展和改革局:
""".split()  # noqa: SIM905
LEVELS = {
    "二、工作安排": "三、工作安排 四、工作安排 二.工作安排 二，工作安排 二。工作安排 十、工作安排",
    "（二）完善": "（三）完善 （五）完善 (二)完善 （二）、完善 （二)完善",
    "1.抓紧": "1、抓紧",
    "2.继续": "2、继续",
}
MARKS = """
请抓紧办理,按时反馈 请抓紧办理;按时反馈 请抓紧办理:按时反馈 请抓紧办理?按时反馈
请抓紧办理!按时反馈 请抓紧办理(含配套工程) 区住建局(牵头)和区水务局 进展顺利,资金到位
目标明确;责任到人 有关情况如下:一季度 能否按期完成?请说明 务必落实!不得拖延
项目(一期)开工
""".split()  # noqa: SIM905


DIGITS = """
截至２０２２年3月底 于2022年三月底前完成 于3月五日前报送 于三月5日前报送 二〇二二年3月底前完成
二零二二年三月底前完成 二○二二年底前完成 投入3千万元 涉及5百户 约20几件 请三、四天内答复 请五、六个月内完成
增长10-15% 面积100-120公顷约3-5个 完成15～30%的工程量 总投资9—16亿元 2021-2025年建设 在二零二二年完成 增长15～30％
""".split()  # noqa: SIM905
RIGHT_FIGURES = """
截至2022年3月底，于3月5日前报送，二〇二二年三月，二〇二二年底前，投入3000万元，5千克，10千米，电话0755-82918000，
编号XMH-2022-001，三四天内答复，第三、四次会议，一、二级开发，增长10%～15%，2021—2025年建设，9亿—16亿元，1号至3号，一百零五年底，
每周一、三天气会商，G20几次会议
""".replace("\n", "")
INDENTS = (0, 40, 100, 158, 474, 632 + 316, 1264)
"""Twips a paragraph begins in; two characters are 632."""


@pytest.fixture(scope="module")
def right() -> bytes:
    """A paper nothing is wrong with."""
    levels = ("一、总体情况", "（一）进度", "（二）完善", "请抓紧办理，按时反馈。", "二、工作安排")
    said = (*levels, "1.抓紧推进。", "2.继续跟踪。", "有关情况如前述。", LONG)
    page: Page = paper(1).model_copy(
        update={
            "issue": "香指办督〔2022〕7号",
            "addressee": "区住房和建设局",
            "sections": (Section(title="甲", blocks=tuple(Paragraph(text=text) for text in said)),),
        }
    )
    return PRESS.printed(page, "docx")


LONG = "施工单位正在组织材料进场，相关单位须加快办理有关手续，按周反馈进展情况，确保按期完成。"


def spoiled(right: bytes, old: str, new: str) -> bytes:
    """The paper with one line that reads otherwise, or begins so many twips in."""
    document: Docx = Document(io.BytesIO(right))
    line = next(p for p in document.paragraphs if p.text.strip() == old or p.text.strip().startswith(old))
    if new.isdigit():
        line.paragraph_format.first_line_indent = Twips(int(new))
    line.runs[0].text = line.text if new.isdigit() else line.text.replace(old, new)
    for run in line.runs[1:]:
        run.text = ""
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def cases() -> Iterator[tuple[ClauseKey, str, str]]:
    yield from ((ClauseKey.PAPER_NUMBER, "香指办督〔2022〕7号", one) for one in NUMBERS)
    yield from ((ClauseKey.DATE_FORM, "2022年12月30日", one) for one in DATES)
    yield from ((ClauseKey.ADDRESSEE, "区住房和建设局：", one) for one in ADDRESSED)
    yield from ((ClauseKey.LEVELS, old, new) for old, every in LEVELS.items() for new in every.split())
    yield from ((ClauseKey.MARKS, "请抓紧办理，按时反馈", one) for one in MARKS)
    yield from ((ClauseKey.DIGITS, "有关情况如前述", one) for one in DIGITS)
    yield from ((ClauseKey.INDENT, LONG, str(one)) for one in INDENTS)


def marked(report: MeasuringReport) -> set[str]:
    labels = {key.label for key in CLAUSES}
    return {x.what for x in report.lines if x.verdict is Verdict.FAILED and x.what in labels}


def test_what_was_spoiled_is_marked_and_nothing_else_is(right: bytes) -> None:
    assert marked(judge_clauses("x", measure_docx(right))) == set()
    missed, alarms, every = Counter[str](), Counter[str](), list(cases())
    for key, old, new in every:
        found = marked(judge_clauses("x", measure_docx(spoiled(right, old, new))))
        missed[key.label] += key.label not in found
        alarms.update(found - {key.label})
    table = {key.label: sum(k is key for k, _, _ in every) for key in CLAUSES}
    for label, n in table.items():
        print(f"{label}：{n}份，漏{missed[label]}，误{alarms[label]}")  # noqa: T201  (the table that is asked for)
    assert len(every) >= 80
    assert (+missed, +alarms) == (Counter(), Counter())


@pytest.mark.parametrize("page", [paper(1), paper(12), minutes()], ids=["one face", "faces", "minutes"])
def test_a_paper_without_who_had_it_printed_and_when_is_marked_and_a_letter_is_not(page: Page) -> None:
    """Nor a 简报, which has no 文号: whether it has a 版记 is its own affair."""
    label = ClauseKey.IMPRINT.label
    for kind, measure in (("docx", measure_docx), ("pdf", measure_pdf)):
        for one, wanted in ((page, {}), (page.model_copy(update={"imprint": None}), {label: "没有"})):
            report = judge_clauses("x", measure(PRESS.printed(one, kind)))
            failed = {x.what: x.found for x in report.lines if x.what == label and x.verdict is Verdict.FAILED}
            assert (failed, report.ok) == (wanted, True)
        for other in (letter(), bulletin(), news()):
            (line,) = [x for x in judge_clauses("x", measure(PRESS.printed(other, kind))).lines if x.what == label]
            assert line.verdict is Verdict.UNMEASURED, other.layout


@pytest.mark.parametrize("heading", ["二、三个月来的工作", "二、五天攻坚", "二、六周进展"])
def test_a_heading_whose_words_begin_with_a_figure_is_no_figure_of_two(right: bytes, heading: str) -> None:
    data = spoiled(right, "二、工作安排", heading)
    assert marked(judge_clauses("x", measure_docx(data))) == set()


def test_figures_rightly_written_are_not_marked(right: bytes) -> None:
    data = spoiled(right, "有关情况如前述", RIGHT_FIGURES)
    assert marked(judge_clauses("x", measure_docx(data))) == set()


def test_a_paragraph_that_begins_at_the_edge_is_marked_in_print_too() -> None:
    """As the typesetter prints it where its own layout forgot the two characters."""
    source = PRESS.template.source("page.typ").decode()
    for wrong, found in (("amount: 0pt", True), ("amount: 1 * (body-size + track)", True), ("", False)):
        with TemporaryDirectory() as own:
            laid = source.replace("amount: 2 * (body-size + track)", wrong) if wrong else source
            (Path(own) / "page.typ").write_text(laid, encoding="utf-8")
            data = Press(template=load_template(LAYOUT, Path(own))).printed(paper(5), "pdf")
        report = judge_clauses("x", measure_pdf(data))
        assert (ClauseKey.INDENT.label in marked(report)) == found
        assert (ClauseKey.INDENT.label in {x.what for x in report.failed}) == found


@pytest.mark.parametrize("page", [bulletin(), paper(5), minutes(), letter(), news()], ids=lambda p: p.layout.label)
def test_what_is_right_is_not_marked(page: Page) -> None:
    """Also where a section begins with a year, a line with a figure, and a 附表 with numbers of its own."""
    for data, measure in ((PRESS.printed(page, "docx"), measure_docx), (PRESS.printed(page, "pdf"), measure_pdf)):
        assert marked(judge_clauses("x", measure(data))) == set()
    assert page.layout in Layout
