"""The worker as a service: `xmh worker`, or `python worker.py`. Drains on SIGTERM; heals matters every minute."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

import structlog
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from activities.channels.opening import open_channels
from activities.clock import OfficeClock
from activities.notices import NoticeActivities
from activities.webhooks import WebhookDelivery
from domain.base import Refusal
from domain.envelope import Via
from domain.headquarters import FIRST_HEADQUARTERS
from eventlog.configured import open_log
from eventlog.errors import LogError
from eventlog.presence import ServingKind
from process import keep_what_is_loaded, leave
from services.checkpoints_left import leave_for_ever
from services.draining import Drain, last_drain
from services.gateway import Gateway
from services.health import AtWork, Readiness, serve_health
from services.home import make_home, make_private
from services.log_guard import begin_anew_when_cut_off
from services.lookout import Lookout
from services.metrics import WorkerMetrics
from services.namespaces import keep_namespace
from services.order_refusals import OrderRefusals
from services.presence import Presence
from services.running import running_worker
from services.service_log import configure_logging, service_runtime
from services.sweep import Sweep
from services.temporal_client import connect
from services.tracing import begin_tracing
from services.transfers import carry_for_ever
from services.unreachable import Unreachable
from services.vouching import service_vouch

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from eventlog.database import Database
    from settings import Settings

logger = structlog.get_logger()

FIRST_SWEEP_WITHIN = 10.0
PATIENCE = 2.0
"""Seconds between two looks for a service that does not answer."""


async def serve(stop: asyncio.Event | None = None) -> None:
    """Run until SIGTERM or SIGINT (or `stop`), then drain."""
    from settings import Settings

    settings = Settings()
    make_home(settings.home)
    make_private(settings.home)
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    begin_tracing(settings, "xmh-worker")
    with open_log(settings) as database:
        readiness = Readiness(settings, database)
        # From the first moment: a worker that waits for its server is not ready, and says for what.
        async with serve_health(settings, readiness):
            await _work(settings, database, readiness, stop)


async def _work(settings: "Settings", database: "Database", readiness: Readiness, stop: asyncio.Event) -> None:
    """Wait for what is needed, work until told to stop, and drain."""
    door = settings.door
    client = readiness.client = await _connect_patiently(settings, service_runtime(settings), stop)
    if client is None:
        return
    if settings.headquarters != FIRST_HEADQUARTERS and not await _namespaced(client, stop):
        return
    database.vouch = service_vouch(settings.home, Via.WORKER)
    begin_anew_when_cut_off(database)
    gateway = Gateway(client, database, settings.task_queue, door)
    sweep = Sweep(gateway, lambda: settings.store_place)
    channels = open_channels(settings.notices, settings.home, os.environ)
    webhooks = WebhookDelivery(database, settings.webhooks, settings.web_address)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, sweep.hurry)
    if not await _settled(sweep, stop):
        return
    refusals = OrderRefusals(database)
    metrics = WorkerMetrics(database, sweep, refusals, drained=last_drain(settings.home))
    drain = Drain(settings.home)
    async with running_worker(
        client,
        database,
        task_queue=settings.task_queue,
        door=door,
        cached=settings.cached_matters,
        notices=NoticeActivities(database, channels, settings.notices, OfficeClock(), webhooks),
        answered=metrics.answered,
        forged=refusals.note,
    ) as worker:
        readiness.at_work = AtWork(worker, sweep, metrics)
        duties = (
            sweep.for_ever(),
            Lookout(gateway, sweep).for_ever(),
            carry_for_ever(settings, database),
            leave_for_ever(settings, database),
            refusals.for_ever(),
            Presence(database, ServingKind.WORKER, sweep.described).for_ever(),
        )
        async with _at_work(duties):
            with suppress(TimeoutError):
                await asyncio.wait_for(sweep.swept.wait(), FIRST_SWEEP_WITHIN)
            keep_what_is_loaded()
            logger.info("worker_ready", address=settings.address, task_queue=settings.task_queue)
            _tell_ready()
            await stop.wait()
            drain.begin()
        logger.info("worker_draining")
    drain.end()
    logger.info("worker_stopped")


@asynccontextmanager
async def _at_work(duties: "Iterable[Coroutine[Any, Any, None]]") -> AsyncIterator[None]:
    """What goes on for ever, as long as somebody works beside it."""
    tasks = [asyncio.create_task(duty) for duty in duties]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _namespaced(client: Client, stop: asyncio.Event) -> bool:
    """Wait until the headquarters' namespace can be worked in, made where it is missing; False when told to stop."""
    while not stop.is_set():
        try:
            await keep_namespace(client)
        except RPCError as e:
            logger.warning("namespace_not_ready", namespace=client.namespace, error=str(e))
            await asyncio.sleep(PATIENCE)
        else:
            return True
    return False


async def _settled(sweep: Sweep, stop: asyncio.Event) -> bool:
    """Wait for the log and the server; False when told to stop meanwhile."""
    while not stop.is_set():
        try:
            await sweep.guard.settle()
        except (RPCError, LogError, Refusal, RuntimeError) as e:
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


async def _connect_patiently(settings: "Settings", runtime: Runtime, stop: asyncio.Event) -> Client | None:
    """A service waits for its server rather than dying; None when told to stop meanwhile.

    Raises:
        Refusal: what it is told of that server, or its keys, will not do: waiting would not mend it.
    """
    while not stop.is_set():
        try:
            return await connect(settings, runtime=runtime)
        except Unreachable as e:
            logger.warning("temporal_unreachable", address=settings.address, error=e.message)
            await asyncio.sleep(PATIENCE)
    return None


def main() -> NoReturn:
    """Run the worker and leave the way every process of ours leaves."""
    configure_logging()
    try:
        asyncio.run(serve())
    except Refusal as refusal:
        logger.critical("worker_refused", code=refusal.code, message=refusal.message)
        leave(2)
    except LogError as error:
        logger.critical("log_failed", code=error.code, message=error.message)
        leave(5)
    except Exception:
        logger.exception("worker_failed")
        leave(1)
    leave(0)


if __name__ == "__main__":
    main()
