"""Starting and ending the servers a test needs, so that none outlives the test run."""

import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class NotReadyError(RuntimeError):
    """A server ended or stayed silent instead of becoming ready; carries what it wrote."""


def binary(name: str) -> Path:
    """A program that came with this environment's packages."""
    return Path(sys.executable).with_name(name)


def spawn(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    user: int | None = None,
    group: int | None = None,
    ending: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, its output in `log`; `ending` is sent to it should this process die."""

    def die_with_parent() -> None:  # pragma: no cover (runs between fork and exec)
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, ending)

    output: IO[bytes]
    with log.open("ab") as output:
        # After the change of user, which would clear the request; an orphaned server would hold its port for ever.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509  one call into libc, loaded before the fork
        )


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    """Return once `ready()` holds; raise `NotReadyError` with the server's own words when it ends or takes too long."""
    limit = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > limit:
            tail = log.read_text(errors="replace")[-2000:]
            raise NotReadyError(f"exit code {process.returncode}: {tail}")
        time.sleep(0.02)


def says_ready(port: int) -> bool:
    """Whether the service whose health is on this port has all it needs."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
    """Ask the process to end, and make it end when it does not within the time."""
    if process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def children_of(pid: int) -> list[int]:
    """The direct children of a process; empty where the system does not tell."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_alive(pid: int) -> bool:
    """Whether a process of this id runs (one that has ended but was not waited for counts as ended)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
