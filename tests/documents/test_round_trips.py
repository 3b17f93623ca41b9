"""A draft marked up as people mark it, opened and saved by other programs, read back: what is taken, what is named."""

import io
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.opc.constants import CONTENT_TYPE as CT
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph as Line

from documents.bulletin.briefing import Briefing
from documents.bulletin.edited import Text, differing_part, read_edited
from documents.bulletin.not_taken import not_taken
from documents.formats.fonts import Typeface
from documents.formats.pictures import png_of_chart
from documents.formats.press import Press
from domain.bulletin import Publication
from tests.documents.composed import compose_briefing
from tests.documents.quarter import play
from tests.support.clock import open_log
from tests.support.homes import at
from tests.support.libreoffice import converted, needs_libreoffice
from tests.support.office import sqlite

EVENING = at("2022-03-31", "18:00")
WORD = nsdecls("w")
BY = 'w:id="11" w:author="审稿人" w:date="2022-03-31T10:00:00Z"'
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><rect width="90" height="90"/></svg>'


def run(text: str) -> str:
    return f'<w:r {WORD}><w:t xml:space="preserve">{text}</w:t></w:r>'


def added(text: str) -> str:
    return f'<w:ins {WORD} {BY}><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:ins>'


def struck(text: str) -> str:
    return f'<w:del {WORD} {BY}><w:r><w:delText xml:space="preserve">{text}</w:delText></w:r></w:del>'


def paragraph(text: str) -> str:
    return f"<w:p {WORD}><w:r><w:t>{text}</w:t></w:r></w:p>"


def line_with(document: Docx, words: str) -> Line:
    lines: list[Line] = document.paragraphs
    return next(p for p in lines if words in p.text)


def rewritten(line: Line, *parts: str) -> None:
    for one in list(line.runs):
        one._r.getparent().remove(one._r)
    for part in parts:
        line._p.append(parse_xml(part))


def reword_tracked(document: Docx) -> None:
    line = line_with(document, "主体施工至五层")
    before, after = line.text.split("主体施工至五层")
    rewritten(line, run(before), struck("主体施工至五层"), added("主体施工已达六层"), run(after))


def insert_paragraph_tracked(document: Docx) -> None:
    line = line_with(document, "二、重点推进").insert_paragraph_before("", style="正文文字")
    line._p.get_or_add_pPr().append(parse_xml(f"<w:rPr {WORD}><w:ins {BY}/></w:rPr>"))
    line._p.append(parse_xml(added("本期重点反映收储工作。")))


def strike_paragraph_tracked(document: Docx) -> None:
    line = line_with(document, "本期应反馈6次")
    line._p.get_or_add_pPr().append(parse_xml(f"<w:rPr {WORD}><w:del {BY}/></w:rPr>"))
    rewritten(line, struck(line.text))


def strike_row_tracked(document: Docx) -> None:
    row = document.tables[0].rows[1]
    row._tr.get_or_add_trPr().append(parse_xml(f"<w:del {WORD} {BY}/>"))
    for line in (p for cell in row.cells for p in cell.paragraphs):
        rewritten(line, struck(line.text))


def control_in_a_line(document: Docx) -> None:
    line = line_with(document, "编制电力专项规划")
    line._p.append(parse_xml(f"<w:sdt {WORD}><w:sdtContent><w:r><w:t>详见附件。</w:t></w:r></w:sdtContent></w:sdt>"))


def control_round_a_paragraph(document: Docx) -> None:
    content = f"<w:sdtContent>{paragraph('另据区住建局报告，围挡已拆。')}</w:sdtContent>"
    line_with(document, "四、需协调")._p.addprevious(parse_xml(f"<w:sdt {WORD}>{content}</w:sdt>"))


def picture(document: Docx) -> None:
    line = line_with(document, "三、存在问题").insert_paragraph_before("")
    line.add_run().add_picture(io.BytesIO(png_of_chart(SQUARE, Typeface())))
    line._p.xpath(".//wp:docPr")[0].set("descr", "工地照片")


