"""长期 and 定期 matters: without an end, judged period by period, ended only by a leader's or meeting's decision.

`Matter.due` is the last working day of the running period; when it has passed the period is judged and the next one
runs. So every light, reminder and list that looks at a limit looks at the period's.
"""

from datetime import date, datetime, timedelta

from domain.base import Frozen, Term
from domain.calendar import WorkCalendar, local_date, next_month

_SUNDAY, _DECEMBER = 7, 12


class PeriodLength(Term):
    """How long one period of such a matter is."""

    WEEK = "week", "每周"
    MONTH = "month", "每月"
    QUARTER = "quarter", "每季"
    YEAR = "year", "每年"


STANDING = "长期"
"""What an office says of a matter without an end whose period nobody named: it is judged every quarter."""


def period_named(words: str) -> PeriodLength | None:
    """The length of period an office's words name: 每月, 每季度, 长期; None when they name none."""
    if words == STANDING:
        return PeriodLength.QUARTER
    return PeriodLength.from_label(words.removesuffix("度"))


class PeriodResult(Term):
    """What a period came to."""

    DONE = "done", "完成"
    PARTLY = "partly", "未全部完成"
    NONE = "none", "未开展"


class JudgedPeriod(Frozen):
    """One period that ended, and what the office made of it if it judged otherwise."""

    key: str
    ended_on: date
    result: PeriodResult
    reason: str | None = None
    """Why the office judged otherwise than what was reported."""


class RunningPeriod(Frozen):
    """The period that runs: what is reported from `since` on is of it."""

    key: str
    since: datetime
    due: date


def running_period(period: PeriodLength, day: date, since: datetime, calendar: WorkCalendar) -> RunningPeriod:
    """The first period that has working time left on `day` or later, and after `since`.

    On the evening of its last working day a period is over: whoever is given the matter then can report nothing in it.
    """
    while True:
        key, first, last = _stretch(period, day)
        due = calendar.last_workday_on_or_before(last)
        if due >= max(first, day) and calendar.closes(due) > since:
            return RunningPeriod(key=key, since=since, due=due)
        day = last + timedelta(days=1)


def period_key(period: PeriodLength, day: date) -> str:
    """The key of the period a day is in."""
    return _stretch(period, day)[0]


def next_period(period: PeriodLength, key: str, since: datetime, calendar: WorkCalendar) -> RunningPeriod:
    """The period after the one of that key; of periods that passed meanwhile, the one of the moment."""
    after = _last_day(period, key) + timedelta(days=1)
    return running_period(period, max(after, local_date(since)), since, calendar)


def closing_day(period: PeriodLength, key: str, calendar: WorkCalendar) -> date:
    """The last working day of a period by today's calendar."""
    return calendar.last_workday_on_or_before(_last_day(period, key))


def period_label(key: str) -> str:
    """2022年第10周, 2022年3月, 2022年第1季度, 2022年."""
    year, _, rest = key.partition("-")
    if not rest:
        return f"{year}年"
    if rest.startswith("W"):
        return f"{year}年第{int(rest[1:])}周"
    return f"{year}年第{rest[1:]}季度" if rest.startswith("Q") else f"{year}年{int(rest)}月"


def unmet_in_row(judged: tuple[JudgedPeriod, ...]) -> int:
    """How many of the newest periods in a row were not done."""
    count = 0
    for period in reversed(judged):
        if period.result is PeriodResult.DONE:
            break
        count += 1
    return count


def _stretch(period: PeriodLength, day: date) -> tuple[str, date, date]:
    match period:
        case PeriodLength.WEEK:
            iso = day.isocalendar()
            monday = day - timedelta(days=iso.weekday - 1)
            return f"{iso.year}-W{iso.week:02d}", monday, monday + timedelta(days=6)
        case PeriodLength.MONTH:
            first = day.replace(day=1)
            return f"{day:%Y-%m}", first, next_month(first) - timedelta(days=1)
        case PeriodLength.QUARTER:
            quarter = (day.month - 1) // 3
            first = date(day.year, quarter * 3 + 1, 1)
            last = next_month(date(day.year, quarter * 3 + 3, 1)) - timedelta(days=1)
            return f"{day.year}-Q{quarter + 1}", first, last
        case PeriodLength.YEAR:
            return str(day.year), date(day.year, 1, 1), date(day.year, _DECEMBER, 31)


def _last_day(period: PeriodLength, key: str) -> date:
    year, _, rest = key.partition("-")
    if period is PeriodLength.WEEK:
        return date.fromisocalendar(int(year), int(rest[1:]), _SUNDAY)
    months = {PeriodLength.MONTH: rest, PeriodLength.QUARTER: rest[1:]}
    times = 3 if period is PeriodLength.QUARTER else 1
    month = int(months[period]) * times if period in months else _DECEMBER
    return _stretch(period, date(int(year), month, 1))[2]
