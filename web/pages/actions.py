"""`/matters/{no}/do/{do}`: every command somebody may give to a matter, as a form made of the command itself."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from domain import commands as c
from domain.base import FieldRefusal, Refusal, refuse
from domain.envelope import OnBehalf
from domain.terms import Role
from eventlog import reading
from eventlog.autosaves import drop_autosave
from services.signing_in import step_up
from services.unreachable import Unreachable
from views.acting import PossibleAct, possible_acts, state_shown
from views.matter import matter_document
from views.queue import CHANGED_SINCE, asked_about, seen_mark
from views.wording import without_options
from web.acts import ACTS, OF_UNITS, OPENING, PROVEN_ANEW, Act
from web.asking import the_matter
from web.forms import Filling, command_of, fields_of
from web.pages.giving_back import words_typed
from web.pages.refilling import refilled
from web.pages.rendering import Visitor, set_session, visitor_of
from web.pages.submitting import (
    Given,
    carry_out,
    handed_in,
    sent_form,
    told_on_page,
)
from web.service import service_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from web.service import WebService

FRESH = timedelta(minutes=15)
"""How long a second factor counts for what wants it fresh."""
NO_ACTS: dict[str, list[dict[str, str]]] = {"now": [], "not_now": []}
BY_NAME = {act.do: act for act in ACTS}
ELSEWHERE = {"report": "/feedback?matter={}"}
"""Acts with a page of their own."""
MOST_PAPER = 100


@dataclass(frozen=True)
class OpenForm:
    """A form as it stands before somebody: of which act, on which matter, and what is to be known beside it."""

    act: Act
    possible: PossibleAct
    document: dict[str, Any]
    filling: Filling


router = APIRouter(include_in_schema=False)


@router.get("/matters/{no}/do/{do}")
async def asked(request: Request, no: str, do: str, next: str = "") -> Response:  # noqa: A002
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask(_page, service, visitor, no, do, Given({"next": next[:200]}))


@router.post("/matters/{no}/do/{do}")
async def done(request: Request, no: str, do: str) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request, files=True)
    given, not_taken = await handed_in(service, visitor, given)
    try:
        all_taken(not_taken)
        cookie = await perform(service, visitor, no, do, given)
    except (Refusal, Unreachable, ValidationError) as error:
        return await service.ask(_page, service, visitor, no, do, given, error)
    back = given["next"] if given["next"].startswith("/queue") else f"/matters/{no}?done={do}"
    answer = RedirectResponse(back, 303)
    return set_session(answer, cookie) if cookie else answer


def all_taken(faults: "Mapping[str, str]") -> None:
    """Refuse a form one of whose files was not taken; the others stay with it.

    Raises:
        FieldRefusal: beside the field it came in.
    """
    if faults:
        field, fault = next(iter(faults.items()))
        raise FieldRefusal(field, fault)


async def perform(service: "WebService", visitor: Visitor, no: str, do: str, given: Given) -> str | None:
    """Do what a filled-in form says; the session's new cookie, when its person proved himself anew for it.

    Raises:
        Refusal: a rule, or the form, says no.
        Unreachable: no answer in time.
        ValidationError: the command's model does not take it.
    """
    form = await service.ask(open_form, visitor, no, do)
    await service.ask(_as_seen, form, given)
    command, behalf = await service.ask(_meant, form, given)
    cookie = None
    if wants_proof(visitor, form.act, service):
        visitor, cookie = await proven(service, visitor, given)
    try:
        await carry_out(service, visitor, no, command, given["command"], secret=bool(given["secret"]), behalf=behalf)
    except (Refusal, Unreachable) as error:
        if cookie is not None:
            raise ProvenRefusal(cookie, error) from error
        raise
    await service.ask(drop_autosave, service.database, visitor.person.id, f"{do}:{no}", service.now)
    return cookie


async def proven(service: "WebService", visitor: Visitor, given: Given) -> tuple[Visitor, str]:
    """Whoever acts has shown his second factor again: himself under his session's new cookie, and the cookie.

    Raises:
        FieldRefusal: no code, or a wrong one.
    """
    key = service.key_answer(given["key"])
    if not given["code"] and key is None:
        raise FieldRefusal("code", "这件事须再次验证，请填写手机上的动态口令")
    try:
        cookie = await service.ask(step_up, service.database, visitor.session, given["code"], service.now, key)
    except Refusal as refusal:
        raise FieldRefusal("code", refusal.message) from refusal
    return await service.ask(visitor.renewed, service, cookie), cookie


class ProvenRefusal(Refusal):
    """What was refused after its person had proven himself anew: his session goes on under another cookie."""

    def __init__(self, cookie: str, error: "Refusal | Unreachable") -> None:
        """Keep the cookie beside the refusal."""
        super().__init__(error.message, error.code if isinstance(error, Refusal) else "unreachable")
        self.cookie = cookie


def open_form(visitor: Visitor, no: str, do: str) -> OpenForm:
    """The form of a command, if it can be given.

    Raises:
        Refusal: there is no such matter or command for him, or why it cannot be given now.
    """
    act = BY_NAME.get(do)
    if act is None:
        raise Refusal("没有这一项", "not_found")
    viewer = visitor.viewer
    refuse(visitor.day is not None, "这里只供查看过去某一天的情况，不能办理", "read_only")
    listed = the_matter(viewer, no)
    matter = state_shown(viewer, listed.stream)
    possible = possible_acts(viewer, matter)[do]
    if possible.why_not is not None:
        raise Refusal(possible.why_not)
    document = matter_document(viewer, listed.stream, None)
    return OpenForm(act, possible, document, Filling(viewer, matter, document["timeline"]))


def _as_seen(form: OpenForm, given: Given) -> None:
    """Refuse to decide on what is not what was looked at: a colleague answered it, and it was asked anew."""
    changed = given["seen"] and given["seen"] != seen_mark(_asked(form))
    refuse(bool(changed), CHANGED_SINCE, "changed")


def _asked(form: OpenForm) -> list[tuple[str, str]]:
    """What a decision is taken on."""
    matter = form.filling.matter
    return asked_about(form.filling.viewer, matter, form.act.kind) if matter else []


def wants_proof(visitor: Visitor, act: Act, service: "WebService") -> bool:
    """Whether the second factor is to be shown again first."""
    return act.kind in PROVEN_ANEW and visitor.session.proven_at <= service.now - FRESH


def _meant(form: OpenForm, given: Given) -> tuple[c.MatterCommand, OnBehalf | None]:
    """The command, and for whom it is given: under a 授权, or typed by the office for a leader."""
    behalf = form.possible.behalf
    if form.possible.typed_for and not given["by"]:
        raise FieldRefusal("by", "请选择是哪位领导的决定")
    command = command_of(form.act, given, form.filling)
    if given["by"] and form.act.decides and form.filling.viewer.actor.role is Role.OFFICE:
        behalf = _typed_for(form, given)
    if isinstance(command, c.RecordInstruction):
        decider = behalf.id if behalf else form.filling.viewer.actor.id
        command = command.model_copy(update={"leader": decider})
    return command, behalf


def _typed_for(form: OpenForm, given: Given) -> OnBehalf:
    leader = reading.person(form.filling.viewer.database, given["by"])
    if leader is None or leader.role is not Role.LEADER:
        raise FieldRefusal("by", "请选择是哪位领导的决定")
    if not given["paper"]:
        raise FieldRefusal("paper", "代录领导的决定须写明凭据，如批示件或会议纪要的文号")
    if len(given["paper"]) > MOST_PAPER:
        raise FieldRefusal("paper", f"凭据只写文号或文件名，最多{MOST_PAPER}字")
    return OnBehalf(id=leader.id, role=leader.role, unit=leader.unit, paper=given["paper"])


def _page(
    service: "WebService", visitor: Visitor, no: str, do: str, given: Given, error: Exception | None = None
) -> Response:
    try:
        form = open_form(visitor, no, do)
    except Refusal as refusal:
        return _closed(service, visitor, no, do, refusal, given if error is not None else Given({}))
    status, values = form_values(service, visitor, form, given, error)
    answer = visitor.page("matters", "act.html", status, **values)
    return set_session(answer, error.cookie) if isinstance(error, ProvenRefusal) else answer


def form_values(
    service: "WebService", visitor: Visitor, form: OpenForm, given: Given, error: Exception | None = None
) -> tuple[int, dict[str, Any]]:
    """The page's status, and what its template knows: fields, what was typed or kept, what was wrong."""
    form_key = f"{form.act.do}:{form.document['matter']}"
    status, shown = refilled(service, visitor, form_key, given, error)
    return status, {
        **shown,
        "form": form,
        "live": f"matter:{form.document['matter']}",
        "live_tells": True,
        "m": form.document,
        "fields": fields_of(form.act, form.filling),
        "asked": (asked := _asked(form)),
        "seen": seen_mark(asked) if asked else "",
        "form_key": form_key,
        "leaders": _leaders(visitor, form),
        "prove": wants_proof(visitor, form.act, service) and not isinstance(error, ProvenRefusal),
        "may_be_secret": form.act.kind is not c.RecordInstruction
        and any(name in form.act.fields for name in ("text", "reason")),
    }


