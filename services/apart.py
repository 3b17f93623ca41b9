"""Work on what a stranger made, done in a process of its own: it may hang, and takes nothing of ours with it.

The budget of a reader (`sheets/budget.py`) is kept by signals, which only the main thread of a process gets. A web
server reads in threads; there the reader gets a process, and its main thread. It is forked from one that was begun for
this, holds nothing but the readers' modules, and ends with the server: importing them costs a second each time.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing import forkserver, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess, SpawnContext, SpawnProcess
from multiprocessing.util import get_temp_dir
from threading import Timer
from typing import TypeVar, cast

from domain.base import Refusal
from process import before_leaving

T = TypeVar("T")
SECONDS = 30.0
"""Of the clock, the start of Python included; the budget of the reader itself is eight of the processor."""
FORKED_WITHIN = 20.0
"""Seconds for a new process to be there; the first time the readers are imported for it, for long on a busy machine."""
ENDED_WITHIN = 1.0
"""Seconds for one that was killed to be gone."""
READERS = ["intake.uploaded"]
"""What is imported once, before any file of a stranger is opened."""


@cache
def _forking() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(READERS)
    before_leaving(_clear_away)
    return context


def _clear_away() -> None:
    """Remove the folder of the socket whoever forks listens on; Python would as it shuts down, which ours never do."""
    shutil.rmtree(get_temp_dir(), ignore_errors=True)


def _end_forking() -> None:
    """End who forks; who waits for it hears that at once, and the next one is begun anew."""
    pid = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def _forked_in_time() -> Iterator[None]:
    """Whoever forks may have been stopped, and would be waited for without an end."""
    timer = Timer(FORKED_WITHIN, _end_forking)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def done_apart(work: Callable[..., T], *args: object, seconds: float = SECONDS) -> T:
    """What a function of a module makes of its arguments, in a new process that is ended when it takes too long.

    Raises:
        Refusal: the function's own; `malformed`: no answer in time, or the process died.
    """
    try:
        with _forked_in_time():
            process, here = _begun(_forking(), seconds, work, args)
    except (EOFError, OSError):
        # Who forks was ended, as when memory ran out, or its socket was cleared away with other temporary files.
        process, here = _begun(get_context("spawn"), seconds, work, args)
    try:
        answer = here.recv() if here.poll(seconds) else None
    except (EOFError, OSError):  # it ended before it answered, or amid its answer
        answer = None
    finally:
        process.kill()
        process.join(ENDED_WITHIN)
        if process.exitcode is None:  # who forked it does not say that it ended
            _end_forking()
        here.close()
    if answer is None:
        raise Refusal("这份文件读不完，可能过大或已损坏；请拆分或另存后再试", "malformed")
    made, message, code = answer
    if message is not None:
        raise Refusal(message, code)
    return cast("T", made)


def _begun(
    context: ForkServerContext | SpawnContext, seconds: float, work: Callable[..., object], args: tuple[object, ...]
) -> tuple[SpawnProcess | ForkServerProcess, Connection]:
    """A process that works, and where its answer comes."""
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(there, seconds, work, args), daemon=True)
    process.start()
    there.close()
    return process, here


def _answer(there: Connection, seconds: float, work: Callable[..., object], args: tuple[object, ...]) -> None:
    """Send what was made, or the refusal with its code, which pickling would lose.

    The system ends it after these seconds, as who asked does, should that be gone by then.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        there.send((work(*args), None, ""))
    except Refusal as refusal:
        there.send((None, refusal.message, refusal.code))
