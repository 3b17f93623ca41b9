"""`/meetings/{no}` and `/meetings/{no}/commands/{do}`: a meeting, a route for each command a program may give it."""

from typing import TYPE_CHECKING, Annotated, Any, get_args

from fastapi import Body, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from domain.access.scopes import NEVER, check_scope
from domain.base import Frozen
from domain.envelope import Provenance, Via
from domain.meetings import commands as m
from domain.meetings.commands import MeetingOrder
from services.attaching import check_own_files
from services.orders import meeting_order
from services.vouching import signed
from views.meetings import meeting_document, meeting_for, the_meeting
from web.api.commands import BESIDE, KeyHeader, body_of, check_named, do_of
from web.api.common import api_router, caller_of
from web.service import service_of

if TYPE_CHECKING:
    from web.guards import Caller
    from web.service import WebService

OWN_WAY: frozenset[type[Frozen]] = frozenset(
    {m.ConveneMeeting, m.RecordMeeting, m.FreezeAgenda, m.NoteDelivery, m.ExpireMeeting, m.ReprojectMeeting}
)
"""The clock's own, and what is more than one command: to call a meeting, record one held elsewhere, fix an agenda."""
MEETING_COMMANDS: tuple[type[Frozen], ...] = tuple(
    kind for kind in get_args(get_args(m.MeetingCommand)[0]) if kind not in OWN_WAY | NEVER
)
"""What a program may ask of a meeting; what is decided there, a person decides by his own hand."""

BODIES: dict[str, type[Frozen]] = {f"{kind.__name__}Body": kind for kind in MEETING_COMMANDS}
"""Name of a body's schema → the command it is checked as."""


class MeetingAnswer(BaseModel):
    """How the meeting stands after the command."""

    meeting: str
    stage: str
    version: int
    points: list[int]
    """Numbers of the decisions the command gave."""
    events: list[str]


router = api_router("meetings")


@router.get("/meetings/{no}")
def meeting(request: Request, no: str) -> dict[str, Any]:
    """会议, as `meeting show` gives it: for a unit its part of it."""
    service = service_of(request)
    viewer = service.viewer(caller_of(request).actor)
    return meeting_document(meeting_for(viewer, the_meeting(viewer, no)))


def _add(kind: type[Frozen]) -> None:
    """A route for a command of a meeting."""

    async def acting(request: Request, no: str, body: Annotated[Any, Body()], key: KeyHeader = None) -> JSONResponse:
        service, caller = service_of(request), caller_of(request)
        order = await service.ask(_order, service, caller, kind, body, no, check_named(caller, body, key))
        reply = await service.convene(order)
        answer = {"meeting": reply.meeting, "stage": reply.stage.value, "version": reply.version}
        return JSONResponse({**answer, "points": list(reply.points), "events": list(reply.events)}, 201)

    acting.__annotations__["body"] = body_of(kind)
    router.add_api_route(
        f"/meetings/{{no}}/commands/{do_of(kind)}",
        acting,
        methods=["POST"],
        status_code=201,
        response_model=MeetingAnswer,
        name=do_of(kind),
        operation_id=f"meeting_{do_of(kind)}",
        summary=(kind.__doc__ or "").split("\n")[0],
    )


def _order(
    service: "WebService", caller: "Caller", kind: type[Frozen], body: Any, no: str, command_id: str
) -> MeetingOrder:
    command: Any = kind.model_validate(body.model_dump(exclude=BESIDE - kind.model_fields.keys()))
    check_scope(caller.scope, command)
    check_own_files(service.database, caller.actor.id, command, service.now)
    order = meeting_order(
        service.database,
        the_meeting(service.viewer(caller.actor), no),
        command,
        actor=caller.actor,
        command_id=command_id,
        now=service.now,
        secret=body.secret,
    )
    proven = Provenance(via=Via.API, credential=caller.token, auth_time=service.now)
    return order.model_copy(update={"signed": signed(service.settings.home, order, proven)})


for _kind in MEETING_COMMANDS:
    _add(_kind)
