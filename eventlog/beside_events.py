"""What stands beside the events and is no read model: triggers, keys of secrets, the outbox and the notices."""

# ruff: noqa: S608  (table and column names are constants)

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from domain.base import Refusal
from domain.facts import SEALS
from domain.ids import kind_of
from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.evidence import NOTICE_COLUMNS, notices_digest
from eventlog.findings import Token, VerifyFinding
from eventlog.masterkey import master_key_id, unwrap_key
from eventlog.protection import trigger_differences
from eventlog.secrets import Unreadable, open_ciphertext
from eventlog.typed import odd_cells

_SEAL = re.compile(rf"(?:{'|'.join(map(re.escape, SEALS))})([0-9a-f]{{16}}):[A-Za-z0-9_-]+={{0,2}}")
_KEYS = ("key_id", "stream", "key", "created_at", "destroyed_at", "wrapped_by")
_OUTBOX = ("position", "sent_at", "notices")
_NOTICES = (*NOTICE_COLUMNS.split(", "), "due_at", "next_at", "attempts", "batch", "tried_at", "sent_at", "error")
_STREAM, _PAYLOAD = 2, 7


def cell_problems(table: str, columns: Sequence[str], row: Row) -> Iterator[VerifyFinding]:
    """For `verify`: cells of the log's tables of another type than their column's, as one problem."""
    odd = "、".join(odd_cells(table, columns, row))
    if odd:
        yield _problem(Token.ODD_CELL, f"表 {table} 的 {str(row[0])[:80]!r} 行 {odd}")


def _problem(token: Token, detail: str, stream: str | None = None) -> VerifyFinding:
    return VerifyFinding(token=token, message=f"{token.label}：{detail}", stream=stream)


# --- triggers


def protection_problems(transaction: Transaction) -> Iterator[VerifyFinding]:
    """For `verify`: the triggers are there, do what they were made to do, and are the only ones."""
    missing, changed, added = trigger_differences(transaction.triggers(), postgresql=transaction.is_postgresql)
    for name in missing:
        yield _problem(Token.UNPROTECTED, name)
    for name in changed:
        yield _problem(Token.TRIGGER_CHANGED, name)
    for name in added:
        yield _problem(Token.TRIGGER_ADDED, name)


# --- keys


class Seals:
    """Which keys the log's ciphertexts name, with one ciphertext of each."""

    def __init__(self) -> None:
        """None yet."""
        self.found: dict[str, tuple[str, str]] = {}

    def take(self, row: Row) -> None:
        """Look through one event."""
        if "sealed:" in row[_PAYLOAD]:
            for match in _SEAL.finditer(row[_PAYLOAD]):
                self.found.setdefault(match[1], (row[_STREAM], match[0]))


def key_problems(
    database: Database, transaction: Transaction, stream: str | None, seals: Mapping[str, tuple[str, str]]
) -> Iterator[VerifyFinding]:
    """For `verify`: each matter's key is there, opens what it sealed, or was destroyed by a decision."""
    only, params = ("", ()) if stream is None else (" WHERE stream = ?", (stream,))
    rows = transaction.all(f"SELECT {', '.join(_KEYS)} FROM secret_keys{only} ORDER BY key_id", params)
    forgotten, master = _forgotten(transaction), _master(database)
    present = set[str]()
    for row in rows:
        odd = list(cell_problems("secret_keys", _KEYS, row))
        yield from odd
        present.add(str(row[0]))
        if not odd:
            fault = _wrong(row, forgotten, master, seals.get(row[0]))
            if fault is not None:
                yield _problem(Token.KEY_DIFFERS, f"{row[1]} 的密钥 {row[0]} {fault}", row[1])
    for key_id in sorted(seals.keys() - present):
        yield _problem(Token.KEY_DIFFERS, f"{seals[key_id][0]} 的密钥 {key_id} 不见了", seals[key_id][0])


def _wrong(row: Row, forgotten: set[str], master: bytes | None, seal: tuple[str, str] | None) -> str | None:
    key_id, stream, stored, _, _, wrapped_by = row
    if stored is None:
        return None if key_id in forgotten else "被清空，却没有销毁的记录"
    if key_id in forgotten:
        return "已决定销毁，却还在；请再执行一次 xmh audit forget"
    key: bytes | None = bytes(stored)
    if wrapped_by is not None:
        key = unwrap_key(master, key_id, stream, bytes(stored)) if master else None
        ours = master is not None and master_key_id(master) == wrapped_by
        if key is None and not ours:
            return None  # not ours to open here: the master key stands elsewhere
        if key is not None and not ours:
            return "写的不是加封它的主密钥"
    if key is None:
        return "被替换或移动"
    if seal is None:
        return None
    # What a meeting says of a matter is under the matter's key.
    place = stream if kind_of(seal[0]) == "meeting" else seal[0]
    if place != stream or isinstance(open_ciphertext(key, stream, seal[1]), Unreadable):
        return "打不开用它加密的内容：被替换或移动"
    return None


def _forgotten(transaction: Transaction) -> set[str]:
    keys = set[str]()
    for (payload,) in transaction.all("SELECT payload FROM events WHERE type = 'SecretsForgotten'"):
        try:
            keys.update(map(str, json.loads(payload)["keys"]))
        except (ValueError, TypeError, KeyError):
            continue  # its chain names it
    return keys


def _master(database: Database) -> bytes | None:
    try:
        return database.master_key.load()
    except Refusal:
        return None


# --- outbox and notices


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
            yield _problem(Token.OUTBOX_DIFFERS, f"序号 {position} 没有事件")
        elif sent_at is not None and digest is None:
            yield _problem(Token.OUTBOX_DIFFERS, f"序号 {position} 被勾销，没有发出通知的记录")
        elif sent_at is None and (digest is not None or given):
            yield _problem(Token.OUTBOX_DIFFERS, f"序号 {position} 已有通知，却又等待通知")
        elif sent_at is not None and notices_digest(given) != digest:
            yield _problem(Token.NOTICES_DIFFER, f"序号 {position}")
    for position in sorted(positions - seen, key=str):
        yield _problem(Token.OUTBOX_DIFFERS, f"序号 {position} 的登记被删除")
    for position in sorted(kept, key=str):
        yield _problem(Token.NOTICES_DIFFER, f"序号 {position!r} 没有登记")
