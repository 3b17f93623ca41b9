"""The task list: what a row says, and what is wrong with it, cell by cell."""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from domain.periods import PeriodLength
from domain.queries.spoken import spoken_date
from domain.terms import MatterClass, Rhythm
from intake.task_list import (
    ANOTHER,
    BEGAN,
    INDICATORS,
    JOIN,
    LEADERS,
    LEDGER,
    OPTIONAL,
    REQUIRED,
    SECTION,
    TaskList,
    TaskPoint,
    read_task_list,
)

MakeBook = Callable[..., Path]
COLUMNS = (
    *("序号", "任务", "要点", "牵头单位", "配合单位", "责任人"),
    *("完成时限", "反馈周期", "类别", "来源", "依据", "批准人"),
)
GOOD = {
    "序号": 7,
    "任务": "完成国际交流中心一期地基与基础工程",
    "要点": "完成土石方；2022-03-31\n完成桩基础;2022年6月30日\n做好基坑监测",
    "牵头单位": "国交公司",
    "配合单位": "区住建局、区更新局",
    "责任人": "张三",
    "完成时限": date(2022, 6, 30),
    "反馈周期": "周",
    "类别": "重大",
    "来源": "2022年工作计划",
    "依据": "香指办〔2022〕1号",
    "批准人": "李四",
}


def cells(**changed: object) -> list[object]:
    row = GOOD | changed
    return [row[column] for column in COLUMNS]


@pytest.fixture
def listed(workbook: MakeBook) -> Callable[..., TaskList]:
    def read(*rows: list[object], columns: tuple[str, ...] = COLUMNS) -> TaskList:
        return read_task_list(workbook({"任务清单": [columns, *rows]}))

    return read


ReadRows = Callable[..., TaskList]


def test_the_columns_are_those_of_the_contract() -> None:
    assert {*COLUMNS, ANOTHER, JOIN, SECTION, LEADERS, BEGAN, LEDGER, INDICATORS} == {*REQUIRED, *OPTIONAL}


def test_a_row_keeps_its_chapter_and_its_leaders_in_order(listed: ReadRows) -> None:
    columns = (*COLUMNS, "章节", "责任领导")
    [row] = listed([*cells(), "一、规划建设", "王一、李二"], columns=columns).rows
    assert (row.section, row.leaders, row.notes) == ("一、规划建设", ("王一", "李二"), {})


def test_a_limit_may_be_said_as_people_say_it(workbook: MakeBook) -> None:
    file = workbook({"任务清单": [COLUMNS, cells(完成时限="6月30日", 要点="完成土石方；3月31日")]})
    day = date(2022, 3, 7)
    [row] = read_task_list(file, lambda text: spoken_date(text, day)).rows
    assert (row.due, row.points[0].due) == (date(2022, 6, 30), date(2022, 3, 31))
    nobody = workbook({"任务清单": [COLUMNS, cells(完成时限="尽快")]})
    [fault] = read_task_list(nobody, lambda text: spoken_date(text, day)).faults
    assert "不是明确的日期" in fault.message
    assert read_task_list(file).faults, "where nobody says which day it is, only a full date is one"


def test_a_matter_that_ran_elsewhere_says_since_when_and_where(listed: ReadRows) -> None:
    columns = (*COLUMNS, "原立项日期", "原台账")
    known, dated = listed(
        [*cells(), "2021年3月1日", "台账17号"], [*cells(序号=8), date(2021, 3, 1), None], columns=columns
    ).rows
    assert (known.began, known.ledger) == (date(2021, 3, 1), "台账17号")
    assert (dated.began, dated.ledger) == (date(2021, 3, 1), "原有台账")
    [fault] = listed([*cells(), "去年", None], columns=columns).faults
    assert fault.column == "原立项日期"


def test_a_row_is_read_whole(listed: ReadRows) -> None:
    (task,) = listed([*cells(), "需协调用地"], columns=(*COLUMNS, "备注")).rows
    assert (task.row, task.no, task.title) == (2, "7", "完成国际交流中心一期地基与基础工程")
    assert task.points == (
        TaskPoint(text="完成土石方", due=date(2022, 3, 31)),
        TaskPoint(text="完成桩基础", due=date(2022, 6, 30)),
        TaskPoint(text="做好基坑监测"),
    )
    assert (task.lead, task.assist, task.person) == ("国交公司", ("区住建局", "区更新局"), "张三")
    assert (task.due, task.rhythm, task.klass) == (date(2022, 6, 30), Rhythm.WEEKLY, MatterClass.MAJOR)
    assert (task.source, task.basis, task.approver) == ("2022年工作计划", "香指办〔2022〕1号", "李四")
    assert task.notes == {"备注": "需协调用地"}


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("长期", PeriodLength.QUARTER),
        ("每月", PeriodLength.MONTH),
        ("每季度", PeriodLength.QUARTER),
        ("每年", PeriodLength.YEAR),
    ],
)
def test_a_row_without_an_end_is_judged_by_periods(listed: ReadRows, words: str, period: PeriodLength) -> None:
    (task,) = listed(cells(完成时限=words)).rows
    assert (task.due, task.period) == (None, period)
    assert len(task.points) == 3


def test_the_digest_of_a_row_with_an_end_is_that_of_before_there_were_periods(listed: ReadRows) -> None:
    (task,) = listed(cells()).rows
    assert task.digest == "9de82792c8fe43aebbff781cedf7e8d09e11c6c85cbb01c7982ea2633773076d"


