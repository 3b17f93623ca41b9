"""Is the log what was written? Chain, gaps, numbers, and the read model against its events.

A hash chain shows every change that does not recompute the whole rest of a stream. Whoever owns the database can
recompute it, or cut the newest events off; only a copy of a head kept elsewhere shows that.
"""

# ruff: noqa: S608  (table and column names are constants)

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from domain.base import Frozen, Term
from domain.event import UnknownEventError
from eventlog.backend import Row
from eventlog.chain import ALGORITHMS, hash_of
from eventlog.database import Database, Transaction
from eventlog.projections import Progress, Projection, last_position, pages
from eventlog.readmodel import READ_MODEL, UnknownKindError
from eventlog.rows import EVENT_COLUMNS, recorded
from eventlog.schema import PROTECTED
from eventlog.sqlite import SqliteConnection

MOST_PROBLEMS = 1000

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
_UNINDEXED_EVENTS = """
SELECT DISTINCT e.command_id, e.stream FROM events e
WHERE {} AND NOT EXISTS (SELECT 1 FROM commands c WHERE c.command_id = e.command_id)
ORDER BY e.command_id
"""


class Token(Term):
    """What can be wrong; the value is stable for scripts."""

    HASH_MISMATCH = "hash_mismatch", "事件内容与其哈希不符"
    PREVIOUS_HASH_MISMATCH = "previous_hash_mismatch", "事件与前一事件的哈希不相接"
    VERSION_GAP = "version_gap", "事件流版本号缺失"
    POSITION_GAP = "position_gap", "全局序号缺失"
    DUPLICATE = "duplicate", "版本号或事件编号重复"
    TIME_BACKWARDS = "time_backwards", "记录时间早于前一事件"
    UNKNOWN_ALGORITHM = "unknown_algorithm", "哈希算法不明"
    UNDECODABLE = "undecodable", "事件无法解读"
    NUMBER_GAP = "number_gap", "连续编号缺失或重复"
    COMMAND_INDEX_DIFFERS = "command_index_differs", "命令索引与事件不符"
    READ_MODEL_DIFFERS = "read_model_differs", "读模型与事件不符"
    UNPROTECTED = "unprotected", "防改触发器缺失"
    ATTACHMENT_MISSING = "attachment_missing", "附件缺失"
    ATTACHMENT_ALTERED = "attachment_altered", "附件与登记的不符"


class Problem(Frozen):
    """One finding: a stable token, where, and one Chinese line."""

    token: Token
    message: str
    stream: str | None = None
    version: int | None = None
    position: int | None = None


class Report(Frozen):
    """What was looked at and found. `ok` cannot disagree with the findings; at most a thousand are listed."""

    streams: int
    events: int
    problems: tuple[Problem, ...] = ()
    unlisted: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def verify(
    database: Database, *, stream: str | None = None, read_model: bool = True, progress: Progress | None = None
) -> Report:
    """Check the whole log, or one stream, as of one moment; writers are not held up.

    Args:
        database: where the log is.
        stream: only this stream; positions, numbers and the directory concern the whole log and are left out then.
        read_model: also fold every event and compare the tables that are read.
        progress: called with events done and events in all.

    Raises:
        LogUnreachable: the database is down.
    """
    findings = _Findings()
    chain = _Chain(whole=stream is None)
    fold = _Fold(stream) if read_model else None
    with database.reading(snapshot=True) as transaction:
        findings.add_all(_protection_problems(transaction))
        done, total = 0, last_position(transaction)
        for rows in pages(transaction) if stream is None else _stream_pages(transaction, stream):
            for row in rows:
                findings.add_all(chain.problems(row))
                if fold is not None:
                    findings.add_all(fold.problems(row))
            done += len(rows)
            if progress is not None:
                progress(done, total)
        findings.add_all(_command_problems(transaction, stream))
        if stream is None:
            findings.add_all(_duplicate_ids(transaction))
        if fold is not None:
            findings.add_all(fold.differences(transaction))
    return Report(streams=len(chain.heads), events=done, problems=tuple(findings.listed), unlisted=findings.unlisted)


def _stream_pages(transaction: Transaction, stream: str) -> Iterator[list[Row]]:
    rows = transaction.all(f"SELECT {EVENT_COLUMNS} FROM events WHERE stream = ? ORDER BY version, position", (stream,))
    if rows:
        yield rows


@dataclass
class _Findings:
    listed: list[Problem] = field(default_factory=list)
    unlisted: int = 0

    def add_all(self, problems: Iterator[Problem] | list[Problem]) -> None:
        for problem in problems:
            if len(self.listed) < MOST_PROBLEMS:
                self.listed.append(problem)
            else:
                self.unlisted += 1


def _found(token: Token, detail: str, row: Row | None = None) -> Problem:
    if row is None:
        return Problem(token=token, message=f"{token.label}：{detail}")
    return Problem(
        token=token,
        message=f"{token.label}：{row[2]} 第 {row[3]} 版（序号 {row[0]}）{detail}",
        stream=row[2],
        version=row[3],
        position=row[0],
    )


