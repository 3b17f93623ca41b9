"""A secret is typed by every entrance, and looked for in every file of the home, Temporal's database among them."""

import base64
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from domain import confidential
from domain.calendar import SHANGHAI, local_date
from domain.envelope import SYSTEM
from domain.office import Person, PersonRecorded
from domain.terms import Role
from services.office_records import record_office_events
from settings import TEMPORAL_KEY
from tests.recovery.chaos import away_from_midnight, later_today
from tests.support.command_line import CommandLine
from tests.support.office import office_today
from tests.support.served import Home, home_in, wait_for
from tests.support.streams import DIRECTORY_STREAM

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
        second = PersonRecorded(person=Person(id="leader-2", name="冯九", unit="office", role=Role.LEADER))
        with home.log() as log:
            record_office_events(
                log, DIRECTORY_STREAM, [third, second], actor=SYSTEM, command_id="third", now=datetime.now(UTC)
            )
        # What Temporal stores lies open here, as in a home that has no key for it: words must be sealed by themselves.
        (home.path / TEMPORAL_KEY).unlink()
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
    with typed_in(json.dumps([{"matter": one, "text": words("--from stdin"), "next": words("stdin next")}])):
        xmh("task", "report", "--from", "-", "--secret", actor="li")
    xmh("task", "report", one, "--text", PLAIN, "--progress", "50", actor="li")
    xmh("task", "point", "add", one, words("point add"), "--secret")
    xmh("task", "point", "change", one, "2", "--text", words("point change"), "--secret")
    xmh("task", "point", "drop", one, "2", "--reason", words("point drop"), "--secret")
    xmh("task", "coordinate", one, "--with", ASSIST, "--text", words("coordinate"), "--secret", actor="li")
    a_meeting_decides(xmh, words, outside, one)
    xmh("task", "coordinate", one, "--answer", words("coordinate --answer"), "--secret", actor="zhao")
    xmh("task", "escalate", one, "--reason", words("escalate"), "--secret")
    xmh("task", "extend", one, "--to", due, "--reason", words("extend"), "--secret", actor="li")
    xmh("task", "extension", one, "--refuse", "--reason", words("extension"), "--secret", *BY)
    xmh("task", "suspend", one, "--reason", f"不可抗力：{words('suspend')}", "--until", due, "--secret", *BY)
    xmh("task", "resume", one)
    xmh("task", "instruct", one, "--text", words("instruct"), *BY)
    a_paper_comes_in(xmh, words, one)
    xmh("task", "decide", one, "--meeting", "例会", "--text", words("decide"), "--secret", *BY)
    fields = [f"{name}={words(f'correct {name}')}" for name in ("source", "basis_text", "basis_no")]
    told = [word for field in fields for word in ("--set", field)]
    xmh("task", "correct", one, "--event", "1", "--text", words("correct"), *told, "--secret")
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


def a_paper_comes_in(xmh: Callable[..., Any], words: Words, one: str) -> None:
    """Every entrance by which words reach an incoming paper, and by it a matter."""
    new = ("--from", "市规划和自然资源局", "--title", "来文标题", "--text", words("incoming register"))
    paper = xmh("incoming", "register", *new, "--secret")["paper"]
    xmh("incoming", "propose", paper, "--text", words("incoming propose"), "--secret")
    xmh("incoming", "submit", paper, "--to", "leader")
    xmh("incoming", "submit", paper, "--to", "leader-2", "--reason", words("incoming submit"), "--secret")
    xmh("incoming", "submit", paper, "--to", "leader", "--reason", words("incoming submit again"), "--secret")
    xmh("incoming", "instruct", paper, "--text", words("incoming instruct"), *BY)
    xmh("incoming", "assign", paper, "--matter", one)
    xmh("incoming", "assign", paper, "--title", "来文新立", "--point", words("incoming assign"), "--secret")
    xmh("incoming", "report", paper, "--text", words("incoming report"), "--secret")
    xmh("incoming", "instruct", paper, "--text", words("incoming instruct again"), *BY)
    xmh("incoming", "finish", paper, "--no", "2", "--text", words("incoming finish"), "--secret")
    mark = ("--no", "2", "--mark", "同意", "--text", words("incoming mark"))
    xmh("incoming", "mark", paper, *mark, *BY)
    other = ("--from", "区委办", "--title", "另一来文")
    second = xmh("incoming", "register", *other)["paper"]
    xmh("incoming", "archive", second, "--text", words("incoming archive"), "--secret")


