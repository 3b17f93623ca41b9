"""A draft edited in Word or WPS: read back, the changes in the log, and the edited text is what is issued."""

import io
import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from functools import partial
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

from documents.bulletin import drafts
from documents.bulletin.drafts import BulletinDraft, keep_draft
from documents.bulletin.edited import Text, lost_changes
from documents.bulletin.not_taken import not_taken
from documents.formats.fonts import Typeface
from documents.formats.pictures import png_of_chart
from documents.formats.press import Press
from documents.page import Figure, Paragraph, Section
from documents.wording import INCLUDED, NOTE
from domain.base import Refusal
from domain.bulletin import BulletinEdited, Publication
from domain.envelope import Actor
from domain.event import decode
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.issuing import editing
from services.issuing.bulletins import Manner, bulletin_with_files, issue_draft
from services.issuing.editing import changes_of
from tests.documents.composed import EVERY_PART, compose_briefing, every_part_press
from tests.documents.quarter import play
from tests.support.homes import at
from tests.support.office import FOR_LEADER, LIAISON, OFFICE

EVENING = at("2022-03-31", "18:00")
OTHER = OFFICE.model_copy(update={"id": "office-2"})
"""Of the same office."""
STREAM = "bulletin/briefing"
record_edited_draft = partial(editing.record_edited_draft, recipe=EVERY_PART)
computed_draft = partial(drafts.computed_draft, recipe=EVERY_PART)
briefing_of_draft = partial(editing.briefing_of_draft, recipe=EVERY_PART)


@pytest.fixture
def draft(log: Database, home: Path) -> BulletinDraft:
    play(log)
    briefing = compose_briefing(log, Publication.BRIEFING, date(2022, 3, 1), date(2022, 3, 31), as_of=EVENING)
    return keep_draft(home, briefing, "office", EVENING, every_part_press())


@pytest.fixture
def exported(log: Database, draft: BulletinDraft, tmp_path: Path) -> Path:
    path = tmp_path / "草稿.docx"
    path.write_bytes(Press().printed(briefing_of_draft(log, draft).draft(date(2022, 3, 31)), "docx"))
    return path


def changed(path: Path, change: Callable[[Docx], None]) -> Path:
    document = Document(str(path))
    change(document)
    document.save(str(path))
    return path


def reword(document: Docx, old: str, new: str) -> None:
    [line] = [p for p in document.paragraphs if old in p.text]
    line.runs[0].text = line.text.replace(old, new)
    for run in line.runs[1:]:
        run.text = ""


def test_a_draft_read_back_unchanged_changes_nothing(log: Database, draft: BulletinDraft, exported: Path) -> None:
    assert record_edited_draft(log, draft, exported, OFFICE, EVENING) == ()
    assert reading.stream_head(log, STREAM).version == 0
    assert briefing_of_draft(log, draft).edited is None


def test_a_chart_stays_in_an_edited_draft_and_one_taken_out_is_a_change(
    log: Database, draft: BulletinDraft, exported: Path
) -> None:
    def charts() -> list[Figure]:
        return [b for s in briefing_of_draft(log, draft).sections for b in s.blocks if isinstance(b, Figure)]

    [before] = charts()
    record_edited_draft(
        log, draft, changed(exported, lambda d: reword(d, "主体施工至五层", "主体施工已达五层")), OFFICE, EVENING
    )
    assert charts() == [before]

    def without(document: Docx) -> None:
        [line] = [p for p in document.paragraphs if p._p.xpath(".//wp:docPr")]
        line._p.getparent().remove(line._p)

    found = record_edited_draft(log, draft, changed(exported, without), OFFICE, EVENING)
    assert charts() == []
    assert any(c.before == ("（图：本期各周灯色（件，每周五））",) and not c.after for c in found)


