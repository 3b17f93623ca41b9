"""After the calendar or the policy moved: which open matters have still to record it, and what each recorded."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import cast

from domain.base import Frozen
from domain.calendar import local_date
from domain.commands import Reproject
from domain.deadlines import ESCALATIONS, DeadlineKind, near_due_instant, owed
from domain.envelope import SYSTEM
from domain.event import decode
from domain.events import DeadlineMoved
from domain.log import Rulebook
from domain.matter import Matter
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from eventlog import reading
from eventlog.database import Database


class MovedDeadline(Frozen):
    """One open deadline of one matter that moved, from when to when, and why."""

    matter: str
    what: str
    before: datetime | date
    after: datetime | date
    reason: str


class Reminder(Frozen):
    """临期 on another day than before. It is computed when read, so nothing is recorded."""

    matter: str
    before: date
    after: date


class Pressure(Frozen):
    """The next 催办 or 升级 of a matter, which another policy would bring at another moment, or not at all."""

    matter: str
    what: str
    before: datetime | None
    after: datetime | None


def pending_reprojections(database: Database, now: datetime) -> tuple[str, ...]:
    """Streams of open matters whose deadlines are not yet those of the rulebook in force."""
    rulebook = reading.rulebook(database)
    context = DecisionContext(rulebook=rulebook, now=now, actor=SYSTEM)
    return tuple(m.stream for m in open_matters(database) if decide(m, Reproject(), context))


def open_matters(database: Database) -> tuple[Matter, ...]:
    """The states of every matter that has not ended, whose deadlines a changed rulebook may move."""
    matters = (cast("Matter", loaded.state) for loaded in reading.open_states(database, "matter"))
    return tuple(sorted((m for m in matters if not m.ended), key=lambda m: m.number))


def deadline_moves_since(database: Database, position: int) -> tuple[MovedDeadline, ...]:
    """Which deadlines moved (`DeadlineMoved`) after a position of the log, by matter."""
    numbers = {row.stream: row.number for row in reading.list_rows(database)}
    moves: list[MovedDeadline] = []
    while events := reading.read_all(database, after=position):
        position = events[-1].position
        for event in events:
            if event.type == DeadlineMoved.__name__:
                moved = cast("DeadlineMoved", decode(event))
                moves.append(MovedDeadline(matter=numbers[event.stream], **dict(moved)))
    return tuple(sorted(moves, key=lambda move: (move.matter, move.what)))


def moved_reminders(
    before: Sequence[Matter], was: Rulebook, after: Sequence[Matter], now: Rulebook
) -> tuple[Reminder, ...]:
    """The 临期 dates another rulebook moves, of matters that are neither warned nor overdue."""
    earlier = {m.stream: _near(m, was) for m in before}
    changed = []
    for matter in after:
        warned = matter.due in (matter.lapsed_for, matter.warned_for)
        known, day = earlier.get(matter.stream), _near(matter, now)
        if known is not None and known != day and not warned:
            changed.append(Reminder(matter=matter.number, before=known, after=day))
    return tuple(changed)


def moved_pressures(matters: Sequence[Matter], was: Rulebook, wanted: Rulebook, now: datetime) -> tuple[Pressure, ...]:
    """What another pressure table changes for the open matters: the next of each kind, where its moment differs."""
    changed = []
    for matter in matters:
        before, after = _next(matter, was, now), _next(matter, wanted, now)
        changed += [
            Pressure(matter=matter.number, what=kind.label, before=before.get(kind), after=after.get(kind))
            for kind in DeadlineKind
            if before.get(kind) != after.get(kind)
        ]
    return tuple(changed)


def _next(matter: Matter, rulebook: Rulebook, now: datetime) -> dict[DeadlineKind, datetime]:
    pressing = {DeadlineKind.URGE, *ESCALATIONS.values()}
    earliest: dict[DeadlineKind, datetime] = {}
    for deadline in owed(matter, rulebook, now):
        if deadline.kind in pressing:
            earliest[deadline.kind] = min(deadline.at, earliest.get(deadline.kind, deadline.at))
    return earliest


def _near(matter: Matter, rulebook: Rulebook) -> date:
    return local_date(near_due_instant(matter, rulebook))


def foreseen_moves(database: Database, rulebook: Rulebook, now: datetime) -> tuple[MovedDeadline, ...]:
    """Which deadlines of open matters would move if this rulebook were adopted; nothing is written."""
    context = DecisionContext(rulebook=rulebook, now=now, actor=SYSTEM)
    moves: list[MovedDeadline] = []
    for matter in open_matters(database):
        for draft in decide(matter, Reproject(), context):
            moved = DeadlineMoved.model_validate(draft.payload)
            moves.append(MovedDeadline(matter=matter.number, **dict(moved)))
    return tuple(moves)
