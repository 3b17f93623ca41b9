"""Whether the worker lives and what it needs is there, for whoever watches over services."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from temporalio.service import RPCError
from temporalio.worker import Worker

from domain.base import Refusal
from domain.calendar import local_date
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogError
from eventlog.secrets import key_protection
from services.metrics import WorkerMetrics
from services.store import has_store
from services.sweep import SWEEP_EVERY, Sweep
from services.watched_pages import Answer, serve_pages

if TYPE_CHECKING:
    from settings import Settings

SWEPT_WITHIN = 3 * SWEEP_EVERY
"""A worker that has not looked at every matter for so long keeps nothing going."""
TEMPORAL_WITHIN = timedelta(seconds=2)


class Readiness:
    """What a worker needs to do its work, looked at when asked."""

    def __init__(self, settings: "Settings", database: Database, worker: Worker, sweep: Sweep) -> None:
        """Of this worker."""
        self._settings = settings
        self._database = database
        self._worker = worker
        self._sweep = sweep

    async def checks(self) -> dict[str, bool]:
        """Each need by name, and whether it is met."""
        swept = self._sweep.looked_at
        return {
            "worker": self._worker.is_running,
            "swept": swept is not None and datetime.now(UTC) - swept < SWEPT_WITHIN,
            "temporal": await self._temporal_answers(),
            "store": await asyncio.to_thread(has_store, self._settings),
            **await asyncio.to_thread(self._of_log),
        }

    async def _temporal_answers(self) -> bool:
        try:
            return await self._worker.client.service_client.check_health(timeout=TEMPORAL_WITHIN)
        except (RPCError, RuntimeError):
            return False

    def _of_log(self) -> dict[str, bool]:
        met = {"log": False, "calendar": False, "keys": False, "door": False}
        try:
            # Every connection checks the schema and whose log it is.
            calendar = reading.rulebook(self._database).calendar
            met["log"] = True
            met["calendar"] = not calendar.is_provisional(local_date(datetime.now(UTC)))
            met["keys"] = key_protection(self._database).locked == 0
            met["door"] = self._settings.door is not None
        except (Refusal, LogError):
            pass
        return met


@asynccontextmanager
async def serve_health(settings: "Settings", readiness: Readiness, metrics: WorkerMetrics) -> AsyncIterator[None]:
    """Serve `/healthz`, `/readyz` and `/metrics` on the health port, if one is set."""

    async def alive() -> Answer:
        return HTTPStatus.OK, "text/plain", b"ok\n"

    async def ready() -> Answer:
        checks = await readiness.checks()
        met = all(checks.values())
        body = json.dumps({"ok": met, "checks": checks}).encode()
        return HTTPStatus.OK if met else HTTPStatus.SERVICE_UNAVAILABLE, "application/json", body

    async def figures() -> Answer:
        text = await asyncio.to_thread(metrics.exposition)
        return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", text

    pages = {"/healthz": alive, "/readyz": ready, "/metrics": figures}
    async with serve_pages(settings.listen_address, settings.health_port, pages):
        yield
