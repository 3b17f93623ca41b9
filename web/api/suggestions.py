"""`/suggestions`: what burdens a unit, and what the office answers."""

from typing import Annotated, Any

from fastapi import Header, Query, Request
from pydantic import BaseModel, Field

from domain.access.terms import TokenScope
from domain.base import Refusal, refuse
from domain.bounds import named
from domain.facts import MatterRef
from domain.suggestions import MOST_TEXT, AnswerSuggestion, MakeSuggestion, SuggestionKind, SuggestionOutcome
from eventlog.database import Database
from services.suggestions import record_answer, record_suggestion
from services.vouching import token_vouch
from views.suggestions import seen_suggestions, suggestion_document, the_suggestion
from web.api.common import api_router, caller_of
from web.asking import the_matter
from web.service import service_of

router = api_router("suggestions")
Text = Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", description="命令编号：重复时用同一个，不会重复办理")]
Number = Annotated[str, Query(min_length=1, max_length=40)]


class SuggestionBody(BaseModel):
    """What is suggested."""

    kind: SuggestionKind
    text: Text
    matter: Annotated[str | None, Field(max_length=40)] = None
    """The number of the matter it is about."""


class SuggestionAnswerBody(BaseModel):
    """What is answered."""

    number: Annotated[str, Field(min_length=1, max_length=40)]
    outcome: SuggestionOutcome
    text: Text


@router.get("/suggestions")
def suggestions(request: Request, open: bool = False) -> dict[str, Any]:  # noqa: A002  (the option's name)
    """意见建议: one's unit's; for who reads all, everybody's."""
    viewer = service_of(request).viewer(caller_of(request).actor)
    return {"suggestions": seen_suggestions(viewer, waiting=open)}


@router.get("/suggestion")
def suggestion(request: Request, number: Number) -> dict[str, Any]:
    """One of them with its answers."""
    viewer = service_of(request).viewer(caller_of(request).actor)
    return suggestion_document(viewer, the_suggestion(viewer, number))


@router.post("/suggestions", status_code=201)
def make(request: Request, body: SuggestionBody, key: Key = None) -> dict[str, Any]:
    """提出意见建议, for the unit of the token's person."""
    service, caller = service_of(request), caller_of(request)
    refuse(caller.scope is TokenScope.READ, f"令牌只能{caller.scope.label}，不能提出意见建议", "scope")
    listed = the_matter(service.viewer(caller.actor), body.matter) if body.matter else None
    about = MatterRef(stream=listed.stream, number=listed.number) if listed else None
    command = MakeSuggestion(kind=body.kind, text=body.text, matter=about)
    made = record_suggestion(_signing(request), command, actor=caller.actor, command_id=_named(key), now=service.now)
    return suggestion_document(service.viewer(caller.actor), made)


@router.post("/suggestions/answer", status_code=201)
def answer(request: Request, body: SuggestionAnswerBody, key: Key = None) -> dict[str, Any]:
    """答复, by the office."""
    service, caller = service_of(request), caller_of(request)
    refuse(caller.scope is not TokenScope.HANDLE, f"令牌只能{caller.scope.label}，不能答复", "scope")
    viewer = service.viewer(caller.actor)
    the_suggestion(viewer, body.number)
    command = AnswerSuggestion(outcome=body.outcome, text=body.text)
    answered = record_answer(
        _signing(request), body.number, command, actor=caller.actor, command_id=_named(key), now=service.now
    )
    return suggestion_document(viewer, answered)


def _named(key: str | None) -> str:
    if key is None:
        raise Refusal("缺少 Idempotency-Key，请为每条命令另取一个编号，重复时用同一个", "malformed")
    return named(key)


def _signing(request: Request) -> Database:
    """The log, signed to for the bearer of the token."""
    service, caller = service_of(request), caller_of(request)
    return service.database.vouched_by(token_vouch(service.settings.home, caller.token, TokenScope.HANDLE))
