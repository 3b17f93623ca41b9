"""更正: an issue corrected in Word becomes a new issue that says each place; what was issued stays as it is."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as Docx

from documents.bulletin.briefing import compose_briefing
from documents.bulletin.drafts import find_draft, keep_draft, kept_drafts
from documents.filing.rebuilding import rebuild_issue
from documents.formats.markdown import markdown_of
from documents.formats.press import Press
from domain.base import Refusal
from domain.bulletin import BulletinIssued, PastIssue, Publication
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogUnreachable
from eventlog.verify import verify
from services.issuing.bulletins import Issued, filed_bulletin, issue_briefing, issue_draft, issued_bulletins
from services.issuing.correcting import Correction, draft_correction, issue_to_correct
from services.issuing.editing import briefing_of_draft, record_edited_draft
from services.issuing.register import register_issues
from services.issuing.signing import Desk
from tests.documents.composed import every_part_press
from tests.documents.quarter import play
from tests.support.homes import at
from tests.support.office import FOR_LEADER, LEADER, LIAISON, OFFICE

EVENING, LATER = at("2022-03-31", "18:00"), at("2022-04-08", "10:00")
STREAM = "bulletin/briefing"


@pytest.fixture
def march(log: Database, home: Path) -> Issued:
    play(log)
    march, press = (date(2022, 3, 1), date(2022, 3, 31)), every_part_press()
    return issue_briefing(log, home, since=march[0], until=march[1], signer=LEADER, now=EVENING, press=press)


def corrected(done: Issued, folder: Path, change: Callable[[Docx], None]) -> Path:
    """The issued .docx as somebody corrected it."""
    path = folder / "改正.docx"
    document = Document(str(done.files["docx"]))
    change(document)
    document.save(str(path))
    return path


def reword(old: str, new: str) -> Callable[[Docx], None]:
    def change(document: Docx) -> None:
        [line] = [p for p in document.paragraphs if old in p.text]
        line.runs[0].text = line.text.replace(old, new)
        for run in line.runs[1:]:
            run.text = ""

    return change


def drafted(log: Database, home: Path, done: Issued, path: Path, reason: str = "统计口径有误") -> Correction:
    return draft_correction(Desk(log, home, OFFICE, LATER, Press()), done, path, reason)


def said(log: Database, found: Correction) -> str:
    return markdown_of(briefing_of_draft(log, found.draft).draft(date(2022, 4, 8)))


def test_a_correction_says_which_issue_why_and_each_place(
    log: Database, home: Path, march: Issued, tmp_path: Path
) -> None:
    def office(document: Docx) -> None:
        reword("主体施工至五层", "主体施工至六层")(document)
        document.tables[0].rows[1].cells[1].text = "9"

    found = drafted(log, home, march, corrected(march, tmp_path, office))
    text = said(log, found)
    assert "## 关于《工作简报》2022年第1期的更正" in text
    assert (
        "我办2022年3月31日印发的《工作简报》2022年第1期（总第1期，题为《2022年3月督办工作情况》），"
        "因统计口径有误，现将有关内容更正如下："
    ) in text
    assert "第一处，“一、总体情况”部分表中“重大”一行“合计”栏的“1”更正为“9”。" in text
    assert "第二处，“二、重点推进”部分的“" in text
    assert "主体施工至六层" in text
    assert "其余内容不变。特此更正。" in text
    assert "本期为更正，原期数据由督办日志生成，截至2022年3月31日18时。" in text


def test_it_gets_the_next_number_and_leaves_the_issue_as_it_was(
    log: Database, home: Path, march: Issued, tmp_path: Path
) -> None:
    before = {kind: path.read_bytes() for kind, path in march.files.items()}
    found = drafted(log, home, march, corrected(march, tmp_path, reword("主体施工至五层", "主体施工至六层")))
    done = issue_draft(log, home, found.draft, FOR_LEADER, LATER)
    assert (done.number, done.event.corrects) == ("简报-2022-02", march.number)
    assert done.event.title == "关于《工作简报》2022年第1期的更正"
    assert {kind: path.read_bytes() for kind, path in march.files.items()} == before
    state = reading.load(log, STREAM)
    assert state is not None
    assert [(i.number, i.corrects) for i in state.state.issues] == [  # type: ignore[attr-defined]
        (march.number, None),
        (done.number, march.number),
    ]
    assert rebuild_issue(log, filed_bulletin(log, home, done.event), Press()).ok
    assert verify(log).ok


def test_a_correction_is_corrected_like_any_other_issue(
    log: Database, home: Path, march: Issued, tmp_path: Path
) -> None:
    found = drafted(log, home, march, corrected(march, tmp_path, reword("主体施工至五层", "主体施工至六层")))
    first = issue_draft(log, home, found.draft, FOR_LEADER, LATER)
    again = drafted(log, home, first, corrected(first, tmp_path, reword("统计口径有误", "录入有误")), "事由写错")
    text = said(log, again)
    assert "## 关于《工作简报》2022年第2期的更正" in text
    assert "第一处，正文的“" in text
    second = issue_draft(log, home, again.draft, FOR_LEADER, LATER)
    assert second.event.corrects == first.number
    assert rebuild_issue(log, filed_bulletin(log, home, second.event), Press()).ok


def test_what_was_added_and_left_out_is_said_with_its_place(
    log: Database, home: Path, march: Issued, tmp_path: Path
) -> None:
    def office(document: Docx) -> None:
        heading = next(p for p in document.paragraphs if p.text.startswith("二、"))
        heading.insert_paragraph_before("另有一项未列入。")
        [gone] = [p for p in document.paragraphs if p.text.startswith("本期应反馈") or "应反馈" in p.text[:8]]
        gone._element.getparent().remove(gone._element)

    text = said(log, drafted(log, home, march, corrected(march, tmp_path, office)))
    assert "“一、总体情况”部分删去“本期应反馈" in text
    assert "之后增加“另有一项未列入。”" in text


def test_a_wrong_title_is_corrected_too(log: Database, home: Path, march: Issued, tmp_path: Path) -> None:
    path = corrected(march, tmp_path, reword("2022年3月督办工作情况", "2022年3月份督办工作情况"))
    text = said(log, drafted(log, home, march, path))
    assert "第一处，标题“2022年3月督办工作情况”更正为“2022年3月份督办工作情况”。" in text


def test_news_are_corrected_as_news(log: Database, home: Path, tmp_path: Path) -> None:
    play(log)
    news = compose_briefing(log, Publication.NEWS, date(2022, 3, 1), date(2022, 3, 31), as_of=EVENING)
    done = issue_draft(log, home, keep_draft(home, news, "office", EVENING), LEADER, EVENING)
    found = drafted(log, home, done, corrected(done, tmp_path, reword("编制电力专项规划", "编制电力专项规划（一期）")))
    assert found.draft.publication is Publication.NEWS
    text = said(log, found)
    assert "## 关于《工作动态》2022年第1期的更正" in text
    assert "第一处，正文的“" in text


def test_what_cannot_be_corrected_is_one_line_and_leaves_no_draft(
    log: Database, home: Path, march: Issued, tmp_path: Path
) -> None:
    with pytest.raises(Refusal, match="没有可更正之处") as same:
        drafted(log, home, march, march.files["docx"])
    assert same.value.code == "nothing_to_say"
    other = corrected(march, tmp_path, reword("第1期（总第1期）", "第5期（总第5期）"))
    with pytest.raises(Refusal, match="不是这一期"):
        drafted(log, home, march, other)
    much = corrected(march, tmp_path, reword("主体施工至五层", "改" * 25_000))
    with pytest.raises(Refusal, match="改动太多（1处）"):
        drafted(log, home, march, much)
    with pytest.raises(Refusal, match="由办公室或领导办理"):
        draft_correction(Desk(log, home, LIAISON, LATER, Press()), march, other, "误")
    assert kept_drafts(home) == ()
    assert reading.stream_head(log, STREAM).version == 1


def test_an_unknown_and_a_registered_issue_are_refused(log: Database) -> None:
    register_issues(
        log,
        [PastIssue(publication=Publication.BRIEFING, no=1, issued_on=date(2021, 3, 1), title="旧期")],
        OFFICE,
        LATER,
    )
    for number, code in (("简报-2021-01", "recorded"), ("简报-2021-02", "not_found")):
        with pytest.raises(Refusal) as refused:
            issue_to_correct(log, number)
        assert refused.value.code == code


def test_a_correction_whose_words_were_not_recorded_leaves_no_draft(
    log: Database, home: Path, march: Issued, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise LogUnreachable("断电")

    path = corrected(march, tmp_path, reword("主体施工至五层", "主体施工至六层"))
    monkeypatch.setattr("services.issuing.editing.record_decided", dies)
    with pytest.raises(LogUnreachable):
        drafted(log, home, march, path)
    assert kept_drafts(home) == ()


def test_a_draft_without_its_words_is_never_issued_as_the_whole_issue(
    log: Database, home: Path, march: Issued, tmp_path: Path
) -> None:
    path = corrected(march, tmp_path, reword("主体施工至五层", "主体施工至六层"))
    draft = drafted(log, home, march, path).draft
    lost = draft.model_copy(update={"key": "bulletin-draft:lost"})
    with pytest.raises(Refusal, match="没有写完"):
        issue_draft(log, home, lost, FOR_LEADER, LATER)
    with pytest.raises(Refusal, match="更正稿"):
        record_edited_draft(log, draft, path, OFFICE, LATER)
    assert find_draft(home, draft.id) == draft
    assert len(issued_bulletins(log)) == 1


def test_an_old_event_reads_as_no_correction(march: Issued) -> None:
    old = march.event.model_dump(mode="json", exclude={"corrects"})
    assert BulletinIssued.model_validate(old).corrects is None
