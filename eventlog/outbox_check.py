"""For `verify`: does every event wait in the outbox or have the notices it gave, as they were given?"""

# ruff: noqa: S608  (table and column names are constants)

from collections.abc import Collection, Iterator

from eventlog.backend import Row
from eventlog.database import Transaction
from eventlog.evidence import NOTICE_COLUMNS, notices_digest
from eventlog.findings import Token, VerifyFinding, verify_finding
from eventlog.typed import LARGEST, cell_problems

_OUTBOX = ("position", "sent_at", "notices")
_PAGE = 5000
_ROWS = f"SELECT {', '.join(_OUTBOX)} FROM outbox WHERE position > ? ORDER BY position LIMIT {_PAGE}"
_EXTENT = "SELECT count(DISTINCT position), min(position), max(position) FROM outbox"
_OF_NONE = notices_digest(())
_NOTICES = (*NOTICE_COLUMNS.split(", "), "due_at", "next_at", "attempts", "batch", "tried_at", "sent_at", "error")


def outbox_problems(transaction: Transaction, known: range | None = None) -> Iterator[VerifyFinding]:
    """For `verify`: every event waits in the outbox or has given its notices, and these stand as they were given.

    Args:
        transaction: on the log.
        known: the positions of its events, where it is known that there is no gap.
    """
    # Of a whole log it need not be remembered which were seen: each of as many is another, and none lies outside.
    whole = known is not None and transaction.one(_EXTENT) == (len(known), known.start, known.stop - 1)
    positions: Collection[object] = known or {row[0] for row in transaction.all("SELECT position FROM events")}
    kept: dict[object, list[Row]] = {}
    for row in transaction.all(f"SELECT {', '.join(_NOTICES)} FROM notices ORDER BY id"):
        odd = list(cell_problems("notices", _NOTICES, row))
        yield from odd
        kept.setdefault(row[1], []).append(row[: len(NOTICE_COLUMNS.split(", "))])
    seen = set[object]()

    def is_plain(position: object) -> bool:
        return position.__class__ is int and position in positions and position not in kept

    def gave_none(sent_at: object, digest: object) -> bool:
        return digest == _OF_NONE and sent_at.__class__ is int and abs(sent_at) < LARGEST

    for row in _rows(transaction):
        if (row[1:] == (None, None) or gave_none(*row[1:])) and is_plain(row[0]):
            if not whole:
                seen.add(row[0])
            continue  # nobody is told yet, or nobody had to be: nearly all
        odd = list(cell_problems("outbox", _OUTBOX, row))
        yield from odd
        position, sent_at, digest = row
        seen.add(position)
        given = kept.pop(position, [])
        if odd:
            continue
        if position not in positions:
            yield verify_finding(Token.OUTBOX_DIFFERS, f"序号 {position} 没有事件")
        elif sent_at is not None and digest is None:
            yield verify_finding(Token.OUTBOX_DIFFERS, f"序号 {position} 被勾销，没有发出通知的记录")
        elif sent_at is None and (digest is not None or given):
            yield verify_finding(Token.OUTBOX_DIFFERS, f"序号 {position} 已有通知，却又等待通知")
        elif sent_at is not None and (notices_digest(given) if given else _OF_NONE) != digest:
            yield verify_finding(Token.NOTICES_DIFFER, f"序号 {position}")
    for position in () if whole else sorted((p for p in positions if p not in seen), key=str):
        yield verify_finding(Token.OUTBOX_DIFFERS, f"序号 {position} 的登记被删除")
    for position in sorted(kept, key=str):
        yield verify_finding(Token.NOTICES_DIFFER, f"序号 {position!r} 没有登记")


def _rows(transaction: Transaction) -> Iterator[Row]:
    after = -LARGEST
    while rows := transaction.all(_ROWS, (after,)):
        yield from rows
        after = rows[-1][0]
