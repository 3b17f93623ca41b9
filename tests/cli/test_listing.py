"""挂牌, 约谈 and 红黄牌 at the command line; the wrong ways to type them are a line each, and nothing is recorded."""

from datetime import timedelta

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today

DUE = (office_today() + timedelta(days=60)).isoformat()
BY = ("--by", "leader", "--paper", "阅〔2022〕9号")
ENTER = ("--reason", "久拖不决", "--exit-when", "完成土方外运")


@pytest.fixture
def matter(xmh: CommandLine, service: None, log: Database) -> str:
    """A matter that was accepted."""
    del service, log
    opening = ("task", "open", "--title", "金融文化中心建设", "--due", DUE, "--basis", "2022年工作计划")
    number: str = xmh.json(*opening, "--lead", "gengxin")["matter"]
    xmh.json("task", "accept", number, actor="li")
    return number


def test_a_listed_matter_stands_in_the_register_until_it_comes_off(xmh: CommandLine, matter: str) -> None:
    xmh.json("task", "listing", "enter", matter, *ENTER, *BY)
    xmh.json("task", "interview", matter, "--person", "head", "--text", "表态月底前完成")
    [line] = xmh.json("task", "listing", "list", actor="li")["listings"]
    assert (line["matter"], line["exit_when"], line["interviews"], line["left_on"]) == (matter, "完成土方外运", 1, None)
    assert xmh.json("task", "listing", "list", actor="zhao")["listings"] == []
    assert "完成土方外运" in xmh("task", "listing", "list").out
    told = xmh("task", "show", matter).out
    assert f"挂牌 {office_today()}（领导决定）：久拖不决；摘牌条件：完成土方外运" in told
    assert "约谈" in told
    refused = xmh("task", "close", matter, "--text", "完成", actor="li")
    assert (refused.code, "挂牌督办尚未摘牌" in refused.error) == (3, True)
    xmh.json("task", "listing", "leave", matter, "--met", *BY)
    assert xmh.json("task", "listing", "list")["listings"] == []
    assert len(xmh.json("task", "listing", "list", "--all")["listings"]) == 1
    xmh.json("task", "escalate", matter, "--reason", "久拖不决")
    assert xmh.json("task", "list")["matters"][0]["light_reason"].endswith("；已升至单位负责人")
    year = xmh("briefing", "annual", "--year", str(office_today().year)).out
    assert "挂牌督办1次" in year
    assert "约谈1次" in year


def test_the_wrong_ways_are_a_line_each_and_leave_no_trace(xmh: CommandLine, matter: str, log: Database) -> None:
    listing, talk, card = ("listing", "enter", matter), ("interview", matter), ("card", matter)
    wrong: list[tuple[tuple[str, ...], str, int, str]] = [
        ((*listing, *ENTER), "office", 3, "须由领导决定"),
        ((*listing, *ENTER), "li", 3, "须由办公室或领导决定"),
        ((*listing, "--reason", "拖", *BY), "office", 2, "--exit-when"),
        ((*listing, "--exit-when", "完成", *BY), "office", 2, "--reason"),
        ((*listing, *ENTER, "--by", "没有这人"), "office", 4, "没有这人"),
        (("listing", "enter", "99", *ENTER, *BY), "office", 4, "没有找到事项"),
        (("listing", "leave", matter, "--met", *BY), "office", 3, "没有挂牌督办"),
        ((*talk, "--text", "谈"), "office", 2, "--person"),
        ((*talk, "--person", "head"), "office", 2, "--text"),
        ((*talk, "--person", "没有这人", "--text", "谈"), "office", 4, "没有这人"),
        ((*talk, "--person", "zhao", "--text", "谈"), "office", 3, "不由该人员所在单位办理"),
        ((*talk, "--person", "head", "--person", "zhao", "--text", "谈"), "office", 2, "一个单位"),
        ((*talk, "--person", "head", "--text", "谈"), "li", 3, "须由办公室或领导决定"),
        ((*talk, "--person", "head", "--text", "谈", "--occurred", DUE), "office", 2, "还没有到"),
        ((*card, *BY), "office", 3, "现行督办规则没有红黄牌"),
        ((*card, "--card", "蓝牌", *BY), "office", 2, "可填：黄牌、红牌"),
        ((*card, "--reason", "拖", *BY), "office", 2, "--withdraw"),
        ((*card, "--withdraw", "1", *BY), "office", 2, "--reason"),
        ((*card, "--withdraw", "1", "--reason", "误发", *BY), "office", 4, "没有第1张"),
    ]
    before = reading.newest_event(log)
    for words, actor, code, line in wrong:
        said = xmh("task", *words, actor=actor)
        assert (said.code, line in said.error) == (code, True), (words, said)
    assert reading.newest_event(log) == before
