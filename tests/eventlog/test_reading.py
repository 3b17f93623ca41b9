"""What is read back: by version, by day, by number, by words."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.base import Refusal
from domain.event import decode
from domain.log import Rulebook
from domain.office import DayOverridden, Person, PersonLeft, PersonRecorded, PolicyAdopted, Unit, UnitRecorded
from domain.policy import Policy
from domain.terms import Role, Supervision, UnitLevel
from eventlog import reading
from eventlog.backend import Params, Row
from eventlog.database import Database, Transaction
from eventlog.projections import rebuild_read_model
from eventlog.reading import PAGE, Head, events_page
from eventlog.rows import EVENT_COLUMNS, FOLDED_COLUMNS, INSERT_EVENT, event_of_row, folded_event, stored_event
from eventlog.stored_time import micros
from eventlog.verify import Token, verify
from tests.eventlog.sample import NOON, Asker, Sample, SampleNoted, SampleOpened, everything, raw
from tests.eventlog.test_verify import unprotect
from tests.support.streams import CALENDAR_STREAM, DIRECTORY_STREAM, POLICY_STREAM

DAY = timedelta(days=1)


@pytest.fixture
def asker(database: Database) -> Iterator[Asker]:
    yield Asker(database)


def test_a_stream_is_read_after_a_version_up_to_one_or_as_known_on_a_day(asker: Asker) -> None:
    asker.open()
    for day in range(1, 4):
        asker.write("sample/a", SampleNoted(text=f"第{day}天"), at=NOON + day * DAY)
    stream, database = "sample/a", asker.database

    def versions(**options: object) -> list[int]:
        return [event.version for event in reading.read_stream(database, stream, **options)]  # type: ignore[arg-type]

    assert versions() == [1, 2, 3, 4]
    assert versions(after=2) == [3, 4]
    assert versions(upto_version=2) == [1, 2]
    assert versions(upto_version=0) == []
    assert versions(position=reading.position_at(database, NOON + 2 * DAY)) == [1, 2, 3]
    assert versions(position=reading.position_at(database, NOON - DAY)) == []
    assert reading.read_stream(database, "sample/none") == ()


def test_what_is_folded_of_a_row_is_what_is_recorded_in_it(asker: Asker) -> None:
    for name in ("a", "b"):
        asker.open(name, notes=3, at=NOON - DAY)
    database, stream = asker.database, "sample/a"
    by_row = ("position", "headquarters", "stream", "version", "type", "schema_version", "payload", "actor", "hash")
    asked = (*by_row, "occurred_at", "recorded_at")
    _, second, *_ = reading.read_stream(database, stream)
    with database.reading() as transaction:
        rows = events_page(transaction, 0, PAGE)
        folded = [
            folded_event(row) for row in transaction.all(f"SELECT {FOLDED_COLUMNS} FROM events ORDER BY position")
        ]
        life = reading.folded_stream(transaction, stream)
        then = reading.folded_stream(transaction, stream, position=second.position)
        assert reading.folded_stream(transaction, "sample/none") is None
    recorded = reading.read_all(database)
    for events in (folded, [stored_event(row) for row in rows]):
        assert [[getattr(e, name) for name in asked] for e in events] == [
            [getattr(e, name) for name in asked] for e in recorded
        ]
    assert life == reading.folded_state(stream, reading.read_stream(database, stream)) == reading.load(database, stream)
    assert then == reading.folded_state(stream, reading.read_stream(database, stream, upto_version=2))


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("actor", "{"),
        ("actor", "[]"),
        ("actor", '{"id":"x"}'),
        ("actor", '{"id":"x","role":"king"}'),
        ("actor", '{"id":"x","role":"system","more":1}'),
        ("actor", '{"id":"x","proven":{},"role":"system"}'),
        ("occurred_at", 2**60),
        ("occurred_at", -(2**60)),
        ("recorded_at", 2**60),
        ("recorded_at", None),
    ],
)
def test_a_row_that_is_no_event_is_folded_no_more_than_it_is_read(asker: Asker, column: str, cell: object) -> None:
    asker.open("a")
    with asker.database.reading() as transaction:
        (row, *_) = events_page(transaction, 0, 1)
    spoilt = tuple(cell if name == column else was for name, was in zip(EVENT_COLUMNS.split(", "), row, strict=True))
    with pytest.raises(Exception) as read:
        event_of_row(spoilt)
    with pytest.raises(type(read.value)):
        stored_event(spoilt)


def test_the_whole_log_is_read_in_pages(asker: Asker) -> None:
    asker.open("a", notes=2)
    asker.open("b", notes=2)
    first = reading.read_all(asker.database, limit=4)
    rest = reading.read_all(asker.database, after=first[-1].position, limit=4)
    assert [e.position for e in (*first, *rest)] == [1, 2, 3, 4, 5, 6]


def test_the_position_of_an_instant_is_that_of_the_last_event_recorded_by_then(asker: Asker) -> None:
    times = [*range(0, 40, 3), 39, 39, 39, 40, 60]
    for n, minutes in enumerate(times):
        asker.open(str(n), at=NOON + timedelta(minutes=minutes))
    unprotect(asker.database)  # what a build before left, whose clock went back
    for position, minutes in ((5, 21), (9, 2)):
        times[position - 1] = minutes
        recorded = micros(NOON + timedelta(minutes=minutes))
        raw(asker.database, f"UPDATE events SET recorded_at = {recorded} WHERE position = {position}")
    raw(asker.database, "DELETE FROM events WHERE position = 12")
    for minutes in range(-1, 62):
        by_then = [n for n, at in enumerate(times, start=1) if at <= minutes and n != 12]
        assert reading.position_at(asker.database, NOON + timedelta(minutes=minutes)) == max(by_then, default=0), (
            minutes
        )


def test_where_nothing_is_there_reading_says_so(database: Database) -> None:
    assert reading.stream_head(database, "sample/none") == Head(stream="sample/none")
    assert reading.load(database, "sample/none") is None
    assert reading.find_command(database, "none") is None
    assert reading.person(database, "none") is None
    assert reading.unit(database, "none") is None
    assert reading.rulebook(database) == Rulebook()
    assert reading.matter_states(database) == ()
    assert reading.matter_states(database, position=0) == ()
    assert reading.open_streams(database, "matter") == ()


def test_states_are_read_now_or_as_known_on_a_day(asker: Asker) -> None:
    asker.open("a")
    asker.open("b", at=NOON + 2 * DAY)
    asker.write("sample/a", SampleNoted(text="后来"), at=NOON + 3 * DAY)
    now = reading.states_of(asker.database, "sample")
    assert [s.stream for s in now] == ["sample/a", "sample/b"]
    assert now == reading.states_of(
        asker.database, "sample", position=reading.position_at(asker.database, NOON + 9 * DAY)
    )
    (then,) = reading.states_of(asker.database, "sample", position=reading.position_at(asker.database, NOON + DAY))
    assert then.state == Sample(number="S-2022-001", title="事项a")
    assert (then.version, then.position) == (1, 1)


def test_at_every_position_the_states_are_those_a_fold_from_zero_gives(asker: Asker) -> None:
    names: tuple[str, ...] = ("c", "a", "b")
    for turn in range(3):
        for name in names:
            event = SampleNoted(text=str(turn)) if turn else SampleOpened(title=name)
            asker.write(f"sample/{name}", event, at=NOON + turn * DAY)
        names = names[turn:]  # some rest while others move
    for position in range(reading.newest_event(asker.database)[0] + 1):
        folded = [
            reading.folded_state(stream, list(events))
            for stream in ("sample/a", "sample/b", "sample/c")
            if (events := reading.read_stream(asker.database, stream, position=position))
        ]
        assert reading.states_of(asker.database, "sample", position=position) == tuple(folded)


def test_the_rulebook_is_read_now_or_as_known_on_a_day(asker: Asker) -> None:
    asker.write(POLICY_STREAM, PolicyAdopted(policy=Policy(version="甲")))
    (typhoon,) = asker.write(
        CALENDAR_STREAM, DayOverridden(day=date(2022, 7, 1), workday=False, reason="台风"), at=NOON + 2 * DAY
    )
    now = reading.rulebook(asker.database)
    assert (now.version, now.policy.version) == (typhoon.position, "甲")
    assert not now.calendar.is_workday(date(2022, 7, 1))
    then = reading.rulebook(asker.database, position=reading.position_at(asker.database, NOON + DAY))
    assert (then.version, then.policy.version) == (1, "甲")
    assert then.calendar.is_workday(date(2022, 7, 1))


@pytest.fixture
def found(asker: Asker) -> Asker:
    for name, title, year in (("a", "香蜜公园 改造", 2022), ("b", "香蜜湖 水质", 2022), ("c", "农园 Park 更新", 2023)):
        at = datetime(year, 3, 1, 4, tzinfo=UTC)
        asker.write(f"sample/{name}", SampleOpened(title=title), at=at)
    return asker


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("S-2022-001", ["S-2022-001"]),
        ("ｓ－２０２２－００１", ["S-2022-001"]),
        ("1", ["S-2022-001", "S-2023-001"]),
        ("９", []),
        ("香蜜", ["S-2022-001", "S-2022-002"]),
        ("香蜜 改造", ["S-2022-001"]),
        ("park", ["S-2023-001"]),
        ("sample/b", ["S-2022-002"]),
        ("", []),
        ("%", []),
    ],
)
def test_a_matter_is_found_by_number_tail_or_words(found: Asker, words: str, numbers: list[str]) -> None:
    assert [m.number for m in reading.find_matters(found.database, words)] == numbers


def test_a_tail_never_jumps_to_another_year(found: Asker) -> None:
    """No. 2 is last year's: whoever types 2 this year means this year's, which there is none of."""
    with pytest.raises(Refusal, match="2023年没有第2号，以前年度有 S-2022-002") as refused:
        reading.find_matters(found.database, "2")
    assert refused.value.code == "ambiguous"


def test_ended_matters_are_not_open(found: Asker) -> None:
    raw(found.database, "UPDATE streams SET ended = 1 WHERE stream IN ('sample/a', 'sample/b')")
    still = reading.open_streams(found.database, "sample")
    assert still == (reading.stream_head(found.database, "sample/c"),)


def test_the_directory_is_read_by_id_and_keeps_the_names_of_those_who_left(asker: Asker) -> None:
    unit = Unit(
        id="u1", name="区住建局", level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT, aliases=("住建", "建设局")
    )
    people = [Person(id=i, name=f"人{i}", unit="u1", role=Role.LIAISON, phone="138", email=None) for i in "yx"]
    asker.write(DIRECTORY_STREAM, UnitRecorded(unit=unit), *[PersonRecorded(person=p) for p in people])
    asker.write(DIRECTORY_STREAM, PersonLeft(person="x"), at=NOON + DAY)
    database = asker.database
    assert reading.unit(database, "u1") == unit
    assert reading.units(database) == (unit,)
    assert [p.id for p in reading.people(database)] == ["y"]
    assert [(p.id, p.left_at) for p in reading.people(database, former=True)] == [("x", NOON + DAY), ("y", None)]
    gone = reading.person(database, "x")
    assert gone is not None
    assert (gone.name, gone.left_at) == ("人x", NOON + DAY)


# --- rebuilding


def furnish(asker: Asker) -> None:
    asker.seat_office()
    asker.write(
        DIRECTORY_STREAM,
        PersonRecorded(person=Person(id="p", name="短任", unit="hq", role=Role.HEAD)),
        PersonLeft(person="p"),
        PersonRecorded(person=Person(id="q", name="回任", unit="hq", role=Role.HEAD)),
        PersonLeft(person="q"),
        PersonRecorded(person=Person(id="q", name="回任", unit="hq", role=Role.LEADER)),
    )
    asker.write(POLICY_STREAM, PolicyAdopted(policy=Policy()))
    asker.open("a", notes=3)
    asker.write("sample/b", SampleOpened(title="成批"), *[SampleNoted(text=f"{i}") for i in range(5)])


def test_the_read_model_made_again_from_zero_is_the_same_to_the_letter(asker: Asker) -> None:
    furnish(asker)
    before = everything(asker.database)
    for ruin in (
        "DELETE FROM streams",
        "UPDATE matters SET title = 'x'",
        "DELETE FROM people",
        "UPDATE numbers SET last = 99",
    ):
        raw(asker.database, ruin)
    raw(asker.database, "INSERT INTO units VALUES ('ghost', 'x', 'city', 'object', NULL, '[]')")
    assert not verify(asker.database).ok
    calls: list[tuple[int, int]] = []
    assert rebuild_read_model(asker.database, progress=lambda done, total: calls.append((done, total))) == 18
    assert calls == [(18, 18)]
    assert everything(asker.database) == before
    assert verify(asker.database).ok


def test_an_append_finds_the_true_state_even_where_the_read_model_lost_it(asker: Asker) -> None:
    asker.open(notes=2)
    raw(asker.database, "DELETE FROM streams")
    asker.write("sample/a", SampleNoted(text="照常"))
    assert {problem.token for problem in verify(asker.database).problems} == {Token.READ_MODEL_DIFFERS}
    rebuild_read_model(asker.database)
    (state,) = reading.states_of(asker.database, "sample")
    assert state.version == 4
    assert isinstance(state.state, Sample)
    assert state.state.notes == ("第0次", "第1次", "照常")
    assert verify(asker.database).ok


# --- old payloads


def test_an_old_payload_is_lifted_when_read_and_never_rewritten(asker: Asker) -> None:
    """Version 1 of `SampleNoted` called its text `words`; the log holds one such event, written years ago."""
    request = asker.request("sample/a", SampleOpened(title="旧事项"), SampleNoted(text="x"))
    old = request.drafts[1].model_copy(update={"schema_version": 1, "payload": {"words": "五年前的话"}})
    asker.ask(request.model_copy(update={"drafts": (request.drafts[0], old)}))
    _, stored = reading.read_stream(asker.database, "sample/a")
    assert (stored.schema_version, stored.payload) == (1, '{"words":"五年前的话"}')
    assert decode(stored) == SampleNoted(text="五年前的话")
    (state,) = reading.states_of(asker.database, "sample")
    assert isinstance(state.state, Sample)
    assert state.state.notes == ("五年前的话",)
    before = everything(asker.database)
    rebuild_read_model(asker.database)
    assert everything(asker.database) == before
    assert verify(asker.database).ok


# --- fast


@pytest.mark.parametrize("module", ["eventlog.reading", "eventlog.append", "eventlog.verify", "eventlog.schema"])
def test_the_hot_path_imports_no_orm_and_no_driver_it_does_not_need(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"sqlalchemy", "sqlmodel", "alembic", "temporalio", "psycopg", "cryptography"}
    assert heavy.isdisjoint(loaded)


def rows_of(asker: Asker, table: str) -> list[Row]:
    with asker.database.reading() as transaction:
        return transaction.all(f"SELECT {EVENT_COLUMNS if table == 'events' else '*'} FROM {table}")


def test_a_thousand_states_are_one_question(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it takes is the benchmark's; that it does not ask for each is this test's."""
    asker.write("sample/a", SampleOpened(title="甲"))
    (row,) = rows_of(asker, "events")
    (stream,) = rows_of(asker, "streams")
    with asker.database.writing() as transaction:
        events = [(i + 2, row[1], f"sample/{i}", 1, f"x{i}", *row[5:]) for i in range(999)]
        streams = [(f"sample/{i}", *stream[1:]) for i in range(999)]
        transaction.commit([(INSERT_EVENT, events), ("INSERT INTO streams VALUES (?, ?, ?, ?)", streams)])
    asked: list[str] = []
    every = Transaction.all

    def noting(transaction: Transaction, sql: str, params: Params = ()) -> list[Row]:
        asked.append(sql)
        return every(transaction, sql, params)

    monkeypatch.setattr(Transaction, "all", noting)
    assert len(reading.states_of(asker.database, "sample")) == 1000
    assert len(asked) == 1


# --- identity


def test_a_log_is_known_by_its_first_event_and_keeps_that_name(database: Database, asker: Asker) -> None:
    assert reading.log_identity(database) == ""
    asker.open("a")
    name = reading.log_identity(database)
    assert name == reading.read_all(database, limit=1)[0].hash
    asker.open("b")
    assert reading.log_identity(database) == name
