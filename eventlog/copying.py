"""A whole log into an empty one, of one moment and row by row as it is stored, whichever database each lies in.

Both databases have the same tables and hold the same values in them, so what verifies here verifies there.
"""

# ruff: noqa: S608  (names of tables and columns are ours)

from collections.abc import Iterator

from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.words import WORD_COLUMNS

_PAGE = 500
_WORDS = "event_words"


def copy_log(source: Database, target: Database) -> None:
    """Put everything the source holds into the target, whose tables are this build's and empty: all of it, or nothing.

    Raises:
        LogError: one of them cannot be reached, or is of another build.
    """
    with source.reading(snapshot=True) as there, target.writing(long=True) as here:
        for table, (columns, key) in _tables().items():
            named = ", ".join(f'"{column}"' for column in columns)
            put = f"INSERT INTO {table} ({named}) VALUES ({', '.join('?' * len(columns))})"
            for rows in _pages(there, f"SELECT {named} FROM {table}", key, [columns.index(column) for column in key]):
                here.run([(put, rows)])
        here.commit()


def _tables() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Every table with its columns and its key."""
    from sqlmodel import SQLModel  # noqa: PLC0415  (SQLAlchemy takes half a second to import)

    import eventlog.tables  # noqa: F401, PLC0415

    kept = {
        name: (tuple(column.name for column in table.columns), tuple(column.name for column in table.primary_key))
        for name, table in SQLModel.metadata.tables.items()
    }
    return kept | {_WORDS: (WORD_COLUMNS, WORD_COLUMNS[:1])}


def _pages(there: Transaction, select: str, key: tuple[str, ...], places: list[int]) -> Iterator[list[Row]]:
    """A table by its key, a page at a time: a log of a million events needs no more memory than a short one."""
    named = ", ".join(f'"{column}"' for column in key)
    after = f"WHERE ({named}) > ({', '.join('?' * len(key))})"
    rows = there.all(f"{select} ORDER BY {named} LIMIT {_PAGE}")
    while rows:
        yield rows
        last = [rows[-1][place] for place in places]
        rows = there.all(f"{select} {after} ORDER BY {named} LIMIT {_PAGE}", last)
