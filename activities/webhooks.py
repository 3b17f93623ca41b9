"""Telling declared addresses what happened: in the order of the log, each message until it is taken, by turns.

At least once: a message keeps the id of its event, so a receiver knows what it had already. What is not taken is tried
again after a while and longer each time; then the address is left alone and somebody is told.
"""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog

from activities.channels.port import NotTakenError
from activities.channels.webhook import GoneError, post_webhook
from domain.access.account import Account
from domain.base import Refusal
from domain.ids import account_stream
from domain.notices.delivery import Queue
from domain.notices.webhooks import PAUSES, QUEUE, WebhookPlaces, signed_headers
from eventlog import reading, webhooks
from eventlog.database import Database
from eventlog.secrets import Unreadable, unseal_text
from eventlog.webhooks import KeptWebhook
from views.event_feed import FeedPage, cursor_at, feed_page
from views.viewer import Viewer, actor_of

logger = structlog.get_logger()

TURN = timedelta(seconds=15)
"""A turn ends after this; what is left comes in the next."""
PAGE = 100
ACCOUNT_GONE = "所属人员已离任，或账户已关闭、锁定"


class WebhookDelivery:
    """The addresses of one log."""

    def __init__(self, database: Database, places: WebhookPlaces, address: str) -> None:
        """`address` is how people reach the pages of this log, for links."""
        self._database, self._places, self._address = database, places, address.rstrip("/")

    def queues(self) -> Iterator[Queue]:
        """What waits for each address, and from when on it may be tried."""
        newest, _ = reading.newest_event(self._database)
        for hook in webhooks.kept_webhooks(self._database):
            if hook.stopped_at is None and hook.position != newest:
                waiting = max(newest - hook.position, 1)
                yield Queue(channel=f"{QUEUE}{hook.id}", waiting=waiting, next_at=hook.next_at)

    def deliver(self, channel: str, now: datetime) -> None:
        """One turn of one address: what it is still to be told, in order, until something is not taken."""
        hook, began = webhooks.find_webhook(self._database, channel.removeprefix(QUEUE)), time.monotonic()
        if hook is None or hook.stopped_at is not None or hook.next_at > now:
            return
        viewer = self._viewer(hook, now)
        secret = unseal_text(self._database, account_stream(hook.person), hook.secret)
        if viewer is None or isinstance(secret, Unreadable):
            why = ACCOUNT_GONE if viewer is None else "打不开签名密钥"
            webhooks.webhook_failed(self._database, hook, hook.attempts, now, why, now)
            return
        more = True
        while more and time.monotonic() - began < TURN.total_seconds():
            page = self._page(hook, viewer)
            for event in page.events:
                if not self._told(hook, secret, event, now):
                    return
                if not webhooks.webhook_told(self._database, hook, event["cursor"], event["position"]):
                    return  # this turn was overtaken by another, whose is what is left
                hook = hook.model_copy(update={"attempts": 0, "cursor": event["cursor"]})
            position = int(page.cursor.partition(".")[0])
            if not webhooks.webhook_told(self._database, hook, page.cursor, position):
                return
            hook, more = hook.model_copy(update={"attempts": 0, "cursor": page.cursor}), page.more

    def _viewer(self, hook: KeptWebhook, now: datetime) -> Viewer | None:
        """Whose rights decide, as they are now; None of who has none any more."""
        person = reading.person(self._database, hook.person)
        loaded = reading.load(self._database, account_stream(hook.person))
        account = loaded.state if loaded else None
        barred = not isinstance(account, Account) or account.barred
        if person is None or person.left_at is not None or barred:
            return None
        return Viewer(self._database, actor_of(person), now)

    def _page(self, hook: KeptWebhook, viewer: Viewer) -> FeedPage:
        try:
            return feed_page(viewer, hook.cursor, PAGE, thin=True)
        except Refusal:  # the log was put back from a copy: what it was told of is not there any more
            newest, _ = reading.newest_event(self._database)
            cursor = cursor_at(viewer, newest)
            webhooks.webhook_begins_at(self._database, hook.id, cursor, newest)
            logger.warning("webhook_begins_anew", id=hook.id, position=newest)
            return FeedPage([], cursor, more=False)

    def _told(self, hook: KeptWebhook, secret: str, event: dict[str, Any], now: datetime) -> bool:
        """Whether the address took the message; if not, that is noted."""
        body = json.dumps(self._message(event), ensure_ascii=False).encode()
        try:
            headers = signed_headers(secret, event["event"], body, datetime.now(now.tzinfo))
            post_webhook(hook.url, self._places, body, headers)
        except GoneError as gone:
            webhooks.webhook_failed(self._database, hook, hook.attempts + 1, now, str(gone), now)
        except NotTakenError as error:
            attempts = hook.attempts + 1
            over = attempts >= len(PAUSES)
            again = now + PAUSES[min(attempts, len(PAUSES)) - 1]
            webhooks.webhook_failed(self._database, hook, attempts, again, str(error), now if over else None)
            logger.warning("webhook_not_taken", id=hook.id, attempts=attempts, reason=str(error))
        else:
            return True
        return False

    def _message(self, event: dict[str, Any]) -> dict[str, Any]:
        """What is sent: which matter or meeting moved, how far, and where to look; not a word of it."""
        kind = "matter" if "matter" in event else "meeting"
        number, folder = event[kind], {"matter": "matters", "meeting": "meetings"}[kind]
        link = f"{self._address}/{folder}/{number}"
        return {
            "type": f"{kind}.{event['type']}",
            "timestamp": event["recorded_at"],
            "data": {kind: number, "version": event["version"], "position": event["position"], "link": link},
        }
