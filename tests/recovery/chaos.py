"""A home served by a deadly worker, four clients that report to it, and a hand that kills at random moments.

The log lies in SQLite's file or in a PostgreSQL of the test's own, which the hand kills as well.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

from domain import commands as c
from domain.calendar import SHANGHAI, OfficeHours, local_date, to_minute
from domain.envelope import SYSTEM, Actor
from domain.meetings import commands as mc
from domain.office import DayOverridden, OfficeHoursSet
from eventlog import reading
from eventlog.database import Database
from services.embedded.runfile import RunFile
from services.gateway import Gateway, Unreachable
from services.office_records import record_office_events
from services.temporal_client import connect
from settings import Settings
from tests.support.meetings import meeting_order
from tests.support.office import LIAISON, OFFICE, opening, order, types, until
from tests.support.postgres import Server as DatabaseServer
from tests.support.served import ROOT, Home, home_in, kill, wait_for
from tests.support.streams import CALENDAR_STREAM
from workflows.contract import Reply

HERE = Path(__file__).parent
CLIENTS = 4
KINDS = ("worker", "server", "both", "all")
"""What a hand can kill; `all` is the supervisor too. Beside these, where the log has a server: `database`."""
PATIENCE = 120.0
"""A stopped worker's polls take tasks from the server until they end after a minute."""


