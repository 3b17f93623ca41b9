"""`xmh meeting record count list`, `xmh briefing record`: the ledger of 2021, whose counts were published."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.office import office_today
from tests.support.served import Home

EXAMPLE = Path(__file__).parents[2] / "examples" / "xiangmihu-2021"
MEETINGS, BULLETINS = EXAMPLE / "会议台账.csv", EXAMPLE / "简报台账.csv"
SUMMARY = {
    "市级指挥部工作会议": 4,
    "联席会议": 6,
    "专家咨询会": 2,
    "专题会议": 103,
    "工作例会及办公会": 50,
    "调研座谈会": 122,
}
"""What the published summary of 2021 counts."""


@pytest.fixture(scope="module")
def recorded_home(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the register of 2021, read once for all. Not to be written to."""
    home = tmp_path_factory.mktemp("ledger") / "home"
    shutil.copytree(founded_home, home)
    assert Home(home).ok("meeting", "record", "--from", MEETINGS)
    return home


@pytest.fixture
def ledger(recorded_home: Path, home: Path, xmh: CommandLine) -> CommandLine:
    """The register of 2021."""
    shutil.copytree(recorded_home, home, dirs_exist_ok=True)
    return xmh


def test_the_counts_of_2021_are_those_of_the_summary_and_each_lists_its_meetings(ledger: CommandLine) -> None:
    counted = ledger.json("meeting", "count", "--year", "2021")
    assert SUMMARY.items() <= counted.items()
    assert counted["技术交流会"] >= 80
    assert (counted["调研学习"], counted["座谈会"], counted["接待调研"]) == (118, 36, 62)
    for name, n in counted.items():
        assert len(ledger.json("meeting", "list", "--year", "2021", "--counted", name)["meetings"]) == n


def test_the_fourth_headquarters_meeting_was_on_the_tenth_of_november(ledger: CommandLine) -> None:
    found = ledger.json("meeting", "list", "--year", "2021", "--series", "市级指挥部工作会议")["meetings"]
    assert [(m["ordinal"], m["starts"][:10]) for m in found][-1] == (4, "2021-11-10")


def test_an_alias_names_the_same_series(ledger: CommandLine) -> None:
    one = ledger.json("meeting", "list", "--year", "2021", "--series", "专家研讨会")
    assert one == ledger.json("meeting", "list", "--year", "2021", "--series", "专家咨询会")


def test_the_register_read_twice_records_nothing_the_second_time(ledger: CommandLine) -> None:
    again = ledger.json("meeting", "record", "--from", MEETINGS)
    assert not any(entry["fresh"] for entry in again["recorded"])
    assert ledger.json("audit", "verify")["ok"]


def test_a_faulty_register_is_told_cell_by_cell_and_records_nothing(xmh: CommandLine, tmp_path: Path) -> None:
    sheet = tmp_path / "台账.csv"
    sheet.write_text("系列,时间,名称\n工作例会,2021-03-01 9:00,例会\n茶话会,昨儿个,聊天\n", encoding="utf-8")
    said = xmh("meeting", "record", "--from", sheet)
    assert said.code == 2
    assert "第3行A列“系列”：没有会议系列“茶话会”" in said.err
    assert "看不懂时间“昨儿个”" in said.err
    assert xmh.json("meeting", "count", "--year", "2021") == {}


def test_a_meeting_still_to_come_is_none_for_the_ledger(xmh: CommandLine) -> None:
    said = xmh("meeting", "record", "--series", "专题会议", "--at", "2099-03-02 9:00", "--title", "远期")
    assert (said.code, "尚未召开" in said.error) == (2, True)


def test_an_unknown_series_and_an_unknown_meeting_are_not_found(xmh: CommandLine) -> None:
    assert xmh("meeting", "record", "--series", "茶话会", "--at", "2021-03-02", "--title", "x").code == 4
    assert xmh("meeting", "show", "HY-2021-001").code == 4
    assert xmh("meeting", "list", "--counted", "茶话会").code == 4


def test_units_do_not_keep_the_ledger(xmh: CommandLine) -> None:
    said = xmh("meeting", "record", "--series", "专题会议", "--at", "2021-03-02", "--title", "x", actor="li")
    assert said.code == 3


# --- 简报


def test_seven_briefings_and_fourteen_news_of_2021(xmh: CommandLine) -> None:
    done = xmh.json("briefing", "record", "--from", BULLETINS)
    assert len(done["recorded"]) == 21
    for series, n in (("简报", 7), ("动态", 14)):
        found = xmh.json("briefing", "list", "--series", series)["bulletins"]
        assert [b["no"] for b in found] == list(range(1, n + 1))
    assert xmh.json("briefing", "record", "--from", BULLETINS)["recorded"] == []
    assert xmh.json("audit", "verify")["ok"]


def test_a_number_out_of_order_is_refused(xmh: CommandLine) -> None:
    said = xmh("briefing", "record", "--no", "2", "--date", "2021-03-01", "--title", "越号")
    assert (said.code, "应为第1期" in said.error) == (3, True)


def test_days_of_a_register_are_understood_as_people_write_them(xmh: CommandLine, tmp_path: Path) -> None:
    sheet = tmp_path / "台账.csv"
    sheet.write_text("系列,期次,日期,标题\n简报,1,昨天,第一期\n", encoding="utf-8")
    done = xmh.json("briefing", "record", "--from", sheet)
    assert done["recorded"]
    assert done["understood"]["昨天"] == str(office_today() - timedelta(days=1))
