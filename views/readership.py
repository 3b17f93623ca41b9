"""Who has read what he was sent, and what somebody has not."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from domain.base import refuse
from domain.calendar import SHANGHAI
from domain.event import decode
from domain.ids import read_stream_of
from domain.readership import ItemRead, ReadKind
from eventlog import reading
from eventlog.database import Database
from eventlog.notices import people_told, told_since
from views.viewer import Viewer

REMEMBERED = timedelta(days=30)
"""So long something that was not opened is called unread; what is older was dealt with otherwise."""


def readings(database: Database, kind: ReadKind, keys: Iterable[str]) -> dict[tuple[str, str], datetime]:
    """Who opened each of these, and when: (key, person) → the moment."""
    streams = [read_stream_of(kind, key) for key in keys]
    by_stream = reading.read_streams(database, streams, reading.recorded_upto(None))
    events = [(e.recorded_at, decode(e)) for events in by_stream.values() for e in events]
    return {(e.key, e.person): at for at, e in events if isinstance(e, ItemRead)}


def read_by(database: Database, kind: ReadKind, keys: Collection[str], person: str) -> dict[str, datetime]:
    """Which of these one person opened, and when."""
    return {key: at for (key, who), at in readings(database, kind, keys).items() if who == person}


def unread_notices(viewer: Viewer) -> int:
    """How many notices of the last thirty days he was sent and has not opened."""
    positions = told_since(viewer.database, viewer.reader.person, viewer.now - REMEMBERED)
    keys = [str(position) for position in positions]
    return len(keys) - len(read_by(viewer.database, ReadKind.NOTICE, keys, viewer.reader.person))


def readers_document(viewer: Viewer, number: str, position: int) -> dict[str, Any]:
    """Of something that was issued, to whom it was sent, and who of them has opened it; others who did stand beside.

    Raises:
        Refusal: `not_found`: he reads for one unit only.
    """
    refuse(not viewer.rights.whole, "谁已读由办公室和领导查阅", "not_found")
    opened = {who: at for (_, who), at in readings(viewer.database, ReadKind.PAPER, [number]).items()}
    sent = people_told(viewer.database, position)
    units = {p.id: p.unit for p in reading.people(viewer.database, former=True)}
    rows = [
        {
            "person": who,
            "name": viewer.persons(who),
            "unit": viewer.units(units[who]) if units.get(who) else None,
            "sent": who in sent,
            "read_at": opened[who].astimezone(SHANGHAI).isoformat() if who in opened else None,
        }
        for who in (*sent, *(w for w in opened if w not in sent))
    ]
    return {"number": number, "sent": len(sent), "read": sum(who in opened for who in sent), "readers": rows}
