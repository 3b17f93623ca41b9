"""For `verify`: does each command's row name exactly its events, as they were recorded?"""

# ruff: noqa: S608  (question marks)

from collections.abc import Iterator

from eventlog.backend import Row
from eventlog.database import Transaction
from eventlog.evidence import command_digest
from eventlog.findings import Token, VerifyFinding
from eventlog.typed import cell_problems

COMMAND_COLUMNS = ("command_id", "stream", "first", "last", "request_hash", "digest")
_STREAM, _VERSION, _COMMAND, _HASH = 2, 3, 9, 13
_AT_ONCE = 500
_ROWS = f"SELECT {', '.join(COMMAND_COLUMNS)} FROM commands WHERE command_id IN "
_WRONG_COMMANDS = """
SELECT c.command_id, c.stream FROM commands c
LEFT JOIN (
    SELECT command_id, min(stream) AS one, max(stream) AS other, min(version) AS first, max(version) AS last
    FROM events GROUP BY command_id
) e ON e.command_id = c.command_id
WHERE {} AND (
    e.command_id IS NULL OR e.one <> c.stream OR e.other <> c.stream OR e.first <> c.first OR e.last <> c.last
)
ORDER BY c.command_id
"""
_DIGESTS = (
    "SELECT c.command_id, c.stream, c.first, c.last, c.request_hash, c.digest, e.hash FROM commands c "
    "LEFT JOIN events e ON e.stream = c.stream AND e.version = c.last"
)
_UNINDEXED_EVENTS = """
SELECT DISTINCT e.command_id, e.stream FROM events e
WHERE {} AND NOT EXISTS (SELECT 1 FROM commands c WHERE c.command_id = e.command_id)
ORDER BY e.command_id
"""


class CommandsPassing:
    """Holds the commands to the events as these pass by in the order of `position`.

    The events of a command stand side by side, so a page of them is held to its commands' rows and forgotten. It knows
    only whether all fit: where they do not, `command_problems` asks the database which, by sorting the whole log.
    """

    def __init__(self) -> None:
        """Nothing has passed."""
        self._fit = True
        self._fitting = 0
        self._ended: list[Row] = []
        self._command, self._stream, self._first, self._last, self._hash = "", "", 0, 0, ""

    def take(self, row: Row) -> None:
        """The next event, whose cells are of their columns' types."""
        if row[_COMMAND] != self._command or row[_STREAM] != self._stream:
            self._end()
            self._command, self._stream, self._first = row[_COMMAND], row[_STREAM], row[_VERSION]
        self._last, self._hash = row[_VERSION], row[_HASH]

    def _end(self) -> None:
        if self._first:
            self._ended.append((self._command, self._stream, self._first, self._last, self._hash))
        self._first = 0

    def compare(self, transaction: Transaction) -> None:
        """Hold the commands that have passed to their rows."""
        ended, self._ended = self._ended, []
        for start in range(0, len(ended), _AT_ONCE):
            some = ended[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            kept = {row[0]: row for row in transaction.all(f"{_ROWS}({marks})", [place[0] for place in some])}
            self._fit = self._fit and all(_fits(kept.get(place[0]), place) for place in some)
            self._fitting += len(some)

    def all_fit(self, transaction: Transaction) -> bool:
        """Whether each command that passed has its row, and no row is left over; in a log whose chains are sound."""
        self._end()
        self.compare(transaction)
        return self._fit and transaction.one("SELECT count(*) FROM commands") == (self._fitting,)


def _fits(row: Row | None, place: Row) -> bool:
    if row is None or not (row[4].__class__ is str and row[4].isascii()):
        return False
    _, stream, first, last, event_hash = place
    # Whatever else stands in a cell is not equal to what is of its type, or is another text in the digest.
    return row[1:4] == (stream, first, last) and row[5] == command_digest((*row[:5], event_hash))


def command_problems(transaction: Transaction, stream: str | None) -> Iterator[VerifyFinding]:
    """Each command whose row does not name exactly its events, each event without a command, each digest changed."""
    only, params = ("TRUE", ()) if stream is None else ("{0}.stream = ?", (stream,))
    for command_id, named in transaction.all(_WRONG_COMMANDS.format(only.format("c")), params):
        yield _problem(named, f"命令 {command_id} 的事件缺失或不符")
    for command_id, named in transaction.all(_UNINDEXED_EVENTS.format(only.format("e")), params):
        yield _problem(named, f"命令 {command_id} 的事件没有索引")
    yield from _digest_problems(transaction, stream)


def _digest_problems(transaction: Transaction, stream: str | None) -> Iterator[VerifyFinding]:
    """Each command's row is the one its last event was recorded with: else an id could be given other content."""
    only, params = ("", ()) if stream is None else (" WHERE c.stream = ?", (stream,))
    for *row, digest, event_hash in transaction.all(f"{_DIGESTS}{only} ORDER BY c.command_id", params):
        odd = list(cell_problems("commands", COMMAND_COLUMNS, (*row, digest)))
        yield from odd
        if not odd and isinstance(event_hash, str) and command_digest((*row, event_hash)) != digest:
            yield _problem(row[1], f"命令 {row[0]} 的内容摘要被改动")


def _problem(stream: object, detail: str) -> VerifyFinding:
    token = Token.COMMAND_INDEX_DIFFERS
    # The stream is what stands in a cell, which may be anything.
    named = stream if isinstance(stream, str) and stream.isprintable() else None
    return VerifyFinding(token=token, message=f"{token.label}：{named or repr(stream)} {detail}", stream=named)
