"""The rows matters are listed by, now or as of a moment, whole or a page at a time."""

from domain.matter import Matter
from domain.queries.list_row import ListRow, past_row
from eventlog.database import Database
from eventlog.list_rows import SELECT, SELECT_PAST, row_in
from eventlog.reading.events import Moment
from eventlog.reading.states import states_in

_MOVED = "s.stream IN (SELECT stream FROM matter_rows WHERE position > ?)"


def list_rows(database: Database) -> tuple[ListRow, ...]:
    """The row of every matter, by number."""
    with database.reading() as transaction:
        rows = transaction.all(SELECT)
    return tuple(sorted(map(row_in, rows), key=lambda row: row.number))


def past_list_rows(database: Database, moment: Moment) -> tuple[ListRow, ...]:
    """The row of every matter there was at a moment, by number, without colours to come.

    A matter nothing was recorded of since has the row it has now; of the others the state of then is read.
    """
    with database.reading(snapshot=True) as transaction:
        rows = [row_in(row) for row in transaction.all(f"{SELECT_PAST} WHERE position <= ?", (moment.position,))]
        moved = states_in(transaction, _MOVED, (moment.position,), moment)
    rows += [past_row(one.state) for one in moved if isinstance(one.state, Matter)]
    return tuple(sorted(rows, key=lambda row: row.number))


def list_page(database: Database, size: int, after: str = "", *, living: bool = False) -> tuple[ListRow, ...]:
    """At most `size` rows after a number, by number; `living` leaves out what is at rest."""
    only = " AND settled = 0" if living else ""
    with database.reading() as transaction:
        rows = transaction.all(f"{SELECT} WHERE number > ?{only} ORDER BY number LIMIT ?", (after, size))
    return tuple(map(row_in, rows))
