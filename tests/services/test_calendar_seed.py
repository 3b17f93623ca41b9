"""The seed of the calendar, checked day by day against an independent source."""

from datetime import date, timedelta
from importlib.metadata import version

import holidays
import pytest

from domain.base import Refusal
from domain.calendar import WorkCalendar
from services.calendar_seed import seed_years

FIRST, LAST = 2004, 2026
# chinesecalendar has this Saturday off; holidays has it worked, as a make-up day for 2006-01-03 (very likely right).
KNOWN_DIFFERENCE = date(2005, 12, 31)


def test_the_seed_agrees_with_holidays_on_every_day_but_one() -> None:
    calendar = WorkCalendar(years=seed_years(FIRST, LAST))
    other = holidays.country_holidays("CN", years=range(FIRST, LAST + 1))
    length = (date(LAST + 1, 1, 1) - date(FIRST, 1, 1)).days
    every_day = [date(FIRST, 1, 1) + timedelta(days=n) for n in range(length)]
    assert [day for day in every_day if calendar.is_workday(day) != other.is_working_day(day)] == [KNOWN_DIFFERENCE]


def test_the_seed_of_2022_has_its_seven_make_up_days_and_names_its_source() -> None:
    (year,) = seed_years(2022, 2022)
    assert [f"{day:%m-%d}" for day in year.work] == ["01-29", "01-30", "04-02", "04-24", "05-07", "10-08", "10-09"]
    assert len(year.off) == 18
    assert version("chinesecalendar") in year.source


def test_a_year_nobody_published_is_refused_by_name() -> None:
    with pytest.raises(Refusal, match="2027年放假安排尚无数据") as refused:
        seed_years(2026, 2027)
    assert refused.value.code == "calendar_unpublished"
    assert "\n" not in refused.value.message
