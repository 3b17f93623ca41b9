"""The years of other headquarters, each played in a process of its own while the first one's is played."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from domain.base import Frozen, Refusal
from domain.envelope import Algorithm
from domain.founding import Headquarters
from eventlog import reading
from eventlog.verify import verify
from process import leave
from services.press import press_by
from simulation.above import settings_of_year
from simulation.printing import Printer
from simulation.run import SCENARIO, simulate_year
from simulation.scenario import PlannedHeadquarters, read_scenario


class Beside(Frozen):
    """What is to be played: a headquarters with a plan of its own, within the installation."""

    headquarters: Headquarters
    plan: Path
    installation: Path
    year: int
    seed: int
    algorithm: Algorithm


class Left(Frozen):
    """What such a year left."""

    code: str
    name: str
    matters: int
    events: int
    briefings: int
    verified: bool


def planned_headquarters(plan: Path) -> tuple[PlannedHeadquarters, ...]:
    """The other headquarters of a folder's scenario, the city among them."""
    scenario = plan / SCENARIO
    return read_scenario(scenario).headquarters if scenario.exists() else ()


@contextmanager
def played_beside(plan: Path, installation: Path, year: int, algorithm: Algorithm) -> Iterator[list["Playing"]]:
    """The years of the other headquarters that have a plan; whatever still plays in the end is ended."""
    playing = [
        Playing(
            Beside(
                headquarters=Headquarters(code=one.code, name=one.name),
                plan=plan / one.plan,
                installation=installation,
                year=year,
                seed=year if one.seed is None else one.seed,
                algorithm=algorithm,
            )
        )
        for one in planned_headquarters(plan)
        if one.plan is not None
    ]
    try:
        yield playing
    finally:
        for each in playing:
            each.end()


class Playing:
    """A year that is being played in a process of its own."""

    def __init__(self, year: Beside) -> None:
        """Begin it."""
        self._told = year
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, year.model_dump_json()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def left(self) -> Left:
        """What it left, when it is over.

        Raises:
            Refusal: it came to no end.
        """
        out, err = self._process.communicate()
        if self._process.returncode != 0:
            why = (err.strip().splitlines() or ["进程意外结束"])[-1]
            raise Refusal(
                f"{self._told.headquarters.name}（{self._told.headquarters.code}）的一年没有办完：{why}", "simulation"
            )
        return Left.model_validate_json(out)

    def end(self) -> None:
        """End it, if it still plays."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def play(year: Beside) -> Left:
    """Play the year of one headquarters to its end.

    Raises:
        Refusal: as `simulation.run.simulate_year`.
    """
    settings = settings_of_year(year.installation, year.headquarters.code)
    played = asyncio.run(
        simulate_year(
            year.plan,
            year.installation,
            year.year,
            seed=year.seed,
            algorithm=year.algorithm,
            prints=Printer(settings.home, press_by(settings)),
            headquarters=year.headquarters,
        )
    )
    report = verify(played.database)
    return Left(
        code=year.headquarters.code,
        name=year.headquarters.name,
        matters=len(reading.list_rows(played.database)),
        events=report.events,
        briefings=len(played.briefings),
        verified=report.ok,
    )


def _main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        sys.stdout.write(play(Beside.model_validate_json(sys.argv[1])).model_dump_json())
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.message}\n")
        leave(1)
    leave(0)


if __name__ == "__main__":
    _main()
