"""The application: health, the API, and what every request passes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from domain.base import Refusal
from eventlog.errors import LogError
from eventlog.presence import ServingKind
from services.attaching import sweep_uploads
from services.presence import Presence
from services.signing_in import record_failures
from services.store import described_store
from web import codec, health, live
from web.api import commands as api_commands
from web.api import events as api_events
from web.api import figures as api_figures
from web.api import files as api_files
from web.api import imports as api_imports
from web.api import logins as api_logins
from web.api import meetings as api_meetings
from web.api import reads as api_reads
from web.api import suggestions as api_suggestions
from web.api.described import describe_bounds
from web.guards import BoundedBodies, BoundedWork, HeadAsGet, SafetyHeaders, SameOrigin, TokenGuard
from web.measuring import TimedRequests
from web.metrics import serve_figures
from web.pages import (
    account,
    acting,
    actions,
    administration,
    audit,
    bulletins,
    connecting,
    convening,
    drafts,
    feedback,
    figures,
    files,
    finding,
    importing,
    issuing,
    listing,
    matters,
    meetings,
    oidc,
    opening,
    papers,
    passwords,
    proving,
    queue,
    returning,
    signing_in,
    sitting,
    suggestions,
    table,
    table_editing,
    wall,
)
from web.problems import install_problems
from web.refusals import RefusalsNoted
from web.routing import RouteIndex
from web.service import READERS, WebService

logger = logging.getLogger("xmh.web")

STATIC = Path(__file__).parent / "static"
RECORDED_EVERY = 20.0
"""Seconds between two looks for sign-ins that failed in a minute that is over."""
SWEPT_EVERY = timedelta(hours=1)
"""Between two looks for files that were handed in and never named."""
API_VERSION = "1"
API = (
    api_reads,
    api_figures,
    api_commands,
    api_meetings,
    api_files,
    api_events,
    api_logins,
    api_suggestions,
    api_imports,
)
PAGES = (
    health,
    codec,
    oidc,
    signing_in,
    connecting,
    passwords,
    proving,
    account,
    listing,
    figures,
    bulletins,
    issuing,
    convening,
    meetings,
    sitting,
    papers,
    files,
    finding,
    table_editing,
    table,
    audit,
    suggestions,
    administration,
    live,
    wall,
    matters,
    acting,
    actions,
    feedback,
    drafts,
    queue,
    opening,
    importing,
    returning,
)
"""In this order: of two addresses that fit, the first one answers."""


def make_app(service: WebService) -> FastAPI:
    """The application that answers from this log and this door."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        anyio.to_thread.current_default_thread_limiter().total_tokens = READERS
        presence = Presence(service.database, ServingKind.WEB, partial(described_store, service.settings))
        at_work = [asyncio.create_task(_record_failures(service)), asyncio.create_task(presence.for_ever())]
        async with serve_figures(service):
            yield
        service.live.end()
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)
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
    app.state.service = service
    for answering in (*API, *PAGES):
        # Routes as they are: a router that is included is worked out again for each application, at its first request.
        app.router.routes.extend(answering.router.routes)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.router.middleware_stack = RouteIndex(app.router)
    install_problems(app, service)
    # The last one added is met first.
    app.add_middleware(BoundedWork)
    app.add_middleware(BoundedBodies)
    app.add_middleware(SameOrigin, service=service)
    app.add_middleware(TokenGuard, service=service)
    app.add_middleware(RefusalsNoted, service=service)
    app.add_middleware(HeadAsGet)
    app.add_middleware(TimedRequests, metrics=service.metrics)
    return app


class _SafeApp(FastAPI):
    """The application with its headers of safety outermost: on the answer to a fault nobody foresaw, too."""

    def openapi(self) -> dict[str, Any]:
        """The description of the interface, with the bounds the rules hold every text to."""
        document = super().openapi()
        describe_bounds(document, {**api_commands.BODIES, **api_meetings.BODIES})
        return document

    def build_middleware_stack(self) -> ASGIApp:
        """Wrap also what answers such a fault."""
        return SafetyHeaders(super().build_middleware_stack())


async def _record_failures(service: WebService) -> None:
    """Put failed sign-ins and refused reads on record, minute by minute, as long as the server runs."""
    known, sweeping = set[str](), service.now
    while True:
        await asyncio.sleep(RECORDED_EVERY)
        try:
            await service.ask(record_failures, service.database, known, service.now)
            await service.ask(service.record_refusals, service.now)
            if service.now >= sweeping:
                sweeping = service.now + SWEPT_EVERY
                await service.ask(sweep_uploads, service.settings.store_place, service.database, service.now)
        except (LogError, Refusal, OSError) as error:  # the log is away: the counts are kept and recorded later
            logger.warning("failures not recorded: %s", error)
