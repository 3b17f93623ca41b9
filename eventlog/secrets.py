"""Keys for what may have to be forgotten: one per stream, and destroying it is the only erasure an append-only log has.

The log, the workflow and every copy of either hold ciphertext only, so the hash chain stays valid when a key is gone.
The keys themselves stand in the database wrapped under a master key that is not in it (`eventlog.masterkey`).
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.base import Refusal, Term
from domain.facts import SEALED, is_sealed
from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.masterkey import KEY_BYTES, master_key_id, unwrap_key, wrap_key
from eventlog.shape import texts_in
from eventlog.stored_time import micros

NONCE_BYTES, SM4_KEY_BYTES, TAG_BYTES = 12, 16, 16
SM4 = "sealed:sm4:"
_SHAPE = re.compile(r"(sealed:(?:v1|v2|sm4):)([0-9a-f]{16}):([A-Za-z0-9_-]+={0,2})")
_FIXED = bytes(NONCE_BYTES)
_LIVE = (
    "SELECT key_id, key, wrapped_by FROM secret_keys WHERE stream = ? AND key IS NOT NULL "
    "ORDER BY created_at DESC, key_id LIMIT 1"
)
_WRAPPED = "SELECT wrapped_by FROM secret_keys WHERE wrapped_by IS NOT NULL LIMIT 1"
_INSERT = "INSERT INTO secret_keys (key_id, stream, key, created_at, wrapped_by) VALUES (?, ?, ?, ?, ?)"


class Unreadable(Term):
    """What is shown in place of words that cannot be."""

    DESTROYED = "destroyed", "【密钥已销毁，无法查看】"
    LOCKED = "locked", "【没有主密钥，无法查看】"
    BROKEN = "broken", "【加密内容已损坏，无法查看】"


@dataclass(frozen=True)
class _Seal:
    """A ciphertext taken apart."""

    form: str
    key_id: str
    body: bytes


def ensure_key(database: Database, stream: str) -> tuple[str, bytes]:
    """The id and bytes of the stream's key, made on first use. After `destroy_keys` a new secret gets a new key.

    Raises:
        Refusal: `master_key`, when the key cannot be unwrapped, or no master key is set to wrap a new one.
    """
    with database.reading() as transaction:
        row = transaction.one(_LIVE, (stream,))
        others = transaction.one(_WRAPPED)
    if row is None:
        master = _master_for(database, others)
        with database.writing() as transaction:
            row = transaction.one(_LIVE, (stream,))  # another may have made it meanwhile
            if row is None:
                _check_master(master, transaction.one(_WRAPPED))  # and another machine the first key of all
                key_id, key = secrets.token_hex(8), secrets.token_bytes(KEY_BYTES)
                row = (key_id, wrap_key(master, key_id, stream, key), master_key_id(master))
                made = micros(datetime.now(UTC))
                transaction.commit([(_INSERT, [(key_id, stream, row[1], made, row[2])])])
    opened = _opened(database, stream, row)
    if isinstance(opened, Unreadable):
        raise Refusal("打不开这个事项的密钥：主密钥不在，或不是原来的那一把；请找回 master.key", "master_key")
    return row[0], opened


def _master_for(database: Database, other: Row | None) -> bytes:
    """The master key to wrap a new key under; it is not made anew where others are wrapped already."""
    master = database.master_key.make() if other is None else database.master_key.load()
    return _check_master(master, other)


def _check_master(master: bytes | None, other: Row | None) -> bytes:
    """The master key, when there is one and others are wrapped under no other."""
    if master is None or (other is not None and other[0] != master_key_id(master)):
        raise Refusal("主密钥不在，或不是原来的那一把；请找回 master.key（或 XMH_MASTER_KEY）后再试", "master_key")
    return master


def _opened(database: Database, stream: str, row: Row) -> bytes | Unreadable:
    """The key of a row; builds before this one kept it as it is."""
    key_id, stored, wrapped_by = row
    if stored is None:
        return Unreadable.DESTROYED
    if wrapped_by is None:
        return bytes(stored)
    master = database.master_key.load()
    key = unwrap_key(master, key_id, stream, bytes(stored)) if master else None
    return key or Unreadable.LOCKED


def wrap_keys(database: Database) -> int:
    """Wrap the secrets' keys an earlier build kept as they are; how many there were.

    Raises:
        Refusal: `master_key`, when there is none to wrap them under.
    """
    plain = "SELECT key_id, stream, key FROM secret_keys WHERE key IS NOT NULL AND wrapped_by IS NULL"
    with database.reading() as transaction:
        if transaction.one(plain) is None:
            return 0
        other = transaction.one(_WRAPPED)
    master = _master_for(database, other)
    with database.writing() as transaction:
        _check_master(master, transaction.one(_WRAPPED))  # another machine may have made the first meanwhile
        rows = [
            (wrap_key(master, key_id, stream, bytes(key)), master_key_id(master), key_id)
            for key_id, stream, key in transaction.all(plain)
        ]
        transaction.commit([("UPDATE secret_keys SET key = ?, wrapped_by = ? WHERE key_id = ?", rows)])
    database.scrub("secret_keys")
    return len(rows)


@dataclass(frozen=True)
class KeysStanding:
    """How many live keys stand unwrapped, and how many cannot be opened here."""

    unwrapped: int
    locked: int


def key_protection(database: Database) -> KeysStanding:
    """Whether the keys of secrets are wrapped, and can be opened by the master key that is here."""
    sql = "SELECT key_id, stream, key, wrapped_by FROM secret_keys WHERE key IS NOT NULL"
    with database.reading() as transaction:
        rows = transaction.all(sql)
    if not rows:
        return KeysStanding(0, 0)
    try:
        master = database.master_key.load()
    except Refusal:
        master = None
    wrapped = [row for row in rows if row[3] is not None]
    locked = sum(master is None or unwrap_key(master, row[0], row[1], bytes(row[2])) is None for row in wrapped)
    return KeysStanding(len(rows) - len(wrapped), locked)


def live_keys(database: Database, stream: str) -> tuple[str, ...]:
    """Ids of a stream's keys that are not destroyed."""
    with database.reading() as transaction:
        rows = transaction.all(
            "SELECT key_id FROM secret_keys WHERE stream = ? AND key IS NOT NULL ORDER BY key_id", (stream,)
        )
    return tuple(row[0] for row in rows)


