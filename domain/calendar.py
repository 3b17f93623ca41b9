"""The working calendar: which days the office works, and how working time is counted.

The calendar is a value. It knows two things only: the exceptional days of the years somebody published (the yearly
holiday notice of the 国务院办公厅: weekdays off, and Saturdays and Sundays worked instead, 调休), and the days an
office overrode since (a typhoon stop). A year nobody published is counted Monday to Friday and `is_provisional` says
so (暂定): statutory holidays are never guessed, because the make-up days that go with them cannot be.

Every count is a difference of two running totals, found by arithmetic on whole weeks and a bisection in the
exceptional days, so that a count over years costs as little as one over a week.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, field_validator, model_validator

from domain.base import Frozen

SHANGHAI = ZoneInfo("Asia/Shanghai")

_ONE_DAY = timedelta(days=1)
_NO_TIME = timedelta()
_SATURDAY = 5


def next_month(day: date) -> date:
    """The first day of the month after the day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a shorter month."""
    first = day.replace(day=1)
    for _ in range(months):
        first = next_month(first)
    return first.replace(day=min(day.day, (next_month(first) - _ONE_DAY).day))


def local_date(instant: datetime) -> date:
    """The office's date at an instant.

    Raises:
        ValueError: for a time without zone, which would silently be read in the zone of the machine.
    """
    return _at_the_office(instant).date()


def to_minute(instant: datetime) -> datetime:
    """The instant to the minute: what the office sets and reads; seconds would only look exact."""
    return instant.replace(second=0, microsecond=0)


@lru_cache(maxsize=4096)  # every light asks when the office opens and closes on some day: few days, many matters
def at_office(day: date, clock: time) -> datetime:
    """The instant (UTC) at which the office's clock shows `clock` on `day`."""
    return datetime.combine(day, clock, SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last instant of an office day."""
    return at_office(day + timedelta(days=1), time(0)) - timedelta(microseconds=1)


def _at_the_office(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return instant.astimezone(SHANGHAI)


class PublishedYear(Frozen):
    """A year's exceptional days as the 国务院办公厅 announced them; every other day follows its weekday.

    `off` holds Mondays to Fridays not worked, `work` Saturdays and Sundays worked (调休), both within `year` (a notice
    that reaches into the year before is published as two years). Order and repetition do not matter: both are sorted.
    """

    year: int
    source: str
    off: tuple[date, ...]
    work: tuple[date, ...]

    @field_validator("off", "work")
    @classmethod
    def _in_order(cls, days: tuple[date, ...]) -> tuple[date, ...]:
        return tuple(sorted(set(days)))

    @model_validator(mode="after")
    def _exceptional_days_of_this_year(self) -> Self:
        for day in (*self.off, *self.work):
            if day.year != self.year:
                raise ValueError(f"{day} 不在 {self.year} 年内")
        for day in self.off:
            if day.weekday() >= _SATURDAY:
                raise ValueError(f"{day} 本是周末，不必列为放假")
        for day in self.work:
            if day.weekday() < _SATURDAY:
                raise ValueError(f"{day} 本是周一至周五，不必列为调休上班")
        return self


class DayOverride(Frozen):
    """One day decided otherwise than published, e.g. a typhoon stop (台风停工)."""

    day: date
    workday: bool
    reason: str


class OfficeHours(Frozen):
    """The hours of a working day, on the office's clock. A session includes its opening, not its closing."""

    morning_opens: time = time(9)
    morning_closes: time = time(12)
    afternoon_opens: time = time(14)
    afternoon_closes: time = time(18)

    @model_validator(mode="after")
    def _in_sequence(self) -> Self:
        morning_first = self.morning_opens < self.morning_closes <= self.afternoon_opens
        if not (morning_first and self.afternoon_opens < self.afternoon_closes):
            raise ValueError("办公时间应依次为上午上班、上午下班、下午上班、下午下班")
        return self

    @property
    def morning(self) -> timedelta:
        """How long the morning is."""
        return _span(self.morning_opens, self.morning_closes)

    @property
    def afternoon(self) -> timedelta:
        """How long the afternoon is."""
        return _span(self.afternoon_opens, self.afternoon_closes)

    @property
    def a_day(self) -> timedelta:
        """Working time of one working day: 7 hours by default."""
        return self.morning + self.afternoon


def _span(opens: time, closes: time) -> timedelta:
    return datetime.combine(date.min, closes) - datetime.combine(date.min, opens)


class _Index(NamedTuple):
    """Exceptional days ready for look-up: as sets for one day, as sorted ordinals for counting."""

    published: frozenset[int]
    off: frozenset[date]
    work: frozenset[date]
    off_ordinals: tuple[int, ...]
    work_ordinals: tuple[int, ...]


class WorkCalendar(Frozen):
    """The office's calendar: published years, overrides and office hours.

    A year published again replaces its earlier publication; of two overrides of one day the later holds.
    """

    model_config = ConfigDict(ignored_types=(cached_property,))

    years: tuple[PublishedYear, ...] = ()
    overrides: tuple[DayOverride, ...] = ()
    hours: OfficeHours = OfficeHours()
    changed: str = ""
    """What its newest event did, in words."""

    @cached_property
    def _index(self) -> _Index:
        years = {published.year: published for published in self.years}
        off = {day for published in years.values() for day in published.off}
        work = {day for published in years.values() for day in published.work}
        for override in self.overrides:
            off.discard(override.day)
            work.discard(override.day)
            on_weekend = override.day.weekday() >= _SATURDAY
            if override.workday and on_weekend:
                work.add(override.day)
            if not override.workday and not on_weekend:
                off.add(override.day)
        return _Index(frozenset(years), frozenset(off), frozenset(work), _ordinals(off), _ordinals(work))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, but the copy builds its own index (pydantic copies cached values along)."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("_index", None)
        return copied

    # Days

    def is_published(self, year: int) -> bool:
        """Whether somebody published the holidays of `year`."""
        return year in self._index.published

    def is_provisional(self, day: date) -> bool:
        """暂定: nobody published the year of `day`, so its holidays and make-up days are still unknown."""
        return day.year not in self._index.published

    def is_workday(self, day: date) -> bool:
        """Whether the office works on `day`."""
        index = self._index
        return day in index.work or (day.weekday() < _SATURDAY and day not in index.off)

    def why_counted(self, day: date) -> str:
        """Why the office works on `day` or not: whose notice or decision names it, else its weekday."""
        override = next((o for o in reversed(self.overrides) if o.day == day), None)
        if override is not None:
            return override.reason
        year = next((y for y in reversed(self.years) if y.year == day.year), None)
        weekend = day.weekday() >= _SATURDAY
        if year is not None and day in (year.work if weekend else year.off):
            return f"{'调休上班' if weekend else '放假'}（{year.source}）"
        return "周末" if weekend else "工作日"

    def add_workdays(self, day: date, n: int) -> date:
        """The `n`-th working day after `day` (before it when negative); `day` itself when `n` is 0.

        The first day does not count (民法典 art. 201: 按照年、月、日计算期间的，开始的当日不计入，自下一日开始计算).
        """
        forwards = n > 0
        while n:
            # A stretch of n days holds at most n working days, so the jump never goes too far; the last jump consists
            # of working days only and so ends on one. Backwards the days counted are [ahead, day).
            ahead = day + timedelta(days=n)
            n -= self.workdays_between(day, ahead) if forwards else -self._workdays_from(ahead, day)
            day = ahead
        return day

    def workdays_between(self, a: date, b: date) -> int:
        """Working days in (a, b]: `a` does not count, `b` does (民法典 art. 201). Negative when `b` is before `a`."""
        return self._workdays_until(b) - self._workdays_until(a)

    def last_workday_on_or_before(self, day: date) -> date:
        """`day` when the office works then, else the working day before it."""
        return day if self.is_workday(day) else self.add_workdays(day, -1)

    def first_workday_on_or_after(self, day: date) -> date:
        """`day` when the office works then, else the next working day.

        民法典 art. 203: 期间的最后一日是法定休假日的，以法定休假日结束的次日为期间的最后一日.
        """
        return day if self.is_workday(day) else self.add_workdays(day, 1)

    def _workdays_from(self, first: date, before: date) -> int:
        return self._workdays_until(before - _ONE_DAY) - self._workdays_until(first - _ONE_DAY)

    def _workdays_until(self, day: date) -> int:
        """Working days from 0001-01-01 (a Monday, ordinal 1) to `day` inclusive."""
        index = self._index
        ordinal = day.toordinal()
        weeks, rest = divmod(ordinal, 7)
        weekdays = weeks * _SATURDAY + min(rest, _SATURDAY)
        return weekdays - bisect_right(index.off_ordinals, ordinal) + bisect_right(index.work_ordinals, ordinal)

    # Hours

    def opens(self, day: date) -> datetime:
        """The instant the office opens on `day`, were it a working day."""
        return at_office(day, self.hours.morning_opens)

    def closes(self, day: date) -> datetime:
        """The instant the office closes on `day`, were it a working day."""
        return at_office(day, self.hours.afternoon_closes)

    def is_working(self, instant: datetime) -> bool:
        """Whether `instant` lies in office hours of a working day. The closing instant does not."""
        local = _at_the_office(instant)
        hours = self.hours
        clock = local.time()
        morning = hours.morning_opens <= clock < hours.morning_closes
        afternoon = hours.afternoon_opens <= clock < hours.afternoon_closes
        return (morning or afternoon) and self.is_workday(local.date())

    def next_working(self, instant: datetime) -> datetime:
        """`instant` itself in office hours, else the next opening (lunch is closed)."""
        local = _at_the_office(instant)
        if self.is_working(instant):
            return instant.astimezone(UTC)
        day = local.date()
        if self.is_workday(day):
            for opening in (self.hours.morning_opens, self.hours.afternoon_opens):
                if local.time() < opening:
                    return at_office(day, opening)
        return self.opens(self.add_workdays(day, 1))

    def add_working_time(self, start: datetime, span: timedelta) -> datetime:
        """The instant at which `span` of working time has passed since `start`.

        One working day is `hours.a_day` (7 h), not 24 h. A span used up exactly at a closing ends there, not at the
        next opening. No span ends where it starts; a negative one is counted backwards.
        """
        day, elapsed = self._place(start, forwards=span > _NO_TIME)
        days, rest = divmod(elapsed + span, self.hours.a_day)
        if span == _NO_TIME:
            return start.astimezone(UTC)
        if span > _NO_TIME and rest == _NO_TIME:
            days, rest = days - 1, self.hours.a_day
        return self._instant(self.add_workdays(day, days), rest, at_closing=span > _NO_TIME)

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; negative when `end` is before `start`."""
        first, before = self._place(start, forwards=True)
        last, after = self._place(end, forwards=True)
        return self.workdays_between(first, last) * self.hours.a_day + after - before

    def _place(self, instant: datetime, *, forwards: bool) -> tuple[date, timedelta]:
        """The working day `instant` belongs to and how much of it has passed.

        A day off belongs to the start of the next working day, or backwards to the end of the last one.
        """
        local = _at_the_office(instant)
        day = local.date()
        if self.is_workday(day):
            return day, self._elapsed(local)
        return (self.add_workdays(day, 1), _NO_TIME) if forwards else (self.add_workdays(day, -1), self.hours.a_day)

    def _elapsed(self, local: datetime) -> timedelta:
        """Working time passed since the opening of a working day."""
        clock, hours = local.time(), self.hours
        morning = _span(hours.morning_opens, min(max(clock, hours.morning_opens), hours.morning_closes))
        afternoon = _span(hours.afternoon_opens, min(max(clock, hours.afternoon_opens), hours.afternoon_closes))
        return morning + afternoon

    def _instant(self, day: date, elapsed: timedelta, *, at_closing: bool) -> datetime:
        """The instant on a working day at which `elapsed` has passed; over lunch that is its start or its end."""
        morning = self.hours.morning
        in_the_morning = elapsed <= morning if at_closing else elapsed < morning
        if in_the_morning:
            return self.opens(day) + elapsed
        return at_office(day, self.hours.afternoon_opens) + (elapsed - morning)


def _ordinals(days: Iterable[date]) -> tuple[int, ...]:
    return tuple(sorted(day.toordinal() for day in days))
