"""A checkpoint: what the whole log was at one size, in a note somebody else keeps (C2SP signed note, checkpoint).

Three lines by the standard (origin, size, root), then lines of our own: when, the root by SM3, and the roots of equal
blocks of the log, by which a log that differs is told from which block on it does.
"""

import base64
import binascii
import re
from datetime import datetime

from domain.base import Frozen, Refusal

MOST_BLOCKS = 256
_TIME, _SM3, _BLOCKS = "time ", "sm3 ", "blocks "
_SIGNATURE = re.compile(r"— (\S+) (\S+)")
_DIGEST = 32


class LogCheckpoint(Frozen):
    """The log at `size` events. Roots have 32 bytes; `blocks` are those of `block` events each, the last of fewer."""

    origin: str
    size: int
    root: bytes
    made_at: datetime
    sm3: bytes
    block: int
    blocks: tuple[bytes, ...] = ()

    def body(self) -> str:
        """What is signed."""
        lines = (
            self.origin,
            str(self.size),
            _base64(self.root),
            f"{_TIME}{self.made_at.isoformat()}",
            f"{_SM3}{_base64(self.sm3)}",
            f"{_BLOCKS}{self.block} {_base64(b''.join(self.blocks))}",
        )
        return "".join(f"{line}\n" for line in lines)


class Signature(Frozen):
    """One signature under a note: whose, and the bytes (four of the key's id, then the signature)."""

    name: str
    data: bytes

    def line(self) -> str:
        """As it stands in a note."""
        return f"— {self.name} {_base64(self.data)}\n"


def block_length(size: int) -> int:
    """How many events a block of a log of that size has: a power of two, so that there are at most 256."""
    block = 1
    while block * MOST_BLOCKS < size:
        block *= 2
    return block


def note_of(checkpoint: LogCheckpoint, signatures: tuple[Signature, ...]) -> str:
    """The note as it is kept."""
    return f"{checkpoint.body()}\n{''.join(s.line() for s in signatures)}"


def read_note(text: str) -> tuple[LogCheckpoint, tuple[Signature, ...]]:
    """A checkpoint and its signatures, none of them looked at yet.

    The ends of lines and a mark before the first are no part of it: mail and editors change them.

    Raises:
        Refusal: `malformed`, it is no checkpoint of a log of ours.
    """
    body, _, signed = text.removeprefix("\ufeff").replace("\r\n", "\n").partition("\n\n")
    try:
        origin, length, root, *more = body.split("\n")
        extensions = {line.partition(" ")[0]: line.partition(" ")[2] for line in more}
        block, _, roots = extensions["blocks"].partition(" ")
        joined = _bytes(roots)
        checkpoint = LogCheckpoint(
            origin=origin,
            size=int(length),
            root=_bytes(root),
            made_at=datetime.fromisoformat(extensions["time"]),
            sm3=_bytes(extensions["sm3"]),
            block=int(block),
            blocks=tuple(joined[n : n + _DIGEST] for n in range(0, len(joined), _DIGEST)),
        )
        signatures = read_signatures(signed)
    except (ValueError, KeyError) as error:
        raise Refusal("不是 xmh 的检查点文件，或内容不完整", "malformed") from error
    size = checkpoint.size
    sound = size > 0 and checkpoint.block == block_length(size) and checkpoint.body() == f"{body}\n"
    if not sound or not signatures:
        raise Refusal("不是 xmh 的检查点文件，或内容不完整", "malformed")
    return checkpoint, signatures


def read_signatures(text: str) -> tuple[Signature, ...]:
    """The signatures under a note, or those a witness answers with.

    Raises:
        ValueError: one is not written as such.
    """
    lines = map(_SIGNATURE.fullmatch, text.replace("\r\n", "\n").splitlines())
    return tuple(Signature(name=match[1], data=_bytes(match[2])) for match in lines if match)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text[:20]) from error
