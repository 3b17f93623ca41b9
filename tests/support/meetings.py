"""Meetings for tests: short ways to convene, open and decide."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from domain.base import Frozen
from domain.calendar import at_office
from domain.envelope import Actor, Draft, Recorded, canonical
from domain.log import Rulebook
from domain.meetings import commands as c
from domain.meetings.evolve import evolve_meeting
from domain.meetings.meeting import AgendaItem, Meeting
from domain.meetings.rules import decide_meeting
from domain.meetings.series import DEFAULT_SERIES, Series
from domain.meetings.terms import Outcome
from domain.rules.context import DecisionContext
from tests.support.life import MONDAY, RULEBOOK
from tests.support.office import OFFICE

MONTHLY = next(s for s in DEFAULT_SERIES if s.id == "monthly")
WEEKLY = next(s for s in DEFAULT_SERIES if s.id == "weekly")
THURSDAY = at_office(date(2022, 3, 31), time(9, 30))
"""The last working Thursday of March 2022."""


def item(n: int, matter: str | None = None) -> AgendaItem:
    """An item about a matter, as the log would propose it."""
    stream = matter or f"matter/m{n}"
    return AgendaItem(key=stream, title=f"第{n}件", matter=stream, number=f"XMH-2022-{n:03d}")


class Session:
    """One meeting in memory, driven by commands, with a clock that is a value."""

    def __init__(self, now: datetime = MONDAY, rulebook: Rulebook = RULEBOOK) -> None:
        self.now = now
        self.rulebook = rulebook
        self.recorded: list[Recorded] = []
        self.meeting: Meeting | None = None

    @property
    def m(self) -> Meeting:
        assert self.meeting is not None
        return self.meeting

    @property
    def types(self) -> list[str]:
        return [r.type for r in self.recorded]

    def do(self, command: Frozen, actor: Actor = OFFICE) -> list[str]:
        """Decide and evolve; the types of the events it gave."""
        before = len(self.recorded)
        for draft in decide_meeting(self.meeting, command, DecisionContext(self.rulebook, self.now, actor)):
            self._record(draft, actor)
        return self.types[before:]

    def _record(self, draft: Draft, actor: Actor) -> None:
        version = len(self.recorded) + 1
        payload = dict(draft.payload)
        if draft.number:
            payload[draft.number.field] = draft.number.render(1)
        event = Recorded(
            position=version,
            headquarters="XMH",
            stream="meeting/session",
            version=version,
            event_id=str(version),
            type=draft.type,
            schema_version=draft.schema_version,
            payload=canonical(payload),
            actor=actor,
            command_id=f"c{version}",
            occurred_at=draft.occurred_at or self.now,
            recorded_at=self.now,
            previous_hash="",
            hash=f"h{version}",
        )
        self.meeting = evolve_meeting(self.meeting, event)
        self.recorded.append(event)


def convened(series: Series = MONTHLY, starts: datetime = THURSDAY, **more: Any) -> Session:
    """A meeting at the end of March, convened on the Monday three weeks before."""
    session = Session()
    session.do(convening(series, starts, **more))
    return session


def convening(series: Series = MONTHLY, starts: datetime = THURSDAY, **more: Any) -> c.ConveneMeeting:
    """The command for it."""
    return c.ConveneMeeting.model_validate({"series": series, "starts": starts, "chair": "leader", **more})


def in_session(*items: AgendaItem, series: Series = MONTHLY) -> Session:
    """A meeting that has begun, on these items (three unless given)."""
    session = convened(series)
    session.now = THURSDAY - timedelta(days=1)
    session.do(c.FreezeAgenda(proposed=items or (item(1), item(2), item(3)), position=7))
    session.now = THURSDAY
    session.do(c.OpenMeeting())
    return session


def decision(no: int = 1, outcome: Outcome = Outcome.CONTINUED, **more: Any) -> c.DecideItem:
    """An outcome of one item."""
    return c.DecideItem.model_validate({"item": no, "outcome": outcome, "text": "抓紧推进", **more})


def meeting_order(
    stream: str, command: c.MeetingCommand, actor: Actor = OFFICE, *, now: datetime, command_id: str | None = None
) -> c.MeetingOrder:
    """A command to a meeting on its way, valid for a day."""
    return c.MeetingOrder(
        command_id=command_id or uuid4().hex,
        stream=stream,
        actor=actor,
        command=command,
        valid_until=now + timedelta(days=1),
    )
