"""Series of meetings as data: what each is called and counted as, when it meets, and what comes onto its agenda."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.base import Frozen, Refusal
from domain.calendar import WorkCalendar, next_month
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.fold import Fold
from domain.meetings.terms import AgendaReason
from domain.queries.spoken import WEEKDAYS

LAST = -1
_MORNING, _AFTERNOON = time(9, 30), time(15, 0)


class MonthlyRule(Frozen):
    """每月第n个（或最后一个）工作周的周几: weeks whose meeting day lies in the month and that have a working day."""

    every: Literal["month"] = "month"
    week: int
    """1, 2, 3 … or `LAST`."""
    weekday: int
    at: time


class WeeklyRule(Frozen):
    """每周几."""

    every: Literal["week"] = "week"
    weekday: int
    at: time


Rule = Annotated[MonthlyRule | WeeklyRule, Field(discriminator="every")]


class Series(Frozen):
    """A series. Ordinals run per series and year; `counted_as` is the heading the year's summary counts it under.

    The three spans are in working days: the notice goes out and the agenda is frozen so long before, the minutes are
    owed so long after.
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    counted_as: str = ""
    rule: Rule | None = None
    notice_workdays: int = 3
    agenda_workdays: int = 1
    minutes_workdays: int = 5
    agenda: tuple[AgendaReason, ...] = (AgendaReason.UNFINISHED,)
    chair: str | None = None
    place: str | None = None
    secretary: str = "office"
    """Who keeps the meetings a rule calls for."""

    @property
    def counter(self) -> str:
        """The heading it is counted under."""
        return self.counted_as or self.name


EVERYTHING = tuple(r for r in AgendaReason if r is not AgendaReason.ADDED)
DEFAULT_SERIES = (
    Series(id="hq", name="市级指挥部工作会议", aliases=("指挥部工作会议",), agenda=EVERYTHING),
    Series(id="monthly", name="月度指挥部会议", aliases=("月度推进会", "指挥部月度会议"), agenda=EVERYTHING),
    Series(id="joint", name="联席会议", agenda=(AgendaReason.UNFINISHED, AgendaReason.COORDINATION)),
    Series(id="expert", name="专家咨询会", aliases=("专家研讨会",)),
    Series(id="topic", name="专题会议", aliases=("专题会",)),
    Series(
        id="weekly",
        name="工作例会",
        aliases=("例会", "周调度会"),
        counted_as="工作例会及办公会",
        notice_workdays=1,
        agenda_workdays=0,
        minutes_workdays=3,
        agenda=(AgendaReason.UNFINISHED, AgendaReason.COORDINATION, AgendaReason.RED),
    ),
    Series(id="office", name="办公会", aliases=("办公会议",), counted_as="工作例会及办公会", minutes_workdays=3),
    Series(id="survey", name="调研座谈会"),
    Series(id="forum", name="座谈会"),
    Series(id="tech", name="技术交流会"),
    Series(id="study", name="调研学习"),
    Series(id="reception", name="接待调研", aliases=("接待调研学习",)),
)


class SeriesRecorded(Event):
    """A series was set up, or its entry changed."""

    label: ClassVar[str] = "设立会议系列"
    entry: Series


class SeriesBook(Frozen):
    """Every series, in the order they were set up."""

    series: tuple[Series, ...] = ()

    def find(self, text: str) -> tuple[Series, ...]:
        """The series meant by id, name or alias."""
        wanted = _plain(text)
        return tuple(s for s in self.series if wanted in {_plain(n) for n in (s.id, s.name, *s.aliases)})


def evolve_series(state: SeriesBook | None, recorded: LoggedEvent) -> SeriesBook:
    """The book of meeting series after one event; a series recorded again takes its old place."""
    book = state or SeriesBook()
    event = decode(recorded)
    if not isinstance(event, SeriesRecorded):
        raise TypeError(f"{type(event).__name__} does not belong to the series")
    known = {s.id: s for s in book.series} | {event.entry.id: event.entry}
    return SeriesBook(series=tuple(known.values()))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")


# --- rules in words

_RULE = re.compile(
    r"每(?P<every>周|月)(?:(?:第(?P<nth>[一二三四五1-5])个?|(?P<last>最后一个))工?作?周的?)?(?:周|星期)?(?P<day>[一二三四五六日天])"
    r"(?P<half>上午|下午)?(?P<clock>\d{1,2}[:：]\d{2})?"
)
_NUMERALS = {c: n for n, c in enumerate("一二三四五", start=1)} | {str(n): n for n in range(1, 6)}


