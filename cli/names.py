"""Names of units and people as the directory has them now, for whatever is shown."""

from collections.abc import Callable

from cli.session import session
from eventlog import reading


def unit_names() -> Callable[[str], str]:
    """Unit id (or, failing that, person id) → name, as the directory has it now."""
    people = {p.id: p.name for p in reading.people(session.database, former=True)}
    names = people | {u.id: u.name for u in reading.units(session.database)}
    return lambda key: names.get(key, key)


def person_names() -> Callable[[str], str]:
    """Names of people, also of those who left: person id → name."""
    names = {p.id: p.name for p in reading.people(session.database, former=True)} | {"system": "系统"}
    return lambda key: names.get(key, key)