def test_tracked_changes_and_content_controls_are_read_as_if_accepted(
    log: Database, draft: BulletinDraft, exported: Path
) -> None:
    def tracked(document: Docx) -> None:
        line = next(p for p in document.paragraphs if "主体施工至五层" in p.text)
        text = line.text
        for run in list(line.runs):
            run._r.getparent().remove(run._r)
        before, after = text.split("主体施工至五层")
        by = 'w:id="9" w:author="审稿人" w:date="2022-03-31T10:00:00Z"'
        for xml in (
            f"<w:r {nsdecls('w')}><w:t>{before}</w:t></w:r>",
            f"<w:del {nsdecls('w')} {by}><w:r><w:delText>主体施工至五层</w:delText></w:r></w:del>",
            f"<w:ins {nsdecls('w')} {by}><w:r><w:t>主体施工</w:t></w:r></w:ins>",
            f"<w:sdt {nsdecls('w')}><w:sdtContent><w:r><w:t>已达六层</w:t></w:r></w:sdtContent></w:sdt>",
            f"<w:r {nsdecls('w')}><w:t>{after}</w:t></w:r>",
        ):
            line._p.append(parse_xml(xml))

    [found] = record_edited_draft(log, draft, changed(exported, tracked), OFFICE, EVENING)
    assert "主体施工已达六层" in found.after[0]
    assert "主体施工至五层" in found.before[0]


WORD = nsdecls("w")


