"""Sixty outcomes on their way while workers die twenty times: each counts once, in the meeting and in its matter."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.calendar import local_date, to_minute
from domain.event import decode
from domain.events import DecisionRecorded
from domain.meetings import commands as mc
from domain.meetings.events import OutcomeDelivered
from domain.meetings.meeting import AgendaItem, Meeting
from domain.meetings.series import DEFAULT_SERIES
from domain.meetings.terms import MeetingStage
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from tests.recovery.chaos import Chaos, Desk, away_from_midnight, chaos_in, seed_of
from tests.recovery.deadly_worker import CALM
from tests.support.meetings import decision
from tests.support.office import FOR_LEADER, until
from tests.support.served import kill

ITEMS = 60
DEATHS = 20
STREAM = "meeting/sixty-items"


def held(log: Database) -> Meeting:
    found = reading.load(log, STREAM)
    assert found is not None
    assert isinstance(found.state, Meeting)
    return found.state


async def killing(chaos: Chaos, log: Database, before: int) -> None:
    """Besides the deaths the worker deals itself, a hand kills it, until enough have died or the meeting is closed."""
    luck = seed_of("meeting")
    while held(log).stage is not MeetingStage.CLOSED and deaths(chaos, before) < DEATHS:
        await asyncio.sleep(luck.uniform(1.0, 3.0))
        worker = chaos.home.running.worker
        if worker is not None:
            await asyncio.to_thread(kill, worker)


def deaths(chaos: Chaos, before: int) -> int:
    return chaos.home.running.restarts["worker"] - before


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_outcome_counts_once_while_workers_die(tmp_path: Path) -> None:
    away_from_midnight()
    with chaos_in(tmp_path, deadly_before=0.04, deadly_after=0.06) as chaos, chaos.log() as log:
        (chaos.home.path / CALM).touch()
        desk = Desk(chaos.home, log)
        streams = await desk.in_progress(ITEMS)
        topic = next(s for s in DEFAULT_SERIES if s.id == "topic")
        soon = to_minute(datetime.now(UTC)) + timedelta(minutes=5)
        convened = mc.ConveneMeeting(series=topic, starts=soon, chair="leader")
        if not reading.rulebook(log).calendar.is_workday(local_date(soon)):
            pytest.skip("meetings are held on working days, and today is none")
        await desk.meet(STREAM, convened)
        await until(lambda: held(log).stage is MeetingStage.FROZEN)
        for n, stream in enumerate(streams):
            item = AgendaItem(key=stream, title=f"第{n}件", matter=stream, number=str(n))
            await desk.meet(STREAM, mc.AddItem(item=item))
        await desk.meet(STREAM, mc.OpenMeeting())
        for no in range(1, ITEMS + 1):
            await desk.meet(STREAM, decision(no), FOR_LEADER)
        before = chaos.home.running.restarts["worker"]
        (chaos.home.path / CALM).unlink()
        await desk.meet(STREAM, mc.SignMinutes(), FOR_LEADER)
        await asyncio.wait_for(killing(chaos, log, before), 200)
        (chaos.home.path / CALM).touch()
        await until(lambda: held(log).stage is MeetingStage.CLOSED, 60)
        print(f"{deaths(chaos, before)} deaths")  # noqa: T201
        noted = [decode(e) for e in reading.read_stream(log, STREAM)]
        delivered = Counter(e.point for e in noted if isinstance(e, OutcomeDelivered))
        assert delivered == dict.fromkeys(range(1, ITEMS + 1), 1)
        for no, stream in enumerate(streams, start=1):
            said = [e for e in map(decode, reading.read_stream(log, stream)) if isinstance(e, DecisionRecorded)]
            assert [e.point for e in said] == [no]
        assert deaths(chaos, before) >= DEATHS
        assert verify(log).problems == ()
