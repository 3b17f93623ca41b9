"""The clock of a stream is never refused for size, and one that is refused rests instead of spinning.

What people may add leaves room for whatever the clock has to say. A refusal for any other reason (here: somebody used
the very command id the clock will use) must neither burn the worker nor make the stream deaf.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner

from activities.log import LogActivities
from domain import commands as c
from domain.base import Refusal
from domain.calendar import local_date
from domain.deadlines import next_deadline
from domain.envelope import SYSTEM
from domain.facts import MOST_REASON, NewPoint
from domain.log import APPEND, LOG_UNREACHABLE, AppendRequest, LogAnswer, Refused
from domain.meetings import commands as mc
from domain.meetings.meeting import AgendaItem
from domain.office import Person, PersonRecorded
from domain.terms import Role, SuspensionReason
from eventlog import reading
from eventlog.database import Database
from services.doctor.examination import examine
from services.door_key import make_door_key
from services.gateway import Unreachable
from services.healing import Healing
from services.office_records import record_office_events
from settings import Settings
from tests.support.desk import FRIDAY_CLOSING, MONDAY, REPORT, Desk, desk
from tests.support.history import act, meet
from tests.support.meetings import THURSDAY, convening, meeting_order
from tests.support.office import FOR_LEADER, LIAISON, OFFICE, at_work, founded, opening, order, sqlite, types, until
from tests.support.streams import DIRECTORY_STREAM
from tests.support.temporal import DevServer
from workflows.logged import ATTEMPTS

TRIES = ATTEMPTS.maximum_attempts


class Counted(LogActivities):
    """Counts what the log was asked, by what it said."""

    said: Counter[str] = Counter()

    @activity.defn(name=APPEND, no_thread_cancel_exception=True)
    def append(self, request: AppendRequest) -> LogAnswer:
        answer = super().append(request)
        Counted.said[answer.said.code if isinstance(answer.said, Refused) else answer.said.answer] += 1
        return answer


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What the log answered so far."""
    monkeypatch.setattr("services.running.LogActivities", Counted)
    monkeypatch.setattr(Counted, "said", Counter())
    return Counted.said


async def filled(add: Callable[[int], Awaitable[object]], most: int = 60_000) -> str:
    """Add as much as is allowed, in ever smaller pieces of `most` characters; how it was refused in the end."""
    told = ""
    for size in (size for size in (60_000, 20_000, 7_000, MOST_REASON, 1_000, 50) if size <= most):
        for _ in range(100):
            try:
                await add(size)
            except Refusal as refusal:
                assert refusal.code == "too_large"
                told = refusal.message
                break
    return told


async def test_a_matter_filled_to_the_brim_still_misses_its_windows_and_can_be_ended(
    time_skipping_env: WorkflowEnvironment, tmp_path: Path, said: Counter[str]
) -> None:
    """One report of four texts filled the state; then every timer's own command was refused, 558 times in 6 s."""
    env = time_skipping_env
    now = await env.get_current_time()
    stream = f"matter/{uuid4().hex[:12]}"
    with founded(sqlite(tmp_path)) as log:
        async with at_work(env.client, log) as gateway:

            async def add(size: int) -> None:
                await gateway.submit(order(stream, c.AddPoint(point=NewPoint(text="x" * size)), now=now))

            await gateway.submit(order(stream, opening(due=local_date(now) + timedelta(days=60)), now=now))
            await gateway.submit(order(stream, c.AcceptReceipt(), LIAISON, now=now))
            whole = c.SubmitFeedback(text="x" * 65_000, problem="x" * 65_000, next_step="x" * 65_000)
            await gateway.submit(order(stream, whole, LIAISON, now=now))
            assert "请改用附件" in await filled(add, MOST_REASON)
            said.clear()
            await env.sleep(timedelta(days=15))
            await until(lambda: "FeedbackMissed" in types(log, stream))
            assert set(said) == {"appended"}
            later = await env.get_current_time()
            reply = await gateway.submit(order(stream, c.CancelMatter(reason="到此为止"), now=later))
            assert reply.events == ("MatterCancelled",)


async def test_a_meeting_filled_to_the_brim_still_gets_its_agenda_and_its_notice(
    time_skipping_env: WorkflowEnvironment, tmp_path: Path, said: Counter[str]
) -> None:
    env = time_skipping_env
    stream = f"meeting/{uuid4().hex[:12]}"
    with founded(sqlite(tmp_path)) as log:
        shift = THURSDAY - timedelta(days=10) - await env.get_current_time()
        now = THURSDAY - timedelta(days=10)
        async with at_work(env.client, log, clock_shift=shift) as gateway:

            async def add(size: int) -> None:
                item = AgendaItem(key=uuid4().hex, title="议题", text="x" * size)
                await gateway.convene(meeting_order(stream, mc.AddItem(item=item), now=now))

            await gateway.convene(meeting_order(stream, convening(), now=now))
            assert "请改用附件" in await filled(add)
            said.clear()
            await env.sleep(timedelta(days=11))
            await until(lambda: types(log, stream)[-1] == "MeetingLapsed")
            assert {"AgendaFrozen", "MeetingNotified"} <= set(types(log, stream))
            assert set(said) == {"appended"}


