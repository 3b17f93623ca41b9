"""A signed order: who proved himself, by what and when, vouched for by the key of the service that saw it.

The door's proof (`domain/door.py`) shows that an order came through a gateway of this home; this one shows that its
actor is no mere claim. Once the log demands it, the append takes no order of a person without.
"""

import base64
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from domain.base import Frozen
from domain.envelope import Provenance, canonical

GOOD_FOR = timedelta(minutes=15)
"""An order is on its way for seconds; a proof that is older was kept, or made by a clock that is off."""
UNPROVED = (
    "本单位的日志只受理登录后的命令；请从网页或接口办理，"
    "命令行请先登录（xmh access sign-in），程序用 XMH_TOKEN 写明令牌（xmh access token）"
)


class OrderProof(Frozen):
    """A provenance with the signature of the service that saw it. It is no part of an order's content."""

    provenance: Provenance
    issued_at: AwareDatetime
    key: str
    """The name of the signing key."""
    signature: str
    """Ed25519, base64, over `signed_bytes`."""

    @property
    def raw_signature(self) -> bytes:
        """The signature; empty for what is no base64."""
        try:
            return base64.b64decode(self.signature, validate=True)
        except ValueError:
            return b""


def signed_bytes(command_id: str, content: str, provenance: Provenance, issued_at: datetime, key: str) -> bytes:
    """What is signed: the command's id, the hash of its content (stream and actor in it), and all the proof says."""
    signed = {
        "proves": "order/1",
        "command": command_id,
        "content": content,
        "via": provenance.via.value,
        "credential": provenance.credential,
        "auth_time": provenance.auth_time.isoformat(),
        "issued_at": issued_at.isoformat(),
        "key": key,
    }
    return canonical(signed).encode()
