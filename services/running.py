"""A worker put together: workflows in their sandbox, activities on the log, one pool of threads."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.metadata import version

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.clock import OfficeClock
from activities.log import LogActivities
from activities.meetings import MeetingActivities
from activities.notices import NoticeActivities
from domain.access.terms import OrderFault
from domain.door import Door
from domain.streams import load_every_kind
from eventlog.database import Database
from services.gateway import Gateway
from services.morning_look import look_in_the_morning
from services.tracing import span
from workflows.headquarters import HeadquartersWorkflow
from workflows.matter import MatterWorkflow
from workflows.meeting import MeetingWorkflow
from workflows.notices import NoticesWorkflow

DRAIN = timedelta(seconds=30)
STICKY = timedelta(seconds=3)
"""A matter whose worker died goes to another after this, well within the time a caller waits."""
THREADS = 16
BUILD = f"xmh-{version('xmh')}"
"""Left out, the SDK reads and hashes every module there is, at each start of a worker."""
PASSED_THROUGH = ("domain", "workflows", "pydantic", "pydantic_core", "annotated_types")
WORKFLOWS = (MatterWorkflow, MeetingWorkflow, HeadquartersWorkflow, NoticesWorkflow)


def workflow_runner() -> SandboxedWorkflowRunner:
    """The workflow sandbox of workers and replays: our own pure packages are passed through, once for all workflows.

    What one of them loads by name while a workflow runs is not: a kind of stream would be defined a second time, by
    other classes than the log's. So all are loaded before.
    """
    load_every_kind()
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxedWorkflowRunner(restrictions=restrictions)


@asynccontextmanager
async def running_worker(  # noqa: PLR0913  (what a worker is made of)
    client: Client,
    database: Database,
    *,
    task_queue: str,
    door: Door,
    simulated: bool = False,
    cached: int = 2000,
    sandboxed: bool = True,
    notices: NoticeActivities | None = None,
    clock_shift: timedelta = timedelta(0),
    answered: Callable[[str], None] = lambda _: None,
    forged: Callable[[OrderFault, str, str], None] = lambda *_: None,
) -> AsyncIterator[Worker]:
    """A worker on this client and log; on leaving it drains what it has begun. Without `notices` it sends none.

    The sandbox catches what a replay would choke on and costs a quarter of a worker's time; a simulated year, which
    nobody replays, does without. Only in a `simulated` home does a workflow's start say which day it is.
    """
    gateway = Gateway(client, database, task_queue, door, clock_shift=clock_shift)
    clock = OfficeClock(simulated=simulated)
    activities = [
        *LogActivities(database, door, simulated=simulated, answered=answered, forged=forged, traced=span).all,
        *MeetingActivities(database, gateway.carry, gateway.convene, clock, look_in_the_morning).all,
        *(notices.all if notices else ()),
    ]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="log") as threads:
        worker = Worker(
            client,
            task_queue=task_queue,
            workflows=list(WORKFLOWS),
            activities=activities,
            activity_executor=threads,
            workflow_runner=workflow_runner() if sandboxed else UnsandboxedWorkflowRunner(),
            max_cached_workflows=cached,
            max_concurrent_activities=THREADS,
            max_concurrent_local_activities=THREADS,
            graceful_shutdown_timeout=DRAIN,
            sticky_queue_schedule_to_start_timeout=STICKY,
            build_id=BUILD,
        )
        async with worker:
            yield worker
