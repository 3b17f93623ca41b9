"""`/meetings/{no}/do/{do}`: an agenda is prepared, a meeting opened, who came, what was decided, the minutes signed.

What a meeting decides is the chair's: the office types it for him, from the room (会议模式) or from the page.
"""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from documents.filing.cabinet import papers_on_disk
from domain.base import Refusal, refuse
from domain.bounds import named
from domain.envelope import Via
from domain.meetings.commands import MeetingOrder, SignMinutes
from domain.meetings.meeting import Meeting
from domain.meetings.terms import MeetingStage
from eventlog.autosaves import drop_autosave
from eventlog.errors import LogError
from services.issuing.minutes import file_minutes, rehearse_minutes
from services.orders import meeting_order
from services.press import press_by
from services.restored_numbers import advance_numbers
from services.unreachable import Unreachable
from services.vouching import session_vouch
from views.meetings import the_meeting
from views.viewer import actor_of
from web.meeting_acts import PLACED, MeetingForm, command_meant, decider, form_of, form_values, may_act, names_of
from web.pages.actions import FRESH, ProvenRefusal, all_taken, proven
from web.pages.refilling import refilled
from web.pages.rendering import Visitor, set_session, visitor_of
from web.pages.submitting import Given, handed_in, sent_form, told_on_page, vouched
from web.service import service_of

if TYPE_CHECKING:
    from domain.meetings.commands import MeetingCommand
    from web.service import WebService

HERE = "meetings"
SEEN = ("recorded", "listed", "ordered", "replied")
"""Fields by which a form says what its page showed; who was told that it changed goes on from what it is now."""
NUMBERS_KEPT = "文件柜中已有该文号的纪要，日志由旧备份还原"

router = APIRouter(include_in_schema=False)


@router.get("/meetings/{no}/do/{do}")
def asked(request: Request, no: str, do: str, item: str = "", point: str = "", unit: str = "") -> Response:
    service, visitor = service_of(request), visitor_of(request)
    return _page(service, visitor, no, do, Given({"item": item[:9], "point": point[:9], "unit": unit[:40]}))


@router.post("/meetings/{no}/do/{do}")
async def done(request: Request, no: str, do: str) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request, files=True)
    given, not_taken = await handed_in(service, visitor, given)
    cookie = None
    try:
        all_taken(not_taken)
        form = await service.ask(_form, visitor, no, do, given["unit"])
        command = await service.ask(command_meant, visitor, form, given)
        if _wants_proof(service, visitor, command):
            visitor, cookie = await proven(service, visitor, given)
        await _carry(service, visitor, form.meeting, command, given)
    except (Refusal, Unreachable, ValidationError, LogError) as error:
        shown = ProvenRefusal(cookie, error) if cookie and isinstance(error, Refusal | Unreachable) else error
        return await service.ask(_page, service, visitor, no, do, given, shown)
    key = form_key(do, form.meeting, given)
    await service.ask(drop_autosave, service.database, visitor.person.id, key, service.now)
    back = given["next"]
    to = back if back.startswith(f"/meetings/{no}/room?") else f"/meetings/{no}"
    answer = RedirectResponse(to, 303)
    return set_session(answer, cookie) if cookie else answer


def _form(visitor: Visitor, no: str, do: str, unit: str) -> MeetingForm:
    return form_of(visitor, the_meeting(visitor.viewer, no), do, unit)


def form_key(do: str, meeting: Meeting, given: Given) -> str:
    """Under which what is typed into a form is kept."""
    place = given["item"] or given["point"] or given["unit"] or "0"
    return f"{do}:{meeting.number}.{place}"


def _wants_proof(service: "WebService", visitor: Visitor, command: "MeetingCommand") -> bool:
    """签发 is done by who has shown his second factor within the last quarter of an hour."""
    return isinstance(command, SignMinutes) and visitor.session.proven_at <= service.now - FRESH


