"""What programs may read: the documents of the command line, as far as the token's person sees."""

from datetime import date
from typing import Annotated, Any

from fastapi import Query, Request, Response

from domain.access.terms import TokenScope
from domain.base import refuse
from domain.calendar import end_of_day
from domain.readership import ReadKind
from eventlog import reading
from eventlog.notices import find_notice
from services.issuing.catalogue import readers_of_paper
from services.today import today_document
from views.directory import directory_document
from views.explaining import explained_matter
from views.matter import matter_document
from views.matters import matter_list
from views.meetings import may_know_meeting, meeting_row
from views.notices import notice_documents, notices_document
from views.paragraph import matter_paragraph
from views.unanswered import unanswered_document
from views.viewer import Viewer
from views.worklist import worklist
from web.api.common import api_router, caller_of
from web.asking import asked_filter, asked_moment, past_instant, the_matter
from web.service import service_of

MOST_ROWS, USUAL_ROWS = 500, 200
AsOf = Annotated[str | None, Query(description="某一天结束时，或某一时刻的情况，由日志还原", max_length=40)]
Word = Annotated[str | None, Query(max_length=200)]


router = api_router("reads")


def _viewer(request: Request) -> Viewer:
    return service_of(request).viewer(caller_of(request).actor)


@router.get("/matters")
def matters(  # noqa: PLR0913, PLR0917  (the options of `task list`)
    request: Request,
    stage: Word = None,
    light: Word = None,
    lead: Word = None,
    leader: Word = None,
    supervisor: Word = None,
    source: Word = None,
    class_: Annotated[str | None, Query(alias="class", max_length=200)] = None,
    urgency: Word = None,
    flag: Word = None,
    rung: Word = None,
    text: Word = None,
    due_from: date | None = None,
    due_to: date | None = None,
    listed: bool = False,
    overdue: bool = False,
    unanswered: bool = False,
    silent: bool = False,
    troubled: bool = False,
    open: bool = False,  # noqa: A002  (the option's name)
    mine: bool = False,
    following: bool = False,
    as_of: AsOf = None,
    cursor: Word = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = USUAL_ROWS,
) -> dict[str, Any]:
    """Matters by number; `cursor` of one answer asks for the next rows."""
    viewer = _viewer(request)
    words = {"stage": stage, "light": light, "lead": lead, "leader": leader, "supervisor": supervisor}
    words |= {"source": source, "class": class_, "urgency": urgency, "flag": flag, "rung": rung, "text": text}
    marks = {"listed": listed, "overdue": overdue, "unanswered": unanswered, "open": open}
    marks |= {"mine": mine, "following": following, "silent": silent, "troubled": troubled}
    wanted = asked_filter(viewer.database, {**words, **marks, "due_from": due_from, "due_to": due_to})
    return _listed(viewer, wanted, as_of, cursor, limit)


def _listed(viewer: Viewer, wanted: Any, as_of: str | None, cursor: str | None, limit: int) -> dict[str, Any]:
    moment = asked_moment(viewer, as_of)
    rows = matter_list(viewer, wanted, moment)
    after = [row for row in rows if cursor is None or row["matter"] > cursor]
    page = after[:limit]
    more = page[-1]["matter"] if len(after) > limit else None
    return {"matters": page, "count": len(rows), "cursor": more, "as_of": as_of}


@router.get("/matters/{no}")
def matter(request: Request, answer: Response, no: str, as_of: AsOf = None) -> dict[str, Any]:
    """A matter as `task show` gives it: all of it, or what a list has where one sees no more. `ETag`: version."""
    return _matter(_viewer(request), no, as_of, answer)


@router.get("/me")
def me(request: Request) -> dict[str, Any]:
    """Whose the token is, and what for."""
    caller = caller_of(request)
    actor = caller.actor
    return {"person": actor.id, "role": actor.role.value, "unit": actor.unit, "scope": caller.scope.value}


@router.get("/names")
def names(request: Request) -> dict[str, dict[str, str]]:
    """Ids of units and people, and what they are called; the directory names all to everybody."""
    database = service_of(request).database
    return {
        "units": {u.id: u.name for u in reading.units(database)},
        "people": {p.id: p.name for p in reading.people(database, former=True)} | {"system": "系统"},
    }


@router.get("/find")
def find(request: Request, words: Annotated[str, Query(min_length=1, max_length=500)]) -> dict[str, Any]:
    """The matters meant by a number, its tail, or words of a title, as the command line understands them."""
    viewer = _viewer(request)
    fitting = reading.find_matters(viewer.database, words, viewer.rights.visible)
    return {"matters": [m.model_dump(mode="json") for m in fitting]}


