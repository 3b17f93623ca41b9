"""An issue printed again from the log agrees with what was issued; whatever was changed meanwhile is named."""

import shutil
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from documents.filing.rebuilding import Kept, ReprintVerdict, rebuild_issue, rebuild_issues
from documents.filing.shelf import SHELF
from documents.formats.fonts import Typeface
from documents.formats.press import LAYOUT, Press
from documents.formats.templates import load_template
from domain import commands as c
from domain.base import Refusal
from domain.papers import PaperKind
from eventlog.database import Database
from services.issuing.bulletins import Issued, filed_bulletin, issue_briefing, issued_bulletins
from services.issuing.catalogue import all_filed, find_filed
from services.issuing.papers import IssuedPaper, issue_paper
from services.issuing.papers import filed_paper as paper_filed
from tests.documents.quarter import HALL, play
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LEADER, LIAISON, sqlite

MARCH = (date(2022, 3, 1), date(2022, 3, 31))
EVENING = at("2022-03-31", "18:00")


@pytest.fixture
def march(log: Database, home: Path) -> Issued:
    """The issue of March, after which the log went on."""
    return issue_march(log, home, Press())


def issue_march(log: Database, home: Path, press: Press) -> Issued:
    play(log)
    done = issue_briefing(log, home, since=MARCH[0], until=MARCH[1], signer=LEADER, now=EVENING, press=press)
    act(log, HALL, c.SubmitFeedback(text="主体施工至八层", progress=70), LIAISON, at("2022-04-07"))
    return done


