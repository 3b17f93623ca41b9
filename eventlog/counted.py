"""The events the figures count (`domain.queries.counted`), as the table `counted_events` keeps them.

A row follows from its event alone. It is written with the event's block (`eventlog.blocks`); until that is full, the
event itself is read.
"""

from collections.abc import Iterable

from domain.envelope import Countable
from domain.event import UnknownEventError
from domain.queries.counted import CountedEvent, CountsAs, counted_event
from eventlog.backend import Row, Statement
from eventlog.stored_time import from_micros, micros

COLUMNS = ("position", "stream", "kind", "window_key", "detail", "occurred_at")
_PUT = f"INSERT INTO counted_events ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_made = tuple.__new__  # there are tens of thousands in a year
_KINDS = {kind.value: kind for kind in CountsAs}


def put_counted(rows: Iterable[Row | None]) -> list[Statement]:
    """What writes the rows of events whose block is full."""
    kept = [row for row in rows if row is not None]
    return [(_PUT, kept)] if kept else []


def counted_row(event: Countable) -> Row | None:
    """The row of an event; None when it does not count, or cannot be read, which `verify` names where it is folded."""
    try:
        counted = counted_event(event)
    except UnknownEventError:
        return None
    if counted is None:
        return None
    return (*counted[:2], counted.kind.value, counted.window, counted.detail, micros(counted.at))


def counted_in(row: Row) -> CountedEvent:
    """The event of a row.

    Raises:
        UnknownEventError: it is none of this build's.
    """
    position, stream, kind, window, detail, occurred = row
    try:
        return _made(CountedEvent, (position, stream, _KINDS[kind], window, detail, from_micros(occurred)))
    except (LookupError, TypeError, OverflowError) as error:
        raise UnknownEventError(f"{kind} {position}") from error
