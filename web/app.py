"""The application: health, the API, and what every request passes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio.to_thread
from fastapi import APIRouter, FastAPI

from web.api.commands import commands_router
from web.guards import BoundedBodies, SafetyHeaders, TokenGuard
from web.health import health_router
from web.problems import install_problems

if TYPE_CHECKING:
    from web.service import WebService

READERS = 8
"""So many requests read the log at once; what more there are wait their turn."""
API_VERSION = "1"


def make_app(service: "WebService") -> FastAPI:
    """The application that answers from this log and this door."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        anyio.to_thread.current_default_thread_limiter().total_tokens = READERS
        yield
        service.close()

    app = FastAPI(
        title="督办 xmh",
        version=API_VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        separate_input_output_schemas=False,
    )
    api = APIRouter(prefix="/api/v1")
    api.include_router(commands_router(service))
    app.include_router(api)
    app.include_router(health_router(service))
    install_problems(app, service)
    # The last one added is met first.
    app.add_middleware(BoundedBodies)
    app.add_middleware(TokenGuard, service=service)
    app.add_middleware(SafetyHeaders)
    return app
