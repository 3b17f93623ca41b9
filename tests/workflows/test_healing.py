"""Healing: whatever Temporal or the log has lost, a matter goes on from the log, and no number is given twice."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from domain import commands as c
from domain.base import Refusal
from domain.calendar import SHANGHAI, local_date
from domain.envelope import SYSTEM
from domain.facts import NewPoint
from domain.meetings.series import SeriesRecorded
from domain.office import DayOverridden
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from eventlog.witness import Witness
from services.doctor.examination import examine
from services.gateway import Gateway
from services.healing import Healing
from services.log_guard import LogGuard
from services.office_records import record_office_events
from services.running import WORKFLOWS, running_worker, workflow_runner
from services.sweep import Sweep
from services.verified import FRESH_EVERY, Verified
from settings import Settings
from tests.support.desk import FRIDAY_CLOSING, MONDAY, REPORT, Desk, copied, desk
from tests.support.history import act, meet
from tests.support.meetings import MONTHLY, THURSDAY, convening
from tests.support.office import DOOR, LIAISON, OFFICE, at_work, founded, matter, opening, order, sqlite, until
from tests.support.streams import CALENDAR_STREAM, SERIES_STREAM
from tests.support.temporal import DevServer
from workflows.contract import Reply, Start


async def test_a_terminated_matter_is_started_again_by_recover(at_desk: Desk) -> None:
    await at_desk.accepted()
    await at_desk.handle.terminate()
    await at_desk.listed(running=0)
    found = await Healing(at_desk.gateway).recover(dry_run=True)
    assert found.missing == (at_desk.stream,)
    await Healing(at_desk.gateway).recover()
    await at_desk.listed(running=1)
    for _ in range(200):  # it is listed before it has loaded its stream
        if await at_desk.seen() == at_desk.matter.version:
            break
        await asyncio.sleep(0.05)
    assert await at_desk.seen() == at_desk.matter.version
    await at_desk.do(REPORT, LIAISON)
    assert at_desk.types[-1] == "FeedbackSubmitted"


async def test_a_terminated_matter_also_starts_again_with_the_next_command(at_desk: Desk) -> None:
    await at_desk.accepted()
    await at_desk.handle.terminate()
    await at_desk.do(REPORT, LIAISON)
    assert at_desk.types[-1] == "FeedbackSubmitted"


async def test_a_cancelled_workflow_goes_on(dev_server: DevServer, tmp_path: Path) -> None:
    """A matter ends by 销号 or 撤销. Were the cancellation obeyed, its timers would stop in silence."""
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log, FRIDAY_CLOSING - timedelta(seconds=4)) as at:
            act(log, at.stream, opening(), OFFICE, MONDAY)
            act(log, at.stream, c.AcceptReceipt(), LIAISON, MONDAY)
            await at.gateway.start(at.stream)
            await at.awake()
            before = (await at.handle.describe()).run_id
            await at.handle.cancel()
            await until(lambda: "FeedbackMissed" in at.types)
            await at.do(c.AddPoint(point=NewPoint(text="完成图审")))
            assert (await at.handle.describe()).run_id == before


async def test_what_is_behind_is_synced_by_recover(at_desk: Desk) -> None:
    await at_desk.opened()
    at_desk.past_the_workflow(c.AcceptReceipt())
    await at_desk.listed(running=1)
    found = await Healing(at_desk.gateway).recover()
    assert found.behind == (at_desk.stream,)
    for _ in range(100):
        if await at_desk.seen() == 4:
            break
        await asyncio.sleep(0.05)
    assert (await Healing(at_desk.gateway).recover(dry_run=True)).level


async def test_what_was_found_level_is_not_asked_again_until_it_moves(at_desk: Desk) -> None:
    await at_desk.accepted()
    await at_desk.listed(running=1)
    verified = Verified()
    await Healing(at_desk.gateway).recover(verified=verified)
    assert [newest for newest, _ in verified.level.values()] == [at_desk.matter.hash]
    at_desk.past_the_workflow(REPORT)
    assert (await Healing(at_desk.gateway).recover(verified=verified)).behind == (at_desk.stream,)
    assert verified.level == {}


@pytest.mark.timeout(120)
async def test_looking_at_matters_at_work_leaves_histories_that_replay(dev_server: DevServer, tmp_path: Path) -> None:
    """A query answered in the middle of a task wedged one matter in three here: the SDK could not replay it."""
    with founded(sqlite(tmp_path)) as log:
        client = await dev_server.client()
        async with at_work(client, log) as gateway:
            streams = [f"matter/{uuid4().hex[:12]}" for _ in range(10)]
            for stream in streams:
                await gateway.submit(order(stream, opening(stream, due=date(2099, 6, 30)), now=datetime.now(UTC)))
                await gateway.submit(order(stream, c.AcceptReceipt(), LIAISON, now=datetime.now(UTC)))

        def report() -> list[asyncio.Task[Reply]]:
            sent = [order(stream, REPORT, LIAISON, now=datetime.now(UTC)) for stream in streams]
            return [asyncio.create_task(gateway.submit(one)) for one in sent]

        # Nobody is at work: the reports wait, and the looks come in among them.
        asked = [*report(), *report()]
        await asyncio.sleep(0.3)
        looking = asyncio.create_task(Healing(gateway).recover(dry_run=True))
        await asyncio.sleep(0.2)
        async with running_worker(client, log, task_queue=gateway.task_queue, door=DOOR):
            for _ in range(6):
                await asyncio.sleep(0.05)
                asked += report()
            await asyncio.gather(looking, *asked)
        replayer = Replayer(
            workflows=WORKFLOWS, data_converter=pydantic_data_converter, workflow_runner=workflow_runner()
        )
        for stream in streams:
            history = await client.get_workflow_handle(stream).fetch_history()
            await replayer.replay_workflow(history)


async def test_an_older_log_under_a_running_matter_is_noticed_and_never_forked(at_desk: Desk, tmp_path: Path) -> None:
    """Without the hash and version check the cache would append version 7 to a log that ends at 4."""
    await at_desk.accepted()
    copied(tmp_path / "events.db", tmp_path / "copy.db")
    await at_desk.do(REPORT, LIAISON)
    await at_desk.do(c.SubmitFeedback(text="又一次"), LIAISON)
    assert await at_desk.seen() == 6
    copied(tmp_path / "copy.db", tmp_path / "events.db")
    await at_desk.listed(running=1)
    assert (await Healing(at_desk.gateway).recover(dry_run=True)).ahead == (at_desk.stream,)
    assert await at_desk.do(c.SubmitFeedback(text="还原以后"), LIAISON) == 5
    assert verify(at_desk.log).problems == ()
    assert await at_desk.seen() == 5


async def test_another_history_of_equal_length_is_noticed_too(at_desk: Desk, tmp_path: Path) -> None:
    """The version alone would not tell: only the hash does."""
    await at_desk.accepted()
    copied(tmp_path / "events.db", tmp_path / "copy.db")
    await at_desk.do(REPORT, LIAISON)
    copied(tmp_path / "copy.db", tmp_path / "events.db")
    at_desk.past_the_workflow(c.RequestClosure(text="已完成"))
    assert await at_desk.seen() == at_desk.matter.version
    assert (await Healing(at_desk.gateway).recover(dry_run=True)).ahead == (at_desk.stream,)
    with pytest.raises(Refusal, match="办结审核中"):
        await at_desk.do(REPORT, LIAISON)
    assert at_desk.types[-1] == "ClosureRequested"
    assert verify(at_desk.log).problems == ()


async def test_numbers_given_before_a_restore_are_not_given_again(dev_server: DevServer, tmp_path: Path) -> None:
    """Temporal remembers them; without that the restored log would give XMH-2022-002 to a second matter."""
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log) as at:
            await at.opened()
            copied(tmp_path / "events.db", tmp_path / "copy.db")
            lost = f"{at.stream}-lost"
            second = await at.gateway.submit(order(lost, opening("第二件"), now=at.now))
            assert second.matter == "XMH-2022-002"
            copied(tmp_path / "copy.db", tmp_path / "events.db")
            for _ in range(100):
                known = await Healing(at.gateway).numbers_known()
                if known.get("matter/2022", 0) >= 2:
                    break
                await asyncio.sleep(0.05)
            assert await Healing(at.gateway).settle_numbers({}) != {}
            third = await at.gateway.submit(order(f"{at.stream}-new", opening("第三件"), now=at.now))
            assert int(third.matter.rpartition("-")[2]) > 2
            assert await Healing(at.gateway).settle_numbers({}) == {}
            assert verify(log).problems == ()


async def test_a_calendar_that_moved_is_known_before_the_next_decision(at_desk: Desk) -> None:
    """An event stands on the calendar that precedes it: without `behind` a stop would be counted as working time."""
    await at_desk.opened()
    stop = DayOverridden(day=date(2022, 3, 11), workday=False, reason="台风停工")
    record_office_events(at_desk.log, CALENDAR_STREAM, [stop], actor=SYSTEM, command_id="typhoon", now=at_desk.now)
    await at_desk.do(c.AcceptReceipt(), LIAISON)
    window = at_desk.matter.window
    assert window is not None
    assert window.closes.astimezone(SHANGHAI).date() == date(2022, 3, 10)


async def test_a_calendar_that_moved_moves_open_deadlines_once_and_says_why(at_desk: Desk) -> None:
    await at_desk.accepted()
    stop = DayOverridden(day=date(2022, 3, 11), workday=False, reason="台风停工")
    record_office_events(at_desk.log, CALENDAR_STREAM, [stop], actor=SYSTEM, command_id="typhoon", now=at_desk.now)
    assert await at_desk.gateway.wake_open_matters() == 1
    await until(lambda: at_desk.types[-1] == "DeadlineMoved")
    await at_desk.gateway.wake_open_matters()
    await at_desk.seen()
    assert at_desk.types.count("DeadlineMoved") == 1


# --- a log that went back


async def put_back_unseen(at: Desk, folder: Path, watched: Gateway | None = None) -> None:
    """Reported, and the log put back to where a sweep had found it level; between two sweeps, so that none saw it."""
    copied(folder / "events.db", folder / "copy.db")
    await at.do(REPORT, LIAISON)
    if watched is not None:
        await LogGuard(Healing(watched), lambda: folder).look()
    copied(folder / "copy.db", folder / "events.db")
    assert (await at.seen(), at.matter.version) == (5, 4)


async def test_a_sweep_that_knows_what_was_recorded_sees_a_log_that_went_back(at_desk: Desk, tmp_path: Path) -> None:
    """The stream stands again where it was verified, so its workflow kept the timers of a lost future for ever."""
    await at_desk.accepted()
    await at_desk.listed(running=1)
    watched = replace(at_desk.gateway, database=Database(at_desk.log.url, witness=Witness(tmp_path)))
    sweep = Sweep(watched, lambda: tmp_path)
    for _ in range(3):
        assert await sweep.once() is not None
    await put_back_unseen(at_desk, tmp_path, watched)
    found = await sweep.once()
    assert found is not None
    assert found.ahead == (at_desk.stream,)
    for _ in range(100):
        if await at_desk.seen() == 4:
            break
        await asyncio.sleep(0.05)
    assert await at_desk.seen() == 4


async def test_every_stream_is_asked_afresh_now_and_then(at_desk: Desk, tmp_path: Path) -> None:
    """Another worker recorded it, of which this one's sweeps never heard."""
    await at_desk.accepted()
    await at_desk.listed(running=1)
    verified = Verified()
    while not verified.level:
        await Healing(at_desk.gateway).recover(verified=verified)
    await put_back_unseen(at_desk, tmp_path)
    found = [(await Healing(at_desk.gateway).recover(verified=verified)).ahead for _ in range(FRESH_EVERY)]
    assert (at_desk.stream,) in found


