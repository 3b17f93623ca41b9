"""`/first/{once}`, `/sign-in`, `/sign-out`: an account opened, a session begun and ended."""

from typing import TYPE_CHECKING, Annotated

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from domain.base import Refusal
from services.passwords import password_rules
from services.security_keys import LONGEST_ANSWER
from services.signing_in import (
    Attempt,
    Enrolment,
    begin,
    enrol,
    new_totp_secret,
    person_of_link,
    sign_in,
    sign_out,
    signed_in,
    totp_uri,
)
from web.guards import address_of
from web.pages.rendering import COOKIE, key_asked, own_path, page, set_session
from web.service import service_of

if TYPE_CHECKING:
    from eventlog.reading import PersonOnRecord
    from web.service import WebService

MOST_FIELD = 200
Field = Annotated[str, Form(max_length=MOST_FIELD)]


router = APIRouter(include_in_schema=False)


@router.get("/first/{once}")
async def first(request: Request, once: str) -> Response:
    service = service_of(request)
    try:
        person = await service.ask(person_of_link, service.database, once, service.now)
    except Refusal as refusal:
        return page("message.html", 404, title="链接无效", message=refusal.message)
    return await service.ask(_enrolment, service, person, new_totp_secret())


@router.post("/first/{once}")
async def enrolled(
    request: Request, once: str, password: Field = "", again: Field = "", totp: Field = "", code: Field = ""
) -> Response:
    service = service_of(request)
    given = Enrolment(password, again, totp, code)
    try:
        person = await service.ask(person_of_link, service.database, once, service.now)
    except Refusal as refusal:
        return page("message.html", 404, title="链接无效", message=refusal.message)
    try:
        async with service.proving:
            await service.ask(enrol, service.database, once, given, service.now)
    except Refusal as refusal:
        return await service.ask(_enrolment, service, person, totp, refusal.message)
    cookie = await service.ask(begin, service.database, person.id, address_of(request.scope), service.now)
    return _entered(cookie, "/")


@router.get("/sign-in")
async def asking(request: Request, next: str = "/") -> Response:  # noqa: A002  (the name in the address)
    return _sign_in(service_of(request), next)


@router.post("/sign-in")
async def signing_in(
    request: Request,
    name: Field = "",
    password: Field = "",
    code: Field = "",
    key: Annotated[str, Form(max_length=LONGEST_ANSWER)] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    service = service_of(request)
    try:
        attempt = Attempt(name, password, code, address_of(request.scope), service.key_answer(key))
        async with service.proving:
            cookie = await service.ask(sign_in, service.database, attempt, service.now)
    except Refusal as refusal:
        status = 429 if refusal.code == "too_many" else 401
        return _sign_in(service, next, status, name=name, fault=refusal.message)
    return _entered(cookie, own_path(next))


@router.post("/sign-out")
async def signing_out(request: Request) -> Response:
    service = service_of(request)
    known = await service.ask(signed_in, service.database, request.cookies.get(COOKIE, ""), service.now)
    if known is not None:
        await service.ask(sign_out, service.database, known[0], service.now)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _enrolment(service: "WebService", person: "PersonOnRecord", secret: str, fault: str | None = None) -> Response:
    drawn = segno.make(totp_uri(secret, person.id), error="m").svg_data_uri(scale=4, border=2)
    return page(
        "first.html",
        422 if fault else 200,
        name=person.name,
        id=person.id,
        secret=secret,
        drawn=drawn,
        fault=fault,
        rule=password_rules(service.database).line,
    )


def _sign_in(
    service: "WebService", way: str, status: int = 200, *, name: str = "", fault: str | None = None
) -> Response:
    oidc = service.identity is not None
    return page("sign_in.html", status, next=own_path(way), name=name, fault=fault, oidc=oidc, key=key_asked(service))


def _entered(cookie: str, where: str) -> Response:
    return set_session(RedirectResponse(where, 303), cookie)
