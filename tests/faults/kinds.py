"""Every kind of fault there is: how it is struck, how long it stays, and how it is mended, in one place.

A strike returns when all is as before. What is right to be refused while it lasts stands beside it; everything else
that is refused, lost, doubled or stuck is a fault of ours.
"""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Generic, TypeVar
from uuid import uuid4

import psycopg
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus

from domain import commands as c
from domain.base import Refusal
from domain.calendar import local_date
from eventlog import reading
from services.embedded.temporal_file import TEMPORAL_FILE
from services.gateway import Unreachable
from services.healing import Healing
from tests.faults import kills
from tests.faults.stages import DEADLY, PAIRS, Apart, Embedded, Stage, shifted, stop_and_go
from tests.recovery.chaos import KINDS, Desk, clients_of
from tests.support.office import LIAISON, matter, order
from tests.support.processes import NotReadyError
from tests.support.served import ROOT, Home, kill, wait_for

S = TypeVar("S", bound=Stage)
SLOW = 5.0
"""Seconds an answer is on its way over a slow wire."""
WEDGED_WITHIN, WOKEN_WITHIN = 45.0, 90.0
"""Until `doctor` names a matter that no build can work on; until a sweep has told every matter of a new rule."""


@dataclass(frozen=True)
class Fault(Generic[S]):
    """One kind."""

    name: str
    strike: Callable[[S, random.Random], None]
    right_refusals: frozenset[str] = frozenset()
    """Codes with which a command is rightly refused meanwhile; such a one is not in the log."""
    missing: Callable[[S], str] = lambda _: ""
    """Why it cannot be struck here; empty when it can."""
    load: int = 1
    """How many times as many reports are sent meanwhile, where it lasts long."""


# --- between the parts


def _wires() -> Iterator[Fault[Apart]]:
    def over(pair: str, strike: Callable[[Apart], None]) -> Callable[[Apart, random.Random], None]:
        def struck(stage: Apart, luck: random.Random) -> None:
            strike(stage)
            stage.wait(luck)
            stage.wires[pair].mend()

        return struck

    for pair in PAIRS:
        ways: dict[str, Callable[[Apart], None]] = {
            "slow": lambda stage, pair=pair: stage.wires[pair].slow(SLOW),  # type: ignore[misc]
            "cut": lambda stage, pair=pair: stage.wires[pair].cut(),  # type: ignore[misc]
            "silent there": lambda stage, pair=pair: stage.wires[pair].freeze("requests"),  # type: ignore[misc]
            "silent back": lambda stage, pair=pair: stage.wires[pair].freeze("answers"),  # type: ignore[misc]
        }
        for way, strike in ways.items():
            yield Fault(f"{pair} {way}", over(pair, strike))


def _silent_at_a_commit(direction: str) -> Callable[[Apart, random.Random], None]:
    def strike(stage: Apart, luck: random.Random) -> None:
        wire = stage.wires["worker–PostgreSQL"]
        wire.freeze_at(b"COMMIT", direction)
        assert wire.heard.wait(20), "nothing was committed"
        stage.wait(luck)
        wire.mend()

    return strike


# --- killed and stopped


def _kill_worker(stage: Apart, luck: random.Random) -> None:
    stage.kills["worker"] += 1
    stage.worker.send(signal.SIGKILL)


def _kill_temporal(stage: Apart, luck: random.Random) -> None:
    stage.kills["server"] += 1
    stage.restart_temporal(luck)


def _kill_database(stage: Apart, luck: random.Random) -> None:
    stage.kills["database"] += 1
    stage.restart_database(luck)


def _kill_all(stage: Apart, luck: random.Random) -> None:
    stage.kills.update({"worker": 1, "server": 1, "database": 1})
    stage.worker.send(signal.SIGKILL)
    stage.database.kill()
    stage.restart_temporal(luck)
    stage.database.start()


def _at_a_command(name: str) -> Callable[[Apart, random.Random], None]:
    """The worker does it at a report of our own, which is repeated until it has an answer."""

    def strike(stage: Apart, luck: random.Random) -> None:
        stage.rearm(name)
        if name == "FROZEN_IN":
            asyncio.run(_frozen(stage, luck))
        else:
            asyncio.run(_report(stage.desk, stage.streams[0], f"{DEADLY[name]}-{uuid4().hex[:8]}"))
        assert (stage.home.path / f"{name}.done").exists()

    return strike


