"""A row of the read model that holds something else than was written is told as every unreadable thing is."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from documents.reports.city import headquarters_figures
from domain import commands as c
from domain.event import UnknownEventError
from domain.founding import FIRST
from domain.office import DayOverridden
from domain.queries.list_row import lit_rows
from domain.sight import Scope, Sight
from eventlog import reading
from eventlog.database import Database
from eventlog.projections import rebuild_read_model
from eventlog.verify import verify
from services.office_records import record_office_events
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, founded, opening, sqlite
from tests.support.streams import CALENDAR_STREAM

NOON = at("2022-03-07", "12:00")
FACTS = ["facts = 'no'", "facts = '[]'", "facts = '{}'", """facts = '{"due":"2022-03-07","points":5}'"""]
STANDING = ["due = 'x'", "stage = 'zz'", "period = 'zz'", "number = x'ff'", "title = x'ff'", *FACTS]
LISTED = [
    *("opened = ''", "red = 'x'", "red = 1 << 62", "flags = 'no'", "flags = '[\"zz\"]'", "assist = '3'"),
    *("leaders = '[3]'", "followers = '{}'", "kind = 'zz'", "klass = 'zz'", "urgency = 'zz'", "rung = 'zz'"),
    *("progress = 'x'", "wavers = 'x'"),
]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Database]:
    with founded(sqlite(tmp_path)) as log:
        act(log, "matter/a", opening("甲", due=date(2022, 6, 30)), OFFICE, NOON)
        act(log, "matter/a", c.AcceptReceipt(), LIAISON, NOON)
        yield log


def spoil(log: Database, table: str, cells: str) -> None:
    with log.writing() as transaction:
        transaction.commit([(f"UPDATE {table} SET {cells}", [()])])


def shown(log: Database) -> list[Callable[[], object]]:
    """The ways a list is read, with its lights."""
    rulebook, moment = reading.rulebook(log), reading.moment_at(log, NOON)
    return [
        lambda: list(lit_rows(reading.list_rows(log), rulebook, NOON)),
        lambda: list(lit_rows(reading.list_page(log, 10), rulebook, NOON)),
        lambda: list(lit_rows((row for row, _ in reading.seen_rows(log, Scope(least=Sight.FULL))), rulebook, NOON)),
        lambda: list(lit_rows(reading.past_list_rows(log, moment), rulebook, NOON)),
        lambda: headquarters_figures(log, FIRST, date(2022, 1, 1), date(2022, 3, 7), NOON),
    ]


@pytest.mark.parametrize("cells", [*STANDING, *LISTED])
def test_a_spoilt_row_of_a_list_is_called_what_it_is_and_a_rebuild_mends_it(log: Database, cells: str) -> None:
    ways = shown(log)
    spoil(log, "matter_rows", cells)
    if cells in LISTED:
        ways = ways[:3]
    for way in ways:
        with pytest.raises(UnknownEventError):
            way()
    assert not verify(log).ok
    rebuild_read_model(log)
    assert verify(log).ok


@pytest.mark.parametrize("cells", [*STANDING, *LISTED])
def test_a_spoilt_row_keeps_nobody_from_recording_and_is_mended_by_it(log: Database, cells: str) -> None:
    before = reading.list_rows(log)
    spoil(log, "matter_rows", cells)
    act(log, "matter/a", c.SubmitFeedback(text="进场", progress=30), LIAISON, NOON + timedelta(hours=1))
    (row,) = reading.list_rows(log)
    assert (row.number, row.due, row.stage) == (before[0].number, before[0].due, before[0].stage)
    assert verify(log).ok


@pytest.mark.parametrize("cells", FACTS)
def test_another_calendar_says_which_rows_it_cannot_move(log: Database, cells: str) -> None:
    spoil(log, "matter_rows", cells)
    day = DayOverridden(day=date(2022, 3, 8), workday=False, reason="台风")
    with pytest.raises(UnknownEventError):
        record_office_events(log, CALENDAR_STREAM, [day], actor=OFFICE, command_id="day", now=NOON)


@pytest.mark.parametrize(
    ("table", "cells", "look"),
    [
        ("matters", "stage = 'zz'", lambda log: reading.find_matters(log, "甲")),
        ("matters", "due = 'x'", lambda log: reading.listed_matters(log, {"matter/a"})),
        ("units", "aliases = 'no'", reading.units),
        ("units", "level = 'zz'", reading.units),
        ("people", "role = 'zz'", reading.people),
        ("people", "left_at = 1 << 62", lambda log: reading.person(log, "li")),
    ],
)
def test_a_spoilt_row_somebody_is_found_by_is_called_what_it_is(
    log: Database, table: str, cells: str, look: Callable[[Database], object]
) -> None:
    spoil(log, table, cells)
    with pytest.raises(UnknownEventError):
        look(log)


def test_a_spoilt_meeting_is_called_what_it_is(log: Database) -> None:
    row = "'meeting/m', 'HY-2022-001', 'weekly', '周例会', 'closed', 1 << 62, 1, 1"
    with log.writing() as transaction:
        transaction.commit([(f"INSERT INTO meetings VALUES ({row})", [()])])
    with pytest.raises(UnknownEventError):
        reading.meetings(log)
