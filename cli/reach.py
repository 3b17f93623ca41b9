"""Whom no notice reaches: how the commands that bring it about, and those that look around, say so."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cli.session import session
from domain.commands import AssignMatter, OpenMatter
from domain.notices.reach import Unreached, WithoutLiaison, left_without_liaison, unreached_units
from domain.notices.routing import Routing
from domain.office import Person
from eventlog import reading
from services import today as handed


def nobody_to_tell(
    *, units: Iterable[str] | None = None, matters: Iterable[str] | None = None
) -> tuple[Unreached, ...]:
    """Whom no notice reaches now; of these units only, or of the matters of these numbers."""
    gaps = handed.nobody_to_tell(
        session.database, session.settings.notices, None if matters is None else frozenset(matters)
    )
    only = None if units is None else set(units)
    return tuple(one for one in gaps if only is None or one.unit in only)


def nobody_would_be_told(rows: Iterable[tuple[int, OpenMatter | AssignMatter]]) -> tuple[Unreached, ...]:
    """Whom no notice would reach once the rows of a list were opened or assigned."""
    handed = (
        (f"第{row}行", unit.id)
        for row, command in rows
        for unit in (command.lead, *(command.assist or ()))
        if unit is not None
    )
    return unreached_units(handed, *_known())


def _known() -> tuple[Sequence[Person], Routing, Callable[[str], str]]:
    names = {u.id: u.name for u in reading.units(session.database)}
    return reading.people(session.database), session.settings.notices, lambda unit: names.get(unit, unit)


def directory_before() -> tuple[Person, ...]:
    """Who is in office, before a command changes the directory."""
    return tuple(reading.people(session.database))


def units_left(
    before: Iterable[Person], after: Iterable[Person] | None = None, *, told: Sequence[Unreached] = ()
) -> tuple[WithoutLiaison, ...]:
    """The units that a change of the directory leaves, or left, without a 联络员, but for those told of already.

    Args:
        before: who was in office.
        after: who is to be, of a change that may be a trial; None is who is now.
        told: what is said anyway of units nobody of which is reached.
    """
    people, _, name = _known()
    named = {one.unit for one in told}
    left = left_without_liaison(before, people if after is None else after, name)
    return tuple(one for one in left if one.unit not in named)


def gaps_as_json(gaps: Sequence[Unreached | WithoutLiaison]) -> list[dict[str, Any]]:
    """Whom no notice reaches, as scripts read it: a list of objects."""
    return [one.model_dump(mode="json") for one in gaps]


def gap_lines(gaps: Sequence[Unreached | WithoutLiaison]) -> list[str]:
    """Whom no notice reaches, a line of Chinese for each."""
    return [f"注意：{one.line}" for one in gaps]