async def _report(desk: Desk, stream: str, command_id: str) -> None:
    await desk.do(stream, c.SubmitFeedback(text="继续推进"), LIAISON, command_id)


async def _frozen(stage: Apart, luck: random.Random) -> None:
    report = asyncio.create_task(_report(stage.desk, stage.streams[0], f"{DEADLY['FROZEN_IN']}-{uuid4().hex[:8]}"))
    await asyncio.to_thread(wait_for, (stage.home.path / "FROZEN_IN.done").exists, 30)
    await asyncio.to_thread(stage.wait, luck)
    stage.worker.send(signal.SIGCONT)
    await report


def _stop_worker(stage: Apart, luck: random.Random) -> None:
    process = stage.worker.process
    assert process is not None
    stop_and_go([process.pid], luck.uniform(*stage.hold))


def _stop_temporal(stage: Apart, luck: random.Random) -> None:
    process = stage.temporal.process
    assert process is not None
    stop_and_go([process.pid], luck.uniform(*stage.hold))


def _stop_database(stage: Apart, luck: random.Random) -> None:
    stop_and_go(stage.database.backends(), luck.uniform(*stage.hold))


def _stop_a_backend_in_its_transaction(stage: Apart, luck: random.Random) -> None:
    asking = (
        "SELECT pid FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND datname = %s"
    )
    name = stage.home.url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(stage.database.url(), autocommit=True) as connection:
        limit = time.monotonic() + 20
        while not (rows := connection.execute(asking, [name]).fetchall()):
            assert time.monotonic() < limit, "nobody is in a transaction"
    stop_and_go([rows[0][0]], luck.uniform(*stage.hold))


# --- disks, clocks, limits


def _full(disk: str) -> Callable[[Stage, random.Random], None]:
    def strike(stage: Stage, luck: random.Random) -> None:
        place = getattr(stage, disk)
        place.fill()
        stage.wait(luck)
        place.clear()

    return strike


def _full_home(stage: Embedded, luck: random.Random) -> None:
    """Temporal's file, documents and all that lies in the home; a draft is refused in one line and made later."""
    today = local_date(datetime.now(UTC)).isoformat()
    draft = ("briefing", "draft", "--from", today, "--to", today, "--as", "office")
    stage.home_disk.fill()
    answer = stage.home.xmh(*draft)
    stage.wait(luck)
    stage.home_disk.clear()
    assert answer.code == 5, answer
    assert answer.err.count("\n") == 1, answer
    assert stage.home.xmh(*draft).code == 0


def _full_database(stage: Apart, luck: random.Random) -> None:
    """PostgreSQL gives up where it cannot write its own log; whoever watches it starts it again."""
    stage.log_disk.fill()
    stage.wait(luck)
    stage.log_disk.clear()
    if stage.database.process is None or stage.database.process.poll() is not None:
        stage.database.start()


def _full_temporal(stage: Apart, luck: random.Random) -> None:
    stage.temporal_disk.fill()
    stage.wait(luck)
    stage.temporal_disk.clear()
    process = stage.temporal.process
    if process is None or process.poll() is not None:
        stage.temporal.start()


def _own_disk(name: str) -> Callable[[Stage], str]:
    return lambda stage: "" if getattr(stage, name).is_own else "only who may mount has a small disk"


def _compiler(stage: Stage) -> str:
    return "" if stage.library else "a clock that is off is built by a C compiler (cc)"


def _worker_off(hours: int) -> Callable[[Apart, random.Random], None]:
    def strike(stage: Apart, luck: random.Random) -> None:
        stage.kills["worker"] += 2
        with stage.worker.otherwise(shifted(stage.library, hours)):
            time.sleep(3)
            stage.wait(luck)

    return strike


def _database_off(hours: int) -> Callable[[Apart, random.Random], None]:
    def strike(stage: Apart, luck: random.Random) -> None:
        stage.kills["database"] += 2
        stage.database.extra = shifted(stage.library, hours)
        stage.restart_database(luck)
        stage.wait(luck)
        stage.database.extra = {}
        stage.restart_database(luck)

    return strike


