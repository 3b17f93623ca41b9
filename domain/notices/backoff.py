"""How long a channel that does not take its messages is left alone, and when it counts as failing."""

from datetime import timedelta

FIRST = timedelta(minutes=1)
LONGEST = timedelta(hours=1)
FAILING_AFTER = 3
"""Tries in vain after which `doctor` names the channel."""


def pause_after(attempts: int) -> timedelta:
    """One minute, two, four … at most an hour: a notice is never given up, only tried less often."""
    doublings = min(max(attempts - 1, 0), 10)
    return min(FIRST * (1 << doublings), LONGEST)
