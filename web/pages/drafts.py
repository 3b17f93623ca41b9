"""`PUT /drafts/{form}`: what somebody is typing is kept on the server, two seconds after the last key.

A page that is older than what is kept is told so, and nothing is overwritten. Whoever is not signed in any more is told
that too; the text stays on his page.
"""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import AfterValidator, BaseModel, Field

from domain.bounds import storable
from domain.calendar import SHANGHAI
from eventlog.autosaves import autosave_of, drop_autosave, keep_autosave
from web.pages.rendering import SignInNeededError, Visitor, own_path, visitor_of, visitor_to_change
from web.service import service_of

if TYPE_CHECKING:
    from datetime import datetime

    from web.service import WebService

MOST_TYPED = 256 * 1024
"""Characters of one form's fields together."""
MOST_FIELDS = 3000
"""Of one form: edited cells of 一览表, rows of a list."""
FormKey = Annotated[str, Path(pattern=r"^[a-z_]{1,40}:[A-Za-z0-9_.-]{1,80}$")]
FieldName = Annotated[str, Field(max_length=120), AfterValidator(storable)]
Typed = Annotated[str, AfterValidator(storable)]
"""A field that was cut within an emoji ends in half a character, which no text can hold."""


class TypedForm(BaseModel):
    """What a page knows of: the version it goes on from, and what stands in its fields now."""

    version: int
    fields: Annotated[dict[FieldName, Typed], Field(max_length=MOST_FIELDS)]


router = APIRouter(include_in_schema=False)


@router.put("/drafts/{form}")
async def keep(request: Request, form: FormKey, typed: TypedForm) -> JSONResponse:
    service = service_of(request)
    try:
        visitor = await service.ask(visitor_to_change, request)  # what he typed is kept while he changes his password
    except SignInNeededError:
        return JSONResponse({"code": "unauthenticated"}, 401)
    if typed.fields.get("who", visitor.person.id) != visitor.person.id:
        return JSONResponse({"code": "others"}, 403)
    if service.day is not None or sum(map(len, typed.fields.values())) > MOST_TYPED:
        return JSONResponse({"code": "too_large"}, 413)
    return await service.ask(_kept, service, visitor, form, typed)


@router.post("/drafts/{form}/drop")
async def drop(request: Request, form: FormKey, back: Annotated[str, Form()] = "/") -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    await service.ask(drop_autosave, service.database, visitor.person.id, form, service.now)
    return RedirectResponse(own_path(back), 303)


def _kept(service: "WebService", visitor: Visitor, form: str, typed: TypedForm) -> JSONResponse:
    now, person = service.now, visitor.person.id
    version = keep_autosave(service.database, person, form, typed.fields, typed.version, now)
    if version is None:
        there = autosave_of(service.database, person, form, now)
        return JSONResponse({"version": there.version, "at": clock_of(there.saved_at or now)}, 409)
    return JSONResponse({"version": version, "at": clock_of(now)})


def clock_of(at: "datetime") -> str:
    """The time of day in the office."""
    return f"{at.astimezone(SHANGHAI):%H:%M}"
