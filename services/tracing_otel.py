"""How traces are made where they are asked for: spans without words, to a collector by OTLP over HTTP.

Temporal's own interceptor carries them. It hangs what a workflow does under the trace that began the workflow, which
for a matter is years of it in one; here a trace is one command, from whoever sent it to the append. What nobody
commanded (a timer, a sweep, a query) is in none.
"""

import logging
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode, get_current_span
from temporalio.api.common.v1 import Payload
from temporalio.client import OutboundInterceptor, StartWorkflowUpdateWithStartInput, WorkflowUpdateHandle
from temporalio.contrib.opentelemetry import TracingInterceptor, TracingWorkflowInboundInterceptor
from temporalio.contrib.opentelemetry._context import attached_context
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleQueryInput,
    HandleSignalInput,
    HandleUpdateInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from services.tracing import Mark

HANDED_OVER_WITHIN = 2
"""Seconds a collector may take for a batch."""
TOLD = frozenset(
    {
        *("temporalWorkflowID", "temporalRunID", "temporalActivityID"),
        *("http.request.method", "http.route", "http.response.status_code"),
        *("xmh.command", "xmh.answer", "xmh.events", "xmh.position"),
        "error.type",
    }
)
"""All a span may say of itself: ids, tokens and numbers. An id of a command may be anybody's words, and is not among
them."""


class Wordless(SpanExporter):
    """Hands spans on without what could hold a word: unknown values, messages of errors, what happened within."""

    def __init__(self, to: SpanExporter) -> None:
        """To the exporter that sends them."""
        self._to = to

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand them on."""
        return self._to.export([_wordless(span) for span in spans])

    def shutdown(self) -> None:
        """Let go of the connection."""
        self._to.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing is kept here."""
        return self._to.force_flush(timeout_millis)


def _wordless(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={key: value for key, value in (span.attributes or {}).items() if key in TOLD},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class Traces:
    """The traces of one process."""

    def __init__(self, exporter: SpanExporter, name: str) -> None:
        """Of a process that is called so, by this exporter."""
        about = {"service.name": name, "service.version": version("xmh"), "host.name": platform.node()}
        self._provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(Wordless(exporter)))
        self._tracer = self._provider.get_tracer("xmh")
        self.interceptor = CommandTraces(self._tracer)

    @classmethod
    def to_collector(cls, place: str, name: str) -> "Traces":
        """To the collector at this origin, `https://host:4318`."""
        # A command answers by itself: a collector that is away is nothing to be said on its screen.
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
        return cls(OTLPSpanExporter(endpoint=f"{place}/v1/traces", timeout=HANDED_OVER_WITHIN), name)

    def end(self) -> None:
        """Hand over what was not yet."""
        self._provider.shutdown()

    @contextmanager
    def span(self, name: str, values: Mapping[str, str | int]) -> Iterator[Mark]:
        """A span within the current one."""
        with self._tracer.start_as_current_span(
            name, attributes=dict(values), record_exception=False, set_status_on_exception=False
        ) as made:
            try:
                yield made.set_attribute
            except Exception as error:
                made.set_attribute("error.type", str(getattr(error, "code", type(error).__name__)))
                made.set_status(StatusCode.ERROR)
                raise


class CommandTraces(TracingInterceptor):
    """Temporal's interceptor, of commands alone."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002  (its name there)
        """A span for each command that is sent, and none for what else is asked of Temporal."""
        return _Sending(next, super().intercept_client(next))

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """A span for what a command had done."""
        return _Doing(next, super().intercept_activity(next), self.header_key)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type["CommandInWorkflow"]:  # noqa: A002
        """What is done within a workflow."""
        super().workflow_interceptor_class(input)
        return CommandInWorkflow


class _Sending(OutboundInterceptor):
    def __init__(self, plain: OutboundInterceptor, traced: OutboundInterceptor) -> None:
        super().__init__(plain)
        self._traced = traced

    async def start_update_with_start_workflow(
        self,
        input: StartWorkflowUpdateWithStartInput,  # noqa: A002
    ) -> WorkflowUpdateHandle[Any]:
        if not get_current_span().get_span_context().is_valid:
            return await super().start_update_with_start_workflow(input)
        return await self._traced.start_update_with_start_workflow(input)


class _Doing(ActivityInboundInterceptor):
    def __init__(self, plain: ActivityInboundInterceptor, traced: ActivityInboundInterceptor, key: str) -> None:
        super().__init__(plain)
        self._traced = traced
        self._key = key

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        return await (self._traced if self._key in input.headers else self.next).execute_activity(input)


class CommandInWorkflow(TracingWorkflowInboundInterceptor):
    """A workflow's part in the trace of a command: its handler, and what that has done."""

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002
        """What a matter does by its clock is nobody's command."""
        with self._within({}):
            return await WorkflowInboundInterceptor.execute_workflow(self, input)

    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002
        """Nor is what others tell it."""
        with self._within({}):
            await WorkflowInboundInterceptor.handle_signal(self, input)

    async def handle_query(self, input: HandleQueryInput) -> Any:  # noqa: A002
        """Nor what it is asked."""
        with self._within({}):
            return await WorkflowInboundInterceptor.handle_query(self, input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:  # noqa: A002
        """It looks at the shape alone, and takes no time."""
        with self._within({}):
            WorkflowInboundInterceptor.handle_update_validator(self, input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002
        """Within the trace of the command that came in."""
        with self._within(input.headers):
            self._completed_span(f"HandleUpdate:{input.update}", kind=SpanKind.SERVER)
            return await WorkflowInboundInterceptor.handle_update_handler(self, input)

    @contextmanager
    def _within(self, headers: Mapping[str, Payload]) -> Iterator[None]:
        sent, context = headers.get(self.header_key), Context()
        if sent is not None:
            context = self.text_map_propagator.extract(self.payload_converter.from_payloads([sent])[0])
        with attached_context(self._set_on_context(context)):
            yield
