"""Checkpoints left where the office cannot change them: in a folder of somebody else, and with witnesses.

Whenever something is issued or the service ends, and once a day: what lies elsewhere is all that shows a log that was
rewritten as a whole, or yesterday's copy put back.
"""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from domain.base import Frozen, Refusal
from domain.checkpoint import LogCheckpoint, note_of, read_note
from domain.envelope import SYSTEM
from domain.ids import OfficeStream
from domain.operations import CheckpointSigned, CheckpointWitnessed
from domain.witnessing import known_witness
from eventlog import reading
from eventlog.database import Database
from eventlog.durable import flush, flush_folder
from eventlog.errors import LogError
from services.checkpoints import newest_checkpoint_at, take_checkpoint
from services.office_records import record_office_events
from services.unreachable import Unreachable
from sheets.file_errors import unwritable_file

if TYPE_CHECKING:
    from settings import Settings

logger = structlog.get_logger()
EVERY = timedelta(days=1)
LOOK_EVERY = 600.0
"""Seconds between two looks whether a day is over."""


class LeftCheckpoint(Frozen):
    """Where a checkpoint lies now, besides here."""

    size: int
    note: str
    """With the signatures of the witnesses."""
    place: Path | None = None
    """In the folder that is set."""
    witnesses: tuple[str, ...] = ()
    """The names of the servers that signed it."""
    authority: str | None = None
    """The server that stamped it with the time."""
    troubles: tuple[str, ...] = ()
    """Who was to have it and has not, each in one line."""


def leave_checkpoint(settings: "Settings", database: Database, now: datetime) -> LeftCheckpoint | None:
    """Sign for the log as it is, and leave the note wherever the settings say; None with nobody set, or nothing new.

    Raises:
        LogError: the log cannot be read or written.
    """
    if (settings.checkpoint_folder is None and not settings.witnesses.anybody) or _signed_for(database):
        return None
    taken, note, _ = take_checkpoint(database, settings.home, now)
    return hand_out(settings, database, taken, note, now)


def hand_out(
    settings: "Settings", database: Database, taken: LogCheckpoint, note: str, now: datetime
) -> LeftCheckpoint:
    """Show a checkpoint to the witnesses, put what they say on record, and leave all of it in the folder that is set.

    Raises:
        LogError: the log cannot be written.
    """
    record, troubles = _witnessed(settings, database, taken, note)
    if record.witnesses or record.token:
        operations, command_id = database.own(OfficeStream.OPERATIONS), f"witnessed:{taken.size}:{now.isoformat()}"
        record_office_events(database, operations, [record], actor=SYSTEM, command_id=command_id, now=now)
    place = None
    if settings.checkpoint_folder is not None:
        try:
            place = _put_away(settings.checkpoint_folder, f"检查点-{database.headquarters}-{taken.size}", record)
        except Refusal as refusal:
            troubles.append(refusal.message)
    names = tuple(known_witness(key).name for key in record.witnesses)
    return LeftCheckpoint(
        size=taken.size,
        note=record.note,
        place=place,
        witnesses=names,
        authority=record.authority,
        troubles=tuple(troubles),
    )


def _witnessed(
    settings: "Settings", database: Database, taken: LogCheckpoint, note: str
) -> tuple[CheckpointWitnessed, list[str]]:
    """What all of them say, and why others say nothing."""
    from services.timestamps import ask_timestamp
    from services.witnesses import ask_witnesses

    places = settings.witnesses
    answers = ask_witnesses(database, places.servers, taken, note, places.timeout)
    troubles, token = list(answers.troubles), None
    if places.timestamps is not None:
        try:
            token = base64.b64encode(ask_timestamp(places, taken.body().encode())).decode()
        except (Refusal, Unreachable) as error:
            troubles.append(f"时间戳：{error.message}")
    _, own = read_note(note)
    record = CheckpointWitnessed(
        size=taken.size,
        note=note_of(taken, (*own, *answers.signatures)),
        witnesses=answers.keys,
        authority=places.timestamps if token else None,
        token=token,
    )
    return record, troubles


def _put_away(folder: Path, name: str, record: CheckpointWitnessed) -> Path:
    """Not by a name it has before: of somebody else's folder we may not be allowed to remove anything.

    Raises:
        Refusal: the folder cannot be written to.
    """
    place = folder / f"{name}.txt"
    files = {place: record.note.encode()}
    if record.token is not None:
        files[folder / f"{name}.tsr"] = base64.b64decode(record.token)
    for path, content in files.items():
        try:
            with path.open("xb") as file:
                file.write(content)
            flush(path)
            flush_folder(folder)
        except OSError as error:
            raise unwritable_file(path, error) from error
    return place


def _signed_for(database: Database) -> bool:
    """Whether the newest event is that a checkpoint was signed or witnessed: nothing happened since."""
    position, _ = reading.newest_event(database)
    newest = reading.events_at(database, [position]).get(position)
    return newest is None or newest.type in (CheckpointSigned.__name__, CheckpointWitnessed.__name__)


async def leave_for_ever(settings: "Settings", database: Database) -> None:
    """Leave one a day, as long as the worker runs, where the settings name somebody to leave it with."""
    if settings.checkpoint_folder is None and not settings.witnesses.anybody:
        return
    while True:
        try:
            await asyncio.to_thread(_leave_of_today, settings, database)
        except (Refusal, LogError) as error:
            logger.warning("checkpoint_not_left", error=error.message)
        except Exception:
            logger.exception("checkpoint_not_left")  # the next look may succeed
        await asyncio.sleep(LOOK_EVERY)


def _leave_of_today(settings: "Settings", database: Database) -> None:
    now = datetime.now(UTC)
    newest = newest_checkpoint_at(database)
    if newest is not None and now - newest < EVERY:
        return
    left = leave_checkpoint(settings, database, now)
    for trouble in left.troubles if left else ():
        logger.error("checkpoint_trouble", trouble=trouble)