CLOCK_CODES = frozenset({"clock_off", "expired"})
"""How a command is rightly refused while somebody's clock is off."""


def _client_off(hours: int) -> Callable[[Apart, random.Random], None]:
    """Clients whose clock is off report beside the others: taken, or refused in plain words and not recorded."""

    def strike(stage: Apart, luck: random.Random) -> None:
        home = Home(stage.clients.path, {**stage.clients.env, **shifted(stage.library, hours)})
        with clients_of(home) as clients:
            answers = clients.report(stage.streams, f"off-{uuid4().hex[:8]}", 4)
        stage.desk.log.close()
        events = (event for stream in stage.streams for event in reading.read_stream(stage.desk.log, stream))
        times = Counter(event.command_id for event in events)
        for answer in answers:
            assert [key for key in answer["acknowledged"] if times[key] != 1] == []
            assert [key for key in answer["refused"] if times[key] != 0] == []
            assert {why.partition(":")[0] for why in answer["refused"].values()} <= CLOCK_CODES

    return strike


SERIALIZATION = """
CREATE FUNCTION test_fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF random() < 0.5 THEN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END IF; RETURN NEW;
END $$;
CREATE TRIGGER test_fails BEFORE INSERT ON commands FOR EACH ROW EXECUTE FUNCTION test_fails();
"""


def _serialization_failures(stage: Apart, luck: random.Random) -> None:
    """Every other append is failed by the server as one that could not be serialized."""
    with psycopg.connect(stage.home.url, autocommit=True) as connection:
        connection.execute(SERIALIZATION)
        stage.wait(luck)
        connection.execute("DROP TRIGGER test_fails ON commands")
        connection.execute("DROP FUNCTION test_fails()")


EVERYBODY_ELSE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND application_name <> 'greedy' AND pid <> pg_backend_pid()
"""


def _connections_taken(stage: Apart, luck: random.Random) -> None:
    """A stranger takes every connection there is, and drops everybody else's."""
    with ExitStack() as taken:
        first = taken.enter_context(psycopg.connect(stage.database.url(), autocommit=True))
        limit = time.monotonic() + luck.uniform(*stage.hold)
        while time.monotonic() < limit:
            first.execute(EVERYBODY_ELSE)
            with suppress(psycopg.OperationalError):
                while True:
                    taken.enter_context(psycopg.connect(stage.database.url(), application_name="greedy"))
            time.sleep(0.2)


LIMITS = ("frontend.namespaceRPS=4", "frontend.rps=8", "frontend.persistenceMaxQPS=8", "history.persistenceMaxQPS=8")


def _temporal_exhausted(stage: Apart, luck: random.Random) -> None:
    """Temporal takes a few calls a second and refuses the others as too many."""
    stage.kills["server"] += 2
    limited = tuple(word for limit in LIMITS for word in ("--dynamic-config-value", limit))
    try:
        with suppress(NotReadyError):  # its limits refuse also who asks whether it is ready
            stage.restart_temporal(luck, extra=limited)
        stage.wait(luck)
    finally:
        stage.restart_temporal(luck)


# --- with commands of their own


def _aside(stage: Apart) -> str:
    """A matter beside those that are reported to."""

    async def opened() -> str:
        (stream,) = await stage.desk.in_progress(1)
        return stream

    return asyncio.run(opened())


def _retention_expired(stage: Apart, luck: random.Random) -> None:
    """Temporal forgets a matter that ended; what is said to it is answered from the log, as before."""

    async def forgotten() -> None:
        stream = await asyncio.to_thread(_aside, stage)
        cancel, ended = c.CancelMatter(reason="另案办理"), f"ended-{uuid4().hex[:8]}"
        await stage.desk.do(stream, cancel, command_id=ended)
        gateway = await stage.desk.gateway()
        handle = gateway.client.get_workflow_handle(stream)
        limit = time.monotonic() + 30
        while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            assert time.monotonic() < limit, "it does not end"
            await asyncio.sleep(0.2)
        request = DeleteWorkflowExecutionRequest(
            namespace=gateway.client.namespace, workflow_execution=WorkflowExecution(workflow_id=stream)
        )
        await gateway.client.workflow_service.delete_workflow_execution(request)
        await asyncio.to_thread(stage.wait, luck)
        assert (await stage.desk.do(stream, cancel, command_id=ended)).events, "it was done, and is said to be"
        with suppress(Refusal):
            await stage.desk.do(stream, c.SubmitFeedback(text="继续推进"), LIAISON)
            raise AssertionError("a matter that ended took a report")

    asyncio.run(forgotten())


