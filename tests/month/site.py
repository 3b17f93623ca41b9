"""A site: PostgreSQL with its roles, a Temporal server apart, machines with homes of their own on one log and store.

Everything is a process of its own, told where things are by its environment, as `deploy/` tells the real ones.
"""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from secrets import token_hex
from typing import Any

from services.embedded.supervise import free_port
from tests.support.alerts import Figure, figures_in, is_raised
from tests.support.postgres import Server
from tests.support.processes import end, says_ready, spawn
from tests.support.served import ROOT, XMH, Answer, wait_for
from tests.support.temporal import DevServer

OWNER, SERVICE = "xmh_owner", "xmh"
"""The roles of `deploy/postgres/roles.sql`: whose the tables are, and who works."""
SLOWEST = 120
DRAINED_WITHIN = 45.0
"""Seconds, as the units allow."""


@dataclass
class Service:
    """A worker or the console on one machine."""

    job: str
    """As `alerts.yml` wants the scrape called."""
    words: tuple[str, ...]
    machine: "Machine"
    port: int
    """Of health."""
    figures_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What it wrote."""
        return self.machine.home.with_name(f"{self.machine.home.name}-{self.job}.log")

    def start(self) -> None:
        """Run it, until it says that it has all it needs."""
        self.begin()
        wait_for(lambda: says_ready(self.port), 60)

    def begin(self) -> None:
        """Run it and do not wait."""
        tree, env = self.machine.tree, self.machine.environment
        self.process = spawn([*XMH, *self.words], self.log, env=env, cwd=tree)

    def kill(self) -> None:
        """As in a power cut."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def drain(self) -> tuple[int, float]:
        """SIGTERM: how it ended, and after how many seconds."""
        assert self.process is not None
        began = time.monotonic()
        end(self.process, signal.SIGTERM, DRAINED_WITHIN)
        return self.process.returncode, time.monotonic() - began

    def scraped(self) -> list[Figure]:
        """What Prometheus would read, with its own word on whether anybody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.figures_port}/metrics", timeout=20) as answer:
                return [("up", {"job": self.job}, 1.0), *figures_in(answer.read().decode())]
        except OSError:
            return [("up", {"job": self.job}, 0.0)]


@dataclass
class Machine:
    """A machine of the site: a data directory, and a build that is installed there."""

    home: Path
    env: dict[str, str]
    tree: Path = ROOT

    @property
    def environment(self) -> dict[str, str]:
        """What a process here is told."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("XMH_") and k != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPATH": str(self.tree), "XMH_HOME": str(self.home), **self.env}

    def xmh(self, *words: str | Path, tree: Path | None = None, **env: str) -> Answer:
        """One command to its end, by the build that is installed here or another one."""
        place, began = tree or self.tree, time.monotonic()
        done = subprocess.run(
            [*XMH, *map(str, words), "--json"],
            cwd=place,
            env={**self.environment, "PYTHONPATH": str(place), **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SLOWEST,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def ok(self, *words: str | Path, tree: Path | None = None, **env: str) -> Any:
        """The document of a command that must succeed."""
        answer = self.xmh(*words, tree=tree, **env)
        assert answer.code == 0, (words, answer)
        return answer.json

    def refused(self, *words: str | Path, tree: Path | None = None, **env: str) -> str:
        """The code of a command that must not succeed."""
        answer = self.xmh(*words, tree=tree, **env)
        assert answer.code != 0, (words, answer)
        return str(answer.json["error"]["code"]) if "error" in answer.json else ""


@dataclass
class Site:
    """The whole installation."""

    folder: Path
    database: Server
    temporal: DevServer
    machines: tuple[Machine, Machine]
    workers: tuple[Service, Service]
    web: Service
    before: list[Figure] = field(default_factory=list)
    """Read at the last `look`: what a rate grows from."""
    now: list[Figure] = field(default_factory=list)

    @property
    def store(self) -> Path:
        """The share every machine mounts."""
        return self.folder / "store"

    @property
    def services(self) -> tuple[Service, ...]:
        return (*self.workers, self.web)

    def url(self, role: str = SERVICE) -> str:
        return self.database.url("xmh", role)

    def psql(self, statement: str, database: str = "xmh") -> None:
        """As the superuser."""
        self.client_program("psql", "--no-psqlrc", "--quiet", "--dbname", self.database.url(database), "-c", statement)

    def client_program(self, name: str, *words: str | Path, **env: str) -> str:
        """`psql`, `pg_dump` or `pg_restore`, as whoever runs the site."""
        command = [str(self.database.program(name)), *map(str, words)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **env})
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    # --- what is watched

    def look(self) -> None:
        """Scrape everybody."""
        self.before, self.now = self.now, [figure for service in self.services for figure in service.scraped()]

    def raised(self, alert: str) -> bool:
        """Whether the rule holds of what is scraped now."""
        self.look()
        return is_raised(alert, self.now, self.before)

    def wait_raised(self, alert: str, seconds: float = 150, *, over: bool = False) -> float:
        """Wait until an alert is raised, or is over; after how many seconds it was."""
        began = time.monotonic()
        wait_for(lambda: self.raised(alert) is not over, seconds)
        return time.monotonic() - began

    def http(self, method: str, path: str, token: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """A program asks the console's API."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.web.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                **({"Idempotency-Key": key} if key else {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  (its own address)
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")


def share_keys(machines: Sequence[Machine], secrets: Path) -> None:
    """The keys the first machine made, given to all as the runbook says: files beside the homes, named by settings."""
    secrets.mkdir(mode=0o700)
    (machines[0].home / "master.key").write_text(f"{token_hex(32)}\n", encoding="ascii")  # openssl rand -hex 32
    for name in ("door.key", "temporal.key", "master.key"):
        shutil.move(machines[0].home / name, secrets / name)
        for machine in machines:
            machine.env[f"XMH_{name.removesuffix('.key').upper()}_KEY_FILE"] = str(secrets / name)


@contextmanager
def site_in(folder: Path, tree: Path) -> Iterator[Site]:
    """Database and Temporal run, two machines are bare but for this build; nothing of ours runs yet."""
    with ExitStack() as held:
        database = Server(durable=True)
        held.callback(database.remove)
        database.start()
        temporal = DevServer(folder, database=folder / "temporal.db")
        held.callback(temporal.stop)
        temporal.start()
        machines = tuple(_machine(folder / name, database, temporal, folder / "store", tree) for name in ("甲", "乙"))
        first, second = machines
        workers = (_worker(first), _worker(second))
        port, figures_port = free_port(), free_port()
        second.env["XMH_WEB"] = json.dumps({"metrics_port": figures_port})
        web = Service("xmh-web", ("web", "--port", str(port)), second, port, figures_port)
        site = Site(folder, database, temporal, (first, second), workers, web)
        for service in site.services:
            held.callback(service.kill)
        yield site


def _machine(home: Path, database: Server, temporal: DevServer, store: Path, tree: Path) -> Machine:
    home.mkdir(mode=0o700)
    env = {
        "XMH_DATABASE_URL": database.url("xmh", SERVICE),
        "XMH_TEMPORAL_ADDRESS": temporal.address,
        "XMH_STORE": str(store),
    }
    return Machine(home, env, tree)


def _worker(machine: Machine) -> Service:
    port = free_port()
    return Service("xmh-worker", ("worker", "--health-port", str(port)), machine, port, port)


def eventually(what: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what may raise while it is not there yet."""

    def holds() -> bool:
        try:
            return what()
        except AssertionError:
            return False

    wait_for(holds, seconds)


OK = HTTPStatus.OK
