"""What every request passes: headers of safety on each answer, bodies of a bounded size, and a token on the API."""

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.access.terms import TokenScope
from domain.base import Refusal
from domain.envelope import Actor
from eventlog.errors import LogError
from intake.attached_file import MEGABYTE, MOST_BYTES
from services.accounts import bearer_of
from views.viewer import actor_of
from web.codec import DECODE, is_temporal_page
from web.problems import ProblemDetails, explained, problem, told_as_asked

if TYPE_CHECKING:
    from web.service import WebService

API = "/api/"
WITHOUT_TOKEN = frozenset({"/api/v1/login", "/api/v1/login/token"})
"""By which a program comes to have one."""
ENDLESS = frozenset({"/live", "/wall/live", "/api/v1/events/stream"})
"""What waits for the log as long as somebody listens, with a limit of its own."""
MOST_BODY = 1024 * 1024
"""Bytes of a request: a command's texts are 64 KiB each."""
MOST_FILES = MOST_BYTES + MOST_BODY
"""Bytes of a request that brings files."""
BRINGS_FILES = re.compile(r"(/api/v1)?/files")
MAY_BRING_FILES = re.compile(
    r"/feedback|/(matters|meetings)/[^/]+/do/[^/]+|/bulletins/[^/]+/word|/import|/table/workbook"
)
"""Forms that have fields for files; a browser without script sends them with the rest."""
MOST_AT_ONCE = 150
"""Requests; fewer than connections, so that whoever is one too many is told so."""
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SHOWS_ITSELF = f"{CONTENT_POLICY}; frame-src 'self'"
"""Of a page that frames another answer of ours."""
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,  # what is handed out as it came has a stricter one of its own
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True)
class Caller:
    """A program that carries a token: as whom, and what for."""

    actor: Actor
    scope: TokenScope
    token: str
    """The token's id, never itself."""


class SafetyHeaders:
    """Headers on every answer; nothing but static files is kept by anybody. What was answered ends here."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add them as the answer begins."""
        static, answered = str(scope.get("path", "")).startswith("/static/"), False

        async def with_headers(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["Cache-Control"] = "public, max-age=3600" if static else "no-store"
            await send(message)
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await self.app(scope, receive, with_headers)
        except Exception:
            # It was told and logged (`explained`); the connection stays good for what follows.
            if not answered:
                raise


class HeadAsGet:
    """HEAD is answered as GET is, without the body (RFC 9110 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask it as GET; what never ends is not asked."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"] in ENDLESS:
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        state = {**scope.get("state", {}), "head": True}
        asked = {**scope, "method": "GET", "state": state}
        try:
            await self.app(asked, receive, without_body)
        finally:
            scope["route"] = asked.get("route")  # who times it goes by that, a fault too


class BoundedWork:
    """So many requests are worked on at once; what more there are may come again."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the application."""
        self.app = app
        self.working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Work on it, or say that there are too many."""
        if scope["type"] == "http" and scope["path"] in ENDLESS:  # it waits, and has a limit of its own
            await self.app(scope, receive, send)
            return
        if scope["type"] == "http" and self.working >= MOST_AT_ONCE:
            busy = ProblemDetails(503, "unreachable", "同时办理的请求太多，请稍候再试", {"Retry-After": "2"})
            await told_as_asked(Request(scope), busy)(scope, receive, send)
            return
        self.working += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.working -= 1


class BoundedBodies:
    """A body that is too large is refused by what it says of itself, or when it turns out to be."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read what is asked, up to the limit, before anybody works on it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if scope["method"] == "POST" and _may_be_large(scope["path"], headers):
            await self._piece_by_piece(length, scope, receive, send)
            return
        body, more = b"", True
        while more and length.isdecimal() and int(length) <= MOST_BODY >= len(body):
            message = await receive()
            if message["type"] != "http.request":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        if more or len(body) > MOST_BODY:
            large = ProblemDetails(413, "too_large", f"内容超过 {MOST_BODY // 1024} KB，请改用附件")
            await told_as_asked(Request(scope), large)(scope, receive, send)
            return
        read = False

        async def whole() -> Message:
            nonlocal read
            if read:
                return await receive()
            read = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, whole, send)

    async def _piece_by_piece(self, length: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what brings files, as it comes: whoever takes it asks first who sends it."""
        if not length.isdecimal() or int(length) > MOST_FILES:
            large = ProblemDetails(413, "too_large", f"附件超过 {MOST_BYTES // MEGABYTE} MB，请压缩或拆分")
            await told_as_asked(Request(scope), large)(scope, receive, send)
            return
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > MOST_FILES:
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)


def _may_be_large(path: str, headers: Headers) -> bool:
    """Whether a request may bring files: to where they are handed in, or as a form that has fields for them."""
    is_form = headers.get("content-type", "").startswith("multipart/form-data")
    return BRINGS_FILES.fullmatch(path) is not None or (is_form and MAY_BRING_FILES.fullmatch(path) is not None)


class TokenGuard:
    """The API is answered to who carries a token that holds, before anything else of the request is looked at."""

    def __init__(self, app: ASGIApp, service: "WebService") -> None:
        """Wrap the application."""
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find who calls, or answer 401."""
        if scope["type"] != "http" or not scope["path"].startswith(API) or scope["path"] in WITHOUT_TOKEN:
            await self.app(scope, receive, send)
            return
        try:
            header = Headers(scope=scope).get("authorization", "")
            caller = await self.service.ask(caller_by, self.service, header, address_of(scope))
        except (Refusal, LogError) as error:
            await problem(explained(error, self.service))(scope, receive, send)
            return
        if caller is None:
            line = "没有令牌，或令牌无效、过期、已收回；请先 xmh login，程序用 xmh access token 签发"
            details = ProblemDetails(401, "unauthenticated", line, {"WWW-Authenticate": 'Bearer realm="xmh"'})
            await problem(details)(scope, receive, send)
            return
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        state["caller"] = caller
        await self.app(scope, receive, send)


def address_of(scope: Scope) -> str:
    """From where somebody asks; what a proxy says of it counts only when the settings name that proxy."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def caller_by(service: "WebService", header: str, address: str) -> Caller | None:
    """Who calls, by the header that carries his token; None of what is none, or does not hold."""
    kind, _, token = header.partition(" ")
    bearer = bearer_of(service.database, token.strip(), service.now, address) if kind.lower() == "bearer" else None
    if bearer is None:
        return None
    person, kept = bearer
    return Caller(actor_of(person), kept.scope, kept.id)


class SameOrigin:
    """A form is taken only from a page of ours: a stranger's page cannot act under somebody's session."""

    def __init__(self, app: ASGIApp, service: "WebService") -> None:
        """Wrap the application."""
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what another site sends; the API carries its token itself and needs no such care."""
        unsafe = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if unsafe and not scope["path"].startswith(API) and not self._ours(scope):
            details = ProblemDetails(403, "cross_site", "请求不是从本系统的页面发出的，未作任何改动")
            await told_as_asked(Request(scope), details)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _ours(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if scope["path"] == DECODE:
            return is_temporal_page(self.service, origin)
        if site is not None:
            return site == "same-origin"
        own = {f"{scope['scheme']}://{headers.get('host', '')}", self.service.settings.web.address}
        return origin is not None and origin in own
