"""Signed orders: whether the log demands them, whose keys may vouch, and whether a proof holds.

That proofs are demanded is an event under a command id of its own: the log forgets it as little as any other. The
public keys are the owner's table: whoever only appends can add none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access.proof import GOOD_FOR, UNPROVED, OrderProof, signed_bytes
from domain.base import Refusal, refuse
from domain.envelope import Provenance
from domain.log import AppendRequest
from domain.terms import Role
from eventlog.database import Database, Transaction
from eventlog.stored_time import from_micros, micros

DEMAND = "access:require"
"""The id of the command by which proofs are demanded."""
AHEAD = timedelta(minutes=2)
_KEY = "SELECT public, since, until FROM signing_keys WHERE name = ?"
_KEYS = "SELECT name, public, since, until FROM signing_keys ORDER BY since, name"
_ADD = "INSERT INTO signing_keys (name, public, since, until) VALUES (?, ?, ?, NULL)"
_END = "UPDATE signing_keys SET until = ? WHERE name = ? AND until IS NULL"
_DEMANDED = "SELECT 1 FROM commands WHERE command_id = ?"


@dataclass(frozen=True)
class VouchingKey:
    """A key that may vouch, and when."""

    name: str
    public: str
    """Hexadecimal."""
    since: datetime
    until: datetime | None


def provenance_of(
    transaction: Transaction, request: AppendRequest, now: datetime, *, demanded: bool, direct: bool
) -> Provenance | None:
    """How the actor had proven himself; None when he did not, and need not.

    What the system appends without a workflow between (a founding, the record of who came in) has no way of its own
    through which others could send it; the workflow's own clock never had.

    Raises:
        Refusal: `unproved`, a proof is demanded and there is none, or it does not hold.
    """
    if not request.command_id:
        return None
    if request.signed is None:
        exempt = request.clock or (direct and request.actor.role is Role.SYSTEM)
        refuse(demanded and not exempt, UNPROVED, "unproved")
        return None
    return _checked(transaction, request, request.signed, now)


def _checked(transaction: Transaction, request: AppendRequest, proof: OrderProof, now: datetime) -> Provenance:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  (most logs never need it)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    row = transaction.one(_KEY, (proof.key,))
    refuse(row is None, "命令的签名所用的密钥不在名册中，未作任何改动", "unproved")
    assert row is not None  # noqa: S101  (refused above)
    public, since, until = row
    valid = from_micros(since) <= now + AHEAD and (until is None or now < from_micros(until))
    refuse(not valid, "命令的签名所用的密钥已停用，请重新登录后再办理", "unproved")
    age = now - proof.issued_at
    refuse(not -AHEAD <= age <= GOOD_FOR, "命令的签名已过期，或签发的时钟不准；请重新办理", "unproved")
    body = signed_bytes(request.command_id, request.request_hash, proof.provenance, proof.issued_at, proof.key)
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(proof.raw_signature, body)
    except (InvalidSignature, ValueError) as error:
        raise Refusal("命令与它的签名不符，未作任何改动", "unproved") from error
    return proof.provenance


def demands_proofs(database: Database) -> bool:
    """Whether this log takes orders of people only with a proof."""
    with database.reading() as transaction:
        return transaction.one(_DEMANDED, (DEMAND,)) is not None


def vouching_keys(database: Database) -> tuple[VouchingKey, ...]:
    """All keys there ever were, oldest first."""
    with database.reading() as transaction:
        rows = transaction.all(_KEYS)
    return tuple(
        VouchingKey(name, public, from_micros(since), None if until is None else from_micros(until))
        for name, public, since, until in rows
    )


def add_vouching_key(database: Database, name: str, public: str, now: datetime, *, old_until: datetime) -> None:
    """Let a key vouch from now on; those of before end at `old_until`. Only the tables' owner may.

    Raises:
        LogError: the database's role may not, or it cannot be reached.
    """
    with database.writing() as transaction:
        living = [row[0] for row in transaction.all(_KEYS) if row[3] is None]
        ends = [(_END, [(micros(old_until), one) for one in living])] if living else []
        transaction.commit([*ends, (_ADD, [(name, public, micros(now))])])
