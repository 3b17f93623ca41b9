"""`/`, `/matters`, `/matters/{no}`: what waits for me, the list, and one matter with its history."""

from typing import TYPE_CHECKING
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.base import Refusal
from domain.calendar import local_date
from domain.queries.spoken import said_date
from domain.terms import Light, Stage
from services.signing_in import last_sign_in
from views.matter import matter_document
from views.matters import matter_list
from views.worklist import worklist
from web.asking import asked_filter, asked_moment, the_matter
from web.pages.rendering import Visitor, visitor_of

if TYPE_CHECKING:
    from web.service import WebService

MOST_ON_A_PAGE = 200
ALL = "all"
"""Instead of a stage: those that ended too, which the page leaves out unless it is asked."""


def matters_router(service: "WebService") -> APIRouter:
    """The pages of whoever is signed in."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def home(request: Request) -> Response:
        visitor = visitor_of(service, request)
        viewer = visitor.viewer
        return visitor.page(
            "worklist",
            "worklist.html",
            today=said_date(local_date(viewer.now)),
            last=last_sign_in(service.database, visitor.session),
            work=worklist(viewer),
        )

    @router.get("/matters")
    def matters(request: Request, stage: str = "", light: str = "", text: str = "", as_of: str = "") -> Response:
        visitor = visitor_of(service, request)
        asked = {"stage": stage, "light": light, "text": text[:100], "as_of": as_of}
        try:
            return _listed(visitor, asked, None)
        except Refusal as refusal:
            return _listed(visitor, dict.fromkeys(asked, ""), refusal.message)

    def _listed(visitor: Visitor, asked: dict[str, str], fault: str | None) -> Response:
        viewer = visitor.viewer
        wanted = asked_filter(service.database, _choice(asked))
        moment = asked_moment(service.database, asked["as_of"])
        rows = matter_list(viewer, wanted, moment)
        return visitor.page(
            "matters",
            "matters.html",
            422 if fault else 200,
            rows=rows[:MOST_ON_A_PAGE],
            count=len(rows),
            asked=asked,
            fault=fault,
            stages=list(Stage),
            lights=list(Light),
            unit=viewer.units,
        )

    @router.get("/matters/{no}")
    def matter(request: Request, no: str, as_of: str = "") -> Response:
        visitor = visitor_of(service, request)
        viewer = visitor.viewer
        try:
            moment = asked_moment(service.database, as_of)
            document = matter_document(viewer, the_matter(viewer, no).stream, moment)
        except Refusal as refusal:
            return visitor.page("matters", "message.html", 404, title="没有找到", message=refusal.message)
        return visitor.page(
            "matters",
            "matter.html",
            m=document,
            can={o["do"]: o["possible"] for o in document.get("offers", ()) if o["do"] in ("accept", "report")},
            command=uuid4().hex,
            as_of=as_of,
            unit=viewer.units,
            person_name=viewer.persons,
        )

    return router


def _choice(asked: dict[str, str]) -> dict[str, object]:
    """What the form says, as the filter of lists has it."""
    stage = {"": {"open": True}, ALL: {}}.get(asked["stage"], {"stage": asked["stage"]})
    return {**stage, "light": asked["light"], "text": asked["text"]}
