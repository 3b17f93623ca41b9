"""A second process of `verify`, for what needs no state of a stream (`eventlog/row_check.py`): half of all the work.

It opens the log by itself and reads it as of its own moment, a little later. It is only an errand: where there is no
answer, for whatever reason, the same is looked at again by who asked, and what is wrong is met there.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile

from pydantic import ValidationError

from domain.base import Frozen
from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.row_check import RowChecks, RowFindings, row_findings

WORTH_IT = 50_000
"""Events: before, starting it takes as long as it saves."""


class _Order(Frozen):
    url: str
    headquarters: str
    read_model: bool


class _Errand:
    """`RowChecks` that another process makes, which reads the events itself."""

    def __init__(self, process: subprocess.Popen[bytes], transaction: Transaction, *, read_model: bool) -> None:
        self._process, self._transaction, self._read_model = process, transaction, read_model

    def take(self, rows: Sequence[Row]) -> None:
        """They need not be shown to it."""

    def end(self) -> RowFindings:
        """What it came upon."""
        answer, _ = self._process.communicate()
        try:
            return RowFindings.model_validate_json(answer)
        except ValidationError:
            return row_findings(self._transaction, read_model=self._read_model)


@contextmanager
def row_checks(
    database: Database, transaction: Transaction, events: int, *, read_model: bool
) -> Iterator[RowChecks | _Errand]:
    """The checks of a whole log of so many events: here, or by a second process that ends with this context."""
    process = None
    if events >= WORTH_IT and (os.cpu_count() or 1) > 1:
        process = _sent(_Order(url=database.url, headquarters=database.headquarters, read_model=read_model))
    if process is None:
        yield RowChecks(transaction, read_model=read_model)
        return
    with process:
        try:
            yield _Errand(process, transaction, read_model=read_model)
        finally:
            process.kill()


def _sent(order: _Order) -> subprocess.Popen[bytes] | None:
    """A process with its order; None when there is no room for one.

    The order goes in by a file nobody else can open: an address with a password is not to be seen among the processes.
    """
    command = [sys.executable, "-P", "-m", "eventlog.second_process"]
    try:
        with TemporaryFile() as file:
            file.write(order.model_dump_json().encode())
            file.seek(0)
            return subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None


def _run() -> None:
    order = _Order.model_validate_json(sys.stdin.buffer.read())
    with Database(order.url, headquarters=order.headquarters).reading(snapshot=True, tolerant=True) as transaction:
        answer = row_findings(transaction, read_model=order.read_model)
    sys.stdout.write(answer.model_dump_json())


if __name__ == "__main__":
    _run()
