"""What a reader makes of a file: its text, and the tables in it as cells that know their place in the text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from intake.draft.rules import structure
from intake.draft.text import View, joined, view

_NUMBERED = re.compile(r"^(?:\d{1,2}[、.．]|（\d{1,2}）|[①-⑳])")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: where its text stands, its value if that is more than text, and whether it goes on from above.

    The value of a cell that cannot be read is its fault.
    """

    start: int
    end: int
    value: object = None
    covered: bool = False
    more: tuple[tuple[int, int], ...] = ()
    """Where its text goes on, in a table drawn with characters."""
    wrapped: bool = False
    """Whether its lines are broken at its width and not by whoever wrote it."""

    def view(self, source: str) -> View:
        """Its text as one."""
        return joined(view(source, *place) for place in ((self.start, self.end), *self.more))

    def paragraphs(self, source: str) -> list[View]:
        """Its lines as they were meant: one broken at the width of the cell goes on in the next."""
        lines = self.lines(source)
        if not self.wrapped:
            return lines
        paragraphs = lines[:1]
        for line in lines[1:]:
            ended = structure.TERMINAL.pattern.search(paragraphs[-1].text) or _NUMBERED.match(line.text)
            paragraphs = [*paragraphs, line] if ended else [*paragraphs[:-1], joined([paragraphs[-1], line])]
        return paragraphs

    def lines(self, source: str) -> list[View]:
        """Its lines, empty ones left out."""
        if self.more:
            return [self.view(source)]
        lines, start = [], self.start
        for piece in source[self.start : self.end].splitlines(keepends=True):
            line = view(source, start, start + len(piece))
            start += len(piece)
            if line:
                lines.append(line)
        return lines

    def written(self, source: str) -> str:
        """As it stands in the source, line breaks and all."""
        if self.more:
            return self.view(source).raw
        return source[self.start : self.end].strip()

    def going_on(self, below: "Cell") -> "Cell":
        """The same cell with a further line of it."""
        return replace(self, more=(*self.more, (below.start, below.end), *below.more))


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row: its number as a person counts, and its cells by column."""

    number: int
    cells: dict[int, Cell]


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table and the stretch of the text it takes; a drawn one has lines of characters between its cells."""

    name: str
    start: int
    end: int
    rows: list[GridRow]
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read. `must_be_tables` says that outside of tables there is nothing to read (.xlsx)."""

    text: str
    grids: list[SourceTable] = field(default_factory=list)
    must_be_tables: bool = False
    notes: list[str] = field(default_factory=list)
    """What the reader could not do, for the clerk."""


def together(views: Iterable[View]) -> View:
    """The text of several lines or cells as one; a blank where they meet."""
    pieces: Iterator[View] = (each for each in views if each)
    return joined_with_gaps(list(pieces))


def joined_with_gaps(views: list[View]) -> View:
    """Put together, each start but the first marked as a gap."""
    whole = joined(views)
    gaps, length = set(whole.gaps), 0
    for each in views[:-1]:
        length += len(each)
        gaps.add(length)
    return View(whole.raw, whole.text, whole.at, frozenset(gaps))
