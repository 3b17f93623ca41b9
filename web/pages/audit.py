"""`/audit`: what has no answer, one matter replayed step by step, the log verified, and who came in."""

from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.base import Refusal, refuse
from domain.calendar import end_of_day, local_date
from eventlog import reading
from eventlog.verify import verify
from services.inspection import file_problems
from views.access_record import MAY_READ_ACCESS, access_row
from views.replaying import replayed_step
from views.unanswered import unanswered_document
from web.asking import past_instant, the_matter, whole_number
from web.pages.rendering import Visitor, address, most_rows, visitor_of
from web.service import service_of

HERE = "audit"
DAYS = 30
"""So far back the record of accounts is shown."""
MOST = 500


router = APIRouter(include_in_schema=False)


@router.get("/audit")
def unanswered(request: Request, as_of: str = "", whole: bool = False) -> Response:
    visitor = visitor_of(request)
    try:
        at = past_instant(as_of) if as_of else visitor.viewer.now
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    document = unanswered_document(visitor.viewer, at, date(local_date(at).year, 1, 1))
    return visitor.page(
        HERE,
        "audit.html",
        said=document,
        asked_on=local_date(at),
        checks=_checks(visitor),
        most=most_rows(whole=whole),
        every=address("/audit", as_of=as_of, whole="1"),
    )


@router.get("/matters/{no}/replay")
def replay(request: Request, no: str, step: str = "") -> Response:
    visitor = visitor_of(request)
    try:
        refuse(bool(step) and whole_number(step) is None, "没有这条记录", "not_found")
        stream = the_matter(visitor.viewer, no).stream
        shown = replayed_step(visitor.viewer, stream, whole_number(step))
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    return visitor.page(HERE, "replay.html", r=shown, person_name=visitor.viewer.persons)


@router.get("/audit/access")
def access(request: Request) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    if not _checks(visitor):
        return _not_his(visitor)
    today = datetime.now(visitor.viewer.now.tzinfo)
    record = reading.access_record(service.database, today - timedelta(days=DAYS), end_of_day(local_date(today)))
    rows = [access_row(one) for one in reversed(record)]
    names = visitor.viewer.persons
    return visitor.page(HERE, "access.html", rows=rows[:MOST], count=len(rows), days=DAYS, names=names)


@router.get("/audit/verify")
def verifying(request: Request) -> Response:
    visitor = visitor_of(request)
    return visitor.page(HERE, "verify.html", report=None, files=()) if _checks(visitor) else _not_his(visitor)


@router.post("/audit/verify")
def verified(request: Request) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    if not _checks(visitor):
        return _not_his(visitor)
    files = file_problems(service.database, service.settings)
    report = verify(service.database)
    return visitor.page(HERE, "verify.html", report=report, files=files)


def _checks(visitor: Visitor) -> bool:
    """Whether he verifies the log and reads who came in."""
    return visitor.person.role in MAY_READ_ACCESS


def _not_his(visitor: Visitor) -> Response:
    line = "账户和登录的记录、日志核验由办公室督办员和审计员查阅"
    return visitor.page(HERE, "message.html", 403, title="不能查阅", message=line)
