"""The list of matters: rows with their lights, chosen by what a matter is, now or on an earlier day."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.base import refuse
from domain.lights import Lit
from domain.log import Rulebook
from domain.matter import Matter
from domain.numbering import number_order
from domain.queries.list_row import ListRow, list_row, lit_rows
from domain.queries.matter_filter import MatterFilter
from domain.sight import Sight
from domain.terms import Light
from eventlog import reading
from eventlog.database import Database
from eventlog.reading import Moment
from views.remembered import Remembered
from views.tree import place_in_tree, walked_tree
from views.viewer import Viewer


def known_matters(database: Database, moment: Moment | None, now: datetime) -> tuple[list[Matter], Rulebook, datetime]:
    """All matters and the rulebook as known at a moment, and the moment to light them at."""
    position = moment.position if moment else None
    states = reading.matter_states(database, moment=moment)
    matters = sorted((s.state for s in states if isinstance(s.state, Matter)), key=lambda m: m.number)
    return matters, reading.rulebook(database, position), moment.as_of if moment else now


class SortedBy(StrEnum):
    """What a list is sorted by."""

    NUMBER = "number"
    DUE = "due"
    LIGHT = "light"
    TREE = "tree"
    """By number, a part right after its whole, where that is shown too."""


_URGENT_FIRST = {kind: n for n, kind in enumerate((Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN, Light.GREY))}


@dataclass(frozen=True)
class Chosen:
    """The matters a choice means, of those the reader sees, in order. A light is worded only where it is shown."""

    rows: tuple[ListRow, ...]
    rulebook: Rulebook
    at: datetime
    order: SortedBy = SortedBy.NUMBER
    lits: Mapping[str, Lit] = field(default_factory=dict)
    """Lights that were needed to choose, or to sort, by stream."""
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Numbers from the topmost whole that is shown down to a matter itself, by stream; only of `TREE`."""

    def depth(self, row: ListRow) -> int:
        """How many wholes it stands under in the list."""
        return len(self.paths.get(row.stream, ())[1:])

    def documents(self, rows: Sequence[ListRow] | None = None) -> list[dict[str, Any]]:
        """These of its rows, or all, as `task list` gives them."""
        wanted = self.rows if rows is None else rows
        if self.lits:
            return [listed_row(row, self.lits[row.stream]) for row in wanted]
        return [listed_row(row, lit) for row, lit in lit_rows(wanted, self.rulebook, self.at)]

    def page(self, size: int, after: str = "") -> "tuple[int, tuple[ListRow, ...], str | None]":
        """So many rows after a place in the order: how many come before them, they, and the place to go on from.

        A place is what its last row is sorted by, so a page begins where the last one ended, whatever came in between.
        """
        places = [self._place(row) for row in self.rows]
        first = bisect_right(places, _place_in(after)) if after else 0
        rows = self.rows[first : first + size]
        more = first + size < len(self.rows)
        return first, rows, _place_text(places[first + size - 1]) if more else None

    def _place(self, row: ListRow) -> "Place":
        match self.order:
            case SortedBy.DUE:
                key = row.due.isoformat()
            case SortedBy.LIGHT:
                key = f"{_URGENT_FIRST[self.lits[row.stream].light]}{row.due.isoformat()}"
            case SortedBy.TREE:
                return "", tuple(n for number in self.paths[row.stream] for n in number_order(number))
            case _:
                key = ""
        return key, number_order(row.number)


Place = tuple[str, tuple[int, ...]]
"""Where a row stands in a list: what it is sorted by, and its number."""


def _place_text(place: Place) -> str:
    return f"{place[0]}~{'-'.join(map(str, place[1]))}"


def _place_in(text: str) -> Place:
    """A place as an address says it.

    Raises:
        Refusal: `malformed`.
    """
    key, _, number = text.partition("~")
    refuse(not number_order(number[:LONGEST_PLACE]), "翻页的位置有误，请从第一页看起", "malformed")
    return key, number_order(number[:LONGEST_PLACE])


LONGEST_PLACE = 100
"""Characters of a place: seven wholes above one another."""


def chosen_matters(
    viewer: Viewer, wanted: MatterFilter, moment: Moment | None, order: SortedBy = SortedBy.NUMBER
) -> Chosen:
    """The matters that are meant, of those he sees, now or at a moment of the past.

    Raises:
        Refusal: `malformed`: the words it is to say are none.
    """
    if moment is None:
        known, rulebook, at = viewer.rights.rows(), viewer.rulebook, viewer.now
    else:
        then, rulebook = _rows_then(viewer.database, moment)
        known, at = tuple(viewer.rights.among(then, Sight.LISTED)), moment.as_of
    fits = fitting(viewer, wanted, moment)
    rows = [row for row in known if fits(row)]
    lits: dict[str, Lit] = {}
    if wanted.by_light or order is SortedBy.LIGHT:
        lits = {row.stream: lit for row, lit in lit_rows(rows, rulebook, at) if wanted.fits_light(lit)}
        rows = [row for row in rows if row.stream in lits]
    chosen = Chosen(tuple(rows), rulebook, at, order, lits, _paths(rows) if order is SortedBy.TREE else {})
    return replace(chosen, rows=tuple(sorted(rows, key=chosen._place)))


