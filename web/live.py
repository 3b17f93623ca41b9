"""`/live`: which streams moved, as server-sent events, as long as who looks may know of it. No word of any travels."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from views.following import watch_of
from web.asking import whole_number
from web.pages.rendering import COOKIE, SignInNeededError, visitor_of
from web.service import service_of

HEADERS = {"X-Accel-Buffering": "no"}


router = APIRouter(include_in_schema=False)


@router.get("/live")
async def live(request: Request, what: Annotated[str, Query(alias="for")] = "", after: str = "") -> Response:
    """The stream of one page; it ends when its reader may see no more."""
    service = service_of(request)
    try:
        visitor = await service.ask(visitor_of, request, used=False)
    except SignInNeededError:
        return JSONResponse({"code": "unauthenticated"}, 401)
    person, following = visitor.person.id, service.live
    if service.day is not None:
        return Response(status_code=204)  # nothing moves on a past day
    watch = await service.ask(watch_of, visitor.viewer, what)
    if not following.has_room(person):
        return JSONResponse({"code": "too_many"}, 429, {"Retry-After": "60"})
    known = whole_number(request.headers.get("last-event-id", "")) or whole_number(after)
    position = visitor.position if known is None else known
    lines = following.events(person, request.cookies.get(COOKIE, ""), watch, position)
    return StreamingResponse(lines, media_type="text/event-stream", headers=HEADERS)
