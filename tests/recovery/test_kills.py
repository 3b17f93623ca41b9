"""Whatever is killed, whenever: what was acknowledged is in the log exactly once, and every matter goes on."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from eventlog.verify import verify
from tests.recovery.chaos import (
    CLIENTS,
    Chaos,
    Desk,
    away_from_midnight,
    chaos_in,
    counted,
    every_matter_goes_on,
    seed_of,
    settled,
    tallied,
)
from tests.recovery.conftest import either
from tests.recovery.deadly_worker import CALM
from tests.support.postgres import Server

Record = Callable[[str, object], None]
REPORTS = 200
MATTERS = 8
STRIKES_WITHIN = 4.0
ANSWERED_WITHIN = 10.0
"""Whoever asks has an answer, or *no answer*, by then, whatever is killed."""


@pytest.mark.slow
@pytest.mark.timeout(180)
@either(every_time="sqlite")
async def test_every_acknowledged_report_is_recorded_once_after_every_kind_of_kill(
    tmp_path: Path, database: Server | None, record_property: Record
) -> None:
    """Each kind once, within two rounds of 200 reports from 4 processes.

    The worker kills itself before an insert and between a commit and its task's completion, alone and with the server;
    a hand kills worker, server, both, the log's own server, and the supervisor as well, whereupon `up` is typed again.
    """
    away_from_midnight()
    luck = seed_of("kills")
    deadly = {"deadly_before": "round0-0-2", "deadly_after": "round0-2-3", "deadly_together": "round1-2-2"}
    with chaos_in(tmp_path, database, **deadly, deadly_when_ready=True) as chaos:
        kinds = luck.sample(chaos.kinds, len(chaos.kinds))
        await _lived_through(chaos, luck, [kinds[:2], kinds[2:]], record_property)
        assert {path.stem.lower() for path in chaos.home.path.glob("DEADLY*.done")} == set(deadly)


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(4))
async def test_every_acknowledged_report_is_recorded_once_whatever_is_killed(
    tmp_path: Path, database: Server | None, part: int, record_property: Record
) -> None:
    """The long form: four times five rounds, in which the worker dies by chance and the hand takes what it likes."""
    away_from_midnight()
    luck = seed_of(f"kills-{part}")
    chances = {"deadly_before": 0.003, "deadly_after": 0.004, "deadly_together": 0.002}
    with chaos_in(tmp_path, database, **chances, deadly_when_ready=True) as chaos:
        rounds = [luck.choices(chaos.kinds, k=2) for _ in range(5)]
        await _lived_through(chaos, luck, rounds, record_property)


async def _lived_through(chaos: Chaos, luck: random.Random, rounds: list[list[str]], record_property: Record) -> None:
    """So many rounds of reports, in each of which these are killed; then every matter goes on and the log is whole."""
    with chaos.log() as log, chaos.clients() as clients:
        desk = Desk(chaos.home, log)
        streams: list[str] = []
        slowest, tally = 0.0, Counter[str]()
        for n, kinds in enumerate(rounds):
            matters = await desk.in_progress(MATTERS)
            streams += matters
            with chaos.striking(luck, kinds, STRIKES_WITHIN):
                said = await asyncio.to_thread(clients.report, matters, f"round{n}", REPORTS // CLIENTS)
            log.close()  # what it kept of connections died with the database's server
            slowest = max(slowest, *(told.pop("slowest") for told in said))
            tally.update(tallied(said, counted(log, matters)))
            await settled(desk, matters, said, REPORTS)
        print(  # noqa: T201
            f"kills {dict(chaos.kills)}, restarts {chaos.home.running.restarts}, slowest {slowest:.1f} s"
        )
        record_property("tally", {"kills": chaos.kills.total(), **tally})
        assert slowest < ANSWERED_WITHIN
        (chaos.home.path / CALM).touch()
        chaos.calm()
        await every_matter_goes_on(desk, streams)
        assert verify(log).problems == ()
