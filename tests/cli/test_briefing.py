"""`xmh briefing`: drafted by anybody in the office, signed by a leader, numbered by the log."""

import hashlib
import shutil
from pathlib import Path

import pytest

from domain.calendar import local_date
from eventlog import reading
from eventlog.database import Database
from tests.documents.quarter import WORDS, play
from tests.support.command_line import CommandLine

SPAN = ("--from", "2022-01-01", "--to", "2022-03-31")


@pytest.fixture
def quarter(log: Database) -> Database:
    play(log)
    return log


def this_year() -> int:
    from datetime import UTC, datetime

    return local_date(datetime.now(UTC)).year


def test_a_draft_shows_its_text_and_its_id(quarter: Database, xmh: CommandLine) -> None:
    said = xmh("briefing", "draft", *SPAN)
    assert said.code == 0
    assert "今年以来共督办事项3件" in said.out
    assert "签发请用 xmh briefing issue D" in said.out
    assert WORDS not in said.out
    listed = xmh.json("briefing", "list")
    assert listed["bulletins"] == []
    assert len(listed["drafts"]) == 1


def test_a_signed_draft_becomes_a_numbered_issue_with_its_files(quarter: Database, xmh: CommandLine) -> None:
    draft = xmh.json("briefing", "draft", *SPAN)
    done = xmh.json("briefing", "issue", draft["draft"], "--sign", "leader")
    assert done["bulletin"] == f"简报-{this_year()}-01"
    assert done["no"] == 1
    assert set(done["files"]) == set(done["sha256"]) == {"md", "docx", "pdf", "html"}
    for kind, path in done["files"].items():
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == done["sha256"][kind]
    event = reading.read_stream(quarter, "bulletin/briefing")[0]
    assert event.actor.on_behalf_of is not None
    assert (event.actor.id, event.actor.on_behalf_of.id) == ("office", "leader")
    listed = xmh.json("briefing", "list")
    assert [b["bulletin"] for b in listed["bulletins"]] == [done["bulletin"]]
    assert listed["drafts"] == []
    shown = xmh("briefing", "show", done["bulletin"])
    assert "第1期（总第1期）" in shown.out
    assert "签发：吴七" in shown.out


def test_a_leader_signs_for_himself(quarter: Database, xmh: CommandLine) -> None:
    draft = xmh.json("briefing", "draft", *SPAN)
    assert xmh("briefing", "issue", draft["draft"], "--sign", "leader", actor="leader").code == 0
    assert reading.read_stream(quarter, "bulletin/briefing")[0].actor.on_behalf_of is None


@pytest.mark.parametrize("sign", [[], ["--sign", "office-2"], ["--sign", "li"]])
def test_unsigned_or_signed_by_no_leader_is_exit_3_and_uses_no_number(
    quarter: Database, xmh: CommandLine, sign: list[str]
) -> None:
    draft = xmh.json("briefing", "draft", *SPAN)
    said = xmh("briefing", "issue", draft["draft"], *sign)
    assert said.code == 3
    assert "须由领导签发" in said.error
    assert xmh.json("briefing", "issue", draft["draft"], *sign, code=3)["error"]["code"] == "unsigned"
    assert reading.stream_head(quarter, "bulletin/briefing").version == 0


def test_a_liaison_may_not_type_a_leaders_signature(quarter: Database, xmh: CommandLine) -> None:
    draft = xmh.json("briefing", "draft", *SPAN)
    said = xmh("briefing", "issue", draft["draft"], "--sign", "leader", actor="li")
    assert said.code == 3
    assert "代录领导签发" in said.error


def test_issuing_a_draft_twice_is_one_issue(quarter: Database, xmh: CommandLine) -> None:
    draft = xmh.json("briefing", "draft", *SPAN)
    first = xmh.json("briefing", "issue", draft["draft"], "--sign", "leader")
    assert xmh.json("briefing", "issue", draft["draft"], "--sign", "leader") == first


def test_the_next_draft_begins_where_the_last_issue_ended(quarter: Database, xmh: CommandLine) -> None:
    draft = xmh.json("briefing", "draft", "--to", "2022-03-31")
    assert draft["from"] == "2022-02-14"
    xmh("briefing", "issue", draft["draft"], "--sign", "leader")
    assert xmh.json("briefing", "draft", "--to", "2022-04-30")["from"] == "2022-04-01"
    said = xmh("briefing", "draft", "--to", "2022-03-31")
    assert said.code == 2
    assert "没有新的时段" in said.error


