"""Until when whoever started this process must have his answer: shared by reading, connecting and submitting.

A service has no such moment, and neither has a command that takes its time by what it does
(`lift_answer_limit`); then every step keeps its own limit.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

LEAST = 0.5
"""Seconds a step gets in any case."""

_answer_by: float | None = None


def set_answer_limit(seconds: float) -> None:
    """Give every step of this process together so many seconds until its caller must have the answer."""
    global _answer_by  # noqa: PLW0603  (one process, one person who waits)
    _answer_by = time.monotonic() + seconds


def lift_answer_limit() -> None:
    """End the answer limit: what is done from now on (a list, a paper, a proof) takes as long as it takes."""
    global _answer_by  # noqa: PLW0603  (as above)
    _answer_by = None


def answer_deadline() -> float | None:
    """When the caller must have this process's answer, on the monotonic clock; None when nobody waits."""
    return _answer_by


@contextmanager
def time_not_counted() -> Iterator[None]:
    """Stop the answer limit while a person answers a question of ours: that is not time he waits for us."""
    global _answer_by  # noqa: PLW0603  (as above)
    began = time.monotonic()
    try:
        yield
    finally:
        if _answer_by is not None:
            _answer_by += time.monotonic() - began


def time_left(most: float) -> float:
    """How long a step may take that has this limit of its own: never beyond the answer limit."""
    return most if _answer_by is None else min(most, max(_answer_by - time.monotonic(), LEAST))
