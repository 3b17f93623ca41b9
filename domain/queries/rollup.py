"""分解进度: how far a matter is by its parts, a fold over the states of all, at any past day as today.

A matter without parts is as far as it says. One with parts is the mean of them, each counted by its weight; a part that
was called off (撤销) counts no more, one that was closed (销号) counts whole. What the lead said of the whole stands
beside it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from domain.matter import DONE, Matter
from domain.terms import Stage


@dataclass(frozen=True)
class Branch:
    """A matter with its parts, in the order of their numbers."""

    matter: Matter
    parts: tuple["Branch", ...] = ()

    @property
    def weight(self) -> int:
        """What it weighs among the parts of its whole."""
        return self.matter.part_of.weight if self.matter.part_of else 1

    @property
    def counted(self) -> tuple["Branch", ...]:
        """The parts that were not called off."""
        return tuple(part for part in self.parts if part.matter.stage is not Stage.CANCELLED)

    @cached_property
    def exact(self) -> Fraction:
        """The progress in percent, not rounded, so that rounding does not add up over the levels."""
        if self.matter.stage is Stage.CLOSED:
            return Fraction(DONE)
        if not self.counted:
            return Fraction(self.matter.progress)
        weights = sum(part.weight for part in self.counted)
        return sum((part.weight * part.exact for part in self.counted), Fraction(0)) / weights

    @property
    def progress(self) -> int | None:
        """分解进度 in whole percent, rounded down: 100 only when all is done. None without parts that count."""
        return int(self.exact) if self.counted else None

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Branch"]]:
        """The branch and everything below it, each with its depth, a part right after its whole."""
        yield depth, self
        for part in self.parts:
            yield from part.walk(depth + 1)


def matter_branches(matters: Iterable[Matter]) -> tuple[Branch, ...]:
    """The matters as trees of wholes and parts; a part whose whole is not among them stands by itself."""
    known = sorted(matters, key=lambda m: m.number)
    streams = {m.stream for m in known}
    below: dict[str, list[Matter]] = defaultdict(list)
    for matter in known:
        if matter.part_of is not None:
            below[matter.part_of.stream].append(matter)
    roots = [m for m in known if m.part_of is None or m.part_of.stream not in streams]
    return _grown(roots, below)


def branch_of(stream: str, family: Iterable[Matter]) -> Branch:
    """A matter of a family with its parts: those under a part that is not in it, as before that was opened, aside."""
    return next(branch for branch in matter_branches(family) if branch.matter.stream == stream)


def _grown(matters: Sequence[Matter], below: dict[str, list[Matter]]) -> tuple[Branch, ...]:
    return tuple(Branch(m, _grown(below.get(m.stream, ()), below)) for m in matters)
