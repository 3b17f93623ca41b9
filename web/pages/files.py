"""What leaves of one matter: its sheet as PDF, its attachments."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response

from documents.page import Page
from documents.reports.evidence import timeline_page
from domain.base import Refusal, refuse
from domain.matter import Matter
from eventlog import reading
from eventlog.attachments import StoredAttachment, attachment_content, attachments_of
from views.viewer import Viewer
from web.asking import the_matter
from web.pages.days import AskedDay, asked_day
from web.pages.printing import downloaded, printed_page
from web.pages.rendering import Visitor, visitor_of

if TYPE_CHECKING:
    from web.service import WebService


def files_router(service: "WebService") -> APIRouter:
    """The files of a matter."""
    router = APIRouter(include_in_schema=False)

    @router.get("/matters/{no}/sheet.pdf")
    def sheet(request: Request, no: str, as_of: str = "", known_at: str = "") -> Response:
        visitor = visitor_of(service, request)
        try:
            page = _sheet(visitor.viewer, no, asked_day(visitor, as_of, known_at))
        except Refusal as refusal:
            return _refused(visitor, refusal)
        return printed_page(service, page, f"{page.issue}-办理过程")

    @router.get("/matters/{no}/files/{place}")
    def file(request: Request, no: str, place: str) -> Response:
        visitor = visitor_of(service, request)
        try:
            wanted = _attachment(visitor.viewer, no, place)
            data = attachment_content(service.settings.home, wanted)
        except Refusal as refusal:
            return _refused(visitor, refusal)
        return downloaded(data, wanted.name)

    return router


def _refused(visitor: Visitor, refusal: Refusal) -> Response:
    status = 404 if refusal.code == "not_found" else 409
    return visitor.page("matters", "message.html", status, title="没有找到", message=refusal.message)


def _sheet(viewer: Viewer, no: str, day: AskedDay) -> Page:
    """办理过程 of a matter up to a day; sealed words are withheld."""
    listed = the_matter(viewer, no)
    viewer.rights.need(listed.stream, listed.number)
    events = reading.read_stream(viewer.database, listed.stream, moment=day.moment)
    refuse(not events, "那时还没有这个事项", "not_found")
    state = reading.folded_state(listed.stream, list(events)).state
    assert isinstance(state, Matter)  # noqa: S101  (a stream under matter/)
    return timeline_page(viewer.database, state, events, day.moment.as_of if day.moment else viewer.now)


def _attachment(viewer: Viewer, no: str, place: str) -> StoredAttachment:
    listed = the_matter(viewer, no)
    may = viewer.rights.may_read_files(listed.stream)
    refuse(not may, f"{listed.number} 的附件由办理单位查阅", "not_found")
    found = [a for a in attachments_of(reading.read_stream(viewer.database, listed.stream)) if str(a.no) == place]
    refuse(not found, f"{listed.number} 没有这个附件", "not_found")
    return found[0]
