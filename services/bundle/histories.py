"""What Temporal still holds of a matter's runs: evidence beside the log, not of it, which ends with its retention."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from settings import Settings

WITHIN = 60.0
"""Seconds for all runs of one matter."""
_GONE = "Temporal 未连上，没有附工作流的运行历史"


@dataclass(frozen=True)
class Runs:
    """The histories of a matter's runs as JSON, by run; or why there are none."""

    histories: Mapping[str, bytes] = field(default_factory=dict)
    why_none: str = ""


def fetch_runs(settings: "Settings", stream: str) -> Runs:
    """Every run of a matter that Temporal still holds; it never raises: without Temporal the log is still evidence."""
    from temporalio.service import RPCError

    from services.gateway import Unreachable

    if settings.address is None:
        return Runs(why_none=_GONE)
    try:
        histories = asyncio.run(asyncio.wait_for(_histories(settings, stream), WITHIN))
    except (Unreachable, RPCError, TimeoutError):
        return Runs(why_none=_GONE)
    return Runs(histories, "" if histories else "Temporal 已不再保存本事项工作流的运行历史")


async def _histories(settings: "Settings", stream: str) -> dict[str, bytes]:
    """Opened, where they are sealed: who reads the bundle has no key, and what it says is in the log beside it."""
    from services.payload_codec import open_history
    from services.temporal_client import connect

    client = await connect(settings)
    runs = [e.run_id async for e in client.list_workflows(f"WorkflowId = '{stream}'")]
    histories = {}
    for run in runs:
        history = await client.get_workflow_handle(stream, run_id=run).fetch_history()
        await open_history(history, client.data_converter)
        histories[run] = history.to_json().encode()
    return histories
