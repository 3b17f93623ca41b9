"""`/account` 我的登录: where one is signed in, which programs act for one, and how each of it is ended."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domain.base import Refusal
from eventlog import access
from services.accounts import revoke_token
from services.own_sessions import end_other_sessions, end_own_session, own_sessions
from web.pages.actions import FRESH
from web.pages.rendering import Visitor, visitor_of
from web.pages.submitting import Given, sent_form, told_on_page
from web.service import WebService, service_of

router = APIRouter(include_in_schema=False)
HERE = "account"


@router.get("/account")
async def shown(request: Request) -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask(_page, service, visitor)


@router.post("/account")
async def ended(request: Request) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    if visitor.session.proven_at <= service.now - FRESH:  # who found a browser left open locks nobody out
        return RedirectResponse("/prove?next=/account", 303)
    try:
        await service.ask(_end, service, visitor, given)
    except Refusal as refusal:
        return await service.ask(_page, service, visitor, refusal)
    return RedirectResponse("/account", 303)


def _end(service: WebService, visitor: Visitor, given: Given) -> None:
    """End one session, all others, or a token."""
    if given["token"]:
        revoke_token(service.database, visitor.person.id, given["token"], visitor.viewer.actor, service.now)
    elif given["session"]:
        end_own_session(service.database, visitor.session, given["session"], service.now)
    else:
        end_other_sessions(service.database, visitor.session, service.now)


def _page(service: WebService, visitor: Visitor, error: Refusal | None = None) -> Response:
    explained = told_on_page(error, service) if error is not None else None
    log, now = service.database, service.now
    return visitor.page(
        HERE,
        "account.html",
        explained.status if explained else 200,
        sessions=own_sessions(log, visitor.session, now),
        tokens=[t for t in access.kept_tokens(log) if t.person == visitor.person.id and t.until > now],
        fault=explained.message if explained else None,
    )
