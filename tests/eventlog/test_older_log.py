"""A log of an earlier build comes forward: migrated, verified, folded anew and read by today's.

`tests/fixtures/log-0006.sqlite.xz` was written by the build at commit 5e7421d (schema 0006): the first quarter of the
example's year on real workflows, and after it, by the same build's own append, a leader's words and a report under
seal, a 漏报 withdrawn on evidence, a matter with two parts, a second policy, a 授权 revoked, a person who left, notices
spread. It is never written anew: a log that today's build would write proves nothing.
"""

import lzma
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from domain.calendar import end_of_day
from domain.matter import Matter
from domain.terms import Stage
from eventlog import reading
from eventlog.database import Database
from eventlog.migrate import migrate
from eventlog.projections import rebuild_read_model
from eventlog.secrets import KeysStanding, ensure_key, key_protection, wrap_keys
from eventlog.verify import verify
from tests.support.command_line import CommandLine

OLDER = Path(__file__).parents[1] / "fixtures" / "log-0006.sqlite.xz"
EVENTS, STREAMS = 1203, 74
END_OF_QUARTER = date(2022, 4, 1)
KILLS = 24


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Database]:
    """The older log, brought to today's tables."""
    path = tmp_path / "events.db"
    path.write_bytes(lzma.decompress(OLDER.read_bytes()))
    url = f"sqlite:///{path}"
    migrate(url)
    with Database(url) as database:
        assert wrap_keys(database) == 1
        yield database


def test_a_log_of_the_build_before_verifies_before_and_after_it_is_folded_anew(older: Database) -> None:
    report = verify(older)
    assert report.problems == ()
    assert (report.events, report.streams) == (EVENTS, STREAMS)
    before = [(s.stream, s.state) for s in reading.matter_states(older)]
    assert rebuild_read_model(older) == EVENTS
    assert verify(older).problems == ()
    assert [(s.stream, s.state) for s in reading.matter_states(older)] == before


def test_its_keys_are_wrapped_and_no_longer_stand_in_the_file(older: Database) -> None:
    path = Path(older.url.removeprefix("sqlite:///"))
    older.close()
    with sqlite3.connect(":memory:") as memory:
        memory.deserialize(lzma.decompress(OLDER.read_bytes()))
        ((plain, stream),) = memory.execute("SELECT key, stream FROM secret_keys").fetchall()
    assert plain not in path.read_bytes()
    assert key_protection(older) == KeysStanding(unwrapped=0, locked=0)
    assert ensure_key(older, stream)[1] == plain
    assert wrap_keys(older) == 0


def test_its_matters_stand_where_they_stood(older: Database) -> None:
    matters = [s.state for s in reading.matter_states(older) if isinstance(s.state, Matter)]
    assert Counter(m.stage for m in matters) == {
        Stage.ASSIGNED: 2,
        Stage.IN_PROGRESS: 40,
        Stage.CLOSED: 5,
        Stage.CANCELLED: 1,
    }
    then = reading.position_at(older, end_of_day(END_OF_QUARTER))
    assert 0 < then < EVENTS


def test_its_matters_are_listed_and_its_secrets_open(
    older: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(older.url.removeprefix("sqlite:///")).parent
    monkeypatch.setenv("XMH_HOME", str(home))
    monkeypatch.setenv("XMH_ACTOR", "office")
    xmh = CommandLine(home, capsys)
    assert len(xmh.json("task", "list")["matters"]) == 48
    told = [e["text"] for e in xmh.json("task", "show", "2")["timeline"]]
    assert any("抢抓工期，每周报我。" in text for text in told)
    assert any("涉密的进展" in text for text in told)
    found = xmh.json("audit", "verify", code=1)["problems"]
    assert {p["token"] for p in found} == {"attachment_missing", "file_missing"}, (
        "neither picture nor papers were ever part of the log"
    )


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_a_migration_killed_at_any_moment_left_nothing_half_and_is_done_by_the_next(tmp_path: Path) -> None:
    """The process dies as in a power cut, at moments spread over the time the migration takes."""
    path = tmp_path / "events.db"
    migrating = [sys.executable, "-c", "import sys; from eventlog.migrate import migrate; migrate(sys.argv[1])"]
    migrating.append(f"sqlite:///{path}")

    def fresh() -> None:
        for file in tmp_path.glob("events.db*"):
            file.unlink()
        path.write_bytes(lzma.decompress(OLDER.read_bytes()))

    fresh()
    before = _dump(path)
    began = time.monotonic()
    subprocess.run(migrating, check=True)
    whole = time.monotonic() - began
    after, killed = _dump(path), 0
    for n in range(KILLS):
        fresh()
        with subprocess.Popen(migrating) as process:
            time.sleep(whole * n / KILLS)
            process.kill()
        killed += process.returncode < 0
        assert _dump(path) in (before, after), f"half migrated, killed after {whole * n / KILLS:.2f} s"
    assert killed > KILLS // 2
    subprocess.run(migrating, check=True)
    assert _dump(path) == after
    with Database(f"sqlite:///{path}") as database:
        wrap_keys(database)
        assert verify(database).problems == ()
