"""Traces from a command to its append (OpenTelemetry), told to a collector where a site names one.

Without `traces` in the settings nothing is traced and nothing of OpenTelemetry is loaded: a span is a call that does
nothing. What a span may say is a list of its own (`services/tracing_otel.py`): never a title, a name or a word.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from process import before_leaving
from services.extras import Extra, need

if TYPE_CHECKING:
    from temporalio.client import Interceptor

    from services.tracing_otel import Traces
    from settings import Settings

Mark = Callable[[str, str | int], None]
"""Puts a value on the span: a token or a number."""


class _Process:
    """What this process traces by; None while nobody asked it to."""

    traces: "Traces | None" = None


def begin_tracing(settings: "Settings", name: str) -> None:
    """Trace from now on, if the settings name a collector; once a process, which is called `name` there.

    Raises:
        Refusal: `not_installed`, the extra `otel` is not there.
    """
    if settings.traces is None or _Process.traces is not None:
        return
    need(Extra.OTEL)
    from services.tracing_otel import Traces

    _Process.traces = Traces.to_collector(settings.traces, name)
    before_leaving(end_tracing)


def end_tracing() -> None:
    """Hand over what was not yet; a collector that does not answer is waited for two seconds."""
    traces, _Process.traces = _Process.traces, None
    if traces is not None:
        traces.end()


def interceptors() -> "list[Interceptor]":
    """What carries a trace through Temporal, for client and worker."""
    return [] if _Process.traces is None else [_Process.traces.interceptor]


@contextmanager
def span(name: str, **values: str | int) -> Iterator[Mark]:
    """A span of what is done within, and what marks it. What is raised within ends it as failed, by its code alone."""
    if _Process.traces is None:
        yield _unmarked
        return
    with _Process.traces.span(name, values) as mark:
        yield mark


def _unmarked(key: str, value: str | int) -> None:
    """Nobody traces."""
