"""`/events`: the log by position, as far as the token's person may see it; by pages or as a stream."""

from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from domain.base import refuse
from views.event_feed import FeedPage, feed_page
from web.api.common import api_router, caller_of
from web.guards import address_of, caller_by
from web.live import HEADERS
from web.problems import ProblemDetails, problem
from web.service import service_of

MOST_EVENTS, USUAL_EVENTS = 500, 200
EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}
After = Annotated[str, Query(description="上一次答复的 cursor，或一个位置；0 为从头开始", max_length=40)]


class Events(BaseModel):
    """A part of the log as its reader sees it."""

    events: list[dict[str, Any]]
    """As `timeline` of `task show` has them, each with its position, `cursor` and the number of what it is of."""
    cursor: str
    """What to ask `after` next, when these are worked off."""
    more: bool


router = api_router("events")


@router.get("/events")
def events(
    request: Request, after: After = "0", limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = USUAL_EVENTS
) -> Events:
    """What happened to matters and meetings after a position, in the order of the log."""
    service = service_of(request)
    page = feed_page(service.viewer(caller_of(request).actor), after, limit)
    return Events.model_validate(page._asdict())


@router.get("/events/stream", response_class=Response, responses=EVENT_STREAM)
async def stream(request: Request, after: After = "0") -> Response:
    """The same as server-sent events, as it happens; `Last-Event-ID` goes on where a stream was cut."""
    service = service_of(request)
    refuse(service.day is not None, f"这里只供查看 {service.day} 的情况，没有新的记录", "read_only")
    person, header = caller_of(request).actor.id, request.headers.get("authorization", "")
    address = address_of(request.scope)
    cursor = request.headers.get("last-event-id", "").strip() or after

    def page(at: str) -> FeedPage | None:
        caller = caller_by(service, header, address)  # a token may have been taken back, and rights have changed
        return None if caller is None else feed_page(service.viewer(caller.actor), at, USUAL_EVENTS)

    await service.ask(page, cursor)  # what cannot be meant is told before anything streams
    if not service.live.has_room(person):
        line = "这个账号打开的实时通道太多，请先关闭不用的"
        return problem(ProblemDetails(429, "too_many", line, {"Retry-After": "60"}))
    lines = service.live.feed(person, page, cursor)
    return StreamingResponse(lines, media_type="text/event-stream", headers=HEADERS)
