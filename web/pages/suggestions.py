"""`/suggestions` 意见建议: a unit says what burdens it, the office answers, the unit reads the answer."""

from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from domain.base import Refusal, refuse
from domain.bounds import named
from domain.envelope import Via
from domain.facts import MatterRef
from domain.suggestions import AnswerSuggestion, MakeSuggestion, SuggestionKind, SuggestionOutcome
from domain.terms import Role
from eventlog.database import Database
from services.suggestions import record_answer, record_suggestion
from services.vouching import session_vouch
from views.suggestions import seen_suggestions, the_suggestion
from web.asking import the_matter
from web.pages.rendering import Visitor, visitor_of
from web.pages.submitting import Given, sent_form, told_on_page
from web.service import WebService, service_of

router = APIRouter(include_in_schema=False)
HERE = "suggestions"
MOST_LISTED = 200
MAY_ANSWER = (Role.OFFICE, Role.LEADER)
MAY_MAKE = (*MAY_ANSWER, Role.HEAD, Role.LIAISON)


@router.get("/suggestions")
async def listed(request: Request) -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask(_page, service, visitor, Given({}))


@router.post("/suggestions")
async def sent(request: Request) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    try:
        await service.ask(_record, service, visitor, given)
    except Refusal as refusal:
        return await service.ask(_page, service, visitor, given, refusal)
    return RedirectResponse("/suggestions", 303)


def _record(service: WebService, visitor: Visitor, given: Given) -> None:
    """Make one, or answer the one that is named."""
    refuse(visitor.day is not None, "这里只供查看过去某一天的情况，不能办理", "read_only")
    viewer, log, now = visitor.viewer, _signing(service, visitor), service.now
    command_id = named(given["command"])
    if given["number"]:
        the_suggestion(viewer, given["number"])
        outcome = SuggestionOutcome.from_label(given["outcome"]) or SuggestionOutcome.EXPLAINED
        reply = AnswerSuggestion(outcome=outcome, text=given["text"])
        record_answer(log, given["number"], reply, actor=viewer.actor, command_id=command_id, now=now)
        return
    listed_matter = the_matter(viewer, given["matter"]) if given["matter"] else None
    about = MatterRef(stream=listed_matter.stream, number=listed_matter.number) if listed_matter else None
    kind = SuggestionKind.from_label(given["kind"]) or SuggestionKind.OTHER
    command = MakeSuggestion(kind=kind, text=given["text"], matter=about)
    record_suggestion(log, command, actor=viewer.actor, command_id=command_id, now=now)


def _signing(service: WebService, visitor: Visitor) -> Database:
    """The log, signed to by his session."""
    session, home = visitor.session, service.settings.home
    return service.database.vouched_by(session_vouch(home, session.digest[:16], session.proven_at, Via.WEB))


def _page(service: WebService, visitor: Visitor, given: Given, error: Refusal | None = None) -> Response:
    explained = told_on_page(error, service) if error is not None else None
    rows, role = seen_suggestions(visitor.viewer), visitor.person.role
    return visitor.page(
        HERE,
        "suggestions.html",
        explained.status if explained else 200,
        rows=rows[:MOST_LISTED],
        count=len(rows),
        given=given,
        fault=explained.message if explained else None,
        kinds=list(SuggestionKind),
        outcomes=list(SuggestionOutcome),
        may_make=role in MAY_MAKE and visitor.day is None,
        may_answer=role in MAY_ANSWER and visitor.day is None,
        command=uuid4().hex,
    )
