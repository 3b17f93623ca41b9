"""`task ask-back`: one line, an hour, and what the unit sees of it."""

from datetime import timedelta

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today

DUE = (office_today() + timedelta(days=60)).isoformat()


@pytest.fixture
def matter(xmh: CommandLine, service: None, log: Database) -> str:
    """A matter whose lead has reported nothing to speak of."""
    del service, log
    opening = ("task", "open", "--title", "金融文化中心建设", "--due", DUE, "--basis", "2022年工作计划")
    number: str = xmh.json(*opening, "--lead", "gengxin")["matter"]
    xmh.json("task", "accept", number, actor="li")
    xmh.json("task", "report", number, "--text", "正在推进", actor="li")
    return number


def test_a_returned_report_is_on_the_units_desk_until_it_is_given_again(xmh: CommandLine, matter: str) -> None:
    back = ("task", "ask-back", matter, "--reason", "不清楚", "--text", "做了什么、还差什么", "--until", "后天12:00")
    assert "understood" in xmh.json(*back)
    assert "退回原因：不清楚，做了什么、还差什么" in xmh("today", actor="li").out
    assert "重新反馈" in xmh("today").out, "and the office waits for it"
    shown = xmh.json("task", "show", matter)
    assert [(r["reason"], r["unit"]) for r in shown["returned_reports"]] == [("unclear", "gengxin")]
    assert "前重新反馈" in xmh("task", "show", matter).out
    again = xmh("task", "report", matter, "--text", "正在推进", actor="li")
    assert "与上一次反馈的文字雷同" in again.out
    assert "重新反馈" not in xmh("today", actor="li").out
    assert len(xmh.json("task", "show", matter)["returned_reports"]) == 1


def test_ten_wrong_ways_to_ask_back_are_a_line_each_and_leave_no_trace(
    xmh: CommandLine, matter: str, log: Database
) -> None:
    why, text = ("--reason", "不清楚"), ("--text", "还差什么")
    wrong: list[tuple[tuple[str, ...], str, int, str]] = [
        ((matter,), "office", 2, "--reason"),
        ((matter, *why), "office", 2, "--text"),
        ((matter, *why, "--text", " "), "office", 2, "--text"),
        (("99", *why, *text), "office", 4, "没有找到事项"),
        ((matter, "--reason", "不好", *text), "office", 2, "可填：不清楚、与上期雷同、无依据"),
        ((matter, *why, *text, "--until", "尽快"), "office", 2, "看不懂时间"),
        ((matter, *why, *text, "--until", "昨天12:00"), "office", 2, "须晚于现在"),
        ((matter, *why, *text, "--until", "2099-01-01"), "office", 2, "不延长时限"),
        ((matter, *why, *text), "li", 3, "由办公室督办员办理"),
        ((matter, *why, *text), "audit", 3, "只能查阅"),
    ]
    before = reading.stream_head(log, reading.find_matters(log, matter)[0].stream).version
    for words, actor, code, line in wrong:
        said = xmh("task", "ask-back", *words, actor=actor)
        assert (said.code, line in said.error) == (code, True), said
    assert reading.stream_head(log, reading.find_matters(log, matter)[0].stream).version == before
