"""`/queue` 审核队列: one decision after another, by keys where the office decides; several at once after a second look.

Nothing is sent by one key: it chooses, a line names the matter, Enter sends and Esc takes it back.
"""

from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import ValidationError

from domain import commands as c
from domain.base import Refusal, refuse
from domain.offers import do_of
from domain.terms import Role
from services.unreachable import Unreachable
from views.queue import Awaited, awaited_document, queue_of
from web.pages.actions import BY_NAME, form_values, label_of_done, open_form, perform, proven, wants_proof
from web.pages.rendering import SignInNeededError, Visitor, set_session, visitor_of
from web.pages.submitting import Given, ResultRow, given_of, sign_in_again, told_on_page

if TYPE_CHECKING:
    from web.service import WebService

AT_ONCE = frozenset({c.ReviewClosure, c.ReviewPoint})
"""What may be approved for several together: 同意 without a word of one's own."""
MOST_AT_ONCE = 50


def queue_router(service: "WebService") -> APIRouter:
    """The pages of who decides."""
    router = APIRouter(include_in_schema=False)

    @router.get("/queue")
    async def queue(request: Request, at: str = "", after: str = "", done: str = "") -> Response:
        visitor = await service.ask(visitor_of, service, request)
        return await service.ask(_page, service, visitor, at, after, done)

    @router.post("/queue")
    async def chosen(request: Request, item: Annotated[list[str], Form(max_length=MOST_AT_ONCE)] = []) -> Response:  # noqa: B006
        visitor = await service.ask(visitor_of, service, request)
        return await service.ask(_second_look, service, visitor, item)

    @router.post("/queue/approve")
    async def approved(request: Request) -> Response:
        given = await given_of(request)
        try:
            visitor = await service.ask(visitor_of, service, request)
        except SignInNeededError:
            return sign_in_again(request, given)
        return await _approve(service, visitor, given)

    return router


def _page(service: "WebService", visitor: Visitor, at: str, after: str, done: str) -> Response:
    """The list, and the decision that is next."""
    try:
        refuse(visitor.day is not None, "这里只供查看过去某一天的情况，不能审核", "forbidden")
        items = queue_of(visitor.viewer)
    except Refusal as refusal:
        return visitor.page("queue", "message.html", 403, title="不能审核", message=refusal.message)
    keys = [item.key for item in items]
    place = _place(items, at, after)
    here = keys[place] if keys else None
    item = items[place] if items else None
    return visitor.page(
        "queue",
        "queue.html",
        items=items,
        current=here,
        item=item,
        place=place,
        before=keys[place - 1] if place else None,
        behind=keys[place + 1] if place + 1 < len(keys) else None,
        shown=awaited_document(visitor.viewer, item) if item else None,
        at_once=[i.key for i in items if i.kind in AT_ONCE] if visitor.person.role is Role.OFFICE else [],
        by_keys=visitor.person.role is Role.OFFICE,
        done=label_of_done(done),
        **(_form_of(service, visitor, item) if item else {"form": None}),
    )


def _place(items: list[Awaited], at: str, after: str) -> int:
    """Where one stands in the list: at the item asked for, or at what follows the one that was decided."""
    keys = [item.key for item in items]
    if at in keys:
        return keys.index(at)
    number = after.partition(":")[0]
    behind = [place for place, item in enumerate(items) if after and item.matter.number > number]
    return behind[0] if behind else 0


def _form_of(service: "WebService", visitor: Visitor, item: Awaited) -> dict[str, object]:
    """The decision's form, or nothing when he may not take it."""
    do = do_of(item.kind)
    given = Given({"next": f"/queue?after={item.key}&done={do}", "no": str(item.no or "")})
    try:
        form = open_form(visitor, item.matter.number, do)
    except Refusal:
        return {"form": None}
    return form_values(service, visitor, form, given)


def _chosen(visitor: Visitor, keys: list[str]) -> list[Awaited]:
    return [item for item in queue_of(visitor.viewer) if item.key in keys and item.kind in AT_ONCE]


def _second_look(service: "WebService", visitor: Visitor, keys: list[str]) -> Response:
    """What is about to be approved, matter by matter, before anything is sent."""
    items = _chosen(visitor, keys)
    if not items:
        return visitor.page("queue", "message.html", 422, title="没有选", message="请先勾选要一起同意的事项")
    prove = any(wants_proof(visitor, BY_NAME[do_of(item.kind)], service) for item in items)
    rows = [(item, awaited_document(visitor.viewer, item), uuid4().hex) for item in items]
    return visitor.page("queue", "queue_look.html", rows=rows, prove=prove, fault=None)


async def _approve(service: "WebService", visitor: Visitor, given: Given) -> Response:
    """Approve each of several, with what became of it."""
    commands = {key.removeprefix("approve."): v for key, v in given.fields.items() if key.startswith("approve.")}
    cookie = None
    try:
        if any(wants_proof(visitor, BY_NAME[key.split(":")[1]], service) for key in commands):
            visitor, cookie = await proven(service, visitor, given)
    except Refusal as refusal:
        items = await service.ask(_chosen, visitor, list(commands))
        rows = [(i, await service.ask(awaited_document, visitor.viewer, i), commands[i.key]) for i in items]
        return visitor.page("queue", "queue_look.html", 422, rows=rows, prove=True, fault=refusal.message)
    decided = [await _approve_one(service, visitor, key, command) for key, command in commands.items()]
    answer = visitor.page("queue", "results.html", title="审核结果", rows=decided, onward="/queue")
    return set_session(answer, cookie) if cookie else answer


async def _approve_one(service: "WebService", visitor: Visitor, key: str, command: str) -> ResultRow:
    number, do, no = key.split(":")
    given = Given({"command": command, "approve": "yes", "no": no})
    try:
        await perform(service, visitor, number, do, given)
    except (Refusal, Unreachable, ValidationError) as error:
        return ResultRow(number, BY_NAME[do].label, told_on_page(error, service).message)
    return ResultRow(number, BY_NAME[do].label, None)
