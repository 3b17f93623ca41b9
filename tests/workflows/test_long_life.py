"""A matter that lives for years gives the same answers with continue-as-new as without."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from domain import commands as c
from domain.calendar import at_office, local_date
from eventlog import reading
from eventlog.database import Database
from simulation.clock import SimulatedClock
from tests.support.office import LIAISON, at_work, founded, opening, order, sqlite

# Where four workers share two cores, a skip of the test server's clock now and then outruns the task of a run that has
# just begun anew, and that run hangs (see `simulation/clock.py`); alone it passes. Renewal itself is in tests/universe
# and test_the_log_decides.
pytestmark = pytest.mark.chaos

WEEKS = (80, 300)
SILENT = 10
"""Every tenth week nobody reports: a miss, urges, and a report that makes up for it."""


async def _next_monday(clock: SimulatedClock) -> datetime:
    """Ten on a Monday from 2027 on: both lives begin alike, in years without published holidays."""
    day = max(local_date(await clock.now()) + timedelta(days=1), date(2027, 1, 4))
    start = at_office(day + timedelta(days=-day.weekday() % 7), time(10))
    await clock.step_to(start)
    return start


async def lived(
    environment: WorkflowEnvironment, log: Database, stream: str, weeks: int, renew_after: int | None
) -> bool:
    """Live so many weeks; whether the first run did it all."""
    async with at_work(environment.client, log, renew_after) as gateway:
        clock = SimulatedClock(environment, log, gateway)
        start = await _next_monday(clock)
        due = (start + timedelta(weeks=weeks + 10)).date()
        await gateway.submit(order(stream, opening(due=due), now=start))
        closes = start
        first_run = (await environment.client.get_workflow_handle(stream).describe()).run_id
        await gateway.submit(order(stream, c.AcceptReceipt(), LIAISON, now=start))
        for week in range(weeks):
            matter = clock.matter(stream)
            assert matter is not None
            assert matter.window is not None
            closes = matter.window.closes
            if week % SILENT:
                while (moment := min(clock.owed().values())) < closes - timedelta(hours=6):
                    await clock.step_to(moment)
                await clock.step_to(closes - timedelta(hours=6))
                said = c.SubmitFeedback(text=f"第{week}周进展", progress=week * 100 // weeks)
                await gateway.submit(order(stream, said, LIAISON, now=closes))
            while (moment := min(clock.owed().values())) <= closes:
                await clock.step_to(moment)
        first = (await environment.client.get_workflow_handle(stream).describe()).run_id == first_run
        await gateway.submit(order(stream, c.CancelMatter(reason="到此为止"), now=closes))
    return first


@pytest.mark.timeout(240)
@pytest.mark.parametrize("weeks", WEEKS)
async def test_a_life_of_years_through_continue_as_new_changes_no_answer(
    time_skipping_env: WorkflowEnvironment, tmp_path: Path, weeks: int
) -> None:
    told = {}
    for name, renew_after in (("renewed", 60), ("whole", None)):
        folder = tmp_path / name
        folder.mkdir()
        with founded(sqlite(folder)) as log:
            stream = f"matter/{tmp_path.name}-{name}"
            first_run_alone = await lived(time_skipping_env, log, stream, weeks, renew_after)
            assert first_run_alone is (renew_after is None)
            events = reading.read_stream(log, stream)
            matter = reading.load(log, stream)
            assert matter is not None
            told[name] = [e.type for e in events]
            assert [e.version for e in events] == list(range(1, len(events) + 1))
    assert told["renewed"] == told["whole"]
    assert told["whole"].count("FeedbackSubmitted") == weeks - weeks // SILENT
    assert told["whole"].count("FeedbackMissed") == weeks // SILENT
