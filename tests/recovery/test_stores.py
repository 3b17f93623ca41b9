"""Temporal's store lost, or either store put back from an older copy, under a stopped home."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.calendar import local_date
from eventlog import reading
from eventlog.verify import verify
from tests.recovery.chaos import Desk, away_from_midnight, open_all_day
from tests.support.office import types, until
from tests.support.served import Home, home_in, wait_for

pytestmark = pytest.mark.slow

BASIS = (
    "--basis",
    "2022年工作计划",
    "--basis-kind",
    "任务清单",
    "--basis-no",
    "香指办〔2022〕1号",
    "--approver",
    "leader",
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path) as found:
        found.up()
        with found.log() as log:
            open_all_day(log)
        yield found


def opened(home: Home, title: str) -> str:
    """A matter in progress, due today, with all the clock says at once; its number."""
    due = local_date(datetime.now(UTC)).isoformat()
    number: str = home.ok("task", "open", "--title", title, "--due", due, *BASIS, "--lead", "gengxin")["matter"]
    home.ok("task", "accept", number, "--as", "li")
    wait_for(lambda: "NearDueWarned" in happened(home, number), 20)
    return number


def happened(home: Home, number: str) -> list[str]:
    with home.log() as log:
        (found,) = reading.find_matters(log, number)
        return types(log, found.stream)


def reported(home: Home, number: str) -> int:
    version: int = home.ok("task", "report", number, "--text", "继续推进", "--as", "li")["version"]
    return version


def doctors_codes(home: Home) -> set[str]:
    said: dict[str, Any] = home.here("doctor", "--json").json
    return {finding["code"] for finding in (*said["problems"], *said["notices"])}


async def every_timer_fires(home: Home) -> None:
    """The office closes soon, and with it the limit of every matter passes."""
    with home.log() as log:
        streams = [head.stream for head in reading.open_streams(log, "matter")]
        assert streams
        desk = Desk(home, log)
        await desk.close_office_in(4)
        assert await (await desk.gateway()).wake_open_matters() == len(streams)
        await until(lambda: all("DueLapsed" in types(log, stream) for stream in streams), 40)
        assert verify(log).problems == ()


@pytest.mark.timeout(120)
async def test_without_temporals_database_all_matters_go_on_from_the_log(home: Home) -> None:
    away_from_midnight(120)
    numbers = [opened(home, title) for title in ("推进主体施工", "完成规划修编", "打通断头路")]
    home.down()
    for file in home.path.glob("temporal.db*"):
        file.unlink()
    home.up()
    found = home.ok("recover")
    assert found["open"] == 3
    assert "healed" in doctors_codes(home)
    assert [reported(home, number) for number in numbers] == [6, 6, 6]
    await every_timer_fires(home)


@pytest.mark.timeout(120)
@pytest.mark.chaos
async def test_an_older_temporal_under_the_log_is_brought_up_to_it_and_named(home: Home) -> None:
    away_from_midnight(120)
    first = opened(home, "推进主体施工")
    home.down()
    copies = [shutil.copy(file, file.with_suffix(f"{file.suffix}.old")) for file in home.path.glob("temporal.db*")]
    home.up()
    second = opened(home, "完成规划修编")
    assert reported(home, first) == 6
    home.down()
    for file in home.path.glob("temporal.db*"):
        if not file.name.endswith(".old"):
            file.unlink()
    for copy in copies:
        shutil.move(copy, str(copy).removesuffix(".old"))
    home.up()
    assert home.ok("recover")["open"] == 2
    assert "healed" in doctors_codes(home)
    assert (reported(home, first), reported(home, second)) == (7, 6)
    await every_timer_fires(home)


@pytest.mark.timeout(120)
async def test_an_older_log_under_temporal_is_named_and_gives_no_number_twice(home: Home) -> None:
    away_from_midnight(120)
    first = opened(home, "推进主体施工")
    home.down()
    old = shutil.copy(home.path / "events.db", home.path / "old.db")
    home.up()
    lost = opened(home, "完成规划修编")
    reported(home, first)
    home.down()
    for file in home.path.glob("events.db*"):
        file.unlink()
    shutil.move(old, home.path / "events.db")
    home.up()
    home.ok("recover")
    assert "log_restored" in doctors_codes(home)
    third = opened(home, "打通断头路")
    assert third not in (first, lost)
    assert reported(home, first) == 6
    await every_timer_fires(home)
