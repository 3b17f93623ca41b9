"""人大建议、群众诉求 … at the command line; the wrong ways to type them are a line each, and nothing is recorded."""

from datetime import timedelta

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today

DUE = (office_today() + timedelta(days=60)).isoformat()
OPEN = ("task", "open", "--lead", "gengxin", "--title", "增设口袋公园")
PROPOSAL = ("--origin", "人大建议", "--origin-no", "第31号", "--asker", "张代表")


@pytest.fixture
def served(xmh: CommandLine, service: None, log: Database) -> CommandLine:
    """The command line with a worker behind it."""
    del service, log
    return xmh


def test_a_proposal_is_answered_rated_and_done_again_until_its_deputy_is_satisfied(served: CommandLine) -> None:
    xmh = served
    opened = xmh(*OPEN, *PROPOSAL)
    assert "按默认时限计算：人大建议（默认规则）" in opened.out
    number = xmh.json("task", "list", "--source", "人大建议")["matters"][0]["matter"]
    xmh.json("task", "accept", number, actor="li")
    xmh.json("task", "close", number, "--text", "已答复", actor="li")
    assert "征求提出人满意度（人大建议第31号）" in [m["what"] for m in xmh.json("today")["for_me"]]
    stranger = xmh("task", "rate", number, "--asker", "路人", "--rating", "满意")
    assert (stranger.code, "不是" in stranger.error) == (3, True)
    again = xmh.json("task", "rate", number, "--asker", "张代表", "--rating", "不满意", "--text", "没有时间表")
    assert again["stage"] == "in_progress"
    xmh.json("task", "close", number, "--text", "已排定时间表", actor="li")
    xmh.json("task", "rate", number, "--asker", "张代表", "--rating", "满意")
    xmh.json("task", "review", number, "--approve", actor="office-2")
    told = xmh("task", "show", number).out
    assert "来件：人大建议第31号  提出人：张代表" in told
    assert "张代表：不满意，没有时间表" in told
    year = xmh("briefing", "annual", "--year", str(office_today().year)).out
    assert "| 人大建议 | 1 | 1 | 1 | 0 | 1 | 1 |" in year


def test_who_raised_it_in_secret_rates_it_under_the_same_seal(served: CommandLine) -> None:
    xmh = served
    number = xmh.json(*OPEN, *PROPOSAL, "--secret")["matter"]
    xmh.json("task", "accept", number, actor="li")
    xmh.json("task", "close", number, "--text", "已答复", actor="li")
    assert "张代表" not in xmh("task", "show", number, actor="audit").out
    assert xmh("task", "rate", number, "--asker", "路人", "--rating", "满意").code == 3
    xmh.json("task", "rate", number, "--asker", "张代表", "--rating", "满意")
    assert "张代表：满意" in xmh("task", "show", number).out


def test_the_wrong_ways_are_a_line_each_and_leave_no_trace(served: CommandLine, log: Database) -> None:
    xmh = served
    number = xmh.json(*OPEN, *PROPOSAL)["matter"]
    new, rate = ("open", "--title", "新的", "--lead", "gengxin"), ("rate", number)
    rated = ("--asker", "张代表", "--rating", "满意")
    wrong: list[tuple[tuple[str, ...], str, int, str]] = [
        ((*new, "--origin", "市长信箱", "--origin-no", "1", "--asker", "张"), "office", 2, "现有：人大建议"),
        ((*new, "--origin", "人大建议", "--asker", "张"), "office", 2, "--origin-no"),
        ((*new, "--origin", "人大建议", "--origin-no", "1"), "office", 2, "须写明提出人"),
        ((*new, "--basis", "计划", "--due", DUE, "--asker", "张"), "office", 2, "须与 --origin 一起"),
        ((*rate, *rated), "office", 3, "还没有办结答复"),
        ((*rate, "--rating", "满意"), "office", 2, "--asker"),
        ((*rate, "--asker", "张代表"), "office", 2, "--rating"),
        ((*rate, "--asker", "张代表", "--rating", "还行"), "office", 2, "可填：满意、基本满意、不满意"),
        ((*rate, "--asker", "路人", "--rating", "满意"), "office", 3, "不是"),
        ((*rate, *rated), "li", 3, "单位人员不能办理"),
        ((*rate, *rated), "audit", 3, "只能查阅"),
        (("rate", "99", *rated), "office", 4, "没有找到事项"),
    ]
    before = reading.newest_event(log)
    for words, actor, code, line in wrong:
        said = xmh("task", *words, actor=actor)
        assert (said.code, line in said.error) == (code, True), (words, said)
    assert reading.newest_event(log) == before