class _Chain:
    """Follows every stream from event to event."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._position = 0
        self.heads: dict[str, tuple[int, str, int]] = {}

    def problems(self, row: Row) -> list[Problem]:
        """What is wrong with the next row; an empty list for nearly all."""
        position, _, stream, version = row[:4]
        recorded_at, previous_hash, digest = row[12:]
        found: list[Problem] = []
        if self._whole:
            if position != self._position + 1:
                found.append(_found(Token.POSITION_GAP, f"，前一序号是 {self._position}", row))
            self._position = position
        last_version, last_hash, last_time = self.heads.get(stream, (0, "", 0))
        if version == last_version + 1:
            if previous_hash != last_hash:
                found.append(_found(Token.PREVIOUS_HASH_MISMATCH, "", row))
        elif version > last_version:
            found.append(_found(Token.VERSION_GAP, f"，前一版是 {last_version}", row))
        else:
            found.append(_found(Token.DUPLICATE, f"，前面已有第 {last_version} 版", row))
        if recorded_at < last_time:
            found.append(_found(Token.TIME_BACKWARDS, "", row))
        algorithm = digest.partition(":")[0]
        if algorithm not in ALGORITHMS:
            found.append(_found(Token.UNKNOWN_ALGORITHM, f"：{digest[:20]}", row))
        elif hash_of(algorithm, row) != digest:
            found.append(_found(Token.HASH_MISMATCH, "", row))
        self.heads[stream] = (version, digest, recorded_at)
        return found


class _Fold:
    """Makes the read model again, in memory, by the very statements `append` uses, and compares it row by row."""

    def __init__(self, stream: str | None) -> None:
        self._stream = stream
        self._projection = Projection()
        self._unreadable: set[str] = set()
        self._memory = SqliteConnection(sqlite3.connect(":memory:", isolation_level=None))
        for table, (key, *columns) in READ_MODEL.items():
            self._memory.query(f"CREATE TABLE {table} ({key} PRIMARY KEY, {', '.join(columns)})")

    def problems(self, row: Row) -> list[Problem]:
        if row[2] in self._unreadable:
            return []
        try:
            wrong_number = self._projection.take(recorded(row))
        except (UnknownEventError, UnknownKindError, ValidationError, TypeError, ValueError, KeyError) as error:
            self._unreadable.add(row[2])
            self._projection.forget(row[2])
            return [_found(Token.UNDECODABLE, f"：{str(error).splitlines()[0] if str(error) else row[5]}", row)]
        self._memory.run(self._projection.pending(), commit=False)
        if wrong_number is None or self._stream is not None:
            return []
        return [_found(Token.NUMBER_GAP, f"：{wrong_number}", row)]

    def differences(self, transaction: Transaction) -> Iterator[Problem]:
        self._memory.run(self._projection.rest(), commit=False)
        whole = self._stream is None and not self._unreadable
        for table, columns in READ_MODEL.items():
            if columns[0] != "stream" and not whole:
                continue
            sql = f"SELECT {', '.join(columns)} FROM {table}"
            params: tuple[str, ...] = ()
            if self._stream is not None:
                sql, params = f"{sql} WHERE stream = ?", (self._stream,)
            expected = {row[0]: row for row in self._memory.query(sql, params)}
            actual = {row[0]: row for row in transaction.all(sql, params)}
            for key in sorted(expected.keys() | actual.keys()):
                if key not in self._unreadable and expected.get(key) != actual.get(key):
                    yield self._difference(table, key, expected.get(key), actual.get(key))

    def _difference(self, table: str, key: str, expected: Row | None, actual: Row | None) -> Problem:
        if expected is None or actual is None:
            detail = "多出" if expected is None else "缺少"
        else:
            columns = zip(READ_MODEL[table], expected, actual, strict=True)
            detail = "、".join(name for name, ours, theirs in columns if ours != theirs) + " 不符："
        stream = key if READ_MODEL[table][0] == "stream" else None
        return Problem(
            token=Token.READ_MODEL_DIFFERS,
            message=f"{Token.READ_MODEL_DIFFERS.label}：表 {table} {detail}{key}",
            stream=stream,
        )


def _protection_problems(transaction: Transaction) -> Iterator[Problem]:
    present = transaction.triggers()
    for table in PROTECTED:
        for verb in ("update", "delete"):
            if f"{table}_no_{verb}" not in present:
                yield _found(Token.UNPROTECTED, f"{table} 表可被{'修改' if verb == 'update' else '删除'}")


def _command_problems(transaction: Transaction, stream: str | None) -> Iterator[Problem]:
    """Each command's row names exactly its events, and each event belongs to a command."""
    only, params = ("TRUE", ()) if stream is None else ("{0}.stream = ?", (stream,))
    for command_id, named in transaction.all(_WRONG_COMMANDS.format(only.format("c")), params):
        yield _command_problem(named, f"命令 {command_id} 的事件缺失或不符")
    for command_id, named in transaction.all(_UNINDEXED_EVENTS.format(only.format("e")), params):
        yield _command_problem(named, f"命令 {command_id} 的事件没有索引")


def _command_problem(stream: str, detail: str) -> Problem:
    token = Token.COMMAND_INDEX_DIFFERS
    return Problem(token=token, message=f"{token.label}：{stream} {detail}", stream=stream)


def _duplicate_ids(transaction: Transaction) -> Iterator[Problem]:
    for (event_id,) in transaction.all("SELECT event_id FROM events GROUP BY event_id HAVING count(*) > 1"):
        yield _found(Token.DUPLICATE, f"事件编号 {event_id} 出现多次")
