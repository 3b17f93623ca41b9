"""`xmh up` as a supervisor: a Temporal server and a worker on one home, each started again when it dies.

It imports neither Temporal nor SQLAlchemy while it watches, so it costs little memory and can be forked.
"""

import importlib.util
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from domain.base import Refusal
from domain.headquarters import FIRST_HEADQUARTERS
from services.embedded.runfile import Process, RunFile
from services.embedded.temporal_file import TEMPORAL_FILE, set_aside_damaged
from services.extras import Extra, need_program
from services.headquarters import further_headquarters

LOOPBACK = "127.0.0.1"
CHOSEN_PORTS = range(20000, 32000)
"""Below what Linux (32768) and the others (49152, RFC 6335) give to connections that go out."""
NAMESPACE = "default"
RETENTION = "8760h"
"""Histories of ended matters are kept a year; the log keeps the matters for ever."""
READY_WITHIN = 60.0
SERVER_READY_WITHIN = 30.0
OTHERS_READY_WITHIN = 15.0
"""A worker whose log is broken waits for it to come back, and is not waited for."""
WORKER_DRAINS_WITHIN = 40.0
SERVER_STOPS_WITHIN = 10.0
CONSOLE_STOPS_WITHIN = 8.0
LONGEST_PAUSE = 30.0
FIRST_PAUSE = 0.25
LOG_BYTES = 20 * 1024 * 1024
LOGS_EVERY = 60.0
"""Seconds between two looks whether a log has grown."""
READY_FD = "XMH_READY_FD"
"""Through this descriptor the worker says that it is ready."""

_BUSY_LOOK = 0.05
_IDLE_LOOK = 5.0


@dataclass
class Child:
    """A process to be kept running. `pause` grows while it dies before it was ever ready."""

    name: str
    command: Sequence[str | Path]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    """What of our own environment it does not inherit."""
    process: subprocess.Popen[bytes] | None = None
    known: Process | None = None
    ready: bool = False
    starts: int = 0
    failures: int = 0
    not_before: float = 0.0
    started: float = 0.0
    says: int | None = None

    @property
    def runs(self) -> bool:
        """Whether it runs at this moment."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches the supervisor only."""
        _rotate(self.log)
        self._hush()
        ours, theirs = os.pipe()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={k: v for k, v in os.environ.items() if k not in self.without} | self.env | {READY_FD: str(theirs)},
                pass_fds=(theirs,),
                start_new_session=True,
            )
        os.close(theirs)
        self.says = ours
        self.known = Process.of(self.process.pid)
        self.ready = False
        self.starts += 1
        self.started = time.monotonic()

    def is_ready(self) -> None:
        """It has shown that it works: its next death is a first one again."""
        self.ready = True
        self.failures = 0

    def died(self) -> None:
        """Note a death, and when to start it again."""
        self._hush()
        self.process = None
        self.ready = False
        self.not_before = time.monotonic() + min(FIRST_PAUSE * 2.0**self.failures, LONGEST_PAUSE)
        self.failures += 1

    def said_ready(self) -> bool:
        """Whether it wrote that it is ready."""
        if self.says is None or not select.select([self.says], [], [], 0)[0]:
            return False
        byte = os.read(self.says, 16)
        self._hush()
        return bool(byte)

    def _hush(self) -> None:
        if self.says is not None:
            os.close(self.says)
            self.says = None

    def stop(self, how: signal.Signals, seconds: float, hurry: Callable[[], bool]) -> None:
        """Ask it to end; make it end after the time, or when somebody is in a hurry."""
        if self.process is None:
            return
        limit = time.monotonic() + seconds
        if self.process.poll() is None:
            self.process.send_signal(how)
        while self.process.poll() is None and time.monotonic() < limit and not hurry():
            time.sleep(_BUSY_LOOK)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._hush()


