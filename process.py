"""How a process of ours settles down, and how it ends."""

import gc
import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

LONGEST_START = 60.0
NO_ANSWER = 5
"""Exit code of a command whose answer could not be written."""


def age() -> float:
    """Seconds since this process was started, the start of Python included where the system tells."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - began
    except (OSError, ValueError, IndexError, AttributeError):
        return time.process_time()
    # A container may count from another boot than its clock does.
    return age if 0 < age < LONGEST_START else time.process_time()


def keep_what_is_loaded() -> None:
    """Leave out of every later search for garbage what a service has loaded by now: it stays as long as the service.

    A search through the modules of the web server holds up all it does for a tenth of a second.
    """
    gc.collect()
    gc.freeze()


_LAST_DUTIES: list[Callable[[], None]] = []


def before_leaving(duty: Callable[[], None]) -> None:
    """Have something done as the last of this process; it may take seconds at most."""
    _LAST_DUTIES.append(duty)


def leave(code: int) -> NoReturn:
    """Flush and end at once, without interpreter shutdown.

    The Temporal SDK crashes there in about one run of ten (temporalio/sdk-python issue 300); servers this process
    started must have been stopped before.
    """
    for duty in _LAST_DUTIES:
        with suppress(Exception):  # what was to be done is done, whatever comes of this
            duty()
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            # Whoever read our output has left already (`xmh task list | head`).
            continue
        except OSError:
            # A full disk: what was asked for may be done, but the answer is lost.
            code = code or NO_ANSWER
    os._exit(code)
