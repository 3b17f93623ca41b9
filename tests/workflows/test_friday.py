"""Many matters of one Friday 17:00 window: with the workers there, and with none until Saturday."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest

from domain import commands as c
from domain.calendar import local_date
from domain.envelope import Recorded
from domain.event import decode
from domain.events import FeedbackMissed
from domain.matter import Matter
from domain.office import PolicyAdopted
from domain.policy import STEPS, Policy, Step
from domain.terms import OrderColour, Trigger, Urgency
from eventlog import reading
from eventlog.database import Database
from services.gateway import Gateway
from services.office_records import record_office_events
from services.running import running_worker
from tests.support.history import act
from tests.support.life import CALENDAR, at
from tests.support.office import DOOR, LIAISON, OFFICE, founded, opening, sqlite, until
from tests.support.streams import POLICY_STREAM
from tests.support.temporal import time_skipping

MANY = (50, pytest.param(500, marks=pytest.mark.chaos))
PRESSING, AT_ONCE = 10, 20
MONDAY, CLOSES = at(4, 25, 10), at(4, 29, 17)
"""劳动节 follows: from Saturday 04-30 to 05-04 nobody works, on Thursday 05-05 everybody does."""
BEFORE = at(4, 29, 16)
SATURDAY, AFTER = at(4, 30, 11), at(5, 5, 9)
OFTEN = (Step(trigger=Trigger.MISSED, after=1, order=OrderColour.PLAIN, repeat_hours=14), *STEPS[1:])
"""Urged again two working days later, that one window sees two of them."""
AUTOMATIC = ("UrgeIssued", "MatterEscalated", "NearDueWarned")


def minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("many", MANY)
async def test_windows_that_close_at_once_before_a_holiday(tmp_path: Path, many: int) -> None:
    """The workers are there: the last hour of Friday belongs to the office, what follows until Thursday does not."""
    with _urging_often(tmp_path) as log:
        streams = [_accepted_on_monday(log, n) for n in range(many)]
        async with time_skipping() as environment:
            shift = BEFORE - await environment.get_current_time()
            gateway = Gateway(environment.client, log, f"friday-{uuid4().hex[:8]}", DOOR, clock_shift=shift)
            async with running_worker(
                environment.client, log, task_queue=gateway.task_queue, door=DOOR, simulated=True, sandboxed=False
            ):
                for start in range(0, many, AT_ONCE):
                    await asyncio.gather(*(gateway.start(s) for s in streams[start : start + AT_ONCE]))
                await until(lambda: all(m.window is not None for m in _matters(log)), 60)
                assert not any(len(m.windows.missed) for m in _matters(log))
                for moment, urged in ((CLOSES, 1), (AFTER, 1), (at(5, 6, 18), 2)):
                    await environment.sleep(moment - shift - await environment.get_current_time())
                    await until(partial(_all_urged, log, urged), 60)
        events = {m.stream: (m, reading.read_stream(log, m.stream)) for m in _matters(log)}
    assert len(events) == many
    for matter, recorded in events.values():
        _missed_once_and_dated_friday(recorded)
        _acted_in_hours(matter, recorded)
        _kept_the_cool_down(recorded)
        missed = next(r for r in recorded if r.type == "FeedbackMissed")
        assert CLOSES <= missed.recorded_at < CLOSES + timedelta(minutes=5)
        first, second = _urges(recorded)
        assert first.recorded_at < CLOSES + timedelta(minutes=5)
        assert second.recorded_at >= AFTER


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("many", MANY)
async def test_windows_that_closed_while_no_worker_was_there(tmp_path: Path, many: int) -> None:
    with _urging_often(tmp_path) as log:
        streams = [_accepted_on_monday(log, n) for n in range(many)]
        async with time_skipping() as environment:
            # Nobody was there when the windows closed: the office comes back on Saturday.
            shift = SATURDAY - await environment.get_current_time()
            gateway = Gateway(environment.client, log, f"friday-{uuid4().hex[:8]}", DOOR, clock_shift=shift)
            async with running_worker(
                environment.client, log, task_queue=gateway.task_queue, door=DOOR, simulated=True, sandboxed=False
            ):
                for start in range(0, many, AT_ONCE):
                    await asyncio.gather(*(gateway.start(s) for s in streams[start : start + AT_ONCE]))
                await until(lambda: all(len(m.windows.missed) for m in _matters(log)), 60)
                # The morning after the holiday, and the end of the cool-down two working days later.
                for n, moment in enumerate((AFTER, at(5, 6, 18)), start=1):
                    await environment.sleep(moment - shift - await environment.get_current_time())
                    await until(partial(_all_urged, log, n), 60)
        events = {m.stream: (m, reading.read_stream(log, m.stream)) for m in _matters(log)}
    assert len(events) == many
    for matter, recorded in events.values():
        _missed_once_and_dated_friday(recorded)
        _acted_in_hours(matter, recorded)
        _kept_the_cool_down(recorded)
        assert next(r for r in recorded if r.type == "FeedbackMissed").recorded_at >= SATURDAY
    first = {(m.urgency, minute(_urges(r)[0].recorded_at)) for m, r in events.values()}
    assert {at for urgency, at in first if urgency is Urgency.NORMAL} == {AFTER}, "the first working morning"
    assert {local_date(at) for urgency, at in first if urgency is Urgency.EXTRA} == {local_date(SATURDAY)}
    assert {len(_urges(r)) for _, r in events.values()} == {2}, "once more after the cool-down"


def _urging_often(folder: Path) -> Database:
    log = founded(sqlite(folder))
    adopted = PolicyAdopted(policy=Policy(version="两日再催", steps=OFTEN))
    record_office_events(log, POLICY_STREAM, [adopted], actor=OFFICE, command_id="often", now=MONDAY)
    return log


def _accepted_on_monday(log: Database, n: int) -> str:
    urgency = Urgency.EXTRA if n < PRESSING else Urgency.NORMAL
    stream = f"matter/{n:04d}"
    act(log, stream, opening(f"任务{n}", local_date(at(9, 30)), urgency=urgency), OFFICE, MONDAY)
    act(log, stream, c.AcceptReceipt(), LIAISON, MONDAY)
    return stream


def _matters(log: Database) -> list[Matter]:
    return [s.state for s in reading.matter_states(log) if isinstance(s.state, Matter)]


def _all_urged(log: Database, times: int) -> bool:
    return all(m.counts.urges >= times for m in _matters(log))


def _urges(recorded: tuple[Recorded, ...]) -> list[Recorded]:
    return [r for r in recorded if r.type == "UrgeIssued"]


def _missed_once_and_dated_friday(recorded: tuple[Recorded, ...]) -> None:
    missed = [(r, decode(r)) for r in recorded if r.type == "FeedbackMissed"]
    assert [e.window.key for _, e in missed if isinstance(e, FeedbackMissed)] == ["2022-W17"]
    assert missed[0][0].occurred_at == CLOSES


def _acted_in_hours(matter: Matter, recorded: tuple[Recorded, ...]) -> None:
    acts = [r for r in recorded if r.type in AUTOMATIC and r.recorded_at > CLOSES]
    assert acts
    for done in acts:
        moment = minute(done.recorded_at)
        in_hours = CALENDAR.is_working(moment) or CALENDAR.is_working(moment - timedelta(minutes=1))
        assert in_hours or matter.urgency is Urgency.EXTRA, (done.type, done.recorded_at)


def _kept_the_cool_down(recorded: tuple[Recorded, ...]) -> None:
    urged = [minute(r.recorded_at) for r in _urges(recorded)]
    for one, following in pairwise(urged):
        assert CALENDAR.working_time(one, following) >= timedelta(hours=14)
