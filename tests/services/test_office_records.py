"""Office records are commands: who may make them is asked inside the append, and each is known again by its id."""

from datetime import UTC, date, datetime

import pytest

from domain.base import Refusal
from domain.envelope import SYSTEM, Actor, OnBehalf
from domain.event import Event, known_types
from domain.log import Already, AppendAnswer, Appended, AppendRequest, Refused
from domain.meetings.series import DEFAULT_SERIES, SeriesRecorded
from domain.office import (
    CalendarYearPublished,
    DayOverridden,
    Delegation,
    DelegationGranted,
    DelegationRevoked,
    PersonLeft,
    PolicyAdopted,
    PostAssigned,
)
from domain.policy import Policy
from domain.rules.records import RECORDS
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from services.office_records import record_decided, record_office_events
from tests.support.office import AUDITOR, FOR_LEADER, HEAD, LEADER, LIAISON, OFFICE, founded
from tests.support.streams import CALENDAR_STREAM, DIRECTORY_STREAM, POLICY_STREAM, SERIES_STREAM

NOW = datetime(2022, 3, 7, 2, tzinfo=UTC)
DAY = DayOverridden(day=date(2022, 7, 2), workday=False, reason="台风")
GRANT = Delegation(giver="head", receiver="li", since=date(2022, 3, 1), until=date(2022, 4, 1), reason="出差")
RULES: list[tuple[str, Event]] = [
    (POLICY_STREAM, PolicyAdopted(policy=Policy(version="二版"))),
    (CALENDAR_STREAM, CalendarYearPublished(year=2027, source="通知", off=(), work=())),
    (CALENDAR_STREAM, DAY),
    (DIRECTORY_STREAM, PersonLeft(person="zhao")),
    (DIRECTORY_STREAM, PostAssigned(post="总指挥", person="leader")),
    (SERIES_STREAM, SeriesRecorded(entry=DEFAULT_SERIES[0])),
]


@pytest.fixture
def log(empty_url: str) -> Database:
    return founded(empty_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"new_{'sqlite' if request.param == 'sqlite' else 'postgres'}"))


def ask(
    log: Database, stream: str, event: Event, actor: Actor, command_id: str = "c", content: str = "hash"
) -> AppendAnswer:
    """A direct append, past every command line."""
    head = reading.stream_head(log, stream)
    return append(
        log,
        AppendRequest(
            stream=stream,
            expected_version=head.version,
            expected_hash=head.hash,
            rulebook_version=reading.rulebook(log).version,
            command_id=command_id,
            request_hash=content,
            actor=actor,
            now=NOW,
            drafts=(event.draft(NOW),),
        ),
    )


def test_the_office_s_records_are_the_office_s_also_past_the_command_line(log: Database) -> None:
    for stream, event in RULES:
        for actor in (AUDITOR, LIAISON, HEAD, LEADER):
            said = ask(log, stream, event, actor)
            assert isinstance(said, Refused), (event, actor)
            assert said.code == "forbidden"
    for n, (stream, event) in enumerate(RULES):
        assert isinstance(ask(log, stream, event, OFFICE, f"c{n}"), Appended), event


def test_a_delegation_is_given_by_its_giver_or_the_office(log: Database) -> None:
    event = DelegationGranted(delegation=GRANT)
    for actor in (LIAISON, AUDITOR, HEAD.model_copy(update={"on_behalf_of": OnBehalf(id="leader", role=LEADER.role)})):
        assert isinstance(ask(log, DIRECTORY_STREAM, event, actor), Refused)
    said = ask(log, DIRECTORY_STREAM, event, HEAD)
    assert isinstance(said, Appended)
    revoked = DelegationRevoked(no="授权〔2022〕1号", reason="回来了")
    assert isinstance(ask(log, DIRECTORY_STREAM, revoked, LIAISON, "r"), Refused)
    assert isinstance(ask(log, DIRECTORY_STREAM, revoked, HEAD, "r"), Appended)


def test_nobody_signs_in_another_s_name(log: Database) -> None:
    from domain.papers import CircularApproved

    event = CircularApproved(
        approver="leader", paper="批件", since=date(2022, 1, 1), until=date(2022, 1, 31), position=1, words="w"
    )
    assert isinstance(ask(log, "paper/2022", event, OFFICE), Refused)
    other = event.model_copy(update={"approver": "office"})
    assert isinstance(ask(log, "paper/2022", other, LEADER), Refused)
    assert isinstance(ask(log, "paper/2022", event, FOR_LEADER), Appended)


def test_a_command_id_used_twice_with_other_content_is_refused(log: Database) -> None:
    first = record_office_events(log, CALENDAR_STREAM, [DAY], actor=OFFICE, command_id="一次", now=NOW)
    assert record_office_events(log, CALENDAR_STREAM, [DAY], actor=OFFICE, command_id="一次", now=NOW) == first
    for event, actor in ((DAY.model_copy(update={"workday": True}), OFFICE), (DAY, SYSTEM)):
        with pytest.raises(Refusal) as refused:
            record_office_events(log, CALENDAR_STREAM, [event], actor=actor, command_id="一次", now=NOW)
        assert refused.value.code == "command_id_reused"
    with pytest.raises(Refusal) as refused:
        record_office_events(
            log, POLICY_STREAM, [PolicyAdopted(policy=Policy(version="三版"))], actor=OFFICE, command_id="一次", now=NOW
        )
    assert refused.value.code == "command_id_reused"


def test_a_rule_that_refuses_a_repetition_is_overruled_by_the_log(log: Database) -> None:
    def once(_: object) -> list[Event]:
        if reading.find_command(log, "一次"):
            raise Refusal("已作同样的登记")
        return [DAY]

    def ask_again(content: str) -> int:
        done = record_decided(
            log, CALENDAR_STREAM, once, actor=OFFICE, command_id="一次", now=NOW, content={"day": content}
        )
        return len(done)

    assert ask_again("7月2日") == ask_again("7月2日") == 1
    with pytest.raises(Refusal) as refused:
        ask_again("7月3日")
    assert refused.value.code == "command_id_reused"


def test_a_record_of_the_build_before_is_known_again_though_it_kept_no_hash(log: Database) -> None:
    assert isinstance(ask(log, CALENDAR_STREAM, DAY, OFFICE, "旧", content=""), Appended)
    assert isinstance(ask(log, CALENDAR_STREAM, DAY, OFFICE, "旧", content="新"), Already)


def test_every_event_outside_matters_and_meetings_is_in_the_table() -> None:
    decided_elsewhere = {"domain.events", "domain.meetings.events"}
    office = {
        name
        for name, cls in known_types().items()
        if cls.__module__.startswith("domain.") and cls.__module__ not in decided_elsewhere
    }
    assert office == {cls.__name__ for cls in RECORDS if cls.__module__.startswith("domain.")}
