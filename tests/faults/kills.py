"""Storms of kills: one after another while four clients report, most once all is ready again, some in the midst of it.

What dies: the worker at any moment and at the named points of the protocol (before its insert, inside the transaction
with everything written, after the commit), Temporal, PostgreSQL as a whole, one of its processes in a transaction, a
client and the web server with a command under way. What the two last were asked is asked again under its id, as whoever
got no answer does, until it is taken; it is in the log once then.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import psycopg

from domain import commands as c
from eventlog import reading
from tests.faults.stages import Apart, Embedded, Service, Stage
from tests.recovery.chaos import reporter
from tests.support.office import LIAISON, matter
from tests.support.served import ROOT, wait_for

LONGEST = 90.0
"""Seconds after which a storm is over, whoever still reports."""
AT_ITS_POINTS = {"DEADLY_BEFORE": "0.004", "DEADLY_IN": "0.004", "DEADLY_AFTER": "0.004"}
"""How often the worker dies at each point of an append: every few seconds under the load of four clients."""
IN_THE_MIDST = 0.25
"""The share of kills that do not wait until what died before is ready again."""
PATIENCE = 90.0
"""Until a command that is asked again has its answer, once the storm is over."""

Way = Callable[["Storm", random.Random], None]


@dataclass
class Storm:
    """One storm: who is killed, and what was asked of those that were killed with it."""

    stage: Apart
    web: Service | None = None
    token: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    """Stream → the number a program names its matter by; read while the log is there."""
    asked: dict[str, tuple[str, Callable[[], bool]]] = field(default_factory=dict)
    """Command id → its stream, and how it is asked again: whether it was taken."""

    def count(self, *names: str) -> None:
        """So many died."""
        self.stage.kills.update(names)

    def check(self) -> None:
        """Each command of a client or page that was killed is taken now, and recorded once."""
        for command_id, (_, again) in self.asked.items():
            limit = time.monotonic() + PATIENCE
            while not again():
                assert time.monotonic() < limit, f"no answer to {command_id}"
                time.sleep(0.3)
        self.stage.desk.log.close()  # what it kept of connections may have died with what was struck
        streams = {stream for stream, _ in self.asked.values()}
        events = (event for stream in streams for event in reading.read_stream(self.stage.desk.log, stream))
        times = Counter(event.command_id for event in events)
        assert {command_id: times[command_id] for command_id in self.asked if times[command_id] != 1} == {}


# --- what dies


def worker(storm: Storm, luck: random.Random) -> None:
    """At whatever it does at this moment."""
    if storm.stage.worker.send(signal.SIGKILL):
        storm.count("worker")


def temporal(storm: Storm, luck: random.Random) -> None:
    storm.count("server")
    storm.stage.restart_temporal(luck)


def database(storm: Storm, luck: random.Random) -> None:
    """The server with all its processes."""
    storm.count("database")
    storm.stage.restart_database(luck)


IN_A_TRANSACTION = """
SELECT pid FROM pg_stat_activity
WHERE xact_start IS NOT NULL AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def backend(storm: Storm, luck: random.Random) -> None:
    """One process of PostgreSQL in a transaction, whereupon the server ends all others and recovers."""
    limit = time.monotonic() + 3
    with suppress(psycopg.OperationalError), psycopg.connect(storm.stage.database.url(), autocommit=True) as asking:
        while time.monotonic() < limit:
            rows = asking.execute(IN_A_TRANSACTION).fetchall()
            if rows:
                os.kill(luck.choice(rows)[0], signal.SIGKILL)
                storm.count("backend of the database")
                return


def everything(storm: Storm, luck: random.Random) -> None:
    """Worker, Temporal and PostgreSQL at the same moment."""
    storm.count("server", "database", *(["worker"] if storm.stage.worker.send(signal.SIGKILL) else []))
    storm.stage.database.kill()
    storm.stage.restart_temporal(luck)
    storm.stage.database.start()


