"""One command is one trace, from whoever sent it to the append; and no word of the office is in it."""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from domain.access.terms import TokenScope
from eventlog import reading
from services.accounts import issue_token
from services.tracing_otel import Wordless
from tests.support.office import OFFICE, office_today
from tests.support.receivers import Received, http_receiver
from tests.support.served import Home, home_in, home_with_pages, wait_for

ROOT = Path(__file__).parents[2]
DUE = (office_today() + timedelta(days=60)).isoformat()
TITLE, WORDS, SPOKEN = "整治某某号秘密地块", "已与某某公司谈妥", "my-own-word"
SENT, IN_WORKER = "StartUpdateWithStartWorkflow:Matter", ("StartActivity:append", "RunActivity:append", "append")


@pytest.fixture
def collector() -> Iterator[Received]:
    """What takes traces by OTLP over HTTP."""
    with http_receiver() as received:
        yield received


@pytest.fixture
def traced(tmp_path: Path, collector: Received) -> Iterator[Home]:
    """A home whose processes are told of the collector, served with its pages."""
    place = f"http://127.0.0.1:{collector.port}"
    with home_with_pages(tmp_path, {"XMH_TRACES": place, "OTEL_BSP_SCHEDULE_DELAY": "200"}) as (home, _):
        yield home
        home.down()


def spans_of(collector: Received) -> dict[bytes, list[tuple[str, Span]]]:
    """Trace → its spans, each with the service that told of it."""
    traces = defaultdict[bytes, list[tuple[str, Span]]](list)
    for body in list(collector.taken):
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            (service,) = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    traces[span.trace_id].append((service, span))
    return traces


def path_down(spans: Sequence[tuple[str, Span]]) -> list[tuple[str, str]]:
    """From the root to the last append: service and name of each span, parent before child."""
    by_id = {span.span_id: (service, span) for service, span in spans}
    (*_, last) = sorted((s for _, s in spans if s.name == "append"), key=lambda s: s.start_time_unix_nano)
    path, at = list[tuple[str, str]](), last.span_id
    while at in by_id:
        service, span = by_id[at]
        path.insert(0, (service, span.name))
        at = span.parent_span_id
    assert at == b"", "the root is among them"
    return path


