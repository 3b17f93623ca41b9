"""From an edited copy to commands: as written, in the copy, in the log now.

Changed in the copy only, it is a command; changed in both, a conflict, and nothing is written over; changed in the log
only, it is told. Pure: the log's matters and the directory are handed in.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain import commands as c
from domain.base import Refusal
from domain.envelope import canonical
from domain.facts import WITHHELD, NewPoint
from domain.matter import Matter
from domain.office import Person
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from domain.terms import Duty
from intake.dates import as_date
from intake.directory import UnitIndex
from intake.edited.cells import points_of, progress_of
from intake.edited.copy import EditedRow, EditedTable
from intake.opening import NotNamedError, person_named, unit_named
from intake.sheets import CellFault, split_names
from sheets.table import CUT_SHORT, KEYED, SHEET, Column, SheetNames, cell_fingerprint, plain_cell, table_cells

SAID_TOGETHER = (Column.PROGRESS, Column.PROBLEM, Column.NEXT)
"""One 反馈 says all three: what was not edited is said again, so none of them may have moved."""
ASSIGNED_TOGETHER = (Column.LEAD, Column.ASSIST, Column.PERSON)
"""改派 says all three."""


@dataclass(frozen=True)
class Edit:
    """A change in the copy, and the command it means."""

    row: EditedRow
    column: Column
    matter: Matter
    command: c.MatterCommand
    what: str
    command_id: str


@dataclass(frozen=True)
class Conflict:
    """A cell that was changed in the copy and, meanwhile, in the log."""

    row: EditedRow
    title: str
    column: Column
    in_copy: str
    in_log: str


@dataclass
class Edits:
    """What a copy asks for. `moved` are cells nobody edited that the log has moved since."""

    wanted: list[Edit] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    moved: list[tuple[str, tuple[Column, ...]]] = field(default_factory=list)
    unchanged: list[EditedRow] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)


class _CellError(Exception):
    """A change no command can make."""

    def __init__(self, column: Column, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message


@dataclass(frozen=True)
class KnownNames:
    """The directory as the copy's names are looked up in it."""

    units: UnitIndex
    people: tuple[Person, ...]
    names: SheetNames


def edits_of(table: EditedTable, matters: Mapping[str, Matter], known: KnownNames) -> Edits:
    """Every change in the copy against the log as it stands now; names are never guessed."""
    edits = Edits(faults=list(table.faults))
    for row in table.rows:
        matter = matters.get(row.number)
        if matter is None:
            edits.faults.append(_fault(table, row, Column.NUMBER, f"日志里没有事项 {row.number}"))
            continue
        try:
            _compare(_Row(table, row, matter, known), edits)
        except _CellError as error:
            edits.faults.append(_fault(table, row, error.column, error.message))
        except NotNamedError as error:
            column = Column.from_label(error.column) or Column.TITLE
            edits.faults.append(_fault(table, row, column, error.message))
    return edits


def judged(edits: Sequence[Edit], table: EditedTable, context: DecisionContext) -> list[CellFault]:
    """The rules' own refusals of what this actor asks for."""
    refused = []
    for edit in edits:
        try:
            decide(edit.matter, edit.command, context)
        except Refusal as refusal:
            refused.append(_fault(table, edit.row, edit.column, refusal.message))
    return refused


def _fault(table: EditedTable, row: EditedRow, column: Column, message: str) -> CellFault:
    letter = row.letters.get(column, "")
    return CellFault(
        file=table.file, sheet=SHEET, row=row.row, column=column.label, letter=letter, message=f"{row.number} {message}"
    )


# --- one row


@dataclass(frozen=True)
class _Row:
    table: EditedTable
    row: EditedRow
    matter: Matter
    known: KnownNames

    def text(self, column: Column) -> str:
        return self.row.texts[column]

    def edited(self, column: Column) -> bool:
        return cell_fingerprint(column, self.text(column)) != self.table.key.written(self.row.number, column)

    def reason(self, column: Column, what: str) -> str:
        if not self.row.reason:
            raise _CellError(column, f"{what}须在“{Column.REASON.label}”一列写明理由")
        return self.row.reason

    def edit(self, column: Column, command: c.MatterCommand, what: str, *value: object) -> Edit:
        """The id follows from log, matter, position, column and new value: the same copy twice is one command."""
        key = self.table.key
        named = canonical([key.database, self.row.number, key.position, column.value, *map(str, value)])
        digest = hashlib.sha256(named.encode()).hexdigest()
        return Edit(self.row, column, self.matter, command, what, f"table:{digest[:48]}")


