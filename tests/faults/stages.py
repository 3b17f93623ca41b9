"""Where faults are struck: parts on machines of their own with a wire between each two, or one home with its `xmh up`.

A stage knows how to strike its parts and how to tell that all is whole; what is struck when stands in `kinds.py`.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from services.embedded.runfile import RunFile
from services.embedded.supervise import free_port
from services.embedded.temporal_file import TEMPORAL_FILE
from tests.faults.disk import Disk
from tests.faults.wire import Wire
from tests.recovery.chaos import AddressedDesk, Chaos, Desk, chaos_in
from tests.recovery.deadly_worker import DEATHS
from tests.support.postgres import Server as DatabaseServer
from tests.support.processes import children_of, end, says_ready, spawn
from tests.support.receivers import Received, http_receiver, smtp_receiver
from tests.support.served import ROOT, Home, home_in, wait_for
from tests.support.temporal import DevServer

DEADLY_WORKER = ROOT / "tests" / "recovery" / "deadly_worker.py"
WHOLE_WITHIN = 60.0
RESTARTED_AFTER = 0.3
"""Seconds after which whoever watches a service (systemd) starts it again."""


@cache
def shifted_clock(folder: Path) -> Path | None:
    """What gives a process a clock that is off, built from `shifted_clock.c`; None without a compiler for Linux."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "shifted_clock.so"
    source = Path(__file__).with_name("shifted_clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    library.chmod(0o755)
    folder.chmod(0o755)  # PostgreSQL runs as nobody
    return library


def shifted(library: Path | None, hours: int) -> dict[str, str]:
    """The environment of a process whose wall clock is so many hours off."""
    assert library is not None
    return {"LD_PRELOAD": str(library), "XMH_CLOCK_OFF": str(hours * 3600)} if hours else {}


POINTS = {
    "DEADLY_BEFORE": "worker before its insert",
    "DEADLY_IN": "worker in its transaction",
    "DEADLY_AFTER": "worker after its commit",
}
"""Name of what befell the deadly worker → what died, in a tally."""


@dataclass
class Stage(ABC):
    """What is struck, and the office that works on it meanwhile."""

    home: Home
    """As whoever checks has it: past every wire."""
    desk: Desk
    library: Path | None
    """See `shifted_clock`."""
    hold: tuple[float, float]
    """Between how many seconds a fault stays."""
    kills: Counter[str] = field(default_factory=Counter)
    hand: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "hand"))
    """One thread that lives as long as the stage: a server it starts would die with a thread of its own."""
    streams: list[str] = field(default_factory=list)
    """The matters reported to."""
    reporting: threading.Event = field(default_factory=threading.Event)
    """Set while clients report."""

    @property
    @abstractmethod
    def clients_home(self) -> Home:
        """As clients have it: over their wires."""

    @property
    @abstractmethod
    def whole(self) -> bool:
        """Whether everything is ready."""

    def wait(self, luck: random.Random) -> None:
        """A fault stays for a while."""
        time.sleep(luck.uniform(*self.hold))

    def calm(self) -> None:
        """Until everything is ready again."""
        wait_for(lambda: self.whole, WHOLE_WITHIN)

    def deaths(self) -> Counter[str]:
        """At which of its points the deadly worker died, and how often, since its home is there."""
        file = self.home.path / DEATHS
        lines = file.read_text(encoding="ascii").split() if file.exists() else []
        return Counter(POINTS[line] for line in lines)

    def rearm(self, name: str) -> None:
        """What the deadly worker did once it does again (`deadly_worker.py`)."""
        (self.home.path / f"{name}.done").unlink(missing_ok=True)


