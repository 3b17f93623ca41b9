"""Page one of a 简报 is what a leader must know and decide; lists and counts are in the 附表."""

import re
from datetime import date, timedelta

import pytest

from documents.bulletin.briefing import Briefing, compose_briefing
from documents.checking.pdf_reading import read_pdf
from documents.formats.markdown import markdown_of
from documents.formats.press import Press
from documents.ledger import read_ledger
from documents.page import Paragraph, Subheading
from documents.sections.leading import stock_reports
from domain import commands as c
from domain.bulletin import Publication
from domain.calendar import end_of_day
from eventlog.database import Database
from tests.documents.older import older
from tests.documents.quarter import HALL, play
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON

__all__ = ["older"]

MARCH = (date(2022, 3, 1), date(2022, 3, 31))
EVENING = at("2022-03-31", "18:00")


def march(log: Database) -> Briefing:
    return compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING)


def said(found: Briefing) -> str:
    return markdown_of(found.draft(MARCH[1]))


def test_a_red_matter_is_told_as_who_how_late_why_what_was_tried_and_what_next(log: Database) -> None:
    play(log)
    first = said(march(log)).split("### 二、")[0]
    [line] = [one for one in first.splitlines() if "协调二期用地收储" in one]
    assert "逾期4个工作日。原因：牵头单位未报告原因。" in line
    assert re.search(r"请牵头单位4月\d+日前书面报告补救措施和明确的完成时间。$", line)


def test_what_waits_for_a_leader_comes_first(log: Database) -> None:
    play(log)
    act(log, HALL, c.RequestExtension(to=date(2022, 7, 29), reason="钢材供应紧张"), LIAISON, at("2022-03-31", "10:00"))
    first = said(march(log)).split("### 一、提请研究事项")[1].strip().splitlines()[0]
    assert first.startswith("1. 请批复“推进国际交流中心一期主体施工”的延期申请：")
    assert "由6月30日延至7月29日，理由是钢材供应紧张。" in first


def test_a_stock_phrase_is_never_quoted_on_the_first_pages(log: Database) -> None:
    play(log)
    act(log, HALL, c.SubmitFeedback(text="按计划推进", progress=46), LIAISON, at("2022-03-31", "09:00"))
    found = march(log)
    assert "按计划推进" not in "".join(s.model_dump_json() for s in found.sections)


def test_nothing_is_numbered_alone_and_a_whole_month_is_called_by_its_name(log: Database) -> None:
    play(log)
    found = march(log)
    assert found.title == "2022年3月督办工作情况"
    counts = [sum(isinstance(b, Subheading) for b in s.blocks) for s in found.sections]
    assert 1 not in counts
    later = compose_briefing(log, Publication.BRIEFING, *(d - timedelta(days=1) for d in MARCH), as_of=EVENING)
    assert later.title == "2022年2月28日至3月30日督办工作情况"


def test_a_figure_is_said_once_in_the_paragraph_of_the_whole(log: Database) -> None:
    play(log)
    [section] = [s for s in march(log).sections if s.title == "总体情况"]
    whole = next(b.text for b in section.blocks if isinstance(b, Paragraph))
    counted = re.findall(r"[^，。；、]*?\d+件", whole)
    assert len(counted) == len(set(counted)) >= 4
    assert not any(whole.count(rate) > 1 for rate in re.findall(r"[\d.]+%", whole) if rate != "50%")


@pytest.mark.parametrize("since", [date(2022, 1, 10), date(2022, 3, 1)])
def test_the_text_of_an_issue_of_46_matters_is_three_pages(older: Database, since: date) -> None:
    until = MARCH[1] if since == MARCH[0] else date(2022, 1, 30)
    found = compose_briefing(older, Publication.BRIEFING, since, until, as_of=end_of_day(until))
    faces = read_pdf(Press().printed(found.draft(until), "pdf")).faces
    texts = ["".join(glyph.text for glyph in face.glyphs) for face in faces]
    assert next(n for n, text in enumerate(texts) if text.startswith("附表1")) <= 3


def test_reports_that_say_nothing_are_named_with_the_reason_to_send_them_back(log: Database) -> None:
    play(log)
    act(log, HALL, c.SubmitFeedback(text="按计划推进", progress=46), LIAISON, at("2022-03-31", "09:00"))
    found = list(stock_reports(read_ledger(log, EVENING), *MARCH))
    assert [(file.matter.stream, why) for file, why in found] == [
        (HALL, "只写“按计划推进”，没有具体的数量、日期或成果")
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("。", "主体施工至五层。"),
        ("下一步", "主体施工至五层。"),
        ("下一步：组织材料进场；", "主体施工至五层。下一步，组织材料进场。"),
    ],
)
def test_a_next_step_is_told_once_and_only_where_it_says_something(log: Database, words: str, told: str) -> None:
    play(log)
    report = c.SubmitFeedback(text="主体施工至五层", progress=46, problem="。", next_step=words)
    act(log, HALL, report, LIAISON, at("2022-03-31", "10:00"))
    text = said(march(log))
    assert f"进度46%）：{told}\n" in text
    assert "：。" not in text