async def _carry(
    service: "WebService", visitor: Visitor, meeting: Meeting, command: "MeetingCommand", given: Given
) -> None:
    """Carry it out, once however often it is sent.

    Raises:
        Refusal: a rule said no, or minutes that are to be signed could not be filed.
        Unreachable: no answer in time.
    """
    if isinstance(command, SignMinutes) and meeting.stage is MeetingStage.IN_SESSION:
        await service.ask(_rehearsed, service, visitor, meeting, command)
        await _pass_numbers(service)

    def order() -> MeetingOrder:
        made = meeting_order(
            service.database,
            meeting,
            command,
            actor=actor_of(visitor.person).model_copy(update={"on_behalf_of": decider(visitor, meeting, command)}),
            command_id=named(given["command"]),
            now=service.now,
            secret=bool(given["secret"]),
        )
        return vouched(service, visitor, made)

    await service.convene(await service.ask(order))
    if isinstance(command, SignMinutes):
        try:
            await service.ask(_file, service, visitor, meeting.number)
        except (Refusal, LogError) as error:  # it binds already, and its page says that it is not filed
            service.warn(f"{meeting.number} signed, and not filed: {error}")


def _rehearsed(service: "WebService", visitor: Visitor, meeting: Meeting, command: SignMinutes) -> None:
    press, names = press_by(service.settings), names_of(visitor)
    home, now = service.settings.store_place, service.now
    rehearse_minutes(service.database, home, meeting, names, now=now, press=press, despite=command.despite)


async def _pass_numbers(service: "WebService") -> None:
    """No number of minutes is given twice, also by a log that was put back from an older copy."""
    seen = await (await service.gateway()).witnessed()
    if seen is not None and seen.log == await service.ask(service.database.log):
        await service.ask(advance_numbers, service.database, seen.numbers)
    await service.ask(advance_numbers, service.database, papers_on_disk(service.settings.store_place), NUMBERS_KEPT)


@router.post("/meetings/{no}/file")
async def filed(request: Request, no: str) -> Response:
    """成文归档 of minutes that were signed and could not be filed then: the disk was full, say."""
    service = service_of(request)
    visitor, _ = await sent_form(request)
    try:
        await service.ask(_file, service, visitor, no)
    except (Refusal, LogError) as error:
        problem = told_on_page(error, service)
        return visitor.page(HERE, "message.html", problem.status, title="没有归档", message=problem.message)
    return RedirectResponse(f"/meetings/{no}", 303)


def _file(service: "WebService", visitor: Visitor, number: str) -> None:
    """File what was signed, once however often it is asked.

    Raises:
        Refusal: there are no signed minutes, they are not his to file, or the cabinet takes them no more.
        LogError: the log does not answer.
    """
    refuse(not may_act(visitor), "纪要由办公室和领导归档", "forbidden")
    session, settings = visitor.session, service.settings
    own = service.database.vouched_by(session_vouch(settings.home, session.digest[:16], session.proven_at, Via.WEB))
    meeting, press = the_meeting(visitor.viewer, number), press_by(settings)
    file_minutes(own, settings.store_place, meeting, actor=visitor.viewer.actor, now=service.now, press=press)


def _page(
    service: "WebService", visitor: Visitor, no: str, do: str, given: Given, error: Exception | None = None
) -> Response:
    """The form, with what was typed or kept."""
    try:
        form = _form(visitor, no, do, given["unit"])
    except Refusal as refusal:
        problem = told_on_page(refusal, service)
        return visitor.page(HERE, "message.html", problem.status, title="不能办理", message=problem.message)
    key = form_key(do, form.meeting, given)
    status, shown = refilled(service, visitor, key, given, error, marks=SEEN)
    typed: Given = shown["given"]
    signs = form.act.kind is SignMinutes and visitor.session.proven_at <= service.now - FRESH
    answer = visitor.page(
        HERE,
        "meeting_act.html",
        status,
        **form_values(visitor, form, typed),
        **shown,
        m=form.meeting,
        placed={name: typed[name] for name in sorted(PLACED) if typed[name]},
        form_key=key,
        prove=signs and not isinstance(error, ProvenRefusal),
    )
    return set_session(answer, error.cookie) if isinstance(error, ProvenRefusal) else answer
