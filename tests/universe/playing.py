"""Play one universe and judge it."""

from typing import Any

from tests.universe.checker import check
from tests.universe.universe import Universe
from tests.universe.world import EndlessError


def played(seed: int, **more: Any) -> tuple[Universe, list[str]]:
    """The universe of a seed, and every rule that was broken in it."""
    universe = Universe(seed, **more)
    try:
        return universe.run(), check(universe)
    except EndlessError as error:
        return universe, [f"endless: {error}"]


def kind_of_failure(broken: list[str]) -> str:
    """The kind of the first rule that was broken; empty when none was."""
    return broken[0].partition(":")[0] if broken else ""
