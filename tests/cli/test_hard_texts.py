"""Texts nobody expects: marks of other languages, rare characters, the longest the log takes, spoilt edited files."""

import zipfile
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.oxml.ns import qn
from pdfminer.high_level import extract_text

from documents.bulletin.edited import MOST_CHARACTERS
from documents.formats.press import GB_2
from documents.formats.templates import load_template
from documents.sections.recipe import FILE
from domain import commands as c
from domain.envelope import SYSTEM
from domain.facts import TEXT_BYTES, UnitRef
from domain.office import Person, PersonRecorded, Unit, UnitRecorded
from domain.terms import MatterClass, Rhythm, Role, Supervision, UnitLevel
from eventlog import reading
from eventlog.database import Database
from services.office_records import record_office_events
from tests.cli.test_unwritable import played
from tests.documents.quarter import HALL
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import HEAD, LIAISON, OFFICE, opening
from tests.support.streams import DIRECTORY_STREAM

__all__ = ["played"]
SPAN = ("--from", "2022-01-01", "--to", "2022-03-31")
DRAFT = ("briefing", "draft", *SPAN)
HARD = "A&B<br>{{ 报头 }}#x《甲〈乙〉》“丙”堃喆㎡𠮷🚇"
MARKED = HARD.replace("“", "‘").replace("”", "’")
"""As it is quoted: marks inside marks are single."""
NO_TYPE = str.maketrans("𠮷🚇", "〓〓")
"""What no face has is set as 〓."""


def words(text: str) -> str:
    return "".join(text.split())


def test_a_title_of_hard_characters_is_printed_as_it_is_in_every_format(played: Database, xmh: CommandLine) -> None:
    every_part(xmh)
    hard = opening(HARD, date(2022, 6, 30), klass=MatterClass.MAJOR, rhythm=Rhythm.MONTHLY)
    act(played, "matter/hard", hard, OFFICE, at("2022-03-31", "17:40"))
    act(played, "matter/hard", c.AcceptReceipt(), HEAD, at("2022-03-31", "17:45"))
    done = xmh.json("briefing", "issue", xmh.json(*DRAFT)["draft"], "--sign", "leader")
    files = {kind: Path(path) for kind, path in done["files"].items()}
    form = xmh.json("form", "A&B", "--kind", "督办单", "--issue", "--sign", "leader", "--yes")
    assert "A\\&B" not in files["md"].read_text(encoding="utf-8")
    assert "A&B\\<br\\>{{ 报头 }}\\#x《甲〈乙〉》‘丙’堃喆㎡𠮷🚇" in files["md"].read_text(encoding="utf-8")
    page = files["html"].read_text(encoding="utf-8")
    assert ("A&amp;B&lt;br&gt;{{ 报头 }}#x" in page, "<br>{{" in page) == (True, False)
    text = "\n".join(p.text for p in Document(str(files["docx"])).paragraphs)
    assert MARKED in text
    set_in_type = words(extract_text(str(files["pdf"])))
    assert words(MARKED).translate(NO_TYPE) in set_in_type
    assert "A&B<br>" in words(extract_text(form["files"]["pdf"]))
    assert [r["ok"] for r in xmh.json("briefing", "rebuild", "--all")] == [True, True]


def test_names_of_hard_characters_are_printed_as_they_are_in_every_format(played: Database, xmh: CommandLine) -> None:
    every_part(xmh)
    unit, leader = "市“双区”办&<协调>局（堃）", "欧阳喆<&>"
    told = [
        UnitRecorded(unit=Unit(id="odd", name=unit, level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT)),
        PersonRecorded(person=Person(id="leader-2", name=leader, unit="office", role=Role.LEADER)),
    ]
    record_office_events(played, DIRECTORY_STREAM, told, actor=SYSTEM, command_id="odd", now=at("2022-03-31", "17:30"))
    lead = UnitRef(id="odd", supervision=Supervision.OBJECT)
    act(played, "matter/odd", opening("整治", date(2022, 6, 30), lead=lead), OFFICE, at("2022-03-31", "17:40"))
    issue = ("--issue", "--sign", leader, "--yes")
    for done, signed in (
        (xmh.json("briefing", "issue", xmh.json(*DRAFT)["draft"], "--sign", leader), True),
        (xmh.json("form", "整治", "--kind", "督办单", *issue), False),  # who signed a paper stands in the register
    ):
        files = {kind: Path(path) for kind, path in done["files"].items()}
        assert "市“双区”办&\\<协调\\>局（堃）" in files["md"].read_text(encoding="utf-8")
        page = files["html"].read_text(encoding="utf-8")
        assert "市“双区”办&amp;&lt;协调&gt;局（堃）" in page
        assert ("欧阳喆&lt;&amp;&gt;" in page) is signed
        word = "".join(t.text or "" for t in Document(str(files["docx"])).element.iter(qn("w:t")))
        assert (unit in word, leader in word) == (True, signed)
        set_in_type = words(extract_text(str(files["pdf"])))
        assert (unit in set_in_type, leader in set_in_type) == (True, signed)


