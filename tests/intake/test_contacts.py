"""A 通讯录 as offices keep it: what it does not say is derived and said, what it cannot say is named by its cell."""

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from domain.base import Refusal
from domain.office import Person, Unit
from domain.terms import Role, Supervision, UnitLevel
from intake.directory import DirectorySheets, read_directory

MakeBook = Callable[..., Path]
HEADER = ("序号", "单位", "姓名", "职务", "办公电话", "手机")
KNOWN = (
    Unit(id="office", name="指挥部办公室", level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT),
    Unit(
        id="u-shuiwu",
        name="区水务局",
        level=UnitLevel.DISTRICT,
        supervision=Supervision.OBJECT,
        aliases=("水务局",),
    ),
)
OFFICE = Person(id="office", name="林若谷", unit="office", role=Role.OFFICE)


def read(path: Path, *people: Person) -> DirectorySheets:
    return read_directory(path, KNOWN, (OFFICE, *people))


def merged(path: Path, *references: str) -> Path:
    book = load_workbook(path)
    for reference in references:
        book.worksheets[0].merge_cells(reference)
    book.save(path)
    return path


def test_merged_units_a_title_and_posts_become_units_and_people(workbook: MakeBook) -> None:
    rows = [
        ("某指挥部通讯录（2026年6月）",),
        HEADER,
        (1, "区住建局", "甲某", "副局长", "8123 4567", 13800000001),
        (2, None, "乙某", "科员", None, "13800000002"),
        (3, "水务局", "丙某", "办公室主任", "138-0000-0003", None),
    ]
    found = read(merged(workbook({"通讯录": rows}), "A1:F1", "B3:B4"))
    assert found.faults == ()
    assert [r.unit for r in found.units] == [
        Unit(id="区住建局", name="区住建局", level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT)
    ]
    assert [(r.row, r.person) for r in found.people] == [
        (3, Person(id="甲某", name="甲某", unit="区住建局", role=Role.HEAD, phone="13800000001", title="副局长")),
        (4, Person(id="乙某", name="乙某", unit="区住建局", role=Role.LIAISON, phone="13800000002", title="科员")),
        (
            5,
            Person(id="丙某", name="丙某", unit="u-shuiwu", role=Role.LIAISON, phone="13800000003", title="办公室主任"),
        ),
    ]
    told = "\n".join(found.assumed)
    assert "第1行“某指挥部通讯录（2026年6月）”" in told
    assert "新单位“区住建局”" in told
    assert "按职务登记为单位负责人：甲某（副局长）" in told
    assert "按职务登记为联络员：乙某（科员）、丙某（办公室主任）" in told


def test_who_is_known_keeps_id_and_role_and_nothing_changes_when_the_list_comes_again(workbook: MakeBook) -> None:
    known = Person(id="w2", name="丙某", unit="u-shuiwu", role=Role.LIAISON, phone="13800000009", email="c@d.cn")
    rows = [
        ("单位", "姓名", "职务", "手机"),
        ("区水务局", "丙某", "局长", "13800000003"),
        ("区水务局", "丁某", "科员", None),
    ]
    found = read(workbook({"Sheet1": rows}), known)
    people = [r.person for r in found.people]
    assert people[0] == known.model_copy(update={"phone": "13800000003", "title": "局长"})
    again = read(workbook({"Sheet1": rows}), *people)
    assert [r.person for r in again.people] == people
    assert again.units == ()


def test_a_column_for_the_liaison_or_the_role_is_believed(workbook: MakeBook) -> None:
    rows = [
        ("单位", "姓名", "职务", "联络员", "角色"),
        ("区水务局", "甲某", "局长", None, None),
        ("区水务局", "乙某", "副局长", "√", None),
        ("区水务局", "丙某", "科员", None, None),
        ("指挥部办公室", "丁某", "主任科员", None, "督办员"),
    ]
    found = read(workbook({"Sheet1": rows}))
    roles = {r.person.name: r.person.role for r in found.people}
    assert roles == {"甲某": Role.HEAD, "乙某": Role.LIAISON, "丁某": Role.OFFICE}
    assert any("第4行丙某（科员）" in line and "未登记" in line for line in found.assumed)


def test_a_unit_without_liaison_and_a_telephone_that_takes_no_message_are_said(workbook: MakeBook) -> None:
    rows = [("单位", "姓名", "职务", "联系电话"), ("区水务局", "甲某", "局长", "0755-8123456")]
    found = read(workbook({"Sheet1": rows}))
    assert found.people[0].person.phone is None
    told = "\n".join(found.assumed)
    assert "第2行甲某没有手机" in told
    assert "区水务局没有联络员" in told


def test_a_unit_left_blank_is_that_of_the_row_above_and_said(tmp_path: Path) -> None:
    path = tmp_path / "通讯录.csv"
    path.write_text("单位,姓名,职务\n区水务局,甲某,局长\n,乙某,科员\n", encoding="utf-8")
    found = read(path)
    assert [r.person.unit for r in found.people] == ["u-shuiwu", "u-shuiwu"]
    assert any("第3行单位空白" in line for line in found.assumed)


def test_two_of_one_name_get_ids_that_tell_them_apart(workbook: MakeBook) -> None:
    rows = [("单位", "姓名"), ("区水务局", "甲某"), ("区住建局", "甲某")]
    assert [r.person.id for r in read(workbook({"Sheet1": rows})).people] == ["甲某", "甲某-区住建局"]


@pytest.mark.parametrize(
    ("rows", "row", "column", "words"),
    [
        ([(None, "甲某", "局长")], 2, "单位", "不能为空"),
        ([("区水务局", None, "局长")], 2, "姓名", "不能为空"),
        ([("某某有限公司", "甲某", "经理")], 2, "单位", "看不出层级"),
        ([("区水务局", "甲某", "局长"), ("区水务局", "甲某", "科员")], 3, "姓名", "不止一位"),
        ([("指挥部办公室", "甲某", "主任")], 2, "姓名", "不能由职务推定"),
        ([("区水务局", "=A1", "局长")], 2, "姓名", "公式"),
    ],
)
def test_what_cannot_be_read_is_named_by_sheet_row_and_column(
    workbook: MakeBook, rows: list[tuple[str | None, ...]], row: int, column: str, words: str
) -> None:
    found = read(workbook({"通讯录": [("单位", "姓名", "职务"), *rows]}))
    (fault,) = found.faults
    assert (fault.sheet, fault.row, fault.column) == ("通讯录", row, column)
    assert words in fault.message


def test_a_name_or_a_telephone_for_several_rows_is_nobodys(workbook: MakeBook) -> None:
    rows = [("单位", "姓名", "手机"), ("区水务局", "甲某", "13800000001"), ("区水务局", "乙某", None)]
    faults = read(merged(workbook({"Sheet1": rows}), "C2:C3")).faults
    assert [(f.row, f.column) for f in faults] == [(2, "手机"), (3, "手机")]


def test_what_is_no_list_of_people_is_refused_with_what_is_wanted(workbook: MakeBook) -> None:
    with pytest.raises(Refusal, match="或一张通讯录，列为单位、姓名、职务、手机"):
        read(workbook({"Sheet1": [("项目", "金额"), ("甲", 1)]}))