def text_box(document: Docx) -> None:
    box = f"<v:textbox><w:txbxContent>{paragraph('旁注一句')}</w:txbxContent></v:textbox>"
    shape = f'<v:shape id="b" type="#t" style="position:absolute;width:100pt;height:40pt">{box}</v:shape>'
    names = f'{WORD} xmlns:v="urn:schemas-microsoft-com:vml"'
    line = parse_xml(f"<w:p {names}><w:r><w:pict>{shape}</w:pict></w:r></w:p>")
    line_with(document, "五、下步安排")._p.addprevious(line)


def comment(document: Docx) -> None:
    said = f'<w:comment w:id="1" w:author="审稿人">{paragraph("数字请再核")}</w:comment>'
    comments = f"<w:comments {WORD}>{said}</w:comments>".encode()
    package = document.part.package
    document.part.relate_to(Part(PackURI("/word/comments.xml"), CT.WML_COMMENTS, comments, package), RT.COMMENTS)
    line = line_with(document, "漏报单位")._p
    line.insert(1, parse_xml(f'<w:commentRangeStart {WORD} w:id="1"/>'))
    line.append(parse_xml(f'<w:commentRangeEnd {WORD} w:id="1"/>'))
    line.append(parse_xml(f'<w:r {WORD}><w:commentReference w:id="1"/></w:r>'))


def sending(document: Docx) -> Line:
    cells = [row.cells[0] for table in document.tables for row in table.rows]
    lines: list[Line] = [line for cell in cells for line in cell.paragraphs]
    return next(line for line in lines if line.text.startswith("发："))


def send_elsewhere(document: Docx) -> None:
    line = sending(document)
    line.runs[0].text = line.text.replace("。", "，区教育局。")


def send_elsewhere_tracked(document: Docx) -> None:
    line = sending(document)
    rewritten(line, run(line.text.removesuffix("。")), added("，区教育局"), run("。"))


MARKS: Mapping[str, tuple[Callable[[Docx], None], str]] = {
    "修订：改字": (reword_tracked, "+主体施工已达六层"),
    "修订：加段": (insert_paragraph_tracked, "+本期重点反映收储工作。"),
    "修订：删段": (strike_paragraph_tracked, "-本期应反馈6次"),
    "修订：删行": (strike_row_tracked, "-重大 | "),
    "内容控件：行内": (control_in_a_line, "+详见附件。"),
    "内容控件：整段": (control_round_a_paragraph, "+另据区住建局报告，围挡已拆。"),
    "图片": (picture, "!图片没有取用：工地照片"),
    "文本框": (text_box, "!文本框没有取用：“旁注一句”"),
    "批注": (comment, "!批注没有取用：审稿人“数字请再核”"),
    "分送": (send_elsewhere, "!分送范围的改动没有取用"),
}
"""What somebody does to a draft, and what comes of it: + and - in the text, ! named as not taken."""


