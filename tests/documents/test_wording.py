"""How the office numbers headings, writes the dates of a reason, and sorts by number."""

import pytest

from documents.ledger import number_order
from documents.wording import numeral, reason_with_dates


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


def test_the_thousandth_matter_comes_after_the_last_of_three_digits() -> None:
    numbers = ["XMH-2023-001", "XMH-2022-1000", "XMH-2022-999", "XMH-2022-002"]
    assert sorted(numbers, key=number_order) == ["XMH-2022-002", "XMH-2022-999", "XMH-2022-1000", "XMH-2023-001"]
