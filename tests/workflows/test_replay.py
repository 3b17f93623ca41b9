"""Recorded histories replay: a changed workflow must carry on the matters that were running before the change.

A generate-then-replay test alone can never catch drift, because history and code move together; so histories are
kept in `tests/histories/` and only recorded again on purpose:
`XMH_RECORD_HISTORIES=1 pytest tests/workflows/test_replay.py`.
"""

import ast
import asyncio
import base64
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from domain import commands as c
from domain.calendar import local_date
from domain.envelope import Actor
from domain.meetings import commands as mc
from domain.meetings.meeting import Meeting
from domain.meetings.terms import Delivery
from domain.terms import MatterClass, SuspensionReason
from eventlog import reading
from services.payload_codec import sealing_converter
from services.payload_keys import add_payload_key, payload_keys
from services.running import WORKFLOWS, workflow_runner
from settings import Settings
from simulation.clock import SimulatedClock
from tests.support.meetings import THURSDAY, convening, decision, meeting_order
from tests.support.office import (
    ASSIST,
    FOR_LEADER,
    LIAISON,
    OFFICE,
    OTHER,
    SECOND,
    at_work,
    founded,
    opening,
    order,
    sqlite,
    until,
)
from tests.support.temporal import DevServer
from workflows.contract import MatterStart
from workflows.matter import MatterWorkflow

FOLDER = Path(__file__).parents[1] / "histories"
HISTORIES = sorted(FOLDER.glob("*.json"))
FINGERPRINT = FOLDER / "fingerprint.txt"
RECORDING = bool(os.environ.get("XMH_RECORD_HISTORIES"))
SAID = c.SubmitFeedback(text="进展", progress=30)


def test_there_are_histories_of_every_workflow_the_worker_runs() -> None:
    assert HISTORIES, "deleting the corpus must not turn the gate green"
    names = {workflow._Definition.must_from_class(w).name for w in WORKFLOWS}
    assert {workflow_type(h) for h in HISTORIES} == names


