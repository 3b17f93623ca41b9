"""What the routes of the API share: where they lie, and who calls."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from web.problems import PROBLEM_RESPONSES

if TYPE_CHECKING:
    from web.guards import Caller


def api_router(tag: str) -> APIRouter:
    """Routes of the API of one kind, at their whole address and with what any of them may answer."""
    return APIRouter(prefix="/api/v1", tags=[tag], responses=PROBLEM_RESPONSES)


def caller_of(request: Request) -> "Caller":
    """Who calls, as the guard found it."""
    caller: Caller = request.state.caller
    return caller
