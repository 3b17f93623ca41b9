"""Vouching for orders: the key of a home, who may sign with it for whom, and demanding that orders are signed.

Whoever reads `vouch.key` can vouch for anybody. It belongs to the user that runs web and worker, and to nobody who is
to be kept from acting in another's name.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from domain.access.events import ProofsRequired
from domain.access.proof import OrderProof, signed_bytes
from domain.access.scopes import check_scope
from domain.access.terms import TokenScope
from domain.base import Frozen, Refusal, refuse
from domain.envelope import Actor, Provenance, Via
from domain.ids import OfficeStream
from domain.log import AppendRequest
from domain.order import OrderBase
from domain.rules.records import by_hand
from eventlog.database import Database, Vouch
from eventlog.durable import create_durably, put_durably
from eventlog.proofs import DEMAND, add_vouching_key, demands_proofs, vouching_keys
from services.office_records import record_office_events

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE = "vouch.key"
"""Inside the home, mode 0600; in no backup."""
SIGN_IN = "命令行请先登录（xmh access sign-in）"
NO_KEY = (
    "日志要求实名，而本机没有有效的签名密钥 {file}；请从运行服务的机器取来该文件，"
    "已丢失的，由数据库属主运行 xmh access require --rotate 换一把"
)
NOT_REQUIRED = "本单位还没有要求实名，没有签名密钥可换；要求实名的，由督办员运行 xmh access require（不能撤回）"
BOTH_FOR = timedelta(days=1)
"""The old key of a rotation holds so long: services that run are started again meanwhile."""


@dataclass(frozen=True)
class VouchKey:
    """The private key of a home, and the name the log knows it by."""

    name: str
    private: "Ed25519PrivateKey"

    def proof(self, command_id: str, content: str, provenance: Provenance, now: datetime | None = None) -> OrderProof:
        """The proof of one command."""
        import base64

        issued_at = now or datetime.now(UTC)
        body = signed_bytes(command_id, content, provenance, issued_at, self.name)
        signature = base64.b64encode(self.private.sign(body)).decode()
        return OrderProof(provenance=provenance, issued_at=issued_at, key=self.name, signature=signature)


def content_of(asked: OrderBase | AppendRequest) -> str:
    """The hash of what is asked, as the log keeps it."""
    return asked.request_hash if isinstance(asked, AppendRequest) else asked.content_hash()


def vouch_key(home: Path) -> VouchKey | None:
    """The key of a home; None when it has none, or this user may not read it."""
    try:
        return _key_in((home / KEY_FILE).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=1)
def _key_in(text: str) -> VouchKey:
    """The key of a file's text: as long as the file says the same, its name need not be worked out for each order."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    return VouchKey(_name_of(private), private)


def service_vouch(home: Path, via: Via) -> Vouch:
    """How a service signs what it sends of itself: with the key the home has at that moment, if it has one."""
    begun = datetime.now(UTC)

    def sign(asked: OrderBase | AppendRequest) -> OrderProof | None:
        return signed(home, asked, Provenance(via=via, credential="service", auth_time=begun))

    return sign


def token_vouch(home: Path, token: str, scope: TokenScope) -> Vouch:
    """How the command line signs for the bearer of a token, by its id: only what a token may do."""
    begun = datetime.now(UTC)

    def sign(asked: OrderBase | AppendRequest) -> OrderProof | None:
        if isinstance(asked, AppendRequest):
            refuse(scope is not TokenScope.HANDLE, f"令牌只能{scope.label}，不能办这件事", "scope")
            refuse(by_hand(asked.drafts), f"这件事须由本人登录后办理，不能用令牌；{SIGN_IN}", "scope")
        else:
            command = getattr(asked, "command", None)
            assert isinstance(command, Frozen)  # noqa: S101  (every order has one)
            check_scope(scope, command)
        return signed(home, asked, Provenance(via=Via.CLI, credential=token, auth_time=begun))

    return sign


def session_vouch(home: Path, session: str, auth_time: datetime, via: Via = Via.CLI) -> Vouch:
    """How it is signed for who signed in himself: whatever he may do."""

    def sign(asked: OrderBase | AppendRequest) -> OrderProof | None:
        return signed(home, asked, Provenance(via=via, credential=session, auth_time=auth_time))

    return sign


def signed(home: Path, asked: OrderBase | AppendRequest, provenance: Provenance) -> OrderProof | None:
    """The proof of what is asked, by somebody who had proven himself so; None when the home has no key."""
    key = vouch_key(home)
    return None if key is None else key.proof(asked.command_id, content_of(asked), provenance)


def require_proofs(database: Database, home: Path, actor: Actor, now: datetime, *, rotate: bool = False) -> VouchKey:
    """Make the home's key known to the log, and demand from now on that orders are signed by such a key.

    Raises:
        Refusal: the actor may not; `vouch_key_missing`, the log knows other keys and this home none of them;
            `proofs_not_required`, another key is asked for where none is in use: that would be the step nobody can take
            back, taken by whoever changes keys by a list.
        LogError: the database's role may not add a key, or it cannot be reached; the home's key is as it was.
    """
    keys = vouching_keys(database)
    fresh, key = not demands_proofs(database), None if rotate else vouch_key(home)
    living = key is not None and key.name in {known.name for known in keys if known.until is None}
    refuse(fresh and rotate, NOT_REQUIRED, "proofs_not_required")
    # Another key would end those by which the services elsewhere sign.
    refuse(not (fresh or rotate or living), NO_KEY.format(file=home / KEY_FILE), "vouch_key_missing")
    made = None
    try:
        if key is None:
            key, made = _new_key(home)
        if key.name not in {known.name for known in keys}:
            public = key.private.public_key().public_bytes_raw().hex()
            add_vouching_key(database, key.name, public, now, old_until=now + BOTH_FOR)
        # The home's own is given up only for one the log knows.
        if made is not None:
            _put(made, home)
    finally:
        if made is not None:
            made.unlink(missing_ok=True)
    if database.vouch is None:
        database.vouch = service_vouch(home, Via.CLI)
    public = key.private.public_key().public_bytes_raw().hex()
    record_office_events(
        database,
        database.own(OfficeStream.OPERATIONS),
        [ProofsRequired(key=key.name, public=public)],
        actor=actor,
        command_id=DEMAND if fresh else f"{DEMAND}:{key.name}",
        now=now,
    )
    return key


def _new_key(home: Path) -> tuple[VouchKey, Path]:
    """Make a key, for its owner alone, in a file beside the one of the home."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    fresh = home / f"{KEY_FILE}.{secrets.token_hex(4)}"
    try:
        create_durably(fresh, f"{private.private_bytes_raw().hex()}\n".encode())
    except OSError as error:
        raise _unwritable(home, error) from error
    return VouchKey(_name_of(private), private), fresh


def _put(fresh: Path, home: Path) -> None:
    """Make it the home's key: whole or not at all."""
    try:
        put_durably(fresh, home / KEY_FILE)
    except OSError as error:
        raise _unwritable(home, error) from error


def _unwritable(home: Path, error: OSError) -> Refusal:
    return Refusal(f"不能在 {home} 里建立签名密钥：{error.strerror}", "unwritable")


def _name_of(private: "Ed25519PrivateKey") -> str:
    return hashlib.sha256(private.public_key().public_bytes_raw()).hexdigest()[:16]
