"""A unit that is left without a 联络员 is named where it comes about, and in what the office looks at."""

import asyncio
from pathlib import Path

import pytest

from services.doctor.examination import examine
from settings import Settings
from tests.cli.conftest import Sheets
from tests.support.command_line import CommandLine

OPEN = ("task", "open", "--basis", "会议", "--due", "2099-03-31", "--title", "泵站检修", "--lead", "shuiwu")
UNITS = (("编号", "名称", "层级", "督办对象"), ("shuiwu", "区水务局", "区", "是"))
HEADS = ("编号", "姓名", "单位", "角色", "手机")
TOGETHER = (
    HEADS,
    ("g1", "安全员", "shuiwu", "security", None),
    ("w1", "甲某", "shuiwu", "head", None),
    ("w2", "乙某", "shuiwu", "liaison", None),
)
LINE = "区水务局没有联络员，通知由负责人甲某收；请登记一位"
pytestmark = pytest.mark.usefixtures("service")


@pytest.fixture
def shuiwu(xmh: CommandLine, sheets: Sheets) -> str:
    """A unit with a 负责人 and a 联络员, and its matter."""
    told = xmh.json("org", "import", sheets({"单位": UNITS, "人员": TOGETHER}))
    assert told["without_liaison"] == []
    number: str = xmh.json(*OPEN)["matter"]
    return number


def doctored(home: Path) -> list[str]:
    found = asyncio.run(examine(Settings(home=home)))
    assert "no_liaison" not in [p.code for p in found.problems]
    return [n.message for n in found.notices if n.code == "no_liaison"]


def test_a_change_of_role_names_the_unit_it_leaves_without_one(xmh: CommandLine, shuiwu: str, home: Path) -> None:
    assert doctored(home) == []
    assert xmh.json("today")["without_liaison"] == []
    told = xmh("access", "role", "w2", "head", "-y", actor="g1")
    assert LINE.replace("甲某", "甲某、乙某") in told.out
    said = "区水务局没有联络员（在办1件），通知由负责人甲某、乙某收；请登记一位"
    assert doctored(home) == [said]
    assert [w["line"] for w in xmh.json("today")["without_liaison"]] == [said]
    assert "没有联络员（1）" in xmh("today").out
    assert shuiwu in xmh.json("today")["without_liaison"][0]["matters"]
    assert xmh.json("access", "role", "w2", "liaison", actor="g1")["without_liaison"] == []
    assert doctored(home) == []


def test_a_directory_that_makes_the_last_one_something_else_says_so(
    xmh: CommandLine, shuiwu: str, sheets: Sheets
) -> None:
    changed = (*TOGETHER[:3], ("w2", "乙某", "shuiwu", "head", None))
    trial = xmh("org", "import", sheets({"单位": UNITS, "人员": changed}), "--dry-run")
    assert "区水务局没有联络员，通知由负责人甲某、乙某收" in trial.out
    told = xmh.json("org", "import", sheets({"单位": UNITS, "人员": changed}))
    assert [(one["unit"], one["heads"]) for one in told["without_liaison"]] == [("shuiwu", ["甲某", "乙某"])]


def test_who_leaves_as_the_last_one_is_told_once(xmh: CommandLine, shuiwu: str) -> None:
    told = xmh("org", "leave", "w2", "-y").out
    assert told.count("没有联络员") == 1
    assert LINE in told
    alone = xmh("org", "leave", "w1", "-y").out
    assert "没有联络员和负责人" in alone, "nobody is told any more"
