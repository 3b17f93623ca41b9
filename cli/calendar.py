"""`xmh calendar show publish override`: which days the office works."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import ReasonOption, confirm_command, need_option, typed_day
from cli.moving import record_and_move
from cli.session import Problem, answer, session
from cli.shape import group
from cli.sheets import reject_file
from domain.base import refuse
from domain.calendar import DayOverride, PublishedYear, WorkCalendar
from domain.ids import OfficeStream
from domain.office import CalendarYearPublished, DayOverridden
from domain.queries.spoken import said_date
from domain.rules.records import may_record
from eventlog import reading

if TYPE_CHECKING:
    from intake.holidays import YearSheet

app = group(
    "工作日历：放假、调休和临时调整。没有公布的年份只按周一至周五计，并注明暂定。",
    {
        "show": "cli.calendar:show",
        "publish": "cli.calendar:publish",
        "override": "cli.calendar:override",
    },
)
_SATURDAY = 5
MOST_OFF, MOST_WORKED = 40, 20


def show(year: Annotated[int, typer.Argument(metavar="YEAR", help="年份")]) -> None:
    """一年的工作日、放假和调休。"""
    calendar = reading.rulebook(session.database).calendar
    published = _published(calendar, year)
    months = [_month(calendar, year, m) for m in range(1, 13)]
    overrides = [o for o in calendar.overrides if o.day.year == year]
    document = {
        "year": year,
        "published": published is not None,
        "provisional": published is None,
        "source": published.source if published else None,
        "workdays": sum(m["workdays"] for m in months),
        "months": months,
        "overrides": [o.model_dump(mode="json") for o in overrides],
    }
    answer(document, "" if session.json else _read_aloud(document))


def _published(calendar: WorkCalendar, year: int) -> PublishedYear | None:
    return next((y for y in calendar.years if y.year == year), None)


def _month(calendar: WorkCalendar, year: int, month: int) -> dict[str, Any]:
    days = [date(year, month, n) for n in range(1, monthrange(year, month)[1] + 1)]
    return {
        "month": month,
        "workdays": sum(map(calendar.is_workday, days)),
        "off": [d.isoformat() for d in days if d.weekday() < _SATURDAY and not calendar.is_workday(d)],
        "work": [d.isoformat() for d in days if d.weekday() >= _SATURDAY and calendar.is_workday(d)],
    }


def _read_aloud(shown: dict[str, Any]) -> str:
    from cli.tables import table

    note = f"依据：{shown['source']}" if shown["published"] else "放假安排尚未公布，暂按周一至周五上班（暂定）"
    months = table(
        ("月份", "工作日", "放假（周一至周五）", "调休上班（周末）"),
        [(f"{m['month']}月", f"{m['workdays']}天", _days(m["off"]), _days(m["work"])) for m in shown["months"]],
    )
    lines = [f"{shown['year']}年  工作日共{shown['workdays']}天", note, months]
    lines += [
        f"临时调整：{said_date(date.fromisoformat(o['day']))}改为{'上班' if o['workday'] else '停工'}，{o['reason']}"
        for o in shown["overrides"]
    ]
    return "\n".join(lines)


def _days(days: Iterable[str]) -> str:
    """1日、3日至5日: runs are written as such."""
    runs: list[list[int]] = []
    for text in days:
        number = int(text[-2:])
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return "、".join(f"{run[0]}日" if len(run) == 1 else f"{run[0]}日至{run[-1]}日" for run in runs)


def publish(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="放假安排：国办通知原文（.txt、.md、.docx），或列为 日期、类型（休/班）的 .csv、.xlsx，或 .json",
        ),
    ],
    source: Annotated[
        str | None, typer.Option("--source", metavar="TEXT", help="依据，如 国办发明电〔2026〕…号")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="已公布的年份改用这份安排")] = False,
) -> None:
    """公布一年的放假调休安排；未办结事项的时限随即重算。"""
    from intake.holidays import read_holidays

    may_record(CalendarYearPublished, session.actor)
    table = read_holidays(file, typed_day)
    if table.sheet is None:
        faults = [{"row": f.row, "column": f.column, "message": f.message} for f in table.faults]
        lines = [*(f.line for f in table.faults), f"共{len(table.faults)}处错误，未公布"]
        reject_file({"year": None, "rejected": faults}, lines)
    sheet = table.sheet
    known = _published(reading.rulebook(session.database).calendar, sheet.year)
    counts = {"year": sheet.year, "off": len(sheet.off), "work": len(sheet.work), "weekends_ignored": sheet.weekends}
    outside = [
        d for d in sheet.outside if reading.rulebook(session.database).calendar.is_workday(d.day) is not d.workday
    ]
    if known and (known.off, known.work) == (sheet.off, sheet.work) and not outside:
        answer({**counts, "published": False, "woken": None}, f"{sheet.year}年已按同样的安排公布，没有变化")
        return
    if known and (known.off, known.work) != (sheet.off, sheet.work):
        differing = _differing(known, sheet.off, sheet.work)
        refuse(
            not replace,
            f"{sheet.year}年已公布（{known.source}），与此文件不同：{differing}；要改用此文件请加 --replace",
        )
        confirm_command(f"改用此文件重新公布{sheet.year}年工作日历（{differing}）？")
    _usual(sheet)
    grounds = source or sheet.source or f"导入文件 {file.name}"
    event = CalendarYearPublished(year=sheet.year, source=grounds, off=sheet.off, work=sheet.work)
    others = [DayOverridden(day=d.day, workday=d.workday, reason=d.reason) for d in outside]
    moved = record_and_move(session.database.own(OfficeStream.CALENDAR), *others, event)
    ignored = f"；另有{sheet.weekends}天本是周末，不必列出，已略去" if sheet.weekends else ""
    answer(
        {**counts, "published": True, **moved.document},
        f"已公布{sheet.year}年工作日历：放假{len(sheet.off)}天，调休上班{len(sheet.work)}天{ignored}{_also(outside)}\n{moved.told}",
    )


def _usual(sheet: "YearSheet") -> None:
    """A year has about twenty weekdays off and ten weekend days worked; far more is a slip that moves every limit.

    Raises:
        Refusal: nobody can be asked and `--yes` was not said.
    """
    if len(sheet.off) <= MOST_OFF and len(sheet.work) <= MOST_WORKED:
        return
    question = f"{sheet.year}年周一至周五放假{len(sheet.off)}天、周末上班{len(sheet.work)}天，远多于往年"
    refuse(not session.yes and not session.asks, f"{question}，请核对文件；确属如此请加 --yes")
    confirm_command(f"{question}。确属如此，按此公布？")


def _also(outside: Sequence[DayOverride]) -> str:
    """What the notice decides in the year before or after."""
    days = "、".join(f"{said_date(d.day)}{'上班' if d.workday else '放假'}" for d in outside)
    return f"；同时调整相邻年份：{days}" if days else ""


def _differing(known: PublishedYear, off: tuple[date, ...], work: tuple[date, ...]) -> str:
    changed = sorted({*known.off} ^ {*off} | {*known.work} ^ {*work})
    shown = "、".join(f"{d.month}月{d.day}日" for d in changed[:5])
    return f"{shown}等{len(changed)}天" if len(changed) > 5 else shown  # noqa: PLR2004  (a line, not a list)


def override(
    on: Annotated[str, typer.Argument(metavar="DATE", help="哪一天，如 2022-07-02、7月2日、明天")],
    workday: Annotated[bool, typer.Option("--workday", help="这一天上班")] = False,
    off: Annotated[bool, typer.Option("--off", help="这一天停工、不上班")] = False,
    reason: ReasonOption = None,
) -> None:
    """临时调整某一天，如台风停工；未办结事项的时限随即重算。"""
    if workday == off:
        raise Problem("请写明 --workday（上班）或 --off（不上班），二者取一", "malformed")
    may_record(DayOverridden, session.actor)
    when, why = typed_day(on), need_option(reason, "--reason", "调整理由")
    calendar = reading.rulebook(session.database).calendar
    document = {"day": when.isoformat(), "workday": workday}
    state = "上班" if workday else "不上班"
    if calendar.is_workday(when) is workday:
        answer({**document, "changed": False, "woken": None}, f"{said_date(when)}本来就{state}，没有变化")
        return
    confirm_command(f"把{said_date(when)}改为{state}？")
    moved = record_and_move(
        session.database.own(OfficeStream.CALENDAR), DayOverridden(day=when, workday=workday, reason=why)
    )
    answer({**document, "changed": True, **moved.document}, f"{said_date(when)}改为{state}（{why}）\n{moved.told}")
