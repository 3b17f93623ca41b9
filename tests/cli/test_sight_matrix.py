"""Every role × every read × every kind of tie to a matter: what may not be read is looked for as bytes.

One log, one process, no service. What a reader may see stands here in words, not computed by what is tested.
"""

import io
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain import commands as c
from domain.base import Frozen
from domain.facts import Attachment, PartOf, UnitRef
from domain.meetings.commands import ConveneMeeting, DecideItem, FreezeAgenda, OpenMeeting
from domain.meetings.meeting import AgendaItem
from domain.meetings.terms import Outcome
from domain.office import (
    Delegation,
    DelegationGranted,
    Person,
    PersonLeft,
    PersonRecorded,
    PolicyAdopted,
    Unit,
    UnitRecorded,
)
from domain.policy import Policy
from domain.sight import Scope, Sight
from domain.terms import Openness, Role, Supervision, UnitLevel
from eventlog import reading
from eventlog.database import Database
from eventlog.secrets import seal_text
from services.office_records import record_office_events
from tests.support.clock import open_log
from tests.support.command_line import CommandLine
from tests.support.history import act, meet
from tests.support.homes import at
from tests.support.meetings import MONTHLY
from tests.support.office import ASSIST, FOR_LEADER, LEAD, OFFICE, opening, sqlite
from tests.support.postroom import PostRoom
from tests.support.streams import DIRECTORY_STREAM, POLICY_STREAM

MONDAY = at("2022-03-07")
SHUIWU = UnitRef(id="shuiwu", supervision=Supervision.OBJECT)
OWN = ("own", "assisted", "asked", "whole", "below")
"""What 区更新局 handles; beside it the part below its whole, and what 李三 answers for himself."""
ALL = ("own", "assisted", "asked", "whole", "part", "above", "below", "named", "former", "other")
UNITS_OWN = dict.fromkeys((*OWN, "part"), Sight.FULL)
WORDS = frozenset(OWN)

PEOPLE = (
    ("he", "shuiwu", Role.HEAD, "another unit"),
    ("mi", "office", Role.LIAISON, "a leader's secretary"),
    ("act", "shuiwu", Role.LIAISON, "acts for 李三"),
    ("exp", "shuiwu", Role.LIAISON, "did, until last month"),
    ("one", "shuiwu", Role.LIAISON, "acts for 李三 on one matter"),
    ("city", "office", Role.CITY, "the city"),
    ("root", "gengxin", Role.SYSTEM_ADMIN, "runs the system"),
    ("safe", "gengxin", Role.SECURITY_ADMIN, "secures it"),
)


@dataclass(frozen=True)
class Rights:
    """What a reader may see, by kind of matter; the rest is as `others`."""

    others: Sight
    own: dict[str, Sight] = field(default_factory=dict)
    words: frozenset[str] = frozenset()

    def forbidden(self, openness: Openness) -> Iterator[bytes]:
        """The marks that may not occur in anything he is answered."""
        for kind in ALL:
            seen = self.own.get(kind, self.others)
            if openness is Openness.OWN and kind not in self.own and self.others is Sight.LISTED and self.by_unit:
                seen = Sight.LISTED if kind in ("above", "former") and self.own else Sight.NONE
            if seen is Sight.NONE:
                yield b"TITLE" + kind.upper().encode()
            if seen is not Sight.FULL:
                yield b"BODY" + kind.upper().encode()
            if kind not in self.words:
                yield b"WORD" + kind.upper().encode()

    @property
    def by_unit(self) -> bool:
        """Whether how open units are to each other says what he sees of others' matters."""
        return self is not MATRIX["city"]


