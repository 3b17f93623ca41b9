"""A worker that dies where it hurts most: just before the insert, or between the commit and the end of its task.

It is the product's own worker with the append activity wrapped. By environment:
`DEADLY_BEFORE`, `DEADLY_IN`, `DEADLY_AFTER` (killing itself before the insert, inside the transaction with everything
written, after the commit), `DEADLY_TOGETHER` (killing the server with itself after the commit), `DEADLY_ALL` (the
supervisor as well): each a probability, or how the id begins of the command with which it happens, once. Each death is
a line in the home's file `deaths`. `DEADLY_WHEN_READY`: none of them while `up` still waits for its first word,
for one that never says it is given up, and rightly. `FROZEN` (the beginning of a command id before whose insert the
worker stops itself, once), `FROZEN_IN` (the same, inside the transaction, everything written but not committed).
`POISON` (a stream that this build cannot work on: whatever is loaded of it breaks the workflow), and with it
`POISON_MENDED`: the build after it, in which the step that broke is another one, behind `workflow.patched`.
"""

import os
import random
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from temporalio import activity, workflow

import services.running
import worker
import workflows.matter
from activities.log import LogActivities
from domain.log import APPEND, Appended, AppendRequest, Loaded, LogAnswer
from domain.matter import Matter
from eventlog.backend import Question, Row, Statement
from eventlog.database import Transaction
from services.embedded.runfile import RunFile
from services.embedded.supervise import READY_FD
from workflows.matter import LoggedMatter

HOME = Path(os.environ.get("XMH_HOME", "."))
CHANCE = random.SystemRandom()
CALM = "calm"
"""While a file of this name lies in the home, nothing is left to chance."""
DEATHS = "deaths"
"""The file of the home that has a line for each death: by which name it came."""


def happens(name: str, command_id: str) -> bool:
    """Whether what is named befalls this command: by chance, or because it is the one meant."""
    told = os.environ.get(name, "0")
    if "DEADLY_WHEN_READY" in os.environ and READY_FD in os.environ:
        return False
    try:
        probability = float(told)
    except ValueError:
        return once(name, command_id)
    return not (HOME / CALM).exists() and CHANCE.random() < probability


def once(name: str, command_id: str) -> bool:
    """Whether this command is one meant, and it has not happened yet."""
    meant = os.environ.get(name)
    mark = HOME / f"{name}.done"
    if meant is None or not command_id.startswith(meant) or mark.exists():
        return False
    mark.touch()
    return True


def kill(name: str, *, supervisor: bool = False, server: bool = False) -> None:
    with (HOME / DEATHS).open("a", encoding="ascii") as deaths:
        deaths.write(f"{name}\n")
    found = RunFile.read(HOME)
    if found and supervisor:
        found.supervisor.send(signal.SIGKILL)
    if found and found.server and server:
        found.server.send(signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyActivities(LogActivities):
    """The log's activities, with death around the append."""

    @activity.defn(name=APPEND, no_thread_cancel_exception=True)
    def append(self, request: AppendRequest) -> LogAnswer:
        if request.drafts and happens("DEADLY_BEFORE", request.command_id):
            kill("DEADLY_BEFORE")
        if request.drafts and once("FROZEN", request.command_id):
            os.kill(os.getpid(), signal.SIGSTOP)
            # The signal reaches this thread a moment later; by then it must not hold SQLite's lock.
            time.sleep(1)
        answer = super().append(request)
        if isinstance(answer.said, Appended) and answer.said.events:
            if happens("DEADLY_ALL", request.command_id):
                kill("DEADLY_ALL", supervisor=True, server=True)
            if happens("DEADLY_TOGETHER", request.command_id):
                kill("DEADLY_TOGETHER", server=True)
            if happens("DEADLY_AFTER", request.command_id):
                kill("DEADLY_AFTER")
        return answer


class MarkedTransaction(Transaction):
    """Stops the worker, or kills it, when everything is written and the commit is next."""

    _freezes = _dies = False
    """One meant has been written: with others that commit together, maybe before the last of them."""

    def run(self, statements: Sequence[Statement]) -> None:
        self._look(statements)
        super().run(statements)

    def run_and_ask(self, statements: Sequence[Statement], question: Question) -> list[Row]:
        self._look(statements)
        return super().run_and_ask(statements, question)

    def _look(self, statements: Sequence[Statement]) -> None:
        written = [str(row[0]) for sql, rows in statements if "INTO commands" in sql for row in rows]
        self._freezes = self._freezes or any(once("FROZEN_IN", command_id) for command_id in written)
        self._dies = self._dies or any(happens("DEADLY_IN", command_id) for command_id in written)

    def commit(self, statements: Sequence[Statement] = ()) -> None:
        self._look(statements)
        if not (self._freezes or self._dies):
            super().commit(statements)
            return
        super().run(statements)
        if self._dies:
            kill("DEADLY_IN")
        os.kill(os.getpid(), signal.SIGSTOP)
        super().commit()


POISON = os.environ.get("POISON")
MENDED = "POISON_MENDED" in os.environ


class PoisonedMatter(LoggedMatter):
    """A build with a fault that befalls one matter only, or the one that mends it."""

    def of(self, loaded: Loaded) -> Matter | None:
        if self.stream == POISON and not (MENDED and self._of_either_build()):
            raise ZeroDivisionError
        return super().of(loaded)

    @staticmethod
    def _of_either_build() -> bool:
        """What was recorded before the fault goes its old way, everything else the new one; both are sound."""
        workflow.patched("a-poison-is-taken")
        return True


if __name__ == "__main__":
    setattr(services.running, "LogActivities", DeadlyActivities)  # noqa: B010  (a name the worker imported, not its own)
    if {"FROZEN_IN", "DEADLY_IN"} & set(os.environ):
        import eventlog.database

        eventlog.database.Transaction = MarkedTransaction  # type: ignore[misc]
    if POISON is not None:
        setattr(workflows.matter, "LoggedMatter", PoisonedMatter)  # noqa: B010  (as above)
    worker.main()
