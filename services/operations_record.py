"""What is done with a log is written into it: the stream `operations/<code>`."""

import getpass
import os
import platform
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from domain.bounds import seen
from domain.envelope import SYSTEM, Actor, Via
from domain.event import Event
from domain.ids import OfficeStream
from domain.operations import RunsRecovered, SchemaMigrated
from eventlog.database import Database
from eventlog.errors import LogBusy
from eventlog.schema import HEAD
from services.office_records import record_office_events
from services.vouching import service_vouch

if TYPE_CHECKING:
    from services.healing import Recovery

WAITS_FOR, AGAIN_AFTER = 30.0, 0.1
"""Seconds."""
MOST_NAMED = 200
"""Characters of an account and its machine that are kept: both are whatever the machine says."""


def record_operation(
    database: Database,
    home: Path,
    event: Event,
    *,
    actor: Actor = SYSTEM,
    command_id: str,
    content: Mapping[str, object] | None = None,
) -> None:
    """Append what was done; for a person by the key of the home: who reads that runs it.

    It is done already, so it waits its turn longer than a command does: where many write one file without a break,
    who comes from another process may find it taken each time he looks.

    Raises:
        Refusal: the log asks for signatures and the home has no key, or the actor may not.
        LogError: the log cannot be written.
    """
    if actor is not SYSTEM:
        database.vouch = service_vouch(home, Via.CLI)
    stream, now = database.own(OfficeStream.OPERATIONS), datetime.now(UTC)
    give_up = time.monotonic() + WAITS_FOR
    while True:
        try:
            record_office_events(
                database, stream, [event], actor=actor, command_id=command_id, now=now, content=content
            )
        except LogBusy:
            if time.monotonic() > give_up:
                raise
            time.sleep(AGAIN_AFTER)
        else:
            return


def record_migration(database: Database, home: Path, before: str) -> None:
    """Say that the tables were another build's before: once, whoever else brought them forward at the same time.

    Raises:
        Refusal, LogError: as `record_operation`.
    """
    event = SchemaMigrated(before=before, after=HEAD, build=version("xmh"), by=machine_account())
    tables = {"before": before, "after": HEAD}
    record_operation(database, home, event, command_id=f"migrate:{before}:{HEAD}", content=tables)


def record_recovery(database: Database, home: Path, recovery: "Recovery", command_id: str) -> None:
    """Say what `xmh recover` had to heal.

    Raises:
        Refusal, LogError: as `record_operation`.
    """
    healed = {kind: len(getattr(recovery, kind)) for kind in RunsRecovered.model_fields if kind != "by"}
    record_operation(database, home, RunsRecovered(**healed, by=machine_account()), command_id=command_id)


def machine_account() -> str:
    """Under which account of which machine this runs: who keeps a log on the machine signs in nowhere else."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's number without a name
        user = f"uid{os.getuid()}"
    return seen(f"{user}@{platform.node()}")[:MOST_NAMED]
