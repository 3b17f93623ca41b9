"""Names of units: told from other words, separated, and found in the directory without guessing."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from domain.office import Unit
from intake.directory import UnitIndex
from intake.draft.model import NamedUnit, UnitRole
from intake.draft.rules import responsibility
from intake.draft.text import Span, View, fold

_SEPARATORS = re.compile(r"[、，；。/;\n|\\]+")
_AND = re.compile(r"(?:以及|和|及|与)")
_NOT_A_NAME = re.compile(r"^(?:等|等等|按|由|其他|下同|略)$")
_ET_CETERA = re.compile(r"等(?:(?:有关|相关|各|[一-鿿]{2})?(?:单位|部门|责任单位))?$")


@lru_cache(maxsize=8192)
def is_unit(text: str) -> bool:
    """Whether a word has the form of a unit's name."""
    return bool(responsibility.ORGANISATION.pattern.match(text))


def split(names: View) -> Iterator[View]:
    """The names of a list, without the 等 after the last. A blank separates only what are units on both sides."""
    start = 0
    for match in _outside_brackets(names.text):
        yield from _by_gaps(names.cut(start, match.start()))
        start = match.end()
    yield from _by_gaps(names.cut(start))


def _outside_brackets(text: str) -> Iterator[re.Match[str]]:
    depth, marks = 0, []
    for char in text:
        depth += {"（": 1, "）": -1}.get(char, 0)
        marks.append(depth)
    return (match for match in _SEPARATORS.finditer(text) if marks[match.start()] <= 0)


def _by_gaps(piece: View) -> Iterator[View]:
    cuts = [0, *sorted(piece.gaps), len(piece)]
    parts = [piece.cut(a, b) for a, b in pairwise(cuts)]
    if len(parts) > 1 and all(
        is_unit(part.text) or responsibility.PLAIN_NAMES.pattern.match(part.text) for part in parts
    ):
        for part in parts:
            yield from _by_and(part)
    else:
        yield from _by_and(piece)


def _by_and(piece: View) -> Iterator[View]:
    """区财政局和区审计局 are two, 区发展和改革局 is one: what stands before 和 must itself be a unit."""
    for match in _AND.finditer(piece.text):
        left, right = piece.cut(0, match.start()), piece.cut(match.end())
        if is_unit(left.text) and is_unit(_ET_CETERA.sub("", right.text)):
            yield from _one(left)
            yield from _by_and(right)
            return
    yield from _one(piece)


def _one(piece: View) -> Iterator[View]:
    name = piece.strip(" 。，、；：“”")
    et_cetera = _ET_CETERA.search(name.text)
    if et_cetera and et_cetera.start() > 1:
        name = name.cut(0, et_cetera.start())
    explained = responsibility.EXPLAINS_FIRST.pattern.search(name.text)
    if explained:
        name = name.cut(0, explained.start()).strip("（")
    if name and not _NOT_A_NAME.match(name.text):
        yield name


class UnitNames:
    """The units of the directory, asked with names as documents write them."""

    def __init__(self, units: Iterable[Unit]) -> None:
        """Keep what the directory has; it may be empty."""
        self._index = UnitIndex(units)
        self._found: dict[str, tuple[tuple[Unit, ...], bool]] = {}

    def name(self, written: View, role: UnitRole) -> tuple[NamedUnit, str]:
        """The unit meant, and a warning when that is not certain."""
        return self.name_text(written.raw, written.span(), role)

    def name_text(self, written: str, span: Span, role: UnitRole) -> tuple[NamedUnit, str]:
        """The same for a name whose place is known."""
        place, learned = self._find(written)
        if len(place) != 1:
            warning = f"“{written}”可指{'、'.join(u.name for u in place)}，请明确" if place else ""
            if not place and self._index:
                warning = f"通讯录里没有“{written}”"
            return NamedUnit(written=written, span=span, role=role), warning
        unit = place[0]
        return (
            NamedUnit(
                written=written,
                span=span,
                role=role,
                unit=unit.id,
                name=unit.name,
                learned=learned,
                supervision=unit.supervision,
            ),
            "",
        )

    def knows(self, written: str) -> bool:
        """Whether the directory has exactly one unit so called."""
        return len(self._find(written)[0]) == 1

    def _find(self, written: str) -> tuple[tuple[Unit, ...], bool]:
        if written not in self._found:
            name = fold(written)
            exact = self._index.find(written) or self._index.find(name)
            self._found[written] = (exact, False) if exact else (self._index.abbreviated(name), True)
        return self._found[written]