@router.get("/worklist")
def work(request: Request) -> dict[str, Any]:
    """What waits for the token's person, as `today` gives it of matters and meetings."""
    return worklist(_viewer(request))


@router.get("/today")
def today(request: Request) -> dict[str, Any]:
    """What waits for the token's person today, as `today` gives it."""
    return today_document(_viewer(request), service_of(request).settings.notices)


@router.get("/matters/{no}/paragraph")
def paragraph(request: Request, no: str) -> dict[str, Any]:
    """那件事到哪一步了, in a paragraph, as `ask` reads it out."""
    viewer = _viewer(request)
    return matter_paragraph(viewer, the_matter(viewer, no).stream)


@router.get("/directory")
def directory(request: Request, unit: Annotated[str | None, Query(max_length=100)] = None) -> dict[str, Any]:
    """Units and people, as `org list` gives them."""
    return directory_document(_viewer(request), unit)


@router.get("/notices")
def notices(
    request: Request,
    last: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    pending: bool = False,
    failed: bool = False,
    unread: bool = False,
) -> dict[str, Any]:
    """Notices, as `notice list` gives them: the token's person's own, or everybody's for who may read them."""
    return notices_document(_viewer(request), last, pending=pending, failed=failed, unread=unread)


@router.post("/notices/{notice}/read")
def notice_read(request: Request, notice: str) -> dict[str, Any]:
    """Say that the token's person has read a notice that was sent to him."""
    service, caller = service_of(request), caller_of(request)
    refuse(caller.scope is TokenScope.READ, f"令牌只能{caller.scope.label}，不能标明已读", "scope")
    sent = find_notice(service.database, notice)
    refuse(sent.person != caller.actor.id, "没有这条通知", "not_found")
    service.note_read(ReadKind.NOTICE, [str(sent.position)], caller.actor.id)
    (document,) = notice_documents(_viewer(request), [sent])
    return document


@router.get("/readers")
def readers(request: Request, number: Annotated[str, Query(min_length=1, max_length=100)]) -> dict[str, Any]:
    """Who has read something that was issued, as `paper readers` gives it."""
    return readers_of_paper(_viewer(request), service_of(request).settings.store_place, number)


@router.get("/search")
def search(
    request: Request, text: Annotated[str, Query(min_length=1, max_length=200)], as_of: AsOf = None
) -> dict[str, Any]:
    """Matters whose records say these words, or that are called so."""
    viewer = _viewer(request)
    wanted = asked_filter(viewer.database, {"text": text})
    moment = asked_moment(viewer, as_of)
    return {"text": text, "matters": matter_list(viewer, wanted, moment)}


@router.get("/meetings")
def meetings(request: Request, year: Annotated[int | None, Query(ge=1990, le=2100)] = None) -> dict[str, Any]:
    """Meetings of a year, this one unless said, as far as the token's person may know of them."""
    viewer = _viewer(request)
    of_year = reading.meetings(viewer.database, year or viewer.now.year)
    return {"meetings": [meeting_row(m) for m in of_year if may_know_meeting(viewer, m.stream)]}


@router.get("/unanswered")
def unanswered(
    request: Request, as_of: AsOf = None, year: Annotated[int | None, Query(ge=1990, le=2100)] = None
) -> dict[str, Any]:
    """事事有回应、件件有落实: what has no answer or no end, with its explanation or without."""
    refuse(as_of is not None and year is not None, "as_of 与 year 二者取一", "malformed")
    viewer = _viewer(request)
    at = past_instant(as_of) if as_of else viewer.now
    if year is not None:
        at = min(end_of_day(date(year, 12, 31)), viewer.now)
    return unanswered_document(viewer, at, date(year, 1, 1) if year is not None else date.min)


@router.get("/audit/explain")
def explain(request: Request, matter: Annotated[str, Query(max_length=40)], as_of: AsOf = None) -> dict[str, Any]:
    """Why a light is lit, and where each limit comes from."""
    viewer = _viewer(request)
    return explained_matter(viewer, the_matter(viewer, matter).stream, asked_moment(viewer, as_of))


def _matter(viewer: Viewer, no: str, as_of: str | None, answer: Response) -> dict[str, Any]:
    """A matter, and which version of it, when it is that of now."""
    stream = the_matter(viewer, no).stream
    if as_of is None:
        answer.headers["ETag"] = f'"v{reading.stream_head(viewer.database, stream).version}"'
    return matter_document(viewer, stream, asked_moment(viewer, as_of))
