"""`xmh burden`: what each unit was asked for, so that the office can ask for less."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer

from cli.lookup import the_unit
from cli.moments import AsOfOption, past_instant, today
from cli.session import Problem, answer, session
from cli.tables import table
from documents.ledger import read_ledger
from documents.reports.burden import BurdenLine, burden_report
from domain.calendar import SHANGHAI, next_month
from domain.queries.burden import Ask
from eventlog import reading

_MONTH = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*月?")
_DECEMBER = 12


def show(
    month: Annotated[str | None, typer.Option("--month", metavar="M", help="某月，如 2022-03（默认本月）")] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="某年", min=2000, max=2999)] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="U", help="只看一个单位，并逐项列出")] = None,
    as_of: AsOfOption = None,
) -> None:
    """减负：各单位每月被要求反馈、被催办、被升级、被请求协调多少次；按名录顺序，不排名，不统计登录。"""
    if month and year:
        raise Problem("--month 和 --year 只能填一个", "malformed")
    since, until = _year(year) if year else _month(month)
    ledger = read_ledger(session.database, past_instant(as_of) if as_of else datetime.now(SHANGHAI))
    burdens = burden_report(ledger, reading.units(session.database), since, until)
    if unit:
        wanted = the_unit(unit).id
        burdens = tuple(b for b in burdens if b.unit == wanted)
    document = {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "units": [_document(b, listed=_one_by_one(b, unit)) for b in burdens],
    }
    title = f"{since:%Y年}" if year else f"{since:%Y年}{since.month}月"
    if not burdens:
        answer(document, f"{title}没有向{'该' if unit else '各'}单位提出要求")
        return
    answer(document, "\n".join([_overview(title, burdens), *(_listed(b) for b in burdens if _one_by_one(b, unit))]))


def _one_by_one(burden: BurdenLine, asked: str | None) -> bool:
    """Whether each demand is told: how many there were is everybody's to know, what they say is the unit's."""
    return asked is not None and (session.rights.whole or burden.unit in session.rights.units)


def _month(text: str | None) -> tuple[date, date]:
    first = today().replace(day=1)
    if text is not None:
        match = _MONTH.fullmatch(text.strip())
        if match is None or not 1 <= int(match[2]) <= _DECEMBER:
            raise Problem(f"月份“{text}”应写成 2022-03 的样子", "malformed")
        first = date(int(match[1]), int(match[2]), 1)
    following = next_month(first)
    return first, following - timedelta(days=1)


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, _DECEMBER, 31)


def _document(unit: BurdenLine, *, listed: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "unit": unit.unit,
        "name": unit.name,
        **_named(unit.counts()),
        "months": [{"month": month, **_named(unit.counts(month))} for month in unit.months],
    }
    if listed:
        document["asked"] = [a.model_dump(mode="json") for a in unit.asked]
    return document


def _named(counts: dict[Ask, int]) -> dict[str, int]:
    return {ask.value: n for ask, n in counts.items()}


def _overview(title: str, burdens: tuple[BurdenLine, ...]) -> str:
    heads = ["单位", *(ask.label for ask in Ask)]
    rows = [[b.name, *(str(n) for n in b.counts().values())] for b in burdens]
    return table(heads, rows, f"{title}向各单位提出的要求（按名录顺序）")


def _listed(unit: BurdenLine) -> str:
    months = [[month, *(str(n) for n in unit.counts(month).values())] for month in unit.months]
    items = [[a.on.isoformat(), a.ask.label, a.of, a.text] for a in unit.asked]
    by_month = table(["月份", *(ask.label for ask in Ask)], months)
    return f"\n{by_month}\n\n{table(['日期', '要求', '事项', '内容'], items)}"
