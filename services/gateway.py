"""The one door through which every command to a matter leaves.

Command line, imports and simulation all use it, so none can skip a rule. What must run by the log and does not is
started by `services/healing.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any, Generic, TypeVar
from uuid import uuid4

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecution,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.base import Frozen, Refusal
from domain.commands import Order
from domain.door import Door
from domain.envelope import Recorded
from domain.ids import kind_of
from domain.lights import light
from domain.log import LOG_UNREACHABLE, WITNESSED, Rulebook, Witnessed
from domain.matter import Matter
from domain.meetings.commands import Delivered, MeetingOrder
from domain.meetings.meeting import Meeting
from domain.order import OrderBase
from domain.streams import WORKFLOW_OF
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogError
from services.namespaces import check_queue, claim_queue
from services.temporal_client import NOTICES, notices_id
from services.tracing import span
from services.unreachable import Unreachable as Unreachable  # noqa: PLC0414  (part of what the gateway says)
from workflows.contract import (
    FOREIGN,
    RESYNC,
    SUBMIT,
    Answered,
    HeadquartersStart,
    MeetingReply,
    NoticesStart,
    Reply,
    Start,
    matter_reply,
    meeting_reply,
)

ANSWER_WITHIN = timedelta(seconds=8.5)
"""A caller has his answer, or exit 5, within ten seconds of typing; starting the client takes the rest."""
LOOK_UP_WITHIN = 1.0
"""Seconds for asking the log whether the command is in it; a log that hangs must not keep the caller."""
SHORTEST_ATTEMPT = 0.5
SLOW = 3.0
"""Seconds after which a caller looks whether anybody can hear."""
TASK_WITHIN = timedelta(seconds=5)
"""A matter whose worker died in the middle of a task goes to another after this, while its callers still wait."""
AT_ONCE = 10
"""Temporal takes ten updates in flight per matter; more callers only wait."""
NO_ANSWER = frozenset({"AcceptedUpdateCompletedWorkflow", "CanceledUpdate", "UnprocessedUpdate", FOREIGN})
"""Failures the server puts in the workflow's mouth when a worker or a run ended meanwhile, and the last word of a run
that is not of its stream: no answer of ours, the next attempt begins a run."""
UNREADABLE = "RuntimeError"
"""What the SDK calls a payload that does not fit the model it should be."""
QUERY_WITHIN = timedelta(seconds=5)
WEDGED_AFTER = 3
"""A workflow task that failed so often in a row will not get better by itself."""

_LOOKING_UP = ThreadPoolExecutor(4, thread_name_prefix="look-up")

T = TypeVar("T")
O = TypeVar("O", bound=OrderBase)  # noqa: E741  (an order)
R = TypeVar("R", bound=Answered)


@dataclass(frozen=True)
class Gateway:
    """Submits commands. `renew_after` and `clock_shift` are those of `MatterStart`."""

    client: Client
    database: Database
    task_queue: str
    door: Door
    renew_after: int | None = None
    clock_shift: timedelta = timedelta(0)
    answer_by: float | None = None
    """A moment on the loop's clock by which whoever waits must have an answer, if that is sooner than usual."""

    async def submit(self, order: Order) -> Reply:
        """Carry out one command on a matter exactly once, whatever dies on the way.

        Raises:
            Refusal: a rule said no; nothing is recorded.
            Unreachable: no answer in time; the command may still be carried out.
        """
        with span("submit", **{"xmh.command": order.command.do}):
            return await self._submit(order, MATTERS)

    async def convene(self, order: MeetingOrder) -> MeetingReply:
        """Send a command to a meeting, and wait for its answer.

        Raises:
            Refusal, Unreachable: as `submit`.
        """
        with span("convene", **{"xmh.command": order.command.do}):
            return await self._submit(order, MEETINGS)

    async def carry(self, order: Order) -> Delivered:
        """Carry an outcome of a meeting to its matter, for the meeting's workflow.

        Raises:
            Refusal: the matter does not take it.
            Unreachable: no answer in time; ask again, under the same id.
        """
        reply = await self.submit(order)
        return Delivered(stream=reply.stream, matter=reply.matter, version=reply.version)

    async def _submit(self, order: O, route: "Route[O, R]") -> R:
        """One way for every kind of stream.

        Temporal remembers a failed update under its id, so each attempt has an id of its own and only the log
        deduplicates: after anything but a clear answer it is asked whether the command is in it.
        """
        if order.signed is None and self.database.vouch is not None:
            order = order.model_copy(update={"signed": self.database.vouch(order)})
        order = self.door.pass_order(order)
        clock = asyncio.get_running_loop().time
        deadline = min(clock() + ANSWER_WITHIN.total_seconds(), self.answer_by or inf)
        attempt = 0
        while True:
            seconds = max(deadline - LOOK_UP_WITHIN - clock(), SHORTEST_ATTEMPT)
            answer = await self._tried(order, route, f"{order.command_id}#{attempt}-{uuid4().hex[:6]}", seconds)
            if not isinstance(answer, Exception):
                return answer
            recorded = await self._looked_up(order, route)
            if recorded is not None:
                return recorded
            if isinstance(answer, Unreachable):
                raise answer
            if isinstance(answer, RPCError) and answer.status is RPCStatusCode.FAILED_PRECONDITION:
                await self.free(order.stream)
            attempt += 1
            pause = min(0.1 * 2**attempt, 1)
            if clock() + pause + SHORTEST_ATTEMPT + LOOK_UP_WITHIN > deadline or not _worth_another_try(answer):
                raise Unreachable("服务没有及时答复，命令可能仍会执行", order.command_id) from answer
            await asyncio.sleep(pause)

    async def _tried(self, order: O, route: "Route[O, R]", update_id: str, seconds: float) -> R | Exception:
        """One attempt: the answer, or what happened instead of one.

        Raises:
            Refusal: a rule said no.
        """
        freeing = asyncio.create_task(self._free_when_slow(order.stream))
        try:
            # The server's own limit comes first; ours is for a connection that hangs.
            return await asyncio.wait_for(self._attempt(order, route, update_id, seconds), seconds + 0.3)
        except WorkflowUpdateFailedError as e:
            if not isinstance(e.cause, ApplicationError) or e.cause.type in NO_ANSWER:
                return e
            answer = _answered(e.cause, order)
            if isinstance(answer, Refusal):
                raise answer from e
            return answer  # the log did not answer the workflow; yet the command may be in it
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError, RuntimeError, TimeoutError) as e:
            return e
        finally:
            freeing.cancel()

    async def _free_when_slow(self, stream: str) -> None:
        """Who waits for long may wait for a run that will never hear: ended, it lets the next attempt begin one."""
        await asyncio.sleep(SLOW)
        await self.free(stream)

    async def submit_all(self, orders: Sequence[Order]) -> list[Reply | Refusal | Unreachable]:
        """Submit many; the answers come in the order of the commands."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(order: Order) -> Reply | Refusal | Unreachable:
            async with gate:
                try:
                    return await self.submit(order)
                except (Refusal, Unreachable) as e:
                    return e

        return await asyncio.gather(*(one(order) for order in orders))

    async def _attempt(self, order: O, route: "Route[O, R]", update_id: str, seconds: float) -> R:
        start: WithStartWorkflowOperation[Any, None] = WithStartWorkflowOperation(
            route.workflow,
            self._start_of(order.stream),
            id=order.stream,
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            task_timeout=TASK_WITHIN,
        )
        try:
            reply: R = await self.client.execute_update_with_start_workflow(
                SUBMIT,
                order,
                start_workflow_operation=start,
                id=update_id,
                result_type=route.reply,
                rpc_timeout=timedelta(seconds=seconds),
            )
        except Exception:
            # The start holds the same error once more; asyncio prints a traceback of what nobody looked at.
            with suppress(Exception):
                await asyncio.wait_for(start.workflow_handle(), 0.1)
            raise
        return reply

    async def _looked_up(self, order: O, route: "Route[O, R]") -> R | None:
        # Not asyncio's own threads: the loop would wait for them in the end, however long the log hangs.
        asking = asyncio.get_running_loop().run_in_executor(_LOOKING_UP, self._recorded, order, route)
        try:
            return await asyncio.wait_for(asking, LOOK_UP_WITHIN)
        except TimeoutError:
            return None

    def _recorded(self, order: O, route: "Route[O, R]") -> R | None:
        """The answer from the log, when the command is in it although nobody said so."""
        try:
            events = reading.find_command(self.database, order.command_id)
            if not events:
                return None
            loaded = reading.load(self.database, order.stream)
            rulebook = reading.rulebook(self.database)
        except LogError:
            return None
        return None if loaded is None else route.answer(loaded.state, rulebook, events)

    async def wake_open_matters(self) -> int:
        """Tell every open matter and meeting to look at the log again; how many matters. After the rulebook moved."""
        heads = await asyncio.to_thread(self.open_streams)
        woken = await gathered_results(self.wake(head.stream) for head in heads)
        return sum(woke for head, woke in zip(heads, woken, strict=True) if kind_of(head.stream) == "matter")

    def open_streams(self) -> tuple[reading.Head, ...]:
        """Every stream with a workflow of its own that still lives."""
        return tuple(h for kind in ROUTES for h in reading.open_streams(self.database, kind))

    async def wake(self, stream: str) -> bool:
        """Tell one to look at the log again; False when Temporal does not know it."""
        try:
            await self.client.get_workflow_handle(stream).signal(RESYNC)
        except RPCError as e:
            if e.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    async def free(self, workflow_id: str) -> bool:
        """End a run that keeps a name of ours from being heard: somebody else's, or wedged; whether it was one.

        A run on a queue that none of our workers serves, or of another type, answers nobody; a history that no worker
        can replay, or a start that none can read, stays so for ever. The log holds all that matters: the next start
        begins from there.
        """
        with suppress(RPCError):
            described = await self.client.get_workflow_handle(workflow_id).describe(rpc_timeout=QUERY_WITHIN)
            if described.status is not WorkflowExecutionStatus.RUNNING:
                return False
            wedged = described.raw_description.pending_workflow_task.attempt >= WEDGED_AFTER
            if wedged or self.is_foreign(described):
                # This very run: another caller may have begun a new one meanwhile.
                run = self.client.get_workflow_handle(workflow_id, run_id=described.run_id)
                await run.terminate("deaf: starts again from the log", rpc_timeout=QUERY_WITHIN)
                return True
        return False

    def is_foreign(self, run: WorkflowExecution) -> bool:
        """Whether a run under a name of ours is none of ours."""
        kind = WORKFLOW_OF.get(kind_of(run.id)) or self._services.get(run.id)
        return (run.task_queue, run.workflow_type) != (self.task_queue, kind)

    @property
    def _services(self) -> dict[str, str]:
        """Workflows of ours that are of no stream: id → type."""
        return {self.rhythm_id: "Headquarters", self.notices_id: NOTICES}

    async def keep_services(self) -> None:
        """See that the rhythm and the delivery of notices run, and that nobody else has their names."""
        for workflow_id in self._services:
            await self.free(workflow_id)
        await self.start_rhythm()
        await self.keep_notices()

    async def start(self, stream: str) -> None:
        """Start a matter from the log alone; harmless when it runs."""
        await self.client.start_workflow(
            ROUTES[kind_of(stream)].workflow,
            self._start_of(stream),
            id=stream,
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            task_timeout=TASK_WITHIN,
        )

    # --- notices

    @property
    def notices_id(self) -> str:
        """The delivery of notices."""
        return notices_id(self.database.headquarters, self.task_queue)

    async def keep_notices(self, *, look: bool = False) -> None:
        """See that the delivery of notices runs; with `look`, tell it that something waits."""
        await self.client.start_workflow(
            NOTICES,
            NoticesStart(renew_after=self.renew_after, clock_shift=self.clock_shift),
            id=self.notices_id,
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            task_timeout=TASK_WITHIN,
            start_signal="look" if look else None,
        )

    async def notices_run(self) -> bool:
        """Whether the delivery of notices runs."""
        try:
            described = await self.client.get_workflow_handle(self.notices_id).describe(rpc_timeout=QUERY_WITHIN)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return described.status is WorkflowExecutionStatus.RUNNING

    async def claim_queue(self, *, anew: bool = False) -> None:
        """See that the workflows on our queue are this log's, and say so where nobody did, or `anew`.

        Raises:
            Refusal: `namespace_shared`. LogError: the log cannot be read.
        """
        log = await asyncio.to_thread(self.database.log)
        await claim_queue(self.client, self.task_queue, log, anew=anew)

    async def owns_queue(self) -> bool:
        """Whether they are, as far as anybody said.

        Raises:
            LogError: the log cannot be read.
        """
        try:
            await self.check_queue()
        except Refusal:
            return False
        return True

    async def check_queue(self) -> None:
        """Only see that.

        Raises:
            Refusal: `namespace_shared`. LogError: the log cannot be read.
        """
        await check_queue(self.client, self.task_queue, await asyncio.to_thread(self.database.log))

    async def witnessed(self) -> Witnessed | None:
        """What the delivery of notices has seen of the log; None when it never ran, or is none of ours."""
        handle = self.client.get_workflow_handle(self.notices_id)
        try:
            described = await handle.describe(rpc_timeout=QUERY_WITHIN)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        if self.is_foreign(described):
            return None
        with suppress(KeyError, RuntimeError):  # sealed under a key that is lost, or never ours
            return await described.memo_value(WITNESSED, None, type_hint=Witnessed)
        return None

    @property
    def rhythm_id(self) -> str:
        """The workflow id of the headquarters' rhythm: one for each task queue."""
        return f"headquarters/{self.database.headquarters}/{self.task_queue}"

    async def start_rhythm(self) -> None:
        """Start the headquarters' rhythm; harmless when it runs."""
        await self.client.start_workflow(
            "Headquarters",
            HeadquartersStart(clock_shift=self.clock_shift),
            id=self.rhythm_id,
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )

    async def wake_rhythm(self) -> None:
        """Tell the headquarters' rhythm that a rule has changed."""
        handle = self.client.get_workflow_handle(self.rhythm_id)
        with suppress(RPCError):
            await handle.signal(RESYNC)

    def _start_of(self, stream: str) -> Start:
        proof = self.door.of_start(stream, self.renew_after, self.clock_shift)
        return Start(stream=stream, renew_after=self.renew_after, clock_shift=self.clock_shift, proof=proof)


