"""The directory as sheets (单位, 人员), and finding a unit by the name somebody wrote.

Everything here works on plain values: what is already in the directory is handed in, nothing is looked up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from domain.base import Frozen, Term, refuse_always
from domain.office import Person, Unit
from domain.terms import Role, Supervision, UnitLevel
from intake.abbreviations import candidates
from intake.sheets import CellFault, Row, Table, has_table, normal, read_table, split_names

UNITS, PEOPLE = "单位", "人员"
ID, NAME = "编号", "名称"
LEVEL, PARENT, ALIASES, SUPERVISION = "层级", "上级", "别名", "督办对象"
PERSON_NAME, UNIT, ROLE, PHONE, EMAIL = "姓名", "单位", "角色", "手机", "邮箱"
SECRETARY, TITLE = "秘书", "职务"
UNIT_COLUMNS = (ID, NAME, LEVEL, SUPERVISION)
PERSON_COLUMNS = (ID, PERSON_NAME, UNIT, ROLE)
_WANTED = (
    f"须有工作表（或 .csv）“{UNITS}”，列为{'、'.join(UNIT_COLUMNS)}（可加{PARENT}、{ALIASES}）；"
    f"“{PEOPLE}”，列为{'、'.join(PERSON_COLUMNS)}（可加{PHONE}、{EMAIL}、{SECRETARY}、{TITLE}）。"
    f"{ROLE}：联络员填 liaison，负责人填 head，领导填 leader。"
    f"或一张通讯录，列为{UNIT}、{PERSON_NAME}、职务、{PHONE}（标题可在表头以上，{UNIT}可合并）"
)

_ID_LENGTH = 64
_ROLES = tuple(role for role in Role if role is not Role.SYSTEM)
T = TypeVar("T", bound=Term)


class SheetUnit(Frozen):
    """A unit and the row it stands in. `unit.parent` is an id."""

    row: int
    unit: Unit


class SheetPerson(Frozen):
    """A person and the row it stands in. `person.unit` is an id."""

    row: int
    person: Person


class DirectorySheets(Frozen):
    """What a file holds: the rows that can be taken, and every fault of the others."""

    units: tuple[SheetUnit, ...]
    people: tuple[SheetPerson, ...]
    faults: tuple[CellFault, ...]
    assumed: tuple[str, ...] = ()
    """What a 通讯录 does not say and was derived, a line each."""


class UnitIndex:
    """Units by id, name and alias. A name is compared without regard to width, case and blanks, and never guessed."""

    def __init__(self, units: Iterable[Unit]) -> None:
        """Index the units; of two with the same id the later replaces the earlier."""
        self._units = {unit.id: unit for unit in units}
        self._names: defaultdict[str, dict[str, Unit]] = defaultdict(dict)
        for unit in self._units.values():
            for name in (unit.id, unit.name, *unit.aliases):
                self._names[normal(name)][unit.id] = unit

    def find(self, name: str) -> tuple[Unit, ...]:
        """The unit so called; nothing when there is none, the candidates when several are."""
        exact = self._units.get(name.strip())
        return (exact,) if exact else tuple(self._names.get(normal(name), {}).values())

    def abbreviated(self, name: str) -> tuple[Unit, ...]:
        """The unit whose name is abbreviated to `name`, or the other way round; all of them when several could be."""
        named = ((known, unit) for known, units in self._names.items() for unit in units.values())
        fitting = {unit.id: unit for unit in candidates(normal(name), named)}
        return tuple(fitting.values())

    def __len__(self) -> int:
        """How many units there are."""
        return len(self._units)


def read_directory(path: Path, known: Iterable[Unit] = (), people: Iterable[Person] = ()) -> DirectorySheets:
    """Read sheets or files `单位` and `人员`; either may be missing, not both. Rows with a fault are left out.

    `known` and `people` are what the directory already has: a sheet may refer to it, and replaces what it names by id.

    Raises:
        Refusal: `not_found` or `malformed`, when the file as a whole cannot be read.
    """
    known, people = tuple(known), tuple(people)
    has_units, has_people = has_table(path, UNITS), has_table(path, PEOPLE)
    if not (has_units or has_people):
        return _contacts(path, known, people)
    units: tuple[SheetUnit, ...] = ()
    contacts: tuple[SheetPerson, ...] = ()
    faults: tuple[CellFault, ...] = ()
    written: tuple[Unit, ...] = ()
    if has_units:
        table = read_table(path, UNITS, UNIT_COLUMNS, (PARENT, ALIASES))
        written, units = _units(table, known)
        faults += table.faults
    if has_people:
        table = read_table(path, PEOPLE, PERSON_COLUMNS, (PHONE, EMAIL, SECRETARY, TITLE))
        contacts = _people(table, UnitIndex((*known, *written)), people)
        faults += table.faults
    return DirectorySheets(units=units, people=contacts, faults=faults)


def _contacts(path: Path, known: tuple[Unit, ...], people: tuple[Person, ...]) -> DirectorySheets:
    """The same of a 通讯录 as offices keep it."""
    from intake.contacts import read_contacts  # noqa: PLC0415  (it stands on this module)

    contacts = read_contacts(path, known, people)
    if contacts is None:
        refuse_always(f"{path.name} 中没有“{UNITS}”，也没有“{PEOPLE}”；{_WANTED}", "malformed")
    return DirectorySheets(
        units=tuple(SheetUnit(row=row, unit=unit) for row, unit in contacts.units),
        people=tuple(SheetPerson(row=row, person=person) for row, person in contacts.people),
        faults=contacts.faults,
        assumed=contacts.assumed,
    )


# Units


def _units(table: Table, known: tuple[Unit, ...]) -> tuple[tuple[Unit, ...], tuple[SheetUnit, ...]]:
    """Every unit with an id and a name, for others to refer to; and the rows without fault."""
    _refuse_doubled_ids(table)
    drafts = [(row, unit) for row in table.rows if (unit := _unit(row)) is not None]
    written = tuple(unit for _, unit in drafts)
    index = UnitIndex((*known, *written))
    placed = [(row, unit.model_copy(update={"parent": _parent(row, index)})) for row, unit in drafts]
    _refuse_shared_names(placed, index)
    _refuse_circles(placed, known)
    rows = tuple(SheetUnit(row=row.number, unit=unit) for row, unit in placed if not row.faults)
    return written, rows


def _unit(row: Row) -> Unit | None:
    unit_id, name = _id(row), _one_name(row, NAME, row.required(NAME))
    level = _term(row, LEVEL, UnitLevel, tuple(UnitLevel))
    supervision = _term(row, SUPERVISION, Supervision, tuple(Supervision))
    if not unit_id or not name:
        return None
    # A unit whose level is at fault is still known by name: one fault, not another for each row that refers to it.
    return Unit(
        id=unit_id,
        name=name,
        level=level or UnitLevel.SOCIAL,
        supervision=supervision or Supervision.CONTACT,
        aliases=tuple(dict.fromkeys(split_names(row.text(ALIASES)))),
    )


def _one_name(row: Row, header: str, name: str) -> str:
    """A name that a list would take for several could never be written in one."""
    if len(split_names(name)) > 1:
        row.fault(
            header, f"“{name[:40]}”中的顿号、逗号会被当成几个单位，请放进括号，如 区科技局（区大数据局、区外专局）"
        )
    return name


def _parent(row: Row, index: UnitIndex) -> str | None:
    parent = _find(row, PARENT, index)
    return parent.id if parent else None


def _find(row: Row, header: str, index: UnitIndex) -> Unit | None:
    """The one unit named in a cell; none or several is a fault, an empty cell is not."""
    name = row.text(header)
    units = index.find(name) if name else ()
    if name and not units:
        row.fault(header, f"没有单位“{name}”，请先在“{UNITS}”中登记或改正名称")
    if len(units) > 1:
        row.fault(header, f"“{name}”可指{'、'.join(f'{unit.name}（{unit.id}）' for unit in units)}，请改填编号")
    return units[0] if len(units) == 1 else None


def _refuse_shared_names(placed: list[tuple[Row, Unit]], index: UnitIndex) -> None:
    for row, unit in placed:
        for header, name in ((NAME, unit.name), *((ALIASES, alias) for alias in unit.aliases)):
            others = [other for other in index.find(name) if other.id != unit.id]
            if others:
                row.fault(header, f"“{name}”也是{others[0].name}（{others[0].id}）的编号、名称或别名，请区分")


def _refuse_circles(placed: list[tuple[Row, Unit]], known: tuple[Unit, ...]) -> None:
    parents = {unit.id: unit.parent for unit in known} | {unit.id: unit.parent for _, unit in placed}
    for row, unit in placed:
        chain = [unit.id]
        above = unit.parent
        while above is not None and above not in chain:
            chain.append(above)
            above = parents.get(above)
        if above == unit.id:
            row.fault(PARENT, f"上级关系成环：{' → '.join((*chain, above))}")


# People


def _people(table: Table, index: UnitIndex, known: tuple[Person, ...]) -> tuple[SheetPerson, ...]:
    _refuse_doubled_ids(table)
    read = [(row, person) for row in table.rows if (person := _person(row, index)) is not None]
    everybody = {p.id: p for p in (*known, *(person for _, person in read))}
    placed = [
        (row, person.model_copy(update={"secretary": _secretary(row, person, everybody)})) for row, person in read
    ]
    return tuple(SheetPerson(row=row.number, person=person) for row, person in placed if not row.faults)


def _secretary(row: Row, person: Person, everybody: Mapping[str, Person]) -> str | None:
    """By id, or by a name that only one person has: a name is never a key."""
    name = row.text(SECRETARY)
    if not name:
        return None
    persons = [p for p in everybody.values() if p.id == name] or [p for p in everybody.values() if p.name == name]
    if person.role is not Role.LEADER:
        row.fault(SECRETARY, f"{person.name}不是领导，不填秘书")
    elif len(persons) != 1:
        row.fault(SECRETARY, f"通讯录里{'没有' if not persons else '有多位'}“{name}”，请填人员编号")
    elif persons[0].id == person.id:
        row.fault(SECRETARY, "秘书不能是本人")
    return persons[0].id if len(persons) == 1 else None


def _person(row: Row, index: UnitIndex) -> Person | None:
    person_id, name = _id(row), row.required(PERSON_NAME)
    row.required(UNIT)
    unit = _find(row, UNIT, index)
    role = _term(row, ROLE, Role, _ROLES)
    if person_id == Role.SYSTEM.value:
        row.fault(ID, "编号 system 归系统专用")
    if unit is None or role is None:
        return None
    return Person(
        id=person_id,
        name=name,
        unit=unit.id,
        role=role,
        phone=row.text(PHONE) or None,
        email=row.text(EMAIL) or None,
        title=row.text(TITLE) or None,
    )


# Cells common to both


def _id(row: Row) -> str:
    text = row.required(ID)
    if len(text) > _ID_LENGTH or len(split_names(text)) > 1 or len(text.split()) > 1:
        row.fault(ID, f"编号“{text[:20]}”不合用：不能有空格、顿号、逗号或换行，最多 {_ID_LENGTH} 个字")
    return text


def _term(row: Row, header: str, term: type[T], allowed: tuple[T, ...]) -> T | None:
    text = row.required(header)
    known = term.from_label(text)
    if text and known not in allowed:
        labels = "、".join(f"{member.value}（{member.label}）" if term is Role else member.label for member in allowed)
        row.fault(header, f"没有{header}“{text[:20]}”，可填：{labels}")
        return None
    return known


def _refuse_doubled_ids(table: Table) -> None:
    seen: dict[str, int] = {}
    for row in table.rows:
        text = row.text(ID)
        earlier = seen.setdefault(text, row.number)
        if text and earlier != row.number:
            row.fault(ID, f"编号 {text} 与第{earlier}行重复")
