"""Is the log what a checkpoint says, grown by events that are sound? At the cost of the new events alone.

The blocks of a checkpoint are roots of whole subtrees, so the tree is taken up where it stood: only what lies in its
last, unfinished block is read again. Whether the events before still are what it says only `verify` finds.
"""

# ruff: noqa: S608  (column names and question marks)

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from domain.base import Frozen
from domain.checkpoint import LogCheckpoint
from domain.ids import kind_of
from domain.merkle import MerkleTree
from eventlog.backend import Row
from eventlog.chain import hashed_bytes, stored_bytes
from eventlog.chain_check import StreamChains
from eventlog.counted_check import counted_problems, stray_counted
from eventlog.database import Database, Transaction
from eventlog.event_cells import odd_event
from eventlog.evidence import command_digest
from eventlog.findings import FoundList, Token, VerifyFinding, verify_finding
from eventlog.fold_check import ReadModelFold
from eventlog.numbers import SeriesCount
from eventlog.projections import PAGE
from eventlog.protection import protection_problems
from eventlog.reading import events_page
from eventlog.readmodel import parse_state
from eventlog.rows import EVENT_COLUMNS, event_of_row
from eventlog.snapshot_check import snapshot_problems, stray_snapshots
from eventlog.snapshots import COLUMNS, STATE, is_sound
from eventlog.verify import VerificationReport
from eventlog.word_check import word_problems

_BEFORE = f"SELECT {EVENT_COLUMNS} FROM events WHERE type = ? AND position <= ? ORDER BY position DESC LIMIT ?"
_OF_STREAMS = f"SELECT {EVENT_COLUMNS} FROM events WHERE stream IN ({{}}) ORDER BY stream, version"
_NEWEST = "n.position = (SELECT max(x.position) FROM snapshots x WHERE x.stream = n.stream AND x.position <= ?)"
_SNAPSHOTS = f"SELECT {', '.join(COLUMNS)} FROM snapshots n WHERE {_NEWEST} AND n.stream IN "
_BEHIND = (
    f"SELECT {', '.join(f'e.{name}' for name in EVENT_COLUMNS.split(', '))} FROM snapshots n "
    f"JOIN events e ON e.stream = n.stream AND e.version > n.version WHERE {_NEWEST} AND n.stream IN "
)
_AT = f"SELECT {EVENT_COLUMNS} FROM events WHERE position IN "
_FIRST = f"SELECT {EVENT_COLUMNS} FROM events WHERE version = 1 AND stream IN "
_COMMANDS = """
SELECT e.command_id, e.stream, e.first, e.last, h.hash, c.stream, c.first, c.last, c.request_hash, c.digest FROM (
    SELECT command_id, stream, min(version) AS first, max(version) AS last, max(position) AS position
    FROM events WHERE position > ? GROUP BY command_id, stream
) e JOIN events h ON h.position = e.position LEFT JOIN commands c ON c.command_id = e.command_id ORDER BY e.position
"""
_LOOKED_BACK = 200
"""Events of a numbered type before the checkpoint from which the last number of each series is taken."""
_READ_AGAIN = 256
"""Events before the checkpoint that are hashed again in any case."""
_FOLDED_AGAIN = 10_000
"""Events before the checkpoint that are folded again, of the streams that went on; then snapshots are believed."""
_AT_ONCE = 500


class VerifiedSince(Frozen):
    """What was found in the new events, and what the log is now: to be signed, or held against another checkpoint."""

    report: VerificationReport
    size: int
    root: bytes


