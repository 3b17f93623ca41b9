"""Whoever reaches Temporal's port and is not the gateway gets nothing recorded; and an honest command works afterwards.

Temporal's development server has no authentication: any process of the machine can start workflows, send updates and
signals, and ask for activities by name. These are the calls of such a stranger. He does not have the door's key.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain import commands as c
from domain.access.terms import OrderFault
from domain.door import Door
from domain.envelope import SYSTEM
from domain.facts import NewPoint
from domain.log import APPEND, LOAD, AppendRequest, Loading
from domain.meetings.deliveries import CONVENE, DELIVER, Convening
from domain.meetings.series import SeriesRecorded, spoken_rule
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.gateway import Gateway
from services.office_records import record_office_events
from services.order_refusals import MOST_NAMES, OTHERS, OrderRefusals
from services.running import running_worker
from tests.support.meetings import MONTHLY
from tests.support.office import (
    DOOR,
    LEADER,
    LIAISON,
    OFFICE,
    founded,
    matter,
    office_today,
    opening,
    order,
    sqlite,
    types,
    until,
)
from tests.support.streams import SERIES_STREAM
from tests.support.temporal import DevServer
from views.access_record import access_row
from workflows.contract import HeadquartersStart, MatterStart

REPORT = c.SubmitFeedback(text="正常推进", progress=20)
WRONG = Door(b"another key of another home, 32 bytes")


class Attacked:
    """A real home with one matter in progress: a worker that honours no shifted clock, on a queue of its own."""

    def __init__(self, client: Client, log: Database, gateway: Gateway) -> None:
        self.client = client
        self.log = log
        self.gateway = gateway
        self.refusals = OrderRefusals(log)
        self.stream = f"matter/{uuid4().hex[:12]}"
        self.before = 0
        """How many events the log held before the stranger came."""

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def opened(self) -> None:
        await self.gateway.submit(order(self.stream, opening(due=office_today() + timedelta(days=60)), now=self.now))
        await self.gateway.submit(order(self.stream, c.AcceptReceipt(), LIAISON, now=self.now))

    def order(self, command: c.MatterCommand, stream: str = "") -> c.Order:
        return order(stream or self.stream, command, LEADER, now=self.now)

    def cancellation(self) -> AppendRequest:
        """A cancellation by a leader, decided as the rules would."""
        found = reading.load(self.log, self.stream)
        assert found is not None
        rulebook = reading.rulebook(self.log)
        cancel = c.CancelMatter(reason="到此为止")
        drafts = decide(matter(self.log, self.stream), cancel, DecisionContext(rulebook, self.now, LEADER))
        return AppendRequest(
            stream=self.stream,
            expected_version=found.version,
            expected_hash=found.hash,
            rulebook_version=rulebook.version,
            command_id=uuid4().hex,
            actor=LEADER,
            now=self.now,
            clock=True,
            drafts=drafts,
        )

    def events(self) -> int:
        with self.log.reading() as transaction:
            row = transaction.one("SELECT count(*) FROM events")
        return int(row[0]) if row else 0


@pytest_asyncio.fixture(loop_scope="session")
async def home(dev_server: DevServer, tmp_path: Path) -> AsyncIterator[Attacked]:
    """The home; in the end an honest command works, and whatever was tried is not in the log."""
    client = await dev_server.client()
    queue = f"home-{uuid4().hex[:8]}"
    with founded(sqlite(tmp_path)) as log:
        found = Attacked(client, log, Gateway(client, log, queue, DOOR))
        async with running_worker(client, log, task_queue=queue, door=DOOR, forged=found.refusals.note):
            await found.opened()
            found.before = found.events()
            yield found
            assert found.events() == found.before, "something of the stranger's is in the log"
            reply = await found.gateway.submit(order(found.stream, REPORT, LIAISON, now=found.now))
            assert reply.events == ("FeedbackSubmitted",)
            assert verify(log).problems == ()


# --- updates


@pytest.mark.parametrize("proof", ["", "door:1:00", WRONG])
async def test_an_update_past_the_gateway_is_refused(home: Attacked, proof: str | Door) -> None:
    said = home.order(c.CancelMatter(reason="到此为止"))
    said = proof.pass_order(said) if isinstance(proof, Door) else said.model_copy(update={"proof": proof})
    with pytest.raises(WorkflowUpdateFailedError) as told:
        await home.client.get_workflow_handle(home.stream).execute_update("submit", said)
    assert isinstance(told.value.cause, ApplicationError)
    assert told.value.cause.type == "unproven"


async def test_a_proof_is_of_one_order_only(home: Attacked) -> None:
    """A captured proof, found in a history, proves no other content, no other id, no longer validity."""
    honest = DOOR.pass_order(home.order(REPORT))
    for change in (
        {"command": c.CancelMatter(reason="到此为止")},
        {"command_id": uuid4().hex},
        {"valid_until": honest.valid_until + timedelta(days=1)},
        {"actor": OFFICE},
    ):
        with pytest.raises(WorkflowUpdateFailedError) as told:
            changed = honest.model_copy(update=change)
            await home.client.get_workflow_handle(home.stream).execute_update("submit", changed)
        assert isinstance(told.value.cause, ApplicationError)
        assert told.value.cause.type == "unproven"


async def test_the_clock_cannot_be_played_from_outside(home: Attacked) -> None:
    said = home.order(c.ExpireDeadline()).model_copy(update={"actor": SYSTEM})
    with pytest.raises(WorkflowUpdateFailedError):
        await home.client.get_workflow_handle(home.stream).execute_update("submit", said)


async def test_an_order_for_another_matter_is_refused_here(home: Attacked) -> None:
    said = DOOR.pass_order(home.order(REPORT, stream="matter/elsewhere"))
    with pytest.raises(WorkflowUpdateFailedError) as told:
        await home.client.get_workflow_handle(home.stream).execute_update("submit", said)
    assert isinstance(told.value.cause, ApplicationError)
    assert told.value.cause.type == "malformed"


async def test_a_refused_stranger_does_not_spoil_the_id_of_a_caller(home: Attacked) -> None:
    """Were his attempt noted as a refusal, whoever guesses an id could keep its command out."""
    honest = order(home.stream, c.AddPoint(point=NewPoint(text="完成图审")), OFFICE, now=home.now)
    with pytest.raises(WorkflowUpdateFailedError):
        await home.client.get_workflow_handle(home.stream).execute_update("submit", honest)
    with home.log.reading() as transaction:
        assert transaction.one("SELECT count(*) FROM refusals") == (0,)


@pytest.mark.parametrize("garbage", [b"\x00", 7, {"command_id": 1}, [1, 2]])
async def test_an_update_of_garbage_is_refused(home: Attacked, garbage: object) -> None:
    with pytest.raises(WorkflowUpdateFailedError):
        await home.client.get_workflow_handle(home.stream).execute_update("submit", garbage)


async def test_what_came_past_the_entrances_is_on_record_once_a_minute(home: Attacked) -> None:
    """Forty cancellations in a leader's name are one line for who looks, and no further one in the matter."""
    handle = home.client.get_workflow_handle(home.stream)
    for _ in range(40):
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update("submit", home.order(c.CancelMatter(reason="到此为止")))
    with pytest.raises(WorkflowFailureError):
        await asked(home, APPEND, home.cancellation().model_dump(mode="json"))
    await started(home, "Matter", MatterStart(stream="matter/new"), "matter/new")
    await ended(home, "matter/new")
    home.refusals.record(None)
    rows = [access_row(e) for e in reading.access_record(home.log, home.now - timedelta(days=1), home.now)]
    lines = [row["said"].partition("次，") for row in rows if row["type"] == "OrderRefused"]
    counts = {words: sum(int(n) for n, _, other in lines if other == words) for _, _, words in lines}
    assert counts == {
        f"不是经系统的入口发来，自称leader，{home.stream}": 40,
        f"不是该事项自己的流程，自称leader，{home.stream}": 1,
        "不是经系统的入口发来，没有署名，matter/new": 1,
    }
    assert len(lines) <= 4, "of one minute, or of two"
    home.before = home.events()


