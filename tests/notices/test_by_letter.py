"""商请: the liaison is asked in the words of a request, and the head of a house that is not ours hears nothing."""

from uuid import uuid4

from domain import commands as c
from domain.envelope import SYSTEM
from domain.facts import UnitRef
from domain.office import Person, Unit, UnitRecorded
from domain.terms import Role, Supervision, UnitLevel
from services.office_records import record_office_events
from tests.support.homes import at
from tests.support.office import OFFICE
from tests.support.postroom import PostRoom
from tests.support.streams import DIRECTORY_STREAM

NOW, LATER = at("2022-03-07"), at("2022-03-08")


def test_a_city_department_is_asked_and_its_head_hears_nothing(room: PostRoom) -> None:
    unit = Unit(id="shiju", name="市水务局", level=UnitLevel.CITY, supervision=Supervision.BY_LETTER)
    events = [UnitRecorded(unit=unit)]
    record_office_events(room.log, DIRECTORY_STREAM, events, actor=SYSTEM, command_id=uuid4().hex, now=NOW)
    people = ((Role.LIAISON, "shui"), (Role.HEAD, "juzhang"))
    room.seat(*(Person(id=p, name=p, unit="shiju", role=role) for role, p in people), now=NOW)
    stream = room.open(NOW, lead=UnitRef(id="shiju", supervision=Supervision.BY_LETTER))
    room.do(stream, c.AcceptReceipt(), OFFICE, NOW)
    room.do(stream, c.IssueUrge(), OFFICE, LATER)
    room.spread(LATER)
    told = {n.person: n.text for n in room.kept() if "商请加快办理" in n.text}
    assert set(told) == {"shui"}
    assert told["shui"].endswith("商请尽快反馈办理情况")
    assert "juzhang" not in {n.person for n in room.kept()}
