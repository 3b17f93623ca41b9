"""One seeded driver: faults in an order drawn from an integer, each struck while four clients report, and one tally.

The check knows nothing of how the product works: what was acknowledged is in the log exactly once and where it was said
to be, what was refused is not, what got no answer is there at most once and takes its repetition; in the end every
matter takes a command and its clock, the log verifies, and what was to be told was told.
"""

import asyncio
import random
import shutil
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from domain import commands as c
from eventlog import reading
from eventlog.verify import verify
from services.healing import Healing
from tests.faults.kinds import APART, EMBEDDED, Fault
from tests.faults.stages import Stage, apart_in, embedded_in
from tests.recovery.chaos import CLIENTS, Clients, away_from_midnight, clients_of, every_matter_goes_on, open_all_day
from tests.support.office import LIAISON

MATTERS = 8
AN_ERA = 11
"""Faults in one home's life; then everything is looked through, and another home begins."""
ANSWERED_WITHIN = 10.0
"""Whoever asks has an answer, or *no answer*, by then, whatever is struck."""
LEVEL_WITHIN = 90.0


@dataclass
class Tally:
    """What came of it: per kind of fault, and in all."""

    by_fault: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    kills: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    again: dict[str, float] = field(default_factory=dict)
    """Seconds from the end of a fault until everything was ready, the longest."""
    failures: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> Counter[str]:
        return sum(self.by_fault.values(), Counter[str]())

    @property
    def wrong(self) -> bool:
        """Whether anything was lost, doubled, wrongly refused or stuck."""
        return bool(self.failures) or any(self.total[name] for name in WRONG)

    def lines(self) -> Iterator[str]:
        """The table, one line a kind."""
        for name, counts in sorted(self.by_fault.items()):
            numbers = ", ".join(f"{what} {counts[what]}" for what in COLUMNS if counts[what] or what in WRONG)
            yield f"{name}: {numbers}; slowest answer {self.slowest[name]:.1f} s, ready {self.again[name]:.1f} s after"
        yield from (f"not struck: {name} ({why})" for name, why in sorted(self.skipped.items()))
        yield f"in all, {len(self.by_fault)} kinds: " + ", ".join(f"{what} {self.total[what]}" for what in COLUMNS)
        yield f"kills {self.kills.total()}: " + ", ".join(f"{what} {n}" for what, n in (+self.kills).items())
        yield from (f"FAILED: {failure}" for failure in self.failures)


WRONG = ("lost", "misplaced", "doubled", "wrongly refused", "stuck")
COLUMNS = ("strikes", "acknowledged", "no answer", "rightly refused", "late", *WRONG)


@dataclass
class Round:
    """Reports sent while one fault was struck, and what their senders were told."""

    prefix: str
    matters: list[str]
    answers: list[dict[str, Any]]
    right_refusals: frozenset[str]

    def count(self, recorded: Sequence["Report"]) -> Counter[str]:
        """Hold what was told against what the log holds."""
        times = Counter(command_id for command_id, _, _ in recorded if command_id.startswith(f"{self.prefix}-"))
        places = {(command_id, version) for command_id, _, version in recorded}
        acknowledged = {key: version for a in self.answers for key, version in a["acknowledged"].items()}
        refused = {key: code for a in self.answers for key, code in a["refused"].items()}
        right = {key for key, code in refused.items() if code.partition(":")[0] in self.right_refusals}
        return Counter(
            {
                "acknowledged": len(acknowledged),
                "no answer": sum(len(a["unknown"]) for a in self.answers),
                "rightly refused": len(right),
                "lost": sum(times[key] == 0 for key in acknowledged),
                "misplaced": sum((key, version) not in places for key, version in acknowledged.items() if times[key]),
                "doubled": sum(n > 1 for n in times.values()),
                "wrongly refused": len(refused) - len(right) + sum(times[key] > 0 for key in refused),
            }
        )

    @property
    def to_repeat(self) -> list[str]:
        """What is said once more, under its id, until it has an answer."""
        return [key for a in self.answers for key in (*a["unknown"], *a["refused"])]