def _compare(row: _Row, edits: Edits) -> None:
    if row.edited(Column.LIGHT):
        raise _CellError(Column.LIGHT, "灯由时限和反馈算出，不能填写，请改回")
    now = table_cells(row.matter, row.known.names, row.text(Column.LIGHT))
    key, number = row.table.key, row.row.number
    moved: set[Column] = {
        column
        for column in KEYED
        if column is not Column.LIGHT and cell_fingerprint(column, now[column]) != key.written(number, column)
    }
    edited = [column for column in KEYED if row.edited(column) and not _says_the_same(row, column, now[column])]
    clashing = {column for column in edited if column in moved}
    if any(column in moved and not _says_the_same(row, column, now[column]) for column in SAID_TOGETHER):
        clashing |= {column for column in edited if column in SAID_TOGETHER}
    edits.conflicts += [
        Conflict(row.row, row.matter.title, column, row.text(column), now[column])
        for column in edited
        if column in clashing
    ]
    left = frozenset(column for column in edited if column not in clashing)
    edits.wanted += [edit for rule in _RULES for edit in rule(row, left)]
    if others := tuple(column for column in KEYED if column in moved and column not in edited):
        edits.moved.append((number, others))
    if not edited:
        edits.unchanged.append(row.row)


def _says_the_same(row: _Row, column: Column, now: str) -> bool:
    """Whether the copy says what the log says already, be it in other words: an alias, a point without its number."""
    text = row.text(column)
    if plain_cell(column, text) == plain_cell(column, now):
        return True
    match column:
        case Column.POINTS:
            return not list(_points(row, frozenset({column}), explained=False))
        case Column.DATES:
            return not list(_dates(row, frozenset({column})))
        case Column.LEAD | Column.PERSON | Column.ASSIST:
            return _named(row, column) == _held(row.matter, column)
        case Column.PROGRESS:
            progress, words = progress_of(text)
            done, spoken = progress_of(now)
            return progress in (None, done) and plain_cell(column, words) == plain_cell(column, spoken)
    return False


def _named(row: _Row, column: Column) -> tuple[str, ...]:
    """Ids of the units or the person a cell names."""
    text = row.text(column)
    if column is Column.PERSON:
        lead = unit_named(row.text(Column.LEAD), row.known.units, Column.LEAD.label) if row.text(Column.LEAD) else None
        return (person_named(text, row.known.people, lead, column.label),) if text else ()
    return tuple(unit_named(name, row.known.units, column.label).id for name in split_names(text))


def _held(matter: Matter, column: Column) -> tuple[str, ...]:
    match column:
        case Column.LEAD:
            return (matter.lead,) if matter.lead else ()
        case Column.PERSON:
            return (matter.person,) if matter.person else ()
    return matter.assist


# --- the commands, in the order in which they may follow each other


def _feedback(row: _Row, edited: frozenset[Column]) -> Iterator[Edit]:
    """进展, 问题, 下步: one 反馈."""
    columns = [column for column in SAID_TOGETHER if column in edited]
    if not columns:
        return
    for column in SAID_TOGETHER:
        if WITHHELD in row.text(column):
            raise _CellError(column, "反馈内容属工作秘密，表中没有原文，不能在表中改；请用 xmh task report --secret")
        if row.text(column).endswith(CUT_SHORT):
            raise _CellError(column, "反馈内容过长，表中不全，不能在表中改；请用 xmh task report")
    progress, words = progress_of(row.text(Column.PROGRESS))
    if not words:
        raise _CellError(Column.PROGRESS, "须写明办理情况：先写“60%”，另起一行写做了什么")
    if progress is not None and progress > 100:  # noqa: PLR2004  (percent)
        raise _CellError(Column.PROGRESS, f"进度{progress}%应在 0 到 100 之间")
    command = c.SubmitFeedback(
        text=words,
        progress=progress,
        problem=row.text(Column.PROBLEM) or None,
        next_step=row.text(Column.NEXT) or None,
    )
    what = f"反馈：{f'进度{progress}%，' if progress is not None else ''}{words}"
    yield row.edit(columns[0], command, what, progress, words, command.problem, command.next_step)


def _title(row: _Row, edited: frozenset[Column]) -> Iterator[Edit]:
    """任务 is corrected (更正): the record of the 立项 stays, and says why."""
    if Column.TITLE in edited:
        title = " ".join(row.text(Column.TITLE).split("\n"))
        if not title:
            raise _CellError(Column.TITLE, "任务不能空；要撤销立项请用 xmh task cancel")
        reason = row.reason(Column.TITLE, "更正任务名称")
        command = c.CorrectEvent(version=1, text=reason, fields={"title": title})
        yield row.edit(Column.TITLE, command, f"更正任务名称为“{title}”", title, reason)


def _person(row: _Row, edited: frozenset[Column]) -> Iterator[Edit]:
    """责任人: the duty goes to the successor; named for the first time, it is added to the 立项."""
    if Column.PERSON not in edited or Column.LEAD in edited:
        return
    named = _named(row, Column.PERSON)
    if not named:
        raise _CellError(Column.PERSON, "责任人只能换人，不能清空")
    reason = row.reason(Column.PERSON, "变更责任人")
    held = row.matter.person
    command: c.MatterCommand = (
        c.ReassignDuty(duty=Duty.PERSON, from_person=held, to_person=named[0], reason=reason)
        if held
        else c.CorrectEvent(version=1, text=reason, fields={"person": named[0]})
    )
    yield row.edit(Column.PERSON, command, f"责任人改为{row.known.names.person(named[0])}", named[0], reason)


