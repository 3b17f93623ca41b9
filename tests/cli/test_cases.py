"""Small things people send and type, end to end: each was answered wrongly once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.clock import OfficeClock
from activities.notices import NoticeActivities
from domain.calendar import local_date
from domain.notices.routing import Routing
from domain.queries.spoken import said_date
from eventlog import reading
from eventlog.database import Database
from tests.cli.conftest import Sheets
from tests.support.command_line import CommandLine
from tests.support.office import office_today

INPUTS = Path(__file__).parent / "inputs"
OPEN = ("task", "open", "--basis", "会议", "--lead", "w2")


@pytest.fixture
def office(service: None, xmh: CommandLine) -> CommandLine:
    """区科技局（区大数据局、区外专局）, 区水务局, a liaison of each, and a leader."""
    xmh.json("org", "import", INPUTS / "office.xlsx")
    return xmh


def next_workday(log: Database) -> str:
    return reading.rulebook(log).calendar.add_workdays(office_today(), 1).isoformat()


def test_a_notice_that_changes_a_year_names_the_command_for_single_days(xmh: CommandLine) -> None:
    said = xmh("calendar", "publish", INPUTS / "holiday-change.txt")
    assert said.code == 2
    assert "xmh calendar override" in said.error
    assert "国办发明电〔2026〕3号" in said.error


def test_the_basis_of_a_year_is_the_number_of_its_notice_alone(xmh: CommandLine) -> None:
    assert xmh("calendar", "publish", INPUTS / "holiday-notice.txt", "--replace").code == 0
    from intake.notice import read_notice

    assert read_notice(INPUTS / "holiday-notice.txt").source == "国办发明电〔2019〕16号"
    assert "依据：国办发明电〔2019〕16号\n" in xmh("calendar", "show", "2020").out


def test_a_contact_list_is_read_and_what_it_does_not_say_is_said(xmh: CommandLine) -> None:
    file = INPUTS / "contact-list.xlsx"
    said = xmh("org", "import", file, "--dry-run")
    assert said.code == 0
    assert "推定：没有写明角色，按职务登记为单位负责人：甲某（副局长）" in said.out
    assert "没有写入" in said.out
    done = xmh.json("org", "import", file)
    assert (len(done["units"]["added"]), done["people"]["added"]) == (1, ["甲某", "乙某"])
    people = {p["name"]: (p["role"], p["phone"]) for p in xmh.json("org", "list")["people"]}
    assert people["甲某"] == ("head", "13800000001")
    assert people["乙某"] == ("liaison", "13800000002")
    again = xmh.json("org", "import", file)
    assert (again["units"]["added"], again["people"]["unchanged"]) == ([], ["甲某", "乙某"])


def test_a_name_with_separators_is_one_unit_in_every_list(office: CommandLine, sheets: Sheets, tmp_path: Path) -> None:
    name = "区科技局（区大数据局、区外专局）"
    dry = office.json("plan", "import", INPUTS / "unit-name-with-separator.csv", "--dry-run")
    assert ([c["lead"] for c in dry["commands"]], dry["rejected"]) == ([name], [])
    opened = office.json(*OPEN, "--title", "算力平台", "--due", "2099-03-31", "--assist", name)["matter"]
    table = tmp_path / "表.xlsx"
    office.json("plan", "table", "-o", table)
    assert office.json("plan", "import", table, "--dry-run")["commands"] == []
    assert office.json("task", "show", opened)["assist"] == ["w1"]


def test_a_report_in_gb18030_is_read(office: CommandLine) -> None:
    office.json(*OPEN, "--title", "河道清淤", "--due", "2099-03-31")
    office.json("task", "accept", "河道清淤", actor="x2")
    assert office("task", "report", "--from", INPUTS / "report-gbk.csv", actor="x2").code == 0
    assert office.json("task", "show", "河道清淤")["progress"] == 50


def test_decisions_in_gb18030_are_read(office: CommandLine, tmp_path: Path) -> None:
    meeting = office.json("meeting", "schedule", "--series", "办公会", "--at", "2099-03-30T09:30")["meeting"]
    decisions = tmp_path / "议定.csv"
    decisions.write_bytes("议题,结果,内容\n1,同意,照办\n".encode("gb18030"))
    said = office("meeting", "decide", meeting, "--from", decisions)
    assert said.code in (0, 3)
    assert "意外" not in said.err


def test_unseen_characters_hide_no_matter_and_the_untouched_table_has_nothing_to_do(
    office: CommandLine, tmp_path: Path
) -> None:
    office.json(*OPEN, "--title", "雨水\u200b管网改造", "--due", "2099-03-31")
    assert office("ask", "雨水管网").code == 0
    table = tmp_path / "表.xlsx"
    office.json("plan", "table", "-o", table)
    done = office.json("plan", "import", table, "--dry-run")
    assert (done["commands"], done["conflicts"], done["rejected"]) == ([], [], [])


def test_a_unit_without_people_is_named_when_it_comes_about_and_when_a_matter_goes_to_it(office: CommandLine) -> None:
    office.json("org", "leave", "x2", "--yes")
    said = office(*OPEN, "--title", "泵站检修", "--due", "2099-03-31")
    assert said.code == 0
    assert "区水务局没有联络员和负责人" in said.out
    assert "xmh org import" in said.out


def test_the_limit_for_signing_is_not_after_the_limit_of_the_matter(office: CommandLine, log: Database) -> None:
    office.json(*OPEN, "--title", "应急排水", "--due", next_workday(log))
    shown = office.json("task", "show", "应急排水")
    receipt = next(d["at"] for d in shown["deadlines"] if d["kind"] == "receipt")
    assert receipt[:10] <= shown["due"]


def test_after_an_extension_no_queued_line_asks_for_the_old_limit(office: CommandLine, log: Database) -> None:
    due = next_workday(log)
    office.json(*OPEN, "--title", "管线迁改", "--due", due)
    office.json("task", "accept", "管线迁改", actor="x2")
    office.json("task", "extend", "管线迁改", "--to", "2099-12-31", "--reason", "等断电窗口", actor="x2")
    office.json("task", "extension", "管线迁改", "--grant", "--to", "2099-12-31", "--reason", "同意", actor="x3")
    hands = NoticeActivities(log, {}, Routing(), OfficeClock(simulated=True))
    hands.spread(datetime.now(UTC) + timedelta(seconds=1))
    waiting: list[dict[str, Any]] = office.json("notice", "list", "--pending")["notices"]
    assert waiting
    assert not [n["text"] for n in waiting if f"办结时限 {due}" in n["text"] or "请批复" in n["text"]]


@pytest.mark.parametrize("said", ["月底", "年底", "12月底", "明年3月底", "一季度末"])
def test_a_limit_said_in_words_is_understood_and_echoed(office: CommandLine, said: str) -> None:
    today = local_date(datetime.now(UTC))
    done = office(*OPEN, "--title", f"时限{said}", "--due", said)
    assert done.code == 0, done
    due = datetime.fromisoformat(office.json("task", "show", f"时限{said}")["due"]).date()
    assert due >= today
    assert said_date(due) in done.err


def test_a_calendar_that_makes_most_of_a_year_holidays_asks(xmh: CommandLine, tmp_path: Path) -> None:
    rows = [
        f"{day:%Y-%m-%d},休"
        for n in range(360)
        if (day := datetime(2031, 1, 1, tzinfo=UTC) + timedelta(n)).weekday() < 5
    ]
    notice = tmp_path / "放假.csv"
    notice.write_text("日期,类型\n" + "\n".join(rows[:240]))
    said = xmh("calendar", "publish", notice)
    assert said.code == 3
    assert "放假240天" in said.error
    assert xmh.json("calendar", "show", "2031")["provisional"]
    assert xmh("calendar", "publish", notice, "--yes").code == 0
