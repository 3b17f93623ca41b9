"""Dates as people in an office say and type them, and dates as they read them."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta

from domain.base import Refusal
from domain.bounds import plausible, seen
from domain.calendar import next_month

WEEKDAYS = "一二三四五六日"
MOST_SHOWN = 40
"""Characters of what was typed that an error repeats."""
_RELATIVE = {"今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2, "昨天": -1, "昨日": -1, "前天": -2}
_FULL = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MONTH_DAY = re.compile(r"(\d{1,2})(?:月|/|-)(\d{1,2})[日号]?")
_WEEKDAY = re.compile(r"(上|本|这|下|下下)?(?:周|星期|礼拜)([一二三四五六日天])")
_WEEKS = {"上": -1, "本": 0, "这": 0, None: 0, "下": 1, "下下": 2}


def spoken_date(text: str, today: date) -> date:
    """The date people mean by `2022-06-30`, `2022年6月30日`, `6月30日`, `下周五`, `明天`, `月底`.

    A month and day without a year is the next such day from `today` on; a bare weekday is that of this week.

    Raises:
        Refusal: `malformed`, when no date is meant or there is no such day.
    """
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    try:
        day = _parse(plain, today)
    except ValueError:
        raise Refusal(f"没有“{_shown(text)}”这一天，请写成 2022-06-30", "malformed") from None
    if day is None:
        raise Refusal(f"看不懂日期“{_shown(text)}”，请写成 2022-06-30、6月30日或下周五", "malformed")
    return plausible(day)


def _shown(text: str) -> str:
    return seen(text)[:MOST_SHOWN]


def spoken_past_date(text: str, today: date) -> date:
    """The past date people mean: `7月29日` typed in November is last July's, `周五` last Friday.

    A date whose year is told stays as it is told, so that whoever asks can refuse it.

    Raises:
        Refusal: `malformed`, when no date is meant or there is no such day.
    """
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    if match := _MONTH_DAY.fullmatch(plain):
        month, day = map(int, match.groups())
        return _last(month, day, today, text)
    past = spoken_date(text, today)
    if (match := _WEEKDAY.fullmatch(plain)) and match[1] is None and past > today:
        return past - timedelta(weeks=1)
    return past


def _last(month: int, day: int, today: date, text: str) -> date:
    """The last such day; 29 February may be years ago."""
    for year in range(today.year, today.year - 9, -1):
        try:
            past = date(year, month, day)
        except ValueError:
            continue
        if past <= today:
            return past
    raise Refusal(f"没有“{text}”这一天，请写成 2022-06-30", "malformed")


def _parse(plain: str, today: date) -> date | None:
    if match := _FULL.fullmatch(plain):
        year, month, day = map(int, match.groups())
        return date(year, month, day)
    if match := _MONTH_DAY.fullmatch(plain):
        month, day = map(int, match.groups())
        this_year = date(today.year, month, day)
        return this_year if this_year >= today else date(today.year + 1, month, day)
    if match := _WEEKDAY.fullmatch(plain):
        week, name = match.groups()
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(weeks=_WEEKS[week], days=WEEKDAYS.index("日" if name == "天" else name))
    if plain in ("月底", "本月底"):
        return next_month(today) - timedelta(days=1)
    return today + timedelta(days=_RELATIVE[plain]) if plain in _RELATIVE else None


_MOMENT = re.compile(
    r"(?P<day>.*?[日号一二三四五六天\d今明后])T?(?P<half>上午|下午|晚上)?(?P<clock>\d{1,2}:\d{2}(?::\d{2})?|\d{1,2}[点时]半?)?"
)
_HALVES = {None: time(9, 0), "上午": time(9, 30), "下午": time(15, 0), "晚上": time(19, 30)}
_NOON = 12


def spoken_moment(text: str, today: date, *, past: bool = False) -> tuple[date, time]:
    """The day and time meant by `2022-03-31T09:30`, `3月31日 9:30`, `下周四上午`, `明天下午3点半`; 9:00 by default.

    With `past` the day is one that has been (`spoken_past_date`).

    Raises:
        Refusal: `malformed`, when no such moment is meant.
    """
    narrow = unicodedata.normalize("NFKC", text).strip().removesuffix("+08:00")
    # A blank before the clock keeps 31 and 9:30 apart.
    plain = re.sub(r"\s+(?=\d{1,2}[:点时])", "T", narrow).replace(" ", "")
    match = _MOMENT.fullmatch(plain)
    if match is None:
        raise Refusal(f"看不懂时间“{_shown(text)}”，请写成 2022-03-31T09:30 或 3月31日9:30、下周四上午", "malformed")
    try:
        day = (spoken_past_date if past else spoken_date)(match["day"], today)
        return day, _clock(match["half"], match["clock"])
    except ValueError:
        raise Refusal(f"没有“{_shown(text)}”这个时刻", "malformed") from None


def _clock(half: str | None, clock: str | None) -> time:
    if clock is None:
        return _HALVES[half]
    hour, _, minute = clock.rstrip("半").replace("点", ":").replace("时", ":").partition(":")
    minutes = 30 if clock.endswith("半") else int(minute.partition(":")[0] or 0)
    hours = int(hour) + (_NOON if half in ("下午", "晚上") and int(hour) < _NOON else 0)
    return time(hours, minutes)


def said_date(day: date) -> str:
    """A date as people read it, `2022-06-30（星期四）`: echoed so that a slip is seen."""
    return f"{day:%Y-%m-%d}（星期{WEEKDAYS[day.weekday()]}）"


def said_date_or_moment(meant: str) -> str:
    """A day or a moment in ISO form as people read it, with its weekday."""
    if len(meant) == len("2022-06-30"):
        return said_date(date.fromisoformat(meant))
    moment = datetime.fromisoformat(meant)
    return f"{said_date(moment.date())} {moment:%H:%M}"
