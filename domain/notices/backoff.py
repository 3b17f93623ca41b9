"""How long a channel that does not take its messages is left alone, and when it counts as failing."""

from datetime import timedelta

FIRST = timedelta(minutes=1)
LONGEST = timedelta(hours=1)
FAILING_AFTER = 3
"""Tries in vain after which `doctor` names the channel."""


def channel_pause(attempts: int) -> timedelta:
    """How long a failing channel is left alone: one minute, two, four … at most an hour; no notice is ever given up."""
    doublings = min(max(attempts - 1, 0), 10)
    return min(FIRST * (1 << doublings), LONGEST)
