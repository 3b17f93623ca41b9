"""What a screen on a wall shows: how many, and of which light. No matter, no unit, no person; nothing of it opens."""

from dataclasses import dataclass
from datetime import datetime

from domain.base import refuse
from domain.terms import Light, Role
from views.figures import CountedList, FigureBoard, FigureSpan, figure_board
from views.viewer import Viewer

LIGHTS = (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN)
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
    refuse(viewer.actor.role in KEEPS_ONLY, "大屏由办理督办的人开启", "forbidden")
    board = figure_board(viewer, viewer.now, FigureSpan.WEEK)
    return WallBoard(
        at=board.at,
        working=board.list_of("working").count,
        lights=tuple((light, board.list_of(f"light-{light.value}").count) for light in LIGHTS),
        figures=tuple(_figure(board, *one) for one in _SHOWN),
    )


_SHOWN = (("in-time", "今年按期办结"), ("reported", "本周按时反馈"), ("unreported", "本周漏报未补"))


def _figure(board: FigureBoard, key: str, label: str) -> WallFigure:
    counted = board.list_of(key)
    whole: CountedList | None = board.lists.get(counted.of)
    of = f"{whole.label}{whole.count}{whole.measure}" if whole else ""
    share = board.share(counted)
    return WallFigure(label, counted.count, counted.measure, f"{of}的 {share}" if share else of)
