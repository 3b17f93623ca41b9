"""Is the log what was written? Chain, gaps, numbers, and the read model against its events.

A hash chain shows every change that does not recompute the whole rest of a stream. Whoever owns the database can
recompute it, or cut the newest events off; only a copy of a head kept elsewhere shows that.
"""

# ruff: noqa: S608  (table and column names are constants)

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeGuard

from domain.base import Frozen
from domain.bounds import storable
from domain.event import REMEMBERED, decode
from domain.log import Rulebook
from eventlog.backend import Row
from eventlog.chain import ALGORITHMS, hash_over, hashed_bytes, stored_bytes
from eventlog.command_check import CommandsPassing, command_problems
from eventlog.counted_check import counted_problems, stray_counted
from eventlog.database import Database, Transaction
from eventlog.findings import Token, VerifyFinding, verify_finding
from eventlog.folding import NoRoomError, Resting, temporary_database
from eventlog.key_check import Seals, key_problems
from eventlog.outbox_check import outbox_problems
from eventlog.projections import Progress, Projection, log_pages, newest_position
from eventlog.protection import protection_problems
from eventlog.reading.rules import rulebook_of
from eventlog.readmodel import READ_MODEL, fold_events
from eventlog.rows import EVENT_COLUMNS, StoredEvent, stored_event
from eventlog.snapshot_check import snapshot_problems, stray_snapshots
from eventlog.sqlite import SqliteConnection
from eventlog.typed import LARGEST, NUMBERS, cell_problems, odd_cells
from eventlog.word_check import WordsPassing, word_problems

__all__ = ["Token", "VerificationReport", "VerifyFinding", "verify"]
MOST_PROBLEMS = 1000
_AT_ONCE = 500
_COLUMNS = tuple(EVENT_COLUMNS.split(", "))
_TYPES = tuple(int if name in NUMBERS["events"] else str for name in _COLUMNS)
Passing = Callable[[Sequence[bytes]], None]
_Head = tuple[int, str, int]
"""Version, hash and time (microseconds) of a stream's newest event."""
_NO_HEAD: _Head = (0, "", 0)


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
        for rows in log_pages(transaction) if stream is None else _stream_pages(transaction, stream):
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
        findings: "FoundList",
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
        looked = [(row, _looked_at(row)) for row in rows]
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

    def _fold(self, fold: "ReadModelFold", looked: list[tuple[Row, bytes | None]]) -> None:
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


def _rulebook_in(transaction: Transaction) -> Rulebook:
    """The rulebook folded from its events: the read model is what is on trial."""
    return rulebook_of(*(_folded(transaction, stream) for stream in transaction.rulebook))


def _folded(transaction: Transaction, stream: str) -> Frozen | None:
    """The state of a stream; None when there is no such stream, or it cannot be read, which a whole `verify` names."""
    for rows in _stream_pages(transaction, stream):
        with suppress(Exception):
            return fold_events(stream, None, list(map(stored_event, rows)))
    return None


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


def _looked_at(row: Row) -> bytes | None:
    """What the hash of an event is over; None when its cells have to be looked at one by one."""
    if tuple(map(type, row)) != _TYPES or min(row[0], row[3], row[6], row[10], row[11]) <= -LARGEST:
        return None
    try:
        hashed = hashed_bytes(row)
    except UnicodeEncodeError:
        return None
    return hashed if row[13].isascii() or not any(odd_event(row)) else None


def odd_event(row: Row) -> Iterator[VerifyFinding]:
    """Cells of an event that are of another type than their column's."""
    if odd := "、".join(odd_cells("events", _COLUMNS, row)):
        place = f"：表 events 第 {row[0]!r} 行（{str(row[2])[:60]}）{odd}"
        yield VerifyFinding(token=Token.ODD_CELL, message=f"{Token.ODD_CELL.label}{place}")


def _stream_pages(transaction: Transaction, stream: str) -> Iterator[list[Row]]:
    rows = transaction.all(f"SELECT {EVENT_COLUMNS} FROM events WHERE stream = ? ORDER BY version, position", (stream,))
    if rows:
        yield rows


