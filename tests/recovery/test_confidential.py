"""A secret is typed by every entrance, and looked for in every file of the home, Temporal's database among them."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from domain import confidential
from domain.envelope import SYSTEM
from domain.office import DIRECTORY_STREAM, Person, PersonRecorded
from domain.terms import Role
from services.office_records import record
from tests.support.command_line import CommandLine
from tests.support.office import office_today
from tests.support.served import Home, home_in

LEAD, ASSIST = "区城市更新和土地整备局", "区住房和建设局"
PLAIN = "不是秘密的进展一二三"


class Words:
    """Words nobody else says, each used once."""

    def __init__(self) -> None:
        self._count = count(10)
        self.said: dict[str, str] = {}

    def __call__(self, entrance: str) -> str:
        word = f"涉密词{next(self._count)}号甲乙丙"
        self.said[word] = entrance
        return word


def forms(word: str) -> Iterator[bytes]:
    """The bytes a word may stand as in a file."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        yield word.encode(encoding)
    yield json.dumps(word)[1:-1].encode()
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + word.encode())
        yield encoded[4 if offset else 0 : -4]


def found(folder: Path, words: Iterator[str] | list[str]) -> dict[str, set[str]]:
    """Word → names of the files that hold it in any form."""
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    hits: dict[str, set[str]] = {}
    for word in words:
        names = {path.name for path, data in files.items() if any(form in data for form in forms(word))}
        if names:
            hits[word] = names
    return hits


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path) as home:
        third = PersonRecorded(person=Person(id="office-3", name="郑八", unit="office", role=Role.OFFICE))
        with home.log() as log:
            record(log, DIRECTORY_STREAM, [third], actor=SYSTEM, command_id="third", now=datetime.now(UTC))
        home.up()
        yield home


