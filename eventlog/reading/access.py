"""The records of keeping the system: accounts and who came in; what was done with the log."""

from datetime import datetime

from domain.envelope import Recorded
from domain.ids import OfficeStream
from eventlog.database import Database
from eventlog.rows import EVENT_COLUMNS, event_of_row
from eventlog.stored_time import micros

# Ranges of one index: a stream's id begins with its kind.
_KINDS = (
    "((stream >= 'access/' AND stream < 'access0') OR (stream >= 'account/' AND stream < 'account0') "
    "OR (stream = ? AND type = 'RoleChanged'))"
)
_RECORD = (
    f"SELECT {EVENT_COLUMNS} FROM events WHERE {_KINDS} AND recorded_at >= ? AND recorded_at < ? ORDER BY position"  # noqa: S608  (constants)
)
_OPERATIONS = (
    f"SELECT {EVENT_COLUMNS} FROM events WHERE stream = ? AND recorded_at >= ? AND recorded_at < ? ORDER BY version"  # noqa: S608  (constants)
)
_STREAMS = "SELECT DISTINCT stream FROM events WHERE stream >= 'account/' AND stream < 'account0' ORDER BY stream"


def access_record(database: Database, since: datetime, until: datetime) -> tuple[Recorded, ...]:
    """What was recorded of accounts, roles and coming in within a span."""
    with database.reading() as transaction:
        rows = transaction.all(_RECORD, (database.own(OfficeStream.DIRECTORY), micros(since), micros(until)))
    return tuple(map(event_of_row, rows))


def operations_record(database: Database, since: datetime, until: datetime) -> tuple[Recorded, ...]:
    """What was recorded within a span of how the log was kept."""
    with database.reading() as transaction:
        rows = transaction.all(_OPERATIONS, (database.own(OfficeStream.OPERATIONS), micros(since), micros(until)))
    return tuple(map(event_of_row, rows))


def account_streams(database: Database) -> tuple[str, ...]:
    """The streams of all accounts there ever were."""
    with database.reading() as transaction:
        return tuple(stream for (stream,) in transaction.all(_STREAMS))
