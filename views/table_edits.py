"""What an edited 一览表 would do, however its cells came: each change is a command, or it is said why it is none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.base import Term
from domain.calendar import SHANGHAI
from domain.matter import Matter
from domain.rules.context import DecisionContext
from eventlog import reading
from intake.dates import Spoken
from intake.directory import UnitIndex
from intake.edited.copy import edited_cells
from intake.edited.edits import ASSIGNED_TOGETHER, SAID_TOGETHER, Edit, Edits, KnownNames, edits_of, judged
from sheets.table import (
    KEYED,
    Column,
    RowKey,
    SheetNames,
    cell_fingerprint,
    plain_cell,
    row_fingerprints,
    table_cells,
)
from views.explaining import states_after
from views.viewer import Viewer

if TYPE_CHECKING:
    from intake.edited.copy import EditedTable
    from intake.sheets import CellFault


@dataclass(frozen=True)
class TableComparison:
    """An edited table against the log as it stands now."""

    table: "EditedTable"
    edits: Edits
    ready: tuple[Edit, ...]
    """What no rule is against."""
    already: tuple[Edit, ...]
    """What this same copy had done before."""
    refused: "tuple[CellFault, ...]"
    """What the rules have against the others."""


class CellVerdict(Term):
    """What becomes of an edited cell."""

    DONE = "done", "已办"
    WILL = "will", "将办"
    SAME = "same", "无变化"
    CONFLICT = "conflict", "冲突"
    CANNOT = "cannot", "不能"


@dataclass(frozen=True)
class EditedCells:
    """The cells of one matter that were edited on a page, and the position of the log they were shown at."""

    number: str
    position: int
    texts: Mapping[Column, str]


@dataclass(frozen=True)
class JudgedCell:
    """One edited cell, and what becomes of it."""

    number: str
    title: str
    column: Column
    was: str
    text: str
    verdict: CellVerdict
    words: str
    """The command in words, why there is none, or what stands in the log now."""
    commands: tuple[str, ...] = ()
    """Ids of the commands that say it."""
    by: str = ""
    """Who changed it meanwhile, and when."""


@dataclass(frozen=True)
class JudgedCells:
    """All of them, and the commands of those that will be done."""

    cells: tuple[JudgedCell, ...]
    ready: tuple[Edit, ...]

    def count(self, verdict: CellVerdict) -> int:
        """How many cells of this verdict there are."""
        return sum(cell.verdict is verdict for cell in self.cells)


def compared_table(viewer: Viewer, table: "EditedTable", matters: Mapping[str, Matter]) -> TableComparison:
    """Every change in the copy three ways, and each command held to the rules for who looks; `matters` by number."""
    edits = edits_of(table, matters, names_known(viewer))
    done = [reading.find_command(viewer.database, edit.command_id) is not None for edit in edits.wanted]
    fresh = [edit for edit, was in zip(edits.wanted, done, strict=True) if not was]
    context = DecisionContext(rulebook=viewer.rulebook, now=viewer.now, actor=viewer.actor)
    refused = judged(fresh, table, context)
    blamed = {(fault.row, fault.column) for fault in refused}
    return TableComparison(
        table=table,
        edits=edits,
        ready=tuple(edit for edit in fresh if (edit.row.row, edit.column.label) not in blamed),
        already=tuple(edit for edit, was in zip(edits.wanted, done, strict=True) if was),
        refused=tuple(refused),
    )


def readable_matters(viewer: Viewer) -> dict[str, Matter]:
    """Every matter of which who looks sees all, by number."""
    states = (s.state for s in reading.matter_states(viewer.database))
    return {m.number: m for m in viewer.rights.among(m for m in states if isinstance(m, Matter))}


def names_known(viewer: Viewer) -> KnownNames:
    """The directory as the names in cells are looked up in it."""
    units, people = reading.units(viewer.database), reading.people(viewer.database)
    names = SheetNames(units={u.id: u.name for u in units}, people={p.id: p.name for p in people})
    return KnownNames(units=UnitIndex(units), people=people, names=names)


# --- cells of a page


def judged_cells(viewer: Viewer, rows: Sequence[EditedCells], spoken: Spoken) -> JudgedCells:
    """What becomes of cells that were edited on a page: as of a copy of the table that holds their rows and no others.

    Rows shown at one position of the log are one table; what was not edited says what the log said then.
    """
    cells: list[JudgedCell] = []
    ready: list[Edit] = []
    for position in sorted({row.position for row in rows}):
        then = [row for row in rows if row.position == position]
        matters = {row.number: m for row in then if (m := _readable(viewer, row.number)) is not None}
        shown = _shown_at(viewer, matters, position)
        known = [row for row in then if row.number in shown]
        cells += [_unknown(row, column) for row in then if row.number not in shown for column in row.texts]
        if not known:
            continue
        key = RowKey(
            database=reading.log_identity(viewer.database),
            position=position,
            rows={number: row_fingerprints(texts) for number, texts in shown.items()},
        )
        table = edited_cells(key, {row.number: {**shown[row.number], **row.texts} for row in known}, spoken)
        compared = compared_table(viewer, table, matters)
        cells += _cells(viewer, compared, known, shown, matters)
        ready += compared.ready
    return JudgedCells(tuple(cells), tuple(ready))


def cells_of(table: "EditedTable") -> Iterator[EditedCells]:
    """The cells that were edited in a copy, as if they had been on a page shown at the copy's position."""
    for row in table.rows:
        edited: dict[Column, str] = {
            column: row.texts[column]
            for column in KEYED
            if column is not Column.LIGHT
            and cell_fingerprint(column, row.texts[column]) != table.key.written(row.number, column)
        }
        if edited:
            yield EditedCells(row.number, table.key.position, {**edited, Column.REASON: row.reason})


