"""A matter's life in memory: decide and evolve, with a clock that is a value. No log, no Temporal."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from domain import commands as c
from domain.base import Frozen, Refusal
from domain.calendar import WorkCalendar, at_office
from domain.deadlines import next_deadline
from domain.envelope import SYSTEM, Actor, Draft, Recorded, canonical
from domain.event import Event, decode
from domain.evolve import evolve
from domain.lights import Lit, light
from domain.log import Rulebook
from domain.matter import Matter
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from services.calendar_seed import seed_years
from tests.support.office import LIAISON, OFFICE, opening

CALENDAR = WorkCalendar(years=seed_years(2021, 2026))
RULEBOOK = Rulebook(version=1, calendar=CALENDAR)
MONDAY = at_office(date(2022, 3, 7), time(10, 0))
"""An ordinary Monday morning in March 2022."""


def at(month: int, day: int, hour: int = 10, minute: int = 0, year: int = 2022) -> datetime:
    """An office moment of 2022."""
    return at_office(date(year, month, day), time(hour, minute))


class Life:
    """One matter, driven by commands and by the clock."""

    def __init__(self, now: datetime = MONDAY, rulebook: Rulebook = RULEBOOK) -> None:
        self.now = now
        self.rulebook = rulebook
        self.recorded: list[Recorded] = []
        self.matter: Matter | None = None
        self._numbers = 0

    @property
    def m(self) -> Matter:
        assert self.matter is not None
        return self.matter

    @property
    def light(self) -> Lit:
        return light(self.m, self.rulebook, self.now)

    @property
    def types(self) -> list[str]:
        return [r.type for r in self.recorded]

    def events(self, kind: type[Event]) -> list[Event]:
        return [e for e in map(decode, self.recorded) if isinstance(e, kind)]

    def do(self, command: Frozen, actor: Actor = OFFICE, occurred_at: datetime | None = None) -> list[str]:
        """Decide and evolve; the types of the events it gave."""
        context = DecisionContext(rulebook=self.rulebook, now=self.now, actor=actor, occurred_at=occurred_at)
        before = len(self.recorded)
        for draft in decide(self.matter, command, context):
            self._record(draft, actor)
        return [r.type for r in self.recorded[before:]]

    def refuses(self, command: Frozen, actor: Actor = OFFICE, words: str = "", code: str | None = None) -> Refusal:
        """The command is refused, in these words, and nothing happens."""
        before = len(self.recorded)
        with pytest.raises(Refusal) as refused:
            self.do(command, actor)
        assert words in refused.value.message
        assert code in (None, refused.value.code)
        assert len(self.recorded) == before
        return refused.value

    def wait_until(self, instant: datetime) -> list[str]:
        """The clock runs; every deadline is handled when it falls due."""
        return self._expire(instant, punctual=True)

    def sleep_until(self, instant: datetime) -> list[str]:
        """Nobody is there until the instant (downtime); then every deadline that passed is handled."""
        self.now = max(self.now, instant)
        return self._expire(instant, punctual=False)

    def _expire(self, instant: datetime, *, punctual: bool) -> list[str]:
        before = len(self.recorded)
        while (deadline := next_deadline(self.m, self.rulebook, self.now)) and deadline.at <= instant:
            if punctual:
                self.now = max(self.now, deadline.at)
            self.do(c.ExpireDeadline(), SYSTEM)
            assert len(self.recorded) - before < 2000, "the clock owes without end"
        self.now = max(self.now, instant)
        return [r.type for r in self.recorded[before:]]

    def _record(self, draft: Draft, actor: Actor) -> None:
        payload = dict(draft.payload)
        if draft.number:
            self._numbers += 1
            payload[draft.number.field] = draft.number.render(self._numbers)
        version = len(self.recorded) + 1
        recorded = Recorded(
            position=version,
            headquarters="XMH",
            stream="matter/life",
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
        self.matter = evolve(self.matter, recorded)
        self.recorded.append(recorded)


def fold(recorded: Iterable[Recorded]) -> Matter | None:
    """The state from nothing."""
    matter: Matter | None = None
    for event in recorded:
        matter = evolve(matter, event)
    return matter


def opened(now: datetime = MONDAY, **more: Any) -> Life:
    """A matter just opened and assigned to 区更新局."""
    life = Life(now)
    life.do(opening(**more))
    return life


def accepted(now: datetime = MONDAY, **more: Any) -> Life:
    """A matter in progress."""
    life = opened(now, **more)
    life.do(c.AcceptReceipt(), LIAISON)
    return life


def utc(instant: datetime) -> datetime:
    """The instant in UTC, for comparing."""
    return instant.astimezone(UTC)


HOUR = timedelta(hours=1)