def _poison(stage: Apart, luck: random.Random) -> None:
    """A build that cannot work on one matter: the others go on, `doctor` names it, and a mended build takes it up."""
    stream = _aside(stage)
    number = matter(stage.desk.log, stream).number
    command_id = f"poisoned-{uuid4().hex[:8]}"
    sent = order(stream, c.SubmitFeedback(text="继续推进"), LIAISON, now=datetime.now(UTC), command_id=command_id)

    async def unanswered() -> None:
        with suppress(Unreachable):
            await (await stage.desk.gateway()).submit(sent)
            raise AssertionError("a build that cannot work on the matter answered for it")

    with stage.worker.otherwise({"POISON": stream}):
        wait_for(lambda: stage.worker.ready, 40)
        limit = time.monotonic() + WEDGED_WITHIN
        while number not in _named_by_doctor(stage):
            assert time.monotonic() < limit, "doctor does not name it"
            asyncio.run(unanswered())
    with stage.worker.otherwise({"POISON": stream, "POISON_MENDED": "yes"}):
        asyncio.run(_report(stage.desk, stream, command_id))
    stage.kills["worker"] += 4


def _named_by_doctor(stage: Stage) -> set[str]:
    findings = stage.home.xmh("doctor", "--json").json
    return {number for finding in findings["problems"] for number in finding.get("matters", ())}


KILLED_BEFORE_WAKING = (
    "import os, signal, cli.moving; cli.moving._wake = lambda: os.kill(os.getpid(), signal.SIGKILL);"
    "from cli.main import run; run()"
)


def _killed_between_rule_and_waking(stage: Stage, luck: random.Random) -> None:
    """Whoever recorded a rule dies before a matter has heard of it: the next sweep tells them all."""
    stage.kills["client"] += 1
    day = date(2040, 1, 2) + timedelta(weeks=luck.randrange(2000))  # a Monday
    words = ["calendar", "override", day.isoformat(), "--off", "--reason", "台风", "--as", "office", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_WAKING, *words],
        cwd=ROOT,
        env=stage.home.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, (done.stdout, done.stderr)

    async def told() -> None:
        limit = time.monotonic() + WOKEN_WITHIN
        gateway = await stage.desk.gateway()
        while (recovery := await Healing(gateway).recover(dry_run=True)).behind:
            assert time.monotonic() < limit, recovery
            await asyncio.sleep(1)

    asyncio.run(told())


def _receivers_drip(stage: Apart, luck: random.Random) -> None:
    for receiver in stage.receivers:
        receiver.manner = "drips"
    asyncio.run(_urged(stage))
    stage.wait(luck)
    for receiver in stage.receivers:
        receiver.manner = "takes"


async def _urged(stage: Stage) -> None:
    """Something to tell."""
    await stage.desk.do(stage.streams[0], c.RemindUnit(text="请抓紧报送"))


# --- one machine


def _strike_home(what: str) -> Callable[[Embedded, random.Random], None]:
    def strike(stage: Embedded, luck: random.Random) -> None:
        stage.chaos.strike(what, luck)

    return strike


def _stop_in_home(what: str) -> Callable[[Embedded, random.Random], None]:
    def strike(stage: Embedded, luck: random.Random) -> None:
        process = getattr(stage.chaos.home.running, what)
        if process is not None:
            stop_and_go([process.pid], luck.uniform(*stage.hold))

    return strike


