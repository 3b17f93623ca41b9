"""Witnesses of the log: whom a checkpoint is shown to, and how each signs it (C2SP tlog-witness, cosignature/v1)."""

import base64
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from domain.base import Frozen
from domain.checkpoint import Signature

COSIGNATURE = b"\x04"
"""What the key of a witness begins with: it signs a checkpoint together with the moment it did."""
KEY_ID, MOMENT = 4, 8
_KEY, _SIGNATURE = 32, 64
_ADDRESS = re.compile(r"https?://[^\s?#]+")
_MAILBOX = re.compile(r"[^\s@<>,;:?&#/%]+@[^\s@<>,;:?&#/%]+")


class KnownWitness(NamedTuple):
    """What the key of a witness says: who signs, by which id, and the key's 32 bytes."""

    name: str
    identity: bytes
    public: bytes


def known_witness(key: str) -> KnownWitness:
    """A witness by its key as C2SP writes it, `name+id+base64(0x04 ‖ key)`.

    Raises:
        ValueError: it is none.
    """
    name, _, rest = key.partition("+")
    identity, _, text = rest.partition("+")
    try:
        known, raw = bytes.fromhex(identity), base64.b64decode(text, validate=True)
    except ValueError:
        known, raw = b"", b""
    if not name or len(known) != KEY_ID or raw[:1] != COSIGNATURE or len(raw) != 1 + _KEY:
        raise ValueError("不是见证方的公钥，应为 名称+编号+BASE64 一行（cosignature/v1）")
    return KnownWitness(name, known, raw[1:])


def _checked_key(text: str) -> str:
    known_witness(text.strip())
    return text.strip()


def _checked_address(text: str) -> str:
    if _ADDRESS.fullmatch(text) is None:
        raise ValueError("应为 http:// 或 https:// 开头的地址，不带 ? 和 #")
    return text


def _checked_mailbox(text: str) -> str:
    if _MAILBOX.fullmatch(text) is None:
        raise ValueError("应为邮箱地址，如 audit@example.cn")
    return text


def _checked_command(text: str) -> str:
    if not text.strip():
        raise ValueError("应写明签名程序")
    return text


WitnessKey = Annotated[str, AfterValidator(_checked_key)]
HttpAddress = Annotated[str, Field(max_length=500), AfterValidator(_checked_address)]
Mailbox = Annotated[str, Field(max_length=254), AfterValidator(_checked_mailbox)]


class WitnessServer(Frozen):
    """A server of somebody else that signs what it has seen to have only grown."""

    url: HttpAddress
    key: WitnessKey


class ExternalSigner(Frozen):
    """`[witnesses.signer]`: a key of the office in an HSM or a signing server, which signs too (SM2)."""

    command: Annotated[str, AfterValidator(_checked_command)]
    """A program that reads what is to be signed and writes the signature (DER, or base64 of it)."""
    public_key: Path
    """PEM file of its public key."""


class CheckpointMail(Frozen):
    """`[witnesses.mail]`: who is sent each checkpoint by e-mail: the auditor."""

    channel: str
    """The e-mail channel it goes by: a name under `[notices.channels]`."""
    to: Annotated[tuple[Mailbox, ...], Field(min_length=1, max_length=20)]


class WitnessPlaces(Frozen):
    """`[witnesses]`: who is shown each checkpoint; by default nobody."""

    servers: tuple[WitnessServer, ...] = ()
    timestamps: HttpAddress | None = None
    """A time-stamp server (RFC 3161)."""
    timestamp_roots: Path | None = None
    """PEM file of the root certificates its stamps are believed by."""
    signer: ExternalSigner | None = None
    mail: CheckpointMail | None = None
    timeout: Annotated[float, Field(gt=0, le=60)] = 10.0
    """Seconds for a whole exchange with one of them."""

    @property
    def anybody(self) -> bool:
        """Whether anybody is asked at all."""
        return bool(self.servers) or any(one is not None for one in (self.timestamps, self.signer, self.mail))


def cosigned_text(body: str, signature: Signature) -> tuple[datetime, bytes, bytes]:
    """When a witness says that it saw a checkpoint, the bytes it signed, and its signature over them.

    Raises:
        ValueError: it is no signature of that kind.
    """
    data = signature.data
    if len(data) != KEY_ID + MOMENT + _SIGNATURE:
        raise ValueError("not a cosignature")
    seconds = int.from_bytes(data[KEY_ID : KEY_ID + MOMENT])
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("not a moment") from error
    return moment, f"cosignature/v1\ntime {seconds}\n{body}".encode(), data[KEY_ID + MOMENT :]
