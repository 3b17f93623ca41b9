"""`/meetings`: the list, one meeting with agenda and minutes, its papers as PDF, and 会议模式 for the projector."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from activities.agenda import assembled_agenda
from documents.meetings.calling import DirectoryNames, agenda_page
from documents.meetings.minutes import decision_sentence, minutes_page
from domain.base import Refusal, refuse
from domain.calendar import local_date
from domain.facts import openly
from domain.meetings.agenda import arranged_agenda
from domain.meetings.meeting import AgendaItem, Meeting
from domain.meetings.secrets import readable_meeting
from domain.readership import ReadKind
from eventlog import reading
from views.meetings import agenda_lines, known_meetings, meeting_for, the_meeting
from web.asking import whole_number
from web.pages.printing import printed_page
from web.pages.rendering import Visitor, is_looked_at, visitor_of
from web.service import service_of

HERE = "meetings"
FIRST_YEAR, LAST_YEAR = 1990, 2100


router = APIRouter(include_in_schema=False)


@router.get("/meetings")
def meetings(request: Request, year: str = "") -> Response:
    visitor = visitor_of(request)
    this = local_date(visitor.viewer.now).year
    asked = whole_number(year)
    wanted = asked if asked is not None and FIRST_YEAR <= asked <= LAST_YEAR else this
    listed = known_meetings(visitor.viewer, wanted)
    return visitor.page(HERE, "meetings.html", meetings=listed, year=wanted, this=this)


@router.get("/meetings/{no}")
def meeting(request: Request, no: str) -> Response:
    visitor = visitor_of(request)
    try:
        known = the_meeting(visitor.viewer, no)
    except Refusal as refusal:
        return _not_found(visitor, refusal)
    shown = _shown(visitor, known)
    return visitor.page(
        HERE,
        "meeting.html",
        live=f"meeting:{known.number}",
        m=shown,
        lines=agenda_lines(visitor.viewer, shown, _items(visitor, shown)),
        names=_names(visitor),
        said=decision_sentence,
        minutes=_may_read_minutes(visitor, known),
    )


@router.get("/meetings/{no}/room")
def room(request: Request, no: str, item: str = "1") -> Response:
    visitor = visitor_of(request)
    try:
        known = readable_meeting(the_meeting(visitor.viewer, no), lambda _, text: openly(text))
        _is_office(visitor)
    except Refusal as refusal:
        return _not_found(visitor, refusal)
    lines = agenda_lines(visitor.viewer, known, _items(visitor, known))
    place = min(max(whole_number(item) or 1, 1), max(len(lines), 1))
    line = lines[place - 1] if lines else None
    return visitor.page(
        HERE,
        "room.html",
        m=known,
        line=line,
        place=place,
        count=len(lines),
        names=_names(visitor),
        said=decision_sentence,
    )


@router.get("/meetings/{no}/agenda.pdf")
def agenda(request: Request, no: str) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    try:
        known = _shown(visitor, the_meeting(visitor.viewer, no))
    except Refusal as refusal:
        return _not_found(visitor, refusal)
    page = agenda_page(known, _items(visitor, known), _names(visitor), on=local_date(visitor.viewer.now))
    return printed_page(service, page, f"{known.number}-议程")


@router.get("/meetings/{no}/minutes.pdf")
def minutes(request: Request, no: str) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    try:
        known = the_meeting(visitor.viewer, no)
        refuse(not _may_read_minutes(visitor, known), f"{known.number} 的纪要尚未签发", "not_found")
        page = minutes_page(known, _names(visitor), local_date(visitor.viewer.now))
    except Refusal as refusal:
        return _not_found(visitor, refusal)
    if known.minutes is not None and is_looked_at(request, visitor):
        service.note_read(ReadKind.PAPER, [known.minutes.no], visitor.person.id)
    return printed_page(service, page, f"{known.number}-纪要")


def _not_found(visitor: Visitor, refusal: Refusal) -> Response:
    return visitor.page(HERE, "message.html", 404, title="没有找到", message=refusal.message)


def _shown(visitor: Visitor, meeting: Meeting) -> Meeting:
    """The meeting as this reader may see it: a unit its part of it."""
    return meeting_for(visitor.viewer, meeting)


def _is_office(visitor: Visitor) -> None:
    refuse(not visitor.viewer.rights.of_office, "会议模式由办公室在会场使用", "not_found")


def _may_read_minutes(visitor: Visitor, meeting: Meeting) -> bool:
    """Signed minutes are for everybody who may know of the meeting, a draft is the office's and leaders'."""
    return meeting.minutes is not None or (bool(meeting.points) and visitor.viewer.rights.of_office)


def _items(visitor: Visitor, meeting: Meeting) -> tuple[AgendaItem, ...]:
    """The agenda as it stands; before it is fixed, what the log proposes, for who prepares it."""
    if meeting.items or not visitor.viewer.rights.whole:
        return meeting.items
    return arranged_agenda(meeting, assembled_agenda(visitor.viewer.database, meeting.stream).items)


def _names(visitor: Visitor) -> DirectoryNames:
    database = visitor.viewer.database
    return DirectoryNames.of(reading.units(database), reading.people(database, former=True))
