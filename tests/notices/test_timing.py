"""When a notice goes out: the office's hours, its holidays, one digest a morning; 特急 at once."""

from datetime import date, timedelta

from domain import commands as c
from domain.calendar import local_date
from domain.envelope import SYSTEM
from domain.office import DayOverridden
from domain.terms import Urgency
from services.office_records import record_office_events
from tests.support.homes import at
from tests.support.office import LEADER, LIAISON, OFFICE, OTHER
from tests.support.postroom import PostRoom
from tests.support.streams import CALENDAR_STREAM

MONDAY = at("2022-03-07")
NEXT_MORNING = at("2022-03-08", "09:00")
REPORT = c.SubmitFeedback(text="主体施工至三层", progress=30)


def test_what_happens_in_a_day_reaches_a_person_in_one_message_the_next_morning(room: PostRoom) -> None:
    for n in range(5):
        room.open(MONDAY + timedelta(minutes=n), title=f"第{n}件事", assist=())
    room.deliver(MONDAY + timedelta(hours=6))
    room.deliver(NEXT_MORNING - timedelta(seconds=1))
    assert room.lines == []
    room.deliver(NEXT_MORNING)
    [digest] = room.to("li")
    assert digest["subject"] == "【督办】您有5条督办通知"
    assert all(f"第{n}件事" in digest["text"] for n in range(5))
    assert len(digest["notices"]) == 5
    room.deliver(NEXT_MORNING + timedelta(hours=1))
    assert len(room.to("li")) == 1, "sent is sent"


def test_an_extra_urgent_matter_is_told_at_once_even_at_night(room: PostRoom) -> None:
    night = at("2022-03-12", "23:30")
    room.open(night, urgency=Urgency.EXTRA)
    room.open(night, title="平件")
    room.deliver(night)
    [told] = room.to("li")
    assert told["subject"].startswith("【特急】XMH-2022-001")


def test_an_urgent_matter_is_told_in_office_hours_without_waiting_for_the_morning(room: PostRoom) -> None:
    room.open(at("2022-03-07", "11:00"), urgency=Urgency.URGENT)
    room.deliver(at("2022-03-07", "11:00"))
    assert len(room.to("li")) == 1
    room.open(at("2022-03-07", "12:30"), title="午休时的加急件", urgency=Urgency.URGENT)
    room.deliver(at("2022-03-07", "13:59"))
    assert len(room.to("li")) == 1, "lunch is closed"
    room.deliver(at("2022-03-07", "14:00"))
    assert len(room.to("li")) == 2


def test_nothing_goes_out_from_friday_evening_to_monday_morning(room: PostRoom) -> None:
    friday = at("2022-03-11", "18:30")
    room.open(friday)
    moment = friday
    while moment < at("2022-03-14", "09:00"):
        room.deliver(moment)
        moment += timedelta(hours=1)
    assert room.lines == []
    room.deliver(at("2022-03-14", "09:00"))
    assert {line["person"] for line in room.lines} == {"li", "head"}


def test_the_morning_after_a_holiday_is_the_next_working_day(room: PostRoom) -> None:
    """2022-04-29 is the Friday before 劳动节; 04-30 to 05-04 are off, 05-05 is worked."""
    room.open(at("2022-04-29", "15:00"))
    for day in ("2022-04-30", "2022-05-02", "2022-05-04"):
        room.deliver(at(day, "10:00"))
    assert room.lines == []
    room.deliver(at("2022-05-05", "09:00"))
    assert len(room.to("li")) == 1


def test_a_make_up_saturday_is_a_morning_too(room: PostRoom) -> None:
    """2022-01-29 is a Saturday worked before 春节."""
    room.open(at("2022-01-28", "15:00"))
    room.deliver(at("2022-01-29", "09:00"))
    assert len(room.to("li")) == 1


def test_what_became_due_while_nobody_worked_waits_for_office_hours_again(room: PostRoom) -> None:
    room.open(at("2022-03-10", "15:00"))
    room.spread(at("2022-03-10", "15:00"))
    saturday = at("2022-03-12", "10:00")  # it was due on Friday, when no worker ran
    room.deliver(saturday)
    assert room.lines == []
    room.deliver(at("2022-03-14", "09:00"))
    assert len(room.to("li")) == 1


def test_a_typhoon_stop_declared_overnight_keeps_the_digest_until_the_office_opens_again(room: PostRoom) -> None:
    room.open(MONDAY)
    room.spread(MONDAY)
    stop = DayOverridden(day=date(2022, 3, 8), workday=False, reason="台风停工")
    record_office_events(
        room.log, CALENDAR_STREAM, [stop], actor=SYSTEM, command_id="typhoon", now=at("2022-03-07", "22:00")
    )
    room.deliver(NEXT_MORNING)
    assert room.lines == []
    room.deliver(at("2022-03-09", "09:00"))
    assert len(room.to("li")) == 1


def test_nobody_gets_two_digests_in_a_morning(room: PostRoom) -> None:
    """Cool-down by construction: what happens after nine waits for the next morning."""
    stream = room.accepted(MONDAY)
    days = [at(f"2022-03-{day:02d}", "09:00") for day in (8, 9, 10, 11)]
    for morning in days:
        room.do(stream, REPORT, LIAISON, morning - timedelta(hours=1))
        for minutes in range(0, 480, 20):
            room.deliver(morning + timedelta(minutes=minutes))
        room.do(stream, c.RecordDecision(meeting="例会", text="照办"), LEADER, morning + timedelta(minutes=30))
    per_morning = [local_date(n.sent_at) for n in room.kept(person="office") if n.sent_at]
    batches = {(n.person, n.batch, local_date(n.sent_at)) for n in room.kept() if n.sent_at}
    assert len(per_morning) >= 4
    for person in {b[0] for b in batches}:
        mornings = [b[2] for b in batches if b[0] == person]
        assert len(mornings) == len(set(mornings)), person


def test_history_is_not_announced(room: PostRoom) -> None:
    """A simulated year, or a log that ran without a worker that sends: nobody wants last year's notices."""
    room.open(MONDAY)
    room.deliver(MONDAY + timedelta(days=31))
    assert room.kept() == ()
    room.open(MONDAY + timedelta(days=31), title="新的一件")
    room.spread(MONDAY + timedelta(days=31))
    assert {n.subject for n in room.kept()} == {"XMH-2022-002 新的一件"}


def test_who_did_it_is_not_told(room: PostRoom) -> None:
    stream = room.open(MONDAY, assist=[{"id": "zhujian", "supervision": "object"}])
    room.do(stream, c.AcceptReceipt(), LIAISON, MONDAY)
    room.spread(MONDAY)
    signed = [n.person for n in room.kept() if n.text.startswith("签收")]
    assert signed == ["office"]
    assigned = {n.person for n in room.kept() if n.text.startswith("交办")}
    assert assigned == {"li", "head", "zhao"}
    assert OFFICE.id not in assigned
    assert OTHER.id in assigned
