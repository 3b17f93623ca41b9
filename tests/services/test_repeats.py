"""An outage is a line a minute with a count; whatever differs is said."""

import io
import json
import logging

import pytest
import structlog

from services.repeats import CORE, HELD_FOR, Repeats


@pytest.fixture
def said() -> "tuple[list[float], Repeats]":
    now = [0.0]
    return now, Repeats(lambda: now[0])


def record(name: str, level: int, msg: object) -> logging.LogRecord:
    return logging.LogRecord(name, level, "", 0, msg, (), None)


def test_what_the_sdk_says_several_times_a_second_is_a_line_a_minute(said: "tuple[list[float], Repeats]") -> None:
    now, repeats = said
    written = []
    for n in range(300):
        now[0] = n * 0.5
        call = ("poll_activity_task_queue", "record_worker_heartbeat")[n % 2]
        line = record(CORE, logging.WARNING, f"[sdk_core::retry] gRPC call {call} retried {n} times")
        if repeats.filter(line):
            written.append(line.getMessage())
    assert len(written) == 3
    assert [line.partition(" (")[2] for line in written] == ["", *["119 more like it were held back)"] * 2]


def test_what_differs_is_said_and_what_is_no_warning_always(said: "tuple[list[float], Repeats]") -> None:
    now, repeats = said
    gone = {"event": "sweep_failed", "error": "away", "timestamp": "1"}
    other = {"event": "sweep_failed", "error": "full", "timestamp": "2"}
    again = {**gone, "timestamp": "3"}
    lines = [record("xmh", logging.WARNING, dict(one)) for one in (gone, other, again)]
    assert [repeats.filter(line) for line in lines] == [True, True, False]
    info = [record("xmh", logging.INFO, dict(gone)) for _ in range(3)]
    assert all(repeats.filter(line) for line in info)
    now[0] = HELD_FOR
    later = record("xmh", logging.WARNING, dict(gone))
    assert repeats.filter(later)
    assert isinstance(later.msg, dict)
    assert later.msg["held_back"] == 1


def test_it_stands_in_the_service_log(monkeypatch: pytest.MonkeyPatch) -> None:
    from services.service_log import configure_logging, silence_service_log

    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    silence_service_log()  # as a command before it in the same process does
    try:
        configure_logging()
        for _ in range(5):
            structlog.get_logger("outage").warning("temporal_unreachable", address="127.0.0.1:7233")
    finally:
        root.handlers[:], root.level = before, level
        structlog.reset_defaults()
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["temporal_unreachable"]
