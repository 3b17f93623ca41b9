"""The keys checkpoints are signed with, and whether one was (Ed25519, C2SP signed note)."""

import base64
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.base import Refusal
from domain.checkpoint import LogCheckpoint, Signature
from eventlog.durable import create_durably

KEY_FILE = "checkpoint.key"
"""Inside the home: the key checkpoints are signed with, mode 0600. It is in no backup; another home has another."""
_ED25519 = b"\x01"
_KEY_ID = 4


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key and the name it signs under."""

    name: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """`name+id+key`, as C2SP writes a verifier's key."""
        return public_key_line(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, checkpoint: LogCheckpoint) -> Signature:
        """A checkpoint's signature."""
        return self.sign_text(checkpoint.body())

    def sign_text(self, body: str) -> Signature:
        """The signature of any note of ours; its first line says what it is."""
        key = self.private.public_key().public_bytes_raw()
        return Signature(name=self.name, data=_key_id(self.name, key) + self.private.sign(body.encode()))


def signing_key(home: Path, headquarters: str) -> SigningKey:
    """The key of a home, made when there is none: whole or not at all, for its owner alone.

    Raises:
        Refusal: `malformed`, what is there is no key.
    """
    place = home / KEY_FILE
    if not place.exists():
        # Another process may be faster: that key it is.
        create_durably(place, f"{Ed25519PrivateKey.generate().private_bytes_raw().hex()}\n".encode())
    try:
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(place.read_text("ascii").strip()))
    except (ValueError, OSError) as error:
        raise Refusal(f"{place} 不是检查点签名密钥，请找回原来的，或移走由系统另造一把", "malformed") from error
    return SigningKey(f"xmh-{headquarters}", private)


def public_key_line(name: str, key: bytes) -> str:
    """A public key in one line."""
    return f"{name}+{_key_id(name, key).hex()}+{base64.b64encode(_ED25519 + key).decode()}"


def _key_id(name: str, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key).digest()[:_KEY_ID]


def is_signed(checkpoint: LogCheckpoint, signatures: Sequence[Signature], public: str) -> bool:
    """Whether one of the signatures is this key's.

    Raises:
        Refusal: `malformed`, it is no public key.
    """
    name, raw = _parsed(public.strip())
    for signature in signatures:
        if signature.name == name and signature.data[:_KEY_ID] == _key_id(name, raw):
            with suppress(InvalidSignature):
                Ed25519PublicKey.from_public_bytes(raw).verify(signature.data[_KEY_ID:], checkpoint.body().encode())
                return True
    return False


def is_public_key(text: str) -> bool:
    """Whether it is one of ours in one line."""
    try:
        _parsed(text.strip())
    except Refusal:
        return False
    return True


def _parsed(public: str) -> tuple[str, bytes]:
    """Name and key of a public key's line."""
    name, _, rest = public.partition("+")
    try:
        raw = base64.b64decode(rest.partition("+")[2], validate=True)[1:]
        if public_key_line(name, Ed25519PublicKey.from_public_bytes(raw).public_bytes_raw()) == public:
            return name, raw
    except ValueError:
        pass
    raise Refusal("不是公钥，应为 audit checkpoint 给出的那一行（xmh-XMH+1a2b3c4d+…）", "malformed")