def destroy_keys(database: Database, stream: str) -> int:
    """Overwrite the stream's keys for good; how many there were. The rows stay and say when.

    What the database's files may still hold of them is `scrub_destroyed_keys`'s to remove. Backups taken before still
    hold them, wrapped: whoever has the master key opens those.
    """
    with database.writing() as transaction:
        live = transaction.all("SELECT key_id FROM secret_keys WHERE stream = ? AND key IS NOT NULL", (stream,))
        update = "UPDATE secret_keys SET key = NULL, destroyed_at = ? WHERE stream = ? AND key IS NOT NULL"
        transaction.commit([(update, [(micros(datetime.now(UTC)), stream)])])
    return len(live)


def scrub_destroyed_keys(database: Database) -> str | None:
    """Remove what destroyed keys left in the database's files; what remains and why, in Chinese, or None."""
    return database.scrub("secret_keys")


# --- sealing


def seal_text(database: Database, stream: str, text: str) -> str:
    """The text as ciphertext that only this stream's key opens, and only as part of this stream.

    The same text gives the same ciphertext, so a command repeated under its id is known again. All it tells is that two
    texts of one matter are equal: that is what AES-GCM-SIV (RFC 8452) keeps to when a nonce is used again, and for it
    the nonce is fixed. SM4-GCM has no such mode; there the nonce follows from key and text.

    Raises:
        Refusal: `master_key`.
    """
    key_id, key = ensure_key(database, stream)
    form, body = SEALED, b""
    if database.seal_with == "sm4-gcm":
        form = SM4
        nonce = hmac.digest(key, b"nonce" + text.encode(), "sha256")[:NONCE_BYTES]
        body = nonce + _sm4_seal(key, nonce, text.encode(), stream.encode())
    else:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV  # noqa: PLC0415

        body = AESGCMSIV(key).encrypt(_FIXED, text.encode(), stream.encode())
    return f"{form}{key_id}:{base64.urlsafe_b64encode(body).decode()}"


