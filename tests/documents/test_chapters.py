"""The year by the chapters of its plan: figures that add up, in the plan's order, and what the plan did not order."""

from datetime import date

from documents.page import Grid, Items, Paragraph, Section, Subheading
from documents.reports.annual import annual_report
from domain import commands as c
from domain.ids import matter_stream, plan_stream
from domain.workplan import PlanItem, PlanStage, PlanText, PlanVersioned
from eventlog.database import Database
from services.office_records import record_office_events
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import HEAD, LEADER, LIAISON, OFFICE, SECOND, opening

PLAN = "2022年工作计划"
NOW = at("2022-12-31", "18:00")
ONE, TWO = "2022年工作计划（一）新地标", "2022年工作计划（二）新活力"


def opened(log: Database, key: str, title: str, source: str | None, on: str = "2022-02-14") -> None:
    command = opening(title, date(2023, 3, 31), source=source)
    act(log, matter_stream(key), command, OFFICE, at(on, "09:30"))
    act(log, matter_stream(key), c.AcceptReceipt(), HEAD, at(on, "14:30"))


def closed(log: Database, key: str) -> None:
    act(log, matter_stream(key), c.RequestClosure(text="已完成"), LIAISON, at("2022-06-01"))
    act(log, matter_stream(key), c.ReviewClosure(approve=True), SECOND, at("2022-06-02"))


def planned(log: Database, *keys: str, stage: PlanStage = PlanStage.ISSUED) -> None:
    items = tuple(
        PlanItem(key=k, no=str(n), title=k, lead="gengxin", due=date(2023, 3, 31), digest="x")
        for n, k in enumerate(keys)
    )
    no = "香指办〔2022〕1号" if stage is PlanStage.ISSUED else None
    text = PlanText(plan=PLAN, stage=stage, file="计划.xlsx", sha256="0" * 64, document_no=no, items=items)
    event = PlanVersioned(no=1, approver=None if stage is PlanStage.CIRCULATED else "leader", text=text)
    record_office_events(log, plan_stream(PLAN), [event], actor=LEADER, command_id="test:plan", now=at("2022-02-01"))


def section(log: Database) -> Section:
    return next(s for s in annual_report(log, 2022, NOW).page.sections if s.title == "分章推进情况")


def said(found: Section) -> list[str]:
    return [b.text for b in found.blocks if isinstance(b, Paragraph | Subheading)]


def test_chapters_and_matters_come_in_the_order_of_the_plan_not_of_their_numbers(log: Database) -> None:
    opened(log, "b2", "乙二", TWO)
    opened(log, "a2", "甲二", ONE)
    opened(log, "a1", "甲一", ONE)
    planned(log, "a1", "a2", "b2")
    found = section(log)
    assert [b.text for b in found.blocks if isinstance(b, Subheading)] == [ONE, TWO]
    first = next(b for b in found.blocks if isinstance(b, Items))
    assert [item[:2] for item in first.items] == ["甲一", "甲二"]


def test_the_figures_of_the_chapters_add_up_to_those_of_the_year(log: Database) -> None:
    for key, title, source in (("a1", "甲一", ONE), ("a2", "甲二", ONE), ("b1", "乙一", TWO), ("x", "另办", None)):
        opened(log, key, title, source)
    closed(log, "a1")
    act(log, matter_stream("b1"), c.CancelMatter(reason="合并办理"), LEADER, at("2022-06-03"))
    [grid] = [b for b in section(log).blocks if isinstance(b, Grid)]
    *rows, total = [(title, *map(int, numbers)) for title, *numbers in grid.rows]
    assert [row[0] for row in rows] == [ONE, TWO, "其他事项"], "what has no source comes last"
    assert rows[0][1:6] == (2, 1, 1, 0, 0)
    assert rows[1][1:7] == (1, 0, 0, 0, 1, 0)
    assert total[1:] == tuple(map(sum, zip(*(row[1:] for row in rows), strict=True)))
    assert total[1] == 4


def test_what_the_plan_ordered_is_told_apart_from_what_came_beside_it(log: Database) -> None:
    opened(log, "a1", "甲一", ONE)
    opened(log, "a2", "甲二", ONE)
    opened(log, "x", "另办", "月度指挥部会议")
    closed(log, "a1")
    planned(log, "a1", "a2", "a3")
    text = said(section(log))
    assert text[0] == "《2022年工作计划》（香指办〔2022〕1号）共3项，已销号1项、未办结1项，未立项1项。"
    assert text[1] == "计划之外另督办1件。"


def test_a_plan_that_was_only_circulated_or_has_no_matter_is_not_the_years(log: Database) -> None:
    opened(log, "a1", "甲一", ONE)
    planned(log, "a1", stage=PlanStage.CIRCULATED)
    assert not any("《" in text for text in said(section(log)))


def test_a_chapter_of_earlier_years_says_that_it_was_carried_over(log: Database) -> None:
    opened(log, "old", "续办", "2021年工作计划（一）", on="2021-11-15")
    opened(log, "a1", "甲一", ONE)
    assert "2021年工作计划（一）（上年结转）" in said(section(log))


def test_a_year_without_matters_has_no_chapter(log: Database) -> None:
    assert said(section(log)) == ["暂无。"]
