"""`xmh plan schedule`: worked backward, shown, and taken over as points."""

import pytest

from tests.support.command_line import CommandLine

OPEN = ("task", "open", "--title", "推进深圳金融文化中心开工", "--due", "2031-12-31", "--basis", "2021年工作计划")
WANTED = ("plan", "schedule", "金融文化中心", "--template", "房建开工", "--node", "开工", "--finish", "2021-12-24")


@pytest.mark.usefixtures("service", "log")
def test_the_nodes_become_points_once(xmh: CommandLine) -> None:
    xmh.json(*OPEN, "--lead", "gengxin")
    made = xmh.json(*WANTED, "--today", "2021-09-01")
    assert (made["feasible"], made["finish"]) == (True, "2021-12-24")
    first = made["nodes"][0]
    assert (first["name"], first["start"], first["finish"], first["slack"]) == (
        "场地勘察",
        "2021-09-27",
        "2021-10-28",
        18,
    )
    xmh.json(*WANTED, "--today", "2021-09-01", "--apply")
    points = xmh.json("task", "show", "金融文化中心")["points"]
    assert [(p["text"], p["due"]) for p in points] == [(n["name"], n["finish"]) for n in made["nodes"]]

    version = xmh.json("task", "show", "金融文化中心")["version"]
    assert "没有变化" in xmh(*WANTED, "--today", "2021-09-01", "--apply").out
    assert xmh.json("task", "show", "金融文化中心")["version"] == version

    later = [*WANTED[:-1], "2021-12-28"]
    xmh.json(*later, "--today", "2021-09-01", "--apply")
    moved = xmh.json("task", "show", "金融文化中心")["points"]
    assert len(moved) == len(points)
    assert next(p["due"] for p in moved if p["text"] == "开工") == "2021-12-28"
    assert next(p["original_due"] for p in moved if p["text"] == "开工") == "2021-12-24"


@pytest.mark.usefixtures("service", "log")
def test_too_late_is_said_and_past_the_limit_is_refused(xmh: CommandLine) -> None:
    xmh.json(*OPEN, "--lead", "gengxin")
    said = xmh(*WANTED, "--today", "2021-11-08")
    assert "差26个工作日" in said.out
    assert "最迟开始日已过" in said.out
    beyond = xmh("plan", "schedule", "金融文化中心", "--template", "一书两证", "--finish", "2032-01-05", "--apply")
    assert beyond.code == 3
    assert "超过办结时限 2031-12-31" in beyond.error
    assert xmh.json("task", "show", "金融文化中心")["points"] == []


@pytest.mark.usefixtures("service", "log")
def test_the_points_may_stop_at_a_node(xmh: CommandLine) -> None:
    xmh.json(*OPEN, "--lead", "gengxin")
    xmh.json(*WANTED, "--today", "2021-09-01", "--until", "支护图", "--apply")
    shown = xmh.json("task", "show", "金融文化中心")["points"]
    assert [p["text"] for p in shown] == ["场地勘察", "基坑支护施工图设计"]


@pytest.mark.usefixtures("service", "log")
def test_what_is_missing_or_unknown_is_one_line(xmh: CommandLine) -> None:
    xmh.json(*OPEN, "--lead", "gengxin")
    assert "--template" in xmh("plan", "schedule", "金融文化中心", "--finish", "2031-01-05").error
    assert xmh("plan", "schedule", "金融文化中心", "--template", "没有", "--finish", "2031-01-05").code == 4
    unknown = xmh(*WANTED[:5], "--node", "封顶", "--finish", "2031-01-05")
    assert unknown.code == 4
    assert "没有节点“封顶”" in unknown.error


def test_the_templates_are_listed_with_their_sources(xmh: CommandLine) -> None:
    found = xmh.json("plan", "templates")["templates"]
    assert [t["name"] for t in found] == ["一书两证", "房建开工"]
    assert "《行政许可法》第四十二条" in xmh("plan", "templates").out
