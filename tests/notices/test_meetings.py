"""Which event of a meeting tells whom what; and who hears for whom."""

from datetime import date, timedelta

from domain import commands as c
from domain.envelope import SYSTEM
from domain.event import known_types
from domain.meetings import commands as mc
from domain.meetings import events as mev
from domain.meetings.evolve import evolve_meeting
from domain.meetings.meeting import Meeting
from domain.notices.meetings import RULES, meeting_notices
from domain.notices.notice import Notice
from domain.notices.people import RecipientDirectory
from domain.office import Delegation, DelegationGranted, DelegationRevoked
from domain.queries.burden import Ask, asked_in_meeting
from domain.terms import Urgency
from services.office_records import record_office_events
from tests.support.homes import at
from tests.support.life import CALENDAR
from tests.support.meetings import THURSDAY, Session, convened, decision, in_session, item
from tests.support.office import FOR_LEADER, LIAISON, OFFICE, PEOPLE, SECOND
from tests.support.postroom import PostRoom
from tests.support.streams import DIRECTORY_STREAM

MONDAY = at("2022-03-07")
ITEMS = (item(1).model_copy(update={"lead": "gengxin"}), item(2).model_copy(update={"lead": "zhujian"}))
HOUSE = RecipientDirectory(PEOPLE, CALENDAR, lambda i: i)


def told(session: Session) -> list[Notice]:
    """The notices of a meeting's whole life."""
    before: Meeting | None = None
    found: list[Notice] = []
    for event in session.recorded:
        after = evolve_meeting(before, event)
        found += meeting_notices(event, before, after, HOUSE)
        before = after
    return found


def people_told(session: Session, words: str) -> set[str]:
    return {n.person for n in told(session) if words in n.text}


def test_the_events_of_meetings_that_are_told_exist() -> None:
    assert RULES.keys() <= {cls for cls in known_types().values() if cls.__module__ == mev.__name__}


def test_the_notice_reaches_chair_and_secretary_and_says_when_and_where() -> None:
    session = convened(secretary="office-2", place="指挥部三楼")
    session.now = at("2022-03-28", "09:00")
    session.do(mc.ExpireMeeting(), SYSTEM)
    found = [n for n in told(session) if n.text.startswith("会议通知")]
    assert {n.person for n in found} == {"leader", "office-2"}
    assert "2022-03-31 09:30召开，地点：指挥部三楼" in found[0].text


def test_who_has_an_item_hears_of_the_agenda_and_of_the_minutes() -> None:
    session = in_session(*ITEMS)
    assert people_told(session, "议题已定（共2项）") >= {"li", "zhao", "leader"}
    session.do(decision(1), FOR_LEADER)
    session.do(mc.SignMinutes(), FOR_LEADER)
    assert people_told(session, "会议纪要已签发：香指纪") == {"li", "zhao"}, "leader and secretary signed it"


def test_a_cancelled_meeting_is_told_in_office_hours_and_not_the_next_morning() -> None:
    session = convened()
    session.do(mc.CancelMeeting(reason="台风"), SECOND)
    [found] = [n for n in told(session) if n.person == "leader" and "会议取消：台风" in n.text]
    assert found.urgency is Urgency.URGENT
    assert found.due_at == session.now


def test_a_meeting_asks_each_unit_with_an_item_once() -> None:
    session = in_session(*ITEMS, item(3).model_copy(update={"lead": "gengxin"}), item(4))
    asked = list(asked_in_meeting(session.m))
    assert [(a.ask, a.unit, a.on) for a in asked] == [
        (Ask.MEETING, "gengxin", date(2022, 3, 31)),
        (Ask.MEETING, "zhujian", date(2022, 3, 31)),
    ]
    assert list(asked_in_meeting(convened().m)) == [], "what was not held asked for nobody's time"
    assert THURSDAY.date() == date(2022, 3, 31)


def test_whoever_stands_in_for_a_person_hears_what_he_hears(room: PostRoom) -> None:
    """授权代办 (AB角): both are told while it holds; afterwards only the one."""
    held = Delegation(giver="li", receiver="zhao", since=date(2022, 3, 7), until=date(2022, 3, 9), reason="休假")
    granted = DelegationGranted(no="", delegation=held)
    record_office_events(room.log, DIRECTORY_STREAM, [granted], actor=SYSTEM, command_id="d1", now=MONDAY)
    first = room.open(MONDAY)
    room.spread(MONDAY)
    assert {n.person for n in room.kept() if n.stream == first} == {"li", "head", "zhao"}
    later = room.open(at("2022-03-10"), title="期满以后")
    room.spread(at("2022-03-10"))
    assert {n.person for n in room.kept() if n.stream == later} == {"li", "head"}


def test_a_revoked_delegation_reaches_nobody_any_more(room: PostRoom) -> None:
    held = Delegation(giver="li", receiver="zhao", since=date(2022, 3, 7), until=date(2022, 3, 30), reason="休假")
    events = [DelegationGranted(no="", delegation=held), DelegationRevoked(no="授权〔2022〕1号", reason="回来了")]
    for n, event in enumerate(events):
        record_office_events(room.log, DIRECTORY_STREAM, [event], actor=SYSTEM, command_id=f"d{n}", now=MONDAY)
    stream = room.open(MONDAY + timedelta(hours=1))
    room.do(stream, c.AcceptReceipt(), LIAISON, MONDAY + timedelta(hours=1))
    room.do(stream, c.IssueUrge(), OFFICE, MONDAY + timedelta(hours=2))
    room.spread(MONDAY + timedelta(hours=3))
    assert "zhao" not in {n.person for n in room.kept()}
