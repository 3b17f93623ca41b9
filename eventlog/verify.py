"""Is the log what was written? Chain, gaps, numbers, and the read model against its events.

A hash chain shows every change that does not recompute the whole rest of a stream. Whoever owns the database can
recompute it, or cut the newest events off; only a copy of a head kept elsewhere shows that.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from domain.base import Frozen
from domain.event import REMEMBERED, decode
from eventlog.backend import Row
from eventlog.chain import stored_bytes
from eventlog.chain_check import StreamChains
from eventlog.command_check import command_problems
from eventlog.counted_check import counted_problems
from eventlog.database import Database, Transaction
from eventlog.event_cells import hashed_if_plain, odd_event
from eventlog.findings import FoundList, Token, VerifyFinding
from eventlog.fold_check import ReadModelFold
from eventlog.key_check import Seals, key_problems
from eventlog.projections import Progress, log_pages, newest_position, stream_pages
from eventlog.protection import protection_problems
from eventlog.rows import StoredEvent, stored_event
from eventlog.second_process import row_checks
from eventlog.snapshot_check import snapshot_problems, stray_snapshots
from eventlog.word_check import word_problems

__all__ = ["Token", "VerificationReport", "VerifyFinding", "verify"]
Passing = Callable[[Sequence[bytes]], None]


class VerificationReport(Frozen):
    """What was looked at and found. `ok` cannot disagree with the findings; at most a thousand are listed."""

    streams: int
    events: int
    problems: tuple[VerifyFinding, ...] = ()
    unlisted: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def verify(
    database: Database,
    *,
    stream: str | None = None,
    read_model: bool = True,
    progress: Progress | None = None,
    passing: Passing | None = None,
) -> VerificationReport:
    """Check the whole log, or one stream, as of one moment: what was found; writers are not held up.

    Of a large log a second process looks at commands, words and outbox, as of a moment a little later.

    Args:
        database: where the log is.
        stream: only this stream; positions, numbers and the directory concern the whole log and are left out then.
        read_model: also fold every event and compare the tables that are read.
        progress: called with events done and events in all.
        passing: called with the events as they are stored, in their order, some at a time; no more once one has odd
            cells.

    Raises:
        LogUnreachable: the database is down.
    """
    findings = FoundList()
    with database.reading(snapshot=True, tolerant=True) as transaction:
        walk = _Walk(transaction, findings, stream, read_model=read_model, passing=passing, progress=progress)
        findings.add_all(protection_problems(transaction))
        if stream is None:
            _whole(database, transaction, walk, findings)
        else:
            _single(transaction, stream, walk, findings)
        if walk.fold is not None:
            findings.add_all(walk.fold.differences(transaction))
        findings.add_all(key_problems(database, transaction, stream, walk.seals.found))
    return VerificationReport(
        streams=len(walk.chain.heads), events=walk.done, problems=tuple(findings.listed), unlisted=findings.unlisted
    )


def _whole(database: Database, transaction: Transaction, walk: "_Walk", findings: FoundList) -> None:
    with row_checks(database, transaction, walk.total, read_model=walk.fold is not None) as checks:
        for rows in log_pages(transaction):
            checks.take(walk.take(rows))
        of_rows = checks.end()
    findings.add_all(of_rows.listed)
    findings.unlisted += of_rows.unlisted
    if not (walk.sound and of_rows.commands_fit):
        findings.add_all(command_problems(transaction, None))


def _single(transaction: Transaction, stream: str, walk: "_Walk", findings: FoundList) -> None:
    for rows in stream_pages(transaction, stream):
        sound = walk.take(rows)
        if walk.fold is not None:
            findings.add_all(word_problems(transaction, sound, walk.total))
    findings.add_all(command_problems(transaction, stream))
    if walk.fold is not None:
        findings.add_all(stray_snapshots(transaction, [stream]))


class _Walk:
    """Once over the events: their cells, chains, seals, and the states they fold into."""

    def __init__(
        self,
        transaction: Transaction,
        findings: FoundList,
        stream: str | None,
        *,
        read_model: bool,
        passing: Passing | None,
        progress: Progress | None,
    ) -> None:
        self._transaction, self._findings = transaction, findings
        self._passing, self._progress, self.total = passing, progress, newest_position(transaction)
        self.chain, self.seals = StreamChains(whole=stream is None), Seals()
        self.fold = ReadModelFold(None if stream is None else {stream}, transaction) if read_model else None
        self.done = 0
        self.sound = True
        """Whether every event could be looked at and stands in its chain."""

    def take(self, rows: list[Row]) -> list[Row]:
        """A page of events; those whose cells are of their columns' types.

        One look at all of them after the other: what a look works with stays at hand, which is a third of the time.
        """
        looked = [(row, hashed_if_plain(row)) for row in rows]
        sound = [row for row, hashed in looked if hashed is not None]
        if len(sound) < len(rows):
            self.sound, self._passing = False, None
        self._chain(looked)
        if self._passing is not None:
            self._passing([stored_bytes(row, hashed) for row, hashed in looked])
        if self.fold is not None:
            self._fold(self.fold, looked)
        for row in sound:
            self.seals.take(row)
        self.done += len(rows)
        if self._progress is not None:
            self._progress(self.done, self.total)
        return sound

    def _chain(self, looked: list[tuple[Row, bytes | None]]) -> None:
        for row, hashed in looked:
            if hashed is None:
                self._findings.add_all(odd_event(row))
                self.chain.skip(row)
            elif broken := self.chain.problems(row, hashed):
                self.sound = False
                self._findings.add_all(broken)

    def _fold(self, fold: ReadModelFold, looked: list[tuple[Row, bytes | None]]) -> None:
        for first in range(0, len(looked), REMEMBERED):
            some = looked[first : first + REMEMBERED]
            events = [None if hashed is None else _event_in(row) for row, hashed in some]
            _decode_ahead(events)
            for (row, hashed), event in zip(some, events, strict=True):
                if hashed is None:
                    fold.skip(row)
                elif wrong := fold.problems(row, event):
                    self._findings.add_all(wrong)
        self._findings.add_all(snapshot_problems(self._transaction, fold.snapshots()))
        self._findings.add_all(counted_problems(self._transaction, fold.counted(), self.total))


def _event_in(row: Row) -> StoredEvent | None:
    """The event of a row; None when none can be read in it, which is named where it is folded."""
    try:
        return stored_event(row)
    except Exception:
        return None


def _decode_ahead(events: Iterable[StoredEvent | None]) -> None:
    """Decode events one after the other that will be folded; what cannot be decoded is named there."""
    for event in events:
        if event is not None:
            with suppress(Exception):
                decode(event)
