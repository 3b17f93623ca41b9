"""`xmh calendar`: what is published, what is only provisional, and what was decided otherwise."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.calendar import local_date
from domain.queries.spoken import spoken_date
from eventlog import reading
from eventlog.database import Database
from intake.holidays import read_holidays
from tests.cli.conftest import Sheets
from tests.support.command_line import CommandLine
from tests.support.streams import CALENDAR_STREAM

HEAD = ("日期", "类型", "说明")
YEAR = 2035
NEW_YEAR = (date(YEAR, 1, 1), "休", "元旦")
MAKE_UP = (date(YEAR, 2, 3), "班", "春节调休")
NOBODY_THERE = {"moved": [], "near_due": [], "unfinished": 0}
FESTIVAL = [(date(YEAR, 2, 8) + timedelta(days=n), "休", "春节") for n in range(7)]


def version(log: Database) -> int:
    return reading.stream_head(log, CALENDAR_STREAM).version


def test_a_published_year_is_shown_by_month_with_its_source(xmh: CommandLine) -> None:
    shown = xmh.json("calendar", "show", "2022")
    assert (shown["published"], shown["workdays"]) == (True, 249)
    january = shown["months"][0]
    assert january == {
        "month": 1,
        "workdays": 21,
        "off": ["2022-01-03", "2022-01-31"],
        "work": ["2022-01-29", "2022-01-30"],
    }
    said = xmh("calendar", "show", "2022").out
    assert "国务院办公厅2022年" in said
    assert "29日至30日" in said


def test_a_year_nobody_published_is_said_to_be_provisional(xmh: CommandLine) -> None:
    shown = xmh.json("calendar", "show", str(YEAR))
    assert (shown["published"], shown["provisional"], shown["source"]) == (False, True, None)
    assert "暂定" in xmh("calendar", "show", str(YEAR)).out


def test_a_notice_is_published_from_a_table_and_weekends_in_it_are_left_out(
    xmh: CommandLine, log: Database, sheets: Sheets
) -> None:
    file = sheets({"Sheet1": [HEAD, NEW_YEAR, *FESTIVAL, MAKE_UP]})
    done = xmh.json("calendar", "publish", file, "--source", "国办发明电〔2034〕9号")
    assert done == {
        "year": YEAR,
        "off": 6,
        "work": 1,
        "weekends_ignored": 2,
        "published": True,
        "woken": None,
        **NOBODY_THERE,
    }
    calendar = reading.rulebook(log).calendar
    assert not calendar.is_workday(date(YEAR, 2, 8))
    assert calendar.is_workday(date(YEAR, 2, 3))
    assert xmh.json("calendar", "show", str(YEAR))["source"] == "国办发明电〔2034〕9号"


def test_days_of_a_notice_are_understood_as_people_write_them(sheets: Sheets) -> None:
    file = sheets({"Sheet1": [HEAD, ("1月1日", "休", "元旦")]})
    table = read_holidays(file, lambda text: spoken_date(text, date(YEAR - 1, 11, 20)))
    assert table.sheet is not None
    assert (table.sheet.year, table.sheet.off) == (YEAR, (date(YEAR, 1, 1),))


def test_json_says_the_same_as_a_table(xmh: CommandLine, tmp_path: Path, log: Database) -> None:
    file = tmp_path / "2035.json"
    said = {"year": YEAR, "off": ["2035-01-01"], "work": ["2035-02-03"], "source": "国办发明电〔2034〕9号"}
    file.write_text(json.dumps(said), encoding="utf-8")
    assert xmh.json("calendar", "publish", file)["off"] == 1
    assert xmh.json("calendar", "show", str(YEAR))["source"] == "国办发明电〔2034〕9号"


def test_publishing_the_same_again_changes_nothing(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    file = sheets({"Sheet1": [HEAD, NEW_YEAR, MAKE_UP]})
    xmh("calendar", "publish", file)
    before = version(log)
    assert xmh.json("calendar", "publish", file)["published"] is False
    assert version(log) == before


def test_contradicting_a_published_year_needs_replace(xmh: CommandLine, log: Database, sheets: Sheets) -> None:
    xmh("calendar", "publish", sheets({"Sheet1": [HEAD, NEW_YEAR, MAKE_UP]}))
    other = sheets({"Sheet1": [HEAD, NEW_YEAR]}, "另一份.xlsx")
    said = xmh("calendar", "publish", other)
    assert said.code == 3
    assert "与此文件不同：2月3日；要改用此文件请加 --replace" in said.error
    assert xmh("calendar", "publish", other, "--replace").code == 0
    assert not reading.rulebook(log).calendar.is_workday(date(YEAR, 2, 3))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([NEW_YEAR, (date(YEAR + 1, 1, 1), "休", "")], "一年一个文件"),
        ([NEW_YEAR, (date(YEAR, 2, 5), "班", "")], "本来上班，不能填“班”"),
        ([NEW_YEAR, NEW_YEAR], "与第2行重复"),
        ([MAKE_UP, (MAKE_UP[0], "休", "")], "与第2行矛盾"),
        ([(date(YEAR, 1, 1), "假", "")], "没有类型“假”"),
        ([("元旦", "休", "")], "不是明确的日期"),
        ([MAKE_UP], "没有一个周一至周五放假的日子"),
        ([], "没有一行日期"),
    ],
)
def test_a_notice_that_cannot_be_meant_is_refused_clearly(
    xmh: CommandLine, log: Database, sheets: Sheets, rows: list[tuple[object, ...]], words: str
) -> None:
    before = version(log)
    said = xmh("calendar", "publish", sheets({"Sheet1": [HEAD, *rows]}))
    assert said.code == 2
    assert words in said.err
    assert version(log) == before


@pytest.mark.parametrize("text", ["{", "[]", '{"year": 2035}', '{"year": 2035, "off": ["2034-01-02"]}', "null"])
def test_json_that_is_no_notice_is_one_line(xmh: CommandLine, tmp_path: Path, text: str) -> None:
    file = tmp_path / "年.json"
    file.write_text(text, encoding="utf-8")
    said = xmh("calendar", "publish", file)
    assert said.code == 2
    assert said.error.startswith("错误：年.json")


def test_a_typhoon_stop_makes_a_workday_a_day_off_and_back(xmh: CommandLine, log: Database) -> None:
    done = xmh.json("calendar", "override", "2026-09-02", "--off", "--reason", "台风停工")
    assert done == {"day": "2026-09-02", "workday": False, "changed": True, "woken": None, **NOBODY_THERE}
    assert not reading.rulebook(log).calendar.is_workday(date(2026, 9, 2))
    assert "临时调整：2026-09-02（星期三）改为停工，台风停工" in xmh("calendar", "show", "2026").out
    before = version(log)
    assert xmh.json("calendar", "override", "2026-09-02", "--off", "--reason", "台风停工")["changed"] is False
    assert version(log) == before
    assert xmh("calendar", "override", "2026-09-02", "--workday", "--reason", "台风过境").code == 0
    assert reading.rulebook(log).calendar.is_workday(date(2026, 9, 2))


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["2026-09-02", "--reason", "台风"], "二者取一", 2),
        (["2026-09-02", "--off", "--workday", "--reason", "台风"], "二者取一", 2),
        (["2026-09-02", "--off"], "缺少调整理由", 2),
        (["2026-02-30", "--off", "--reason", "台风"], "没有“2026-02-30”这一天", 2),
    ],
)
def test_an_override_says_which_day_which_way_and_why(
    xmh: CommandLine, log: Database, arguments: list[str], words: str, code: int
) -> None:
    before = version(log)
    said = xmh("calendar", "override", *arguments)
    assert (said.code, words in said.error) == (code, True)
    assert version(log) == before


@pytest.mark.parametrize("actor", ["li", "leader", "audit"])
def test_only_the_office_moves_the_calendar(xmh: CommandLine, log: Database, sheets: Sheets, actor: str) -> None:
    before = version(log)
    assert xmh("calendar", "override", "2026-09-02", "--off", "--reason", "台风", actor=actor).code == 3
    assert xmh("calendar", "publish", sheets({"Sheet1": [HEAD, NEW_YEAR]}), actor=actor).code == 3
    assert version(log) == before


def test_open_matters_are_told_when_the_calendar_moves(service: None, xmh: CommandLine, log: Database) -> None:
    from datetime import UTC, datetime

    today = local_date(datetime.now(UTC))
    due = today + timedelta(days=90)
    opened = xmh.json(
        "task", "open", "--title", "任务甲", "--due", due.isoformat(), "--basis", "工作计划", "--lead", "gengxin"
    )
    stream = reading.find_matters(log, opened["matter"])[0].stream
    calendar = reading.rulebook(log).calendar
    day = calendar.add_workdays(today, 1)
    done = xmh.json("calendar", "override", day.isoformat(), "--off", "--reason", "台风停工")
    assert done["woken"] == 1
    _until(lambda: any(e.type == "DeadlineMoved" for e in reading.read_stream(log, stream)))


def _until(condition: object) -> None:
    import time

    assert callable(condition)
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def test_without_a_service_it_is_said_when_the_limits_will_be_computed_again(xmh: CommandLine) -> None:
    said = xmh("calendar", "override", "2026-09-02", "--off", "--reason", "台风停工")
    assert "将在 xmh up 启动后重算" in said.out


def test_the_notice_s_own_wording_is_published_and_a_contradiction_refused(
    xmh: CommandLine, log: Database, tmp_path: Path
) -> None:
    from tests.intake.test_notice import notice

    file = tmp_path / "2028.txt"
    text = notice(2021).replace("2021年", "2028年").replace("〔2020〕", "〔2027〕")
    file.write_text(text, encoding="utf-8")
    before = version(log)
    said = xmh("calendar", "publish", file)
    assert (said.code, "写的却是星期" in said.error) == (2, True), "weekdays of another year"
    assert version(log) == before
    real = tmp_path / "2019.txt"
    real.write_text(notice(2019), encoding="utf-8")
    done = xmh("calendar", "publish", real)
    assert done.code == 0
    assert "同时调整相邻年份：2018-12-29（星期六）上班、2018-12-31（星期一）放假" in done.out
    assert xmh.json("calendar", "show", "2019")["workdays"] == 250
    changed = tmp_path / "另.txt"
    changed.write_text(
        notice(2019).replace("5月1日至4日放假调休，共4天。4月28日（星期日）、", "5月1日至4日放假调休，共4天。")
    )
    said = xmh("calendar", "publish", changed)
    assert (said.code, "与此文件不同：4月28日" in said.error) == (3, True)
    assert xmh("calendar", "publish", changed, "--replace").code == 0


def test_every_move_is_printed_with_its_reason_before_the_command_returns(
    service: None, xmh: CommandLine, log: Database
) -> None:
    from datetime import UTC, datetime

    today = local_date(datetime.now(UTC))
    calendar = reading.rulebook(log).calendar
    receipt = calendar.add_workdays(today, 1)
    numbers = [
        xmh.json(
            *("task", "open", "--title", f"任务{n}", "--basis", "工作计划", "--lead", "gengxin"),
            *("--due", (today + timedelta(days=90)).isoformat()),
        )["matter"]
        for n in range(3)
    ]
    said = xmh("calendar", "override", receipt.isoformat(), "--off", "--reason", "台风停工")
    assert "已通知3件未办结事项，3个时限随之变动" in said.out
    for number in numbers:
        assert f"  {number}  签收时限  " in said.out
    assert f"{receipt}改为不上班（台风停工），按新的工作日重算" in said.out
    moved = [e for m in numbers for e in reading.read_stream(log, reading.find_matters(log, m)[0].stream)]
    assert [e.type for e in moved].count("DeadlineMoved") == 3, "recorded when the command returns"
