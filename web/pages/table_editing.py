"""`/table/edit`: 一览表 edited and pasted in the page. What it would do is looked at first, and then sent.

A page holds only the cells that were edited, each row with the position of the log it was shown at; all else of the
comparison is the edited workbook's (`intake/edited`), and so are the commands' ids: sent twice it is done once.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from domain.base import Refusal, refuse
from domain.bounds import seen
from domain.calendar import local_date
from eventlog.autosaves import autosave_of, keep_autosave
from intake.edited.copy import EditedTable
from intake.limits import limit_said
from services.unreachable import Unreachable
from services.uploaded_lists import own_upload, uploaded_table
from sheets.table import KEYED, Column
from views.importing import JudgedRows, judged_new_rows
from views.table_edits import CellVerdict, EditedCells, JudgedCells, cells_of, judged_cells
from web.asking import whole_number
from web.pages.drafts import clock_of
from web.pages.importing import open_rows
from web.pages.opening import may_not_open
from web.pages.rendering import Visitor, most_rows, visitor_of
from web.pages.submitting import Given, ResultRow, carry_out, files_in, handed_in, sent_form, told_on_page
from web.pages.table import table_now
from web.service import service_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from views.viewer import Viewer
    from web.service import WebService

FORM = "table:edit"
COLUMNS = tuple(Column)
"""As in the workbook, so that a block copied there fits here."""
EDITABLE: tuple[Column, ...] = tuple(c for c in (*KEYED, Column.REASON) if c is not Column.LIGHT)
AT = "at"
"""The field of a row that says at which position of the log it was shown."""


router = APIRouter(include_in_schema=False)


@router.get("/table/edit")
async def form(request: Request, whole: bool = False) -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask(_grid, service, visitor, None, whole=whole)


@router.post("/table/edit")
async def back(request: Request, whole: bool = False) -> Response:
    """The table again, with what was edited."""
    service = service_of(request)
    visitor, given = await sent_form(request)
    return await service.ask(_grid, service, visitor, given, whole=whole)


@router.post("/table/look")
async def looked_at(request: Request) -> Response:
    """What the edited cells would do."""
    service = service_of(request)
    visitor, given = await sent_form(request)
    given = _settled(visitor, given)
    added = await service.ask_long(_added, service, visitor, given)
    return await service.ask(_looked_at, service, visitor, given, added=added)


@router.post("/table/workbook")
async def brought_back(request: Request) -> Response:
    """A copy that was edited as a workbook: its edited cells join those of the page, and are looked at like them."""
    service = service_of(request)
    visitor, given = await sent_form(request, files=True)
    given, not_taken = await handed_in(service, visitor, given)
    try:
        refuse(bool(not_taken), next(iter(not_taken.values()), ""), "malformed")
        files = await service.ask(files_in, service.database, visitor.person.id, given, "file", service.now)
        refuse(len(files) != 1, "请选择一份从这里下载、改过的 Excel", "malformed")
        table = await service.ask_long(uploaded_table, service.settings, service.database, files[0], service.now)
    except Refusal as refusal:
        return visitor.page("table", "message.html", 422, title="没有导回", message=refusal.message)
    return await service.ask(_joined, service, visitor, table, files[0].sha256)


@router.post("/table/apply")
async def applied(request: Request) -> Response:
    """Do what can be done; what cannot stays edited."""
    service = service_of(request)
    visitor, given = await sent_form(request)
    try:
        rows = edited_rows(given)
        judged = await service.ask(judged_cells, visitor.viewer, rows, _spoken(visitor.viewer))
    except Refusal:
        return await service.ask(_looked_at, service, visitor, given)
    faults = dict[str, str]()
    for edit in judged.ready:
        try:
            await carry_out(service, visitor, edit.matter.number, edit.command, edit.command_id)
        except (Refusal, Unreachable, ValidationError) as error:
            faults[edit.command_id] = told_on_page(error, service).message
    added = await service.ask_long(_added, service, visitor, given)
    opened = await open_rows(service, visitor, added.ready) if added is not None else []
    return await service.ask(_done, service, visitor, given, judged, faults, opened)


def _added(service: "WebService", visitor: Visitor, given: Given) -> JudgedRows | None:
    """What becomes of the rows that were added in a workbook; None where none were, or it is gone."""
    if not given["book"] or may_not_open(visitor) is not None:
        return None
    try:
        upload = own_upload(service.database, visitor.person.id, given["book"], service.now)
        table = uploaded_table(service.settings, service.database, upload, service.now)
    except Refusal:
        return None
    return judged_new_rows(visitor.viewer, table) if table.new else None


def edited_rows(given: Given) -> tuple[EditedCells, ...]:
    """The edited cells a form holds, `编号.column`, by matter.

    Raises:
        Refusal: `malformed`: a row without the position it was shown at, or a column that is none.
    """
    rows = dict[str, dict[str, str]]()
    for name, text in given.fields.items():
        number, dot, column = name.rpartition(".")
        if dot:
            rows.setdefault(number, {})[column] = text.replace("\r\n", "\n")
    return tuple(made for number, fields in rows.items() if (made := _row(number, fields)) is not None)


def _row(number: str, fields: Mapping[str, str]) -> EditedCells | None:
    texts: dict[Column, str] = {c: fields[c.value] for c in EDITABLE if c.value in fields}
    position = whole_number(fields.get(AT, ""))
    refuse(position is None or len(texts) != len(fields) - 1, f"表中 {seen(number)[:40]} 一行的内容不全", "malformed")
    return EditedCells(number, position or 0, texts) if texts.keys() - {Column.REASON} else None


def _settled(visitor: Visitor, given: Given) -> Given:
    """What was chosen of conflicts: `drop` takes the log's value of a cell, `keep` has a row count as seen now."""
    fields = {n: v for n, v in given.fields.items() if n not in ("drop", "keep")}
    fields.pop(given["drop"], None)
    if given["keep"]:
        fields[f"{given['keep']}.{AT}"] = str(visitor.position)
    left = {name.rpartition(".")[0] for name in fields if not name.endswith(f".{AT}")}
    return Given({n: v for n, v in fields.items() if not n.endswith(f".{AT}") or n.rpartition(".")[0] in left})