MATRIX = {
    "office": Rights(Sight.FULL, words=frozenset(ALL)),
    "leader": Rights(Sight.FULL, words=frozenset(ALL)),
    "mi": Rights(Sight.FULL, words=frozenset(ALL)),
    "audit": Rights(Sight.FULL),
    "city": Rights(Sight.LISTED),
    "root": Rights(Sight.NONE),
    "safe": Rights(Sight.NONE),
    "li": Rights(Sight.LISTED, {**UNITS_OWN, "named": Sight.FULL}, WORDS),
    "head": Rights(Sight.LISTED, UNITS_OWN, WORDS),
    "act": Rights(Sight.LISTED, {**UNITS_OWN, "named": Sight.FULL}, WORDS),
    "one": Rights(Sight.LISTED, {"own": Sight.FULL}, frozenset({"own"})),
    "he": Rights(Sight.LISTED),
    "exp": Rights(Sight.LISTED),
    "gone": Rights(Sight.NONE),
}
EACH = (
    ("task", "show", "{}"),
    ("task", "show", "{}", "--as-of", "2022-03-31"),
    ("ask", "{}"),
    ("audit", "replay", "{}", "--step"),
    ("audit", "explain", "{}"),
    ("task", "file", "{}"),
    ("form", "{}"),
    ("paper", "list", "--matter", "{}"),
    ("audit", "export", "{}", "-o", "OUT.zip"),
    ("audit", "knew", "{}", "zhao"),
)
"""Asked of every matter."""
WHOLE = (
    ("task", "list"),
    ("task", "list", "--tree"),
    ("task", "list", "--as-of", "2022-03-31"),
    ("task", "list", "--text", "BODYOTHE"),
    ("task", "list", "--supervisor", "office"),
    ("task", "listing", "list"),
    ("ask", "BODYOTHE"),
    ("today",),
    ("leader", "leader"),
    ("audit", "unanswered"),
    ("notice", "list"),
    ("plan", "table", "-o", "OUT.xlsx"),
    ("plan", "table", "-o", "OUT.docx"),
    ("meeting", "list", "--year", "2022"),
    ("meeting", "show", "1"),
    ("meeting", "agenda", "1"),
    ("meeting", "notice", "1"),
    ("meeting", "minutes", "1"),
    ("meeting", "pack", "--week", "2022-W10"),
    ("incoming", "list"),
    ("incoming", "show", "1"),
    ("inspection", "list"),
    ("transfer", "list"),
    ("assess", "list"),
    ("burden", "--year", "2022", "--unit", "zhujian"),
    ("briefing", "draft", "--from", "2022-03-01", "--to", "2022-03-31"),
    ("briefing", "list"),
    ("briefing", "annual", "--year", "2022"),
    ("briefing", "unit", "zhujian", "--year", "2022"),
    ("paper", "circular", "--from", "2022-03-01", "--to", "2022-03-31"),
    ("org", "duties", "office"),
    ("org", "list"),
    ("archive", "list"),
    ("plan", "versions"),
)


