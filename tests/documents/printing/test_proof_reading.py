"""The proof-reader's clauses: files spoiled on purpose, one clause each, and right ones; misses and alarms counted.

The spoiled files are .docx made here by code from a right paper, so that each differs from it in one place.
"""

import io
from collections import Counter
from collections.abc import Iterator

import pytest
from docx import Document
from docx.document import Document as Docx

from documents.checking.clauses import ClauseKey
from documents.checking.docx_measures import measure_docx
from documents.checking.pdf_measures import measure_pdf
from documents.checking.report import MeasuringReport, Verdict, judge_clauses
from documents.formats.press import Press
from documents.page import Layout, Page, Paragraph, Section
from tests.documents.printing.sample import bulletin, letter, minutes, news, paper

PRESS = Press()
CLAUSES = (ClauseKey.PAPER_NUMBER, ClauseKey.ADDRESSEE, ClauseKey.DATE_FORM, ClauseKey.LEVELS, ClauseKey.MARKS)
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


@pytest.fixture(scope="module")
def right() -> bytes:
    """A paper nothing is wrong with."""
    levels = ("一、总体情况", "（一）进度", "（二）完善", "请抓紧办理，按时反馈。", "二、工作安排")
    said = (*levels, "1.抓紧推进。", "2.继续跟踪。")
    page: Page = paper(1).model_copy(
        update={
            "issue": "香指办督〔2022〕7号",
            "addressee": "区住房和建设局",
            "sections": (Section(title="甲", blocks=tuple(Paragraph(text=text) for text in said)),),
        }
    )
    return PRESS.printed(page, "docx")


def spoiled(right: bytes, old: str, new: str) -> bytes:
    """The paper with one line that reads otherwise."""
    document: Docx = Document(io.BytesIO(right))
    line = next(p for p in document.paragraphs if p.text.strip() == old or p.text.strip().startswith(old))
    line.runs[0].text = line.text.replace(old, new)
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
    assert len(every) >= 60
    assert (+missed, +alarms) == (Counter(), Counter())


@pytest.mark.parametrize("page", [bulletin(), paper(5), minutes(), letter(), news()], ids=lambda p: p.layout.label)
def test_what_is_right_is_not_marked(page: Page) -> None:
    """Also where a section begins with a year, a line with a figure, and a 附表 with numbers of its own."""
    for data, measure in ((PRESS.printed(page, "docx"), measure_docx), (PRESS.printed(page, "pdf"), measure_pdf)):
        assert marked(judge_clauses("x", measure(data))) == set()
    assert page.layout in Layout
