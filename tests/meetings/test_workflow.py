"""A meeting on the real server: what it decides reaches each matter once, and what a matter refuses is shown."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from domain import commands as mc
from domain.base import Refusal
from domain.envelope import SYSTEM, Actor
from domain.event import decode
from domain.events import DecisionRecorded, MatterOpened
from domain.facts import NewPoint
from domain.meetings import commands as c
from domain.meetings.meeting import AgendaItem, Meeting
from domain.meetings.rules import meeting_claims
from domain.meetings.terms import Delivery, MeetingStage, Outcome, Subject
from domain.office import DayOverridden
from domain.terms import MatterClass, Stage, SuspensionReason
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.gateway import Gateway
from services.healing import Healing
from services.office_records import record_office_events
from tests.support.desk import MONDAY
from tests.support.meetings import MONTHLY, THURSDAY, convening, decision, meeting_order
from tests.support.office import (
    FOR_LEADER,
    LEAD,
    LIAISON,
    OFFICE,
    at_work,
    founded,
    matter,
    opening,
    order,
    sqlite,
    until,
)
from tests.support.streams import CALENDAR_STREAM
from tests.support.temporal import DevServer


class Room:
    """A meeting and some matters on a real server, with the office's clock set to the day of the meeting."""

    def __init__(self, gateway: Gateway, log: Database) -> None:
        self.gateway = gateway
        self.log = log
        self.stream = f"meeting/{uuid4().hex[:12]}"
        self.matters: list[str] = []

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.gateway.clock_shift

    @property
    def meeting(self) -> Meeting:
        found = reading.load(self.log, self.stream)
        assert found is not None
        assert isinstance(found.state, Meeting)
        return found.state

    @property
    def stage(self) -> MeetingStage:
        return self.meeting.stage

    async def do(self, command: c.MeetingCommand, actor: Actor = OFFICE) -> None:
        await self.gateway.convene(meeting_order(self.stream, command, actor, now=self.now))

    async def to_matter(self, stream: str, command: mc.MatterCommand, actor: Actor = OFFICE) -> None:
        await self.gateway.submit(order(stream, command, actor, now=self.now))

    async def in_progress(self, how_many: int) -> None:
        for n in range(how_many):
            stream = f"matter/{uuid4().hex[:12]}"
            self.matters.append(stream)
            await self.to_matter(stream, opening(f"第{n}件", klass=MatterClass.MAJOR))
            await self.to_matter(stream, mc.AcceptReceipt(), LIAISON)

    async def begun(self) -> None:
        """Convened on its day, so that the clock assembles and fixes the agenda at once; then opened."""
        await self.do(convening(starts=THURSDAY))
        await until(lambda: self.stage is MeetingStage.FROZEN)
        await self.do(c.OpenMeeting())

    def decided_on(self, stream: str) -> list[DecisionRecorded]:
        return [e for e in map(decode, reading.read_stream(self.log, stream)) if isinstance(e, DecisionRecorded)]


@pytest_asyncio.fixture(loop_scope="session")
async def room(dev_server: DevServer, tmp_path: Path) -> AsyncIterator[Room]:
    with founded(sqlite(tmp_path), MONDAY - timedelta(days=30)) as log:
        async with at_work(await dev_server.client(), log, clock_shift=_shift()) as gateway:
            yield Room(gateway, log)


def _shift() -> timedelta:
    """To twenty minutes before the meeting begins."""
    return THURSDAY - timedelta(minutes=20) - datetime.now(UTC)


async def test_outcomes_reach_their_matters_once_the_minutes_are_signed_and_the_meeting_closes(room: Room) -> None:
    await room.in_progress(3)
    await room.begun()
    assert [i.number for i in room.meeting.items] == ["XMH-2022-001", "XMH-2022-002", "XMH-2022-003"]
    for no in (1, 2, 3):
        await room.do(decision(no), FOR_LEADER)
    assert room.meeting.pending == ()
    assert room.decided_on(room.matters[0]) == []
    await room.do(c.SignMinutes(), FOR_LEADER)
    await until(lambda: room.stage is MeetingStage.CLOSED)
    for no, stream in enumerate(room.matters, start=1):
        (said,) = room.decided_on(stream)
        assert (said.minutes, said.point) == (room.meeting.number, no)
    assert [(p.delivery, p.number) for p in room.meeting.points] == [
        (Delivery.DELIVERED, f"XMH-2022-00{n}") for n in (1, 2, 3)
    ]
    paper = reading.read_stream(room.log, room.matters[0])[-1].actor.on_behalf_of
    assert paper is not None
    assert paper.paper == "香指纪〔2022〕1号第1项"
    assert verify(room.log).problems == ()
    await room.gateway.client.get_workflow_handle(room.stream).result()