Report = tuple[str, str, int]
"""A report as it is in the log: command id, stream, version."""


def reports_in(stage: Stage) -> list[Report]:
    """What the log holds of the matters reported to."""
    stage.desk.log.close()  # what it kept of connections may have died with what was struck
    return [
        (event.command_id, stream, event.version)
        for stream in stage.streams
        for event in reading.read_stream(stage.desk.log, stream)
        if event.type == "FeedbackSubmitted"
    ]


@dataclass
class Era:
    """One home's life: matters, clients, and the faults struck in it."""

    stage: Stage
    clients: Clients
    luck: random.Random
    tally: Tally
    reports: int
    """By each client and fault."""
    pace: float

    async def struck(self, fault: Fault[Any], prefix: str) -> None:
        """One fault under load; what came of it goes into the tally."""
        began = time.monotonic()
        reports = self.reports * fault.load
        self.stage.reporting.set()
        strike = self.stage.hand.submit(self._after, self.luck.uniform(0.3, 1.5), fault)
        answers = await asyncio.to_thread(self.clients.report, self.stage.streams, prefix, reports, self.pace)
        self.stage.reporting.clear()
        counts = self.tally.by_fault[fault.name]
        counts["strikes"] += 1
        try:
            again = await asyncio.to_thread(strike.result, 300)
        except Exception as trouble:
            counts["stuck"] += 1
            self._failed(fault, trouble)
            again = 0.0
        round_ = Round(prefix, self.stage.streams, answers, fault.right_refusals)
        slowest = max(answer["slowest"] for answer in answers)
        try:
            counts.update(round_.count(reports_in(self.stage)))
            await self._repeat(round_, CLIENTS * reports)
        except Exception as trouble:
            counts["stuck"] += 1
            self._failed(fault, trouble)
        counts["late"] += slowest > ANSWERED_WITHIN
        self.tally.slowest[fault.name] = max(self.tally.slowest.get(fault.name, 0), slowest)
        self.tally.again[fault.name] = max(self.tally.again.get(fault.name, 0), again)
        kills = (self.tally.kills + self.stage.kills + self.stage.deaths()).total()
        print(f"{prefix} {fault.name}: {time.monotonic() - began:.0f} s, {kills} kills, {dict(+counts)}", flush=True)

    def _after(self, seconds: float, fault: Fault[Any]) -> float:
        """Strike it then; how many seconds after its end everything was ready."""
        time.sleep(seconds)
        fault.strike(self.stage, self.luck)
        mended = time.monotonic()
        self.stage.calm()
        return time.monotonic() - mended

    def _failed(self, fault: Fault[Any], trouble: BaseException) -> None:
        where = traceback.extract_tb(trouble.__traceback__)[-1]
        self.tally.failures.append(f"{fault.name}: {type(trouble).__name__}: {trouble} ({where.name}:{where.lineno})")
        traceback.print_exception(trouble)

    async def _repeat(self, round_: Round, reports: int) -> None:
        """Each of the reports has its answer now, and is in the log exactly once."""
        gate = asyncio.Semaphore(MATTERS)  # people, not a flood: a hundred at once are a fault of their own

        async def again(command_id: str) -> None:
            async with gate:
                await self._said_again(round_, command_id)

        await asyncio.gather(*map(again, round_.to_repeat))
        times = Counter(key for key, _, _ in reports_in(self.stage) if key.startswith(f"{round_.prefix}-"))
        assert len(times) == reports, f"{len(times)} of {reports} are in the log"
        assert set(times.values()) == {1}

    async def _said_again(self, round_: Round, command_id: str) -> None:
        n = int(command_id.rpartition("-")[2])
        command = c.SubmitFeedback(text=f"第{n}次反馈", progress=n % 100)
        await self.stage.desk.do(round_.matters[n % len(round_.matters)], command, LIAISON, command_id)

    async def looked_through(self) -> None:
        """Every matter takes a command and its clock; Temporal is level with the log, which verifies."""
        stage = self.stage
        try:
            await every_matter_goes_on(stage.desk, stage.streams)
            await self._level()
            problems = verify(stage.desk.log).problems
            assert problems == (), problems
        except Exception as trouble:
            self.tally.by_fault["(looked through)"]["stuck"] += 1
            self.tally.slowest.setdefault("(looked through)", 0)
            self.tally.again.setdefault("(looked through)", 0)
            self.tally.failures.append(f"looked through: {type(trouble).__name__}: {trouble}")
            traceback.print_exception(trouble)

    async def _level(self) -> None:
        limit = time.monotonic() + LEVEL_WITHIN
        healing = Healing(await self.stage.desk.gateway())
        while not (recovery := await healing.recover(dry_run=True)).level:
            assert time.monotonic() < limit, recovery
            await asyncio.sleep(1)


