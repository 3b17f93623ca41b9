"""For `verify`: do the rows beside the log say what single events do? Commands, words, outbox, and what indexes say.

None of it needs the state of a stream. So of a large log a second process looks at it (`eventlog/second_process.py`).
"""

from collections.abc import Iterator, Sequence

from domain.base import Frozen
from eventlog.backend import Row
from eventlog.command_check import CommandsPassing
from eventlog.counted_check import stray_counted
from eventlog.database import Transaction
from eventlog.event_cells import hashed_if_plain
from eventlog.findings import FoundList, Token, VerifyFinding, verify_finding
from eventlog.outbox_check import outbox_problems
from eventlog.projections import log_pages, newest_position
from eventlog.snapshot_check import stray_snapshots
from eventlog.typed import LARGEST
from eventlog.word_check import WordsPassing


class RowFindings(Frozen):
    """What was found, as far as it is listed, and whether the commands name exactly the events."""

    listed: tuple[VerifyFinding, ...]
    unlisted: int
    commands_fit: bool


class RowChecks:
    """Holds rows to the events of a whole log as these pass by."""

    def __init__(self, transaction: Transaction, *, read_model: bool) -> None:
        """Nothing has passed; without `read_model` only commands, event ids and outbox are looked at."""
        self._transaction, self._findings = transaction, FoundList()
        self._commands, self._newest = CommandsPassing(), newest_position(transaction)
        self._words = WordsPassing(self._newest) if read_model else None
        self._done, self._gapless = 0, True
        if read_model:
            self._findings.add_all(_lying_indexes(transaction))

    def take(self, rows: Sequence[Row]) -> None:
        """The next events, whose cells are of their columns' types."""
        positions = range(self._done + 1, self._done + 1 + len(rows))
        self._gapless = self._gapless and [row[0] for row in rows] == [*positions]
        self._done += len(rows)
        for row in rows:
            self._commands.take(row)
        self._commands.compare(self._transaction)
        if self._words is not None:
            self._findings.add_all(self._words.problems(self._transaction, rows))

    def end(self) -> RowFindings:
        """What was found, when all events have passed."""
        transaction, findings = self._transaction, self._findings
        if self._words is not None:
            findings.add_all(self._words.rest(transaction))
            findings.add_all(stray_snapshots(transaction))
            findings.add_all(stray_counted(transaction, -LARGEST))
        findings.add_all(_duplicate_ids(transaction))
        whole = self._gapless and self._done == self._newest
        findings.add_all(outbox_problems(transaction, range(1, self._done + 1) if whole else None))
        fit = self._commands.all_fit(transaction)
        return RowFindings(listed=tuple(findings.listed), unlisted=findings.unlisted, commands_fit=fit)


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
