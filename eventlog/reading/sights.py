"""What somebody sees of the matters: of one by the function, of all by its SQL."""

# ruff: noqa: S608  (names of columns and a query of our own)

from domain.queries.list_row import ListRow
from domain.sight import Scope, Sight
from eventlog.database import Database
from eventlog.list_rows import COLUMNS, SELECT, row_in
from eventlog.sights import family_in, sights_in, sights_query

_ONE = f"{SELECT} WHERE stream = ?"


def sight_of(database: Database, scope: Scope, stream: str) -> Sight:
    """How much he sees of a matter; nothing of what does not exist, unless he sees everything: then none is read."""
    if scope.everything:
        return Sight.FULL
    with database.reading() as transaction:
        row = transaction.one(_ONE, (stream,))
        return Sight.NONE if row is None else scope.sight(row_in(row), family_in(transaction, stream))


def sights(database: Database, scope: Scope) -> dict[str, Sight]:
    """How much he sees of each matter he sees at all, by its stream."""
    with database.reading() as transaction:
        return sights_in(transaction, scope)


def seen_rows(database: Database, scope: Scope) -> tuple[tuple[ListRow, Sight], ...]:
    """The row of every matter he sees, by number, and how much he sees of it."""
    query, parameters = sights_query(scope)
    columns = ", ".join(f"r.{name}" for name in COLUMNS)
    joined = f"({query}) s JOIN matter_rows r ON r.stream = s.stream"
    select = f"SELECT s.level, {columns} FROM {joined} ORDER BY r.number"
    with database.reading() as transaction:
        rows = transaction.all(select, parameters)
    return tuple((row_in(row[1:]), tuple(Sight)[row[0]]) for row in rows)


def count_seen(database: Database, scope: Scope) -> int:
    """How many matters he sees."""
    query, parameters = sights_query(scope)
    with database.reading() as transaction:
        row = transaction.one(f"SELECT COUNT(*) FROM ({query}) s", parameters)
    return int(row[0]) if row else 0
