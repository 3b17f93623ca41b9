"""A storm: four clients report without a pause while something is struck; then the log is asked what came of it."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from eventlog.verify import verify
from tests.cluster.shape import TALLY, Cluster
from tests.recovery.chaos import (
    CLIENTS,
    away_from_midnight,
    clients_of,
    counted,
    every_matter_goes_on,
    settled,
    tallied,
)

MATTERS = 8
REPORTS = 240
PACE = 0.8
"""Seconds each of a client's four hands pauses after an answer: a round takes longer than what is struck stays so."""
ANSWERED_WITHIN = 10.0
"""Whoever asks has an answer, or *no answer*, by then, whatever becomes of a server."""


@dataclass
class Storm:
    """What is struck, how, and by whose luck; `strike` returns when it is over."""

    name: str
    strike: Callable[[], None]
    luck: random.Random
    pace: float = PACE


async def weathered(cluster: Cluster, storm: Storm) -> float:
    """Nothing acknowledged is lost or doubled, nothing refused, everybody answered in time, every matter goes on.

    The longest time in which a client had nothing acknowledged, in seconds.
    """
    away_from_midnight()
    cluster.healthy()
    cluster.office.open_all_day()
    with cluster.office.log() as log, clients_of(cluster.office.machine) as clients:
        desk = cluster.office.desk(log)
        matters = await desk.in_progress(MATTERS)
        await asyncio.to_thread(clients.report, matters, f"calm-{uuid4().hex[:12]}", 1)  # all are awake
        struck = cluster.hand.submit(_after, storm.luck.uniform(1, 4), storm.strike)
        said = await asyncio.to_thread(
            clients.report, matters, f"storm-{uuid4().hex[:12]}", REPORTS // CLIENTS, storm.pace
        )
        await asyncio.to_thread(struck.result, 120)
        began = time.monotonic()
        await asyncio.to_thread(cluster.healthy)
        slowest, silence = (max(told.pop(name) for told in said) for name in ("slowest", "silence"))
        log.close()  # what it kept of connections may have died with the database
        _count(storm, said, counted(log, matters), slowest, silence)
        await settled(desk, matters, said, REPORTS + CLIENTS)
        await every_matter_goes_on(desk, matters)
        TALLY.lines[-1] += f"; whole again after {time.monotonic() - began:.1f} s"
        assert verify(log).problems == ()
        assert slowest < ANSWERED_WITHIN
        return float(silence)


def _after(seconds: float, strike: Callable[[], None]) -> None:
    time.sleep(seconds)
    strike()


def _count(storm: Storm, said: list[dict[str, Any]], found: Counter[str], slowest: float, silence: float) -> None:
    counts = tallied(said, found)
    TALLY.counts.update({"strikes": 1, **counts})
    TALLY.lines.append(
        f"{storm.name}: {', '.join(f'{name} {count}' for name, count in counts.items())}; "
        f"slowest answer {slowest:.1f} s, longest silence of a client {silence:.1f} s"
    )
