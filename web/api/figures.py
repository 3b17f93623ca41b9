"""一览表 and the numbers of 驾驶舱 for programs: of the matters the token's person sees all of."""

from typing import Annotated, Any

from fastapi import Query, Request

from views.figures import FigureBoard, FigureSpan, figure_board, figures_document, five_minutes, rows_document
from views.task_tables import table_at, table_document
from views.viewer import Viewer
from web.api.common import api_router, caller_of
from web.api.reads import AsOf
from web.asking import asked_moment, past_instant
from web.service import service_of

router = api_router("reads")


def _viewer(request: Request) -> Viewer:
    return service_of(request).viewer(caller_of(request).actor)


@router.get("/table")
def table(request: Request, as_of: AsOf = None) -> dict[str, Any]:
    """《任务清单一览表》 of now or of a day; `count` is how many rows there are."""
    viewer = _viewer(request)
    document = table_document(table_at(viewer, asked_moment(viewer, as_of)))
    if viewer.rights.whole and document["count"]:
        service_of(request).note_table_taken(caller_of(request).actor.id, document["count"])
    return document


@router.get("/figures")
def figures(request: Request, span: FigureSpan = FigureSpan.MONTH, as_of: AsOf = None) -> dict[str, Any]:
    """The numbers of 驾驶舱, known now or at a moment; each is the length of a list."""
    return figures_document(_board(request, span, as_of))


@router.get("/figures/rows")
def rows(
    request: Request,
    of: Annotated[str, Query(max_length=80)],
    span: FigureSpan = FigureSpan.MONTH,
    as_of: AsOf = None,
) -> dict[str, Any]:
    """The list one of them is the length of."""
    return rows_document(_board(request, span, as_of).list_of(of))


def _board(request: Request, span: FigureSpan, as_of: str | None) -> FigureBoard:
    viewer = _viewer(request)
    return figure_board(viewer, past_instant(as_of) if as_of else five_minutes(viewer.now), span)
