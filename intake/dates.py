"""Dates as people write them in cells: taken when they can mean one day only."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache

from domain.base import Refusal
from domain.bounds import FIRST_YEAR, LAST_YEAR
from intake.sheets import as_text
from intake.xlsx import Value

_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PARTS = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
)
_MIDNIGHT = re.compile(r"[T ]?0{1,2}:00(:00(\.0+)?)?$")
_SERIALS = range(36526, 73051)
_HOW = "请写成 2022-06-30 的样子"
Spoken = Callable[[str], date]
"""Understands a day as people say it (6月30日, 年底), or raises `Refusal` or `ValueError`."""


def as_date(value: Value) -> date:
    """The one date a cell can mean.

    Taken: true dates, ISO text, `2022年6月30日`, `2022/6/30`, `2022.6.30`, `20220630`, and the day number a date turns
    into when its cell loses its format. Anything that could be read in two ways, or on no calendar, is not.

    Raises:
        ValueError: with the Chinese line to show.
    """
    match value:
        case datetime():
            if value.time() != time():
                raise ValueError(f"“{value:%Y-%m-%d %H:%M}”带有时刻，时限按日计，{_HOW}")
            return _plausible(value.date())
        case date():
            return _plausible(value)
        case int() if value in _SERIALS and not isinstance(value, bool):
            return date.fromordinal(value - 25569 + date(1970, 1, 1).toordinal())
        case _:
            return _date_of_text(as_text(value))


def meant(value: Value, spoken: Spoken) -> date:
    """A full date as it stands; a text that is none as people say it.

    Raises:
        ValueError: it is no day, with the line for a full date.
    """
    try:
        return as_date(value)
    except ValueError:
        if not isinstance(value, str):
            raise
        try:
            return spoken(value)
        except Refusal:
            return as_date(value)


@lru_cache(maxsize=1024)
def _date_of_text(text: str) -> date:
    shown = text if len(text) <= 20 else f"{text[:20]}…"  # noqa: PLR2004
    plain = _MIDNIGHT.sub("", unicodedata.normalize("NFKC", text)).replace(" ", "")
    match = _COMPACT.fullmatch(plain) or _PARTS.fullmatch(plain)
    if match is None:
        raise ValueError(f"“{shown}”不是明确的日期，{_HOW}")
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        written = date(year, month, day)
    except ValueError:
        raise ValueError(f"“{shown}”这一天不存在，{_HOW}") from None
    return _plausible(written)


def _plausible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"“{day}”的年份不在 {FIRST_YEAR}–{LAST_YEAR} 之间，{_HOW}")
    return day
