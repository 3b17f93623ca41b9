"""`xmh audit knew`: who knew of a matter, when, and by which event it is shown."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain import commands as c
from domain.meetings import commands as mc
from domain.meetings.meeting import AgendaItem, Attendance
from domain.papers import PaperKind
from domain.terms import Urgency
from eventlog import reading
from services.issuing.papers import issue_paper
from tests.support.command_line import CommandLine
from tests.support.history import meet
from tests.support.homes import at
from tests.support.meetings import THURSDAY, convening, decision
from tests.support.office import FOR_LEADER, LEADER, LIAISON, OFFICE
from tests.support.postroom import PostRoom

MONDAY, TUESDAY = at("2022-03-07"), at("2022-03-08", "09:30")
MEETING = "meeting/knew"


@pytest.fixture
def xmh(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setenv("XMH_HOME", str(home))
    return CommandLine(home, capsys)


@pytest.fixture
def stream(room: PostRoom) -> str:
    """A matter told on Tuesday, reported on by its liaison, and instructed by a leader."""
    stream = room.open(MONDAY)
    room.deliver(TUESDAY)
    room.do(stream, c.AcceptReceipt(), LIAISON, TUESDAY)
    room.do(stream, c.SubmitFeedback(text="至三层", progress=30), LIAISON, TUESDAY + timedelta(hours=1))
    return stream


def ways(xmh: CommandLine, person: str, day: str, actor: str = "audit") -> list[tuple[str, list[int]]]:
    known = xmh.json("audit", "knew", "1", person, "--at", day, actor=actor)["known"]
    return [(one["how"], one["covers"]) for one in known]


def test_a_notice_is_evidence_from_when_it_was_sent_and_what_one_did_from_then_on(
    room: PostRoom, stream: str, xmh: CommandLine
) -> None:
    assert ways(xmh, "li", "2022-03-07") == [], "it waits for the morning"
    before = ways(xmh, "li", "2022-03-08T09:59")
    assert {how for how, _ in before} >= {"notified"}
    after = ways(xmh, "李三", "2022-03-08")
    types = {e.version: e.type for e in reading.read_stream(room.log, stream)}
    acted = [types[v] for how, versions in after for v in versions if how == "acted"]
    assert {"ReceiptSigned", "FeedbackSubmitted"} <= set(acted)
    told = xmh.json("audit", "knew", "1", "zhao", "--at", "2022-03-08", actor="audit")
    assert told["known"] == []
    assert [e["version"] for e in told["without_evidence"]] == sorted(types)
    said = xmh("audit", "knew", "1", "zhao", "--at", "2022-03-08", actor="audit").out
    assert "没有任何依据表明知道" in said
    assert "不等于不知道" in said


def test_a_leaders_decision_that_the_office_typed_is_his_and_the_office_typed_it(
    room: PostRoom, stream: str, xmh: CommandLine
) -> None:
    room.do(stream, c.RecordDecision(meeting="专题会", text="加快"), FOR_LEADER, at("2022-03-09"))
    [(how, versions)] = ways(xmh, "leader", "2022-03-09")[-1:]
    assert how == "decided"
    assert ("acted", versions) in ways(xmh, "office", "2022-03-09")
    assert ways(xmh, "leader", "2022-03-08") == []


def test_a_meeting_and_a_paper_are_evidence(room: PostRoom, stream: str, xmh: CommandLine) -> None:
    item = AgendaItem(key=stream, title="推进", matter=stream, number="XMH-2022-001")
    for command, actor, moment in (
        (convening(starts=THURSDAY), OFFICE, MONDAY),
        (mc.FreezeAgenda(proposed=(item,), position=7), OFFICE, THURSDAY - timedelta(days=1)),
        (mc.OpenMeeting(), OFFICE, THURSDAY),
        (mc.RecordAttendance(attendance=Attendance(present=("leader",), observers=("zhao",))), OFFICE, THURSDAY),
        (decision(), FOR_LEADER, THURSDAY),
    ):
        meet(room.log, MEETING, command, actor, moment)
    issue_paper(room.log, room.home, stream, PaperKind.ASSIGNMENT, signer=LEADER, now=at("2022-03-31", "15:00"))
    assert ways(xmh, "zhao", "2022-03-30") == []
    assert ways(xmh, "zhao", "2022-03-31") == [("attended", [])]
    assert [how for how, _ in ways(xmh, "leader", "2022-03-31")] == ["attended", "signed"]
    assert "distributed" in {how for how, _ in ways(xmh, "head", "2022-03-31")}
    told: Any = xmh.json("audit", "knew", "1", "zhao", "--at", "2022-03-31", actor="audit")["known"][0]
    assert (told["stream"], told["label"]) == (MEETING, "参加会议")


def test_who_may_ask_and_of_whom(room: PostRoom, stream: str, xmh: CommandLine) -> None:
    del room, stream
    for words, actor, code in (
        (("1", "li"), "li", 3),
        (("1", "nobody"), "audit", 4),
        (("9", "li"), "audit", 4),
        (("1", "li", "--at", "2022-03-01"), "audit", 4),
        (("1", "li", "--at", "2099-01-01"), "audit", 2),
    ):
        said = xmh("audit", "knew", *words, actor=actor)
        assert (said.code, said.error.startswith("错误：")) == (code, True), words


def test_no_secret_is_told(room: PostRoom, xmh: CommandLine) -> None:
    from eventlog.secrets import seal_text

    stream = room.accepted(MONDAY, urgency=Urgency.EXTRA)
    words = "不得拖延"
    sealed = seal_text(room.log, stream, words)
    room.do(stream, c.RecordInstruction(leader="leader", text=sealed), FOR_LEADER, TUESDAY)
    room.deliver(TUESDAY)
    for form in ((), ("--json",)):
        out = xmh("audit", "knew", "1", "leader", *form, actor="audit").out
        assert "批示" in out
        assert words not in out
        assert "sealed:" not in out
