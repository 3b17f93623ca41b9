"""An outage is a line a minute with a count: what a service says again and again while something is away."""

import json
import logging
import threading
import time
from collections.abc import Callable

HELD_FOR = 60.0
"""Seconds in which what was said is not said again."""
MOST_KINDS = 1000
CORE = "temporalio.core"
"""What the SDK's own core says: one complaint for each call it tries again, several a second."""


class Repeats(logging.Filter):
    """Lets a warning through once a minute; the next of its kind says how many were held back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was said yet."""
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is to be written."""
        if record.levelno < logging.WARNING or record.exc_info:
            return True
        kind, now = _kind_of(record), self._clock()
        with self._lock:
            since, held = self._kinds.get(kind, (float("-inf"), 0))
            if now - since < HELD_FOR:
                self._kinds[kind] = (since, held + 1)
                return False
            if len(self._kinds) >= MOST_KINDS:
                self._kinds = {one: known for one, known in self._kinds.items() if now - known[0] < HELD_FOR}
            self._kinds[kind] = (now, 0)
        if held:
            _count(record, held)
        return True


def _kind_of(record: logging.LogRecord) -> str:
    """Of our own what it says whole, but for its moment; of the SDK's core where in it the complaint is made."""
    if isinstance(record.msg, dict):
        content = {key: value for key, value in record.msg.items() if key != "timestamp"}
        return json.dumps(content, sort_keys=True, default=str)
    text = record.getMessage()
    return f"{record.name}:{text.partition(']')[0] if record.name.startswith(CORE) else text}"


def _count(record: logging.LogRecord, held: int) -> None:
    if isinstance(record.msg, dict):
        record.msg = {**record.msg, "held_back": held}
    else:
        record.msg, record.args = f"{record.getMessage()} ({held} more like it were held back)", ()
