"""What `owed` computes from the folded log is what fires, at that minute, on the real time-skipping server."""

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import activity

from activities.log import LogActivities
from domain import commands as c
from domain.deadlines import Deadline, DeadlineKind, next_deadline
from domain.envelope import SYSTEM, Actor, Recorded
from domain.event import Event
from domain.log import APPEND, AppendRequest, LogAnswer
from domain.office import CalendarYearPublished, DayOverridden, PolicyAdopted
from domain.policy import Policy
from domain.terms import Rhythm, SuspensionReason
from eventlog import reading
from eventlog.database import Database
from services.calendar_seed import seed_years
from services.gateway import Gateway
from services.office_records import record_office_events
from services.reprojection import pending_reprojections
from services.running import running_worker
from simulation.clock import SimulatedClock
from tests.support.desk import desk
from tests.support.history import act
from tests.support.life import MONDAY, at, fold
from tests.support.office import (
    ASSIST,
    DOOR,
    FOR_LEADER,
    LIAISON,
    OFFICE,
    founded,
    opening,
    order,
    sqlite,
    types,
    until,
)
from tests.support.streams import CALENDAR_STREAM, POLICY_STREAM
from tests.support.temporal import DevServer, time_skipping

FIRES = {
    DeadlineKind.RECEIPT: {"ReceiptSigned"},
    DeadlineKind.WINDOW: {"FeedbackMissed", "FeedbackWindowOpened", "SurgeEnded"},
    DeadlineKind.NEAR_DUE: {"NearDueWarned"},
    DeadlineKind.DUE: {"DueLapsed"},
    DeadlineKind.URGE: {"UrgeIssued"},
    DeadlineKind.RESUME: {"MatterResumed"},
}
"""The first event a deadline leads to; every other kind is an escalation."""
LEAD = (c.AcceptReceipt(), LIAISON)
STOP = c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 4, 11))
SAID = c.SubmitFeedback(text="进展", progress=30)
PLAN: list[tuple[datetime, str, c.MatterCommand, Actor]] = [
    (at(3, 8), "surge", c.StartSurge(campaign="开工", until=date(2022, 3, 13), every_day=True), OFFICE),
    (at(3, 10), "weekly", SAID, LIAISON),
    (at(3, 15), "asked", c.RequestCoordination(unit=ASSIST, text="请提供资料"), LIAISON),
    (at(3, 16), "weekly", c.ChangeRhythm(rhythm=Rhythm.PLAN_AND_LAND), OFFICE),
    (at(3, 25), "paused", STOP, FOR_LEADER),
    (at(3, 28), "weekly", c.RequestExtension(to=date(2022, 5, 20), reason="慢"), LIAISON),
    (at(3, 28, 11), "weekly", c.AnswerExtension(grant=True), OFFICE),
]
(_YEAR,) = seed_years(2022, 2022)
RULES: list[tuple[datetime, str, Event]] = [
    (at(3, 17), CALENDAR_STREAM, DayOverridden(day=date(2022, 3, 18), workday=False, reason="台风停工")),
    (at(3, 29), POLICY_STREAM, PolicyAdopted(policy=Policy(version="五日", near_due_workdays=5, receipt_hours=21))),
    (
        at(4, 20),
        CALENDAR_STREAM,
        # 劳动节 a day shorter than first announced.
        CalendarYearPublished(
            year=2022, source="重新公布", off=tuple(d for d in _YEAR.off if d != date(2022, 5, 4)), work=_YEAR.work
        ),
    ),
]
END = at(5, 31)
ESCALATIONS = {
    DeadlineKind.ESCALATE_OVERDUE,
    DeadlineKind.ESCALATE_MISSED,
    DeadlineKind.ESCALATE_BEHIND,
    DeadlineKind.ESCALATE_COORDINATION,
}


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_what_the_folded_log_owes_is_what_fires(tmp_path: Path) -> None:
    async with time_skipping() as environment:
        with founded(sqlite(tmp_path)) as log:
            shift = MONDAY - await environment.get_current_time()
            gateway = Gateway(environment.client, log, f"owed-{uuid4().hex[:8]}", DOOR, clock_shift=shift)
            async with running_worker(
                environment.client, log, task_queue=gateway.task_queue, door=DOOR, simulated=True
            ):
                fired = await _Spring(log, gateway, SimulatedClock(environment, log, gateway)).live()
    assert {d.kind for d in fired} >= {*FIRES, *ESCALATIONS}
    assert len(fired) > 100


