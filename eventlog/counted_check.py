"""For `verify`: is each event that counts in the table of those, as what it is, and nothing else?"""

# ruff: noqa: S608  (names and question marks)

from collections.abc import Iterator, Sequence

from domain.queries.counted import COUNTED_TYPES
from eventlog.backend import Row
from eventlog.blocks import filled_until
from eventlog.counted import COLUMNS
from eventlog.database import Transaction
from eventlog.findings import Token, VerifyFinding

_AT_ONCE = 500
_STORED = f"SELECT {', '.join(COLUMNS)} FROM counted_events WHERE position IN "
_MAY_COUNT = ", ".join(f"'{name}'" for name in sorted(COUNTED_TYPES))
_STRAY = (
    "SELECT c.position, c.stream FROM counted_events c WHERE c.position >= ? AND NOT EXISTS "
    f"(SELECT 1 FROM events e WHERE e.position = c.position AND e.type IN ({_MAY_COUNT})) ORDER BY c.position"
)


def counted_problems(
    transaction: Transaction, due: Sequence[tuple[int, Row | None]], newest: int
) -> Iterator[VerifyFinding]:
    """What differs of the rows of these events (position, the row that is due), of a log that reaches so far."""
    until = filled_until(newest)
    for first in range(0, len(due), _AT_ONCE):
        some = due[first : first + _AT_ONCE]
        places = tuple(position for position, _ in some)
        stored = {row[0]: row for row in transaction.all(f"{_STORED}({', '.join('?' * len(places))})", places)}
        for position, row in some:
            expected = row if position <= until else None
            if stored.get(position) != expected:
                yield _finding(position, (row or stored[position])[1])


def stray_counted(transaction: Transaction, first: int) -> Iterator[VerifyFinding]:
    """Rows from a position on that are of no event that may count."""
    for position, stream in transaction.all(_STRAY, (first,)):
        yield _finding(position, stream)


def _finding(position: int, stream: object) -> VerifyFinding:
    token = Token.READ_MODEL_DIFFERS
    named = stream if isinstance(stream, str) and stream.isprintable() else None
    return VerifyFinding(token=token, message=f"{token.label}：表 counted_events 第 {position} 行不符", stream=named)