async def test_an_outcome_its_matter_does_not_allow_is_not_recorded(room: Room) -> None:
    """摘牌 of a matter never 挂牌 was signed and filed; what the same meeting decided before counts as done."""
    await room.in_progress(1)
    await room.begun()
    with pytest.raises(Refusal, match="没有挂牌督办，无须摘牌"):
        await room.do(decision(1, Outcome.DELISTED), FOR_LEADER)
    with pytest.raises(Refusal, match="没有待批复的延期申请"):
        await room.do(decision(1, Outcome.AGREED, subject=Subject.EXTENSION), FOR_LEADER)
    assert not room.meeting.points
    await room.do(decision(1, Outcome.LISTED), FOR_LEADER)
    with pytest.raises(Refusal, match="已挂牌督办"):
        await room.do(decision(1, Outcome.LISTED), FOR_LEADER)
    await room.do(decision(1, Outcome.DELISTED), FOR_LEADER)
    assert [p.outcome for p in room.meeting.points] == [Outcome.LISTED, Outcome.DELISTED]


async def test_a_point_is_moved_and_the_matter_keeps_its_limit(room: Room) -> None:
    await room.in_progress(1)
    stream = room.matters[0]
    await room.to_matter(stream, mc.AddPoint(point=NewPoint(text="围挡", due=date(2022, 4, 29))))
    await room.begun()
    due = matter(room.log, stream).due
    with pytest.raises(Refusal, match="晚于办结时限"):
        too_late = decision(1, Outcome.LIMITED, matter_point=1, due=due + timedelta(days=1))
        await room.do(too_late, FOR_LEADER)
    await room.do(decision(1, Outcome.LIMITED, matter_point=1, due=date(2022, 5, 20), urgent=True), FOR_LEADER)
    await until(lambda: matter(room.log, stream).points[0].due == date(2022, 5, 20))
    assert matter(room.log, stream).due == due
    assert matter(room.log, stream).points[0].original_due == date(2022, 4, 29)


async def test_an_urgent_outcome_binds_at_once(room: Room) -> None:
    await room.in_progress(1)
    await room.begun()
    await room.do(decision(1, Outcome.LIMITED, due=date(2022, 5, 31), urgent=True), FOR_LEADER)
    await until(lambda: matter(room.log, room.matters[0]).due == date(2022, 5, 31))
    assert room.meeting.stage is MeetingStage.IN_SESSION


async def test_a_matter_that_refuses_is_shown_and_takes_the_outcome_when_the_reason_is_gone(room: Room) -> None:
    await room.in_progress(1)
    await room.begun()
    suspended = mc.SuspendMatter(reason=SuspensionReason.AWAITING_SUPERIOR, until=date(2022, 4, 29))
    await room.do(decision(1), FOR_LEADER)
    await room.to_matter(room.matters[0], suspended)
    with pytest.raises(Refusal, match="第1项（XMH-2022-001 暂缓中"):
        await room.do(c.SignMinutes(), FOR_LEADER)
    assert room.meeting.minutes is None, "nothing is signed that a matter does not allow any more"
    await room.do(c.SignMinutes(over="照会议议定签发"), FOR_LEADER)
    await until(lambda: room.meeting.points[0].delivery is Delivery.REFUSED)
    assert "暂缓中" in (room.meeting.points[0].reason or "")
    assert not room.meeting.settled
    await room.to_matter(room.matters[0], mc.ResumeMatter())
    await room.do(c.SendAgain(point=1), FOR_LEADER)
    await until(lambda: room.stage is MeetingStage.CLOSED)
    assert len(room.decided_on(room.matters[0])) == 1


async def test_a_matter_closed_meanwhile_refuses(room: Room) -> None:
    await room.in_progress(1)
    await room.begun()
    await room.do(decision(1), FOR_LEADER)
    await room.to_matter(room.matters[0], mc.CancelMatter(reason="并案"))
    await room.do(c.SignMinutes(over="照会议议定签发"), FOR_LEADER)
    await until(lambda: room.meeting.points[0].delivery is Delivery.REFUSED)
    assert "不能再办理" in (room.meeting.points[0].reason or "")


