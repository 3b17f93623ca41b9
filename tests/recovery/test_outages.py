"""A power cut between commit and task completion, a database that is away, a worker that sleeps through it all."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from domain import commands as c
from domain.calendar import local_date
from eventlog import reading
from eventlog.verify import verify
from services.gateway import Unreachable
from tests.recovery.chaos import Chaos, Desk, away_from_midnight, chaos_in, counted
from tests.support.office import LIAISON, opening, order, types, until
from tests.support.postgres import Server
from tests.support.served import ROOT, Home, home_in

pytestmark = pytest.mark.slow

OUTAGES = (15.0, pytest.param(90.0, marks=pytest.mark.chaos))
"""Seconds: longer than a caller waits, and longer than all patience."""
ANSWERED_WITHIN = 10.0
"""From the start of the process: reading, connecting and submitting share it."""


@pytest.mark.timeout(120)
async def test_after_a_power_cut_between_commit_and_completion_what_depends_on_it_goes_on(tmp_path: Path) -> None:
    """Supervisor, server and worker die together the moment the receipt is committed; nobody asks again."""
    away_from_midnight(120)
    with chaos_in(tmp_path, deadly_all="fatal-command") as chaos, chaos.log() as log:
        desk = Desk(chaos.home, log)
        stream = f"matter/{uuid4().hex[:12]}"
        await desk.do(stream, opening(due=local_date(datetime.now(UTC))))
        once = order(stream, c.AcceptReceipt(), LIAISON, now=datetime.now(UTC), command_id="fatal-command")
        with suppress(Unreachable):
            await (await desk.gateway()).submit(once)
        assert "ReceiptSigned" in types(log, stream)
        chaos.serve()
        await desk.close_office_in(6)
        reply = await desk.do(stream, c.SubmitFeedback(text="已进场"), LIAISON)
        assert reply.events == ("FeedbackSubmitted",)
        await until(lambda: "DueLapsed" in types(log, stream), 40)
        assert types(log, stream).count("ReceiptSigned") == 1
        assert verify(log).problems == ()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seconds", OUTAGES)
def test_a_database_that_is_away_is_said_in_time_and_nothing_is_lost(
    tmp_path: Path, own_postgres: Server, seconds: float
) -> None:
    with home_in(tmp_path, {"XMH_DATABASE_URL": own_postgres.new_database()}) as home:
        home.up()
        number = home.ok(*OPENING)["matter"]
        home.ok("task", "accept", number, "--as", "li")
        report = (
            "task",
            "report",
            number,
            "--text",
            "继续推进",
            "--as",
            "li",
            "--command-id",
            "in-the-outage",
            "--json",
        )
        began = time.monotonic()
        own_postgres.stop()
        while time.monotonic() < began + seconds:
            answer = home.xmh(*report)
            assert answer.code == 5, answer
            assert answer.json["error"]["message"]
            assert answer.seconds < ANSWERED_WITHIN
        own_postgres.start()
        answers = [home.xmh(*report) for _ in range(2)]
        assert [a.code for a in answers] == [0, 0]
        with home.log() as log:
            stream = reading.find_matters(log, number)[0].stream
            assert counted(log, [stream]) == {"in-the-outage": 1}
            assert verify(log).problems == ()


OPENING = (
    *("task", "open", "--title", "推进主体施工", "--due", "2027-06-30", "--basis", "2022年工作计划"),
    *("--basis-kind", "任务清单", "--basis-no", "香指办〔2022〕1号", "--approver", "leader", "--lead", "gengxin"),
)


@contextmanager
def another_worker(home: Home) -> Iterator[None]:
    """A second worker on the same home, as on another machine."""
    found = home.running
    env = {**home.environment, "PYTHONPATH": str(ROOT), "XMH_TEMPORAL_ADDRESS": str(found.temporal)}
    with (home.path / "logs" / "second.log").open("wb") as output:
        process = subprocess.Popen([sys.executable, ROOT / "worker.py"], env=env, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def _sleeps_through(chaos: Chaos, command_id: str) -> None:
    """The worker stops before or inside its insert; another takes over; the sleeper wakes up to a log that moved on."""
    with chaos.log() as log:
        desk = Desk(chaos.home, log)
        (stream,) = await desk.in_progress(1)
        sleeper = chaos.home.running.worker
        assert sleeper is not None
        asked = asyncio.create_task(desk.do(stream, c.SubmitFeedback(text="进度正常"), LIAISON, command_id))
        await until(lambda: _is_stopped(sleeper.pid), 20)
        with another_worker(chaos.home):
            await asked
            await desk.do(stream, c.SubmitFeedback(text="进度仍正常"), LIAISON)
            before = reading.read_stream(log, stream)
            sleeper.send(signal.SIGCONT)
            await asyncio.sleep(6)
            assert reading.read_stream(log, stream) == before
            assert counted(log, [stream])[command_id] == 1
            after = await desk.do(stream, c.SubmitFeedback(text="三次"), LIAISON)
            assert after.version == before[-1].version + 1
            assert verify(log).problems == ()


def _is_stopped(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return status.rpartition(")")[2].split()[0] == "T"


@pytest.mark.timeout(200)
async def test_a_worker_stopped_before_its_insert_appends_nothing_stale_when_it_wakes(tmp_path: Path) -> None:
    away_from_midnight(200)
    with chaos_in(tmp_path, frozen="sleeping") as chaos:
        await _sleeps_through(chaos, "sleeping")


@pytest.mark.timeout(200)
async def test_a_worker_stopped_inside_its_transaction_locks_nobody_out(tmp_path: Path, own_postgres: Server) -> None:
    """PostgreSQL ends the sleeper's transaction after five seconds (`transaction_timeout`)."""
    away_from_midnight(200)
    with chaos_in(tmp_path, own_postgres, frozen_in="sleeping") as chaos:
        await _sleeps_through(chaos, "sleeping")
