"""`/connect`: whoever is signed in lets a command line in that shows a code, or says that it is not his."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.base import FieldRefusal, Refusal
from services.connecting import confirm_login, refuse_login, waiting_login
from web.pages.actions import FRESH, proven
from web.pages.rendering import Visitor, set_session, visitor_of
from web.pages.submitting import Given, sent_form, told_on_page
from web.service import WebService, service_of

router = APIRouter(include_in_schema=False)
HERE = "connect"
MOST_CODE = 40


@router.get("/connect")
async def asked(request: Request, code: str = "") -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask(_page, service, visitor, Given({"login": code[:MOST_CODE]}))


@router.post("/connect")
async def answered(request: Request) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    cookie = None
    try:
        if given["answer"] == "no":
            await service.ask(refuse_login, service.database, given["login"], service.now)
            title, line = "已拒绝", "那台电脑没有登录。若不是您自己运行的，请告知系统管理员。"
        else:
            await service.ask(waiting_login, service.database, given["login"], service.now)
            if _wants_proof(service, visitor):
                visitor, cookie = await proven(service, visitor, given)
            await service.ask(confirm_login, service.database, given["login"], visitor.person.id, service.now)
            title, line = "已确认", "可以回到命令行了。令牌 12 小时后失效，不用时请运行 xmh logout。"
    except Refusal as refusal:
        answer = await service.ask(_page, service, visitor, given, refusal)
    else:
        answer = visitor.page(HERE, "message.html", title=title, message=line)
    return set_session(answer, cookie) if cookie else answer


def _wants_proof(service: WebService, visitor: Visitor) -> bool:
    return visitor.session.proven_at <= service.now - FRESH


def _page(service: WebService, visitor: Visitor, given: Given, error: Refusal | None = None) -> Response:
    """The field for the code, or who asks and the two answers."""
    waiting, explained = None, told_on_page(error, service) if error is not None else None
    if given["login"]:
        try:
            waiting = waiting_login(service.database, given["login"], service.now)
        except Refusal as refusal:
            explained = explained or told_on_page(refusal, service)
    values = {
        "login": given["login"],
        "waiting": waiting,
        "fault": explained.message if explained else None,
        "wrong_field": error.field if isinstance(error, FieldRefusal) else None,
        "prove": _wants_proof(service, visitor),
    }
    return visitor.page(HERE, "connect.html", explained.status if explained else 200, **values)
