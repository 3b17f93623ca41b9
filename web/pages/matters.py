"""`/` and `/matters/{no}`: what waits for me, and one matter with its history."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.base import Refusal
from domain.calendar import local_date
from domain.matter import Feedback
from domain.papers import Paper
from domain.queries.spoken import said_date
from domain.terms import IN_UNIT
from eventlog.reading import Moment
from services.signing_in import last_sign_in
from views.acting import state_shown
from views.explaining import explained_matter
from views.matter import matter_document
from views.notices import notices_of, opened_notices
from views.papers import paper_ledger, receipt_given, receipts_wanted, wants_receipt
from views.viewer import Viewer
from views.worklist import comes_next, worklist
from web.acts import ACTS, DECIDED
from web.asking import the_matter
from web.pages.actions import ELSEWHERE, NO_ACTS, label_of_done, shown_acts
from web.pages.bulletins import draft_names, waiting_drafts
from web.pages.days import asked_day
from web.pages.rendering import Visitor, visitor_of
from web.pages.story import Story
from web.service import service_of

MOST_TOLD = 100
FIRST = ("accept", "report", "review", "mark", "extension", "review_point", "objection", "instruct", "close", "extend")
"""Acts that stand as buttons under a matter when they can be done; the rest is one step away."""


ANSWERS = {
    act.do: {
        "label": act.label,
        "href": ELSEWHERE.get(act.do, "/queue" if act.do in DECIDED else f"/matters/{{}}/do/{act.do}"),
    }
    for act in ACTS
}
"""Command → the one button in 待办 that leads to it."""


router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    viewer = visitor.viewer
    return visitor.page(
        "worklist",
        "worklist.html",
        live="work",
        today=said_date(local_date(viewer.now)),
        last=last_sign_in(service.database, visitor.session),
        work=(work := worklist(viewer)),
        coming=None if work["for_me"] else comes_next(viewer),
        answers=ANSWERS,
        to_accept=_to_accept(visitor, work),
        to_sign=draft_names(waiting_drafts(service, visitor, visitor.person.id)),
    )


@router.get("/matters/{no}")
def matter(request: Request, no: str) -> Response:
    visitor = visitor_of(request)
    viewer, asked = visitor.viewer, request.query_params
    story = Story(asked.get("kind", ""), asked.get("by", ""), whole="all" in asked)
    try:
        day = asked_day(visitor, asked.get("as_of", ""), asked.get("known_at", ""))
        stream = the_matter(viewer, no).stream
        document = matter_document(viewer, stream, day.moment, story.chapter)
    except Refusal as refusal:
        return visitor.refused("matters", refusal)
    acts = shown_acts(visitor, no) if day.moment is None and not visitor.day else NO_ACTS
    return visitor.page(
        "matters",
        "matter.html",
        live=None if day.moment is not None else f"matter:{document['matter']}",
        m=document,
        signs=visitor.person.role in IN_UNIT,
        acts=acts,
        done=label_of_done(asked.get("done", "")),
        first=FIRST,
        command=uuid4().hex,
        day_asked=day,
        story=story,
        told=(notices := notices_of(viewer, stream)[:MOST_TOLD] if day.moment is None else ()),
        opened=opened_notices(viewer.database, notices),
        papers=(papers := _papers(viewer, stream, day.moment)),
        receipts=_receipts(viewer, stream, papers) if day.moment is None else {},
        may_report=any(act["do"] == "report" for act in acts["now"]),
        as_of=day.moment is not None,
        unit=viewer.units,
        person_name=viewer.persons,
    )


@router.get("/matters/{no}/why")
def why(request: Request, no: str, as_of: str = "", known_at: str = "") -> Response:
    visitor = visitor_of(request)
    viewer = visitor.viewer
    try:
        day = asked_day(visitor, as_of, known_at)
        document = explained_matter(viewer, the_matter(viewer, no).stream, day.moment)
    except Refusal as refusal:
        return visitor.refused("matters", refusal)
    return visitor.page("matters", "why.html", m=document, day_asked=day, person_name=viewer.persons)


@dataclass(frozen=True)
class ShownReceipt:
    """How a 督办单 stands with its 办理情况回执."""

    given: Feedback | None
    waits: bool
    """Whether its unit still has it to give."""


def _receipts(viewer: Viewer, stream: str, papers: tuple[Paper, ...]) -> dict[str, ShownReceipt]:
    """Of each 督办单 on a matter, by its 文号, whether its unit has reported since."""
    asking = [p for p in papers if wants_receipt(p)]
    matter = state_shown(viewer, stream) if asking else None
    if matter is None:
        return {}
    owed = receipts_wanted(viewer.database, [matter]).get(stream)
    return {p.number: ShownReceipt(receipt_given(p, matter), p.number == owed) for p in asking}


def _papers(viewer: Viewer, stream: str, moment: Moment | None) -> tuple[Paper, ...]:
    """What was issued about a matter, by the day that is shown, of what is his to read."""
    rights = viewer.rights
    if not rights.sees(stream):
        return ()
    until = local_date(moment.as_of) if moment else date.max
    own = (p for p in paper_ledger(viewer.database) if p.matter == stream and p.issued_on <= until)
    return tuple(p for p in own if rights.whole or rights.units & {p.addressee, *p.distributed})


def _to_accept(visitor: Visitor, work: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """What somebody of a unit may sign for together, each with the id of its command."""
    if visitor.person.role not in IN_UNIT:
        return []
    return [(m, uuid4().hex) for m in work["for_me"] if m["do"] == "accept"]
