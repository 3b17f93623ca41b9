"""A year without a scenario: drawn from the seed, whatever the list."""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from domain.base import Refusal
from domain.matter import Matter
from eventlog import reading
from eventlog.verify import verify
from simulation.ordinary import first_day, last_day
from simulation.run import simulate_year
from tests.intake.conftest import Sheets
from tests.simulation.test_year import Unprinted

LIST = (
    ("序号", "任务", "要点", "牵头单位", "配合单位", "完成时限", "依据"),
    ("一", "建成社区公园一期", "完成土建；2023年3月31日", "建设局", "环境局", "2023-06-15", "2023年工作计划"),
    ("二", "编制排水专项规划", "", "环境局", "建设局", "2023-04-28", "2023年工作计划"),
)
UNITS = (("编号", "名称", "层级", "督办对象"), ("u-js", "建设局", "区", "是"), ("u-hj", "环境局", "区", "是"))
LEADER = ("p-l", "陈远", "office", "领导")
PEOPLE = (
    ("编号", "姓名", "单位", "角色"),
    LEADER,
    ("p-js", "林青", "u-js", "联络员"),
    ("p-hj", "何平", "u-hj", "单位负责人"),
)


def office(folder: Path, without: tuple[str, ...] = ()) -> Path:
    """A folder of a small office without a scenario, and without one of its people."""
    people = tuple(p for p in PEOPLE if p != without)
    books: dict[str, Sheets] = {"任务清单": {"任务清单": LIST}, "通讯录": {"单位": UNITS, "人员": people}}
    for name, sheets in books.items():
        book = Workbook()
        book.remove(book.worksheets[0])
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        book.save(folder / f"{name}.xlsx")
    return folder


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="session")
async def test_a_list_without_a_scenario_is_played_to_its_end(tmp_path: Path) -> None:
    done = await simulate_year(office(tmp_path), tmp_path / "home", 2023, seed=5, prints=Unprinted())
    matters = [s.state for s in reading.matter_states(done.database) if isinstance(s.state, Matter)]
    assert not done.refused
    assert [m.title for m in matters if m.ended] == [row[1] for row in LIST[1:]]
    assert verify(done.database).ok
    events = Counter(e.type for e in reading.read_all(done.database, 0, 10_000))
    assert events["ReceiptSigned"] == len(matters)
    assert events["FeedbackSubmitted"] > 20
    assert [number for number, _ in done.briefings] == [
        f"2023-{month:02}-{day}" for month, day in enumerate((31, 28, 31, 28, 31, 30, 31, 31, 28, 31, 30, 29), start=1)
    ]


@pytest.mark.parametrize(("without", "told"), [(LEADER, "没有领导"), (PEOPLE[2], "建设局没有联络员")])
@pytest.mark.asyncio(loop_scope="session")
async def test_an_office_that_could_not_act_is_told_so_before_the_year_begins(
    tmp_path: Path, without: tuple[str, ...], told: str
) -> None:
    with pytest.raises(Refusal, match=re.escape(told)):
        await simulate_year(office(tmp_path, without), tmp_path / "home", 2023, prints=Unprinted())


@pytest.mark.parametrize("year", range(2018, 2030))
def test_a_year_begins_and_ends_on_no_weekend(year: int) -> None:
    assert first_day(year).weekday() < 5
    assert last_day(year).weekday() < 5
    assert date(year, 1, 10) <= first_day(year) < date(year, 1, 13)
    assert date(year, 12, 28) < last_day(year) <= date(year, 12, 31)