async def test_a_refused_clock_rests_hears_commands_and_is_named(
    dev_server: DevServer, tmp_path: Path, said: Counter[str]
) -> None:
    """Whatever refuses it but *nothing owed* would be asked again at once, for ever, without a trace."""
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log, FRIDAY_CLOSING - timedelta(seconds=2)) as at:
            act(log, at.stream, opening(), OFFICE, MONDAY)
            act(log, at.stream, c.AcceptReceipt(), LIAISON, MONDAY)
            # Somebody has used the very id under which the clock will miss the window of Friday.
            book = reading.rulebook(log).version
            usurped(log, f"{at.stream}@4+{book}:window")
            await at.gateway.start(at.stream)
            await at.awake()
            await until(lambda: said["command_id_reused"] == 1)
            await asyncio.sleep(3)
            assert said["command_id_reused"] == 1
            await at.listed(running=1)
            found = await Healing(at.gateway).recover(dry_run=True)
            assert found.refused == (at.stream,)
            assert "clock_refused" in await named_by_doctor(at, dev_server, tmp_path)
            # It hears commands, and whatever moves it lets the clock try again.
            assert await at.do(c.AddPoint(point=NewPoint(text="完成图审"))) == 5
            await until(lambda: "FeedbackMissed" in at.types)
            assert (await Healing(at.gateway).recover(dry_run=True)).refused == ()


async def test_what_is_owed_no_more_is_refused_no_more(
    dev_server: DevServer, tmp_path: Path, said: Counter[str]
) -> None:
    """Otherwise people would pass the clock of the next window, and `doctor` name the matter, for as long as a week."""
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log, FRIDAY_CLOSING - timedelta(seconds=1)) as at:
            act(log, at.stream, opening(), OFFICE, MONDAY)
            act(log, at.stream, c.AcceptReceipt(), LIAISON, MONDAY)
            usurped(log, f"{at.stream}@4+{reading.rulebook(log).version}:window")
            await at.gateway.start(at.stream)
            await until(lambda: said["command_id_reused"] == 1)
            assert (await Healing(at.gateway).recover(dry_run=True)).refused == (at.stream,)
            pause = c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=local_date(at.now) + timedelta(days=9))
            await at.do(pause, FOR_LEADER)
            owed = next_deadline(at.matter, reading.rulebook(log), at.now)
            assert owed is not None
            assert owed.at > at.now
            assert (await Healing(at.gateway).recover(dry_run=True)).refused == ()


class AwayForTheClock(LogActivities):
    """A log that is away whenever the clock asks, and there for everybody else; the second time it takes a while."""

    asked = 0
    gone = threading.Event()

    @activity.defn(name=APPEND, no_thread_cancel_exception=True)
    def append(self, request: AppendRequest) -> LogAnswer:
        if not request.clock or AwayForTheClock.gone.is_set():
            return super().append(request)
        AwayForTheClock.asked += 1
        if AwayForTheClock.asked > TRIES:
            time.sleep(0.5)
        if AwayForTheClock.asked == 2 * TRIES:
            AwayForTheClock.gone.set()
        raise ApplicationError("away", type=LOG_UNREACHABLE)


async def test_nobody_passes_a_clock_that_is_trying_again(
    dev_server: DevServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes while it tries waits for it; the log, back a moment after, would have had him in time."""
    monkeypatch.setattr("services.running.LogActivities", AwayForTheClock)
    monkeypatch.setattr("services.running.workflow_runner", UnsandboxedWorkflowRunner)  # the pause is ours to set
    monkeypatch.setattr("workflows.stream.LOG_PAUSE", timedelta(seconds=1))
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log, FRIDAY_CLOSING - timedelta(seconds=1)) as at:
            act(log, at.stream, opening(), OFFICE, MONDAY)
            act(log, at.stream, c.AcceptReceipt(), LIAISON, MONDAY)
            await at.gateway.start(at.stream)
            await until(lambda: AwayForTheClock.asked > TRIES)
            with suppress(Unreachable):
                await at.do(REPORT, LIAISON)
            await until(lambda: "FeedbackMissed" in at.types)
            assert "FeedbackSubmitted" not in at.types[: at.types.index("FeedbackMissed")]


async def test_a_refused_clock_of_a_meeting_rests_too(
    dev_server: DevServer, tmp_path: Path, said: Counter[str]
) -> None:
    with founded(sqlite(tmp_path)) as log:
        shift = THURSDAY - timedelta(seconds=2) - datetime.now(UTC)
        async with at_work(await dev_server.client(), log, clock_shift=shift) as gateway:
            stream = f"meeting/{uuid4().hex[:12]}"
            meet(log, stream, convening(), OFFICE, MONDAY)
            usurped(log, f"{stream}@1+{reading.rulebook(log).version}:freeze")
            usurped(log, f"{stream}@1+{reading.rulebook(log).version}:notice")
            await gateway.start(stream)
            await until(lambda: said["command_id_reused"] == 1)
            await asyncio.sleep(3)
            assert said["command_id_reused"] == 1
            item = AgendaItem(key="more", title="另一议题")
            await gateway.convene(meeting_order(stream, mc.AddItem(item=item), now=datetime.now(UTC) + shift))
            await until(lambda: "AgendaFrozen" in types(log, stream))


async def named_by_doctor(at: Desk, server: DevServer, home: Path) -> set[str]:
    """The codes of what `doctor` finds wrong."""
    make_door_key(home)
    settings = Settings(home=home, temporal_address=server.address, task_queue=at.gateway.task_queue)
    return {problem.code for problem in (await examine(settings)).problems}


def usurped(log: Database, command_id: str) -> None:
    """The id stands in the log, for something else."""
    person = PersonRecorded(person=Person(id=uuid4().hex[:8], name="某人", unit="office", role=Role.AUDITOR))
    record_office_events(log, DIRECTORY_STREAM, [person], actor=SYSTEM, command_id=command_id, now=MONDAY)
