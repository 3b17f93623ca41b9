"""The application: health, the API, and what every request passes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from domain.base import Refusal
from eventlog.errors import LogError
from services.signing_in import record_failures
from web.api.commands import commands_router
from web.api.events import api_events_router
from web.api.files import api_files_router
from web.api.meetings import api_meetings_router
from web.api.reads import reads_router
from web.guards import BoundedBodies, BoundedWork, HeadAsGet, SafetyHeaders, SameOrigin, TokenGuard
from web.health import health_router
from web.live import live_router
from web.pages.acting import acting_router
from web.pages.actions import actions_router
from web.pages.audit import audit_router
from web.pages.bulletins import bulletins_router
from web.pages.drafts import drafts_router
from web.pages.feedback import feedback_router
from web.pages.figures import figures_router
from web.pages.files import files_router
from web.pages.finding import finding_router
from web.pages.issuing import issuing_router
from web.pages.listing import listing_router
from web.pages.matters import matters_router
from web.pages.meetings import meetings_router
from web.pages.opening import opening_router
from web.pages.papers import papers_router
from web.pages.queue import queue_router
from web.pages.signing_in import sign_in_router
from web.pages.table import table_router
from web.problems import install_problems
from web.refusals import RefusalsNoted

logger = logging.getLogger("xmh.web")

if TYPE_CHECKING:
    from web.service import WebService

STATIC = Path(__file__).parent / "static"
RECORDED_EVERY = 20.0
"""Seconds between two looks for sign-ins that failed in a minute that is over."""
READERS = 8
"""So many requests read the log at once; what more there are wait their turn."""
API_VERSION = "1"


def make_app(service: "WebService") -> FastAPI:
    """The application that answers from this log and this door."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        anyio.to_thread.current_default_thread_limiter().total_tokens = READERS
        recording = asyncio.create_task(_record_failures(service))
        yield
        service.live.end()
        recording.cancel()
        with suppress(LogError, Refusal):  # what cannot be recorded any more
            await service.ask(service.record_refusals, None)
        service.close()

    app = _SafeApp(
        title="督办 xmh",
        version=API_VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        separate_input_output_schemas=False,
        redirect_slashes=False,  # it would lead to whatever host the request names
    )
    api = APIRouter(prefix="/api/v1")
    api.include_router(reads_router(service))
    api.include_router(commands_router(service))
    api.include_router(api_meetings_router(service))
    api.include_router(api_files_router(service))
    api.include_router(api_events_router(service))
    app.include_router(api)
    app.include_router(health_router(service))
    app.include_router(sign_in_router(service))
    app.include_router(listing_router(service))
    app.include_router(figures_router(service))
    for made in (
        bulletins_router,
        issuing_router,
        meetings_router,
        papers_router,
        files_router,
        finding_router,
        table_router,
        audit_router,
    ):
        app.include_router(made(service))
    app.include_router(live_router(service))
    app.include_router(matters_router(service))
    app.include_router(acting_router(service))
    app.include_router(actions_router(service))
    app.include_router(feedback_router(service))
    app.include_router(drafts_router(service))
    app.include_router(queue_router(service))
    app.include_router(opening_router(service))
    app.mount("/static", StaticFiles(directory=STATIC))
    install_problems(app, service)
    # The last one added is met first.
    app.add_middleware(BoundedWork)
    app.add_middleware(BoundedBodies)
    app.add_middleware(SameOrigin, service=service)
    app.add_middleware(TokenGuard, service=service)
    app.add_middleware(RefusalsNoted, service=service)
    app.add_middleware(HeadAsGet)
    return app


class _SafeApp(FastAPI):
    """The application with its headers of safety outermost: on the answer to a fault nobody foresaw, too."""

    def build_middleware_stack(self) -> ASGIApp:
        """Wrap also what answers such a fault."""
        return SafetyHeaders(super().build_middleware_stack())


async def _record_failures(service: "WebService") -> None:
    """Put failed sign-ins and refused reads on record, minute by minute, as long as the server runs."""
    known: set[str] = set()
    while True:
        await asyncio.sleep(RECORDED_EVERY)
        try:
            await service.ask(record_failures, service.database, known, service.now)
            await service.ask(service.record_refusals, service.now)
        except (LogError, Refusal) as error:  # the log is away: the counts are kept and recorded later
            logger.warning("failures not recorded: %s", error)