def client(storm: Storm, luck: random.Random) -> None:
    """A process with a report under way; whoever it reported for asks again with another."""
    stage = storm.stage
    stream, prefix = luck.choice(stage.streams), f"killed-client-{uuid4().hex[:8]}"
    wanted = {"streams": [stream], "prefix": prefix, "reports": 1, "retries": True, "pace": 0}
    process = reporter(stage.clients)
    assert process.stdin is not None
    process.stdin.write(json.dumps(wanted) + "\n")
    process.stdin.flush()
    time.sleep(luck.uniform(0.6, 2.0))  # it begins, connects, asks, waits for the answer
    process.kill()
    process.communicate()
    storm.count("client")

    def again() -> bool:
        asyncio.run(stage.desk.do(stream, c.SubmitFeedback(text="第0次反馈", progress=0), LIAISON, f"{prefix}-0"))
        return True

    storm.asked[f"{prefix}-0"] = stream, again


def page(storm: Storm, luck: random.Random) -> None:
    """The web server with a report under way that a program posted."""
    web = storm.web
    assert web is not None
    with suppress(AssertionError):
        wait_for(lambda: web.ready, 10)
    stream, command_id = luck.choice(storm.stage.streams), f"killed-web-{uuid4().hex[:8]}"

    def again() -> bool:
        return _posted(web.port, storm.token, storm.numbers[stream], command_id)

    with ThreadPoolExecutor(1) as poster:
        first = poster.submit(again)
        time.sleep(luck.uniform(0, 0.25))
        if web.send(signal.SIGKILL):
            storm.count("web")
        first.result()
    storm.asked[command_id] = stream, again


def _posted(port: int, token: str, number: str, command_id: str) -> bool:
    """Whether the report was taken; what else is answered may only be that nobody could be reached."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/matters/{number}/commands/report",
        data=json.dumps({"text": "由程序报送", "progress": 50}).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": command_id,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310  (its own address)
            return bool(answer.status == HTTPStatus.CREATED)
    except urllib.error.HTTPError as error:
        assert error.code == HTTPStatus.SERVICE_UNAVAILABLE, error.read()
        return False
    except (OSError, urllib.error.URLError):
        return False


WAYS: tuple[Way, ...] = (worker, temporal, database, backend, everything, client, page)


# --- storms


def storm_of(*ways: Way, points: bool = False) -> Callable[[Apart, random.Random], None]:
    """A fault: these kinds of kills in turn of luck; with `points` the worker dies at its own as well."""

    def strike(stage: Apart, luck: random.Random) -> None:
        with _storm(stage, with_web=page in ways) as storm:
            with _deadly(stage, AT_ITS_POINTS if points else {}):
                _blow(stage, luck, lambda: luck.choice(ways)(storm, luck))
            stage.calm()
            storm.check()

    return strike


def _blow(stage: Stage, luck: random.Random, kill: Callable[[], None]) -> None:
    """One kill after another for as long as somebody reports."""
    until = time.monotonic() + LONGEST
    while stage.reporting.is_set() and time.monotonic() < until:
        kill()
        if luck.random() > IN_THE_MIDST:
            stage.calm()
        time.sleep(luck.uniform(0, 1.5))


@contextmanager
def _deadly(stage: Apart, extra: dict[str, str]) -> Iterator[None]:
    """A worker in which this befalls."""
    if not extra:
        yield
        return
    stage.kills["worker"] += 2
    with stage.worker.otherwise(extra):
        yield


@contextmanager
def _storm(stage: Apart, *, with_web: bool) -> Iterator[Storm]:
    if not with_web:
        yield Storm(stage)
        return
    token: Any = stage.home.ok("access", "token", LIAISON.id, "--scope", "report", "--as", "office")
    web = Service([], {**stage.clients.environment, "PYTHONPATH": str(ROOT)}, stage.home.path.parent / "web.log")
    web.command = [sys.executable, "-P", "-m", "web", str(web.port)]
    web.start()
    try:
        wait_for(lambda: web.ready, 60)
        yield Storm(stage, web, token["token"], {s: matter(stage.desk.log, s).number for s in stage.streams})
    finally:
        web.stop()


def storm_at_home(kinds: Sequence[str]) -> Callable[[Embedded, random.Random], None]:
    """The same of what runs under `xmh up`."""

    def strike(stage: Embedded, luck: random.Random) -> None:
        _blow(stage, luck, lambda: stage.chaos.strike(luck.choice(kinds), luck))

    return strike