def _readable(viewer: Viewer, number: str) -> Matter | None:
    listed = reading.find_matters(viewer.database, number, viewer.rights.readable)
    streams = [m.stream for m in listed if m.number == number]
    loaded = reading.load(viewer.database, streams[0]) if streams else None
    return loaded.state if loaded is not None and isinstance(loaded.state, Matter) else None


def _shown_at(viewer: Viewer, matters: Mapping[str, Matter], position: int) -> dict[str, dict[Column, str]]:
    """What stood in the cells of these matters at a position; a light is no cell to edit, and is left out."""
    names, moment = names_known(viewer).names, reading.recorded_upto(position)
    loaded = {number: reading.load(viewer.database, m.stream, moment) for number, m in matters.items()}
    return {
        number: table_cells(then.state, names, "")
        for number, then in loaded.items()
        if then is not None and isinstance(then.state, Matter)
    }


def _unknown(row: EditedCells, column: Column) -> JudgedCell:
    why = f"没有编号为 {row.number} 的事项，或不由本单位办理"
    return JudgedCell(row.number, "", column, "", row.texts[column], CellVerdict.CANNOT, why)


def _cells(
    viewer: Viewer,
    compared: TableComparison,
    rows: Sequence[EditedCells],
    shown: Mapping[str, Mapping[Column, str]],
    matters: Mapping[str, Matter],
) -> Iterator[JudgedCell]:
    for row in rows:
        for column, text in row.texts.items():
            if column is Column.REASON:
                continue
            verdict, words, ids = _verdict(compared, row.number, column)
            matter, was = matters[row.number], shown[row.number][column]
            moved = verdict is CellVerdict.CONFLICT
            by = _moved_by(viewer, matter.stream, row.position, column) if moved else ""
            yield JudgedCell(row.number, matter.title, column, was, text, verdict, words, ids, by)


def _verdict(compared: TableComparison, number: str, column: Column) -> tuple[CellVerdict, str, tuple[str, ...]]:
    """Of a cell: its own fault or conflict first, then the commands it is part of, with their ids."""
    of_row = [f for f in (*compared.edits.faults, *compared.refused) if _number_of(compared, f) == number]
    own = [f.message.removeprefix(f"{number} ") for f in of_row if f.column == column.label]
    if own:
        return CellVerdict.CANNOT, own[0], ()
    for conflict in compared.edits.conflicts:
        if (conflict.row.number, conflict.column) == (number, column):
            return CellVerdict.CONFLICT, conflict.in_log, ()
    for edits, verdict in ((compared.ready, CellVerdict.WILL), (compared.already, CellVerdict.DONE)):
        of_cell = [e for e in edits if e.row.number == number and column in _together(e.column)]
        if of_cell:
            return verdict, "；".join(e.what for e in of_cell), tuple(e.command_id for e in of_cell)
    if of_row:
        message = of_row[0].message.removeprefix(f"{number} ")
        return CellVerdict.CANNOT, f"同一行的“{of_row[0].column}”：{message}", ()
    return CellVerdict.SAME, "日志里已是这样", ()


def _number_of(compared: TableComparison, fault: "CellFault") -> str:
    return list(compared.table.key.rows)[fault.row - 1]


def _together(column: Column) -> tuple[Column, ...]:
    """The columns one command of an edit says."""
    for together in (SAID_TOGETHER, ASSIGNED_TOGETHER):
        if column in together:
            return together if together[0] is column or together is SAID_TOGETHER else (column,)
    return (column,)


def _moved_by(viewer: Viewer, stream: str, position: int, column: Column) -> str:
    """Who last changed what a cell says after a position, and when it was recorded."""
    events = reading.read_stream(viewer.database, stream)
    names = names_known(viewer).names
    texts = [plain_cell(column, table_cells(state, names, "")[column]) for state in states_after(events)]
    changed = [e for e, was, now in zip(events[1:], texts, texts[1:], strict=False) if was != now]
    later = [event for event in changed if event.position > position]
    if not later:
        return ""
    return f"{viewer.persons(later[-1].actor.id)} {later[-1].recorded_at.astimezone(SHANGHAI):%m-%d %H:%M}"