def verify_since(database: Database, since: LogCheckpoint, later: Sequence[tuple[int, str]] = ()) -> VerifiedSince:
    """Check what was recorded since a checkpoint, and that it was added to what the checkpoint says.

    Tree, positions, numbers, commands and words of the new events; chain and read model of the streams they touch: from
    the first event on as far as ten thousand events go, the short ones first, and of what is left from the newest
    snapshot by the checkpoint. Not looked at: other streams, files, keys and notices, which `verify` looks at.

    Args:
        database: where the log is, whose origin the checkpoint has.
        since: the checkpoint, whose signature was looked at.
        later: size and root (hexadecimal) of checkpoints signed since.

    Raises:
        LogUnreachable: the database is down.
    """
    findings = FoundList()
    numbers, touched, position = _Numbers(since.size), dict[str, int](), since.size
    with database.reading(snapshot=True, tolerant=True) as transaction:
        findings.add_all(protection_problems(transaction))
        tree = _tree_at(transaction, since)
        findings.add_all(_compared(tree, since.size, since.root.hex(), "所给检查点"))
        due = sorted((size, root) for size, root in later if size > since.size)
        new, total = 0, _newest(transaction)
        for rows in _pages(transaction, since.size):
            sound = []
            for row in rows:
                if isinstance(row[2], str):
                    touched.setdefault(row[2], row[3] - 1 if row[3].__class__ is int else 0)
                if odd := list(odd_event(row)):
                    findings.add_all(odd if not isinstance(row[2], str) else [])
                    continue
                sound.append(row)
                if row[0] != position + 1:
                    findings.add_all([verify_finding(Token.POSITION_GAP, f"，前一序号是 {position}", row)])
                position = row[0]
                tree.append(stored_bytes(row))
                findings.add_all(numbers.problems(transaction, row))
                while due and due[0][0] <= tree.size:
                    findings.add_all(_compared(tree, *due.pop(0), "其后所签检查点"))
            findings.add_all(word_problems(transaction, sound, total))
            new += len(rows)
        for size, root in due:
            findings.add_all(_compared(tree, size, root, "其后所签检查点"))
        findings.add_all(_command_problems(transaction, since.size))
        findings.add_all(_touched_problems(transaction, touched, since.size, total))
        findings.add_all(stray_counted(transaction, since.size + 1))
    report = VerificationReport(
        streams=len(touched), events=new, problems=tuple(findings.listed), unlisted=findings.unlisted
    )
    return VerifiedSince(report=report, size=tree.size, root=tree.root())


def _newest(transaction: Transaction) -> int:
    row = transaction.one("SELECT max(position) FROM events")
    return int(row[0] or 0) if row else 0


def _pages(transaction: Transaction, after: int) -> Iterator[list[Row]]:
    while rows := events_page(transaction, after, PAGE):
        yield rows
        after = rows[-1][0]


def _tree_at(transaction: Transaction, since: LogCheckpoint) -> MerkleTree:
    """The tree as the checkpoint left it, by its whole blocks and the events after them."""
    tree, whole = MerkleTree(), max(0, since.size - _READ_AGAIN) // since.block
    for root in since.blocks[:whole]:
        tree.append_block(root, since.block)
    for row in events_page(transaction, whole * since.block, since.size - whole * since.block):
        if row[0] <= since.size and not any(odd_event(row)):
            tree.append(stored_bytes(row))
    return tree


def _compared(tree: MerkleTree, size: int, root: str, which: str) -> Iterator[VerifyFinding]:
    if tree.size < size:
        line = f"{which}时有{size}条，现在只有{tree.size}条；末尾被截去，或换回了旧副本"
        yield VerifyFinding(token=Token.LOG_SHORTER, message=f"{Token.LOG_SHORTER.label}：{line}")
    elif tree.root().hex() != root:
        line = f"与{which}（{size}条）不同：此前的记录被改过，请用 audit verify --checkpoint 查看从第几条起"
        yield VerifyFinding(token=Token.LOG_DIFFERS, message=f"{Token.LOG_DIFFERS.label}：{line}", position=size)


