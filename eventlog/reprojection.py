"""After the calendar or the policy moved: which open matters have still to record it, and what each recorded."""

from datetime import date, datetime
from typing import cast

from domain.base import Frozen
from domain.commands import Reproject
from domain.envelope import SYSTEM
from domain.event import decode
from domain.events import DeadlineMoved
from domain.log import Rulebook
from domain.matter import Matter
from domain.rules import Office, decide
from eventlog import reading
from eventlog.database import Database


class Move(Frozen):
    """One open deadline of one matter that moved, from when to when, and why."""

    matter: str
    what: str
    before: datetime | date
    after: datetime | date
    reason: str


def pending(database: Database, now: datetime) -> tuple[str, ...]:
    """Streams of open matters whose deadlines are not yet those of the rulebook in force."""
    rulebook = reading.rulebook(database)
    office = Office(rulebook=rulebook, now=now, actor=SYSTEM)
    return tuple(m.stream for m in open_matters(database) if decide(m, Reproject(), office))


def open_matters(database: Database) -> tuple[Matter, ...]:
    """Every matter that has not ended."""
    matters = (cast("Matter", found.state) for found in reading.matter_states(database))
    return tuple(sorted((m for m in matters if not m.ended), key=lambda m: m.number))


def moves_since(database: Database, position: int) -> tuple[Move, ...]:
    """What moved after a position of the log, by matter."""
    numbers = {found.stream: cast("Matter", found.state).number for found in reading.matter_states(database)}
    found: list[Move] = []
    while events := reading.read_all(database, after=position):
        position = events[-1].position
        for event in events:
            if event.type == DeadlineMoved.__name__:
                moved = cast("DeadlineMoved", decode(event))
                found.append(Move(matter=numbers[event.stream], **dict(moved)))
    return tuple(sorted(found, key=lambda move: (move.matter, move.what)))


def foreseen(database: Database, rulebook: Rulebook, now: datetime) -> tuple[Move, ...]:
    """What would move if the rulebook were this one; nothing is written."""
    office = Office(rulebook=rulebook, now=now, actor=SYSTEM)
    found: list[Move] = []
    for matter in open_matters(database):
        for draft in decide(matter, Reproject(), office):
            moved = DeadlineMoved.model_validate(draft.payload)
            found.append(Move(matter=matter.number, **dict(moved)))
    return tuple(found)
