"""`/oidc/…`: to the office's identity provider and back: coming in, proving oneself anew, binding oneself once."""

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domain.access.account import BoundSubject
from domain.base import Refusal, refuse
from eventlog.errors import LogError
from services.identity import Going, Purpose, Vouched
from services.subjects import bind_subject, check_not_too_many, note_refused, sign_in_vouched, step_up_vouched
from web.pages.actions import FRESH
from web.pages.rendering import Visitor, own_path, page, set_session, visitor_of
from web.service import WebService, service_of

if TYPE_CHECKING:
    from datetime import datetime

    from services.oidc import IdentityProvider

GOING = "__Host-xmh-oidc"
"""The cookie of a browser that went to the provider."""
AWAY_FOR = 600
"""Seconds somebody may take there."""
MOST_CODE = 4096
NOT_COUNTED = ("unbound", "too_many", "unreachable", "forbidden", "not_begun", "not_found")
"""What is refused without counting as a sign-in that failed: nobody tried one, or it was counted where it failed."""
STALE = "绑定统一身份须在登录后 15 分钟内办理，请重新登录后再来"
router = APIRouter(prefix="/oidc", include_in_schema=False)


@router.get("/begin")
async def begin(request: Request, next: str = "/") -> Response:  # noqa: A002  (the name in the address)
    service = service_of(request)
    going = Going.begun(Purpose.SIGN_IN, own_path(next), service.now)
    return _away(going, await _address(service, going))


@router.get("/again")
async def again(request: Request) -> Response:
    """From the page where somebody wants to act, and back to it."""
    service = service_of(request)
    await service.ask(visitor_of, request)
    came = urlsplit(request.headers.get("referer", ""))
    here = came.path + (f"?{came.query}" if came.query else "")
    going = Going.begun(Purpose.AGAIN, own_path(here), service.now)
    return _away(going, await _address(service, going))


@router.get("/bind")
async def binding(request: Request) -> Response:
    service = service_of(request)
    provider(service)
    visitor = await service.ask(visitor_of, request)
    return visitor.page("", "bind.html", address=None)


@router.post("/bind")
async def bind(request: Request) -> Response:
    """Only a form of ours begins it: led there unawares, somebody would be bound to whoever is signed in over there."""
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    stale = visitor.session.proven_at <= service.now - FRESH
    refuse(stale, STALE, "forbidden")
    going = Going.begun(Purpose.BIND, "/", service.now)
    return _kept(visitor.page("", "bind.html", address=await _address(service, going)), going)


@router.get("/callback")
async def back(request: Request) -> Response:
    service = service_of(request)
    try:
        answer = await _came_back(service, request)
    except (Refusal, LogError) as error:
        if isinstance(error, Refusal) and error.code not in NOT_COUNTED:
            await service.ask(note_refused, service.database, _client(request), service.now)
        unknown = isinstance(error, Refusal) and error.code == "unbound"
        status = {"too_many": 429, "unreachable": 503}.get(error.code, 403 if unknown else 401)
        answer = page("oidc_refused.html", status, message=error.message, unknown=unknown)
    answer.delete_cookie(GOING, path="/", secure=True, httponly=True, samesite="lax")
    return answer


async def _came_back(service: WebService, request: Request) -> Response:
    """What the browser went for, done.

    Raises:
        Refusal: it is not this browser's, or what the provider says does not hold or opens nothing.
    """
    now, asked = service.now, request.query_params
    known, address = provider(service), _client(request)
    await service.ask(check_not_too_many, service.database, address, now)
    going = Going.found(request.cookies.get(GOING, ""))
    ours = going is not None and secrets.compare_digest(asked.get("state", "").encode(), going.state.encode())
    if going is None or not ours or not 0 <= (now - going.begun_at).total_seconds() <= AWAY_FOR:
        # A picture on a stranger's page can ask as much: counted, it would lock out everybody at this address.
        raise Refusal("这次登录不是从本机的登录页开始的，或已超过 10 分钟；请回登录页重新开始", "not_begun")
    refuse("error" in asked, "统一身份认证没有让您通过，没有登录；请重试，或用密码登录", "unauthenticated")
    elsewhere = asked.get("iss", known.told.issuer) != known.told.issuer  # RFC 9207
    code = asked.get("code", "")
    broken = elsewhere or not 0 < len(code) <= MOST_CODE
    refuse(broken, "统一身份认证的答复不完整，请回登录页重新开始", "unauthenticated")
    vouched = await known.vouched(code, going, _back(service), now)
    match going.purpose:
        case Purpose.SIGN_IN:
            cookie = await service.ask(sign_in_vouched, service.database, vouched, address, now)
            return set_session(RedirectResponse(going.next, 303), cookie)
        case Purpose.AGAIN:
            session = (await service.ask(visitor_of, request)).session
            cookie = await service.ask(step_up_vouched, service.database, session, vouched, going.begun_at, now)
            return set_session(RedirectResponse(going.next, 303), cookie)
        case Purpose.BIND:
            visitor = await service.ask(visitor_of, request)
            # The cookie is the browser's own: it does not prove that our form, which asks for this, was there.
            late = visitor.session.proven_at <= now - FRESH - timedelta(seconds=AWAY_FOR)
            refuse(late, STALE, "forbidden")
            await service.ask(_bound, service, visitor, vouched, now)
            return visitor.page("", "message.html", title="已绑定", message="今后可以用统一身份认证登录本系统。")


def _bound(service: WebService, visitor: Visitor, vouched: Vouched, now: "datetime") -> None:
    bound = BoundSubject(issuer=vouched.issuer, subject=vouched.subject)
    bind_subject(service.database, visitor.person.id, bound, visitor.viewer.actor, now)


def provider(service: WebService) -> "IdentityProvider":
    """The provider of the settings.

    Raises:
        Refusal: `not_found`: there is none.
    """
    if service.identity is None:
        raise Refusal("没有启用统一身份认证，请用密码登录", "not_found")
    return service.identity


async def _address(service: WebService, going: Going) -> str:
    return await provider(service).address(going, _back(service))


def _back(service: WebService) -> str:
    """Where the provider sends people back to; it knows this address, and no request can name another."""
    return f"{service.settings.web_address}/oidc/callback"


def _away(going: Going, address: str) -> Response:
    return _kept(RedirectResponse(address, 303), going)


def _kept(answer: Response, going: Going) -> Response:
    answer.set_cookie(GOING, going.kept(), max_age=AWAY_FOR, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _client(request: Request) -> str:
    return request.client.host if request.client else ""