class _Numbers:
    """The numbers of new events, each the next after the last one of its series before the checkpoint."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._count = SeriesCount()
        self._known = set[str]()

    def problems(self, transaction: Transaction, row: Row) -> Iterator[VerifyFinding]:
        """What is wrong with the number of one new event. What cannot be read is named where its stream is folded."""
        try:
            if row[5] not in self._known:
                self._known.add(row[5])
                for earlier in reversed(transaction.all(_BEFORE, (row[5], self._size, _LOOKED_BACK))):
                    self._count.take(event_of_row(earlier))
            before = dict(self._count.last)
            wrong = self._count.take(event_of_row(row))
        except Exception:
            return
        begun = self._count.last.keys() - before.keys()
        if wrong is not None and not begun:
            yield verify_finding(Token.NUMBER_GAP, f"：{wrong}", row)


def _command_problems(transaction: Transaction, size: int) -> Iterator[VerifyFinding]:
    """Each command of the new events has its row, with the digest it was recorded with."""
    for command, stream, first, last, event_hash, *kept in transaction.all(_COMMANDS, (size,)):
        *place, request_hash, digest = kept
        wrong = "的事件缺失或不符" if place != [stream, first, last] else ""
        if not wrong and command_digest((command, *place, request_hash, event_hash)) != digest:
            wrong = "的内容摘要被改动"
        if wrong:
            yield verify_finding(Token.COMMAND_INDEX_DIFFERS, f"{stream} 命令 {command} {wrong}", stream=stream)


def _touched_problems(
    transaction: Transaction, touched: Mapping[str, int], size: int, newest: int
) -> Iterator[VerifyFinding]:
    """Chain and read model of the streams that have new events; `touched` says how many each had before."""
    fold, chain = ReadModelFold(touched.keys(), transaction), StreamChains(whole=False)
    long = _too_long(touched)
    begun = set[str]()
    for start in _starts(long):
        begun.update(_taken_up(transaction, long[start : start + _AT_ONCE], size, fold, chain))
    whole = sorted(touched.keys() - begun)
    for streams, read in ((whole, _of_streams), (sorted(begun), _behind_snapshots)):
        for start in _starts(streams):
            some = tuple(streams[start : start + _AT_ONCE])
            for row in read(transaction, some, size):
                if odd := list(odd_event(row)):
                    yield from odd
                    chain.skip(row)
                    fold.skip(row)
                else:
                    yield from chain.problems(row, hashed_bytes(row))
                    yield from fold.problems(row)
            yield from snapshot_problems(transaction, fold.snapshots())
            yield from counted_problems(transaction, fold.counted(), newest)
            yield from stray_snapshots(transaction, some)
    yield from fold.differences(transaction)


def _starts(streams: Sequence[str]) -> range:
    return range(0, len(streams), _AT_ONCE)


def _too_long(touched: Mapping[str, int]) -> list[str]:
    """The streams that are left when as many of the shortest as may be are folded from their first event on."""
    lengths = sorted((length, stream) for stream, length in touched.items())
    sums = accumulate(length for length, _ in lengths)
    return [stream for total, (_, stream) in zip(sums, lengths, strict=True) if total > _FOLDED_AGAIN]


def _of_streams(transaction: Transaction, streams: tuple[str, ...], size: int) -> list[Row]:
    del size
    return transaction.all(_OF_STREAMS.format(_marks(streams)), streams)


def _behind_snapshots(transaction: Transaction, streams: tuple[str, ...], size: int) -> list[Row]:
    return transaction.all(f"{_BEHIND}({_marks(streams)}) ORDER BY e.stream, e.version", (size, *streams))


def _taken_up(
    transaction: Transaction, streams: Sequence[str], size: int, fold: ReadModelFold, chain: StreamChains
) -> Iterator[str]:
    """The streams that go on from a snapshot; those without a sound one, or at rest in it, are folded from the first.

    What a snapshot stands on is of before the checkpoint; that it is what the events give, `verify` looks at.
    """
    snapshots = transaction.all(f"{_SNAPSHOTS}({_marks(streams)})", (size, *streams))
    places = [row[1] for row in snapshots]
    stood_on = {row[0]: row for row in transaction.all(f"{_AT}({_marks(places)})", places) if places}
    first = {row[2]: row for row in transaction.all(f"{_FIRST}({_marks(streams)})", tuple(streams))}
    for snapshot in snapshots:
        stream, last = snapshot[0], stood_on.get(snapshot[1])
        if last is None or stream not in first or any(odd_event(last)) or any(odd_event(first[stream])):
            continue
        if (last[2], last[3]) != (stream, snapshot[2]) or not is_sound(snapshot, last[13]):
            continue
        state = _parsed(snapshot)
        if state is not None and not getattr(state, "settled", False):
            fold.take_up(first[stream], last, state)
            chain.take_up(last)
            yield stream


def _parsed(snapshot: Row) -> Frozen | None:
    """None when it cannot be read: its stream is folded from the first event on, and it is named there."""
    try:
        return parse_state(kind_of(snapshot[0]), snapshot[STATE])
    except Exception:
        return None


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
