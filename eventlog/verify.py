"""Is the log what was written? Chain, gaps, numbers, and the read model against its events.

A hash chain shows every change that does not recompute the whole rest of a stream. Whoever owns the database can
recompute it, or cut the newest events off; only a copy of a head kept elsewhere shows that.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from domain.base import Frozen
from domain.event import REMEMBERED, decode
from eventlog.backend import Row
from eventlog.chain import stored_bytes
from eventlog.chain_check import StreamChains
from eventlog.command_check import CommandsPassing, command_problems
from eventlog.counted_check import counted_problems, stray_counted
from eventlog.database import Database, Transaction
from eventlog.event_cells import hashed_if_plain, odd_event
from eventlog.findings import FoundList, Token, VerifyFinding, verify_finding
from eventlog.fold_check import ReadModelFold
from eventlog.key_check import Seals, key_problems
from eventlog.outbox_check import outbox_problems
from eventlog.projections import Progress, log_pages, newest_position, stream_pages
from eventlog.protection import protection_problems
from eventlog.rows import StoredEvent, stored_event
from eventlog.snapshot_check import snapshot_problems, stray_snapshots
from eventlog.typed import LARGEST
from eventlog.word_check import WordsPassing, word_problems

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
        walk = _Walk(transaction, findings, stream, read_model=read_model, passing=passing)
        findings.add_all(protection_problems(transaction))
        if read_model and stream is None:
            findings.add_all(_lying_indexes(transaction))
        total = _newest(transaction)
        words = WordsPassing(total)
        for rows in log_pages(transaction) if stream is None else stream_pages(transaction, stream):
            sound = walk.take(rows)
            if read_model and stream is None:
                findings.add_all(words.problems(transaction, sound))
            elif read_model:
                findings.add_all(word_problems(transaction, sound, total))
            if progress is not None:
                progress(walk.done, total)
        if read_model and stream is None:
            findings.add_all(words.rest(transaction))
        if stream is not None or not walk.commands_fit():
            findings.add_all(command_problems(transaction, stream))
        if stream is None:
            findings.add_all(_duplicate_ids(transaction))
        if walk.fold is not None:
            findings.add_all(walk.fold.differences(transaction))
            findings.add_all(stray_snapshots(transaction, None if stream is None else [stream]))
            findings.add_all(stray_counted(transaction, -LARGEST) if stream is None else [])
        findings.add_all(key_problems(database, transaction, stream, walk.seals.found))
        if stream is None:
            findings.add_all(outbox_problems(transaction, range(1, walk.done + 1) if walk.sound else None))
    return VerificationReport(
        streams=len(walk.chain.heads), events=walk.done, problems=tuple(findings.listed), unlisted=findings.unlisted
    )


class _Walk:
    """Once over the events: their cells, chains, commands, seals, and the states they fold into."""

    def __init__(
        self,
        transaction: Transaction,
        findings: FoundList,
        stream: str | None,
        *,
        read_model: bool,
        passing: Passing | None,
    ) -> None:
        self._transaction, self._findings, self._whole = transaction, findings, stream is None
        self._passing, self._newest = passing, _newest(transaction)
        self.chain = StreamChains(whole=self._whole)
        self.commands, self.seals = CommandsPassing(), Seals()
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
            self.commands.take(row)
            self.seals.take(row)
        if self._whole:
            self.commands.compare(self._transaction)
        self.done += len(rows)
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
        self._findings.add_all(counted_problems(self._transaction, fold.counted(), self._newest))

    def commands_fit(self) -> bool:
        """Whether the whole log's commands name exactly its events."""
        return self.sound and self.commands.all_fit(self._transaction)


def _newest(transaction: Transaction) -> int:
    """How many events there are to look at, for who watches."""
    newest = newest_position(transaction)
    return newest if newest.__class__ is int else 0


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


def _lying_indexes(transaction: Transaction) -> Iterator[VerifyFinding]:
    """Rows that whoever reads by an index does not see, or sees as they were: so `verify` itself reads the tables."""
    for place in transaction.lying_indexes():
        yield verify_finding(Token.INDEX_DIFFERS, place)


def _duplicate_ids(transaction: Transaction) -> Iterator[VerifyFinding]:
    for (event_id,) in transaction.all("SELECT event_id FROM events GROUP BY event_id HAVING count(*) > 1"):
        yield verify_finding(Token.DUPLICATE, f"事件编号 {event_id} 出现多次")
