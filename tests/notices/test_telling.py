"""Which event tells whom what."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from domain import commands as c
from domain import events as ev
from domain.base import Frozen, Refusal
from domain.envelope import SYSTEM, Actor
from domain.event import known_types
from domain.notices.notice import LONGEST, Notice
from domain.notices.people import RecipientDirectory
from domain.notices.telling import RULES, matter_notices
from domain.periods import PeriodLength
from domain.terms import Role, SuspensionReason, Urgency
from eventlog import reading
from tests.support.homes import at
from tests.support.office import ASSIST, FOR_LEADER, HEAD, LIAISON, OFFICE, OTHER, SECOND
from tests.support.postroom import PostRoom
from tests.support.streams import DIRECTORY_STREAM

MONDAY = at("2022-03-07")
HOUR = timedelta(hours=1)


def told(room: PostRoom, stream: str) -> dict[str, dict[str, str]]:
    """Label of the event → person → what he was told."""
    room.spread(MONDAY + 24 * HOUR)
    found: dict[str, dict[str, str]] = {}
    for notice in room.kept():
        if notice.stream == stream:
            label = notice.text.partition("：")[0].partition("。")[0]
            found.setdefault(label, {})[notice.person] = notice.text
    return found


def test_every_event_of_a_matter_says_whom_it_tells_or_that_it_tells_nobody() -> None:
    """Whoever adds an event is asked here whom it concerns."""
    of_matters = {cls for cls in known_types().values() if cls.__module__ == ev.__name__}
    assert of_matters == RULES.keys()


def test_of_what_has_no_end_a_notice_asks_for_the_period(room: PostRoom) -> None:
    """There is no 办结时限, and nothing to bring to an end."""
    stream = room.accepted(MONDAY, due=None, period=PeriodLength.MONTH)
    for _ in range(6):  # what is owed by then, the reminder among it
        with suppress(Refusal):
            room.do(stream, c.ExpireDeadline(), SYSTEM, at("2022-03-29"))
    room.spread(at("2022-03-30"))
    texts = [n.text for n in room.kept() if n.stream == stream]
    assert not [t for t in texts if "办结" in t], texts
    assert any("本期至 2022-03-31" in t for t in texts), texts
    assert any("请按期反馈本期办理情况" in t for t in texts), texts


CASES: tuple[tuple[str, Frozen, Actor, set[str]], ...] = (
    ("反馈", c.SubmitFeedback(text="进展", progress=30), LIAISON, {"office"}),
    ("催办", c.IssueUrge(), OFFICE, {"li"}),
    ("请求协调", c.RequestCoordination(unit=ASSIST, text="请提供资料"), LIAISON, {"zhao", "office"}),
    ("升级", c.EscalateMatter(reason="久拖不决"), SECOND, {"head", "li", "office"}),
    ("申请延期", c.RequestExtension(to=at("2022-07-30").date(), reason="雨季"), LIAISON, {"office"}),
    ("办结申请", c.RequestClosure(text="完成"), LIAISON, {"office"}),
    ("会议议定", c.RecordDecision(meeting="例会", text="加快"), FOR_LEADER, {"li", "head", "zhao"}),
    ("撤销", c.CancelMatter(reason="并入他项"), SECOND, {"li", "head", "zhao", "office"}),
)


@pytest.mark.parametrize(("label", "command", "actor", "people"), CASES, ids=[case[0] for case in CASES])
def test_those_are_told_whom_it_concerns(
    room: PostRoom, label: str, command: Frozen, actor: Actor, people: set[str]
) -> None:
    stream = room.accepted(MONDAY, assist=[ASSIST])
    room.do(stream, command, actor, MONDAY + HOUR)
    assert set(told(room, stream)[label]) == people


def test_who_asked_hears_the_answer(room: PostRoom) -> None:
    """Also when it was not the liaison: the head asked, so the head is told."""
    stream = room.accepted(MONDAY)
    room.do(stream, c.RequestExtension(to=at("2022-07-30").date(), reason="雨季"), HEAD, MONDAY)
    room.do(stream, c.AnswerExtension(grant=True), SECOND, MONDAY + HOUR)
    assert set(told(room, stream)["同意延期"]) == {"li", "head"}


def test_an_order_says_by_when_it_is_to_be_done(room: PostRoom) -> None:
    stream = room.open(MONDAY)
    assert "办结时限 2022-06-30" in told(room, stream)["交办"]["li"]


def test_an_urge_reaches_the_head_once_the_matter_was_carried_up_to_him(room: PostRoom) -> None:
    stream = room.accepted(MONDAY)
    room.do(stream, c.EscalateMatter(reason="久拖不决"), OFFICE, MONDAY)
    room.do(stream, c.IssueUrge(), OFFICE, MONDAY)
    assert set(told(room, stream)["催办"]) == {"li", "head"}


def test_the_leader_hears_of_a_matter_when_it_has_come_up_to_him(room: PostRoom) -> None:
    stream = room.accepted(MONDAY)
    for day in range(3):
        room.do(stream, c.EscalateMatter(reason="久拖不决"), OFFICE, MONDAY + 168 * day * HOUR)
    escalated = [n for n in _all(room, stream) if n.person == "leader"]
    assert [n.text for n in escalated] == ["升级：指挥部办公室→分管领导：久拖不决"]


def test_a_unit_that_loses_a_matter_is_told(room: PostRoom) -> None:
    stream = room.open(MONDAY)
    room.do(stream, c.AssignMatter(lead=ASSIST, reason="职能调整"), OFFICE, MONDAY + HOUR)
    told_then = [n for n in _all(room, stream) if "职能调整" in n.text]
    assert {n.person for n in told_then} == {"zhao", "li"}


def test_a_leaders_words_are_announced_and_not_said(room: PostRoom) -> None:
    from eventlog.secrets import seal_text

    stream = room.accepted(MONDAY)
    text = seal_text(room.log, stream, "尽快")
    room.do(stream, c.RecordInstruction(leader="leader", text=text), FOR_LEADER, MONDAY)
    told_then = told(room, stream)["有领导批示"]
    assert set(told_then) == {"li", "head"}
    assert told_then["li"] == (
        "有领导批示。批示属工作秘密，通知不载原文，请登录后用 xmh task show 查阅。请按批示要求办理"
    )


def test_when_the_supervisor_has_left_the_office_is_told(room: PostRoom) -> None:
    from domain.envelope import SYSTEM
    from domain.office import PersonLeft
    from services.office_records import record_office_events

    stream = room.accepted(MONDAY)
    record_office_events(
        room.log, DIRECTORY_STREAM, [PersonLeft(person="office")], actor=SYSTEM, command_id="x", now=MONDAY
    )
    room.do(stream, c.SubmitFeedback(text="进展", progress=30), LIAISON, MONDAY)
    assert set(told(room, stream)["反馈"]) == {"office-2"}


def test_a_unit_without_a_liaison_is_told_through_its_head(room: PostRoom) -> None:
    from domain.office import Person

    room.seat(Person(id="li", name="李三", unit="zhujian", role=Role.LIAISON), now=MONDAY)
    stream = room.open(MONDAY)
    assert set(told(room, stream)["交办"]) == {"head"}


def test_a_long_text_is_cut(room: PostRoom) -> None:
    stream = room.accepted(MONDAY)
    room.do(stream, c.SubmitFeedback(text="长" * 5000, progress=30), LIAISON, MONDAY)
    assert len(told(room, stream)["反馈"]["office"]) <= LONGEST + 10


def test_what_is_told_of_an_event_does_not_depend_on_when_it_is_looked_at(room: PostRoom) -> None:
    """The matter goes on; the notice speaks of it as it was: whom it escalated to then, and how urgent it was."""
    stream = room.accepted(MONDAY)
    room.do(stream, c.EscalateMatter(reason="久拖不决"), OFFICE, MONDAY)
    early = _all(room, stream)
    for day in (1, 2, 3):
        room.do(stream, c.EscalateMatter(reason="再升"), OFFICE, MONDAY + 168 * day * HOUR)
    pause = c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=at("2022-03-10").date())
    room.do(stream, pause, FOR_LEADER, MONDAY)
    assert _all(room, stream)[: len(early)] == early
    room.spread(MONDAY + 24 * HOUR)
    assert {n.urgency for n in room.kept()} == {Urgency.NORMAL}


def _all(room: PostRoom, stream: str) -> list[Notice]:
    """The notices of a matter, computed afresh from the log."""
    from domain.matter import Matter
    from eventlog.readmodel import fold_events

    people = reading.people(room.log)
    names: dict[str, str] = {p.id: p.name for p in people}
    house = RecipientDirectory(people, reading.rulebook(room.log).calendar, lambda i: names.get(i, i))
    before: Any = None
    found: list[Notice] = []
    for event in reading.read_stream(room.log, stream):
        after = fold_events(stream, before, [event])
        assert isinstance(after, Matter)
        found += matter_notices(event, before, after, house)
        before = after
    return found


def test_the_assisting_unit_is_told_of_its_part(room: PostRoom) -> None:
    stream = room.open(MONDAY, assist=[ASSIST])
    assert OTHER.id in told(room, stream)["交办"]


def test_a_leaders_secretary_receives_what_he_receives(room: PostRoom) -> None:
    from domain.office import Person

    room.seat(Person(id="leader", name="吴七", unit="office", role=Role.LEADER, secretary="office-2"), now=MONDAY)
    stream = room.accepted(MONDAY)
    for day in range(3):
        room.do(stream, c.EscalateMatter(reason="久拖不决"), OFFICE, MONDAY + 168 * day * HOUR)
    carried = [n.person for n in _all(room, stream) if "指挥部办公室→分管领导" in n.text]
    assert {"leader", "office-2"} <= set(carried)