@pytest.mark.parametrize("path", HISTORIES, ids=lambda p: p.stem)
async def test_recorded_histories_still_replay(path: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    add_payload_key(settings)  # what was recorded in the clear is read all the same
    converter = sealing_converter(payload_keys(settings))
    replayer = Replayer(workflows=list(WORKFLOWS), data_converter=converter, workflow_runner=workflow_runner())
    await replayer.replay_workflow(history_of(path))


@workflow.defn(name="Matter")
class SleepyMatter(MatterWorkflow):
    """The negative control: the same workflow with one timer more."""

    @workflow.init
    def __init__(self, start: MatterStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: MatterStart) -> None:
        await workflow.sleep(1)
        await super().run(start)


async def test_an_injected_change_makes_the_gate_fail() -> None:
    replayer = Replayer(
        workflows=[SleepyMatter], data_converter=pydantic_data_converter, workflow_runner=UnsandboxedWorkflowRunner()
    )
    for path in HISTORIES:
        if workflow_type(path) == "Matter":
            with pytest.raises(NondeterminismError):
                await replayer.replay_workflow(history_of(path))


def test_the_workflows_commands_are_those_of_the_fingerprint() -> None:
    """Whoever edits what a workflow commands is told here to think of the matters that are running."""
    files = sorted((Path(__file__).parents[2] / "workflows").glob("*.py"))
    found = "\n".join(f"{path.stem}.{command}" for path in files for command in commands_of(path)) + "\n"
    if RECORDING:
        FINGERPRINT.write_text(found, encoding="utf-8")
    assert found == FINGERPRINT.read_text(encoding="utf-8"), (
        "what the workflow commands has changed: guard it with workflow.patched, "
        "then record histories and fingerprint again (XMH_RECORD_HISTORIES=1)"
    )


def commands_of(path: Path) -> list[str]:
    """`function: call` for each call that reaches Temporal, in the order of the source."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for function in ast.walk(tree):
        if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
            calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
            names = [(n.lineno, n.col_offset, ast.unparse(n.func)) for n in calls]
            commands = [name for _, _, name in sorted(names) if name.startswith("workflow.") and "logger" not in name]
            found += [f"{function.name}: {name}" for name in commands]
    return found


def workflow_type(path: Path) -> str:
    first = json.loads(path.read_text(encoding="utf-8"))["events"][0]
    name: str = first["workflowExecutionStartedEventAttributes"]["workflowType"]["name"]
    return name


def history_of(path: Path) -> WorkflowHistory:
    text = path.read_text(encoding="utf-8")
    started = json.loads(text)["events"][0]["workflowExecutionStartedEventAttributes"]
    said = json.loads(base64.b64decode(started["input"]["payloads"][0]["data"]))
    return WorkflowHistory.from_json(said.get("stream", path.stem), text)


# --- recording


@pytest.mark.skipif(not RECORDING, reason="histories are recorded on purpose only: XMH_RECORD_HISTORIES=1")
async def test_record_the_histories(time_skipping_env: WorkflowEnvironment, tmp_path: Path) -> None:
    with founded(sqlite(tmp_path)) as log:
        async with at_work(time_skipping_env.client, log, renew_after=120) as gateway:
            clock = SimulatedClock(time_skipping_env, log, gateway)
            now = await clock.now()
            due = local_date(now) + timedelta(days=70)

            async def do(stream: str, command: c.MatterCommand, actor: Actor = LIAISON) -> None:
                await gateway.submit(order(stream, command, actor, now=await clock.now()))

            closed, silent = "matter/recorded-closed", "matter/recorded-silent"
            await gateway.submit(order(closed, opening(due=due, assist=[ASSIST]), now=now))
            await do(closed, c.AcceptReceipt())
            await do(closed, SAID)
            await do(closed, c.RequestCoordination(unit=ASSIST, text="请提供资料"))
            await do(closed, c.AnswerCoordination(text="已提供"), OTHER)
            await do(closed, c.RequestExtension(to=due + timedelta(days=10), reason="慢"))
            await do(closed, c.AnswerExtension(grant=True), SECOND)
            await do(closed, c.SubmitFeedback(text="全部完成", progress=100))
            await do(closed, c.RequestClosure(text="完成"))
            await do(closed, c.ReviewClosure(approve=False, text="补材料"), SECOND)
            await do(closed, c.RequestClosure(text="已补"))
            await do(closed, c.ReviewClosure(approve=True), SECOND)

            await gateway.submit(order(silent, opening(due=due), now=now))
            await _live_until(clock, now + timedelta(days=25))
            until = local_date(await clock.now()) + timedelta(days=5)
            await do(silent, c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=until), FOR_LEADER)
            await _live_until(clock, now + timedelta(days=90))
            await do(silent, c.CancelMatter(reason="到此为止"), SECOND)
            for stream in (closed, silent):
                await keep(time_skipping_env.client, stream, stream.partition("/")[2])


@pytest.mark.skipif(not RECORDING, reason="histories are recorded on purpose only: XMH_RECORD_HISTORIES=1")
async def test_record_the_meetings(dev_server: DevServer, tmp_path: Path) -> None:
    """Outcomes delivered, refused, sent again and waived, over several runs; and a morning of the rhythm."""
    shift = THURSDAY - timedelta(minutes=20) - datetime.now(UTC)
    client = await dev_server.client()
    with founded(sqlite(tmp_path), THURSDAY - timedelta(days=60)) as log:
        async with at_work(client, log, 40, shift) as gateway:

            async def meet(command: mc.MeetingCommand, actor: Actor = OFFICE) -> None:
                now = datetime.now(UTC) + shift
                await gateway.convene(meeting_order("meeting/recorded-held", command, actor, now=now))

            def stands(what: Callable[[Meeting], bool]) -> Callable[[], bool]:
                def ask() -> bool:
                    found = reading.load(log, "meeting/recorded-held")
                    return found is not None and isinstance(found.state, Meeting) and what(found.state)

                return ask

            for n in range(3):
                now = datetime.now(UTC) + shift
                command = opening(f"第{n}件", klass=MatterClass.MAJOR, due=date(2022, 6, 30))
                await gateway.submit(order(f"matter/recorded-agenda-{n}", command, now=now))
            await meet(convening(starts=THURSDAY))
            await until(stands(lambda m: bool(m.items)))
            await meet(mc.OpenMeeting())
            for no in (1, 2, 3):
                await meet(decision(no, urgent=no == 1), FOR_LEADER)
            now = datetime.now(UTC) + shift
            await gateway.submit(order("matter/recorded-agenda-2", c.CancelMatter(reason="并案"), now=now))
            await meet(mc.SignMinutes(over="会后并案"), FOR_LEADER)
            await until(stands(lambda m: m.points[2].delivery is Delivery.REFUSED))
            await meet(mc.SendAgain(point=3), FOR_LEADER)
            await until(stands(lambda m: m.points[2].attempt == 1 and m.points[2].delivery is Delivery.REFUSED))
            await meet(mc.WaiveOutcome(point=3, reason="并案"))
            await until(stands(lambda m: m.settled))
            await gateway.start_rhythm()
            await asyncio.sleep(2)
            await keep(client, "meeting/recorded-held", "recorded-held")
            rhythm = gateway.rhythm_id
            history = await client.get_workflow_handle(rhythm).fetch_history()
            (FOLDER / "recorded-rhythm-1.json").write_text(history.to_json(), encoding="utf-8")


async def _live_until(clock: SimulatedClock, end: datetime) -> None:
    while (moment := min(clock.owed().values(), default=None)) is not None and moment <= end:
        await clock.step_to(moment)


async def keep(client: Client, workflow_id: str, name: str) -> None:
    """Every run of the chain, oldest first."""
    described = await client.get_workflow_handle(workflow_id).describe()
    run_id: str | None = described.raw_description.workflow_execution_info.first_run_id
    number = 0
    while run_id:
        number += 1
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        (FOLDER / f"{name}-{number}.json").write_text(history.to_json(), encoding="utf-8")
        last = history.events[-1]
        renewed = last.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id if renewed else None
