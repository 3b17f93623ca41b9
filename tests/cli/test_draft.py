"""`xmh plan draft`: from a file to JSON, to a sheet, to an import; with and without a log."""

from pathlib import Path

import pytest
from openpyxl import load_workbook

from eventlog import reading
from eventlog.database import Database
from tests.cli.conftest import Sheets
from tests.support.command_line import CommandLine

KEYS = {"no", "section", "title", "text", "lead", "assist", "leaders", "due", "targets", "warnings"}
TEXT = """区重点工作任务分解（2026年）

1.推进路网建设，完成道路12公里以上，12月底前通车。（责任领导：梁怀远；牵头单位：区住建局；配合单位：区城市更新和土地整备局）
2.编制运营方案。（某咨询公司负责）
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "分解.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_an_item_has_the_keys_of_the_contract_and_its_spans(xmh: CommandLine, plan: Path) -> None:
    made = xmh.json("plan", "draft", plan)
    item = made["items"][0]
    assert item.keys() >= KEYS
    assert item["title"] == "推进路网建设，完成道路12公里以上，12月底前通车"
    assert (item["leaders"], item["due"]) == (["梁怀远"], "2026-12-31")
    target = item["targets"][0]
    assert (target["comparison"], target["value"], target["unit"]) == ("at_least", "12", "公里")
    assert made["text"][slice(*target["span"])] == target["text"] == "12公里以上"
    assert made["text"][slice(*item["spans"]["due"])] == "12月底前"


def test_units_are_matched_to_the_directory_and_what_was_written_is_kept(xmh: CommandLine, plan: Path) -> None:
    items = xmh.json("plan", "draft", plan)["items"]
    assert items[0]["lead"] == ["区住房和建设局"]
    assert items[0]["units"][0]["written"] == "区住建局"
    assert items[0]["units"][0]["unit"] == "zhujian"
    assert "“某咨询公司”不是督办对象，不能牵头" in items[1]["warnings"]


def test_without_a_log_a_text_is_drafted_all_the_same(
    tmp_path: Path, plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = CommandLine(tmp_path / "nothing", capsys).json("plan", "draft", plan)["items"]
    assert items[0]["lead"] == ["区住建局"]
    assert items[0]["due"] == "2026-12-31"


def test_a_person_is_told_what_was_found_and_what_to_do_next(xmh: CommandLine, plan: Path, tmp_path: Path) -> None:
    said = xmh("plan", "draft", plan, "-o", tmp_path / "待审.xlsx")
    assert said.code == 0
    assert "牵头：区住房和建设局  时限：2026-12-31" in said.out
    assert "2026年度任务2项，缺牵头单位0项，缺完成时限1项" in said.out
    assert "用 xmh plan import" in said.out


def test_a_reviewed_draft_is_imported_and_the_second_time_nothing_is_new(
    xmh: CommandLine, log: Database, plan: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "待审.xlsx"
    xmh.json("plan", "draft", plan, "-o", sheet)
    assert xmh("plan", "import", sheet, "--dry-run").code == 2
    book = load_workbook(sheet)
    page = book["任务清单"]
    page.delete_rows(3)
    headers = {cell.value: column for column, cell in enumerate(page[1], 1)}
    page.cell(2, headers["依据"], "香指办〔2026〕1号")
    page.cell(2, headers["完成时限"], "2099-12-31")
    book.save(sheet)
    done = xmh.json("plan", "import", sheet, "--dry-run")
    assert [command["lead"] for command in done["commands"]] == ["区住房和建设局"]
    assert done["rejected"] == []
    assert reading.find_matters(log, "路网") == ()


def test_a_formula_ends_the_draft_with_its_place_and_writes_nothing(
    xmh: CommandLine, sheets: Sheets, tmp_path: Path
) -> None:
    file = sheets({"任务": [["序号", "工作任务", "责任单位"], [1, "推进项目", "=B2"]]})
    target = tmp_path / "待审.xlsx"
    said = xmh("plan", "draft", file, "-o", target)
    assert said.code == 2
    assert (
        said.err.splitlines()[0] == "来件.xlsx〔任务〕第2行C列“责任单位”：是公式 =B2，请改填结果（复制后“粘贴为数值”）"
    )
    assert not target.exists()
    rejected = xmh.json("plan", "draft", file, code=2)["rejected"]
    assert [(fault["row"], fault["column"]) for fault in rejected] == [(2, "责任单位")]


def test_bad_files_and_options_are_one_line(xmh: CommandLine, plan: Path, tmp_path: Path) -> None:
    assert xmh("plan", "draft", tmp_path / "无.txt").code == 4
    assert "应是 .xlsx 文件" in xmh("plan", "draft", plan, "-o", tmp_path / "稿.docx").error
    said = xmh("plan", "draft", plan, "-o", tmp_path / "没有" / "稿.xlsx")
    assert (said.code, "写不了" in said.error) == (2, True)


def test_the_year_may_be_given(xmh: CommandLine, plan: Path) -> None:
    assert xmh.json("plan", "draft", plan, "--year", "2025")["items"][0]["due"] == "2025-12-31"
