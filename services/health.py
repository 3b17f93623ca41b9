"""Whether the worker lives and what it needs is there, for whoever watches over services."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from temporalio.client import Client
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


@dataclass
class AtWork:
    """What a worker has once it works."""

    worker: Worker
    sweep: Sweep
    metrics: WorkerMetrics


class Readiness:
    """What a worker needs to do its work, looked at when asked: also while it still waits for some of it."""

    def __init__(self, settings: "Settings", database: Database) -> None:
        """Of the worker of this process."""
        self._settings = settings
        self._database = database
        self.client: Client | None = None
        """Once Temporal has answered."""
        self.at_work: AtWork | None = None

    async def checks(self) -> dict[str, bool]:
        """Each need by name, and whether it is met."""
        swept = self.at_work.sweep.looked_at if self.at_work else None
        return {
            "worker": self.at_work is not None and self.at_work.worker.is_running,
            "swept": swept is not None and datetime.now(UTC) - swept < SWEPT_WITHIN,
            "temporal": await self._temporal_answers(),
            "store": await asyncio.to_thread(has_store, self._settings),
            **await asyncio.to_thread(self._of_log),
        }

    async def _temporal_answers(self) -> bool:
        if self.client is None:
            return False
        try:
            return await self.client.service_client.check_health(timeout=TEMPORAL_WITHIN)
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
async def serve_health(settings: "Settings", readiness: Readiness) -> AsyncIterator[None]:
    """Serve `/healthz`, `/readyz` and `/metrics` on the health port, if one is set; figures once there are some.

    Raises:
        Refusal: it cannot listen there.
    """

    async def alive() -> Answer:
        return HTTPStatus.OK, "text/plain", b"ok\n"

    async def ready() -> Answer:
        checks = await readiness.checks()
        met = all(checks.values())
        body = json.dumps({"ok": met, "checks": checks}).encode()
        return HTTPStatus.OK if met else HTTPStatus.SERVICE_UNAVAILABLE, "application/json", body

    async def figures() -> Answer:
        if readiness.at_work is None:
            return HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", b"not at work yet\n"
        text = await asyncio.to_thread(readiness.at_work.metrics.exposition)
        return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", text

    pages = {"/healthz": alive, "/readyz": ready, "/metrics": figures}
    async with serve_pages(settings.listen_address, settings.health_port, pages, setting="health_port"):
        yield