def _leaders(visitor: Visitor, form: OpenForm) -> "Sequence[Any]":
    """For whom the office may type this decision."""
    if visitor.person.role is not Role.OFFICE or not form.act.decides:
        return ()
    leaders = [p for p in reading.people(visitor.viewer.database) if p.role is Role.LEADER]
    return [p for p in leaders if not form.possible.typed_for or p.id in form.possible.typed_for]


def _closed(service: "WebService", visitor: Visitor, no: str, do: str, refusal: Refusal, given: Given) -> Response:
    """It cannot be done, or not any more: why, and what was typed."""
    explained = told_on_page(refusal, service)
    return visitor.page(
        "matters",
        "closed.html",
        explained.status,
        no=no,
        message=explained.message,
        typed=words_typed("/matters/{no}/do/{do}", do, given.fields),
        found=explained.status != 404,  # noqa: PLR2004
    )


def label_of_done(do: str) -> str | None:
    """What was done, when an address says so."""
    return next((act.label for act in (*ACTS, OPENING) if act.do == do), None)


def _reason(no: str, why: str) -> str:
    """Why not, as it stands under the matter itself."""
    return without_options(why).removeprefix(no).strip()


def shown_acts(visitor: Visitor, no: str) -> dict[str, list[dict[str, str]]]:
    """What stands under a matter: what can be done now, and what cannot with its reason."""
    viewer = visitor.viewer
    stream = the_matter(viewer, no).stream
    if not viewer.rights.sees(stream):
        return NO_ACTS
    matter = state_shown(viewer, stream)
    known = possible_acts(viewer, matter)
    role = visitor.person.role
    inside = role in (Role.OFFICE, Role.LEADER)
    offered = [a for a in ACTS if inside or a.do in OF_UNITS or known[a.do].why_not is None]
    if role not in (Role.OFFICE, Role.LEADER, Role.LIAISON, Role.HEAD):
        offered = []
    return {
        "now": [
            {"do": a.do, "label": a.label, "href": ELSEWHERE.get(a.do, f"/matters/{{}}/do/{a.do}").format(no)}
            for a in offered
            if known[a.do].why_not is None
        ],
        "not_now": [{"label": a.label, "why": _reason(no, why)} for a in offered if (why := known[a.do].why_not)],
    }