def test_whoever_invents_a_name_for_each_order_fills_no_log(tmp_path: Path) -> None:
    with founded(sqlite(tmp_path)) as log:
        refusals = OrderRefusals(log)
        for n in range(500):
            refusals.note(OrderFault.PAST_THE_DOOR, "matter/x", f"{n}\n" + "长" * 200)
            refusals.note(OrderFault.PAST_THE_DOOR, "matter/x", "0\n" + "长" * 200)
        refusals.record(None)
        now = datetime.now(UTC)
        events = [e for e in reading.access_record(log, now - timedelta(days=1), now) if e.type == "OrderRefused"]
        assert len(events) <= 2 * (MOST_NAMES + 1)
        counts = {json.loads(e.payload)["claimed"]: json.loads(e.payload)["count"] for e in events}
        assert sum(json.loads(e.payload)["count"] for e in events) == 1000
        assert max(count for name, count in counts.items() if name != OTHERS) > 200, "who is listed keeps his line"
        assert max(len(e.payload) for e in events) < 600
        assert verify(log).problems == ()


# --- what is no order for this


async def test_an_order_that_is_late_large_of_no_kind_or_for_no_workflow_wedges_nothing(home: Attacked) -> None:
    """By somebody who has the door's key, or whose order never becomes one."""
    handle = home.client.get_workflow_handle(home.stream)
    late = home.order(REPORT).model_copy(update={"valid_until": home.now - timedelta(minutes=1)})
    with pytest.raises(WorkflowUpdateFailedError) as told:
        await handle.execute_update("submit", DOOR.pass_order(late))
    assert isinstance(told.value.cause, ApplicationError)
    assert told.value.cause.type == "expired"
    long = home.order(REPORT.model_copy(update={"text": "长" * 600_000}))
    unknown = DOOR.pass_order(home.order(REPORT)).model_dump(mode="json")
    unknown["command"]["kind"] = "abolish"
    for said in (DOOR.pass_order(long), unknown):
        with pytest.raises(WorkflowUpdateFailedError):  # the converter makes no order of it
            await handle.execute_update("submit", said)
    for stream in ("account/li", "access/2022-03", "office/calendar", "nothing"):
        with pytest.raises(RPCError, match="not found"):
            said = DOOR.pass_order(home.order(REPORT, stream=stream))
            await home.client.get_workflow_handle(stream).execute_update("submit", said)
        await started(home, "Matter", MatterStart(stream=stream), stream)
        assert await ended(home, stream) is WorkflowExecutionStatus.FAILED


