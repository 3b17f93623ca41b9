"""What goes to an identity provider with a browser, and what comes back of it."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ValidationError

LEEWAY = 60
"""Seconds by which a provider's clock may be off ours."""


class Purpose(StrEnum):
    """What somebody goes to the provider for."""

    SIGN_IN = "sign-in"
    AGAIN = "again"
    BIND = "bind"


class Going(BaseModel):
    """What a browser that went to the provider keeps until it is back: so an answer is the one to its question."""

    purpose: Purpose
    state: str
    nonce: str
    verifier: str
    next: str
    begun_at: datetime

    @classmethod
    def begun(cls, purpose: Purpose, next_page: str, now: datetime) -> "Going":
        """A new one; state, nonce and verifier are drawn for it alone."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(purpose=purpose, state=state, nonce=nonce, verifier=verifier, next=next_page, begun_at=now)

    def kept(self) -> str:
        """As a cookie's value."""
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode()

    @classmethod
    def found(cls, cookie: str) -> "Going | None":
        """The one a cookie holds; None of what is none."""
        try:
            return cls.model_validate_json(base64.urlsafe_b64decode(cookie.encode()))
        except (ValueError, ValidationError):
            return None


@dataclass(frozen=True)
class Vouched:
    """Who a provider says somebody is."""

    issuer: str
    subject: str
    proven_at: datetime | None
    """When he proved himself to it in a way that counts; None when it does not say, or not in such a way."""
