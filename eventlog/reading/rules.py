"""The calendar and policy in force, now or at a position of the log."""

from functools import lru_cache
from typing import cast

from domain.base import Frozen
from domain.calendar import WorkCalendar
from domain.ids import OfficeStream, kind_of
from domain.log import Rulebook
from domain.policy import Policy
from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.reading.events import stream_events
from eventlog.reading.states import STATES, StreamState, folded_state, state_in_row
from eventlog.readmodel import parse_state


def rulebook_version(database: Database) -> int:
    """The version of the rulebook in force, without the rulebook."""
    with database.reading() as transaction:
        row = transaction.one("SELECT max(position) FROM states WHERE stream IN (?, ?)", transaction.rulebook)
    return int(row[0] or 0) if row else 0


def rulebook(database: Database, position: int | None = None) -> Rulebook:
    """The rulebook (calendar and policy) in force, now or at a position of the log."""
    if position is None:
        with database.reading() as transaction:
            return rulebook_in(transaction)
    with database.reading(snapshot=True) as transaction:
        events_of = {stream: stream_events(transaction, stream, position=position) for stream in transaction.rulebook}
    states = {kind_of(stream): folded_state(stream, list(events)) for stream, events in events_of.items() if events}
    return _rulebook(states)


def rulebook_in(transaction: Transaction) -> Rulebook:
    """The rulebook in force, read within a transaction, at the same moment as what else is read there."""
    return _said(tuple(transaction.all(f"{STATES} WHERE stream IN (?, ?) ORDER BY stream", transaction.rulebook)))


# By what stands in the rows and not by their hashes: what somebody wrote into them must not outlive its repair.
@lru_cache(maxsize=32)
def _said(rows: tuple[Row, ...]) -> Rulebook:
    return _rulebook({state.kind: state for state in map(state_in_row, rows)})


@lru_cache(maxsize=32)
def rules_of(calendar: str | None, policy: str | None) -> Rulebook:
    """The rulebook these states say, as the table holds them, whatever its version."""
    said: tuple[Frozen | None, ...] = tuple(
        parse_state(kind, text) if text else None
        for kind, text in ((OfficeStream.CALENDAR.value, calendar), (OfficeStream.POLICY.value, policy))
    )
    return rulebook_of(*said)


def rulebook_of(calendar: Frozen | None, policy: Frozen | None) -> Rulebook:
    """The rulebook of these states, whatever its version; what is not recorded is as the build has it."""
    return Rulebook(
        calendar=calendar if isinstance(calendar, WorkCalendar) else WorkCalendar(),
        policy=policy if isinstance(policy, Policy) else Policy(),
    )


def _rulebook(states: dict[str, StreamState]) -> Rulebook:
    calendar, policy = states.get(OfficeStream.CALENDAR.value), states.get(OfficeStream.POLICY.value)
    newest = max(states.values(), key=lambda s: s.position, default=None)
    match newest.state if newest else None:
        case WorkCalendar(changed=said):
            because = said
        case Policy(version=version):
            because = f"采用督办规则“{version}”"
        case _:
            because = ""
    return Rulebook(
        version=newest.position if newest else 0,
        calendar=cast("WorkCalendar", calendar.state) if calendar else WorkCalendar(),
        policy=cast("Policy", policy.state) if policy else Policy(),
        because=because,
    )
