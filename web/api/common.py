"""What the routes of the API share: who calls, and which matter is meant."""

from typing import TYPE_CHECKING

from fastapi import Request

from web import asking

if TYPE_CHECKING:
    from eventlog.reading import ListedMatter
    from web.guards import Caller
    from web.service import WebService


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
