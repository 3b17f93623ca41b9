"""`/login` and `/logout`: a program is let in by a person at a browser, and gives its token back."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from domain.calendar import SHANGHAI
from services.accounts import revoke_token
from services.connecting import ASK_EVERY, MOST_HOST, begin_login, finish_login
from web.api.common import api_router, caller_of
from web.service import service_of

router = api_router("login")


class LoginAsked(BaseModel):
    """Who asks to be let in."""

    host: Annotated[str, Field(min_length=1, max_length=MOST_HOST)]
    """What the machine is called."""


class LoginBegun(BaseModel):
    """What the program shows, and what it asks with."""

    code: str
    device: str
    page: str
    """Where a person signed in lets it in."""
    expires: datetime
    interval: int
    """Seconds between two questions."""


class Device(BaseModel):
    """What a program asks with."""

    device: Annotated[str, Field(min_length=1, max_length=100)]


class LoginToken(BaseModel):
    """What it is given; without a token it still waits."""

    token: str | None = None
    id: str | None = None
    person: str | None = None
    name: str | None = None
    expires: datetime | None = None


@router.post("/login", status_code=201)
def begin(request: Request, asked: LoginAsked) -> LoginBegun:
    """Ask to be let in; needs no token."""
    service = service_of(request)
    address = request.client.host if request.client else ""
    begun = begin_login(service.database, asked.host, address, service.now)
    page = f"{service.settings.web_address}/connect?code={begun.code}"
    until = begun.until.astimezone(SHANGHAI)
    return LoginBegun(code=begun.code, device=begun.device, page=page, expires=until, interval=ASK_EVERY)


@router.post("/login/token")
def finish(request: Request, given: Device) -> LoginToken:
    """The token, once a person let the program in; needs none."""
    service = service_of(request)
    done = finish_login(service.database, given.device, service.now)
    if done is None:
        return LoginToken()
    token, kept, person = done
    until = kept.until.astimezone(SHANGHAI)
    return LoginToken(token=token, id=kept.id, person=person.id, name=person.name, expires=until)


@router.post("/logout")
def end(request: Request) -> JSONResponse:
    """Take this token back."""
    service, caller = service_of(request), caller_of(request)
    revoke_token(service.database, caller.actor.id, caller.token, caller.actor, service.now)
    document: dict[str, Any] = {"id": caller.token, "revoked": True}
    return JSONResponse(document)
