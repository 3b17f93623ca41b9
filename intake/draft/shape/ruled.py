"""Tables of a page from the lines drawn on it: which rules meet, which cells they close, what stands in each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_THIN = 2.5
_LEAST = 6.0
_NEAR = 2.5
_LEAST_RULES = 3
"""Of each kind: two columns and two rows at the least."""
_SAME_LINE = 0.5
_BLANK = 0.7
"""Of its size: so far from the character before it, one stands apart."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page, in points from its lower left corner."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A character where it stands."""

    text: str
    box: Box

    @property
    def size(self) -> float:
        """How tall it is."""
        return max(self.box.y1 - self.box.y0, 1.0)


@dataclass(frozen=True, slots=True)
class RuledCell:
    """A cell of a ruled table: its lines, and whether it goes on from above."""

    lines: tuple[str, ...] = ()
    covered: bool = False


@dataclass(slots=True)
class RuledTable:
    """A table on a page: where it stands, the places of its columns, and its rows with cells by column."""

    box: Box
    columns: tuple[float, ...]
    rows: list[dict[int, RuledCell]] = field(default_factory=list)


@dataclass(slots=True)
class _Rules:
    """Rules that touch each other. `upright` are (x, y0, y1), `level` are (y, x0, x1)."""

    upright: list[tuple[float, float, float]] = field(default_factory=list)
    level: list[tuple[float, float, float]] = field(default_factory=list)


def tables_of(boxes: Iterable[tuple[Box, bool]], chars: Sequence[Drawn]) -> list[RuledTable]:
    """The tables that lines and boxes of a page draw, from the top; a box is given with whether it is stroked."""
    tables = [made for rules in _together(_rules(boxes)) if (made := _table(rules, chars)) is not None]
    return sorted(tables, key=lambda table: -table.box.y1)


def lines_of(chars: Iterable[Drawn]) -> list[tuple[float, str]]:
    """The lines of text that characters make, from the top, each with its height on the page."""
    rows: list[list[Drawn]] = []
    for char in sorted(chars, key=lambda c: -(c.box.y0 + c.box.y1)):
        middle = (char.box.y0 + char.box.y1) / 2
        last = rows[-1][0] if rows else None
        if last is not None and abs((last.box.y0 + last.box.y1) / 2 - middle) <= _SAME_LINE * last.size:
            rows[-1].append(char)
        else:
            rows.append([char])
    return [((row[0].box.y0 + row[0].box.y1) / 2, _spelled(row)) for row in rows]


def _spelled(row: list[Drawn]) -> str:
    row.sort(key=lambda c: c.box.x0)
    pieces = [row[0].text]
    for before, char in pairwise(row):
        gap = char.box.x0 - before.box.x1
        pieces.append(("  " if gap > _BLANK * char.size else "") + char.text)
    return "".join(pieces).rstrip()


# Rules


def _rules(boxes: Iterable[tuple[Box, bool]]) -> _Rules:
    rules = _Rules()
    for box, stroked in boxes:
        wide, tall = box.x1 - box.x0, box.y1 - box.y0
        if wide <= _THIN and tall >= _LEAST:
            rules.upright.append(((box.x0 + box.x1) / 2, box.y0, box.y1))
        elif tall <= _THIN and wide >= _LEAST:
            rules.level.append(((box.y0 + box.y1) / 2, box.x0, box.x1))
        elif stroked and wide >= _LEAST and tall >= _LEAST:
            rules.upright += [(box.x0, box.y0, box.y1), (box.x1, box.y0, box.y1)]
            rules.level += [(box.y0, box.x0, box.x1), (box.y1, box.x0, box.x1)]
    return rules


def _together(rules: _Rules) -> Iterator[_Rules]:
    """Tables apart on a page: rules whose stretches of height overlap or touch belong together."""
    spans = [(y0, y1, ("u", rule)) for rule in rules.upright for _, y0, y1 in [rule]]
    spans += [(rule[0], rule[0], ("l", rule)) for rule in rules.level]
    spans.sort(key=lambda span: -span[1])
    group, low = _Rules(), float("inf")
    for y0, y1, (kind, rule) in spans:
        if y1 < low - _NEAR and (group.upright or group.level):
            yield group
            group, low = _Rules(), float("inf")
        (group.upright if kind == "u" else group.level).append(rule)
        low = min(low, y0)
    if group.upright or group.level:
        yield group


def _places(values: Iterable[float]) -> list[float]:
    """Places near each other as one."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _NEAR:
            places.append(value)
    return places


def _table(rules: _Rules, chars: Sequence[Drawn]) -> RuledTable | None:
    xs, ys = _places(x for x, _, _ in rules.upright), _places(y for y, _, _ in rules.level)[::-1]
    if len(xs) < _LEAST_RULES or len(ys) < _LEAST_RULES:
        return None
    box = Box(xs[0], ys[-1], xs[-1], ys[0])
    inside = [char for char in chars if within(char, box)]
    owner = _merged(rules, xs, ys)
    held: dict[tuple[int, int], list[Drawn]] = {}
    for char in inside:
        row = _between(ys, -(char.box.y0 + char.box.y1) / 2, falling=True)
        column = _between(xs, (char.box.x0 + char.box.x1) / 2)
        held.setdefault(owner[row, column], []).append(char)
    table = RuledTable(box, tuple(xs))
    for row in range(len(ys) - 1):
        cells: dict[int, RuledCell] = {}
        for column in range(len(xs) - 1):
            top, left = owner[row, column]
            if left == column:
                lines = tuple(text for _, text in lines_of(held.get((top, left), ()))) if top == row else ()
                cells[column] = RuledCell(lines, covered=top != row)
        table.rows.append(cells)
    return table if sum(any(cell.lines for cell in row.values()) for row in table.rows) > 1 else None


def within(char: Drawn, box: Box) -> bool:
    """Whether the middle of a character lies in a box."""
    x, y = (char.box.x0 + char.box.x1) / 2, (char.box.y0 + char.box.y1) / 2
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def _between(places: Sequence[float], value: float, *, falling: bool = False) -> int:
    edges = [-place for place in places] if falling else places
    return max(0, min(sum(edge <= value for edge in edges) - 1, len(places) - 2))


def _merged(rules: _Rules, xs: Sequence[float], ys: Sequence[float]) -> dict[tuple[int, int], tuple[int, int]]:
    """Whose each field of the grid is: fields with no rule between them are one cell, named by its upper left field."""
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(len(ys) - 1):
        for column in range(len(xs) - 1):
            y, x = (ys[row] + ys[row + 1]) / 2, (xs[column] + xs[column + 1]) / 2
            above = owner.get((row - 1, column))
            left = owner.get((row, column - 1))
            if above is not None and not _crossed(rules.level, ys[row], x):
                owner[row, column] = above
            elif left is not None and left[0] == row and not _crossed(rules.upright, xs[column], y):
                owner[row, column] = left
            else:
                owner[row, column] = (row, column)
    return owner


def _crossed(rules: Iterable[tuple[float, float, float]], place: float, at: float) -> bool:
    return any(abs(where - place) <= _NEAR and a - _NEAR <= at <= b + _NEAR for where, a, b in rules)
