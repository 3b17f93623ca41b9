"""The events the figures count, since a position and up to a moment, without what they say."""

# ruff: noqa: S608  (SQL is put together from constants here, values are parameters)

from collections.abc import Iterable, Iterator, Sequence

from domain.event import UnknownEventError, known_types
from domain.queries.counted import COUNTED_TYPES, CountedEvent, counted_event
from eventlog.backend import Row
from eventlog.blocks import filled_until
from eventlog.counted import COLUMNS, counted_in
from eventlog.database import Database, Transaction
from eventlog.reading.events import WITHIN, Moment, within
from eventlog.rows import FOLDED_COLUMNS, folded_event

_COLUMNS = ", ".join(COLUMNS)
_WINDOW = COLUMNS.index("window_key")
_TYPES = ", ".join(f"'{name}'" for name in sorted(COUNTED_TYPES))
_NEWEST = "SELECT max(position) FROM events"
_NEW = f"SELECT {FOLDED_COLUMNS} FROM events WHERE position > ? AND {WITHIN} ORDER BY position"
_READ = _NEW.replace("WHERE", f"WHERE type IN ({_TYPES}) AND")
_SINCE = f"SELECT {_COLUMNS} FROM counted_events WHERE position > ? AND {WITHIN} ORDER BY position"
_AT_ONCE = 500
_EARLIER = f"SELECT {_COLUMNS} FROM counted_events WHERE position <= ? AND {WITHIN} AND window_key IN "


def counted_events(
    database: Database, after: int, moment: Moment, *, from_events: bool = False
) -> tuple[CountedEvent, ...]:
    """What counts of the events after a position that belong to a moment, in the order of the log.

    With all that was recorded earlier of the windows that any of it is of: whether a report answers its window depends
    on what came before.

    Args:
        database: where the log is.
        after: the position.
        moment: up to which.
        from_events: whether the events alone are believed; then all there is comes back.

    Raises:
        UnknownEventError: the log holds events of a newer build.
    """
    with database.reading(snapshot=True) as transaction:
        if from_events:
            return tuple(_counted(transaction.all(_READ, (0, *within(moment)))))
        newest = transaction.one(_NEWEST)
        filled = filled_until(newest[0] or 0 if newest else 0)
        read = list(_counted(transaction.all(_NEW, (filled, *within(moment)))))
        kept = transaction.all(_SINCE, (after, *within(moment)))
        windows = {window for window in (*(row[_WINDOW] for row in kept), *(one.window for one in read)) if window}
        earlier = _earlier(transaction, after, moment, sorted(windows))
    return (*map(counted_in, earlier), *map(counted_in, kept), *read)


def _counted(rows: Iterable[Row]) -> Iterator[CountedEvent]:
    """Those events that count."""
    for event in map(folded_event, rows):
        if event.type not in known_types():
            raise UnknownEventError(f"{event.type} v{event.schema_version}")
        if (counted := counted_event(event)) is not None:
            yield counted


def _earlier(transaction: Transaction, after: int, moment: Moment, windows: Sequence[str]) -> list[Row]:
    """What counts of these windows up to the position, in the order of the log."""
    rows: list[Row] = []
    for first in range(0, len(windows), _AT_ONCE):
        some = windows[first : first + _AT_ONCE]
        rows += transaction.all(f"{_EARLIER}({', '.join('?' * len(some))})", (after, *within(moment), *some))
    return sorted(rows)
