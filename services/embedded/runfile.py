"""What `xmh up` runs on a home, written down for others: `run.json`, and a lock only one `up` can hold.

A process id alone proves nothing after a crash, for the system gives it to a stranger. So each is kept with the moment
it was started, and nothing is signalled whose moment differs.
"""

import fcntl
import os
import signal
import subprocess
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Self

from pydantic import ValidationError

from domain.base import Frozen, Refusal
from domain.headquarters import FIRST_HEADQUARTERS

RUN_FILE = "run.json"
LOCK_FILE = "up.lock"
_LOOK_EVERY = 0.02


def _process_start(pid: int) -> str | None:
    """When the process of this id was started, as the system tells it; None when there is none.

    A process that has ended and was not yet waited for counts as none.
    """
    proc = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # After the name in brackets, which may hold anything: state is the third field, start time the 22nd.
            fields = proc.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"
    ps = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return ps.stdout.strip() or None


def _boot() -> str:
    """Start times are counted from the boot, so a boot is part of them."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return ""


class Process(Frozen):
    """A process that can be recognised later."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Self:
        """The process now running under this id."""
        return cls(pid=pid, started=_process_start(pid) or "")

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.started) and _process_start(self.pid) == self.started

    def send(self, signum: signal.Signals) -> bool:
        """Signal this very process, never a stranger under its id; False when it is gone."""
        if not hasattr(os, "pidfd_open"):
            if not self.alive:
                return False
            with suppress(ProcessLookupError):
                os.kill(self.pid, signum)
            return True
        try:
            # The descriptor stays with the process it was opened on, so it cannot be exchanged after the look.
            descriptor = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if not self.alive:
                return False
            signal.pidfd_send_signal(descriptor, signum)
        except ProcessLookupError:
            return False
        finally:
            os.close(descriptor)
        return True

    def gone_within(self, seconds: float) -> bool:
        """Wait until it has ended; False when it has not in that time."""
        limit = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() > limit:
                return False
            time.sleep(_LOOK_EVERY)
        return True

    def end(self, seconds: float) -> None:
        """Ask it to end, also when somebody had stopped it, and make it end when it does not within the time."""
        asked = self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)
        if asked and not self.gone_within(seconds):
            self.send(signal.SIGKILL)
            self.gone_within(seconds)


class RunFile(Frozen):
    """What runs on a home. `restarts` counts how often a dead child was started again."""

    model_config = {"extra": "ignore"}
    supervisor: Process
    server: Process | None = None
    worker: Process | None = None
    """That of the first headquarters."""
    workers: dict[str, Process] = {}
    """Those of the others, by the code of the headquarters each serves."""
    console: Process | None = None
    """The web server, unless `up` was told to leave it out."""
    temporal: str | None = None
    """host:port of the Temporal server."""
    web: str | None = None
    """Where console and API are reached."""
    started_at: datetime
    ready: bool = False
    restarts: dict[str, int] = {}

    @classmethod
    def read(cls, home: Path) -> Self | None:
        """What the home says; None when nothing, or nothing readable, is there."""
        try:
            return cls.model_validate_json((home / RUN_FILE).read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, home: Path) -> None:
        """Replace the file in one step: a reader sees the old or the new one, never half."""
        fresh = home / f"{RUN_FILE}.new"
        fresh.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        fresh.replace(home / RUN_FILE)

    @staticmethod
    def remove(home: Path) -> None:
        """Nothing runs any more."""
        (home / RUN_FILE).unlink(missing_ok=True)

    @property
    def running(self) -> bool:
        """Whether somebody watches over the home."""
        return self.supervisor.alive

    def orphans(self) -> list[Process]:
        """Children that still run although their supervisor is gone; the workers first."""
        if self.running:
            return []
        children = (self.console, self.worker, *self.workers.values(), self.server)
        return [child for child in children if child is not None and child.alive]

    def worker_of(self, headquarters: str) -> Process | None:
        """Who serves a headquarters; None when nobody does."""
        return self.worker if headquarters == FIRST_HEADQUARTERS else self.workers.get(headquarters)


class HomeLock:
    """Held by the one `up` on a home for as long as it runs; the system frees it however that ends."""

    def __init__(self, home: Path) -> None:
        """Take the lock.

        Raises:
            Refusal: another `up` holds it (exit 3).
        """
        self._file: IO[str] = (home / LOCK_FILE).open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            run = RunFile.read(home)
            who = f"（进程 {run.supervisor.pid}）" if run and run.running else ""
            raise Refusal(
                f"数据目录 {home} 上已有 xmh up 在运行{who}；用 xmh status 查看，用 xmh down 停止",
                "already_running",
            ) from None

    def release(self) -> None:
        """Let the next one in."""
        self._file.close()