def spoken_rule(text: str) -> MonthlyRule | WeeklyRule:
    """The rule of a meeting series from text: `每月最后一个工作周的周四上午`, `每周一上午`, `每周五16:00`.

    Raises:
        Refusal: `malformed`, when it means none of these.
    """
    plain = text.replace(" ", "")
    match = _RULE.fullmatch(plain)
    monthly = match is not None and (match["nth"] or match["last"]) is not None
    if match is None or (match["every"] == "月") != monthly:
        raise Refusal(f"看不懂会期“{text}”，请写成 每月最后一个工作周的周四上午 或 每周一9:30", "malformed")
    weekday = WEEKDAYS.index("日" if match["day"] == "天" else match["day"])
    at = _AFTERNOON if match["half"] == "下午" else _MORNING
    if match["clock"]:
        hour, minute = map(int, match["clock"].replace("：", ":").split(":"))
        try:
            at = time(hour, minute)
        except ValueError:
            raise Refusal(f"会期“{text}”中没有 {match['clock']} 这个时刻", "malformed") from None
    if not monthly:
        return WeeklyRule(weekday=weekday, at=at)
    return MonthlyRule(week=LAST if match["last"] else _NUMERALS[match["nth"]], weekday=weekday, at=at)


def rule_in_words(rule: MonthlyRule | WeeklyRule) -> str:
    """The rule of a meeting series as people say it."""
    day = f"周{WEEKDAYS[rule.weekday]}{rule.at:%H:%M}"
    if isinstance(rule, WeeklyRule):
        return f"每{day}"
    week = "最后一个" if rule.week == LAST else f"第{'一二三四五'[rule.week - 1]}个"
    return f"每月{week}工作周的{day}"


# --- occurrences


class Occurrence(Frozen):
    """One meeting a rule calls for: its period (2022-03 or 2022-W10), day and time."""

    period: str
    day: date
    at: time


def meetings_called_for(
    rule: MonthlyRule | WeeklyRule, first: date, last: date, calendar: WorkCalendar
) -> Iterator[Occurrence]:
    """The meetings a series' rule calls for between two days, both included, each on a working day of the calendar.

    A day off moves it to the nearest working day of the same week, an earlier one of two; a week without working days
    has no meeting (春节), and then a month's meeting is on the week before.
    """
    for period, days in _periods(rule, first - timedelta(days=40), last + timedelta(days=40)):
        day = _in_week(rule.weekday, days, calendar)
        if day is not None and first <= day <= last:
            yield Occurrence(period=period, day=day, at=rule.at)


def _periods(rule: MonthlyRule | WeeklyRule, first: date, last: date) -> Iterator[tuple[str, list[list[date]]]]:
    """Period → its candidate weeks, the best first; each week as its days from Monday on."""
    if isinstance(rule, WeeklyRule):
        monday = first - timedelta(days=first.weekday())
        while monday <= last:
            iso = monday.isocalendar()
            yield f"{iso.year}-W{iso.week:02d}", [[monday + timedelta(days=n) for n in range(7)]]
            monday += timedelta(days=7)
        return
    month = first.replace(day=1)
    while month <= last:
        weeks = list(_weeks_of(month, rule.weekday))
        chosen = weeks[::-1] if rule.week == LAST else weeks[rule.week - 1 :] + weeks[: rule.week - 1][::-1]
        yield f"{month:%Y-%m}", chosen
        month = next_month(month)


def _weeks_of(month: date, weekday: int) -> Iterator[list[date]]:
    """The weeks, Monday to Sunday, whose meeting day lies in the month."""
    day = month + timedelta(days=(weekday - month.weekday()) % 7)
    while day.month == month.month:
        yield [day + timedelta(days=n - weekday) for n in range(7)]
        day += timedelta(days=7)


def _in_week(weekday: int, weeks: Iterable[list[date]], calendar: WorkCalendar) -> date | None:
    """The day in the first week that works: the weekday itself, else the nearest working day, the earlier of two."""
    for week in weeks:
        working = [d for d in week if calendar.is_workday(d)]
        if working:
            return min(working, key=lambda d: (abs((d - week[weekday]).days), d))
    return None


FOLD = Fold(SeriesBook, evolve_series)
