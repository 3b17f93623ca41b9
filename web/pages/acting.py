"""签收: two taps on a phone. What longer forms have in common stands in `submitting`."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domain import commands as c
from domain.base import Refusal
from services.unreachable import Unreachable
from web.pages.submitting import ResultRow, carry_out, sent_form, told_on_page
from web.service import service_of

router = APIRouter(include_in_schema=False)


@router.post("/matters/{no}/accept")
async def accept(request: Request, no: str) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    try:
        await carry_out(service, visitor, no, c.AcceptReceipt(), given["command"])
    except (Refusal, Unreachable) as error:
        explained = told_on_page(error, service)
        return visitor.page("matters", "message.html", explained.status, title="没有签收", message=explained.message)
    return RedirectResponse(f"/matters/{no}", 303)


@router.post("/accept")
async def accept_all(request: Request) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    rows = []
    for no, command in given.of("accept").fields.items():
        fault = None
        try:
            await carry_out(service, visitor, no, c.AcceptReceipt(), command)
        except (Refusal, Unreachable) as error:
            fault = told_on_page(error, service).message
        rows.append(ResultRow(no, "签收", fault))
    return visitor.page("worklist", "results.html", title="签收结果", rows=rows, onward="/")