def _spoken(viewer: "Viewer") -> "Callable[[str], date]":
    return lambda text: limit_said(text, local_date(viewer.now), lambda: viewer.rulebook.calendar)


# --- pages


def _grid(service: "WebService", visitor: Visitor, given: Given | None, *, whole: bool, status: int = 200) -> Response:
    """The table of now with the cells somebody edited and did not send."""
    if visitor.day is not None:
        why = "这里只供查看过去某一天的情况，不能修改"
        return visitor.page("table", "message.html", 403, title="不能修改", message=why)
    saved = autosave_of(service.database, visitor.person.id, FORM, service.now)
    fields = saved.fields if given is None else given.fields
    edited = {name: text for name, text in fields.items() if "." in name}
    return visitor.page(
        "table",
        "table_edit.html",
        status,
        table=table_now(visitor),
        columns=COLUMNS,
        editable=EDITABLE,
        edited=edited,
        version=saved.version,
        restored=clock_of(saved.saved_at) if given is None and edited and saved.saved_at else None,
        most=most_rows(whole=whole),
    )


def _joined(service: "WebService", visitor: Visitor, table: EditedTable, book: str) -> Response:
    """What the edited cells of a workbook would do, with those that were edited on the page before."""
    saved = autosave_of(service.database, visitor.person.id, FORM, service.now)
    fields = {**saved.fields, "version": str(saved.version)}
    for row in cells_of(table):
        fields |= {f"{row.number}.{column.value}": text for column, text in row.texts.items()}
        fields[f"{row.number}.{AT}"] = str(row.position)
    remarks = [f"第{f.row}行“{f.column}”：{f.message}" for f in table.faults]
    may_open = may_not_open(visitor) is None
    remarks += [f"新增的 {len(table.new)} 行没有处理：立项由办公室和领导办理"] if table.new and not may_open else []
    added = judged_new_rows(visitor.viewer, table) if table.new and may_open else None
    return _looked_at(service, visitor, Given({**fields, "book": book}), remarks, added)


def _looked_at(
    service: "WebService",
    visitor: Visitor,
    given: Given,
    remarks: Sequence[str] = (),
    added: JudgedRows | None = None,
) -> Response:
    """Of each edited cell what becomes of it; the edited cells are kept as they now are."""
    try:
        refuse(visitor.day is not None, "这里只供查看过去某一天的情况，不能修改", "forbidden")
        judged = judged_cells(visitor.viewer, edited_rows(given), _spoken(visitor.viewer))
    except Refusal as refusal:
        return visitor.page("table", "message.html", 422, title="不能修改", message=refusal.message)
    version = _kept(service, visitor, given)
    return visitor.page(
        "table",
        "table_look.html",
        judged=judged,
        verdicts=CellVerdict,
        given=given,
        version=given["version"] if version is None else version,
        kept=version is not None,
        remarks=remarks,
        added=added,
    )


def _kept(service: "WebService", visitor: Visitor, given: Given) -> int | None:
    """Keep what a form holds over the version it knows of; the new version, None when another page kept a newer one."""
    fields = {name: text for name, text in given.fields.items() if "." in name}
    after = whole_number(given["version"]) or 0
    return keep_autosave(service.database, visitor.person.id, FORM, fields, after, service.now)


def _done(
    service: "WebService",
    visitor: Visitor,
    given: Given,
    judged: JudgedCells,
    faults: Mapping[str, str],
    opened: Sequence[ResultRow],
) -> Response:
    """What became of each cell; those that could not be done stay edited."""
    fault_of = {i: faults[c] for i, cell in enumerate(judged.cells) for c in cell.commands if c in faults}
    done = [c for i, c in enumerate(judged.cells) if c.verdict is CellVerdict.WILL and i not in fault_of]
    left = [
        (cell, fault_of.get(i) or cell.words)
        for i, cell in enumerate(judged.cells)
        if i in fault_of or cell.verdict in (CellVerdict.CONFLICT, CellVerdict.CANNOT)
    ]
    rows = {cell.number for cell, _ in left}
    names = {f"{cell.number}.{cell.column.value}" for cell, _ in left}
    names |= {f"{no}.{field}" for no in rows for field in (AT, Column.REASON.value)}
    _kept(service, visitor, Given({n: v for n, v in given.fields.items() if n in names or n == "version"}))
    same = [cell for cell in judged.cells if cell.verdict in (CellVerdict.SAME, CellVerdict.DONE)]
    return visitor.page("table", "table_done.html", done=done, left=left, same=same, opened=opened)
