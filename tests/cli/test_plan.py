"""`xmh plan import`: a task list opens its matters once, all or none."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.cli.conftest import Sheets
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.office import OFFICE, office_today

HEAD = ("序号", "任务", "要点", "牵头单位", "配合单位", "完成时限", "反馈周期", "类别", "依据")
LATER = office_today() + timedelta(days=60)
BASIS = "《2022年工作计划》香指办〔2022〕1号"


def row(no: int = 1, **change: Any) -> tuple[Any, ...]:
    fields = {
        "序号": no,
        "任务": f"任务{no}",
        "要点": f"要点甲;{LATER.isoformat()}",
        "牵头单位": "区城市更新和土地整备局",
        "配合单位": "区住房和建设局",
        "完成时限": LATER,
        "反馈周期": "周",
        "类别": "常规",
        "依据": BASIS,
    }
    return tuple({**fields, **change}.values())


def matters(log: Database) -> list[str]:
    return sorted(m.title for m in reading.find_matters(log, "任务"))


def open_first(log: Database, sheets: Sheets, file: Path) -> None:
    """Open the rows as the import would, without a service."""
    from datetime import UTC, datetime

    from domain.rules.context import DecisionContext
    from intake.opening import openings
    from intake.task_list import read_task_list

    now = datetime.now(UTC)
    context = DecisionContext(rulebook=reading.rulebook(log), now=now, actor=OFFICE)
    for ready in openings(read_task_list(file), reading.units(log), reading.people(log), context).ready:
        act(log, ready.stream, ready.command, OFFICE, now)


def test_a_dry_run_needs_no_service_and_says_what_would_be_done(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    done = xmh.json("plan", "import", sheets({"任务清单": [HEAD, row(1), row(2, 牵头单位=None)]}), "--dry-run")
    assert done == {
        "opened": [],
        "unchanged": [],
        "commands": [
            {
                "row": 2,
                "do": "open",
                "title": "任务1",
                "lead": "区城市更新和土地整备局",
                "due": LATER.isoformat(),
                "indicators": [],
                "began": None,
                "near": [],
            },
            {
                "row": 3,
                "do": "open",
                "title": "任务2",
                "lead": None,
                "due": LATER.isoformat(),
                "indicators": [],
                "began": None,
                "near": [],
            },
        ],
        "conflicts": [],
        "rejected": [],
        "unreached": [],
    }
    assert matters(log) == []


def test_without_a_service_an_import_is_exit_5_and_opens_nothing(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    said = xmh("plan", "import", sheets({"任务清单": [HEAD, row()]}))
    assert said.code == 5
    assert "请先运行 xmh up" in said.error
    assert matters(log) == []


def test_rows_opened_before_are_unchanged(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    file = sheets({"任务清单": [HEAD, row(1), row(2)]})
    open_first(log, sheets, file)
    done = xmh.json("plan", "import", file)
    assert [u["matter"] for u in done["unchanged"]] == [_number(1), _number(2)]
    assert done["opened"] == done["commands"] == done["conflicts"] == done["rejected"] == []


def test_a_row_without_an_end_is_opened_by_periods_and_known_again(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    from domain.matter import Matter

    file = sheets({"任务清单": [HEAD, row(1, 完成时限="每月")]})
    planned = xmh.json("plan", "import", "--dry-run", file)["commands"]
    assert [(p["due"], p["period"]) for p in planned] == [(None, "每月")]
    open_first(log, sheets, file)
    [matter] = [s.state for s in reading.matter_states(log) if isinstance(s.state, Matter)]
    assert matter.period is not None and matter.period.label == "每月"
    assert len(xmh.json("plan", "import", file)["unchanged"]) == 1
    other = xmh.json("plan", "import", sheets({"任务清单": [HEAD, row(1, 完成时限="每季")]}))
    assert [c["columns"] for c in other["conflicts"]] == [["完成时限"]]


def test_a_row_opened_before_is_unchanged_even_when_its_date_has_passed_since(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    from domain import commands as c
    from domain.facts import Basis, UnitRef
    from domain.ids import matter_stream
    from domain.terms import BasisKind, Supervision
    from intake.task_list import row_key
    from tests.support.homes import at

    due = date(2022, 6, 30)
    file = sheets({"任务清单": [HEAD, row(完成时限=due, 要点=None)]})
    lead, assist = (UnitRef(id=u, supervision=Supervision.OBJECT) for u in ("gengxin", "zhujian"))
    basis = Basis(kind=BasisKind.TASK_LIST, text=BASIS)
    command = c.OpenMatter(title="任务1", due=due, basis=basis, lead=lead, assist=(assist,))
    act(log, matter_stream(row_key("1", "任务1", None, BASIS)), command, OFFICE, at("2022-01-10"))
    assert len(xmh.json("plan", "import", file)["unchanged"]) == 1


def test_a_row_that_says_something_else_than_when_it_was_opened_is_a_conflict(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    open_first(log, sheets, sheets({"任务清单": [HEAD, row(1), row(2)]}))
    later = LATER + timedelta(days=7)
    changed = sheets({"任务清单": [HEAD, row(1, 完成时限=later), row(2, 配合单位=None)]})
    done = xmh.json("plan", "import", changed)
    assert [c["columns"] for c in done["conflicts"]] == [["完成时限"], ["配合单位"]]
    said = xmh("plan", "import", changed)
    assert "已立项，清单中的完成时限与立项时不同，未作改动" in said.out


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"牵头单位": "区不存在局"}, "牵头单位", "通讯录里没有唯一的“区不存在局”"),
        ({"牵头单位": "某咨询公司"}, "牵头单位", "不是督办对象"),
        ({"完成时限": date(2022, 6, 30), "要点": None}, "完成时限", "已经过去"),
        ({"完成时限": "2027-02-30"}, "完成时限", "不存在"),
        ({"完成时限": "尽快"}, "完成时限", "不是明确的日期"),
        ({"完成时限": None}, "完成时限", "缺少完成时限"),
        ({"依据": None}, "依据", "缺少立项依据"),
        ({"反馈周期": "旬"}, "反馈周期", "没有反馈周期“旬”"),
        ({"任务": "=A1"}, "任务", "是公式"),
    ],
)
def test_each_fault_names_its_row_and_column_and_nothing_is_opened(
    xmh: CommandLine, log: Database, sheets: Sheets, change: dict[str, Any], column: str, words: str
) -> None:
    file = sheets({"任务清单": [HEAD, row(1), row(2, **change)]})
    done = xmh.json("plan", "import", file, code=2)
    assert [(f["row"], f["column"]) for f in done["rejected"]] == [(3, column)]
    assert words in done["rejected"][0]["message"]
    assert done["opened"] == done["commands"] == []
    said = xmh("plan", "import", file)
    assert said.code == 2
    assert "整份未导入" in said.err
    assert matters(log) == []


def test_merged_cells_are_a_fault(xmh: CommandLine, tmp_path: Path, sheets: Sheets) -> None:
    from openpyxl import load_workbook

    file = sheets({"任务清单": [HEAD, row(1), row(2)]})
    book = load_workbook(file)
    book["任务清单"].merge_cells("D2:D3")
    book.save(file)
    done = xmh.json("plan", "import", file, "--dry-run", code=2)
    assert {f["row"] for f in done["rejected"]} == {2, 3}
    assert "合并单元格 D2:D3" in done["rejected"][0]["message"]


def test_a_wrong_header_a_macro_file_and_a_bomb_are_one_line_each(
    xmh: CommandLine, tmp_path: Path, sheets: Sheets
) -> None:
    wrong = xmh("plan", "import", sheets({"任务清单": [("序号", "名称"), (1, "甲")]}))
    assert wrong.code == 2
    assert "缺少列" in wrong.error
    macro = tmp_path / "清单.xlsm"
    macro.write_bytes(b"PK\x03\x04")
    assert xmh("plan", "import", macro).code == 2
    broken = tmp_path / "坏.xlsx"
    broken.write_bytes(b"not a workbook")
    said = xmh("plan", "import", broken)
    assert said.code == 2
    assert said.error.startswith("错误：")


def test_very_many_faults_are_summed_up_for_a_person(xmh: CommandLine, sheets: Sheets) -> None:
    rows = [row(n, 依据=None) for n in range(1, 301)]
    file = sheets({"任务清单": [HEAD, *rows]})
    said = xmh("plan", "import", file)
    assert "另有" in said.err
    assert len(said.err.strip().split("\n")) <= 51
    assert said.err.strip().endswith("共300处错误，整份未导入")
    assert len(xmh.json("plan", "import", file, code=2)["rejected"]) == 300


def test_an_import_opens_every_row_in_the_order_of_the_list(
    service: None, xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    file = sheets({"任务清单": [HEAD, *(row(n) for n in range(1, 8))]})
    done = xmh.json("plan", "import", file)
    assert [(o["row"], o["matter"], o["title"]) for o in done["opened"]] == [
        (n + 1, _number(n), f"任务{n}") for n in range(1, 8)
    ]
    again = xmh.json("plan", "import", file)
    assert len(again["unchanged"]) == 7
    assert again["opened"] == []
    assert len(matters(log)) == 7


def test_with_keep_going_the_good_rows_are_opened_and_the_rest_are_named(
    service: None, xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    # Other rows than above: the servers of these tests are one, and a row names its workflow.
    file = sheets({"任务清单": [HEAD, row(11), row(12, 依据=None), row(13)]})
    done = xmh.json("plan", "import", file, "--keep-going", code=2)
    assert [o["row"] for o in done["opened"]] == [2, 4]
    assert [r["row"] for r in done["rejected"]] == [3]
    assert matters(log) == ["任务11", "任务13"]


def test_a_person_of_a_unit_may_not_open_matters_by_import(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    done = xmh.json("plan", "import", sheets({"任务清单": [HEAD, row()]}), actor="li", code=2)
    assert "须由办公室或领导决定" in done["rejected"][0]["message"]
    assert matters(log) == []


def _number(n: int) -> str:

    return f"XMH-{office_today().year}-{n:03d}"


# --- 重复立项


def test_a_row_whose_matter_is_open_already_is_rejected_with_a_pointer(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    open_first(log, sheets, sheets({"任务清单": [HEAD, row(1, 任务="推进任务第一期")]}, "先.xlsx"))
    again = sheets({"任务清单": [HEAD, row(5, 任务="加快 任务第1期。"), row(6)]}, "后.xlsx")
    document = xmh.json("plan", "import", again, "--dry-run", code=2)
    [fault] = document["rejected"]
    assert (fault["row"], fault["column"]) == (2, "任务")
    assert _number(1) in fault["message"]
    assert "另行立项理由" in fault["message"]
    kept = xmh.json("plan", "import", again, "--dry-run", "--keep-going", code=2)
    assert [c["title"] for c in kept["commands"]] == ["任务6"]


def test_two_rows_of_one_list_that_mean_the_same_matter_are_rejected(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    del log
    rows = [
        row(1, 任务="推进主体施工"),
        row(2, 任务="加快主体施工"),
        row(3, 任务="主体施工", 牵头单位="区住房和建设局", 配合单位=""),
    ]
    document = xmh.json("plan", "import", sheets({"任务清单": [HEAD, *rows]}), "--dry-run", code=2)
    assert [(f["row"], f["message"].partition("，")[0]) for f in document["rejected"]] == [(3, "与第2行是同一事项")]


def test_a_row_that_says_why_it_is_another_matter_is_taken(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    open_first(log, sheets, sheets({"任务清单": [HEAD, row(1)]}, "先.xlsx"))
    again = sheets({"任务清单": [(*HEAD, "另行立项理由"), (*row(7, 任务="任务1"), "第二标段另行考核")]}, "后.xlsx")
    document = xmh.json("plan", "import", again, "--dry-run")
    assert [c["title"] for c in document["commands"]] == ["任务1"]


@pytest.mark.usefixtures("service")
def test_chapter_and_leaders_come_over_and_an_unknown_leader_is_said(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    head = (*HEAD, "来源", "章节", "责任领导")
    file = sheets(
        {"任务清单": [head, (*row(1, 完成时限="明年6月30日"), "2022年工作计划", "一、规划建设", "吴七、王某")]}
    )
    done = xmh.json("plan", "import", file)
    assert done["advice"] == ["第2行：通讯录里没有唯一的责任领导“王某”，没有登记"]
    shown = xmh.json("task", "show", "任务1")
    assert (shown["source"], shown["section"], shown["leaders"]) == ("2022年工作计划", "一、规划建设", ["leader"])
    assert shown["due"].endswith("-06-30")
    said = xmh("task", "show", "任务1").out
    assert "责任领导：吴七" in said
    assert "来源：2022年工作计划，一、规划建设" in said


@pytest.mark.usefixtures("log")
def test_a_second_lead_is_refused_aloud(xmh: CommandLine) -> None:
    words = ("task", "open", "--title", "任务", "--basis", "来文", "--due", LATER.isoformat())
    said = xmh(*words, "--lead", "gengxin", "--lead", "zhujian")
    assert (said.code, "牵头单位只能有一个" in said.error) == (2, True)
