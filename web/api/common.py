"""What the routes of the API share: who calls, and which matter is meant."""

from typing import TYPE_CHECKING

from fastapi import Request

from domain.base import Refusal
from domain.bounds import seen
from eventlog import reading

if TYPE_CHECKING:
    from eventlog.reading import ListedMatter
    from web.guards import Caller
    from web.service import WebService


def caller_of(request: Request) -> "Caller":
    """Who calls, as the guard found it."""
    caller: Caller = request.state.caller
    return caller


def the_matter(service: "WebService", caller: "Caller", no: str) -> "ListedMatter":
    """The matter of that number.

    Raises:
        Refusal: `not_found`.
    """
    del caller
    found = [m for m in reading.find_matters(service.database, no) if m.number == no.strip().upper()]
    if not found:
        raise Refusal(f"没有编号为 {seen(no)[:40]} 的事项", "not_found")
    return found[0]
