"""反馈 windows: when the next report is owed, by pace and working calendar."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from domain.calendar import WorkCalendar, at_office, local_date, next_month
from domain.facts import Pace, Window
from domain.terms import Rhythm

HALF_A_DAY = timedelta(hours=3, minutes=30)
HORIZON_DAYS = 800
"""A calendar without a working day for so long is a mistake, not a holiday."""
_SUNDAY = 6
_PARTS = {"plan": "谋划", "land": "落实"}


def next_window(
    pace: Pace, after: datetime, calendar: WorkCalendar, closes: time, judged: Collection[str] = ()
) -> Window | None:
    """The first window that closes after the instant and leaves at least half a day to write.

    A period without a working day (the week of 春节) has no window, and one already judged has no second. `once` has
    none: its only date is the limit. A pace that ends (一日一调度) has none after its end.
    """
    for period in _periods(pace, local_date(after), calendar):
        if period.closing is None or period.key in judged:
            continue
        if pace.until is not None and period.closing > pace.until:
            return None
        instant = at_office(period.closing, closes)
        spare = instant - after if pace.every_day else calendar.working_time(after, instant)
        if instant > after and spare >= HALF_A_DAY:
            return Window(key=period.key, opens=after, closes=instant)
    return None


def closing_of(window: Window, pace: Pace, calendar: WorkCalendar, closes: time) -> datetime | None:
    """When the window closes by today's calendar (a typhoon may have moved it); unchanged if nothing fits.

    None when nobody works in its period any more: then it is not owed.
    """
    for period in _periods(pace, local_date(window.opens), calendar):
        if period.key == window.key:
            return None if period.closing is None else at_office(period.closing, closes)
        if period.first > local_date(window.closes):
            break
    return window.closes


def period_end(key: str) -> date:
    """The last day of the period a window's key names: 2022-W10, 2022-W10-plan, 2022-03-07, 2022-03, 2022-Q1."""
    year, _, rest = key.partition("-")
    if rest.startswith("W"):
        return date.fromisocalendar(int(year), int(rest[1:].partition("-")[0]), 7)
    if rest.startswith("Q"):
        return _month_end(date(int(year), int(rest[1:]) * 3, 1))
    month, _, day = rest.partition("-")
    return date(int(year), int(month), int(day)) if day else _month_end(date(int(year), int(month), 1))


def window_label(key: str) -> str:
    """The key as people say it: 2022年第10周, 2022年第10周谋划, 2022年3月7日."""
    year, _, rest = key.partition("-")
    if rest.startswith("W"):
        week, _, part = rest.partition("-")
        return f"{year}年第{int(week[1:])}周{_PARTS.get(part, '')}"
    if rest.startswith("Q"):
        return f"{year}年第{rest[1:]}季度"
    month, _, day = rest.partition("-")
    return f"{year}年{int(month)}月{int(day)}日" if day else f"{year}年{int(month)}月"


class _Period(NamedTuple):
    """A stretch of days that asks for one report, and the day it is owed; none when nobody works then."""

    key: str
    first: date
    closing: date | None


def _periods(pace: Pace, day: date, calendar: WorkCalendar) -> Iterator[_Period]:
    """The period holding `day` and those that follow."""
    if pace.rhythm is Rhythm.ONCE:
        return
    end = day + timedelta(days=HORIZON_DAYS)
    while day < end:
        key, first, last = _stretch(pace.rhythm, day)
        if pace.every_day:
            yield _Period(key, first, first)
        elif pace.rhythm is Rhythm.PLAN_AND_LAND:
            yield from _plan_and_land(key, first, last, calendar)
        else:
            closing = calendar.last_workday_on_or_before(last)
            yield _Period(key, first, closing if closing >= first else None)
        day = last + timedelta(days=1)


def _plan_and_land(week: str, monday: date, sunday: date, calendar: WorkCalendar) -> Iterator[_Period]:
    """一周一谋划、一周一落实: a plan on a week's first working day, a landing on its last; one day lands."""
    first, last = calendar.first_workday_on_or_after(monday), calendar.last_workday_on_or_before(sunday)
    if first < last:
        yield _Period(f"{week}-plan", monday, first)
    yield _Period(f"{week}-land", monday, last if first <= last else None)


def _stretch(rhythm: Rhythm, day: date) -> tuple[str, date, date]:
    match rhythm:
        case Rhythm.DAILY | Rhythm.ONCE:
            return day.isoformat(), day, day
        case Rhythm.WEEKLY | Rhythm.PLAN_AND_LAND:
            iso = day.isocalendar()
            monday = day - timedelta(days=iso.weekday - 1)
            return f"{iso.year}-W{iso.week:02d}", monday, monday + timedelta(days=_SUNDAY)
        case Rhythm.MONTHLY:
            first = day.replace(day=1)
            return f"{day:%Y-%m}", first, _month_end(first)
        case Rhythm.QUARTERLY:
            quarter = (day.month - 1) // 3
            first = date(day.year, quarter * 3 + 1, 1)
            return f"{day.year}-Q{quarter + 1}", first, _month_end(date(day.year, quarter * 3 + 3, 1))


def _month_end(day: date) -> date:
    return next_month(day) - timedelta(days=1)
