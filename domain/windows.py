"""反馈 windows: when the next report is owed, by rhythm and working calendar."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from domain.calendar import WorkCalendar, at_office, local_date
from domain.facts import Window
from domain.terms import Rhythm

HALF_A_DAY = timedelta(hours=3, minutes=30)
HORIZON_DAYS = 800
"""A calendar without a working day for so long is a mistake, not a holiday."""


def next_window(rhythm: Rhythm, after: datetime, calendar: WorkCalendar, closes: time) -> Window | None:
    """The first window that closes after the instant and leaves at least half a working day to write.

    A period without a working day (the week of 春节) has no window. `once` has none: its only date is the limit.
    """
    if rhythm is Rhythm.ONCE:
        return None
    for key, first, last in _periods(rhythm, local_date(after)):
        closing_day = calendar.last_workday_on_or_before(last)
        if closing_day < first:
            continue
        instant = at_office(closing_day, closes)
        if instant > after and calendar.working_time(after, instant) >= HALF_A_DAY:
            return Window(key=key, opens=after, closes=instant)
    return None


def following_window(window: Window, rhythm: Rhythm, calendar: WorkCalendar, closes: time) -> Window | None:
    """The window after this one; it opens the moment this one closes, so that none is lost and none doubled."""
    return next_window(rhythm, window.closes, calendar, closes)


def closing_of(window: Window, rhythm: Rhythm, calendar: WorkCalendar, closes: time) -> datetime:
    """When the window closes by today's calendar (a typhoon may have moved it); unchanged if nothing fits."""
    for key, first, last in _periods(rhythm, local_date(window.opens)):
        if key == window.key:
            day = calendar.last_workday_on_or_before(last)
            return at_office(day, closes) if day >= first else window.closes
        if first > local_date(window.closes):
            break
    return window.closes


def window_containing(rhythm: Rhythm, day: date) -> str:
    """The key of the period a day belongs to: 2022-03-07, 2022-W10, 2022-03 or 2022-Q1."""
    return next(_periods(rhythm, day))[0]


def window_label(key: str) -> str:
    """The key as people say it: 2022年第10周."""
    year, _, rest = key.partition("-")
    if rest.startswith("W"):
        return f"{year}年第{int(rest[1:])}周"
    if rest.startswith("Q"):
        return f"{year}年第{rest[1:]}季度"
    month, _, day = rest.partition("-")
    return f"{year}年{int(month)}月{int(day)}日" if day else f"{year}年{int(month)}月"


def _periods(rhythm: Rhythm, day: date) -> Iterator[tuple[str, date, date]]:
    """(key, first day, last day) of the period holding `day` and of those that follow."""
    end = day + timedelta(days=HORIZON_DAYS)
    while day < end:
        key, first, last = _period(rhythm, day)
        yield key, first, last
        day = last + timedelta(days=1)


def _period(rhythm: Rhythm, day: date) -> tuple[str, date, date]:
    match rhythm:
        case Rhythm.DAILY | Rhythm.ONCE:
            return day.isoformat(), day, day
        case Rhythm.WEEKLY:
            iso = day.isocalendar()
            monday = day - timedelta(days=iso.weekday - 1)
            return f"{iso.year}-W{iso.week:02d}", monday, monday + timedelta(days=6)
        case Rhythm.MONTHLY:
            first = day.replace(day=1)
            return f"{day:%Y-%m}", first, _month_end(first)
        case Rhythm.QUARTERLY:
            quarter = (day.month - 1) // 3
            first = date(day.year, quarter * 3 + 1, 1)
            return f"{day.year}-Q{quarter + 1}", first, _month_end(date(day.year, quarter * 3 + 3, 1))


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
