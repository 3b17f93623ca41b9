"""Indicators on the command line: counts, rates, ceilings, and how far they are."""

import pytest

from cli.session import Problem
from cli.task.opening import new_indicator
from tests.support.command_line import CommandLine

OPEN = ("task", "open", "--title", "推进土石方外运", "--due", "2031-12-31", "--basis", "工作计划", "--lead", "gengxin")


@pytest.mark.usefixtures("service", "log")
def test_what_was_reached_stands_beside_what_is_wanted(xmh: CommandLine) -> None:
    dug, growth = "累计出土量;unit=万立方米;target=23;2021-06-30=10", "增加值增长；unit=%；target=6.8"
    number = xmh.json(*OPEN, "--indicator", dug, "--indicator", growth)["matter"]
    xmh.json("task", "accept", number, actor="li")
    xmh.json("task", "report", number, "--text", "报数", "--indicator", "1:8", "--indicator", "2:6.5", actor="li")
    first, second = xmh.json("task", "show", number)["indicators"]
    assert (first["reached"], first["wanted"], first["behind"]) == ("8万立方米", "10万立方米", True)
    assert (second["reached"], second["wanted"], second["behind"]) == ("6.5%", None, False)
    said = xmh("task", "show", number).out
    assert "1. 累计出土量  完成8万立方米  目标23万立方米，序时进度10万立方米，落后" in said
    assert "2. 增加值增长  完成6.5%  目标6.8%" in said
    assert "指标2：6.5" in said
    xmh.json("task", "report", number, "--text", "报数", "--indicator", "1:12", actor="li")
    assert "，达序" in xmh("task", "show", number).out
    assert "须是整数" in xmh("task", "report", number, "--text", "报数", "--indicator", "1:12.5", actor="li").error


def test_a_ceiling_and_decimals_are_read_as_written() -> None:
    made = new_indicator("失业率;unit=%;max=4.5;2022-06-30=4.75")
    assert (made.at_most, made.decimals, made.target) == (True, 2, 450)
    assert made.checkpoints[0].value == 475


@pytest.mark.parametrize(
    "text", ["甲;unit=个", "甲;target=3", ";unit=个;target=3", "甲;unit=个;target=三", "甲;unit=%;target=1.2345"]
)
def test_an_indicator_that_says_too_little_is_one_line(text: str) -> None:
    with pytest.raises(Problem, match="应写成"):
        new_indicator(text)
