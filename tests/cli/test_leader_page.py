"""`xmh leader`: a leader's page of what is his; two 牵头单位 are refused aloud."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.envelope import SYSTEM
from domain.office import Person, PersonRecorded
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from services.office_records import record_office_events
from tests.support.command_line import CommandLine
from tests.support.homes import at
from tests.support.office import office_today
from tests.support.streams import DIRECTORY_STREAM

DUE = (office_today() + timedelta(days=60)).isoformat()
OPEN = ("task", "open", "--due", DUE, "--basis", "2022年工作计划", "--lead", "gengxin")
URGENT = ("--urgency", "特急")
LEAD, ASSIST = "区城市更新和土地整备局", "区住房和建设局"


@pytest.mark.usefixtures("service")
def test_a_leader_sees_what_is_his_and_what_waits_for_him(xmh: CommandLine, log: Database, tmp_path: Path) -> None:
    second = PersonRecorded(person=Person(id="leader-2", name="郑八", unit="office", role=Role.LEADER))
    record_office_events(log, DIRECTORY_STREAM, [second], actor=SYSTEM, command_id="second", now=at("2021-01-04"))
    mine = xmh.json(*OPEN, "--title", "金融文化中心建设", "--leader", "吴七", "--leader", "郑八", *URGENT)["matter"]
    xmh.json(*OPEN, "--title", "国际演艺中心建设", "--leader", "郑八")
    for _ in range(3):
        xmh.json("task", "escalate", mine, "--reason", "久拖不决")
    paper = xmh.json("incoming", "register", "--from", "区委办", "--title", "来文")["paper"]
    xmh.json("incoming", "propose", paper, "--text", "拟请更新局")
    xmh.json("incoming", "submit", paper, "--to", "吴七")
    page = xmh.json("leader", "吴七")
    assert [(m["matter"], m["as"]) for m in page["matters"]] == [(mine, ["责任领导"])]
    assert [w["what"] for w in page["for_me"]] == ["已升级到分管领导，请协调推动"]
    assert page["incoming"][0]["waits"] == ["吴七批示或圈阅"]
    own = xmh.json("leader", actor="leader")
    assert own == page, "he need not say who he is"
    other = xmh.json("leader", "郑八")
    assert [m["as"] for m in other["matters"]] == [["分管领导"], ["责任领导"]]
    assert other["for_me"] == [], "it waits for the first who answers for it"
    assert [w["what"] for w in xmh.json("today", actor="leader")["for_me"]] == ["已升级到分管领导，请协调推动"]
    assert xmh.json("today", actor="leader-2")["for_me"] == []
    printed = tmp_path / "吴七.md"
    xmh.json("leader", "吴七", "-o", printed)
    assert "吴七同志分管督办事项" in printed.read_text()

    wrong: list[tuple[tuple[str | Path, ...], str, int, str]] = [
        (("leader",), "office", 2, "不是领导"),
        (("leader", "钱二"), "office", 2, "不是领导"),
        (("leader", "没有这人"), "office", 4, "没有这人"),
        (("leader", "吴七"), "li", 4, "由办公室和领导查阅"),
        (("leader", "吴七", "-o", tmp_path / "x.xls"), "office", 2, ".docx"),
        (("leader", "吴七", "郑八"), "office", 2, ""),
        ((*OPEN, "--title", "甲", "--lead", ASSIST), "office", 2, "只能有一个"),
        (("meeting", "decide", "1", "--lead", LEAD, "--lead", ASSIST), "office", 2, "写了两次"),
        (("task", "batch", mine, "--lead", LEAD, "--lead", ASSIST), "office", 2, "写了两次"),
        (("incoming", "assign", paper, "--lead", LEAD, "--lead", ASSIST), "office", 2, "写了两次"),
    ]
    before = reading.newest_event(log)
    for words, actor, code, line in wrong:
        said = xmh(*words, actor=actor)
        assert (said.code, line in said.error) == (code, True), (words, said)
    assert reading.newest_event(log) == before
