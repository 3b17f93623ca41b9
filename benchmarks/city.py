"""Many headquarters on one installation: the city's roll-up beside one list, a report beside neighbours at work."""

import asyncio
import multiprocessing
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from multiprocessing.synchronize import Event
from pathlib import Path
from uuid import uuid4

from benchmarks import logs
from benchmarks.measure import Clock, Goal, Row, Side, percentile, turns
from benchmarks.reads import multiply
from benchmarks.scale import Scale
from documents.reports.city import headquarters_figures
from domain import commands as c
from domain.calendar import SHANGHAI, local_date
from domain.envelope import SYSTEM
from domain.founding import Headquarters
from domain.ids import OfficeStream, matter_stream
from domain.office import PersonRecorded, UnitRecorded
from domain.queries.list_row import lit_rows
from eventlog import reading
from eventlog.configured import open_log
from eventlog.database import Database
from services.city import Across
from services.gateway import Gateway
from services.headquarters import set_up
from services.office_records import record_office_events
from services.temporal_client import connect
from settings import Settings
from tests.support.office import LIAISON, OFFICE, PEOPLE, UNITS, founded, order, sqlite
from tests.support.served import home_in

ROLLED_UP = Goal(2, at_most=True)
BESIDE = Goal(1.2, at_most=True)
REST = 3.6
"""Seconds between two reports of one neighbour: the last two hours of a Friday with 5,000 matters (docs/scale.md)."""


def run(scale: Scale, folder: Path) -> list[Row]:
    """What the city reads of all, and what one waits when the others work."""
    return [_rolled_up(scale, folder / "roll-up"), *_beside(scale, folder / "beside")]


def _codes(scale: Scale) -> list[str]:
    """All but the first."""
    return [f"H{n:02}" for n in range(1, scale.headquarters)]


def _found(settings: Settings) -> None:
    """Another headquarters, with the units and people of the first."""
    set_up(settings, Headquarters(code=settings.headquarters, name=f"{settings.headquarters}片区建设指挥部"))
    with open_log(settings) as log:
        events = [*(UnitRecorded(unit=u) for u in UNITS), *(PersonRecorded(person=p) for p in PEOPLE)]
        record_office_events(
            log, log.own(OfficeStream.DIRECTORY), events, actor=SYSTEM, command_id="directory", now=datetime.now(UTC)
        )


def _rolled_up(scale: Scale, folder: Path) -> Row:
    """The year's figures of all headquarters, beside the lights of as many matters in one list."""
    now = datetime.now(UTC)
    today, at = local_date(now), now + timedelta(minutes=5)
    home, single = folder / "home", folder / "single"
    home.mkdir(parents=True)
    with founded(sqlite(home), now - timedelta(days=1)) as log:
        logs.reported(log, scale.each, now)
    for code in _codes(scale):
        settings = Settings(home=home, headquarters=code)
        _found(settings)
        with open_log(settings) as log:
            logs.reported(log, scale.each, now)
    logs.made(single, lambda log: logs.reported(log, scale.each, now)).close()
    with closing(sqlite3.connect(single / "events.db")) as raw:
        multiply(raw, scale.headquarters)
    across, since = Across(Settings(home=home)), today.replace(month=1, day=1)
    row = Row(f"roll-up of {scale.headquarters} × {scale.each}, over one list of as many", "ms", ROLLED_UP)
    with Database(sqlite(single)) as log:
        rulebook = reading.rulebook(log)
        sides = {
            Side.BARE: lambda: list(lit_rows(reading.list_rows(log), rulebook, at)),
            Side.XMH: lambda: across.each(lambda one, its: headquarters_figures(its, one, since, today, at)),
        }
        for pair in turns(scale.rounds):
            for side in pair:
                clock = Clock()
                clock.time(sides[side])
                row.add(side, clock.seconds * 1000)
    assert not across.unread, across.unread
    return row


def _beside(scale: Scale, folder: Path) -> list[Row]:
    with home_in(folder) as home:
        for code in _codes(scale):
            _found(Settings(home=home.path, headquarters=code))
        home.up()
        settings = Settings(home=home.path)
        with open_log(settings) as log, _neighbours(home.path, _codes(scale)) as at_work:
            return asyncio.run(_waited(settings, log, at_work, scale))


@contextmanager
def _neighbours(home: Path, codes: Sequence[str]) -> Iterator[Event]:
    """A process that reports in all other headquarters in turn, as long as the event is set."""
    context = multiprocessing.get_context("spawn")
    at_work, ready, over = context.Event(), context.Event(), context.Event()
    process = context.Process(target=_report_in_turn, args=(home, codes, at_work, ready, over), daemon=True)
    process.start()
    try:
        assert ready.wait(120), "the neighbours did not begin"
        yield at_work
    finally:
        over.set()
        at_work.set()
        process.join(30)
        process.kill()


def _report_in_turn(home: Path, codes: Sequence[str], at_work: Event, ready: Event, over: Event) -> None:
    asyncio.run(_reported_in_turn(home, codes, at_work, ready, over))


async def _reported_in_turn(home: Path, codes: Sequence[str], at_work: Event, ready: Event, over: Event) -> None:
    doors = []
    for code in codes:
        settings = Settings(home=home, headquarters=code)
        gateway = Gateway(await connect(settings), open_log(settings), settings.task_queue, settings.door)
        doors.append((gateway, await _received(gateway)))
    ready.set()
    turn = REST / len(doors)
    waiting = set[asyncio.Task[object]]()
    for n, (gateway, key) in enumerate(cycle(doors)):
        await asyncio.to_thread(at_work.wait)
        if over.is_set():
            return
        task = asyncio.ensure_future(_report(gateway, key, n))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
        await asyncio.sleep(turn)


async def _received(gateway: Gateway) -> str:
    """A fresh matter that its unit has received; its key."""
    key = uuid4().hex
    wish = logs.wish(100, datetime.now(SHANGHAI)).model_copy(update={"title": f"推进主体施工{key}"})
    await gateway.submit(order(matter_stream(key), wish, OFFICE, now=datetime.now(UTC)))
    await gateway.submit(order(matter_stream(key), c.AcceptReceipt(), LIAISON, now=datetime.now(UTC)))
    return key


async def _report(gateway: Gateway, key: str, n: int) -> object:
    return await gateway.submit(order(matter_stream(key), logs.report(n), LIAISON, now=datetime.now(UTC)))


async def _waited(settings: Settings, log: Database, at_work: Event, scale: Scale) -> list[Row]:
    gateway = Gateway(await connect(settings), log, settings.task_queue, settings.door)
    count = scale.headquarters - 1
    middle = Row(f"report with {count} neighbours at work, over alone: p50", "ms", BESIDE)
    slowest = Row(f"report with {count} neighbours at work, over alone: p95", "ms")
    await _timed(gateway, 5)
    for pair in turns(scale.workflow_rounds):
        for side in pair:
            (at_work.set if side is Side.XMH else at_work.clear)()
            spent = await _timed(gateway, scale.alone)
            middle.add(side, percentile(spent, 50) * 1000)
            slowest.add(side, percentile(spent, 95) * 1000)
    return [middle, slowest]


async def _timed(gateway: Gateway, how_many: int) -> list[float]:
    spent = []
    for key in [await _received(gateway) for _ in range(how_many)]:
        begin = time.perf_counter()
        await _report(gateway, key, 7)
        spent.append(time.perf_counter() - begin)
    return spent