async def test_what_the_clock_records_after_the_log_went_back_is_named_after_where_it_stands(
    dev_server: DevServer, tmp_path: Path
) -> None:
    """An id that names a version the log has yet to reach is met there again: the clock then spun on its own word."""
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log, FRIDAY_CLOSING - timedelta(seconds=6)) as at:
            for command, actor in ((opening(), OFFICE), (c.AcceptReceipt(), LIAISON), (REPORT, LIAISON)):
                act(log, at.stream, command, actor, MONDAY)
            copied(tmp_path / "events.db", tmp_path / "copy.db")
            await at.do(c.SubmitFeedback(text="主体施工至四层", progress=35), LIAISON)
            copied(tmp_path / "copy.db", tmp_path / "events.db")
            before = at.matter.version
            await until(lambda: at.matter.version > before)
            (event,) = reading.read_stream(log, at.stream)[before:]
            assert event.type == "FeedbackWindowOpened"
            assert event.command_id.startswith(f"{at.stream}@{before}+")


# --- a rulebook that moved


def overridden(at: Desk) -> None:
    """A calendar changed while nobody was told: nothing ran, or the process died between recording and waking."""
    stop = DayOverridden(day=date(2022, 3, 11), workday=False, reason="台风停工")
    record_office_events(at.log, CALENDAR_STREAM, [stop], actor=SYSTEM, command_id="typhoon-1", now=at.now)


