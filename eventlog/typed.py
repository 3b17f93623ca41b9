"""What type each cell of each table has: whoever owns the file can put anything anywhere, and SQLite keeps it.

So `verify` types a row before it looks at what it says. A row that fails is named, and the walk goes on without it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from eventlog.backend import Row
from eventlog.findings import Token, VerifyFinding, verify_finding

LARGEST = 2**63
_EVENT_NUMBERS = ("position", "version", "schema", "occurred_at", "recorded_at")
NUMBERS = {
    "events": _EVENT_NUMBERS,
    "commands": ("first", "last"),
    "streams": ("first", "ended"),
    "snapshots": ("position", "version"),
    "matters": ("year", "tail"),
    "matter_rows": (
        *("version", "progress", "by_letter", "listed", "missed_in_row", "settled", "wavers"),
        *("red", "yellow", "blue", "position"),
    ),
    "meetings": ("starts", "ordinal", "version"),
    "units": (),
    "people": ("left_at",),
    "numbers": ("last",),
    "secret_keys": ("created_at", "destroyed_at"),
    "outbox": ("position", "sent_at"),
    "notices": ("position", "recorded_at", "due_at", "next_at", "attempts", "tried_at", "sent_at"),
    "refusals": ("valid_until",),
    "relations": ("holds",),
}
"""Columns that hold whole numbers; all others hold text, but for `BYTES`."""
BYTES = {"secret_keys": ("key",)}
OPTIONAL = {
    "matters": ("lead", "due", "parent", "tail"),
    "matter_rows": ("lead", "parent", "period", "source", "section", "origin", "person"),
    "meetings": ("ordinal",),
    "units": ("parent",),
    "people": ("phone", "email", "secretary", "title", "left_at"),
    "secret_keys": ("key", "destroyed_at", "wrapped_by"),
    "outbox": ("sent_at", "notices"),
    "notices": ("batch", "tried_at", "sent_at", "error"),
}
"""Columns that may be NULL."""


def odd_cells(table: str, columns: Sequence[str], row: Row) -> Iterator[str]:
    """Each cell of the log's tables whose type is not its column's, in Chinese."""
    if not _is_plain(table, tuple(columns), row):
        yield from _named(table, columns, row)


def _is_plain(table: str, columns: tuple[str, ...], row: Row) -> bool:
    """Whether nothing is odd about a row, seen at a glance: by the types of its cells, and all its texts at once."""
    places = _places(table, columns, tuple(map(type, row)))
    if places is None:
        return False
    numbers, texts = places
    try:
        "".join([row[at] for at in texts]).encode()
    except UnicodeEncodeError:
        return False
    values = [row[at] for at in numbers]
    return not values or (max(values) < LARGEST and min(values) > -LARGEST)


@lru_cache(maxsize=1024)
def _places(
    table: str, columns: tuple[str, ...], types: tuple[type, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Where the numbers and the texts stand in a row of these types; None when one is not its column's."""
    if any(_named(table, columns, tuple(_SAMPLES.get(one, ...) for one in types))):
        return None
    return tuple(n for n, one in enumerate(types) if one is int), tuple(n for n, one in enumerate(types) if one is str)


_SAMPLES: dict[type, object] = {int: 0, str: "", type(None): None, bytes: b"", memoryview: b""}


def _named(table: str, columns: Sequence[str], row: Row) -> Iterator[str]:
    numbers, raw, optional = NUMBERS[table], BYTES.get(table, ()), OPTIONAL.get(table, ())
    for name, cell in zip(columns, row, strict=True):
        if cell is None and name in optional:
            continue
        if name in numbers:
            if cell.__class__ is not int or abs(cell) >= LARGEST:
                yield f"{name} 应为整数"
        elif name in raw:
            if not isinstance(cell, bytes | memoryview):
                yield f"{name} 应为二进制"
        elif not _is_text(cell):
            yield f"{name} 应为文字"


def cell_problems(table: str, columns: Sequence[str], row: Row) -> Iterator[VerifyFinding]:
    """For `verify`: cells of the log's tables of another type than their column's, as one problem."""
    odd = "、".join(odd_cells(table, columns, row))
    if odd:
        yield verify_finding(Token.ODD_CELL, f"表 {table} 的 {str(row[0])[:80]!r} 行 {odd}")


def _is_text(cell: object) -> bool:
    if not isinstance(cell, str):
        return False
    try:
        cell.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8, read with escapes
        return False
    return True
