"""Publishing 2023 in November 2022 moves exactly the open deadlines that reach into it, once, and says why."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest_asyncio

from domain import commands as c
from domain.envelope import SYSTEM, Actor
from domain.event import Event
from domain.founding import FIRST
from domain.office import CalendarYearPublished, PersonRecorded, PolicyAdopted, UnitRecorded
from domain.policy import Policy
from domain.terms import SuspensionReason
from eventlog import reading
from eventlog.migrate import migrate
from services.calendar_seed import seed_years
from services.founding import OFFICE_PERSON, office_unit
from services.gateway import Gateway
from services.office_records import record_office_events
from services.reprojection import deadline_moves_since, moved_reminders, open_matters, pending_reprojections
from tests.support.clock import open_log
from tests.support.life import at
from tests.support.office import (
    ASSIST,
    FOR_LEADER,
    LIAISON,
    OFFICE,
    PEOPLE,
    SECOND,
    UNITS,
    at_work,
    opening,
    order,
    sqlite,
    until,
)
from tests.support.streams import CALENDAR_STREAM, DIRECTORY_STREAM, POLICY_STREAM
from tests.support.temporal import DevServer

NOVEMBER = at(11, 21, 10)
"""Monday 2022-11-21. Thirty working days on is Monday 2023-01-02 while 2023 is provisional, 元旦 moves it to 01-03."""
SOURCE = "国办发明电〔2022〕16号"
POLICY = Policy.model_validate(
    {
        "version": "三十日",
        "receipt_hours": 210,
        "coordination_workdays": 30,
        "limits": [{"basis": "document", "days": 30, "count": "workdays"}],
    }
)
LETTER = {"kind": "document", "text": "来文"}
YEAR_END = date(2023, 1, 31)


def published(year: int) -> CalendarYearPublished:
    (seed,) = seed_years(year, year)
    return CalendarYearPublished(year=year, source=SOURCE, off=seed.off, work=seed.work)


@pytest_asyncio.fixture(loop_scope="session")
async def office(dev_server: DevServer, tmp_path: Path) -> AsyncIterator[Gateway]:
    """An office in November 2022 whose calendar ends with the year."""
    migrate(sqlite(tmp_path))
    with open_log(sqlite(tmp_path)) as log:
        people = [PersonRecorded(person=p) for p in (OFFICE_PERSON, *PEOPLE)]
        founding: list[tuple[str, list[Event]]] = [
            (CALENDAR_STREAM, [published(2022)]),
            (POLICY_STREAM, [PolicyAdopted(policy=POLICY)]),
            (DIRECTORY_STREAM, [*(UnitRecorded(unit=u) for u in (office_unit(FIRST), *UNITS)), *people]),
        ]
        for stream, events in founding:
            record_office_events(log, stream, events, actor=SYSTEM, command_id=stream, now=NOVEMBER)
        client = await dev_server.client()
        async with at_work(client, log) as gateway:
            yield replace(gateway, clock_shift=NOVEMBER - datetime.now(UTC))


async def _submit(gateway: Gateway, name: str, *commands: tuple[c.MatterCommand, Actor]) -> None:
    now = datetime.now(UTC) + gateway.clock_shift
    for command, actor in commands:
        await gateway.submit(order(f"matter/{name}", command, actor, now=now))


async def _matters(office: Gateway) -> None:
    """Of every kind of open deadline one that reaches into 2023 and one that does not, and one that has ended."""
    accept = (c.AcceptReceipt(), LIAISON)
    stop = c.SuspendMatter(reason=SuspensionReason.LITIGATION, until=date(2023, 1, 2))
    await _submit(office, "set", (opening("定了日期", YEAR_END, rhythm="monthly"), OFFICE), accept)
    await _submit(office, "rule", (opening("按规则", None, rhythm="quarterly", basis=LETTER), OFFICE), accept)
    await _submit(office, "unsigned", (opening("未签收", YEAR_END), OFFICE))
    ask = (c.RequestCoordination(unit=ASSIST, text="请提供资料"), LIAISON)
    await _submit(office, "asked", (opening("请求协调", date(2022, 12, 30), rhythm="once"), OFFICE), accept, ask)
    await _submit(office, "near", (opening("年内", date(2022, 12, 20)), OFFICE), accept)
    await _submit(office, "paused", (opening("暂缓", YEAR_END), OFFICE), accept, (stop, FOR_LEADER))
    closed = ((c.RequestClosure(text="完成"), LIAISON), (c.ReviewClosure(approve=True), SECOND))
    await _submit(office, "closed", (opening("已销号", None, basis=LETTER), OFFICE), accept, *closed)


async def test_publishing_2023_in_november_2022_moves_exactly_what_reaches_into_it(office: Gateway) -> None:
    log = office.database
    await _matters(office)
    before, known = reading.rulebook(log), open_matters(log)
    titles = {s.state.number: s.state.title for s in reading.matter_states(log)}  # type: ignore[attr-defined]
    moment = datetime.now(UTC) + office.clock_shift
    record_office_events(log, CALENDAR_STREAM, [published(2023)], actor=OFFICE, command_id="2023", now=moment)
    assert await office.wake_open_matters() == 6, "six are open, the closed one is left alone"
    await until(lambda: not pending_reprojections(log, moment))
    moves = deadline_moves_since(log, before.version)
    second = date(2023, 1, 2), date(2023, 1, 3)
    assert {(titles[m.matter], m.what, m.before, m.after) for m in moves} == {
        ("按规则", "due", *second),
        ("未签收", "receipt", *(at(d.month, d.day, 10, year=2023) for d in second)),
        ("请求协调", "coordination:1", *(at(d.month, d.day, 18, year=2023) for d in second)),
    }
    assert all(f"2023年工作日历公布（{SOURCE}）" in m.reason for m in moves)
    near = moved_reminders(known, before, open_matters(log), reading.rulebook(log))
    # 春节 2023 ends with two working weekend days, 01-28 and 01-29, right before the limit of 01-31.
    late = (date(2023, 1, 26), date(2023, 1, 28))
    assert {(titles[r.matter], r.before, r.after) for r in near} == {
        ("定了日期", *late),
        ("未签收", *late),
        ("暂缓", *late),
    }
    await office.wake_open_matters()
    for head in office.open_streams():  # a query is answered after the signals before it
        await office.client.get_workflow_handle(head.stream).query("version")
    assert deadline_moves_since(log, before.version) == moves, "once"
