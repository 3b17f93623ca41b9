"""Putting on record that somebody opened what he was sent, once for each thing and person."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from domain.envelope import SYSTEM
from domain.ids import read_stream_of
from domain.readership import ItemRead, ReadKind
from eventlog.database import Database
from services.office_records import record_office_events
from views.readership import read_by


def note_read(database: Database, kind: ReadKind, keys: Iterable[str], person: str, now: datetime) -> int:
    """This person has these before him; how many of them he had not opened before.

    Raises:
        LogError: the log cannot be written.
    """
    wanted = list(dict.fromkeys(keys))
    known = read_by(database, kind, wanted, person)
    new = [key for key in wanted if key not in known]
    for key in new:
        digest = sha256(f"{kind.value}:{key}:{person}".encode()).hexdigest()[:32]
        event = ItemRead(kind=kind, key=key, person=person)
        stream, command_id = read_stream_of(kind, key), f"read:{digest}"
        record_office_events(database, stream, [event], actor=SYSTEM, command_id=command_id, now=now)
    return len(new)
