"""Addresses that are told what happens: declared by whoever keeps accounts, on record, resumed after they failed."""

import base64
import secrets
from datetime import datetime
from uuid import uuid4

from domain.access import account as rules
from domain.access import events as ev
from domain.access.account import Webhook
from domain.base import Refusal
from domain.envelope import Actor
from domain.event import decode
from domain.ids import account_stream
from domain.notices.webhooks import SECRET, WebhookPlaces, place_of
from eventlog import reading, webhooks
from eventlog.database import Database
from eventlog.secrets import seal_text
from eventlog.webhooks import KeptWebhook
from services.accounts import person_in_office, record_account
from views.event_feed import HASH_SHOWN


def declare_webhook(
    database: Database, person: str, url: str, places: WebhookPlaces, actor: Actor, now: datetime
) -> tuple[str, Webhook]:
    """登记推送地址: from now on it is told what this person may see. The secret that signs it is shown once.

    Raises:
        Refusal: the address may not be told, nobody of that id is in office, or the actor may not.
        LogError: the log cannot be written.
    """
    person_in_office(database, person)
    place_of(url, places)
    hook = Webhook(id=uuid4().hex[:12], url=url)
    secret = SECRET + base64.b64encode(secrets.token_bytes(32)).decode()
    sealed = seal_text(database, account_stream(person), secret)
    (recorded, *_) = record_account(database, person, lambda a: rules.declare_webhook(a, person, hook), actor, now)
    cursor = f"{recorded.position}.{recorded.hash[-HASH_SHOWN:]}"
    kept = KeptWebhook(
        id=hook.id, person=person, url=url, secret=sealed, cursor=cursor, position=recorded.position, next_at=now
    )
    webhooks.keep_webhook(database, kept)
    return secret, hook


def withdraw_webhook(database: Database, hook: str, actor: Actor, now: datetime) -> KeptWebhook:
    """撤销推送地址.

    Raises:
        Refusal: there is none of that id, or the actor may not.
        LogError: the log cannot be written.
    """
    kept = _found(database, hook)
    record_account(database, kept.person, lambda a: rules.withdraw_webhook(a, kept.person, hook), actor, now)
    webhooks.drop_webhook(database, hook)
    return kept


def resume_webhook(database: Database, hook: str, actor: Actor, now: datetime) -> KeptWebhook:
    """恢复推送: it goes on with the message it had not taken.

    Raises:
        Refusal: there is none of that id, its account is barred, or the actor may not.
        LogError: the log cannot be written.
    """
    kept = _found(database, hook)
    record_account(database, kept.person, lambda a: rules.resume_webhook(a, kept.person, hook), actor, now)
    webhooks.webhook_resumed(database, hook, now)
    return kept


def declared_by(database: Database, hook: KeptWebhook) -> str:
    """Who declared an address."""
    for recorded in reading.read_stream(database, account_stream(hook.person)):
        if recorded.type == ev.WebhookDeclared.__name__:
            event = decode(recorded)
            if isinstance(event, ev.WebhookDeclared) and event.id == hook.id:
                return recorded.actor.id
    return ""


def _found(database: Database, hook: str) -> KeptWebhook:
    kept = webhooks.find_webhook(database, hook)
    if kept is None:
        raise Refusal(f"没有编号为 {hook[:40]} 的推送地址，请用 xmh webhook list 查看", "not_found")
    return kept
