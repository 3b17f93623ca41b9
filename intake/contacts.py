"""A 通讯录 as offices keep it: one sheet, a title over the header, merged units, 姓名, 职务, 电话; no ids, no roles.

What the directory needs and the sheet does not say is derived where a rule allows it, and each derivation is said, so
that whoever imports it can object. What no rule allows (who of the office may supervise) is a fault of its row.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl.utils import get_column_letter

from domain.base import Frozen
from domain.office import Person, Unit
from domain.terms import Role, Supervision, UnitLevel
from intake.directory import UnitIndex
from intake.sheets import CellFault, Row, as_text, fill_row, normal, raw_sheets, split_names
from intake.xlsx import Cells, RawSheet, corners
from sheets.budget import reading_budget

HEADER_WITHIN = 10
"""Rows above the header: a title, a date, who to call."""
UNIT, NAME, POST, MOBILE, CALL, EMAIL, ROLE, LIAISON = "单位", "姓名", "职务", "手机", "电话", "邮箱", "角色", "联络员"
_CALLED = {
    UNIT: ("单位", "单位名称", "所在单位", "工作单位", "部门", "部门单位", "单位（部门）"),
    NAME: ("姓名", "联系人"),
    POST: ("职务", "职位", "岗位", "职务职称"),
    MOBILE: ("手机", "手机号", "手机号码", "移动电话"),
    CALL: ("电话", "联系电话", "联系方式", "办公电话", "座机", "固定电话"),
    EMAIL: ("邮箱", "电子邮箱", "邮件", "电子邮件"),
    ROLE: ("角色",),
    LIAISON: ("联络员", "是否联络员"),
}
_MEANT = {called: column for column, names in _CALLED.items() for called in names}
_HEADS = re.compile(r"(?<![科处股组班])(局长|主任|书记|部长|区长|镇长|院长|校长|行长|会长|董事长|总经理|总裁|负责人)")
_MINOR = re.compile(r"(科室|室|中心|窗口)(副)?主任")
_MOBILE = re.compile(r"1\d{10}")
_OF_TASKS = re.compile(r"任务|事项|工作内容|目标|时限|期限|进展|要求|举措|措施|项目")
"""In the header of a table that names who does something."""
_YES = frozenset({"是", "√", "✓", "●", "联络员", "1"})
_NO_ROLE = "看不出在督办中的角色"


class ContactList(Frozen):
    """What the sheet holds: entries by row, faults, and what was taken for granted, a line each."""

    units: tuple[tuple[int, Unit], ...]
    people: tuple[tuple[int, Person], ...]
    faults: tuple[CellFault, ...]
    assumed: tuple[str, ...]


def read_contacts(path: Path, known: Iterable[Unit], people: Iterable[Person]) -> ContactList | None:
    """Read every sheet that looks like a 通讯录; None when none does. `known` and `people` are in the directory.

    Raises:
        Refusal: `not_found` or `malformed`, when the file as a whole cannot be read.
    """
    with reading_budget(path.name, "通讯录"):
        headed = [(sheet, header) for sheet in raw_sheets(path) if (header := _header(sheet)) is not None]
        if not headed:
            return None
        reading = _Reading(UnitIndex(known), tuple(people))
        for sheet, header in headed:
            reading.take(path.name, sheet, header)
        return reading.result()


def is_contact_list(path: Path) -> bool:
    """Whether a file lists people and nothing to be done: units, names, how to reach them, and no column of tasks.

    Raises:
        Refusal: `malformed`, when the file as a whole cannot be read.
    """
    with reading_budget(path.name, "通讯录"):
        return any(_lists_people(sheet) for sheet in raw_sheets(path))


def _lists_people(sheet: RawSheet) -> bool:
    header = _header(sheet)
    if header is None:
        return False
    at, columns = header
    heads = "".join(as_text(value) for value in sheet.rows[at][1].values())
    return not {POST, MOBILE, CALL, EMAIL}.isdisjoint(columns.values()) and not _OF_TASKS.search(heads)


def _header(sheet: RawSheet) -> tuple[int, dict[int, str]] | None:
    """Where the header stands among the rows, and which column means what; None when this is no 通讯录."""
    for at, (_, cells) in enumerate(sheet.rows[:HEADER_WITHIN]):
        columns: dict[int, str] = {}
        for column, value in sorted(cells.items()):
            meant = _MEANT.get("".join(as_text(value).split()))
            if meant is not None and meant not in columns.values():
                columns[column] = meant
        if {UNIT, NAME} <= set(columns.values()):
            return at, columns
    return None


@dataclass
class _Reading:
    index: UnitIndex
    people: tuple[Person, ...]
    units: dict[str, tuple[int, Unit]] = field(default_factory=dict)
    persons: list[tuple[int, Person]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    guessed: dict[Role, list[str]] = field(default_factory=dict)

    def take(self, file: str, sheet: RawSheet, header: tuple[int, dict[int, str]]) -> None:
        """Read one sheet below its header."""
        at, columns = header
        letters = {name: get_column_letter(column) for column, name in columns.items()}
        place = f"{file}〔{sheet.name}〕"
        for number, cells in sheet.rows[:at]:
            title = " ".join(as_text(value) for _, value in sorted(cells.items()))
            self.assumed.append(f"{place}第{number}行“{title[:30]}”在表头以上，当作标题")
        above = ""
        for number, cells in sheet.rows[at + 1 :]:
            row = fill_row(Row(file, sheet.name, number, letters), _meant(cells, columns), columns)
            if not row.cells and not row.faults:
                continue  # a remark beside the list
            self.rows.append(row)
            _mark_merged(row, sheet.merged, columns)
            above = self._unit_name(row, above, sheet.merged, columns)
            self._person(row, above, marked=LIAISON in columns.values())

    def _unit_name(self, row: Row, above: str, merged: Sequence[str], columns: dict[int, str]) -> str:
        """The unit of a row: its own cell, the merged one it lies in, or that of the row above."""
        own = row.text(UNIT)
        if own or row.faults:
            return own or above
        column = next(column for column, name in columns.items() if name == UNIT)
        if not above:
            row.fault(UNIT, "单位不能为空")
        elif not any(_inside(reference, row.number, column) for reference in merged):
            self.assumed.append(f"第{row.number}行单位空白，按上一行的“{above}”登记")
        return above

    def _person(self, row: Row, called: str, *, marked: bool) -> None:
        name = row.required(NAME)
        if not name or not called or row.faults:
            return
        unit = self._unit(row, called)
        if unit is None:
            return
        same = [p for p in self.people if p.unit == unit.id and p.name == name]
        twice = any(p.unit == unit.id and p.name == name for _, p in self.persons)
        if twice or len(same) > 1:
            row.fault(NAME, f"{unit.name}有不止一位“{name}”，请改用“人员”表，以编号区分")
            return
        known = same[0] if same else None
        role = self._role(row, unit, known, marked=marked)
        if role is None or row.faults:
            return
        person = Person(
            id=known.id if known else self._id(name, unit),
            name=name,
            unit=unit.id,
            role=role,
            phone=self._phone(row, name) or (known.phone if known else None),
            email=row.text(EMAIL) or (known.email if known else None),
            secretary=known.secretary if known else None,
            title=row.text(POST) or (known.title if known else None),
        )
        self.persons.append((row.number, person))

    # --- units

    def _unit(self, row: Row, called: str) -> Unit | None:
        """The unit of the directory so called, one met above, or a new one whose kind its name tells."""
        units = self.index.find(called)
        if len(units) > 1:
            row.fault(UNIT, f"“{called}”可指{'、'.join(u.name for u in units)}，请写全称")
            return None
        if units:
            return units[0]
        if normal(called) in self.units:
            return self.units[normal(called)][1]
        kind = _kind(called)
        if kind is None or len(split_names(called)) > 1:
            row.fault(UNIT, f"通讯录里没有“{called[:30]}”，由名称也看不出层级；请先用“单位”表登记")
            return None
        level, supervision = kind
        unit = Unit(id="".join(called.split()), name=called, level=level, supervision=supervision)
        self.units[normal(called)] = (row.number, unit)
        self.assumed.append(
            f"新单位“{called}”：编号同名称，按名称定为层级{level.label}、督办对象{supervision.label}；不对的请用“单位”表更正"
        )
        return unit

    # --- people

    def _role(self, row: Row, unit: Unit, known: Person | None, *, marked: bool) -> Role | None:
        """As the sheet says, as the directory has it, or by the post; None when the person has no part in it."""
        written = row.text(ROLE)
        if written:
            term = Role.from_label(written)
            if term is None or term is Role.SYSTEM:
                labels = "、".join(role.label for role in Role if role is not Role.SYSTEM)
                row.fault(ROLE, f"没有角色“{written[:20]}”，可填：{labels}")
            return term
        if known is not None:
            return known.role
        if any(p.unit == unit.id and p.role is Role.OFFICE for p in self.people):
            row.fault(NAME, f"{unit.name}人员的角色（督办员、领导、审计员）不能由职务推定，请加“{ROLE}”一栏")
            return None
        return self._by_post(row, marked=marked)

    def _by_post(self, row: Row, *, marked: bool) -> Role | None:
        name, post = row.text(NAME), row.text(POST)
        who = f"{name}（{post}）" if post else name
        if marked and row.text(LIAISON) in _YES:
            return Role.LIAISON
        if _HEADS.search(post) and not _MINOR.search(post):
            self.guessed.setdefault(Role.HEAD, []).append(who)
            return Role.HEAD
        if marked:
            self.assumed.append(f"第{row.number}行{who}不是联络员，也不是单位负责人，{_NO_ROLE}，未登记")
            return None
        self.guessed.setdefault(Role.LIAISON, []).append(who)
        return Role.LIAISON

    def _id(self, name: str, unit: Unit) -> str:
        """The name, with the unit where somebody has that already; nobody's id changes when the list comes again."""
        taken = {p.id for p in (*self.people, *(p for _, p in self.persons))}
        plain = "".join(name.split())
        return plain if plain not in taken and plain != Role.SYSTEM.value else f"{plain}-{unit.id}"

    def _phone(self, row: Row, name: str) -> str | None:
        mobile, call = row.text(MOBILE), row.text(CALL)
        if mobile:
            return mobile
        plain = re.sub(r"[\s-]", "", call)
        if call and not _MOBILE.fullmatch(plain):
            self.assumed.append(f"第{row.number}行{name}没有手机，只有电话 {call[:20]}，收不到短信，未登记")
            return None
        return plain or None

    # --- the end

    def result(self) -> ContactList:
        """Everything read, with what was taken for granted."""
        for role, names in self.guessed.items():
            shown = "、".join(names[:10]) + (f"等{len(names)}人" if len(names) > 10 else "")  # noqa: PLR2004
            self.assumed.append(f"没有写明角色，按职务登记为{role.label}：{shown}；不对的请加“{ROLE}”一栏")
        liaisons = Counter(p.unit for p in (*self.people, *(p for _, p in self.persons)) if p.role is Role.LIAISON)
        new = {unit.id: unit.name for _, unit in self.units.values()}
        for unit in dict.fromkeys(p.unit for _, p in self.persons):
            if not liaisons[unit]:
                name = new.get(unit) or self.index.find(unit)[0].name
                self.assumed.append(f"{name}没有联络员，通知由负责人收；请在“{LIAISON}”一栏注明")
        faults = tuple(fault for row in self.rows for fault in row.faults)
        return ContactList(
            units=tuple(self.units.values()), people=tuple(self.persons), faults=faults, assumed=tuple(self.assumed)
        )


