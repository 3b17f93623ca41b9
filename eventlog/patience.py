"""Until when whoever started this process must have his answer: shared by reading, connecting and submitting.

A service has no such moment, and neither has a command that takes its time by what it does (`take_time`); then every
step keeps its own limit.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

LEAST = 0.5
"""Seconds a step gets in any case."""

_answer_by: float | None = None


def answer_within(seconds: float) -> None:
    """From now on every step of this process together has so long."""
    global _answer_by  # noqa: PLW0603  (one process, one person who waits)
    _answer_by = time.monotonic() + seconds


def take_time() -> None:
    """What is done from now on takes as long as it takes: a list, a paper, a proof."""
    global _answer_by  # noqa: PLW0603  (as above)
    _answer_by = None


def answer_by() -> float | None:
    """The moment on the monotonic clock; None when nobody waits."""
    return _answer_by


@contextmanager
def not_counted() -> Iterator[None]:
    """What a person takes to answer a question of ours is not time he waits for us."""
    global _answer_by  # noqa: PLW0603  (as above)
    began = time.monotonic()
    try:
        yield
    finally:
        if _answer_by is not None:
            _answer_by += time.monotonic() - began


def left(most: float) -> float:
    """How long a step may take that would wait so long by itself."""
    return most if _answer_by is None else min(most, max(_answer_by - time.monotonic(), LEAST))
