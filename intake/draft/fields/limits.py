"""Deadlines and rhythms: a phrase becomes a day by the working calendar, or a rhythm, or stays a phrase."""

import calendar as months
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.calendar import WorkCalendar, next_month
from domain.terms import Rhythm
from intake.dates import as_date
from intake.draft.model import StatedLimit
from intake.draft.rules import deadlines
from intake.draft.rules.rule import TextRule
from intake.draft.text import Span, View

_DIGITS = {char: n for n, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "O": 0, "两": 2}
_PARTS = {"上旬": 10, "中旬": 20, "初": 10}
_PLANS = {"三": 2020, "四": 2025, "五": 2030, "六": 2035}
_MAY_SAY_WHEN = re.compile(r"[年月日天周季时前内期五Qq]|\d[-/.]\d")
"""Every limit has one of these; most cells of a large table have none."""
_DECEMBER = 12
_TEN = 10
_FRIDAY = 5


@dataclass(frozen=True)
class Times:
    """What a phrase is read against: the plan's year, the day of the document if it has one, the working calendar."""

    year: int
    calendar: WorkCalendar
    written_on: date | None = None

    # One phrase

    def found(self, text: View, *, labelled: bool = False) -> list[StatedLimit]:
        """Every limit in the text, in order; `labelled` text is known to be one."""
        if labelled:
            whole = text.strip(" 。，；")
            for rule in deadlines.IN_A_CELL:
                match = rule.pattern.match(whole.text)
                if match:
                    return [self._deadline(whole, match, rule)]
        if not _MAY_SAY_WHEN.search(text.text):
            return []
        taken: list[tuple[int, int]] = []
        limits: list[StatedLimit] = []
        for rule in (*deadlines.EVERYWHERE, *deadlines.RELATIVE, deadlines.HOLIDAY, deadlines.FEAST):
            for match in rule.pattern.finditer(text.text):
                if all(match.end() <= a or match.start() >= b for a, b in taken):
                    taken.append(match.span())
                    limits.append(self._deadline(text, match, rule))
        return sorted(limits, key=lambda one: one.span)

    def months(self, text: View) -> list[StatedLimit]:
        """The months of a text that nothing marks as limits."""
        rule = deadlines.BARE_MONTH
        return [self._deadline(text, match, rule) for match in rule.pattern.finditer(text.text)]

    def of_cell(self, value: object, shown: View) -> list[StatedLimit]:
        """The limit in a cell that may hold a true date."""
        if isinstance(value, int | date | datetime) and not isinstance(value, bool):
            try:
                day = as_date(value)
            except ValueError:
                return []
            return [StatedLimit(written=shown.raw, span=shown.span(), day=day, rule="日期")]
        limits = self.found(shown, labelled=True)
        if limits or deadlines.OPEN_ENDED.pattern.match(shown.text):
            return limits
        return []

    def _deadline(self, text: View, match: re.Match[str], rule: TextRule) -> StatedLimit:
        try:
            means = _MEANING.get(rule.name)
            day = means(self, match) if means else None
        except ValueError:  # 2月30日
            day = None
        part = text.cut(match.start(), match.end())
        return StatedLimit(written=part.raw, span=part.span(), day=day, rule=rule.name)

    # What it means

    def year_of(self, match: re.Match[str]) -> int:
        """The year a phrase names, else the plan's."""
        named = match.groupdict()
        if named.get("year"):
            return _year(named["year"])
        base = self.written_on.year if self.written_on and named.get("rel") else self.year
        return {"明年": base + 1, "次年": base + 1, "来年": base + 1, "去年": base - 1}.get(
            named.get("rel") or "", base
        )

    def last_workday(self, year: int, month: int, day: int | None = None) -> date:
        """The last working day of a stretch that ends in a month, or on a day of it."""
        return self.calendar.last_workday_on_or_before(date(year, month, day or months.monthrange(year, month)[1]))

    def end_of_part(self, year: int, month: int, part: str | None) -> date:
        """The last working day of a month or of its first or second ten days."""
        return self.last_workday(year, month, _PARTS.get(part or ""))


def number(text: str) -> int:
    """A small number in digits or Chinese."""
    if text.isdecimal():
        return int(text)
    before, ten, after = text.partition("十")
    if ten:
        return (_DIGITS[before] if before else 1) * _TEN + (_DIGITS[after] if after else 0)
    return _DIGITS[text]


def _year(text: str) -> int:
    return int("".join(str(_DIGITS.get(char, char)) for char in text))


def _month(match: re.Match[str], key: str = "month") -> int:
    month = number(match[key])
    if not 1 <= month <= _DECEMBER:
        raise ValueError(f"no month {month}")
    return month


def _named_day(times: Times, match: re.Match[str]) -> date:
    return date(times.year_of(match), _month(match), number(match["day"]))


def _month_end(times: Times, match: re.Match[str]) -> date:
    return times.end_of_part(times.year_of(match), _month(match), match["part"])


def _quarter(times: Times, match: re.Match[str]) -> date:
    return times.last_workday(times.year_of(match), number(match["quarter"]) * 3)


