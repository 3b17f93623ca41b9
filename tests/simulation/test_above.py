"""The city above a simulated year, and the years played beside it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.base import Refusal
from domain.founding import FIRST, Headquarters
from domain.office import CalendarYearPublished
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.headquarters import all_headquarters, settings_of
from services.press import press_by
from services.transfers import transfers
from settings import Settings
from simulation.above import CITY_OFFICE, CityAbove, new_log, settings_of_year, simulated_log
from simulation.beside import Beside, Playing, planned_headquarters
from simulation.scenario import PlannedAnswer, PlannedTransfer

EXAMPLE = Path(__file__).parents[2] / "examples" / "xiangmihu-2022"
CITY = Headquarters(code="SZ", name="市重点片区建设总指挥部", city=True)
BEGAN = datetime(2022, 1, 10, 1, tzinfo=UTC)
SENT = datetime(2022, 6, 16, 7, tzinfo=UTC)
ANSWERED = datetime(2022, 7, 4, 2, tzinfo=UTC)


def planned(direction: str) -> PlannedTransfer:
    answer = PlannedAnswer(on=date(2022, 7, 4), text="已列入8月专题审查")
    return PlannedTransfer(
        on=date(2022, 6, 16),
        direction=direction,
        title=f"{direction}一件",
        text="请协调",
        due=date(2022, 7, 15),
        answer=answer,
    )


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Database]:
    with new_log(Settings(home=tmp_path), FIRST, BEGAN, "sha256") as database:
        yield database


@pytest.mark.parametrize("direction", ["上报", "下达"])
def test_what_goes_between_the_two_is_in_both_logs_on_the_days_of_the_year(
    first: Database, tmp_path: Path, direction: str
) -> None:
    below = Settings(home=tmp_path)
    new_log(settings_of(below, "SZ"), CITY, BEGAN, "sha256").close()
    above, told = CityAbove(below, "SZ", "sha256"), planned(direction)
    above.send(first, told, None, CITY_OFFICE, SENT)
    above.answer(first, told, None, CITY_OFFICE, ANSWERED)
    with simulated_log(settings_of(below, "SZ"), "sha256") as city:
        for log in (first, city):
            (known,) = transfers(log)
            assert (known.settled, known.answer, known.on) == (True, "已列入8月专题审查", date(2022, 6, 16))
            assert {e.recorded_at for e in reading.read_stream(log, known.stream)} == {SENT, ANSWERED}
            assert verify(log).ok
    assert [one.code for one in all_headquarters(tmp_path)] == ["XMH", "SZ"]


def test_a_year_keeps_to_its_home_whatever_log_and_store_the_machine_works_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XMH_STORE", str(tmp_path / "share"))
    monkeypatch.setenv("XMH_DATABASE_URL", "postgresql://office.example/log")
    monkeypatch.setenv("XMH_DATABASE_URL_FILE", str(tmp_path / "url"))
    for code, home in (("XMH", tmp_path / "home"), ("SZ", tmp_path / "home/headquarters/SZ")):
        own = settings_of_year(tmp_path / "home", code)
        assert own.store_place == home
        assert own.database == f"sqlite:///{home / 'events.db'}"
        assert press_by(own).home == home


def test_a_log_of_the_year_is_founded_in_the_year(first: Database) -> None:
    events = reading.read_all(first)
    assert {e.recorded_at for e in events} == {BEGAN}
    assert CalendarYearPublished.__name__ in {e.type for e in events}


def test_the_example_has_a_city_and_a_headquarters_with_a_plan_beside_it() -> None:
    city, beside = planned_headquarters(EXAMPLE)
    assert (city.city, city.plan) == (True, None)
    assert beside.plan is not None
    assert (EXAMPLE / beside.plan / "任务清单.xlsx").exists()
    assert planned_headquarters(EXAMPLE / beside.plan) == ()


def test_a_year_beside_that_came_to_no_end_says_whose_and_why(tmp_path: Path) -> None:
    told = Beside(
        headquarters=Headquarters(code="HG", name="皇岗口岸片区建设指挥部"),
        plan=tmp_path / "nowhere",
        installation=tmp_path / "home",
        year=2022,
        seed=1,
        algorithm="sha256",
    )
    with pytest.raises(Refusal, match=r"皇岗口岸片区建设指挥部（HG）的一年没有办完：.*通讯录"):
        Playing(told).left()
