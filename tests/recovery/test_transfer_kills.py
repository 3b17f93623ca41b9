"""上报, 下达 and answers between two logs: whoever dies in between, both have it once and name each other."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.base import Refusal
from domain.founding import Headquarters
from domain.transfer import Direction, Transfer, Words
from eventlog import reading
from eventlog.configured import open_log
from eventlog.migrate import migrate
from eventlog.verify import verify
from services.door_key import make_door_key
from services.founding import found_log
from services.headquarters import set_up
from services.transfers import addressed, answer_received, carry_owed, send_transfer, transfers
from settings import Settings
from tests.support.office import AUDITOR, OFFICE, sqlite
from tests.support.served import ROOT

FT = Headquarters(code="FT", name="福田片区建设指挥部")
CITY = Headquarters(code="SZ", name="市重点片区建设总指挥部", city=True)
DEADLY = """
import os, signal, sys
from pathlib import Path
import services.transfers as carrying
from eventlog.configured import open_log
from settings import Settings

left = int(sys.argv[3])
record = carrying.record_office_events

def recorded_or_dead(*args, **kwargs):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return record(*args, **kwargs)

carrying.record_office_events = recorded_or_dead
settings = Settings(home=Path(sys.argv[1]), headquarters=sys.argv[2])
with open_log(settings) as log:
    carrying.carry_owed(settings, log)
