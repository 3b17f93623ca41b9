"""`/import`: 立项 of a whole list. A file is handed in, looked at row by row, filled in where it is silent, opened.

Nothing is opened before the rows were shown; a row opened once is not opened again, whoever presses what how often.
"""

import re
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from domain.base import Refusal, refuse
from eventlog.autosaves import autosave_of, keep_autosave
from intake.task_list import APPROVER, ASSIST, BASIS, DUE, LEAD, OPTIONAL, REQUIRED, TITLE
from services.reprojection import open_matters
from services.unreachable import Unreachable
from services.uploaded_lists import own_upload, uploaded_list
from views.importing import JudgedRows, RowVerdict, import_command_id, judged_upload, refuse_circulated
from web.asking import whole_number
from web.pages.drafts import clock_of
from web.pages.opening import may_not_open
from web.pages.printing import downloaded
from web.pages.rendering import Visitor, visitor_of
from web.pages.submitting import (
    Given,
    ResultRow,
    carry_out,
    files_in,
    handed_in,
    sent_form,
    told_on_page,
)
from web.service import service_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.facts import Attachment
    from intake.opening import Opening
    from intake.uploaded import UploadedList
    from web.service import WebService

HERE = "matters"
CELLS = {"title": TITLE, "lead": LEAD, "assist": ASSIST, "due": DUE}
"""What may be filled in of a row, by the name of its field."""
IN_THE_FILE = frozenset((*REQUIRED, *OPTIONAL)) - {*CELLS.values()}
"""Columns a row has no field for: what is wrong there is mended in the file."""
OF_ALL = {"basis": BASIS, "approver": APPROVER}
"""What may be said once for all rows that do not say it."""
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
_FIELD = re.compile(r"r(\d{1,6})\.(title|lead|assist|due|out)")


router = APIRouter(include_in_schema=False)


@router.get("/import")
async def form(request: Request) -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return may_not_open(visitor) or visitor.page(HERE, "import.html", given=Given({}), fault=None)


@router.post("/import")
async def brought(request: Request) -> Response:
    """Take the file in; a browser with script did so before, and sends its digest."""
    service = service_of(request)
    visitor, given = await sent_form(request, files=True)
    if (shut := may_not_open(visitor)) is not None:
        return shut
    given, not_taken = await handed_in(service, visitor, given)
    try:
        refuse(bool(not_taken), next(iter(not_taken.values()), ""), "malformed")
        files = await service.ask(files_in, service.database, visitor.person.id, given, "file", service.now)
        refuse(not files, "请先选择文件", "malformed")
        refuse(len(files) > 1, "一次导入一份文件，请去掉其余的", "malformed")
    except Refusal as refusal:
        return visitor.page(HERE, "import.html", 422, given=given, fault=refusal.message)
    return RedirectResponse(f"/import/{files[0].sha256}", 303)


@router.get("/import/{sha256}")
async def looked_at(request: Request, sha256: Digest) -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask_long(_page, service, visitor, sha256, None)


@router.post("/import/{sha256}")
async def looked_at_again(request: Request, sha256: Digest) -> Response:
    """The rows with what was filled in; nothing is opened."""
    service = service_of(request)
    visitor, given = await sent_form(request)
    return await service.ask_long(_page, service, visitor, sha256, given)


@router.get("/import/{sha256}/list.xlsx")
async def drafted(request: Request, sha256: Digest) -> Response:
    """The list that was drafted of a text, to be completed at a desk."""
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    if (shut := may_not_open(visitor)) is not None:
        return shut
    try:
        upload, read = await service.ask_long(_read, service, visitor, sha256, Given({}))
        refuse(read.workbook is None, "这份文件本身就是任务清单", "not_found")
    except Refusal as refusal:
        return visitor.page(HERE, "message.html", 404, title="没有找到", message=refusal.message)
    return downloaded(read.workbook or b"", f"任务清单（{upload.name}）.xlsx")


@router.post("/import/{sha256}/open")
async def opened(request: Request, sha256: Digest) -> Response:
    """Open row after row, so that the numbers follow the list; what a rule refuses meanwhile is told with its row."""
    service = service_of(request)
    visitor, given = await sent_form(request)
    if (shut := may_not_open(visitor)) is not None:
        return shut
    try:
        _, read, judged = await service.ask_long(_judged, service, visitor, sha256, given)
        await service.ask(refuse_circulated, visitor.viewer, read.listed.rows)
    except Refusal as refusal:
        return await service.ask_long(_page, service, visitor, sha256, given, refusal)
    results = await open_rows(service, visitor, judged.ready)
    left = len(judged.ready) - len(results)
    return visitor.page(HERE, "import_done.html", results=results, left=left, back=f"/import/{sha256}")


