"""First content of the working calendar: published years taken from the `chinesecalendar` package.

A seed only. What holds is what was published into the log; the package's data changes with its releases.
"""

from datetime import date, timedelta
from functools import cache
from importlib.metadata import version

from chinese_calendar import is_workday

from domain.base import refuse_always
from domain.calendar import PublishedYear

_SATURDAY = 5


def seed_years(first: int, last: int) -> tuple[PublishedYear, ...]:
    """The published years of the working calendar from `first` to `last`, both included.

    Raises:
        Refusal: for a year whose holidays the package does not know (`calendar_unpublished`).
    """
    return tuple(_published(year) for year in range(first, last + 1))


@cache
def _published(year: int) -> PublishedYear:
    release = version("chinesecalendar")
    first = date(year, 1, 1)
    length = (date(year + 1, 1, 1) - first).days
    try:
        worked = {day: bool(is_workday(day)) for day in (first + timedelta(days=n) for n in range(length))}
    except NotImplementedError:
        refuse_always(
            f"{year}年放假安排尚无数据（chinesecalendar {release} 不含该年），"
            "请待国务院办公厅通知公布后用 xmh calendar publish 发布",
            code="calendar_unpublished",
        )
    return PublishedYear(
        year=year,
        source=f"国务院办公厅{year}年部分节假日安排通知（chinesecalendar {release}）",
        off=tuple(day for day, works in worked.items() if not works and day.weekday() < _SATURDAY),
        work=tuple(day for day, works in worked.items() if works and day.weekday() >= _SATURDAY),
    )
