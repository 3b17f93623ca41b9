"""`/meetings/new` 安排会议: a meeting is called; its notice, agenda and minutes follow from the series' rule."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from domain.base import FieldRefusal, Refusal
from domain.bounds import named
from domain.calendar import at_office, local_date
from domain.ids import meeting_stream
from domain.meetings.commands import ConveneMeeting, MeetingOrder
from domain.queries.spoken import spoken_moment
from domain.terms import Role
from eventlog import reading
from eventlog.autosaves import drop_autosave
from eventlog.errors import LogError
from services.orders import meeting_order
from services.unreachable import Unreachable
from views.viewer import actor_of
from web.forms import FormField, check_filled
from web.labels import BY_HAND
from web.meeting_acts import may_act
from web.pages.refilling import refilled
from web.pages.rendering import Visitor, visitor_of
from web.pages.submitting import Given, sent_form, vouched
from web.service import service_of

if TYPE_CHECKING:
    from datetime import datetime

    from web.service import WebService

HERE, FORM = "meetings", "convene:new"

router = APIRouter(include_in_schema=False)


@router.get("/meetings/new")
def asked(request: Request) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    return _page(service, visitor, Given({}))


@router.post("/meetings/new")
async def convened(request: Request) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)

    def order() -> MeetingOrder:
        command_id = named(given["command"])
        made = meeting_order(
            service.database,
            meeting_stream(command_id),
            _meant(visitor, given),
            actor=actor_of(visitor.person),
            command_id=command_id,
            now=service.now,
        )
        return vouched(service, visitor, made)

    try:
        reply = await service.convene(await service.ask(order))
    except (Refusal, Unreachable, ValidationError, LogError) as error:
        return await service.ask(_page, service, visitor, given, error)
    await service.ask(drop_autosave, service.database, visitor.person.id, FORM, service.now)
    return RedirectResponse(f"/meetings/{reply.meeting}", 303)


def _fields(visitor: Visitor) -> tuple[FormField, ...]:
    names, database, units = BY_HAND["/meetings/new"], visitor.viewer.database, visitor.viewer.units
    series = tuple((s.id, s.name) for s in reading.series_book(database).series)
    heads = [p for p in reading.people(database) if p.role in (Role.LEADER, Role.OFFICE)]
    chairs = tuple((p.id, f"{p.name}（{units(p.unit or '')}）") for p in heads)
    return (
        FormField("series", "会议系列", "choice", required=True, options=series),
        FormField("starts", names["starts"], "line", required=True),
        FormField("title", names["title"], "line", required=False),
        FormField("place", names["place"], "line", required=False),
        FormField("chair", "主持人", "choice", required=False, options=chairs),
        FormField("materials_by", names["materials_by"], "line", required=False),
        FormField("emergency", "临时召开：立即发通知、定议题", "tick", required=False),
        FormField("reason", names["reason"], "words", required=False),
    )


def _meant(visitor: Visitor, given: Given) -> ConveneMeeting:
    """The meeting a filled-in form means.

    Raises:
        FieldRefusal: a field is empty, or cannot be understood.
    """
    check_filled(_fields(visitor), given)
    series = next((s for s in reading.series_book(visitor.viewer.database).series if s.id == given["series"]), None)
    if series is None:
        raise FieldRefusal("series", "没有这个会议系列，请重新选择")
    starts = _moment(visitor, given, "starts")
    return ConveneMeeting(
        series=series,
        starts=starts,
        title=given["title"] or None,
        place=given["place"] or None,
        chair=given["chair"] or None,
        reason=given["reason"] or None,
        emergency=bool(given["emergency"]),
        materials_by=_moment(visitor, given, "materials_by") if given["materials_by"] else None,
    )


def _moment(visitor: Visitor, given: Given, name: str) -> "datetime":
    try:
        return at_office(*spoken_moment(given[name], local_date(visitor.viewer.now)))
    except Refusal as refusal:
        raise FieldRefusal(name, refusal.message) from refusal


def _page(service: "WebService", visitor: Visitor, given: Given, error: Exception | None = None) -> Response:
    """The form, with what was typed or kept."""
    if not may_act(visitor):
        why = "会议由办公室和领导安排" if visitor.day is None else "这里只供查看过去某一天的情况，不能安排会议"
        return visitor.page(HERE, "message.html", 403, title="不能安排会议", message=why)
    status, shown = refilled(service, visitor, FORM, given, error)
    return visitor.page(
        HERE,
        "convene.html",
        status,
        form=FORM,
        fields=_fields(visitor),
        **shown,
    )
