"""多头交办, 存量 and 结转 on the command line: one matter, two documents, two years."""

from datetime import date, timedelta
from typing import Any

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.cli.conftest import Sheets
from tests.support.command_line import CommandLine
from tests.support.office import office_today

HEAD = ("序号", "任务", "牵头单位", "完成时限", "依据", "并入事项", "原立项日期", "原台账")
TODAY = office_today()
LATER = TODAY + timedelta(days=60)
LAST_YEAR = date(TODAY.year - 1, 11, 10)


def row(no: str, title: str, basis: str = "2022年工作计划", **more: Any) -> tuple[Any, ...]:
    return (no, title, "区城市更新和土地整备局", LATER, basis, more.get("join"), more.get("began"), more.get("ledger"))


@pytest.mark.usefixtures("service")
def test_a_task_of_a_second_document_joins_the_open_matter(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    first = sheets({"任务清单": [HEAD, row("a1", "推进国际交流中心建设，完成主体工程施工图设计")]}, "计划.xlsx")
    [opened] = xmh.json("plan", "import", first)["opened"]
    speech = "加快深圳国际交流中心、国际演艺中心等公共项目建设"
    offered = sheets({"任务清单": [HEAD, row("b1", speech, "政府工作报告")]}, "报告.xlsx")
    [command] = xmh.json("plan", "import", offered, "--dry-run")["commands"]
    assert [(n["matter"], n["shared"]) for n in command["near"]] == [(opened["matter"], "国际交流中心")]
    assert "在“并入事项”一栏填写编号" in xmh("plan", "import", offered, "--dry-run").out

    decided = sheets({"任务清单": [HEAD, row("b1", speech, "政府工作报告", join=opened["matter"])]}, "报告.xlsx")
    [command] = xmh.json("plan", "import", decided, "--dry-run")["commands"]
    assert (command["do"], command["matter"], command["basis"]) == ("basis_add", opened["matter"], "政府工作报告")
    assert "已立项0件，并入1件" in xmh("plan", "import", decided).out
    shown = xmh.json("task", "show", opened["matter"])
    assert [b["text"] for b in (shown["basis"], *shown["further_bases"])] == ["2022年工作计划", "政府工作报告"]
    assert len(reading.matter_states(log)) == 1

    version = shown["version"]
    again = xmh.json("plan", "import", decided)
    assert [u["matter"] for u in again["unchanged"]] == [opened["matter"]]
    assert xmh.json("task", "show", opened["matter"])["version"] == version


def test_joining_a_matter_that_is_not_there_is_a_fault_of_its_cell(xmh: CommandLine, sheets: Sheets) -> None:
    file = sheets({"任务清单": [HEAD, row("c1", "任务", join="XMH-2022-999")]})
    [fault] = xmh.json("plan", "import", file, code=2)["rejected"]
    assert (fault["row"], fault["column"]) == (2, "并入事项")
    assert "没有未办结的事项“XMH-2022-999”" in fault["message"]


@pytest.mark.usefixtures("service")
def test_a_matter_of_another_ledger_comes_in_with_its_date_and_is_carried_into_this_year(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    del log
    old = row("d1", "收储二期用地", began=LAST_YEAR, ledger="去年督办台账第17号")
    xmh.json("plan", "import", sheets({"任务清单": [HEAD, old, row("d2", "办理施工许可")]}))
    [first, _] = xmh.json("task", "list")["matters"]
    shown = xmh.json("task", "show", first["matter"])
    assert shown["inherited"] == "去年督办台账第17号"
    assert shown["timeline"][0]["occurred_at"][:10] == LAST_YEAR.isoformat()
    assert shown["timeline"][0]["backdated"]

    command = ("plan", "carry-over", "--year", str(TODAY.year), "--basis", "今年工作计划")
    wanted = xmh.json(*command, "--dry-run")["matters"]
    assert [m["matter"] for m in wanted] == [first["matter"]], "what was opened this year is this year's already"
    xmh(*command)
    carried = xmh.json("task", "show", first["matter"])
    assert carried["carried"] == [TODAY.year]
    assert carried["due"] == shown["due"]
    assert f"结转：{TODAY.year}年" in xmh("task", "show", first["matter"]).out
    assert f"没有要结转到{TODAY.year}年的事项" in xmh(*command).out
    assert xmh.json("task", "show", first["matter"])["version"] == carried["version"]


def test_a_ledger_without_a_date_is_a_fault(xmh: CommandLine, sheets: Sheets) -> None:
    file = sheets({"任务清单": [HEAD, row("e1", "任务", ledger="去年台账")]})
    [fault] = xmh.json("plan", "import", file, code=2)["rejected"]
    assert (fault["column"], fault["message"]) == ("原立项日期", "存量事项须写明原立项日期")


@pytest.mark.usefixtures("service")
def test_the_office_adds_a_basis_by_hand(xmh: CommandLine, log: Database) -> None:
    del log
    matter = xmh.json(
        "task",
        "open",
        "--title",
        "党校南门广场竣工验收",
        "--due",
        LATER.isoformat(),
        "--basis",
        "工作计划",
        "--lead",
        "gengxin",
    )["matter"]
    said = xmh("task", "basis", matter, "--basis", "第五次会议纪要", "--basis-kind", "会议纪要", "--basis-no", "5号")
    assert "增加依据" in said.out
    assert "依据：会议纪要 第五次会议纪要（5号）" in xmh("task", "show", matter).out
    assert xmh("task", "basis", matter, "--basis", "甲", actor="li").code == 3


def test_a_year_is_asked_for(xmh: CommandLine) -> None:
    said = xmh("plan", "carry-over", "--basis", "今年工作计划")
    assert said.code == 2
    assert "--year" in said.error