def every_part(xmh: CommandLine) -> None:
    """An office whose 简报 tells everything in its text."""
    (xmh.home / "templates").mkdir()
    (xmh.home / "templates" / FILE).write_bytes(load_template(GB_2).source(FILE))


def test_a_report_as_long_as_the_log_takes_is_printed_issued_edited_and_corrected(
    played: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    every_part(xmh)
    long = "长" * ((TEXT_BYTES - 4) // 3)
    act(played, HALL, c.SubmitFeedback(text=long, progress=46), LIAISON, at("2022-03-31", "17:40"))
    file = tmp_path / "草稿.docx"
    draft = xmh.json(*DRAFT, "-o", file)["draft"]
    refused = xmh("briefing", "edit", draft, "--from", file)
    assert (refused.code, f"一期最多{MOST_CHARACTERS}字" in refused.error) == (2, True)
    changed(file, lambda document: reword(document, long, "主体施工至六层"))
    assert "改了1处" in xmh("briefing", "edit", draft, "--from", file).out
    done = xmh.json("briefing", "issue", draft, "--sign", "leader")
    assert "主体施工至六层" in Path(done["files"]["md"]).read_text(encoding="utf-8")
    whole = xmh.json("briefing", "issue", xmh.json(*DRAFT)["draft"], "--sign", "leader")
    assert long in Path(whole["files"]["md"]).read_text(encoding="utf-8")
    file.write_bytes(Path(whole["files"]["docx"]).read_bytes())
    changed(file, lambda document: reword(document, "3月11日销号", "3月10日销号"))
    said = xmh("briefing", "correct", whole["bulletin"], "--from", file, "--reason", "填报有误")
    assert (said.code, "3月10日销号" in said.out) == (0, True)


def test_a_report_longer_than_the_log_takes_is_one_line(played: Database, xmh: CommandLine) -> None:
    before = reading.read_all(played)[-1].position
    refused = xmh("task", "report", "国际交流中心", "--text", "长" * 22_000, actor="li")
    assert (refused.code, "超过 64 KiB，请作为附件提交" in refused.error) == (2, True)
    assert reading.read_all(played)[-1].position == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("briefing", "draft", *SPAN, "--note", "长" * 1001), "按语有1001字，最多1000字"),
        (
            ("briefing", "issue", "DRAFT", "--sign", "leader", "--paper", "长" * 600),
            "--paper 有600字，只写文号或文件名",
        ),
        (
            ("briefing", "issue", "DRAFT", "--sign", "leader", "--copies", "10" * 12),
            "--copies 填写有误：不能大于 9999",
        ),
        (("form", "国际", "--issue", "--sign", "leader", "--paper", "长" * 600, "--yes"), "--paper 有600字"),
    ],
)
def test_an_option_that_is_too_long_is_told_before_anything_is_kept_or_issued(
    played: Database, xmh: CommandLine, words: tuple[str, ...], said: str
) -> None:
    draft = xmh.json(*DRAFT)["draft"]
    before = reading.read_all(played)[-1].position
    refused = xmh(*(draft if word == "DRAFT" else word for word in words))
    assert (refused.code, refused.out, said in refused.error) == (2, "", True)
    assert reading.read_all(played)[-1].position == before
    assert [d["draft"] for d in xmh.json("briefing", "list")["drafts"]] == [draft]


