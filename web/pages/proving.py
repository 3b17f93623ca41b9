"""`/prove`: a fresh second factor for what leaves as a file of several units' matters; then on to it."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domain.base import Refusal
from web.pages.actions import FRESH, proven
from web.pages.rendering import Visitor, own_path, set_session, visitor_of
from web.pages.submitting import Given, sent_form, told_on_page
from web.service import WebService, service_of

router = APIRouter(include_in_schema=False)
HERE = "prove"


@router.get("/prove")
async def asked(request: Request, next: str = "/") -> Response:  # noqa: A002  (the name in the address)
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return _page(service, visitor, Given({"next": next}))


@router.post("/prove")
async def shown(request: Request) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    try:
        _, cookie = await proven(service, visitor, given)
    except Refusal as refusal:
        return _page(service, visitor, given, refusal)
    return set_session(RedirectResponse(own_path(given["next"]), 303), cookie)


def prove_first(request: Request, service: WebService, visitor: Visitor) -> Response | None:
    """The way to show the second factor first and then come back; None when it was shown just now.

    Whoever reads all takes the whole office's business away with one file; a unit takes its own.
    """
    if not visitor.viewer.rights.whole or visitor.session.proven_at > service.now - FRESH:
        return None
    query = request.scope["query_string"].decode("ascii", "replace")
    back = request.url.path + (f"?{query}" if query else "")
    return RedirectResponse(f"/prove?next={quote(back)}", 303)


def _page(service: WebService, visitor: Visitor, given: Given, error: Refusal | None = None) -> Response:
    explained = told_on_page(error, service) if error is not None else None
    fault, status = (explained.message, explained.status) if explained else (None, 200)
    return visitor.page(HERE, "prove.html", status, next=own_path(given["next"]), fault=fault)
