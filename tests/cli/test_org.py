"""`xmh org`: the directory comes in whole or not at all."""

from pathlib import Path

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.cli.conftest import Sheets
from tests.support.command_line import CommandLine
from tests.support.streams import DIRECTORY_STREAM

UNIT_HEAD = ("编号", "名称", "层级", "上级", "别名", "督办对象")
PERSON_HEAD = ("编号", "姓名", "单位", "角色", "手机", "邮箱")
WATER = ("shuiwu", "市水务局", "市", None, "水务局、市水务", "商请")
LIN = ("lin", "林七", "市水务局", "liaison", "0755-1", None)


def version(log: Database) -> int:
    return reading.stream_head(log, DIRECTORY_STREAM).version


def test_new_units_and_people_are_recorded_once(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    file = sheets({"单位": [UNIT_HEAD, WATER], "人员": [PERSON_HEAD, LIN]})
    first = xmh.json("org", "import", file)
    assert first["units"] == {"added": ["shuiwu"], "changed": [], "unchanged": []}
    assert first["people"] == {"added": ["lin"], "changed": [], "unchanged": []}
    before = version(log)
    again = xmh.json("org", "import", file)
    assert again["units"]["unchanged"] == ["shuiwu"]
    assert version(log) == before
    assert xmh.json("org", "list", "--unit", "水务局")["people"][0]["name"] == "林七"


def test_only_what_changed_is_recorded(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    xmh("org", "import", sheets({"单位": [UNIT_HEAD, WATER], "人员": [PERSON_HEAD, LIN]}))
    before = version(log)
    promoted = (*LIN[:3], "head", *LIN[4:])
    done = xmh.json("org", "import", sheets({"单位": [UNIT_HEAD, WATER], "人员": [PERSON_HEAD, promoted]}))
    assert done["people"]["changed"] == ["lin"]
    assert version(log) == before + 1
    event = reading.read_stream(log, DIRECTORY_STREAM)[-1]
    assert (event.type, event.actor.id) == ("PersonRecorded", "office")


def test_a_dry_run_says_what_would_happen_and_writes_nothing(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    before = version(log)
    said = xmh("org", "import", sheets({"单位": [UNIT_HEAD, WATER]}), "--dry-run")
    assert said.code == 0
    assert "新增1个" in said.out
    assert "没有写入" in said.out
    assert version(log) == before


def test_one_fault_rejects_the_whole_file_and_names_the_cell(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    before = version(log)
    file = sheets({"单位": [UNIT_HEAD, WATER], "人员": [PERSON_HEAD, (*LIN[:2], "市交通局", *LIN[3:])]})
    said = xmh("org", "import", file)
    assert said.code == 2
    assert "来件.xlsx〔人员〕第2行C列“单位”：没有单位“市交通局”" in said.err
    assert xmh.json("org", "import", file, code=2)["rejected"] == [
        {
            "sheet": "人员",
            "row": 2,
            "column": "单位",
            "message": "没有单位“市交通局”，请先在“单位”中登记或改正名称",
        }
    ]
    assert version(log) == before


@pytest.mark.parametrize(("actor", "role"), [("li", "联络员"), ("leader", "领导"), ("audit", "审计员")])
def test_only_the_office_changes_the_directory(
    xmh: CommandLine, log: Database, sheets: Sheets, actor: str, role: str
) -> None:
    before = version(log)
    said = xmh("org", "import", sheets({"单位": [UNIT_HEAD, WATER]}), actor=actor)
    assert said.code == 3
    assert said.error == (
        "错误：审计员只能查阅和核验，不能办理登记单位" if actor == "audit" else "错误：登记单位须由办公室督办员办理"
    )
    assert version(log) == before


def test_an_import_may_not_leave_the_office_without_anybody(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    before = version(log)
    rows = [(p, p, "office", "leader", None, None) for p in ("office", "office-2")]
    said = xmh("org", "import", sheets({"人员": [PERSON_HEAD, *rows]}))
    assert said.code == 3
    assert "没有督办员" in said.error
    assert version(log) == before


def test_who_left_may_not_act_any_more(xmh: CommandLine) -> None:
    assert xmh("org", "leave", "li").code == 0
    assert xmh("org", "list", actor="li").code == 3, "who left reads nothing"
    said = xmh("org", "leave", "zhao", actor="li")
    assert said.code == 3
    assert "李三（li）已离任" in said.error
    assert xmh("org", "leave", "zhao", actor="谁").code == 4
    assert xmh("org", "leave", "office").code == 3


def test_a_file_that_is_not_there_is_exit_4(xmh: CommandLine, tmp_path: Path) -> None:
    said = xmh("org", "import", tmp_path / "没有.xlsx")
    assert said.code == 4
    assert "找不到文件" in said.error


def test_a_sheet_with_a_wrong_header_is_one_line(xmh: CommandLine, sheets: Sheets) -> None:
    said = xmh("org", "import", sheets({"单位": [("编号", "名字"), ("a", "b")]}))
    assert said.code == 2
    assert "缺少列：名称、层级、督办对象" in said.error


def test_a_home_without_log_is_exit_5(xmh: CommandLine, tmp_path: Path) -> None:
    xmh.home = tmp_path / "empty"
    said = xmh("org", "list")
    assert said.code == 5
    assert "请先运行 xmh up" in said.error


def test_the_shared_options_stand_before_the_command_or_behind_it(
    xmh: CommandLine, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XMH_HOME", str(tmp_path / "elsewhere"))
    behind = xmh("org", "list", "--home", str(home), "--json")
    assert behind.code == 0
    assert xmh("--home", str(home), "--json", "org", "list").out == behind.out
    assert xmh("org", "--home", str(home), "list", "--json").out == behind.out


@pytest.mark.usefixtures("log")
def test_what_post_somebody_has_comes_over_and_is_listed(xmh: CommandLine, sheets: Sheets) -> None:
    people = [(*PERSON_HEAD, "职务"), ("wang", "王一", "gengxin", "leader", None, None, "副区长")]
    xmh.json("org", "import", sheets({"单位": [UNIT_HEAD], "人员": people}))
    assert next(p["title"] for p in xmh.json("org", "list")["people"] if p["id"] == "wang") == "副区长"
    assert "副区长" in xmh("org", "list").out