@dataclass(frozen=True)
class Route(Generic[O, R]):
    """How a kind of stream is reached, and what its answer is when only the log has it."""

    workflow: str
    """Name of its type; each has the update, the signal and the query named above."""
    reply: type[R]
    answer: Callable[[Frozen, Rulebook, Sequence[Recorded]], R | None]


def _of_matter(state: Frozen, rulebook: Rulebook, events: Sequence[Recorded]) -> Reply | None:
    return matter_reply(state, light(state, rulebook, datetime.now(UTC)), events) if isinstance(state, Matter) else None


def _of_meeting(state: Frozen, _: Rulebook, events: Sequence[Recorded]) -> MeetingReply | None:
    return meeting_reply(state, events) if isinstance(state, Meeting) else None


MATTERS: Route[Order, Reply] = Route(WORKFLOW_OF["matter"], Reply, _of_matter)
MEETINGS: Route[MeetingOrder, MeetingReply] = Route(WORKFLOW_OF["meeting"], MeetingReply, _of_meeting)
ROUTES: dict[str, Route[Any, Any]] = {"matter": MATTERS, "meeting": MEETINGS}
"""Kind of stream → how it is reached."""


async def gathered_results(work: Iterable[Awaitable[T]]) -> list[T]:
    """The results of submitted commands in order, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: Awaitable[T]) -> T:
        async with gate:
            return await item

    return await asyncio.gather(*map(one, work))


def _answered(cause: ApplicationError, order: OrderBase) -> "Refusal | Unreachable":
    if cause.type == LOG_UNREACHABLE:
        return Unreachable(f"{cause.message}；命令可能仍会执行", order.command_id)
    if cause.type == UNREADABLE:
        return Refusal("办理进程读不懂这条命令：内容超限，或两边的 xmh 版本不同；未作任何改动", "malformed")
    return Refusal(cause.message, cause.type or "refused")


def _worth_another_try(failure: Exception) -> bool:
    """Aborted, not found, wedged and timed-out attempts are; a client that cannot reach the server at all is not."""
    return not (isinstance(failure, RPCError) and failure.status is RPCStatusCode.INVALID_ARGUMENT)