class Supervisor:
    """Keeps the server of one installation, a worker for each headquarters and the console running until told to stop.

    A process each: what floods or breaks one worker takes nothing from another's, not even the interpreter.
    """

    def __init__(
        self,
        home: Path,
        port: int | None = None,
        worker_command: Sequence[str | Path] | None = None,
        web_port: int | None = None,
    ) -> None:
        """Nothing runs yet. Without a port a free one is taken, and kept through restarts of the server.

        Without a `web_port` no web server is started.
        """
        self.home = home
        self.port = port or free_port()
        self.address = f"{LOOPBACK}:{self.port}"
        self._logs = logs = home / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        self.server = Child("server", _server_command(home, self.port), logs / "temporal.log")
        self._worker_command = worker_command or [sys.executable, _worker_script()]
        self.worker = self._worker_of(FIRST_HEADQUARTERS)
        self.web = f"http://{LOOPBACK}:{web_port}" if web_port is not None else None
        self._console = self._console_on(web_port) if web_port is not None else None
        self.others: dict[str, Child] = {}
        """The workers of the other headquarters, by code."""
        self._find_others()
        self._started_at = datetime.now(UTC)
        self._me = Process.of(os.getpid())
        self._signals = 0
        self._logs_looked_at = time.monotonic()
        self._woken: int | None = None

    def _worker_of(self, headquarters: str) -> Child:
        first = headquarters == FIRST_HEADQUARTERS
        name = "worker" if first else f"worker-{headquarters}"
        where = {"XMH_HOME": str(self.home), "XMH_HEADQUARTERS": headquarters}
        where |= {"XMH_TEMPORAL_ADDRESS": self.address, "XMH_TEMPORAL_NAMESPACE": NAMESPACE}
        # The ports are one process's: of the others nobody could tell which is whose.
        without = () if first else ("XMH_HEALTH_PORT", "XMH_METRICS_PORT")
        return Child(name, self._worker_command, self._logs / f"{name}.log", where, without)

    def _console_on(self, port: int) -> Child:
        where = {"XMH_HOME": str(self.home), "XMH_HEADQUARTERS": FIRST_HEADQUARTERS}
        where |= {"XMH_TEMPORAL_ADDRESS": self.address, "XMH_TEMPORAL_NAMESPACE": NAMESPACE}
        command = [sys.executable, "-P", "-m", "web", str(port)]  # never what lies where `xmh up` was typed
        return Child("web", command, self._logs / "web.log", where)

    def _find_others(self) -> None:
        """Whoever is set up while this runs is served from then on."""
        for one in further_headquarters(self.home):
            if one.code not in self.others:
                self.others[one.code] = self._worker_of(one.code)

    @property
    def _workers(self) -> tuple[Child, ...]:
        return self.worker, *self.others.values()

    @property
    def _settled(self) -> bool:
        """Whether everybody works, or has shown in time that he cannot: one that is broken keeps no other waiting."""
        patience = time.monotonic() - OTHERS_READY_WITHIN
        beside = (*self.others.values(), *self._consoles)
        return self.worker.ready and all(one.ready or one.failures or 0 < one.started < patience for one in beside)

    @property
    def _consoles(self) -> tuple[Child, ...]:
        return (self._console,) if self._console is not None else ()

    def run(self, when_ready: Callable[[RunFile], None]) -> None:
        """Start both, say when they are ready, watch over them until SIGTERM or Ctrl-C, then drain.

        Raises:
            Refusal: they did not become ready in time (exit 5); nothing runs any more.
        """
        self._me = Process.of(os.getpid())  # not before: the supervisor may have been forked since it was made
        limit = time.monotonic() + READY_WITHIN
        announced = False
        with _wakened_by_signals(self._count) as self._woken:
            try:
                while not self._signals:
                    self._look()
                    if not announced and self._settled:
                        announced = True
                        when_ready(self._noted())
                    if not announced and time.monotonic() > limit:
                        if not self.worker.ready:
                            raise self._not_ready()
                        announced = True
                        when_ready(self._noted())
                    self._wait()
            finally:
                self._stop()

    def _count(self, _signum: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _look(self) -> None:
        """One look at all: bury, start, and notice readiness."""
        self._find_others()
        for child in (self.server, *self._workers, *self._consoles):
            if child.process is not None and not child.runs:
                child.died()
                self._noted()
        now = time.monotonic()
        if now >= self._logs_looked_at + LOGS_EVERY:
            self._logs_looked_at = now
            for child in (self.server, *self._workers, *self._consoles):
                _rotate(child.log, written=child.runs)
        if self.server.process is None and now >= self.server.not_before:
            self._begin(self.server)
        if self.server.runs and not self.server.ready:
            self._look_at_new_server(now)
        for child in (*self._workers, *self._consoles):
            # The log can be read without Temporal, and the console starts beside it.
            awaited = self.server.ready or child is self._console
            if awaited and child.process is None and now >= child.not_before:
                self._begin(child)
            if child.runs and not child.ready and child.said_ready():
                child.is_ready()
                self._noted()

    def _begin(self, child: Child) -> None:
        if child is self.server and child.failures > 1:
            set_aside_damaged(self.home)  # it died before it was ever ready
        child.start()
        self._noted()

    def _look_at_new_server(self, now: float) -> None:
        if _answers(self.address):
            self.server.is_ready()
            self._noted()
            for worker in self._workers:
                if worker.ready and worker.process is not None:
                    # It was away for a while: whatever it forgot is healed now, not at the next sweep.
                    worker.process.send_signal(signal.SIGUSR1)
        elif now - self.server.started > SERVER_READY_WITHIN and self.server.process is not None:
            self.server.process.kill()

    def _noted(self) -> RunFile:
        """Write down what runs now."""
        run = RunFile(
            supervisor=self._me,
            server=self.server.known if self.server.runs else None,
            worker=self.worker.known if self.worker.runs else None,
            workers={code: one.known for code, one in self.others.items() if one.runs and one.known is not None},
            console=self._console.known if self._console is not None and self._console.runs else None,
            temporal=self.address,
            web=self.web,
            started_at=self._started_at,
            ready=self.server.ready and self.worker.ready,
            restarts={c.name: max(c.starts - 1, 0) for c in (self.server, *self._workers, *self._consoles)},
        )
        run.write(self.home)
        return run

    def _wait(self) -> None:
        """Sleep until something happens: a signal, the death of a child, a word from a worker."""
        settled = self.server.ready and self._settled
        listen = [
            fd for fd in (self._woken, *(one.says for one in (*self._workers, *self._consoles))) if fd is not None
        ]
        heard, _, _ = select.select(listen, [], [], _IDLE_LOOK if settled else _BUSY_LOOK)
        if self._woken in heard:
            with suppress(BlockingIOError):
                os.read(self._woken or 0, 512)

    def _stop(self) -> None:
        """The workers first, for they finish what they have begun on the server. A second signal cuts that short."""
        before = self._signals
        for console in self._consoles:
            console.stop(signal.SIGTERM, CONSOLE_STOPS_WITHIN, lambda: self._signals > before)
        for worker in self.others.values():
            if worker.process is not None and worker.runs:
                worker.process.send_signal(signal.SIGTERM)  # all drain at once, not one after the other
        limit = time.monotonic() + WORKER_DRAINS_WITHIN
        for worker in self._workers:
            worker.stop(signal.SIGTERM, max(limit - time.monotonic(), 0), lambda: self._signals > before)
        self.server.stop(signal.SIGTERM, SERVER_STOPS_WITHIN, lambda: self._signals > before + 1)
        RunFile.remove(self.home)

    def _not_ready(self) -> Refusal:
        late = self.worker if self.server.ready else self.server
        what = "办理进程" if late is self.worker else "Temporal 服务"
        return Refusal(f"{what}没有在 {READY_WITHIN:.0f} 秒内就绪，已全部停止；原因见 {late.log}", "not_ready")


class _wakened_by_signals:  # noqa: N801  (reads as what it does)
    """SIGTERM and SIGINT are counted; they and the death of a child also end a `select` on the descriptor."""

    def __init__(self, count: Callable[[int, FrameType | None], None]) -> None:
        self._count = count
        self._pipe = os.pipe()

    def __enter__(self) -> int:
        for end in self._pipe:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._count)
        signal.signal(signal.SIGINT, self._count)
        signal.signal(signal.SIGCHLD, lambda _signum, _frame: None)
        return self._pipe[0]

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for end in self._pipe:
            os.close(end)


