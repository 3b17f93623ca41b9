"""The key-encryption key: the keys of matters are kept wrapped under it, and it is nowhere in the database.

So a copy of the database alone (a backup, a stolen disk, a replica) opens nothing. The key comes from a command that
prints it (a key service), from the environment, or from a file of the home that only its owner may read.
"""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from domain.base import Refusal
from eventlog.durable import create_durably
from eventlog.outside_program import OutsideProgramError, asked_outside

KEY_BYTES = 32
_NONCE = 12
_PATIENCE = 10.0
"""Seconds for the command that prints the key."""


@dataclass(frozen=True)
class MasterKey:
    """Where the key is; the first of command, text and file that is set."""

    command: str | None = None
    text: str | None = None
    file: Path | None = None

    def load(self) -> bytes | None:
        """The key; None when it is nowhere yet.

        Raises:
            Refusal: `master_key`, when what is there is no key, or cannot be read.
        """
        if self.command is not None:
            return _parsed(_printed(self.command), "XMH_MASTER_KEY_COMMAND 的输出")
        if self.text is not None:
            return _parsed(self.text, "XMH_MASTER_KEY")
        if self.file is None:
            return None
        try:
            return _parsed(self.file.read_text("ascii"), str(self.file))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Refusal(f"读不了主密钥文件 {self.file}，请检查权限和内容", "master_key") from error

    def make(self) -> bytes:
        """The key, made in its file when it is nowhere yet: complete or not at all, for its owner alone.

        Raises:
            Refusal: `master_key`, when there is no file to make it in.
        """
        master = self.load()
        if master is not None:
            return master
        if self.file is None:
            raise Refusal(
                "没有设主密钥；请设置 XMH_MASTER_KEY_FILE、XMH_MASTER_KEY 或 XMH_MASTER_KEY_COMMAND", "master_key"
            )
        create_durably(self.file, f"{secrets.token_hex(KEY_BYTES)}\n".encode())  # another was faster: that key it is
        return self.make()


def _printed(command: str) -> str:
    try:
        return asked_outside(command, b"", _PATIENCE).decode("ascii")
    except (OutsideProgramError, UnicodeDecodeError) as error:
        raise Refusal("取主密钥的命令没有成功，请检查 XMH_MASTER_KEY_COMMAND", "master_key") from error


def _parsed(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Refusal(f"{where} 不是主密钥：应为 {KEY_BYTES * 2} 个十六进制数字", "master_key")
    return key


def master_key_id(master: bytes) -> str:
    """The id of a master key: it tells one from another and tells nothing of the key."""
    return hashlib.sha256(b"xmh master key" + master).hexdigest()[:16]


def wrap_key(master: bytes, key_id: str, stream: str, key: bytes) -> bytes:
    """A stream's key wrapped under the master key, as it is stored: it opens only in its own row."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV  # noqa: PLC0415  (60 ms; most commands need none)

    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCMSIV(master).encrypt(nonce, key, _row(key_id, stream))


def unwrap_key(master: bytes, key_id: str, stream: str, wrapped: bytes) -> bytes | None:
    """The stream's key in a row; None when it was not wrapped under this master key, or not for this row."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV  # noqa: PLC0415

    try:
        return AESGCMSIV(master).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _row(key_id, stream))
    except (InvalidTag, ValueError):
        return None


def _row(key_id: str, stream: str) -> bytes:
    return f"{key_id}\n{stream}".encode()