class _Spring:
    """A spring of six matters, step by step: predict, let the clock run, compare."""

    def __init__(self, log: Database, gateway: Gateway, clock: SimulatedClock) -> None:
        self.log, self.gateway, self.clock = log, gateway, clock
        self.commands, self.rules = list(PLAN), list(RULES)
        self.fired: list[Deadline] = []

    async def live(self) -> list[Deadline]:
        for name in ("weekly", "surge", "asked", "paused", "unsigned", "quiet"):
            rhythm = Rhythm.ONCE if name == "quiet" else Rhythm.WEEKLY
            points = [{"text": "图审", "due": "2022-03-31"}]
            await self.do(name, opening(name, date(2022, 4, 29), rhythm=rhythm, points=points), OFFICE)
            if name != "unsigned":
                await self.do(name, *LEAD)
        while (moment := self.next_moment()) <= END:
            await self.step(moment)
        return self.fired

    def next_moment(self) -> datetime:
        planned = [*(x[0] for x in self.commands[:1]), *(x[0] for x in self.rules[:1])]
        return min([*planned, *self.clock.owed().values()])

    async def step(self, moment: datetime) -> None:
        predicted = {m.stream: self.predict(m.stream) for m in self.clock.matters()}
        seen = {stream: len(self.events(stream)) for stream in predicted}
        await self.clock.step_to(moment)
        for stream, deadline in predicted.items():
            new = self.events(stream)[seen[stream] :]
            if deadline is not None and deadline.at <= moment:
                self.compare(deadline, new)
            else:
                assert new == (), f"{stream} fired {new[0].type}, which nobody owed"
        await self.interfere(moment)

    def compare(self, deadline: Deadline, new: tuple[Recorded, ...]) -> None:
        assert new, deadline
        assert new[0].type in FIRES.get(deadline.kind, {"MatterEscalated"}), (deadline, new[0].type)
        assert _minute(new[0].recorded_at) == _minute(deadline.at)
        self.fired.append(deadline)

    async def interfere(self, moment: datetime) -> None:
        """What people, the weather and the State Council do at that moment."""
        while self.commands and self.commands[0][0] <= moment:
            _, name, command, actor = self.commands.pop(0)
            await self.do(name, command, actor)
        while self.rules and self.rules[0][0] <= moment:
            _, stream, event = self.rules.pop(0)
            now = await self.clock.now()
            record_office_events(self.log, stream, [event], actor=SYSTEM, command_id=uuid4().hex, now=now)
            for matter in self.clock.matters():
                await self.gateway.wake(matter.stream)
            await until(lambda now=now: not pending_reprojections(self.log, now))
            self.clock.look_at_rulebook()
            # Computing everything again from the log gives what the running matters hold.
            assert pending_reprojections(self.log, now) == ()

    async def do(self, name: str, command: c.MatterCommand, actor: Actor) -> None:
        stream = f"matter/{name}"
        await self.gateway.submit(order(stream, command, actor, now=await self.clock.now()))

    def events(self, stream: str) -> tuple[Recorded, ...]:
        return reading.read_stream(self.log, stream)

    def predict(self, stream: str) -> Deadline | None:
        """From the log alone, folded from its first event."""
        matter = fold(self.events(stream))
        assert matter is not None
        return next_deadline(matter, reading.rulebook(self.log), matter.opened_at)


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0) if instant.second < 30 else instant + timedelta(minutes=1)


async def test_what_the_clock_owes_comes_before_what_a_person_says(dev_server: DevServer, tmp_path: Path) -> None:
    """Nothing ran on Friday at five. The report of Saturday, which starts the matter again, is not in time for it."""
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log, at(3, 12, 11)) as late:
            late_act = partial(act, log, late.stream)
            late_act(opening(), OFFICE, at(3, 7, 10))
            late_act(c.AcceptReceipt(), LIAISON, at(3, 7, 11))
            await late.do(SAID, LIAISON)
            assert late.types.index("FeedbackMissed") < late.types.index("FeedbackSubmitted")
            assert len(late.matter.windows.missed) == 1


class _SlowLog(LogActivities):
    @activity.defn(name=APPEND, no_thread_cancel_exception=True)
    def append(self, request: AppendRequest) -> LogAnswer:
        time.sleep(0.95)  # beyond four seconds in all the server lets further commands in
        return super().append(request)


async def test_commands_that_come_with_the_opening_do_not_wait_for_a_clock_that_waits_for_them(
    dev_server: DevServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Due in two days, it is near its limit at once: the loop waited for the handlers, and they for the loop."""
    client, stream = await dev_server.client(), f"matter/{uuid4().hex[:12]}"
    with founded(sqlite(tmp_path)) as log:
        shift = at(3, 7, 10) - datetime.now(UTC)
        gateway = Gateway(client, log, f"owed-{uuid4().hex[:8]}", DOOR, clock_shift=shift)

        async def sent(command: c.MatterCommand, actor: Actor) -> None:
            await gateway.submit(order(stream, command, actor, now=datetime.now(UTC) + shift))

        # Nobody is at work yet: all of them are in the first task of the run.
        asked = [asyncio.create_task(sent(opening(due=date(2022, 3, 9)), OFFICE))]
        await asyncio.sleep(0.3)
        asked += [asyncio.create_task(sent(SAID, LIAISON)) for _ in range(4)]
        await asyncio.sleep(0.3)
        monkeypatch.setattr("services.running.LogActivities", _SlowLog)
        async with running_worker(client, log, task_queue=gateway.task_queue, door=DOOR, simulated=True):
            await until(lambda: reading.stream_head(log, stream).version > 0)
            # Opened, and the reports that came with it are still being refused.
            await sent(c.AcceptReceipt(), LIAISON)
            await asyncio.gather(*asked, return_exceptions=True)
            await until(lambda: "NearDueWarned" in types(log, stream))