@dataclass(frozen=True)
class ReadBack:
    """What reading a file took and what it named."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    named: tuple[str, ...]

    def says(self, wanted: str) -> bool:
        where = {"+": self.added, "-": self.gone, "!": self.named}[wanted[0]]
        return any(wanted[1:] in line for line in where)


def read_back(path: Path, briefing: Briefing) -> ReadBack:
    before = Text(briefing.title, briefing.sections, briefing.foreword)
    parts = list(differing_part(before, read_edited(path, briefing)))
    new = tuple(line.text for part in parts for line in part.after)
    old = tuple(line.text for part in parts for line in part.before)
    return ReadBack(new, old, not_taken(path, briefing))


@pytest.fixture(scope="module")
def briefing(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Briefing:
    home = tmp_path_factory.mktemp("quarter") / "home"
    shutil.copytree(founded_home, home)
    log = open_log(sqlite(home))
    play(log)
    return compose_briefing(log, Publication.BRIEFING, date(2022, 3, 1), date(2022, 3, 31), as_of=EVENING)


def export(briefing: Briefing, path: Path, *marks: Callable[[Docx], None]) -> Path:
    document = Document(io.BytesIO(Press().printed(briefing.draft(date(2022, 3, 31)), "docx")))
    for mark in marks:
        mark(document)
    document.save(str(path))
    return path


ROUTES = ("as saved", "python-docx", "LibreOffice", "LibreOffice as .odt")


@pytest.fixture(scope="module")
def routes(briefing: Briefing, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ReadBack, ReadBack]]:
    """Route → the draft nobody touched, and the marked one, as they are read back."""
    folder = tmp_path_factory.mktemp("routes")
    files = [
        export(briefing, folder / "原稿.docx"),
        export(briefing, folder / "改稿.docx", *(m for m, _ in MARKS.values())),
    ]
    ways = {"as saved": files, "python-docx": [folder / f"再存{path.name}" for path in files]}
    for path, again in zip(files, ways["python-docx"], strict=True):
        Document(str(path)).save(str(again))
    if shutil.which("soffice"):
        ways["LibreOffice"] = converted(files, "docx", tmp_path_factory.mktemp("docx"))
        odt = converted(files, "odt", tmp_path_factory.mktemp("odt"))
        ways["LibreOffice as .odt"] = converted(odt, "docx", tmp_path_factory.mktemp("back"))
    return {way: (read_back(plain, briefing), read_back(marked, briefing)) for way, (plain, marked) in ways.items()}


every_route = pytest.mark.parametrize(
    "way", [pytest.param(w, marks=needs_libreoffice if "Libre" in w else ()) for w in ROUTES]
)


@every_route
def test_a_draft_that_was_only_opened_and_saved_says_what_it_said(
    routes: dict[str, tuple[ReadBack, ReadBack]], way: str
) -> None:
    assert routes[way][0] == ReadBack((), (), ())


@every_route
@pytest.mark.parametrize("mark", MARKS)
def test_what_somebody_marked_is_taken_or_named(
    routes: dict[str, tuple[ReadBack, ReadBack]], way: str, mark: str
) -> None:
    assert routes[way][1].says(MARKS[mark][1])


@every_route
def test_nothing_is_taken_or_named_that_nobody_marked(routes: dict[str, tuple[ReadBack, ReadBack]], way: str) -> None:
    found = routes[way][1]
    assert [line.partition("：")[0] for line in found.named] == [
        "批注没有取用",
        "图片没有取用",
        "文本框没有取用",
        "分送范围的改动没有取用，请改 简报.toml 的 [分送] 后重新起草",
    ]
    assert (len(found.added), len(found.gone)) == (4, 4)


def test_a_tracked_change_of_whom_it_is_sent_to_is_named_too(briefing: Briefing, tmp_path: Path) -> None:
    path = export(briefing, tmp_path / "分送.docx", send_elsewhere_tracked)
    assert read_back(path, briefing).says("!分送范围的改动没有取用")


def test_a_draft_whose_imprint_was_taken_out_is_no_draft_unchanged(briefing: Briefing, tmp_path: Path) -> None:
    def without(document: Docx) -> None:
        table = document.tables[-1]._tbl
        table.getparent().remove(table)

    assert read_back(export(briefing, tmp_path / "无.docx", without), briefing).says("!分送范围的改动没有取用")


def test_a_drawn_line_is_no_picture(briefing: Briefing, tmp_path: Path) -> None:
    def drawn(document: Docx) -> None:
        picture(document)
        for blip in document.element.body.xpath(".//*[local-name()='pic'][.//a:blip]"):
            blip.getparent().remove(blip)

    [named] = read_back(export(briefing, tmp_path / "线.docx", drawn), briefing).named
    assert named.startswith("图形没有取用")