@dataclass
class Clients:
    """Client processes that live through many rounds."""

    processes: list[subprocess.Popen[str]]

    def report(self, streams: list[str], prefix: str, reports: int, pace: float = 0) -> list[dict[str, Any]]:
        """Let all of them report at once; what each was told. Every other one repeats what got no answer.

        With a `pace` each pauses so many seconds after every answer.
        """
        for n, process in enumerate(self.processes):
            told = {
                "streams": streams,
                "prefix": f"{prefix}-{n}",
                "reports": reports,
                "retries": n % 2 == 0,
                "pace": pace,
            }
            assert process.stdin is not None
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
        return [json.loads(self._heard(process)) for process in self.processes]

    @staticmethod
    def _heard(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"a client died with {process.wait(5)}"
        return line


def reporter(home: Home) -> subprocess.Popen[str]:
    """A process that reports as its input tells it to, to whoever serves the home."""
    return subprocess.Popen(
        [sys.executable, HERE / "reporter.py"],
        cwd=ROOT,
        env={**home.environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def clients_of(home: Home) -> Iterator[Clients]:
    """Four processes that report to whoever serves the home."""
    processes = [reporter(home) for _ in range(CLIENTS)]
    try:
        yield Clients(processes)
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@dataclass
class Chaos:
    """The home, and whoever serves it."""

    home: Home
    database: DatabaseServer | None = None
    """Where the log lies, when not in the home's own file."""
    serving: subprocess.Popen[str] | None = None
    kills: Counter[str] = field(default_factory=Counter)
    hand: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "hand"))
    """One thread that lives as long as the test: a server it starts would die with a thread of its own."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the hand can kill here."""
        return KINDS if self.database is None else (*KINDS, "database")

    def serve(self) -> None:
        """Up, with the deadly worker; returns when ready."""
        self.bury()
        self.serving = subprocess.Popen(
            [sys.executable, HERE / "deadly_up.py"],
            cwd=ROOT,
            env={**self.home.environment, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.serving.stdout is not None
        assert self.serving.stdout.readline() == "ready\n"

    def bury(self) -> None:
        """Wait for a supervisor that was killed."""
        if self.serving is not None:
            self.serving.wait(10)
            if self.serving.stdout is not None:
                self.serving.stdout.close()
            self.serving = None

    def strike(self, what: str, luck: random.Random) -> None:
        """Kill it now."""
        found = RunFile.read(self.home.path)
        if found is None:
            return
        self.kills[what] += 1
        if what == "database":
            self._strike_database(luck)
            return
        match what:
            case "worker" | "server":
                victims = [found.worker if what == "worker" else found.server]
            case "both":
                victims = [found.server, found.worker]
            case _:
                victims = [found.supervisor, found.server, found.worker]
        for victim in victims:
            if victim is not None:
                kill(victim)
        if what == "all":
            # Somebody notices, and types `xmh up` again.
            time.sleep(luck.uniform(0, 0.5))
            self.serve()

    def _strike_database(self, luck: random.Random) -> None:
        """Kill the log's server; whoever watches it starts it again."""
        assert self.database is not None
        self.database.kill()
        time.sleep(luck.uniform(0, 2))
        self.database.start()

    @contextmanager
    def striking(self, luck: random.Random, kinds: Sequence[str], within: float) -> Iterator[None]:
        """Kill these at random moments while something else goes on; calm is restored in the end."""
        over = threading.Event()

        def strikes() -> None:
            for what in kinds:
                over.wait(luck.uniform(0.2, within / len(kinds)))
                self.strike(what, luck)

        struck = self.hand.submit(strikes)
        try:
            yield
        finally:
            over.set()
            wait([struck])
        struck.result()
        self.calm()

    def calm(self) -> None:
        """Wait until both are ready again."""
        wait_for(lambda: self.home.running.ready, 60)

    @contextmanager
    def clients(self) -> Iterator[Clients]:
        """Four processes that report."""
        with clients_of(self.home) as clients:
            yield clients

    def log(self) -> Database:
        return self.home.log()


@contextmanager
def chaos_in(folder: Path, database: DatabaseServer | None = None, **deadly: object) -> Iterator[Chaos]:
    """A served home whose worker is as deadly as told (see `deadly_worker.py`), its log in SQLite unless told."""
    env = {name.upper(): str(value) for name, value in deadly.items()}
    if database is not None:
        env["XMH_DATABASE_URL"] = database.new_database()
    with home_in(folder, env) as home:
        chaos = Chaos(home, database)
        try:
            chaos.serve()
            yield chaos
        finally:
            home.kill_all()
            with suppress(AssertionError, subprocess.TimeoutExpired):
                chaos.bury()


class Desk:
    """The office at a home that may be killed at any moment: whatever it says, it says until it has an answer."""

    def __init__(self, home: Home, log: Database) -> None:
        self.home = home
        self.log = log

    async def gateway(self) -> Gateway:
        found = RunFile.read(self.home.path)
        if found is None or found.temporal is None:
            raise Unreachable("nothing runs")
        settings = Settings(home=self.home.path, temporal_address=found.temporal)
        client = await connect(settings, within=timedelta(seconds=2))
        return Gateway(client, self.log, "xmh", settings.door)

    async def insist(self, sent: c.Order) -> Reply:
        """Repeat a command under its id until it has an answer."""
        limit = time.monotonic() + PATIENCE
        while True:
            try:
                return await (await self.gateway()).submit(sent)
            except Unreachable:
                assert time.monotonic() < limit, f"no answer to {sent.command_id}"
                await asyncio.sleep(0.2)

    async def do(self, stream: str, command: c.MatterCommand, actor: Actor = OFFICE, command_id: str = "") -> Reply:
        sent = order(stream, command, actor, now=datetime.now(UTC), command_id=command_id or None)
        return await self.insist(sent)

    async def meet(self, stream: str, command: mc.MeetingCommand, actor: Actor = OFFICE) -> None:
        """Repeat a command to a meeting under its id until it has an answer."""
        sent = meeting_order(stream, command, actor, now=datetime.now(UTC))
        limit = time.monotonic() + PATIENCE
        while True:
            try:
                await (await self.gateway()).convene(sent)
            except Unreachable:
                assert time.monotonic() < limit, f"no answer to {sent.command_id}"
                await asyncio.sleep(0.2)
            else:
                return

    async def in_progress(self, how_many: int) -> list[str]:
        """Matters due today, accepted; their streams."""
        today = local_date(datetime.now(UTC))
        streams = [f"matter/{uuid4().hex[:12]}" for _ in range(how_many)]

        async def one(stream: str) -> None:
            await self.do(stream, opening(stream, due=today))
            await self.do(stream, c.AcceptReceipt(), LIAISON)

        await asyncio.gather(*map(one, streams))
        return streams

    async def close_office_in(self, seconds: float) -> None:
        """Set the closing hour, and with it the limit of every matter due today, to a moment from now."""
        closes = (datetime.now(UTC) + timedelta(seconds=seconds)).astimezone(SHANGHAI).time()
        await asyncio.to_thread(set_hours, self.log, closes)


class AddressedDesk(Desk):
    """The office at a home that is told by its environment where everything is."""

    def __init__(self, home: Home, log: Database) -> None:
        super().__init__(home, log)
        with mock.patch.dict("os.environ", home.environment, clear=True):
            self.settings = Settings()

    async def gateway(self) -> Gateway:
        client = await connect(self.settings, within=timedelta(seconds=2))
        return Gateway(client, self.log, self.settings.task_queue, self.settings.door)


def open_all_day(log: Database) -> None:
    """Today is a working day whose hours end just before midnight: what is due today has not lapsed, whenever it is."""
    today = DayOverridden(day=local_date(datetime.now(UTC)), workday=True, reason="试验")
    now = datetime.now(UTC)
    record_office_events(log, CALENDAR_STREAM, [today], actor=SYSTEM, command_id=uuid4().hex, now=now)
    set_hours(log, clock(23, 59, 59))


def set_hours(log: Database, closes: clock) -> None:
    """Office hours from midnight to a moment of the day."""
    hours = OfficeHours(
        morning_opens=clock(0),
        morning_closes=clock(0, 0, 1),
        afternoon_opens=clock(0, 0, 2),
        afternoon_closes=closes,
    )
    now = datetime.now(UTC)
    record_office_events(
        log, CALENDAR_STREAM, [OfficeHoursSet(hours=hours)], actor=SYSTEM, command_id=uuid4().hex, now=now
    )


def counted(log: Database, streams: list[str]) -> Counter[str]:
    """How many reports each command id gave."""
    return Counter(
        event.command_id
        for stream in streams
        for event in reading.read_stream(log, stream)
        if event.type == "FeedbackSubmitted"
    )


def tallied(said: list[dict[str, Any]], found: Counter[str]) -> dict[str, int]:
    """What came of a round of reports: what clients were told, held against the log."""
    acknowledged = [command_id for told in said for command_id in told["acknowledged"]]
    return {
        "acknowledged": len(acknowledged),
        "no answer": sum(len(told["unknown"]) for told in said),
        "lost": sum(found[command_id] == 0 for command_id in acknowledged),
        "doubled": sum(count > 1 for count in found.values()),
        "wrongly refused": sum(len(told["refused"]) for told in said),
    }


async def settled(desk: Desk, matters: list[str], said: list[dict[str, Any]], reports: int) -> None:
    """What was acknowledged is there once and as told; what was not, is there once after it was repeated."""
    found = counted(desk.log, matters)
    for told in said:
        assert told["refused"] == {}
        for command_id in told["acknowledged"]:
            assert found[command_id] == 1, command_id
        for command_id in told["unknown"]:
            assert found[command_id] <= 1, command_id
    unknown = [command_id for told in said for command_id in told["unknown"]]
    await asyncio.gather(*(_repeated(desk, matters, command_id) for command_id in unknown))
    found = counted(desk.log, matters)
    assert set(found.values()) == {1}
    assert len(found) == reports


async def _repeated(desk: Desk, matters: list[str], command_id: str) -> None:
    n = int(command_id.rpartition("-")[2])
    again = c.SubmitFeedback(text=f"第{n}次反馈", progress=n % 100)
    await desk.do(matters[n % len(matters)], again, LIAISON, command_id)


async def every_matter_goes_on(desk: Desk, streams: list[str]) -> None:
    """A further command works, and the timer it arms fires."""
    await desk.close_office_in(5)
    await asyncio.gather(*(desk.do(s, c.SubmitFeedback(text="继续推进"), LIAISON) for s in streams))
    await until(lambda: all("DueLapsed" in types(desk.log, stream) for stream in streams), 40)


def away_from_midnight(seconds: float = 240) -> None:
    """A test whose matters are due today must not begin just before tomorrow."""
    now = datetime.now(UTC).astimezone(SHANGHAI)
    left = (now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - now).total_seconds()
    if left < seconds:
        time.sleep(left + 1)


def later_today(minutes: int) -> datetime:
    """So many minutes from now, and the last minute of the office's day at the latest."""
    now = to_minute(datetime.now(UTC)).astimezone(SHANGHAI)
    return min(now + timedelta(minutes=minutes), now.replace(hour=23, minute=59))


def seed_of(name: str) -> random.Random:
    """Random, and said in the output, so that a failure can be tried again with `XMH_TEST_SEED`."""
    seed = os.environ.get("XMH_TEST_SEED") or str(random.SystemRandom().randrange(10**9))
    print(f"{name}: XMH_TEST_SEED={seed}")  # noqa: T201
    return random.Random(f"{name}-{seed}")
