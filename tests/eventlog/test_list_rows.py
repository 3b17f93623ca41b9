"""The rows of lists: what the states say, on either database, written by the appends and made again by a rebuild."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import commands as c
from domain.base import Refusal
from domain.calendar import local_date
from domain.event import Event
from domain.lights import light
from domain.matter import Matter
from domain.office import DayOverridden, PolicyAdopted
from domain.policy import Policy
from domain.queries.list_row import NEVER, ColourMoments, ListRow, list_row, lit_rows, past_row
from domain.terms import Light, Stage, SuspensionReason
from eventlog import reading
from eventlog.database import Database
from eventlog.projections import newest_position, rebuild_read_model
from eventlog.verify import verify
from services.office_records import record_office_events
from tests.support.clock import open_log
from tests.support.history import act, tick
from tests.support.homes import at
from tests.support.office import ASSIST, LIAISON, OFFICE, founded, opening, sqlite
from tests.support.streams import CALENDAR_STREAM, POLICY_STREAM

MONDAY = at("2022-03-07")


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('log') / 'events.db'}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    with founded(url) as database:
        for n, due in enumerate((date(2022, 4, 29), date(2022, 3, 18), date(2022, 9, 30))):
            act(database, f"matter/m{n}", opening(f"打通断头路（第{n}项）", due=due), OFFICE, MONDAY)
            act(database, f"matter/m{n}", c.AcceptReceipt(), LIAISON, MONDAY)
        act(database, "matter/m0", c.SubmitFeedback(text="进场", progress=30), LIAISON, MONDAY + timedelta(hours=2))
        tick(database, MONDAY + timedelta(days=16))
        act(database, "matter/m2", c.CancelMatter(reason="并入他项"), OFFICE, MONDAY + timedelta(days=16))
        yield database


def change(log: Database, sql: str) -> None:
    with log.writing() as transaction:
        transaction.commit([(sql, [()])])


def newest(log: Database) -> int:
    with log.reading() as transaction:
        return newest_position(transaction)


def from_states(log: Database) -> list[ListRow]:
    rulebook = reading.rulebook(log)
    states = [s.state for s in reading.matter_states(log) if isinstance(s.state, Matter)]
    return sorted(list_row(state, rulebook) for state in states)


def living(log: Database, moment: reading.Moment | None = None) -> list[Matter]:
    return [one.state for one in reading.open_states(log, "matter", moment) if isinstance(one.state, Matter)]


def living_from_events(log: Database) -> list[Matter]:
    """What lives, folded from the first event on."""
    lives = [list(reading.read_stream(log, row.stream)) for row in reading.list_rows(log)]
    states = [reading.folded_state(events[0].stream, events).state for events in lives]
    return [s for s in states if isinstance(s, Matter) and not s.settled]


def test_rows_are_what_the_states_say_and_a_rebuild_makes_them_again(log: Database) -> None:
    rows = sorted(reading.list_rows(log))
    assert rows == from_states(log)
    assert {row.stage for row in rows} == {"in_progress", "cancelled"}
    rebuild_read_model(log)
    assert sorted(reading.list_rows(log)) == rows
    assert verify(log).ok


def test_the_light_of_a_row_is_that_of_its_state_on_any_later_day(log: Database) -> None:
    rulebook = reading.rulebook(log)
    states = {s.stream: s.state for s in reading.matter_states(log)}
    for days in (16, 20, 40, 54, 300):
        moment = MONDAY + timedelta(days=days)
        for row, lit in lit_rows(reading.list_rows(log), rulebook, moment):
            state = states[row.stream]
            assert isinstance(state, Matter)
            assert lit == light(state, rulebook, moment)


@pytest.mark.parametrize(
    ("stream", "changed"),
    [
        (CALENDAR_STREAM, DayOverridden(day=date(2022, 3, 28), workday=False, reason="台风停工")),
        (POLICY_STREAM, PolicyAdopted(policy=Policy(version="2022-2", near_due_workdays=4))),
    ],
)
def test_another_calendar_or_policy_moves_the_colours_to_come_within_its_own_command(
    log: Database, stream: str, changed: Event
) -> None:
    day = MONDAY + timedelta(days=16)
    act(log, "matter/m3", opening("迁改管线", due=date(2022, 3, 29)), OFFICE, day)
    act(log, "matter/m3", c.AcceptReceipt(), LIAISON, day)
    before = {row.stream: row for row in reading.list_rows(log)}
    assert local_date(before["matter/m3"].blue) == date(2022, 3, 24)
    height = newest(log)
    record_office_events(log, stream, [changed], actor=OFFICE, command_id="changed", now=day)
    assert newest(log) == height + 1, "no matter has recorded anything yet"
    after = {row.stream: row for row in reading.list_rows(log)}
    assert local_date(after["matter/m3"].blue) == date(2022, 3, 23)
    assert after["matter/m2"] == before["matter/m2"], "what has ended does not move"
    assert sorted(after.values()) == from_states(log)
    assert verify(log).ok


def test_what_lives_is_read_again_only_where_the_log_moved(log: Database) -> None:
    before = living(log)
    assert [m.stream for m in before] == ["matter/m0", "matter/m1"]
    act(log, "matter/m1", c.SubmitFeedback(text="进场", progress=40), LIAISON, MONDAY + timedelta(days=17))
    act(log, "matter/m0", c.CancelMatter(reason="并入他项"), OFFICE, MONDAY + timedelta(days=17))
    act(log, "matter/m2", c.ReopenMatter(reason="仍须办理", due=date(2022, 9, 30)), OFFICE, MONDAY + timedelta(days=17))
    after = living(log)
    assert after == living_from_events(log)
    assert [(m.stream, m.progress) for m in after] == [("matter/m1", 40), ("matter/m2", 0)]
    adopted, day = PolicyAdopted(policy=Policy(version="2")), MONDAY + timedelta(days=18)
    record_office_events(log, POLICY_STREAM, [adopted], actor=OFFICE, command_id="adopted", now=day)
    assert all(now is then for now, then in zip(living(log), after, strict=True)), "no matter moved"


def test_what_lives_in_a_log_put_back_from_a_copy_is_what_that_says(tmp_path: Path) -> None:
    """Another history of as many events, under the pages of one process."""
    home, copied = tmp_path / "home", tmp_path / "copy"
    home.mkdir()
    with founded(sqlite(home)) as log:
        act(log, "matter/m0", opening("打通断头路"), OFFICE, MONDAY)
    shutil.copytree(home, copied)
    with open_log(sqlite(home)) as log, open_log(sqlite(copied)) as other:
        act(log, "matter/m0", c.AcceptReceipt(), LIAISON, MONDAY)
        act(other, "matter/m0", c.DeclineReceipt(reason="非本单位职责"), LIAISON, MONDAY)
        act(other, "matter/m0", c.AssignMatter(lead=ASSIST, reason="调整"), OFFICE, MONDAY)
        assert [m.stage for m in living(log)] == [Stage.IN_PROGRESS]
        other.living = log.living
        assert living(other) == living_from_events(other) != living(log)


STEPS = st.one_of(
    st.tuples(st.just("reports"), st.integers(0, 2), st.integers(0, 100)),
    st.tuples(st.just("goes on"), st.integers(1, 9), st.just(0)),
    st.tuples(st.just("rests"), st.integers(0, 2), st.integers(0, 30)),
    st.tuples(st.just("works or not"), st.integers(0, 60), st.booleans()),
    st.tuples(st.just("warns"), st.integers(0, 12), st.just(0)),
    st.tuples(st.just("ends"), st.integers(0, 2), st.just(0)),
    st.tuples(st.just("is taken up again"), st.integers(0, 2), st.just(0)),
)


@settings(max_examples=12)
@given(steps=st.lists(STEPS, min_size=3, max_size=10), days=st.integers(0, 120))
def test_after_any_life_under_any_calendar_and_policy_rows_are_what_a_fold_gives(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]], days: int
) -> None:
    with founded(f"sqlite:///{tmp_path_factory.mktemp('log') / 'events.db'}") as log:
        now = MONDAY
        for n in range(3):
            act(log, f"matter/m{n}", opening(f"第{n}项", due=date(2022, 3, 25 + n)), OFFICE, now)
            act(log, f"matter/m{n}", c.AcceptReceipt(), LIAISON, now)
        for number, (step, first, second) in enumerate(steps):
            now = live(log, now, f"step-{number}", step, first, second)
            assert sorted(reading.list_rows(log)) == from_states(log), step
            assert living(log) == living_from_events(log), step
        rulebook, moment = reading.rulebook(log), now + timedelta(days=days)
        for row in reading.list_rows(log):
            state = reading.load(log, row.stream)
            assert state is not None
            assert isinstance(state.state, Matter)
            lit = light(state.state, rulebook, moment)
            assert row.lit(rulebook, moment) == lit
            moments = ColourMoments(row.red, row.yellow, row.blue, row.wavers)
            assert row.wavers or lit.light is Light.GREY or moments.at(moment) is lit.light
        assert verify(log).ok
        check_past(log)


def check_past(log: Database) -> None:
    """At every position the rows and what lives are what folds from the first event on give."""
    streams = [f"matter/m{n}" for n in range(3)]
    for position in range(newest(log) + 1):
        events = [list(reading.read_stream(log, stream, position=position)) for stream in streams]
        states = [reading.folded_state(told[0].stream, told).state for told in events if told]
        matters = [state for state in states if isinstance(state, Matter)]
        moment = reading.Moment(position, NEVER)
        assert reading.past_list_rows(log, moment) == tuple(map(past_row, matters))
        assert living(log, moment) == [matter for matter in matters if not matter.settled]


def live(log: Database, now: datetime, command: str, step: str, first: int, second: int) -> datetime:
    """One step of a life; what the rules refuse does not happen. The moment after it."""
    office: list[tuple[str, Event]] = []
    match step:
        case "goes on":
            now += timedelta(days=first)
            tick(log, now)
        case "works or not":
            day = DayOverridden(day=date(2022, 3, 8) + timedelta(days=first), workday=bool(second), reason="台风")
            office = [(CALENDAR_STREAM, day)]
        case "warns":
            office = [(POLICY_STREAM, PolicyAdopted(policy=Policy(version=command, near_due_workdays=first)))]
        case _:
            until = local_date(now) + timedelta(days=second + 1)
            with suppress(Refusal):
                if step == "reports":
                    act(log, f"matter/m{first}", c.SubmitFeedback(text="进展", progress=second), LIAISON, now)
                elif step == "ends":
                    act(log, f"matter/m{first}", c.CancelMatter(reason="并入他项"), OFFICE, now)
                elif step == "is taken up again":
                    again = c.ReopenMatter(reason="仍须办理", due=until + timedelta(days=30))
                    act(log, f"matter/m{first}", again, OFFICE, now)
                else:
                    rest = c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=until)
                    act(log, f"matter/m{first}", rest, OFFICE, now)
    for stream, event in office:
        record_office_events(log, stream, [event], actor=OFFICE, command_id=command, now=now)
    return now


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE matter_rows SET red = 0 WHERE stream = 'matter/m0'",
        "UPDATE matter_rows SET lead = 'u-other' WHERE stream = 'matter/m0'",
        "DELETE FROM matter_rows WHERE stream = 'matter/m0'",
    ],
)
def test_a_row_that_is_not_what_the_events_say_is_named(log: Database, harm: str) -> None:
    change(log, harm)
    for report in (verify(log), verify(log, stream="matter/m0")):
        assert [p.stream for p in report.problems] == ["matter/m0"]
        assert "matter_rows" in report.problems[0].message
    assert verify(log, stream="matter/m1").ok


def test_a_row_of_no_matter_is_named(log: Database) -> None:
    columns = ", ".join(reading.list_rows(log)[0]._fields[1:])
    change(
        log,
        f"INSERT INTO matter_rows (stream, {columns}) SELECT 'matter/x', {columns} FROM matter_rows "
        "WHERE stream = 'matter/m1'",
    )
    assert [p.stream for p in verify(log).problems] == ["matter/x"]


def test_pages_laid_end_to_end_are_the_list(log: Database) -> None:
    pages: list[ListRow] = []
    after = ""
    while page := reading.list_page(log, 2, after):
        pages += page
        after = page[-1].number
    assert pages == list(reading.list_rows(log))
    assert [row.stream for row in reading.list_page(log, 9, living=True)] == ["matter/m0", "matter/m1"]


def test_a_number_its_tail_and_the_stream_are_found_by_their_indexes(log: Database) -> None:
    for words in ("XMH-2022-002", "xmh-2022-002", "ＸＭＨ-2022-002", "2", "002", "matter/m1", " 2 "):
        assert [m.stream for m in reading.find_matters(log, words)] == ["matter/m1"], words
    for words in ("%", "'", "9" * 10_000, "第" * 10_000, "４"):
        assert reading.find_matters(log, words) == (), words[:9]
    assert len(reading.find_matters(log, "第")) == 3
