"""What a rule or a reader of files says of a command's options is said on a page without them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from views.wording import without_options

ROOT = Path(__file__).parents[2]
OF_PAGES = ("domain/rules", "intake/draft", "intake/edited")
OF_DATABASES = ("postgres.py", "sqlite.py", "backend.py")
"""Whose lines a page shows whoever fills it in."""
TELL = "请稍候再试，仍不行请告诉系统管理员"
NAMED = re.compile(r"--[a-z]|xmh [a-z]")


def lines_of(file: Path) -> Iterator[str]:
    """Every text of a module that holds Chinese; what is filled in while it runs is an ellipsis."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    parts = {id(v) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for v in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            text = node.value
        else:
            continue
        if re.search("[\u4e00-\u9fff]", text):
            yield text


@pytest.mark.parametrize("room", OF_PAGES)
def test_no_line_of_a_rule_names_an_option_on_a_page(room: str) -> None:
    said = {line: without_options(line) for file in sorted((ROOT / room).rglob("*.py")) for line in lines_of(file)}
    assert any(map(NAMED.search, said)), "a command's line names its options"
    assert {line: words for line, words in said.items() if NAMED.search(words)} == {}


def test_no_page_names_a_setting_where_the_database_is_away() -> None:
    lines = [line for name in OF_DATABASES for line in lines_of(ROOT / "eventlog" / name)]
    assert any("XMH_" in line for line in lines)
    assert [line for line in map(without_options, lines) if "XMH_" in line] == []


def test_what_is_left_is_a_sentence() -> None:
    for line, words in (
        ("数据库不存在，或名字写错了；请检查 XMH_DATABASE_URL", f"数据库不存在，或名字写错了；{TELL}"),
        ("文中没有写明年度，时限按2026年计；可用 --year 指定", "文中没有写明年度，时限按2026年计"),
        ("没有找到任务；如果全文都是工作总结，可加 --all", "没有找到任务"),
        ("任务不能空；要撤销立项请用 xmh task cancel", "任务不能空；要撤销立项请到事项页办理"),
        ("已经漏报，不再退回上一期；请用 xmh task urge 催办", "已经漏报，不再退回上一期；请催办"),
        ("办结审核中，请用 xmh task review --return 退回办结申请", "办结审核中，请退回办结申请"),
        ("督办服务没有运行，请在服务器上运行 xmh up --detach", f"督办服务没有运行；{TELL}"),
        (
            "事件日志拒绝写入：坏块；请运行 xmh audit verify",
            "事件日志拒绝写入：坏块；请稍候再试，仍不行请告诉系统管理员",
        ),
        ("事件日志的表结构待升级，请先运行 xmh up", f"事件日志的表结构待升级；{TELL}"),
    ):
        assert without_options(line) == words
