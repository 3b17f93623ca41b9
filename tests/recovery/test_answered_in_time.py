"""Whoever types has his answer within ten seconds in all, whichever command it is and whatever hangs."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.eventlog.proxy import Proxy
from tests.support.office import office_today
from tests.support.postgres import Server
from tests.support.served import Answer, Home, home_in

WITHIN = 11.0
"""Seconds from the start of the process: the ten it keeps to itself, and one to start and leave beside other tests."""
AT_ONCE = 3
DUE = office_today() + timedelta(days=200)
BY = ("--by", "leader", "--paper", "香指批〔2026〕3号")
BASIS = ("--basis", "会议", "--lead", "gengxin", "--due", str(DUE))
ON_THE_LOG = (
    ("org", "leave", "zhao"),
    ("org", "delegate", "--from", "li", "--to", "head", "--until", str(DUE), "--reason", "出差"),
    ("calendar", "override", str(DUE), "--off", "--reason", "台风停工"),
    ("policy", "adopt", "POLICY"),
    ("meeting", "record", "--series", "weekly", "--at", "2026-03-02 09:00", "--title", "工作例会"),
    ("meeting", "series", "weekly", "--rule", "每周一上午"),
    ("briefing", "record", "--series", "简报", "--no", "1", "--title", "第一期", "--date", "2021-03-31"),
    ("audit", "forget", "1", "--reason", "原件收回", *BY),
    ("paper", "void", "香指办督〔2026〕1号", "--reason", "重复", *BY),
    ("notice", "retry"),
)
ON_TEMPORAL = (
    ("task", "open", "--title", "乙事项", *BASIS),
    ("task", "urge", "1", "--yes"),
    ("meeting", "schedule", "--series", "weekly", "--at", f"{DUE} 09:00", "--chair", "leader"),
    ("meeting", "series", "weekly", "--chair", "leader"),
    ("calendar", "override", str(DUE), "--off", "--reason", "台风停工"),
    ("notice", "retry"),
)


@pytest.fixture
def office(tmp_path: Path, own_postgres: Server) -> Iterator[Home]:
    """An office on PostgreSQL with a matter; nothing runs any more."""
    with home_in(tmp_path, {"XMH_DATABASE_URL": own_postgres.new_database()}) as home:
        home.up()
        home.ok("task", "open", "--title", "甲事项", *BASIS, "--instruction", "抓紧", *BY)
        home.down()
        yield home


@pytest.fixture
def slow_wire(own_postgres: Server) -> Iterator[Path]:
    """A folder with a socket of the same server, where each answer takes its time."""
    folder = Path(tempfile.mkdtemp(prefix="xmh-wire-", dir="/tmp"))
    wire = Proxy(folder, own_postgres.folder, delay=1.2)
    yield folder
    wire.close()
    shutil.rmtree(folder)


@pytest.fixture
def silent() -> Iterator[str]:
    """An address where Temporal would be: the connection is taken, and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


EACH = (3, pytest.param(1, marks=pytest.mark.chaos))
"""Each third of the commands, or every one: they differ in what they ask for, not in how they wait."""


def late(home: Home, commands: tuple[tuple[str, ...], ...], env: dict[str, str]) -> list[tuple[object, ...]]:
    """What was not answered in time, or not as an answer looks."""

    def run(words: tuple[str, ...]) -> Answer:
        return home.xmh(*words, "--json", env=env)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(run, commands))
    pairs = list(zip(commands, answers, strict=True))
    assert any(a.code == 5 for _, a in pairs), [(a.code, a.out) for a in answers]
    sound = {0, 2, 3, 4, 5}
    return [
        (c[:2], a.code, round(a.seconds, 1), a.out[-200:])
        for c, a in pairs
        if a.seconds >= WITHIN or a.code not in sound
    ]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("each", EACH)
def test_every_command_that_writes_is_answered_in_time_by_a_log_that_is_slow(
    office: Home, own_postgres: Server, slow_wire: Path, tmp_path: Path, each: int
) -> None:
    office.ok("policy", "export", "-o", tmp_path / "督办规则.toml")
    commands = tuple(
        tuple(str(tmp_path / "督办规则.toml") if w == "POLICY" else w for w in c) for c in ON_THE_LOG[::each]
    )
    slow = office.url.replace(str(own_postgres.folder), str(slow_wire))
    assert late(office, commands, {"XMH_DATABASE_URL": slow}) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("each", EACH)
def test_every_command_that_writes_is_answered_in_time_by_a_temporal_that_says_nothing(
    office: Home, silent: str, each: int
) -> None:
    assert late(office, ON_TEMPORAL[::each], {"XMH_TEMPORAL_ADDRESS": silent}) == []