os.kill(os.getpid(), signal.SIGKILL)
"""
"""Carries what is owed and dies before its nth record; with more to give than there is, after the last."""


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """XMH, FT and the city in one installation."""
    home = tmp_path_factory.mktemp("installation")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "postgresql":
            patch.setenv("XMH_DATABASE_URL", request.getfixturevalue("postgres_server").new_database())
        make_door_key(home)
        first = Settings(home=home)
        migrate(first.database)
        with open_log(first) as log:
            found_log(log)
        for one in (FT, CITY):
            set_up(of(home, one.code), one)
        yield home


def of(home: Path, code: str) -> Settings:
    return Settings(home=home, headquarters=code)


def sent(home: Path, sender: str, receiver: str, title: str) -> str:
    """Recorded by the sender and not carried yet; its stream."""
    way = Direction.UP if receiver == "SZ" else Direction.DOWN
    words = Words(direction=way, sender=sender, receiver=receiver, title=title, text="请协调电力迁改")
    with open_log(of(home, sender)) as log:
        return send_transfer(log, words, OFFICE, datetime.now(UTC)).stream


def dies(home: Path, code: str, after: int) -> None:
    """Somebody carries what this headquarters owes and is killed after so many records."""
    done = subprocess.run(
        [sys.executable, "-c", DEADLY, str(home), code, str(after)],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def carried(home: Path, code: str) -> dict[str, str]:
    with open_log(of(home, code)) as log:
        return carry_owed(of(home, code), log)


def known(home: Path, code: str, stream: str) -> Transfer | None:
    with open_log(of(home, code)) as log:
        return next((t for t in transfers(log) if t.stream == stream), None)


def types(home: Path, code: str, stream: str) -> list[str]:
    with open_log(of(home, code)) as log:
        return [e.type for e in reading.read_stream(log, stream)]


RARE = pytest.mark.chaos
"""Tried at length only: each kind of death stands among the others."""


@pytest.mark.parametrize(
    ("sender", "receiver", "after"),
    [
        ("FT", "SZ", 0),
        ("FT", "SZ", 1),
        ("SZ", "XMH", 1),
        pytest.param("FT", "SZ", 2, marks=RARE),
        pytest.param("SZ", "XMH", 0, marks=RARE),
        pytest.param("SZ", "XMH", 2, marks=RARE),
    ],
)
def test_it_is_in_both_logs_once_and_each_names_the_other(
    installation: Path, sender: str, receiver: str, after: int
) -> None:
    stream = sent(installation, sender, receiver, f"{sender}{after}")
    dies(installation, sender, after)
    there = known(installation, receiver, stream)
    assert (there is not None) == (after > 0), "the killer strikes where it says"

    assert carried(installation, sender) == {}
    assert carried(installation, sender) == {}, "a second time there is nothing to carry"
    ours, theirs = known(installation, sender, stream), known(installation, receiver, stream)
    assert ours is not None
    assert theirs is not None
    assert (theirs.words, theirs.no, theirs.receipt) == (ours.words, ours.no, ours.receipt)
    assert ours.no.startswith(f"{sender}{ours.words.direction.label}〔")
    assert (ours.receipt or "").startswith(f"{receiver}收〔")
    assert types(installation, sender, stream) == ["TransferSent", "TransferDelivered"]
    assert types(installation, receiver, stream) == ["TransferReceived"]


@pytest.mark.parametrize("after", [1, pytest.param(0, marks=RARE), pytest.param(2, marks=RARE)])
def test_the_answer_comes_back_once(installation: Path, after: int) -> None:
    stream = sent(installation, "FT", "SZ", f"答{after}")
    carried(installation, "FT")
    with open_log(of(installation, "SZ")) as log:
        answer_received(log, stream, "已请供电局办理", "SZ-2026-001", OFFICE, datetime.now(UTC), f"answer-{after:04}")
        with pytest.raises(Refusal, match="已经回复过"):
            answer_received(log, stream, "再答", None, OFFICE, datetime.now(UTC), f"again-{after:05}")
    dies(installation, "SZ", after)
    assert carried(installation, "SZ") == {}
    back = known(installation, "FT", stream)
    assert back is not None
    assert (back.answer, back.handled_by, back.settled) == ("已请供电局办理", "SZ-2026-001", True)
    assert types(installation, "FT", stream).count("AnswerReceived") == 1
    assert types(installation, "SZ", stream)[-2:] == ["TransferAnswered", "AnswerDelivered"]
    for code in ("XMH", "FT", "SZ"):
        with open_log(of(installation, code)) as log:
            assert verify(log).ok


def test_what_cannot_be_carried_stays_owed_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XMH_DATABASE_URL", raising=False)
    home = tmp_path / "home"
    home.mkdir()
    make_door_key(home)
    migrate(sqlite(home))
    with open_log(of(home, "XMH")) as log:
        found_log(log)
    for one in (FT, CITY):
        set_up(of(home, one.code), one)
    first, second = sent(home, "SZ", "FT", "坏的"), sent(home, "SZ", "XMH", "好的")
    whole = (home / "headquarters/FT/events.db").read_bytes()
    (home / "headquarters/FT/events.db").write_bytes(b"not a database" * 1000)
    failed = carried(home, "SZ")
    assert list(failed.values()) == ["events.db 不是完好的数据库文件；请从备份恢复"]
    assert known(home, "XMH", second) is not None, "one that is broken keeps no other waiting"
    (home / "headquarters/FT/events.db").write_bytes(whole)
    assert carried(home, "SZ") == {}
    assert known(home, "FT", first) is not None


def test_only_upwards_to_the_city_and_only_from_it_downwards(installation: Path) -> None:
    assert addressed(of(installation, "FT"), Direction.UP, None) == "SZ"
    assert addressed(of(installation, "SZ"), Direction.DOWN, "ft") == "FT"
    for code, direction, to, said in (
        ("SZ", Direction.UP, None, "不向自己上报"),
        ("FT", Direction.DOWN, "XMH", "只有市级指挥部可以下达"),
        ("SZ", Direction.DOWN, "SZ", "不能向自己下达"),
        ("SZ", Direction.DOWN, "NS", "没有代号为 NS 的指挥部"),
    ):
        with pytest.raises(Refusal, match=said):
            addressed(of(installation, code), direction, to)
    words = Words(direction=Direction.UP, sender="FT", receiver="SZ", title="x", text="y")
    with open_log(of(installation, "FT")) as log, pytest.raises(Refusal):
        send_transfer(log, words, AUDITOR, datetime.now(UTC))
