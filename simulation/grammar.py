"""What units say of their work: sentences of `words.toml`, in figures that move and problems that come and go.

Pure: what is said follows from the lots, the matter and the day, so the same seed says the same.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

from pydantic import Field

from domain.base import Frozen
from sheets.toml_file import read_toml

WORDS = Path(__file__).with_name("words.toml")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_DRAWN = {"n": (2, 9), "m": (11, 48)}
"""Counts that say nothing of the whole, drawn anew wherever they stand."""
WINDOW = 3
"""From among so many acts, those nearest to how far the work is, one is told."""


class CountedFigure(Frozen):
    """A figure that moves with the work: how much of a total is done, and how much in this period."""

    text: str
    total: tuple[int, int]
    decimals: int = 0

    def said(self, lots: Random, before: float, now: float) -> str | None:
        """Where the figure stands at a share of the work, and since another; None when it has not moved."""
        unit = Decimal(1).scaleb(-self.decimals)
        total = Decimal(lots.randint(self.total[0] * 10, self.total[1] * 10)).scaleb(-1).quantize(unit)
        done, earlier = ((total * Decimal(str(round(share, 4)))).quantize(unit) for share in (now, before))
        if done <= earlier:
            return None
        return self.text.format(done=done, total=total, added=done - earlier, left=total - done)


class ToldProblem(Frozen):
    """A problem with its cause, what is done about it, and how it ends."""

    what: str
    easing: str
    solved: str

    def recognised(self, text: str) -> dict[str, str] | None:
        """Who and where, when this is the problem that was told."""
        seen: set[str] = set()

        def group(match: re.Match[str]) -> str:
            name = match[1]
            if name in seen and name not in _DRAWN:
                return f"(?P={name})"
            seen.add(name)
            return ".{1,20}?" if name in _DRAWN or name == "day" else f"(?P<{name}>.{{1,20}}?)"

        parts = re.split(r"(\{\w+\})", self.what)
        pattern = "".join(_PLACEHOLDER.sub(group, p) if p.startswith("{") else re.escape(p) for p in parts)
        match = re.match(pattern, text)
        return match.groupdict() if match else None


class Kind(Frozen):
    """How units speak of one kind of work."""

    match: tuple[str, ...] = ()
    who: tuple[str, ...]
    where: tuple[str, ...]
    figure: tuple[CountedFigure, ...]
    step: tuple[str, ...] = ()
    act: tuple[str, ...]
    problem: tuple[ToldProblem, ...]
    next: tuple[str, ...]
    last: str
    closing: str
    checked: str

    def fits(self, text: str) -> int:
        """How long the longest of its words is that stands in the text."""
        return max((len(word) for word in self.match if word in text), default=0)


class Grammar(Frozen):
    """Every kind of work somebody reports on."""

    kind: tuple[Kind, ...] = Field(min_length=1)

    def of(self, point: str, title: str) -> Kind:
        """The kind of a point; of the matter's title, when the point names none."""
        for text in (point, title):
            best = max(self.kind, key=lambda kind: kind.fits(text))
            if best.fits(text):
                return best
        return self.kind[-1]


@cache
def grammar(path: Path = WORDS) -> Grammar:
    """The grammar of a file.

    Raises:
        Refusal: `malformed`, when the file is no TOML.
    """
    return Grammar.model_validate(read_toml(path, "用语"))


def filled(text: str, lots: Random, kind: Kind, day: date, known: Mapping[str, str] | None = None) -> str:
    """A sentence with its places filled: who, where and the day are one in a sentence, counts are not."""
    values = {"who": lots.choice(kind.who), "where": lots.choice(kind.where), "day": f"{day.month}月{day.day}日"}
    values |= known or {}
    return _PLACEHOLDER.sub(
        lambda match: str(lots.randint(*_DRAWN[match[1]])) if match[1] in _DRAWN else values[match[1]], text
    )


def step(kind: Kind, lots: Random, before: float, now: float, day: date) -> str | None:
    """The step the work has come to since it was so far; each comes once, in its order."""
    reached = [text for n, text in enumerate(kind.step, 1) if before < n / (len(kind.step) + 1) <= now]
    return filled(reached[-1], lots, kind, day) if reached else None


def act(kind: Kind, lots: Random, share: float, day: date, turn: int) -> str:
    """Something that is done when the work is so far; in the next turn something else."""
    nearest = min(int(share * len(kind.act)), len(kind.act) - 1)
    first = max(min(nearest - 1, len(kind.act) - WINDOW), 0)
    near = kind.act[first : first + WINDOW]
    return filled(near[turn % len(near)], lots, kind, day)


def problem_told(kinds: Sequence[Kind], text: str) -> tuple[Kind, ToldProblem, dict[str, str]] | None:
    """Which problem was told, with its who and where."""
    for kind in kinds:
        for problem in kind.problem:
            known = problem.recognised(text)
            if known is not None:
                return kind, problem, known
    return None
