"""`/queue` 审核队列: one decision after another, by keys where the office decides; several at once after a second look.

Nothing is sent by one key: it chooses, a line names the matter, Enter sends and Esc takes it back.
"""

from typing import TYPE_CHECKING, Annotated, NamedTuple
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import ValidationError

from domain import commands as c
from domain.base import Frozen, Refusal, refuse
from domain.offers import do_of
from domain.terms import Role
from services.unreachable import Unreachable
from views.queue import CHANGED_SINCE, Awaited, awaited_document, queue_of, seen_mark
from web.pages.actions import BY_NAME, form_values, label_of_done, open_form, perform, proven, wants_proof
from web.pages.rendering import Visitor, set_session, visitor_of
from web.pages.submitting import Given, ResultRow, sent_form, told_on_page
from web.service import service_of

if TYPE_CHECKING:
    from web.service import WebService

AT_ONCE: frozenset[type[Frozen]] = frozenset({c.ReviewClosure, c.ReviewPoint})
"""What may be approved for several together: 同意 without a word of one's own."""
MOST_AT_ONCE = 50
AROUND = 200
"""So many before and after where one stands are listed."""
_DOES = frozenset(do_of(kind) for kind in AT_ONCE)


class JointApproval(NamedTuple):
    """One of several that are approved together, as the second look sends it."""

    number: str
    do: str
    point: str
    command: str
    seen: str
    """The mark of what was looked at."""

    @property
    def key(self) -> str:
        """How the queue names it."""
        return f"{self.number}:{self.do}:{self.point}"


router = APIRouter(include_in_schema=False)


@router.get("/queue")
async def queue(request: Request, at: str = "", after: str = "", done: str = "") -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask(_page, service, visitor, at, after, done)


@router.post("/queue")
async def chosen(request: Request, item: Annotated[list[str], Form()] = []) -> Response:  # noqa: B006
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask(_second_look, service, visitor, item)


@router.post("/queue/approve")
async def approved(request: Request) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    return await _approve(service, visitor, given)


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
        items=items[(first := max(0, place - AROUND)) : place + AROUND],
        count=len(items),
        first=first + 1,
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
    return form_values(service, visitor, form, given)[1]


def _chosen(visitor: Visitor, keys: list[str]) -> list[Awaited]:
    return [item for item in queue_of(visitor.viewer) if item.key in keys and item.kind in AT_ONCE]


def _second_look(service: "WebService", visitor: Visitor, keys: list[str], refusal: Refusal | None = None) -> Response:
    """What is about to be approved, matter by matter, before anything is sent."""
    try:
        items = _chosen(visitor, keys)
    except Refusal as forbidden:
        return visitor.page("queue", "message.html", 403, title="不能审核", message=forbidden.message)
    if len(items) > MOST_AT_ONCE:
        line = f"一次最多同意 {MOST_AT_ONCE} 件，选了 {len(items)} 件；请分几次办理"
        return visitor.page("queue", "message.html", 422, title="选得太多", message=line)
    if not items:
        return visitor.page("queue", "message.html", 422, title="没有选", message="请先勾选要一起同意的事项")
    prove = any(wants_proof(visitor, BY_NAME[do_of(item.kind)], service) for item in items)
    shown = [(item, awaited_document(visitor.viewer, item)) for item in items]
    rows = [(item, document, uuid4().hex, seen_mark(document["asked"])) for item, document in shown]
    status, fault = (422, refusal.message) if refusal else (200, None)
    return visitor.page("queue", "queue_look.html", status, rows=rows, prove=prove, fault=fault)


async def _approve(service: "WebService", visitor: Visitor, given: Given) -> Response:
    """Approve each of several, with what became of it."""
    approvals = _approvals(given)
    if not approvals:
        return await service.ask(_second_look, service, visitor, [])
    cookie = None
    try:
        if any(wants_proof(visitor, BY_NAME[one.do], service) for one in approvals):
            visitor, cookie = await proven(service, visitor, given)
    except Refusal as refusal:
        return await service.ask(_second_look, service, visitor, [one.key for one in approvals], refusal)
    decided = [await _approve_one(service, visitor, one) for one in approvals]
    answer = visitor.page("queue", "results.html", title="审核结果", rows=decided, onward="/queue")
    return set_session(answer, cookie) if cookie else answer


def _approvals(given: Given) -> list[JointApproval]:
    """What a second look sends: nothing but what may be approved for several together, and no more than so many."""
    approvals = []
    for key, command in given.of("approve").fields.items():
        match key.split(":"):
            case [number, do, point] if do in _DOES:
                approvals.append(JointApproval(number, do, point, command, given[f"seen.{key}"]))
    return approvals[:MOST_AT_ONCE]


async def _approve_one(service: "WebService", visitor: Visitor, one: JointApproval) -> ResultRow:
    given = Given({"command": one.command, "approve": "yes", "no": one.point})
    label, fault = BY_NAME[one.do].label, None
    try:
        await service.ask(_still_as_seen, visitor, one)
        await perform(service, visitor, one.number, one.do, given)
    except (Refusal, Unreachable, ValidationError) as error:
        fault = told_on_page(error, service).message
    return ResultRow(one.number, label, fault)


def _still_as_seen(visitor: Visitor, one: JointApproval) -> None:
    """Refuse to approve what is not what was looked at: somebody answered it, or asked anew in other words."""
    for item in _chosen(visitor, [one.key]):
        changed = one.seen and one.seen != seen_mark(awaited_document(visitor.viewer, item)["asked"])
        refuse(bool(changed), CHANGED_SINCE, "changed")