def test_news_are_a_series_of_their_own(quarter: Database, xmh: CommandLine) -> None:
    for series in ("动态", "简报"):
        draft = xmh.json("briefing", "draft", "--series", series, *SPAN)
        done = xmh.json("briefing", "issue", draft["draft"], "--sign", "leader")
        assert (done["bulletin"], done["no"]) == (f"{series}-{this_year()}-01", 1)
    assert len(xmh.json("briefing", "list", "--series", "动态")["bulletins"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["draft", "--series", "快报"], 2, "可填：简报、动态"),
        (["draft", "--from", "2022-04-01", "--to", "2022-03-01"], 2, "晚于截止日期"),
        (["draft", "--from", "2022-04-01", "--to", "2099-03-01"], 2, "还没有到"),
        (["draft", "--from", "昨儿"], 2, "看不懂日期"),
        (["issue", "D20220101-9", "--sign", "leader"], 4, "没有草稿“D20220101-9”"),
        (["show", "简报-2022-99"], 4, "没有“简报-2022-99”这一期"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    xmh: CommandLine, log: Database, arguments: list[str], code: int, words: str
) -> None:
    said = xmh("briefing", *arguments)
    assert (said.code, words in said.error) == (code, True)
    assert reading.stream_head(log, "bulletin/briefing").version == 0


def test_a_day_without_year_means_the_last_such_day(xmh: CommandLine) -> None:
    from datetime import UTC, datetime, timedelta

    tomorrow = local_date(datetime.now(UTC)) + timedelta(days=1)
    draft = xmh.json("briefing", "draft", "--from", f"{tomorrow.month}月{tomorrow.day}日")
    assert draft["from"] == f"{tomorrow.year - 1}-{tomorrow:%m-%d}"


def test_reading_briefings_needs_neither_temporal_nor_sqlalchemy(quarter: Database, xmh: CommandLine) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from cli.main import _code; assert _code(sys.argv[1:]) == 0; "
        "assert not {'temporalio', 'sqlalchemy', 'docx'} & set(sys.modules), 'imported'"
    )
    arguments = ["briefing", "list", "--home", str(xmh.home)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_draft_is_edited_in_word_and_issued_as_edited(quarter: Database, xmh: CommandLine, tmp_path: Path) -> None:
    from docx import Document

    file = tmp_path / "草稿.docx"
    draft = xmh.json("briefing", "draft", *SPAN, "-o", file)["draft"]
    document = Document(str(file))
    line = next(p for p in document.paragraphs if "主体施工至五层" in p.text)
    line.runs[0].text = line.text.replace("主体施工至五层", "主体施工已达五层")
    document.save(str(file))
    said = xmh("briefing", "edit", draft, "--from", file)
    assert "改了1处" in said.out
    assert "  改：" in said.out
    assert "  原：" in xmh("briefing", "show", draft).out
    done = xmh.json("briefing", "issue", draft, "--sign", "leader")
    assert "主体施工已达五层" in xmh("briefing", "show", done["bulletin"]).out
    late = xmh("briefing", "edit", draft, "--from", file)
    assert late.code == 3
    assert "已经签发" in late.error


def test_a_file_from_before_anothers_edit_is_asked_about_and_the_newest_is_to_be_had(
    quarter: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    from docx import Document

    file, newest = tmp_path / "草稿.docx", tmp_path / "最新.docx"
    draft = xmh.json("briefing", "draft", *SPAN, "-o", file)["draft"]
    other = Path(shutil.copy(file, tmp_path / "乙.docx"))
    document = Document(str(file))
    line = next(p for p in document.paragraphs if "主体施工至五层" in p.text)
    line.runs[0].text = line.text.replace("主体施工至五层", "主体施工已达五层")
    document.save(str(file))
    assert xmh("briefing", "edit", draft, "--from", file).code == 0
    asked = xmh("briefing", "edit", draft, "--from", other)
    assert asked.code == 3
    assert f"xmh briefing show {draft} -o 最新.docx 另存；要以这份为准的加 --replace" in asked.error
    assert "已另存为" in xmh("briefing", "show", draft, "-o", newest).out
    assert any("主体施工已达五层" in p.text for p in Document(str(newest)).paragraphs)
    assert "没有改动" in xmh("briefing", "edit", draft, "--from", other, "--replace").out
    done = xmh.json("briefing", "issue", draft, "--sign", "leader")
    refused = xmh("briefing", "show", done["bulletin"], "-o", newest)
    assert (refused.code, "已经签发，不能再改" in refused.error) == (3, True)


def test_an_edit_without_a_file_or_of_no_draft_is_one_line(xmh: CommandLine, quarter: Database) -> None:
    assert xmh("briefing", "edit", "D20220101-9", "--from", "甲.docx").code == 4
    draft = xmh.json("briefing", "draft", *SPAN)["draft"]
    assert "--from" in xmh("briefing", "edit", draft).error
    assert "找不到文件" in xmh("briefing", "edit", draft, "--from", "没有.docx").error


def test_an_issue_is_rebuilt_from_the_log_and_a_touched_file_is_named(
    quarter: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    del quarter
    draft = xmh.json("briefing", "draft", *SPAN)
    done = xmh.json("briefing", "issue", draft["draft"], "--sign", "leader", "--copies", "30")
    found = xmh.json("briefing", "rebuild", done["bulletin"], "--out", tmp_path / "again")
    assert found["ok"] is True
    assert {f["verdict"] for f in found["files"]} == {"identical"}
    assert "（共印30份）" in (tmp_path / "again" / f"{done['bulletin']}.html").read_text(encoding="utf-8")
    Path(done["files"]["md"]).write_text("改过", encoding="utf-8")
    said = xmh("briefing", "rebuild", done["bulletin"])
    assert said.code == 3
    assert "柜中文件已被改动" in said.out
    assert xmh("briefing", "rebuild", "简报-1999-01").code == 4


def test_everything_issued_is_rebuilt_at_once_and_one_that_differs_is_exit_3(
    quarter: Database, xmh: CommandLine
) -> None:
    del quarter
    assert "还没有成文" in xmh("briefing", "rebuild", "--all").out
    drafts = [xmh.json("briefing", "draft", "--series", series, *SPAN)["draft"] for series in ("动态", "简报")]
    _, done = [xmh.json("briefing", "issue", draft, "--sign", "leader") for draft in drafts]
    paper = xmh.json("form", "推进国际交流中心", "--issue", "--sign", "leader", "--yes")
    found = xmh.json("briefing", "rebuild", "--all")
    assert [(f["bulletin"], f["ok"]) for f in found] == [
        (f"动态-{this_year()}-01", True),
        (f"简报-{this_year()}-01", True),
        (paper["number"], True),
    ]
    assert xmh.json("briefing", "rebuild", "--year", "2021") == []
    assert "✓ 与成文一致" in xmh("briefing", "rebuild", f"香指办督[{this_year()}]1号").out
    Path(done["files"]["md"]).write_text("改过", encoding="utf-8")
    said = xmh("briefing", "rebuild", "--all")
    assert said.code == 3
    assert "共核对3件成文，1件不一致" in said.out
    assert xmh("briefing", "rebuild").code == 2
    assert xmh("briefing", "rebuild", "--all", paper["number"]).code == 2


def test_an_issue_is_corrected_by_a_new_one_and_both_say_so(
    quarter: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    from docx import Document

    del quarter
    draft = xmh.json("briefing", "draft", *SPAN)["draft"]
    wrong = xmh.json("briefing", "issue", draft, "--sign", "leader")
    file = tmp_path / "改正.docx"
    document = Document(wrong["files"]["docx"])
    line = next(p for p in document.paragraphs if "主体施工至五层" in p.text)
    line.runs[0].text = line.text.replace("主体施工至五层", "主体施工至六层")
    document.save(str(file))
    assert "--reason" in xmh("briefing", "correct", wrong["bulletin"], "--from", file).error
    said = xmh.json("briefing", "correct", wrong["bulletin"], "--from", file, "--reason", "填报有误")
    assert said["corrects"] == wrong["bulletin"]
    saved = xmh("briefing", "show", said["draft"], "-o", file.with_name("更正稿.docx"))
    assert "再用 xmh briefing correct 起草" in saved.out
    assert "briefing edit" not in saved.out
    assert said["title"] == f"关于《工作简报》{this_year()}年第1期的更正"
    assert f"更正 {wrong['bulletin']}" in xmh("briefing", "list").out
    done = xmh.json("briefing", "issue", said["draft"], "--sign", "leader")
    rows = xmh.json("briefing", "list")["bulletins"]
    assert [(r["bulletin"], r["corrects"], r["corrected_by"]) for r in rows] == [
        (wrong["bulletin"], None, [done["bulletin"]]),
        (done["bulletin"], wrong["bulletin"], []),
    ]
    assert f"（本期已由 {done['bulletin']} 更正）" in xmh("briefing", "show", wrong["bulletin"]).out
    assert f"（本期更正 {wrong['bulletin']}）" in xmh("briefing", "show", done["bulletin"]).out
    assert xmh.json("briefing", "rebuild", done["bulletin"])["ok"] is True
    assert xmh("briefing", "correct", "简报-1999-01", "--from", file, "--reason", "误").code == 4
