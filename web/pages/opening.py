"""`/open` 立项: one matter, and 交办 at once when its lead is named."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from domain.base import Refusal
from domain.terms import Role
from eventlog.autosaves import drop_autosave
from services.unreachable import Unreachable
from web.acts import OPENING
from web.forms import Filling, command_of, fields_of
from web.pages.refilling import refilled
from web.pages.rendering import Visitor, visitor_of
from web.pages.submitting import Given, carry_out, sent_form
from web.service import service_of

if TYPE_CHECKING:
    from web.service import WebService

FORM = "open:new"


router = APIRouter(include_in_schema=False)


@router.get("/open")
async def asked(request: Request) -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask(_page, service, visitor, Given({}))


@router.post("/open")
async def opened(request: Request) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    try:
        command = await service.ask(command_of, OPENING, given, Filling(visitor.viewer, None))
        reply = await carry_out(service, visitor, None, command, given["command"], secret=bool(given["secret"]))
    except (Refusal, Unreachable, ValidationError) as error:
        return await service.ask(_page, service, visitor, given, error)
    await service.ask(drop_autosave, service.database, visitor.person.id, FORM, service.now)
    return RedirectResponse(f"/matters/{reply.matter}?done=open", 303)


def may_not_open(visitor: Visitor) -> Response | None:
    """The page for who may open nothing, or looks at a past day."""
    if visitor.person.role in (Role.OFFICE, Role.LEADER) and visitor.day is None:
        return None
    why = "立项由办公室和领导办理" if visitor.day is None else "这里只供查看过去某一天的情况，不能立项"
    return visitor.page("matters", "message.html", 403, title="不能立项", message=why)


def _page(service: "WebService", visitor: Visitor, given: Given, error: Exception | None = None) -> Response:
    """The form, with what was typed."""
    if (shut := may_not_open(visitor)) is not None:
        return shut
    status, shown = refilled(service, visitor, FORM, given, error)
    return visitor.page(
        "matters",
        "open.html",
        status,
        act=OPENING,
        fields=fields_of(OPENING, Filling(visitor.viewer, None)),
        **shown,
    )
