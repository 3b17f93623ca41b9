"""A task list becomes 立项 and 并入 commands: names are found in the directory, and every rule is asked first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from domain.base import Refusal, refuse
from domain.calendar import OfficeHours, at_office
from domain.commands import AddBasis, OpenMatter
from domain.duplicates import OpenTitle, duplicate, title_key
from domain.facts import Basis, NewPoint, UnitRef
from domain.ids import matter_stream
from domain.matter import Matter
from domain.office import Person, Unit
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from domain.terms import BasisKind, Role
from intake.directory import UnitIndex
from intake.sheets import CellFault
from intake.task_list import ANOTHER, JOIN, TaskList, TaskRow

TitleAndLead = tuple[str, str | None]
"""Key of the title (`domain.duplicates`) and 牵头单位: by both a matter is known to be open already."""


@dataclass(frozen=True)
class Opening:
    """A row that can be opened, or become one more basis of a matter: where, and with which command."""

    row: TaskRow
    stream: str
    command: OpenMatter | AddBasis
    matter: Matter | None = None
    """The open matter the row joins (并入事项)."""

    @property
    def occurred_at(self) -> datetime | None:
        """When a 存量 matter was opened, at the beginning of that day; None for one opened now."""
        return at_office(self.row.began, OfficeHours().morning_opens) if self.row.began else None


@dataclass(frozen=True)
class Openings:
    """What an import would do, row by row, and every fault that stands against it."""

    ready: tuple[Opening, ...]
    faults: tuple[CellFault, ...]
    remarks: tuple[str, ...] = ()
    """What could not be taken over and is no fault."""


class NotNamedError(Exception):
    """A name in a cell that is nobody's in the directory, or several's."""

    def __init__(self, column: str, message: str) -> None:
        """Keep the column the name stands in, and the line to show."""
        super().__init__(message)
        self.column = column
        self.message = message


def openings(
    listed: TaskList,
    units: Iterable[Unit],
    people: Iterable[Person],
    context: DecisionContext,
    standing: Mapping[TitleAndLead, OpenTitle] | None = None,
    joined: Mapping[str, Matter] | None = None,
) -> Openings:
    """Resolve and judge every row; a row with a fault is not ready. Nothing is guessed: an unknown name is a fault.

    A row whose matter is open already, in `standing` or by a row above it, is a fault as well, unless it says why it is
    another one. `joined` are the open matters by number, for rows that name one as 并入事项.
    """
    index, known = UnitIndex(units), tuple(people)
    ready: list[Opening] = []
    faults = list(listed.faults)
    above: dict[TitleAndLead, int] = {}
    for row in listed.rows:
        try:
            if row.join:
                ready.append(_joining(row, known, context, joined or {}))
                continue
            command = _command(row, index, known)
            opening = Opening(row=row, stream=matter_stream(row.key), command=command)
            decide(None, command, replace(context, occurred_at=opening.occurred_at))
            _refuse_duplicate(row, command, standing or {}, above)
        except NotNamedError as e:
            faults.append(_fault(listed, row, e.column, e.message))
        except Refusal as e:
            faults.append(_fault(listed, row, _column_of(e), e.message))
        else:
            ready.append(opening)
    remarks = [
        f"第{row.row}行：通讯录里没有唯一的责任领导“{name}”，没有登记"
        for row in listed.rows
        for name in row.leaders
        if _leader(name, known) is None
    ]
    return Openings(ready=tuple(ready), faults=tuple(faults), remarks=tuple(remarks))


def _refuse_duplicate(
    row: TaskRow,
    command: OpenMatter,
    standing: Mapping[TitleAndLead, OpenTitle],
    above: dict[TitleAndLead, int],
) -> None:
    key = (title_key(command.title), command.lead.id if command.lead else None)
    if row.another is None and key in standing:
        refusal = duplicate(command.title, standing[key])
        raise Refusal(
            refusal.message.replace(
                "用 --duplicate-reason 说明理由", f"填写“{ANOTHER}”一栏，同一事项请填写“{JOIN}”一栏"
            ),
            refusal.code,
        )
    earlier = above.setdefault(key, row.row)
    refuse(
        row.another is None and earlier != row.row,
        f"与第{earlier}行是同一事项，牵头单位也相同；确需另立请填写“{ANOTHER}”一栏",
        "duplicate",
    )


def _joining(
    row: TaskRow, people: tuple[Person, ...], context: DecisionContext, joined: Mapping[str, Matter]
) -> Opening:
    """并入: the row is about an open matter, and its basis becomes one more of that matter's."""
    matter = joined.get(row.join or "")
    if matter is None:
        raise NotNamedError(JOIN, f"没有未办结的事项“{row.join}”，请写编号（如 XMH-2022-007）")
    command = AddBasis(basis=_basis(row, people))
    try:
        decide(matter, command, context)
    except Refusal as refusal:
        raise NotNamedError(JOIN, refusal.message) from refusal
    return Opening(row=row, stream=matter.stream, command=command, matter=matter)


