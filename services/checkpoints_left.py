"""Checkpoints left where the office cannot change them: in a folder of somebody else, whenever something ends."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from domain.operations import CheckpointSigned
from eventlog import reading
from eventlog.database import Database
from eventlog.durable import flush, flush_folder
from services.checkpoints import take_checkpoint
from sheets.file_errors import unwritable_file

if TYPE_CHECKING:
    from settings import Settings


def leave_checkpoint(settings: "Settings", database: Database, now: datetime) -> Path | None:
    """Sign for the log as it is, and leave the note in the folder that is set; None without one, or with nothing new.

    Raises:
        Refusal: the folder cannot be written to; what was signed is in the log all the same.
        LogError: the log cannot be read or written.
    """
    folder = settings.checkpoint_folder
    if folder is None or _signed_for(database):
        return None
    taken, note, _ = take_checkpoint(database, settings.home, now)
    place = folder / f"检查点-{database.headquarters}-{taken.size}.txt"
    try:
        # Not by a name it has before: of somebody else's folder we may not be allowed to remove anything.
        with place.open("x", encoding="utf-8") as file:
            file.write(note)
        flush(place)
        flush_folder(folder)
    except OSError as error:
        raise unwritable_file(place, error) from error
    return place


def _signed_for(database: Database) -> bool:
    """Whether the newest event is that a checkpoint was signed: nothing happened since."""
    position, _ = reading.newest_event(database)
    newest = reading.events_at(database, [position]).get(position)
    return newest is None or newest.type == CheckpointSigned.__name__
