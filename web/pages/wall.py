"""`/wall`: figures to be read from across a room, on a screen nobody sits at.

A screen comes in by a token of its own kind, typed once, and stays until the token runs out or is taken back: it is no
session and can do nothing. Whoever is signed in may look, too.
"""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from documents.reports.city import CityFigure
from domain.access.terms import MOST_TOKEN_DAYS, OF_SCREENS, TokenScope
from domain.base import Refusal
from domain.terms import Light
from services.accounts import screen_of
from services.city import city_standing
from services.status import installed_versions
from views.figures import said_moment
from views.viewer import actor_of
from views.wall import lit_board, wall_board
from web.guards import address_of
from web.live import HEADERS
from web.pages.rendering import SignInNeededError, page, visitor_of
from web.service import service_of

if TYPE_CHECKING:
    from eventlog.reading import PersonOnRecord
    from web.service import WebService

COOKIE = "__Host-xmh-wall"
CITY_COLUMNS = (CityFigure.OPEN, CityFigure.RED, CityFigure.YELLOW, CityFigure.BLUE, CityFigure.GREEN)
"""Of each headquarters on the city's board."""
NOT_FOR_SCREENS = "这不是大屏令牌，或已过期、已收回；请由系统管理员用 xmh access token 或在账户页签发"


router = APIRouter(include_in_schema=False)


@router.get("/wall")
async def wall(request: Request) -> Response:
    """The board its token is for; whoever is signed in may look at each (`?board=`)."""
    service = service_of(request)
    looking = await service.ask(_looking, service, request)
    if looking is None:
        return page("wall_in.html", 401, fault="")
    person, scope = looking
    shown = {"build": installed_versions()["xmh"], "day": service.day, "light_of": Light}
    try:
        match scope:
            case TokenScope.SCREEN_LIGHTS:
                lit = await service.ask(lambda: lit_board(service.viewer(actor_of(person))))
                return page("wall_lights.html", board=lit, said=said_moment(lit.at), **shown)
            case TokenScope.SCREEN_CITY:
                of_each, unread = await service.ask_long(city_standing, service.settings, person.id, service.shown_at)
                moment = said_moment(service.shown_at)
                return page("wall_city.html", rows=of_each, unread=unread, figures=CITY_COLUMNS, said=moment, **shown)
        board = await service.ask(lambda: wall_board(service.viewer(actor_of(person))))
    except Refusal as refusal:
        return page("wall_in.html", 403, fault=refusal.message)
    return page("wall.html", board=board, said=said_moment(board.at), **shown)


@router.post("/wall")
async def came_in(request: Request, token: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Keep a screen's token in its browser, where no script reads it and no address shows it."""
    service = service_of(request)
    if await service.ask(screen_of, service.database, token.strip(), service.now, address_of(request.scope)) is None:
        return page("wall_in.html", 422, fault=NOT_FOR_SCREENS)
    answer = RedirectResponse("/wall", 303)
    longest = MOST_TOKEN_DAYS * 24 * 3600
    answer.set_cookie(COOKIE, token.strip(), max_age=longest, path="/", secure=True, httponly=True, samesite="strict")
    return answer


@router.get("/wall/live")
async def live(request: Request) -> Response:
    """That the log moved, and no more."""
    service = service_of(request)
    looking = await service.ask(_looking, service, request)
    if looking is None:
        return JSONResponse({"code": "unauthenticated"}, 401)
    if service.day is not None:
        return Response(status_code=204)
    screen = f"screen:{looking[0].id}"
    if not service.live.has_room(screen):
        return JSONResponse({"code": "too_many"}, 429, {"Retry-After": "60"})
    beats = service.live.beats(screen, lambda: _looking(service, request) is not None)
    return StreamingResponse(beats, media_type="text/event-stream", headers=HEADERS)


def _looking(service: "WebService", request: Request) -> "tuple[PersonOnRecord, TokenScope] | None":
    """As whom a browser looks, and at what: by its screen's token, or by a session, which that does not keep alive."""
    token = request.cookies.get(COOKIE, "")
    address = address_of(request.scope)
    if token and (screen := screen_of(service.database, token, service.now, address)) is not None:
        return screen
    asked = next((scope for scope in OF_SCREENS if scope.value == request.query_params.get("board")), TokenScope.SCREEN)
    try:
        return visitor_of(request, used=False).person, asked
    except SignInNeededError:
        return None
