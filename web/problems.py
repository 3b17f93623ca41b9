"""What goes wrong, as RFC 9457 problems: the line and the code of the command line, and a status."""

import errno
import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from domain.base import FieldRefusal, Refusal
from domain.bounds import seen
from domain.event import UnknownEventError
from domain.field_names import path_in_brief
from eventlog.errors import UNREADABLE_EVENT, LogDamaged, LogError
from services.unreachable import Unreachable
from views.wording import names_instead_of_ids, validation_line
from web.pages.rendering import (
    PasswordTooOldError,
    SessionEndedError,
    SignInNeededError,
    page,
    sign_in_again,
    to_sign_in,
    typed_again,
)
from web.statuses import TITLES, status_of

if TYPE_CHECKING:
    from web.service import WebService

logger = logging.getLogger("xmh.web")

PROBLEM = "application/problem+json"
_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}
_DOCUMENT = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {"type": _TEXT, "title": _TEXT, "status": _NUMBER, "detail": _TEXT, "code": _TEXT},
}
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": TITLES[status], "content": {PROBLEM: {"schema": _DOCUMENT}}}
    for status in (401, 403, 404, 409, 412, 413, 422, 429, 503)
}
"""What every route of the API may answer instead, for its description."""


@dataclass(frozen=True)
class ProblemDetails:
    """What went wrong, before it is a document or a page."""

    status: int
    code: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """In two words."""
        return TITLES.get(self.status, TITLES[500])


def problem(details: ProblemDetails) -> Response:
    """The problem document, with the line for the person as its detail."""
    document = {
        "type": f"urn:xmh:problem:{details.code}",
        "title": details.title,
        "status": details.status,
        "detail": seen(details.message),
        "code": details.code,
        **details.more,
    }
    return JSONResponse(document, details.status, headers=details.headers, media_type=PROBLEM)


def explained(error: Exception, service: "WebService") -> ProblemDetails:
    """What an exception tells who asked."""
    match error:
        case Refusal():
            try:
                message = names_instead_of_ids(error.message, lambda: service.database)
            except (Refusal, LogError):
                message = error.message
            more = {"field": error.field} if isinstance(error, FieldRefusal) else {}
            return ProblemDetails(status_of(error.code), error.code, message, more=more)
        case UnknownEventError():
            logger.error("an event cannot be read", exc_info=error)
            return explained(LogDamaged(UNREADABLE_EVENT), service)
        case LogError():
            return ProblemDetails(503, error.code, error.message)
        case Unreachable():
            return ProblemDetails(
                503, "unreachable", error.message, {"Retry-After": "2"}, {"command_id": error.command_id}
            )
        case ValidationError():
            return _of_model(error.errors()[0], error.title)
        case HTTPException():
            return _of_http(error)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            logger.error("disk full", exc_info=error)
            return ProblemDetails(503, "disk_full", "服务器的磁盘已满，没有存上，请与系统管理员联系")
    logger.error("unexpected", exc_info=error)
    return ProblemDetails(500, "unexpected", f"意外错误（{type(error).__name__}），请告诉维护人员发生的时间")


def _of_model(fault: Any, model: str) -> ProblemDetails:
    """What a model does not take: in the office's words, and by the field's own name for a program."""
    where = [part for part in fault["loc"] if part not in ("body", "query", "path", "header")]
    line = validation_line([{"loc": where, "msg": fault["msg"]}], model.removesuffix("Body"))
    return ProblemDetails(422, "malformed", line, more={"field": path_in_brief(where)})


def _model_asked(request: Request) -> str:
    """The model of a route's body, by its name; empty where there is none."""
    return getattr(request.scope["endpoint"].__annotations__.get("body"), "__name__", "")


def _of_http(error: HTTPException) -> ProblemDetails:
    status = 422 if error.status_code == 400 else error.status_code  # noqa: PLR2004  (a body nobody can read)
    titles = {
        422: "内容无法读取，请检查编码（UTF-8）和格式",
        404: "没有这个地址",
        405: "这个地址不能这样请求",
        413: "内容过大",
    }
    code = "not_found" if status == 404 else "malformed"  # noqa: PLR2004
    return ProblemDetails(status, code, titles.get(status, TITLES[400]), dict(error.headers or {}))


def install_problems(app: FastAPI, service: "WebService") -> None:
    """Every error of the application answers in one line: to a program as a problem, to a browser on a page."""

    async def handler(request: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            return told_as_asked(request, _of_model(error.errors()[0], _model_asked(request)))
        return told_as_asked(request, explained(error, service))

    async def sign_in_first(request: Request, error: Exception) -> Response:
        del error
        return to_sign_in(request)

    async def ended(request: Request, error: Exception) -> Response:
        assert isinstance(error, SessionEndedError)  # noqa: S101  (whom this handler is for)
        return sign_in_again(request, error)

    async def change_first(request: Request, error: Exception) -> Response:
        del request, error
        return RedirectResponse("/password", 303)

    app.add_exception_handler(SignInNeededError, sign_in_first)
    app.add_exception_handler(PasswordTooOldError, change_first)
    app.add_exception_handler(SessionEndedError, ended)
    for kind in (Refusal, LogError, Unreachable, RequestValidationError, ValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, handler)


def told_as_asked(request: Request, details: ProblemDetails) -> Response:
    """A problem on a page for a browser, as a document for a program.

    A form that could not be looked at is given back with all that was typed: it may be kept nowhere else.
    """
    if wants_page(request):
        typed, line = getattr(request.state, "typed", None), {"title": details.title, "message": seen(details.message)}
        if typed is not None and details.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            files = bool(typed.uploads)
            answer = typed_again(request, "send_again.html", details.status, typed.fields, files=files, **line)
        else:
            answer = page("message.html", details.status, **line)
        answer.headers.update(details.headers)
        return answer
    return problem(details)


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page, and not a program for a document."""
    return not request.scope["path"].startswith("/api/") and "text/html" in request.headers.get("accept", "")
