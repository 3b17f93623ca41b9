"""The calendar and policy in force, now or at a position of the log."""

from functools import lru_cache
from typing import cast

from domain.base import Frozen
from domain.calendar import WorkCalendar
from domain.ids import OfficeStream
from domain.log import Rulebook
from domain.office import Directory
from domain.policy import Policy
from eventlog.database import Database, Transaction
from eventlog.reading.events import recorded_upto
from eventlog.reading.states import StreamState, office_states, states_in
from eventlog.remembered import TheVery

_NEWEST = "SELECT position FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1"


def rulebook_version(database: Database) -> int:
    """The version of the rulebook in force, without the rulebook."""
    with database.reading() as transaction:
        heads = [transaction.one(_NEWEST, (stream,)) for stream in transaction.rulebook]
    return max(head[0] if head else 0 for head in heads)


def rulebook(database: Database, position: int | None = None) -> Rulebook:
    """The rulebook (calendar and policy) in force, now or at a position of the log."""
    if position is None:
        return _made(TheVery(*office_states(database, OfficeStream.CALENDAR, OfficeStream.POLICY)))
    with database.reading() as transaction:
        return rulebook_in(transaction, position)


def directory_and_rulebook(database: Database) -> tuple[Directory, Rulebook]:
    """Who there is and what is in force, as of one moment: whoever looks at a log is asked about by both."""
    read = office_states(database, OfficeStream.DIRECTORY, OfficeStream.CALENDAR, OfficeStream.POLICY)
    directory = next((one.state for one in read if isinstance(one.state, Directory)), None)
    return directory or Directory(), _made(TheVery(*(one for one in read if one.state is not directory)))


def rulebook_in(transaction: Transaction, position: int | None = None) -> Rulebook:
    """The rulebook in force, read within a transaction, at the same moment as what else is read there."""
    moment = recorded_upto(position)
    return _made(TheVery(*states_in(transaction, "s.stream IN (?, ?)", transaction.rulebook, moment)))


@lru_cache(maxsize=32)
def _made(read: TheVery[StreamState]) -> Rulebook:
    return _rulebook(read.objects)


def rulebook_of(calendar: Frozen | None, policy: Frozen | None) -> Rulebook:
    """The rulebook of these states, whatever its version; what is not recorded is as the build has it."""
    return Rulebook(
        calendar=calendar if isinstance(calendar, WorkCalendar) else WorkCalendar(),
        policy=policy if isinstance(policy, Policy) else Policy(),
    )


def _rulebook(read: tuple[StreamState, ...]) -> Rulebook:
    states = {state.kind: state for state in read}
    calendar, policy = states.get(OfficeStream.CALENDAR.value), states.get(OfficeStream.POLICY.value)
    newest = max(read, key=lambda s: s.position, default=None)
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