def _half(times: Times, match: re.Match[str]) -> date:
    return times.last_workday(times.year_of(match), 6 if match["half"] == "上" else _DECEMBER)


def _year_end(times: Times, match: re.Match[str]) -> date:
    return times.last_workday(times.year_of(match), _DECEMBER)


def _this_month(times: Times, _: re.Match[str]) -> date | None:
    day = times.written_on
    return times.last_workday(day.year, day.month) if day else None


def _next_month(times: Times, match: re.Match[str]) -> date | None:
    if times.written_on is None:
        return None
    first = next_month(times.written_on)
    if match["day"]:
        return first.replace(day=number(match["day"]))
    return times.end_of_part(first.year, first.month, match["part"])


def _weekday(times: Times, match: re.Match[str]) -> date | None:
    if times.written_on is None:
        return None
    monday = times.written_on - timedelta(days=times.written_on.weekday())
    if match["week"] == "下":
        monday += timedelta(weeks=1)
    nth = "一二三四五六日".index((match["weekday"] or "五").replace("天", "日"))
    day = monday + timedelta(days=nth)
    return day if match["weekday"] else times.calendar.last_workday_on_or_before(day)


def _within(times: Times, match: re.Match[str]) -> date | None:
    if times.written_on is None:
        return None
    n, start = number(match["n"]), times.written_on
    match match["unit"]:
        case "工作日":
            return times.calendar.add_workdays(start, n)
        case "周":
            return start + timedelta(weeks=n)
        case "月":
            month = start.month - 1 + n
            year, month = start.year + month // _DECEMBER, month % _DECEMBER + 1
            return date(year, month, min(start.day, months.monthrange(year, month)[1]))
        case "小时":
            return start + timedelta(days=-(-n // 24))
        case _:
            return start + timedelta(days=n)


_FIXED = {"国庆": (9, 30), "十一": (9, 30), "劳动节": (4, 30), "五一": (4, 30), "元旦": (12, 31)}
"""Holidays of the solar calendar: the day before."""
_BETWEEN = {
    "春节": ((1, 17), (2, 25)),
    "除夕": ((1, 17), (2, 25)),
    "清明": ((4, 3), (4, 6)),
    "端午": ((5, 22), (6, 26)),
    "中秋": ((9, 7), (10, 8)),
}
"""Those of the lunar one: within which their day off falls."""


def _before_holiday(times: Times, match: re.Match[str]) -> date | None:
    """The last working day before; the one that comes next after the day of the document, if no year is said."""
    named, year = match["feast"].strip("“”"), times.year_of(match)
    has_year = bool(match["year"] or match["rel"])
    day = _eve(times, named, year - 1 if named == "元旦" and match["year"] else year)
    if day is not None and not has_year and times.written_on is not None and day < times.written_on:
        return _eve(times, named, year + 1)
    return day


def _eve(times: Times, named: str, year: int) -> date | None:
    if named in _FIXED:
        return times.last_workday(year, *_FIXED[named])
    if not times.calendar.is_published(year):
        return None
    first, last = (date(year, *day) for day in _BETWEEN[named])
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if day.isoweekday() <= _FRIDAY and not times.calendar.is_workday(day):
            return times.calendar.last_workday_on_or_before(day - timedelta(days=1))
    return None


_MEANING: dict[str, Callable[[Times, re.Match[str]], date | None]] = {
    "年月日": _named_day,
    "数字日期前": _named_day,
    "年-月-日": _named_day,
    "紧凑": _named_day,
    "月日": _named_day,
    "月.日": _named_day,
    "月区间": _month_end,
    "月底前": _month_end,
    "只写了月份": _month_end,
    "年-月": _month_end,
    "年月": _month_end,
    "季度": _quarter,
    "季度（Q）": _quarter,
    "前三季度": lambda times, match: times.last_workday(times.year_of(match), number(match["quarters"]) * 3),
    "半年": _half,
    "年中": lambda times, match: times.last_workday(times.year_of(match), 6),
    "年底前": _year_end,
    "全年": _year_end,
    "到某年": _year_end,
    "某年前": lambda times, match: times.last_workday(_year(match["year"]) - 1, _DECEMBER),
    "某年完成": _year_end,
    "年": _year_end,
    "五年规划": lambda times, match: times.last_workday(_PLANS[match["plan"]], _DECEMBER),
    "月底前（本月）": _this_month,
    "下月": _next_month,
    "周几前": _weekday,
    "若干日内": _within,
    "节前": _before_holiday,
}
"""What each rule of `rules.deadlines` means; 汛期前 and the like mean nothing that the text alone could tell."""


def rhythms(text: View) -> list[tuple[Rhythm, Span]]:
    """The 反馈周期 (每周、每月 …) that a task of a drafted plan speaks of, the most frequent first."""
    named = []
    for value, rule in deadlines.RHYTHMS:
        match = rule.pattern.search(text.text)
        if match:
            named.append((value, text.span(*match.span())))
    return named


def rhythm_of_cell(text: View) -> list[tuple[Rhythm, Span]]:
    """The rhythm of a cell or a label."""
    value = deadlines.RHYTHM_CELLS.get(text.text)
    return [(value, text.span())] if value else rhythms(text)
