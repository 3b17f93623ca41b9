"""批示件 typed: from 收文 to the answer to who instructed, on a real server; and the wrong ways to type it."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.calendar import months_later
from domain.envelope import SYSTEM
from domain.office import Person, PersonRecorded
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.office_records import record_office_events
from tests.support.command_line import CommandLine
from tests.support.homes import at
from tests.support.office import office_today
from tests.support.streams import DIRECTORY_STREAM

LEAD, ASSIST = "区城市更新和土地整备局", "区住房和建设局"
REGISTER = ("incoming", "register", "--from", "市规划和自然资源局", "--title", "关于香蜜湖北区控规调整的请示")
WORDS = "请更新局抓紧研究控规调整"
SECOND = Person(id="leader-2", name="郑八", unit="office", role=Role.LEADER)


@pytest.fixture(autouse=True)
def _two_leaders(log: Database) -> None:
    second = PersonRecorded(person=SECOND)
    record_office_events(log, DIRECTORY_STREAM, [second], actor=SYSTEM, command_id="second", now=at("2021-01-04"))


@pytest.fixture
def paper(xmh: CommandLine) -> str:
    """A paper that the office has submitted to two leaders, in order."""
    number = str(xmh.json(*REGISTER, "--from-no", "深规划资源〔2026〕12号", "--urgency", "加急")["paper"])
    xmh.json("incoming", "propose", number, "--text", "拟请更新局牵头研究")
    xmh.json("incoming", "submit", number, "--to", "吴七", "--to", "郑八")
    return number


def test_a_paper_goes_from_its_registration_to_the_answer_to_who_instructed(
    xmh: CommandLine, service: None, paper: str, log: Database, tmp_path: Path
) -> None:
    day = office_today()
    assert paper == f"收〔{day.year}〕1号"
    [mine] = xmh.json("today", actor="leader")["incoming"]
    assert (mine["paper"], mine["what"]) == (paper, "吴七批示或圈阅")
    assert xmh.json("today", actor="leader-2")["incoming"] == [], "not his turn yet"

    given = xmh.json("incoming", "instruct", paper, "--by", "吴七", "--text", WORDS, "--paper", "签批件")
    assert given["due"] >= (day + timedelta(days=5)).isoformat(), "加急 5 days, or the next working day"
    xmh.json("incoming", "seen", paper, actor="leader-2")
    one = xmh.json("incoming", "assign", paper, "--lead", LEAD, "--assist", ASSIST)["matter"]
    two = xmh.json("incoming", "assign", paper, "--lead", ASSIST, "--title", "控规调整公示")["matter"]
    shown = xmh.json("incoming", "show", paper)
    [instruction] = shown["given"]
    assert [m["matter"] for m in instruction["matters"]] == [one, two], "one instruction opens several"
    assert (instruction["text"], instruction["report_due"]) == (WORDS, months_later(day, 1).isoformat())
    matter = xmh.json("task", "show", one)
    assert (matter["rhythm"], matter["due"]) == ("monthly", given["due"])
    assert (matter["basis"]["kind"], matter["basis"]["no"], matter["carries"]) == (
        "instruction",
        paper,
        [{"number": paper, "no": 1}],
    )
    assert f"承办批示：{paper}第1条" in xmh("task", "show", one).out
    assert WORDS in xmh("task", "show", one, actor="li").out, "who handles it may read it"
    xmh.json("incoming", "report", paper, "--text", "已组织两次研究")
    [going_on] = xmh.json("audit", "unanswered")["instructions"]
    assert (going_on["paper"], going_on["explanation"]) == (paper, f"由{one}、{two}办理中")

    refused = xmh("incoming", "finish", paper, "--text", "已办结")
    assert (refused.code, one in refused.error) == (3, True), "its matters are open"
    for number, who in ((one, "li"), (two, "zhao")):
        xmh.json("task", "accept", number, actor=who)
        xmh.json("task", "report", number, "--text", "方案已报批", "--progress", "100", actor=who)
        xmh.json("task", "close", number, "--text", "完成", actor=who)
        xmh.json("task", "review", number, "--approve", actor="office-2")
    xmh.json("task", "review", one, "--mark", "同意", actor="leader")
    xmh.json("task", "cancel", two, "--reason", "并入控规调整一并公示", "--by", "吴七", "--paper", "签批件")
    reported = xmh.json("incoming", "finish", paper, "--text", "控规调整方案已报批")
    assert reported["next"] == ["吴七审阅第1条批示的报结"], "he has not said so of the second matter"
    back = xmh.json("incoming", "mark", paper, "--mark", "继续办理", "--text", "公示还没有做", actor="leader")
    assert back["stage"] == "handling"
    xmh.json("incoming", "finish", paper, "--text", "已公示")
    assert xmh.json("incoming", "mark", paper, "--mark", "同意", actor="leader")["stage"] == "done"
    assert xmh.json("incoming", "archive", paper)["stage"] == "filed"
    assert verify(log).ok

    assert xmh.json("audit", "unanswered")["instructions"] == []
    year = xmh("briefing", "annual", "--year", str(day.year)).out
    assert "全年登记来文1件，领导批示1条、圈阅1次；批示已办结1条，其中按期报结1条。" in year
    sheet = tmp_path / "办理单.md"
    xmh.json("incoming", "form", paper, "-o", sheet)
    text = sheet.read_text()
    for said in (paper, "拟请更新局牵头研究", "吴七→郑八", WORDS, "圈阅", one, "加急"):
        assert said in text, said
    report = xmh("incoming", "form", paper, "--kind", "办理情况报告").out
    assert "吴七" in report
    assert "控规调整公示" in report
    hidden = xmh("incoming", "form", paper, actor="audit").out
    assert WORDS not in hidden


def test_one_matter_carries_several_instructions_and_leaders_who_saw_its_end_are_not_asked_again(
    xmh: CommandLine, service: None, paper: str
) -> None:
    xmh.json("incoming", "instruct", paper, "--by", "吴七", "--text", WORDS)
    xmh.json("incoming", "instruct", paper, "--by", "郑八", "--text", "同意，一个月内报方案", "--due", "年底")
    one = xmh.json("incoming", "assign", paper, "--no", "1", "--lead", LEAD)["matter"]
    carried = xmh.json("incoming", "assign", paper, "--no", "2", "--matter", one)
    assert carried["matter"] == one
    assert [c["no"] for c in xmh.json("task", "show", one)["carries"]] == [1, 2]
    twice = xmh("incoming", "assign", paper, "--no", "2", "--matter", one)
    assert (twice.code, "已在办理这条批示" in twice.error) == (3, True)
    xmh.json("task", "accept", one, actor="li")
    xmh.json("task", "report", one, "--text", "方案已报批", "--progress", "100", actor="li")
    xmh.json("task", "close", one, "--text", "完成", actor="li")
    xmh.json("task", "review", one, "--approve", actor="office-2")
    assert "报原批示领导审阅（2位中0位已审阅）" in xmh("today").out
    early = xmh("task", "review", one, "--mark", "同意", actor="leader-2")
    assert (early.code, "还没有轮到" in early.error) == (3, True)
    xmh.json("task", "review", one, "--mark", "圈阅", actor="leader")
    assert one in xmh("today", actor="leader-2").out
    assert xmh.json("task", "review", one, "--mark", "同意", actor="leader-2")["stage"] == "closed"
    for no in ("1", "2"):
        spared = xmh("incoming", "finish", paper, "--no", no, "--text", "方案已报批")
        assert "不必再审" in spared.out


def test_a_number_is_never_used_again_and_one_paper_is_registered_once(xmh: CommandLine) -> None:
    no = ("--from-no", "深规划资源〔2026〕12号")
    first = xmh.json(*REGISTER, *no)["paper"]
    again = xmh(*REGISTER, "--from-no", "深规划资源〔2026〕１２号")
    assert (again.code, f"{first} 已登记过" in again.error) == (3, True)
    typed = xmh(*REGISTER, "--from-no", "深规划资源[2026] 12号")
    assert (typed.code, f"{first} 已登记过" in typed.error) == (3, True), "however its brackets are typed"
    xmh.json("incoming", "void", first, "--reason", "登记错了")
    second = xmh.json(*REGISTER, *no)["paper"]
    listed = xmh.json("incoming", "list")["papers"]
    assert [(p["paper"], p["stage"]) for p in listed] == [(first, "void"), (second, "registered")]
    assert [first[-2], second[-2]] == ["1", "2"]


def test_an_instruction_outlives_its_matter_and_its_leader(xmh: CommandLine, service: None, paper: str) -> None:
    said = ("incoming", "instruct", paper, "--by", "吴七", "--text", WORDS)
    xmh.json(*said, "--command-id", "instruct-0001")
    xmh.json(*said, "--command-id", "instruct-0001")
    twice = xmh(*said)
    assert (twice.code, "第1条批示已录入吴七的这段话" in twice.error) == (3, True), "a colleague had typed it"
    once = xmh.json("incoming", "assign", paper, "--lead", LEAD)["matter"]
    far = (office_today() + timedelta(days=90)).isoformat()
    later = xmh.json("incoming", "assign", paper, "--lead", LEAD, "--title", "后续", "--due", far)
    assert any("晚于" in line and "第1条批示的时限" in line for line in later["advice"])
    xmh.json("task", "cancel", later["matter"], "--reason", "立错了", "--by", "吴七", "--paper", "签批件")
    assert xmh.json("incoming", "assign", paper, "--lead", LEAD)["matter"] == once, "the same thing is opened once"
    xmh.json("task", "cancel", once, "--reason", "立错了", "--by", "吴七", "--paper", "签批件")
    [owed] = [one for one in xmh.json("incoming", "show", paper)["next"] if one.startswith("第1条")]
    assert "交办，或办完报结" in owed, "nobody is working on it"
    anew = xmh.json("incoming", "assign", paper, "--lead", LEAD)["matter"]
    assert anew != once, "what was withdrawn is not handed over again as if it went on"
    assert f"{paper}  呈批和批示" in xmh("org", "duties", "吴七").out
    left = xmh("org", "leave", "吴七", "-y")
    assert f"{paper}  呈批和批示" in left.out
    assert xmh("org", "leave", "吴七", "-y").code == 3
    assert xmh.json("org", "leave", "吴七", "--successor", "郑八")["incoming"] == [paper], "handed over afterwards"
    assert xmh.json("task", "cancel", anew, "--reason", "并办", "--by", "郑八", "--paper", "签批件")["stage"]
    xmh.json("incoming", "seen", paper, actor="leader-2")
    xmh.json("incoming", "finish", paper, "--text", "已办")
    assert xmh.json("incoming", "mark", paper, "--mark", "同意", actor="leader-2")["stage"] == "done"


def test_what_is_said_of_a_work_secret_is_sealed_without_being_asked(xmh: CommandLine, home: Path) -> None:
    number = xmh.json(*REGISTER, "--secrecy", "工作秘密", "--text", "摘要甲乙丙丁")["paper"]
    xmh.json("incoming", "propose", number, "--text", "拟办戊己庚辛")
    stored = (home / "events.db").read_bytes()
    for path in home.glob("events.db*"):
        stored += path.read_bytes()
    assert "摘要甲乙丙丁".encode() not in stored
    assert "拟办戊己庚辛".encode() not in stored
    assert xmh.json("incoming", "show", number)["summary"] == "摘要甲乙丙丁"
    assert "甲乙丙丁" not in xmh("incoming", "show", number, actor="audit").out


def test_wrong_ways_to_type_it_are_a_line_each_and_leave_no_trace(
    xmh: CommandLine, paper: str, log: Database, tmp_path: Path
) -> None:
    tomorrow = (office_today() + timedelta(days=1)).isoformat()
    empty = tmp_path / "空.pdf"
    empty.touch()
    new = REGISTER[1:]
    wrong: list[tuple[tuple[str | Path, ...], str, int, str]] = [
        (("register", "--title", "只有标题"), "office", 2, "来文单位"),
        ((*new, "--secrecy", "机密★10年"), "office", 3, "国家秘密"),
        ((*new, "--secrecy", "普通"), "office", 2, "可填：无、内部、工作秘密"),
        ((*new, "--received", tomorrow), "office", 2, "还没有到"),
        ((*new, "--attach", empty), "office", 2, "空文件"),
        (new, "li", 4, "由办公室和领导查阅"),
        (new, "audit", 3, "只能查阅"),
        (("show", "收〔2020〕9号"), "office", 4, "请先收文登记"),
        (("instruct", "没有来文", "--by", "吴七", "--text", "x"), "office", 4, "请先收文登记"),
        (("instruct", paper, "--text", "批示"), "office", 3, "由领导本人作出"),
        (("instruct", paper, "--by", "钱二", "--text", "批示"), "office", 3, "由领导本人作出"),
        (("instruct", paper, "--by", "郑八", "--text", "批示"), "office", 3, "按呈批次序还没有轮到"),
        (("instruct", paper, "--by", "吴七", "--text", "批示", "--due", "2021-01-05"), "office", 2, "早于批示日期"),
        (("instruct", paper, "--by", "吴七", "--text", "批示", "--on", tomorrow), "office", 2, "还没有到"),
        (("instruct", paper, "--by", "吴七", "--text", "  "), "office", 2, "批示内容"),
        (("submit", paper), "office", 2, "--to"),
        (("submit", paper, "--to", "李三"), "office", 2, "不是领导"),
        (("submit", paper, "--to", "郑八"), "office", 2, "须说明理由"),
        (("submit", paper, "--to", "郑八", "--to", "郑八", "--reason", "x"), "office", 2, "写了两次"),
        (("assign", paper, "--lead", LEAD), "office", 3, "圈阅不是批示"),
        (("assign", paper, "--no", "3", "--lead", LEAD), "office", 4, "没有第3条"),
        (("finish", paper, "--text", "完"), "office", 3, "没有领导批示"),
        (("extend", paper, "--to", tomorrow, "--reason", "x", "--by", "吴七"), "office", 3, "没有领导批示"),
        (("extend", paper, "--no", "1", "--to", tomorrow, "--reason", "x", "--by", "吴七"), "office", 4, "没有第1条"),
        (("extend", paper, "--no", "1", "--to", tomorrow, "--reason", "x"), "office", 3, "由领导本人作出"),
        (("extend", paper, "--no", "1", "--to", tomorrow, "--reason", "x"), "li", 4, "由办公室和领导查阅"),
        (("extend", paper, "--no", "1", "--to", tomorrow, "--reason", "x", "--by", "李三"), "office", 3, "领导本人"),
        (("extend", paper, "--no", "一", "--to", tomorrow), "office", 2, "整数"),
        (("extend", paper, "--no", "0", "--to", tomorrow), "office", 2, "--no"),
        (("extend", paper, "--no", "1", "--reason", "x", "--by", "吴七"), "office", 2, "--to"),
        (("extend", paper, "--no", "1", "--to", "改天", "--reason", "x", "--by", "吴七"), "office", 2, "看不懂日期"),
        (("extend", paper, "--no", "1", "--to", tomorrow, "--by", "吴七"), "office", 2, "--reason"),
        (("extend", "收〔2020〕9号", "--to", tomorrow, "--reason", "x"), "office", 4, "请先收文登记"),
        (("mark", paper, "--no", "1", "--mark", "同意"), "leader", 4, "没有第1条"),
        (("archive", paper), "office", 3, "还在呈批"),
        (("void", paper), "office", 2, "作废理由"),
        (("form", paper, "--kind", "督办单"), "office", 2, "可填：办理单、办理情况报告"),
        (("form", paper, "--kind", "办理情况报告"), "office", 3, "没有领导批示"),
    ]
    before = reading.newest_event(log)
    for words, actor, code, line in wrong:
        said = xmh("incoming", *words, actor=actor)
        assert (said.code, line in said.error) == (code, True), (words, said)
    assert reading.newest_event(log) == before
