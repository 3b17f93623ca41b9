"""The yearly holiday notice as a table, .json or text: which days are off, which weekend days are worked."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from domain.base import Frozen, Refusal, refuse
from domain.calendar import DayOverride
from intake.dates import Spoken, as_date, meant
from intake.notice import SUFFIXES, read_notice
from intake.sheets import CellFault, Row, read_table
from intake.xlsx import worksheet_names
from sheets.input_file import read_text

DAY, KIND, NOTE = "日期", "类型", "说明"
_OFF = frozenset({"休", "放假", "休息"})
_WORK = frozenset({"班", "上班", "调休上班", "补班"})
_SATURDAY = 5
_MOST_BYTES = 1024 * 1024


class YearSheet(Frozen):
    """The exceptional days of one year; `weekends` are days off named that nobody would have worked anyway."""

    year: int
    off: tuple[date, ...]
    work: tuple[date, ...]
    weekends: int = 0
    source: str | None = None
    outside: tuple[DayOverride, ...] = ()
    """Days of the year before or after that the notice decides too."""


class HolidayTable(Frozen):
    """What a file holds: the year, unless a row is at fault."""

    sheet: YearSheet | None
    faults: tuple[CellFault, ...] = ()


def read_holidays(path: Path, spoken: Spoken | None = None) -> HolidayTable:
    """Read 日期, 类型 (休 or 班) from .csv or .xlsx, `year, off, work, source` from .json, or the notice as text.

    `spoken` understands a day as people say it (10月1日); without it only a full date is one. A notice names a holiday
    from its first to its last day, so weekends among the days off are left out and counted.

    Raises:
        Refusal: `not_found` or `malformed`, when the file as a whole cannot be read.
    """
    if path.suffix.lower() == ".json":
        return HolidayTable(sheet=_json(path))
    if path.suffix.lower() in SUFFIXES:
        return HolidayTable(sheet=YearSheet(**dict(read_notice(path))))
    name = worksheet_names(path)[0] if path.suffix.lower() == ".xlsx" and path.is_file() else path.stem
    table = read_table(path, name, (DAY, KIND), (NOTE,))
    refuse(not table.rows, f"{path.name} 没有一行日期", "malformed")
    days: dict[date, tuple[bool, int]] = {}
    for row in table.rows:
        _take(row, days, spoken or as_date)
    if table.faults:
        return HolidayTable(sheet=None, faults=table.faults)
    return HolidayTable(sheet=_year(path.name, {day: works for day, (works, _) in days.items()}))


def _take(row: Row, days: dict[date, tuple[bool, int]], spoken: Spoken) -> None:
    """One row: the day, and whether it is worked."""
    value, kind = row.value(DAY), row.required(KIND)
    if value is None:
        row.fault(DAY, "日期不能为空")
        return
    try:
        day = meant(value, spoken)
    except ValueError as error:
        row.fault(DAY, str(error))
        return
    if kind and kind not in _OFF | _WORK:
        row.fault(KIND, f"没有类型“{kind[:20]}”，可填：休、班")
    works = kind in _WORK
    earlier = days.get(day)
    if earlier is not None:
        what = "重复" if earlier[0] is works else "矛盾（一处是休，一处是班）"
        row.fault(DAY, f"{day} 与第{earlier[1]}行{what}")
    elif works and day.weekday() < _SATURDAY:
        row.fault(KIND, f"{day} 是周一至周五，本来上班，不能填“班”")
    else:
        days[day] = (works, row.number)


def _year(file: str, days: dict[date, bool], year: int | None = None, source: str | None = None) -> YearSheet:
    years = sorted({day.year for day in days})
    refuse(len(years) > 1, f"{file} 里有{'、'.join(map(str, years))}年的日期，请一年一个文件", "malformed")
    refuse(
        year is not None and years != [year],
        f"{file} 写的是{year}年，日期却是{'、'.join(map(str, years))}年",
        "malformed",
    )
    named_off = [day for day, works in days.items() if not works]
    off = tuple(sorted(day for day in named_off if day.weekday() < _SATURDAY))
    refuse(not off, f"{file} 没有一个周一至周五放假的日子，不像一年的放假安排", "malformed")
    work = tuple(sorted(day for day, works in days.items() if works))
    return YearSheet(year=years[0], off=off, work=work, weekends=len(named_off) - len(off), source=source)


def _json(path: Path) -> YearSheet:
    how = '请写成 {"year": 2027, "off": ["2027-01-01"], "work": [], "source": "国办发明电…号"} 的样子'
    text = read_text(path, _MOST_BYTES)
    try:
        parsed = json.loads(text)
        off, work = _dates(parsed["off"]), _dates(parsed.get("work", []))
        year, source = int(parsed["year"]), parsed.get("source")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refusal(f"{path.name} 不是放假安排，{how}", "malformed") from error
    refuse(source is not None and not isinstance(source, str), f"{path.name} 的 source 须是文字", "malformed")
    both = sorted(set(off) & set(work))
    refuse(bool(both), f"{path.name} 中 {_listed(both)} 既放假又上班", "malformed")
    weekdays = [day for day in work if day.weekday() < _SATURDAY]
    refuse(bool(weekdays), f"{path.name} 中 {_listed(weekdays)} 是周一至周五，本来上班，不能列入 work", "malformed")
    return _year(path.name, {**dict.fromkeys(off, False), **dict.fromkeys(work, True)}, year, source or None)


def _dates(value: object) -> list[date]:
    if not isinstance(value, list):
        raise TypeError("a list of dates")
    return [date.fromisoformat(item) for item in value]


def _listed(days: Iterable[date]) -> str:
    return "、".join(day.isoformat() for day in days)
