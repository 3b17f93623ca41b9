"""Witnesses: servers of somebody else sign a checkpoint once they have seen that the log only grew (C2SP tlog-witness).

A witness remembers the last checkpoint it signed. Who puts yesterday's copy back, or rewrites the log, finds nobody who
signs any more: the witness answers that it has seen more, or something else, and that is told as what it is.
"""

import base64
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain.base import Refusal
from domain.checkpoint import LogCheckpoint, Signature, read_signatures
from domain.witnessing import KEY_ID, KnownWitness, WitnessServer, cosigned_text, known_witness
from eventlog.database import Database
from services.asked_elsewhere import ServerAnswer, post_elsewhere
from services.checkpoints import log_consistency, log_size
from services.unreachable import Unreachable

NOTE = "text/plain; charset=utf-8"
SUPERSEDED = "superseded"
"""The code of a refusal that nothing has to be done about: a later checkpoint says more."""
MOST_CONFLICTS = 3
"""So often it may have been shown another checkpoint of ours between two questions."""
_NUMBER = re.compile(r"\d{1,15}\n?")


class WitnessedCheckpoint(NamedTuple):
    """What the witnesses said of a checkpoint."""

    signatures: tuple[Signature, ...]
    keys: tuple[str, ...]
    """Of the witnesses that signed."""
    errors: dict[str, Refusal | Unreachable]
    """Why the others did not."""


def ask_witnesses(
    database: Database, servers: tuple[WitnessServer, ...], checkpoint: LogCheckpoint, note: str, timeout: float
) -> WitnessedCheckpoint:
    """Show a checkpoint to all of them at once; one that does not answer keeps none of the others from it."""

    def asked(server: WitnessServer) -> Signature | Refusal | Unreachable:
        try:
            return _asked(database, server, checkpoint, note, timeout)
        except (Refusal, Unreachable) as error:
            return error

    with ThreadPoolExecutor(max(1, len(servers))) as pool:
        answers = list(zip(servers, pool.map(asked, servers), strict=True))
    return WitnessedCheckpoint(
        signatures=tuple(one for _, one in answers if isinstance(one, Signature)),
        keys=tuple(server.key for server, one in answers if isinstance(one, Signature)),
        errors={witness_party(server): one for server, one in answers if not isinstance(one, Signature)},
    )


def witness_party(server: WitnessServer) -> str:
    """What a witness is called among all who are to have a checkpoint."""
    return f"见证方 {known_witness(server.key).name}（{server.url}）"


def _asked(
    database: Database, server: WitnessServer, checkpoint: LogCheckpoint, note: str, timeout: float
) -> Signature:
    """The signature of one witness, which says itself how far it has seen the log.

    Raises:
        Refusal: `other_log`, `rolled_back`: what it has seen is not what the log is; `superseded`: it has seen a later
            checkpoint; `witness`: it does not sign.
        Unreachable: it does not answer.
    """
    seen = 0
    answer = _shown(database, server, checkpoint, seen, note, timeout)
    for _ in range(MOST_CONFLICTS):
        if answer.status != HTTPStatus.CONFLICT or not _NUMBER.fullmatch(answer.text):
            break
        before, seen = seen, int(answer.text)
        if seen == before:
            break  # it was asked by just that
        if seen > checkpoint.size:
            raise _has_seen_more(database, seen)
        answer = _shown(database, server, checkpoint, seen, note, timeout)
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise Refusal(f"所见的前{seen}条与现在的日志不同；日志被改写过，请立即查明", "other_log")
    if answer.status != HTTPStatus.OK:
        raise Refusal(f"没有签（答复 {answer.status}），请与对方核对公钥和来源名称 {checkpoint.origin}", "witness")
    return _own_signature(server, checkpoint, answer.text)


def _has_seen_more(database: Database, seen: int) -> Refusal:
    """Than this checkpoint: it was shown a later one by another of our processes, or the log was longer once."""
    size = log_size(database)
    if seen <= size:
        return Refusal(f"在这以后的检查点（第{seen}条）已先给它看过，这一份不再签；下一份照常", SUPERSEDED)
    line = f"已见过第{seen}条，日志现在只有{size}条；末尾被截去，或换回了旧副本，请立即查明"
    return Refusal(line, "rolled_back")


def _shown(
    database: Database, server: WitnessServer, checkpoint: LogCheckpoint, seen: int, note: str, timeout: float
) -> ServerAnswer:
    proof = log_consistency(database, seen, checkpoint.size)
    lines = [f"old {seen}", *(base64.b64encode(node).decode() for node in proof)]
    body = "".join(f"{line}\n" for line in lines) + f"\n{note}"
    return post_elsewhere(f"{server.url.rstrip('/')}/add-checkpoint", body.encode(), NOTE, timeout)


def _own_signature(server: WitnessServer, checkpoint: LogCheckpoint, text: str) -> Signature:
    witness = known_witness(server.key)
    for signature in read_signatures(text):
        if is_cosigned(witness, checkpoint.body(), signature):
            return signature
    raise Refusal("答复里没有它的有效签名，请核对设置 [witnesses] 里的公钥", "witness")


def is_cosigned(witness: KnownWitness, body: str, signature: Signature) -> bool:
    """Whether a signature under a note is this witness's."""
    if (signature.name, signature.data[:KEY_ID]) != (witness.name, witness.identity):
        return False
    try:
        _, signed, data = cosigned_text(body, signature)
        Ed25519PublicKey.from_public_bytes(witness.public).verify(data, signed)
    except (ValueError, InvalidSignature):
        return False
    return True


def unproven_witnesses(keys: tuple[str, ...], body: str, signatures: tuple[Signature, ...]) -> Iterator[str]:
    """The names of those of these witnesses whose signature under a note is not theirs."""
    for key in keys:
        try:
            witness = known_witness(key)
        except ValueError:
            yield key[:40]
            continue
        if not any(is_cosigned(witness, body, one) for one in signatures):
            yield witness.name