@dataclass
class FoundList:
    listed: list[VerifyFinding] = field(default_factory=list)
    unlisted: int = 0

    def add_all(self, problems: Iterator[VerifyFinding] | list[VerifyFinding]) -> None:
        for problem in problems:
            if len(self.listed) < MOST_PROBLEMS:
                self.listed.append(problem)
            else:
                self.unlisted += 1


class StreamChains:
    """Follows every stream from event to event."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._position = 0
        self.heads = Resting[_Head](3, tuple, lambda _, row: (row[0], row[1], row[2]))

    def problems(self, row: Row, hashed: bytes) -> list[VerifyFinding]:
        """What is wrong with the next row, whose hash is over `hashed`; an empty list for nearly all."""
        position, _, stream, version = row[:4]
        recorded_at, previous_hash, digest = row[11:]
        findings: list[VerifyFinding] = []
        if self._whole:
            if position != self._position + 1:
                findings.append(verify_finding(Token.POSITION_GAP, f"，前一序号是 {self._position}", row))
            self._position = position
        last_version, last_hash, last_time = self.heads.get(stream) or _NO_HEAD
        if version == last_version + 1:
            if previous_hash != last_hash:
                findings.append(verify_finding(Token.PREVIOUS_HASH_MISMATCH, "", row))
        elif version > last_version:
            findings.append(verify_finding(Token.VERSION_GAP, f"，前一版是 {last_version}", row))
        else:
            findings.append(verify_finding(Token.DUPLICATE, f"，前面已有第 {last_version} 版", row))
        if recorded_at < last_time:
            findings.append(verify_finding(Token.TIME_BACKWARDS, "", row))
        algorithm = digest.partition(":")[0]
        if algorithm not in ALGORITHMS:
            findings.append(verify_finding(Token.UNKNOWN_ALGORITHM, f"：{digest[:20]}", row))
        elif hash_over(algorithm, hashed) != digest:
            findings.append(verify_finding(Token.HASH_MISMATCH, "", row))
        self.heads[stream] = (version, digest, recorded_at)
        return findings

    def take_up(self, row: Row) -> None:
        """Go on behind this event of its stream."""
        self.heads[row[2]] = (row[3], row[13], row[11])

    def skip(self, row: Row) -> None:
        """Go on behind a row that cannot be looked at; what follows is still bound to what it says."""
        position, stream, version, digest = row[0], row[2], row[3], row[13]
        if isinstance(position, int):
            self._position = position
        if _is_key(stream):
            last_version, last_hash, last_time = self.heads.get(stream) or _NO_HEAD
            known = version if isinstance(version, int) else last_version + 1
            self.heads[stream] = (known, digest if _is_key(digest) else last_hash, last_time)


class ReadModelFold:
    """Makes the read model again, beside the log, by the very statements `append` uses, and compares it row by row."""

    def __init__(self, streams: Collection[str] | None, transaction: Transaction) -> None:
        self._streams = streams
        self._projection = Projection(_rulebook_in(transaction) if streams is not None else None)
        self._unreadable: set[str] = set()
        self._made = SqliteConnection(temporary_database())
        for table, (key, *columns) in READ_MODEL.items():
            self._made.query(f"CREATE TABLE {table} ({key} PRIMARY KEY, {', '.join(columns)})")

    def take_up(self, first: Row, last: Row, state: Frozen) -> None:
        """Go on with a stream from a state that is not at rest, as it was after its event `last`."""
        self._projection.take_up(stored_event(first), stored_event(last), state)

    def skip(self, row: Row) -> None:
        """Its stream cannot be folded to the end."""
        if _is_key(row[2]):
            self._unreadable.add(row[2])
            self._projection.forget(row[2])

    def problems(self, row: Row, event: StoredEvent | None = None) -> list[VerifyFinding]:
        """What is wrong with the next event, or with its number; `event` is what was read in its row, if that was."""
        if row[2] in self._unreadable:
            return []
        try:
            wrong_number = self._projection.take(event or stored_event(row))
        except NoRoomError:  # nothing is wrong with the event
            raise
        except Exception as error:
            self.skip(row)
            return [verify_finding(Token.UNDECODABLE, f"：{str(error).splitlines()[0] if str(error) else row[5]}", row)]
        if pending := self._projection.pending():
            self._made.run(pending, commit=False)
        if wrong_number is None or self._streams is not None:
            return []
        return [verify_finding(Token.NUMBER_GAP, f"：{wrong_number}", row)]

    def snapshots(self) -> list[Row]:
        """Snapshots that were due since the last call, as the fold gives them."""
        return self._projection.snapshots()

    def counted(self) -> list[tuple[int, Row | None]]:
        """Of each event since the last call that may count its position, and its row if it does."""
        return self._projection.counted()

    def differences(self, transaction: Transaction) -> Iterator[VerifyFinding]:
        for statements in self._projection.rest():
            self._made.run(statements, commit=False)
        whole = self._streams is None and not self._unreadable
        for table, (key, *_) in READ_MODEL.items():
            if key == "stream" or self._streams is None:
                yield from self._compared(transaction, table, comparable=key == "stream" or whole)

    def _compared(self, transaction: Transaction, table: str, *, comparable: bool) -> Iterator[VerifyFinding]:
        """Row by row against those that were made, which are taken away: what is left of these in the end is missing.

        Of a table that is not `comparable` only the cells are looked at: events that should have written it cannot be
        read.
        """
        columns = READ_MODEL[table]
        sql = f"SELECT {', '.join(columns)} FROM {table}"
        for rows in self._pages(transaction, sql, columns[0]):
            odd = {n: problems for n, row in enumerate(rows) if (problems := list(cell_problems(table, columns, row)))}
            keys = tuple(row[0] for row in rows if _is_key(row[0]))
            having = f"WHERE {columns[0]} IN ({', '.join('?' * len(keys))})"
            expected = {row[0]: row for row in self._made.query(f"{sql} {having}", keys)}
            for n, row in enumerate(rows):
                if n in odd:
                    yield from odd[n]
                elif comparable and row[0] not in self._unreadable and (made := expected.pop(row[0], None)) != row:
                    yield self._difference(table, row[0], made, row)
            self._made.query(f"DELETE FROM {table} {having}", keys)
        for row in self._made.query(f"{sql} ORDER BY {columns[0]}") if comparable else ():
            if row[0] not in self._unreadable:
                yield self._difference(table, row[0], row, None)

    def _pages(self, transaction: Transaction, sql: str, key: str) -> Iterator[list[Row]]:
        """The table's rows, some at a time. By their number: a key may be anything, in the file of who owns it."""
        if self._streams is None:
            at = 0
            while rows := transaction.all(f"{sql} ORDER BY {key} LIMIT {_AT_ONCE} OFFSET {at}"):
                yield rows
                at += _AT_ONCE
            return
        streams = sorted(self._streams)
        for first in range(0, len(streams), _AT_ONCE):
            some = tuple(streams[first : first + _AT_ONCE])
            yield transaction.all(f"{sql} WHERE stream IN ({', '.join('?' * len(some))})", some)

    def _difference(self, table: str, key: str, expected: Row | None, actual: Row | None) -> VerifyFinding:
        if expected is None or actual is None:
            detail = "多出" if expected is None else "缺少"
        else:
            columns = zip(READ_MODEL[table], expected, actual, strict=True)
            detail = "、".join(name for name, ours, theirs in columns if ours != theirs) + " 不符："
        stream = key if READ_MODEL[table][0] == "stream" else None
        return VerifyFinding(
            token=Token.READ_MODEL_DIFFERS,
            message=f"{Token.READ_MODEL_DIFFERS.label}：表 {table} {detail}{key}",
            stream=stream,
        )


def _is_key(cell: object) -> TypeGuard[str]:
    """Whether a cell can be kept and asked for: bytes that are no UTF-8, read with escapes, cannot."""
    return isinstance(cell, str) and storable(cell) == cell


def _lying_indexes(transaction: Transaction) -> Iterator[VerifyFinding]:
    """Rows that whoever reads by an index does not see, or sees as they were: so `verify` itself reads the tables."""
    for place in transaction.lying_indexes():
        yield verify_finding(Token.INDEX_DIFFERS, place)


def _duplicate_ids(transaction: Transaction) -> Iterator[VerifyFinding]:
    for (event_id,) in transaction.all("SELECT event_id FROM events GROUP BY event_id HAVING count(*) > 1"):
        yield verify_finding(Token.DUPLICATE, f"事件编号 {event_id} 出现多次")