async def test_a_new_matter_is_opened_once_with_the_point_as_its_basis(room: Room) -> None:
    await room.begun()
    await room.do(c.AddItem(item=AgendaItem(key="own", title="土地入库")))
    new = decision(1, Outcome.NEW_MATTER, lead=LEAD, due=date(2022, 6, 30), new_title="推动整备土地入库")
    await room.do(new, FOR_LEADER)
    await room.do(c.SignMinutes(), FOR_LEADER)
    await until(lambda: room.stage is MeetingStage.CLOSED)
    (point,) = room.meeting.points
    assert point.matter is not None
    opened = decode(reading.read_stream(room.log, point.matter)[0])
    assert isinstance(opened, MatterOpened)
    assert (opened.title, opened.basis.no) == ("推动整备土地入库", "香指纪〔2022〕1号第1项")
    assert matter(room.log, point.matter).stage is Stage.ASSIGNED
    assert point.number == "XMH-2022-001"


async def test_a_new_matter_out_of_an_item_about_another_is_a_matter_of_its_own(room: Room) -> None:
    """Carried to the item's own matter it would have changed nothing there and counted as delivered."""
    await room.in_progress(1)
    await room.begun()
    await room.do(decision(1, Outcome.NEW_MATTER, lead=LEAD, due=date(2022, 6, 30), new_title="另立一件"), FOR_LEADER)
    await room.do(c.SignMinutes(), FOR_LEADER)
    await until(lambda: room.stage is MeetingStage.CLOSED)
    assert room.meeting.points[0].number == "XMH-2022-002"
    assert room.decided_on(room.matters[0]) == []


async def test_outcomes_cross_continue_as_new_of_meeting_and_matters(dev_server: DevServer, tmp_path: Path) -> None:
    with founded(sqlite(tmp_path), MONDAY - timedelta(days=30)) as log:
        async with at_work(await dev_server.client(), log, 25, _shift()) as gateway:
            room = Room(gateway, log)
            await room.in_progress(12)
            await room.begun()
            first = (await gateway.client.get_workflow_handle(room.stream).describe()).run_id
            for no in range(1, 13):
                await room.do(decision(no, urgent=no % 2 == 0), FOR_LEADER)
            await room.do(c.SignMinutes(), FOR_LEADER)
            await until(lambda: room.stage is MeetingStage.CLOSED, 20)
            assert (await gateway.client.get_workflow_handle(room.stream).describe()).run_id != first
            assert all(len(room.decided_on(stream)) == 1 for stream in room.matters)


async def test_two_meetings_of_a_series_are_not_at_once(room: Room) -> None:
    """The check is in the append's transaction: two secretaries who convene at the same moment cannot both succeed."""
    streams = [f"meeting/{uuid4().hex[:12]}" for _ in range(6)]
    orders = [meeting_order(s, convening(starts=THURSDAY), now=room.now) for s in streams]
    said = await asyncio.gather(*(room.gateway.convene(o) for o in orders), return_exceptions=True)
    refused = [s for s in said if isinstance(s, Refusal)]
    assert len(refused) == 5
    assert {r.code for r in refused} == {"slot_taken"}


async def test_whoever_is_to_chair_is_in_office_but_the_clock_calls_without_him(room: Room) -> None:
    later = THURSDAY + timedelta(days=7)
    with pytest.raises(Refusal) as told:
        await room.do(convening(starts=later, chair="nobody"))
    assert told.value.code == "actor_unknown"
    by_rule = meeting_claims(None, convening(starts=later, chair="nobody"), SYSTEM)
    assert (by_rule.people, len(by_rule.slots)) == ((), 1)
    assert meeting_claims(None, c.OpenMeeting(chair="nobody"), OFFICE).people == ("nobody",)


async def test_a_typhoon_on_its_day_moves_the_meeting_by_itself(room: Room) -> None:
    later = THURSDAY + timedelta(days=7)
    await room.do(convening(MONTHLY, later))
    stop = DayOverridden(day=date(2022, 4, 7), workday=False, reason="台风停工")
    record_office_events(room.log, CALENDAR_STREAM, [stop], actor=SYSTEM, command_id="typhoon", now=room.now)
    await room.gateway.wake_open_matters()
    await until(lambda: room.meeting.starts == later + timedelta(days=1))


async def test_a_lost_meeting_is_started_again_by_recover(room: Room) -> None:
    await room.do(convening(starts=THURSDAY + timedelta(days=7)))
    await room.gateway.client.get_workflow_handle(room.stream).terminate()
    found = await Healing(room.gateway).recover(dry_run=True)
    for _ in range(100):
        if found.missing:
            break
        await asyncio.sleep(0.05)
        found = await Healing(room.gateway).recover(dry_run=True)
    assert found.missing == (room.stream,)
    await Healing(room.gateway).recover()
    await room.do(c.CancelMeeting(reason="并入下月"))
    assert room.meeting.stage is MeetingStage.CANCELLED
