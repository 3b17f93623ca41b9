"""What the table says of a day, from the log alone."""

from datetime import date

import pytest

from documents.table.changes import ChangeKind
from documents.table.rows import TaskTable, task_table
from domain import commands as c
from domain.base import Refusal
from domain.calendar import end_of_day
from domain.facts import WITHHELD
from domain.terms import Light
from eventlog.database import Database
from eventlog.secrets import seal_text
from sheets.table import Column, RowKey
from tests.documents.quarter import HALL, LAND, WORDS, play
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, opening


def table(log: Database, day: str, since: str) -> TaskTable:
    return task_table(log, end_of_day(date.fromisoformat(day)), date.fromisoformat(since))


def test_a_row_says_what_the_log_says(log: Database) -> None:
    play(log)
    found = table(log, "2022-03-31", "2022-03-24")
    hall, land, power = found.rows
    assert hall.texts[Column.PROGRESS] == "45%（3月30日反馈）\n主体施工至五层。"
    assert (hall.texts[Column.PROBLEM], hall.texts[Column.NEXT]) == ("钢材供应紧张。", "下一步组织材料进场")
    assert (hall.texts[Column.POINTS], hall.texts[Column.DATES]) == ("1. 主体结构封顶", "1. 2022-04-15")
    assert land.texts[Column.LIGHT] == "红\n逾期4个工作日\n已升至单位负责人"
    assert (power.light, power.texts[Column.DUE]) == (Light.GREY, "2022-03-18")
    assert found.title == "香蜜湖片区建设工作任务清单一览表"
    assert found.summary == "截至2022年3月31日，共3件，已销号1件，在办2件（绿灯1件、红灯1件）。"


def test_a_matter_that_was_not_open_yet_is_not_in_the_table(log: Database) -> None:
    play(log)
    assert table(log, "2022-02-13", "2022-02-06").rows == ()


def test_the_changes_of_a_week_are_the_difference_of_two_days(log: Database) -> None:
    play(log)
    changed = {(c.kind, c.title) for c in table(log, "2022-03-11", "2022-02-28").changes}
    assert changed == {
        (ChangeKind.LIMIT, "编制电力专项规划"),
        (ChangeKind.ENDED, "编制电力专项规划"),
    }
    turned = [c for c in table(log, "2022-03-28", "2022-03-24").changes if c.kind is ChangeKind.RED]
    assert [c.title for c in turned] == ["协调二期用地收储"]
    opened = [c for c in table(log, "2022-02-18", "2022-02-11").changes if c.kind is ChangeKind.OPENED]
    assert len(opened) == 3
    said = [c.text for c in table(log, "2022-03-31", "2022-03-24").changes if c.kind is ChangeKind.FEEDBACK]
    assert said == ["3月30日：主体施工至五层。"]


def test_of_several_reports_of_the_week_the_last_that_happened_is_told_and_they_are_counted(log: Database) -> None:
    play(log)
    act(log, HALL, c.SubmitFeedback(text="外架拆除", progress=60), LIAISON, at("2022-03-31", "15:00"))
    late = c.SubmitFeedback(text="补报砌体", progress=50, occurred_at=at("2022-03-31", "11:00"))
    act(log, HALL, late, LIAISON, at("2022-03-31", "16:00"))
    changes = table(log, "2022-03-31", "2022-03-24").changes
    reported = [c.text for c in changes if c.kind is ChangeKind.FEEDBACK and c.number == "XMH-2022-001"]
    assert reported == ["反馈3次，最近一次3月31日：外架拆除。"]


def test_a_light_that_turns_green_again_is_told(log: Database) -> None:
    play(log)
    before = {r.number: r.light for r in table(log, "2022-03-25", "2022-03-18").rows}
    after = table(log, "2022-03-31", "2022-03-25")
    turned = [c for c in after.changes if c.kind is ChangeKind.GREEN]
    greened = [r.number for r in after.rows if r.light is Light.GREEN and before[r.number] is not Light.GREEN]
    assert [c.number for c in turned] == greened != []


def test_a_secret_is_not_in_the_table(log: Database) -> None:
    play(log)
    act(log, HALL, c.SubmitFeedback(text=seal_text(log, HALL, WORDS), progress=50), LIAISON, at("2022-03-31", "17:40"))
    row = table(log, "2022-03-31", "2022-03-24").rows[0]
    assert row.texts[Column.PROGRESS] == f"50%（3月31日反馈）\n{WITHHELD}"


def test_matters_are_grouped_by_their_source_in_the_order_of_their_numbers(log: Database) -> None:
    sources = ("（二）新活力", None, "（一）新地标", "（二）新活力")
    for n, source in enumerate(sources):
        act(log, f"matter/{n}", opening(f"事项{n}", source=source), OFFICE, at("2022-02-14"))
    found = table(log, "2022-02-14", "2022-02-07")
    assert [(c.heading, [r.texts[Column.TITLE] for r in c.rows]) for c in found.chapters] == [
        ("（二）新活力", ["事项0", "事项3"]),
        ("（一）新地标", ["事项2"]),
        ("其他事项", ["事项1"]),
    ]
    assert [r.no for r in found.rows] == [1, 2, 3, 4]


def test_the_earlier_day_must_be_earlier(log: Database) -> None:
    with pytest.raises(Refusal, match="须早于一览表的日期 2022-03-11"):
        table(log, "2022-03-11", "2022-03-11")


def test_a_later_event_changes_nothing_in_the_table_of_a_past_day(log: Database) -> None:
    play(log)
    then = table(log, "2022-03-25", "2022-03-18")
    act(log, LAND, c.SubmitFeedback(text="已签约", progress=90), LIAISON, at("2022-04-01"))
    act(log, "matter/new", opening("新的事项"), OFFICE, at("2022-04-01"))
    assert table(log, "2022-03-25", "2022-03-18") == then


def test_the_key_comes_back_as_it_was_written_and_not_otherwise(log: Database) -> None:
    play(log)
    key = table(log, "2022-03-31", "2022-03-24").key
    lines = key.lines()
    assert RowKey.of(lines) == key
    for at_line, changed in ((1, ("database", "another")), (2, ("position", "1")), (3, (lines[3][0], lines[4][1]))):
        with pytest.raises(Refusal, match="被改动过"):
            RowKey.of([*lines[:at_line], changed, *lines[at_line + 1 :]])
