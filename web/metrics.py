"""What the web process tells whoever watches it: `xmh_web_*`, on a port of its own, in the form Prometheus reads."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.base import Refusal
from eventlog import reading
from eventlog.autosaves import left_lying
from eventlog.errors import LogError
from services.unreachable import Unreachable
from services.watched_pages import Answer, serve_pages

if TYPE_CHECKING:
    from web.service import WebService

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds. A page is meant to be there within 0.06, and late after a second."""
LEFT_LYING = timedelta(days=1)
NOT_SIGNED_IN = (401, 429)


class WebMetrics:
    """The figures of one web process."""

    def __init__(self, service: "WebService") -> None:
        """Of this service's log and streams."""
        self._registry = CollectorRegistry()
        self._took = Histogram(
            "xmh_web_request_seconds",
            "How long requests took, by what was asked.",
            ["route", "status"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._answers = Counter(
            "xmh_web_commands",
            "What commands of pages and programs were answered.",
            ["answer"],
            registry=self._registry,
        )
        self.refused_reads = Counter(
            "xmh_web_read_refusals", "What was asked for and is not for who asks.", registry=self._registry
        )
        self.failed_sign_ins = Counter("xmh_web_sign_in_failures", "Sign-ins in vain.", registry=self._registry)
        self._registry.register(_Asked(service))

    @contextmanager
    def command(self) -> Iterator[None]:
        """Count what the command that is carried out within is answered."""
        answer = "failed"
        try:
            yield
            answer = "done"
        except Refusal:
            answer = "refused"
            raise
        except Unreachable:
            answer = "unreachable"
            raise
        finally:
            self._answers.labels(answer).inc()

    def took(self, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._took.labels(route, f"{status // 100}xx").observe(seconds)
        if route == "/sign-in" and status in NOT_SIGNED_IN:
            self.failed_sign_ins.inc()

    def exposition(self) -> bytes:
        """All figures as text."""
        return generate_latest(self._registry)


class _Asked(Collector):
    """What the log and the open pages say at this moment."""

    def __init__(self, service: "WebService") -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        live = self._service.live
        yield GaugeMetricFamily("xmh_web_live_streams", "Pages and programs that follow the log.", live.open)
        try:
            position, _ = reading.newest_event(self._service.database)
            lying = left_lying(self._service.database, datetime.now(UTC) - LEFT_LYING)
        except LogError:
            yield GaugeMetricFamily("xmh_web_log_up", "Whether the log answers.", 0)
            return
        yield GaugeMetricFamily("xmh_web_log_up", "Whether the log answers.", 1)
        yield GaugeMetricFamily(
            "xmh_web_position_lag", "Events that those who follow were not told of.", live.behind(position)
        )
        yield GaugeMetricFamily("xmh_web_autosaves_old", "What was typed more than a day ago and never sent.", lying)


@asynccontextmanager
async def serve_figures(service: "WebService") -> AsyncIterator[None]:
    """Serve `/metrics` on the port the settings name for it, if they name one."""

    async def figures() -> Answer:
        text = await asyncio.to_thread(service.metrics.exposition)
        return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", text

    settings, pages = service.settings, {"/metrics": figures}
    async with serve_pages(settings.listen_address, settings.web.metrics_port, pages, setting="[web] metrics_port"):
        yield
