"""The worker as a service: `xmh worker`, or `python worker.py`. Drains on SIGTERM; heals matters every minute."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

import structlog
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.channels.opening import open_channels
from activities.clock import OfficeClock
from activities.log import LogActivities
from activities.meetings import MeetingActivities
from activities.notices import NoticeActivities
from domain.base import Refusal
from domain.door import Door
from eventlog.configured import open_log
from eventlog.database import Database
from eventlog.errors import LogError
from process import leave
from services.gateway import Gateway
from services.home import make_home, make_private
from services.lookout import Lookout
from services.sweep import Sweep
from workflows.headquarters import HeadquartersWorkflow
from workflows.matter import MatterWorkflow
from workflows.meeting import MeetingWorkflow
from workflows.notices import NoticesWorkflow

if TYPE_CHECKING:
    from settings import Settings

logger = structlog.get_logger()

DRAIN = timedelta(seconds=30)
FIRST_SWEEP_WITHIN = 10.0
PATIENCE = 2.0
"""Seconds between two looks for a service that does not answer."""
STICKY = timedelta(seconds=3)
"""A matter whose worker died goes to another after this, well within the time a caller waits."""
THREADS = 16
PASSED_THROUGH = ("domain", "workflows", "pydantic", "pydantic_core", "annotated_types")
WORKFLOWS = (MatterWorkflow, MeetingWorkflow, HeadquartersWorkflow, NoticesWorkflow)


def configure_logging(level: int = logging.INFO) -> None:
    """One line of JSON per message on stderr, from structlog and the standard library alike."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    render: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=render))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # The SDK would otherwise put the whole workflow info into the message text as well as into the fields.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


def workflow_runner() -> SandboxedWorkflowRunner:
    """The sandbox of workers and replays: our own pure packages are passed through, once for all workflows."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxedWorkflowRunner(restrictions=restrictions)


@asynccontextmanager
async def running(  # noqa: PLR0913  (what a worker is made of)
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
) -> AsyncIterator[Worker]:
    """A worker on this client and log; on leaving it drains what it has begun. Without `notices` it sends none.

    The sandbox catches what a replay would choke on and costs a quarter of a worker's time; a simulated year, which
    nobody replays, does without. Only in a `simulated` home does a workflow's start say which day it is.
    """
    gateway = Gateway(client, database, task_queue, door, clock_shift=clock_shift)
    clock = OfficeClock(simulated=simulated)
    activities = [
        *LogActivities(database, door, simulated=simulated).all,
        *MeetingActivities(database, gateway.carry, gateway.convene, clock).all,
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
        )
        async with worker:
            yield worker


async def serve(stop: asyncio.Event | None = None) -> None:
    """Run until SIGTERM or SIGINT (or `stop`), then drain."""
    from settings import Settings

    settings = Settings()
    make_home(settings.home)
    make_private(settings.home)
    door = settings.door
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    address = settings.address or "127.0.0.1:7233"
    client = await _connect_patiently(address, settings.temporal_namespace, _runtime(settings), stop)
    if client is None:
        return
    with open_log(settings) as database:
        gateway = Gateway(client, database, settings.task_queue, door)
        sweep = Sweep(gateway, settings.home)
        channels = open_channels(settings.notices, settings.home, os.environ)
        loop.add_signal_handler(signal.SIGUSR1, sweep.hurry)
        if not await _settled(sweep, stop):
            return
        async with (
            running(
                client,
                database,
                task_queue=settings.task_queue,
                door=door,
                cached=settings.cached_matters,
                notices=NoticeActivities(database, channels, settings.notices, OfficeClock()),
            ) as worker,
            _health(settings, worker),
        ):
            at_work = [asyncio.create_task(sweep.for_ever()), asyncio.create_task(Lookout(gateway, sweep).for_ever())]
            with suppress(TimeoutError):
                await asyncio.wait_for(sweep.swept.wait(), FIRST_SWEEP_WITHIN)
            logger.info("worker_ready", address=address, task_queue=settings.task_queue)
            _tell_ready()
            await stop.wait()
            for task in at_work:
                task.cancel()
            logger.info("worker_draining")
    logger.info("worker_stopped")


async def _settled(sweep: Sweep, stop: asyncio.Event) -> bool:
    """Wait for the log and the server; False when told to stop meanwhile."""
    while not stop.is_set():
        try:
            await sweep.guard.settle()
        except (RPCError, LogError, RuntimeError) as e:
            logger.warning("not_ready", error=str(e))
            await asyncio.sleep(PATIENCE)
        else:
            return True
    return False


def _tell_ready() -> None:
    """Say so to whoever started this process and listens (`xmh up`)."""
    descriptor = os.environ.pop("XMH_READY_FD", None)
    if descriptor is not None:
        with suppress(OSError, ValueError):
            os.write(int(descriptor), b"ready\n")
            os.close(int(descriptor))


def _runtime(settings: "Settings") -> Runtime:
    """The SDK's runtime: its log through ours (its own way is standard output), metrics if asked for."""
    log = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logging.getLogger("temporalio.core")),
    )
    port = settings.metrics_port
    metrics = PrometheusConfig(bind_address=f"{settings.listen_address}:{port}") if port is not None else None
    return Runtime(telemetry=TelemetryConfig(logging=log, metrics=metrics))


async def _connect_patiently(address: str, namespace: str, runtime: Runtime, stop: asyncio.Event) -> Client | None:
    """A service waits for its server rather than dying; None when told to stop meanwhile."""
    while not stop.is_set():
        try:
            return await Client.connect(
                address, namespace=namespace, data_converter=pydantic_data_converter, runtime=runtime
            )
        except RuntimeError as e:
            logger.warning("temporal_unreachable", address=address, error=str(e))
            await asyncio.sleep(PATIENCE)
    return None


@asynccontextmanager
async def _health(settings: "Settings", worker: Worker) -> AsyncIterator[None]:
    """`GET /` on the health port: 200 while the worker runs."""
    if settings.health_port is None:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        body = b"ok\n" if worker.is_running else b"stopping\n"
        status = b"200 OK" if worker.is_running else b"503 Service Unavailable"
        head = b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        writer.write(head % (status, len(body)) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, settings.listen_address, settings.health_port)
    async with server:
        yield


def main() -> NoReturn:
    """Run the worker and leave the way every process of ours leaves."""
    configure_logging()
    try:
        asyncio.run(serve())
    except Refusal as refusal:
        logger.critical("worker_refused", code=refusal.code, message=refusal.message)
        leave(2)
    except Exception:
        logger.exception("worker_failed")
        leave(1)
    leave(0)


if __name__ == "__main__":
    main()
