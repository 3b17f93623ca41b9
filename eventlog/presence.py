"""Which processes serve the log, on whatever machine, and when each last said so. Nothing of it is an event."""

# ruff: noqa: S608  (column names are constants)

import json
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.base import Frozen
from eventlog.backend import Row
from eventlog.database import Database
from eventlog.stored_time import from_micros, micros

FORGOTTEN_AFTER = timedelta(days=7)
"""A process that ended without saying so is no news any more."""
_COLUMNS = "id, kind, host, pid, build, started_at, seen_at, detail"
_SEEN = (
    f"INSERT INTO processes ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, detail = excluded.detail"
)
_LEFT = "DELETE FROM processes WHERE id = ?"
_FORGET = "DELETE FROM processes WHERE seen_at < ?"
SERVING = f"SELECT {_COLUMNS} FROM processes ORDER BY kind, host, started_at"


class ServingKind(StrEnum):
    """What a process is for."""

    WORKER = "worker"
    WEB = "web"


class ServingProcess(Frozen):
    """A process as it last described itself."""

    id: str
    kind: ServingKind
    host: str
    pid: int
    build: str
    started_at: datetime
    seen_at: datetime
    detail: dict[str, Any] = {}
    """Of a worker: when it last looked at every matter (`swept_at`), how many it brought to the log (`healed`)."""


def say_present(database: Database, process: ServingProcess) -> None:
    """Put down that it serves; who has not been heard of for a week is forgotten."""
    detail = json.dumps(process.detail, ensure_ascii=False)
    times = (micros(process.started_at), micros(process.seen_at))
    row = (process.id, process.kind.value, process.host, process.pid, process.build, *times, detail)
    with database.writing() as transaction:
        transaction.commit([(_FORGET, [(micros(process.seen_at - FORGOTTEN_AFTER),)]), (_SEEN, [row])])


def say_left(database: Database, process: str) -> None:
    """It ends in order."""
    with database.writing() as transaction:
        transaction.commit([(_LEFT, [(process,)])])


def forget_processes(database: Database) -> None:
    """A restored log is served by none of those that served the one it was copied from."""
    with database.writing() as transaction:
        transaction.commit([("DELETE FROM processes", [()])])


def serving_processes(database: Database) -> tuple[ServingProcess, ...]:
    """All that said so and have not left, by kind and machine."""
    with database.reading() as transaction:
        return tuple(map(process_of_row, transaction.all(SERVING)))


def process_of_row(row: Row) -> ServingProcess:
    """A process as `SERVING` finds it."""
    fields = dict(zip(_COLUMNS.split(", "), row, strict=True))
    times = {key: from_micros(fields[key]) for key in ("started_at", "seen_at")}
    return ServingProcess.model_validate({**fields, **times, "detail": json.loads(fields["detail"])})
