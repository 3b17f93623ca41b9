"""What is written a block of events at a time: one short of a block, full, one more, and filled by a group."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain import commands as c
from domain.office import DayOverridden
from eventlog import reading
from eventlog.blocks import BLOCK
from eventlog.database import Database
from eventlog.projections import rebuild_read_model
from eventlog.reading.counted import counted_events
from eventlog.verify import verify
from services.office_records import record_office_events
from tests.eventlog.sample import Asker, SampleOpened, asked_together
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, founded, opening, sqlite
from tests.support.streams import CALENDAR_STREAM

NOON = at("2022-03-07", "12:00")


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    postgres = request.param == "postgresql"
    with founded(str(request.getfixturevalue("postgres_url")) if postgres else sqlite(tmp_path)) as log:
        act(log, "matter/a", opening("甲", due=date(2022, 6, 30)), OFFICE, NOON)
        act(log, "matter/a", c.AcceptReceipt(), LIAISON, NOON)
        yield log


def newest(log: Database) -> int:
    return reading.newest_event(log)[0]


def fill(log: Database, until: int) -> None:
    """Events that count for nothing, one after the other."""
    while (n := newest(log)) < until:
        day = DayOverridden(day=date(2023, 1, 1) + timedelta(days=n), workday=False, reason="台风")
        record_office_events(log, CALENDAR_STREAM, [day], actor=OFFICE, command_id=f"day-{n}", now=NOON)


def check(log: Database) -> None:
    """Rows are those of full blocks, what is read is all that counts, and `verify` is content."""
    counted = counted_events(log, 0, reading.recorded_upto(None), from_events=True)
    assert counted_events(log, 0, reading.recorded_upto(None)) == counted
    with log.reading() as transaction:
        stored = [position for (position,) in transaction.all("SELECT position FROM counted_events ORDER BY position")]
    assert stored == [one.position for one in counted if one.position <= newest(log) // BLOCK * BLOCK]
    assert verify(log).ok


def test_rows_are_written_with_the_block_that_is_full_and_not_before(log: Database) -> None:
    for until in (BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1):
        act(log, "matter/a", c.SubmitFeedback(text="进展", progress=3), LIAISON, NOON)
        fill(log, until)
        assert newest(log) == until
        check(log)
    rebuild_read_model(log)
    check(log)


def test_one_command_may_fill_a_block_and_begin_the_next(log: Database) -> None:
    fill(log, BLOCK - 1)
    act(log, "matter/b", opening("乙", due=date(2022, 6, 30)), OFFICE, NOON)
    assert newest(log) == BLOCK + 1
    check(log)


def test_those_of_a_group_fill_a_block_together(log: Database) -> None:
    asker = Asker(log)
    fill(log, 2 * BLOCK - 3)
    asked_together(
        log, [asker.request(f"sample/{n}", SampleOpened(title=f"第{n}号"), command_id=f"c{n}") for n in range(7)]
    )
    assert newest(log) == 2 * BLOCK + 4
    check(log)
