"""The calendar and policy in force, now or at a position of the log."""

from collections.abc import Mapping
from typing import cast

from domain.calendar import WorkCalendar
from domain.ids import OfficeStream, kind_of
from domain.log import Rulebook
from domain.policy import Policy
from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.reading.events import stream_events
from eventlog.reading.states import STATES, StreamState, folded_state, state_in_row


def rulebook_version(database: Database) -> int:
    """The version of the rulebook in force, without the rulebook."""
    with database.reading() as transaction:
        row = transaction.one("SELECT max(position) FROM states WHERE stream IN (?, ?)", transaction.rulebook)
    return int(row[0] or 0) if row else 0


def rulebook(database: Database, position: int | None = None) -> Rulebook:
    """The rulebook (calendar and policy) in force, now or at a position of the log."""
    if position is None:
        with database.reading() as transaction:
            stands = transaction.all("SELECT stream, hash FROM states WHERE stream IN (?, ?)", transaction.rulebook)
            return known_rulebook(transaction, _hashes(transaction, dict(stands)))
    with database.reading(snapshot=True) as transaction:
        events_of = {stream: stream_events(transaction, stream, position=position) for stream in transaction.rulebook}
    states = {kind_of(stream): folded_state(stream, list(events)) for stream, events in events_of.items() if events}
    return _rulebook(states)


def rulebook_in(transaction: Transaction) -> Rulebook:
    """The rulebook in force, read within a transaction, at the same moment as what else is read there."""
    return _read(transaction)[1]


_MOST_KNOWN = 32
_known: dict[Row, Rulebook] = {}


def known_rulebook(transaction: Transaction, hashes: Row) -> Rulebook:
    """The rulebook in force, remembered by the hashes its streams stand on, which name all they say."""
    found = _known.get(hashes)
    if found is None:
        # Kept under what was read with it: rules may have moved since somebody looked.
        hashes, found = _read(transaction)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[hashes] = found
    return found


def _read(transaction: Transaction) -> tuple[Row, Rulebook]:
    rows = transaction.all(f"{STATES} WHERE stream IN (?, ?)", transaction.rulebook)
    states = [state_in_row(row) for row in rows]
    hashes = _hashes(transaction, {state.stream: state.hash for state in states})
    return hashes, _rulebook({state.kind: state for state in states})


def _hashes(transaction: Transaction, by_stream: Mapping[str, str]) -> Row:
    return tuple(by_stream.get(stream) for stream in transaction.rulebook)


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
