"""What leaves of one matter, its sheet as PDF and its attachments, and files that come in before they are named."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from documents.page import Page
from documents.reports.evidence import timeline_page
from domain.base import Refusal, refuse
from domain.matter import Matter
from eventlog import reading
from services.attaching import read_out
from views.files import matter_file
from views.viewer import Viewer
from web.asking import the_matter, whole_number
from web.guards import SHOWS_ITSELF
from web.pages.days import AskedDay, asked_day
from web.pages.printing import MEDIA, downloaded, printed_page, viewed_as
from web.pages.rendering import PasswordTooOldError, SignInNeededError, visitor_of
from web.service import service_of
from web.uploading import received

FOREIGN = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'",
    "Content-Disposition": "inline",
}
"""What somebody handed in runs nothing and fetches nothing, and no page but ours frames it."""


router = APIRouter(include_in_schema=False)


@router.get("/matters/{no}/sheet.pdf")
def sheet(request: Request, no: str, as_of: str = "", known_at: str = "") -> Response:
    service, visitor = service_of(request), visitor_of(request)
    try:
        page = _sheet(visitor.viewer, no, asked_day(visitor, as_of, known_at))
    except Refusal as refusal:
        return visitor.refused("matters", refusal)
    service.note_export(visitor.person.id, f"{page.issue}-办理过程.pdf")
    return printed_page(service, page, f"{page.issue}-办理过程")


@router.get("/matters/{no}/files/{place}")
def file(request: Request, no: str, place: str) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    try:
        matter = the_matter(visitor.viewer, no)
        wanted = matter_file(visitor.viewer, matter, whole_number(place))
        who, now = visitor.person.id, service.now
        data = read_out(service.settings, service.database, who, matter.number, wanted, now)
    except Refusal as refusal:
        return visitor.refused("matters", refusal)
    return downloaded(data, wanted.name)


@router.get("/matters/{no}/files/{place}/view")
def view(request: Request, no: str, place: str) -> Response:
    """A PDF or a picture to be looked at in the page, with what it belongs to."""
    visitor = visitor_of(request)
    try:
        matter = the_matter(visitor.viewer, no)
        wanted = matter_file(visitor.viewer, matter, whole_number(place))
        refuse(viewed_as(wanted.name) is None, "这种文件不能在网页上看，请下载", "not_found")
    except Refusal as refusal:
        return visitor.refused("matters", refusal)
    person, is_picture = visitor.viewer.persons, viewed_as(wanted.name) != MEDIA["pdf"]
    values = {"matter": matter, "file": wanted, "person_name": person, "is_picture": is_picture}
    answer = visitor.page("matters", "file.html", **values)
    answer.headers["Content-Security-Policy"] = SHOWS_ITSELF
    return answer


@router.get("/matters/{no}/files/{place}/content")
def content(request: Request, no: str, place: str) -> Response:
    """Its bytes, as the page that shows it asks for them."""
    service, visitor = service_of(request), visitor_of(request)
    try:
        matter = the_matter(visitor.viewer, no)
        wanted = matter_file(visitor.viewer, matter, whole_number(place))
        media = viewed_as(wanted.name)
        if media is None:
            raise Refusal("这种文件不能在网页上看，请下载", "not_found")  # noqa: TRY301
        data = read_out(service.settings, service.database, visitor.person.id, matter.number, wanted, service.now)
    except Refusal as refusal:
        return visitor.refused("matters", refusal)
    return Response(data, media_type=media, headers=FOREIGN)


@router.post("/files")
async def upload(request: Request) -> JSONResponse:
    service = service_of(request)
    # Who sends it is asked before any of it is read.
    try:
        visitor = await service.ask(visitor_of, request)
    except SignInNeededError:
        return JSONResponse({"detail": "登录已过期"}, 401)
    except PasswordTooOldError:
        return JSONResponse({"detail": "密码已到期，请在新窗口更换后重新选择附件"}, 403)
    kept = await received(service, visitor.person.id, request)
    return JSONResponse(kept.model_dump(mode="json"), 201)


def _sheet(viewer: Viewer, no: str, day: AskedDay) -> Page:
    """办理过程 of a matter up to a day; sealed words are withheld."""
    listed = the_matter(viewer, no)
    viewer.rights.need(listed.stream, listed.number)
    events = reading.read_stream(viewer.database, listed.stream, moment=day.moment)
    refuse(not events, "那时还没有这个事项", "not_found")
    state = reading.folded_state(listed.stream, list(events)).state
    assert isinstance(state, Matter)  # noqa: S101  (a stream under matter/)
    return timeline_page(viewer.database, state, events, day.moment.as_of if day.moment else viewer.now)