# --- signals


@pytest.mark.parametrize(("name", "args"), [("look_again", []), ("look_again", [b"\x00"]), ("cancel", [1])])
async def test_a_signal_changes_nothing(home: Attacked, name: str, args: list[object]) -> None:
    handle = home.client.get_workflow_handle(home.stream)
    await handle.signal(name, args=args)
    await handle.query("version")  # answered after what came before it


# --- activities


@workflow.defn(name="Stranger")
class Stranger:
    """A workflow of somebody else, on a queue of his own, that asks for the hands of ours."""

    @workflow.run
    async def run(self, said: dict[str, Any]) -> Any:
        return await workflow.execute_activity(
            said["activity"],
            said["argument"],
            task_queue=said["queue"],
            start_to_close_timeout=timedelta(seconds=5),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )


@asynccontextmanager
async def stranger(client: Client) -> AsyncIterator[str]:
    """His worker; the queue it is on."""
    queue = f"stranger-{uuid4().hex[:8]}"
    async with Worker(client, task_queue=queue, workflows=[Stranger], workflow_runner=UnsandboxedWorkflowRunner()):
        yield queue


async def asked(home: Attacked, activity: str, argument: Any, workflow_id: str = "") -> Any:
    """What a stranger's workflow is told by an activity of ours."""
    async with stranger(home.client) as queue:
        said = {"activity": activity, "argument": argument, "queue": home.gateway.task_queue}
        return await home.client.execute_workflow(
            "Stranger", said, id=workflow_id or f"stranger-{uuid4().hex[:8]}", task_queue=queue
        )


def foreign(error: WorkflowFailureError) -> bool:
    cause = error.cause
    return (
        isinstance(cause, ActivityError)
        and isinstance(cause.cause, ApplicationError)
        and cause.cause.type == "foreign_call"
    )


async def test_the_append_is_not_for_strangers(home: Attacked) -> None:
    """A foreign workflow recorded a cancellation by a leader this way, past `decide`."""
    with pytest.raises(WorkflowFailureError) as told:
        await asked(home, APPEND, home.cancellation().model_dump(mode="json"))
    assert foreign(told.value)


async def test_the_append_is_not_for_a_stranger_who_takes_the_matters_name(home: Attacked) -> None:
    await home.client.get_workflow_handle(home.stream).terminate()
    with pytest.raises(WorkflowFailureError) as told:
        await asked(home, APPEND, home.cancellation().model_dump(mode="json"), workflow_id=home.stream)
    assert foreign(told.value)


async def test_a_state_is_not_loaded_for_strangers(home: Attacked) -> None:
    with pytest.raises(WorkflowFailureError) as told:
        await asked(home, LOAD, Loading(stream=home.stream).model_dump(mode="json"))
    assert foreign(told.value)


async def test_no_outcome_is_carried_that_no_meeting_owes(home: Attacked) -> None:
    """This activity sends orders on through the gateway, with a proof: it must not lend the door to others."""
    said = home.order(c.CancelMatter(reason="到此为止"))
    with pytest.raises(WorkflowFailureError) as told:
        await asked(home, DELIVER, said.model_dump(mode="json"))
    assert foreign(told.value)


async def test_the_rhythm_convenes_nothing_of_another_year_for_strangers(home: Attacked) -> None:
    """Whatever day a caller says it is, the worker of a real home lives today."""
    monthly_rule(home)
    await home.gateway.start_rhythm()
    await until(lambda: bool(reading.meetings(home.log)), 30)
    await asyncio.sleep(1)
    home.before = home.events()
    bent = Convening(now=datetime(2028, 3, 1, 1, tzinfo=UTC))
    await asked(home, CONVENE, bent.model_dump(mode="json"))
    assert home.events() == home.before


