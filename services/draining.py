"""How long a worker took to finish what it had begun when it was told to stop: kept for the next one to tell.

Whoever watches asks a process, and this one is gone when the figure is known.
"""

import json
import math
import time
from contextlib import suppress
from pathlib import Path

import structlog

from eventlog.durable import put_durably

logger = structlog.get_logger()
DRAINED = "drained.json"
"""Inside the home, of the worker that stopped last: `{"seconds"}`; null from when it began until it has finished."""


class Drain:
    """One worker's end."""

    def __init__(self, home: Path) -> None:
        """Kept in this home."""
        self._file = home / DRAINED
        self._began = 0.0

    def begin(self) -> None:
        """It takes nothing new. Killed before it has ended, it leaves that it never did."""
        self._began = time.monotonic()
        self._keep(None)

    def end(self) -> None:
        """All it had begun is finished."""
        self._keep(round(time.monotonic() - self._began, 3))

    def _keep(self, seconds: float | None) -> None:
        part = self._file.with_name(f".{DRAINED}")
        try:
            part.write_text(json.dumps({"seconds": seconds}), encoding="ascii")
            put_durably(part, self._file)
        except OSError as error:  # a full disk keeps no worker from ending
            logger.warning("drain_not_kept", error=str(error))


def last_drain(home: Path) -> float | None:
    """Seconds the worker of this home that stopped last took; infinite when it was killed amid it, None for never."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        seconds = json.loads((home / DRAINED).read_text(encoding="ascii"))["seconds"]
        return math.inf if seconds is None else float(seconds)
    return None
