"""Node templates as TOML files."""

from pathlib import Path

import pytest

from domain.base import Refusal
from intake.node_template import find_template, read_template, ready_templates


def test_those_that_come_with_it_can_be_read_and_say_where_durations_come_from() -> None:
    found = {t.name: t for t in ready_templates()}
    assert set(found) == {"一书两证", "房建开工"}
    assert all(n.source for t in found.values() for n in t.nodes if n.id != "开工")
    assert [n.name for n in found["一书两证"].nodes if "取得" in n.name] == [
        "取得选址意见书",
        "取得建设用地规划许可证",
        "取得建设工程规划许可证",
    ]


def test_an_offices_own_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "我的.toml"
    path.write_text('name = "甲"\n[[node]]\nid = "a"\nname = "一"\ndays = 3\n', encoding="utf-8")
    assert find_template(str(path)).find("一").days == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "甲"\n[[node]]\nid = "a"\nname = "一"\ndays = 0\n', "第1个节点的 days 不能小于 1"),
        ('name = "甲"\n[[node]]\nid = "a"\nname = "一"\ndays = "3"\n', "第1个节点的 days 须是整数"),
        ('name = "甲"\n[[node]]\nid = "a"\nname = "一"\n', "缺少 第1个节点的 days"),
        ('name = "甲"\n[[node]]\nid = "a"\nname = "一"\ndays = 3\nafter = "b"\n', "第1个节点的 after 应写成"),
        ('name = "甲"\n[[node]]\nid = "a"\nname = "一"\ndays = 3\nhours = 3\n', "没有“第1个节点的 hours”这一项"),
        ('name = "甲"\n[[node]]\nid = "a"\nname = "一"\ndays = 3\nafter = ["b"]\n', "前置“b”不在模板中"),
        (
            'name = "甲"\n[[node]]\nid = "a"\nname = "一"\ndays = 3\nafter = ["b"]\n'
            '[[node]]\nid = "b"\nname = "二"\ndays = 3\nafter = ["a"]\n',
            "互为前置，排不出先后：一、二",
        ),
        ('name = "甲"\nnode = 3\n', "[[node]]"),
        ('name = "甲"\nnodes = []\n', "没有“nodes”这一项"),
        ("name = ", "不是 TOML 文件"),
        ('name = "甲"\n', "没有一个节点"),
    ],
)
def test_a_wrong_file_is_one_line_with_the_node_and_key(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "错.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        read_template(path)
    assert refused.value.message.startswith("错.toml")
    assert words in refused.value.message


def test_an_unknown_template_names_those_there_are() -> None:
    with pytest.raises(Refusal, match="现成的有：一书两证、房建开工"):
        find_template("没有的")
