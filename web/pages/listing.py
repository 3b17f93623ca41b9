"""`/matters`: the list with its choices, now or on a past day, and choices kept under a name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import QueryParams

from domain.base import Refusal, refuse
from domain.queries.matter_filter import MatterFilter
from domain.terms import KeyFlag, Light, MatterClass, Role, Rung, Stage, Urgency
from eventlog import reading
from services.saved_choices import drop_choice, keep_choice, saved_choices
from views.matters import SortedBy, chosen_matters
from web.asking import asked_filter
from web.pages.days import AskedDay, asked_day
from web.pages.rendering import Visitor, address, visitor_of
from web.service import service_of

ON_A_PAGE = 50
LONGEST = 100
ALL = "all"
"""Instead of a stage: those that ended too, which the page leaves out unless it is asked."""
WORDS = (
    "stage",
    "light",
    "lead",
    "assist",
    "leader",
    "supervisor",
    "source",
    "class",
    "urgency",
    "flag",
    "rung",
    "text",
)
DAYS = ("due_from", "due_to")
MARKS = {
    "listed": "挂牌督办",
    "overdue": "逾期",
    "unanswered": "漏报未补",
    "mine": "我的事项",
    "following": "我关注的",
}
_NAMES = {"klass": "class", "words": "text"}
ORDERS = {SortedBy.NUMBER: "编号", SortedBy.LIGHT: "灯，红灯在前", SortedBy.DUE: "时限"}
Text = Annotated[str, Form(max_length=2000)]


@dataclass(frozen=True)
class ListAsked:
    """What the address asks of the list; empty is not asked."""

    given: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """What is asked of one of them."""
        return self.given.get(name, "")

    @property
    def order(self) -> SortedBy:
        """What the list is sorted by."""
        return next((order for order in SortedBy if order == self["order"]), SortedBy.NUMBER)

    @property
    def choice(self) -> dict[str, str]:
        """What chooses matters, without what is shown of them and how."""
        return {name: self[name] for name in (*WORDS, *DAYS, *MARKS) if self[name]}

    def said(self) -> dict[str, Any]:
        """The choice, as the filter of lists has it.

        Raises:
            Refusal: `malformed`: a day is none.
        """
        stage = {"": {"open": True}, ALL: {}}.get(self["stage"], {"stage": self["stage"]})
        marks = dict.fromkeys((name for name in MARKS if self[name]), True)
        days = {name: _day(self[name]) for name in DAYS if self[name]}
        return {**{name: self[name] for name in WORDS if name != "stage"}, **stage, **marks, **days}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(f"看不懂日期“{text[:20]}”，请写成 2022-06-30", "malformed") from None


router = APIRouter(include_in_schema=False)


@router.get("/matters")
def matters(request: Request) -> Response:
    home, visitor = service_of(request).settings.home, visitor_of(request)
    asked = ListAsked({name: value.strip()[:LONGEST] for name, value in request.query_params.items()})
    try:
        return _listed(home, visitor, asked, asked_day(visitor, asked["as_of"], asked["known_at"]), None)
    except Refusal as refusal:
        return _listed(home, visitor, ListAsked({}), AskedDay.now(), refusal.message)


def _listed(home: Path, visitor: Visitor, asked: ListAsked, day: AskedDay, fault: str | None) -> Response:
    viewer = visitor.viewer
    wanted = asked_filter(viewer.database, asked.said())
    chosen = chosen_matters(viewer, wanted, day.moment, asked.order)
    before, rows, more = chosen.page(ON_A_PAGE, asked["after"])
    kept = saved_choices(home, visitor.person.id)
    return visitor.page(
        "matters",
        "matters.html",
        422 if fault else 200,
        rows=chosen.documents(rows),
        count=len(chosen.rows),
        before=before,
        more=address("/matters", **{**asked.given, "after": more}) if more else None,
        first=address("/matters", **{**asked.given, "after": ""}) if before else None,
        asked=asked,
        choice=address("/matters", **asked.choice),
        day_asked=day,
        fault=fault,
        kept={name: address("/matters", **address_of(one)) for name, one in sorted(kept.items())},
        beyond=wanted.beyond_lists and viewer.rights.readable is not None,
        **_offered(viewer.database),
        unit=viewer.units,
    )


@router.post("/choices")
def keep(
    request: Request,
    name: Annotated[str, Form()] = "",
    drop: Annotated[str, Form()] = "",
    of: Annotated[str, Form()] = "",
) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    home, person = service.settings.home, visitor.person.id
    try:
        if drop:
            drop_choice(home, person, drop)
            return RedirectResponse("/matters", 303)
        asked = ListAsked(dict(QueryParams(of.partition("?")[2])))
        refuse(not asked.choice, "没有选任何条件，不用存", "malformed")
        keep_choice(home, person, name.strip(), asked_filter(service.database, asked.said()))
    except Refusal as refusal:
        return visitor.page("matters", "message.html", 422, title="没有存下", message=refusal.message)
    return RedirectResponse(address("/matters", **asked.choice), 303)


def address_of(wanted: MatterFilter) -> dict[str, str]:
    """What the address asks for a choice."""
    chosen = wanted.model_dump(mode="json", exclude_defaults=True)
    open_only = chosen.pop("open", False)
    named = {_NAMES.get(name, name): "1" if value is True else str(value) for name, value in chosen.items()}
    return named if open_only or "stage" in named else {**named, "stage": ALL}


def _offered(database: Any) -> dict[str, Any]:
    """What can be chosen from."""
    people = reading.people(database)
    return {
        "stages": list(Stage),
        "lights": list(Light),
        "classes": list(MatterClass),
        "urgencies": list(Urgency),
        "flags": list(KeyFlag),
        "rungs": list(Rung),
        "orders": ORDERS,
        "marks": MARKS,
        "units": sorted((u.id, u.name) for u in reading.units(database)),
        "supervisors": [(p.id, p.name) for p in people if p.role is Role.OFFICE],
    }