def monthly_rule(home: Attacked) -> None:
    """There is a meeting in the last working week of each month, of a series of this test's own."""
    rule = {"id": f"s{uuid4().hex[:8]}", "rule": spoken_rule("每月最后一个工作周的周四 9:30"), "chair": "leader"}
    event = SeriesRecorded(entry=MONTHLY.model_copy(update=rule))
    record_office_events(home.log, SERIES_STREAM, [event], actor=SYSTEM, command_id=uuid4().hex, now=home.now)


# --- starts


async def ended(home: Attacked, workflow_id: str, seconds: float = 10) -> WorkflowExecutionStatus | None:
    """How a run ended."""
    handle = home.client.get_workflow_handle(workflow_id)
    for _ in range(int(seconds * 10)):
        status = (await handle.describe()).status
        if status is not WorkflowExecutionStatus.RUNNING:
            return status
        await asyncio.sleep(0.1)
    return WorkflowExecutionStatus.RUNNING


async def started(home: Attacked, kind: str, argument: object, workflow_id: str) -> None:
    queue = home.gateway.task_queue
    await home.client.start_workflow(kind, argument, id=workflow_id, task_queue=queue)


async def test_a_run_that_is_not_of_its_stream_ends(home: Attacked) -> None:
    await started(home, "Matter", MatterStart(stream=home.stream), "matter/of-another-name")
    assert await ended(home, "matter/of-another-name") is WorkflowExecutionStatus.FAILED


async def test_a_start_without_proof_begins_nothing_new(home: Attacked) -> None:
    for proof in ("", WRONG.of_start("matter/new", None, timedelta(0))):
        await started(home, "Matter", MatterStart(stream="matter/new", proof=proof), "matter/new")
        assert await ended(home, "matter/new") is WorkflowExecutionStatus.FAILED


async def test_a_start_without_proof_runs_a_matter_that_is_in_the_log(home: Attacked) -> None:
    """Runs of the build before have none, and must not become deaf; by themselves they can decide nothing."""
    handle = home.client.get_workflow_handle(home.stream)
    await handle.terminate()
    await started(home, "Matter", MatterStart(stream=home.stream), home.stream)
    assert await ended(home, home.stream, 1) is WorkflowExecutionStatus.RUNNING


@pytest.mark.parametrize("proven", [False, True])
async def test_a_shifted_clock_bends_no_matter_of_a_real_home(home: Attacked, proven: bool) -> None:
    """It bent a live matter to 2028. No proof helps: only the worker says whether its home is a simulated one."""
    await home.client.get_workflow_handle(home.stream).terminate()
    shift = timedelta(days=700)
    proof = DOOR.of_start(home.stream, 1, shift) if proven else ""
    start = MatterStart(stream=home.stream, clock_shift=shift, renew_after=1, proof=proof)
    await started(home, "Matter", start, home.stream)
    await asyncio.sleep(2)
    assert types(home.log, home.stream)[-1] == "FeedbackWindowOpened"
    described = await home.client.get_workflow_handle(home.stream).describe()
    assert described.raw_description.workflow_execution_info.first_run_id == described.run_id, "it was renewed"


async def test_a_shifted_rhythm_convenes_nothing_of_another_year(home: Attacked) -> None:
    monthly_rule(home)
    bent = HeadquartersStart(clock_shift=timedelta(days=700))
    queue = home.gateway.task_queue
    handle = await home.client.start_workflow("Headquarters", bent, id=home.gateway.rhythm_id, task_queue=queue)
    await until(lambda: bool(reading.meetings(home.log)), 30)
    await asyncio.sleep(1)
    home.before = home.events()
    starts = [m.starts for m in reading.meetings(home.log)]
    assert max(starts) < home.now + timedelta(days=60)
    looked: datetime = await handle.query("looked_at", result_type=datetime)
    assert abs(looked - home.now) < timedelta(minutes=1)


@pytest.mark.parametrize("garbage", ["?", 7, None, {}, {"stream": 7}, ["matter/x"]])
@pytest.mark.parametrize("kind", ["Matter", "Meeting"])
async def test_a_start_of_garbage_ends(home: Attacked, kind: str, garbage: object) -> None:
    """It was tried again for ever."""
    workflow_id = f"{kind.lower()}/{uuid4().hex[:8]}"
    await started(home, kind, garbage, workflow_id)
    assert await ended(home, workflow_id) is WorkflowExecutionStatus.FAILED


async def test_a_meeting_under_a_matters_name_ends_and_the_matter_goes_on(home: Attacked) -> None:
    await home.client.get_workflow_handle(home.stream).terminate()
    await started(home, "Meeting", MatterStart(stream=home.stream), home.stream)
    assert await ended(home, home.stream) is WorkflowExecutionStatus.FAILED
