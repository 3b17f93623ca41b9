"""A home served by the product itself: real servers, real kills, commands in processes of their own or in this one."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from cli.main import _code
from domain.envelope import SYSTEM
from domain.office import CalendarYearPublished
from eventlog import reading
from eventlog.database import Database
from services.door_key import make_door_key
from services.embedded.runfile import Process, RunFile
from services.office_records import record_office_events
from services.payload_keys import begin_payload_keys
from settings import Settings
from tests.support.command_line import forget_session
from tests.support.office import founded, office_today
from tests.support.streams import CALENDAR_STREAM

ROOT = Path(__file__).parents[2]
XMH = [sys.executable, "-c", "from cli.main import run; run()"]
SLOWEST_COMMAND = 60
OWN_PROCESS = {"up", "down", "worker"}
"""Commands that fork, or end what this process has begun."""


@dataclass(frozen=True)
class Answer:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


@dataclass
class Home:
    """A data directory, and `xmh` on it."""

    path: Path
    env: dict[str, str] = field(default_factory=dict)
    web: bool = False
    """Whether `up` starts the web server too, which costs a second of CPU."""

    @property
    def url(self) -> str:
        return self.env.get("XMH_DATABASE_URL", f"sqlite:///{self.path / 'events.db'}")

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("XMH_") and k != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "XMH_HOME": str(self.path), **self.env}

    def _command(self, words: Sequence[str | Path]) -> list[str]:
        left_out = ["--no-web"] if words[:1] == ("up",) and not self.web else []
        return [*XMH, *map(str, words), *left_out]

    def xmh(self, *words: str | Path, env: Mapping[str, str] | None = None) -> Answer:
        """Run one command to its end."""
        began = time.monotonic()
        done = subprocess.run(
            self._command(words),
            cwd=ROOT,
            env={**self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SLOWEST_COMMAND,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def ok(self, *words: str | Path) -> Any:
        """The document of a command that must succeed."""
        answer = self.here(*words, "--json")
        assert answer.code == 0, (words, answer)
        return answer.json

    def here(self, *words: str | Path) -> Answer:
        """Run one command in this process, where one may: a process of its own costs a second of the processor."""
        if words[0] in OWN_PROCESS:
            return self.xmh(*words)
        if _in_a_loop():
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(self._here, words).result()
        return self._here(words)

    def _here(self, words: Sequence[str | Path]) -> Answer:
        began, out, err = time.monotonic(), io.StringIO(), io.StringIO()
        forget_session()
        with mock.patch.dict(os.environ, self.environment, clear=True), redirect_stdout(out), redirect_stderr(err):
            code = _code([str(word) for word in words])
            forget_session()
        return Answer(code, out.getvalue(), err.getvalue(), time.monotonic() - began)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command and do not wait for it."""
        return subprocess.Popen(
            self._command(words),
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self, process: subprocess.Popen[str], condition: Callable[[], bool], seconds: float = 40) -> None:
        """Wait until what was begun serves; fail with what it wrote when it ends instead, or takes too long."""
        limit = time.monotonic() + seconds
        while not condition():
            if process.poll() is not None or time.monotonic() > limit:
                process.kill()
                raise AssertionError(f"not ready: {process.communicate()}")
            time.sleep(0.05)

    def furnish(self) -> None:
        """Units, people, and calendars for the years these tests may run in."""
        with founded(self.url, datetime.now(UTC)) as log:
            this = office_today().year
            published = {y.year for y in reading.rulebook(log).calendar.years}
            for year in {this, this + 1} - published:
                event = CalendarYearPublished(year=year, source="试验", off=(), work=())
                record_office_events(
                    log, CALENDAR_STREAM, [event], actor=SYSTEM, command_id=f"y{year}", now=datetime.now(UTC)
                )

    def up(self) -> RunFile:
        """Serve it in the background; what runs."""
        self.ok("up", "--detach")
        return self.running

    @property
    def running(self) -> RunFile:
        """What runs now."""
        run = RunFile.read(self.path)
        assert run is not None
        return run

    def down(self) -> None:
        self.ok("down")

    def log(self) -> Database:
        return Database(self.url)

    def kill_all(self) -> None:
        """As in a power cut: whoever watches first, so that nothing is started again."""
        run = RunFile.read(self.path)
        if run is not None:
            for process in (run.supervisor, run.worker, *run.workers.values(), run.console, run.server):
                if process is not None:
                    kill(process)


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def kill(process: Process) -> None:
    """End it without a word, and wait until it is gone."""
    process.send(signal.SIGKILL)
    assert process.gone_within(10)


@contextmanager
def home_in(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[Home]:
    """A home with its directory; whatever runs on it is ended in the end."""
    home = Home(folder / "home", dict(env or {}))
    home.path.mkdir(mode=0o700, parents=True)
    home.furnish()
    make_door_key(home.path)
    begin_payload_keys(Settings(home=home.path))
    try:
        yield home
    finally:
        home.kill_all()


@contextmanager
def home_with_pages(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[tuple[Home, str]]:
    """The same, up with its pages, and where they are."""
    with home_in(folder, env) as home:
        home.web = True
        address = home.up().web
        assert address is not None
        yield home, address


def wait_for(condition: Callable[[], bool], seconds: float = 45) -> None:
    """Wait until it holds; fail when it does not in time."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.05)
