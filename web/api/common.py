"""What the routes of the API share: who calls, and which matter is meant."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from web import asking
from web.problems import PROBLEM_RESPONSES

if TYPE_CHECKING:
    from eventlog.reading import ListedMatter
    from web.guards import Caller
    from web.service import WebService


def api_router(tag: str) -> APIRouter:
    """Routes of the API of one kind, at their whole address and with what any of them may answer."""
    return APIRouter(prefix="/api/v1", tags=[tag], responses=PROBLEM_RESPONSES)


def caller_of(request: Request) -> "Caller":
    """Who calls, as the guard found it."""
    caller: Caller = request.state.caller
    return caller


def the_matter(service: "WebService", caller: "Caller", no: str) -> "ListedMatter":
    """The matter of that number, of those the caller may know of.

    Raises:
        Refusal: `not_found`.
    """
    return asking.the_matter(service.viewer(caller.actor), no)
