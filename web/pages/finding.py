"""`/search`, `/notices`, `/directory`: where words stand, what was told to me, who is who."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.base import Refusal
from domain.readership import ReadKind
from eventlog import reading
from views.notices import opened_notices, own_notices
from views.searching import Found, search
from web.pages.rendering import is_looked_at, visitor_of
from web.service import service_of

LONGEST = 100
LAST = 100
"""So many notices are shown."""


router = APIRouter(include_in_schema=False)


@router.get("/search")
def searching(request: Request, text: str = "") -> Response:
    visitor = visitor_of(request)
    fault, hits, asked = "", Found((), 0, ()), text[:LONGEST]
    try:
        if asked.strip():
            hits = search(visitor.viewer, asked)
    except Refusal as refusal:
        fault = refusal.message
    return visitor.page("search", "search.html", 422 if fault else 200, text=asked, found=hits, fault=fault)


@router.get("/notices")
def notices(request: Request) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    count, listed = own_notices(visitor.viewer, LAST)
    newest = listed[0].position if listed else 0
    opened = opened_notices(service.database, listed)
    unread = {n.position for n in listed if (n.position, n.person) not in opened}
    if unread and is_looked_at(request, visitor):
        service.note_read(ReadKind.NOTICE, [str(position) for position in sorted(unread)], visitor.person.id)
    values = {"notices": listed, "count": count, "unread": unread, "at": newest}
    return visitor.page("notices", "notices.html", live="notices", **values)


@router.get("/directory")
def directory(request: Request, unit: str = "") -> Response:
    service, visitor = service_of(request), visitor_of(request)
    units = reading.units(service.database)
    people = [p for p in reading.people(service.database) if unit in ("", p.unit)]
    contacts = {p.id for p in people if visitor.viewer.rights.of_office or p.id == visitor.person.id}
    by_unit = [(u, [p for p in people if p.unit == u.id]) for u in units]
    shown = [(u, members) for u, members in by_unit if members]
    return visitor.page("directory", "directory.html", units=shown, contacts=contacts)
