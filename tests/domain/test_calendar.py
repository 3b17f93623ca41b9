"""The working calendar: facts of 2021 and 2022 from the 国务院办公厅 notices, and what must hold on any day."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import PrivateAttr, ValidationError

from domain.calendar import (
    SHANGHAI,
    DayOverride,
    OfficeHours,
    PublishedYear,
    WorkCalendar,
    at_office,
    local_date,
)


def days(year: int, *month_days: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(f"{year}-{month_day}") for month_day in month_days)


# 国务院办公厅关于2021年部分节假日安排的通知（国办发明电〔2020〕27号）
NOTICE_2021 = PublishedYear(
    year=2021,
    source="国办发明电〔2020〕27号",
    off=days(
        2021,
        *("01-01", "02-11", "02-12", "02-15", "02-16", "02-17", "04-05", "05-03", "05-04", "05-05", "06-14"),
        *("09-20", "09-21", "10-01", "10-04", "10-05", "10-06", "10-07"),
    ),
    work=days(2021, "02-07", "02-20", "04-25", "05-08", "09-18", "09-26", "10-09"),
)
# 国务院办公厅关于2022年部分节假日安排的通知（国办发明电〔2021〕11号）
NOTICE_2022 = PublishedYear(
    year=2022,
    source="国办发明电〔2021〕11号",
    off=days(
        2022,
        *("01-03", "01-31", "02-01", "02-02", "02-03", "02-04", "04-04", "04-05", "05-02", "05-03", "05-04"),
        *("06-03", "09-12", "10-03", "10-04", "10-05", "10-06", "10-07"),
    ),
    work=days(2022, "01-29", "01-30", "04-02", "04-24", "05-07", "10-08", "10-09"),
)
CALENDAR = WorkCalendar(years=(NOTICE_2021, NOTICE_2022))
DAY = CALENDAR.hours.a_day


def at(day: str, clock: str) -> datetime:
    return at_office(date.fromisoformat(day), time.fromisoformat(clock))


# Days


def test_the_working_years_have_as_many_days_as_the_notices_say() -> None:
    assert CALENDAR.workdays_between(date(2020, 12, 31), date(2021, 12, 31)) == 250
    assert CALENDAR.workdays_between(date(2021, 12, 31), date(2022, 12, 31)) == 249


def test_make_up_saturday_counts_as_a_working_day_before_the_2021_ground_breaking() -> None:
    assert CALENDAR.is_workday(date(2021, 2, 20))
    assert CALENDAR.workdays_between(date(2021, 2, 7), date(2021, 2, 24)) == 9


def test_eight_working_days_from_before_the_2021_spring_festival_end_with_the_ground_breaking() -> None:
    assert CALENDAR.add_workdays(date(2021, 2, 8), 8) == date(2021, 2, 24)


def test_the_first_day_does_not_count() -> None:
    assert CALENDAR.add_workdays(date(2022, 6, 6), 1) == date(2022, 6, 7)
    assert CALENDAR.workdays_between(date(2022, 6, 6), date(2022, 6, 6)) == 0


def test_no_working_days_added_is_the_same_day_even_on_a_holiday() -> None:
    assert CALENDAR.add_workdays(date(2022, 10, 1), 0) == date(2022, 10, 1)


def test_one_working_day_after_friday_is_monday_and_before_monday_is_friday() -> None:
    assert CALENDAR.add_workdays(date(2022, 6, 10), 1) == date(2022, 6, 13)
    assert CALENDAR.add_workdays(date(2022, 6, 13), -1) == date(2022, 6, 10)


def test_working_days_count_backwards_over_national_day() -> None:
    assert CALENDAR.add_workdays(date(2022, 10, 10), -3) == date(2022, 9, 30)
    assert CALENDAR.workdays_between(date(2022, 10, 10), date(2022, 9, 30)) == -3


def test_a_limit_falling_on_a_holiday_can_be_moved_to_the_nearest_working_day() -> None:
    assert CALENDAR.last_workday_on_or_before(date(2022, 10, 5)) == date(2022, 9, 30)
    assert CALENDAR.first_workday_on_or_after(date(2022, 10, 5)) == date(2022, 10, 8)
    assert CALENDAR.last_workday_on_or_before(date(2022, 10, 9)) == date(2022, 10, 9)


def test_a_typhoon_stop_takes_the_day_out() -> None:
    typhoon = DayOverride(day=date(2021, 10, 13), workday=False, reason="台风“圆规”全市停工")
    stopped = WorkCalendar(years=(NOTICE_2021,), overrides=(typhoon,))
    assert not stopped.is_workday(date(2021, 10, 13))
    assert stopped.add_workdays(date(2021, 10, 12), 1) == date(2021, 10, 14)
    assert stopped.add_working_time(at("2021-10-12", "17:00"), timedelta(hours=2)) == at("2021-10-14", "10:00")


def test_an_override_beats_the_published_notice_and_the_later_override_the_earlier() -> None:
    def ruling(workday: bool) -> DayOverride:
        return DayOverride(day=date(2021, 2, 20), workday=workday, reason="抢工")

    assert not WorkCalendar(years=(NOTICE_2021,), overrides=(ruling(False),)).is_workday(date(2021, 2, 20))
    assert WorkCalendar(years=(NOTICE_2021,), overrides=(ruling(False), ruling(True))).is_workday(date(2021, 2, 20))
    holiday = DayOverride(day=date(2021, 2, 16), workday=True, reason="开工前集中办公")
    assert WorkCalendar(years=(NOTICE_2021,), overrides=(holiday,)).is_workday(date(2021, 2, 16))


def test_a_year_published_again_replaces_its_first_publication() -> None:
    amended = PublishedYear(year=2021, source="更正", off=NOTICE_2021.off, work=())
    assert not WorkCalendar(years=(NOTICE_2021, amended)).is_workday(date(2021, 2, 20))


def test_a_year_nobody_published_is_counted_monday_to_friday_and_says_so() -> None:
    assert not CALENDAR.is_published(2027)
    assert CALENDAR.is_provisional(date(2027, 10, 1))
    assert CALENDAR.is_workday(date(2027, 10, 1))
    assert not CALENDAR.is_workday(date(2027, 10, 2))
    assert not CALENDAR.is_provisional(date(2022, 10, 1))


@pytest.mark.parametrize(
    ("off", "work", "words"),
    [
        (("02-12", "02-13"), (), "本是周末"),
        ((), ("02-19",), "本是周一至周五"),
    ],
)
def test_a_publication_lists_exceptional_days_only(off: tuple[str, ...], work: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        PublishedYear(year=2021, source="x", off=days(2021, *off), work=days(2021, *work))


def test_a_publication_lists_days_of_its_own_year_only() -> None:
    with pytest.raises(ValidationError, match="不在 2021 年内"):
        PublishedYear(year=2021, source="x", off=(date(2022, 1, 3),), work=())


# Hours


def test_the_office_day_is_seven_hours_with_a_closed_lunch() -> None:
    assert timedelta(hours=7) == DAY
    assert CALENDAR.opens(date(2022, 6, 6)) == datetime(2022, 6, 6, 1, 0, tzinfo=UTC)
    assert CALENDAR.closes(date(2022, 6, 6)) == datetime(2022, 6, 6, 10, 0, tzinfo=UTC)
    for clock, open_ in (("08:59", False), ("09:00", True), ("12:00", False), ("13:59", False), ("17:59", True)):
        assert CALENDAR.is_working(at("2022-06-06", clock)) is open_
    assert not CALENDAR.is_working(at("2022-06-06", "18:00"))
    assert not CALENDAR.is_working(at("2022-06-05", "10:00"))


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        (("2022-06-06", "10:30"), ("2022-06-06", "10:30")),
        (("2022-06-06", "07:00"), ("2022-06-06", "09:00")),
        (("2022-06-06", "12:00"), ("2022-06-06", "14:00")),
        (("2022-06-06", "18:00"), ("2022-06-07", "09:00")),
        (("2022-06-10", "20:00"), ("2022-06-13", "09:00")),
        (("2022-09-30", "18:00"), ("2022-10-08", "09:00")),
    ],
)
def test_the_next_working_instant(instant: tuple[str, str], opening: tuple[str, str]) -> None:
    assert CALENDAR.next_working(at(*instant)) == at(*opening)


def test_lunch_does_not_count() -> None:
    assert CALENDAR.add_working_time(at("2022-06-06", "11:00"), timedelta(hours=2)) == at("2022-06-06", "15:00")
    assert CALENDAR.working_time(at("2022-06-06", "11:00"), at("2022-06-06", "15:00")) == timedelta(hours=2)


def test_a_span_used_up_at_closing_ends_there() -> None:
    assert CALENDAR.add_working_time(at("2022-06-06", "09:00"), timedelta(hours=3)) == at("2022-06-06", "12:00")
    assert CALENDAR.add_working_time(at("2022-06-06", "09:00"), DAY) == at("2022-06-06", "18:00")


def test_a_start_after_half_past_five_runs_on_the_next_working_morning() -> None:
    assert CALENDAR.add_working_time(at("2022-06-06", "17:45"), timedelta(hours=1)) == at("2022-06-07", "09:45")


def test_a_start_on_friday_evening_runs_from_monday_morning() -> None:
    assert CALENDAR.add_working_time(at("2022-06-10", "21:00"), timedelta(hours=2)) == at("2022-06-13", "11:00")


def test_a_start_on_the_eve_of_a_make_up_saturday_runs_on_the_saturday() -> None:
    assert CALENDAR.add_working_time(at("2021-02-19", "18:00"), timedelta(hours=2)) == at("2021-02-20", "11:00")


def test_one_working_day_is_not_twenty_four_hours() -> None:
    assert CALENDAR.add_working_time(at("2022-06-06", "10:00"), DAY) == at("2022-06-07", "10:00")
    assert CALENDAR.add_working_time(at("2022-06-06", "10:00"), timedelta(hours=24)) == at("2022-06-09", "15:00")
    assert CALENDAR.working_time(at("2022-06-06", "10:00"), at("2022-06-07", "10:00")) == DAY


def test_no_time_passes_over_a_holiday() -> None:
    assert CALENDAR.working_time(at("2022-09-30", "18:00"), at("2022-10-08", "09:00")) == timedelta()


def test_working_time_is_counted_backwards_too() -> None:
    assert CALENDAR.add_working_time(at("2022-06-13", "10:00"), -timedelta(hours=2)) == at("2022-06-10", "17:00")
    assert CALENDAR.add_working_time(at("2022-06-12", "10:00"), -DAY) == at("2022-06-10", "09:00")
    assert CALENDAR.working_time(at("2022-06-13", "10:00"), at("2022-06-10", "17:00")) == -timedelta(hours=2)


def test_other_office_hours_change_the_length_of_a_day() -> None:
    hours = OfficeHours(
        morning_opens=time(8, 30), morning_closes=time(12), afternoon_opens=time(13, 30), afternoon_closes=time(18)
    )
    summer = WorkCalendar(years=(NOTICE_2022,), hours=hours)
    assert hours.a_day == timedelta(hours=8)
    assert summer.opens(date(2022, 6, 6)) == at("2022-06-06", "08:30")


def test_office_hours_out_of_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="办公时间"):
        OfficeHours(morning_closes=time(15))


def test_the_office_date_is_not_the_utc_date() -> None:
    assert local_date(datetime(2022, 6, 6, 16, 30, tzinfo=UTC)) == date(2022, 6, 7)
    assert at_office(date(2022, 6, 7), time(0, 30)) == datetime(2022, 6, 6, 16, 30, tzinfo=UTC)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_date(datetime(2022, 6, 6))  # noqa: DTZ001


# The value


def test_a_calendar_survives_json_and_equals_itself_after_use() -> None:
    used = WorkCalendar(
        years=(NOTICE_2021, NOTICE_2022),
        overrides=(DayOverride(day=date(2021, 10, 13), workday=False, reason="台风"),),
    )
    assert used.is_workday(date(2021, 2, 20))
    read = WorkCalendar.model_validate_json(used.model_dump_json())
    assert read == used
    assert hash(read) == hash(used)
    assert read.model_dump_json() == used.model_dump_json()


def test_an_edited_copy_forgets_what_the_original_had_looked_up() -> None:
    assert CALENDAR.is_workday(date(2022, 8, 10))
    override = DayOverride(day=date(2022, 8, 10), workday=False, reason="台风“木兰”")
    assert not CALENDAR.model_copy(update={"overrides": (override,)}).is_workday(date(2022, 8, 10))
    assert CALENDAR.is_workday(date(2022, 8, 10))


class CountedCalendar(WorkCalendar):
    """Notes each look at the index."""

    _looks: list[date] = PrivateAttr(default_factory=list)

    def _workdays_until(self, day: date) -> int:
        self._looks.append(day)
        return super()._workdays_until(day)

    def looks(self, n: int) -> int:
        self._looks.clear()
        self.add_workdays(date(2022, 6, 6), n)
        return len(self._looks)


def test_adding_ten_years_of_working_days_jumps_and_does_not_walk() -> None:
    calendar = CountedCalendar.model_validate(CALENDAR.model_dump())
    assert calendar.looks(1) == 2
    a_year, ten_years = calendar.looks(250), calendar.looks(2500)
    assert ten_years <= a_year + 8, "ten times the days are a few jumps more, not ten times as many"
    assert calendar.looks(-2500) <= ten_years + 8


# What must hold on any day

ANY_DAY = st.dates(date(2020, 1, 1), date(2023, 12, 31))
ANY_INSTANT = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    datetime(2023, 12, 31),  # noqa: DTZ001
    timezones=st.just(SHANGHAI),
)
SPAN = st.timedeltas(timedelta(), timedelta(hours=700))


@given(ANY_DAY, st.integers(-300, 300).filter(bool))
def test_adding_working_days_ends_on_a_working_day_that_many_away(day: date, n: int) -> None:
    end = CALENDAR.add_workdays(day, n)
    assert CALENDAR.is_workday(end)
    if n > 0:
        assert CALENDAR.workdays_between(day, end) == n
    else:
        # Backwards the days are those of [end, day).
        assert sum(CALENDAR.is_workday(end + timedelta(days=i)) for i in range((day - end).days)) == -n


@given(ANY_DAY, st.integers(0, 400))
def test_counting_working_days_equals_looking_at_each(day: date, length: int) -> None:
    end = day + timedelta(days=length)
    one_by_one = sum(CALENDAR.is_workday(day + timedelta(days=i + 1)) for i in range(length))
    assert CALENDAR.workdays_between(day, end) == one_by_one
    assert CALENDAR.workdays_between(end, day) == -one_by_one


@given(ANY_INSTANT, SPAN)
def test_adding_working_time_is_undone_by_measuring_it(start: datetime, span: timedelta) -> None:
    end = CALENDAR.add_working_time(start, span)
    assert CALENDAR.working_time(start, end) == span
    assert end >= start


@given(ANY_INSTANT, SPAN)
def test_taking_working_time_away_is_undone_by_measuring_it(start: datetime, span: timedelta) -> None:
    end = CALENDAR.add_working_time(start, -span)
    assert CALENDAR.working_time(end, start) == span
    assert end <= start


@given(ANY_INSTANT, SPAN, SPAN)
def test_adding_working_time_twice_is_adding_it_at_once(start: datetime, first: timedelta, second: timedelta) -> None:
    at_once = CALENDAR.add_working_time(start, first + second)
    in_steps = CALENDAR.add_working_time(CALENDAR.add_working_time(start, first), second)
    assert CALENDAR.working_time(at_once, in_steps) == timedelta()


@given(ANY_INSTANT, ANY_INSTANT, SPAN)
def test_a_later_start_never_ends_earlier(one: datetime, other: datetime, span: timedelta) -> None:
    early, late = sorted((one, other))
    assert CALENDAR.add_working_time(early, span) <= CALENDAR.add_working_time(late, span)


@given(ANY_INSTANT, SPAN, SPAN)
def test_a_longer_span_never_ends_earlier(start: datetime, one: timedelta, other: timedelta) -> None:
    short, long = sorted((one, other))
    assert CALENDAR.add_working_time(start, short) <= CALENDAR.add_working_time(start, long)


@given(ANY_INSTANT)
def test_the_next_working_instant_is_working_and_no_working_time_lies_before_it(instant: datetime) -> None:
    opening = CALENDAR.next_working(instant)
    assert CALENDAR.is_working(opening)
    assert opening >= instant
    assert CALENDAR.working_time(instant, opening) == timedelta()