@pytest.fixture
def xmh(served: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("XMH_HOME", str(served.path))
    monkeypatch.setenv("XMH_ACTOR", "office")
    line = CommandLine(served.path, capsys)

    def run(*words: str | Path, actor: str = "office") -> Any:
        return line.json(*words, actor=actor)

    return run


BY = ("--by", "leader", "--paper", "香指批〔2022〕3号")


def opened(xmh: Callable[..., Any], title: str, *more: str) -> str:
    due = f"{office_today().year + 1}-06-30"
    basis = ("--basis", "工作计划", "--lead", LEAD, "--due", due)
    return str(xmh("task", "open", "--title", title, *basis, *more)["matter"])


def everything_typed(xmh: Callable[..., Any], words: Words, outside: Path) -> None:
    """Every entrance by which words reach a matter."""
    due = f"{office_today().year + 1}-07-30"
    one = opened(
        xmh, "甲事项", "--secret", "--point", words("open --point"), "--instruction", words("open --instruction"), *BY
    )
    two = opened(xmh, "乙事项")
    xmh("task", "decline", two, "--reason", words("decline"), "--secret", actor="li")
    xmh("task", "assign", two, "--lead", ASSIST, "--reason", words("assign"), "--secret")
    xmh("task", "accept", one, actor="li")
    xmh(
        *("task", "report", one, "--progress", "30", "--secret"),
        *("--text", words("report --text"), "--problem", words("--problem"), "--next", words("--next")),
        *("--need", words("--need"), "--point", f"1:40:{words('report --point')}"),
        actor="li",
    )
    rows = [
        {"matter": one, "text": words("--from json"), "problem": words("--from problem"), "next": words("from next")}
    ]
    many = outside / "反馈.json"
    many.write_text(json.dumps(rows))
    xmh("task", "report", "--from", many, "--secret", actor="li")
    csv = outside / "反馈.csv"
    csv.write_text(f"事项,进展,进度\n{one},{words('--from csv')},45\n")
    xmh("task", "report", "--from", csv, "--secret", actor="li")
    xmh("task", "report", one, "--text", PLAIN, "--progress", "50", actor="li")
    xmh("task", "point", "add", one, words("point add"), "--secret")
    xmh("task", "point", "change", one, "2", "--text", words("point change"), "--secret")
    xmh("task", "point", "drop", one, "2", "--reason", words("point drop"), "--secret")
    xmh("task", "coordinate", one, "--with", ASSIST, "--text", words("coordinate"), "--secret", actor="li")
    xmh("task", "coordinate", one, "--answer", words("coordinate --answer"), "--secret", actor="zhao")
    xmh("task", "escalate", one, "--reason", words("escalate"), "--secret")
    xmh("task", "extend", one, "--to", due, "--reason", words("extend"), "--secret", actor="li")
    xmh("task", "extension", one, "--refuse", "--reason", words("extension"), "--secret", *BY)
    xmh("task", "suspend", one, "--reason", f"不可抗力：{words('suspend')}", "--until", due, "--secret", *BY)
    xmh("task", "resume", one)
    xmh("task", "instruct", one, "--text", words("instruct"), *BY)
    xmh("task", "decide", one, "--meeting", "例会", "--text", words("decide"), "--secret", *BY)
    xmh("task", "correct", one, "--event", "1", "--text", words("correct"), "--secret")
    table = outside / "一览表.xlsx"
    xmh("plan", "table", "-o", table)
    _edited(table, words("edited table"))
    assert xmh("plan", "import", table, "--secret")["commands"]
    over = ("--over-unfinished", words("close over"))
    xmh("task", "close", one, "--text", words("close"), *over, "--secret", actor="li")
    xmh("task", "review", one, "--return", "--text", words("review --return"), "--secret", actor="office-2")
    xmh("task", "close", one, "--text", words("close again"), *over, "--secret", actor="li")
    xmh("task", "review", one, "--approve", "--text", words("review --approve"), "--secret", actor="office-2")
    xmh("task", "review", one, "--mark", "同意", "--text", words("review --mark"), *BY)
    xmh("task", "object", one, "--text", words("object"), "--secret", actor="li")
    xmh("task", "objection", one, "--recuse", "--text", words("recuse"), "--secret", actor="office-2")
    xmh("task", "objection", one, "--change", "--text", words("objection"), "--secret", actor="office-3")
    xmh("task", "reopen", one, "--reason", words("reopen"), "--due", due, "--secret", *BY)
    xmh("task", "cancel", one, "--reason", words("cancel"), "--secret", *BY)


def _edited(table: Path, word: str) -> None:
    """Somebody writes what was done into the table's column for it."""
    book = load_workbook(table)
    sheet = book.worksheets[0]
    heads = {cell.value: cell for row in sheet.iter_rows(max_row=6) for cell in row if isinstance(cell.value, str)}
    head = next(cell for text, cell in heads.items() if "进展" in text)
    for row in range(head.row + 1, sheet.max_row + 1):
        cell = sheet.cell(row, head.column)
        if PLAIN in str(cell.value or ""):
            cell.value = word
            book.save(table)
            return
    raise AssertionError("the table holds no cell to edit")


def shown_to_all(xmh: Callable[..., Any], home: Path) -> str:
    """Whatever is printed and exported of it, into the home, where it is looked for; what the leader reads of it."""
    xmh("plan", "table", "-o", home / "一览表.xlsx")
    xmh("plan", "table", "-o", home / "一览表.docx")
    xmh("briefing", "draft", "-o", home / "简报.docx")
    for name, what in (("重放", ("audit", "replay", "--step")), ("事项", ("task", "show"))):
        seen = xmh(*what, "1", actor="audit")
        (home / f"无权者所见{name}.json").write_text(json.dumps(seen, ensure_ascii=False))
    xmh("notice", "list")
    read = [xmh(*what, no, actor="leader") for no in "12" for what in (("task", "show"), ("audit", "replay", "--step"))]
    return json.dumps(read, ensure_ascii=False)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_secret_typed_by_any_entrance_is_in_no_file(served: Home, xmh: Callable[..., Any], tmp_path: Path) -> None:
    words = Words()
    everything_typed(xmh, words, tmp_path)
    read = shown_to_all(xmh, served.path)
    assert {word: e for word, e in words.said.items() if word not in read} == {}, "its readers read every one"
    served.down()
    names = {path.name for path in served.path.rglob("*") if path.is_file()}
    assert {"events.db", "temporal.db", "worker.log", "简报.docx"} <= names
    control = found(served.path, [PLAIN])[PLAIN]
    assert {"events.db", "temporal.db"} <= control, "what is not secret is found where it is looked for"
    assert {words.said[word]: names for word, names in found(served.path, list(words.said)).items()} == {}


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_search_finds_a_field_that_is_not_sealed(
    served: Home, xmh: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = confidential._marks

    def without_problem(kind: Any) -> dict[str, str | None]:
        return {name: mark for name, mark in marks(kind).items() if name != "problem"}

    monkeypatch.setattr(confidential, "_marks", without_problem)
    words = Words()
    one = opened(xmh, "乙事项")
    xmh("task", "accept", one, actor="li")
    said = ("--text", words("text"), "--problem", words("problem"))
    xmh("task", "report", one, *said, "--secret", actor="li")
    hits = {words.said[word]: names for word, names in found(served.path, list(words.said)).items()}
    assert hits.keys() == {"problem"}
    assert any(name.startswith("events.db") for name in hits["problem"])
    assert any(name.startswith("temporal.db") for name in hits["problem"])
