"""For `verify`: does every event wait in the outbox or have the notices it gave, as they were given?"""

# ruff: noqa: S608  (table and column names are constants)

from collections.abc import Iterator

from eventlog.backend import Row
from eventlog.database import Transaction
from eventlog.evidence import NOTICE_COLUMNS, notices_digest
from eventlog.findings import Token, VerifyFinding, verify_finding
from eventlog.typed import cell_problems

_OUTBOX = ("position", "sent_at", "notices")
_NOTICES = (*NOTICE_COLUMNS.split(", "), "due_at", "next_at", "attempts", "batch", "tried_at", "sent_at", "error")


def outbox_problems(transaction: Transaction) -> Iterator[VerifyFinding]:
    """For `verify`: every event waits in the outbox or has given its notices, and these stand as they were given."""
    rows = transaction.all(f"SELECT {', '.join(_OUTBOX)} FROM outbox ORDER BY position")
    positions = {row[0] for row in transaction.all("SELECT position FROM events")}
    kept: dict[object, list[Row]] = {}
    for row in transaction.all(f"SELECT {', '.join(_NOTICES)} FROM notices ORDER BY id"):
        odd = list(cell_problems("notices", _NOTICES, row))
        yield from odd
        kept.setdefault(row[1], []).append(row[: len(NOTICE_COLUMNS.split(", "))])
    seen = set[object]()
    for row in rows:
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
        elif sent_at is not None and notices_digest(given) != digest:
            yield verify_finding(Token.NOTICES_DIFFER, f"序号 {position}")
    for position in sorted(positions - seen, key=str):
        yield verify_finding(Token.OUTBOX_DIFFERS, f"序号 {position} 的登记被删除")
    for position in sorted(kept, key=str):
        yield verify_finding(Token.NOTICES_DIFFER, f"序号 {position!r} 没有登记")
