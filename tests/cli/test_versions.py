"""`xmh plan version` and `versions`: which text of a plan was in force when, and who approved it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from tests.cli.conftest import Sheets
from tests.support.command_line import CommandLine
from tests.support.office import office_today

HEAD = ("序号", "任务", "牵头单位", "完成时限", "依据")
DUE = office_today() + timedelta(days=90)
PLAN = ("--plan", "2023年工作计划")


def rows(*titles: str, due: date = DUE) -> dict[str, Any]:
    return {
        "任务清单": [HEAD, *((n, t, "区城市更新和土地整备局", due, "2023年工作计划") for n, t in enumerate(titles, 1))]
    }


def test_a_plan_is_circulated_issued_and_adjusted_and_each_version_stays(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    first = sheets(rows("甲", "乙"), "征求意见稿.xlsx")
    assert xmh.json("plan", "version", first, *PLAN, "--stage", "征求意见")["version"] == 1
    issued = ("plan", "version", first, *PLAN, "--stage", "印发", "--no", "香指办〔2023〕1号")
    assert "须由领导批准" in xmh(*issued).error
    assert xmh.json(*issued, "--by", "leader")["version"] == 2

    later = sheets(rows("甲", "丙", due=DUE + timedelta(days=30)), "调整稿.xlsx")
    adjusted = ("plan", "version", later, *PLAN, "--stage", "调整", "--by", "leader")
    assert "说明理由" in xmh(*adjusted).error
    done = xmh.json(*adjusted, "--reason", "市里调整任务", "--dry-run")
    assert [r["title"] for r in done["changes"]["added"]] == ["丙"]
    assert [r["title"] for r in done["changes"]["dropped"]] == ["乙"]
    assert [(r["title"], r["columns"]) for r in done["changes"]["changed"]] == [("甲", ["完成时限"])]
    said = xmh(*adjusted, "--reason", "市里调整任务").out
    assert "第3版（调整），2项" in said
    assert f"修改 1“甲”  时限 {DUE}→" in said

    [plan] = xmh.json("plan", "versions")["plans"]
    assert [(v["no"], v["stage"], v["approver"]) for v in plan["versions"]] == [
        (1, "circulated", None),
        (2, "issued", "leader"),
        (3, "adjusted", "leader"),
    ]
    assert "香指办〔2023〕1号" in xmh("plan", "versions", "2023年工作计划").out
    assert verify(log).ok, "a plan's versions are events like any other"


def test_the_same_version_twice_is_recorded_once(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    file = sheets(rows("甲"))
    xmh.json("plan", "version", file, *PLAN, "--stage", "征求意见")
    assert xmh.json("plan", "version", file, *PLAN, "--stage", "征求意见")["version"] is None
    assert "没有变化" in xmh("plan", "version", file, *PLAN, "--stage", "征求意见").out
    [found] = reading.states_of(log, "plan")
    assert found.version == 1


def test_nothing_is_opened_by_a_plan_that_is_only_circulated(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    file = sheets(rows("甲"))
    xmh.json("plan", "version", file, *PLAN, "--stage", "征求意见")
    assert len(xmh.json("plan", "import", file, "--dry-run")["commands"]) == 1
    said = xmh("plan", "import", file)
    assert said.code == 3
    assert "征求意见稿，还没有印发" in said.error
    xmh.json("plan", "version", file, *PLAN, "--stage", "印发", "--no", "1号", "--by", "leader")
    assert xmh("plan", "import", file).code == 5, "issued, it would be opened, were a service there"
    assert reading.matter_states(log) == ()


def test_a_list_with_a_fault_is_no_version(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    broken = sheets({"任务清单": [HEAD, (1, "甲", "区城市更新和土地整备局", "尽快", "计划")]})
    said = xmh.json("plan", "version", broken, *PLAN, "--stage", "征求意见", code=2)
    assert said["rejected"][0]["column"] == "完成时限"
    assert reading.states_of(log, "plan") == ()


def test_a_plan_nobody_recorded_is_exit_4(xmh: CommandLine) -> None:
    assert xmh("plan", "versions", "没有的计划").code == 4
    assert "还没有登记过计划" in xmh("plan", "versions").out


def test_a_plan_of_5000_rows_is_one_event(xmh: CommandLine, log: Database, tmp_path: Path) -> None:
    file = tmp_path / "任务清单.csv"
    lines = [",".join(HEAD), *(f"{n},完成第{n}号地块平整,区城市更新和土地整备局,{DUE},计划" for n in range(1, 5001))]
    file.write_text("\n".join(lines), encoding="utf-8-sig")
    assert xmh.json("plan", "version", file, *PLAN, "--stage", "征求意见")["rows"] == 5000
    [found] = reading.states_of(log, "plan")
    assert found.version == 1


pytestmark = pytest.mark.usefixtures("log")
