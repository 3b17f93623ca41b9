"""长期、定期 matters, 阶段目标 and ranges at the command line; the wrong ways to type them are a line each."""

from datetime import timedelta

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today

DUE = (office_today() + timedelta(days=60)).isoformat()
OPEN = ("task", "open", "--basis", "2022年工作计划", "--lead", "gengxin")
RANGE = "每日出土量;unit=立方米;range=4500–5000;per=日"


@pytest.fixture
def served(xmh: CommandLine, service: None, log: Database) -> CommandLine:
    """The command line with a worker behind it."""
    del service, log
    return xmh


def test_a_matter_without_an_end_runs_from_period_to_period_until_a_leader_ends_it(served: CommandLine) -> None:
    xmh = served
    opened = xmh(*OPEN, "--title", "每月安全巡查", "--period", "每月", "--indicator", RANGE)
    assert "每月评判，本期" in opened.out
    number = xmh.json("task", "list")["matters"][0]["matter"]
    xmh.json("task", "accept", number, actor="li")
    assert "每日出土量  尚未反馈" in xmh("task", "show", number).out
    xmh.json("task", "report", number, "--text", "已查", "--progress", "100", "--indicator", "1:4300", actor="li")
    shown = xmh.json("task", "show", number)
    # On the evening of a month's last day it is the next one that runs.
    assert (shown["period"], shown["periods"], shown["running_period"]) == ("month", [], shown["due"][:7])
    assert "指标“每日出土量”应在4500–5000立方米之间，实为4300立方米" in shown["light_reason"]
    told = xmh("task", "show", number).out
    assert "长期、定期：每月评判，本期" in told
    assert "最近4300立方米  应在4500–5000立方米之间，未达到" in told
    assert "长期事项，本期至" in xmh("ask", "安全巡查").out
    refused = xmh("task", "close", number, "--text", "查完了", actor="li")
    assert (refused.code, "只能由领导决定或会议议定结束" in refused.error) == (3, True)
    done = xmh.json("task", "close", number, "--text", "已建制度", "--by", "leader", "--paper", "阅〔2022〕9号")
    assert done["stage"] == "closed"
    year = xmh("briefing", "annual", "--year", f"{office_today():%Y}").out
    assert "按决定结束的长期、定期事项1件没有办结时限，不计按期、逾期和应办结。" in year
    unit = next(line for line in year.splitlines() if line.startswith("| 区城市更新和土地整备局"))
    assert [cell.strip() for cell in unit.split("|")[2:8]] == ["1", "1", "0", "0", "0", "—"], (
        "牵头、已销号、按期、逾期、应办结、率"
    )


def test_a_stage_waits_on_the_offices_desk_for_its_review(served: CommandLine) -> None:
    xmh = served
    opening = (*OPEN, "--title", "方案比选", "--due", DUE, "--point", "完成比选；阶段")
    number = xmh.json(*opening)["matter"]
    xmh.json("task", "accept", number, actor="li")
    xmh.json("task", "report", number, "--point", "1:100:已完成", actor="li")
    assert "审核阶段目标1：完成比选" in [m["what"] for m in xmh.json("today")["for_me"]]
    xmh.json("task", "point", "review", number, "1", "--return", "--text", "只有一个方案")
    assert "办好后重新反馈阶段目标1（审核退回）" in [m["what"] for m in xmh.json("today", actor="li")["for_me"]]
    assert "等区城市更新和土地整备局办好后重新反馈阶段目标1" in xmh("today").out
    assert "阶段目标，审核退回" in xmh("task", "show", number).out
    xmh.json("task", "report", number, "--point", "1:100:三个方案", actor="li")
    xmh.json("task", "point", number, "review", "1", "--approve")
    assert "阶段目标，审核通过" in xmh("task", "show", number).out


def test_the_wrong_ways_are_a_line_each_and_leave_no_trace(served: CommandLine, log: Database) -> None:
    xmh = served
    number = xmh.json(*OPEN, "--title", "方案比选", "--due", DUE, "--point", "完成比选；阶段", "--point", "其他")[
        "matter"
    ]
    month = xmh.json(*OPEN, "--title", "巡查", "--period", "每月")["matter"]
    new, review = (*OPEN[1:], "--title", "新的"), ("point", "review", number)
    wrong: list[tuple[tuple[str, ...], str, int, str]] = [
        ((*new, "--period", "每月", "--due", DUE), "office", 2, "请去掉 --due"),
        ((*new, "--period", "每天"), "office", 2, "可填：每周、每月、每季、每年、长期"),
        ((*new, "--period", "每月", "--parent", number), "office", 2, "不能作为分解事项"),
        ((*new, "--due", DUE, "--indicator", "出土;unit=方;range=5000-4500"), "office", 2, "应从小到大写"),
        ((*new, "--due", DUE, "--indicator", "出土;unit=方;range=4500"), "office", 2, "range=数-数"),
        ((*new, "--due", DUE, "--indicator", "出土;unit=方;range=1-2;max=3"), "office", 2, "range=数-数"),
        ((*new, "--due", DUE, "--indicator", "出土;unit=方;target=1;per=年"), "office", 2, "可填：日、周、月"),
        (("extend", month, "--to", DUE, "--reason", "雨"), "li", 3, "没有办结时限可改"),
        (("period", month, "--result", "完成"), "office", 2, "--reason"),
        (("period", month, "--result", "完成", "--reason", "迟报"), "office", 4, "还没有一期结束"),
        (("period", month, "2022-13", "--result", "做完", "--reason", "迟报"), "office", 2, "可填："),
        (("period", number, "--result", "完成", "--reason", "迟报"), "office", 3, "不是长期、定期事项"),
        (("period", month, "--result", "完成", "--reason", "迟报"), "li", 3, "单位人员不能办理"),
        (("close", month, "--text", "完", "--by", "li"), "office", 3, "只能由领导决定"),
        ((*review, "1"), "office", 2, "之一"),
        ((*review, "1", "--approve", "--return"), "office", 2, "之一"),
        ((*review, "1", "--approve"), "office", 3, "尚未反馈完成"),
        ((*review, "2", "--approve"), "office", 2, "不是阶段目标"),
        ((*review, "9", "--approve"), "office", 4, "没有第9个要点"),
        ((*review, "1", "--approve"), "li", 3, "单位人员不能办理"),
        ((*review, "1", "--approve"), "audit", 3, "只能查阅"),
    ]
    before = reading.newest_event(log)
    for words, actor, code, line in wrong:
        said = xmh("task", *words, actor=actor)
        assert (said.code, line in said.error) == (code, True), (words, said)
    assert reading.newest_event(log) == before
