"""The rows matters are listed by (`domain.queries.list_row`), as the table `matter_rows` keeps them.

A row follows from the state of its matter and from the rulebook, so a changed calendar or policy writes the moments of
the colours to come again, within its own transaction. Time alone writes nothing.
"""

# ruff: noqa: S608  (column names are constants)

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from domain.base import Term
from domain.lights import facts_in
from domain.log import Rulebook
from domain.matter import Matter
from domain.periods import PeriodLength
from domain.queries.list_row import NEVER, ColourMoments, ListRow, StandingRow, colour_moments, list_row
from domain.terms import KeyFlag, MatterClass, MatterKind, Rung, Stage, Urgency
from eventlog.backend import Row, Statement
from eventlog.database import Transaction
from eventlog.spoilt import SPOILT, spoilt_row
from eventlog.stored_time import from_micros, micros
from eventlog.typed import odd_cells

COLUMNS = ListRow._fields
STORED_COLUMNS = (*COLUMNS, "position")
"""With the position of the matter's newest event: a row that none has moved since is as it was."""
_FACTS = COLUMNS.index("facts")  # what follows is what they give
FOUND_BY = frozenset({"number", "title", "stage", "lead", "due", "parent"})
"""What the table `matters` keeps of it too."""
_DATES, _MOMENTS = frozenset({"due", "opened"}), frozenset({"red", "yellow", "blue"})
_LISTS = frozenset({"flags", "assist", "asked", "leaders", "instructed_by", "reported_by", "followers"})
_MARKS = frozenset({"by_letter", "listed", "settled", "wavers"})
_TERMS: dict[str, type[Term]] = {
    **{"stage": Stage, "kind": MatterKind, "klass": MatterClass, "urgency": Urgency, "rung": Rung},
    "period": PeriodLength,
}
_PUT = f"INSERT INTO matter_rows ({', '.join(STORED_COLUMNS)}) VALUES ({', '.join('?' * len(STORED_COLUMNS))})"
_LIVING = "SELECT facts, red, yellow, blue, wavers, stream FROM matter_rows WHERE settled = 0"
_MOVE = "UPDATE matter_rows SET red = ?, yellow = ?, blue = ?, wavers = ? WHERE stream = ?"
SELECT = f"SELECT {', '.join(COLUMNS)} FROM matter_rows"
STANDING_COLUMNS = StandingRow._fields
SELECT_STANDING = f"SELECT {', '.join(STANDING_COLUMNS)} FROM matter_rows"
_NO_MORE = {**dict.fromkeys(("red", "yellow", "blue"), str(micros(NEVER))), "wavers": "0"}
SELECT_PAST = f"SELECT {', '.join(_NO_MORE.get(name, name) for name in COLUMNS)} FROM matter_rows"
"""The rows without their colours to come, as `past_row` has them."""


def put_rows(matters: Sequence[tuple[Matter, int]], rulebook: Rulebook) -> list[Statement]:
    """What writes the rows of these matters, each as of a position, of which none stands there yet."""
    return [(_PUT, [(*_cells(list_row(matter, rulebook)), at) for matter, at in matters])] if matters else []


def put_row(before: Row, matter: Matter, position: int, rulebook: Rulebook) -> tuple[list[Statement], frozenset[str]]:
    """What brings the row that stands in the table to the matter's state, and the columns it writes: those that change.

    Args:
        before: the row that stands there; of nothing but None when there is none.
        matter: as it is now.
        position: of its newest event.
        rulebook: in force.
    """
    if before[0] is None:
        return put_rows([(matter, position)], rulebook), frozenset(COLUMNS)
    after = _cells(list_row(matter, rulebook, _known(before)))
    changed = {name: cell for name, cell, old in zip(COLUMNS, after, before, strict=True) if cell != old}
    sets = ", ".join(f"{name} = ?" for name in (*changed, "position"))
    update = f"UPDATE matter_rows SET {sets} WHERE stream = ?"
    return [(update, [(*changed.values(), position, matter.stream)])], frozenset(changed)


