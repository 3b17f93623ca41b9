"""For `verify`: is each cell of an event of its column's type? Only then is looked at what it says."""

from collections.abc import Iterator
from typing import TypeGuard

from domain.bounds import storable
from eventlog.backend import Row
from eventlog.chain import hashed_bytes
from eventlog.findings import Token, VerifyFinding
from eventlog.rows import EVENT_COLUMNS
from eventlog.typed import LARGEST, NUMBERS, odd_cells

_COLUMNS = tuple(EVENT_COLUMNS.split(", "))
_TYPES = tuple(int if name in NUMBERS["events"] else str for name in _COLUMNS)


def hashed_if_plain(row: Row) -> bytes | None:
    """What the hash of an event is over; None when its cells have to be looked at one by one."""
    if tuple(map(type, row)) != _TYPES or min(row[0], row[3], row[6], row[10], row[11]) <= -LARGEST:
        return None
    try:
        hashed = hashed_bytes(row)
    except UnicodeEncodeError:
        return None
    return hashed if row[13].isascii() or not any(odd_event(row)) else None


def odd_event(row: Row) -> Iterator[VerifyFinding]:
    """Cells of an event that are of another type than their column's."""
    if odd := "、".join(odd_cells("events", _COLUMNS, row)):
        place = f"：表 events 第 {row[0]!r} 行（{str(row[2])[:60]}）{odd}"
        yield VerifyFinding(token=Token.ODD_CELL, message=f"{Token.ODD_CELL.label}{place}")


def is_key(cell: object) -> TypeGuard[str]:
    """Whether a cell can be kept and asked for: bytes that are no UTF-8, read with escapes, cannot."""
    return isinstance(cell, str) and storable(cell) == cell