async def open_rows(service: "WebService", visitor: Visitor, ready: "Sequence[Opening]") -> list[ResultRow]:
    """Open or join row after row, each once however often it is sent; where nobody answers, the rest is left."""
    results = list[ResultRow]()
    for one in ready:
        label = f"第{one.row.row}行　{one.row.title}"
        try:
            no = one.matter.number if one.matter else None
            reply = await carry_out(service, visitor, no, one.command, import_command_id(one), opening=one)
        except (Refusal, Unreachable, ValidationError) as error:
            results.append(ResultRow("", label, told_on_page(error, service).message))
            if isinstance(error, Unreachable):
                break
        else:
            results.append(ResultRow(reply.matter, label, None))
    return results


def _read(service: "WebService", visitor: Visitor, sha256: str, given: Given) -> "tuple[Attachment, UploadedList]":
    """His upload, read with what is filled in. What is said for all rows fills those that say nothing of it."""
    upload = own_upload(service.database, visitor.person.id, sha256, service.now)
    plain = uploaded_list(service.settings, service.database, upload, {}, service.now)
    filled = _filled(given, plain)
    if not filled:
        return upload, plain
    return upload, uploaded_list(service.settings, service.database, upload, filled, service.now)


def _filled(given: Given, plain: "UploadedList") -> "dict[int, dict[str, str]]":
    filled: dict[int, dict[str, str]] = {}
    silent = {BASIS: {f.row for f in plain.listed.faults if f.column == BASIS}}
    silent[APPROVER] = {line.row for line in plain.lines} - {r.row for r in plain.listed.rows if r.approver}
    for name, header in OF_ALL.items():
        for row in sorted(silent[header]) if given[name] else ():
            filled.setdefault(row, {})[header] = given[name]
    for line in plain.lines:
        for name, header in CELLS.items():
            typed = given.fields.get(f"r{line.row}.{name}")
            if typed is not None and typed.strip() != getattr(line, name):
                filled.setdefault(line.row, {})[header] = typed.strip()
    return filled


def _judged(
    service: "WebService", visitor: Visitor, sha256: str, given: Given
) -> "tuple[Attachment, UploadedList, JudgedRows]":
    upload, read = _read(service, visitor, sha256, given)
    fields = (match for name in given.fields if (match := _FIELD.fullmatch(name)))
    left_out = {whole_number(match[1]) or 0 for match in fields if match[2] == "out"}
    standing = {m.number: m for m in visitor.viewer.rights.among(open_matters(service.database))}
    return upload, read, judged_upload(visitor.viewer, read, left_out, standing)


def _page(
    service: "WebService", visitor: Visitor, sha256: str, given: Given | None, refusal: Refusal | None = None
) -> Response:
    """Every row, what would become of it and what is doubted, with fields for what it lacks."""
    if (shut := may_not_open(visitor)) is not None:
        return shut
    form = f"import:{sha256}"
    saved = autosave_of(service.database, visitor.person.id, form, service.now)
    typed = given if given is not None else Given(saved.fields)
    try:
        upload, read, judged = _judged(service, visitor, sha256, typed)
    except Refusal as unread:
        status = 404 if unread.code == "not_found" else 422
        title = "没有找到" if status == 404 else "读不了这份文件"  # noqa: PLR2004
        return visitor.page(HERE, "message.html", status, title=title, message=unread.message)
    return visitor.page(
        HERE,
        "import_look.html",
        409 if refusal else 200,
        upload=upload,
        read=read,
        judged=judged,
        verdicts=RowVerdict,
        given=typed,
        form=form,
        sha256=sha256,
        elsewhere=IN_THE_FILE,
        version=_kept(service, visitor, form, typed) if given is not None else saved.version,
        restored=clock_of(saved.saved_at) if given is None and saved.saved_at else None,
        fault=refusal.message if refusal else None,
    )


def _kept(service: "WebService", visitor: Visitor, form: str, given: Given) -> int:
    """Keep what was sent, as typing does; the version its page goes on from, unmoved when a newer one is kept."""
    after = whole_number(given["version"]) or 0
    fields = {name: text for name, text in given.fields.items() if name != "version"}
    version = keep_autosave(service.database, visitor.person.id, form, fields, after, service.now)
    return after if version is None else version