def test_a_row_may_leave_lead_and_more_open(listed: ReadRows) -> None:
    empty = dict.fromkeys(("要点", "牵头单位", "配合单位", "责任人", "反馈周期", "类别", "来源", "批准人"))
    (task,) = listed(cells(**empty)).rows
    assert (task.lead, task.assist, task.person, task.points) == (None, (), None, ())
    assert (task.rhythm, task.klass) == (Rhythm.WEEKLY, MatterClass.ORDINARY)


def test_csv_and_xlsx_of_the_same_list_give_the_same_keys(listed: ReadRows, tmp_path: Path) -> None:
    path = tmp_path / "清单.csv"
    points = str(GOOD["要点"]).replace("；", ";")
    body = ",".join(f'"{points if name == "要点" else GOOD[name]}"' for name in COLUMNS)
    path.write_text(",".join(COLUMNS) + "\n" + body + "\n", encoding="utf-8-sig")
    (from_csv,) = read_task_list(path).rows
    (from_xlsx,) = listed(cells()).rows
    assert from_csv == from_xlsx


def test_a_semicolon_before_words_is_part_of_the_point(listed: ReadRows) -> None:
    (task,) = listed(cells(要点="方案报审；同步征求意见")).rows
    assert task.points == (TaskPoint(text="方案报审；同步征求意见"),)


# The key


def test_a_changed_date_or_unit_keeps_the_key_and_changes_the_digest(listed: ReadRows) -> None:
    (first,) = listed(cells()).rows
    for change in ({"完成时限": "2022-07-29"}, {"牵头单位": None}, {"要点": None}, {"批准人": "王五"}):
        (again,) = listed(cells(**change)).rows
        assert again.key == first.key
        assert again.digest != first.digest


def test_what_identifies_the_matter_changes_the_key(listed: ReadRows) -> None:
    (first,) = listed(cells()).rows
    for change in ({"序号": 8}, {"任务": "另一件"}, {"来源": "会议"}, {"依据": "香指办〔2022〕2号"}):
        (other,) = listed(cells(**change)).rows
        assert other.key != first.key


def test_width_and_blanks_do_not_change_the_key(listed: ReadRows) -> None:
    (first,) = listed(cells()).rows
    (again,) = listed(cells(序号="７", 任务=" 完成国际交流中心 一期地基与基础工程\n")).rows
    assert again.key == first.key
    assert len(first.key) == 64


# Faults


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"序号": None}, "序号", "不能为空"),
        ({"任务": "  "}, "任务", "不能为空"),
        ({"依据": None}, "依据", "缺少立项依据"),
        ({"完成时限": None}, "完成时限", "缺少完成时限"),
        ({"完成时限": "6月底"}, "完成时限", "“6月底”不是明确的日期"),
        ({"完成时限": "2022-02-30"}, "完成时限", "这一天不存在"),
        ({"完成时限": "=TODAY()"}, "完成时限", "是公式"),
        ({"牵头单位": "国交公司、区住建局"}, "牵头单位", "只能有一个，现有2个"),
        ({"配合单位": "国交公司"}, "配合单位", "已是牵头单位"),
        ({"反馈周期": "双周"}, "反馈周期", "可填：日、周、月、季、一次"),
        ({"类别": "一般"}, "类别", "可填：重大、协调、常规"),
        ({"要点": "甲\n乙;2022-02-30"}, "要点", "第2条要点：“2022-02-30”这一天不存在"),
        ({"要点": ";2022-03-31"}, "要点", "只有日期，没有内容"),
        ({"要点": "收尾;2022-07-01"}, "要点", "晚于完成时限 2022-06-30"),
    ],
)
def test_a_fault_names_its_cell_and_the_row_is_left_out(
    listed: ReadRows, change: dict[str, object], column: str, words: str
) -> None:
    found = listed(cells(序号=1), cells(**change))
    assert [task.row for task in found.rows] == [2]
    (fault,) = found.faults
    assert (fault.file, fault.sheet, fault.row, fault.column) == ("来件.xlsx", "任务清单", 3, column)
    assert words in fault.message
    assert "\n" not in fault.line


def test_every_fault_of_a_row_is_named_at_once(listed: ReadRows) -> None:
    found = listed(cells(任务=None, 完成时限="尽快", 类别="急"))
    assert [fault.column for fault in found.faults] == ["任务", "完成时限", "类别"]


def test_a_number_used_twice_is_a_fault_of_the_second_row(listed: ReadRows) -> None:
    found = listed(cells(), cells(任务="另一件"))
    assert [task.row for task in found.rows] == [2]
    assert found.faults[0].line == "来件.xlsx〔任务清单〕第3行A列“序号”：序号 7 与第2行重复"


def test_five_thousand_matters_are_read_in_a_few_seconds(workbook: MakeBook) -> None:
    path = workbook({"任务清单": [COLUMNS, *(cells(序号=i) for i in range(5000))]})
    start = time.process_time()
    assert len(read_task_list(path).rows) == 5000
    assert time.process_time() - start < 6, "a busy machine counts more; rereading each cell would take a minute"


def test_text_too_long_for_the_log_is_a_fault(listed: ReadRows) -> None:
    (fault,) = listed(cells(任务="湖" * 22_000)).faults
    assert (fault.column, fault.message) == ("任务", "文字超过 64 KiB，请作为附件提交")
