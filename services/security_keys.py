"""Security keys (WebAuthn level 2): registered beside password and one-time code, and used in place of the code.

A key signs what a page asked it, for the address the office gave its pages, so that a page of somebody else's gets
nothing it could use here. What a page asks carries its moment and the door's proof: any web server of the house knows
it again, nothing is kept for who only looks at the sign-in, and each key answers only what was asked after its last
answer.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from domain.access import account as rules
from domain.access.account import SecurityKey
from domain.base import Refusal, refuse
from domain.door import same
from domain.envelope import Actor
from eventlog import security_keys as kept_keys
from eventlog.database import Database
from eventlog.security_keys import KeptKey
from services.accounts import account_of, record_account

if TYPE_CHECKING:
    from domain.door import Door

KNOWN = "这把安全密钥已经登记"
ASKED_FOR = timedelta(minutes=5)
LONGEST_ANSWER = 20_000
"""Characters of what a browser sends of a key."""
WRONG_KEY = "安全密钥没有通过，请再试一次，或改用动态口令"


@dataclass(frozen=True)
class KeyPlace:
    """Where the pages are, as a key knows them."""

    name: str
    """The host: a key made for it answers to no other."""
    origin: str


def place_of(address: str) -> KeyPlace | None:
    """Of the address pages are reached at; None where keys cannot be used: on a number, or without TLS."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        safe = parts.scheme == "https" or host == "localhost"
        return KeyPlace(host, f"{parts.scheme}://{parts.netloc}") if host and safe else None
    return None


def new_challenge(door: "Door", now: datetime) -> str:
    """What a page asks a key to sign."""
    text = f"{int(now.timestamp() * 1_000_000)}.{secrets.token_urlsafe(16)}"
    return f"{text}.{door.of_challenge(text)}"


def _asked_at(door: "Door", challenge: str, now: datetime) -> datetime:
    """When a page of ours asked this.

    Raises:
        Refusal: `malformed`: none did, or too long ago.
    """
    text, _, proof = challenge.rpartition(".")
    refuse(not same(proof, door.of_challenge(text)), WRONG_KEY, "malformed")
    asked_at = datetime.fromtimestamp(int(text.partition(".")[0]) / 1_000_000, UTC)
    refuse(not timedelta(0) <= now - asked_at <= ASKED_FOR, "页面打开太久了，请再试一次", "malformed")
    return asked_at


def registration_asked(place: KeyPlace, door: "Door", person: str, own: tuple[KeptKey, ...], now: datetime) -> str:
    """What a browser needs to make a key for a person, as JSON; his own keys do not answer once more."""
    from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
    )

    return options_to_json(
        generate_registration_options(
            rp_id=place.name,
            rp_name="督办",
            user_name=person,
            user_id=sha256(person.encode()).digest(),
            challenge=new_challenge(door, now).encode(),
            # The sign-in does not say whose keys it means: the key finds itself by the address.
            authenticator_selection=AuthenticatorSelectionCriteria(resident_key=ResidentKeyRequirement.REQUIRED),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(k.credential)) for k in own],
        )
    )


def answer_asked(place: KeyPlace, door: "Door", now: datetime) -> str:
    """What a browser needs to have a key sign, as JSON; the same for everybody, so that it tells nothing of anybody."""
    from webauthn import generate_authentication_options, options_to_json

    return options_to_json(
        generate_authentication_options(rp_id=place.name, challenge=new_challenge(door, now).encode())
    )


def add_key(
    database: Database, place: KeyPlace, door: "Door", actor: Actor, name: str, answer: str, now: datetime
) -> None:
    """登记安全密钥 of who is signed in and was proven just now.

    Raises:
        Refusal: `malformed`: the key did not answer what it was asked; or a rule says no.
        LogError: the log cannot be written.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    challenge, given = _challenge_in(answer)
    asked_at = _asked_at(door, challenge, now)
    try:
        made = verify_registration_response(
            credential=given,
            expected_challenge=challenge.encode(),
            expected_rp_id=place.name,
            expected_origin=place.origin,
        )
    except (WebAuthnException, ValueError, TypeError, LookupError) as error:
        raise Refusal("安全密钥没有登记成，请再试一次", "malformed") from error
    credential = bytes_to_base64url(made.credential_id)
    refuse(kept_keys.is_kept(database, credential), KNOWN, "exists")
    key = SecurityKey(id=sha256(credential.encode()).hexdigest()[:12], name=" ".join(name.split()))
    record_account(database, actor.id, lambda a: rules.add_key(a, actor.id, key), actor, now)
    public = bytes_to_base64url(made.credential_public_key)
    if not kept_keys.keep_key(database, KeptKey(credential, key.id, actor.id, public, made.sign_count), asked_at):
        record_account(database, actor.id, lambda a: rules.remove_key(a, actor.id, key.id), actor, now)
        raise Refusal(KNOWN, "exists")


def remove_key(database: Database, actor: Actor, key: str, now: datetime) -> None:
    """注销安全密钥 of one's own.

    Raises:
        Refusal: `not_found`.
        LogError: the log cannot be written.
    """
    record_account(database, actor.id, lambda a: rules.remove_key(a, actor.id, key), actor, now)
    kept_keys.drop_key(database, actor.id, key)


@dataclass(frozen=True)
class KeyAnswer:
    """What a browser sent of a key, and to whom."""

    text: str
    place: KeyPlace | None
    door: "Door"


def is_answer_of(database: Database, person: str, answer: KeyAnswer, now: datetime) -> bool:
    """Whether a key of this person signed what a page of ours asked just now, for the first time."""
    from webauthn import base64url_to_bytes, verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    place = answer.place
    if place is None:
        return False
    try:
        challenge, given = _challenge_in(answer.text)
        asked_at = _asked_at(answer.door, challenge, now)
    except Refusal:
        return False
    key = next((k for k in kept_keys.keys_of(database, person) if k.credential == given.get("id")), None)
    account = account_of(database, person)
    # Whoever removed it may have died before it was dropped: the log says what holds.
    if key is None or account is None or all(k.id != key.id for k in account.keys):
        return False
    try:
        verified = verify_authentication_response(
            credential=given,
            expected_challenge=challenge.encode(),
            expected_rp_id=place.name,
            expected_origin=place.origin,
            credential_public_key=base64url_to_bytes(key.public),
            credential_current_sign_count=key.count,
        )
    except (WebAuthnException, ValueError, TypeError, LookupError):
        return False
    return kept_keys.use_key(database, key, verified.new_sign_count, asked_at)


def _challenge_in(answer: str) -> tuple[str, dict[str, Any]]:
    """What was asked by what a browser sent, and all it sent.

    Raises:
        Refusal: `malformed`.
    """
    from webauthn import base64url_to_bytes

    refuse(len(answer) > LONGEST_ANSWER, WRONG_KEY, "malformed")
    try:
        given = json.loads(answer)
        client = json.loads(base64url_to_bytes(given["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(client["challenge"]).decode("ascii")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refusal(WRONG_KEY, "malformed") from error
    return challenge, given
