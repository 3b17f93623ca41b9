"""A worker that was paused wakes in the middle of its turn, while another has long taken it: nobody is told twice."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

from domain import commands as c
from domain.envelope import SYSTEM
from domain.notices.delivery import Turn
from domain.office import Person, PersonLeft
from domain.terms import Role
from eventlog.database import Database
from eventlog.verify import verify
from services.office_records import record_office_events
from tests.support.hands import interleavings
from tests.support.homes import at
from tests.support.office import ASSIST, SECOND
from tests.support.postroom import PostRoom
from tests.support.streams import DIRECTORY_STREAM

MONDAY = at("2022-03-07")
A_DAY = timedelta(days=1)
SECOND_LIAISON = Person(id="wang", name="王甲", unit="gengxin", role=Role.LIAISON)


def another(room: PostRoom) -> PostRoom:
    """The same office's log, as another worker has it open."""
    return PostRoom(Database(room.log.url, clock=room.log.clock), room.home)


def test_who_is_told_is_settled_once_whoever_looks_meanwhile(either_room: PostRoom) -> None:
    """One looked who is to be told and paused; meanwhile somebody left, and another told all who were still there."""
    room, elsewhere = either_room, another(either_room)
    now = MONDAY

    def begins() -> None:
        nonlocal now
        now += timedelta(minutes=1)
        room.seat(SECOND_LIAISON, now=now)
        room.open(now, f"推进第{now.minute}号地块施工")

    def he_leaves_and_others_are_told() -> None:
        leaves = [PersonLeft(person=SECOND_LIAISON.id)]
        record_office_events(elsewhere.log, DIRECTORY_STREAM, leaves, actor=SYSTEM, command_id=uuid4().hex, now=now)
        elsewhere.spread(now)

    begins()
    for n in interleavings(room.log, lambda: room.spread(now), he_leaves_and_others_are_told):
        assert verify(room.log).problems == (), n
        begins()
    assert now - MONDAY > timedelta(minutes=5)
    elsewhere.log.close()


def test_who_wakes_in_the_middle_of_his_turn_repeats_one_message_at_most(either_room: PostRoom) -> None:
    """The one on its way when he was paused; what another has sent since he does not send again."""
    room, elsewhere = either_room, another(either_room)
    now = MONDAY

    def begins() -> None:
        nonlocal now
        now += timedelta(minutes=1)
        stream = room.accepted(now, title=f"推进第{now.minute}号地块施工", assist=[ASSIST])
        room.do(stream, c.CancelMatter(reason="并入他项"), SECOND, now)
        room.spread(now)

    begins()
    told = 0
    turn = lambda: room.hands.deliver(Turn(channel="file", now=now + A_DAY))  # noqa: E731
    for n in interleavings(room.log, turn, lambda: elsewhere.deliver(now + A_DAY, "file")):
        sent = Counter((line["id"], line["person"]) for line in room.lines[told:])
        assert {person for _, person in sent} == {"li", "head", "zhao", "office"}
        assert sent.total() - len(sent) <= 1, (n, sent)
        assert not room.kept(pending=True)
        told = len(room.lines)
        begins()
    assert now - MONDAY > timedelta(minutes=8)
    elsewhere.log.close()
