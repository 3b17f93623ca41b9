"""The .docx opens, says what the page says, and is the same byte for byte."""

import io
import re
import time
import zipfile
from datetime import date

from docx import Document

from documents.formats.press import Press
from documents.page import Grid, Items, Layout, Page, Paragraph, Section, Subheading

PRESS = Press()
PAGE = Page(
    layout=Layout.BULLETIN,
    masthead="香蜜湖片区建设指挥部工作简报",
    issue="第7期（总第7期）",
    issuer="香蜜湖片区建设指挥部办公室",
    on=date(2022, 12, 30),
    title="2022年11月1日至12月30日督办工作情况",
    sections=(
        Section(title="总体情况", blocks=(Paragraph(text="今年以来共督办事项46件。"),)),
        Section(
            title="存在问题",
            blocks=(
                Subheading(text="逾期未办结1件"),
                Grid(headers=("事项", "办结时限"), rows=(("协调二期用地收储", "3月25日"),)),
                Items(items=("甲", "乙")),
            ),
        ),
    ),
    signer="吴七",
    note="本期数据由督办日志生成，截至2022年12月30日18时。",
)


def test_the_document_reads_as_the_page_does() -> None:
    document = Document(io.BytesIO(PRESS.printed(PAGE, "docx")))
    lines = [p.text for p in document.paragraphs if p.text]
    assert lines == [
        "香蜜湖片区建设指挥部工作简报",
        "第7期（总第7期）",
        "香蜜湖片区建设指挥部办公室\t2022年12月30日",
        "2022年11月1日至\n12月30日督办工作情况",
        "一、总体情况",
        "今年以来共督办事项46件。",
        "二、存在问题",
        "（一）逾期未办结1件",
        "1.甲",
        "2.乙",
        "本期数据由督办日志生成，截至2022年12月30日18时。",
        "签发：吴七",
    ]
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows] == [
        ["事项", "办结时限"],
        ["协调二期用地收储", "3月25日"],
    ]


def test_the_same_page_gives_the_same_bytes_at_any_time() -> None:
    first = PRESS.printed(PAGE, "docx")
    time.sleep(2.1)  # zip times count in steps of two seconds
    assert PRESS.printed(PAGE, "docx") == first


def test_the_file_tells_nothing_of_the_machine_it_was_made_on() -> None:
    with zipfile.ZipFile(io.BytesIO(PRESS.printed(PAGE, "docx"))) as archive:
        assert "docProps/thumbnail.jpeg" not in archive.namelist()
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert "香蜜湖片区建设指挥部办公室" in core
    assert "python-docx" not in core


def test_chinese_text_has_a_chinese_font() -> None:
    with zipfile.ZipFile(io.BytesIO(PRESS.printed(PAGE, "docx"))) as archive:
        styles = archive.read("word/styles.xml").decode()
    assert 'w:eastAsia="仿宋_GB2312"' in styles
    assert 'w:eastAsia="黑体"' in styles


def test_a_document_of_one_section_needs_no_heading() -> None:
    alone = PAGE.model_copy(update={"sections": PAGE.sections[:1]})
    lines = [p.text for p in Document(io.BytesIO(PRESS.printed(alone, "docx"))).paragraphs]
    assert "一、总体情况" not in lines
    assert "今年以来共督办事项46件。" in lines


def test_word_and_wps_are_told_the_grid_the_mode_the_language_and_like_faces() -> None:
    with zipfile.ZipFile(io.BytesIO(PRESS.printed(PAGE, "docx"))) as archive:
        text, settings, styles, fonts = (
            archive.read(f"word/{name}.xml").decode() for name in ("document", "settings", "styles", "fontTable")
        )
    assert '<w:docGrid w:linePitch="579" w:type="lines"/>' in text
    assert re.search(r'w:name="compatibilityMode"[^>]*w:val="15"', settings)
    assert set(re.findall(r'w:eastAsia="([a-z]{2}-[A-Z]{2})"', styles)) == {"zh-CN"}
    assert '<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋,FangSong' in fonts
