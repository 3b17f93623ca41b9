"""A second process of `verify`, for what needs no state of a stream (`eventlog/row_check.py`): half of all the work.

It opens the log by itself and reads it as of its own moment, a little later. It is only an errand: where there is no
answer, for whatever reason, the same is looked at again by who asked, and what is wrong is met there.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from pydantic import ValidationError

from domain.base import Frozen
from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.row_check import RowChecks, RowFindings, row_findings

WORTH_IT = 50_000
"""Events: before, starting it takes as long as it saves."""
PATIENCE = 60.0
"""Seconds beyond what the first took: it may be stopped, or wait for who waits for the first (a migration's lock)."""


class _Order(Frozen):
    url: str
    headquarters: str
    read_model: bool


class _Process(NamedTuple):
    running: subprocess.Popen[bytes]
    lifeline: int
    """Its standard input: it ends when that is closed, be it because who asked was killed."""

    def end(self) -> None:
        self.running.kill()
        os.close(self.lifeline)


class _Errand:
    """`RowChecks` that another process makes, which reads the events itself."""

    def __init__(self, running: subprocess.Popen[bytes], transaction: Transaction, *, read_model: bool) -> None:
        self._running, self._transaction, self._read_model = running, transaction, read_model
        self._begun = time.monotonic()

    def take(self, rows: Sequence[Row]) -> None:
        """They need not be shown to it."""

    def end(self) -> RowFindings:
        """What it came upon."""
        try:
            answer, _ = self._running.communicate(timeout=time.monotonic() - self._begun + PATIENCE)
            return RowFindings.model_validate_json(answer)
        except (subprocess.TimeoutExpired, ValidationError):
            self._running.kill()
            return row_findings(self._transaction, read_model=self._read_model)


@contextmanager
def row_checks(
    database: Database, transaction: Transaction, events: int, *, read_model: bool
) -> Iterator[RowChecks | _Errand]:
    """The checks of a whole log of so many events: here, or by a second process that ends with this context."""
    process = None
    if events >= WORTH_IT and _processors() > 1:
        process = _sent(_Order(url=database.url, headquarters=database.headquarters, read_model=read_model))
    if process is None:
        yield RowChecks(transaction, read_model=read_model)
        return
    with process.running:
        try:
            yield _Errand(process.running, transaction, read_model=read_model)
        finally:
            process.end()


def _processors() -> int:
    """So many this process may use, where the system says so: a machine has more than its containers."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _sent(order: _Order) -> _Process | None:
    """A process with its order; None when there is no room for one.

    The order goes in by a pipe: an address with a password is not to be seen among the processes, nor lie on a disk.
    """
    command = [sys.executable, "-P", "-m", "eventlog.second_process"]
    try:
        orders, lifeline = os.pipe()
    except OSError:
        return None
    try:
        os.write(lifeline, order.model_dump_json().encode() + b"\n")
        running = subprocess.Popen(command, stdin=orders, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except BaseException as error:
        os.close(lifeline)
        if isinstance(error, OSError):
            return None
        raise
    finally:
        os.close(orders)
    return _Process(running, lifeline)


def _run() -> None:
    order = _Order.model_validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_who_asked, daemon=True).start()
    with Database(order.url, headquarters=order.headquarters).reading(snapshot=True, tolerant=True) as transaction:
        answer = row_findings(transaction, read_model=order.read_model)
    sys.stdout.buffer.write(answer.model_dump_json().encode())


def _end_with_who_asked() -> None:
    """Nothing more comes in: only its end."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    _run()
