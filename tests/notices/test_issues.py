"""Who hears that a 简报 or a paper was issued; once, in the morning, and without a secret."""

import json
from datetime import date

import pytest

from domain.calendar import WorkCalendar
from domain.facts import SEALED
from domain.notices.issues import issue_notices
from domain.notices.people import RecipientDirectory
from domain.notices.timing import next_morning
from domain.office import Person
from domain.papers import PaperKind
from domain.terms import Role, Urgency
from eventlog import reading
from eventlog.notices import NoticeOnRecord
from services.issuing.bulletins import Issued, issue_briefing
from services.issuing.papers import approve_circular, issue_circular, issue_paper, record_void_paper
from tests.documents.quarter import HALL, WORDS, play
from tests.support.homes import at
from tests.support.office import FOR_LEADER
from tests.support.postroom import PostRoom

EVENING, NOW = at("2022-03-31", "18:00"), at("2022-04-02", "10:00")
SECOND_LEADER = Person(id="chen", name="陈八", unit="office", role=Role.LEADER)
MARCH = (date(2022, 3, 1), date(2022, 3, 31))


@pytest.fixture(autouse=True)
def quarter(room: PostRoom) -> None:
    play(room.log)


def briefing(room: PostRoom) -> Issued:
    return issue_briefing(room.log, room.home, since=MARCH[0], until=MARCH[1], signer=FOR_LEADER, now=EVENING)


def told(room: PostRoom, subject: str) -> dict[str, NoticeOnRecord]:
    """Person → notice."""
    room.spread(NOW)
    found = [n for n in room.kept() if n.subject == subject]
    assert len(found) == len({n.person for n in found}), "each once"
    return {n.person: n for n in found}


def test_an_issue_is_told_to_the_leaders_and_to_the_liaisons_of_its_readers(room: PostRoom) -> None:
    room.seat(room.person("office-2").model_copy(update={"role": Role.LEADER}), now=EVENING)
    done = briefing(room)
    assert done.event.distributed == ("gengxin",)
    found = told(room, done.number)
    assert set(found) == {"office-2", "li"}, "the leader who signed knows it, and so does the office that typed"
    notice = found["li"]
    assert notice.text == f"《工作简报》2022年第1期已印发：{done.event.title}"
    assert (notice.urgency, notice.due_at) == (Urgency.NORMAL, next_morning(EVENING, _calendar(room)))


def test_a_paper_is_told_to_its_addressee_and_so_is_that_it_is_void(room: PostRoom) -> None:
    form = issue_paper(room.log, room.home, HALL, PaperKind.SUPERVISION, signer=FOR_LEADER, now=EVENING)
    number = form.event.number
    assert form.event.distributed == ("gengxin",)
    assert {p: n.text for p, n in told(room, number).items()} == {"li": f"{number} 已印发：{form.event.title}"}
    record_void_paper(room.log, number, "主送有误", actor=FOR_LEADER, now=NOW)
    room.spread(NOW)
    assert [n.text for n in room.kept(person="li") if n.subject == number][-1] == f"{number} 已作废：主送有误"


def test_a_circular_is_told_to_every_unit_it_names(room: PostRoom) -> None:
    approve_circular(room.log, *MARCH, actor=FOR_LEADER, now=NOW)
    assert not [n for n in room.kept() if "通报" in n.text], "an approval is the office's own work"
    done = issue_circular(room.log, room.home, *MARCH, signer=FOR_LEADER, now=NOW)
    assert set(told(room, done.event.number)) == {"li"}


def test_it_is_told_once_however_often_it_is_looked_at(room: PostRoom) -> None:
    done = briefing(room)
    first = told(room, done.number)
    for _ in range(3):
        room.spread(NOW)
    assert told(room, done.number) == first


def test_no_notice_of_an_issue_holds_a_leaders_words(room: PostRoom) -> None:
    briefing(room)
    issue_paper(room.log, room.home, HALL, PaperKind.SUPERVISION, signer=FOR_LEADER, now=EVENING)
    room.spread(NOW)
    assert room.kept()
    assert not [n for n in room.kept() if WORDS in n.text or SEALED in n.text]


def test_what_was_issued_before_readers_were_recorded_reaches_the_leaders_alone(room: PostRoom) -> None:
    briefing(room)
    [recorded] = reading.read_stream(room.log, "bulletin/briefing")
    old = {key: value for key, value in json.loads(recorded.payload).items() if key != "distributed"}
    house = RecipientDirectory((*reading.people(room.log), SECOND_LEADER), _calendar(room), lambda i: i)
    found = issue_notices(recorded.model_copy(update={"payload": json.dumps(old)}), None, None, house)
    assert {n.person for n in found} == {SECOND_LEADER.id}


def _calendar(room: PostRoom) -> WorkCalendar:
    return reading.rulebook(room.log).calendar
