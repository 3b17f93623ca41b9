"""`xmh plan table`, and the way of its edited copy back: draft, edit, import, table, edit, import."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from eventlog import reading
from eventlog.database import Database
from sheets.table import KEY_SHEET, SHEET, Column
from tests.documents.quarter import play
from tests.support.command_line import CommandLine
from tests.support.office import LIAISON, office_today

TEXT = """2099年工作分解
1.推进香蜜公园二期建设，2099年12月底前完工。（牵头单位：区城市更新和土地整备局；配合单位：区住房和建设局）
2.编制香蜜湖片区地下空间规划，2099年9月底前完成。（牵头单位：区城市更新和土地整备局）
"""


def change(path: Path, edit: Callable[[Workbook], object]) -> None:
    book = load_workbook(path)
    edit(book)
    book.save(path)


def put(path: Path, row: int, **values: Any) -> None:
    def edit(book: Workbook) -> None:
        for name, value in values.items():
            book[SHEET].cell(row, list(Column).index(Column[name.upper()]) + 1).value = value

    change(path, edit)


def position(log: Database) -> int:
    with log.reading() as transaction:
        row = transaction.one("SELECT max(position) FROM events")
    assert row is not None
    return int(row[0])


def test_the_table_of_a_past_day_is_written_and_told(xmh: CommandLine, log: Database, tmp_path: Path) -> None:
    play(log)
    out = tmp_path / "一览表.xlsx"
    made = xmh.json("plan", "table", "--as-of", "2022-03-25", "-o", out)
    assert (made["matters"], made["since"], made["file"]) == (3, "2022-03-18", str(out))
    assert made["as_of"] == "2022-03-25T23:59:59.999999+08:00"
    same = xmh.json("plan", "table", "--as-of", "2022年3月25日", "-o", tmp_path / "又.xlsx")
    assert same["sha256"] == made["sha256"]
    said = xmh("plan", "table", "--as-of", "2022-03-25", "-o", tmp_path / "一览表.docx")
    assert (said.code, "截至2022年3月25日，共3件" in said.out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "表.pdf"), "应是 .xlsx 或 .docx 文件"),
        (("--as-of", "2099-01-01", "-o", "表.xlsx"), "还没有到"),
        (("--as-of", "2022-03-25", "--since", "2022-03-25", "-o", "表.xlsx"), "须早于一览表的日期"),
        (("-o", "没有/表.xlsx"), "写不了"),
    ],
)
def test_what_cannot_be_written_is_one_line(xmh: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    said = xmh("plan", "table", *arguments)
    assert (said.code, words in said.error) == (2, True)


def test_a_month_and_day_without_a_year_is_the_last_such_day(xmh: CommandLine, log: Database, tmp_path: Path) -> None:
    del log
    made = xmh.json("plan", "table", "--as-of", "12月31日", "-o", tmp_path / "表.xlsx")
    assert date.fromisoformat(made["as_of"][:10]) <= office_today()


def test_a_dry_run_shows_commands_refusals_and_conflicts_and_writes_nothing(
    xmh: CommandLine, log: Database, tmp_path: Path
) -> None:
    play(log)
    copy = tmp_path / "一览表.xlsx"
    xmh.json("plan", "table", "--as-of", "2022-03-18", "-o", copy)
    put(copy, 5, progress="60%\n主体施工至六层", points="1. 主体结构封顶\n2. 机电安装")
    put(copy, 6, assist="区住房和建设局")
    before = position(log)
    done = xmh.json("plan", "import", copy, "--dry-run", actor=LIAISON.id, code=2)
    assert [(c["columns"], c["in_log"]) for c in done["conflicts"]] == [
        (["进展"], "45%（3月30日反馈）\n主体施工至五层。")
    ]
    assert [(r["row"], r["column"]) for r in done["rejected"]] == [(5, "要点"), (6, "配合")]
    assert "单位人员不能办理" in done["rejected"][0]["message"]
    put(copy, 6, assist=None)
    done = xmh.json("plan", "import", copy, "--dry-run", actor=LIAISON.id, code=3)
    assert [r["column"] for r in done["rejected"]] == ["要点"]
    done = xmh.json("plan", "import", copy, "--dry-run")
    assert [(c["row"], c["column"], c["do"]) for c in done["commands"]] == [(5, "要点", "point_add")]
    said = xmh("plan", "import", copy, "--dry-run")
    assert "第5行“要点”  XMH-2022-001  增加要点：机电安装" in said.out
    assert "冲突：导出以后已另有改动，未覆盖；表中“60% 主体施工至六层”" in said.out
    assert position(log) == before


def test_a_fault_of_a_new_row_is_named_by_the_sheets_own_column(
    xmh: CommandLine, log: Database, tmp_path: Path
) -> None:
    play(log)
    copy = tmp_path / "一览表.xlsx"
    xmh.json("plan", "table", "--as-of", "2022-03-18", "-o", copy)
    put(copy, 8, title="编制规划", lead="区某局", due="2099-06-30", reason="香指办〔2022〕3号")
    done = xmh.json("plan", "import", copy, "--dry-run", code=2)
    assert [(r["row"], r["column"]) for r in done["rejected"]] == [(8, "牵头")]


def test_a_copy_without_its_key_is_one_line_and_exit_2(xmh: CommandLine, log: Database, tmp_path: Path) -> None:
    play(log)
    copy = tmp_path / "一览表.xlsx"
    xmh.json("plan", "table", "--as-of", "2022-03-18", "-o", copy)
    change(copy, lambda book: book.remove(book[KEY_SHEET]))
    said = xmh("plan", "import", copy)
    assert (said.code, "隐藏的工作表“回传校验”已被删除" in said.error) == (2, True)


def drafted(xmh: CommandLine, folder: Path) -> Path:
    """A list drafted from a text, its gaps filled by a clerk."""
    text, listed = folder / "分解.txt", folder / "待审.xlsx"
    text.write_text(TEXT, encoding="utf-8")
    xmh.json("plan", "draft", text, "-o", listed)

    def fill(book: Workbook) -> None:
        page = book["任务清单"]
        headers = {cell.value: column for column, cell in enumerate(page[1], 1)}
        for row in (2, 3):
            page.cell(row, headers["依据"], "香指办〔2099〕1号")
            page.cell(row, headers["要点"], "完成方案;2099-03-31")

    change(listed, fill)
    return listed


def test_the_whole_chain_leaves_exactly_the_intended_commands(
    service: None, xmh: CommandLine, log: Database, tmp_path: Path
) -> None:
    opened = xmh.json("plan", "import", drafted(xmh, tmp_path))["opened"]
    first, second = (row["matter"] for row in opened)
    for number in (first, second):
        xmh.json("task", "accept", number, actor="li")
    copy = tmp_path / "一览表.xlsx"
    since = (office_today() - timedelta(days=7)).isoformat()
    assert xmh.json("plan", "table", "--since", since, "-o", copy)["matters"] == 2

    put(copy, 5, progress="20%\n完成方案比选", next="报审", points="1. 完成方案\n2. 开工", dates="1. 2099-04-30")
    put(copy, 6, due=date(2099, 11, 30), title="编制地下空间专项规划", reason="第一次工作会议议定")
    put(copy, 7, no=3, title="打通香蜜湖路断头路", lead="区住房和建设局", due="2099-06-30", reason="香指纪〔2099〕1号")
    before = position(log)
    planned = xmh.json("plan", "import", copy, "--dry-run")
    wanted = [(5, "report"), (5, "point_add"), (5, "point_change"), (6, "correct"), (6, "extend"), (7, "open")]
    assert [(c["row"], c["do"]) for c in planned["commands"]] == wanted
    assert position(log) == before

    done = xmh.json("plan", "import", copy)
    assert [(a["row"], a["do"]) for a in done["applied"]] == wanted
    assert (done["rejected"], done["conflicts"]) == ([], [])
    written = [(e.type, e.actor.id) for e in reading.read_all(log, before)]
    assert written == [
        ("FeedbackSubmitted", "office"),
        ("PointAdded", "office"),
        ("PointChanged", "office"),
        ("EventCorrected", "office"),
        ("ExtensionRequested", "office"),
        ("MatterOpened", "office"),
        ("MatterAssigned", "office"),
    ]

    after = position(log)
    again = xmh.json("plan", "import", copy)
    assert (again["commands"], again["applied"], again["opened"], again["conflicts"]) == ([], [], [], [])
    assert [(a["row"], a["do"]) for a in again["already"]] == [(6, "extend")]
    assert position(log) == after

    xmh.json("plan", "table", "--since", since, "-o", copy)
    put(copy, 5, progress="35%\n方案已报审")
    assert [a["do"] for a in xmh.json("plan", "import", copy)["applied"]] == ["report"]
    assert xmh.json("plan", "import", copy)["applied"] == []
    assert [e.type for e in reading.read_all(log, after)] == ["FeedbackSubmitted"]
    assert xmh.json("audit", "verify")["ok"] is True


def test_one_refusal_keeps_the_whole_copy_out_unless_told_to_go_on(
    service: None, xmh: CommandLine, log: Database, tmp_path: Path
) -> None:
    number = xmh.json(
        *("task", "open", "--title", "推进香蜜湖水质提升", "--due", "2099-06-30", "--basis", "香指办〔2099〕2号"),
        *("--lead", "gengxin", "--point", "完成方案"),
    )["matter"]
    xmh.json("task", "accept", number, actor="li")
    copy = tmp_path / "一览表.xlsx"
    xmh.json("plan", "table", "-o", copy)
    put(copy, 5, progress="10%\n完成方案", due="2099-03-31", reason="提前")
    before = position(log)
    refused = xmh("plan", "import", copy)
    assert refused.code == 3
    assert "新时限须晚于原时限 2099-06-30" in refused.err
    assert refused.err.strip().endswith("共1处不能办理，整份未导入")
    assert position(log) == before
    kept = xmh.json("plan", "import", copy, "--keep-going", code=3)
    assert [a["do"] for a in kept["applied"]] == ["report"]
