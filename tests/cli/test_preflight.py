"""What runs, held to the log and to this build: `verify --deep`, `preflight`, and the histories of a bundle."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner

from domain import commands as c
from eventlog import reading
from eventlog.database import Database
from services import preflight
from services.running import WORKFLOWS
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.office import LIAISON, office_today
from workflows.contract import MatterStart
from workflows.matter import MatterWorkflow


@workflow.defn(name="Matter")
class LaterMatter(MatterWorkflow):
    """A build that waits once more before it begins."""

    @workflow.init
    def __init__(self, start: MatterStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: MatterStart) -> None:
        await workflow.sleep(1)
        await super().run(start)


def test_what_runs_is_level_goes_on_under_this_build_and_is_evidence(
    service: None, xmh: CommandLine, log: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del service
    due = str(office_today() + timedelta(days=60))
    opened = xmh.json("task", "open", "--title", "推进施工", "--basis", "任务清单", "--due", due, "--lead", "gengxin")
    stream = reading.find_matters(log, opened["matter"])[0].stream
    assert xmh.json("audit", "verify", "--deep", "--matter", opened["matter"])["ok"]
    found = xmh.json("audit", "preflight")
    while not found["replayed"]:  # Temporal lists a run a moment after it has begun
        found = xmh.json("audit", "preflight")
    assert found == {"ok": True, "replayed": 1, "problems": []}

    file = tmp_path / "证据.zip"
    assert not [x for x in xmh.json("audit", "export", "1", "-o", file)["left_out"] if "Temporal" in x]
    with zipfile.ZipFile(file) as archive:
        [name] = [n for n in archive.namelist() if n.startswith("histories/")]
        events = json.loads(archive.read(name))["events"]
    assert events[0]["eventType"] == "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"
    assert xmh.json("audit", "check", file)["ok"]

    monkeypatch.setattr(preflight, "WORKFLOWS", (LaterMatter, *WORKFLOWS[1:]))
    monkeypatch.setattr(preflight, "workflow_runner", UnsandboxedWorkflowRunner)
    refused = xmh.json("audit", "preflight", code=1)
    assert [p["workflow"] for p in refused["problems"]] == [stream]
    assert "请勿用本版本启动服务" in xmh("audit", "preflight").out

    act(log, stream, c.AcceptReceipt(), LIAISON, datetime.now(UTC))  # past the workflow, which has not seen it
    wrong = xmh.json("audit", "verify", "--deep", "--matter", opened["matter"], code=1)
    assert [(p["token"], p["stream"]) for p in wrong["problems"]] == [("workflow_differs", stream)]


def test_without_a_service_it_is_exit_5(xmh: CommandLine, log: Database) -> None:
    del log
    for words in (("preflight",), ("verify", "--deep")):
        said = xmh("audit", *words)
        assert (said.code, "没有运行" in said.error) == (5, True), said
