"""Whatever is killed, whenever: what was acknowledged is in the log exactly once, and every matter goes on."""

import asyncio
from pathlib import Path

import pytest

from domain import commands as c
from eventlog.verify import verify
from tests.recovery.chaos import CLIENTS, Desk, away_from_midnight, chaos_in, counted, seed_of
from tests.recovery.deadly_worker import CALM
from tests.support.office import LIAISON, types, until

ROUNDS = 5
REPORTS = 200
MATTERS = 8
STRIKES = 2
STRIKES_WITHIN = 4.0
ANSWERED_WITHIN = 10.0
"""Whoever asks has an answer, or *no answer*, by then, whatever is killed."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(4))
async def test_every_acknowledged_report_is_recorded_once_whatever_is_killed(tmp_path: Path, part: int) -> None:
    """Four times five rounds of 200 reports from 4 processes.

    The worker kills itself before inserts and between commit and task completion, alone or with the server; a hand
    kills worker, server, both, or the supervisor as well, whereupon `up` is typed again.
    """
    away_from_midnight()
    luck = seed_of(f"kills-{part}")
    with (
        chaos_in(
            tmp_path, deadly_before=0.003, deadly_after=0.004, deadly_together=0.002, deadly_when_ready=True
        ) as chaos,
        chaos.log() as log,
        chaos.clients() as clients,
    ):
        desk = Desk(chaos.home, log)
        streams: list[str] = []
        slowest = 0.0
        for n in range(ROUNDS):
            matters = await desk.in_progress(MATTERS)
            streams += matters
            with chaos.striking(luck, STRIKES, STRIKES_WITHIN):
                said = await asyncio.to_thread(clients.report, matters, f"round{n}", REPORTS // CLIENTS)
            slowest = max(slowest, *(told.pop("slowest") for told in said))
            await _settled(desk, matters, said)
        print(  # noqa: T201
            f"part {part}: kills {dict(chaos.kills)}, restarts {chaos.home.running.restarts}, slowest {slowest:.1f} s"
        )
        assert slowest < ANSWERED_WITHIN
        (chaos.home.path / CALM).touch()
        chaos.calm()
        await _every_matter_goes_on(desk, streams)
        report = verify(log)
        assert report.problems == ()


async def _settled(desk: Desk, matters: list[str], said: list[dict[str, dict[str, int]]]) -> None:
    """What was acknowledged is there once and as told; what was not, is there once after it was repeated."""
    found = counted(desk.log, matters)
    for told in said:
        assert told["refused"] == {}
        for command_id in told["acknowledged"]:
            assert found[command_id] == 1, command_id
        for command_id in told["unknown"]:
            assert found[command_id] <= 1, command_id
    unknown = [command_id for told in said for command_id in told["unknown"]]
    await asyncio.gather(*(_repeated(desk, matters, command_id) for command_id in unknown))
    found = counted(desk.log, matters)
    assert set(found.values()) == {1}
    assert len(found) == REPORTS


async def _repeated(desk: Desk, matters: list[str], command_id: str) -> None:
    n = int(command_id.rpartition("-")[2])
    again = c.SubmitFeedback(text=f"第{n}次反馈", progress=n % 100)
    await desk.do(matters[n % len(matters)], again, LIAISON, command_id)


async def _every_matter_goes_on(desk: Desk, streams: list[str]) -> None:
    """A further command works, and the timer it arms fires."""
    await desk.close_office_in(8)
    await asyncio.gather(*(desk.do(s, c.SubmitFeedback(text="继续推进"), LIAISON) for s in streams))
    await until(lambda: all("DueLapsed" in types(desk.log, stream) for stream in streams), 40)
