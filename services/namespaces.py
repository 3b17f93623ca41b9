"""The Temporal namespace of a headquarters: its workflows' ids, its queues and its histories are nobody else's."""

from datetime import timedelta

import structlog
from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import UpdateNamespaceInfo
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.base import refuse

logger = structlog.get_logger()

RETENTION = timedelta(days=365)
"""Histories of ended matters are kept a year; the log keeps the matters for ever."""
LOG_OF = "xmh-log/{}"
"""In what a namespace says of itself: which log the workflows on a queue are of, by the hash of its first event."""
ASKED_WITHIN = timedelta(seconds=1)


async def keep_namespace(client: Client) -> None:
    """Make the client's namespace when it is missing, and return when it can be worked in.

    Raises:
        RPCError: it cannot be made, or is not known everywhere yet; ask again.
    """
    kept = Duration()
    kept.FromTimedelta(RETENTION)
    making = RegisterNamespaceRequest(namespace=client.namespace, workflow_execution_retention_period=kept)
    try:
        await client.workflow_service.register_namespace(making)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
    # The server's other parts learn of a new namespace a little later than the one that made it.
    await client.workflow_service.count_workflow_executions(CountWorkflowExecutionsRequest(namespace=client.namespace))


async def claim_queue(client: Client, queue: str, log: str, *, anew: bool = False) -> None:
    """Have the namespace say that the workflows on this queue are of this log.

    It says so in the clear, so that an installation with other keys can read it too. Where a client may not describe a
    namespace, or not change what it says, nobody is refused; `doctor` compares logs by what the notices witnessed.

    Args:
        client: of the namespace.
        queue: the task queue.
        log: the hash of the log's first event.
        anew: whatever log it was of before.

    Raises:
        Refusal: `namespace_shared`, they are of another log.
    """
    known = await _log_of(client, queue)
    if log and (known is None or (anew and known != log)):
        info = UpdateNamespaceInfo(data={LOG_OF.format(queue): log})
        saying = UpdateNamespaceRequest(namespace=client.namespace, update_info=info)
        try:
            await client.workflow_service.update_namespace(saying, timeout=ASKED_WITHIN)
        except RPCError as error:
            logger.warning("queue_not_claimed", namespace=client.namespace, task_queue=queue, error=error.message)
            return
        known = await _log_of(client, queue)  # another may have been faster
    _check(client, queue, log, known)


async def check_queue(client: Client, queue: str, log: str) -> None:
    """For who sends commands: that the workflows on this queue are not another log's.

    Raises:
        Refusal: `namespace_shared`.
    """
    _check(client, queue, log, await _log_of(client, queue))


def _check(client: Client, queue: str, log: str, known: str | None) -> None:
    refuse(
        bool(log) and known is not None and known != log,
        f"Temporal 命名空间 {client.namespace} 的任务队列 {queue} 归另一套安装（另一本日志）使用，没有办理；"
        "请各用自己的 XMH_TEMPORAL_NAMESPACE。那本日志确已不用的，运行 xmh recover --take-over",
        "namespace_shared",
    )


async def _log_of(client: Client, queue: str) -> str | None:
    """Which log it says the queue is of; None when nobody said, or it does not answer us."""
    asking = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        described = await client.workflow_service.describe_namespace(asking, timeout=ASKED_WITHIN)
    except RPCError:
        return None
    return described.namespace_info.data.get(LOG_OF.format(queue))
