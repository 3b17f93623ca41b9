"""What a screen on a wall shows: how many, and of which light; or which matters are lit. No person; nothing opens."""

from dataclasses import dataclass
from datetime import datetime

from domain.base import refuse
from domain.queries.matter_filter import MatterFilter
from domain.terms import Light, Role
from views.figures import CountedList, FigureBoard, FigureSpan, figure_board
from views.matters import SortedBy, chosen_matters
from views.viewer import Viewer

LIGHTS = (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN)
MOST_LINES = 8
"""So many stand on a screen that is read from across a room."""
KEEPS_ONLY = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})
"""Who runs the system and reads no matter."""


@dataclass(frozen=True)
class WallFigure:
    """A number from afar, and of how many it is."""

    label: str
    count: int
    measure: str
    of: str = ""


@dataclass(frozen=True)
class LitLine:
    """A matter that is lit, as a list has it."""

    title: str
    lead: str
    light: Light
    reason: str


@dataclass(frozen=True)
class LitBoard:
    """The most pressing of the matters that are lit, and how many there are."""

    at: datetime
    lines: tuple[LitLine, ...]
    count: int


@dataclass(frozen=True)
class WallBoard:
    """The figures of a moment."""

    at: datetime
    working: int
    lights: tuple[tuple[Light, int], ...]
    figures: tuple[WallFigure, ...]


def wall_board(viewer: Viewer) -> WallBoard:
    """The figures of now, of the matters who looks sees all of.

    Raises:
        Refusal: `forbidden`: he reads no matters at all.
    """
    _reads_matters(viewer)
    board = figure_board(viewer, viewer.now, FigureSpan.WEEK)
    return WallBoard(
        at=board.at,
        working=board.list_of("working").count,
        lights=tuple((light, board.list_of(f"light-{light.value}").count) for light in LIGHTS),
        figures=tuple(_figure(board, *one) for one in _SHOWN),
    )


def lit_board(viewer: Viewer) -> LitBoard:
    """The red, yellow and blue matters of now that who looks sees all of, the most pressing first.

    Raises:
        Refusal: `forbidden`: he reads no matters at all.
    """
    _reads_matters(viewer)
    chosen = chosen_matters(viewer, MatterFilter(open=True), None, SortedBy.LIGHT)
    seen = [row for row in chosen.rows if viewer.rights.sees(row.stream) and chosen.lits[row.stream].light in _LIT]
    lits = [(row, chosen.lits[row.stream]) for row in seen[:MOST_LINES]]
    lines = tuple(
        LitLine(row.title, viewer.units(row.lead or ""), lit.light, lit.reason.partition(":")[2] or lit.reason)
        for row, lit in lits
    )
    return LitBoard(viewer.now, lines, len(seen))


def _reads_matters(viewer: Viewer) -> None:
    refuse(viewer.actor.role in KEEPS_ONLY, "大屏由办理督办的人开启", "forbidden")


_LIT = frozenset({Light.RED, Light.YELLOW, Light.BLUE})
_SHOWN = (("in-time", "今年按期办结"), ("reported", "本周按时反馈"), ("unreported", "本周漏报未补"))


def _figure(board: FigureBoard, key: str, label: str) -> WallFigure:
    counted = board.list_of(key)
    whole: CountedList | None = board.lists.get(counted.of)
    of = f"{whole.label}{whole.count}{whole.measure}" if whole else ""
    share = board.share(counted)
    return WallFigure(label, counted.count, counted.measure, f"{of}的 {share}" if share else of)
