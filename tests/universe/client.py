"""What the product's gateway and healing use of `temporalio.client.Client`, over a network that loses and doubles."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from temporalio.api.namespace.v1 import NamespaceInfo
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeNamespaceResponse,
    UpdateNamespaceRequest,
)
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from tests.universe.server import Run, Server
from tests.universe.world import MS, SECOND, ClientLoop, World

QUEUE = "xmh"


class Client:
    """A connection of one process of clients."""

    def __init__(self, world: World, server: Server, loop: ClientLoop) -> None:
        self.world, self.server, self.loop = world, server, loop
        self.namespace = "universe"
        self.workflow_service = _Namespace(server)

    async def execute_update_with_start_workflow(
        self,
        name: str,
        order: Any,
        *,
        start_workflow_operation: Any,
        id: str,  # noqa: A002
        result_type: Any,
        rpc_timeout: timedelta,
    ) -> Any:
        """Send it, lose it, double it; wait for the answer no longer than allowed."""
        del name, result_type
        future = self.loop.create_future()
        given = start_workflow_operation._start_workflow_input
        self._send(given.id, given.args[0], id, order, future)
        late = WorkflowUpdateRPCTimeoutOrCancelledError()
        timer = self.loop.call_later(rpc_timeout.total_seconds(), lambda: self.loop.settle(future, error=late))
        try:
            return await future
        except Exception as error:
            holder = start_workflow_operation._workflow_handle
            if not holder.done():
                holder.set_exception(error)
            raise
        finally:
            timer.cancel()

    def _send(self, stream: str, start: Any, uid: str, order: Any, future: "asyncio.Future[Any]") -> None:
        world, tape, place = self.world, self.world.tape, f"{stream}/net"

        def ask(outcome: Any) -> None:
            if world.fault("answer_lost", place):
                return
            slow = world.fault("answer_slow", place)
            delay = tape.between(place, SECOND, 12 * SECOND) if slow else tape.between(place, 300, 15 * MS)
            world.after(delay, self._hear, future, outcome)

        def arrive() -> None:
            self.server.update_with_start(stream, start, uid, order, ask)

        if world.fault("request_lost", place):
            return
        slow = world.fault("request_slow", place)
        world.after(tape.between(place, SECOND, 8 * SECOND) if slow else tape.between(place, 300, 15 * MS), arrive)
        if world.fault("request_twice", place):
            world.after(tape.between(place, MS, 8 * SECOND), arrive)

    def _hear(self, future: "asyncio.Future[Any]", outcome: Any) -> None:
        match outcome:
            case ("ok", value):
                self.loop.settle(future, value)
            case ("failed", error):
                self.loop.settle(future, error=WorkflowUpdateFailedError(error))
            case ("rpc", status):
                self.loop.settle(future, error=RPCError("simulated", status, b""))

    async def trip(self, stream: str) -> None:
        """There and back again.

        Raises:
            RPCError: lost on the way.
        """
        if self.world.fault("rpc_lost", f"{stream}/net"):
            raise RPCError("simulated", RPCStatusCode.UNAVAILABLE, b"")
        await asyncio.sleep(self.world.tape.between(f"{stream}/net", 300, 10 * MS) / SECOND)

    async def start_workflow(self, workflow: str, start: Any, *, id: str, **options: Any) -> None:  # noqa: A002
        del workflow, options
        await self.trip(id)
        self.server.open(id, start)

    def get_workflow_handle(self, stream: str, run_id: str | None = None) -> "_Handle":
        return _Handle(self, stream, run_id)

    async def list_workflows(self, query: str) -> AsyncIterator[Any]:
        await self.trip("list")
        only = "= 'Running'" in query
        for stream, run in sorted(self.server.current.items()):
            if run.status == "running" or not only:
                yield _Listed(stream, run)


class _Namespace:
    """What a namespace says of itself: whose the queue is. There is one log, so nothing is lost on the way."""

    def __init__(self, server: Server) -> None:
        self._data = server.namespace_data

    async def describe_namespace(
        self, asking: DescribeNamespaceRequest, timeout: timedelta
    ) -> DescribeNamespaceResponse:
        del asking, timeout
        return DescribeNamespaceResponse(namespace_info=NamespaceInfo(data=self._data))

    async def update_namespace(self, saying: UpdateNamespaceRequest, timeout: timedelta) -> None:
        del timeout
        self._data.update(saying.update_info.data)


def _type_of(stream: str) -> str:
    return stream.partition("/")[0].capitalize()


class _Listed:
    def __init__(self, stream: str, run: Run) -> None:
        self.id, self._memo = stream, dict(run.memo)
        self.task_queue, self.workflow_type = QUEUE, _type_of(stream)

    async def memo(self) -> dict[str, Any]:
        return self._memo


class _Described:
    """Both the description and the raw one within it."""

    def __init__(self, run: Run) -> None:
        self.id, self.run_id = run.stream, run.run_id
        running = run.status == "running"
        self.status = WorkflowExecutionStatus.RUNNING if running else WorkflowExecutionStatus.COMPLETED
        self.task_queue, self.workflow_type = QUEUE, _type_of(run.stream)
        self.raw_description = self.pending_workflow_task = self
        self.attempt = run.attempt
        self._pending = running and (run.token is not None or run.scheduled)

    def HasField(self, name: str) -> bool:  # noqa: N802  (protobuf's own name)
        del name
        return self._pending


class _Handle:
    def __init__(self, client: Client, stream: str, run_id: str | None) -> None:
        self._client, self._stream, self._run_id = client, stream, run_id

    async def signal(self, name: str) -> None:
        await self._client.trip(self._stream)
        # By the name runs of every build know; the method's own name is the product's.
        del name
        if not self._client.server.signal(self._stream, "resync"):
            raise RPCError("none", RPCStatusCode.NOT_FOUND, b"")

    async def describe(self, **_: Any) -> _Described:
        await self._client.trip(self._stream)
        run = self._client.server.current.get(self._stream)
        if run is None:
            raise RPCError("none", RPCStatusCode.NOT_FOUND, b"")
        return _Described(run)

    async def query(self, name: str, **_: Any) -> Any:
        await self._client.trip(self._stream)
        seen = self._client.server.query(self._stream, name)
        if seen is None:
            raise WorkflowQueryFailedError("nobody answers")
        return seen

    async def terminate(self, *_: Any, **__: Any) -> None:
        await self._client.trip(self._stream)
        run = self._client.server.running(self._stream)
        if run is None or (self._run_id is not None and run.run_id != self._run_id):
            raise RPCError("none", RPCStatusCode.NOT_FOUND, b"")
        self._client.world.say(self._stream, "is terminated")
        self._client.server.close(run, "terminated")
        run.token = None
