"""Digests that bind what no event holds to the log: a command's row, the notices an event gave, a snapshot.

Whoever owns the database can compute them anew, as he can the chain; who edits a cell by hand does not.
"""

import hashlib
from collections.abc import Iterable

from eventlog.backend import Row

NOTICE_COLUMNS = "id, position, person, channel, stream, subject, text, urgency, recorded_at"
"""What a notice is when it is kept; how its delivery stands changes."""

_SIZES = tuple(f"\0\0\0{chr(n)}" for n in range(128))
"""A length before a part, as a text of so many ASCII characters."""


def command_digest(row: Row) -> str:
    """The digest that binds a command's row (id, stream, first, last, request hash) to the hash of its last event."""
    command, stream, first, last, request, event = map(str, row)
    size = _SIZES  # all of them are short and plain, nearly always: then one text is put together and encoded
    try:
        text = (
            f"{size[len(command)]}{command}{size[len(stream)]}{stream}{size[len(first)]}{first}"
            f"{size[len(last)]}{last}{size[len(request)]}{request}{size[len(event)]}{event}"
        )
    except IndexError:
        return _digest(row)
    return hashlib.sha256(text.encode()).hexdigest() if text.isascii() else _digest(row)


def notices_digest(rows: Iterable[Row]) -> str:
    """The digest that binds an event's notices to the log, in the order of their ids; also when there are none."""
    return _digest([part for row in sorted(rows, key=lambda row: str(row[0])) for part in row])


def snapshot_digest(row: Row) -> str:
    """The digest that binds a snapshot's text to the event it stands on and to the build that folded it."""
    return _digest(row)


def _digest(parts: Iterable[object]) -> str:
    pieces: list[bytes] = []
    for part in parts:
        data = str(part).encode("utf-8", "surrogatepass")
        pieces += (len(data).to_bytes(4, "big"), data)
    return hashlib.sha256(b"".join(pieces)).hexdigest()