def line_of(text: str) -> str:
    """A paragraph of Word."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


REMARK = f'<w:comment w:id="1" w:author="审稿人">{line_of("数字请再核")}</w:comment>'
BOX = f"<w:p {WORD}><w:r><w:pict><w:txbxContent>{line_of('旁注一句')}</w:txbxContent></w:pict></w:r></w:p>"
CONTROL = f"<w:sdt {WORD}><w:sdtContent>{line_of('另据区住建局报告，围挡已拆。')}</w:sdtContent></w:sdt>"


def scribbled(document: Docx) -> None:
    """A paragraph in a content control, a comment, a picture, a text box, and somebody more on the list."""
    line = next(p for p in document.paragraphs if p.text.startswith("今年以来共督办"))
    line._p.addnext(parse_xml(CONTROL))
    line._p.addprevious(parse_xml(BOX))
    drawn = png_of_chart('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>', Typeface())
    line.add_run().add_picture(io.BytesIO(drawn))
    comments = Part(
        PackURI("/word/comments.xml"),
        CT.WML_COMMENTS,
        f"<w:comments {WORD}>{REMARK}</w:comments>".encode(),
        document.part.package,
    )
    document.part.relate_to(comments, RT.COMMENTS)
    to = next(p for t in document.tables for r in t.rows for p in r.cells[0].paragraphs if p.text.startswith("发："))
    to.runs[0].text = to.text.replace("。", "，区教育局。")


def test_what_is_not_taken_is_named_and_what_stands_in_a_content_control_is_taken(
    log: Database, draft: BulletinDraft, exported: Path
) -> None:
    path = changed(exported, scribbled)
    edits = record_edited_draft(log, draft, path, OFFICE, EVENING)
    assert [c.after for c in edits] == [("另据区住建局报告，围挡已拆。",)]
    left = not_taken(path, computed_draft(log, draft))
    assert [line.partition("：")[0] for line in left] == [
        "批注没有取用",
        "图片没有取用",
        "文本框没有取用",
        "分送范围的改动没有取用，请改 简报.toml 的 [分送] 后重新起草",
    ]
    assert "“数字请再核”" in left[0]


def test_of_an_export_nobody_touched_everything_is_taken(log: Database, draft: BulletinDraft, exported: Path) -> None:
    assert not_taken(exported, computed_draft(log, draft)) == ()


def test_a_row_struck_out_with_changes_tracked_is_gone(log: Database, draft: BulletinDraft, exported: Path) -> None:
    def struck(document: Docx) -> None:
        row = document.tables[0].rows[1]._tr
        row.get_or_add_trPr().append(parse_xml(f'<w:del {WORD} w:id="3" w:author="审稿人"/>'))

    edits = record_edited_draft(log, draft, changed(exported, struck), OFFICE, EVENING)
    assert all(not c.after for c in edits)
    assert edits


def test_what_was_changed_is_in_the_log_and_is_what_is_issued(
    log: Database, home: Path, draft: BulletinDraft, exported: Path
) -> None:
    def office(document: Docx) -> None:
        reword(document, "主体施工至五层", "主体施工已达五层，安全平稳")
        heading = next(p for p in document.paragraphs if p.text.startswith("二、"))
        heading.insert_paragraph_before("本期重点反映收储工作。")

    read = briefing_of_draft(log, draft)
    found = record_edited_draft(log, draft, changed(exported, office), OFFICE, EVENING)
    assert (found[0].before, found[0].after) == ((), ("本期重点反映收储工作。",))
    assert any("主体施工已达五层，安全平稳" in line for c in found for line in c.after)
    [recorded] = reading.read_stream(log, STREAM)
    event = decode(recorded)
    assert isinstance(event, BulletinEdited)
    assert (event.changes, recorded.actor.id) == (found, "office")

    # Whoever read it before signs nothing he has not read, and overwrites nothing he has not seen.
    with pytest.raises(Refusal, match="又改过"):
        issue_draft(log, home, draft, FOR_LEADER, EVENING, how=Manner(read=read))
    with pytest.raises(Refusal, match="另一个人刚改过"):
        editing.record_draft_text(log, draft, Text("晚了", read.sections), (), OFFICE, EVENING, seen=0)
    done = issue_draft(log, home, draft, FOR_LEADER, EVENING)
    text = done.files["md"].read_text(encoding="utf-8")
    assert "本期重点反映收储工作。" in text
    assert "主体施工已达五层，安全平稳" in text
    assert done.event.edited == 1
    assert verify(log).ok


def test_a_lost_file_of_an_edited_issue_is_printed_again_as_edited(
    log: Database, home: Path, draft: BulletinDraft, exported: Path
) -> None:
    record_edited_draft(
        log, draft, changed(exported, lambda d: reword(d, "主体施工至五层", "主体已到五层")), OFFICE, EVENING
    )
    done = issue_draft(log, home, draft, FOR_LEADER, EVENING)
    before = {kind: path.read_bytes() for kind, path in done.files.items()}
    for path in done.files.values():
        path.unlink()
    again = bulletin_with_files(log, home, done.event)
    assert {kind: path.read_bytes() for kind, path in again.files.items()} == before


def test_the_newest_version_counts_and_the_same_file_twice_is_one(
    log: Database, home: Path, draft: BulletinDraft, exported: Path
) -> None:
    first = changed(exported, lambda d: reword(d, "主体施工至五层", "主体至五层"))
    record_edited_draft(log, draft, first, OFFICE, EVENING)
    record_edited_draft(log, draft, first, OFFICE, EVENING)
    assert reading.stream_head(log, STREAM).version == 1
    record_edited_draft(
        log, draft, changed(exported, lambda d: reword(d, "主体至五层", "主体已至五层")), OFFICE, EVENING
    )
    assert reading.stream_head(log, STREAM).version == 2
    assert "主体已至五层" in issue_draft(log, home, draft, FOR_LEADER, EVENING).files["md"].read_text(encoding="utf-8")


def copy_of(exported: Path, name: str, change: Callable[[Docx], None]) -> Path:
    return changed(Path(shutil.copy(exported, exported.with_name(name))), change)


def export(log: Database, draft: BulletinDraft, path: Path) -> Path:
    path.write_bytes(Press().printed(briefing_of_draft(log, draft).draft(date(2022, 3, 31)), "docx"))
    return path


@pytest.mark.parametrize("second", [OFFICE, OTHER], ids=["under one name", "under two"])
def test_of_two_who_edit_one_exported_draft_the_second_takes_nothing_from_the_first(
    log: Database, draft: BulletinDraft, exported: Path, second: Actor
) -> None:
    title = briefing_of_draft(log, draft).title
    first = copy_of(exported, "甲.docx", lambda d: reword(d, "主体施工至五层", "主体至五层"))
    other = copy_of(exported, "乙.docx", lambda d: reword(d, title, "一季度督办情况"))
    record_edited_draft(log, draft, first, OFFICE, EVENING)
    words = r"在这份文件导出以后又改过（2022-03-31 18:00），读回会冲掉那时的1处修改（如“…….*主体至五层"
    with pytest.raises(Refusal, match=words) as lost:
        record_edited_draft(log, draft, other, second, EVENING)
    assert (lost.value.code, reading.stream_head(log, STREAM).version) == ("changed", 1)
    # Brought into the newest text it is taken, and neither is lost.
    newest = changed(export(log, draft, exported), lambda d: reword(d, title, "一季度督办情况"))
    record_edited_draft(log, draft, newest, second, EVENING)
    stands = briefing_of_draft(log, draft)
    assert (stands.title, "主体至五层" in stands.draft(date(2022, 3, 31)).model_dump_json()) == ("一季度督办情况", True)
    # Whoever says so has his own file stand.
    record_edited_draft(log, draft, other, second, EVENING, replace=True)
    assert "主体至五层" not in briefing_of_draft(log, draft).draft(date(2022, 3, 31)).model_dump_json()


def test_a_line_two_word_anew_is_asked_about_unless_the_second_saw_the_first(
    log: Database, draft: BulletinDraft, exported: Path
) -> None:
    first = copy_of(exported, "甲.docx", lambda d: reword(d, "主体施工至五层", "主体至五层"))
    other = copy_of(exported, "乙.docx", lambda d: reword(d, "主体施工至五层", "主体施工到了五层"))
    record_edited_draft(log, draft, first, OFFICE, EVENING)
    with pytest.raises(Refusal, match="冲掉那时的1处修改"):
        record_edited_draft(log, draft, other, OTHER, EVENING)
    seen = changed(export(log, draft, exported), lambda d: reword(d, "主体至五层", "主体施工到了五层"))
    record_edited_draft(log, draft, seen, OTHER, EVENING)
    assert "主体施工到了五层" in briefing_of_draft(log, draft).draft(date(2022, 3, 31)).model_dump_json()


def test_a_paragraph_somebody_put_in_and_a_line_he_took_out_are_his_too(
    log: Database, draft: BulletinDraft, exported: Path
) -> None:
    def other_way(document: Docx) -> None:
        [line] = [p for p in document.paragraphs if "主体施工至五层" in p.text]
        line.insert_paragraph_before("本月天气晴好。")
        line._p.getparent().remove(line._p)

    first = copy_of(exported, "甲.docx", other_way)
    other = copy_of(exported, "乙.docx", lambda _: None)
    record_edited_draft(log, draft, first, OFFICE, EVENING)
    with pytest.raises(Refusal, match="冲掉那时的1处修改（如“本月天气晴好。”）"):
        record_edited_draft(log, draft, other, OFFICE, EVENING)


def lines_as_text(*lines: str) -> Text:
    return Text("标题", (Section(title="本期", blocks=tuple(Paragraph(text=line) for line in lines)),))


@pytest.mark.parametrize(
    ("since", "newest"),
    [
        (
            ("甲", "进展正常。", "乙", "暂无反馈。", "丙", "暂无反馈。"),
            ("甲", "进展正常。", "乙", "进展正常。", "丙", "暂无反馈。"),
        ),
        (("甲", "暂无反馈。", "乙", "暂无反馈。"), ("甲", "暂无反馈。", "乙")),
        (("甲", "乙", "丙", "丁"), ("甲", "丙", "丁", "乙")),
    ],
    ids=["one of two alike worded anew", "one of two alike taken out", "moved"],
)
@pytest.mark.parametrize("by_others", [True, False])
def test_a_change_to_a_line_that_stands_elsewhere_too_is_lost_by_a_file_without_it(
    since: tuple[str, ...], newest: tuple[str, ...], by_others: bool
) -> None:
    stands = lines_as_text(*newest)
    mine, merged = lines_as_text(*since, "我写的。"), lines_as_text(*newest, "我写的。")
    assert lost_changes(lines_as_text(*since), stands, mine, by_others=by_others)
    assert lost_changes(lines_as_text(*since), stands, merged, by_others=by_others) == ()


@pytest.mark.parametrize("mark", [7, 999_999_999], ids=["another draft's", "none there is"])
def test_a_file_with_a_mark_that_is_not_this_drafts_counts_as_exported_before_any_change(
    log: Database, draft: BulletinDraft, exported: Path, mark: int
) -> None:
    def marked(document: Docx) -> None:
        reword(document, "主体施工至五层", "主体施工到了五层")
        [note] = [p for p in document.paragraphs if p.text.startswith(NOTE)]
        note.add_run(INCLUDED.format(mark))

    first = copy_of(exported, "甲.docx", lambda d: reword(d, "主体施工至五层", "主体至五层"))
    record_edited_draft(log, draft, first, OTHER, EVENING)
    with pytest.raises(Refusal, match="冲掉那时的1处修改"):
        record_edited_draft(log, draft, changed(exported, marked), OFFICE, EVENING)


def test_going_back_to_the_computed_text_is_a_version_too(log: Database, draft: BulletinDraft, exported: Path) -> None:
    original = exported.read_bytes()
    record_edited_draft(
        log, draft, changed(exported, lambda d: reword(d, "主体施工至五层", "主体至五层")), OFFICE, EVENING
    )
    exported.write_bytes(original)
    assert record_edited_draft(log, draft, exported, OFFICE, EVENING, replace=True) == ()
    assert changes_of(log, draft.publication, draft.key) == ()
    assert reading.stream_head(log, STREAM).version == 2


def test_a_table_cell_is_a_change_like_any_other(log: Database, draft: BulletinDraft, exported: Path) -> None:
    def office(document: Docx) -> None:
        document.tables[0].rows[1].cells[0].text = "重大事项"

    [found] = record_edited_draft(log, draft, changed(exported, office), OFFICE, EVENING)
    assert found.before[0].startswith("重大 | ")
    assert found.after[0].startswith("重大事项 | ")


def test_who_may_edit_and_until_when(log: Database, home: Path, draft: BulletinDraft, exported: Path) -> None:
    with pytest.raises(Refusal, match="由办公室或领导办理"):
        record_edited_draft(log, draft, exported, LIAISON, EVENING)
    issue_draft(log, home, draft, FOR_LEADER, EVENING)
    with pytest.raises(Refusal, match="已经签发，不能再改"):
        record_edited_draft(log, draft, exported, OFFICE, EVENING)


def no_note(document: Docx) -> None:
    [note] = [p for p in document.paragraphs if p.text.startswith("本期数据由")]
    note.runs[0].text = ""


def no_sections(document: Docx) -> None:
    for line in document.paragraphs:
        if line.text[1:2] == "、":
            line.runs[0].text = line.text[2:]


def too_long(document: Docx) -> None:
    reword(document, "主体施工至五层", "长" * 40_000)


@pytest.mark.parametrize(
    ("change", "words"),
    [(no_note, "不是导出的草稿"), (no_sections, "应是“一、……”"), (too_long, "有4.*字，一期最多20000字")],
)
def test_a_file_that_is_no_draft_any_more_is_one_line(
    log: Database, draft: BulletinDraft, exported: Path, change: Callable[[Docx], None], words: str
) -> None:
    with pytest.raises(Refusal, match=words):
        record_edited_draft(log, draft, changed(exported, change), OFFICE, EVENING)
    assert reading.stream_head(log, STREAM).version == 0


def test_a_broken_a_macro_and_a_swollen_file_are_one_line(log: Database, draft: BulletinDraft, tmp_path: Path) -> None:
    broken, macro, bomb = (tmp_path / f"{n}.docx" for n in ("坏", "宏", "大"))
    broken.write_bytes(b"PK\x03\x04 no archive")
    with zipfile.ZipFile(macro, "w") as archive:
        archive.writestr("word/vbaProject.bin", b"")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (201 * 1024 * 1024))
    for path, words in ((broken, "打不开"), (macro, "含有宏"), (bomb, "解压后过大")):
        with pytest.raises(Refusal, match=words):
            record_edited_draft(log, draft, path, OFFICE, EVENING)
