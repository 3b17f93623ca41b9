"""The Temporal namespace of a headquarters: its workflows' ids, its queues and its histories are nobody else's."""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import CountWorkflowExecutionsRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

RETENTION = timedelta(days=365)
"""Histories of ended matters are kept a year; the log keeps the matters for ever."""


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
