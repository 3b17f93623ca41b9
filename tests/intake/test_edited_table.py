"""An edited copy of the table: what it asks for, and what in it cannot be taken."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from documents.table.rows import task_table
from documents.table.workbook import table_workbook
from domain import commands as c
from domain.base import Refusal
from domain.facts import NewPoint
from domain.matter import Matter
from domain.queries.spoken import spoken_date
from domain.rules.context import DecisionContext
from domain.terms import Duty
from eventlog import reading
from eventlog.database import Database
from eventlog.secrets import seal_text
from intake.directory import UnitIndex
from intake.edited.copy import EditedTable, is_edited_table, read_edited_table
from intake.edited.edits import Edits, KnownNames, edits_of, judged
from sheets.table import KEY_SHEET, SHEET, Column, SheetNames
from tests.support.history import act
from tests.support.homes import at, founded_home, home, log
from tests.support.office import HEAD, LIAISON, OFFICE, founded, matter, opening, sqlite

__all__ = ["founded_home", "home", "log"]

HALL, LAND = "matter/hall", "matter/land"
THEN = at("2022-03-10", "18:00")
NOW = at("2022-03-11")
FIRST, SECOND = 5, 6
"""The rows of HALL and LAND in the sheet."""
Edit = Callable[[Worksheet], object]


@pytest.fixture
def office(log: Database) -> Database:
    """Two matters on their way, one with points and a report."""
    points = (NewPoint(text="基坑支护", due=date(2022, 4, 15)), NewPoint(text="主体结构封顶"))
    hall = opening("推进国际交流中心一期主体施工", points=points, assist=[], person="li", source="（一）新地标")
    act(log, HALL, hall, OFFICE, at("2022-02-14"))
    act(log, LAND, opening("协调二期用地收储", source="（一）新地标"), OFFICE, at("2022-02-14"))
    for stream in (HALL, LAND):
        act(log, stream, c.AcceptReceipt(), HEAD, at("2022-02-14", "14:30"))
    said = c.SubmitFeedback(text="土方完成（一期）：六成。", progress=30, problem="雨天多", next_step="抢工")
    act(log, HALL, said, LIAISON, at("2022-03-10"))
    return log


@pytest.fixture
def copy(office: Database, tmp_path: Path) -> Path:
    """The table as it stood, as a file."""
    path = tmp_path / "一览表.xlsx"
    path.write_bytes(table_workbook(task_table(office, THEN, date(2022, 3, 3))))
    return path


def change(path: Path, edit: Callable[[Workbook], object]) -> Path:
    book = load_workbook(path)
    edit(book)
    book.save(path)
    return path


def at_cell(row: int, column: Column) -> tuple[int, int]:
    return row, list(Column).index(column) + 1


def put(path: Path, row: int, **values: Any) -> Path:
    """Write into cells of a row, by the names of columns."""

    def edit(book: Workbook) -> None:
        for name, value in values.items():
            book[SHEET].cell(*at_cell(row, Column[name.upper()])).value = value

    return change(path, edit)


def read(log: Database, path: Path) -> EditedTable:
    return read_edited_table(path, reading.log_identity(log), lambda text: spoken_date(text, date(2022, 3, 11)))


def found(log: Database, path: Path) -> Edits:
    units, people = reading.units(log), reading.people(log)
    names = SheetNames(units={u.id: u.name for u in units}, people={p.id: p.name for p in people})
    matters = {s.state.number: s.state for s in reading.matter_states(log) if isinstance(s.state, Matter)}
    return edits_of(read(log, path), matters, KnownNames(units=UnitIndex(units), people=people, names=names))


def commands(log: Database, path: Path) -> list[c.MatterCommand]:
    edits = found(log, path)
    assert (edits.faults, edits.conflicts) == ([], [])
    return [edit.command for edit in edits.wanted]


def only_fault(log: Database, path: Path) -> str:
    [fault] = found(log, path).faults
    return fault.line


# --- what an edit means


def test_a_day_may_be_said_as_people_say_it(office: Database, copy: Path) -> None:
    put(copy, FIRST, due="7月29日", dates="1. 4月29日", reason="受疫情影响")
    assert commands(office, copy) == [
        c.ChangePoint(no=1, due=date(2022, 4, 29)),
        c.RequestExtension(to=date(2022, 7, 29), reason="受疫情影响"),
    ]


def test_what_is_no_day_is_named_in_its_cell(office: Database, copy: Path) -> None:
    assert "“尽快”不是明确的日期" in only_fault(office, put(copy, FIRST, dates="1. 尽快"))


def test_a_copy_nobody_edited_asks_for_nothing(office: Database, copy: Path) -> None:
    assert is_edited_table(copy)
    change(copy, lambda _: None)  # what a spreadsheet program does when it saves
    edits = found(office, copy)
    assert (edits.wanted, edits.faults, edits.conflicts, edits.moved) == ([], [], [], [])
    assert [row.number for row in edits.unchanged] == ["XMH-2022-001", "XMH-2022-002"]


def test_progress_problem_and_next_step_are_one_report(office: Database, copy: Path) -> None:
    put(copy, FIRST, progress="60%（3月10日反馈）\n土方完成（一期）：全部。", next="转入结构施工")
    assert commands(office, copy) == [
        c.SubmitFeedback(text="土方完成（一期）：全部。", progress=60, problem="雨天多", next_step="转入结构施工")
    ]


def test_points_are_changed_added_and_dropped_by_their_numbers(office: Database, copy: Path) -> None:
    put(
        copy, FIRST, points="1. 基坑支护及降水\n3. 样板验收", dates="1. 2022-04-22\n3. 2022年5月31日", reason="设计调整"
    )
    assert commands(office, copy) == [
        c.ChangePoint(no=1, text="基坑支护及降水"),
        c.AddPoint(point=NewPoint(text="样板验收", due=date(2022, 5, 31))),
        c.DropPoint(no=2, reason="设计调整"),
        c.ChangePoint(no=1, due=date(2022, 4, 22)),
    ]


def test_a_point_without_a_number_is_a_new_one_and_known_words_are_the_old_one(office: Database, copy: Path) -> None:
    put(copy, FIRST, points="基坑支护\n2、主体结构封顶\n样板验收")
    assert commands(office, copy) == [c.AddPoint(point=NewPoint(text="样板验收"))]


def test_title_person_limit_and_lead_each_have_their_command(office: Database, copy: Path) -> None:
    lead = opening().lead
    assert lead is not None
    put(copy, FIRST, title="推进国际交流中心一期施工", person="孙四", due="2022年7月29日", reason="第五次工作会议")
    put(copy, SECOND, lead="区住房和建设局", assist="区城市更新和土地整备局", reason="职责调整")
    wanted = commands(office, copy)
    assert wanted[:3] == [
        c.CorrectEvent(version=1, text="第五次工作会议", fields={"title": "推进国际交流中心一期施工"}),
        c.ReassignDuty(duty=Duty.PERSON, from_person="li", to_person="head", reason="第五次工作会议"),
        c.RequestExtension(to=date(2022, 7, 29), reason="第五次工作会议"),
    ]
    [assigned] = wanted[3:]
    assert isinstance(assigned, c.AssignMatter)
    assert (assigned.lead.id, [u.id for u in assigned.assist or ()], assigned.reason) == (
        "zhujian", ["gengxin"], "职责调整"
    )  # fmt: skip


def test_other_words_for_the_same_are_no_edit(office: Database, copy: Path) -> None:
    put(copy, FIRST, due="2022.6.30", lead="gengxin", person="li", title="推进国际交流中心一期主体施工 ")
    assert commands(office, copy) == []


@pytest.mark.parametrize("value", ["2022-07-29", date(2022, 7, 29), "2022年7月29日", 44771, "20220729"])
def test_a_limit_may_be_a_date_a_day_number_or_text(office: Database, copy: Path, value: object) -> None:
    put(copy, FIRST, due=value, reason="会议议定")
    assert commands(office, copy) == [c.RequestExtension(to=date(2022, 7, 29), reason="会议议定")]


def test_an_id_follows_from_log_matter_position_column_and_value(office: Database, copy: Path) -> None:
    put(copy, FIRST, progress="60%\n甲")
    first = [e.command_id for e in found(office, copy).wanted]
    assert [e.command_id for e in found(office, copy).wanted] == first
    put(copy, FIRST, progress="60%\n乙")
    assert [e.command_id for e in found(office, copy).wanted] != first
    act(office, LAND, c.SubmitFeedback(text="已测绘"), LIAISON, NOW)
    copy.write_bytes(table_workbook(task_table(office, NOW, date(2022, 3, 3))))
    put(copy, FIRST, progress="60%\n甲")
    assert [e.command_id for e in found(office, copy).wanted] != first


def test_a_row_without_a_number_is_a_matter_to_open_under_its_heading(office: Database, copy: Path) -> None:
    put(
        copy,
        7,
        title="编制地下空间规划",
        points="1. 完成初稿",
        dates="1. 2022-05-31",
        lead="区住房和建设局",
        due=date(2022, 9, 30),
        reason="《第六次工作会议纪要》香指纪〔2022〕2号",
    )
    [new] = read(office, copy).new
    assert (new.title, new.source, new.basis, new.lead) == (
        "编制地下空间规划", "（一）新地标", "《第六次工作会议纪要》香指纪〔2022〕2号", "区住房和建设局"
    )  # fmt: skip
    assert [(p.text, p.due) for p in new.points] == [("完成初稿", date(2022, 5, 31))]


def test_rows_may_be_sorted_and_deleted(office: Database, copy: Path) -> None:
    def swap(book: Workbook) -> None:
        page = book[SHEET]
        values = [[cell.value for cell in page[n]] for n in (FIRST, SECOND)]
        for n, row in zip((SECOND, FIRST), values, strict=True):
            for column, value in enumerate(row, 1):
                page.cell(n, column).value = value

    put(change(copy, swap), SECOND, progress="50%\n甲")
    [edit] = found(office, copy).wanted
    assert (edit.matter.number, edit.row.row) == ("XMH-2022-001", SECOND)
    change(copy, lambda book: book[SHEET].delete_rows(FIRST))
    assert read(office, copy).missing == ("XMH-2022-002",)


# --- what moved meanwhile


def test_a_cell_changed_on_both_sides_is_a_conflict_and_no_command(office: Database, copy: Path) -> None:
    act(office, HALL, c.SubmitFeedback(text="土方全部完成", progress=50), LIAISON, NOW)
    put(copy, FIRST, progress="60%\n土方完成八成")
    edits = found(office, copy)
    assert edits.wanted == []
    [conflict] = edits.conflicts
    assert (conflict.column, conflict.in_copy, conflict.in_log) == (
        Column.PROGRESS, "60%\n土方完成八成", "50%（3月11日反馈）\n土方全部完成"
    )  # fmt: skip


def test_points_and_limits_changed_on_both_sides_are_conflicts_too(office: Database, copy: Path) -> None:
    act(office, HALL, c.ChangePoint(no=1, text="基坑支护及监测"), OFFICE, NOW)
    act(office, HALL, c.RequestExtension(to=date(2022, 7, 15), reason="雨天"), LIAISON, NOW)
    act(office, HALL, c.AnswerExtension(grant=True), OFFICE, NOW)
    put(copy, FIRST, points="1. 基坑支护及降水\n2. 主体结构封顶", due="2022-07-29", reason="设计调整")
    edits = found(office, copy)
    assert (edits.wanted, [x.column for x in edits.conflicts]) == ([], [Column.POINTS, Column.DUE])


def test_a_report_is_a_conflict_when_another_part_of_it_has_moved(office: Database, copy: Path) -> None:
    act(office, HALL, c.SubmitFeedback(text="土方全部完成", progress=50, next_step="抢工"), LIAISON, NOW)
    put(copy, FIRST, next="转入结构施工")
    edits = found(office, copy)
    assert (edits.wanted, [x.column for x in edits.conflicts]) == ([], [Column.NEXT])


def test_what_only_the_log_moved_is_told_and_other_edits_go_on(office: Database, copy: Path) -> None:
    act(office, HALL, c.SubmitFeedback(text="土方全部完成", progress=50), LIAISON, NOW)
    put(copy, FIRST, points="1. 基坑支护\n2. 主体结构封顶\n3. 样板验收")
    edits = found(office, copy)
    assert [edit.command for edit in edits.wanted] == [c.AddPoint(point=NewPoint(text="样板验收"))]
    assert edits.moved == [("XMH-2022-001", (Column.PROGRESS, Column.PROBLEM, Column.NEXT))]


def test_what_the_log_says_already_is_no_conflict(office: Database, copy: Path) -> None:
    put(copy, FIRST, points="1. 基坑支护\n2. 主体结构封顶\n样板验收", progress="60%\n甲", problem=None, next=None)
    for command in commands(office, copy):
        act(office, HALL, command, OFFICE, NOW)
    edits = found(office, copy)
    assert (edits.wanted, edits.conflicts) == ([], [])


# --- what cannot be taken


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"light": None}, "J列“灯”：XMH-2022-001 灯由时限和反馈算出，不能填写，请改回"),
        ({"assist": "区住房和建设局"}, "E列“配合”：XMH-2022-001 配合单位只能随改派牵头一并调整，或由会议议定；请改回"),
        ({"title": "另一个名称"}, "B列“任务”：XMH-2022-001 更正任务名称须在“理由或依据”一列写明理由"),
        ({"title": None}, "B列“任务”：XMH-2022-001 任务不能空；要撤销立项请用 xmh task cancel"),
        ({"lead": None}, "D列“牵头”：XMH-2022-001 牵头单位不能清空"),
        ({"lead": "区某局", "reason": "甲"}, "D列“牵头”：XMH-2022-001 通讯录里没有唯一的“区某局”"),
        ({"person": None}, "F列“责任人”：XMH-2022-001 责任人只能换人，不能清空"),
        ({"person": "王无"}, "F列“责任人”：XMH-2022-001 通讯录里没有“王无”，请写人员编号"),
        ({"due": "尽快"}, "G列“时限”：“尽快”不是明确的日期，请写成 2022-06-30 的样子"),
        ({"due": None}, "G列“时限”：时限不能空，请写成 2022-06-30 的样子"),
        ({"due": "=TODAY()"}, "G列“时限”：是公式 =TODAY()，请改填结果（复制后“粘贴为数值”）"),
        ({"dates": None}, "H列“节点”：XMH-2022-001 要点1的节点不能清空，只能改为另一天"),
        ({"dates": "9. 2022-04-15"}, "H列“节点”：XMH-2022-001 节点“2022-04-15”没有对应的要点"),
        ({"dates": "1. 下周"}, "H列“节点”：XMH-2022-001 “下周”不是明确的日期"),
        ({"progress": 0.6}, "I列“进展”：是数字，看不出是百分之几"),
        ({"progress": "60%"}, "I列“进展”：XMH-2022-001 须写明办理情况"),
        ({"progress": "160%\n甲"}, "I列“进展”：XMH-2022-001 进度160%应在 0 到 100 之间"),
        ({"number": "XMH-2022-099"}, "M列“编号”：编号 XMH-2022-099 不是这份一览表导出时的编号"),
        ({"number": "XMH-2022-002"}, "编号 XMH-2022-002 与第5行重复；新增的行请把编号留空"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_one_line_with_its_place(
    office: Database, copy: Path, values: dict[str, Any], words: str
) -> None:
    line = only_fault(office, put(copy, FIRST, **values))
    assert line.startswith(f"一览表.xlsx〔{SHEET}〕第")
    assert words in line


def test_a_new_row_says_its_basis_and_no_progress(office: Database, copy: Path) -> None:
    put(copy, 7, title="编制规划", due=date(2022, 9, 30), progress="10%")
    assert [f.column for f in found(office, copy).faults] == ["理由或依据", "进展"]


def test_a_secret_report_is_not_said_again_from_the_table(office: Database, copy: Path) -> None:
    act(office, HALL, c.SubmitFeedback(text=seal_text(office, HALL, "内部情况"), progress=40), LIAISON, NOW)
    copy.write_bytes(table_workbook(task_table(office, at("2022-03-11", "12:00"), date(2022, 3, 3))))
    put(copy, FIRST, next="转入结构施工")
    assert "属工作秘密" in only_fault(office, copy)


def test_a_copy_without_its_key_or_with_a_changed_one_is_refused(office: Database, copy: Path) -> None:
    change(copy, lambda book: book[KEY_SHEET].cell(4, 1, "XMH-2022-009"))
    with pytest.raises(Refusal, match="被改动过，无法核对"):
        read(office, copy)
    change(copy, lambda book: book.remove(book[KEY_SHEET]))
    assert is_edited_table(copy)
    with pytest.raises(Refusal, match=r"一览表\.xlsx 中隐藏的工作表“回传校验”已被删除"):
        read(office, copy)


def test_a_copy_of_another_log_is_refused(office: Database, copy: Path, tmp_path: Path) -> None:
    del office
    other = tmp_path / "other"
    other.mkdir()
    with (
        founded(sqlite(other), datetime(2021, 1, 5, tzinfo=UTC)) as another,
        pytest.raises(Refusal, match="出自另一个事件日志"),
    ):
        read(another, copy)


def test_a_merged_cell_and_a_lost_column_are_named(office: Database, copy: Path) -> None:
    change(copy, lambda book: book[SHEET].merge_cells("D5:D6"))
    assert [(f.row, f.column) for f in found(office, copy).faults] == [(5, "牵头"), (6, "牵头")]
    change(copy, lambda book: book[SHEET].cell(3, 9, "办理情况"))
    with pytest.raises(Refusal, match="表头缺少列：进展"):
        read(office, copy)


# --- who may


def test_the_rules_say_who_may_not(office: Database, copy: Path) -> None:
    put(copy, FIRST, progress="60%\n甲", points="1. 基坑支护\n2. 主体结构封顶\n3. 样板验收")
    edits, table = found(office, copy), read(office, copy)
    rulebook = reading.rulebook(office)
    by_liaison = judged(edits.wanted, table, DecisionContext(rulebook=rulebook, now=NOW, actor=LIAISON))
    assert [(f.column, f.message) for f in by_liaison] == [
        ("要点", "XMH-2022-001 此操作由办公室督办员办理，单位人员不能办理")
    ]
    assert judged(edits.wanted, table, DecisionContext(rulebook=rulebook, now=NOW, actor=OFFICE)) == []
    assert matter(office, HALL).progress == 30
