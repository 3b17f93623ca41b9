"""Each request is timed."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.tracing import span
from web.guards import ENDLESS

if TYPE_CHECKING:
    from web.metrics import WebMetrics


READS = frozenset({"GET", "HEAD", "OPTIONS"})


class TimedRequests:
    """Each request is timed under the pattern of its address; what never ends is not."""

    def __init__(self, app: ASGIApp, metrics: "WebMetrics") -> None:
        """Wrap the application."""
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time it."""
        if scope["type"] != "http" or scope["path"] in ENDLESS:
            await self.app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._traced(scope, receive, seen, lambda: status)
        finally:
            self.metrics.took(_route_of(scope), status, time.perf_counter() - began)

    async def _traced(self, scope: Scope, receive: Receive, send: Send, status: Callable[[], int]) -> None:
        """What may end in a command has a span; reading has none."""
        if scope["method"] in READS:
            await self.app(scope, receive, send)
            return
        with span("request", **{"http.request.method": scope["method"]}) as mark:
            await self.app(scope, receive, send)
            mark("http.route", _route_of(scope))
            mark("http.response.status_code", status())


def _route_of(scope: Scope) -> str:
    """The pattern, never the address itself: a figure for each number of a matter would be one for each matter."""
    pattern: str | None = getattr(scope.get("route"), "path", None)
    if pattern is None:
        return "/static" if str(scope["path"]).startswith("/static/") else "other"
    return pattern
