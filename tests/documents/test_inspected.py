"""What an inspection and a returned report leave in what the office prints."""

from datetime import date

from documents.figures import read_period
from documents.page import Paragraph
from documents.reports.statement import unit_statement
from documents.sections.edition import Edition
from documents.sections.overview import OVERVIEW
from documents.sections.recipe import SectionPart, built_in_recipe
from documents.table.rows import task_table
from domain import commands as c
from domain.terms import Finding, ReturnReason
from eventlog.database import Database
from sheets.table import Column
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, SECOND, opening

MATTER, THEN = "matter/a", at("2022-03-11", "16:00")
BACK = c.AskBack(reason=ReturnReason.UNCLEAR, text="写明完成了几根桩")
SEEN = c.InspectMatter(text="现场未动工", finding=Finding.UNTRUE)


def played(log: Database) -> None:
    act(log, MATTER, opening(), OFFICE, at("2022-03-07"))
    act(log, MATTER, c.AcceptReceipt(), LIAISON, at("2022-03-07"))
    act(log, MATTER, c.SubmitFeedback(text="推进", progress=30), LIAISON, at("2022-03-09"))
    act(log, MATTER, BACK, OFFICE, at("2022-03-10"))
    act(log, MATTER, SEEN, SECOND, at("2022-03-11"))


def test_a_briefing_counts_them_and_the_units_statement_names_each(log: Database) -> None:
    played(log)
    period = read_period(log, date(2022, 3, 5), date(2022, 3, 11), as_of=THEN)
    [said] = OVERVIEW[SectionPart.MOVEMENT](Edition(period=period, limits=built_in_recipe().limits))
    assert isinstance(said, Paragraph)
    assert "退回反馈1次、现场核查1次" in said.text
    page, lines = unit_statement(log, "gengxin", 2022, THEN)
    shown = str(page)
    assert "写明完成了几根桩" in shown
    assert "现场未动工" in shown
    assert [(line.outcome.value, line.total) for line in lines] == [("untrue", -6)]


def test_the_table_says_under_the_light_what_was_found(log: Database) -> None:
    played(log)
    [chapter] = task_table(log, THEN, date(2022, 3, 4)).chapters
    light = chapter.rows[0].texts[Column.LIGHT]
    assert light.endswith("3月11日核查不实\n反馈已退回（不清楚）")