@dataclass
class Service:
    """A program of ours as a service: a thread starts it again whenever it has ended."""

    command: Sequence[str | Path]
    environment: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    """Where it says whether it is ready."""
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _keeper: threading.Thread | None = None

    def start(self) -> None:
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _keep(self) -> None:
        while not self._over.is_set():
            if self.process is None or self.process.poll() is not None:
                env = {**self.environment, **self.extra, "XMH_HEALTH_PORT": str(self.port)}
                self.process = spawn(self.command, self.log, env=env, cwd=ROOT)
            self._over.wait(RESTARTED_AFTER)
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            end(self.process, signal.SIGKILL)

    def send(self, signum: signal.Signals) -> bool:
        """Whether it lived to hear it."""
        if self.process is None or self.process.poll() is not None:
            return False
        self.process.send_signal(signum)
        return True

    @contextmanager
    def otherwise(self, extra: dict[str, str]) -> Iterator[None]:
        """Killed, and started again in this further environment; in the end as it was."""
        for env in (extra, {}):
            self.extra = env
            self.send(signal.SIGKILL)
            if env:
                try:
                    yield
                except BaseException:
                    self.extra = {}
                    self.send(signal.SIGKILL)
                    raise

    @property
    def ready(self) -> bool:
        return says_ready(self.port)

    def stop(self) -> None:
        self._over.set()
        if self._keeper is not None:
            self._keeper.join(20)


class SmallServer(DatabaseServer):
    """A PostgreSQL whose data lie on a small disk."""

    MEGABYTES = 400

    def _new_folder(self) -> Path:
        folder = super()._new_folder()
        self.disk = Disk(folder, self.MEGABYTES, owner="nobody")
        return folder

    def backends(self) -> list[int]:
        """The server's processes, the postmaster first."""
        return [] if self.process is None else [self.process.pid, *children_of(self.process.pid)]

    def remove(self) -> None:
        self.stop()
        self.disk.remove()
        super().remove()


PAIRS = ("worker–Temporal", "worker–PostgreSQL", "client–Temporal", "client–PostgreSQL")


@dataclass
class Apart(Stage):
    """Clients, worker, Temporal and PostgreSQL, with a wire between each two; mail and messages go out as well."""

    kind = "apart"
    database: SmallServer = field(kw_only=True)
    temporal: DevServer = field(kw_only=True)
    temporal_disk: Disk = field(kw_only=True)
    worker: Service = field(kw_only=True)
    wires: dict[str, Wire] = field(kw_only=True)
    clients: Home = field(kw_only=True)
    receivers: tuple[Received, ...] = field(kw_only=True)

    @property
    def clients_home(self) -> Home:
        return self.clients

    @property
    def whole(self) -> bool:
        return self.worker.ready

    @property
    def log_disk(self) -> Disk:
        return self.database.disk

    def restart_temporal(self, luck: random.Random, *, extra: tuple[str, ...] = ()) -> None:
        """It died; whoever watches starts it again."""
        self.temporal.kill()
        self.temporal.extra = extra
        time.sleep(luck.uniform(0, 1))
        self.temporal.start()

    def restart_database(self, luck: random.Random) -> None:
        self.database.kill()
        time.sleep(luck.uniform(0, 1))
        self.database.start()


NOTICES = """
[notices]
default = ["file", "gateway", "mail"]
[notices.channels.gateway]
kind = "http"
url = "http://127.0.0.1:{gateway}/"
timeout = 2.0
[notices.channels.gateway.fields]
to = "{{person}}"
text = "{{text}}"
[notices.channels.mail]
url = "mailto://127.0.0.1:{mail}/?from=duban@example.org&to={{person}}@example.org"
timeout = 2.0
"""
DEADLY = {
    "DEADLY_BEFORE": "dies-before-the-insert",
    "DEADLY_AFTER": "dies-after-the-commit",
    "FROZEN_IN": "stopped-in-its-transaction",
}
"""What the deadly worker does at a command whose id begins so."""


