"""The twenty commands a secretary uses most: the same JSON through `XMH_SERVER` as on the server's own machine.

The log is one on PostgreSQL, as of an office whose clients are elsewhere; `test_remote` has one in a file.
Reads are asked both ways of one log. What changes something is done both ways to twins: two matters opened alike, one
handled here and one from elsewhere, whose answers and histories agree but for their numbers and moments.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from domain.meetings.commands import ConveneMeeting, FreezeAgenda
from domain.meetings.meeting import AgendaItem
from eventlog import reading
from tests.support.command_line import CommandLine, Said
from tests.support.history import meet
from tests.support.meetings import MONTHLY
from tests.support.office import OFFICE, founded
from tests.support.postgres import Server
from tests.support.temporal import DevServer
from tests.web.conftest import Served, working_home
from tests.web.test_remote import Run, remote

__all__ = ["remote"]

LIMIT, LATER = "2027-06-30", "2027-07-30"


class Machine(CommandLine):
    """The command line of the server's own machine, with the service behind it."""

    def __init__(self, working: Served, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(working.home, capsys)
        self.environment = working.environment

    def __call__(self, *arguments: str | Path, actor: str = "office") -> Said:
        with mock.patch.dict("os.environ", self.environment):
            return super().__call__(*arguments, actor=actor)


@pytest.fixture(scope="module")
def working(
    dev_server: DevServer, founded_home: Path, postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A home on the web whose log is on PostgreSQL, with a worker behind the door."""
    url = postgres_server.new_database()
    founded(url).close()
    yield from working_home(dev_server, founded_home, tmp_path_factory.mktemp("alike"), XMH_DATABASE_URL=url)
    postgres_server.drop_database(url)


@pytest.fixture(scope="module")
def tokens(working: Served) -> Mapping[str, str]:
    """One token of each person: twenty hold at once."""
    return {person: working.token(person) for person in ("office", "li", "leader", "zhao")}


@pytest.fixture
def away(remote: Run, tokens: Mapping[str, str]) -> Run:
    """A command from elsewhere."""
    return lambda person, *words, **more: remote(person, *words, token=tokens[person], **more)


@pytest.fixture
def here(working: Served, capsys: pytest.CaptureFixture[str]) -> Machine:
    return Machine(working, capsys)


def alike(answer: Any, names: Mapping[str, str]) -> Any:
    """An answer without what two twins may differ in: their numbers, titles and moments."""
    match answer:
        case dict():
            return {key: alike(value, names) for key, value in answer.items() if key not in MOMENTS}
        case list():
            return [alike(value, names) for value in answer]
        case str():
            for twin, name in names.items():
                answer = answer.replace(twin, name)
            return re.sub(r"〕\d+号", "〕号", answer)
        case _:
            return answer


def without_now(answer: Any) -> Any:
    """An answer without the moment it was given at."""
    return {key: value for key, value in answer.items() if key != "as_of"}


MOMENTS = {"occurred_at", "recorded_at", "at", "on", "sent_at", "opened_at"}
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("office", ("task", "assign", "M", "--lead", "gengxin", "--assist", "区住房和建设局")),
    ("li", ("task", "accept", "M")),
    ("office", ("task", "follow", "M")),
    ("office", ("task", "point", "add", "M", "完成桩基;due=2027-03-31")),
    (
        "li",
        ("task", "report", "M", "--text", "完成桩基", "--progress", "30", "--problem", "雨季", "--attach", "FILE"),
    ),
    ("office", ("task", "urge", "M", "--text", "请按节点推进", "--yes")),
    ("office", ("task", "rhythm", "M", "每月")),
    ("office", ("task", "coordinate", "M", "--with", "zhujian", "--text", "请协调管线迁改")),
    ("zhao", ("task", "coordinate", "M", "--answer", "已安排")),
    ("li", ("task", "extend", "M", "--to", LATER, "--reason", "雨季影响")),
    ("office", ("task", "escalate", "M", "--reason", "久拖不决", "--yes")),
)
READS: tuple[tuple[str, ...], ...] = (
    ("today",),
    ("ask", "M"),
    ("task", "list"),
    ("task", "list", "--lead", "gengxin", "--text", "桩基"),
    ("task", "show", "M"),
    ("task", "file", "M"),
    ("meeting", "list"),
    ("meeting", "show", "MEETING"),
    ("notice", "list"),
    ("org", "list"),
    ("org", "list", "--unit", "区住房和建设局"),
    ("audit", "explain", "M"),
)
"""With `open`, `unanswered` and the steps above more than twenty."""


def test_the_same_is_done_and_read_from_here_and_from_elsewhere(
    working: Served, away: Run, here: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "进度照片.pdf"
    file.write_bytes(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
    opening = (
        "--due",
        LIMIT,
        "--basis",
        "2027年工作计划",
        "--approver",
        "leader",
        "--point",
        "设计;due=2027-02-26",
    )
    titles = {"甲区管线迁改": "TITLE", "乙区管线迁改": "TITLE"}
    ours = here.json("task", "open", "--title", "甲区管线迁改", *opening)
    theirs = away("office", "task", "open", "--title", "乙区管线迁改", *opening)
    names = {ours["matter"]: "M", theirs["matter"]: "M", **titles}
    assert alike(theirs, names) == alike(ours, names)
    for person, words in STEPS:
        done = [word.replace("FILE", str(file)) for word in words]
        local = here.json(*(ours["matter"] if w == "M" else w for w in done), actor=person)
        gone = away(person, *(theirs["matter"] if w == "M" else w for w in done))
        assert alike(gone, names) == alike(local, names), words
    shown = [here.json("task", "show", one["matter"]) for one in (ours, theirs)]
    first, second = (alike(one, names) for one in shown)
    assert {k: v for k, v in first.items() if k != "offers"} == {k: v for k, v in second.items() if k != "offers"}
    number = _meeting(working, ours["matter"])
    for person in ("office", "li", "leader"):
        for words in READS:
            asked = [{"M": ours["matter"], "MEETING": number}.get(word, word) for word in words]
            got, wanted = away(person, *asked), here.json(*asked, actor=person)
            assert without_now(got) == without_now(wanted), (person, words)
    local = here.json("audit", "unanswered")
    assert without_now(away("office", "audit", "unanswered")) == without_now(local)
    both = [ours["matter"], theirs["matter"]]
    refused = away("li", "task", "accept", *both, code=3)
    assert refused == here.json("task", "accept", *both, actor="li", code=3)
    assert [one["matter"] for one in refused] == both


def _meeting(working: Served, matter: str) -> str:
    """A meeting that has this matter on its agenda; its number."""
    now = datetime.now(UTC)
    item = AgendaItem(key="x", title="研究管线迁改", number=matter, lead="gengxin")
    starts = reading.rulebook(working.log).calendar.next_working(now + timedelta(days=10))
    convene = ConveneMeeting.model_validate({"series": MONTHLY, "starts": starts, "chair": "leader", "reason": "年终"})
    meet(working.log, "meeting/alike", convene, OFFICE, now)
    meet(working.log, "meeting/alike", FreezeAgenda(proposed=(item,), position=1), OFFICE, now)
    return reading.meetings(working.log)[-1].number


@pytest.mark.parametrize(
    "words",
    [
        ("task", "list", "--tree"),
        ("task", "open", "--title", "x", "--basis", "x", "--due", LIMIT, "--by", "leader", "--paper", "1"),
        ("task", "urge", "--unreported"),
        ("meeting", "list", "--series", "x"),
        ("notice", "list", "--person", "li"),
        ("plan", "table", "-o", "x.xlsx"),
        ("task", "report", "--from", "x.csv"),
    ],
)
def test_what_needs_the_machine_says_so_and_does_nothing(away: Run, words: tuple[str, ...]) -> None:
    assert away("office", *words, code=2)["error"]["code"] == "needs_machine"


def test_people_read_the_same_things_in_lines(away: Run) -> None:
    for words, said in (
        (("today",), "待我办理"),
        (("meeting", "list"), "会议"),
        (("notice", "list"), "通知"),
        (("org", "list"), "区住房和建设局"),
        (("audit", "unanswered"), "没有办结的"),
    ):
        assert said in away("office", *words, text=True), words
