"""The rows matters are listed by, whole or a page at a time; no state is read."""

from domain.queries.list_row import ListRow
from eventlog.database import Database
from eventlog.list_rows import SELECT, row_in


def list_rows(database: Database) -> tuple[ListRow, ...]:
    """The row of every matter, by number."""
    with database.reading() as transaction:
        rows = transaction.all(SELECT)
    return tuple(sorted(map(row_in, rows), key=lambda row: row.number))


def list_page(database: Database, size: int, after: str = "", *, living: bool = False) -> tuple[ListRow, ...]:
    """So many rows after a number, by number; `living` leaves out what is at rest."""
    only = " AND settled = 0" if living else ""
    with database.reading() as transaction:
        rows = transaction.all(f"{SELECT} WHERE number > ?{only} ORDER BY number LIMIT ?", (after, size))
    return tuple(map(row_in, rows))
