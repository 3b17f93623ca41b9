"""The five answers of the log, on both databases."""

import json
from datetime import date, datetime, timedelta
from typing import cast
from uuid import RFC_4122, UUID

import pytest

from domain.door import Door
from domain.envelope import SYSTEM, Actor, OnBehalf, canonical
from domain.log import BEHIND_EVENTS, Ahead, Already, AppendAnswer, Appended, Behind, Refused, UnitClaim
from domain.office import DayOverridden, Person, PersonLeft, PersonRecorded, PolicyAdopted
from domain.policy import Policy
from domain.terms import Role, Supervision
from eventlog import reading
from eventlog.append import MOST_BYTES, SHARE, STATE_BYTES, append
from eventlog.database import Database
from eventlog.reading import Head
from eventlog.readmodel import state_text
from tests.eventlog.sample import (
    NOON,
    OFFICE,
    SETTLED,
    Asker,
    CrowdedAsker,
    Sample,
    SampleNoted,
    SampleOpened,
    everything,
    raw,
)
from tests.support.clock import open_log
from tests.support.streams import CALENDAR_STREAM, DIRECTORY_STREAM, POLICY_STREAM


@pytest.fixture(params=[Asker, CrowdedAsker], ids=["alone", "in a group"])
def asker(database: Database, request: pytest.FixtureRequest) -> Asker:
    return cast("Asker", request.param(database))


# --- appended


def test_events_of_one_command_are_recorded_together_and_read_back_as_answered(asker: Asker) -> None:
    request = asker.request("sample/a", SampleOpened(title="香蜜公园"), SampleNoted(text="已踏勘"))
    answer = asker.ask(request)
    assert isinstance(answer, Appended)
    assert answer.events == reading.read_stream(asker.database, "sample/a")
    assert answer.events == reading.read_all(asker.database)
    assert [(e.position, e.version, e.previous_hash) for e in answer.events] == [
        (1, 1, ""),
        (2, 2, answer.events[0].hash),
    ]
    assert answer.events == reading.find_command(asker.database, request.command_id)


def test_the_number_is_filled_in_and_the_read_model_follows_in_the_same_transaction(asker: Asker) -> None:
    (event,) = asker.write("sample/a", SampleOpened(title="香蜜公园"))
    assert event.payload == '{"number":"S-2022-001","title":"香蜜公园"}'
    stored = reading.load(asker.database, "sample/a")
    assert stored is not None
    assert (stored.version, stored.hash, stored.position) == (1, event.hash, 1)
    assert stored.state == Sample(number="S-2022-001", title="香蜜公园")
    (listed,) = reading.find_matters(asker.database, "香蜜")
    assert (listed.number, listed.due) == ("S-2022-001", date(2022, 6, 30))


def test_without_drafts_an_asker_who_is_up_to_date_is_told_so_and_nothing_is_kept(asker: Asker) -> None:
    asker.open()
    before = everything(asker.database)
    assert asker.ask(asker.request("sample/a", command_id="question")) == Appended()
    assert asker.ask(asker.request("sample/a", command_id="")) == Appended()
    assert everything(asker.database) == before


def test_recording_never_goes_back_in_time_within_a_stream_but_what_happened_may(asker: Asker) -> None:
    asker.open()
    (late,) = asker.write("sample/a", SampleNoted(text="时钟慢了"), at=NOON - timedelta(hours=1))
    assert (late.recorded_at, late.occurred_at) == (NOON, NOON - timedelta(hours=1))


def test_times_are_kept_to_the_microsecond_that_was_hashed(asker: Asker) -> None:
    instant = datetime.fromisoformat("2022-03-01T12:00:00.123456+08:00")
    (event,) = asker.write("sample/a", SampleOpened(title="微秒"), at=instant)
    (stored,) = reading.read_stream(asker.database, "sample/a")
    assert stored == event
    assert stored.recorded_at == instant


# --- already


def test_a_command_sent_again_is_answered_from_the_log_and_adds_nothing(asker: Asker) -> None:
    request = asker.request("sample/a", SampleOpened(title="一次"))
    first = asker.ask(request)
    before = everything(asker.database)
    assert isinstance(first, Appended)
    assert asker.ask(request) == Already(events=first.events)
    assert everything(asker.database) == before


