"""立项 and 反馈 through the gateway to real workflows, beside bare ones that do nothing, on one server."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from benchmarks import logs
from benchmarks.bare import BareWorkflow, nothing
from benchmarks.measure import Goal, Row, Side, percentile, turns
from benchmarks.scale import Scale
from domain import commands as c
from domain.calendar import SHANGHAI
from domain.ids import matter_stream
from services.gateway import Gateway
from services.running import workflow_runner
from tests.support.office import LIAISON, OFFICE, at_work, founded, order, sqlite
from tests.support.temporal import DevServer

AT_ONCE = 10
QUEUE = "bare"
WARM_UP = 5
LATENCY = Goal(1.6, at_most=True)
THROUGHPUT = Goal(0.6, at_most=False)
Call = Callable[[str], Awaitable[object]]


def run(scale: Scale, folder: Path) -> list[Row]:
    """Latency one after another, then throughput at ten at once; opening, then reporting."""
    server = DevServer(folder, folder / "temporal.db", ("--sqlite-pragma", "synchronous=NORMAL"))
    server.start()
    try:
        return asyncio.run(_measured(server.address, scale, folder))
    finally:
        server.stop()


async def _measured(address: str, scale: Scale, folder: Path) -> list[Row]:
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    with founded(sqlite(folder), datetime.now(UTC)) as log:
        async with (
            Worker(
                client,
                task_queue=QUEUE,
                workflows=[BareWorkflow],
                activities=[nothing],
                workflow_runner=workflow_runner(),
                max_cached_workflows=2000,
            ),
            at_work(client, log) as gateway,
        ):
            opens = {Side.BARE: _bare(client, logs.wish(7, logs.MONDAY).model_dump_json()), Side.XMH: _open(gateway)}
            reports = {Side.BARE: _bare(client, logs.report(7).model_dump_json()), Side.XMH: _report(gateway)}
            return await _compared(opens, reports, gateway, scale)


async def _compared(opens: dict[Side, Call], reports: dict[Side, Call], gateway: Gateway, scale: Scale) -> list[Row]:
    alone = {
        "open": Row("open, one after another: p50", "ms"),
        "report": Row("report, one after another: p50", "ms", LATENCY),
    }
    crowd = {
        "open": Row("open, ten at once", "commands/s"),
        "report": Row("report, ten at once", "commands/s", THROUGHPUT),
    }
    for side in Side:
        for key in _keys(WARM_UP):
            await opens[side](key)
    for pair in turns(scale.workflow_rounds):
        for side in pair:
            keys = _keys(scale.alone)
            alone["open"].add(side, await _one_by_one(opens[side], keys))
            await _ready(side, gateway, keys)
            alone["report"].add(side, await _one_by_one(reports[side], keys))
            keys = _keys(scale.matters)
            crowd["open"].add(side, await _at_once(opens[side], keys))
            await _ready(side, gateway, keys)
            crowd["report"].add(side, await _at_once(reports[side], keys))
    return [alone["open"], alone["report"], crowd["open"], crowd["report"]]


def _keys(how_many: int) -> list[str]:
    return [uuid4().hex for _ in range(how_many)]


async def _ready(side: Side, gateway: Gateway, keys: Sequence[str]) -> None:
    """Every matter is received before anybody reports."""
    if side is Side.XMH:
        await _at_once(lambda key: gateway.submit(_order(key, c.AcceptReceipt())), keys)


async def _one_by_one(call: Call, keys: Sequence[str]) -> float:
    spent = []
    for key in keys:
        begin = time.perf_counter()
        await call(key)
        spent.append(time.perf_counter() - begin)
    return percentile(spent, 50) * 1000


async def _at_once(call: Call, keys: Sequence[str]) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(key: str) -> None:
        async with gate:
            await call(key)

    begin = time.perf_counter()
    await asyncio.gather(*map(one, keys))
    return len(keys) / (time.perf_counter() - begin)


def _order(key: str, command: c.MatterCommand) -> c.Order:
    actor = OFFICE if isinstance(command, c.OpenMatter) else LIAISON
    return order(matter_stream(key), command, actor, now=datetime.now(UTC))


def _open(gateway: Gateway) -> Call:
    # Due far enough ahead that no clock strikes while it is measured.
    def call(key: str) -> Awaitable[object]:
        # A matter of the same title would be refused as a duplicate.
        wish = logs.wish(100, datetime.now(SHANGHAI)).model_copy(update={"title": f"推进主体施工{key}"})
        return gateway.submit(_order(key, wish))

    return call


def _report(gateway: Gateway) -> Call:
    return lambda key: gateway.submit(_order(key, logs.report(7)))


def _bare(client: Client, text: str) -> Call:
    """The same way in as the product's: update-with-start, whether the workflow runs or not."""

    async def call(key: str) -> object:
        start = WithStartWorkflowOperation(
            BareWorkflow.run, id=key, task_queue=QUEUE, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
        )
        return await client.execute_update_with_start_workflow(
            BareWorkflow.submit, text, start_workflow_operation=start
        )

    return call
