"""The log decides; a workflow is a cache with timers. Each rule of it, shown by what breaks without it.

The caches here are made stale on purpose: `act` writes to the log past the workflow, as a worker does that dies between
the commit and the completion of its task, together with the server that would have told the next worker.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.log import LogActivities
from domain import commands as c
from domain.base import Refusal
from domain.envelope import SYSTEM
from domain.facts import NewPoint
from domain.log import APPEND, LOG_UNREACHABLE, Appended, AppendRequest, LogAnswer
from domain.matter import Matter
from domain.terms import Rhythm, Stage
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from eventlog.verify import verify
from services.gateway import Gateway, Unreachable
from services.running import WORKFLOWS, workflow_runner
from tests.support.clock import open_log
from tests.support.desk import FRIDAY_CLOSING, MONDAY, REPORT, Desk, desk
from tests.support.history import act
from tests.support.office import DOOR, LIAISON, OFFICE, SECOND, at_work, founded, opening, order, sqlite, until
from tests.support.postgres import Server
from tests.support.temporal import DevServer

# --- rule 1: a refusal is decided by the log too


async def test_a_stale_cache_does_not_refuse_what_the_log_allows(at_desk: Desk) -> None:
    """Without the empty append the workflow, which never saw the receipt, answers 尚未签收 for ever."""
    await at_desk.opened()
    at_desk.past_the_workflow(c.AcceptReceipt())
    assert await at_desk.seen() == 2
    await at_desk.do(REPORT, LIAISON)
    assert at_desk.types[-1] == "FeedbackSubmitted"
    assert await at_desk.seen() == at_desk.matter.version == 5


async def test_a_stale_cache_does_not_allow_what_the_log_refuses(at_desk: Desk) -> None:
    await at_desk.accepted()
    at_desk.past_the_workflow(c.CancelMatter(reason="另行安排"), OFFICE)
    with pytest.raises(Refusal, match="不能再反馈"):
        await at_desk.do(REPORT, LIAISON)
    assert at_desk.types[-1] == "MatterCancelled"


async def test_a_refused_command_leaves_nothing_in_the_log(at_desk: Desk) -> None:
    await at_desk.opened()
    before = at_desk.types
    with pytest.raises(Refusal, match="尚未签收"):
        await at_desk.do(REPORT, LIAISON, "refused-once")
    assert at_desk.types == before
    assert reading.find_command(at_desk.log, "refused-once") is None


async def test_a_stale_cache_misses_no_report_when_its_timer_fires(dev_server: DevServer, tmp_path: Path) -> None:
    """Without the version check the timer of Friday 17:00 records a 漏报 although the report is in the log."""
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log, FRIDAY_CLOSING - timedelta(seconds=3)) as at:
            act(log, at.stream, opening(), OFFICE, MONDAY)
            act(log, at.stream, c.AcceptReceipt(), LIAISON, MONDAY)
            await at.gateway.start(at.stream)
            await at.awake()
            at.past_the_workflow(REPORT)
            await until(lambda: at.types[-1] == "FeedbackWindowOpened" and len(at.types) == 6)
            assert "FeedbackMissed" not in at.types


async def test_a_refused_request_that_arrives_twice_is_refused_for_good(at_desk: Desk) -> None:
    """A frozen worker or a duplicated request would decide afresh and record what its sender was told is refused."""
    await at_desk.opened()
    early = at_desk.order(REPORT, LIAISON, "too-early")
    with pytest.raises(Refusal, match="尚未签收"):
        await at_desk.gateway.submit(early)
    await at_desk.handle.terminate()  # the run that knew the request is gone, as after continue-as-new
    await at_desk.do(c.AcceptReceipt(), LIAISON)
    with pytest.raises(Refusal, match="先前已被拒绝") as told:
        await at_desk.gateway.submit(early)
    assert told.value.code == "refused_before"
    assert reading.find_command(at_desk.log, "too-early") is None
    # Whoever asks again means it from now on.
    again = early.model_copy(update={"valid_until": early.valid_until + timedelta(seconds=1)})
    assert (await at_desk.gateway.submit(again)).events == ("FeedbackSubmitted",)


# --- rule 2: only the log deduplicates commands


async def test_a_command_sent_twice_is_recorded_once_and_answered_alike(at_desk: Desk) -> None:
    await at_desk.accepted()
    first = await at_desk.do(REPORT, LIAISON, "sent-twice")
    await at_desk.do(c.SubmitFeedback(text="另一次"), LIAISON)
    assert await at_desk.do(REPORT, LIAISON, "sent-twice") == first
    assert at_desk.types.count("FeedbackSubmitted") == 2


async def test_a_refusal_is_not_remembered_under_the_commands_id(at_desk: Desk) -> None:
    """Were the update id the command id, Temporal would answer 尚未签收 again although the matter is now accepted."""
    await at_desk.opened()
    with pytest.raises(Refusal, match="尚未签收"):
        await at_desk.do(REPORT, LIAISON, "too-early")
    await at_desk.do(c.AcceptReceipt(), LIAISON)
    await at_desk.do(REPORT, LIAISON, "too-early")
    assert at_desk.types[-1] == "FeedbackSubmitted"


async def test_the_same_id_with_other_content_is_refused(at_desk: Desk) -> None:
    await at_desk.accepted()
    await at_desk.do(REPORT, LIAISON, "sent-once")
    with pytest.raises(Refusal, match="已用于另一条内容不同的命令"):
        await at_desk.do(c.SubmitFeedback(text="别的内容"), LIAISON, "sent-once")


async def test_a_repeated_command_is_answered_from_the_log_also_when_the_rules_now_refuse_it(at_desk: Desk) -> None:
    await at_desk.accepted()
    version = await at_desk.do(REPORT, LIAISON, "before-the-end")
    await at_desk.do(c.CancelMatter(reason="另行安排"))
    assert await at_desk.do(REPORT, LIAISON, "before-the-end") == version


# --- rule 3: the order inside the transaction


async def test_two_workers_opening_at_once_leave_no_gap_and_no_double(dev_server: DevServer, postgres_url: str) -> None:
    """Without the lock as first statement numbers collide; taken before the head check, refused openings burn them."""
    with founded(postgres_url) as one, open_log(postgres_url) as other:
        client = await dev_server.client()
        async with at_work(client, one) as first, at_work(client, other) as second:
            shift = MONDAY - datetime.now(UTC)
            gateways = [replace(g, clock_shift=shift) for g in (first, second)]
            past = opening(due=date(2022, 1, 4))
            orders = [
                order(f"matter/{uuid4().hex[:12]}", past if n % 3 == 2 else opening(f"第{n}件"), now=MONDAY)
                for n in range(30)
            ]
            halves = [gateways[n].submit_all(orders[n::2]) for n in (0, 1)]
            answers = [a for half in await asyncio.gather(*halves) for a in half]
        refused = [a for a in answers if isinstance(a, Refusal)]
        assert len(refused) == 10
        numbers = sorted(m.state.number for m in reading.matter_states(one) if isinstance(m.state, Matter))
        assert numbers == [f"XMH-2022-{n:03d}" for n in range(1, 21)]
        assert verify(one).problems == ()


# --- rule 4: the append activity


async def test_a_locked_log_fails_the_command_within_ten_seconds_and_leaves_nothing_locked(
    at_desk: Desk, tmp_path: Path
) -> None:
    """Were the thread interrupted inside its transaction, or the matter's lock kept, the next command would hang."""
    await at_desk.accepted()
    intruder = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    intruder.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    with pytest.raises(Unreachable) as told:
        await at_desk.do(REPORT, LIAISON, "locked-out")
    assert time.monotonic() - began < 10
    assert told.value.command_id == "locked-out"
    intruder.execute("ROLLBACK")
    began = time.monotonic()
    await at_desk.do(c.ChangeRhythm(rhythm=Rhythm.DAILY))
    assert time.monotonic() - began < 9
    await at_desk.do(REPORT, LIAISON, "locked-out")
    assert at_desk.types.count("FeedbackSubmitted") == 1
    intruder.execute("BEGIN IMMEDIATE")
    intruder.execute("ROLLBACK")