def whole(collector: Received, root: str) -> list[list[tuple[str, Span]]]:
    """The traces that begin so and have come to the append."""
    all_of_them = spans_of(collector).values()
    return [
        t for t in all_of_them if {"append", root} <= {s.name for _, s in t} and any(not s.parent_span_id for _, s in t)
    ]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_command_of_the_api_and_one_of_the_command_line_are_each_one_trace_without_a_word(
    traced: Home, collector: Received
) -> None:
    number = traced.xmh(
        *("task", "open", "--title", TITLE, "--due", DUE, "--basis", "2026年工作计划", "--lead", "gengxin", "--json"),
        *("--command-id", SPOKEN),
    ).json["matter"]
    with traced.log() as log:
        token = issue_token(log, "li", TokenScope.HANDLE, 1, OFFICE, datetime.now(UTC))[0]
        (matter,) = reading.find_matters(log, number)
    address = traced.ok("status")["web"]
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=20) as li:
        report = {"text": WORDS, "progress": 10}
        for nth, (do, body) in enumerate((("accept", {}), ("report", report), ("report", report))):
            key = {"Idempotency-Key": f"{SPOKEN}-{nth}"}
            done = li.post(f"/api/v1/matters/{number}/commands/{do}", json=body, headers=key)
            assert done.status_code == 201, done.text
    wait_for(lambda: len(whole(collector, "request")) == 3 and len(whole(collector, "submit")) == 4)
    (opening,) = [t for t in whole(collector, "submit") if "request" not in {s.name for _, s in t}]
    worker = [("xmh-worker", name) for name in IN_WORKER]
    assert path_down(opening) == [("xmh", "submit"), ("xmh", SENT), *worker]
    for trace in whole(collector, "request"):
        assert path_down(trace) == [*(("xmh-web", name) for name in ("request", "submit", SENT)), *worker]
        assert "HandleUpdate:submit" in {span.name for _, span in trace}
    assert len(spans_of(collector)) == 4, "nothing is traced that nobody commanded"
    appended = [s for t in whole(collector, "request") for _, s in t if s.name == "append"]
    positions = {a.value.int_value for s in appended for a in s.attributes if a.key == "xmh.position"}
    with traced.log() as log:
        ours = {e.position for e in reading.read_stream(log, matter.stream)}
    assert positions <= ours
    assert len(positions) == 3
    everything = b"".join(collector.taken)
    for word in (TITLE, WORDS, SPOKEN, number, "gengxin", "2026年工作计划"):
        assert word.encode() not in everything, word


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_refusal_is_told_by_its_code_and_a_collector_that_is_away_keeps_nobody(
    tmp_path: Path, collector: Received
) -> None:
    place = f"http://127.0.0.1:{collector.port}"
    with home_in(tmp_path, {"XMH_TRACES": place, "OTEL_BSP_SCHEDULE_DELAY": "200"}) as home:
        home.up()
        opening = ("task", "open", "--title", TITLE, "--due", DUE, "--basis", "2026年工作计划", "--lead", "gengxin")
        number = home.xmh(*opening, "--json").json["matter"]
        refused = home.xmh("task", "close", number, "--text", WORDS, "--as", "li")
        assert refused.code == 3
        wait_for(lambda: any(b"error.type" in body for body in collector.taken))
        assert refused.err.strip().removeprefix("错误：").encode() not in b"".join(collector.taken)
        away = home.xmh("task", "accept", number, "--as", "li", env={"XMH_TRACES": "http://127.0.0.1:9"})
        assert (away.code, away.err) == (0, "")
        assert away.seconds < 9
        home.down()


def test_whatever_puts_words_into_a_span_they_are_taken_off_before_it_is_sent() -> None:
    """As Temporal's interceptor does with an error: in the status, and in what happened within."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Wordless(kept)))
    marks = {"xmh.answer": "appended", "title": TITLE, "temporalUpdateID": SPOKEN}
    with suppress(ValueError), provider.get_tracer("test").start_as_current_span("append", attributes=marks) as span:
        span.add_event(WORDS, {"text": WORDS})
        raise ValueError(WORDS)
    (sent,) = kept.get_finished_spans()
    assert dict(sent.attributes or {}) == {"xmh.answer": "appended"}
    assert (sent.status.status_code, sent.status.description, sent.events) == (StatusCode.ERROR, None, ())
    assert not any(word in sent.to_json() for word in (TITLE, WORDS, SPOKEN))


def _said(words: str, **environment: str) -> str:
    """What a Python of its own says."""
    command, env = [sys.executable, "-c", words], {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=env).stdout.strip()


def test_without_the_setting_nothing_of_it_is_loaded() -> None:
    loaded = "import sys, services.gateway, services.running, worker, web.serving, cli.sending\nprint(*sys.modules)"
    of_it = ("opentelemetry.sdk", "opentelemetry.exporter", "temporalio.contrib.opentelemetry")
    assert [name for name in _said(loaded).split() if name.startswith(of_it)] == []


def test_without_the_extra_the_setting_is_answered_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "opentelemetry").mkdir()  # as where only what FastAPI brings of it is installed
    (tmp_path / "opentelemetry" / "__init__.py").touch()
    begin = (
        "from settings import Settings; from services.tracing import begin_tracing; from domain.base import Refusal\n"
        "try: begin_tracing(Settings(), 'x')\n"
        "except Refusal as refusal: print(refusal.code, refusal.message)"
    )
    places = {"PYTHONPATH": str(tmp_path), "XMH_HOME": str(tmp_path), "XMH_TRACES": "http://127.0.0.1:4318"}
    assert _said(begin, **places) == "not_installed 本安装不含OpenTelemetry 跟踪，请安装 xmh[otel]"
