"""How long and how much a reader may take over one file: a stranger's file must not hold the desk.

A library that is sunk in a hostile file answers to nothing but a signal and a failed allocation; both end here in one
line that says which part was too much.
"""

import gc
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from domain.base import Refusal
from domain.bounds import seen

SECONDS = 8.0
"""Of the processor, so that a busy machine refuses nobody."""
MEGABYTES = 320
_AGAIN = 0.2
"""Seconds until a library that swallowed the first signal gets the next."""
_STATM = Path("/proc/self/statm")

_stage = ""
_running = False


class _TooLongError(BaseException):
    """Not an `Exception`: readers of damaged files go on after those."""


def reading_stage(what: str) -> None:
    """Say what of a file is read now, for the line that names it when it takes too much of the budget."""
    global _stage  # noqa: PLW0603  (one file is read at a time, by the main thread)
    _stage = what


@contextmanager
def reading_budget(name: str, what: str, seconds: float | None = None, megabytes: int = MEGABYTES) -> Iterator[None]:
    """Read a file within so much time (`SECONDS`) and memory; inside another budget only the stage is noted.

    Raises:
        Refusal: `malformed`, naming the file and the part.
    """
    global _running  # noqa: PLW0603
    seconds = SECONDS if seconds is None else seconds
    reading_stage(what)
    if _running or threading.current_thread() is not threading.main_thread():
        yield
        return
    _running = True
    try:
        with _timed(seconds), _bounded(megabytes):
            yield
    except _TooLongError:
        overrun = f"{seen(name)} 读了{seconds:g}秒还没有读完：{_stage}过多或过于复杂，请拆分后再读"
        raise Refusal(overrun, "malformed") from None
    except MemoryError:
        raise Refusal(
            f"{seen(name)} 的{_stage}展开后超过{megabytes} MB，拒绝读取；请拆分或重新导出", "malformed"
        ) from None
    finally:
        _running = False


@contextmanager
def nothing_thrown_away() -> Iterator[None]:
    """What is read is kept, so the collector would look through all of it, again and again, a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def _timed(seconds: float) -> Iterator[None]:
    over = False

    def alarm(_: int, __: FrameType | None) -> None:
        if not over:
            raise _TooLongError

    before = signal.signal(signal.SIGPROF, alarm)
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
    try:
        yield
    finally:
        over = True
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def _bounded(megabytes: int) -> Iterator[None]:
    """Bound the address space, where the system tells how much of it is in use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        used = int(_STATM.read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
        most = used + megabytes * 1024 * 1024
        bounded = soft == resource.RLIM_INFINITY or most < soft
        if bounded:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    except (OSError, ValueError):
        bounded = False
    try:
        yield
    finally:
        if bounded:
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