def _paths(rows: Iterable[ListRow]) -> dict[str, tuple[str, ...]]:
    """The numbers of those of these rows that stand above one another, by the lowest of them."""
    by_stream = {row.stream: row for row in rows}
    paths: dict[str, tuple[str, ...]] = {}

    def path(row: ListRow) -> tuple[str, ...]:
        if row.stream not in paths:
            whole = by_stream.get(row.parent or "")
            paths[row.stream] = (*(path(whole) if whole else ()), row.number)
        return paths[row.stream]

    return {row.stream: path(row) for row in by_stream.values()}


_thens = Remembered[tuple[tuple[ListRow, ...], Rulebook]](4)


def _rows_then(database: Database, moment: Moment) -> tuple[tuple[ListRow, ...], Rulebook]:
    """The rows of all matters at a moment of the past; the last few that were asked for are kept.

    The hashes name all that had been recorded, so another log, or one put back from a copy, is another key.
    """

    def made() -> tuple[tuple[ListRow, ...], Rulebook]:
        return reading.past_list_rows(database, moment), reading.rulebook(database, moment.position)

    hashes = (reading.hash_at(database, moment.position), reading.hash_at(database, moment.later))
    return _thens.of((*hashes, moment), made)


def matter_list(
    viewer: Viewer, wanted: MatterFilter, moment: Moment | None, *, tree: bool = False
) -> list[dict[str, Any]]:
    """The matters that are meant, of those he sees, by number or by whole and part, as `task list` gives them."""
    if not tree:
        return chosen_matters(viewer, wanted, moment).documents()
    matters, rulebook, at = known_matters(viewer.database, moment, viewer.now)
    branched = walked_tree(matters)
    seen = viewer.rights.among([b.matter for _, b in branched.values()], Sight.LISTED)
    fits = fitting(viewer, wanted, moment)
    rows = [row for row in (list_row(m, rulebook) for m in seen) if fits(row)]
    return [
        {**listed_row(row, lit), **place_in_tree(viewer, *branched[row.stream])}
        for row, lit in lit_rows(rows, rulebook, at)
        if wanted.fits_light(lit)
    ]


def fitting(viewer: Viewer, wanted: MatterFilter, moment: Moment | None) -> Callable[[ListRow], bool]:
    """Whether this reader's choice means a matter, but for its light; its words are looked for up to a moment.

    Raises:
        Refusal: `malformed`: the words it is to say are none.
    """
    readable = viewer.rights.readable
    meant = [_saying(viewer.database, wanted, moment), _standing(viewer.database, wanted, moment)]
    # Of what he sees as a list has it, a choice by anything else would tell him what he may not see.
    known = None if readable is None or not wanted.beyond_lists else readable

    def fits(row: ListRow) -> bool:
        if known is not None and row.stream not in known:
            return False
        return wanted.fits(row, viewer.actor) and all(streams is None or row.stream in streams for streams in meant)

    return fits


def _standing(database: Database, wanted: MatterFilter, moment: Moment | None) -> frozenset[str] | None:
    """The streams in handling whose state fits the choice; None when it asks nothing of a state."""
    if not wanted.by_state:
        return None
    states = reading.open_states(database, "matter", moment)
    return frozenset(s.stream for s in states if isinstance(s.state, Matter) and wanted.fits_state(s.state))


def _saying(database: Database, wanted: MatterFilter, moment: Moment | None) -> frozenset[str] | None:
    """The streams that say the words of the choice; None when it has none."""
    if wanted.words is None:
        return None
    refuse(not wanted.words.strip(), "--text 没有写要找的字词", "malformed")
    return reading.streams_saying(database, wanted.words, moment or reading.recorded_upto(None))


def matter_row(matter: Matter, lit: Lit) -> dict[str, Any]:
    """One matter as `task list` gives it."""
    return {
        "matter": matter.number,
        "title": matter.title,
        "stage": matter.stage.value,
        "light": lit.light.value,
        "light_reason": lit.reason,
        "lead": matter.lead,
        "by_letter": matter.by_letter,
        "assist": list(matter.assist),
        "due": matter.due.isoformat(),
        "progress": matter.progress,
        "version": matter.version,
    }


def listed_row(row: ListRow, lit: Lit) -> dict[str, Any]:
    """A row as `task list` gives it, as `matter_row` does of a state."""
    return {
        "matter": row.number,
        "title": row.title,
        "stage": row.stage,
        "light": lit.light.value,
        "light_reason": lit.reason,
        "lead": row.lead,
        "by_letter": row.by_letter,
        "assist": list(row.assist),
        "due": row.due.isoformat(),
        "progress": row.progress,
        "version": row.version,
    }
