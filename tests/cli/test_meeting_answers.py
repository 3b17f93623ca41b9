"""A meeting as it is, typed: at short notice on a day off, its 回执 and 材料, what a matter does not allow."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from tests.recovery.chaos import away_from_midnight, later_today
from tests.support.command_line import CommandLine
from tests.support.office import office_today

LEAD = "区城市更新和土地整备局"


def next_saturday() -> date:
    day = office_today()
    return day + timedelta(days=(5 - day.weekday()) % 7 or 7)


@pytest.fixture
def soon(xmh: CommandLine, service: None) -> str:
    """A meeting called for in a moment, with one matter of 更新局 on its agenda."""
    away_from_midnight()
    due = (office_today() + timedelta(days=60)).isoformat()
    xmh.json("task", "open", "--title", "基坑渗水处置", "--basis", "任务清单", "--due", due, "--lead", LEAD)
    xmh.json("task", "accept", "1", actor="li")
    xmh.json("task", "point", "add", "1", "堵漏;due=" + due)
    starts = later_today(2)
    called = ("--at", f"{starts:%Y-%m-%dT%H:%M}", "--chair", "leader", "--emergency", "--reason", "基坑渗水")
    number = str(xmh.json("meeting", "schedule", "--series", "专题会议", *called)["meeting"])
    for _ in range(50):
        if xmh.json("meeting", "show", number)["stage"] == "frozen":
            break
    xmh.json("meeting", "agenda", number, "--add", "XMH-" + str(office_today().year) + "-001")
    return number


def test_an_emergency_meeting_with_replies_papers_and_a_point_moved(
    xmh: CommandLine, soon: str, tmp_path: Path, log: Database
) -> None:
    mine = [m["what"] for m in xmh.json("today", actor="li")["meetings"]]
    assert mine[0].startswith("报参会回执（")
    assert mine[1].startswith("报送“基坑渗水处置”的汇报材料（")
    waits = [m["what"] for m in xmh.json("today")["meetings"]]
    assert f"{LEAD}还没有回执" in waits
    assert "第1项议题还没有汇报材料" in waits
    paper = tmp_path / "汇报.pdf"
    paper.write_bytes(b"%PDF-1.4")
    xmh.json("meeting", "reply", soon, "--come", "李三", "--leave", "孙四;reason=出差;substitute=陈工", actor="li")
    xmh.json("meeting", "material", soon, "--item", "1", "--attach", paper, actor="li")
    assert xmh.json("today", actor="li")["meetings"] == []
    shown = xmh("meeting", "show", soon).out
    assert "临时召开理由：基坑渗水" in shown
    assert f"回执：{LEAD}  参会李三；孙四请假（出差），陈工代会" in shown
    assert "材料：基坑渗水处置" in shown
    lit = xmh.json("meeting", "agenda", soon)["items"][0]
    assert lit["light"] == "green"
    assert "绿灯，" in xmh("meeting", "agenda", soon).out

    xmh.json("meeting", "open", soon)
    xmh.json("meeting", "attend", soon, "--as-replied", "--present", "leader")
    decide = ("meeting", "decide", soon, "--item", "1", "--text", "抓紧")
    refused = xmh(*decide, "--outcome", "摘牌")
    assert (refused.code, "没有挂牌督办" in refused.error) == (3, True)
    day = (office_today() + timedelta(days=20)).isoformat()
    xmh.json(*decide, "--outcome", "限期", "--point", "1", "--due", day)
    xmh.json("task", "cancel", "1", "--reason", "并案", "--by", "leader", "--paper", "签批件")
    unfit = xmh("meeting", "minutes", soon, "--sign", "leader", "--yes")
    assert (unfit.code, "第1项（" in unfit.error) == (3, True)
    signed = xmh.json("meeting", "minutes", soon, "--sign", "leader", "--over-unfit", "照会议议定签发", "--yes")
    assert "**代会：**陈工代孙四" in signed["markdown"]
    assert "会议要求限期办理要点1，" in signed["markdown"]
    assert verify(log).ok


def test_wrong_ways_to_call_and_to_answer_are_a_line_each_and_leave_no_trace(
    xmh: CommandLine, soon: str, tmp_path: Path, log: Database
) -> None:
    paper = tmp_path / "汇报.pdf"
    paper.write_bytes(b"%PDF-1.4")
    saturday = f"{next_saturday()}T09:30"
    schedule = ("schedule", "--series", "专题会议", "--at", saturday)
    off = [] if reading.rulebook(log).calendar.is_workday(next_saturday()) else [1]
    wrong: list[tuple[tuple[str | Path, ...], str, int, str]] = [
        *([(schedule, "office", 3, "写明理由（--reason）")] if off else []),
        ((*schedule, "--emergency"), "office", 3 if off else 2, "理由"),
        ((*schedule, "--reason", "x", "--materials-by", f"{next_saturday()}T10:30"), "office", 2, "晚于开会时间"),
        (("reply", soon), "li", 2, "须写明参会人员"),
        (("reply", soon, "--come", "钱二"), "office", 2, "--unit"),
        (("reply", soon, "--leave", "孙四"), "li", 2, "reason=事由"),
        (("reply", soon, "--leave", "孙四;reason=出差;sub=陈工"), "li", 2, "应写成"),
        (("reply", soon, "--leave", "孙四、李三;reason=出差"), "li", 2, "一人一条"),
        (("reply", soon, "--leave", "孙四;reason=出差;substitute=陈工、王工"), "li", 2, "一人一条"),
        (("reply", soon, "--come", "李三、李三", "--leave", "李三;reason=病"), "li", 2, "写了两次"),
        (("reply", soon, "--unit", "区住房和建设局", "--come", "李三"), "li", 3, "不能代其他单位"),
        (("reply", "99", "--come", "李三"), "li", 4, "没有找到会议"),
        (("reply", soon, "--come", "李三", "--via", "传真"), "li", 2, "可填"),
        (("reply", soon, "--come", "李三", "--unit", LEAD), "office", 2, "怎样收到的（--via"),
        (("reply", soon, "--come", "吴七"), "li", 2, "请由该单位回执"),
        (("reply", soon, "--leave", "李三;reason=病;substitute=吴七"), "li", 2, "请由该单位回执"),
        (("reply", soon, "--come", "李三", "--leave", "李三;reason=病"), "li", 2, "错误：李三 在回执里写了两次"),
        (("material", soon, "--item", "1"), "li", 2, "--attach"),
        (("material", soon, "--item", "7", "--attach", paper), "li", 4, "没有第7项"),
        (("material", soon, "--item", "1", "--attach", paper), "zhao", 3, "不由本单位汇报"),
        (("material", soon, "--item", "1", "--attach", tmp_path / "没有.pdf"), "li", 4, "没有.pdf"),
        (("attend", soon, "--as-replied"), "office", 2, "没有回执"),
        (("minutes", soon, "--over-unfit", "x"), "office", 2, "--sign"),
    ]
    before = reading.newest_event(log)
    for words, actor, code, line in wrong:
        said = xmh("meeting", *words, actor=actor)
        assert (said.code, line in said.error) == (code, True), (words, said)
    assert reading.newest_event(log) == before


def test_papers_for_what_the_log_proposes_come_from_who_leads_it(
    xmh: CommandLine, service: None, tmp_path: Path, log: Database
) -> None:
    due = (office_today() + timedelta(days=90)).isoformat()
    xmh.json("task", "open", "--title", "基坑渗水处置", "--basis", "任务清单", "--due", due, "--lead", LEAD)
    xmh.json("task", "accept", "1", actor="li")
    xmh.json("task", "coordinate", "1", "--with", "区住房和建设局", "--text", "请协调管线迁改", actor="li")
    starts = f"{reading.rulebook(log).calendar.add_workdays(office_today(), 15)}T09:30"
    answer = xmh("meeting", "schedule", "--series", "月度指挥部会议", "--at", starts)
    assert "即" not in answer.error, "what was written out needs no echo"
    said = xmh("meeting", "move", "1", "--at", f"{starts[:10]}上午10点", "--reason", "场地")
    assert "10:00" in said.error + said.out, "and what was said is echoed by the office's clock"
    paper = tmp_path / "汇报.pdf"
    paper.write_bytes(b"%PDF-1.4")
    handed = ("meeting", "material", "1", "--item", "1", "--attach", paper)
    foreign = xmh(*handed, actor="zhao")
    assert (foreign.code, "不由本单位汇报" in foreign.error) == (3, True)
    xmh.json(*handed, actor="li")