def tamper(home: Path, statement: str) -> Database:
    """What somebody does who owns the database: the triggers go first."""
    with sqlite3.connect(home / "events.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        assert database.execute(statement).rowcount == 1
    return open_log(sqlite(home))


def test_an_issue_is_the_same_after_the_log_went_on(log: Database, home: Path, march: Issued) -> None:
    found = rebuild_issue(log, filed_bulletin(log, home, march.event), Press())
    assert found.ok
    assert {f.name.rpartition(".")[2]: f.verdict for f in found.files} == dict.fromkeys(
        ("md", "docx", "pdf", "html"), ReprintVerdict.IDENTICAL
    )
    assert {f.kept for f in found.files} == {Kept.INTACT}
    assert (found.differences, found.remarks) == ((), ())


def test_it_is_the_same_without_the_cabinet_and_left_where_it_is_wanted(
    log: Database, home: Path, march: Issued, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in march.files.values()}
    shutil.rmtree(home / "documents")
    found = rebuild_issue(log, filed_bulletin(log, home, march.event), Press(), tmp_path / "again")
    assert found.ok
    assert {f.kept for f in found.files} == {Kept.MISSING}
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == before
    assert not (home / "documents").exists()


def test_a_changed_event_is_named_with_the_line_it_changes(log: Database, home: Path, march: Issued) -> None:
    log.close()
    altered = tamper(
        home,
        "UPDATE events SET payload = replace(payload, '主体施工至五层', '主体施工至九层') "
        "WHERE stream = 'matter/hall' AND payload LIKE '%主体施工至五层%'",
    )
    found = rebuild_issue(altered, filed_bulletin(altered, home, march.event), Press())
    assert not found.ok
    verdicts = {f.name.rpartition(".")[2]: f.verdict for f in found.files}
    assert verdicts == dict.fromkeys(("md", "docx", "pdf", "html"), ReprintVerdict.DIFFERENT)
    said = "\n".join(found.differences)
    assert "matter/hall" in said
    assert "事件内容与其哈希不符" in said
    assert any("主体施工至五层" in d and "主体施工至九层" in d and d.startswith("正文第") for d in found.differences)


def test_an_event_nobody_can_read_any_more_is_named(log: Database, home: Path, march: Issued) -> None:
    log.close()
    altered = tamper(home, "UPDATE events SET payload = '{}' WHERE stream = 'matter/hall' AND version = 1")
    found = rebuild_issue(altered, filed_bulletin(altered, home, march.event), Press())
    assert not found.ok
    assert any("matter/hall 第1条" in d for d in found.differences)
    assert any("无从重算" in d for d in found.differences)


def test_a_change_after_its_position_is_no_difference(log: Database, home: Path, march: Issued) -> None:
    log.close()
    altered = tamper(
        home, "UPDATE events SET payload = replace(payload, '八层', '十层') WHERE payload LIKE '%主体施工至八层%'"
    )
    assert rebuild_issue(altered, filed_bulletin(altered, home, march.event), Press()).ok


def test_a_file_somebody_touched_is_named(log: Database, home: Path, march: Issued) -> None:
    march.files["docx"].write_bytes(b"PK")
    found = rebuild_issue(log, filed_bulletin(log, home, march.event), Press())
    assert [f.kept for f in found.files if f.name.endswith(".docx")] == [Kept.ALTERED]
    assert found.differences == (f"{march.number}.docx 柜中文件已被改动，日志和重算的一致",)


def own_press(folder: Path, signed: str) -> Press:
    """Of an office that calls 签发 otherwise in its .html."""
    folder.mkdir(exist_ok=True)
    source = Press().template.source("page.html").decode()
    (folder / "page.html").write_text(source.replace("签发：", f"{signed}："), encoding="utf-8")
    return Press(template=load_template(LAYOUT, folder))


def test_an_issue_is_the_same_when_the_templates_have_changed(log: Database, home: Path, tmp_path: Path) -> None:
    event = issue_march(log, home, own_press(tmp_path / "own", "签发人")).event
    found = rebuild_issue(log, filed_bulletin(log, home, event), own_press(tmp_path / "own", "签发领导"))
    assert found.ok
    assert {f.verdict for f in found.files} == {ReprintVerdict.IDENTICAL}


def test_an_issue_whose_templates_are_gone_is_one_line(log: Database, home: Path, tmp_path: Path) -> None:
    event = issue_march(log, home, own_press(tmp_path / "own", "签发人")).event
    shutil.rmtree(home / "documents" / SHELF)
    with pytest.raises(Refusal, match=f"{event.number} 所用的模板不在了") as refused:
        rebuild_issue(log, filed_bulletin(log, home, event), Press())
    assert refused.value.code == "template_gone"
    (found,) = rebuild_issues(log, [filed_bulletin(log, home, event)], Press())
    assert not found.ok
    assert "所用的模板不在了" in found.differences[0]


def test_a_layout_that_is_gone_is_one_line(log: Database, home: Path, march: Issued) -> None:
    old = march.event.model_copy(update={"template": "plain-1"})
    with pytest.raises(Refusal, match="所用版式 plain-1 本版本没有") as refused:
        rebuild_issue(log, filed_bulletin(log, home, old), Press())
    assert refused.value.code == "template_gone"


def test_other_faces_are_told_and_the_words_compared(log: Database, home: Path, march: Issued, tmp_path: Path) -> None:
    # The wheel's 黑 under another name of the standard: the file is the same, the face is not.
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    renamed(fonts / "heiti.otf")
    found = rebuild_issue(log, filed_bulletin(log, home, march.event), Press(Typeface([fonts])))
    assert found.ok
    assert [f.verdict for f in found.files if f.name.endswith(".pdf")] == [ReprintVerdict.SAME_CONTENT]
    assert "字体与成文时不同" in found.remarks[0]


def renamed(path: Path) -> None:
    """A 黑体 of this test's own, made of the wheel's."""
    from fontTools.ttLib import TTFont
    from pylopdf_fonts_zh_cn import sans_path

    font = TTFont(sans_path())
    for record in font["name"].names:
        if record.nameID in (1, 16):
            record.string = "SimHei"
    font.save(path)


def test_an_old_event_reads_without_what_printing_added(log: Database, march: Issued) -> None:
    (event,) = issued_bulletins(log)
    old = event.model_dump(mode="json", exclude={"template_sha256", "fonts", "copies"})
    assert type(event).model_validate(old).fonts == {}


# --- papers, and everything at once


@pytest.fixture
def form(log: Database, home: Path, march: Issued) -> IssuedPaper:
    """The 督办单 on HALL, after March was told."""
    del march
    return issue_paper(log, home, HALL, PaperKind.SUPERVISION, signer=LEADER, now=at("2022-04-08"))


def test_a_paper_is_printed_again_and_names_the_event_that_was_changed(
    log: Database, home: Path, form: IssuedPaper
) -> None:
    assert rebuild_issue(log, paper_filed(log, home, form.event), Press()).ok
    log.close()
    altered = tamper(
        home,
        "UPDATE events SET payload = replace(payload, '第五次工作会议', '第六次工作会议') "
        "WHERE stream = 'matter/hall' AND type = 'DecisionRecorded'",
    )
    found = rebuild_issue(altered, paper_filed(altered, home, form.event), Press())
    assert any("matter/hall" in d and "事件内容与其哈希不符" in d for d in found.differences)
    altered.close()
    altered = tamper(
        home,
        "UPDATE events SET payload = replace(payload, '主体结构封顶', '主体结构断水') "
        "WHERE stream = 'matter/hall' AND type = 'MatterOpened'",
    )
    found = rebuild_issue(altered, paper_filed(altered, home, form.event), Press())
    assert any("主体结构封顶" in d and "主体结构断水" in d and d.startswith("正文第") for d in found.differences)


@pytest.mark.parametrize(
    "typed", ["香指办督〔2022〕1号", "香指办督[2022]1号", " 香指办督（2022） 1 号", "香指办督(2022)1号"]
)
def test_a_paper_is_found_by_its_number_however_it_was_typed(
    log: Database, home: Path, form: IssuedPaper, typed: str
) -> None:
    found = find_filed(log, home, typed)
    assert found is not None
    assert found.event == form.event


def test_everything_issued_is_rebuilt_and_what_cannot_be_is_named(
    log: Database, home: Path, march: Issued, form: IssuedPaper
) -> None:
    every = all_filed(log, home)
    assert [f.event.number for f in every] == [march.number, form.event.number]
    assert all_filed(log, home, 2021) == ()
    gone = filed_bulletin(log, home, march.event.model_copy(update={"template": "plain-1"}))
    found = list(rebuild_issues(log, (gone, *every), Press()))
    assert [f.ok for f in found] == [False, True, True]
    assert "plain-1 本版本没有" in found[0].differences[0]