@pytest.fixture(scope="module")
def lived(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a matter of each kind, marked in its title, its body and its words."""
    home = tmp_path_factory.mktemp("matrix") / "home"
    home.mkdir()
    for file in founded_home.iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    with open_log(sqlite(home)) as log:
        _people(log)
        _matters(log)
        _meeting(log)
        PostRoom(log, home).spread(MONDAY)
    return home


def _people(log: Database) -> None:
    unit = Unit(id="shuiwu", name="区水务局", level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT)
    people = [Person(id=i, name=f"某{i}", unit=u, role=role) for i, u, role, _ in PEOPLE]
    leader = Person(id="leader", name="吴七", unit="office", role=Role.LEADER, secretary="mi")
    gone = Person(id="gone", name="走了", unit="gengxin", role=Role.LIAISON)

    def given(receiver: str, until: date, *matters: str) -> DelegationGranted:
        since = date(2022, 1, 1)
        held = Delegation(giver="li", receiver=receiver, since=since, until=until, reason="休假", matters=matters)
        return DelegationGranted(delegation=held)

    later = date(2099, 12, 31)
    events = [
        UnitRecorded(unit=unit),
        *(PersonRecorded(person=p) for p in (*people, leader, gone)),
        PersonLeft(person="gone"),
        given("act", later),
        given("exp", date(2022, 6, 30)),
        given("one", later, "matter/own"),
    ]
    record_office_events(log, DIRECTORY_STREAM, events, actor=OFFICE, command_id="people", now=MONDAY)


def _matters(log: Database) -> None:
    def do(kind: str, command: Frozen, actor: Any = OFFICE) -> None:
        act(log, f"matter/{kind}", command, actor, MONDAY)

    def part_of(whole: str) -> PartOf:
        state = reading.load(log, f"matter/{whole}")
        assert state is not None
        return PartOf(stream=f"matter/{whole}", number=getattr(state.state, "number", ""))

    ours, theirs = LEAD, ASSIST
    for kind in ALL:
        mark = kind.upper()
        more: dict[str, Any] = {"lead": ours if kind in ("own", "whole", "below", "former") else theirs}
        if kind == "assisted":
            more["assist"] = [ours]
        if kind in ("part", "below"):
            more["part_of"] = part_of("whole" if kind == "part" else "above")
        if kind == "named":
            more["person"] = "li"
        points = [{"text": f"要点BODY{mark}"}]
        title, due = f"推进TITLE{mark}项目", date(2022, 6, 30)
        do(kind, opening(title, due, points=points, **more))
        do(kind, c.AcceptReceipt())
        if kind == "asked":
            do(kind, c.RequestCoordination(unit=ours, text=f"请协调BODY{mark}"))
        unit = "gengxin" if more["lead"] is ours else "zhujian"
        said = "SAIDFORMER" if kind == "former" else f"BODY{mark}"
        files = () if kind == "former" else (Attachment(name=f"BODY{mark}.pdf", sha256="0" * 64, size=1),)
        do(kind, c.SubmitFeedback(text=f"进展{said}", problem=f"问题{said}", for_unit=unit, attachments=files))
        words = seal_text(log, f"matter/{kind}", f"请抓紧WORD{mark}")
        do(kind, c.RecordInstruction(leader="leader", text=words), FOR_LEADER)
        do(kind, c.ListMatter(reason=f"久拖BODY{mark}", exit_when="建成"), FOR_LEADER)
    do("former", c.AssignMatter(lead=theirs, reason="调整"))
    do("former", c.AcceptReceipt())
    do("former", c.SubmitFeedback(text="进展BODYFORMER", for_unit="zhujian"))


def _meeting(log: Database) -> None:
    stream, now = "meeting/m1", at("2022-03-08")

    def item(kind: str, unit: str) -> AgendaItem:
        found = reading.load(log, f"matter/{kind}")
        number = getattr(found.state, "number", "") if found else ""
        title, key = f"研究BODY{kind.upper()}", f"matter/{kind}"
        return AgendaItem(key=key, title=title, matter=key, number=number, lead=unit)

    items = (item("own", "gengxin"), item("other", "zhujian"))
    convene = ConveneMeeting.model_validate({"series": MONTHLY, "starts": at("2022-03-24"), "chair": "leader"})
    meet(log, stream, convene, OFFICE, now)
    meet(log, stream, FreezeAgenda(proposed=items, position=1), OFFICE, now)
    meet(log, stream, OpenMeeting(), OFFICE, at("2022-03-24"))
    for no, kind in enumerate(("own", "other"), start=1):
        decision = DecideItem(item=no, outcome=Outcome.CONTINUED, text=f"议定BODY{kind.upper()}")
        meet(log, stream, decision, FOR_LEADER, at("2022-03-24"))


def open_to(lived: Path, openness: Openness) -> None:
    """The policy says how open units are."""
    with open_log(sqlite(lived)) as log:
        if reading.rulebook(log).policy.openness is openness:
            return
        adopted = [PolicyAdopted(policy=Policy(version=f"开放{openness.value}", openness=openness))]
        record_office_events(log, POLICY_STREAM, adopted, actor=OFFICE, command_id=uuid4().hex, now=MONDAY)


SOME = ("own", "part", "former", "other")
"""Kinds of matter of which a short run asks one by one; a long one asks of every kind."""


def cells(numbers: dict[str, str], *, each: bool) -> Iterator[tuple[str, ...]]:
    """Every read there is, those of one matter for some of the kinds or for each."""
    yield from WHOLE
    for kind, number in numbers.items():
        for command in EACH:
            if each or kind == "other" or (kind in SOME and command in EACH[:5:3]):
                yield tuple(word.format(number) for word in command)


def answered(xmh: CommandLine, command: tuple[str, ...], person: str, folder: Path) -> bytes:
    """All that somebody gets from a command: both outputs, and the file as whoever opens it sees it."""
    file = folder / "OUT"
    arguments: list[str | Path] = [folder / word if word.startswith("OUT.") else word for word in command]
    said = xmh(*arguments, *(() if "OUT." in command[-1] else ("--json",)), actor=person)
    assert said.code != 1 or command[:2] == ("audit", "unanswered"), (command, said)
    whole = said.out.encode() + said.err.encode()
    for written in folder.glob(f"{file.name}.*"):
        whole += unpacked(written.read_bytes())
        written.unlink()
    return whole


def unpacked(data: bytes) -> bytes:
    """What a packed file says, as whoever opens it sees it."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join(unpacked(archive.read(name)) for name in archive.namelist())


def numbers_of(lived: Path) -> dict[str, str]:
    with open_log(sqlite(lived)) as log:
        return {row.stream.removeprefix("matter/"): row.number for row in reading.list_rows(log)}


Found = list[tuple[str, tuple[str, ...], bytes]]


def leaks(
    xmh: CommandLine, lived: Path, folder: Path, people: Iterable[str], openness: Openness, *, each: bool
) -> tuple[int, Found]:
    """How many cells were looked at, and what was found in them that may not be there."""
    open_to(lived, openness)
    found: Found = []
    commands = list(cells(numbers_of(lived), each=each))
    for person in people:
        forbidden = list(MATRIX[person].forbidden(openness))
        for command in commands:
            data = answered(xmh, command, person, folder)
            found += [(person, command, mark) for mark in forbidden if mark in data]
    return len(commands) * len(list(people)), found


@pytest.fixture
def line(lived: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(lived, capsys)


def test_nobody_reads_what_is_not_his(
    line: CommandLine, lived: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looked, found = leaks(line, lived, tmp_path, ("li", "he", "root"), Openness.TITLES, each=False)
    with capsys.disabled():
        sys.stdout.write(f"\nrights to read: {looked} cells, {len(found)} leaks\n")
    assert found == []


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("openness", [Openness.TITLES, Openness.OWN])
def test_nobody_at_all_reads_of_any_matter_what_is_not_his(
    line: CommandLine, lived: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], openness: Openness
) -> None:
    looked, found = leaks(line, lived, tmp_path, tuple(MATRIX), openness, each=True)
    with capsys.disabled():
        sys.stdout.write(f"\nrights to read ({openness.label}): {looked} cells, {len(found)} leaks\n")
    assert found == []


BY_ROLE = {("today",), ("org", "duties", "office")}
"""What is put together by who somebody is, whatever he may see."""


def test_without_rights_every_read_that_shows_the_office_a_matter_shows_it_to_anybody(
    line: CommandLine, lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The matrix finds what it looks for: where nothing is kept back, whoever has no part in a matter reads it."""
    open_to(lived, Openness.OWN)
    marks = [mark for mark in MATRIX["he"].forbidden(Openness.OWN) if mark.endswith(b"OTHER")]
    assert len(marks) == 3
    commands = [c for c in cells({"other": numbers_of(lived)["other"]}, each=True) if c not in BY_ROLE]

    def shown_to(person: str) -> dict[tuple[str, ...], list[bytes]]:
        answers = {command: answered(line, command, person, tmp_path) for command in commands}
        return {c: found for c, data in answers.items() if (found := [m for m in marks if m in data])}

    to_the_office = shown_to("office")
    assert len(to_the_office) > 20
    monkeypatch.setattr("views.rights.scope", lambda *_: Scope(least=Sight.FULL))
    monkeypatch.setattr("views.rights.reads_as", lambda *_: True)
    monkeypatch.setattr("views.rights.may_read_words", lambda *_: True)
    assert shown_to("he") == to_the_office


def test_open_units_read_each_others_matters_but_have_none_of_their_files(line: CommandLine, lived: Path) -> None:
    open_to(lived, Openness.OPEN)
    other = numbers_of(lived)["other"]
    shown = line.json("task", "show", other, actor="he")
    assert (shown["sight"], shown["files"]) == ("full", [])
    assert "BODYOTHER" in shown["points"][0]["text"]
    assert line("task", "file", other, actor="he").code == 4
    assert len(line.json("task", "show", other, actor="zhao")["files"]) == 1
    for command in (("leader", "leader"), ("incoming", "list"), ("meeting", "pack", "--week", "2022-W10")):
        assert line(*command, actor="he").code == 4, "the office's own is not open"


def test_what_may_not_be_seen_is_told_like_what_is_not_there(line: CommandLine, lived: Path) -> None:
    open_to(lived, Openness.OWN)
    other = numbers_of(lived)["other"]
    said, nothing = line("task", "show", other, actor="he"), line("task", "show", "XMH-2022-777", actor="he")
    assert (said.code, nothing.code) == (4, 4)
    assert said.error == nothing.error.replace("XMH-2022-777", other)
    assert line.json("task", "list", actor="he")["matters"] == []
    open_to(lived, Openness.TITLES)
    assert set(line.json("task", "show", other, actor="he")) == {
        *("matter", "title", "stage", "light", "light_reason", "lead", "lead_name", "by_letter", "assist", "due"),
        *("progress", "version", "sight", "timeline"),
    }
    said = line("audit", "replay", other, actor="he")
    assert (said.code, said.error) == (4, f"错误：{other} 不由本单位办理，只能看一览（xmh task list）")
    former = line.json("task", "show", numbers_of(lived)["former"], actor="li")["timeline"]
    assert [e["text"] for e in former if "SAIDFORMER" in e["text"]], "what his unit reported is his to read"
    assert not line.json("task", "list", "--supervisor", "office", actor="he")["matters"], "nor by what a list hides"


def test_a_table_that_comes_back_is_compared_with_what_its_reader_sees(
    line: CommandLine, lived: Path, tmp_path: Path
) -> None:
    open_to(lived, Openness.TITLES)
    table = tmp_path / "表.xlsx"
    assert line("plan", "table", "-o", table).code == 0
    assert "未变10行" in line("plan", "import", table, "--dry-run").out
    said = line("plan", "import", table, "--dry-run", actor="he")
    assert (said.code, said.err.count("日志里没有事项")) == (2, len(ALL))