@dataclass
class Plan:
    """How much, of what, and by whose luck."""

    seed: str
    until: float
    """On the monotonic clock: no fault is begun after it."""
    reports: int = 48
    pace: float = 0.6
    hold: tuple[float, float] = (4.0, 7.0)
    most: int = AN_ERA
    only: Sequence[str] = ()
    """Parts of names; by default every kind."""


Opening = Callable[[Path, tuple[float, float]], AbstractContextManager[Stage]]


STAGES: tuple[tuple[str, Opening, Sequence[Fault[Any]]], ...] = (
    ("apart", apart_in, APART),
    ("embedded", embedded_in, EMBEDDED),
)


async def lived_through(
    plan: Plan, tally: Tally, opened: Opening, faults: Sequence[Fault[Any]], folder: Path, name: str
) -> None:
    """One era: these faults, in this order, as far as the time goes."""
    away_from_midnight(120 + 20 * len(faults))
    luck = random.Random(f"{plan.seed}-{name}")
    with opened(folder, plan.hold) as stage:
        open_all_day(stage.desk.log)
        stage.streams += await stage.desk.in_progress(MATTERS)
        with clients_of(stage.clients_home) as clients:
            era = Era(stage, clients, luck, tally, plan.reports, plan.pace)
            await asyncio.to_thread(clients.report, stage.streams, f"{name}-calm", 1)
            for n, fault in enumerate(faults):
                if time.monotonic() > plan.until:
                    break
                why = fault.missing(stage)
                if why:
                    tally.skipped[fault.name] = why
                    continue
                await era.struck(fault, f"{name}-{n}")
        await era.looked_through()
        tally.kills.update(stage.kills + stage.deaths())


def deck(plan: Plan, kinds: Sequence[Fault[Any]], name: str) -> list[Fault[Any]]:
    """Every kind once, shuffled."""
    chosen = [fault for fault in kinds if not plan.only or any(word in fault.name for word in plan.only)]
    random.Random(f"{plan.seed}-{name}").shuffle(chosen)
    return chosen


async def driven(plan: Plan) -> Tally:
    """Era after era until the time is over: every kind is struck before any is struck again."""
    tally, turn = Tally(), 0
    while time.monotonic() < plan.until:
        turn += 1
        eras: list[tuple[str, Opening, list[Fault[Any]]]] = []
        for name, opened, kinds in STAGES:
            cards = deck(plan, kinds, f"{name}{turn}")
            eras += [(f"{name}{turn}.{n}", opened, cards[n : n + plan.most]) for n in range(0, len(cards), plan.most)]
        for name, opened, faults in eras:
            if time.monotonic() < plan.until:
                folder = Path(mkdtemp(prefix="xmh-chaos-"))
                before = len(tally.failures)
                try:
                    await lived_through(plan, tally, opened, faults, folder, name)
                except Exception as trouble:
                    tally.failures.append(f"{name}: {type(trouble).__name__}: {trouble}")
                    traceback.print_exception(trouble)
                if len(tally.failures) == before:
                    shutil.rmtree(folder, ignore_errors=True)
                else:
                    print(f"kept for a look: {folder}", file=sys.stderr)
    return tally
