"""`task leaders`: in order, found by `list --leader`; ten wrong ways are a line each."""

from datetime import timedelta

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today

DUE = (office_today() + timedelta(days=60)).isoformat()
OPEN = ("task", "open", "--title", "金融文化中心建设", "--due", DUE, "--basis", "2022年工作计划", "--lead", "gengxin")


@pytest.mark.usefixtures("service")
def test_leaders_are_set_found_and_shown_and_wrong_ways_leave_no_trace(xmh: CommandLine, log: Database) -> None:
    matter = xmh.json(*OPEN)["matter"]
    stream = reading.find_matters(log, matter)[0].stream
    before = reading.stream_head(log, stream).version
    wrong: list[tuple[tuple[str, ...], str, int, str]] = [
        ((matter,), "office", 2, "--leader"),
        (("99", "--leader", "leader"), "office", 4, "没有找到事项"),
        ((matter, "--leader", "没有这人"), "office", 4, "没有这人"),
        ((matter, "--leader", ""), "office", 4, "通讯录里没有"),
        ((matter, "--leader", "li"), "office", 2, "不是领导"),
        ((matter, "--leader", "leader", "--leader", "吴七"), "office", 2, "写了两次"),
        ((matter, "--leader", "leader"), "li", 3, "须由办公室或领导"),
        ((matter, "--leader", "leader"), "audit", 3, "只能查阅"),
        ((matter, "--leader", "leader", "--paper", "文号"), "office", 2, "--by"),
        ((matter, "--leader", "leader", "--by", "没有这人"), "office", 4, "没有这人"),
    ]
    for words, actor, code, line in wrong:
        said = xmh("task", "leaders", *words, actor=actor)
        assert (said.code, line in said.error) == (code, True), said
    assert reading.stream_head(log, stream).version == before
    assert xmh.json("task", "list", "--leader", "吴七")["matters"] == []
    xmh.json("task", "leaders", matter, "--leader", "吴七")
    assert [m["matter"] for m in xmh.json("task", "list", "--leader", "吴七")["matters"]] == [matter]
    assert "责任领导：吴七" in xmh("task", "show", matter).out
    assert xmh("task", "leaders", matter, "--leader", "leader").code == 3, "nothing would change"
