"""会期: what a series' rule calls for, moved to working days by the calendar."""

from datetime import date, time

import pytest

from domain.base import Refusal
from domain.meetings.series import (
    DEFAULT_SERIES,
    MonthlyRule,
    WeeklyRule,
    meetings_called_for,
    rule_in_words,
    spoken_rule,
)
from tests.support.life import CALENDAR

LAST_THURSDAY = spoken_rule("每月最后一个工作周的周四上午")


def days(rule: MonthlyRule | WeeklyRule, first: date, last: date) -> list[date]:
    return [o.day for o in meetings_called_for(rule, first, last, CALENDAR)]


def test_the_last_working_thursday_of_every_month_of_2022() -> None:
    assert days(LAST_THURSDAY, date(2022, 1, 1), date(2022, 12, 31)) == [
        date(2022, 1, 27),
        date(2022, 2, 24),
        date(2022, 3, 31),
        date(2022, 4, 28),
        date(2022, 5, 26),
        date(2022, 6, 30),
        date(2022, 7, 28),
        date(2022, 8, 25),
        date(2022, 9, 29),
        date(2022, 10, 27),
        date(2022, 11, 24),
        date(2022, 12, 29),
    ]


def test_a_weekly_meeting_on_a_holiday_moves_within_its_week_and_a_week_without_work_has_none() -> None:
    mondays = days(spoken_rule("每周一9:00"), date(2022, 1, 24), date(2022, 2, 13))
    assert mondays == [date(2022, 1, 24), date(2022, 2, 7)]
    qingming = days(spoken_rule("每周二上午"), date(2022, 4, 4), date(2022, 4, 10))
    assert qingming == [date(2022, 4, 6)]


def test_of_two_working_days_equally_near_the_earlier_is_taken() -> None:
    # Thursday 2022-06-02 works; a Friday rule meets 端午 on 06-03.
    assert days(spoken_rule("每周五15:00"), date(2022, 5, 30), date(2022, 6, 5)) == [date(2022, 6, 2)]


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        (
            "每月最后一个工作周的周四上午",
            MonthlyRule(week=-1, weekday=3, at=time(9, 30)),
            "每月最后一个工作周的周四09:30",
        ),
        ("每月第二个工作周周三下午", MonthlyRule(week=2, weekday=2, at=time(15, 0)), "每月第二个工作周的周三15:00"),
        ("每周一上午", WeeklyRule(weekday=0, at=time(9, 30)), "每周一09:30"),
        ("每周五 16：00", WeeklyRule(weekday=4, at=time(16, 0)), "每周五16:00"),
    ],
)
def test_rules_are_read_as_people_write_them(text: str, rule: MonthlyRule | WeeklyRule, said: str) -> None:
    assert spoken_rule(text) == rule
    assert rule_in_words(rule) == said


@pytest.mark.parametrize("text", ["每月", "每月周四", "每周", "每周八", "每周一25:00", "有空就开"])
def test_a_rule_that_means_nothing_is_malformed(text: str) -> None:
    with pytest.raises(Refusal) as told:
        spoken_rule(text)
    assert told.value.code == "malformed"


def test_counters_are_never_merged_and_two_names_of_one_series_are_one() -> None:
    names = [s.name for s in DEFAULT_SERIES]
    assert len(names) == len(set(names))
    expert = next(s for s in DEFAULT_SERIES if s.id == "expert")
    assert "专家研讨会" in expert.aliases
    assert {s.counter for s in DEFAULT_SERIES if s.id in ("weekly", "office")} == {"工作例会及办公会"}
    assert len({s.counter for s in DEFAULT_SERIES}) == len(DEFAULT_SERIES) - 1


def test_a_week_that_is_off_but_for_a_saturday_made_up_has_its_meeting_then() -> None:
    first = spoken_rule("每月第1周的周一上午")
    assert days(first, date(2022, 10, 1), date(2022, 10, 31)) == [date(2022, 10, 8)]
    assert days(first, date(2022, 11, 1), date(2022, 11, 30)) == [date(2022, 11, 7)]
