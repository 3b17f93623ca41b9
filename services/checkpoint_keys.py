"""The keys checkpoints are signed with, and whether one was (C2SP signed note): Ed25519 of the home, SM2 elsewhere."""

import base64
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.base import Refusal
from domain.checkpoint import LogCheckpoint, Signature
from domain.sm2 import is_sm2_key, sm2_verify
from eventlog.durable import create_durably

KEY_FILE = "checkpoint.key"
"""Inside the home: the key checkpoints are signed with, mode 0600. It is in no backup; another home has another."""
ED25519 = b"\x01"
SM2 = b"\xffGB/T 32918 SM2 with SM3"
"""What the key of an algorithm begins with in its line; C2SP gives SM2 no number, so it is named (0xff)."""
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
        return Signature(name=self.name, data=key_id(self.name, ED25519 + key) + self.private.sign(body.encode()))


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


class VerifierKey(NamedTuple):
    """A public key in one line, taken apart."""

    name: str
    algorithm: bytes
    key: bytes

    @property
    def id(self) -> bytes:
        """What its signatures begin with."""
        return key_id(self.name, self.algorithm + self.key)

    def verifies(self, body: bytes, signature: bytes) -> bool:
        """Whether a signature is its own."""
        if self.algorithm == SM2:
            return sm2_verify(self.key, body, signature)
        with suppress(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, body)
            return True
        return False


def public_key_line(name: str, key: bytes, algorithm: bytes = ED25519) -> str:
    """A public key in one line."""
    return f"{name}+{key_id(name, algorithm + key).hex()}+{base64.b64encode(algorithm + key).decode()}"


def key_id(name: str, key: bytes) -> bytes:
    """The first bytes of each signature by a key, which begins with its algorithm."""
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:_KEY_ID]


def is_signed(checkpoint: LogCheckpoint, signatures: Sequence[Signature], public: str) -> bool:
    """Whether one of the signatures is this key's.

    Raises:
        Refusal: `malformed`, it is no public key.
    """
    return is_text_signed(checkpoint.body(), signatures, public)


def is_text_signed(body: str, signatures: Sequence[Signature], public: str) -> bool:
    """Whether one of the signatures under any note is this key's.

    Raises:
        Refusal: `malformed`, it is no public key.
    """
    key = _parsed(public.strip())
    return any(
        (one.name, one.data[:_KEY_ID]) == (key.name, key.id) and key.verifies(body.encode(), one.data[_KEY_ID:])
        for one in signatures
    )


def is_public_key(text: str) -> bool:
    """Whether it is the line of a home's own key."""
    try:
        return _parsed(text.strip()).algorithm == ED25519
    except Refusal:
        return False


def is_key_line(text: str) -> bool:
    """Whether it is the line of a public key by an algorithm known here."""
    try:
        _parsed(text.strip())
    except Refusal:
        return False
    return True


def _parsed(public: str) -> VerifierKey:
    name, _, rest = public.partition("+")
    with suppress(ValueError):
        raw = base64.b64decode(rest.partition("+")[2], validate=True)
        algorithm = SM2 if raw.startswith(SM2) else ED25519
        key = raw.removeprefix(algorithm)
        if algorithm == ED25519:
            Ed25519PublicKey.from_public_bytes(key)
        if (algorithm == ED25519 or is_sm2_key(key)) and public_key_line(name, key, algorithm) == public:
            return VerifierKey(name, algorithm, key)
    raise Refusal("不是公钥，应为 audit checkpoint 给出的那一行（xmh-XMH+1a2b3c4d+…）", "malformed")
