"""`/bulletins/{draft}/sign`: a leader reads an issue, on a phone too, and signs it himself: 签发."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask

from domain.base import FieldRefusal, Refusal, refuse
from domain.envelope import Via
from domain.terms import Role
from eventlog.errors import LogError
from services.checkpoints_left import leave_checkpoint
from services.issuing.bulletins import CHANGED, Issued, Manner, issue_draft
from services.issuing.editing import changes_of
from services.press import press_by
from services.vouching import session_vouch
from web.asking import whole_number
from web.pages.actions import FRESH, ProvenRefusal, proven
from web.pages.bulletins import HERE, DraftAtHand, draft_at_hand, refused
from web.pages.rendering import Visitor, address, set_session, visitor_of
from web.pages.submitting import Given, sent_form, told_on_page
from web.service import service_of

if TYPE_CHECKING:
    from web.service import WebService

MOST_COPIES = 9999
LEADERS_OWN = "简报由领导本人登录签发；领导在纸上签的，由办公室在服务器上用 xmh briefing issue 登记"


router = APIRouter(include_in_schema=False)


@router.get("/bulletins/{draft}/sign")
def read(request: Request, draft: str) -> Response:
    service = service_of(request)
    return _page(service, visitor_of(request), draft, Given({}))


@router.post("/bulletins/{draft}/sign")
async def signed(request: Request, draft: str) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    try:
        at_hand = await service.ask(_to_sign, service, visitor, draft)
        refuse(await service.ask(lambda: at_hand.mark) != given["seen"], CHANGED, "changed")
        how = Manner(_copies(given["copies"]))
        cookie = None
        if _wants_proof(service, visitor):
            visitor, cookie = await proven(service, visitor, given)
    except Refusal as refusal:
        return await service.ask(_page, service, visitor, draft, given, refusal)
    try:
        issued = await service.ask(_issue, service, visitor, at_hand, how)
    except (Refusal, LogError) as error:
        shown = ProvenRefusal(cookie, error) if cookie and isinstance(error, Refusal) else error
        return await service.ask(_page, service, visitor, draft, given, shown)
    leaving = BackgroundTask(_leave_checkpoint, service, issued.number)
    answer = RedirectResponse(address("/papers", signed=issued.number), 303, background=leaving)
    return set_session(answer, cookie) if cookie else answer


def _to_sign(service: "WebService", visitor: Visitor, draft_id: str) -> DraftAtHand:
    at_hand = draft_at_hand(service, visitor, draft_id)
    refuse(visitor.person.role is not Role.LEADER, LEADERS_OWN, "forbidden")
    return at_hand


def _copies(text: str) -> int | None:
    """印数, when it is said.

    Raises:
        FieldRefusal: it is no number of copies.
    """
    if not text:
        return None
    copies = whole_number(text)
    if copies is None or not 1 <= copies <= MOST_COPIES:
        raise FieldRefusal("copies", f"印数应是 1 至 {MOST_COPIES} 的整数")
    return copies


def _wants_proof(service: "WebService", visitor: Visitor) -> bool:
    return visitor.session.proven_at <= service.now - FRESH


def _issue(service: "WebService", visitor: Visitor, at_hand: DraftAtHand, how: Manner) -> Issued:
    """Issue it in the leader's own name, vouched for by his session."""
    session, settings = visitor.session, service.settings
    own = service.database.vouched_by(session_vouch(settings.home, session.digest[:16], session.proven_at, Via.WEB))
    how = replace(how, read=at_hand.briefing)
    signer, press = visitor.viewer.actor, press_by(settings)
    return issue_draft(own, settings.store_place, at_hand.draft, signer, service.now, press, how=how)


def _leave_checkpoint(service: "WebService", number: str) -> None:
    """After the answer: a witness that is slow to sign keeps no leader waiting."""
    try:
        left = leave_checkpoint(service.settings, service.database, service.now)
    except (Refusal, LogError) as error:
        service.warn(f"no checkpoint left after {number}: {error}")
    else:
        for trouble in left.troubles if left else ():
            service.warn(f"checkpoint after {number}: {trouble}")


def _page(
    service: "WebService", visitor: Visitor, draft_id: str, given: Given, error: Exception | None = None
) -> Response:
    """The text to be read and the form under it."""
    explained = told_on_page(error, service) if error is not None else None
    try:
        at_hand = _to_sign(service, visitor, draft_id)
    except Refusal as refusal:
        return refused(service, visitor, refusal)
    values: dict[str, Any] = {
        "draft": at_hand.draft,
        "page": at_hand.page,
        "seen": at_hand.mark,
        "changes": changes_of(service.database, at_hand.draft.publication, at_hand.draft.key),
        "contradictions": at_hand.contradictions,
        "given": given,
        "fault": explained.message if explained else None,
        "wrong_field": error.field if isinstance(error, FieldRefusal) else None,
        "prove": _wants_proof(service, visitor) and not isinstance(error, ProvenRefusal),
        "names": visitor.viewer.persons,
    }
    answer = visitor.page(HERE, "sign_issue.html", explained.status if explained else 200, **values)
    return set_session(answer, error.cookie) if isinstance(error, ProvenRefusal) else answer
