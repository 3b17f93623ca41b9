"""The draft: what was found in a text, each piece with the place it came from.

Two things hold by construction. Nothing is invented: every field of an item names the span of the source it was read
from. Nothing is lost: the regions of a draft partition its text, so each character is in an item, a heading, the
preamble or a stretch that was skipped for a named reason.
"""

from datetime import date
from itertools import pairwise
from typing import Self

from pydantic import model_validator

from domain.base import Frozen, Term
from domain.terms import Rhythm, Supervision
from intake.draft.text import Span
from intake.sheets import CellFault


class TextPart(Term):
    """What a stretch of the text is."""

    ITEM = "item", "任务"
    HEADING = "heading", "标题"
    PREAMBLE = "preamble", "前言"
    SKIPPED = "skipped", "略过"


class Comparison(Term):
    """How a figure binds."""

    EQUAL = "equal", "等于"
    ABOUT = "about", "左右"
    AT_LEAST = "at_least", "不低于"
    AT_MOST = "at_most", "不高于"
    BETWEEN = "between", "介于"


class UnitRole(Term):
    """What a text says a unit is in a task."""

    LEAD = "lead", "牵头单位"
    ASSIST = "assist", "配合单位"


class Region(Frozen):
    """A stretch of the text and what it is; `why` says for which reason it is no task."""

    part: TextPart
    span: Span
    why: str = ""


class NamedUnit(Frozen):
    """A unit as written, and the one of the directory it is, if that is certain."""

    written: str
    span: Span
    role: UnitRole
    unit: str | None = None
    name: str | None = None
    learned: bool = False
    supervision: Supervision | None = None

    @property
    def shown(self) -> str:
        """The directory's name, or what was written."""
        return self.name or self.written


class NamedPerson(Frozen):
    """A leader or a responsible person, as written."""

    written: str
    span: Span


class StatedLimit(Frozen):
    """A limit as written and the day it means; no day when the text alone does not say."""

    written: str
    span: Span
    day: date | None
    rule: str


class Target(Frozen):
    """A figure to be reached: `value` (and `upper` of a range) are decimals as text.

    `striving` tells a 力争 from a promise.
    """

    written: str
    span: Span
    subject: str
    comparison: Comparison
    value: str
    unit: str
    upper: str | None = None
    striving: bool = False


class DraftPoint(Frozen):
    """A part of a task that stands on its own: a 要点, with its own limit if it has one."""

    text: str
    span: Span
    due: date | None = None


class Item(Frozen):
    """A proposed matter. `spans` are the stretches of the text it was made from, in order."""

    no: str
    label: str
    section: str
    title: str
    title_span: Span
    text: str
    spans: tuple[Span, ...]
    units: tuple[NamedUnit, ...] = ()
    leaders: tuple[NamedPerson, ...] = ()
    persons: tuple[NamedPerson, ...] = ()
    deadline: StatedLimit | None = None
    deadlines: tuple[StatedLimit, ...] = ()
    rhythm: Rhythm | None = None
    rhythm_span: Span | None = None
    targets: tuple[Target, ...] = ()
    points: tuple[DraftPoint, ...] = ()
    source: str = ""
    basis: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    place: str = ""
    topic: str = ""
    """In minutes, what the decision is on."""
    warnings: tuple[str, ...] = ()

    @property
    def lead(self) -> tuple[NamedUnit, ...]:
        """Who answers, as far as the text says so: several when it names several."""
        return tuple(u for u in self.units if u.role is UnitRole.LEAD)

    @property
    def assist(self) -> tuple[NamedUnit, ...]:
        """配合单位: the units named beside the one that leads."""
        return tuple(u for u in self.units if u.role is UnitRole.ASSIST)

    @property
    def due(self) -> date | None:
        """The day of the limit."""
        return self.deadline.day if self.deadline else None


class DraftedList(Frozen):
    """All that was found in one file; `faults` are the cells of it that could not be read."""

    file: str
    year: int
    text: str
    items: tuple[Item, ...]
    regions: tuple[Region, ...]
    warnings: tuple[str, ...] = ()
    faults: tuple[CellFault, ...] = ()

    @model_validator(mode="after")
    def _nothing_lost(self) -> Self:
        spans = [region.span for region in self.regions]
        whole = spans[0].start == 0 and spans[-1].end == len(self.text) if spans else not self.text
        if not whole or any(a.end != b.start for a, b in pairwise(spans)):
            raise ValueError("the regions do not partition the text")
        return self