@contextmanager
def apart_in(folder: Path, hold: tuple[float, float]) -> Iterator[Apart]:
    """Everything runs and is ready."""
    with ExitStack() as held:
        database = SmallServer()
        held.callback(database.remove)
        database.start()
        url = database.new_database()
        disk = Disk(folder / "temporal", 300)
        held.callback(disk.remove)
        temporal = DevServer(folder, database=disk.folder / TEMPORAL_FILE)
        held.callback(temporal.stop)
        temporal.start()
        wires = {
            pair: Wire(temporal.port if pair.endswith("Temporal") else database.folder / ".s.PGSQL.5432")
            for pair in PAIRS
        }
        for wire in wires.values():
            held.callback(wire.close)
        receivers = held.enter_context(http_receiver()), held.enter_context(smtp_receiver())
        home = held.enter_context(home_in(folder, {"XMH_DATABASE_URL": url, "XMH_TEMPORAL_ADDRESS": temporal.address}))
        told = NOTICES.format(gateway=receivers[0].port, mail=receivers[1].port)
        (home.path / "xmh.toml").write_text(told, encoding="utf-8")
        clients, workers = (Home(home.path, _over(wires, whose, url)) for whose in ("client", "worker"))
        environment = {**workers.environment, **DEADLY, "PYTHONPATH": str(ROOT)}
        worker = Service([sys.executable, DEADLY_WORKER], environment, folder / "worker.log")
        held.callback(worker.stop)
        worker.start()
        log = held.enter_context(home.log())
        stage = Apart(
            home,
            AddressedDesk(home, log),
            shifted_clock(folder),
            hold,
            database=database,
            temporal=temporal,
            temporal_disk=disk,
            worker=worker,
            wires=wires,
            clients=clients,
            receivers=receivers,
        )
        stage.calm()
        yield stage


def _over(wires: dict[str, Wire], whose: str, url: str) -> dict[str, str]:
    """The environment of who speaks over these wires."""
    name = url.partition("?")[0].rpartition("/")[2]
    return {
        "XMH_TEMPORAL_ADDRESS": f"127.0.0.1:{wires[f'{whose}–Temporal'].port}",
        "XMH_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{wires[f'{whose}–PostgreSQL'].port}/{name}",
    }


@dataclass
class Embedded(Stage):
    """One machine: `xmh up` on a home of its own disk, the log in SQLite on another."""

    kind = "embedded"
    chaos: Chaos = field(kw_only=True)
    home_disk: Disk = field(kw_only=True)
    log_disk: Disk = field(kw_only=True)

    @property
    def clients_home(self) -> Home:
        return self.home

    @property
    def whole(self) -> bool:
        run = RunFile.read(self.home.path)
        return run is not None and run.ready and run.worker is not None and run.worker.alive

    @property
    def log_file(self) -> Path:
        return self.log_disk.folder / "events.db"


@contextmanager
def embedded_in(folder: Path, hold: tuple[float, float]) -> Iterator[Embedded]:
    """`xmh up` is ready."""
    with ExitStack() as held:
        disks = [Disk(folder / name, 200) for name in ("machine", "log")]
        for disk in disks:
            held.callback(disk.remove)
        home_disk, log_disk = disks
        log_file = log_disk.folder / "events.db"
        chaos = held.enter_context(
            chaos_in(
                home_disk.folder,
                xmh_database_url=f"sqlite:///{log_file}",
                deadly_before=0.001,
                deadly_after=0.001,
                deadly_when_ready=True,
            )
        )
        log = held.enter_context(chaos.home.log())
        yield Embedded(
            chaos.home,
            Desk(chaos.home, log),
            None,
            hold,
            kills=chaos.kills,
            chaos=chaos,
            home_disk=home_disk,
            log_disk=log_disk,
        )


def stop_and_go(pids: list[int], seconds: float) -> None:
    """SIGSTOP, and after a while SIGCONT."""
    for signum in (signal.SIGSTOP, signal.SIGCONT):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
        if signum is signal.SIGSTOP:
            time.sleep(seconds)
