"""What landed builds left behind comes forward: migrated, verified, read, taken over, its histories replayed.

Each fixture is a home as the build at that commit left it after `down` (`make.py`), one for each form of the log that
landed; what a later build would write proves nothing, so none is ever made anew.
"""

import re
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eventlog.schema import REVISIONS, SchemaState
from tests.support.served import Home
from tests.support.temporal import DevServer

HOMES = sorted((Path(__file__).parents[1] / "fixtures").glob("home-*.tar.xz"))
RUNNING = 5
"""Workflows at least in each: four matters in progress, and what serves the headquarters."""
MADE = datetime(2026, 11, 30, 3, tzinfo=UTC)
"""A clock before this has the fixtures in its future, and rightly refuses to add to them."""
NAMES = [path.name.removesuffix(".tar.xz") for path in HOMES]
IN_EVERY_RUN = "home-0007"
every = pytest.mark.parametrize("landed", HOMES, ids=NAMES, indirect=True)
some = pytest.mark.parametrize(
    "landed",
    [
        pytest.param(p, id=n, marks=() if n.startswith(IN_EVERY_RUN) else pytest.mark.chaos)
        for p, n in zip(HOMES, NAMES, strict=True)
    ],
    indirect=True,
)


@pytest.fixture
def landed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """The home a build left behind, where it now lies."""
    home = Home(tmp_path / "home")
    home.path.mkdir(mode=0o700)
    with tarfile.open(request.param) as archive:
        archive.extractall(home.path, filter="data")
    try:
        yield home
    finally:
        home.kill_all()


def tables(request: pytest.FixtureRequest) -> int:
    (number,) = re.findall(r"home-(\d{4})-", request.node.name)
    return int(number)


def test_every_form_of_the_log_that_landed_is_here() -> None:
    forms = [int(name.split("-")[1]) for name in NAMES]
    assert forms == [4, 6, 7, 9, 14, 20, 25, 29, 35, 36]


@every
def test_an_upgrade_says_what_it_will_do_and_does_it(landed: Home, request: pytest.FixtureRequest) -> None:
    steps = len(REVISIONS) - tables(request)
    check = landed.ok("upgrade", "--check")
    assert (check["ok"], check["steps"]) == (True, steps)
    assert check["schema"] == (SchemaState.BEHIND if steps else SchemaState.CURRENT).value
    landed.ok("migrate")
    assert landed.ok("upgrade", "--check")["steps"] == 0
    done = [row["said"] for row in landed.ok("audit", "operations")["events"] if row["type"] == "SchemaMigrated"]
    assert [line.startswith(f"从第 {tables(request):04} 版到第 {REVISIONS[-1]} 版") for line in done] == [True] * bool(
        steps
    )
    assert landed.ok("audit", "verify")["problems"] == []
    assert len(landed.ok("task", "list")["matters"]) == 6
    timeline = [entry["text"] for entry in landed.ok("task", "show", "1")["timeline"]]
    assert any("抢抓工期，每周报我。" in text for text in timeline), "its secrets open"


@some
@pytest.mark.timeout(120)
def test_the_histories_in_its_temporal_replay(landed: Home, tmp_path: Path) -> None:
    """Asked of the build that is to take over, while the server of then runs, as the operator is told to."""
    server = DevServer(tmp_path, database=landed.path / "temporal.db")
    server.start()
    try:
        landed.env["XMH_TEMPORAL_ADDRESS"] = server.address
        check = landed.ok("upgrade", "--check")
    finally:
        server.stop()
    assert (check["ok"], check["problems"]) == (True, [])
    assert check["replayed"] >= RUNNING


@some
@pytest.mark.slow
@pytest.mark.timeout(120)
def test_its_matters_go_on_under_this_build(landed: Home) -> None:
    """`up` migrates and works on the file of Temporal's that lay there; nothing of it has to begin anew."""
    if datetime.now(UTC) < MADE:
        pytest.skip("this machine's clock stands before the fixtures were made")
    landed.up()
    problems = landed.here("doctor", "--json").json["problems"]
    assert [problem for problem in problems if problem["code"].startswith("matters_")] == []
    who = landed.ok("org", "list")
    shown = landed.ok("task", "show", "2")
    liaison = next(p["id"] for p in who["people"] if p["unit"] == shown["lead"] and p["role"] == "liaison")
    answer = landed.ok("task", "report", "2", "--text", "继续推进", "--progress", "40", "--as", liaison)
    assert answer["version"] == shown["version"] + 1
    landed.down()
    assert landed.ok("audit", "verify")["problems"] == []
