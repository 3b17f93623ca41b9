"""`xmh inspection`: from its plan to the last 销号; every wrong way to type it is one line, and nothing is recorded."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from cli.inspection.reads import lateness_said, limit_said
from documents.formats.press import Press
from domain.envelope import SYSTEM
from domain.office import Unit, UnitRecorded
from domain.onsite.inspection import Rectification
from domain.terms import Rung, Supervision, UnitLevel
from eventlog import reading
from eventlog.database import Database
from services.issuing.papers import filed_paper, issued_papers
from services.office_records import record_office_events
from tests.support.clock import open_log
from tests.support.command_line import CommandLine
from tests.support.homes import at
from tests.support.office import office_today, sqlite
from tests.support.streams import DIRECTORY_STREAM

TODAY = office_today()
TOMORROW, LATER = (TODAY + timedelta(days=n) for n in (1, 20))
PLAN = (
    *("inspection", "plan", "--title", "安全生产督查", "--basis", "2022年督查计划", "--leader", "office-2"),
    *("--on", TODAY.isoformat(), "--by", "leader", "--paper", "阅〔2022〕3号"),
)
UNIT = ("--unit", "gengxin")


@pytest.fixture
def office(xmh: CommandLine, log: Database) -> CommandLine:
    """The command line, with a bureau of the city in the directory."""
    city = Unit(id="shi", name="市住房和建设局", level=UnitLevel.CITY, supervision=Supervision.BY_LETTER)
    event = UnitRecorded(unit=city)
    record_office_events(log, DIRECTORY_STREAM, [event], actor=SYSTEM, command_id="city-unit", now=at("2021-01-05"))
    log.close()
    return xmh


def test_an_inspection_is_lived_from_its_plan_to_the_last_problem_struck_off(
    office: CommandLine, tmp_path: Path
) -> None:
    xmh, picture = office, tmp_path / "围挡.jpg"
    picture.write_bytes(b"\xff\xd8\xff jpg")
    planned = xmh.json(*PLAN, *UNIT, "--unit", "zhujian", "--expert", "王代表")
    number = f"督查〔{TODAY.year}〕1号"
    assert (planned["inspection"], planned["stage"]) == (number, "planned")
    assert xmh.json("inspection", "list", actor="li")["inspections"] == []
    assert next(d["what"] for d in xmh.json("today")["inspections"]).endswith("督查")
    xmh.json("inspection", "hold", "1", actor="office-2")
    found = ("inspection", "find", "1", *UNIT, "--text", "围挡破损", "--attach", picture)
    said = xmh(*found, "--due", LATER.isoformat(), actor="office-2")
    assert f"第1项发现（区城市更新和土地整备局），列入问题清单，{LATER} 前整改" in said.out
    xmh.json("inspection", "find", "1", "--unit", "zhujian", "--text", "资料齐全", actor="office-2")
    [mine] = xmh.json("today", actor="li")["inspections"]
    assert mine["what"] == f"整改第1项问题（{LATER} 前）：围挡破损"
    assert [f["no"] for f in xmh.json("inspection", "show", "1", actor="li")["list"]] == [1]
    assert "围挡破损" in xmh("audit", "unanswered").out
    xmh.json("inspection", "rectify", "1", "1", "--text", "已更换", actor="li")
    xmh.json("inspection", "check", "1", "1", "--pass", "--text", "到位", actor="office-2")
    assert xmh.json("inspection", "problems")["problems"] == []
    assert len(xmh.json("inspection", "problems", "--closed")["problems"]) == 1
    xmh.json("inspection", "report", "1", "--text", "总体良好", actor="office-2")
    untold = [p["explanation"] for p in xmh.json("audit", "unanswered")["problems"]]
    assert untold == [f"{TODAY}提交督查报告，待反馈意见"] * 2
    for unit in ("gengxin", "zhujian"):
        xmh.json("inspection", "opinion", "1", "--unit", unit, "--text", "请举一反三")
    assert xmh.json("audit", "unanswered")["problems"] == []
    _what_it_concludes_is_issued_once_as_it_was_said(xmh)
    page = xmh("inspection", "print", "1", *UNIT, actor="li").out
    assert "关于安全生产督查的反馈意见" in page
    assert "请举一反三" in page
    assert "资料齐全" not in page
    assert "| 单位 |" not in page, "a unit knows who it is"
    whole = xmh("inspection", "print", "1").out
    assert all(
        words in whole for words in ("王代表", "围挡.jpg", f"已销号（{TODAY.month}月{TODAY.day}日）", "总体良好")
    )
    assert f"已销号（{TODAY}）" in xmh("inspection", "show", "1").out, "as the limits beside it are written"
    year = xmh("briefing", "annual", "--year", str(TODAY.year)).out
    assert "全年开展督查1次，列入问题清单1项，已整改销号1项。" in year
    units = {u["unit"]: u["inspections"] for u in xmh.json("burden")["units"]}
    assert units == {"gengxin": 1, "zhujian": 1}
    visits = xmh.json("inspection", "list")["visits"]
    assert [(v["unit"], v["count"], v["limit"]) for v in visits] == [("gengxin", 1, 4), ("zhujian", 1, 4)]
    assert xmh.json("audit", "verify")["ok"]


def _what_it_concludes_is_issued_once_as_it_was_said(xmh: CommandLine) -> None:
    issued = xmh.json("inspection", "print", "1", "--issue", "--sign", "leader", "--paper", "签发稿")
    again = xmh.json("inspection", "print", "1", "--issue", "--sign", "leader", "--paper", "签发稿")
    opinion = xmh.json("inspection", "print", "1", *UNIT, "--issue", "--sign", "leader", "--paper", "签发稿")
    assert issued["number"].endswith("办督〔" + str(TODAY.year) + "〕1号")
    assert (again["number"], opinion["number"][-2:]) == (issued["number"], "2号"), "said once, issued once; no gap"
    shown = xmh("inspection", "show", "1", actor="li").out
    assert opinion["number"] in shown
    assert issued["number"] not in shown, "the report is the leaders'"
    assert xmh.json("briefing", "rebuild", opinion["number"])["ok"]
    report = next(xmh.home.rglob(f"{issued['number']}.md")).read_text(encoding="utf-8")
    assert "　　签发人：吴七" in report, "what goes up bears it (7.2.6)"
    assert "香蜜湖片区建设指挥部：\n" in report
    assert "签发人" not in next(xmh.home.rglob(f"{opinion['number']}.md")).read_text(encoding="utf-8")
    with Database(sqlite(xmh.home)) as log:
        event = next(event for event in issued_papers(log) if event.number == issued["number"])
        for wording, bears in (("gb-6/paper-8", None), ("gb-7/paper-9", "吴七"), (event.template, "吴七")):
            before = filed_paper(log, xmh.home, event.model_copy(update={"template": wording}))
            assert before.page(Press()).signatory == bears, wording
    xmh.json("inspection", "report", "1", "--text", "总体较好", actor="office-2")
    anew = xmh.json("inspection", "print", "1", "--issue", "--sign", "leader", "--paper", "签发稿")
    assert anew["number"][-2:] == "3号", "something else was said since"
    xmh.json("inspection", "report", "1", "--text", "总体良好", actor="office-2")


def test_a_covert_plan_is_the_office_s_and_its_team_s_until_it_is_held(office: CommandLine, home: Path) -> None:
    office.json(*PLAN, *UNIT, "--covert", "--title", "夜间暗访")
    assert b"\xe5\xa4\x9c\xe9\x97\xb4\xe6\x9a\x97\xe8\xae\xbf" not in (home / "events.db").read_bytes()
    assert "夜间暗访" in office("inspection", "list").out
    auditor = office("inspection", "list", actor="audit").out
    assert "暗访（开展前保密）" in auditor
    assert "夜间" not in auditor
    assert office("inspection", "show", "1", actor="li").code == 4
    office.json("inspection", "hold", "1")
    assert "夜间暗访" in office("inspection", "list", actor="li").out


def test_what_is_found_in_secret_is_read_by_the_team_the_office_and_its_unit(office: CommandLine, home: Path) -> None:
    office.json(*PLAN, *UNIT, "--member", "zhao")
    office.json("inspection", "hold", "1")
    found = ("inspection", "find", "1", *UNIT, "--text", "保险柜未锁", "--due", LATER.isoformat())
    office.json(*found, "--secret")
    office.json("inspection", "rectify", "1", "1", "--text", "已换锁芯", "--secret", actor="li")
    office.json("inspection", "report", "1", "--text", "保密管理薄弱", "--secret")
    office.json("inspection", "opinion", "1", *UNIT, "--text", "限期换锁", "--secret")
    log = b"".join(p.read_bytes() for p in home.glob("events.db*"))
    assert not any(words.encode() in log for words in ("保险柜", "锁芯", "保密管理", "限期换锁"))
    for reader in ("office", "leader", "zhao"):
        assert {"保险柜未锁", "已换锁芯"} <= set(told_of(office, reader)), reader
    assert "限期换锁" in office("inspection", "show", "1", actor="li").out
    auditor = office("inspection", "show", "1", actor="audit").out
    assert not any(words in auditor for words in ("保险柜", "锁芯", "薄弱", "换锁"))
    assert "保险柜" not in office("inspection", "print", "1").out, "what is printed goes from hand to hand"
    assert "保险柜" not in office("today", actor="li").out
    office.json("inspection", "recuse", "1", "--person", "zhao", "--reason", "亲属")
    assert office("inspection", "show", "1", actor="zhao").code == 4, "who left the team reads no more of it"
    number = f"督查[{TODAY.year}]1号"
    forgotten = office("audit", "forget", number, "--reason", "保管期满", "--by", "leader", "--paper", "阅9号", "-y")
    assert (forgotten.code, "的密钥1把" in forgotten.out) == (0, True), forgotten
    assert "保险柜" not in office("inspection", "show", "1").out
    assert office.json("audit", "verify")["ok"]


def told_of(office: CommandLine, reader: str) -> list[str]:
    [finding] = office.json("inspection", "show", "1", actor=reader)["list"]
    return [finding["text"], finding["problem"]["text"]]


def test_what_was_found_of_a_matter_stands_before_its_reviewer(xmh: CommandLine, service: None, log: Database) -> None:
    del service, log
    opening = ("task", "open", "--title", "金融文化中心建设", "--due", LATER.isoformat(), "--basis", "计划")
    number = xmh.json(*opening, "--lead", "gengxin")["matter"]
    xmh.json("task", "accept", number, actor="li")
    xmh.json("task", "report", number, "--text", "已封顶", "--progress", "100", actor="li")
    xmh.json(*PLAN, "--matter", number)
    found = ("inspection", "find", "1", "--matter", number, "--text", "现场未动工", "--finding", "不实")
    assert "还没有开展" in xmh(*found, actor="office-2").error
    assert xmh.json("task", "show", number)["inspections"] == []
    xmh.json("inspection", "hold", "1", actor="office-2")
    xmh.json(*found, actor="office-2")
    [seen] = xmh.json("task", "show", number)["inspections"]
    assert (seen["finding"], seen["inspector"]) == ("untrue", f"督查〔{TODAY.year}〕1号")
    refused = xmh("task", "close", number, "--text", "完成", actor="li")
    assert (refused.code, "现场核查认定不实" in refused.error) == (3, True)


def test_people_are_named_as_people_and_who_left_is_no_member(office: CommandLine) -> None:
    """The office and who founded it have one id: a report must not say that the office leads the team."""
    planned = list(PLAN)
    planned[planned.index("office-2")] = "office"
    office.json(*planned, *UNIT, "--member", "office-2")
    names = {p["id"]: p["name"] for p in office.json("org", "list")["people"]}
    unit = next(u["name"] for u in office.json("org", "list")["units"] if u["id"] == "office")
    office.json("inspection", "hold", "1")
    office.json("inspection", "recuse", "1", "--person", "office-2", "--reason", "亲属")
    shown = office("inspection", "show", "1").out
    assert f"组长 {names['office']}，成员 无" in shown
    assert f"回避 {names['office-2']}" in shown
    printed = office("inspection", "print", "1").out
    assert f"组长{names['office']}" in printed
    assert f"组长{unit}" not in printed


def test_what_good_practice_would_have_had_is_said(office: CommandLine) -> None:
    said = office(*PLAN[:-2], *UNIT)
    assert (said.code, "没有写明所凭文件" in said.out) == (0, True)
    office.json("inspection", "hold", "1")
    office.json("inspection", "find", "1", "--text", "围挡破损", "--problem")
    assert "没有写明怎样收到的" in office("inspection", "rectify", "1", "1", "--text", "已修").out


def test_what_is_said_again_is_said_to_replace_what_was_said(office: CommandLine) -> None:
    office.json(*PLAN, *UNIT)
    office.json("inspection", "hold", "1")
    office.json("inspection", "report", "1", "--text", "总体较好")
    assert "代替原来的" in office("inspection", "report", "1", "--text", "总体良好").out
    office.json("inspection", "opinion", "1", "--text", "请整改")
    assert "代替原来的" in office("inspection", "opinion", "1", "--text", "请举一反三").out


def test_who_left_the_directory_is_named_and_taken_off_the_team(office: CommandLine) -> None:
    """Approved with him, and he left before the day: a plan changed for that reason alone goes on without him."""
    office.json(*PLAN, *UNIT, "--member", "zhao")
    name = {p["id"]: p["name"] for p in office.json("org", "list")["people"]}["zhao"]
    office.json("org", "leave", "zhao", "-y")
    refused = office("inspection", "hold", "1")
    assert (refused.code, f"{name}已离任" in refused.error, "replan" in refused.error) == (3, True, True), refused
    office.json("inspection", "replan", "1", "--reason", "成员离任", *PLAN[-4:])
    office.json("inspection", "hold", "1")
    assert "成员 无" in office("inspection", "show", "1").out


def test_of_what_was_put_right_late_the_first_limit_and_how_far_it_went_up_are_said() -> None:
    problem = Rectification(
        listed_on=date(2022, 9, 8),
        rectify_by=date(2022, 9, 16),
        original=date(2022, 9, 14),
        reported_at=at("2022-09-26"),
        rung=Rung.UNIT_HEAD,
        closed_on=date(2022, 9, 28),
    )
    assert limit_said(problem) == "2022-09-16 前整改（原定 2022-09-14）"
    assert lateness_said(problem) == "，逾期后整改，曾升级至单位负责人"
    on_time = problem.model_copy(update={"reported_at": at("2022-09-16"), "rung": Rung.HANDLER})
    assert lateness_said(on_time) == ""


def wrong_ways(folder: Path) -> list[tuple[tuple[str | Path, ...], str, int, str]]:
    """What a person would type wrong: words after `inspection`, who, exit code, and what the line says."""
    plan, gone = PLAN[1:], folder / "没有.jpg"
    find, check = ("find", "1", *UNIT), ("check", "1", "1")
    return [
        ((*plan, "--unit", "市住房和建设局"), "office", 3, "上级单位"),
        ((*plan, "--unit", "某咨询公司"), "office", 3, "不是督办对象"),
        ((*plan, "--unit", "没有这单位"), "office", 4, "没有单位“没有这单位”"),
        (plan, "office", 2, "缺少督查对象"),
        ((*plan, *UNIT, "--member", "li"), "office", 3, "须回避"),
        ((*plan, *UNIT, "--member", "zhao", "--recuse", "zhao"), "office", 3, "须回避"),
        ((*plan, *UNIT, "--on", "2020-01-01"), "office", 2, "已过"),
        ((*plan, *UNIT, "--until", "昨天"), "office", 2, "早于"),
        ((*plan, *UNIT, "--kind", "突击检查"), "office", 2, "可填："),
        ((*plan, *UNIT, "--by", "li"), "office", 3, "须由领导"),
        ((*plan[:-4], *UNIT), "office", 3, "须由领导"),
        ((*plan, *UNIT), "li", 3, "只有办公室督办员可以代录"),
        ((*plan, *UNIT, "--matter", "99"), "office", 4, "没有找到事项"),
        ((*plan, *UNIT, "--covert", "--unit", "shi"), "office", 3, "上级单位"),
        (("plan", "--on", "今天"), "office", 2, "--title"),
        (("hold", "9"), "office", 4, "没有找到督查"),
        (("hold", "1"), "office", 3, "不能重复登记开展"),
        (("cancel", "1", "--reason", "不去了"), "office", 3, "不能取消"),
        (("cancel", "1"), "office", 2, "--reason"),
        (("replan", "1"), "office", 2, "没有写明要调整什么"),
        (("replan", "1", "--on", "明天", "--reason", "雨"), "office", 3, "不能再调整"),
        (("recuse", "1"), "office", 2, "--reason"),
        (("recuse", "1", "--person", "zhao", "--reason", "亲属"), "office", 2, "不在督查组里"),
        (find, "office", 2, "--text"),
        ((*find, "--text", "  "), "office", 2, "--text"),
        (("find", "1", "--unit", "zhujian", "--text", "有"), "office", 2, "不是 督查"),
        ((*find, "--text", "有", "--due", TODAY.isoformat()), "office", 2, "须晚于今天"),
        ((*find, "--text", "有", "--due", "前几天"), "office", 2, "看不懂日期"),
        ((*find, "--text", "有", "--attach", gone), "office", 4, "没有.jpg"),
        ((*find, "--text", "有", "--finding", "不实"), "office", 2, "哪个事项"),
        ((*find, "--text", "有", "--finding", "基本属实"), "office", 2, "可填：属实、部分属实、不实"),
        ((*find, "--text", "有"), "li", 3, "督查组或办公室"),
        ((*find, "--text", "有"), "audit", 3, "督查组或办公室"),
        (("rectify", "1", "2", "--text", "改了"), "li", 4, "没有第2项"),
        (("rectify", "1", "1"), "li", 2, "--text"),
        (("rectify", "1", "1", "--text", "改了", "--via", "传真"), "office", 2, "可填："),
        (("rectify", "1", "1", "--text", "改了", "--via", "电话"), "li", 2, "--via"),
        (("rectify", "1", "1", "--text", "改了"), "zhao", 4, "没有找到督查"),
        ((*check, "--text", "好"), "office", 2, "--pass"),
        ((*check, "--pass", "--fail", "--text", "好"), "office", 2, "之一"),
        ((*check, "--pass", "--text", "好"), "office", 3, "还没有反馈整改"),
        (("extend", "1", "1", "--to", "明天"), "office", 2, "--reason"),
        (("extend", "1", "1", "--to", "今天", "--reason", "雨"), "office", 2, "须晚于"),
        (("extend", "1", "1", "--to", "明年3月1日", "--reason", "雨"), "office", 2, "看不懂日期"),
        (("extend", "1", "1", "--to", (LATER + timedelta(9)).isoformat(), "--reason", "雨"), "li", 3, "办公室"),
        (("escalate", "1", "1"), "office", 2, "--reason"),
        (("escalate", "1"), "office", 2, "N"),
        (("escalate", "1", "一"), "office", 2, "整数"),
        (("escalate", "1", "9", "--reason", "拖延"), "office", 4, "没有第9项"),
        (("escalate", "9", "1", "--reason", "拖延"), "office", 4, "没有找到督查"),
        (("escalate", "1", "1", "--reason", "拖延"), "office", 3, "没有逾期"),
        (("escalate", "1", "1", "--reason", "拖延"), "li", 3, "办公室"),
        (("escalate", "1", "1", "--reason", " "), "office", 2, "--reason"),
        (("report", "1"), "office", 2, "--text"),
        (("opinion", "1", "--text", "改"), "office", 3, "还没有督查报告"),
        (("show", "安全"), "zhao", 4, "没有找到督查"),
        (("print", "1", "--unit", "zhujian"), "office", 2, "不是 督查"),
        (("print", "1"), "li", 3, "本单位"),
        (("print", "1", "-o", folder / "报告.xls"), "office", 2, "应是"),
        (("print", "1", "--issue"), "office", 2, "--sign"),
        (("print", "1", "--sign", "leader"), "office", 2, "--issue"),
        (("print", "1", "--issue", "--sign", "li"), "office", 3, "领导"),
        (("print", "1", "--issue", "--sign", "leader"), "office", 3, "还没有督查报告"),
        (("print", "1", *UNIT, "--issue", "--sign", "没有这人"), "office", 4, "没有这人"),
    ]


def test_the_wrong_ways_are_a_line_each_and_leave_no_trace(office: CommandLine, home: Path, tmp_path: Path) -> None:
    office.json(*PLAN, *UNIT)
    office.json("inspection", "hold", "1")
    office.json("inspection", "find", "1", "--text", "围挡破损", "--due", LATER.isoformat())
    with open_log(f"sqlite:///{home / 'events.db'}") as log:
        before = reading.newest_event(log)
        for words, actor, code, line in wrong_ways(tmp_path):
            said = office("inspection", *words, actor=actor)
            assert (said.code, line in said.error) == (code, True), (words, said)
        assert reading.newest_event(log) == before
