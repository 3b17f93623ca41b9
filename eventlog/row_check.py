"""For `verify`: do the rows that follow from single events say what these do? Commands, words, and what indexes say.

None of it needs the state of a stream. So of a large log a second process looks at it (`eventlog/second_process.py`).
"""

from collections.abc import Iterator, Sequence

from domain.base import Frozen
from eventlog.backend import Row
from eventlog.command_check import CommandsPassing
from eventlog.database import Transaction
from eventlog.event_cells import hashed_if_plain
from eventlog.findings import FoundList, Token, VerifyFinding, verify_finding
from eventlog.projections import log_pages, newest_position
from eventlog.word_check import WordsPassing


class RowFindings(Frozen):
    """What was found, as far as it is listed, and whether the commands name exactly the events."""

    listed: tuple[VerifyFinding, ...]
    unlisted: int
    commands_fit: bool


class RowChecks:
    """Holds rows to the events of a whole log as these pass by."""

    def __init__(self, transaction: Transaction, *, read_model: bool) -> None:
        """Nothing has passed; without `read_model` only commands and events are looked at."""
        self._transaction, self._findings = transaction, FoundList()
        self._commands = CommandsPassing()
        self._words = WordsPassing(newest_position(transaction)) if read_model else None
        if read_model:
            self._findings.add_all(_lying_indexes(transaction))

    def take(self, rows: Sequence[Row]) -> None:
        """The next events, whose cells are of their columns' types."""
        for row in rows:
            self._commands.take(row)
        self._commands.compare(self._transaction)
        if self._words is not None:
            self._findings.add_all(self._words.problems(self._transaction, rows))

    def end(self) -> RowFindings:
        """What was found, when all events have passed."""
        if self._words is not None:
            self._findings.add_all(self._words.rest(self._transaction))
        self._findings.add_all(_duplicate_ids(self._transaction))
        fit = self._commands.all_fit(self._transaction)
        return RowFindings(listed=tuple(self._findings.listed), unlisted=self._findings.unlisted, commands_fit=fit)


def row_findings(transaction: Transaction, *, read_model: bool) -> RowFindings:
    """What is found by going over the log for this alone."""
    checks = RowChecks(transaction, read_model=read_model)
    for rows in log_pages(transaction):
        checks.take([row for row in rows if hashed_if_plain(row) is not None])
    return checks.end()


def _lying_indexes(transaction: Transaction) -> Iterator[VerifyFinding]:
    """Rows that whoever reads by an index does not see, or sees as they were: so `verify` itself reads the tables."""
    for place in transaction.lying_indexes():
        yield verify_finding(Token.INDEX_DIFFERS, place)


def _duplicate_ids(transaction: Transaction) -> Iterator[VerifyFinding]:
    for (event_id,) in transaction.all("SELECT event_id FROM events GROUP BY event_id HAVING count(*) > 1"):
        yield verify_finding(Token.DUPLICATE, f"事件编号 {event_id} 出现多次")
