"""Figures taken in turns, and what is made of them: medians, ranges and the ratio within each pair."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
_APART = """
import json, sys, time
from pathlib import Path
began = time.perf_counter()
{work}
seconds = time.perf_counter() - began
# VmHWM begins anew with the program; ru_maxrss would still count what the parent held when it forked.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({{"seconds": seconds, "mb": int(peak.split()[1]) / 1024}}))
"""


@dataclass(frozen=True)
class Cost:
    """What a program of its own took: time after its start, and its largest memory."""

    seconds: float
    mb: float


def apart(work: str, *arguments: object, home: Path | None = None) -> Cost:
    """Run some lines of Python in a process of their own, on a home; `sys.argv[1:]` are the arguments."""
    program = [sys.executable, "-c", _APART.format(work=work), *map(str, arguments)]
    env = {**os.environ, **({"XMH_HOME": str(home)} if home else {})}
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True, env=env)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))  # a command on trial may have printed its answer


class Side(StrEnum):
    """Who is measured."""

    BARE = "bare"
    """The least that the server, the driver or the interpreter costs for the same thing."""
    XMH = "xmh"
    """The product."""


def turns(rounds: int) -> Iterator[tuple[Side, Side]]:
    """Who goes first in each round: each as often, so that a machine that grows busier or idler favours nobody."""
    for i in range(rounds):
        yield (Side.BARE, Side.XMH) if i % 2 == 0 else (Side.XMH, Side.BARE)


@dataclass(frozen=True)
class Spread:
    """The middle of some runs, and how far they lie apart."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of at least one value."""
        return cls(median(values), min(values), max(values))

    def document(self) -> dict[str, float]:
        """As JSON."""
        return {"median": self.median, "min": self.low, "max": self.high}


@dataclass(frozen=True)
class Goal:
    """What is hoped for: a ratio (product over bare) or an absolute figure, as a least or a greatest value."""

    value: float
    at_most: bool
    ratio: bool = True

    def met(self, figure: float) -> bool:
        """Whether the figure is good enough."""
        return figure <= self.value if self.at_most else figure >= self.value

    def __str__(self) -> str:
        """For the table."""
        return f"{'≤' if self.at_most else '≥'} {self.value:g}{'×' if self.ratio else ''}"


@dataclass
class Row:
    """One line of the table: the same figure of both sides, a pair for each round."""

    name: str
    unit: str
    goal: Goal | None = None
    runs: dict[Side, list[float]] = field(default_factory=lambda: {Side.BARE: [], Side.XMH: []})

    def add(self, side: Side, value: float) -> None:
        """Note one run."""
        self.runs[side].append(value)

    @property
    def ratio(self) -> Spread:
        """Product over bare, pair by pair."""
        pairs = zip(self.runs[Side.BARE], self.runs[Side.XMH], strict=True)
        return Spread.of([xmh / bare for bare, xmh in pairs])

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal is None:
            return None
        return self.goal.met(self.ratio.median if self.goal.ratio else Spread.of(self.runs[Side.XMH]).median)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "unit": self.unit,
            **{side.value: {**Spread.of(runs).document(), "runs": runs} for side, runs in self.runs.items()},
            "ratio": self.ratio.document(),
            "goal": str(self.goal) if self.goal else None,
            "met": self.met,
        }


@dataclass(frozen=True)
class Clock:
    """Adds up the time of some calls only: what is prepared between them does not count."""

    spent: list[float] = field(default_factory=list)

    def time(self, call: Callable[[], object]) -> None:
        """Run and note one call."""
        begin = time.perf_counter()
        call()
        self.spent.append(time.perf_counter() - begin)

    @property
    def seconds(self) -> float:
        """All of them."""
        return sum(self.spent)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many of a hundred stay below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