async def test_the_workflows_own_events_wait_for_the_log_and_decide_afresh(
    dev_server: DevServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer that meets a locked log must neither be lost nor fail the matter."""
    monkeypatch.setattr("workflows.matter.LOG_PAUSE", timedelta(seconds=1))
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log, FRIDAY_CLOSING - timedelta(seconds=1)) as at:
            act(log, at.stream, opening(), OFFICE, MONDAY)
            act(log, at.stream, c.AcceptReceipt(), LIAISON, MONDAY)
            await at.gateway.start(at.stream)
            await at.awake()
            intruder = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
            intruder.execute("BEGIN EXCLUSIVE")
            await asyncio.sleep(11)
            assert at.types[-1] == "FeedbackWindowOpened"
            intruder.execute("ROLLBACK")
            await until(lambda: "FeedbackMissed" in at.types, 20)
            missed = reading.read_stream(log, at.stream)[at.types.index("FeedbackMissed")]
            assert missed.occurred_at == FRIDAY_CLOSING


# --- rule 5: one submit for every client


class LosesAnswers(LogActivities):
    """The append commits, and then something happens, so that its caller does not hear of it."""

    def __init__(self, database: Database, then: Callable[[str], None]) -> None:
        super().__init__(database, DOOR, simulated=True)
        self._then = then
        self.lost = 0

    @activity.defn(name=APPEND, no_thread_cancel_exception=True)
    def append(self, request: AppendRequest) -> LogAnswer:
        answer = super().append(request)
        if isinstance(answer.said, Appended) and answer.said.events and request.command_id == "answer-lost":
            self.lost += 1
            self._then(request.stream)
        return answer


@asynccontextmanager
async def losing_answers(at: Desk, then: Callable[[str], None]) -> AsyncIterator[tuple[Gateway, LosesAnswers]]:
    """Another worker on another queue takes the matter over, and loses one answer."""
    activities = LosesAnswers(at.log, then)
    queue = f"lost-{uuid4().hex[:6]}"
    await at.handle.terminate()
    with ThreadPoolExecutor(4) as threads:
        async with Worker(
            at.client,
            task_queue=queue,
            workflows=list(WORKFLOWS),
            activities=list(activities.all),
            activity_executor=threads,
            workflow_runner=workflow_runner(),
        ):
            yield replace(at.gateway, task_queue=queue), activities


async def test_a_terminated_workflows_answer_is_found_in_the_log(at_desk: Desk) -> None:
    await at_desk.accepted()
    loop = asyncio.get_running_loop()

    def terminate(stream: str) -> None:
        handle = at_desk.client.get_workflow_handle(stream)
        asyncio.run_coroutine_threadsafe(handle.terminate(), loop).result()

    async with losing_answers(at_desk, terminate) as (gateway, activities):
        reply = await gateway.submit(at_desk.order(REPORT, LIAISON, "answer-lost"))
        assert (reply.version, reply.events) == (5, ("FeedbackSubmitted",))
        assert activities.lost == 1
        await gateway.submit(at_desk.order(c.SubmitFeedback(text="继续"), LIAISON))
    assert at_desk.types.count("FeedbackSubmitted") == 2


async def test_an_answer_that_comes_too_late_is_found_in_the_log(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the look-up the caller would be told 服务没有及时答复 of a command that was carried out."""
    monkeypatch.setattr("services.gateway.ANSWER_WITHIN", timedelta(seconds=2.5))
    await at_desk.accepted()
    async with losing_answers(at_desk, lambda _stream: time.sleep(3)) as (gateway, _):
        reply = await gateway.submit(at_desk.order(REPORT, LIAISON, "answer-lost"))
        assert (reply.version, reply.events) == (5, ("FeedbackSubmitted",))


async def test_an_answer_lost_between_log_and_workflow_is_found_in_the_log(at_desk: Desk) -> None:
    """The workflow never heard that it was recorded and says the log is unreachable; the caller was told exit 5."""
    await at_desk.accepted()

    def cut(_stream: str) -> None:
        raise ApplicationError("事件日志暂时无法写入", type=LOG_UNREACHABLE, non_retryable=True)

    async with losing_answers(at_desk, cut) as (gateway, _):
        reply = await gateway.submit(at_desk.order(REPORT, LIAISON, "answer-lost"))
        assert (reply.version, reply.events) == (5, ("FeedbackSubmitted",))


async def test_a_caller_who_has_waited_already_is_answered_sooner(dev_server: DevServer, tmp_path: Path) -> None:
    """Reading and connecting took their time; what is left of the ten seconds is all there is."""
    with founded(sqlite(tmp_path)) as log:
        began = time.monotonic()
        client = await dev_server.client()
        gateway = Gateway(client, log, f"nobody-{uuid4().hex[:6]}", DOOR, answer_by=began + 3)
        now = datetime.now(UTC)
        sent = order(f"matter/{uuid4().hex[:8]}", opening(due=now.date()), now=now)
        with pytest.raises(Unreachable):
            await gateway.submit(sent)
        assert time.monotonic() - began < 7, "others are answered after eight and a half"
        await client.get_workflow_handle(sent.stream).terminate()


async def test_without_a_worker_the_caller_is_told_in_time_and_how_to_repeat(
    dev_server: DevServer, tmp_path: Path
) -> None:
    with founded(sqlite(tmp_path)) as log:
        gateway = Gateway(await dev_server.client(), log, f"nobody-{uuid4().hex[:6]}", DOOR)
        now = datetime.now(UTC)
        began = time.monotonic()
        with pytest.raises(Unreachable, match="可能仍会执行") as told:
            await gateway.submit(order("matter/unheard", opening(due=now.date()), now=now, command_id="once-again"))
        assert time.monotonic() - began < 10
        assert told.value.command_id == "once-again"
        await gateway.client.get_workflow_handle("matter/unheard").terminate()


async def test_a_command_nobody_meant_any_more_is_not_carried_out(at_desk: Desk) -> None:
    """Without `valid_until` a report left in a queue over a weekend would still be carried out on Monday."""
    await at_desk.accepted()
    late = at_desk.order(REPORT, LIAISON).model_copy(update={"valid_until": at_desk.now - timedelta(seconds=1)})
    with pytest.raises(Refusal, match="已过有效期") as told:
        await at_desk.gateway.submit(late)
    assert told.value.code == "expired"
    assert "FeedbackSubmitted" not in at_desk.types


# --- rule 6: opening


async def test_opening_twice_meets_the_same_matter_and_takes_one_number(at_desk: Desk) -> None:
    """Were the number allocated before the first append, the second opening would burn one."""
    answers = await asyncio.gather(*(at_desk.do(opening(), command_id=f"opening-{n}") for n in range(5)))
    assert set(answers) == {2}
    assert at_desk.types == ["MatterOpened", "MatterAssigned"]
    with at_desk.log.reading() as transaction:
        assert transaction.one("SELECT last FROM numbers WHERE series = 'matter/2022'") == (1,)


# --- rule 8: sizes


async def test_what_is_too_large_is_refused_and_the_matter_goes_on(at_desk: Desk) -> None:
    """A payload over 2 MiB would fail every workflow task of the matter, for everybody, for ever."""
    await at_desk.accepted()
    with pytest.raises(Refusal) as text:
        await at_desk.do(REPORT.model_copy(update={"text": "长" * 30_000}), LIAISON)
    assert text.value.code == "malformed"
    with pytest.raises(Refusal) as state:
        for n in range(60):
            await at_desk.do(c.AddPoint(point=NewPoint(text=f"{n}" + "点" * 1_990)))
    assert state.value.code == "too_large"
    await at_desk.do(REPORT, LIAISON)
    assert at_desk.types[-1] == "FeedbackSubmitted"


# --- continue-as-new


async def test_commands_across_continue_as_new_are_carried_out_once(dev_server: DevServer, tmp_path: Path) -> None:
    """Without waiting for the handlers, commands in flight when the run ends would be dropped, or answered by none."""
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log, renew_after=40) as at:
            await at.accepted()
            first = (await at.handle.describe()).run_id
            orders = [at.order(c.SubmitFeedback(text=f"第{n}次"), LIAISON, f"report-{n}") for n in range(60)]
            answers = await at.gateway.submit_all(orders)
            assert [type(a).__name__ for a in answers] == ["Reply"] * 60
            again = await at.gateway.submit_all(orders)
            assert [getattr(a, "version", a) for a in again] == [getattr(a, "version", None) for a in answers]
            assert at.types.count("FeedbackSubmitted") == 60
            described = await at.handle.describe()
            assert described.run_id != first
            assert at.matter.stage is Stage.IN_PROGRESS
            assert verify(log).problems == ()


