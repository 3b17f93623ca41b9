"""`/password`: whoever is signed in sets another password; where the old one is too old, before anything else."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domain.base import Refusal
from services.passwords import password_rules
from services.signing_in import NewPassword, change_password, password_is_too_old
from web.pages.rendering import Visitor, set_session, visitor_to_change
from web.pages.submitting import told_on_page
from web.service import WebService, service_of

router = APIRouter(include_in_schema=False)
HERE = "password"
MOST_FIELD = 200


@router.get("/password")
async def asked(request: Request) -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_to_change, request)
    return await service.ask(_page, service, visitor)


@router.post("/password")
async def changed(request: Request) -> Response:
    service = service_of(request)
    form = await request.form(max_files=0, max_fields=10)
    visitor = await service.ask(visitor_to_change, request)
    old, code, password, again = (str(form.get(name, ""))[:MOST_FIELD] for name in ("old", "code", "password", "again"))
    try:
        async with service.proving:
            given = NewPassword(old, code, password, again)
            cookie = await service.ask(change_password, service.database, visitor.session, given, service.now)
    except Refusal as refusal:
        return await service.ask(_page, service, visitor, refusal)
    return set_session(RedirectResponse("/", 303), cookie)


def _page(service: WebService, visitor: Visitor, error: Refusal | None = None) -> Response:
    explained = told_on_page(error, service) if error is not None else None
    values = {
        "rule": password_rules(service.database).line,
        "too_old": password_is_too_old(service.database, visitor.person.id, service.now),
        "fault": explained.message if explained else None,
    }
    return visitor.page(HERE, "password.html", explained.status if explained else 200, **values)
