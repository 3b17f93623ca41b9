"""A program the settings name is asked, and heard out no longer and no further than it is worth.

It prints a key or a signature. What writes without end, or leaves others running behind it, takes nothing along.
"""

import os
import select
import shlex
import signal
import subprocess
import time
from contextlib import suppress

MOST_ANSWER = 64 * 1024
_PIECE = 4096


class OutsideProgramError(Exception):
    """It could not be started, failed, or wrote more than an answer has."""


class TooSlowError(OutsideProgramError):
    """It did not answer in time."""


def asked_outside(command: str, given: bytes, seconds: float) -> bytes:
    """What a program writes on its standard output when it is given these bytes, at most 64 KB of each.

    It is started in a session of its own, all of which is ended with it.

    Raises:
        OutsideProgramError: no answer; TooSlowError: none in time.
    """
    try:
        process = subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError, IndexError) as error:
        raise OutsideProgramError from error
    until = time.monotonic() + seconds
    try:
        answer = _heard(process, given, until)
        code = process.wait(max(until - time.monotonic(), 0))
    except subprocess.TimeoutExpired as error:
        raise TooSlowError from error
    finally:
        _end(process)
    if code != 0:
        raise OutsideProgramError
    return answer


def _heard(process: "subprocess.Popen[bytes]", given: bytes, until: float) -> bytes:
    assert process.stdin is not None  # noqa: S101  (asked for above)
    assert process.stdout is not None  # noqa: S101
    with suppress(OSError):  # it need not read what it is given, which no pipe is too small for
        process.stdin.write(given)
        process.stdin.close()
    pieces, length = list[bytes](), 0
    while length <= MOST_ANSWER:
        if not select.select([process.stdout], [], [], max(until - time.monotonic(), 0))[0]:
            raise TooSlowError
        piece = os.read(process.stdout.fileno(), _PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        length += len(piece)
    raise OutsideProgramError


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End it with whatever it began; what ended by itself is only waited for."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
