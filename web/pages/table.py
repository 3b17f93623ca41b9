"""`/table`: 《任务清单一览表》 to be read, and as a workbook that may be edited and brought back."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from documents.table.rows import TableRow, TaskTable, task_table
from documents.table.word import table_docx
from documents.table.workbook import table_workbook
from domain.base import Refusal, refuse
from domain.calendar import local_date
from domain.lights import provisional_remark
from eventlog import reading
from sheets.table import Column
from views.remembered import Remembered
from views.task_tables import WEEK, table_at
from web.pages.days import AskedDay, asked_day
from web.pages.printing import downloaded
from web.pages.proving import prove_first
from web.pages.rendering import Visitor, address, most_rows, visitor_of
from web.service import service_of

ALWAYS = (Column.NO, Column.NUMBER, Column.TITLE)
USUAL = (Column.LEAD, Column.DUE, Column.LIGHT)
MORE = (Column.POINTS, Column.ASSIST, Column.PERSON, Column.DATES, Column.PROGRESS, Column.PROBLEM, Column.NEXT)
WRITERS = {"xlsx": table_workbook, "docx": table_docx}
_tables_now = Remembered[TaskTable](2)


router = APIRouter(include_in_schema=False)


@router.get("/table")
def table(request: Request, as_of: str = "", whole: bool = False) -> Response:
    visitor = visitor_of(request)
    chosen = tuple(c for c in MORE if c.value in request.query_params.getlist("with"))
    try:
        day = asked_day(visitor, as_of)
        made = _made(visitor, day)
    except Refusal as refusal:
        return visitor.refused("table", refusal)
    return visitor.page(
        "table",
        "table.html",
        table=made,
        columns=(*ALWAYS, *USUAL, *chosen),
        more=MORE,
        chosen=chosen,
        most=most_rows(whole=whole),
        day_asked=day,
        provisional=_provisional(made),
        lit=_lit,
        every=_every(day, chosen),
        files=[(kind, address(f"/table.{kind}", **day.kept)) for kind in ("xlsx", "docx")],
    )


@router.get("/table.{kind}")
def file(request: Request, kind: str, as_of: str = "") -> Response:
    service, visitor = service_of(request), visitor_of(request)
    writer = WRITERS.get(kind, table_workbook)
    try:
        refuse(kind not in WRITERS, f"一览表没有 .{kind[:10]} 文件", "not_found")
        made = _made(visitor, asked_day(visitor, as_of))
    except Refusal as refusal:
        return visitor.refused("table", refusal)
    if (first := prove_first(request, service, visitor)) is not None:
        return first
    service.note_export(visitor.person.id, f"{made.title}.{kind}", len(made.rows))
    return downloaded(writer(made), f"{made.title}（{made.on}）.{kind}")


_REMARKED = "（暂定）"


def _provisional(made: TaskTable) -> list[int]:
    """The years without a calendar that limits stand in: said once above the rows and not in each."""
    years = {row.due.year for row in made.rows}
    return [year for year in sorted(years) if any(provisional_remark(year) in r.texts[Column.LIGHT] for r in made.rows)]


def _lit(row: TableRow) -> str:
    return row.texts[Column.LIGHT].replace(provisional_remark(row.due.year), _REMARKED)


def _every(day: AskedDay, chosen: tuple[Column, ...]) -> str:
    """Where the table stands with all of its rows."""
    return f"/table?{urlencode([*day.kept.items(), *(('with', c.value) for c in chosen), ('whole', '1')])}"


def _made(visitor: Visitor, day: AskedDay) -> TaskTable:
    """The table of a day, or of now."""
    viewer = visitor.viewer
    shown = None if visitor.day is None else reading.moment_at(viewer.database, viewer.now)
    return table_at(viewer, day.moment or shown)


def table_now(visitor: Visitor) -> TaskTable:
    """The table with all that is recorded, as somebody edits it; within a minute in which nothing happens, the same."""
    viewer = visitor.viewer
    readable, moment = viewer.rights.readable, reading.Moment(visitor.position, viewer.now)
    key = (reading.hash_at(viewer.database, moment.position), viewer.now.replace(second=0, microsecond=0), readable)
    since = local_date(viewer.now) - WEEK
    return _tables_now.of(key, lambda: task_table(viewer.database, viewer.now, since, moment, readable))
