"""`xmh assess`: told, appealed against, settled; the wrong ways to type it are a line each, and nothing is recorded."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain import commands as c
from eventlog import reading
from eventlog.database import Database
from tests.support.clock import open_log
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, SECOND, office_today, opening

DAY = office_today() - timedelta(days=1)
BY = ("--by", "leader", "--paper", "阅〔2022〕9号")


@pytest.fixture
def told(xmh: CommandLine, log: Database) -> CommandLine:
    """The command line, a matter of 区更新局 closed in time some days ago."""
    began = at(max(DAY - timedelta(days=3), DAY.replace(month=1, day=1)).isoformat())
    act(log, "matter/a", opening(due=DAY), OFFICE, began)
    act(log, "matter/a", c.AcceptReceipt(), LIAISON, began)
    act(log, "matter/a", c.RequestClosure(text="完成"), LIAISON, began)
    act(log, "matter/a", c.ReviewClosure(approve=True), SECOND, began)
    log.close()
    return xmh


def test_a_unit_looks_at_its_score_appeals_and_reads_the_answer(told: CommandLine) -> None:
    xmh = told
    opened = xmh.json("assess", "open", DAY.isoformat())
    assert (opened["assessment"], opened["settled"]) == (DAY.isoformat(), False)
    [mine] = xmh.json("today", actor="li")["assessments"]
    assert "请核对本单位得分" in mine["what"]
    assert xmh.json("assess", "show", actor="li")["scores"][0]["frozen"] == 2
    assert xmh("assess", "show", actor="zhao").code == 4
    xmh.json("assess", "appeal", "--text", "还应加分", actor="li")
    assert "答复第1项申诉" in xmh.json("today")["assessments"][0]["what"]
    xmh.json("assess", "answer", "1", "--upheld", "--points", "1", "--text", "属实", *BY)
    xmh.json("assess", "adjust", "--unit", "gengxin", "--points", "-2", "--reason", "迟报材料", *BY)
    [score] = xmh.json("assess", "show")["scores"]
    assert (score["frozen"], score["total"]) == (2, 1)
    page = xmh("assess", "print", "gengxin", actor="li").out
    assert all(words in page for words in ("还应加分", "成立：属实", "迟报材料", "不作排名"))
    assert "按名录顺序，不排名" in xmh("assess", "show").out
    assert xmh.json("audit", "verify")["ok"]


def test_the_wrong_ways_are_a_line_each_and_leave_no_trace(told: CommandLine, home: Path, tmp_path: Path) -> None:
    xmh = told
    missing = xmh("assess", "show")
    assert (missing.code, "还没有考核" in missing.error) == (4, True)
    xmh.json("assess", "open", DAY.isoformat())
    adjust = ("adjust", "--unit", "gengxin", "--points", "2", "--reason", "好")
    use = ("use", "--unit", "gengxin", "--use", "表扬", "--text", "好")
    wrong: list[tuple[tuple[str | Path, ...], str, int, str]] = [
        (("open", DAY.isoformat()), "office", 3, "不再重算"),
        (("open", office_today().isoformat()), "office", 2, "还没有过完"),
        (("open", "前几天"), "office", 2, "看不懂日期"),
        (("open", "昨天"), "li", 3, "须由办公室督办员办理"),
        (adjust, "office", 3, "须由领导批准"),
        ((*adjust[:3], *adjust[5:], *BY), "office", 2, "--points"),
        ((*adjust[:4], "0", *adjust[5:], *BY), "office", 2, "不能是 0"),
        ((*adjust[:4], "500", *adjust[5:], *BY), "office", 2, "最多100分"),
        ((*adjust[:5], *BY), "office", 2, "--reason"),
        (("adjust", "--unit", "zhujian", *adjust[3:], *BY), "office", 3, "不在"),
        ((*adjust, "--key", "2020-01-01", *BY), "office", 4, "没有截至 2020-01-01 的考核"),
        (("appeal", "--text", "不服"), "office", 3, "由被考核单位提出"),
        (("appeal", "--text", "不服"), "zhao", 3, "不在"),
        (("appeal",), "li", 2, "--text"),
        (("answer", "1", "--text", "属实", *BY), "office", 2, "--upheld"),
        (("answer", "1", "--upheld", "--points", "1", "--text", "属实", *BY), "office", 4, "没有第1项申诉"),
        (("settle", *BY), "office", 3, "未过，不能定稿"),
        ((*use, *BY), "office", 3, "尚未定稿"),
        ((*use[:4], "排名", *use[5:], *BY), "office", 2, "可填：表扬"),
        (("print", "gengxin"), "zhao", 4, "不是本单位"),
        (("print", "gengxin", "-o", tmp_path / "表.xls"), "office", 2, "应是"),
    ]
    with open_log(f"sqlite:///{home / 'events.db'}") as log:
        before = reading.newest_event(log)
        for words, actor, code, line in wrong:
            said = xmh("assess", *words, actor=actor)
            assert (said.code, line in said.error) == (code, True), (words, said)
        assert reading.newest_event(log) == before