def unseal_text(database: Database, stream: str, sealed: str) -> str | Unreadable:
    """The text of a ciphertext, or why it cannot be read; never an error, whatever stands in the log."""
    taken = _taken_apart(sealed)
    if taken is None:
        return Unreadable.BROKEN
    with database.reading() as transaction:
        row = transaction.one("SELECT key_id, key, wrapped_by FROM secret_keys WHERE key_id = ?", (taken.key_id,))
    if row is None:
        return Unreadable.BROKEN
    try:
        key = _opened(database, stream, row)
    except Refusal:
        return Unreadable.LOCKED
    return key if isinstance(key, Unreadable) else _text(taken, key, stream)


def readable_text(database: Database, stream: str, sealed: str) -> str:
    """The text of a secret for a reader's eyes: opened when a key of his opens it, else why it cannot be read."""
    text = unseal_text(database, stream, sealed)
    return text.label if isinstance(text, Unreadable) else text


def sealed_texts(payload: Mapping[str, object]) -> Iterator[str]:
    """Every text of an event's payload that says it is ciphertext."""
    return (text for _, text in texts_in(payload) if is_sealed(text))


def may_hold_seals(payload: str) -> bool:
    """Whether an event's payload, as it is stored, may hold ciphertext: seen without taking it apart."""
    return '"sealed:' in payload


def check_seals(transaction: Transaction, streams: Sequence[str], texts: Sequence[str]) -> None:
    """Refuse a ciphertext that is not under a living key of these streams: else nobody could ever read it.

    Args:
        transaction: that which records the texts.
        streams: the stream they are recorded in, and of a meeting the matters it has to do with.
        texts: what claims to be ciphertext.

    Raises:
        Refusal: `malformed`.
    """
    if not texts:
        return
    marks = ", ".join("?" * len(streams))
    sql = f"SELECT key_id FROM secret_keys WHERE stream IN ({marks}) AND key IS NOT NULL"  # noqa: S608  (only marks)
    keys = {row[0] for row in transaction.all(sql, tuple(streams))}
    for text in texts:
        taken = _taken_apart(text)
        if taken is None or taken.key_id not in keys:
            raise Refusal(f"“{text[:20]}…”形似加密内容，却不是用这个事项的密钥加密的；请改写开头", "malformed")


def open_ciphertext(key: bytes, stream: str, sealed: str) -> str | Unreadable:
    """The text a stream's key makes of a ciphertext."""
    taken = _taken_apart(sealed)
    return Unreadable.BROKEN if taken is None else _text(taken, key, stream)


def _taken_apart(sealed: str) -> _Seal | None:
    match = _SHAPE.fullmatch(sealed)
    if match is None:
        return None
    try:
        body = base64.b64decode(match[3], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return _Seal(match[1], match[2], body) if len(body) >= TAG_BYTES else None


def _text(taken: _Seal, key: bytes, stream: str) -> str | Unreadable:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV  # noqa: PLC0415

    nonce, rest, place = taken.body[:NONCE_BYTES], taken.body[NONCE_BYTES:], stream.encode()
    try:
        match taken.form:
            case "sealed:v1:":
                plain = AESGCM(key).decrypt(nonce, rest, place)
            case "sealed:sm4:":
                plain = _sm4_open(key, nonce, rest, place)
            case _:
                plain = AESGCMSIV(key).decrypt(_FIXED, taken.body, place)
        return plain.decode()
    except (InvalidTag, ValueError):
        return Unreadable.BROKEN


def _sm4_key(key: bytes) -> bytes:
    return hmac.digest(key, b"sm4", "sha256")[:SM4_KEY_BYTES]


def _sm4_seal(key: bytes, nonce: bytes, plain: bytes, place: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    encryptor = Cipher(algorithms.SM4(_sm4_key(key)), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(place)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def _sm4_open(key: bytes, nonce: bytes, rest: bytes, place: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    body, tag = rest[:-TAG_BYTES], rest[-TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(_sm4_key(key)), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(place)
    return decryptor.update(body) + decryptor.finalize()
