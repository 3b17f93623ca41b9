"""For `verify`: each matter's key is there and opens what it sealed, or was destroyed by a decision."""

# ruff: noqa: S608  (table and column names are constants)

import json
import re
from collections.abc import Iterator, Mapping

from domain.base import Refusal
from domain.facts import SEALS
from domain.ids import kind_of
from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.findings import Token, VerifyFinding, verify_finding
from eventlog.masterkey import master_key_id, unwrap_key
from eventlog.secrets import Unreadable, open_ciphertext
from eventlog.typed import cell_problems

_SEAL = re.compile(rf"(?:{'|'.join(map(re.escape, SEALS))})([0-9a-f]{{16}}):[A-Za-z0-9_-]+={{0,2}}")
_KEYS = ("key_id", "stream", "key", "created_at", "destroyed_at", "wrapped_by")
_STREAM, _PAYLOAD = 2, 7


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
                yield verify_finding(Token.KEY_DIFFERS, f"{row[1]} 的密钥 {row[0]} {fault}", stream=row[1])
    for key_id in sorted(seals.keys() - present):
        yield verify_finding(Token.KEY_DIFFERS, f"{seals[key_id][0]} 的密钥 {key_id} 不见了", stream=seals[key_id][0])


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
        except (ValueError, TypeError, KeyError, RecursionError):
            continue  # its chain names it
    return keys


def _master(database: Database) -> bytes | None:
    try:
        return database.master_key.load()
    except Refusal:
        return None
