"""Task lists and plans that were handed in over the network, read once however often their page is asked for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from domain.base import refuse
from domain.calendar import local_date
from domain.facts import Attachment
from eventlog import reading
from eventlog.attachments import kept_file
from eventlog.database import Database
from eventlog.uploads import uploads_of
from intake.draft.draft import DraftingContext
from intake.edited.copy import EditedTable
from intake.uploaded import Filled, UploadedList, read_edited, read_uploaded
from services.apart import done_apart
from views.remembered import Remembered

if TYPE_CHECKING:
    from settings import Settings

_lists = Remembered[UploadedList](8)


def own_upload(database: Database, person: str, sha256: str, now: datetime) -> Attachment:
    """What this person handed in under a digest.

    Raises:
        Refusal: `not_found`: he did not, or it is gone.
    """
    own = [one for one in uploads_of(database, person, now) if one.sha256 == sha256]
    refuse(not own, "没有您上传的这份文件，或已超过三十天；请重新上传", "not_found")
    return own[0]


def uploaded_list(
    settings: "Settings", database: Database, upload: Attachment, filled: Filled, now: datetime
) -> UploadedList:
    """What stands in an upload, read in a process of its own: who made it is nobody we know.

    Raises:
        Refusal: `malformed`: it is no list and no text; `not_found`: its bytes are gone.
    """
    suffix, today = Path(upload.name).suffix.lower(), local_date(now)
    units = reading.units(database)
    office = DraftingContext(calendar=reading.rulebook(database).calendar, year=today.year, units=units)
    cells = tuple(sorted((row, tuple(sorted(texts.items()))) for row, texts in filled.items()))
    names = tuple((unit.id, unit.name, *unit.aliases) for unit in units)

    def read() -> UploadedList:
        with _copied(settings, upload) as copy:
            return done_apart(read_uploaded, copy, office, today, filled)

    key = (reading.log_identity(database), reading.rulebook_version(database), names)
    return _lists.of((*key, upload.sha256, suffix, today, cells), read)


def uploaded_table(settings: "Settings", database: Database, upload: Attachment, now: datetime) -> EditedTable:
    """What an uploaded copy of 一览表 holds, read in a process of its own.

    Raises:
        Refusal: `malformed`: it is no such copy, lost its key, or is of another log; `not_found`: its bytes are gone.
    """
    identity, calendar = reading.log_identity(database), reading.rulebook(database).calendar
    with _copied(settings, upload) as copy:
        return done_apart(read_edited, copy, identity, calendar, local_date(now))


@contextmanager
def _copied(settings: "Settings", upload: Attachment) -> Iterator[Path]:
    """An upload under a name that says its kind, for readers that go by it."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / f"上传的文件{Path(upload.name).suffix.lower()}"
        shutil.copyfile(kept_file(settings.store_place, upload.sha256, upload.name), copy)
        yield copy
