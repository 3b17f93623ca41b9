"""The directory sheets: units and people, and finding a unit by the name somebody wrote."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain.base import Refusal
from domain.office import Person, Unit
from domain.terms import Role, Supervision, UnitLevel
from intake.directory import UnitIndex, read_directory

MakeBook = Callable[..., Path]
UNIT_COLUMNS = ("编号", "名称", "层级", "上级", "别名", "督办对象")
PEOPLE_COLUMNS = ("编号", "姓名", "单位", "角色", "手机", "邮箱")
OFFICE = ("office", "指挥部办公室", "区", None, "指挥部办、香指办", "是")
RENEWAL = ("u-gengxin", "区城市更新和土地整备局", "区", "office", "区更新局", "是")
WATER = ("u-shuiwu", "市水务局", "市", None, None, "商请")


def unit(unit_id: str, name: str, *aliases: str) -> Unit:
    return Unit(id=unit_id, name=name, level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT, aliases=aliases)


def test_units_and_people_are_read(workbook: MakeBook) -> None:
    people = [("office", "林若谷", "香指办", "office", 13800000000, None), ("p-1", "周行", "区更新局", "联络员")]
    found = read_directory(
        workbook({"单位": [UNIT_COLUMNS, OFFICE, RENEWAL, WATER], "人员": [PEOPLE_COLUMNS, *people]})
    )
    assert found.faults == ()
    assert [row.row for row in found.units] == [2, 3, 4]
    assert found.units[1].unit == Unit(
        id="u-gengxin",
        name="区城市更新和土地整备局",
        level=UnitLevel.DISTRICT,
        supervision=Supervision.OBJECT,
        parent="office",
        aliases=("区更新局",),
    )
    assert found.units[2].unit.supervision is Supervision.BY_LETTER
    assert [row.person for row in found.people] == [
        Person(id="office", name="林若谷", unit="office", role=Role.OFFICE, phone="13800000000"),
        Person(id="p-1", name="周行", unit="u-gengxin", role=Role.LIAISON),
    ]


def test_a_parent_may_stand_below_its_child_and_be_given_by_name(workbook: MakeBook) -> None:
    child = ("u-a", "建设科", "区", "指挥部办公室", None, "否")
    found = read_directory(workbook({"单位": [UNIT_COLUMNS, child, OFFICE]}))
    assert found.units[0].unit.parent == "office"


def test_people_alone_refer_to_units_already_known(tmp_path: Path) -> None:
    path = tmp_path / "人员.csv"
    path.write_text("编号,姓名,单位,角色\np-1,周行,区更新局,liaison\n", encoding="utf-8")
    known = [unit("u-gengxin", "区城市更新和土地整备局", "区更新局")]
    assert read_directory(path, known).people[0].person.unit == "u-gengxin"
    (fault,) = read_directory(path).faults
    assert "没有单位“区更新局”" in fault.message


def test_a_file_with_neither_sheet_is_refused(workbook: MakeBook) -> None:
    with pytest.raises(Refusal, match="没有“单位”，也没有“人员”"):
        read_directory(workbook({"Sheet1": [UNIT_COLUMNS]}))


@pytest.mark.parametrize(
    ("rows", "row", "column", "words"),
    [
        ([OFFICE, ("office", "另一个", "区", None, None, "是")], 3, "编号", "编号 office 与第2行重复"),
        ([OFFICE, ("u-x", "某局", "区", "区某委", None, "是")], 3, "上级", "没有单位“区某委”"),
        ([("u-x", "某局", "区", "u-x", None, "是")], 2, "上级", "上级关系成环：u-x → u-x"),
        ([("u-x", "某局", "省", None, None, "是")], 2, "层级", "可填：市、区、国企、社会机构"),
        ([("u-x", "某局", "区", None, None, "也许")], 2, "督办对象", "可填：是、否、商请"),
        ([("u-x", "某局", "区", None, None, None)], 2, "督办对象", "不能为空"),
        ([("u x", "某局", "区", None, None, "是")], 2, "编号", "不合用"),
        ([("u-x", None, "区", None, None, "是")], 2, "名称", "不能为空"),
    ],
)
def test_a_fault_of_a_unit_names_its_cell(
    workbook: MakeBook, rows: list[tuple[object, ...]], row: int, column: str, words: str
) -> None:
    found = read_directory(workbook({"单位": [UNIT_COLUMNS, *rows]}))
    (fault,) = found.faults
    assert (fault.row, fault.column) == (row, column)
    assert words in fault.message
    assert row not in [unit_row.row for unit_row in found.units]


def test_a_circle_of_parents_is_named_at_each_of_its_units(workbook: MakeBook) -> None:
    rows = [
        ("a", "甲局", "区", "b", None, "是"),
        ("b", "乙局", "区", "a", None, "是"),
        ("c", "丙局", "区", "a", None, "是"),
    ]
    found = read_directory(workbook({"单位": [UNIT_COLUMNS, *rows]}))
    assert [(fault.row, fault.message) for fault in found.faults] == [
        (2, "上级关系成环：a → b → a"),
        (3, "上级关系成环：b → a → b"),
    ]


def test_an_alias_of_two_units_is_a_fault_of_both(workbook: MakeBook) -> None:
    rows = [("a", "甲局", "区", None, "更新 局", "是"), ("b", "乙局", "区", None, "更新局", "是")]
    found = read_directory(workbook({"单位": [UNIT_COLUMNS, *rows]}))
    assert [(fault.row, fault.column) for fault in found.faults] == [(2, "别名"), (3, "别名")]
    assert "也是乙局（b）" in found.faults[0].message


def test_an_alias_of_a_unit_already_known_is_a_fault(workbook: MakeBook) -> None:
    path = workbook({"单位": [UNIT_COLUMNS, ("b", "乙局", "区", None, "甲局", "是")]})
    (fault,) = read_directory(path, [unit("a", "甲局")]).faults
    assert "也是甲局（a）" in fault.message


@pytest.mark.parametrize(
    ("person", "column", "words"),
    [
        (("p-1", "周行", "区某委", "liaison"), "单位", "没有单位“区某委”"),
        (("p-1", "周行", None, "liaison"), "单位", "不能为空"),
        (("p-1", "周行", "office", "科员"), "角色", "可填：office（督办员）、liaison（联络员）"),
        (("p-1", "周行", "office", "system"), "角色", "没有角色“system”"),
        (("system", "周行", "office", "office"), "编号", "归系统专用"),
        ((None, "周行", "office", "office"), "编号", "不能为空"),
        (("p-1", "周行", "甲", "office"), "单位", "请改填编号"),
    ],
)
def test_a_fault_of_a_person_names_its_cell(
    workbook: MakeBook, person: tuple[object, ...], column: str, words: str
) -> None:
    path = workbook({"单位": [UNIT_COLUMNS, OFFICE], "人员": [PEOPLE_COLUMNS, person]})
    found = read_directory(path, [unit("a", "甲局", "甲"), unit("b", "乙局", "甲")])
    (fault,) = found.faults
    assert (fault.sheet, fault.row, fault.column) == ("人员", 2, column)
    assert words in fault.message
    assert found.people == ()


def test_a_person_listed_twice_is_a_fault_of_the_second_row(workbook: MakeBook) -> None:
    rows = [("p-1", "周行", "office", "office"), ("p-1", "周航", "office", "office")]
    found = read_directory(workbook({"单位": [UNIT_COLUMNS, OFFICE], "人员": [PEOPLE_COLUMNS, *rows]}))
    assert [row.person.name for row in found.people] == ["周行"]
    assert "编号 p-1 与第2行重复" in found.faults[0].message


def test_a_unit_is_found_by_id_name_and_alias_whatever_the_width() -> None:
    index = UnitIndex([unit("u-gengxin", "区城市更新和土地整备局", "区更新局（整备局）")])
    for name in ("u-gengxin", "区城市更新和土地整备局", " 区更新局 (整备局)"):
        assert [found.id for found in index.find(name)] == ["u-gengxin"]


def test_an_unknown_name_finds_nothing_and_a_shared_one_all_candidates() -> None:
    index = UnitIndex([unit("a", "甲局", "专班"), unit("b", "乙局", "专班")])
    assert index.find("甲") == ()
    assert index.find("") == ()
    assert [found.id for found in index.find("专班")] == ["a", "b"]


def test_a_leaders_secretary_is_found_by_id_or_by_a_name_only_one_has(workbook: MakeBook) -> None:
    columns = (*PEOPLE_COLUMNS, "秘书")
    rows = [
        ("chen", "陈主任", "office", "leader", None, None, "p-1"),
        ("liang", "梁书记", "office", "leader", None, None, "周行"),
        ("p-1", "周行", "office", "office", None, None, None),
    ]
    found = read_directory(workbook({"单位": [UNIT_COLUMNS, OFFICE], "人员": [columns, *rows]}))
    assert found.faults == ()
    assert [row.person.secretary for row in found.people] == ["p-1", "p-1", None]


@pytest.mark.parametrize(
    ("who", "secretary", "words"),
    [
        (("chen", "陈主任", "office", "leader"), "无此人", "没有“无此人”"),
        (("chen", "陈主任", "office", "leader"), "周行", "有多位“周行”，请填人员编号"),
        (("chen", "陈主任", "office", "leader"), "chen", "不能是本人"),
        (("chen", "陈主任", "office", "office"), "p-1", "不是领导，不填秘书"),
    ],
)
def test_a_secretary_who_cannot_be_one_is_a_fault(
    workbook: MakeBook, who: tuple[str, ...], secretary: str, words: str
) -> None:
    rows = [
        (*who, None, None, secretary),
        ("p-1", "周行", "office", "office", None, None, None),
        ("p-2", "周行", "office", "office", None, None, None),
    ]
    path = workbook({"单位": [UNIT_COLUMNS, OFFICE], "人员": [(*PEOPLE_COLUMNS, "秘书"), *rows]})
    (fault,) = read_directory(path).faults
    assert (fault.row, fault.column) == (2, "秘书")
    assert words in fault.message
