"""`/meetings`: the list, one meeting with agenda and minutes, its papers as PDF, and 会议模式 for the projector."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from documents.ledger import read_ledger
from documents.meetings.calling import agenda_page, last_rescheduling, notice_page
from documents.meetings.minutes import decision_sentence, minutes_page
from documents.meetings.pack import week_held_at, weekly_pack
from domain.base import Refusal, refuse
from domain.calendar import local_date
from domain.facts import openly
from domain.meetings.meeting import Meeting
from domain.meetings.rules import BEFORE
from domain.meetings.secrets import readable_meeting
from domain.meetings.terms import MeetingStage
from domain.readership import ReadKind
from eventlog import reading
from services.attaching import read_out
from services.issuing.minutes import filed_minutes, minutes_with_files
from services.press import press_by
from views.meetings import agenda_lines, known_meetings, meeting_files, meeting_for, the_meeting
from web.asking import whole_number
from web.meeting_acts import acts_now, form_of, form_values, free_points, items_of, may_act, names_of
from web.pages.days import AskedDay, asked_day
from web.pages.printing import downloaded, printed_page
from web.pages.refilling import refilled
from web.pages.rendering import Visitor, is_looked_at, visitor_of
from web.pages.sitting import form_key
from web.pages.submitting import Given
from web.service import service_of

if TYPE_CHECKING:
    from datetime import datetime

    from views.meetings import AgendaLine
    from web.service import WebService

HERE = "meetings"
FIRST_YEAR, LAST_YEAR = 1990, 2100


router = APIRouter(include_in_schema=False)


@router.get("/meetings")
def meetings(request: Request, year: str = "", as_of: str = "", known_at: str = "") -> Response:
    visitor = visitor_of(request)
    try:
        day = asked_day(visitor, as_of, known_at)
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    this = local_date(day.moment.as_of if day.moment else visitor.viewer.now).year
    asked = whole_number(year)
    wanted = asked if asked is not None and FIRST_YEAR <= asked <= LAST_YEAR else this
    listed = known_meetings(visitor.viewer, wanted, day.moment)
    return visitor.page(
        HERE,
        "meetings.html",
        meetings=listed,
        year=wanted,
        this=this,
        day_asked=day,
        calls=may_act(visitor) and not day.is_asked,
    )


@router.get("/meetings/pack.pdf")
def pack(request: Request) -> Response:
    """周调度材料 of the week that is shown."""
    service, visitor = service_of(request), visitor_of(request)
    try:
        refuse(not visitor.viewer.rights.whole, "周调度材料由办公室、领导和审计员查阅", "not_found")
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    log, today = service.database, local_date(visitor.viewer.now)
    monday = today - timedelta(days=today.weekday())
    at = min(visitor.viewer.now, week_held_at(log, monday))
    return printed_page(service, weekly_pack(read_ledger(log, at), monday, monday), f"周调度材料-{monday}")


@router.get("/meetings/{no}")
def meeting(request: Request, no: str, as_of: str = "", known_at: str = "") -> Response:
    visitor = visitor_of(request)
    try:
        day = asked_day(visitor, as_of, known_at)
        known = the_meeting(visitor.viewer, no, day.moment)
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    shown, past, then = _shown(visitor, known), day.is_asked, day.moment is not None
    acting = may_act(visitor) and not past
    return visitor.page(
        HERE,
        "meeting.html",
        live=None if past else f"meeting:{known.number}",
        m=shown,
        lines=agenda_lines(visitor.viewer, shown, items_of(visitor, shown, past=then), day.moment),
        files=meeting_files(visitor.viewer, shown),
        names=names_of(visitor),
        said=decision_sentence,
        day_asked=day,
        acts=() if past else acts_now(visitor, known),
        free=free_points(known) if acting else (),
        acting=acting,
        silent=_silent(visitor, known),
        before_it=known.stage in BEFORE,
        minutes=not past and _may_read_minutes(visitor, known),
        unfiled=not past and _is_unfiled(visitor, known),
    )


def _silent(visitor: Visitor, meeting: Meeting) -> list[str]:
    """The units that are called and have not answered, before the meeting, for who waits for them."""
    if meeting.stage is not MeetingStage.FROZEN or not visitor.viewer.rights.whole:
        return []
    return [unit for unit in meeting.reporting_units if meeting.reply_of(unit) is None]


def _is_unfiled(visitor: Visitor, meeting: Meeting) -> bool:
    """Whether its minutes bind and lie in no cabinet yet."""
    whole = visitor.viewer.rights.whole
    return whole and meeting.minutes is not None and filed_minutes(visitor.viewer.database, meeting) is None


@router.get("/meetings/{no}/files/{place}")
def material(request: Request, no: str, place: str) -> Response:
    """汇报材料 that were handed in for an item."""
    service, visitor = service_of(request), visitor_of(request)
    try:
        known = _shown(visitor, the_meeting(visitor.viewer, no))
        wanted = next((f for f in meeting_files(visitor.viewer, known) if f.no == whole_number(place)), None)
        if wanted is None:
            raise Refusal(f"{known.number} 没有这份材料", "not_found")  # noqa: TRY301
        data = read_out(service.settings, service.database, visitor.person.id, known.number, wanted, service.now)
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    return downloaded(data, wanted.name)


@router.get("/meetings/{no}/room")
def room(request: Request, no: str, item: str = "1", as_of: str = "", known_at: str = "") -> Response:
    visitor = visitor_of(request)
    try:
        day = asked_day(visitor, as_of, known_at)
        known = readable_meeting(the_meeting(visitor.viewer, no, day.moment), lambda _, text: openly(text))
        _is_office(visitor)
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    items = items_of(visitor, known, past=day.moment is not None)
    lines = agenda_lines(visitor.viewer, known, items, day.moment)
    asked = whole_number(item) or 1
    place = next((at for at, one in enumerate(lines, 1) if one.item.no >= asked), len(lines) + 1)
    line = lines[place - 1] if place <= len(lines) else None  # behind the last item: what is left
    numbers = [one.item.no for one in lines]
    return visitor.page(
        HERE,
        "room.html",
        m=known,
        line=line,
        place=place,
        count=len(lines),
        before=numbers[place - 2] if place > 1 else None,
        after=[*numbers, line.item.no + 1][place] if line else None,
        names=names_of(visitor),
        said=decision_sentence,
        left=[one.item for one in lines if not one.decided],
        day_asked=day,
        **(_form_in_room(service_of(request), visitor, known, line) if day.moment is None else {"form": None}),
    )


def _form_in_room(
    service: "WebService", visitor: Visitor, meeting: Meeting, line: "AgendaLine | None"
) -> dict[str, Any]:
    """The form under an item, while the meeting sits and somebody who keeps it is signed in."""
    sits = line is not None and meeting.stage is MeetingStage.IN_SESSION and may_act(visitor)
    if line is None or not sits:
        return {"form": None}
    form, given = form_of(visitor, meeting, "decide"), Given({"item": str(line.item.no)})
    key = form_key("decide", meeting, given)
    _, shown = refilled(service, visitor, key, given)
    return {
        **form_values(visitor, form, shown["given"]),
        **shown,
        "placed": given.fields,
        "form_key": key,
        "prove": False,
    }


@router.get("/meetings/{no}/agenda.pdf")
def agenda(request: Request, no: str, as_of: str = "", known_at: str = "") -> Response:
    """The agenda as it stands, or as it stood on a day."""
    service, visitor = service_of(request), visitor_of(request)
    try:
        day = asked_day(visitor, as_of, known_at)
        known = _shown(visitor, the_meeting(visitor.viewer, no, day.moment))
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    items = items_of(visitor, known, past=day.moment is not None)
    page = agenda_page(known, items, names_of(visitor), on=local_date(_at(visitor, day)))
    return printed_page(service, page, f"{known.number}-议程{_dated(day)}")


@router.get("/meetings/{no}/notice.pdf")
def notice(request: Request, no: str, as_of: str = "", known_at: str = "") -> Response:
    """The notice as it goes out, or as it went out on a day: to be called was then what was still to come."""
    service, visitor = service_of(request), visitor_of(request)
    log = service.database
    try:
        day = asked_day(visitor, as_of, known_at)
        known = _shown(visitor, the_meeting(visitor.viewer, no, day.moment))
        moved = last_rescheduling(reading.read_stream(log, known.stream, moment=day.moment))
        rules = reading.rulebook(log, day.moment.position) if day.moment else visitor.viewer.rulebook
        items = items_of(visitor, known, past=day.moment is not None)
        page = notice_page(known, items, names_of(visitor), rules.calendar, _at(visitor, day), moved)
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    return printed_page(service, page, f"{known.number}-通知{_dated(day)}")


def _at(visitor: Visitor, day: AskedDay) -> "datetime":
    """The moment a paper is of."""
    return day.moment.as_of if day.moment else visitor.viewer.now


def _dated(day: AskedDay) -> str:
    """What tells the file of a past day from today's."""
    return f"（{day.day}）" if day.is_asked else ""