def test_already_comes_before_behind_so_that_a_retry_with_an_old_state_learns_its_outcome(asker: Asker) -> None:
    request = asker.request("sample/a", SampleOpened(title="一次"))
    asker.ask(request)
    asker.write("sample/a", SampleNoted(text="其后"))
    asker.write(POLICY_STREAM, PolicyAdopted(policy=Policy()))
    assert isinstance(asker.ask(request), Already)


@pytest.mark.parametrize("change", [{"request_hash": "other"}, {"stream": "sample/b"}])
def test_other_content_under_a_used_command_id_is_refused(asker: Asker, change: dict[str, str]) -> None:
    request = asker.request("sample/a", SampleOpened(title="一次"))
    asker.ask(request)
    answer = asker.ask(request.model_copy(update=change))
    assert isinstance(answer, Refused)
    assert answer.code == "command_id_reused"


# --- behind


def test_an_asker_who_is_behind_gets_what_he_missed_and_writes_nothing(asker: Asker) -> None:
    old = asker.request("sample/a", SampleOpened(title="旧"), SampleNoted(text="一"))
    first = asker.write("sample/a", SampleOpened(title="新"), SampleNoted(text="二"))
    before = everything(asker.database)
    assert asker.ask(old) == Behind(events=first)
    middle = Head(stream="sample/a", version=1, hash=first[0].hash)
    assert asker.ask(asker.request("sample/a", head=middle)) == Behind(events=first[1:])
    assert everything(asker.database) == before


def test_at_most_two_hundred_missed_events_come_at_once(asker: Asker) -> None:
    opened, *_ = asker.write("sample/a", SampleOpened(title="长"), *[SampleNoted(text=f"{i}") for i in range(250)])
    answer = asker.ask(asker.request("sample/a", head=Head(stream="sample/a", version=1, hash=opened.hash)))
    assert isinstance(answer, Behind)
    assert [e.version for e in answer.events] == list(range(2, 2 + BEHIND_EVENTS))


