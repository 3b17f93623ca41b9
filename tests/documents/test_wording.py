"""How the office numbers headings, writes the dates of a reason, and sorts by number."""

from datetime import date

import pytest

from documents.wording import light_reason, numeral, period_in_words, printed_reason, reason_with_dates
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


@pytest.mark.parametrize(
    ("reason", "printed"),
    [
        ("黄:要点1已过今日节点，共2个要点滞后", "要点1当日到期未完成，共2个要点滞后"),
        ("红:已过今日办结时限", "当日到期未办结"),
        ("蓝:今日到期", "当日到期"),
        ("黄:漏报2022年第8周反馈", "漏报第8周反馈"),
        ("灰:暂缓至2023-04-29（待上级批复）", "暂缓至2023年4月29日（待上级批复）"),
    ],
)
def test_a_paper_is_read_on_another_day_than_the_light_was_told(reason: str, printed: str) -> None:
    assert printed_reason(Lit(light=Light.YELLOW, reason=reason), 2022) == printed


@pytest.mark.parametrize(
    ("since", "until", "called"),
    [
        (date(2022, 1, 1), date(2022, 12, 31), "2022年"),
        (date(2022, 4, 1), date(2022, 6, 30), "2022年第二季度"),
        (date(2022, 2, 1), date(2022, 2, 28), "2022年2月"),
        (date(2022, 2, 1), date(2022, 4, 30), "2022年2月1日至4月30日"),
        (date(2022, 10, 1), date(2022, 12, 29), "2022年10月1日至12月29日"),
        (date(2022, 5, 1), date(2022, 5, 1), "2022年5月1日"),
    ],
)
def test_a_month_a_quarter_and_a_year_have_a_name(since: date, until: date, called: str) -> None:
    assert period_in_words(since, until) == called


def test_the_thousandth_matter_comes_after_the_last_of_three_digits() -> None:
    numbers = ["XMH-2023-001", "XMH-2022-1000", "XMH-2022-999", "XMH-2022-002"]
    assert sorted(numbers, key=number_order) == ["XMH-2022-002", "XMH-2022-999", "XMH-2022-1000", "XMH-2023-001"]
