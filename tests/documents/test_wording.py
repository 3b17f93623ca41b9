"""How the office numbers headings, writes the dates of a reason, and sorts by number."""

import pytest

from documents.wording import light_reason, numeral, reason_with_dates
from domain.lights import Lit
from domain.numbering import number_order
from domain.terms import Light


@pytest.mark.parametrize(
    ("n", "said"),
    [(1, "一"), (9, "九"), (10, "十"), (11, "十一"), (19, "十九"), (20, "二十"), (21, "二十一"), (99, "九十九")],
)
def test_headings_are_numbered_as_they_are_counted(n: int, said: str) -> None:
    assert numeral(n) == said


def test_the_dates_of_a_reason_are_written_as_the_office_writes_them() -> None:
    assert (
        reason_with_dates("逾期满10个工作日未办结（时限 2022-12-15）", 2022) == "逾期满10个工作日未办结（时限12月15日）"
    )
    assert reason_with_dates("暂缓至2023-04-29（待上级批复）", 2022) == "暂缓至2023年4月29日（待上级批复）"


@pytest.mark.parametrize("now", ["要点1已过今日节点，共2个要点滞后", "要点1已过节点，共2个要点滞后"])
def test_a_point_passed_since_the_last_working_day_is_late_by_no_number(now: str) -> None:
    lit = Lit(light=Light.YELLOW, reason=f"黄:{now}")
    assert light_reason(lit) == now
    assert light_reason(lit, former=True) == "要点1已过节点0个工作日，共2个要点滞后", "printed again as it was"
    days = Lit(light=Light.YELLOW, reason="黄:要点1已过节点3个工作日")
    assert light_reason(days, former=True) == light_reason(days) == "要点1已过节点3个工作日"


def test_the_thousandth_matter_comes_after_the_last_of_three_digits() -> None:
    numbers = ["XMH-2023-001", "XMH-2022-1000", "XMH-2022-999", "XMH-2022-002"]
    assert sorted(numbers, key=number_order) == ["XMH-2022-002", "XMH-2022-999", "XMH-2022-1000", "XMH-2023-001"]
