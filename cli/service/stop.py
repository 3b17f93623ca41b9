"""`xmh down`."""

import signal
from pathlib import Path

from cli.session import Exit, Problem
from services.embedded.prepare import end_orphans
from services.embedded.runfile import RunFile
from services.embedded.supervise import SERVER_STOPS_WITHIN, WORKER_DRAINS_WITHIN


def stop_service(home: Path) -> bool:
    """Stop the service of a home (`xmh down`), also what a killed `up` left behind; False when nothing ran.

    Raises:
        Problem: it did not end in time (exit 1).
    """
    run = RunFile.read(home)
    if run is None:
        return False
    if not run.running:
        return bool(end_orphans(home))
    run.supervisor.send(signal.SIGTERM)
    if not run.supervisor.gone_within(WORKER_DRAINS_WITHIN + SERVER_STOPS_WITHIN + 5):
        raise Problem(
            f"进程 {run.supervisor.pid} 没有停下，请稍候再试，或人工结束它", "still_running", Exit.UNREACHABLE
        )
    return True