def _worker_script() -> Path:
    """Where the worker's module is, found without importing it."""
    spec = importlib.util.find_spec("worker")
    if spec is None or spec.origin is None:
        raise Refusal("找不到 worker 模块，安装不完整", "unexpected")
    return Path(spec.origin)


def _temporal_program() -> Path:
    """The Temporal command that came with this environment.

    Raises:
        Refusal: it is not installed.
    """
    return need_program(Extra.EMBEDDED, "；已有 Temporal 服务的，写 XMH_TEMPORAL_ADDRESS 并用 xmh worker")


def _server_command(home: Path, port: int) -> list[str | Path]:
    return [
        *(_temporal_program(), "server", "start-dev", "--headless", "--log-level", "error"),
        *("--ip", LOOPBACK, "--port", str(port), "--db-filename", home / TEMPORAL_FILE),
        # The log is flushed to disk at every commit; Temporal may fall behind it in a power cut, which costs a sync.
        *("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"),
    ]


def _answers(address: str) -> bool:
    """Whether the server works, asked by setting how long it keeps histories."""
    host, _, port = address.partition(":")
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((host, int(port))) != 0:
            return False
    question: list[str | Path] = [_temporal_program(), "operator", "namespace", "update", "--namespace", NAMESPACE]
    question += ["--retention", RETENTION, "--address", address, "--command-timeout", "5s"]
    return subprocess.run(question, capture_output=True, check=False).returncode == 0


def free_port() -> int:
    """A TCP port of the loopback that is free, and no system's to give away before it is listened on.

    A port the system chose is one of those it chooses from: until the server listens, any connection anybody makes
    may be given it.
    """
    while True:
        port = secrets.choice(CHOSEN_PORTS)
        if port_is_free(port):
            return port


def port_is_free(port: int) -> bool:
    """Whether the loopback's port can be listened on."""
    with socket.socket() as probe:
        # As the server does: a port that only waits for its last packets is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _rotate(log: Path, *, written: bool = False) -> None:
    """Keep a log that has grown beside a new one; of one that is `written` to, a copy: it is emptied where it is.

    Who writes it appends, so he goes on at its new end; a line of the moment between the two may be lost.
    """
    kept = log.with_suffix(".log.1")
    with suppress(OSError):  # a disk that is full, or a folder that is no longer ours, ends no service
        if not log.exists() or log.stat().st_size <= LOG_BYTES:
            return
        if written:
            shutil.copyfile(log, kept)
            os.truncate(log, 0)
        else:
            log.replace(kept)
