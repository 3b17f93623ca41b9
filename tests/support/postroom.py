"""The delivery of notices without Temporal: a log, channels, and turns taken at moments of the test's choosing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from activities.channels.opening import open_channels
from activities.clock import OfficeClock
from activities.notices import NoticeActivities
from activities.webhooks import WebhookDelivery
from domain import commands as c
from domain.base import Frozen
from domain.envelope import SYSTEM, Actor
from domain.notices.delivery import Turn
from domain.notices.routing import Routing
from domain.notices.webhooks import WebhookPlaces
from domain.office import Person, PersonRecorded
from eventlog import notices as kept
from eventlog import reading
from eventlog.database import Database
from eventlog.notices import NoticeOnRecord
from services.office_records import record_office_events
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, opening
from tests.support.streams import DIRECTORY_STREAM


@dataclass
class PostRoom:
    """A log and its channels."""

    log: Database
    home: Path
    routing: Routing = field(default_factory=Routing)
    environment: Mapping[str, str] = field(default_factory=dict)
    places: WebhookPlaces = field(default_factory=WebhookPlaces)

    @property
    def hands(self) -> NoticeActivities:
        """Fresh activities each time, as after a restart: nothing may be remembered outside the log."""
        channels = open_channels(self.routing, self.home, self.environment)
        webhooks = WebhookDelivery(self.log, self.places, "https://duban.example")
        return NoticeActivities(self.log, channels, self.routing, OfficeClock(simulated=True), webhooks)

    def spread(self, now: datetime) -> None:
        self.hands.spread(now)

    def deliver(self, now: datetime, *channels: str) -> None:
        """Tell what is untold, and take one turn on each channel on which something is due."""
        for queue in self.hands.spread(now).queues:
            if queue.next_at <= now and queue.channel in (channels or (queue.channel,)):
                self.hands.deliver(Turn(channel=queue.channel, now=now))

    def open(self, now: datetime, title: str = "推进国际交流中心一期主体施工", **more: Any) -> str:
        """A matter of 区更新局, opened and assigned."""
        stream = f"matter/{uuid4().hex[:12]}"
        act(self.log, stream, opening(title, **more), OFFICE, now)
        return stream

    def accepted(self, now: datetime, **more: Any) -> str:
        stream = self.open(now, **more)
        act(self.log, stream, c.AcceptReceipt(), LIAISON, now)
        return stream

    def do(self, stream: str, command: Frozen, actor: Actor, now: datetime) -> None:
        act(self.log, stream, command, actor, now)

    def seat(self, *people: Person, now: datetime) -> None:
        """Enter people in the directory, or change their entries."""
        events = [PersonRecorded(person=p) for p in people]
        record_office_events(self.log, DIRECTORY_STREAM, events, actor=SYSTEM, command_id=uuid4().hex, now=now)

    def person(self, person_id: str) -> Person:
        recorded = reading.person(self.log, person_id)
        assert recorded is not None
        return Person.model_validate(recorded.model_dump(exclude={"left_at"}))

    def kept(self, **which: Any) -> tuple[NoticeOnRecord, ...]:
        return kept.list_notices(self.log, **which)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What the file channel holds."""
        files = sorted((self.home / "notices").glob("*.jsonl"))
        return [json.loads(line) for f in files for line in f.read_text(encoding="utf-8").splitlines()]

    def to(self, person: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["person"] == person]
