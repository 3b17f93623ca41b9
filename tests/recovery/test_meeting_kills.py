"""Outcomes on their way while workers die: each counts once, in the meeting and in its matter."""

import asyncio
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.calendar import local_date
from domain.event import decode
from domain.events import DecisionRecorded
from domain.meetings import commands as mc
from domain.meetings.events import OutcomeDelivered
from domain.meetings.meeting import AgendaItem, Meeting
from domain.meetings.series import DEFAULT_SERIES
from domain.meetings.terms import MeetingStage
from domain.office import DayOverridden
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.office_records import record_office_events
from tests.recovery.chaos import Desk, away_from_midnight, chaos_in, later_today
from tests.recovery.conftest import either
from tests.recovery.deadly_worker import CALM
from tests.support.meetings import decision
from tests.support.office import FOR_LEADER, OFFICE, until
from tests.support.postgres import Server
from tests.support.served import ROOT, Home
from tests.support.streams import CALENDAR_STREAM

WORKERS = 2
STREAM = "meeting/many-items"


def held(log: Database) -> Meeting:
    found = reading.load(log, STREAM)
    assert found is not None
    assert isinstance(found.state, Meeting)
    return found.state


async def kept_at_work(home: Home, over: asyncio.Event, dead: list[int]) -> None:
    """A deadly worker beside the home's own, started again whenever it has died; `dead` takes the process ids."""
    env = {**home.environment, "PYTHONPATH": str(ROOT), "XMH_TEMPORAL_ADDRESS": str(home.running.temporal)}
    script = Path(__file__).with_name("deadly_worker.py")
    while not over.is_set():
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            script,
            env=env,
            cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        ended = asyncio.create_task(worker.wait())
        await asyncio.wait({ended, asyncio.create_task(over.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if worker.returncode is None:
            worker.kill()
            await ended
        else:
            dead.append(worker.pid)


@pytest.mark.slow
@pytest.mark.timeout(120)
@either(every_time="postgresql")
async def test_every_outcome_counts_once_while_workers_die_three_times(tmp_path: Path, database: Server | None) -> None:
    await _signed_while_workers_die(tmp_path, database, items=12, deaths=3, before=0.12, after=0.2)


@pytest.mark.chaos
@pytest.mark.timeout(300)
async def test_every_outcome_counts_once_while_workers_die_twenty_times(
    tmp_path: Path, database: Server | None
) -> None:
    await _signed_while_workers_die(tmp_path, database, items=60, deaths=20, before=0.07, after=0.09)


async def _signed_while_workers_die(
    folder: Path, database: Server | None, *, items: int, deaths: int, before: float, after: float
) -> None:
    """Minutes with so many outcomes; workers die with these probabilities before inserts and after commits."""
    away_from_midnight()
    with chaos_in(folder, database, deadly_before=before, deadly_after=after) as chaos, chaos.log() as log:
        (chaos.home.path / CALM).touch()
        desk = Desk(chaos.home, log)
        streams = await desk.in_progress(items)
        topic = next(s for s in DEFAULT_SERIES if s.id == "topic")
        soon = later_today(5)
        convened = mc.ConveneMeeting(series=topic, starts=soon, chair="leader")
        # Meetings are held on working days only, and this one is today.
        today = DayOverridden(day=local_date(soon), workday=True, reason="测试当日开会")
        record_office_events(log, CALENDAR_STREAM, [today], actor=OFFICE, command_id="today", now=datetime.now(UTC))
        await desk.meet(STREAM, convened)
        await until(lambda: held(log).stage is MeetingStage.FROZEN)
        for n, stream in enumerate(streams):
            item = AgendaItem(key=stream, title=f"第{n}件", matter=stream, number=str(n))
            await desk.meet(STREAM, mc.AddItem(item=item))
        await desk.meet(STREAM, mc.OpenMeeting())
        for no in range(1, items + 1):
            await desk.meet(STREAM, decision(no), FOR_LEADER)
        over, dead = asyncio.Event(), list[int]()
        beside = [asyncio.create_task(kept_at_work(chaos.home, over, dead)) for _ in range(WORKERS)]

        def died() -> int:
            return len(dead) + chaos.home.running.restarts["worker"]

        (chaos.home.path / CALM).unlink()
        await desk.meet(STREAM, mc.SignMinutes(), FOR_LEADER)
        await until(lambda: died() >= deaths or held(log).stage is MeetingStage.CLOSED, 200)
        (chaos.home.path / CALM).touch()
        await until(lambda: held(log).stage is MeetingStage.CLOSED, 60)
        over.set()
        await asyncio.gather(*beside)
        print(f"{died()} deaths")  # noqa: T201
        noted = [decode(e) for e in reading.read_stream(log, STREAM)]
        delivered = Counter(e.point for e in noted if isinstance(e, OutcomeDelivered))
        assert delivered == dict.fromkeys(range(1, items + 1), 1)
        for no, stream in enumerate(streams, start=1):
            said = [e for e in map(decode, reading.read_stream(log, stream)) if isinstance(e, DecisionRecorded)]
            assert [e.point for e in said] == [no]
        assert died() >= deaths
        assert verify(log).problems == ()
