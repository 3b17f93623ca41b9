"""`xmh down`."""

import signal
from pathlib import Path

from cli.session import Exit, Problem
from services.embedded.prepare import end_orphans
from services.embedded.runfile import RunFile
from services.embedded.supervise import SERVER_STOPS_WITHIN, WORKER_DRAINS_WITHIN


def stop(home: Path) -> bool:
    """Stop what runs on a home, also what a killed `up` left behind; False when nothing ran.

    Raises:
        Problem: it did not end in time (exit 1).
    """
    found = RunFile.read(home)
    if found is None:
        return False
    if not found.running:
        return bool(end_orphans(home))
    found.supervisor.send(signal.SIGTERM)
    if not found.supervisor.gone_within(WORKER_DRAINS_WITHIN + SERVER_STOPS_WITHIN + 5):
        raise Problem(
            f"进程 {found.supervisor.pid} 没有停下，请稍候再试，或人工结束它", "still_running", Exit.UNREACHABLE
        )
    return True
