"""Recorded deliveries replay; see `tests/workflows/test_replay.py` for why, and for how to record them again."""

from functools import partial
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from domain.notices.routing import Routing
from domain.terms import Urgency
from tests.notices.test_workflow import MONDAY, came, open_one, sending
from tests.support.office import founded, sqlite, until
from tests.support.postroom import PostRoom
from tests.support.temporal import DevServer
from tests.workflows.test_replay import HISTORIES, RECORDING, history_of, keep, workflow_type
from workflows.contract import NoticesStart
from workflows.notices import NoticesWorkflow

OWN = [path for path in HISTORIES if workflow_type(path) == "Notices"]


@workflow.defn(name="Notices")
class SleepyNotices(NoticesWorkflow):
    """The negative control: the same workflow with one timer more."""

    @workflow.init
    def __init__(self, start: NoticesStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: NoticesStart) -> None:
        await workflow.sleep(1)
        await super().run(start)


async def test_an_injected_change_makes_the_gate_fail() -> None:
    replayer = Replayer(
        workflows=[SleepyNotices], data_converter=pydantic_data_converter, workflow_runner=UnsandboxedWorkflowRunner()
    )
    assert OWN
    for path in OWN:
        with pytest.raises(NondeterminismError):
            await replayer.replay_workflow(history_of(path))


@pytest.mark.skipif(not RECORDING, reason="histories are recorded on purpose only: XMH_RECORD_HISTORIES=1")
async def test_record_the_histories(dev_server: DevServer, tmp_path: Path) -> None:
    client = await dev_server.client()
    with founded(sqlite(tmp_path)) as log:
        room = PostRoom(log, tmp_path)
        async with sending(client, log, tmp_path, Routing(), MONDAY, "recorded", renew_after=20) as gateway:
            await gateway.keep_notices()
            for n in range(4):
                await open_one(gateway, MONDAY, f"第{n}件", Urgency.EXTRA)
                await open_one(gateway, MONDAY, f"平件{n}")
                await until(partial(came, room, n + 1))
            # Of earlier builds, which were no witness, recorded-notices-* are kept.
            await keep(client, gateway.notices_id, "recorded-witness")
