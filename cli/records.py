"""`xmh audit security` and `xmh audit operations`: who came in and as what, and how the log was kept."""

from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from cli.moments import past_day, today
from cli.names import person_names
from cli.session import answer, session
from cli.tables import table
from domain.base import refuse
from domain.calendar import SHANGHAI, end_of_day
from eventlog import reading
from views.access_record import MAY_LIST_ACCOUNTS, MAY_READ_ACCESS, access_row
from views.operations_record import operations_rows

SinceOption = Annotated[str | None, typer.Option("--since", metavar="DATE", help="从哪一天起（默认最近 30 天）")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DATE", help="到哪一天止（默认今天）")]


def security(
    person: Annotated[str | None, typer.Option("--person", metavar="PERSON", help="只看一个人")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
) -> None:
    """账户、角色和登录的记录：谁开立、谁改了角色、谁登录、谁没能登录。"""
    refuse(session.actor.role not in MAY_READ_ACCESS, "账户和登录的记录由办公室督办员和审计员查阅", "forbidden")
    first, last = _span(since, until)
    only = session.person(person, former=True).id if person is not None else None
    names = person_names()
    record = reading.access_record(session.database, _begin(first), end_of_day(last))
    rows = [row for recorded in record if (row := access_row(recorded)) and only in (None, row["person"])]
    document = {"since": first.isoformat(), "until": last.isoformat(), "events": rows}
    lines = [
        (
            r["at"][:16].replace("T", " "),
            r["label"],
            names(r["person"]) if r["person"] else "（无此账户）",
            r["address"] or "",
            r["said"],
            names(r["actor"]),
        )
        for r in rows
    ]
    shown = table(("时间", "记录", "人员", "地址", "说明", "经手"), lines) if lines else "这段时间没有账户和登录的记录"
    answer(document, "" if session.json else shown)


def operations(since: SinceOption = None, until: UntilOption = None) -> None:
    """日志是怎样保管的：何时备份、还原、升级、恢复，签过哪些检查点，导出过什么。"""
    refuse(session.actor.role not in MAY_LIST_ACCOUNTS, "保管记录由系统管理员、办公室督办员和审计员查阅", "forbidden")
    first, last = _span(since, until)
    rows = operations_rows(session.database, _begin(first), end_of_day(last))
    document = {"since": first.isoformat(), "until": last.isoformat(), "events": rows}
    names = person_names()
    lines = [(r["at"][:16].replace("T", " "), r["label"], r["said"], names(r["by"])) for r in rows]
    shown = table(("时间", "记录", "说明", "经手"), lines) if lines else "这段时间没有备份、还原、导出一类的记录"
    answer(document, "" if session.json else shown)


def _span(since: str | None, until: str | None) -> tuple[date, date]:
    """The days asked for, the last thirty unless said otherwise."""
    last = past_day(until) if until is not None else today()
    first = past_day(since) if since is not None else last - timedelta(days=30)
    refuse(first > last, f"--since {first} 晚于 --until {last}", "malformed")
    return first, last


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