def _known(before: Row) -> tuple[str, ColourMoments] | None:
    """The colours that stand there; None when they cannot be read: the state, which can, writes them anew."""
    facts, red, yellow, blue, wavers = before[_FACTS:]
    try:
        return facts, ColourMoments(_moment(red), _moment(yellow), _moment(blue), bool(wavers))
    except SPOILT:
        return None


def moved_rows(transaction: Transaction, rulebook: Rulebook) -> list[Statement]:
    """What brings every row to another rulebook; what is at rest is grey whatever the calendar says."""
    moved = []
    for facts, *stored, stream in transaction.all(_LIVING):
        m = colour_moments(facts_in(facts), rulebook)
        cells = [micros(m.red), micros(m.yellow), micros(m.blue), int(m.wavers)]
        if cells != stored:
            moved.append((*cells, stream))
    return [(_MOVE, moved)] if moved else []


def row_in(cells: Row) -> ListRow:
    """The row that stands in the table.

    Raises:
        UnknownEventError: it is spoilt.
    """
    return ListRow._make(_cells_read(COLUMNS, _READ, cells))


def standing_row_in(cells: Row) -> StandingRow:
    """What says how it stands of the row that stands in the table.

    Raises:
        UnknownEventError: it is spoilt.
    """
    return StandingRow._make(_cells_read(STANDING_COLUMNS, _READ_STANDING, cells))


def _cells_read(columns: tuple[str, ...], readers: "_Readers", cells: Row) -> list[object]:
    try:
        _check_types(columns, tuple(map(type, cells)), cells)
        return [read(cell) if read else cell for read, cell in zip(readers, cells, strict=True)]
    except SPOILT as error:
        raise spoilt_row("matter_rows", cells, error) from error


_sound: set[tuple[type, ...]] = set()
"""The types of the cells of rows that were sound: few, and seen at a glance."""


def _check_types(columns: tuple[str, ...], types: tuple[type, ...], cells: Row) -> None:
    if types not in _sound:
        if odd := "、".join(odd_cells("matter_rows", columns, cells)):
            raise TypeError(odd)
        _sound.add(types)


def _cells(row: ListRow) -> Row:
    cells = row._asdict()
    for name in _DATES:
        cells[name] = cells[name].isoformat()
    for name in _MOMENTS:
        cells[name] = micros(cells[name])
    for name in _LISTS:
        cells[name] = _text(cells[name])
    for name in _MARKS:
        cells[name] = int(cells[name])
    return tuple(cells.values())


@lru_cache(maxsize=4096)  # few lists, many matters
def _text(values: tuple[str, ...]) -> str:
    return json.dumps(values, ensure_ascii=False)


@lru_cache(maxsize=4096)
def _day(text: str) -> date:
    return date.fromisoformat(text)


@lru_cache(maxsize=4096)
def list_in(text: str) -> tuple[str, ...]:
    """The names in a cell.

    Raises:
        UnknownEventError: there are none such in it.
    """
    try:
        values = json.loads(text)
    except SPOILT as error:
        raise spoilt_row("matter_rows", (text,), error) from error
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise spoilt_row("matter_rows", (text,), "no list of names")
    return tuple(values)


_FLAGS = frozenset(flag.value for flag in KeyFlag)


@lru_cache(maxsize=4096)
def _flags(text: str) -> tuple[str, ...]:
    flags = list_in(text)
    if not _FLAGS.issuperset(flags):
        raise LookupError(text)
    return flags


@lru_cache(maxsize=4096)
def _moment(micro: int) -> datetime:
    return from_micros(micro)


_Readers = tuple[Callable[[Any], object] | None, ...]


def _reader(name: str) -> Callable[[Any], object] | None:
    """What reads a column's cell, and raises where nothing of the kind stands in it; None where any text will do."""
    if name in _TERMS:
        values: dict[str | None, str | None] = {term.value: term.value for term in _TERMS[name]}
        return {**values, None: None}.__getitem__
    readers = ((_DATES, _day), (_MOMENTS, _moment), ({"flags"}, _flags), (_LISTS, list_in), (_MARKS, bool))
    return next((read for names, read in readers if name in names), None)


_READ, _READ_STANDING = tuple(map(_reader, COLUMNS)), tuple(map(_reader, STANDING_COLUMNS))
