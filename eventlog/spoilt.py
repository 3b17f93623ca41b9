"""A row of the read model that holds something else than was written there, as every unreadable thing is told."""

from domain.event import UnknownEventError
from eventlog.backend import Row

SPOILT = (ValueError, TypeError, LookupError, OverflowError, RecursionError)
"""What reading such a row raises."""


def spoilt_row(table: str, row: Row, error: object) -> UnknownEventError:
    """The error it is told as."""
    return UnknownEventError(f"{table} {row[0]!r}: {error}")