def test_missed_events_stay_below_half_a_mebibyte_but_at_least_one_comes(asker: Asker) -> None:
    notes = [SampleNoted(text="督" * 20_000) for _ in range(4)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eventlog.append.STATE_BYTES", 10**7)
        asker.write("sample/a", SampleOpened(title="大"), *notes, *notes, *notes)
    answer = asker.ask(asker.request("sample/a", head=Head(stream="sample/a")))
    assert isinstance(answer, Behind)
    assert 1 < len(answer.events) < 13
    assert len(answer.model_dump_json().encode()) < 600_000


@pytest.mark.parametrize("which", [CALENDAR_STREAM, POLICY_STREAM])
def test_a_moved_rulebook_comes_back_with_its_new_value(asker: Asker, which: str) -> None:
    asker.open()
    old = asker.request("sample/a", SampleNoted(text="按旧日历"))
    change = (
        DayOverridden(day=date(2022, 7, 1), workday=False, reason="台风停工")
        if which == CALENDAR_STREAM
        else PolicyAdopted(policy=Policy(version="2022-2", near_due_workdays=5))
    )
    (event,) = asker.write(which, change)
    answer = asker.ask(old)
    assert isinstance(answer, Behind)
    assert answer.events == ()
    assert answer.rulebook == reading.rulebook(asker.database)
    assert answer.rulebook is not None
    assert answer.rulebook.version == event.position
    if which == POLICY_STREAM:
        assert answer.rulebook.policy.near_due_workdays == 5
    else:
        assert not answer.rulebook.calendar.is_workday(date(2022, 7, 1))


def test_missed_events_and_a_moved_rulebook_come_in_one_answer(asker: Asker) -> None:
    old = asker.request("sample/a", SampleOpened(title="旧"))
    missed = asker.write("sample/a", SampleOpened(title="新"))
    asker.write(POLICY_STREAM, PolicyAdopted(policy=Policy()))
    answer = asker.ask(old)
    assert isinstance(answer, Behind)
    assert answer.events == missed
    assert answer.rulebook is not None


# --- ahead


def test_a_log_shorter_than_the_state_is_ahead(asker: Asker) -> None:
    asker.open()
    beyond = Head(stream="sample/a", version=9, hash="sha256:00")
    assert asker.ask(asker.request("sample/a", SampleNoted(text="x"), head=beyond)) == Ahead(version=1)


@pytest.mark.parametrize("further", [0, 2])
def test_another_history_at_the_expected_version_is_ahead_however_long_it_is(asker: Asker, further: int) -> None:
    asker.open(notes=further)
    other = Head(stream="sample/a", version=1, hash="sha256:another history")
    before = everything(asker.database)
    assert asker.ask(asker.request("sample/a", SampleNoted(text="x"), head=other)) == Ahead(version=1 + further)
    assert everything(asker.database) == before


# --- refused


def with_actor(asker: Asker, actor: Actor) -> object:
    return asker.ask(asker.request("sample/a", SampleOpened(title="x"), actor=actor))


def test_an_actor_as_the_directory_has_him_may_act_and_is_recorded(asker: Asker) -> None:
    asker.seat_office()
    (event,) = asker.write("sample/a", SampleOpened(title="x"), actor=OFFICE)
    assert event.actor == OFFICE


def test_an_actor_who_is_not_what_he_claims_is_refused_in_one_line(asker: Asker) -> None:
    asker.seat_office()
    before = everything(asker.database)
    for actor, code in [
        (Actor(id="nobody", role=Role.OFFICE), "actor_unknown"),
        (Actor(id="office", role=Role.LEADER), "actor_role"),
        (Actor(id="office", role=Role.OFFICE, unit="u9"), "actor_unit"),
        (Actor(id="office", role=Role.SYSTEM), "actor_role"),
        (Actor(id="system", role=Role.OFFICE), "actor_role"),
        (OFFICE.model_copy(update={"on_behalf_of": OnBehalf(id="mayor", role=Role.LEADER)}), "actor_unknown"),
        (OFFICE.model_copy(update={"on_behalf_of": OnBehalf(id="office", role=Role.LEADER)}), "actor_role"),
        (SYSTEM.model_copy(update={"on_behalf_of": OnBehalf(id="mayor", role=Role.LEADER)}), "actor_unknown"),
    ]:
        answer = with_actor(asker, actor)
        assert isinstance(answer, Refused), actor
        assert answer.code == code
        assert answer.message
        assert "\n" not in answer.message
    assert everything(asker.database) == before


def test_who_left_may_not_act_until_recorded_again(asker: Asker) -> None:
    asker.seat_office()
    asker.write(DIRECTORY_STREAM, PersonLeft(person="office"))
    answer = with_actor(asker, OFFICE)
    assert isinstance(answer, Refused)
    assert answer.code == "actor_left"
    assert "张三" in answer.message
    asker.write(DIRECTORY_STREAM, PersonRecorded(person=Person(id="office", name="张三", unit="hq", role=Role.OFFICE)))
    assert isinstance(with_actor(asker, OFFICE), Appended)


def test_units_are_what_the_decision_took_them_for(asker: Asker) -> None:
    asker.seat_office()
    for claim, code in [
        (UnitClaim(id="hq", supervision=Supervision.BY_LETTER), "unit_supervision"),
        (UnitClaim(id="u9", supervision=Supervision.OBJECT), "unit_unknown"),
        (UnitClaim(id="hq", supervision=Supervision.OBJECT), None),
    ]:
        answer = asker.ask(asker.request("sample/a", SampleOpened(title="x"), units=(claim,)))
        assert (answer.code if isinstance(answer, Refused) else None) == code


def test_who_is_to_answer_for_something_is_in_the_directory_and_in_office(asker: Asker) -> None:
    asker.seat_office()
    asker.write(DIRECTORY_STREAM, PersonRecorded(person=Person(id="li", name="李四", unit="hq", role=Role.LIAISON)))
    asker.write(DIRECTORY_STREAM, PersonLeft(person="li"))
    for person, code in [("nobody", "actor_unknown"), ("li", "actor_left"), ("office", None)]:
        request = asker.request("sample/a", SampleOpened(title="x")).model_copy(update={"people": (person,)})
        answer = asker.ask(request)
        assert (answer.code if isinstance(answer, Refused) else None) == code


def test_a_malformed_request_is_refused_alike_on_both_databases(asker: Asker) -> None:
    sound = asker.request("sample/a", SampleOpened(title="x"))
    changes: list[tuple[dict[str, object], str]] = [
        ({"stream": "nowhere"}, "malformed"),
        ({"stream": "unheard/of"}, "malformed"),
        ({"stream": "sample/a b"}, "malformed"),
        ({"stream": "sample/a\x00b"}, "malformed"),
        ({"command_id": ""}, "malformed"),
        ({"command_id": "x\x00y"}, "malformed"),
        ({"command_id": "\ud800"}, "malformed"),
        ({"command_id": "x" * 600}, "too_large"),
        ({"expected_version": -1}, "malformed"),
        ({"now": NOON.replace(tzinfo=None)}, "malformed"),
    ]
    for change, code in changes:
        answer = asker.ask(sound.model_copy(update=change))
        assert isinstance(answer, Refused), change
        assert answer.code == code
    assert reading.read_all(asker.database) == ()


def test_a_text_over_64_kib_or_that_no_database_can_hold_is_refused(asker: Asker) -> None:
    for title, code in [
        ("督" * 22_000, "too_large"),  # 66,000 bytes
        ("x" * (64 * 1024 + 1), "too_large"),
        ("空\x00字符", "malformed"),
        ("半个\ud83d字符", "malformed"),
    ]:
        answer = asker.ask(asker.request("sample/a", SampleOpened(title=title)))
        assert isinstance(answer, Refused), title[:10]
        assert answer.code == code
    assert reading.read_all(asker.database) == ()


def test_any_other_text_comes_back_as_it_went_in(asker: Asker) -> None:
    titles = [
        "督" * 21_000,
        "x" * (64 * 1024),
        "字面的 \\u0000 无妨",
        "😀",
        "“引号”\n换行\\'; DROP TABLE events; --%s?",
    ]
    for index, title in enumerate(titles, start=1):
        (event,) = asker.write(f"sample/{index}", SampleOpened(title=title))
        assert reading.read_stream(asker.database, f"sample/{index}") == (event,)
        assert event.payload == canonical({"number": f"S-2022-{index:03d}", "title": title})


def test_a_state_that_would_wedge_a_workflow_is_refused(asker: Asker) -> None:
    asker.open()
    for _ in range(4):
        asker.write("sample/a", SampleNoted(text="督" * 20_000))
    answer = asker.ask(asker.request("sample/a", SampleNoted(text="督" * 20_000)))
    assert isinstance(answer, Refused)
    assert answer.code == "too_large"
    assert reading.stream_head(asker.database, "sample/a").version == 5


def test_a_full_state_takes_a_share_of_what_is_left_to_the_byte(asker: Asker) -> None:
    asker.open()

    def size() -> int:
        stored = reading.load(asker.database, "sample/a")
        assert stored is not None
        return len(state_text(stored.state).encode())

    def ask(grows_by: int) -> AppendAnswer:
        note = SampleNoted(text="a" * (grows_by - len(',""')))
        return asker.ask(asker.request("sample/a", note))

    while size() < STATE_BYTES - 60_000:
        asker.write("sample/a", SampleNoted(text="a" * 50_000))
    reaching = STATE_BYTES - size()
    refused = ask(reaching)
    assert isinstance(refused, Refused), "more than a share of what is left"
    assert "超过 256 KiB" in refused.message
    assert isinstance(ask(reaching - 1), Appended), "one byte less is taken however much it is at once"
    share = (MOST_BYTES - size()) // SHARE
    assert isinstance(ask(share + 1), Refused)
    before = size()
    assert isinstance(ask(share), Appended)
    assert size() == before + share
    missed = asker.request("sample/a", SampleNoted(text="a" * 50_000)).model_copy(update={"clock": True})
    assert isinstance(asker.ask(missed), Appended), "what the clock adds is nobody's fault"


def test_what_its_own_fold_cannot_read_never_enters_the_log(asker: Asker) -> None:
    request = asker.request("sample/a", SampleNoted(text="没有立项"))
    answer = asker.ask(request)
    assert isinstance(answer, Refused)
    assert answer.code == "malformed"
    assert "SampleNoted 与 sample/a 的记录不符：SampleNoted does not belong here" in answer.message
    draft = request.drafts[0].model_copy(update={"type": "Unheard"})
    answer = asker.ask(request.model_copy(update={"drafts": (draft,)}))
    assert isinstance(answer, Refused)
    answer = asker.ask(request.model_copy(update={"drafts": (draft.model_copy(update={"payload": {"share": 0.5}}),)}))
    assert isinstance(answer, Refused)
    assert answer.code == "malformed"
    assert reading.read_all(asker.database) == ()


def test_where_the_read_model_lost_a_stream_its_events_are_what_stands(asker: Asker) -> None:
    asker.open(notes=2)
    raw(asker.database, "DELETE FROM streams")
    with open_log(asker.database.url) as fresh:
        Asker(fresh).write("sample/a", SampleNoted(text="其后"))
        known = fresh.states.of("sample/a")
    assert known is not None
    assert known.state == Sample(number="S-2022-001", title="事项a", notes=("第0次", "第1次", "其后"))


def test_an_id_of_an_event_is_a_uuid_that_begins_with_its_time_and_no_other_has(asker: Asker) -> None:
    events = [
        *asker.write("sample/a", SampleOpened(title="一"), SampleNoted(text="二")),
        *asker.write("sample/b", SampleOpened(title="三")),
    ]
    ids = [UUID(event.event_id) for event in events]
    assert {(one.version, one.variant, str(one)) for one in ids} == {(8, RFC_4122, event.event_id) for event in events}
    assert {one.int >> 80 for one in ids} == {int(NOON.timestamp() * 1000)}
    assert len({str(one)[15:] for one in ids}) == len(ids), "the rest tells them apart"


def test_two_numbers_of_one_series_in_one_command_are_two(asker: Asker) -> None:
    events = asker.write("sample/a", SampleOpened(title="一"), SampleOpened(title="二"))
    events += asker.write("sample/b", SampleOpened(title="三"))
    assert [json.loads(e.payload)["number"] for e in events] == ["S-2022-001", "S-2022-002", "S-2022-003"]


def test_nothing_refused_burns_a_number(asker: Asker) -> None:
    asker.seat_office()
    asker.open("a")
    stale = asker.request("sample/b", SampleOpened(title="旧"))
    asker.write(POLICY_STREAM, PolicyAdopted(policy=Policy()))
    assert isinstance(asker.ask(stale), Behind)
    assert isinstance(with_actor(asker, Actor(id="nobody", role=Role.OFFICE)), Refused)
    assert isinstance(asker.ask(asker.request("sample/b", SampleNoted(text="没有立项"))), Refused)
    assert isinstance(
        asker.ask(asker.request("sample/b", SampleOpened(title="x"), SampleNoted(text="督" * 30_000))), Refused
    )
    (event,) = asker.write("sample/b", SampleOpened(title="新"))
    assert '"S-2022-002"' in event.payload


def test_a_stream_is_at_rest_since_the_event_that_settled_it_whatever_comes_after(asker: Asker) -> None:
    def at_rest_since() -> int:
        with asker.database.reading() as transaction:
            return int(transaction.all("SELECT ended FROM streams WHERE stream = 'sample/a'")[0][0])

    asker.open(notes=2)
    assert at_rest_since() == 0
    asker.write("sample/a", SampleNoted(text=SETTLED))
    assert at_rest_since() == 4
    asker.write("sample/a", SampleNoted(text="归档"), SampleNoted(text="再记"))
    assert at_rest_since() == 4


def test_what_comes_by_the_door_is_recorded_with_its_proof_alone(asker: Asker) -> None:
    door, until = Door(b"ours"), NOON + timedelta(minutes=15)
    request = asker.request("sample/a", SampleOpened(title="香蜜公园")).model_copy(update={"valid_until": until})
    proof = door.of_order(request.command_id, request.request_hash, until)
    for forged in (
        request,
        request.model_copy(update={"proof": Door(b"theirs").of_order(request.command_id, "content", until)}),
        request.model_copy(update={"proof": proof, "request_hash": "other"}),
        request.model_copy(update={"proof": proof, "valid_until": until + timedelta(hours=1)}),
        request.model_copy(update={"proof": proof, "valid_until": None}),
        request.model_copy(update={"proof": "", "valid_until": None}),
    ):
        answer = append(asker.database, forged, door=door)
        assert isinstance(answer, Refused), forged
        assert answer.code == "unproven"
    assert reading.read_all(asker.database) == ()
    assert isinstance(append(asker.database, request.model_copy(update={"proof": proof}), door=door), Appended)


def test_every_event_waits_in_the_outbox_until_it_is_told(asker: Asker) -> None:
    asker.open(notes=2)
    assert everything(asker.database)["outbox"] == [(1, None, None), (2, None, None), (3, None, None)]