def _meant(cells: Cells, columns: dict[int, str]) -> Cells:
    """The cells of the columns that mean something here; 序号, 备注 and the like are the sheet's own."""
    return {column: value for column, value in cells.items() if column in columns}


def _mark_merged(row: Row, merged: Sequence[str], columns: dict[int, str]) -> None:
    """A merged unit holds for its rows; a name or a telephone for several rows is nobody's."""
    for column, name in columns.items():
        for reference in merged:
            if _inside(reference, row.number, column) and (name != UNIT or not _upright(reference)):
                row.fault(name, f"在合并单元格 {reference} 内，请取消合并后逐行填写")


def _inside(reference: str, row: int, column: int) -> bool:
    first_row, first_column, last_row, last_column = corners(reference)
    return first_row <= row <= last_row and first_column <= column <= last_column


def _upright(reference: str) -> bool:
    _, first_column, _, last_column = corners(reference)
    return first_column == last_column


def _kind(name: str) -> tuple[UnitLevel, Supervision] | None:
    """What a name tells of a unit: 区 units are supervised, 市 units asked by 函; of companies it tells nothing."""
    if re.search(r"公司|集团", name):
        return None
    if re.search(r"^(区|.{2}区)|街道", name):
        return UnitLevel.DISTRICT, Supervision.OBJECT
    if re.search(r"^(市|.{2}市)", name):
        return UnitLevel.CITY, Supervision.BY_LETTER
    return None
