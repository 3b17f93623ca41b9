"""The rows matters are listed by, now or as of a moment, whole or a page at a time."""

from domain.matter import Matter
from domain.queries.list_row import ListRow, StandingRow, past_row
from eventlog.database import Database, Transaction
from eventlog.list_rows import SELECT, SELECT_PAST, SELECT_STANDING, STANDING_COLUMNS, row_in, standing_row_in
from eventlog.reading.events import Moment
from eventlog.reading.states import states_in

_OF_MOVED = "s.stream IN (SELECT stream FROM matter_rows WHERE position > ?)"


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
        rows += _moved(transaction, moment)
    return tuple(sorted(rows, key=lambda row: row.number))


def standing_rows(database: Database, moment: Moment) -> tuple[StandingRow, ...]:
    """Of the row of every matter there was at a moment what says how it stood, in any order."""
    with database.reading(snapshot=True) as transaction:
        kept = transaction.all(f"{SELECT_STANDING} WHERE position <= ?", (moment.position,))
        moved = _moved(transaction, moment)
    then = (StandingRow._make(getattr(row, name) for name in STANDING_COLUMNS) for row in moved)
    return (*map(standing_row_in, kept), *then)


def _moved(transaction: Transaction, moment: Moment) -> list[ListRow]:
    """The rows of the matters of which something was recorded since, as they were."""
    states = states_in(transaction, _OF_MOVED, (moment.position,), moment)
    return [past_row(one.state) for one in states if isinstance(one.state, Matter)]


def list_page(database: Database, size: int, after: str = "", *, living: bool = False) -> tuple[ListRow, ...]:
    """At most `size` rows after a number, by number; `living` leaves out what is at rest."""
    only = " AND settled = 0" if living else ""
    with database.reading() as transaction:
        rows = transaction.all(f"{SELECT} WHERE number > ?{only} ORDER BY number LIMIT ?", (after, size))
    return tuple(map(row_in, rows))