def _basis(row: TaskRow, people: tuple[Person, ...]) -> Basis:
    approver = person_named(row.approver, people, None, "批准人") if row.approver else None
    return Basis(kind=BasisKind.TASK_LIST, text=row.basis, approver=approver)


def _command(row: TaskRow, units: UnitIndex, people: tuple[Person, ...]) -> OpenMatter:
    lead = unit_named(row.lead, units, "牵头单位") if row.lead else None
    return OpenMatter(
        title=row.title,
        basis=_basis(row, people),
        due=row.due,
        period=row.period,
        klass=row.klass,
        rhythm=row.rhythm,
        source=row.source,
        section=row.section,
        leaders=tuple(p.id for name in row.leaders if (p := _leader(name, people)) is not None),
        lead=lead,
        assist=tuple(unit_named(name, units, "配合单位") for name in row.assist),
        person=person_named(row.person, people, lead, "责任人") if row.person else None,
        points=tuple(NewPoint(text=p.text, due=p.due) for p in row.points),
        indicators=row.indicators,
        duplicate_reason=row.another,
        inherited=row.ledger,
    )


def _leader(name: str, people: tuple[Person, ...]) -> Person | None:
    """The one leader so called, by id or name; None when the directory does not say who is meant."""
    leaders = [p for p in people if p.role is Role.LEADER]
    known = [p for p in leaders if p.id == name] or [p for p in leaders if p.name == name]
    return known[0] if len(known) == 1 else None


def unit_named(name: str, units: UnitIndex, column: str) -> UnitRef:
    """The one unit so called.

    Raises:
        NotNamedError: there is none, or several.
    """
    fitting = units.find(name)
    if len(fitting) != 1:
        candidates = f"，可能是：{'、'.join(u.name for u in fitting)}" if fitting else ""
        raise NotNamedError(column, f"通讯录里没有唯一的“{name}”{candidates}")
    return UnitRef(id=fitting[0].id, supervision=fitting[0].supervision)


def person_named(name: str, people: tuple[Person, ...], unit: UnitRef | None, column: str) -> str:
    """By id, else by name; of several of that name the one in the lead unit.

    Raises:
        NotNamedError: there is none, or several.
    """
    persons = [p for p in people if p.id == name] or [p for p in people if p.name == name]
    if len(persons) > 1 and unit is not None:
        persons = [p for p in persons if p.unit == unit.id]
    if len(persons) != 1:
        raise NotNamedError(column, f"通讯录里{'没有' if not persons else '有多位'}“{name}”，请写人员编号")
    return persons[0].id


def _fault(listed: TaskList, row: TaskRow, column: str, message: str) -> CellFault:
    return CellFault(file=listed.file, sheet=listed.sheet, row=row.row, column=column, message=message)


def _column_of(refusal: Refusal) -> str:
    """The column a rule's refusal is about."""
    for words, column in (("指标", "指标"), ("时限", "完成时限"), ("节点", "要点"), ("督办对象", "牵头单位")):
        if words in refusal.message:
            return column
    return "任务"