def _wal_deleted(stage: Embedded, luck: random.Random) -> None:
    """Somebody tidies up what looks like a left-over, while everybody writes; the services begin anew by themselves."""
    stage.desk.log.close()  # a process that had it open may not open another
    for ending in luck.choice((("-wal",), ("-wal", "-shm"))):
        stage.log_file.with_name(f"{stage.log_file.name}{ending}").unlink(missing_ok=True)
    stage.wait(luck)


def _temporals_file_corrupted(stage: Embedded, luck: random.Random) -> None:
    """Pages of Temporal's own file turn to noise under it, and then it dies."""
    file = stage.home.path / TEMPORAL_FILE
    with closing(sqlite3.connect(file)) as connection, suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as content:
        content.seek(4096)
        content.write(luck.randbytes(16 * 4096))
    stage.kills["server"] += 1
    server = stage.chaos.home.running.server
    if server is not None:
        kill(server)


THE_LOAD_OF_A_STORM = 4

APART: tuple[Fault[Apart], ...] = (
    *_wires(),
    *(
        Fault(f"a storm of kills: {whose}", strike, load=THE_LOAD_OF_A_STORM)
        for whose, strike in (
            ("the worker at its points", kills.storm_of(kills.worker, points=True)),
            ("Temporal and PostgreSQL", kills.storm_of(kills.temporal, kills.database, kills.backend)),
            ("clients and web", kills.storm_of(kills.client, kills.page)),
            ("anything", kills.storm_of(*kills.WAYS, points=True)),
        )
    ),
    Fault("worker–PostgreSQL silent there at a COMMIT", _silent_at_a_commit("requests")),
    Fault("worker–PostgreSQL silent back at a COMMIT", _silent_at_a_commit("answers")),
    Fault("worker killed", _kill_worker),
    Fault("Temporal killed", _kill_temporal),
    Fault("PostgreSQL killed", _kill_database),
    Fault("all three killed", _kill_all),
    Fault("worker killed before its insert", _at_a_command("DEADLY_BEFORE")),
    Fault("worker killed after its commit", _at_a_command("DEADLY_AFTER")),
    Fault("worker stopped", _stop_worker),
    Fault("Temporal stopped", _stop_temporal),
    Fault("PostgreSQL stopped", _stop_database),
    Fault("worker stopped in its transaction", _at_a_command("FROZEN_IN")),
    Fault("PostgreSQL stopped in a transaction", _stop_a_backend_in_its_transaction),
    Fault("disk full for the log (PostgreSQL)", _full_database, missing=_own_disk("log_disk")),
    Fault("disk full for Temporal alone", _full_temporal, missing=_own_disk("temporal_disk")),
    *(
        Fault(f"clock of {whose} {hours:+} h", strike(hours), CLOCK_CODES, _compiler)
        for hours in (-2, 2)
        for whose, strike in (("the worker", _worker_off), ("PostgreSQL", _database_off), ("clients", _client_off))
    ),
    Fault("serialization failures", _serialization_failures),
    Fault("connections taken", _connections_taken),
    Fault("Temporal exhausted", _temporal_exhausted),
    Fault("retention expired", _retention_expired),
    Fault("a poison matter", _poison),
    Fault("killed between a rule and waking", _killed_between_rule_and_waking),
    Fault("mail and gateway drip", _receivers_drip),
)
EMBEDDED: tuple[Fault[Embedded], ...] = (
    *(
        Fault(f"a storm of kills under `up`: {whose}", kills.storm_at_home(kinds), load=THE_LOAD_OF_A_STORM)
        for whose, kinds in (("worker and server", ("worker", "server", "both")), ("anything", KINDS))
    ),
    *(Fault(f"{what} killed under `up`", _strike_home(what)) for what in ("worker", "server", "both", "all")),
    *(Fault(f"{what} stopped under `up`", _stop_in_home(what)) for what in ("worker", "server")),
    Fault("disk full for the log (SQLite)", _full("log_disk"), missing=_own_disk("log_disk")),
    Fault("disk full for home and documents", _full_home, missing=_own_disk("home_disk")),
    Fault("the log's -wal deleted", _wal_deleted),
    Fault("Temporal's file corrupted", _temporals_file_corrupted),
    Fault("killed between a rule and waking, under `up`", _killed_between_rule_and_waking),
)
