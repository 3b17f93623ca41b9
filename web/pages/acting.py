"""What somebody signed in does: 签收 and 反馈. A form is one command however often its button is pressed.

Nothing typed is lost: what is refused comes back with the line why, and so does what was sent after the session ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from domain import commands as c
from domain.base import Refusal
from domain.bounds import named
from domain.envelope import Provenance, Via
from services.orders import matter_order
from services.unreachable import Unreachable
from services.vouching import signed
from views.matter import matter_document
from web.asking import the_matter
from web.pages.rendering import SignInNeededError, Visitor, page, visitor_of
from web.problems import explained
from web.service import actor_of

if TYPE_CHECKING:
    from web.service import WebService

MOST_FIELDS = 120
POINT = "point-"
"""Before the number of a point in the name of its field."""


@dataclass(frozen=True)
class Given:
    """What a form holds, by the names of its fields."""

    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """A field without the space around it; empty when it is not there."""
        return self.fields.get(name, "").strip()


def acting_router(service: "WebService") -> APIRouter:
    """The forms of a matter's page."""
    router = APIRouter(include_in_schema=False)

    @router.post("/matters/{no}/accept")
    async def accept(request: Request, no: str) -> Response:
        given = await _given(request)
        try:
            visitor = await service.ask(visitor_of, service, request)
        except SignInNeededError:
            return _sign_in_again(request, given)
        try:
            await _sent(service, visitor, no, c.AcceptReceipt(), given["command"])
        except (Refusal, Unreachable) as error:
            told = explained(error, service)
            return visitor.page("matters", "message.html", told.status, title="没有签收", message=told.message)
        return RedirectResponse(f"/matters/{no}", 303)

    @router.get("/matters/{no}/report")
    async def reporting(request: Request, no: str) -> Response:
        visitor = await service.ask(visitor_of, service, request)
        return await service.ask(_form, visitor, no, Given({"command": uuid4().hex}))

    @router.post("/matters/{no}/report")
    async def report(request: Request, no: str) -> Response:
        given = await _given(request)
        try:
            visitor = await service.ask(visitor_of, service, request)
        except SignInNeededError:
            return _sign_in_again(request, given)
        try:
            await _sent(service, visitor, no, _feedback(given), given["command"])
        except (Refusal, Unreachable, ValidationError) as error:
            told = explained(error, service)
            return await service.ask(_form, visitor, no, given, told.status, told.message)
        return RedirectResponse(f"/matters/{no}", 303)

    return router


async def _given(request: Request) -> Given:
    """The fields of a form, texts only."""
    form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    return Given({name: value for name, value in form.items() if isinstance(value, str)})


def _form(visitor: Visitor, no: str, given: Given, status: int = 200, fault: str | None = None) -> Response:
    """The feedback of a matter, with what was typed already."""
    try:
        document = matter_document(visitor.viewer, the_matter(visitor.viewer, no).stream, None)
    except Refusal as refusal:
        return visitor.page("matters", "message.html", 404, title="没有找到", message=refusal.message)
    offer = next((o for o in document.get("offers", ()) if o["do"] == "report"), None)
    if fault is None and (offer is None or not offer["possible"]):
        why = offer["why_not"] if offer else "这件事不由您反馈"
        return visitor.page("matters", "message.html", 409, title="现在不能反馈", message=why)
    last = [e["text"] for e in document["timeline"] if e["type"] == "FeedbackSubmitted"]
    points = [p for p in document.get("points", ()) if not p["dropped"] and p["progress"] < 100]  # noqa: PLR2004
    return visitor.page(
        "matters",
        "report.html",
        status,
        m=document,
        points=points,
        given=given,
        fault=fault,
        last=last[-1] if last else None,
        point=POINT,
    )


def _feedback(given: Given) -> c.SubmitFeedback:
    """The command a form means.

    Raises:
        Refusal: `malformed`: nothing was written, or a share is no number.
    """
    if not given["text"]:
        raise Refusal("请填写进展情况", "malformed")
    points = [
        {"no": int(name.removeprefix(POINT)), "progress": _share(given[name])}
        for name in given.fields
        if name.startswith(POINT) and name.removeprefix(POINT).isdecimal() and given[name]
    ]
    said: dict[str, Any] = {
        "text": given["text"],
        "progress": _share(given["progress"]) if given["progress"] else None,
        "problem": given["problem"] or None,
        "next_step": given["next_step"] or None,
        "coordination": given["coordination"] or None,
        "points": points,
    }
    return c.SubmitFeedback.model_validate(said)


def _share(text: str) -> int:
    plain = text.rstrip("%％").strip()
    if not plain.isdecimal() or not 0 <= int(plain) <= 100:  # noqa: PLR2004
        raise Refusal(f"进度“{text[:20]}”应是 0 至 100 的整数", "malformed")
    return int(plain)


async def _sent(service: "WebService", visitor: Visitor, no: str, command: c.MatterCommand, command_id: str) -> None:
    """Carry it out, once however often it is sent.

    Raises:
        Refusal: a rule said no.
        Unreachable: no answer in time.
    """

    def order() -> c.Order:
        made = matter_order(
            service.database,
            the_matter(visitor.viewer, no).stream,
            command,
            actor=actor_of(visitor.person),
            command_id=named(command_id),
            now=service.now,
        )
        session = visitor.session
        proven = Provenance(via=Via.WEB, credential=session.digest[:16], auth_time=session.created_at)
        return made.model_copy(update={"signed": signed(service.settings.home, made, proven)})

    await (await service.gateway()).submit(await service.ask(order))


def _sign_in_again(request: Request, given: Given) -> Response:
    """The session ended while somebody typed: all of it is on the page, to be sent once more."""
    return page("sign_in_again.html", 401, action=request.url.path, given=given.fields)
