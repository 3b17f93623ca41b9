"""Until when whoever started this process must have his answer: shared by reading, connecting and submitting.

A service has no such moment, and neither has a command that may take its time; then every step keeps its own limit.
"""

import time

LEAST = 0.5
"""Seconds a step gets in any case."""

_answer_by: float | None = None


def answer_within(seconds: float) -> None:
    """From now on every step of this process together has so long."""
    global _answer_by  # noqa: PLW0603  (one process, one person who waits)
    _answer_by = time.monotonic() + seconds


def answer_by() -> float | None:
    """The moment on the monotonic clock; None when nobody waits."""
    return _answer_by


def left(most: float) -> float:
    """How long a step may take that would wait so long by itself."""
    return most if _answer_by is None else min(most, max(_answer_by - time.monotonic(), LEAST))
