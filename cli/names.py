"""Names of units and people as the directory has them now, for whatever is shown."""

from collections.abc import Callable

from cli.session import session
from views import viewer


def unit_names() -> Callable[[str], str]:
    """Unit id (or, failing that, person id) → name, as the directory has it now."""
    if session.remote is not None:
        known = session.remote.read("/names")
        names = {**known["people"], **known["units"]}
        return lambda key: names.get(key, key)
    return viewer.unit_names(session.database)


def person_names() -> Callable[[str], str]:
    """Names of people, also of those who left: person id → name."""
    if session.remote is not None:
        people = session.remote.read("/names")["people"]
        return lambda key: people.get(key, key)
    return viewer.person_names(session.database)
