"""`/matters`: the list with its choices, now or on a past day, and choices kept under a name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import QueryParams

from domain.base import Refusal, Term, refuse
from domain.calendar import SHANGHAI, local_date
from domain.queries.list_row import ListRow
from domain.queries.matter_filter import MatterFilter
from domain.terms import IN_UNIT, KeyFlag, Light, MatterClass, Role, Rung, Stage, Urgency, progress_said
from eventlog import reading
from services.saved_choices import drop_choice, keep_choice, saved_choices
from sheets.plain_list import list_workbook
from views.matters import SortedBy, chosen_matters
from views.tree import rolled_up
from views.viewer import Viewer
from web.asking import asked_filter
from web.pages.days import AskedDay, asked_day
from web.pages.printing import downloaded
from web.pages.proving import prove_first
from web.pages.rendering import Visitor, address, visitor_of
from web.pages.submitting import Given, sent_form
from web.service import service_of

if TYPE_CHECKING:
    from web.service import WebService

ON_A_PAGE = 50
COLUMNS = (
    *(("编号", 14.0), ("事项", 44.0), ("灯", 7.0), ("亮灯的理由", 34.0), ("牵头单位", 22.0)),
    *(("配合单位", 26.0), ("阶段", 9.0), ("进度", 9.0), ("时限", 12.0)),
)
"""Of the file, each with its width in characters."""
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
    "person",
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
    "silent": "本期未反馈",
    "troubled": "有问题",
    "mine": "我的事项",
    "following": "我关注的",
}
_NAMES = {"klass": "class", "words": "text"}
ORDERS = {
    SortedBy.NUMBER: "编号",
    SortedBy.LIGHT: "灯，红灯在前",
    SortedBy.DUE: "时限",
    SortedBy.TREE: "整件和分解",
}
EXTRA: "dict[str, tuple[str, float, Callable[[ListRow, Viewer], str]]]" = {
    "supervisor": ("督办员", 10.0, lambda row, viewer: viewer.persons(row.supervisor)),
    "person": ("责任人", 10.0, lambda row, viewer: viewer.persons(row.person) if row.person else ""),
    "leaders": ("责任领导", 16.0, lambda row, viewer: "、".join(map(viewer.persons, row.leaders))),
    "source": ("任务来源", 24.0, lambda row, _: row.source or row.origin or ""),
    "class": ("类别", 10.0, lambda row, _: _label(MatterClass, row.klass)),
    "urgency": ("紧急程度", 9.0, lambda row, _: _label(Urgency, row.urgency)),
    "rung": ("升级到", 12.0, lambda row, _: _label(Rung, row.rung)),
    "missed": ("连续漏报", 9.0, lambda row, _: f"{row.missed_in_row}次" if row.missed_in_row else ""),
    "opened": ("立项", 12.0, lambda row, _: row.opened.isoformat()),
}
"""Columns that are chosen: the heading, the width in a file, and what stands there of a matter one sees all of."""
COLS = "cols"


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
    def cols(self) -> list[str]:
        """The columns asked for beside those that are always there, in the order they stand."""
        wanted = self[COLS].split(".")
        return [name for name in EXTRA if name in wanted]

    @property
    def kept(self) -> dict[str, str]:
        """How the list is shown, whatever is chosen."""
        return {name: self[name] for name in ("order", COLS) if self[name]}

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
    home, visitor = service_of(request).settings.store_place, visitor_of(request)
    asked = _asked(request.query_params)
    try:
        return _listed(home, visitor, asked, asked_day(visitor, asked["as_of"], asked["known_at"]), None)
    except Refusal as refusal:
        return _listed(home, visitor, ListAsked({}), AskedDay.now(), refusal.message)


def _asked(query: QueryParams) -> ListAsked:
    """What an address asks; a form names each column apart, a link all of them at once."""
    given = {name: value.strip()[:LONGEST] for name, value in query.items()}
    cols = ".".join(value.strip()[:LONGEST] for value in query.getlist(COLS))
    return ListAsked({**given, COLS: cols} if cols else given)


def _extra(rows: Sequence[ListRow], viewer: Viewer, cols: Sequence[str]) -> list[list[str]]:
    """What stands in the chosen columns, row by row: of a matter one sees as a list has it, nothing."""
    if not cols:
        return [[] for _ in rows]
    full = {row.stream for row in viewer.rights.among(rows)}
    return [[EXTRA[name][2](row, viewer) if row.stream in full else "" for name in cols] for row in rows]


def _label(kind: type[Term], value: str) -> str:
    term = kind.from_label(value)
    return term.label if term else value


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
        rows=list(zip(chosen.documents(rows), map(chosen.depth, rows), _extra(rows, viewer, asked.cols), strict=True)),
        far=rolled_up(viewer, (r.stream for r in rows), day.moment) if asked.order is SortedBy.TREE else {},
        streams=[r.stream for r in rows],
        extra=[(name, EXTRA[name][0]) for name in asked.cols],
        columns=[(name, heading) for name, (heading, _, _) in EXTRA.items()],
        count=len(chosen.rows),
        before=before,
        more=address("/matters", **{**asked.given, "after": more}) if more else None,
        first=address("/matters", **{**asked.given, "after": ""}) if before else None,
        asked=asked,
        choice=address("/matters", **asked.choice),
        file=address("/matters.xlsx", **{**asked.given, "after": ""}),
        day_asked=day,
        fault=fault,
        kept={name: address("/matters", **address_of(one)) for name, one in sorted(kept.items())},
        beyond=wanted.beyond_lists and viewer.rights.readable is not None,
        **_offered(viewer.database),
        unit=viewer.units,
    )


@router.get("/matters.xlsx")
async def file(request: Request) -> Response:
    """All of the chosen list, as a file; of who reads all, after a fresh proof, and on record."""
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    asked = _asked(request.query_params)
    if (first := prove_first(request, service, visitor)) is not None:
        return first
    try:
        rows, on = await service.ask_long(_rows, visitor, asked)
        columns = (*COLUMNS, *(EXTRA[name][:2] for name in asked.cols))
    except Refusal as refusal:
        return visitor.refused("matters", refusal)
    await service.ask(service.note_export, visitor.person.id, "事项.xlsx", len(rows))
    made = await service.ask_long(list_workbook, "事项", columns, rows, service.now.astimezone(SHANGHAI))
    return downloaded(made, f"事项（{on}）.xlsx")


def _rows(visitor: Visitor, asked: ListAsked) -> tuple[list[tuple[str, ...]], date]:
    """The list as its page shows it, row for row, and of which day it is."""
    viewer, day = visitor.viewer, asked_day(visitor, asked["as_of"], asked["known_at"])
    wanted = asked_filter(viewer.database, asked.said())
    chosen, unit = chosen_matters(viewer, wanted, day.moment, asked.order), viewer.units
    on = local_date(day.moment.as_of if day.moment else viewer.now)
    extra = _extra(chosen.rows, viewer, asked.cols)
    return [(*_cells(matter, unit), *more) for matter, more in zip(chosen.documents(), extra, strict=True)], on


def _cells(matter: Mapping[str, Any], unit: Callable[[str], str]) -> tuple[str, ...]:
    stage = next(one for one in Stage if one.value == matter["stage"])
    light = next(one for one in Light if one.value == matter["light"])
    return (
        matter["matter"],
        matter["title"],
        f"{light.label}灯",
        matter["light_reason"].partition(":")[2] or matter["light_reason"],
        unit(matter["lead"]) if matter["lead"] else "待明确",
        "、".join(unit(one) for one in matter["assist"]),
        stage.label,
        progress_said(matter["stage"], matter["progress"]),
        matter["due"],
    )


@router.post("/choices")
async def chosen(request: Request) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    return await service.ask(_keep, service, visitor, given)


def _keep(service: "WebService", visitor: Visitor, given: Given) -> Response:
    """Keep a choice under a name, or drop one."""
    home, person = service.settings.store_place, visitor.person.id
    try:
        if given["drop"]:
            drop_choice(home, person, given["drop"])
            return RedirectResponse("/matters", 303)
        asked = ListAsked(dict(QueryParams(given["of"].partition("?")[2])))
        refuse(not asked.choice, "没有选任何条件，不用存", "malformed")
        keep_choice(home, person, given["name"], asked_filter(service.database, asked.said()))
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
        "persons": [(p.id, p.name) for p in people if p.role in IN_UNIT],
    }