def _points(row: _Row, edited: frozenset[Column], *, explained: bool = True) -> Iterator[Edit]:
    """要点: changed, added and dropped by their numbers."""
    if Column.POINTS not in edited:
        return
    kept = {p.no: p for p in row.matter.points if not p.dropped}
    by_text = {plain_cell(Column.POINTS, p.text): p.no for p in kept.values()}
    listed: set[int] = set()
    for no, text in points_of(Column.POINTS, row.text(Column.POINTS)):
        number = by_text.get(plain_cell(Column.POINTS, text)) if no not in kept else no
        if number is None:
            if text:
                yield row.edit(
                    Column.POINTS, c.AddPoint(point=_new_point(row, no, text)), f"增加要点：{text}", "add", text
                )
            continue
        listed.add(number)
        if text and plain_cell(Column.POINTS, text) != plain_cell(Column.POINTS, kept[number].text):
            what = f"要点{number}改为：{text}"
            yield row.edit(Column.POINTS, c.ChangePoint(no=number, text=text), what, "change", number, text)
    for number in sorted(kept.keys() - listed):
        reason = row.reason(Column.POINTS, f"取消要点{number}") if explained else None
        what = f"取消要点{number}：{kept[number].text}"
        yield row.edit(Column.POINTS, c.DropPoint(no=number, reason=reason), what, "drop", number, reason)


def _new_point(row: _Row, no: int | None, text: str) -> NewPoint:
    """The point with the date that stands under its number in 节点."""
    days = dict(points_of(Column.DATES, row.text(Column.DATES)))
    return NewPoint(text=text, due=_day(days[no]) if no is not None and no in days else None)


def _dates(row: _Row, edited: frozenset[Column]) -> Iterator[Edit]:
    """节点: the date of a point moves, or it gets its first."""
    if Column.DATES not in edited:
        return
    kept = {p.no: p for p in row.matter.points if not p.dropped}
    adding = {no for no, _ in points_of(Column.POINTS, row.text(Column.POINTS))} - kept.keys()
    listed: set[int | None] = set()
    for no, text in points_of(Column.DATES, row.text(Column.DATES)):
        listed.add(no)
        day = _day(text)
        if no is None or (no not in kept and no not in adding):
            raise _CellError(Column.DATES, f"节点“{text}”没有对应的要点，请写成“要点序号. 日期”，如 2. 2022-06-30")
        if no in kept and day != kept[no].due:
            command = c.ChangePoint(no=no, due=day)
            yield row.edit(Column.DATES, command, f"要点{no}的节点改为 {day}", no, day)
    standing = {no for no, _ in points_of(Column.POINTS, row.text(Column.POINTS))}
    gone = [no for no, p in kept.items() if p.due is not None and no not in listed and no in standing]
    if gone:
        raise _CellError(Column.DATES, f"要点{gone[0]}的节点不能清空，只能改为另一天")


def _day(text: str) -> date:
    try:
        return as_date(text)
    except ValueError as error:
        raise _CellError(Column.DATES, str(error)) from error


def _due(row: _Row, edited: frozenset[Column]) -> Iterator[Edit]:
    """时限: an extension is asked for; whoever set the limit grants it (批复)."""
    if Column.DUE in edited:
        reason = row.reason(Column.DUE, "申请延期")
        command = c.RequestExtension(to=as_date(row.text(Column.DUE)), reason=reason)
        what = f"申请延期至 {command.to}（原时限 {row.matter.due}，待批复）"
        yield row.edit(Column.DUE, command, what, command.to, reason)


def _lead(row: _Row, edited: frozenset[Column]) -> Iterator[Edit]:
    """牵头: 改派, with 配合 and 责任人 as the row says; 配合 alone no command changes."""
    if Column.LEAD not in edited:
        if Column.ASSIST in edited:
            raise _CellError(Column.ASSIST, "配合单位只能随改派牵头一并调整，或由会议议定；请改回")
        return
    if not _named(row, Column.LEAD):
        raise _CellError(Column.LEAD, "牵头单位不能清空")
    lead = unit_named(row.text(Column.LEAD), row.known.units, Column.LEAD.label)
    assist = (
        tuple(unit_named(name, row.known.units, Column.ASSIST.label) for name in split_names(row.text(Column.ASSIST)))
        if Column.ASSIST in edited
        else None
    )
    person = _named(row, Column.PERSON) if Column.PERSON in edited else ()
    reason = row.reason(Column.LEAD, "改派") if row.matter.lead else row.row.reason or None
    command = c.AssignMatter(lead=lead, assist=assist, person=person[0] if person else None, reason=reason)
    act = "改派" if row.matter.lead else "交办"
    what = f"{act}{row.known.names.unit(lead.id)}牵头"
    yield row.edit(Column.LEAD, command, what, lead.id, [u.id for u in assist or ()], *person, reason)


_Rule = Callable[[_Row, frozenset[Column]], Iterator[Edit]]
_RULES: tuple[_Rule, ...] = (_feedback, _title, _person, _points, _dates, _due, _lead)
"""What is said comes before what is changed, and a new lead last: the new one has nothing to report yet."""