def test_a_correction_for_a_reason_of_many_pages_is_one_line(
    played: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    done = xmh.json("briefing", "issue", xmh.json(*DRAFT)["draft"], "--sign", "leader")
    file = tmp_path / "改正.docx"
    file.write_bytes(Path(done["files"]["docx"]).read_bytes())
    changed(file, lambda document: reword(document, "主体施工至五层", "主体施工至六层"))
    refused = xmh("briefing", "correct", done["bulletin"], "--from", file, "--reason", "长" * 201)
    assert (refused.code, refused.error) == (2, "错误：更正理由有201字，最多200字")
    assert xmh.json("briefing", "list")["drafts"] == []
    assert xmh("briefing", "correct", done["bulletin"], "--from", file, "--reason", "长" * 200).code == 0
    del played


# --- edited files


def changed(path: Path, change: Callable[[Docx], None]) -> None:
    document = Document(str(path))
    change(document)
    document.save(str(path))


def reword(document: Docx, old: str, new: str) -> None:
    line = next(p for p in document.paragraphs if old in p.text)
    line.runs[0].text = line.text.replace(old, new)
    for run in line.runs[1:]:
        run.text = ""


def without(start: str) -> Callable[[Path], None]:
    """A draft that lost a line."""

    def spoil(path: Path) -> None:
        def change(document: Docx) -> None:
            [line] = [p for p in document.paragraphs if p.text.startswith(start)]
            line._p.getparent().remove(line._p)

        changed(path, change)

    return spoil


def swollen(text: str) -> Callable[[Path], None]:
    return lambda path: changed(path, lambda document: reword(document, "主体施工至五层", text))


def many_cells(path: Path) -> None:
    """Few characters, and more than the log keeps as one text all the same."""

    def change(document: Docx) -> None:
        [table] = [t for t in document.tables if t.cell(0, 0).text == "类别"]
        row = table.rows[-1]._tr
        for _ in range(4000):
            row.addnext(deepcopy(row))

    changed(path, change)


def with_a_macro(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"")


def encrypted(path: Path) -> None:
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 4096)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


def long_title(path: Path) -> None:
    changed(path, lambda document: reword(document, "督办工作情况", "长" * 300))


SPOILT = {
    "a title of a page": (long_title, "字，最多200字"),
    "no title": (without("2022年第一季度"), "缺少标题：“一、总体情况”之前应有一行标题"),
    "no note": (without("本期数据由督办日志生成"), "找不到文末“本期数据由督办日志生成”一行"),
    "no issuer": (without("香蜜湖片区建设指挥部办公室"), "找不到“香蜜湖片区建设指挥部办公室”一行"),
    "too long": (swollen("长" * 40_000), f"字，一期最多{MOST_CHARACTERS}字（表格和图多的更少），请分期或作为附件"),
    "too many bytes": (swollen("𠮷" * 17_000), f"字，一期最多{MOST_CHARACTERS}字（表格和图多的更少）"),
    "too many cells": (many_cells, f"字，一期最多{MOST_CHARACTERS}字（表格和图多的更少）"),
    "a macro": (with_a_macro, "含有宏，请另存为不含宏的 .docx"),
    "a password": (encrypted, "打不开：不是完整的 .docx，或者设有密码"),
    "a file cut short": (truncated, "打不开：不是完整的 .docx，或者设有密码"),
}


@pytest.mark.parametrize(("spoil", "said"), SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_edited_draft_is_one_line_and_the_draft_stays_as_it_was(
    played: Database, xmh: CommandLine, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    every_part(xmh)
    file = tmp_path / "草稿.docx"
    draft = xmh.json(*DRAFT, "-o", file)["draft"]
    spoil(file)
    refused = xmh("briefing", "edit", draft, "--from", file)
    assert (refused.code, refused.out) == (2, "")
    assert refused.error.startswith("错误：草稿.docx ")
    assert said in refused.error
    assert xmh.json("briefing", "show", draft)["edited"] == []
    assert reading.stream_head(played, "bulletin/briefing").version == 0


def test_what_is_no_docx_is_one_line_for_an_edit_and_for_a_correction(
    played: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    text, missing = tmp_path / "稿.txt", tmp_path / "没有.docx"
    text.write_text("文字", encoding="utf-8")
    draft = xmh.json(*DRAFT)["draft"]
    issued = xmh.json("briefing", "issue", xmh.json(*DRAFT)["draft"], "--sign", "leader")["bulletin"]
    for told in (("edit", draft), ("correct", issued, "--reason", "填报有误")):
        for file, code, said in (
            (text, 2, "稿.txt 不是 .docx 文件"),
            (missing, 4, "找不到文件"),
            (tmp_path, 2, "不是"),
            (text / "稿.docx", 4, "找不到文件"),
        ):
            refused = xmh("briefing", *told, "--from", file)
            assert (refused.code, said in refused.error) == (code, True)
    assert reading.stream_head(played, "bulletin/briefing").version == 1
