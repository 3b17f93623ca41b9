"""Once each working morning: what no workflow waits for. Overdue 整改 goes up a rung, limits of 批示 are reminded of.

Inspections and incoming papers are records without a timer (docs/decisions/074, 080). The headquarters' own workflow
wakes each working morning anyway and hands this the moment; what was done for a limit is in the log, and so done once.
"""

from collections.abc import Iterable
from datetime import datetime

import structlog

from domain.base import Frozen, Refusal
from domain.calendar import local_date
from domain.envelope import SYSTEM
from domain.event import Event
from domain.incoming.paper import IncomingPaper
from domain.incoming.queries import reminders_owed
from domain.log import Rulebook
from domain.onsite.inspection import OnSite
from domain.onsite.pressure import escalations_due
from eventlog import reading
from eventlog.database import Database
from services.office_records import record_decided

logger = structlog.get_logger()


def look_in_the_morning(database: Database, now: datetime) -> None:
    """Record what is owed at this moment of inspections and incoming papers.

    Raises:
        LogError: the log cannot be read or written.
    """
    rulebook = reading.rulebook(database)
    for kind in ("onsite", "incoming"):
        for one in reading.states_of(database, kind):
            for event in owed_in_the_morning(one.state, rulebook, now):
                _record(database, one.stream, event, rulebook, now)


def owed_in_the_morning(state: Frozen, rulebook: Rulebook, now: datetime) -> Iterable[Event]:
    """What the clock records of an inspection or an incoming paper as it stands."""
    match state:
        case OnSite():
            return tuple(escalations_due(state, rulebook, now))
        case IncomingPaper():
            near = rulebook.policy.near_due_workdays
            return tuple(reminders_owed(state, local_date(now), rulebook.calendar, near))
        case _:
            return ()


def _record(database: Database, stream: str, event: Event, rulebook: Rulebook, now: datetime) -> None:
    """One event under an id of its own, if it is still owed when it is written: two workers record it once."""
    asked = event.model_dump(mode="json")

    def still_owed(state: Frozen | None) -> tuple[Event, ...]:
        return tuple(e for e in owed_in_the_morning(state, rulebook, now) if e == event) if state else ()

    name = f"morning:{stream}:{type(event).__name__}:{':'.join(str(value) for value in asked.values())}"
    try:
        record_decided(
            database, stream, still_owed, actor=SYSTEM, command_id=name[:200], now=now, content={"event": asked}
        )
    except Refusal as refusal:
        logger.warning("not_recorded_in_the_morning", stream=stream, reason=refusal.message)