@contextmanager
def typed_in(text: str) -> Iterator[None]:
    """Standard input holds this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        yield


def imported(xmh: Callable[..., Any], words: Words, outside: Path) -> str:
    """A matter that comes as a row of a sheet."""
    sheet = outside / "任务清单.csv"
    heads = "序号,任务,要点,牵头单位,完成时限,反馈周期,类别,依据"
    due = f"{office_today().year + 1}-06-30"
    sheet.write_text(f"{heads}\n1,丙事项,{words('plan import')};{due},{LEAD},{due},月,常规,工作计划\n")
    (no,) = xmh("plan", "import", sheet, "--secret")["opened"]
    return str(no["matter"])


def a_meeting_decides(xmh: Callable[..., Any], words: Words, outside: Path, one: str) -> None:
    """Every entrance by which words reach a matter by way of a meeting that is held today."""
    away_from_midnight()
    starts = later_today(30)
    xmh("calendar", "override", str(local_date(starts)), "--workday", "--reason", "测试当日开会")
    at = f"{starts.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
    three = imported(xmh, words, outside)
    meeting = xmh("meeting", "schedule", "--series", "联席会议", "--at", at, "--chair", "leader")["meeting"]
    wait_for(lambda: bool(xmh("meeting", "show", meeting)["stage"] == "frozen"))
    items = {i["number"]: i["no"] for i in xmh("meeting", "show", meeting)["items"]}
    assert one in items, "coordination in secret words comes onto the agenda"
    xmh("meeting", "agenda", meeting, "--add", three)
    xmh("meeting", "agenda", meeting, "--drop", str(len(items) + 1), "--reason", words("agenda --drop"), "--secret")
    xmh("meeting", "open", meeting)
    of = ("--item", str(items[one]), "--outcome")
    decide = ("meeting", "decide", meeting)
    xmh(*decide, *of, "继续推进", "--text", words("meeting decide"), "--secret", *BY)
    new = ("--title", "会上新立的事项", "--due", f"{office_today().year + 1}-06-30", "--lead", LEAD)
    xmh(*decide, *of, "新立项", "--text", words("meeting decide new"), *new, "--secret", *BY)
    row = {"item": items[one], "outcome": "继续推进", "text": words("meeting decide --from json")}
    many = outside / "议定.json"
    many.write_text(json.dumps([row]))
    xmh(*decide, "--from", many, "--secret", *BY)
    csv = outside / "议定.csv"
    csv.write_text(f"议题,结果,内容\n{items[one]},缓议,{words('meeting decide --from csv')}\n")
    xmh(*decide, "--from", csv, "--secret", *BY)
    with typed_in(json.dumps([{**row, "text": words("meeting decide stdin")}])):
        xmh(*decide, "--from", "-", "--secret", *BY)
    xmh(*decide, "--withdraw", "5", "--reason", words("meeting withdraw"), "--secret")
    four = opened(xmh, "丁事项")
    xmh("meeting", "agenda", meeting, "--add", four)
    late = str(max(i["no"] for i in xmh("meeting", "show", meeting)["items"]))
    refused = ("--outcome", "继续推进", "--text", words("meeting refused"))
    xmh(*decide, "--item", late, *refused, "--secret", *BY)
    xmh("task", "cancel", four, "--reason", "会后并案", *BY)
    xmh("meeting", "minutes", meeting, "--sign", "leader", "--over-unfit", "会后并案", "--yes")
    wait_for(lambda: bool(xmh("meeting", "show", meeting)["points"][5]["delivery"] == "refused"))
    xmh("meeting", "outcome", meeting, "6", "--waive", "--reason", words("meeting waive"), "--secret")
    wait_for(lambda: bool(xmh("meeting", "show", meeting)["stage"] == "closed"))


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


def shown_to_all(xmh: Callable[..., Any], served: Home) -> str:
    """Whatever is printed and exported of it, into the home, where it is looked for; what the leader reads of it."""
    home = served.path
    xmh("plan", "table", "-o", home / "一览表.xlsx")
    xmh("plan", "table", "-o", home / "一览表.docx")
    xmh("briefing", "draft", "-o", home / "简报.docx")
    for name, what in (("重放", ("audit", "replay", "--step")), ("事项", ("task", "show"))):
        seen = xmh(*what, "1", actor="audit")
        (home / f"无权者所见{name}.json").write_text(json.dumps(seen, ensure_ascii=False))
    xmh("notice", "list")
    for command in (("task", "show", "1"), ("audit", "replay", "1", "--step"), ("meeting", "show", "1"), ("today",)):
        assert "sealed:" not in served.xmh(*command).out, "nobody is shown a ciphertext"
    for name, words in (
        ("会议", ("meeting", "show")),
        ("议题", ("meeting", "agenda")),
        ("纪要", ("meeting", "minutes")),
    ):
        seen = xmh(*words, "1", actor="audit")
        (home / f"无权者所见{name}.json").write_text(json.dumps(seen, ensure_ascii=False))
    for name in ("会议纪要", "周调度"):
        (home / name).mkdir()
    xmh("meeting", "minutes", "1", "-o", home / "会议纪要" / "纪要.docx")
    xmh("meeting", "pack", "-o", home / "周调度" / "材料.docx")
    read = [
        xmh(*what, no, actor="leader") for no in "123456" for what in (("task", "show"), ("audit", "replay", "--step"))
    ]
    read.append(xmh("meeting", "show", "1", actor="leader"))
    read += [xmh("incoming", "show", no, actor="leader") for no in "12"]
    return json.dumps(read, ensure_ascii=False)


def both_of_the_first(xmh: Callable[..., Any]) -> list[Any]:
    """What a leader is shown of the first matter and of the meeting that decided on it."""
    return [xmh(*command, "1", actor="leader") for command in (("task", "show"), ("meeting", "show"))]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_secret_typed_by_any_entrance_is_in_no_file(served: Home, xmh: Callable[..., Any], tmp_path: Path) -> None:
    words = Words()
    everything_typed(xmh, words, tmp_path)
    read = shown_to_all(xmh, served)
    assert {word: e for word, e in words.said.items() if word not in read} == {}, "its readers read every one"
    of_the_first = [word for word in words.said if word in json.dumps(both_of_the_first(xmh), ensure_ascii=False)]
    assert {"meeting decide", "meeting withdraw", "correct basis_text"} <= {words.said[word] for word in of_the_first}
    assert xmh("audit", "verify")["ok"]
    xmh("audit", "forget", "1", "--reason", "原件收回", *BY)
    left = json.dumps(both_of_the_first(xmh), ensure_ascii=False)
    of_others = ["agenda --drop", "meeting refused", "meeting waive"]
    assert [words.said[word] for word in of_the_first if word in left] == of_others, "those are of other matters"
    xmh("audit", "forget", f"收〔{office_today().year}〕1号", "--reason", "原件收回", *BY)
    paper = json.dumps(xmh("incoming", "show", "1", actor="leader"), ensure_ascii=False)
    assert [entrance for word, entrance in words.said.items() if word in paper] == [], (
        "a paper's words are its own copy"
    )
    assert left.count("【密钥已销毁，无法查看】") > len(of_the_first) / 2
    assert xmh("audit", "verify")["ok"]
    served.down()
    names = {path.name for path in served.path.rglob("*") if path.is_file()}
    assert {"events.db", "temporal.db", "worker.log", "简报.docx"} <= names
    control = found(served.path, [PLAIN])[PLAIN]
    assert {"events.db", "temporal.db"} <= control, "what is not secret is found where it is looked for"
    assert {words.said[word]: names for word, names in found(served.path, list(words.said)).items()} == {}


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_search_finds_a_field_that_is_not_sealed(
    served: Home, xmh: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = confidential._marks
    open_ = {("SubmitFeedback", "problem"), ("DecideItem", "text"), ("CorrectEvent", "fields"), ("NewPoint", "text")}

    def with_some_left_out(kind: Any) -> dict[str, Any]:
        return {name: mark for name, mark in marks(kind).items() if (kind.__name__, name) not in open_}

    monkeypatch.setattr(confidential, "_marks", with_some_left_out)
    words = Words()
    one = opened(xmh, "乙事项")
    xmh("task", "accept", one, actor="li")
    with typed_in(json.dumps([{"matter": one, "text": words("text"), "problem": words("problem")}])):
        xmh("task", "report", "--from", "-", "--secret", actor="li")
    xmh("task", "coordinate", one, "--with", ASSIST, "--text", words("coordinate"), "--secret", actor="li")
    told = ("--text", words("correct"), "--set", f"source={words('correct source')}")
    xmh("task", "correct", one, "--event", "1", *told, "--secret")
    a_meeting_decides(xmh, words, tmp_path, one)
    hits = {words.said[word]: names for word, names in found(served.path, list(words.said)).items()}
    decided = {entrance for entrance in words.said.values() if entrance.startswith("meeting decide")}
    assert hits.keys() == {"problem", "correct source", "plan import", "meeting refused", *decided}
    for names in hits.values():
        assert any(name.startswith("events.db") for name in names)
        assert any(name.startswith("temporal.db") for name in names)