# --- whoever else answers


async def test_a_second_worker_on_the_same_matter_changes_nothing(dev_server: DevServer, tmp_path: Path) -> None:
    with founded(sqlite(tmp_path)) as log, open_log(sqlite(tmp_path)) as other:
        async with desk(dev_server, log) as at:
            await at.accepted()
            for n in range(10):
                # A new worker without the matter in its cache, while the old one still holds it.
                async with at_work(at.client, other) as second:
                    gateway = replace(second, task_queue=at.gateway.task_queue)
                    await gateway.submit(at.order(c.SubmitFeedback(text=f"第{n}次"), LIAISON))
            assert at.types.count("FeedbackSubmitted") == 10
            assert verify(log).problems == ()


async def test_the_system_alone_may_let_deadlines_expire(at_desk: Desk) -> None:
    await at_desk.accepted()
    with pytest.raises(Refusal):
        await at_desk.do(c.ExpireDeadline(), SECOND)
    assert "FeedbackMissed" not in at_desk.types


def test_the_append_activity_is_never_interrupted_inside_its_thread(own_postgres: Server) -> None:
    """The SDK would raise inside the thread on a time-out and leave a transaction open that locks everybody out."""
    with founded(own_postgres.new_database()) as log:
        for function in LogActivities(log, DOOR).all:
            definition = function.__temporal_activity_definition  # type: ignore[attr-defined]
            assert definition.no_thread_cancel_exception
        question = AppendRequest(
            stream="matter/x",
            expected_version=0,
            expected_hash="",
            rulebook_version=reading.rulebook(log).version,
            command_id="",
            actor=SYSTEM,
            now=MONDAY,
        )
        own_postgres.stop()
        with pytest.raises(Exception, match="连不上数据库"):
            append(log, question)
        own_postgres.start()
        assert append(log, question) == Appended()
