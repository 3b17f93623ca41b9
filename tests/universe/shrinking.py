"""Fewer wishes, fewer faults, the same kind of failure."""

from collections.abc import Callable
from typing import Any

from tests.universe.playing import kind_of_failure, played


def shrink(seed: int) -> int:
    """Print the smallest universe found that still fails in the same way; how many rules it breaks."""
    universe, broken = played(seed)
    kind = kind_of_failure(broken)
    if not kind:
        print("nothing to shrink")
        return 0
    wishes, faults = smallest(seed, lambda found: kind_of_failure(found) == kind)
    print(f"wishes {len(universe.wanted)} → {len(wishes)}, faults {len(universe.tape.faults)} → {len(faults)}")
    smaller, broken = played(seed, kept=wishes, muted=_others(seed, wishes, faults), traced=True)
    print("\n".join([*(smaller.world.trace or []), *broken]))
    return len(broken)


def smallest(
    seed: int, fails: Callable[[list[str]], bool], **of_universe: Any
) -> tuple[frozenset[str], frozenset[str]]:
    """Wishes and faults without any of which, each tried, it does not fail any more."""

    def left(kept: frozenset[str], muted: frozenset[str]) -> bool:
        return fails(played(seed, kept=kept, muted=muted, **of_universe)[1])

    universe, _ = played(seed, **of_universe)
    wishes = frozenset(wish.order_id for wish in universe.wanted)
    wishes = _without(wishes, lambda kept: left(kept, frozenset()))
    struck = frozenset(name for name, _ in played(seed, kept=wishes, **of_universe)[0].tape.faults)
    needed = _without(struck, lambda faults: left(wishes, struck - faults))
    wishes = _without(wishes, lambda kept: left(kept, struck - needed))
    return wishes, needed


def _others(seed: int, wishes: frozenset[str], needed: frozenset[str]) -> frozenset[str]:
    """What has to be muted so that only the needed faults strike."""
    return frozenset(name for name, _ in played(seed, kept=wishes)[0].tape.faults) - needed


def _without(things: frozenset[str], still: Callable[[frozenset[str]], bool]) -> frozenset[str]:
    """Leave out halves, then quarters, then single ones, for as long as it still fails."""
    left = sorted(things)
    size = max(len(left) // 2, 1)
    while left:
        for start in range(0, len(left), size):
            fewer = left[:start] + left[start + size :]
            if still(frozenset(fewer)):
                left = fewer
                break
        else:
            if size == 1:
                break
            size = max(size // 2, 1)
    return frozenset(left)