async def test_a_sweep_moves_deadlines_after_a_change_nobody_was_told_of(at_desk: Desk) -> None:
    """The stream had not moved, so it counted as level, and kept its old deadline until the next command."""
    await at_desk.accepted()
    await at_desk.listed(running=1)
    verified = Verified()
    while not verified.level:
        await Healing(at_desk.gateway).recover(verified=verified)
    overridden(at_desk)
    assert (await Healing(at_desk.gateway).recover(verified=verified)).behind == (at_desk.stream,)
    await until(lambda: at_desk.types[-1] == "DeadlineMoved")


async def test_doctor_names_what_has_still_to_move(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with founded(sqlite(tmp_path)) as log:
        act(log, "matter/pending", opening(due=local_date(now) + timedelta(days=60)), OFFICE, now)
        act(log, "matter/pending", c.AcceptReceipt(), LIAISON, now)
        assert "deadlines_pending" not in {p.code for p in (await examine(Settings(home=tmp_path))).problems}
        window = matter(log, "matter/pending").window
        assert window is not None
        stop = DayOverridden(day=local_date(window.closes), workday=False, reason="台风停工")
        record_office_events(log, CALENDAR_STREAM, [stop], actor=SYSTEM, command_id="typhoon-1", now=now)
        found = {p.code: p for p in (await examine(Settings(home=tmp_path))).problems}
        assert "XMH-" in found["deadlines_pending"].message


async def test_a_sweep_tells_meetings_of_a_rulebook_that_moved(at_desk: Desk) -> None:
    stream = f"meeting/{uuid4().hex[:12]}"
    meet(at_desk.log, stream, convening(starts=THURSDAY), OFFICE, at_desk.now)
    await at_desk.gateway.start(stream)
    for _ in range(100):
        if (await Healing(at_desk.gateway).recover(dry_run=True)).level:
            break
        await asyncio.sleep(0.1)
    overridden(at_desk)
    assert (await Healing(at_desk.gateway).recover()).behind == (stream,)


async def test_a_sweep_tells_the_rhythm_of_a_series_that_changed(at_desk: Desk, tmp_path: Path) -> None:
    sweep = Sweep(at_desk.gateway, lambda: tmp_path)
    handle = at_desk.client.get_workflow_handle(at_desk.gateway.rhythm_id)

    async def looked() -> datetime | None:
        found: datetime | None = await handle.query("looked_at", result_type=datetime | None)  # type: ignore[arg-type]
        return found

    await sweep.once()
    await asyncio.sleep(1)
    await sweep.once()
    await asyncio.sleep(1)
    before = await looked()
    changed = SeriesRecorded(entry=MONTHLY.model_copy(update={"place": "三楼会议室"}))
    record_office_events(at_desk.log, SERIES_STREAM, [changed], actor=SYSTEM, command_id="series-1", now=at_desk.now)
    await sweep.once()
    for _ in range(100):
        if await looked() != before:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the rhythm did not look again")


# --- names taken by others


async def taken(at: Desk, kind: str = "Matter", queue: str = "") -> str:
    """A run under the matter's name that hears nobody; its run id."""
    await at.handle.terminate()
    dead = queue or f"dead-{uuid4().hex[:6]}"
    run = await at.client.start_workflow(kind, Start(stream=at.stream), id=at.stream, task_queue=dead)
    await at.listed(running=1)
    return str(run.result_run_id)


@pytest.mark.parametrize("kind", ["Matter", "Whatever"])
async def test_a_name_taken_on_another_queue_is_taken_back_by_recover(at_desk: Desk, kind: str) -> None:
    """It made the matter deaf for ever while `recover` reported success: only runs on our queue were looked at."""
    await at_desk.accepted()
    run_id = await taken(at_desk, kind)
    found = await Healing(at_desk.gateway).recover()
    assert (found.foreign, found.level) == ((at_desk.stream,), False)
    assert (await at_desk.handle.describe()).run_id != run_id
    await at_desk.do(REPORT, LIAISON)
    assert at_desk.types[-1] == "FeedbackSubmitted"


async def test_a_name_taken_on_another_queue_is_taken_back_by_whoever_waits(at_desk: Desk) -> None:
    await at_desk.accepted()
    await taken(at_desk)
    await at_desk.do(REPORT, LIAISON)
    assert at_desk.types[-1] == "FeedbackSubmitted"


async def test_the_name_of_the_rhythm_is_taken_back_too(at_desk: Desk, tmp_path: Path) -> None:
    rhythm = at_desk.gateway.rhythm_id
    await at_desk.client.start_workflow("Headquarters", id=rhythm, task_queue="dead")
    await Sweep(at_desk.gateway, lambda: tmp_path).once()
    described = await at_desk.client.get_workflow_handle(rhythm).describe()
    assert described.task_queue == at_desk.gateway.task_queue


@pytest.mark.parametrize("kind", ["Matter", "Nobody"])
async def test_a_stray_that_cannot_even_begin_is_ended(at_desk: Desk, kind: str) -> None:
    """A start no worker can read is tried again for ever, by every worker."""
    stray = f"matter/{uuid4().hex[:12]}"
    queue = at_desk.gateway.task_queue
    handle = await at_desk.client.start_workflow(kind, b"\x00", id=stray, task_queue=queue)
    for _ in range(40):
        await Healing(at_desk.gateway).recover()
        if (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING:
            return
        await asyncio.sleep(0.5)
    raise AssertionError("it is tried again for ever")
