"""`xmh audit preflight`: would this build carry on what runs? Every history is replayed before an upgrade."""

from typing import TYPE_CHECKING

from temporalio.client import WorkflowExecution
from temporalio.worker import Replayer

from domain.base import Frozen, Refusal
from services.running import WORKFLOWS, workflow_runner
from services.temporal_client import connect

if TYPE_CHECKING:
    from settings import Settings

_LONGEST = 300


class ReplayFailure(Frozen):
    """A run whose history this build would not have written: its matter would stand still under it."""

    workflow: str
    run: str
    why: str


class Preflight(Frozen):
    """How many histories were replayed, and which failed."""

    replayed: int
    failures: tuple[ReplayFailure, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every run goes on under this build."""
        return not self.failures


async def replay_runs(settings: "Settings", *, ended: bool = False) -> Preflight:
    """Replay every open run of the headquarters against this build, one by one; with `ended` all Temporal still holds.

    Raises:
        Refusal: Temporal does not run (exit 5).
        Unreachable: it cannot be reached.
    """
    if settings.address is None:
        raise Refusal(f"督办服务没有运行（数据目录 {settings.home}），请先运行 xmh up --detach", "unreachable")
    client = await connect(settings)
    replayer = Replayer(
        workflows=list(WORKFLOWS), data_converter=client.data_converter, workflow_runner=workflow_runner()
    )
    replayed, failures = 0, list[ReplayFailure]()
    async for run in client.list_workflows(None if ended else "ExecutionStatus = 'Running'"):
        if run.task_queue != settings.task_queue:
            continue
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        replayed += 1
        if result.replay_failure is not None:
            failures.append(_failure(run, result.replay_failure))
    return Preflight(replayed=replayed, failures=tuple(failures))


def _failure(run: WorkflowExecution, error: Exception) -> ReplayFailure:
    return ReplayFailure(workflow=run.id, run=run.run_id, why=" ".join(str(error).split())[:_LONGEST])
