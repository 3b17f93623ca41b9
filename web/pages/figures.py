"""`/figures`: 驾驶舱. Every number is a link, and what it leads to has so many rows."""

from datetime import date
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.base import Refusal
from domain.calendar import SHANGHAI, end_of_day, local_date
from views.figures import (
    CountedList,
    FigureBoard,
    FigureSpan,
    figure_board,
    five_minutes,
    held_in,
    said_moment,
    year_of_figures,
)
from web.asking import past_instant
from web.pages.days import AskedDay, asked_day
from web.pages.rendering import Visitor, address, most_rows, visitor_of

if TYPE_CHECKING:
    from datetime import datetime

    from domain.terms import Light

HERE = "figures"
HELD = "held-"
"""Before the number of what was held or issued in a year."""


router = APIRouter(include_in_schema=False)


@router.get("/figures")
def figures(request: Request, span: str = "", as_of: str = "", known_at: str = "") -> Response:
    visitor = visitor_of(request)
    try:
        board, day = _asked(visitor, span, as_of, known_at)
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    return visitor.page(
        HERE, "figures.html", board=board, day_asked=day, spans=list(FigureSpan), link=FigureLinks(board)
    )


@router.get("/figures/rows")
def rows(
    request: Request, of: str = "", span: str = "", known_at: str = "", year: int = 0, whole: bool = False
) -> Response:
    visitor = visitor_of(request)
    try:
        if of.startswith(HELD):
            return _held(visitor, of.removeprefix(HELD), year, known_at)
        board, day = _asked(visitor, span, "", known_at)
        counted = board.list_of(of)
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    back = address("/figures", span=board.span.value, **day.kept)
    return visitor.page(
        HERE,
        "figure_rows.html",
        board=board,
        counted=counted,
        day_asked=day,
        back=back,
        most=most_rows(whole=whole),
    )


@router.get("/figures/{year}")
def of_year(request: Request, year: int, as_of: str = "") -> Response:
    """年度统计: of the whole year, or of what had been done by one of its days."""
    visitor = visitor_of(request)
    try:
        day = asked_day(visitor, "", as_of) if as_of else AskedDay.now()
        board = year_of_figures(visitor.viewer, year, past_instant(as_of) if as_of else _now(visitor))
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    except (ValueError, OverflowError):
        return visitor.refused(HERE, Refusal(f"没有{year}年的统计", "not_found"))
    return visitor.page(
        HERE,
        "figures_year.html",
        year=year,
        board=board,
        day_asked=day,
        held=held_in(visitor.viewer, year, board.until),
        link=FigureLinks(board),
    )


def _held(visitor: Visitor, key: str, year: int, known_at: str) -> Response:
    """What was held or issued in a year up to a moment, of one kind."""
    until = local_date(past_instant(known_at) if known_at else visitor.viewer.now)
    try:
        _, counted = held_in(visitor.viewer, year, until)
    except ValueError:
        counted = ()
    one = next((one for one in counted if one.key == key), None)
    if one is None:
        raise Refusal("没有这个数字", "not_found")
    whole = until >= date(year, 12, 31)
    back = address(f"/figures/{year}", as_of="" if whole else until.isoformat())
    return visitor.page(HERE, "figure_held.html", counted=one, year=year, until=None if whole else until, back=back)


def _asked(visitor: Visitor, span: str, as_of: str, known_at: str) -> tuple[FigureBoard, AskedDay]:
    """The figures an address asks for, and the day they are of. A day means what was known at its end."""
    moment = known_at or as_of
    at = past_instant(moment) if moment else _now(visitor)
    kind = next((one for one in FigureSpan if one == span), FigureSpan.MONTH)
    board = figure_board(visitor.viewer, at, kind)
    return board, asked_day(visitor, "", moment) if moment else AskedDay.now()


def _now(visitor: Visitor) -> "datetime":
    """Now, or the end of the day that is shown."""
    now = visitor.viewer.now
    return five_minutes(now) if visitor.day is None else now


class FigureLinks:
    """Where a number of a board leads."""

    def __init__(self, board: FigureBoard) -> None:
        self._at, self._span = board.at, board.span.value

    def __call__(self, counted: CountedList) -> str:
        """To the list behind it, at the moment of the board."""
        return address("/figures/rows", of=counted.key, span=self._span, known_at=_text(self._at))

    def week(self, day: date, light: "Light") -> str:
        """To what showed a light at the end of a week."""
        ended = min(end_of_day(day), self._at)
        return address("/figures/rows", of=f"light-{light.value}", span=self._span, known_at=_text(ended))

    def held(self, key: str, year: int) -> str:
        """To what was held or issued in a year, up to the day of the board."""
        return address("/figures/rows", of=f"{HELD}{key}", year=str(year), known_at=_text(self._at))

    said = staticmethod(said_moment)


def _text(at: "datetime") -> str:
    return at.astimezone(SHANGHAI).isoformat()