@router.get("/meetings/{no}/minutes.pdf")
def minutes(request: Request, no: str) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    try:
        known = the_meeting(visitor.viewer, no)
        refuse(not _may_read_minutes(visitor, known), f"{known.number} 的纪要尚未签发", "not_found")
        filed = filed_minutes(service.database, known)
        if filed is None:
            page = minutes_page(known, names_of(visitor), local_date(visitor.viewer.now))
            answer = printed_page(service, page, f"{known.number}-纪要")
        else:
            path = minutes_with_files(
                service.database, service.settings.store_place, filed, press_by(service.settings)
            ).files["pdf"]
            answer = downloaded(path.read_bytes(), path.name, inline=True)
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    if known.minutes is not None and is_looked_at(request, visitor):
        service.note_read(ReadKind.PAPER, [known.minutes.no], visitor.person.id)
    return answer


def _shown(visitor: Visitor, meeting: Meeting) -> Meeting:
    """The meeting as this reader may see it: a unit its part of it."""
    return meeting_for(visitor.viewer, meeting)


def _is_office(visitor: Visitor) -> None:
    refuse(not visitor.viewer.rights.of_office, "会议模式由办公室在会场使用", "not_found")


def _may_read_minutes(visitor: Visitor, meeting: Meeting) -> bool:
    """Signed minutes are for everybody who may know of the meeting, a draft is the office's and leaders'."""
    return meeting.minutes is not None or (bool(meeting.points) and visitor.viewer.rights.of_office)
