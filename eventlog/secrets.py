"""Keys for what may have to be forgotten: one per stream, and destroying it is the only erasure an append-only log has.

The log, the workflow and every copy of either hold ciphertext only, so the hash chain stays valid when a key is gone.
"""

import base64
import binascii
import hmac
import secrets
from datetime import UTC, datetime

from domain.base import Refusal
from domain.envelope import micros
from domain.facts import SEALED
from eventlog.database import Database

KEY_BYTES = 32
NONCE_BYTES = 12
_LIVE = (
    "SELECT key_id, key FROM secret_keys WHERE stream = ? AND key IS NOT NULL ORDER BY created_at DESC, key_id LIMIT 1"
)


def ensure_key(database: Database, stream: str) -> tuple[str, bytes]:
    """The id and bytes of the stream's key, made on first use. After `destroy` a new secret gets a new key."""
    with database.reading() as transaction:
        row = transaction.one(_LIVE, (stream,))
    if row is None:
        with database.writing() as transaction:
            row = transaction.one(_LIVE, (stream,))  # another may have made it meanwhile
            if row is None:
                row = (secrets.token_hex(8), secrets.token_bytes(KEY_BYTES))
                insert = "INSERT INTO secret_keys (key_id, stream, key, created_at) VALUES (?, ?, ?, ?)"
                transaction.commit([(insert, [(row[0], stream, row[1], micros(datetime.now(UTC)))])])
    return row[0], bytes(row[1])


def key(database: Database, key_id: str) -> bytes | None:
    """The bytes of a key; None when it was destroyed or never existed."""
    with database.reading() as transaction:
        row = transaction.one("SELECT key FROM secret_keys WHERE key_id = ?", (key_id,))
    return bytes(row[0]) if row and row[0] is not None else None


def destroy(database: Database, stream: str) -> int:
    """Overwrite the stream's keys for good; how many there were. The rows stay and say when.

    The database file keeps no copy of the bytes (SQLite: secure_delete, and the write-ahead log is emptied). Backups
    taken before still hold them: they must be destroyed too.
    """
    with database.writing() as transaction:
        live = transaction.all("SELECT key_id FROM secret_keys WHERE stream = ? AND key IS NOT NULL", (stream,))
        update = "UPDATE secret_keys SET key = NULL, destroyed_at = ? WHERE stream = ? AND key IS NOT NULL"
        transaction.commit([(update, [(micros(datetime.now(UTC)), stream)])])
    database.scrub("secret_keys")
    return len(live)


def seal(database: Database, stream: str, text: str) -> str:
    """The text as ciphertext that only this stream's key opens, and only as part of this stream.

    The nonce follows from key and text, so a command repeated under its id carries the same ciphertext and is known
    again. All it tells is that two texts of one matter are equal.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  (60 ms; most commands need none)

    key_id, secret = ensure_key(database, stream)
    nonce = hmac.digest(secret, text.encode(), "sha256")[:NONCE_BYTES]
    sealed = nonce + AESGCM(secret).encrypt(nonce, text.encode(), stream.encode())
    return f"{SEALED}{key_id}:{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(database: Database, stream: str, sealed: str) -> str | None:
    """The text of a ciphertext; None when its key was destroyed.

    Raises:
        Refusal: with code `seal_broken`: it is not a ciphertext of this stream, or it was altered.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    key_id, separator, body = sealed.removeprefix(SEALED).partition(":")
    if not sealed.startswith(SEALED) or not separator:
        raise Refusal("不是加密内容，无法解密", "seal_broken")
    secret = key(database, key_id)
    if secret is None:
        return None
    try:
        data = base64.b64decode(body, altchars=b"-_", validate=True)
        return AESGCM(secret).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], stream.encode()).decode()
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise Refusal("加密内容已损坏或不属于该事项，无法解密", "seal_broken") from error
