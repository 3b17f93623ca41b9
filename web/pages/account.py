"""`/account` 我的登录: where one is signed in, one's security keys, which programs act for one, and how each ends."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domain.base import Refusal
from eventlog import access
from eventlog.security_keys import keys_of
from services.accounts import account_of, revoke_token
from services.own_sessions import end_other_sessions, end_own_session, own_sessions
from services.security_keys import add_key, registration_asked, remove_key
from views.directory import delegations_now
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
    """Register a key, or end what is named: a key, a token, a session; all other sessions where nothing is."""
    log, actor, now = service.database, visitor.viewer.actor, service.now
    if given["make"]:
        if (place := service.keys_at) is None:
            raise Refusal("这里用不了安全密钥：设置 [web] address 须是 https 的域名", "malformed")
        add_key(log, place, service.settings.door, actor, given["name"], given["key"], now)
    elif given["own_key"]:
        remove_key(log, actor, given["own_key"], now)
    elif given["token"]:
        revoke_token(log, actor.id, given["token"], actor, now)
    elif given["session"]:
        end_own_session(log, visitor.session, given["session"], now)
    else:
        end_other_sessions(log, visitor.session, now)


def _page(service: WebService, visitor: Visitor, error: Refusal | None = None) -> Response:
    explained = told_on_page(error, service) if error is not None else None
    log, now, person = service.database, service.now, visitor.person.id
    account, place = account_of(log, person), service.keys_at
    may_have_keys = place is not None and account is not None and bool(account.factors)
    make = None
    if place is not None and may_have_keys and visitor.session.proven_at > now - FRESH:
        make = registration_asked(place, service.settings.door, person, keys_of(log, person), now)
    return visitor.page(
        HERE,
        "account.html",
        explained.status if explained else 200,
        sessions=own_sessions(log, visitor.session, now),
        tokens=[t for t in access.kept_tokens(log) if t.person == person and t.until > now],
        keys=account.keys if account is not None else (),
        make=make,
        may_have_keys=may_have_keys,
        delegations=[d for d in delegations_now(visitor.viewer) if person in (d.giver, d.receiver)],
        name=visitor.viewer.persons,
        fault=explained.message if explained else None,
    )
